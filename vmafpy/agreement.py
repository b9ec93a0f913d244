"""Do the metrics agree? Where VMAF owes its score to enhancement, and where two metrics rank the other way round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vmafpy.errors import InputError
from vmafpy.metrics import METRICS
from vmafpy.results import ScoreResult

#: Metrics of quality (not elementary features) that are compared where a result holds them.
COMPARED = ("psnr_y", "psnr_cb", "psnr_cr", "float_ssim", "float_ms_ssim", "psnr_hvs", "ciede2000", "cambi")

#: VMAF minus NEG, in points, from which a score is marked. Measured with x264 at 640x360, CRF 23 to 43: up to 3.6 on
#: plain encodes, 7 to 15 on encodes of sharpened sources at CRF 23 and 33, 3 to 5 at CRF 43.
NOTABLE_GAP = 5.0


@dataclass(frozen=True, slots=True)
class Disagreement:
    """
    Two items that some metrics rank one way and some the other.

    Attributes
    ----------
    first, second : str
    first_better, second_better : tuple of str
        The metrics that prefer the one and the other.
    """

    first: str
    second: str
    first_better: tuple[str, ...]
    second_better: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Agreement:
    """
    How far metrics agree on the frames of one clip, or on several clips.

    Attributes
    ----------
    items : tuple of str
        What was ranked: frames, or clips.
    metrics : tuple of str
        Models first.
    values : ndarray, shape (n_items, n_metrics)
        Scores as reported; for clips, means over their frames.
    gap : dict of str to float
        VMAF minus NEG of each clip, VMAF points, where both were scored: what the score owes to enhancement.
    tau_b : ndarray, shape (n_metrics, n_metrics)
        Kendall's tau-b between the rankings (1: the same order, -1: reversed), each metric turned so that higher is
        better. NaN where a metric is constant or there are fewer than two items.
    disagreements : tuple of Disagreement
        Pairs of clips that metrics rank differently; empty for one clip.
    """

    items: tuple[str, ...]
    metrics: tuple[str, ...]
    values: npt.NDArray[np.float64]
    gap: Mapping[str, float]
    tau_b: npt.NDArray[np.float64]
    disagreements: tuple[Disagreement, ...]

    @property
    def enhanced(self) -> tuple[str, ...]:
        """Clips whose gap is `NOTABLE_GAP` or more: read NEG, not VMAF, unless the enhancement is wanted."""
        return tuple(clip for clip, gap in self.gap.items() if gap >= NOTABLE_GAP)

    def __str__(self) -> str:
        lines = [f"tau-b over {len(self.items)} items:"]
        width = max(map(len, self.metrics))
        lines.append(" " * width + "".join(f"  {name[:13]:>13}" for name in self.metrics))
        for name, row in zip(self.metrics, self.tau_b, strict=True):
            lines.append(name.ljust(width) + "".join(f"  {value:13.3f}" for value in row))
        for clip, gap in self.gap.items():
            mark = "  <- lifted by enhancement?" if clip in self.enhanced else ""
            lines.append(f"VMAF - NEG, {clip}: {gap:+.2f}{mark}")
        for pair in self.disagreements:
            lines.append(
                f"{pair.first} or {pair.second}? {', '.join(pair.first_better)} prefer the first, "
                f"{', '.join(pair.second_better)} the second"
            )
        return "\n".join(lines)


def _better(name: str, result: ScoreResult) -> int:
    """1 where higher is better, -1 where lower is, 0 where the number is no quality."""
    if name in result.models:
        return 1
    metric = METRICS.get(name)
    if metric is None or metric.higher_is_better is None:
        return 0
    return 1 if metric.higher_is_better else -1


def _gap(result: ScoreResult) -> float:
    """VMAF minus NEG of the first model that stands beside its own NEG form."""
    for name, scores in result.models.items():
        if f"{name}neg" in result.models:
            return scores.mean - result.models[f"{name}neg"].mean
    return math.nan


def _tau(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    from scipy.stats import kendalltau

    n = values.shape[1]
    out = np.full((n, n), math.nan)
    for i in range(n):
        for j in range(n):
            finite = np.isfinite(values[:, i]) & np.isfinite(values[:, j])
            a, b = values[finite, i], values[finite, j]
            if len(a) > 1 and np.ptp(a) > 0 and np.ptp(b) > 0:
                out[i, j] = kendalltau(a, b, variant="b").statistic
    return out


def metric_agreement(
    results: ScoreResult | Mapping[str, ScoreResult], *, metrics: Sequence[str] | None = None
) -> Agreement:
    """
    Compare the metrics of one result over its frames, or of several results over their clips.

    Parameters
    ----------
    results : ScoreResult, or mapping of str to ScoreResult
        One clip; or clips by name, each scored with the same metrics.
    metrics : sequence of str, optional
        Models and features to compare; all models and those of `COMPARED` if None.

    Raises
    ------
    InputError
        If there are fewer than two metrics to compare, or a clip lacks one.

    References
    ----------
    .. [1] M. G. Kendall, The treatment of ties in ranking problems, Biometrika 33(3), 1945.
    """
    clips = {"this clip": results} if isinstance(results, ScoreResult) else dict(results)
    if not clips:
        raise InputError("there is no result to compare metrics on")
    first = next(iter(clips.values()))
    names = tuple(metrics) if metrics else (*first.models, *(name for name in COMPARED if name in first.features))
    signs = np.array([_better(name, first) for name in names])
    if len(names) < 2 or not signs.all():
        raise InputError(
            f"agreement needs two metrics of quality or more, not {', '.join(names) or 'none'}; score with "
            'features="triangulate" for PSNR, SSIM and MS-SSIM beside VMAF and NEG'
        )
    for clip, result in clips.items():
        lacking = [name for name in names if name not in result.models and name not in result.features]
        if lacking:
            raise InputError(f"{clip} was not scored with {', '.join(lacking)}; score every clip with the same metrics")

    def scores(result: ScoreResult, name: str) -> npt.NDArray[np.float64]:
        return (result.models if name in result.models else result.features)[name].values

    if len(clips) == 1:
        values = np.column_stack([scores(first, name) for name in names])
        items = tuple(f"frame {i}" for i in first.indices)
    else:
        values = np.array([[float(np.mean(scores(result, name))) for name in names] for result in clips.values()])
        items = tuple(clips)
    turned = values * signs
    gaps = {clip: _gap(result) for clip, result in clips.items()}
    return Agreement(
        items=items,
        metrics=names,
        values=values,
        gap={clip: gap for clip, gap in gaps.items() if not math.isnan(gap)},
        tau_b=_tau(turned),
        disagreements=tuple(_disagreements(items, names, turned)) if len(clips) > 1 else (),
    )


def _disagreements(items: Sequence[str], names: Sequence[str], turned: npt.NDArray[np.float64]) -> list[Disagreement]:
    out = []
    for i in range(len(items)):
        for j in range(i + 1, len(items)):
            difference = turned[i] - turned[j]
            one = tuple(name for name, d in zip(names, difference, strict=True) if d > 0)
            other = tuple(name for name, d in zip(names, difference, strict=True) if d < 0)
            if one and other:
                out.append(Disagreement(items[i], items[j], one, other))
    return out
