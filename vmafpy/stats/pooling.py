"""One number for a clip from its per-frame scores, exactly as libvmaf pools and beyond."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from vmafpy.errors import InputError


def _scores(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    out = np.asarray(values, np.float64)
    if out.ndim != 1 or not out.size:
        raise InputError(f"pooling takes a list of per-frame scores, not an array of shape {out.shape}")
    return out


def _sum(values: npt.NDArray[np.float64]) -> float:
    """Sum in index order: numpy's pairwise sum, and Python's compensated one, differ from libvmaf's last bits."""
    with np.errstate(invalid="ignore"):  # infinite scores (identical pictures) of both signs make NaN, as they should
        return float(np.cumsum(values)[-1])


def mean(values: npt.ArrayLike) -> float:
    """Arithmetic mean, summed in frame order as libvmaf does."""
    scores = _scores(values)
    return _sum(scores) / scores.size


def harmonic_mean(values: npt.ArrayLike) -> float:
    """
    Harmonic mean as libvmaf defines it, ``n / sum(1 / (s + 1)) - 1`` [1]_.

    The shift by 1 keeps a zero score finite; it is not the plain harmonic mean that other tools print.

    References
    ----------
    .. [1] libvmaf 3.2.0, ``vmaf_feature_score_pooled``.
    """
    scores = _scores(values)
    with np.errstate(divide="ignore"):
        return float(scores.size / np.float64(_sum(1.0 / (scores + 1.0)))) - 1.0


def minimum(values: npt.ArrayLike) -> float:
    """Least score."""
    return float(_scores(values).min())


def maximum(values: npt.ArrayLike) -> float:
    """Greatest score."""
    return float(_scores(values).max())


def percentile(values: npt.ArrayLike, q: float) -> float:
    """Score below which *q* per cent (0 to 100) of the frames lie, linear between neighbours (NumPy's default)."""
    if not 0 <= q <= 100:
        raise InputError(f"percentile {q} is not between 0 and 100")
    return float(np.percentile(_scores(values), q))


#: libvmaf's pooling methods by name. Any other name is an error, never a silent mean.
METHODS: Mapping[str, Callable[[npt.ArrayLike], float]] = MappingProxyType(
    {"mean": mean, "harmonic_mean": harmonic_mean, "min": minimum, "max": maximum}
)
