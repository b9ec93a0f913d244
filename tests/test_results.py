"""Results: pooled as libvmaf pools, saved and loaded without loss, in libvmaf's shapes."""

from __future__ import annotations

import csv
import itertools
import json
import math
import pickle
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmafpy.atomic import atomic_write
from vmafpy.errors import InputError
from vmafpy.frame_scores import BootstrapScores, FrameScores, ScoreMap
from vmafpy.results import Provenance, ScoreResult

FACTS = Provenance(
    library="embedded",
    library_version="3.2.0",
    vmafpy_version="0.1.0",
    models=({"id": "vmaf_v0.6.1"},),
    features=({"name": "vif", "options": {}},),
    reference="r.mp4",
    distorted="d.mp4",
    width=640,
    height=360,
    pix_fmt="yuv420p",
    bit_depth=8,
    n_frames=3,
    copy_reasons={"rows lie bottom up": 2},
)


def result(values, psnr=None):
    """A result with one plain model, one bootstrap model and one feature."""
    values = np.asarray(values, float)
    indices = np.arange(len(values))
    psnr = values / 2 if psnr is None else np.asarray(psnr, float)
    return ScoreResult(
        models=ScoreMap(
            {
                "vmaf_v0.6.1": FrameScores("vmaf_v0.6.1", values, indices),
                "vmaf_b_v0.6.3": BootstrapScores(
                    "vmaf_b_v0.6.3", values, indices, values + 1, values * 0 + 0.5, values - 1, values + 1
                ),
            },
            {"default": "vmaf_v0.6.1", "b": "vmaf_b_v0.6.3"},
        ),
        features=ScoreMap({"psnr_y": FrameScores("psnr_y", psnr, indices)}),
        provenance=FACTS,
        aggregates={"apsnr_y": 41.25, "apsnr_cb": -math.inf},
        warnings=("look here",),
        fps=12.5,
    )


def test_pooling_by_hand():
    """Mean, harmonic mean, extremes and percentile of three scores, worked by hand."""
    scores = FrameScores("x", np.array([0.0, 1.0, 3.0]), np.arange(3))
    assert scores.mean == 4 / 3
    assert scores.harmonic_mean == pytest.approx(3 / (1 + 1 / 2 + 1 / 4) - 1, rel=1e-15)
    assert (scores.min, scores.max, scores.percentile(50), scores.percentile(75)) == (0, 3, 1, 2)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_means_are_ordered(values):
    """Least, harmonic, arithmetic mean and greatest stand in this order, up to rounding of 101 / 2**52."""
    scores = FrameScores("x", np.array(values), np.arange(len(values)))
    order = [scores.min, scores.harmonic_mean, scores.mean, scores.max]
    assert all(a <= b + 1e-11 for a, b in itertools.pairwise(order))


values_and_odd = st.lists(
    st.tuples(st.floats(-1e6, 1e6), st.one_of(st.floats(), st.sampled_from([math.inf, -math.inf, math.nan]))),
    max_size=8,
)


@given(values_and_odd)
def test_json_round_trip_is_exact(tmp_path_factory, rows):
    """Every double, infinities and NaN included, comes back bit for bit; the file is strict JSON."""
    before = result([a for a, _ in rows], [b for _, b in rows])
    path = tmp_path_factory.mktemp("json") / "scores.json"
    text = before.to_json(path)
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not strict JSON"))
    after = ScoreResult.from_json(path)
    assert list(after.models) == list(before.models)
    for name, scores in before.models.items():
        assert type(after.models[name]) is type(scores)
        np.testing.assert_array_equal(after.models[name].values, scores.values)
    for part in ("bagging", "stddev", "ci95_low", "ci95_high"):
        np.testing.assert_array_equal(getattr(after.models["b"], part), getattr(before.models["b"], part))
    if rows:
        np.testing.assert_array_equal(after.features["psnr_y"].values, before.features["psnr_y"].values)
    assert after.provenance == before.provenance
    assert (after.aggregates, after.warnings, after.fps) == (before.aggregates, before.warnings, before.fps)


def test_libvmaf_shape():
    """Keys and names are those of libvmaf's JSON log; ours stand in a block of their own."""
    document = result([90.0, 80.0, 85.0]).to_dict()
    assert list(document) == [
        "version",
        "fps",
        "frames",
        "pooled_metrics",
        "aggregate_metrics",
        "vmafpy",
    ]
    assert document["frames"][1]["frameNum"] == 1
    assert document["frames"][1]["metrics"]["vmaf"] == 80.0
    assert document["frames"][1]["metrics"]["vmaf_b_v0.6.3_ci_p95_lo"] == 79.0
    assert document["pooled_metrics"]["vmaf"]["mean"] == 85.0
    assert set(document["pooled_metrics"]["vmaf"]) == {"min", "max", "mean", "harmonic_mean"}
    assert document["aggregate_metrics"] == {"apsnr_y": 41.25, "apsnr_cb": None}


def test_csv_and_xml(tmp_path):
    """The CSV has libvmaf's header with its trailing comma; the XML its elements; both full precision."""
    made = result([1 / 3, 80.0])
    made.to_csv(tmp_path / "s.csv")
    rows = list(csv.reader((tmp_path / "s.csv").open()))
    assert rows[0][:2] == ["Frame", "psnr_y"]
    assert rows[0][-1] == ""
    assert float(rows[1][rows[0].index("vmaf")]) == 1 / 3
    made.to_xml(tmp_path / "s.xml")
    root = ET.parse(tmp_path / "s.xml").getroot()
    assert root.tag == "VMAF"
    assert float(root.findall("frames/frame")[0].get("vmaf")) == 1 / 3
    assert float(root.find("pooled_metrics/metric[@name='vmaf']").get("max")) == 80.0


def test_pandas_and_pickle():
    """A data frame has models under their identifiers; a pickled result is the same result."""
    made = result([90.0, 80.0])
    frame = made.to_pandas()
    assert frame.index.name == "frame"
    assert frame["vmaf_v0.6.1"].tolist() == [90.0, 80.0]
    again = pickle.loads(pickle.dumps(made))
    assert again.to_dict() == made.to_dict()


def test_interval_and_aliases():
    """The interval's ends are means over frames; an alias finds its model; a typo lists what there is."""
    made = result([90.0, 80.0])
    assert (made.models["b"].ci95.low, made.models["b"].ci95.high) == (84.0, 86.0)
    assert made.models["default"].mean == made.vmaf == 85.0
    with pytest.raises(KeyError, match="vmaf_b"):
        made.models["neg"]


def test_not_a_result(tmp_path):
    """libvmaf's own log, or any other file, is no result to load."""
    path = tmp_path / "x.json"
    path.write_text('{"version": "3.2.0", "frames": []}')
    with pytest.raises(InputError, match="no result of vmafpy"):
        ScoreResult.from_json(path)
    with pytest.raises(InputError, match="cannot load"):
        ScoreResult.from_json(tmp_path / "missing.json")


def test_atomic_write_leaves_nothing(tmp_path):
    """A writer that fails leaves neither the file nor its temporary; the old file stays."""
    path = tmp_path / "out.txt"
    path.write_text("old")

    def fail():
        with atomic_write(path) as file:
            file.write("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]
    with pytest.raises(InputError, match="cannot write"), atomic_write(tmp_path / "no" / "out.txt"):
        pass
