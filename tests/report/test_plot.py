"""Figures hold the data they are said to show, on the axes given, with titles and units."""

from __future__ import annotations

import io
import sys

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb

import vmafpy
from vmafpy import stats
from vmafpy.errors import (
    ConstantInputError,
    InvalidValueError,
    LengthMismatchError,
    MissingExtraError,
    StatisticsError,
)
from vmafpy.report import plot

R = [100.0, 200.0, 400.0, 800.0]
ANCHOR, TEST = [60.0, 75.0, 86.0, 93.0], [64.0, 79.0, 88.0, 94.0]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def study():
    rng = np.random.default_rng(0)
    mos = rng.uniform(1, 5, 40)
    table = {
        "codec": ["av1", "vvc"] * 20,
        "qp": [i // 4 for i in range(40)],
        "votes": [24] * 40,
        "mos": mos,
        "ci": np.full(40, 0.25),
        "good": mos + rng.normal(0, 0.2, 40),
        "fair": mos + rng.normal(0, 1.0, 40),
    }
    options = {"ci": "ci", "by": ["codec"], "condition": ["codec", "qp"], "n": "votes", "n_draws": 100}
    return vmafpy.evaluate(table, ["fair", "good"], **options)


def labels(ax):
    return [t.get_text() for t in ax.get_legend().get_texts()]


@pytest.mark.parametrize("measure", [stats.bd_rate, stats.bd_quality])
def test_shaded_area_is_the_figure(measure):
    """The shaded polygon's area, in log rate times quality, is the mean distance times the range."""
    result = measure(R, ANCHOR, R, TEST)
    ax = plot.rate_quality(result, rate_unit="kbit/s", quality="VMAF", title="clip")
    (shade,) = ax.collections
    x, y = shade.get_paths()[0].vertices.T
    x = np.log(x)
    area = abs(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
    if measure is stats.bd_rate:
        expected = abs(np.log1p(result.value / 100)) * (result.high - result.low)
        assert ax.get_title() == f"clip: BD-rate {result.value:+.1f} %"
    else:
        expected = abs(result.value) * np.log(result.high / result.low)
        assert ax.get_title() == f"clip: BD-quality {result.value:+.3f}"
    assert area == pytest.approx(expected, rel=1e-3)  # 300 straight pieces per curve
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "rate (kbit/s, log scale)")
    assert (ax.get_ylabel(), labels(ax)) == ("VMAF", ["anchor", "test"])


def test_interval_and_dropped_points_are_shown():
    """A rated curve's interval stands in the title, points a repair dropped are crossed."""
    rated = stats.bd_rate_subjective(R, ANCHOR, R, TEST, ci_anchor=[1] * 4, ci_test=[1] * 4, n_draws=30)
    assert f"[{rated.interval.low:+.1f}, {rated.interval.high:+.1f}]" in plot.rate_quality(rated).get_title()
    repaired = stats.bd_rate([*R, 500], [*ANCHOR, 80], R, TEST, repair="hull")
    assert labels(plot.rate_quality(repaired)) == ["anchor", "anchor, dropped", "test"]


def test_given_axes_are_used(study):
    """Every function draws on the axes it is given and returns them."""
    bd = stats.bd_rate(R, ANCHOR, R, TEST)
    calls = [
        lambda ax: plot.rate_quality(bd, ax=ax),
        lambda ax: plot.frames([90.0, 91.0], ax=ax),
        lambda ax: plot.scatter(study, "good", ax=ax),
        lambda ax: plot.forest(study, ax=ax),
        lambda ax: plot.agreement_matrix({"a": [1, 2, 3], "b": [1, 3, 2]}, ax=ax),
    ]
    for call in calls:
        ax = plt.figure().add_subplot()
        assert call(ax) is ax
        assert ax.get_title()
        ax.figure.savefig(io.BytesIO(), format="pdf")  # print-ready: the whole figure renders as vectors


def test_scores_over_time():
    """Seconds by frame rate, gaps as gaps, shot starts where they are, the band at the percentiles."""
    rng = np.random.default_rng(0)
    vmaf = rng.uniform(60, 100, 120)
    ax = plot.frames({"vmaf": vmaf, "neg": vmaf - 3}, fps=24, shots=[0, 48], band=(10, 90))
    assert ax.lines[0].get_xdata()[-1] == pytest.approx(119 / 24)
    assert [line.get_xdata()[0] for line in ax.lines[2:]] == [0, 2]
    box = ax.collections[0].get_paths()[0].get_extents()
    assert (box.ymin, box.ymax) == pytest.approx(tuple(np.percentile(vmaf, [10, 90])))
    assert (ax.get_xlabel(), ax.get_ylabel(), labels(ax)) == ("time (s)", "VMAF", ["vmaf", "neg"])
    assert "band: 10-90 %" in ax.get_title()


def test_bootstrap_interval_over_time():
    """A bootstrap model's interval is drawn around its curve, frame by frame, in place of the percentiles."""
    score = np.array([80.0, 82.0, 81.0])
    ax = plot.frames({"b": score}, intervals={"b": (score - 2, score + 3)})
    box = ax.collections[0].get_paths()[0].get_extents()
    assert (box.ymin, box.ymax) == (78.0, 85.0)
    assert "band" not in ax.get_title()
    with pytest.raises(InvalidValueError, match="'c'"):
        plot.frames({"b": score}, intervals={"c": (score, score)})
    with pytest.raises(InvalidValueError, match="one pair for each frame"):
        plot.frames({"b": score}, intervals={"b": (score[:2], score)})


def test_sliding_percentiles():
    """In a window the band follows the scores; a gap of NaN leaves no number behind it."""
    scores = np.r_[np.full(30, 90.0), np.full(30, 50.0)]
    low, high = plot._percentiles(scores, (5, 95), 7)
    assert (low[10], high[10], low[50], high[50]) == (90, 90, 50, 50)
    assert low[30] < high[30]
    gap = np.r_[np.full(30, 90.0), np.full(20, np.nan)]
    low, _ = plot._percentiles(gap, (5, 95), 5)
    assert np.isnan(low[-1])


def test_scatter_at_both_levels(study):
    """Points are the data; mapped ones stand beside the diagonal with the mean interval."""
    ax = plot.scatter(study, "good", by="codec")
    drawn = np.concatenate([c.lines[0].get_xydata() for c in ax.containers])
    data = study.levels["clip"]
    expected = np.column_stack([data.predictions["good"], data.subjective])
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, expected))
    assert labels(ax) == ["cubic monotonic", "av1", "vvc"]
    assert f"SRCC {study.cell('good', 'srcc').value:.3f}" in ax.get_title()
    mapped = plot.scatter(study, "good", level="condition", mapped=True)
    cell = study.cell("good", "plcc_mapped", level="condition")
    assert mapped.get_title() == f"good, 20 conditions: PLCC {cell.value:.3f}"
    assert f"mean 95 % CI ±{study.levels['condition'].ci.mean():.2f}" in labels(mapped)


