"""A metric study in one call: the numbers of the single functions, grouped, marked and printed."""

from __future__ import annotations

import csv
import doctest
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import vmafpy
from vmafpy import stats
from vmafpy.errors import (
    ConstantInputError,
    InvalidValueError,
    MissingExtraError,
    StatisticsError,
    TableError,
    TooFewPointsError,
)
from vmafpy.stats import subjective

VOTES = Path(__file__).parent / "golden" / "stats" / "nflx_public_votes.csv"


@pytest.fixture(scope="module")
def netflix():
    """
    The Netflix Public Dataset's encodes: votes of 20 viewers, and predictors at hand without any video.

    The panel of five other viewers predicts well, one more viewer less well, log bitrate worst.
    """
    with VOTES.open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["is_reference"] == "0"]
    table = np.array([[float(r[f"s{i:02d}"]) for i in range(26)] for r in rows])
    rated = subjective.mos(table[:, 6:])
    names = [r["stimulus"] for r in rows]
    return {
        "stimulus": names,
        "content": [r["content"] for r in rows],
        "height": [int(n.split("_")[-2]) for n in names],
        "mos": rated.mos,
        "std": rated.std,
        "votes": rated.n,
        "ci": rated.ci,
        "panel": table[:, :5].mean(axis=1),
        "log_rate": [np.log2(float(n.split("_")[-1])) for n in names],
        "viewer": table[:, 5],
    }


METRICS = ["panel", "log_rate", "viewer"]


@pytest.fixture(scope="module")
def study(netflix):
    return vmafpy.evaluate(netflix, METRICS, ci="ci", by=["content"], only={"height": 1080}, n_draws=300)


def rows_of(table, keep):
    return {k: np.asarray(v)[keep] for k, v in table.items()}


def test_all_rows_by_scipy_and_the_single_functions(netflix, study):
    """Over all rows: SciPy's coefficients, and the error measures of `vmafpy.stats`."""
    y, ci = netflix["mos"], netflix["ci"]
    for metric in METRICS:
        x = np.asarray(netflix[metric])
        row = study.row(metric)
        assert row.n == 70
        expected = {
            "plcc": scipy.stats.pearsonr(x, y).statistic,
            "srcc": scipy.stats.spearmanr(x, y).statistic,
            "kendall_tau_b": scipy.stats.kendalltau(x, y).statistic,
            "tau_b95": scipy.stats.kendalltau(x, stats.tau_b95_ranks(y, ci)).statistic,
            "plcc_mapped": float(stats.plcc(x, y, mapping="cubic_monotonic")),
            "rmse": float(stats.rmse(x, y)),
            "outlier_ratio": float(stats.outlier_ratio(x, y, ci)),
        }
        assert {k: float(c) for k, c in row.cells.items()} == pytest.approx(expected, abs=1e-10)
        for cell in row.cells.values():
            assert cell.interval.low <= cell.value <= cell.interval.high
    assert study.ceilings["clip", "all"] == float(stats.tau_b95_ceiling(y, ci))


def test_means_over_groups(netflix, study):
    """Per content: the mean of SciPy's coefficients of each content, with the groups beside it."""
    contents = np.array(netflix["content"])
    for metric in METRICS:
        each = {}
        for content in dict.fromkeys(contents):
            part = rows_of(netflix, contents == content)
            each[content] = scipy.stats.spearmanr(part[metric], part["mos"]).statistic
        row = study.row(metric, scenario="per_content")
        assert {k: g["srcc"] for k, g in row.groups.items()} == pytest.approx(each, abs=1e-10)
        cell = row.cells["srcc"]
        assert cell.value == pytest.approx(np.mean(list(each.values())), abs=1e-10)
        assert cell.group_std == pytest.approx(np.std(list(each.values()), ddof=1), abs=1e-10)
        assert sum(g["n"] for g in row.groups.values()) == 70


def test_one_value_only(netflix, study):
    """The rows of one value alone."""
    part = rows_of(netflix, np.array(netflix["height"]) == 1080)
    cell = study.cell("log_rate", "srcc", scenario="height=1080")
    assert float(cell) == pytest.approx(scipy.stats.spearmanr(part["log_rate"], part["mos"]).statistic, abs=1e-10)


