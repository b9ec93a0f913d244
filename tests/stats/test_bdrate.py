"""BD-rate and BD-quality: published figures, two other implementations, and what has to hold for any curves."""

from __future__ import annotations

import math
import warnings

import bjontegaard
import numpy as np
import pytest
from goldens import golden
from hypothesis import assume, given
from hypothesis import strategies as st

from vmafpy import stats
from vmafpy.errors import (
    InvalidValueError,
    LengthMismatchError,
    NoOverlapError,
    NotMonotonicError,
    StatisticsError,
    TableError,
    TooFewPointsError,
    VmafError,
    VmafWarning,
)
from vmafpy.stats.curves import restore_monotonic

CASES = {case["id"]: case for case in golden("bd_rate.json")["cases"]}
GOOD = [name for name, case in CASES.items() if case["computed"].get("bd_rate_percent_pchip") is not None]


def four(case, rows=slice(None)):
    anchor, test = np.array(case["anchor"]), np.array(case["test"])
    return anchor[rows, 0], anchor[rows, 1], test[rows, 0], test[rows, 1]


def quiet(function, *args, **options):
    """The cases include ones that rightly warn of a small overlap or of the cubic."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VmafWarning)
        return function(*args, **options)


@pytest.mark.parametrize("method", ["pchip", "akima", "cubic"])
@pytest.mark.parametrize("name", GOOD)
def test_golden(name, method):
    """Every case agrees with bjontegaard 1.3.0 to 1e-9; its cubic is unscaled, which costs it 1e-8 on VMAF's range."""
    tolerance = 1e-8 if method == "cubic" else 1e-9
    expected = CASES[name]["computed"]
    rate = quiet(stats.bd_rate, *four(CASES[name]), method=method)
    assert float(rate) == pytest.approx(expected[f"bd_rate_percent_{method}"], rel=0, abs=tolerance)
    quality = quiet(stats.bd_quality, *four(CASES[name]), method=method)
    assert float(quality) == pytest.approx(expected[f"bd_quality_{method}"], rel=0, abs=1e-9)


@pytest.mark.parametrize("name", GOOD)
def test_netflix_scripts(name):
    """The trapezoid over 100 samples gives Netflix's and AOM's figures to 1e-9."""
    expected = CASES[name]["computed"]["bd_rate_percent_netflix_trapz100"]
    got = quiet(stats.bd_rate, *four(CASES[name]), integration="trapezoid100")
    assert float(got) == pytest.approx(expected, rel=0, abs=1e-9)


def test_figures_as_printed():
    """VCEG-M33's workbook, JCTVC-E137 and Netflix's tests print these numbers."""
    m33 = CASES["vceg_m33_excel"]
    published = m33["published"]
    assert float(quiet(stats.bd_rate, *four(m33), method="cubic")) == pytest.approx(
        published["bd_rate_percent_cubic"], rel=1e-11
    )
    assert float(quiet(stats.bd_quality, *four(m33), method="cubic")) == pytest.approx(
        published["bd_quality_cubic"], rel=1e-11
    )
    e137 = CASES["jctvc_e137_1"]
    assert float(stats.bd_rate(*four(e137))) == pytest.approx(
        e137["published"]["bd_rate_percent_pchip_4_places_of_ratio"], abs=1e-10
    )


@pytest.mark.parametrize("name", [n for n in GOOD if "ratio_at_percent" in CASES[n]["published"]])
def test_difference_at_one_quality(name):
    """At 0, 50 and 100 % of the common range the difference is Netflix's."""
    result = quiet(stats.bd_rate, *four(CASES[name]))
    for percent, ratio in CASES[name]["published"]["ratio_at_percent"].items():
        got = stats.rate_difference_at(result, percent=float(percent))
        assert got == pytest.approx(100 * ratio, rel=1e-9, abs=1e-9)
    middle = (result.low + result.high) / 2
    assert stats.rate_difference_at(result, quality=middle) == stats.rate_difference_at(result, percent=50)
    with pytest.raises(NoOverlapError, match="outside the anchor curve"):
        stats.rate_difference_at(result, quality=1e6)


def test_hull_of_several_resolutions():
    """The hull repair keeps exactly the published points and names those it dropped."""
    case = CASES["nvc_giftmord_mos_av1_vs_vvc_hull"]
    result = stats.bd_rate(*four(case["all_points"]), repair="hull")
    assert [list(p) for p in zip(result.anchor.rate, result.anchor.quality, strict=True)] == case["anchor"]
    assert [list(p) for p in zip(result.test.rate, result.test.quality, strict=True)] == case["test"]
    assert len(result.anchor.dropped) == len(case["all_points"]["anchor"]) - len(case["anchor"])
    assert float(result) == pytest.approx(case["computed"]["bd_rate_percent_pchip"], abs=1e-9)