def test_forest(study):
    """Best on top, each bar the interval; errors sort the other way."""
    ax = plot.forest(study, "srcc")
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names == ["good", "fair"]
    cell = study.cell("fair", "srcc")
    assert ax.lines[2].get_xdata() == pytest.approx([cell.interval.low, cell.interval.high])
    assert ax.get_xlabel() == "SRCC (95 % interval)"
    assert [t.get_text() for t in plot.forest(study, "rmse").get_yticklabels()] == ["good", "fair"]
    plain = plot.forest({"a": (0.9, stats.Interval(0.8, 0.95)), "b": (0.95, stats.Interval(0.9, 0.97))})
    assert [t.get_text() for t in plain.get_yticklabels()] == ["b", "a"]


def test_agreement_matrix():
    """The cells are the coefficients of `vmafpy.stats`, negative where a metric runs the other way."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 30))
    for name, function in (("srcc", stats.srcc), ("plcc", stats.plcc), ("kendall_tau_b", stats.kendall_tau_b)):
        ax = plot.agreement_matrix({"a": a, "b": a + b, "c": -a}, coefficient=name)
        image = np.asarray(ax.images[0].get_array())
        assert image[0, 1] == pytest.approx(float(function(a, a + b)), abs=1e-12)
        assert image[0, 2] == -1


def luminance(colour):
    """Relative luminance by WCAG 2."""
    c = np.array(to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_lines_differ_without_colour():
    """Anchor and test differ by dash and marker, and stand out from white paper by a contrast of 3 or more."""
    ax = plot.rate_quality(stats.bd_rate(R, ANCHOR, R, TEST))
    assert len({line.get_linestyle() for line in ax.lines if line.get_linestyle() != "None"}) == 2
    assert len({line.get_marker() for line in ax.lines if line.get_marker() != "None"}) == 2
    for colour in plot.COLOURS[:3]:
        assert 1.05 / (luminance(colour) + 0.05) >= 3


def test_matplotlib_is_optional(monkeypatch):
    """Without matplotlib the error names the extra."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtraError, match=r"vmafpy\[plot\]"):
        plot.frames([1.0, 2.0])


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda s: plot.frames([]), InvalidValueError, "not a list with at least one number"),
        (lambda s: plot.frames({}), InvalidValueError, "no scores"),
        (lambda s: plot.frames([np.nan]), InvalidValueError, "at least one number"),
        (lambda s: plot.frames([1.0], shots=[3]), InvalidValueError, "shot at frame 3"),
        (lambda s: plot.frames([1.0], fps=0), InvalidValueError, "fps 0"),
        (lambda s: plot.frames([1.0], band=(95, 5)), InvalidValueError, "rising percentiles"),
        (lambda s: plot.frames([1.0], window=0), InvalidValueError, "window 0"),
        (lambda s: plot.scatter(s, "vmaf"), StatisticsError, "no 'vmaf' at level 'clip'; metrics fair, good"),
        (lambda s: plot.scatter(s, "good", level="scene"), StatisticsError, "levels clip, condition"),
        (lambda s: plot.scatter(s, "good", by="source"), StatisticsError, "'source' does not group"),
        (lambda s: plot.forest({}), InvalidValueError, "no coefficient"),
        (lambda s: plot.agreement_matrix({}), InvalidValueError, "no metric"),
        (lambda s: plot.agreement_matrix({"a": [1, 2, 3], "b": [1, 2, 3, 4]}), LengthMismatchError, "a 3, b 4"),
        (lambda s: plot.agreement_matrix({"a": [1, 2, 3], "b": [1, 1, 1]}), ConstantInputError, "constant"),
    ],
)
def test_bad_input(study, call, error, text):
    """What cannot be drawn is named."""
    with pytest.raises(error, match=text):
        call(study)