def test_letters_are_the_tests(netflix, study):
    """The best is marked; the others carry the p-value of Meng's test against it, and its letter."""
    y = netflix["mos"]
    for coefficient in ("plcc", "srcc"):
        assert study.cell("panel", coefficient).best
        for metric in ("log_rate", "viewer"):
            cell = study.cell(metric, coefficient)
            test = stats.compare_correlations(y, netflix["panel"], netflix[metric], coefficient=coefficient)
            assert (cell.p_value, cell.test) == (pytest.approx(test.p_value, abs=1e-12), "meng")
            assert cell.letter == ("a" if test.p_value < 0.05 else "b" if test.p_value < 0.1 else "")
    assert study.cell("log_rate", "rmse").test == "bootstrap"
    assert study.cell("panel", "rmse").best
    assert study.cell("log_rate", "rmse").letter == "a"


def test_holm_correction(netflix):
    """Corrected p-values of a column are Holm's of the plain ones."""
    plain, corrected = (vmafpy.evaluate(netflix, METRICS, correct=c, n_draws=50) for c in (None, "holm"))
    p = [plain.cell(m, "srcc").p_value for m in ("log_rate", "viewer")]
    got = [corrected.cell(m, "srcc").p_value for m in ("log_rate", "viewer")]
    assert got == pytest.approx(stats.holm(p).tolist(), abs=1e-15)


def test_condition_level(netflix):
    """Metrics averaged, votes pooled: MOS and interval are those of all votes of the condition."""
    table = {**netflix, "hd": [h >= 720 for h in netflix["height"]]}
    study = vmafpy.evaluate(
        table,
        METRICS,
        ci="ci",
        by=["hd", "content"],
        condition=["height", "hd"],
        n="votes",
        std="std",
        n_draws=50,
        skip_degenerate=True,
    )
    level = study.levels["condition"]
    heights = np.array(netflix["height"])
    for k, name in enumerate(level.names):
        part = rows_of(netflix, heights == int(name.split()[0]))
        pooled = subjective.pool_votes(part["mos"], part["std"], part["votes"])
        assert (level.subjective[k], level.ci[k]) == (pooled.mos, pooled.ci)
        assert level.predictions["panel"][k] == pytest.approx(part["panel"].mean())
    assert study.row("panel", level="condition").n == len(set(heights))
    # contents vary inside a condition, so there is no average over them; of the two parts one has two heights only
    assert [s for _, s in study.scenarios] == ["all", "per_hd", "per_content", "all", "per_hd"]
    assert study.skipped == ("condition level, per_hd, group True",)
    # without the deviation it follows from interval and votes
    again = vmafpy.evaluate(netflix, METRICS, ci="ci", condition=["height"], n="votes", n_draws=50)
    assert again.levels["condition"].ci == pytest.approx(level.ci, rel=1e-9)
    plain = vmafpy.evaluate(netflix, METRICS, condition=["height"], n_draws=50)
    assert plain.levels["condition"].ci is None
    with pytest.raises(TableError, match="needs the number of votes"):
        vmafpy.evaluate(netflix, METRICS, ci="ci", condition=["height"])


def test_directions(netflix):
    """A metric where low is good, and a distortion as subjective score, give the same coefficients."""
    expected = vmafpy.evaluate(netflix, ["panel"], ci="ci", n_draws=50)
    turned = {**netflix, "panel": -np.asarray(netflix["panel"])}
    declared = vmafpy.evaluate(turned, ["panel"], ci="ci", lower_is_better=["panel"], n_draws=50)
    assert declared.rows == expected.rows
    undeclared = vmafpy.evaluate(turned, ["panel"], ci="ci", n_draws=50)
    assert float(undeclared.cell("panel", "srcc")) == pytest.approx(-float(expected.cell("panel", "srcc")), abs=1e-12)
    distortion = {**netflix, "mos": -np.asarray(netflix["mos"])}
    jnd = vmafpy.evaluate(distortion, ["panel"], subjective_lower_is_better=True, n_draws=50)
    for name in ("plcc", "srcc", "kendall_tau_b"):
        assert float(jnd.cell("panel", name)) == pytest.approx(float(expected.cell("panel", name)), abs=1e-12)


def test_ends_of_intervals(netflix):
    """Asymmetric ends count by half their distance."""
    ends = {**netflix, "low": netflix["mos"] - 0.5 * netflix["ci"], "high": netflix["mos"] + 1.5 * netflix["ci"]}
    got = vmafpy.evaluate(ends, ["panel"], ci=("low", "high"), n_draws=50)
    assert got.levels["clip"].ci == pytest.approx(netflix["ci"])