def test_cubic_far_off_is_told():
    """Uneven points: -61 % by cubic, -39 % by pchip, and a warning that says so."""
    case = CASES["nvc_giftmord_mos_av1_vs_vvc_hull"]
    with pytest.warns(VmafWarning, match=r"cubic gives -61\.3 %, pchip -38\.9 %"):
        stats.bd_rate(*four(case), method="cubic")


def test_vmaf_saturation_repair():
    """Points after VMAF fell from 99.5 or more go, and of equal qualities the dearer one."""
    rate, vmaf = [100, 200, 300, 400, 500, 600], [80, 90, 97, 97, 99.7, 99.6]
    curve = stats.make_curve(rate, vmaf, repair="vmaf_saturation")
    assert curve.rate == (100, 200, 300, 500)
    assert curve.dropped == ((400, 97), (600, 99.6))
    with pytest.raises(NotMonotonicError, match="400"):
        stats.make_curve(rate, vmaf)
    # a fall below saturation is not excused
    with pytest.raises(NotMonotonicError, match="from 90 to 85"):
        stats.make_curve([1, 2, 3, 4], [80, 90, 85, 95], repair="vmaf_saturation")


@pytest.mark.parametrize("name", ["aom_non_monotonic", "netflix_non_monotonic_quality", "netflix_non_monotonic_rate"])
@pytest.mark.parametrize("method", ["pchip", "akima", "cubic"])
def test_curves_that_fall_are_refused(name, method):
    """No number comes of a curve that does not rise, also where a least-squares cubic would give one."""
    with pytest.raises(NotMonotonicError, match="curve, sorted points"):
        stats.bd_rate(*four(CASES[name]), method=method)


def test_no_overlap():
    """Curves without a common quality have no BD-rate, but a BD-quality."""
    case = CASES["netflix_no_overlap"]
    with pytest.raises(NoOverlapError, match="no common quality: anchor"):
        stats.bd_rate(*four(case))
    assert float(stats.bd_quality(*four(case))) == pytest.approx(case["computed"]["bd_quality_pchip"], abs=1e-9)


R, Q = [100.0, 200.0, 400.0, 800.0], [30.0, 33.0, 36.0, 39.0]


@pytest.mark.parametrize(
    ("rate", "quality", "options", "error", "text"),
    [
        (R[:3], Q[:3], {}, TooFewPointsError, "test curve has 3 distinct points"),
        (R[:3], Q[:3], {"min_points": 2, "method": "cubic"}, TooFewPointsError, "cubic with min_points=2 needs 4"),
        ([R[0]] * 4, [Q[0]] * 4, {}, TooFewPointsError, "1 distinct"),
        (R[:1], Q[:1], {"min_points": 1}, TooFewPointsError, "needs 2"),
        ([100, 200, -400, 800], Q, {}, InvalidValueError, "test curve, point 2: rate -400"),
        ([100, 200, math.nan, 800], Q, {}, InvalidValueError, "point 2: rate nan"),
        ([0, 200, 400, 800], Q, {}, InvalidValueError, "point 0: rate 0"),
        (R, [30, math.nan, 36, 39], {}, InvalidValueError, "point 1: quality nan"),
        (R, [30, 33, 36, math.inf], {}, InvalidValueError, "infinite_quality"),
        (R, Q[:3], {}, LengthMismatchError, "test rate 4, test quality 3"),
        ([100, 200, 200, 800], Q, {}, NotMonotonicError, "rate goes from 200 to 200"),
        (R, ["a", 1, 2, 3], {}, InvalidValueError, "test quality is not a list of numbers"),
        ([R], [Q], {}, InvalidValueError, "shape"),
        (R, Q, {"method": "spline"}, StatisticsError, "'spline' is unknown"),
        (R, Q, {"limits": (40, 50)}, NoOverlapError, "limits leave nothing"),
        (R, Q, {"limits": (38, 31)}, StatisticsError, "empty"),
        (R, Q, {"repair": "spline"}, StatisticsError, "unknown"),
    ],
)
def test_bad_input(rate, quality, options, error, text):
    """Every refusal is a VmafError that names the curve and the point."""
    with pytest.raises(error, match=text) as caught:
        stats.bd_rate(R, Q, rate, quality, **options)
    assert isinstance(caught.value, VmafError)


def test_lossless_point():
    """An infinite quality counts as the cap the caller names, not otherwise."""
    capped = stats.bd_rate(R, [30, 33, 36, math.inf], R, [30, 33, 36, 100], infinite_quality=100)
    assert float(capped) == 0


def test_two_points_are_a_straight_line():
    """With two points a curve is the straight line of log rate, so ten times the rate is +900 % everywhere."""
    for method in ("pchip", "akima"):
        result = stats.bd_rate([1, 100], [30, 40], [10, 1000], [30, 40], method=method, min_points=2)
        assert float(result) == pytest.approx(900, rel=1e-12)


