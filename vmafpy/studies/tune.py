"""Which setting reaches a quality, and which codec needs less for it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vmafpy.errors import InputError, OptionError
from vmafpy.stats import BDResult, bd_quality, bd_rate
from vmafpy.studies.encode import Encoder
from vmafpy.studies.trial import Bench, Encode, Trial


@dataclass(frozen=True, eq=False)
class Bisection:
    """
    What a search for a quality found.

    Attributes
    ----------
    target : float
        Score asked for.
    met : bool
        False where even the best setting misses the target: a distinct answer, not an error.
    best : Encode
        Of highest CRF among those that meet the target; the best that was reached where none does.
    encodes : tuple of Encode
        All that were made or read, in order.
    monotonic : bool
        False where a higher CRF scored higher: the answer is then the highest CRF seen to meet the target, and
        another may exist.
    error : float
        Half-width of the 95 % interval that sampling leaves around the best encode's mean; 0 without sampling.
    """

    target: float
    met: bool
    best: Encode
    encodes: tuple[Encode, ...]
    monotonic: bool
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Return what was found as plain types."""
        return {
            "target": self.target,
            "met": self.met,
            "best": self.best.to_dict(),
            "monotonic": self.monotonic,
            "sampling_error": self.error,
            "encodes": [encode.to_dict() for encode in self.encodes],
        }


def bisect(
    bench: Bench,
    encoder: Encoder,
    target: float,
    *,
    model: str | None = None,
    pooling: str = "mean",
    crf_range: tuple[int, int] | None = None,
) -> Bisection:
    """
    Find the highest CRF whose pooled score meets a target, by at most ceil(log2(n + 1)) encodes of n settings.

    Parameters
    ----------
    bench : Bench
    encoder : Encoder
    target : float
        In the unit of the model or feature.
    model : str, optional
        Model or feature to meet the target by; the bench's first model if None.
    pooling : str
        "mean", "harmonic_mean", "min", "max", or a percentile such as "p5".
    crf_range : tuple of int, optional
        Best and worst CRF to consider; the encoder's range if None.

    Raises
    ------
    OptionError
        If the range is empty or leaves the encoder's.
    InputError
        If the target is outside what the model can give, or the model was not scored.
    """
    low, high = crf_limits(encoder, crf_range)
    bench.check_target(target, model)
    seen: dict[int, Encode] = {}

    def score(crf: int) -> float:
        if crf not in seen:
            seen[crf] = bench.encode(Trial(encoder, crf))
        return seen[crf].score(model, pooling)

    good, bad = low - 1, high + 1  # invariant of a monotonic encoder: good meets the target, bad does not
    while bad - good > 1:
        middle = (good + bad) // 2
        if score(middle) >= target:
            good = middle
        else:
            bad = middle
    values = [(crf, encode.score(model, pooling)) for crf, encode in sorted(seen.items())]
    monotonic = all(a[1] >= b[1] for a, b in itertools.pairwise(values))
    meeting = [crf for crf, value in values if value >= target]
    best = seen[max(meeting)] if meeting else seen[max(values, key=lambda item: item[1])[0]]
    return Bisection(target, bool(meeting), best, tuple(seen.values()), monotonic, bench.sampling_error(best, model))


