"""The command line: data on stdout, words on stderr, exit status as documented, no file left behind."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

import vmafpy
from vmafpy.cli import main, parser

SIZE = ["--width", "64", "--height", "48", "--pix-fmt", "yuv420p"]


@pytest.fixture
def files(tmp_path):
    """A raw reference and a coarser copy of it, four frames each."""
    rng = np.random.default_rng(5)
    frame = 64 * 48 * 3 // 2
    reference = rng.integers(0, 256, 4 * frame).astype(np.uint8)
    (tmp_path / "r.yuv").write_bytes(reference.tobytes())
    (tmp_path / "d.yuv").write_bytes((reference // 16 * 16).tobytes())
    return ["-r", str(tmp_path / "r.yuv"), "-d", str(tmp_path / "d.yuv")]


def test_score_prints_and_writes(files, tmp_path, capsys):
    """Pooled scores on stdout, the log in the file, the same numbers as the Python call."""
    out = tmp_path / "s.json"
    assert main(["score", *files, *SIZE, "--json", str(out), "--csv", str(tmp_path / "s.csv")]) == 0
    text = capsys.readouterr()
    raw = [vmafpy.RawVideo(files[i], width=64, height=48, pix_fmt="yuv420p") for i in (1, 3)]
    expected = vmafpy.score(reference=raw[0], distorted=raw[1])
    assert f"{expected.vmaf:.6f}" in text.out
    assert "64x48 yuv420p" in text.err
    log = json.loads(out.read_text())
    assert log["pooled_metrics"]["vmaf"]["mean"] == expected.vmaf
    assert log["vmafpy"]["provenance"]["reference"] == files[1]
    assert (tmp_path / "s.csv").read_text().startswith("Frame,")


def test_json_to_stdout(files, capsys):
    """--json - prints the log and nothing else on stdout; --neg alone scores NEG alone."""
    assert main(["score", *files, *SIZE, "--json", "-", "--neg"]) == 0
    log = json.loads(capsys.readouterr().out)
    assert log["vmafpy"]["models"] == {"vmaf": "vmaf_v0.6.1neg"}


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["-r", "nowhere.mp4", "-d", "nowhere.mp4"], "nowhere.mp4: No such file"),
        (["-r", "a.yuv", "-d", "b.yuv"], "state --width"),
        (["-r", "a.yuv", "-d", "b.yuv", "--width", "64"], "all three"),
        (["-r", "x", "-d", "y", "--model", "vmaf_v9"], "no model 'vmaf_v9'"),
    ],
)
def test_run_errors(arguments, match, tmp_path, capsys):
    """An error of the run is one line on stderr, status 1, and leaves no file."""
    assert main(["score", *arguments, "--json", str(tmp_path / "s.json")]) == 1
    text = capsys.readouterr()
    assert text.out == ""
    assert match in text.err
    assert text.err.startswith("vmafpy: error: ")
    assert list(tmp_path.iterdir()) == []


def test_missing_library(files, capsys):
    """A library that is not there is named."""
    assert main(["score", *files, *SIZE, "--library", "/no/such.so"]) == 1
    assert "/no/such.so" in capsys.readouterr().err


def test_partial_scores_are_shown(files, tmp_path, capsys):
    """Unequal counts: the common part's scores on stderr, the error after them, status 1, no log."""
    path = tmp_path / "d.yuv"
    path.write_bytes(path.read_bytes()[: 3 * 64 * 48 * 3 // 2])
    assert main(["score", *files, *SIZE, "--json", str(tmp_path / "s.json")]) == 1
    text = capsys.readouterr()
    assert f"{path}: 3 frames were scored" in text.err
    assert "frame counts differ" in text.err
    assert not (tmp_path / "s.json").exists()
    assert main(["score", *files, *SIZE, "--shortest"]) == 0


def test_several_distorted_videos(files, tmp_path, capsys):
    """Each video's scores under its name, and its own log, as of a run of its own."""
    frame = np.fromfile(files[1], np.uint8)
    (tmp_path / "e.yuv").write_bytes((frame // 64 * 64).tobytes())
    both = [*files, str(tmp_path / "e.yuv"), *SIZE]
    assert main(["score", *both, "--json", str(tmp_path / "{name}.json")]) == 0
    text, words = capsys.readouterr()
    assert words.count("are scored as if they were 1080 lines high") == 1
    assert text.index(f"{files[3]}:\n") < text.index(f"{tmp_path / 'e.yuv'}:\n")
    for name in ("d", "e"):
        assert main(["score", "-r", files[1], "-d", str(tmp_path / f"{name}.yuv"), *SIZE, "--json", "-"]) == 0
        alone, beside = json.loads(capsys.readouterr().out), json.loads((tmp_path / f"{name}.json").read_text())
        assert alone["frames"] == beside["frames"]
        assert alone["vmafpy"]["provenance"]["distorted"] == beside["vmafpy"]["provenance"]["distorted"]


def test_one_of_several_fails(files, tmp_path, capsys):
    """The others' scores and logs are there, the error of the short one is told, status 1."""
    np.fromfile(files[3], np.uint8)[: 3 * 64 * 48 * 3 // 2].tofile(tmp_path / "short.yuv")
    videos = ["-r", files[1], "-d", str(tmp_path / "short.yuv"), files[3]]
    assert main(["score", *videos, *SIZE, "--json", str(tmp_path / "{name}.json")]) == 1
    text = capsys.readouterr()
    assert text.out.startswith(f"{files[3]}:\n")
    assert "short.yuv: 3 frames were scored" in text.err
    assert "frame counts differ" in text.err
    assert len(json.loads((tmp_path / "d.json").read_text())["frames"]) == 4
    assert not (tmp_path / "short.json").exists()


@pytest.mark.parametrize(
    ("extra", "match"),
    [(["--json", "x.json"], "put {name} in it"), (["--csv", "-"], "put {name} in it")],
)
def test_files_of_several(files, extra, match, capsys):
    """One file for two videos' scores is refused before anything is scored."""
    assert main(["score", *files, "other/e.yuv", *SIZE, *extra]) == 1
    assert match in capsys.readouterr().err
    assert main(["score", *files, "other/d.yuv", *SIZE, "--json", "{name}.json"]) == 1
    assert "would be one file" in capsys.readouterr().err


def test_usage_errors():
    """A missing argument is status 2, through the installed program's own entry."""
    run = subprocess.run([sys.executable, "-m", "vmafpy", "score"], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "--reference" in run.stderr


def test_lists(capsys):
    """models, features and doctor name what there is; their JSON is strict."""
    assert main(["models"]) == 0
    assert "vmaf_v1.0.16_3d0h" in capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    assert {m["id"] for m in json.loads(capsys.readouterr().out)} >= {"vmaf_v0.6.1", "vmaf_b_v0.6.3"}
    assert main(["features", "--json"]) == 0
    metrics = {m["name"]: m for m in json.loads(capsys.readouterr().out)}
    assert metrics["cambi"]["higher_is_better"] is False
    assert main(["features"]) == 0
    assert "psnr_y" in capsys.readouterr().out
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert "embedded engine" in text
    assert "VMAFPY_LIBRARY" in text


def test_import_is_light():
    """`import vmafpy` and its error types load neither numpy, PyAV, SciPy nor the engine."""
    code = (
        "import sys, vmafpy; vmafpy.VmafError; "
        "print([m for m in ('numpy', 'av', 'scipy', 'cffi', 'tqdm') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_batch(files, tmp_path, capsys):
    """A line of JSON per pair, errors among them; a second run reads what the first has done; status 1 for an error."""
    import av

    clip = tmp_path / "c.mkv"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((72, 64), 90 + k, np.uint8), "yuv420p")))
        container.mux(stream.encode(None))
    table = tmp_path / "pairs.csv"
    table.write_text(f"reference,distorted,name\n{clip},{clip},same\n{clip},{tmp_path}/none.mp4,gone\n")
    for resumed in (False, True):
        assert main(["batch", str(table), "--results", str(tmp_path / "results")]) == 1
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [(line["type"], line["name"]) for line in lines] == [("score", "same"), ("error", "gone")]
        assert lines[0]["resumed"] is resumed
    table.write_text("a,b\n1,2\n")
    assert main(["batch", str(table)]) == 1
    assert "no column distorted and reference" in capsys.readouterr().err


def test_worst_and_export(files, tmp_path, capsys):
    """The worst frames are named and written side by side: twice the width, the reference's samples on the left."""
    import av

    assert main(["score", *files, *SIZE, "--worst", "2", "--export", str(tmp_path / "png")]) == 0
    paths = sorted((tmp_path / "png").iterdir())
    assert len(paths) == 2
    assert all(str(path) in capsys.readouterr().out for path in paths[:1])
    with av.open(str(paths[0])) as container:
        picture = next(container.decode(video=0))
    assert (picture.width, picture.height) == (128, 48)


def test_version_and_completion(capsys):
    """--version names engine and models; completion prints a script that knows the commands."""
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert "embedded engine" in capsys.readouterr().out
    assert main(["completion", "bash"]) == 0
    assert "score" in capsys.readouterr().out


def test_examples_of_the_help_are_commands():
    """Every line of an example in any help text is a command line that is understood."""
    found = []
    parsers = [parser()]
    while parsers:
        one = parsers.pop()
        found += re.findall(r"^  (?:.*\| )?vmafpy (.*)$", one.epilog or "", re.M)
        for action in one._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
    assert len(found) > 12
    for line in found:
        parser().parse_args(shlex.split(line.partition(">")[0]))


def test_export_needs_worst(files, tmp_path, capsys):
    """--export alone would write nothing: it says what is missing."""
    assert main(["score", *files, *SIZE, "--export", str(tmp_path / "png")]) == 1
    assert "--worst N" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--frames", "3"], ["--scale", "big"], ["--crop", "x"], ["--offset", "some"], ["--accept", "all"]]
)
def test_bad_words(words, capsys):
    """An option that cannot be read is a usage error, status 2, that names it."""
    with pytest.raises(SystemExit) as caught:
        main(["score", "-r", "a", "-d", "b", *words])
    assert caught.value.code == 2
    assert words[0] in capsys.readouterr().err