def test_small_overlap_is_told():
    """A common range below the wanted share of the union warns, and the result has the share."""
    with pytest.warns(VmafWarning, match="share 50 %"):
        result = stats.bd_rate(R, [30, 32, 34, 36], R, [32, 34, 36, 38])
    assert result.overlap == pytest.approx(0.5)
    assert stats.bd_rate(R, [30, 32, 34, 36], R, [32, 34, 36, 38], warn_overlap=0.4).overlap == result.overlap


curves = st.tuples(
    st.lists(st.floats(0.05, 1.0), min_size=4, max_size=9), st.lists(st.floats(0.2, 5.0), min_size=4, max_size=9)
).map(lambda t: (np.exp(np.cumsum(t[0][: min(map(len, t))])) * 100, 25 + np.cumsum(t[1][: min(map(len, t))])))


def overlapping(a, b):
    assume(min(a[1][-1], b[1][-1]) - max(a[1][0], b[1][0]) > 0.2)
    assume(min(a[0][-1], b[0][-1]) / max(a[0][0], b[0][0]) > 1.05)


@given(curves, curves, st.sampled_from(["pchip", "akima"]))
def test_swapped_curves(a, b, method):
    """BD-rates of A against B and B against A multiply to 1; BD-quality changes its sign."""
    overlapping(a, b)
    there, back = (quiet(stats.bd_rate, *p, method=method, warn_overlap=0) for p in ((*a, *b), (*b, *a)))
    assert (1 + float(there) / 100) * (1 + float(back) / 100) == pytest.approx(1, rel=1e-9)
    up, down = (quiet(stats.bd_quality, *p, method=method, warn_overlap=0) for p in ((*a, *b), (*b, *a)))
    assert float(up) == pytest.approx(-float(down), abs=1e-9)


@given(curves, curves, st.floats(1e-3, 1e6), st.randoms(use_true_random=False))
def test_units_and_order_do_not_matter(a, b, unit, random):
    """kbit/s or bytes, sorted or not: the figures are the same."""
    overlapping(a, b)
    order = list(range(len(a[0])))
    random.shuffle(order)
    for measure in (stats.bd_rate, stats.bd_quality):
        plain = measure(*a, *b, warn_overlap=0)
        other = measure(a[0][order] * unit, a[1][order], b[0] * unit, b[1], warn_overlap=0)
        assert float(other) == pytest.approx(float(plain), rel=1e-7, abs=1e-7)


@given(curves, st.floats(0.2, 5))
def test_a_scaled_rate_is_its_factor(a, factor):
    """The same curve at a multiple of the rate has exactly that BD-rate."""
    assert float(stats.bd_rate(*a, a[0] * factor, a[1])) == pytest.approx(100 * (factor - 1), abs=1e-8)


@given(curves, curves)
def test_second_opinion(a, b):
    """bjontegaard gives the same for curves of any shape."""
    overlapping(a, b)
    for method in ("pchip", "akima"):
        expected = bjontegaard.bd_rate(*a, *b, method=method, require_matching_points=False, min_overlap=0)
        got = float(stats.bd_rate(*a, *b, method=method, warn_overlap=0))
        assert got == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_mean_over_sequences():
    """The mean is that of the percentages, its interval Student's; classes count alike."""
    factors = {"a": 0.8, "b": 0.9, "c": 1.3}
    sequences = {name: (R, Q, [f * r for r in R], Q) for name, f in factors.items()}
    result = stats.bd_mean(sequences)
    assert float(result) == pytest.approx(0, abs=1e-9)
    assert (result.n, list(result.sequences)) == (3, ["a", "b", "c"])
    # values -20, -10, 30: s = sqrt(700), t(0.975, 2) = 4.302653
    assert result.standard_error == pytest.approx(math.sqrt(700 / 3))
    assert result.interval.high == pytest.approx(4.302652729911275 * math.sqrt(700 / 3), rel=1e-9)
    by_class = stats.bd_mean(sequences, classes={"a": "A", "b": "A", "c": "B"})
    assert float(by_class) == pytest.approx((-15 + 30) / 2)
    assert by_class.classes == pytest.approx({"A": -15, "B": 30})
    drawn = stats.bd_mean(sequences, interval="bootstrap", seed=1)
    assert (drawn.interval.low, drawn.interval.high) == pytest.approx((-20, 30))
    assert float(stats.bd_mean(sequences, measure=stats.bd_quality).sequences["a"]) > 0


def test_mean_names_the_sequence_that_failed():
    """An error of one sequence keeps its type and gains its name."""
    with pytest.raises(NotMonotonicError, match="sequence crowd: test curve"):
        stats.bd_mean({"crowd": (R, Q, R, [30, 33, 32, 39])})
    with pytest.raises(TableError, match="no sequence"):
        stats.bd_mean({})
    with pytest.raises(TableError, match="sequence a has no class"):
        stats.bd_mean({"a": (R, Q, R, Q)}, classes={})


