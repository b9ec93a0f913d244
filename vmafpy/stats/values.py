"""What every statistic returns: a frozen number with its interval and the conventions it was made by."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Interval:
    """
    A range that holds a value with a stated confidence.

    Attributes
    ----------
    low, high : float
        In the unit of the value.
    level : float
        Confidence, 0 to 1.
    method : str
        How it was made, such as ``"fisher"`` or ``"bootstrap"``.
    """

    low: float
    high: float
    level: float = 0.95
    method: str = ""


class Result:
    """
    Base of the results with one main number.

    It compares and calculates as that number through ``float(result)``; the facts beside it are attributes.
    """

    __slots__ = ()
    value: float

    def __float__(self) -> float:
        return float(self.value)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain Python values, ready for JSON."""
        return {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """Turn results, arrays, mappings and sequences into what ``json.dumps`` takes; an infinity becomes None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient(Result):
    """
    Agreement of a prediction with subjective scores.

    Attributes
    ----------
    name : str
        ``"plcc"``, ``"srcc"``, ``"kendall_tau_b"``, ``"tau_b95"`` or a variant.
    value : float
        -1 to 1.
    n : int
        Number of stimuli.
    interval : Interval or None
        None where *n* is too small for one, or none was asked for.
    mapping : str or None
        Function fitted to the prediction first; None means raw values.
    lower_is_better : bool
        The prediction was negated.
    ceiling : float or None
        Value a prediction equal to the subjective scores would reach, where it is not 1.
    convention : str
        What else has to be equal for two such numbers to be compared.
    """

    name: str
    value: float
    n: int
    interval: Interval | None = None
    mapping: str | None = None
    lower_is_better: bool = False
    ceiling: float | None = None
    convention: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMeasure(Result):
    """
    Distance of a prediction from subjective scores.

    Attributes
    ----------
    name : str
        ``"rmse"``, ``"rmse_star"``, ``"outlier_ratio"``, ``"mae"`` or ``"z_rmse"``.
    value : float
        In the unit of the subjective scores; a share from 0 to 1 for the outlier ratio.
    n : int
        Number of stimuli.
    dof : int
        Degrees of freedom taken off *n* in the divisor.
    mapping : str or None
        Function fitted to the prediction first; None means raw values.
    interval : Interval or None
    standard_error : float or None
        Of an outlier ratio.
    convention : str
    """

    name: str
    value: float
    n: int
    dof: int = 0
    mapping: str | None = None
    interval: Interval | None = None
    standard_error: float | None = None
    convention: str = ""
