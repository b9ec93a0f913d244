"""The commands tune and filter-study: figures on stdout, an unmet target is status 3."""

from __future__ import annotations

import json

import pytest

from vmafpy import cli
from vmafpy.studies.encode import x264
from vmafpy.studies.trial import Bench, Source, Trial

pytestmark = pytest.mark.filterwarnings("ignore::vmafpy.VmafWarning")
PART = ["--frames", "10:18", "--size", "192x108", "--quiet"]
FAST = "x264:preset=ultrafast"


@pytest.fixture(scope="session")
def clip(clips):
    return str(clips["bikes"])


@pytest.fixture(scope="session")
def bench(clip):
    return Bench(Source(clip, frames=(10, 18), size=(192, 108)))


def document(capsys, *arguments):
    status = cli.main([*arguments, *PART, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_score(clip, bench, capsys):
    """One encode gives the API's numbers; --neg makes NEG the model that is pooled."""
    encode = bench.encode(Trial(x264(preset="ultrafast"), 30))
    status, made = document(capsys, "tune", "score", clip, "--encoder", FAST, "--crf", "30", "--neg", "--pooling", "p5")
    assert status == 0
    assert made["kbps"] == encode.kbps
    assert made["pooled"] == encode.score("neg", "p5")
    assert made["mean"]["vmaf_v0.6.1"] == encode.score()


def test_bisect_and_its_status(clip, bench, capsys):
    """A target that is met is status 0, one that no CRF reaches is 3, with what was reached."""
    scores = {crf: bench.encode(Trial(x264(preset="ultrafast"), crf)).score() for crf in range(30, 34)}
    command = ["tune", "bisect", clip, "--encoder", FAST, "--min-crf", "30", "--max-crf", "33", "--target"]
    status, found = document(capsys, *command, str(scores[32]))
    assert (status, found["met"], found["best"]["crf"]) == (0, True, 32)
    status, found = document(capsys, *command, "99.99")
    assert (status, found["met"], found["best"]["crf"]) == (3, False, 30)
    assert found["reached"] == scores[30]
    assert cli.main([*command, "99.99", *PART]) == 3
    assert "CRF 30 is the best there is and misses the target of 99.99" in capsys.readouterr().out


def test_sampling_reports_its_error(clip, capsys):
    """Parts of the source are scored under its own frame numbers, with the interval of the mean."""
    status, made = document(capsys, "tune", "score", clip, "--encoder", FAST, "--crf", "30", "--sample", "2x2")
    assert status == 0
    assert made["n_frames"] == 4
    assert made["sampling_error"] > 0


def test_compare(clip, capsys):
    """Points and BD figures as JSON; the verdict in words."""
    command = ["tune", "compare", clip, "--encoder", FAST, "--encoder", "x264:preset=veryfast", "--feature", "psnr"]
    status, found = document(capsys, *command)
    assert status == 0
    assert [e["crf"] for e in found["encodes"][FAST]] == [37, 32, 27, 22]
    assert isinstance(found["bd_rate"]["x264:preset=veryfast"]["psnr_y"], float)
    assert "against" in found["verdict"][0]


def test_filter_study(clip, capsys):
    """A null filter gains nothing, on the text form too."""
    command = ["filter-study", clip, "--filter", "null", "--encoder", FAST, "--crf", "30,35", "--feature", "psnr"]
    status, study = document(capsys, *command)
    assert status == 0
    assert {gain["mean"] for gain in study["gains"]} == {0.0}
    assert cli.main([*command, *PART]) == 0
    assert "BD-rate" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tune", "bisect", "--target", "120"], "target of 120"),
        (["tune", "bisect", "--target", "90", "--min-crf", "40", "--max-crf", "30"], "CRF range 40 to 30"),
        (["tune", "score", "--encoder", "h266", "--crf", "30"], "no encoder 'h266'"),
        (["tune", "compare", "--encoder", FAST, "--encoder", FAST], "twice"),
        (["tune", "score", "--crf", "30", "--sample", "1x5"], "2 or more"),
        (["filter-study", "--filter", "nonsense", "--feature", "psnr"], "FFmpeg refuses"),
    ],
)
def test_faults(clip, capsys, arguments, words):
    """A fault is status 1 and one line on stderr, nothing on stdout."""
    command = arguments[:2] if arguments[0] == "tune" else arguments[:1]
    assert cli.main([*command, clip, *arguments[len(command) :], *PART]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert words in err
