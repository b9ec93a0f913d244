"""Does a filter before the encoder help viewers, or does it only please VMAF?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vmafpy.errors import InputError
from vmafpy.stats import BDResult, bd_rate
from vmafpy.studies.encode import Encoder
from vmafpy.studies.prefilter import Filter, name_of
from vmafpy.studies.trial import Bench, Cache, Encode, Source, Trial
from vmafpy.studies.tune import bd_or_reason, figure, quality_metrics
from vmafpy.workers import Workers

MODELS = ("vmaf_v0.6.1", "vmaf_v0.6.1neg")


@dataclass(frozen=True)
class Gain:
    """
    What the filter does to one metric at one CRF, over the clips.

    Attributes
    ----------
    metric : str
    encoder : str
    crf : int
    baseline : float
        Mean score without the filter.
    mean, median, stddev : float
        Of the clips' gains (with the filter minus without), in the metric's unit; stddev is 0 for one clip.
    improved, degraded : float
        Shares of the clips, 0 to 1.
    worst, best : float
        Largest loss and largest win of a clip.
    at_equal_rate : float
        Mean gain over the unfiltered curve read at the filtered encode's bitrate, linear in log rate, over the clips
        whose curve reaches that rate; NaN where none does.
    n_equal_rate : int
        Number of those clips.
    frame_stddev : float
        Standard deviation of the per-frame gain, mean over clips: does the filter flicker?
    """

    metric: str
    encoder: str
    crf: int
    baseline: float
    mean: float
    median: float
    stddev: float
    improved: float
    degraded: float
    worst: float
    best: float
    at_equal_rate: float
    n_equal_rate: int
    frame_stddev: float


@dataclass(frozen=True, eq=False)
class FilterStudy:
    """
    A filter judged by encodes with and without it, against the original.

    Attributes
    ----------
    filter : str
    gains : tuple of Gain
        By encoder, CRF and metric.
    bd_rate : dict of (clip, encoder) to dict of str to BDResult or str
        By metric, negative where the filter saves rate; the reason where a figure has no meaning.
    saved : dict of (clip, encoder) to dict of float to float
        Per cent of the bitrate that the filter saves at a VMAF of 80 and of 90; NaN where not both curves reach it.
    rate_change : dict of (clip, encoder, crf) to float
        Per cent by which the filter changes the bitrate at fixed CRF.
    plain, filtered : dict of (clip, encoder) to tuple of Encode
        The points, by rising CRF.
    """

    filter: str
    gains: tuple[Gain, ...]
    bd_rate: Mapping[tuple[str, str], Mapping[str, BDResult | str]]
    saved: Mapping[tuple[str, str], Mapping[float, float]]
    rate_change: Mapping[tuple[str, str, int], float]
    plain: Mapping[tuple[str, str], tuple[Encode, ...]]
    filtered: Mapping[tuple[str, str], tuple[Encode, ...]]

    def gain(self, metric: str, crf: int, encoder: str | None = None) -> Gain:
        """
        Return one entry of `gains`.

        Raises
        ------
        InputError
            If there is none.
        """
        for entry in self.gains:
            if entry.metric == metric and entry.crf == crf and encoder in (None, entry.encoder):
                return entry
        raise InputError(f"no gain of {metric} at CRF {crf} was measured")

    def verdict(self) -> str:
        """Say how much of the VMAF gain survives under NEG and the other metrics, at fixed CRF and over the rates."""
        lines = []
        for entry in (g for g in self.gains if g.metric == MODELS[0]):
            others = {
                g.metric: g for g in self.gains if (g.encoder, g.crf) == (entry.encoder, entry.crf) and g is not entry
            }
            neg = others[MODELS[1]]
            words = f"{entry.encoder} CRF {entry.crf}: VMAF {entry.mean:+.2f}, NEG {neg.mean:+.2f}"
            if math.isfinite(entry.at_equal_rate):
                words += f" (at equal bitrate {entry.at_equal_rate:+.2f}, {neg.at_equal_rate:+.2f})"
                pair = entry.at_equal_rate, neg.at_equal_rate
            else:
                words += " (no equal bitrate among the points)"
                pair = entry.mean, neg.mean
            if pair[0] > 0 and pair[1] <= 0:
                words += "; enhancement gaming: nothing of the VMAF gain survives under NEG"
            elif pair[0] > 0:
                words += f"; {pair[1] / pair[0]:.0%} of the VMAF gain survives under NEG"
            falls = [name for name, g in others.items() if name != MODELS[1] and g.mean < 0]
            if falls and pair[0] > 0:
                words += f"; {', '.join(falls)} fall"
            lines.append(words)
        for (clip, encoder), figures in self.bd_rate.items():
            words = ", ".join(f"{m} {v if isinstance(v, str) else f'{float(v):+.1f} %'}" for m, v in figures.items())
            lines.append(f"{clip}, {encoder}: BD-rate {words}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return every figure as plain types, None where one has no meaning."""

        def number(value: float) -> float | None:
            return value if math.isfinite(value) else None

        return {
            "filter": self.filter,
            "gains": [
                {k: number(v) if isinstance(v, float) else v for k, v in asdict(gain).items()} for gain in self.gains
            ],
            "clips": [
                {
                    "clip": key[0],
                    "encoder": key[1],
                    "bd_rate": {m: figure(value) for m, value in self.bd_rate[key].items()},
                    "saved_percent": {f"{vmaf:g}": number(value) for vmaf, value in self.saved[key].items()},
                    "rate_change_percent": {
                        str(e.crf): self.rate_change[key[0], key[1], e.crf] for e in self.plain[key]
                    },
                    "plain": [e.to_dict() for e in self.plain[key]],
                    "filtered": [e.to_dict() for e in self.filtered[key]],
                }
                for key in self.plain
            ],
            "verdict": self.verdict().splitlines(),
        }


