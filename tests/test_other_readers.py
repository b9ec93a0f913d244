"""Our logs read by tools written for libvmaf's."""

from __future__ import annotations

import csv
import json
import statistics
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from support import missing
from test_scoring import planes

import vmafpy


@pytest.fixture(scope="module")
def result():
    """Five frames with VMAF, NEG and PSNR."""
    reference = planes(5, noise=4)
    distorted = [[np.roll(y, 1, 1) // 2 + y // 2, cb, cr] for y, cb, cr in reference]
    return vmafpy.score(reference=reference, distorted=distorted, features=["psnr"])


def test_ffmpeg_quality_metrics(result, ffmpeg, tmp_path):
    """Its own reader of libvmaf's JSON finds every frame and score, and its means are ours to its three decimals."""
    try:
        from ffmpeg_quality_metrics import FfmpegQualityMetrics
    except ImportError:
        missing("ffmpeg-quality-metrics is not installed")
    (tmp_path / "r.y4m").touch()
    (tmp_path / "d.y4m").touch()
    reader = FfmpegQualityMetrics(
        str(tmp_path / "r.y4m"), str(tmp_path / "d.y4m"), ffmpeg_path=ffmpeg, tmp_dir=str(tmp_path)
    )
    result.to_json(reader.temp_files["libvmaf"])
    reader._read_vmaf_temp_file()
    assert [frame["n"] for frame in reader.data["vmaf"]] == [1, 2, 3, 4, 5]
    columns = result.columns()
    for name, values in columns.items():
        assert [frame[name] for frame in reader.data["vmaf"]] == values.tolist()
    stats = reader.get_global_stats()["vmaf"]
    assert set(stats) == set(columns)
    assert stats["vmaf"]["average"] == pytest.approx(result.vmaf, abs=5.01e-4)
    rows = list(csv.DictReader(reader.get_results_csv().splitlines()))
    assert [float(row["vmaf"]) for row in rows] == columns["vmaf"].tolist()


def test_easyvmaf_s_way(result):
    """easyVmaf reads frames[].metrics.vmaf of a JSON log and VMAF/frames/frame@vmaf of an XML log, and takes means."""
    log = json.loads(result.to_json())
    by_json = [frame["metrics"]["vmaf"] for frame in log["frames"]]
    by_xml = [float(frame.attrib["vmaf"]) for frame in ET.fromstring(result.to_xml()).findall("frames/frame")]
    assert by_json == by_xml == result.models["default"].values.tolist()
    assert statistics.fmean(by_json) == pytest.approx(log["pooled_metrics"]["vmaf"]["mean"], rel=1e-14)


def test_csv_by_pandas(result, tmp_path):
    """The trailing comma of libvmaf's header gives pandas one empty column, and all numbers come back."""
    import pandas as pd

    result.to_csv(tmp_path / "s.csv")
    table = pd.read_csv(tmp_path / "s.csv", dtype=str)  # its quick parser of numbers has been off by some last places
    assert table["Frame"].tolist() == [str(i) for i in range(5)]
    assert table.columns[-1].startswith("Unnamed")
    for name, values in result.columns().items():
        np.testing.assert_array_equal(table[name].astype(float), values)