def test_folds(netflix):
    """Results per fold with their spread, beside those of the joined predictions."""
    table = {**netflix, "fold": [i % 5 for i in range(70)]}
    study = vmafpy.evaluate(table, METRICS, folds="fold", n_draws=50)
    row = study.row("panel", scenario="per_fold")
    each = [g["srcc"] for g in row.groups.values()]
    assert (len(each), row.cells["srcc"].group_std) == (5, pytest.approx(np.std(each, ddof=1)))
    assert ("clip", "all") in study.scenarios


def test_sources_of_tables(netflix, study, tmp_path):
    """CSV, dict and data frame give one result."""
    frame = pd.DataFrame(netflix)
    frame.to_csv(tmp_path / "t.csv", index=False)
    options = {"ci": "ci", "by": ["content"], "only": {"height": 1080}, "n_draws": 300}
    assert vmafpy.evaluate(frame, METRICS, **options).rows == study.rows
    assert vmafpy.evaluate(tmp_path / "t.csv", METRICS, **options).rows == study.rows


def test_whole_contents_are_resampled(netflix):
    """Drawing contents is said in the conventions and widens the interval of a metric that contents shift."""
    by_clip, by_content = (
        vmafpy.evaluate(netflix, ["log_rate"], resample_by=r, n_draws=800).cell("log_rate", "plcc").interval
        for r in (None, "content")
    )
    assert by_content.high - by_content.low != by_clip.high - by_clip.low
    assert by_content.method == "bootstrap by content"


def test_equal_metrics_are_not_told_apart(netflix):
    """A metric and its double: one is best, the other is not below it."""
    table = {**netflix, "double": 2 * np.asarray(netflix["panel"])}
    study = vmafpy.evaluate(table, ["panel", "double"], n_draws=50)
    assert study.cell("double", "srcc").p_value == 1
    assert study.cell("double", "srcc").letter == ""


def test_printed_forms(study):
    """Text, CSV, Markdown, LaTeX, pandas and JSON hold the same numbers and marks."""
    text = study.to_text()
    assert text == str(study)
    assert text.startswith("all, 70 clips, tau-b 95 at most ")
    best, below = study.cell("panel", "srcc"), study.cell("viewer", "srcc")
    assert f"{best.value:.3f}*" in text
    assert f"{below.value:.3f}a" in text
    assert f"**{best.value:.3f}**" in study.to_markdown()
    assert f"{below.value:.3f}<sup>a</sup>" in study.to_markdown()
    latex = study.to_latex("srcc")
    assert rf"\textbf{{{best.value:.3f}}}" in latex
    assert r"log\_rate" in latex
    assert r"metric & all & per\_content & height=1080 \\" in latex
    lines = list(csv.DictReader(study.to_csv().splitlines()))
    assert float(lines[0]["srcc"]) == best.value
    assert lines[0]["srcc_p"] == ""
    frame = study.to_pandas()
    assert frame.loc[(frame.metric == "viewer") & (frame.scenario == "all"), "srcc_letter"].item() == "a"
    document = json.loads(json.dumps(study.to_dict(), allow_nan=False))
    assert document["rows"][0]["cells"]["srcc"]["value"] == best.value
    assert document["conventions"]["test"].startswith("meng")
    head, first = study.table("srcc")[0][1:]
    assert head == ["metric", "all", "per_content", "height=1080"]
    assert float(first[0][1]) == best.value


def test_csv_file(study, tmp_path):
    """A path writes what is returned."""
    assert study.to_csv(tmp_path / "s.csv") == (tmp_path / "s.csv").read_text()