def filter_study(
    sources: Sequence[Source | str],
    chosen: Filter,
    encoders: Sequence[Encoder],
    crfs: Sequence[int],
    *,
    features: str | Sequence[Any] = "triangulate",
    repair: str | None = None,
    n_threads: int | None = None,
    cache: Cache | str | None = None,
    executor: Workers | None = None,
    report: Callable[[Encode], object] | None = None,
) -> FilterStudy:
    """
    Judge a pre-processing filter by ground truth: real encodes with and without it, scored against the original.

    Parameters
    ----------
    sources : sequence of Source or path-like
        The originals. Never give filtered clips here: against its own output any filter looks harmless.
    chosen : str or callable
        FFmpeg's words (``"unsharp=5:5:1.0"``), or a callable from an iterable of av.VideoFrame to another of the same
        size, format and number.
    encoders : sequence of Encoder
    crfs : sequence of int
        Four or more for BD-rates.
    features, n_threads
        As for `vmafpy.score`; VMAF and NEG are always scored.
    repair : str, optional
        For BD-rates where a curve does not rise: ``"vmaf_saturation"`` drops points above 99.5, where sharpened clips
        end soon. The reason stands in place of the figure otherwise.
    cache : Cache or path-like, optional
    executor : concurrent.futures.Executor or distributed.Client, optional
        Where encodes are made, see `Bench`.
    report : callable, optional
        Called with every encode as it is made or read.

    Raises
    ------
    InputError
        If there is no clip, encoder or CRF, one is given twice, or the filter breaks its promise.
    EncoderError
        As the encoders.
    """
    if not sources or not encoders or not crfs:
        raise InputError("a filter study needs at least one clip, one encoder and one CRF")
    options: dict[str, Any] = {"models": MODELS, "features": features, "n_threads": n_threads, "cache": cache}
    options.update(executor=executor, report=report)
    names = [encoder.name for encoder in encoders]
    if len(set(names)) < len(names):
        raise InputError(f"two encoders have one name among {', '.join(names)}; name them apart")
    settings = sorted(set(crfs))
    plain: dict[tuple[str, str], tuple[Encode, ...]] = {}
    treated: dict[tuple[str, str], tuple[Encode, ...]] = {}
    for source in sources:
        without, with_filter = Bench(source, **options), Bench(source, filter=chosen, **options)
        for encoder in encoders:
            trials = [Trial(encoder, crf) for crf in settings]
            key = (without.source.label, encoder.name)
            if key in plain:
                raise InputError(f"the clip {key[0]} is given twice")
            plain[key] = tuple(without.encodes(trials))
            treated[key] = tuple(with_filter.encodes(trials))
    metrics = quality_metrics(next(iter(plain.values()))[0])
    return FilterStudy(
        filter=name_of(chosen),
        gains=tuple(_gains(plain, treated, metrics)),
        bd_rate={
            key: {
                m: bd_or_reason(bd_rate, *_curve(plain[key], m), *_curve(treated[key], m), min_points=2, repair=repair)
                for m in metrics
            }
            for key in plain
        },
        saved={key: {t: _saved(plain[key], treated[key], t) for t in (80.0, 90.0)} for key in plain},
        rate_change={
            (*key, a.crf): 100 * (b.kbps / a.kbps - 1)
            for key in plain
            for a, b in zip(plain[key], treated[key], strict=True)
        },
        plain=plain,
        filtered=treated,
    )


