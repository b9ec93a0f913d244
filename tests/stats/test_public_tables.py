"""
Whole published tables that may not be passed on with this package.

They run only where VMAFPY_DATA names a directory with ``correlation/avt_nvc.csv`` (AVT-VQDB-UHD-1-NVC; Herb et al., PCS
2025), ``correlation/jpeg_aic4.csv`` (Jenadeleh et al., arXiv 2504.06301) and the expected values beside them.
"""

from __future__ import annotations

import csv
import json
import warnings

import numpy as np
import pytest
from goldens import published_table

import vmafpy
from vmafpy import stats
from vmafpy.errors import VmafWarning

close = pytest.approx


@pytest.fixture
def nvc():
    path = published_table("correlation", "avt_nvc.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = json.loads(published_table("correlation", "avt_nvc_expected.json").read_text())

    def column(name):
        return np.array([float(r[name]) for r in rows]) * (-1 if name == "lpips" else 1)

    return path, column, expected


def test_coefficients_of_neural_codecs(nvc):
    """Seven metrics on 216 clips: every coefficient to 1e-9."""
    _, column, expected = nvc
    mos, ci = column("mos"), column("ci")
    for metric, want in expected["clip_level"].items():
        x = column(metric)
        got = stats.plcc(x, mos)
        assert (got.value, got.interval.low, got.interval.high) == close((want["plcc"], *want["plcc_ci95"]), abs=1e-9)
        assert float(stats.srcc(x, mos)) == close(want["srcc"], abs=1e-9)
        assert float(stats.kendall_tau_b(x, mos)) == close(want["kendall_tau_b"], abs=1e-9)
        assert float(stats.tau_b95(x, mos, ci)) == close(want["tau_b95_transform"], abs=1e-9)
        for tie in ("within", "overlap"):
            assert float(stats.tau_b_pairwise(x, mos, ci, tie=tie)) == close(want[f"tau_b95_pairwise_{tie}"], abs=1e-9)


def test_mappings_of_neural_codecs(nvc):
    """Linear fits to 1e-9; the many-start fits reached within 1e-8 or beaten, with psnr's logistic5 at 0.6762."""
    _, column, expected = nvc
    mos, ci = column("mos"), column("ci")
    for metric, want in expected["clip_level"].items():
        x = column(metric)
        for name, figures in want["mapped"].items():
            kind = {"cubic_unconstrained": "cubic"}.get(name, name)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", VmafWarning)
                fit = stats.fit_mapping(x, mos, kind)
            assert fit.rmse <= figures["rmse"] + 1e-8, (metric, kind)
            assert stats.plcc(fit(x), mos).value >= figures["plcc"] - 1e-8
            if kind.startswith("cubic"):
                assert fit.rmse == close(figures["rmse"], abs=1e-9)
                assert float(stats.rmse(x, mos, mapping=kind)) == close(figures["rmse_d4"], abs=1e-9)
            if kind == "cubic":
                assert fit.monotonic == figures["monotonic_on_data_range"]
            if kind == "cubic_monotonic":
                assert float(stats.rmse_star(x, mos, ci, mapping=fit)) == close(figures["rmse_star_d4"], abs=1e-8)
                assert float(stats.outlier_ratio(x, mos, ci, mapping=fit)) == figures["outlier_ratio"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VmafWarning)
        assert stats.fit_mapping(column("psnr"), mos, "logistic5").rmse < 0.6762


def test_pair_tests_of_neural_codecs(nvc):
    """All 21 pairs of metrics by four tests, by PLCC and by SRCC, to 1e-9."""
    _, column, expected = nvc
    mos = column("mos")
    for coefficient in ("plcc", "srcc"):
        for pair, want in expected[f"pair_tests_{coefficient}"].items():
            a, b = (column(m) for m in pair.split(" vs "))
            for method, letter in (("meng", "z"), ("steiger", "z"), ("williams", "t")):
                got = stats.compare_correlations(mos, a, b, method=method, coefficient=coefficient)
                assert got.statistic == close(want[f"{method}_{letter}"], abs=1e-9)
                assert got.p_value == close(want[f"{method}_p"], abs=1e-9)
            zou = stats.compare_correlations(mos, a, b, method="zou", coefficient=coefficient).interval
            assert [zou.low, zou.high] == close(want["zou_ci95"], abs=1e-9)


def test_pairs_of_neural_codecs(nvc):
    """Krasula's figures of 23,220 pairs at both limits, to 1e-9."""
    _, column, expected = nvc
    se = column("std") / np.sqrt(column("n"))
    for key, z in (("z_1.96", 1.96), ("z_2_netflix", 2)):
        want = expected["krasula_unordered_pairs"][key]
        got = stats.analyse_pairs({m: column(m) for m in want["metrics"]}, column("mos"), se, z=z)
        assert (got.n_pairs, got.n_significant) == (want["pairs"], want["significant"])
        for ours, theirs in (
            ("auc_different_similar", "AUC_DS"),
            ("auc_better_worse", "AUC_BW"),
            ("correct", "CC_0"),
            ("threshold", "THR"),
            ("p_different_similar", "pDS_DL"),
            ("p_better_worse", "pBW_DL"),
        ):
            assert getattr(got, ours) == close(np.array(want[theirs]), abs=1e-9)


def test_study_of_neural_codecs(nvc):
    """`evaluate` gives clip level, condition level, per source and per codec, and both ceilings, to 1e-9."""
    path, _, expected = nvc
    study = vmafpy.evaluate(
        path,
        list(expected["clip_level"]),
        ci="ci",
        by=["source", "codec"],
        condition=["codec", "resolution", "quality_level"],
        n="n",
        std="std",
        lower_is_better=["lpips"],
        n_draws=50,
    )
    keys = {"plcc": "plcc", "srcc": "srcc", "kendall_tau_b": "kendall_tau_b", "tau_b95": "tau_b95_transform"}
    for level in ("clip", "condition"):
        assert study.ceilings[level, "all"] == close(expected["tau_b95_ceiling"][f"{level}_level"], abs=1e-9)
        for metric, want in expected[f"{level}_level"].items():
            for ours, theirs in keys.items():
                assert float(study.cell(metric, ours, level=level)) == close(want[theirs], abs=1e-9)
    for scenario in ("per_source", "per_codec"):
        for metric, want in expected[scenario].items():
            for ours in ("plcc", "srcc", "kendall_tau_b"):
                assert float(study.cell(metric, ours, scenario=scenario)) == close(want[f"{ours}_mean"], abs=1e-9)
    conditions = study.levels["condition"]
    for name, want in expected["condition_mos"].items():
        k = conditions.names.index(name.replace("|", " "))
        assert (conditions.subjective[k], conditions.ci[k]) == close((want["mos"], want["ci"]), abs=1e-9)


def test_study_of_jpeg_ai():
    """
    `evaluate` gives Table II's pairs: VMAF NEG 0.936 per codec and 0.963 on JPEG AI, HDR-VDP-3 0.939 and 0.953.

    All other scenarios and metrics equal the expected values to 1e-9.
    """
    path = published_table("correlation", "jpeg_aic4.csv")
    expected = json.loads(published_table("correlation", "jpeg_aic4_expected.json").read_text())["scenarios"]
    study = vmafpy.evaluate(
        path,
        list(expected),
        subjective="jnd",
        ci=("ci_low", "ci_high"),
        by=["source", "codec"],
        only={"codec": "JPEGAI"},
        subjective_lower_is_better=True,
        n_draws=50,
    )
    for metric, pair in (("vmaf_neg", (0.936, 0.963)), ("hdrvdp3_q", (0.939, 0.953))):
        got = [float(study.cell(metric, "srcc", scenario=s)) for s in ("per_codec", "codec=JPEGAI")]
        assert [round(v, 3) for v in got] == list(pair)
    scenarios = {"all": "all", "per_source": "per_source", "per_codec": "per_codec", "jpeg_ai": "codec=JPEGAI"}
    for metric, by_scenario in expected.items():
        for theirs, ours in scenarios.items():
            want = by_scenario[theirs]
            for name in ("srcc", "kendall_tau_b"):
                assert float(study.cell(metric, name, scenario=ours)) == close(want[name], abs=1e-9)
        want = by_scenario["all"]
        assert float(study.cell(metric, "tau_b95")) == close(want["tau_b95_transform"], abs=1e-9)
        assert float(study.cell(metric, "plcc")) == close(want["plcc_raw"], abs=1e-9)
    mapped = vmafpy.evaluate(
        path,
        [f"{m}_mapped" for m in expected],
        subjective="jnd",
        by=["source", "codec"],
        only={"codec": "JPEGAI"},
        mapping=None,
        n_draws=50,
    )
    for metric, by_scenario in expected.items():
        for theirs, ours in scenarios.items():
            got = mapped.cell(f"{metric}_mapped", "plcc", scenario=ours)
            assert float(got) == close(by_scenario[theirs]["plcc_mapped"], abs=1e-9)
