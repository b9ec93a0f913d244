"""Votes: sureal's numbers on the Netflix Public Dataset, to 1e-12, and what any votes must satisfy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from goldens import golden, votes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vmafpy.errors import ConstantInputError, ConvergenceError, InvalidValueError, StatisticsError, TooFewPointsError
from vmafpy.stats import subjective

SETS = ("nflx_public", "nflx_public_last4outliers")
close = pytest.approx


@pytest.fixture(params=SETS)
def case(request):
    table, contents, is_reference = votes(request.param)
    return table, subjective.reference_rows(contents, is_reference), golden(f"{request.param}_expected.json")


def test_mos(case):
    """Means, standard deviations and errors."""
    table, _, expected = case
    got = subjective.mos(table)
    assert got.mos.tolist() == close(expected["mos"]["score"], abs=1e-12)
    assert got.std.tolist() == close(expected["mos"]["sample_std"], abs=1e-12)
    assert got.standard_error.tolist() == close(expected["mos"]["standard_error"], abs=1e-12)
    assert got.ci.tolist() == close([1.96 * s for s in expected["mos"]["standard_error"]], abs=1e-12)


def test_figures_printed_by_sureal():
    """The numbers in sureal's own tests."""
    table, contents, is_reference = votes("nflx_public")
    got = subjective.mos(table)
    assert got.mos.mean() == close(3.544790652385589, abs=1e-12)
    assert got.standard_error.mean() == close(0.12986637295658307, abs=1e-12)
    rows = subjective.reference_rows(contents, is_reference)
    assert subjective.dmos(table, rows).mos.mean() == close(3.7731256085686473, abs=1e-12)
    assert subjective.remove_bias(table)[1].var() == close(0.08903258562151985, abs=1e-12)


def test_dmos(case):
    """Relative to the viewer's own vote or to the reference's MOS: without missing votes the means are equal."""
    table, rows, expected = case
    for variant in ("p910", "sureal"):
        got = subjective.dmos(table, rows, variant=variant)
        assert got.mos.tolist() == close(expected["dmos"]["score"], abs=1e-12)
    assert subjective.dmos(table, rows).mos[rows[0]] == 5


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("bt500_rejection", {"ddof": 0, "skip_constant": False}),
        ("bt500_rejection_sample_std", {"ddof": 1, "skip_constant": False}),
        ("bt500_rejection_sample_std_skip_zero_variance", {}),
    ],
)
def test_bt500(case, key, options):
    """Counts P and Q, and who goes: sureal's way, with the sample deviation, and without constant stimuli."""
    table, _, expected = case
    got = subjective.screen_bt500(table, **options)
    assert got.p.tolist() == expected[key]["P"]
    assert got.q.tolist() == expected[key]["Q"]
    assert got.rejected.tolist() == expected[key]["rejected"]


def test_bt500_variants_disagree():
    """Why the variant has to be said: viewer 2 goes by sureal's, nobody by the default."""
    table = votes("nflx_public")[0]
    assert np.flatnonzero(subjective.rate(table, "sureal").rejected).tolist() == [2]
    assert not subjective.rate(table, "bt500").rejected.any()


@pytest.mark.parametrize(
    ("preset", "key"),
    [
        ("sureal", "bt500_rejection"),
        ("p913", "p913_bias_removal_then_rejection"),
        ("p913_pearson", "p913_pearson_rejection"),
        ("alternating_projection", "p910_p913_alternating_projection_subject_mle"),
    ],
)
def test_presets(case, preset, key):
    """Scores of each recipe."""
    table, _, expected = case
    got = subjective.rate(table, preset)
    assert got.mos.tolist() == close(expected[key]["score"], abs=1e-12)
    if "rejected" in expected[key]:
        assert got.rejected.tolist() == expected[key]["rejected"]