def test_pandas_is_optional(study, monkeypatch):
    """Without pandas the error names the extra."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"vmafpy\[pandas\]"):
        study.to_pandas()


def test_missing_cells(netflix):
    """A gap is an error that names row and column, or a row dropped and counted."""
    broken = {**netflix, "panel": [float("nan"), *netflix["panel"][1:]]}
    with pytest.raises(TableError, match=r"column 'panel' is empty in row 1 \(BigBuckBunny_20_288_375\)"):
        vmafpy.evaluate(broken, METRICS)
    study = vmafpy.evaluate(broken, METRICS, missing="drop", n_draws=50)
    assert (study.dropped, study.row("panel").n) == (1, 69)


@pytest.mark.parametrize(
    ("change", "options", "error", "text"),
    [
        ({}, {"metrics": ["vmaff"]}, TableError, "no column 'vmaff'"),
        ({}, {"metrics": []}, TableError, "at least one metric"),
        ({}, {"metrics": "panel"}, TableError, "as a list"),
        ({}, {"by": ["codec"]}, TableError, "no column 'codec'"),
        ({}, {"only": {"height": 4320}}, TableError, "no clip has height=4320; there are 288"),
        ({}, {"lower_is_better": ["mos"]}, TableError, "not among the metrics"),
        ({}, {"ci": "std", "decimals": 2, "missing": "zero"}, StatisticsError, "missing 'zero' is unknown"),
        ({}, {"test": "zou"}, StatisticsError, "test 'zou' is unknown"),
        ({}, {"confidence": 95}, InvalidValueError, "confidence 95"),
        ({"stimulus": ["twice"] * 2}, {}, TableError, "stimulus twice occurs in rows 1 and 2"),
        (
            {"ci": [-0.1]},
            {"ci": "ci"},
            TableError,
            r"interval in row 1 \(BigBuckBunny_20_288_375\) has half-width -0\.1",
        ),
        ({"content": ["alone"]}, {"by": ["content"]}, TooFewPointsError, "per_content, group alone: .*skip_degenerate"),
        ({"panel": [1.0] * 70}, {}, ConstantInputError, "metric panel: prediction is 1"),
        ({"panel": [1.0] * 10}, {"by": ["content"]}, ConstantInputError, "group BigBuckBunny: prediction panel is 1"),
    ],
)
def test_bad_input(netflix, change, options, error, text):
    """Unknown and empty names, repeated stimuli, negative intervals, degenerate groups: each named."""
    table = dict(netflix)
    for column, values in change.items():
        table[column] = [*values, *list(table[column])[len(values) :]]
    arguments = {"metrics": ["panel"], "n_draws": 20, **options}
    with pytest.raises(error, match=text):
        vmafpy.evaluate(table, **arguments)


def test_repeated_rows_without_names():
    """Two rows equal in every column are one stimulus given twice."""
    with pytest.raises(TableError, match="rows 1 and 3 are equal"):
        vmafpy.evaluate({"mos": [1, 2, 1, 4], "m": [1, 2, 1, 3]}, ["m"])


def test_degenerate_groups_can_be_left_out(netflix):
    """Small groups are skipped on request, and named."""
    table = {**netflix, "content": ["alone", *netflix["content"][1:]]}
    study = vmafpy.evaluate(table, ["panel"], by=["content"], skip_degenerate=True, n_draws=50)
    assert study.skipped == ("clip level, per_content, group alone",)
    assert study.row("panel", scenario="per_content").n == 69


def test_unknown_cells_are_named(study):
    """Asking for what is not there says what is."""
    with pytest.raises(StatisticsError, match="metrics: panel, log_rate, viewer; scenarios: clip/all"):
        study.cell("vmaf", "srcc")
    with pytest.raises(StatisticsError, match="no coefficient 'krcc'"):
        study.cell("panel", "krcc")


def test_the_documented_example():
    """The example in the docstring gives what it says."""
    from vmafpy import evaluation

    result = doctest.testmod(evaluation)
    assert (result.failed, result.attempted) == (0, 3)


def test_groups_are_drawn_independently():
    """Two groups of equal data get draws of their own: their mean varies less than either, by the root of 2."""
    rng = np.random.default_rng(0)
    mos = rng.uniform(1, 5, 40)
    metric = mos + rng.normal(0, 0.8, 40)
    table = {"id": list(range(80)), "mos": [*mos, *mos], "m": [*metric, *metric], "group": ["a"] * 40 + ["b"] * 40}
    options = {"mapping": None, "stimulus": "id", "n_draws": 2000}
    mean = vmafpy.evaluate(table, ["m"], by=["group"], **options).cell("m", "plcc", scenario="per_group").interval
    single = (
        vmafpy.evaluate(table, ["m"], only={"group": "a"}, **options).cell("m", "plcc", scenario="group=a").interval
    )
    # 2000 draws place each end to about 4 % of the width
    assert (single.high - single.low) / (mean.high - mean.low) == pytest.approx(np.sqrt(2), rel=0.12)
