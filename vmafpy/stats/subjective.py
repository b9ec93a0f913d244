"""Votes to MOS and DMOS: intervals, screening of viewers, bias removal, alternating projection."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import stats

from vmafpy.errors import ConstantInputError, ConvergenceError, InvalidValueError, StatisticsError, TooFewPointsError
from vmafpy.stats._input import Bools, Floats, Ints, choice, same_length, vector

PRESETS = ("plain", "bt500", "p913", "p913_pearson", "alternating_projection", "sureal")

#: The toolkits of P.910 and sureal write 1.96, not the quantile.
Z95 = 1.96


@dataclass(frozen=True, slots=True)
class Screening:
    """
    Which viewers a screening rejects, and why.

    Attributes
    ----------
    rejected : ndarray of bool, shape (n_viewers,)
    method : str
    p, q : ndarray of int, shape (n_viewers,), or None
        BT.500: how often a viewer voted far above and far below the others.
    correlation : ndarray of float, shape (n_viewers,), or None
        P.913: with the mean of all viewers.
    threshold : float or None
        P.913: the correlation that had to be exceeded.
    """

    rejected: Bools
    method: str
    p: Ints | None = None
    q: Ints | None = None
    correlation: Floats | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Ratings:
    """
    Subjective scores of stimuli.

    Attributes
    ----------
    mos : ndarray of float, shape (n_stimuli,)
        MOS, DMOS or recovered quality, in votes' units. Never clipped.
    std : ndarray of float, shape (n_stimuli,)
        Sample standard deviation of the votes behind it (divisor n - 1); NaN for a single vote.
    n : ndarray of int, shape (n_stimuli,)
        Votes behind it.
    standard_error : ndarray of float, shape (n_stimuli,)
        NaN for a single vote.
    ci : ndarray of float, shape (n_stimuli,)
        Half-width of the 95 % interval; NaN for a single vote.
    ci_method : str
        ``"1.96 standard errors"`` or ``"t"``.
    method : str
        What was done to the votes.
    rejected : ndarray of bool, shape (n_viewers,)
    bias : ndarray of float, shape (n_viewers,), or None
        What each viewer adds to the common score.
    inconsistency : ndarray of float, shape (n_viewers,), or None
        Standard deviation of each viewer's votes around score plus bias.
    """

    mos: Floats
    std: Floats
    n: Ints
    standard_error: Floats
    ci: Floats
    ci_method: str
    method: str
    rejected: Bools
    bias: Floats | None = None
    inconsistency: Floats | None = None

    def interval(self, scale: tuple[float, float] | None = None) -> tuple[Floats, Floats]:
        """Return the ends of the 95 % intervals, clipped to *scale* if one is given."""
        low, high = self.mos - self.ci, self.mos + self.ci
        return (low, high) if scale is None else (np.clip(low, *scale), np.clip(high, *scale))


def as_votes(votes: npt.ArrayLike) -> Floats:
    """
    Return votes as stimuli x viewers x repetitions.

    Parameters
    ----------
    votes : array_like of float, shape (n_stimuli, n_viewers) or (n_stimuli, n_viewers, n_repetitions)
        NaN where a vote is missing.

    Raises
    ------
    InvalidValueError
        Another shape, or an infinite vote.
    TooFewPointsError
        A stimulus or a viewer without votes.
    """
    try:
        out = np.asarray(votes, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValueError(f"votes are not a table of numbers: {error}") from error
    if out.ndim == 2:
        out = out[:, :, None]
    if out.ndim != 3 or not out.size:
        raise InvalidValueError(f"votes have shape {out.shape}; give stimuli x viewers, or x repetitions as third axis")
    if np.isinf(out).any():
        raise InvalidValueError(f"stimulus {np.argwhere(np.isinf(out))[0][0]} has an infinite vote")
    present = ~np.isnan(out)
    for axis, name in (((1, 2), "stimulus"), ((0, 2), "viewer")):
        empty = np.flatnonzero(~present.any(axis=axis))
        if empty.size:
            raise TooFewPointsError(f"{name} {empty[0]} has no vote; leave it out")
    return out


def _std(values: Floats, axis: tuple[int, ...], ddof: int) -> tuple[Floats, Floats, Ints]:
    """Mean, standard deviation and count of present values; NaN where the count does not exceed *ddof*."""
    present = ~np.isnan(values)
    n = present.sum(axis=axis)
    mean = np.where(present, values, 0.0).sum(axis=axis) / np.maximum(n, 1)
    shape = [1 if a in axis else s for a, s in enumerate(values.shape)]
    square = np.where(present, values - mean.reshape(shape), 0.0) ** 2
    std = np.sqrt(np.divide(square.sum(axis=axis), n - ddof, out=np.full(n.shape, np.nan), where=n > ddof))
    return np.where(n > 0, mean, np.nan), std, n


def _ratings(votes: Floats, ci_method: str, method: str, rejected: Bools | None = None) -> Ratings:
    choice(ci_method, ("z", "t"), "ci_method")
    kept = votes if rejected is None else votes[:, ~rejected]
    mean, std, n = _std(kept, (1, 2), 1)
    bare = np.flatnonzero(n == 0)
    if bare.size:
        raise TooFewPointsError(f"stimulus {bare[0]} has no vote left after the screening")
    se = std / np.sqrt(n)
    factor = Z95 if ci_method == "z" else stats.t.ppf(0.975, np.maximum(n - 1, 1))
    return Ratings(
        mos=mean,
        std=std,
        n=n,
        standard_error=se,
        ci=factor * se,
        ci_method="1.96 standard errors" if ci_method == "z" else "t",
        method=method,
        rejected=np.zeros(votes.shape[1], np.bool_) if rejected is None else rejected,
    )


def mos(votes: npt.ArrayLike, *, ci_method: str = "z") -> Ratings:
    """
    Mean opinion scores.

    Parameters
    ----------
    votes : array_like of float, shape (n_stimuli, n_viewers) or (n_stimuli, n_viewers, n_repetitions)
        NaN where a vote is missing.
    ci_method : {"z", "t"}
        1.96 standard errors, as P.910's toolkits and sureal; or Student's t with n - 1 degrees of freedom.

    Returns
    -------
    Ratings

    Raises
    ------
    InvalidValueError, TooFewPointsError
    """
    return _ratings(as_votes(votes), ci_method, "mean")


def degradation_votes(
    votes: npt.ArrayLike,
    reference: npt.ArrayLike,
    *,
    ref_score: float = 5.0,
    variant: str = "p910",
    crush: bool = False,
) -> Floats:
    """
    Votes relative to each content's hidden reference (ACR-HR), for DMOS.

    Parameters
    ----------
    votes : array_like of float, shape (n_stimuli, n_viewers[, n_repetitions])
    reference : array_like of int, shape (n_stimuli,)
        Row of the reference of each stimulus (its own row for a reference).
    ref_score : float
        Best score of the scale.
    variant : {"p910", "sureal"}
        Subtract each viewer's own vote for the reference, or the reference's MOS.
    crush : bool
        Compress differential votes above 5 by 7 v / (2 + v) (P.910, five-point scale); else they stay.

    Returns
    -------
    ndarray of float, shape (n_stimuli, n_viewers, n_repetitions)
        vote - vote for the reference + ref_score. NaN where either is missing.

    Raises
    ------
    InvalidValueError
        A reference is not a row of the table.
    """
    v = as_votes(votes)
    choice(variant, ("p910", "sureal"), "variant")
    row = np.asarray(reference)
    same_length(votes=v, reference=row)
    if not np.issubdtype(row.dtype, np.integer) or (row < 0).any() or (row >= len(v)).any():
        raise InvalidValueError(f"reference holds a row that is not in 0 to {len(v) - 1}")
    if variant == "p910":
        of_reference = _std(v, (2,), 0)[0][row][:, :, None]
    else:
        of_reference = _std(v, (1, 2), 0)[0][row][:, None, None]
    out = v - of_reference + ref_score
    return np.asarray(np.where(out > 5, 7 * out / (2 + out), out) if crush else out, np.float64)


def dmos(
    votes: npt.ArrayLike,
    reference: npt.ArrayLike,
    *,
    ref_score: float = 5.0,
    variant: str = "p910",
    crush: bool = False,
    ci_method: str = "z",
) -> Ratings:
    """
    Differential mean opinion scores of an ACR-HR test; parameters as `degradation_votes` and `mos`.

    Votes of DCR and DSIS are degradation votes already: use `mos`.
    """
    return _ratings(
        degradation_votes(votes, reference, ref_score=ref_score, variant=variant, crush=crush),
        ci_method,
        f"DMOS, {variant}",
    )


def z_scores(votes: npt.ArrayLike) -> Floats:
    """
    Votes in each viewer's own standard deviations (divisor n - 1) from the viewer's mean.

    Parameters
    ----------
    votes : array_like of float, shape (n_stimuli, n_viewers[, n_repetitions])

    Returns
    -------
    ndarray of float, shape (n_stimuli, n_viewers, n_repetitions)

    Raises
    ------
    ConstantInputError
        A viewer gave one vote to everything.
    InvalidValueError, TooFewPointsError
    """
    v = as_votes(votes)
    mean, std, n = _std(v, (0, 2), 1)
    if (n < 2).any():
        raise TooFewPointsError(f"viewer {int(np.argmin(n))} has {n.min()} vote; a z-score needs 2")
    flat = np.flatnonzero(std == 0)
    if flat.size:
        raise ConstantInputError(f"viewer {flat[0]} gave {mean[flat[0]]:g} to everything; leave the viewer out")
    return np.asarray((v - mean[:, None]) / std[:, None], np.float64)


def screen_bt500(votes: npt.ArrayLike, *, ddof: int = 1, skip_constant: bool = True) -> Screening:
    """
    Screening of viewers by ITU-R BT.500, in one pass.

    Parameters
    ----------
    votes : array_like of float, shape (n_stimuli, n_viewers[, n_repetitions])
    ddof : int
        Divisor n - ddof of the standard deviation. sureal uses 0.
    skip_constant : bool
        Leave stimuli without variance out, of the count of stimuli too. sureal keeps them.

    Returns
    -------
    Screening
        If all viewers would go, none does.

    Raises
    ------
    ConstantInputError
        No stimulus has variance.
    InvalidValueError, TooFewPointsError
    """
    v = as_votes(votes)
    mean, std, n = _std(v, (1, 2), ddof)
    varied = (n > ddof) & (std > 0)
    if not varied.any():
        raise ConstantInputError("all viewers agree on every stimulus; there is nothing to screen by")
    use = varied if skip_constant else n > ddof
    v, mean, std = v[use], mean[use], std[use]
    centred = v - mean[:, None, None]
    second = np.nanmean(centred**2, axis=(1, 2))
    fourth = np.nanmean(centred**4, axis=(1, 2))
    kurtosis = np.divide(fourth, second**2, out=np.zeros_like(second), where=second > 0)
    limit = (np.where((kurtosis >= 2) & (kurtosis <= 4), 2.0, math.sqrt(20)) * std)[:, None, None]
    p = np.sum(v >= mean[:, None, None] + limit, axis=(0, 2))
    q = np.sum(v <= mean[:, None, None] - limit, axis=(0, 2))
    far = p + q
    balance = np.divide(np.abs(p - q), far, out=np.ones(len(p)), where=far > 0)
    rejected = (far / (len(v) * v.shape[2]) > 0.05) & (balance < 0.3)
    if rejected.all():
        rejected = np.zeros_like(rejected)
    return Screening(rejected, "BT.500", p=p, q=q)


def screen_p913(votes: npt.ArrayLike) -> Screening:
    """
    Screening of viewers by their correlation with the mean (ITU-T P.913, clause 11.4).

    A viewer goes whose Pearson correlation with the MOS does not exceed min(0.7, mean - standard deviation) of all
    viewers' correlations.

    Raises
    ------
    ConstantInputError
        A viewer gave one vote to everything.
    InvalidValueError, TooFewPointsError
    """
    v = as_votes(votes)
    mean = _std(v, (1, 2), 0)[0]
    r = np.empty(v.shape[1])
    for i in range(v.shape[1]):
        own = _std(v[:, i, :], (1,), 0)[0]
        common = ~np.isnan(own)
        if common.sum() < 3:
            raise TooFewPointsError(f"viewer {i} voted on {common.sum()} stimuli; a correlation needs 3")
        if np.ptp(own[common]) == 0 or np.ptp(mean[common]) == 0:
            raise ConstantInputError(f"viewer {i}, or the mean, is constant; a correlation is undefined")
        r[i] = np.corrcoef(own[common], mean[common])[0, 1]
    threshold = min(0.7, float(r.mean() - r.std()))
    rejected = r <= threshold
    if rejected.all():
        rejected = np.zeros_like(rejected)
    return Screening(rejected, "P.913 correlation", correlation=r, threshold=threshold)


def remove_bias(votes: npt.ArrayLike) -> tuple[Floats, Floats]:
    """
    Take each viewer's mean offset from the MOS off the votes (ITU-T P.913, clause 12.4).

    Returns
    -------
    votes : ndarray of float, shape (n_stimuli, n_viewers, n_repetitions)
    bias : ndarray of float, shape (n_viewers,)

    Raises
    ------
    InvalidValueError, TooFewPointsError
    """
    v = as_votes(votes)
    mean = _std(v, (1, 2), 0)[0]
    bias = _std(v - mean[:, None, None], (0, 2), 0)[0]
    return np.asarray(v - bias[:, None], np.float64), bias


def alternating_projection(
    votes: npt.ArrayLike, *, variant: str = "viewer", max_rounds: int = 1000, tolerance: float = 1e-8
) -> Ratings:
    """
    Quality, and bias and inconsistency of the viewers, estimated together (P.910, annex E; P.913, clause 12.6) [1]_.

    Parameters
    ----------
    votes : array_like of float, shape (n_stimuli, n_viewers[, n_repetitions])
    variant : {"viewer", "stimulus"}
        Standard errors from the inconsistency of the viewers, or from the residuals of each stimulus.
    max_rounds : int
    tolerance : float
        Largest Euclidean change of the scores in the last round.

    Returns
    -------
    Ratings

    Raises
    ------
    ConvergenceError
    InvalidValueError, TooFewPointsError

    References
    ----------
    .. [1] Z. Li, C. G. Bampis, L. Krasula, L. Janowski, I. Katsavounidis, "A simple model for subject behavior in
       subjective experiments", HVEI 2020.
    """
    choice(variant, ("viewer", "stimulus"), "variant")
    v = as_votes(votes)
    present = ~np.isnan(v)
    psi = _std(v, (1, 2), 0)[0]
    bias = _std(v - psi[:, None, None], (0, 2), 0)[0]
    sigma = np.ones(v.shape[1])
    for _ in range(max_rounds):
        previous = psi
        sigma = _std(v - psi[:, None, None] - bias[:, None], (0, 2), 0)[1]
        weight = np.where(present, (1 / (sigma**2 + 1e-8))[:, None], 0.0)
        psi = np.where(present, (v - bias[:, None]) * weight, 0.0).sum(axis=(1, 2)) / weight.sum(axis=(1, 2))
        bias = _std(v - psi[:, None, None], (0, 2), 0)[0]
        change = float(np.linalg.norm(psi - previous))
        if change < tolerance:
            break
    else:
        raise ConvergenceError(
            f"alternating projection still moves by {change:.2g} after {max_rounds} rounds; allow more, or look for "
            "viewers without variation"
        )
    offset = bias.mean()
    bias, psi = bias - offset, psi + offset
    n = present.sum(axis=(1, 2))
    if variant == "viewer":
        # a viewer whose votes are score plus bias exactly would make the error 0; the weight's 1e-8 bounds it
        information = np.where(present, (1 / np.maximum(sigma**2, 1e-8))[:, None], 0.0).sum(axis=(1, 2))
        se = 1 / np.sqrt(information)
    else:
        se = _std(v - psi[:, None, None] - bias[:, None], (1, 2), 0)[1] / np.sqrt(n)
    plain = _ratings(v, "z", f"alternating projection, errors by {variant}")
    return replace(plain, mos=psi, standard_error=se, ci=Z95 * se, bias=bias, inconsistency=sigma)


def rate(votes: npt.ArrayLike, preset: str = "plain", *, ci_method: str = "z") -> Ratings:
    """
    Process votes by a named recipe.

    Parameters
    ----------
    votes : array_like of float, shape (n_stimuli, n_viewers[, n_repetitions])
    preset : str
        ``"plain"``: means. ``"bt500"``: `screen_bt500`, then means. ``"sureal"``: the same with sureal's population
        standard deviation, stimuli without variance counted. ``"p913"``: bias removed, then screened as sureal does,
        then means. ``"p913_pearson"``: `screen_p913`, then means. ``"alternating_projection"``.
    ci_method : {"z", "t"}
        As in `mos`; alternating projection always uses z.

    Returns
    -------
    Ratings
    """
    choice(preset, PRESETS, "preset")
    if preset == "alternating_projection":
        if ci_method != "z":
            raise StatisticsError("alternating projection has no t interval; use ci_method='z'")
        return alternating_projection(votes)
    v = as_votes(votes)
    if preset == "plain":
        return _ratings(v, ci_method, "mean")
    if preset == "p913":
        corrected, bias = remove_bias(v)
        rejected = screen_bt500(corrected, ddof=0, skip_constant=False).rejected
        return replace(_ratings(corrected, ci_method, "P.913 bias removal, then screening", rejected), bias=bias)
    screening = {
        "bt500": lambda: screen_bt500(v),
        "sureal": lambda: screen_bt500(v, ddof=0, skip_constant=False),
        "p913_pearson": lambda: screen_p913(v),
    }[preset]()
    return _ratings(v, ci_method, f"mean after {screening.method} screening ({preset})", screening.rejected)


@dataclass(frozen=True, slots=True)
class Pooled:
    """
    Scores of one condition from those of its stimuli.

    Attributes
    ----------
    mos, std, ci : float
        *ci* is 1.96 standard errors.
    n : int
        Votes.
    """

    mos: float
    std: float
    n: int
    ci: float


def pool_votes(mos: npt.ArrayLike, std: npt.ArrayLike, n: npt.ArrayLike) -> Pooled:
    """
    Pool the votes of several stimuli, known by mean, standard deviation and number.

    Parameters
    ----------
    mos, std : array_like of float, shape (k,)
        *std* with divisor n - 1.
    n : array_like of int, shape (k,)

    Returns
    -------
    Pooled
        As if all votes had been given to one stimulus.

    Raises
    ------
    InvalidValueError, LengthMismatchError, TooFewPointsError
    """
    m, s, count = vector(mos, "mos"), vector(std, "std"), vector(n, "n")
    same_length(mos=m, std=s, n=count)
    if (count < 1).any() or (s < 0).any():
        raise InvalidValueError("n has to be at least 1 and std at least 0 in every row")
    total = float(count.sum())
    if total < 2:
        raise TooFewPointsError("a single vote has no interval")
    mean = float((count * m).sum() / total)
    variance = float((((count - 1) * s**2).sum() + (count * (m - mean) ** 2).sum()) / (total - 1))
    return Pooled(mean, math.sqrt(variance), round(total), Z95 * math.sqrt(variance / total))


def reference_rows(content: Sequence[object], is_reference: npt.ArrayLike) -> Ints:
    """
    Row of each stimulus's hidden reference.

    Parameters
    ----------
    content : sequence of hashable, shape (n_stimuli,)
    is_reference : array_like of bool, shape (n_stimuli,)

    Raises
    ------
    InvalidValueError
        A content has no reference, or several.
    """
    flags = np.asarray(is_reference).astype(np.bool_)
    same_length(content=list(content), is_reference=flags)
    rows: dict[object, int] = {}
    for i in np.flatnonzero(flags).tolist():
        if content[i] in rows:
            raise InvalidValueError(f"content {content[i]} has two references, rows {rows[content[i]]} and {i}")
        rows[content[i]] = i
    for i, name in enumerate(content):
        if name not in rows:
            raise InvalidValueError(f"content {name} (row {i}) has no reference")
    return np.array([rows[name] for name in content], np.int64)