def test_interval_of_rated_curves():
    """Certain ratings give an interval without width; uncertain ones one around the figure, the same from votes."""
    mos_a, mos_b = np.array([1.5, 2.5, 3.5, 4.5]), np.array([1.8, 2.8, 3.8, 4.6])
    plain = stats.bd_rate(R, mos_a, R, mos_b)
    none = [0.0] * 4
    sure = stats.bd_rate_subjective(R, mos_a, R, mos_b, ci_anchor=none, ci_test=none, n_draws=20)
    # the isotonic regression adds steps of 1e-6
    assert (float(sure), sure.interval.low) == pytest.approx((float(plain), float(plain)), abs=1e-3)
    assert sure.interval.high - sure.interval.low < 1e-9
    half = [0.2] * 4
    drawn = stats.bd_rate_subjective(R, mos_a, R, mos_b, ci_anchor=half, ci_test=half, n_draws=400, seed=3)
    assert drawn.interval.low < float(plain) < drawn.interval.high
    assert drawn.draws_failed == 0
    rng = np.random.default_rng(5)
    n = 24

    def cast(mos):
        noise = rng.normal(size=(4, n))
        noise = (noise - noise.mean(1, keepdims=True)) / noise.std(1, keepdims=True)
        return mos[:, None] + noise * 0.2 / 1.96 * math.sqrt(n)

    by_votes = stats.bd_rate_subjective(R, cast(mos_a), R, cast(mos_b), n_draws=400, seed=3)
    width = drawn.interval.high - drawn.interval.low
    # 400 draws place a 2.5 % point to about a tenth of the width
    assert by_votes.interval.high - by_votes.interval.low == pytest.approx(width, rel=0.25)


def test_interval_of_rated_curves_needs_intervals():
    """A missing or negative interval, or a repeated rate, is refused by name."""
    with pytest.raises(InvalidValueError, match="ci_anchor is missing"):
        stats.bd_rate_subjective(R, Q, R, Q, ci_test=[0.1] * 4)
    with pytest.raises(InvalidValueError, match=r"ci_test is -0\.1 in row 2"):
        stats.bd_rate_subjective(R, Q, R, Q, ci_anchor=[0.1] * 4, ci_test=[0.1, 0.1, -0.1, 0.1])
    with pytest.raises(InvalidValueError, match="a rate occurs twice"):
        stats.bd_rate_subjective([1, 1, 2, 3], Q, R, Q, ci_anchor=[0.1] * 4, ci_test=[0.1] * 4)
    with pytest.raises(TooFewPointsError, match="1 votes"):
        stats.bd_rate_subjective(R, [[1.0, math.nan]] * 4, R, Q, ci_test=[0.1] * 4)


def test_interval_covers():
    """A 95 % interval of the true BD-rate holds it in 95 % of studies, give or take the simulation's own error."""
    rng = np.random.default_rng(11)
    mos_a, mos_b, ci = np.array([1.5, 2.5, 3.5, 4.5]), np.array([1.9, 2.9, 3.8, 4.6]), np.full(4, 0.15)
    truth = float(stats.bd_rate(R, mos_a, R, mos_b))
    studies, held = 80, 0
    for study in range(studies):
        a, b = (rng.normal(m, ci / 1.96) for m in (mos_a, mos_b))
        result = stats.bd_rate_subjective(R, a, R, b, ci_anchor=ci, ci_test=ci, n_draws=60, seed=study, warn_overlap=0)
        held += result.interval.low <= truth <= result.interval.high
    # the percentiles of 60 draws fall 2 % short; 3 standard errors of 80 studies are 7 %
    assert 0.86 <= held / studies <= 1.0


@given(st.lists(st.floats(1, 5), min_size=2, max_size=12))
def test_restored_order(quality):
    """Restored qualities rise strictly and keep their mean but for the steps."""
    restored = restore_monotonic(np.array(quality))
    assert (np.diff(restored) > 0).all()
    steps = 1e-6 * np.arange(len(quality))
    assert np.mean(restored - steps) == pytest.approx(np.mean(quality), abs=1e-9)


def test_limits_narrow_the_range():
    """Limits of quality for BD-rate, of rate for BD-quality; a rate that is not positive is refused."""
    test = [0.9 * r for r in R]
    assert (stats.bd_rate(R, Q, test, Q, limits=(32, None)).low) == 32
    narrowed = stats.bd_quality(R, Q, test, Q, limits=(150, 300))
    assert (narrowed.low, narrowed.high) == pytest.approx((150, 300))
    with pytest.raises(InvalidValueError, match="rate limit 0 is not positive"):
        stats.bd_quality(R, Q, R, Q, limits=(0, 300))
