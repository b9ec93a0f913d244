"""Which resolution at which bitrate: encodes at several sizes, all scored at the source's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from vmafpy.errors import OptionError
from vmafpy.studies.encode import Encoder, Session
from vmafpy.studies.trial import Bench, Encode, Trial

if TYPE_CHECKING:
    import av


@dataclass(frozen=True)
class ScaledEncoder:
    """
    An encoder that works at another size: frames are scaled to it, and its decoded frames back, as a player would.

    Parameters
    ----------
    inner : Encoder
    size : tuple of int
        Width and height of the encode.
    scaler : str
        swscale's, both ways.
    """

    inner: Encoder
    size: tuple[int, int]
    scaler: str = "bicubic"

    @property
    def name(self) -> str:
        """Encoder and size."""
        return f"{self.inner.name} {self.size[0]}x{self.size[1]}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """Those of the encoder, and the scaling."""
        from vmafpy.studies.encode import fingerprint

        return {"inner": fingerprint(self.inner), "size": self.size, "scaler": self.scaler}

    @property
    def crf_range(self) -> tuple[int, int]:
        """The encoder's."""
        return self.inner.crf_range

    def start(self, crf: int, width: int, height: int, pix_fmt: str, rate: Fraction) -> Session:
        """Begin an encode."""
        return _ScaledSession(self.inner.start(crf, *self.size, pix_fmt, rate), self, (width, height))


class _ScaledSession:
    def __init__(self, inner: Session, encoder: ScaledEncoder, back: tuple[int, int]) -> None:
        self._inner, self._size, self._back = inner, encoder.size, back
        self._scaler = encoder.scaler.upper()

    @property
    def bits(self) -> int:
        return self._inner.bits

    def push(self, frame: av.VideoFrame) -> list[av.VideoFrame]:
        return list(self._scaled_back(self._inner.push(frame.reformat(*self._size, interpolation=self._scaler))))

    def finish(self) -> Iterator[av.VideoFrame]:
        return self._scaled_back(self._inner.finish())

    def _scaled_back(self, frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        return (frame.reformat(*self._back, interpolation=self._scaler) for frame in frames)


@dataclass(frozen=True)
class Rung:
    """
    One encode of a ladder.

    Attributes
    ----------
    size : tuple of int
    encode : Encode
    score : float
        Mean of the model the ladder was made by.
    """

    size: tuple[int, int]
    encode: Encode
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return the rung as plain types."""
        return {"size": list(self.size), "score": self.score, **self.encode.to_dict()}


@dataclass(frozen=True, eq=False)
class Ladder:
    """
    Encodes over sizes and settings, and the best of them.

    Attributes
    ----------
    points : tuple of Rung
        All encodes, by size and rising CRF.
    hull : tuple of Rung
        Upper convex hull of score over bitrate, by rising rate: no mix of other encodes does better on average.
    rungs : tuple of Rung
        The hull's points nearest to equal steps of log bitrate.
    """

    points: tuple[Rung, ...]
    hull: tuple[Rung, ...]
    rungs: tuple[Rung, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return all points as plain types."""
        return {k: [r.to_dict() for r in getattr(self, k)] for k in ("points", "hull", "rungs")}


def convex_hull(points: Sequence[Rung]) -> tuple[Rung, ...]:
    """Return the rising part of the upper convex hull of score over bitrate."""
    hull: list[Rung] = []
    for point in sorted(points, key=lambda p: (p.encode.kbps, -p.score)):
        if hull and point.score <= hull[-1].score:
            continue
        while len(hull) > 1 and _slope(hull[-2], point) >= _slope(hull[-2], hull[-1]):
            hull.pop()
        hull.append(point)
    return tuple(hull)


def _slope(a: Rung, b: Rung) -> float:
    return (b.score - a.score) / (b.encode.kbps - a.encode.kbps)


def ladder(
    bench: Bench,
    encoder: Encoder,
    sizes: Sequence[tuple[int, int]],
    crfs: Sequence[int],
    *,
    n_rungs: int = 6,
    model: str | None = None,
    scaler: str = "bicubic",
) -> Ladder:
    """
    Encode at every size and CRF, score at the source's size, and keep the convex hull [1]_.

    Parameters
    ----------
    bench : Bench
    encoder : Encoder
    sizes : sequence of tuple of int
        Width and height of the encodes.
    crfs : sequence of int
    n_rungs : int
        Most rungs wanted; fewer where the hull has fewer points.
    model : str, optional
        Model or feature to rank by; the bench's first model if None.
    scaler : str
        swscale's, down and up.

    Raises
    ------
    OptionError
        If sizes, CRFs or rungs are none, or a size is not even.

    References
    ----------
    .. [1] A. Aaron et al., "Per-Title Encode Optimization", Netflix Technology Blog, 2015.
    """
    if not sizes or not crfs or n_rungs < 1:
        raise OptionError("a ladder needs a size, a CRF and a rung at least")
    for size in sizes:
        if min(size) < 2 or size[0] % 2 or size[1] % 2:
            raise OptionError(f"size {size[0]}x{size[1]}: both numbers must be even and positive")
    settings = [(size, crf) for size in dict.fromkeys(sizes) for crf in sorted(set(crfs))]
    made = bench.encodes([Trial(ScaledEncoder(encoder, size, scaler), crf) for size, crf in settings])
    points = tuple(Rung(size, e, e.score(model)) for (size, _), e in zip(settings, made, strict=True))
    hull = convex_hull(points)
    low, high = (math.log(hull[k].encode.kbps) for k in (0, -1))
    wanted = [low + (high - low) * k / max(1, n_rungs - 1) for k in range(n_rungs)]
    nearest = [min(hull, key=lambda r: abs(math.log(r.encode.kbps) - w)) for w in wanted]
    return Ladder(points, hull, tuple(dict.fromkeys(nearest)))
