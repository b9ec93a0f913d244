"""Does a filter before the encoder help viewers, or does it only please VMAF?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from vmafpy.errors import InputError, VmafError
from vmafpy.stats import BDResult, bd_rate
from vmafpy.studies.encode import Encoder, filtered
from vmafpy.studies.trial import Bench, Cache, Encode, Source, Trial
from vmafpy.studies.tune import bd_or_reason, quality_metrics

if TYPE_CHECKING:
    import av

#: A filter: FFmpeg's words, or a callable from frames to frames of the same size and number.
Filter = str | Callable[[Iterable[Any]], Iterable[Any]]

MODELS = ("vmaf_v0.6.1", "vmaf_v0.6.1neg")


def apply(frames: Iterable[av.VideoFrame], rate: Fraction, chosen: Filter) -> Iterator[av.VideoFrame]:
    """
    Run frames through a filter, and hold it to its promise.

    Raises
    ------
    InputError
        If FFmpeg refuses the filter, a callable raises, or size, format or number of frames change.
    """
    taken = given = 0
    form: tuple[int, int, str] | None = None

    def counted() -> Iterator[av.VideoFrame]:
        nonlocal taken, form
        for frame in frames:
            taken += 1
            form = form or (frame.width, frame.height, frame.format.name)
            yield frame

    made = filtered(counted(), rate, chosen) if isinstance(chosen, str) else _called(chosen, counted())
    for frame in made:
        given += 1
        got = (frame.width, frame.height, frame.format.name)
        if got != form:
            raise InputError(f"the filter turned {form} into {got} at frame {given - 1}; it must keep size and format")
        yield frame
    if given != taken:
        raise InputError(f"the filter gave {given} frames for {taken}; it must keep their number")


def _called(function: Callable[[Iterable[Any]], Iterable[Any]], frames: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from function(frames)
    except VmafError:
        raise
    except Exception as error:
        name = getattr(function, "__name__", "filter")
        raise InputError(f"the filter {name} raised {type(error).__name__}: {error}") from error


class FilterBench(Bench):
    """A bench whose sources pass a filter before they are encoded; scores are against the unfiltered source."""

    def __init__(self, source: Source | str, chosen: Filter, **options: Any) -> None:
        super().__init__(source, **options)
        self._chosen = chosen
        if not isinstance(chosen, str) and self._cache is not None and not getattr(chosen, "cache_key", None):
            raise InputError("a callable filter needs an attribute cache_key (a name with version) to use a cache")

    def _pairs(self) -> Iterator[tuple[av.VideoFrame, av.VideoFrame]]:
        # two readers, so that a filter that writes into its frames cannot touch the reference
        yield from zip(self.source.read(), apply(self.source.read(), self.rate, self._chosen), strict=True)

    def _key(self, trial: Trial) -> list[Any]:
        name = self._chosen if isinstance(self._chosen, str) else str(getattr(self._chosen, "cache_key", ""))
        return [*super()._key(trial), "filter", name]


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
        Mean gain after the unfiltered curve is read at the filtered encode's bitrate; NaN outside its rates.
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
        """Say how much of the VMAF gain survives under NEG, PSNR and SSIM, at equal bitrate where that is known."""
        lines = []
        for entry in (g for g in self.gains if g.metric == MODELS[0]):
            others = {
                g.metric: g for g in self.gains if (g.encoder, g.crf) == (entry.encoder, entry.crf) and g is not entry
            }
            neg = others.get(MODELS[1])
            if neg is None:
                continue
            falls = [name for name, g in others.items() if g.mean < 0]
            share = f", {neg.mean / entry.mean:.0%} of it" if entry.mean > 0 and neg.mean > 0 else ""
            words = f"{entry.encoder} CRF {entry.crf}: VMAF {entry.mean:+.2f}, NEG {neg.mean:+.2f}{share}"
            if entry.mean > 0 and neg.mean <= 0:
                words += "; enhancement gaming: nothing of the VMAF gain survives under NEG"
            elif entry.mean > 0 and neg.mean < entry.mean / 2:
                words += "; most of the VMAF gain is enhancement"
            if falls and entry.mean > 0:
                words += f"; {', '.join(falls)} fall"
            lines.append(words)
        return "\n".join(lines)


def filter_study(
    sources: Sequence[Source | str],
    chosen: Filter,
    encoders: Sequence[Encoder],
    crfs: Sequence[int],
    *,
    features: str | Sequence[Any] = "triangulate",
    n_threads: int | None = None,
    cache: Cache | str | None = None,
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
    cache : Cache or path-like, optional

    Raises
    ------
    InputError
        If there is no clip, encoder or CRF, or the filter breaks its promise.
    EncoderError
        As the encoders.
    """
    if not sources or not encoders or not crfs:
        raise InputError("a filter study needs at least one clip, one encoder and one CRF")
    name = chosen if isinstance(chosen, str) else getattr(chosen, "__name__", "callable")
    options: dict[str, Any] = {"models": MODELS, "features": features, "n_threads": n_threads, "cache": cache}
    plain: dict[tuple[str, str], tuple[Encode, ...]] = {}
    treated: dict[tuple[str, str], tuple[Encode, ...]] = {}
    for source in sources:
        without, with_filter = Bench(source, **options), FilterBench(source, chosen, **options)
        for encoder in encoders:
            trials = [Trial(encoder, crf) for crf in sorted(crfs)]
            key = (str(without.source.path), encoder.name)
            plain[key] = tuple(without.encodes(trials))
            treated[key] = tuple(with_filter.encodes(trials))
    metrics = quality_metrics(next(iter(plain.values()))[0])
    return FilterStudy(
        filter=str(name),
        gains=tuple(_gains(plain, treated, metrics)),
        bd_rate={
            key: {
                m: bd_or_reason(bd_rate, *_curve(plain[key], m), *_curve(treated[key], m), min_points=2)
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
    return float(np.interp(math.log(rate), x, y, left=math.nan, right=math.nan))


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
                spread = [
                    float(np.std(_frames(b, metric) - _frames(a, metric))) for a, b in zip(before, after, strict=True)
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
                    at_equal_rate=float(np.mean(equal)),
                    frame_stddev=float(np.mean(spread)),
                )


def _frames(encode: Encode, metric: str) -> Any:
    scores = encode.result.models if metric in encode.result.models else encode.result.features
    return scores[metric].values
