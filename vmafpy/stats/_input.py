"""Checks every statistic makes of its inputs; each failure names the argument and the row."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from vmafpy.errors import (
    ConstantInputError,
    InvalidValueError,
    LengthMismatchError,
    StatisticsError,
    TooFewPointsError,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def vector(values: npt.ArrayLike, name: str, *, least: int = 1) -> Floats:
    """Return *values* as a finite one-dimensional array of at least *least* numbers."""
    try:
        out = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValueError(f"{name} is not a list of numbers: {error}") from error
    if out.ndim != 1:
        raise InvalidValueError(f"{name} has shape {out.shape}; give one number per stimulus")
    bad = np.flatnonzero(~np.isfinite(out))
    if bad.size:
        raise InvalidValueError(f"{name} is {out[bad[0]]} in row {bad[0]} ({bad.size} such rows); drop or repair them")
    if out.size < least:
        raise TooFewPointsError(f"{name} has {out.size} values; at least {least} are needed")
    return out


def same_length(**columns: npt.NDArray[Any] | Sequence[Any]) -> int:
    """Return the common length of *columns*."""
    sizes = {name: len(column) for name, column in columns.items()}
    if len(set(sizes.values())) > 1:
        raise LengthMismatchError(
            "lengths differ: " + ", ".join(f"{name} {size}" for name, size in sizes.items()) + "; give one per stimulus"
        )
    return next(iter(sizes.values()))


def pair(prediction: npt.ArrayLike, subjective: npt.ArrayLike, *, least: int = 3) -> tuple[Floats, Floats]:
    """Return prediction and subjective scores as finite arrays of one length, neither constant."""
    x, y = vector(prediction, "prediction"), vector(subjective, "subjective")
    if same_length(prediction=x, subjective=y) < least:
        raise TooFewPointsError(f"{len(x)} stimuli; at least {least} are needed")
    not_constant(x, "prediction")
    not_constant(y, "subjective")
    return x, y


def not_constant(values: Floats, name: str) -> None:
    """Raise if all *values* are equal."""
    if np.ptp(values) == 0:
        raise ConstantInputError(
            f"{name} is {values[0]:g} for all {len(values)} stimuli; a correlation with a constant is undefined"
        )


def half_widths(ci: npt.ArrayLike | None, n: int, name: str = "ci") -> Floats:
    """Return half-widths of intervals: *n* of them, none negative."""
    if ci is None:
        raise InvalidValueError(f"{name} is missing; give half-widths of the 95 % intervals of the subjective scores")
    out = vector(ci, name)
    same_length(subjective=np.empty(n), **{name: out})
    bad = np.flatnonzero(out < 0)
    if bad.size:
        raise InvalidValueError(f"{name} is {out[bad[0]]:g} in row {bad[0]}; a half-width is 0 or more")
    return out


def choice(value: str, allowed: Sequence[str], name: str) -> str:
    """Return *value* if it is one of *allowed*."""
    if value not in allowed:
        raise StatisticsError(f"{name} {value!r} is unknown; choose one of {', '.join(allowed)}")
    return value


def confidence_level(level: float) -> float:
    """Return *level* if it is a share between 0 and 1, ends excluded."""
    if not 0 < level < 1:
        raise InvalidValueError(f"confidence {level} is not between 0 and 1; 0.95 is usual")
    return level


def z_of(level: float) -> float:
    """Return the two-sided normal quantile: 1.95996 for 0.95."""
    return float(stats.norm.ppf(0.5 + confidence_level(level) / 2))


def codes(groups: Sequence[Hashable] | npt.NDArray[Any], n: int, name: str = "groups") -> tuple[list[Any], Ints]:
    """Return the distinct groups in order of appearance, and the index of each stimulus's group."""
    labels = list(groups.tolist() if isinstance(groups, np.ndarray) else groups)
    same_length(subjective=np.empty(n), **{name: labels})
    index: dict[Any, int] = {}
    out = np.array([index.setdefault(label, len(index)) for label in labels], np.int64)
    return list(index), out
