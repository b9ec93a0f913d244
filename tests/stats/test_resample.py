"""The bootstrap: every coefficient equals the plain function on the drawn rows; draws are paired and seeded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmafpy import stats
from vmafpy.errors import ConstantInputError, DegenerateError, InvalidValueError, LengthMismatchError, StatisticsError
from vmafpy.stats import resample

ALL = ("plcc", "srcc", "kendall_tau_b", "tau_b95", "rmse", "outlier_ratio", "mae")


def study(seed=0, n=40):
    rng = np.random.default_rng(seed)
    mos = np.round(rng.uniform(1, 5, n), 1)  # ties occur
    return {"a": np.round(mos + rng.normal(0, 0.5, n), 1), "b": mos + rng.normal(0, 0.9, n)}, mos, np.full(n, 0.3)


def drawn_rows(n, n_draws, seed, groups=None):
    """The rows of each draw, from the same random stream."""
    index = None if groups is None else np.array(groups)
    counts = resample._counts(n, index, n_draws, np.random.default_rng(seed))
    return [np.repeat(np.arange(n), c.astype(int)) for c in counts]


@pytest.mark.parametrize("groups", [None, np.arange(40) % 8])
def test_draws_equal_the_plain_functions(groups):
    """Vectorised draws give what the coefficients give on the drawn rows, to 1e-12; ties of tau-b 95 are kept."""
    metrics, mos, ci = study()
    out = stats.bootstrap(metrics, mos, ci=ci, statistics=ALL, groups=groups, n_draws=30, seed=4)
    ranks = stats.tau_b95_ranks(mos, ci)
    for k, rows in enumerate(drawn_rows(40, 30, 4, groups)):
        for name, metric in metrics.items():
            x, y, c = metric[rows], mos[rows], ci[rows]
            expected = {
                "plcc": stats.plcc(x, y),
                "srcc": stats.srcc(x, y),
                "kendall_tau_b": stats.kendall_tau_b(x, y),
                "tau_b95": stats.kendall_tau_b(x, ranks[rows]),
                "rmse": stats.rmse(x, y, mapping=None),
                "outlier_ratio": stats.outlier_ratio(x, y, c, mapping=None),
                "mae": stats.mae(x, y, mapping=None),
            }
            for statistic, value in expected.items():
                assert out.values[statistic][name][k] == pytest.approx(float(value), abs=1e-12), statistic


def test_observed_values_are_the_data_s():
    """Beside the draws stand the values of the data as they are, mapped where asked."""
    metrics, mos, ci = study()
    out = stats.bootstrap(metrics, mos, ci=ci, statistics=ALL, mapping="cubic", n_draws=2)
    for name, x in metrics.items():
        assert out.observed["plcc"][name] == pytest.approx(float(stats.plcc(x, mos, mapping="cubic")), abs=1e-12)
        assert out.observed["rmse"][name] == pytest.approx(float(stats.rmse(x, mos, mapping="cubic")), abs=1e-12)
        assert out.observed["tau_b95"][name] == pytest.approx(float(stats.tau_b95(x, mos, ci)), abs=1e-12)


def test_fixed_ties_stand_for_transformed_draws():
    """Keeping tau-b 95's ties over the draws gives the interval of transforming each draw anew, to a fifth of it."""
    metrics, mos, ci = study(3, 60)
    mos = mos + np.arange(60) * 1e-3  # no equal scores
    kept = stats.bootstrap({"a": metrics["a"]}, mos, ci=ci, statistics=("tau_b95",), n_draws=400).interval(
        "tau_b95", "a"
    )
    anew, _ = stats.bootstrap_any(lambda x, y, c: stats.tau_b95(x, y, c).value, metrics["a"], mos, ci, n_draws=400)
    width = anew.high - anew.low
    assert (kept.low, kept.high) == pytest.approx((anew.low, anew.high), abs=0.2 * width)