def test_p913(case):
    """Biases and correlations of the viewers."""
    table, _, expected = case
    corrected, bias = subjective.remove_bias(table)
    assert bias.tolist() == close(expected["p913_bias_removal"]["bias"], abs=1e-12)
    assert subjective.mos(corrected).mos.tolist() == close(expected["p913_bias_removal"]["score"], abs=1e-12)
    screening = subjective.screen_p913(table)
    assert screening.correlation.tolist() == close(expected["p913_pearson_rejection"]["correlation"], abs=1e-12)


def test_alternating_projection(case):
    """Scores, errors of both variants, biases and inconsistencies."""
    table, _, expected = case
    by_viewer = subjective.alternating_projection(table)
    want = expected["p910_p913_alternating_projection_subject_mle"]
    assert by_viewer.mos.tolist() == close(want["score"], abs=1e-12)
    assert by_viewer.standard_error.tolist() == close(want["standard_error"], abs=1e-12)
    assert by_viewer.bias.tolist() == close(want["bias"], abs=1e-12)
    assert by_viewer.inconsistency.tolist() == close(want["inconsistency"], abs=1e-12)
    by_stimulus = subjective.alternating_projection(table, variant="stimulus")
    want = expected["alternating_projection2"]
    assert by_stimulus.standard_error.tolist() == close(want["standard_error"], abs=1e-12)


def test_projection_recovers_the_viewers():
    """Made-up viewers with known bias and inconsistency are told apart, and missing votes do no harm."""
    rng = np.random.default_rng(0)
    quality, bias = rng.uniform(1, 5, 400), np.array([-0.5, -0.2, 0.0, 0.3, 0.4])
    sigma = np.array([0.2, 0.4, 0.3, 0.8, 0.5])
    table = quality[:, None] + bias + sigma * rng.normal(size=(400, 5))
    table[rng.random(table.shape) < 0.1] = np.nan
    got = subjective.alternating_projection(table)
    # each bias is known to about sigma / sqrt(360), and all but the total
    assert got.bias == close(bias - bias.mean(), abs=0.1)
    assert np.argsort(got.inconsistency).tolist() == np.argsort(sigma).tolist()


tables = arrays(np.float64, (6, 8), elements=st.integers(1, 5).map(float))


@given(tables, st.integers(0, 47))
def test_missing_votes_are_left_out(table, hole):
    """A missing vote is no vote: means are NumPy's of the present ones, intervals by z or t."""
    table[np.unravel_index(hole, table.shape)] = np.nan
    got = subjective.mos(table)
    assert got.mos == close(np.nanmean(table, axis=1))
    assert got.std == close(np.nanstd(table, axis=1, ddof=1))
    by_t = subjective.mos(table, ci_method="t")
    t = scipy.stats.t.ppf(0.975, got.n - 1)
    assert by_t.ci == close(got.ci / 1.96 * t)
    assert by_t.ci_method == "t"


@given(tables, st.permutations(range(8)))
def test_viewers_are_exchangeable(table, order):
    """The order of viewers changes no score."""
    for preset in ("plain", "bt500", "sureal", "p913"):
        try:
            plain = subjective.rate(table, preset)
        except ConstantInputError:
            continue
        assert subjective.rate(table[:, order], preset).mos == close(plain.mos, abs=1e-9)


def test_z_scores():
    """Each viewer's votes get mean 0 and deviation 1."""
    table = votes("nflx_public")[0]
    z = subjective.z_scores(table)[:, :, 0]
    assert z.mean(axis=0) == close(np.zeros(26), abs=1e-12)
    assert z.std(axis=0, ddof=1) == close(np.ones(26))


def test_repetitions_count_as_votes():
    """Two repetitions of each vote halve the variance of the mean, more or less; the BT.500 share counts them."""
    table = votes("nflx_public")[0]
    twice = np.stack([table, table], axis=2)
    assert subjective.mos(twice).mos == close(subjective.mos(table).mos)
    assert subjective.mos(twice).n.tolist() == [52] * 79
    one, two = subjective.screen_bt500(table, ddof=0), subjective.screen_bt500(twice, ddof=0)
    assert two.p.tolist() == (2 * one.p).tolist()
    assert two.rejected.tolist() == one.rejected.tolist()