def crf_limits(encoder: Encoder, crf_range: tuple[int, int] | None) -> tuple[int, int]:
    """
    Return the best and worst CRF to consider, the encoder's for None.

    Raises
    ------
    OptionError
        If the range is empty or leaves the encoder's.
    """
    least, most = encoder.crf_range
    low, high = crf_range or (least, most)
    if low > high or low < least or high > most:
        raise OptionError(f"CRF range {low} to {high} is empty or outside {encoder.name}'s {least} to {most}")
    return low, high


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    Codecs over a ladder of settings.

    Attributes
    ----------
    anchor : str
        Name all others are compared with.
    encodes : dict of str to tuple of Encode
        Points of each codec, by rising rate.
    bd_rate, bd_quality : dict of str to dict of str to BDResult or str
        By codec, then metric; the text of the error where a figure has no meaning.
    """

    anchor: str
    encodes: Mapping[str, tuple[Encode, ...]]
    bd_rate: Mapping[str, Mapping[str, BDResult | str]]
    bd_quality: Mapping[str, Mapping[str, BDResult | str]]

    def points(self, codec: str, metric: str) -> tuple[list[float], list[float]]:
        """Rates in kbit/s, and means of a metric."""
        encodes = self.encodes[codec]
        return [e.kbps for e in encodes], [e.score(metric) for e in encodes]

    def verdict(self) -> str:
        """Say which metrics agree on which codec needs less rate."""
        words = []
        for codec, figures in self.bd_rate.items():
            rates = {metric: float(value) for metric, value in figures.items() if not isinstance(value, str)}
            if not rates:
                words.append(f"{codec}: no metric has a BD-rate here")
                continue
            least, most = min(rates, key=lambda m: rates[m]), max(rates, key=lambda m: rates[m])
            spread = f"from {rates[least]:+.1f} % by {least} to {rates[most]:+.1f} % by {most}"
            agree = all(value < 0 for value in rates.values()) or all(value > 0 for value in rates.values())
            words.append(f"{codec} against {self.anchor}: {spread}; the metrics {'agree' if agree else 'DISAGREE'}")
        return "\n".join(words)

    def to_dict(self) -> dict[str, Any]:
        """Return points and figures as plain types; a figure without meaning is its reason in words."""
        return {
            "anchor": self.anchor,
            "encodes": {name: [e.to_dict() for e in encodes] for name, encodes in self.encodes.items()},
            "bd_rate": {c: {m: figure(v) for m, v in values.items()} for c, values in self.bd_rate.items()},
            "bd_quality": {c: {m: figure(v) for m, v in values.items()} for c, values in self.bd_quality.items()},
            "verdict": self.verdict().splitlines(),
        }


def compare(
    bench: Bench,
    encoders: Mapping[str, tuple[Encoder, Sequence[int]]],
    *,
    metrics: Sequence[str] | None = None,
    method: str = "pchip",
    repair: str | None = None,
) -> Comparison:
    """
    Compare codecs over their ladders by BD-rate and BD-quality, metric by metric.

    Parameters
    ----------
    bench : Bench
        With the models and features to compare by; VMAF, NEG and "triangulate" show disagreement.
    encoders : mapping of str to (Encoder, CRFs)
        The first is the anchor. Four CRFs or more each.
    metrics : sequence of str, optional
        All models and the metrics of quality among the features if None.
    method : str
        Interpolation, see `vmafpy.stats.bd_rate`.
    repair : str, optional
        What to do about points that do not rise, such as ``"vmaf_saturation"``; see there.

    Raises
    ------
    InputError
        If there are fewer than two codecs, or a metric was not scored.
    """
    if len(encoders) < 2:
        raise InputError("a comparison needs two codecs or more")
    made: dict[str, tuple[Encode, ...]] = {}
    trials = [(name, Trial(encoder, crf)) for name, (encoder, crfs) in encoders.items() for crf in crfs]
    results = bench.encodes([trial for _, trial in trials])
    for name in encoders:
        mine = [encode for (owner, _), encode in zip(trials, results, strict=True) if owner == name]
        made[name] = tuple(sorted(mine, key=lambda e: e.kbps))
    anchor = next(iter(encoders))
    names = list(metrics) if metrics else quality_metrics(made[anchor][0])
    figures: dict[str, dict[str, dict[str, BDResult | str]]] = {"rate": {}, "quality": {}}
    for kind, measure in (("rate", bd_rate), ("quality", bd_quality)):
        for codec in encoders:
            if codec == anchor:
                continue
            figures[kind][codec] = {}
            for metric in names:
                curves = [
                    [e.kbps for e in made[c]] if axis == 0 else [e.score(metric) for e in made[c]]
                    for c in (anchor, codec)
                    for axis in (0, 1)
                ]
                figures[kind][codec][metric] = bd_or_reason(measure, *curves, method=method, repair=repair)
    return Comparison(anchor, made, figures["rate"], figures["quality"])


def figure(value: BDResult | str) -> float | str:
    """Return a BD figure's number, or the reason why there is none."""
    return value if isinstance(value, str) else float(value)


def bd_or_reason(measure: Any, *curves: Sequence[float], **options: Any) -> BDResult | str:
    """Return a BD figure, or the reason why these curves have none."""
    from vmafpy.errors import StatisticsError

    try:
        result: BDResult = measure(*curves, **options)
        return result
    except StatisticsError as error:
        return str(error)


def quality_metrics(encode: Encode) -> list[str]:
    """Models first, then the metrics of quality among the features, higher being better."""
    from vmafpy.agreement import COMPARED
    from vmafpy.metrics import METRICS

    features = [n for n in COMPARED if n in encode.result.features and METRICS[n].higher_is_better]
    return [*encode.result.models, *features]