def test_blocks_do_not_matter(monkeypatch):
    """Small blocks of draws and of pairs give the coefficients of large ones."""
    metrics, mos, ci = study()
    monkeypatch.setattr(resample, "_LEAST_DRAWS", 1)
    monkeypatch.setattr(resample, "_BLOCK_BYTES", 40 * 8 * 50)
    small = stats.bootstrap(metrics, mos, ci=ci, statistics=ALL, n_draws=50, seed=2)
    monkeypatch.setattr(resample, "_BLOCK_BYTES", 4 * 40 * 7)  # pairs in blocks of 7 rows, 3 draws at once
    tiny = stats.bootstrap(metrics, mos, ci=ci, statistics=ALL, n_draws=3, seed=2)
    for statistic in ALL:
        assert tiny.values[statistic]["a"] == pytest.approx(small.values[statistic]["a"][:3], abs=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_seeded_and_paired(seed):
    """One seed, one result; a metric against itself has no difference in any draw."""
    metrics, mos, _ = study()
    one, two = (stats.bootstrap(metrics, mos, n_draws=20, seed=seed) for _ in range(2))
    assert (one.values["srcc"]["b"] == two.values["srcc"]["b"]).all()
    same = stats.bootstrap({"a": metrics["a"], "copy": metrics["a"]}, mos, n_draws=20, seed=seed)
    gap = same.difference("srcc", "a", "copy")
    assert (float(gap), gap.interval.low, gap.interval.high, gap.p_value) == (0, 0, 0, 1)


def test_contents_widen_the_interval():
    """Stimuli of one content resemble each other: drawing whole contents gives the wider interval."""
    rng = np.random.default_rng(0)
    content = np.repeat(np.arange(8), 20)
    offset = rng.normal(0, 1.0, 8)[content]
    mos = rng.uniform(1, 5, 160)
    metric = mos + offset + rng.normal(0, 0.2, 160)
    by_stimulus, by_content = (
        stats.plcc(metric, mos, interval="bootstrap", groups=g, n_draws=1000).interval for g in (None, content)
    )
    assert by_content.high - by_content.low > 1.3 * (by_stimulus.high - by_stimulus.low)
    assert by_content.method == "bootstrap by group"


def test_constant_draws_are_drawn_again():
    """With three stimuli, one tied pair, many draws are constant; none of them becomes a NaN."""
    out = stats.bootstrap({"a": [1.0, 1.0, 2.0]}, [1.0, 3.0, 2.0], n_draws=200)
    assert out.redrawn > 20
    for values in out.values.values():
        assert np.isfinite(values["a"]).all()


def test_too_little_variety_is_told(monkeypatch):
    """Where draws stay constant again and again, that is an error."""
    monkeypatch.setattr(resample, "_MAX_REDRAWS", 3)
    with pytest.raises(DegenerateError, match="too little variety"):
        stats.bootstrap({"a": [1.0, 1.0, 2.0]}, [1.0, 3.0, 2.0], n_draws=1000)


def test_paired_bootstrap_sees_what_is_there():
    """A metric with half the noise is better beyond doubt; two of equal noise are not told apart."""
    rng = np.random.default_rng(8)
    mos = rng.uniform(1, 5, 150)
    a, b, c = (mos + rng.normal(0, s, 150) for s in (0.3, 1.2, 1.2))
    better = stats.paired_bootstrap(mos, a, b, statistic="srcc", n_draws=1000)
    assert better.p_value < 0.01
    assert 0 < better.interval.low <= float(better)
    assert stats.paired_bootstrap(mos, b, c, statistic="srcc", n_draws=1000).p_value > 0.05
    error = stats.paired_bootstrap(mos, a, b, statistic="rmse", mapping="linear", n_draws=1000)
    assert error.interval.high < 0


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"statistics": ("tau_c",)}, StatisticsError, "statistic 'tau_c' is unknown"),
        ({"statistics": ("tau_b95",), "ci": None}, InvalidValueError, "ci is missing"),
        ({"predictions": {"a": [1.0] * 40}}, ConstantInputError, "prediction a is 1"),
        ({"predictions": {"a": [1.0, 2.0]}}, LengthMismatchError, "subjective 40, prediction a 2"),
        ({"groups": [1, 2]}, LengthMismatchError, "groups 2"),
        ({"n_draws": 0}, InvalidValueError, "n_draws 0"),
        ({"statistics": ("rmse",), "dof": 40}, InvalidValueError, "no degrees of freedom after 40"),
    ],
)
def test_bad_input(change, error, text):
    """What is wrong is named."""
    metrics, mos, ci = study()
    arguments = {"predictions": metrics, "subjective": mos, "ci": ci, "n_draws": 5, **change}
    with pytest.raises(error, match=text):
        stats.bootstrap(arguments.pop("predictions"), arguments.pop("subjective"), **arguments)
