"""The numbers of a scoring, frame by frame, and what they pool to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from vmafpy.stats import pooling
from vmafpy.stats.values import Interval

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]


def frozen(values: npt.ArrayLike, dtype: type[np.generic]) -> Any:
    """Return a read-only copy of *values* as an array."""
    out = np.array(values, dtype)
    out.setflags(write=False)
    return out


@dataclass(frozen=True, eq=False)
class FrameScores:
    """
    The scores of one model or feature, a number per scored frame.

    Attributes
    ----------
    name : str
    values : ndarray of float64, shape (n_scored,)
        In frame order; read-only.
    indices : ndarray of int64, shape (n_scored,)
        Frame number of each value, from 0.
    """

    name: str
    values: FloatArray
    indices: IntArray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def mean(self) -> float:
        """Arithmetic mean, summed in frame order as libvmaf does."""
        return pooling.mean(self.values)

    @property
    def harmonic_mean(self) -> float:
        """libvmaf's: n / sum(1 / (s + 1)) - 1."""
        return pooling.harmonic_mean(self.values)

    @property
    def min(self) -> float:
        """Least score."""
        return pooling.minimum(self.values)

    @property
    def max(self) -> float:
        """Greatest score."""
        return pooling.maximum(self.values)

    def percentile(self, q: float) -> float:
        """Score below which *q* per cent of the frames lie, linear between neighbours; q from 0 to 100."""
        return pooling.percentile(self.values, q)

    def pooled(self) -> dict[str, float]:
        """Return libvmaf's four pooled values."""
        return {"min": self.min, "max": self.max, "mean": self.mean, "harmonic_mean": self.harmonic_mean}

    def columns(self, name: str) -> dict[str, FloatArray]:
        """Per-frame columns as libvmaf's logs name them when the score is called *name*."""
        return {name: self.values}


@dataclass(frozen=True, eq=False)
class BootstrapScores(FrameScores):
    """
    Scores of a bootstrap model, with the spread of its members.

    `values` are the main model's scores. The other four come from the members [1]_.

    Attributes
    ----------
    bagging : ndarray of float64
        Mean of the members.
    stddev : ndarray of float64
        Standard deviation of the members, VMAF points.
    ci95_low, ci95_high : ndarray of float64
        2.5 and 97.5 per cent points of the members.

    References
    ----------
    .. [1] Z. Li et al., "VMAF: The Journey Continues", Netflix Technology Blog, 2018.
    """

    bagging: FloatArray
    stddev: FloatArray
    ci95_low: FloatArray
    ci95_high: FloatArray

    @property
    def ci95(self) -> Interval:
        """95 % interval of the clip: its ends' means over the frames, as libvmaf pools them."""
        return Interval(pooling.mean(self.ci95_low), pooling.mean(self.ci95_high), 0.95)

    def columns(self, name: str) -> dict[str, FloatArray]:
        """Score, bagging, stddev and the interval's ends, under libvmaf's names."""
        return {
            name: self.values,
            f"{name}_bagging": self.bagging,
            f"{name}_stddev": self.stddev,
            f"{name}_ci_p95_lo": self.ci95_low,
            f"{name}_ci_p95_hi": self.ci95_high,
        }


class ScoreMap(Mapping[str, FrameScores]):
    """Scores by name; a model is found by its aliases too. Iteration is in the order asked for."""

    def __init__(self, scores: Mapping[str, FrameScores], aliases: Mapping[str, str] | None = None) -> None:
        self._scores = dict(scores)
        self._aliases = dict(aliases or {})

    @property
    def aliases(self) -> dict[str, str]:
        """Other names the scores answer to, and what they stand for."""
        return dict(self._aliases)

    def __getitem__(self, name: str) -> FrameScores:
        key = name if name in self._scores else self._aliases.get(name, name)
        try:
            return self._scores[key]
        except KeyError:
            raise KeyError(f"{name!r}; there are {', '.join(self._scores) or 'none'}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._scores)

    def __len__(self) -> int:
        return len(self._scores)

    def __repr__(self) -> str:
        return f"ScoreMap({', '.join(f'{name}: {scores.mean:.6g}' for name, scores in self.items())})"