def _curve(encodes: Sequence[Encode], metric: str) -> tuple[list[float], list[float]]:
    return [e.kbps for e in encodes], [e.score(metric) for e in encodes]


def _at(rates: Sequence[float], values: Sequence[float], rate: float) -> float:
    """Value of a curve at a rate, linear over log rate; NaN outside."""
    order = np.argsort(rates)
    x, y = np.log(np.asarray(rates, float)[order]), np.asarray(values, float)[order]
    return float(np.interp(np.log(rate), x, y, left=math.nan, right=math.nan))


def _saved(plain: Sequence[Encode], treated: Sequence[Encode], target: float) -> float:
    """Per cent of rate saved at a VMAF, each curve read linearly over log rate."""
    rates = []
    for encodes in (plain, treated):
        points = sorted((e.score(MODELS[0]), math.log(e.kbps)) for e in encodes)
        x, y = zip(*points, strict=True)
        rates.append(math.exp(float(np.interp(target, x, y, left=math.nan, right=math.nan))))
    return 100 * (1 - rates[1] / rates[0])


def _gains(
    plain: Mapping[tuple[str, str], tuple[Encode, ...]],
    treated: Mapping[tuple[str, str], tuple[Encode, ...]],
    metrics: Sequence[str],
) -> Iterator[Gain]:
    for encoder in dict.fromkeys(name for _, name in plain):
        keys = [key for key in plain if key[1] == encoder]
        for k, crf in enumerate(e.crf for e in plain[keys[0]]):
            for metric in metrics:
                before = [plain[key][k] for key in keys]
                after = [treated[key][k] for key in keys]
                gains = np.array([b.score(metric) - a.score(metric) for a, b in zip(before, after, strict=True)])
                equal = [
                    b.score(metric) - _at(*_curve(plain[key], metric), b.kbps)
                    for key, b in zip(keys, after, strict=True)
                ]
                reached = [value for value in equal if math.isfinite(value)]
                spread = [
                    float(np.std(b.scores(metric).values - a.scores(metric).values))
                    for a, b in zip(before, after, strict=True)
                ]
                yield Gain(
                    metric=metric,
                    encoder=encoder,
                    crf=crf,
                    baseline=float(np.mean([a.score(metric) for a in before])),
                    mean=float(gains.mean()),
                    median=float(np.median(gains)),
                    stddev=float(gains.std(ddof=1)) if len(gains) > 1 else 0.0,
                    improved=float((gains > 0).mean()),
                    degraded=float((gains < 0).mean()),
                    worst=float(gains.min()),
                    best=float(gains.max()),
                    at_equal_rate=float(np.mean(reached)) if reached else math.nan,
                    n_equal_rate=len(reached),
                    frame_stddev=float(np.mean(spread)),
                )