def test_crush_and_clip():
    """Differential votes above 5 are compressed only on request; intervals are clipped, scores never."""
    table = [[5.0, 4.0], [4.0, 4.0]]
    raw = subjective.degradation_votes(table, [1, 1])
    assert raw[:, :, 0].tolist() == [[6, 5], [5, 5]]
    crushed = subjective.degradation_votes(table, [1, 1], crush=True)
    assert crushed[0, 0, 0] == 42 / 8
    rated = subjective.mos([[5.0, 5.0, 4.0]])
    low, high = rated.interval((1, 5))
    assert high[0] == 5
    assert low[0] == rated.mos[0] - rated.ci[0]


def test_pooled_votes_are_those_of_one_list():
    """Pooling by mean, deviation and count equals pooling the votes."""
    rng = np.random.default_rng(0)
    lists = [rng.integers(1, 6, n).astype(float) for n in (24, 26, 25)]
    got = subjective.pool_votes([v.mean() for v in lists], [v.std(ddof=1) for v in lists], [len(v) for v in lists])
    joined = np.concatenate(lists)
    assert (got.mos, got.std, got.n) == close((joined.mean(), joined.std(ddof=1), 75), abs=1e-12)
    assert got.ci == close(1.96 * joined.std(ddof=1) / np.sqrt(75), abs=1e-12)


NAN = np.nan


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: subjective.mos([1, 2, 3]), InvalidValueError, "shape"),
        (lambda: subjective.mos([[1, np.inf]]), InvalidValueError, "stimulus 0 has an infinite vote"),
        (lambda: subjective.mos([[1, 2], [NAN, NAN]]), TooFewPointsError, "stimulus 1 has no vote"),
        (lambda: subjective.mos([[1, NAN], [2, NAN]]), TooFewPointsError, "viewer 1 has no vote"),
        (lambda: subjective.mos([[1, 2]], ci_method="bayes"), StatisticsError, "unknown"),
        (lambda: subjective.z_scores([[3, 1], [3, 2]]), ConstantInputError, "viewer 0 gave 3 to everything"),
        (lambda: subjective.screen_bt500([[3, 3], [2, 2]]), ConstantInputError, "agree on every stimulus"),
        (lambda: subjective.screen_p913([[3, 1], [3, 2], [3, 5]]), ConstantInputError, "viewer 0"),
        (lambda: subjective.degradation_votes([[1, 2]], [1]), InvalidValueError, "not in 0 to 0"),
        (lambda: subjective.reference_rows(["a", "b"], [True, False]), InvalidValueError, "content b"),
        (lambda: subjective.reference_rows(["a", "a"], [True, True]), InvalidValueError, "two references"),
        (lambda: subjective.rate([[1, 2]], "p800"), StatisticsError, "'p800' is unknown"),
        (lambda: subjective.pool_votes([1], [0], [1]), TooFewPointsError, "single vote"),
        (
            lambda: subjective.alternating_projection(votes("nflx_public")[0], max_rounds=2),
            ConvergenceError,
            "after 2 rounds",
        ),
    ],
)
def test_bad_input(call, error, text):
    """What cannot be rated is named."""
    with pytest.raises(error, match=text):
        call()


def test_one_vote_has_no_interval():
    """A single vote gives a score and no interval."""
    got = subjective.mos([[3.0, NAN], [2.0, 4.0]])
    assert got.mos.tolist() == [3, 3]
    assert np.isnan(got.ci).tolist() == [True, False]


def test_all_rejected_means_none():
    """A screening that would reject everybody rejects nobody."""
    table = np.array([[1.0, 5.0], [5.0, 1.0], [1.0, 5.0], [5.0, 1.0], [2.0, 5.0]])
    assert not subjective.screen_p913(table).rejected.any()
