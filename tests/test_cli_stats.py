"""The commands bdrate and correlate: figures on stdout, errors on stderr, exit status."""

from __future__ import annotations

import argparse
import json

import numpy as np
import pytest

import vmafpy
from vmafpy import cli_stats, stats
from vmafpy.errors import NotMonotonicError, TableError, VmafError

ANCHOR = {"kbps": [100, 200, 400, 800], "vmaf": [60, 75, 86, 93], "psnr": [30, 33, 36, 39]}
TEST = {"kbps": [90, 180, 360, 720], "vmaf": [60, 75, 86, 93], "psnr": [30.5, 33.2, 36.1, 39.4]}


def write(path, table):
    lines = [",".join(table), *[",".join(map(str, row)) for row in zip(*table.values(), strict=True)]]
    path.write_text("\n".join(lines))
    return str(path)


def run(*arguments):
    parser = argparse.ArgumentParser()
    cli_stats.add_parsers(parser.add_subparsers(required=True))
    args = parser.parse_args(arguments)
    return args.run(args)


@pytest.fixture
def curves(tmp_path):
    return write(tmp_path / "a.csv", ANCHOR), write(tmp_path / "b.csv", TEST)


def test_bdrate(curves, capsys):
    """The first two columns are rate and quality; the figure is the library's."""
    assert run("bdrate", *curves) == 0
    assert capsys.readouterr().out == "vmaf: -10.000 %\n"
    assert run("bdrate", *curves, "--quality", "psnr", "--quality", "vmaf", "--method", "akima") == 0
    psnr = stats.bd_rate(ANCHOR["kbps"], ANCHOR["psnr"], TEST["kbps"], TEST["psnr"], method="akima")
    assert capsys.readouterr().out == f"psnr: {psnr.value:+.3f} %\nvmaf: -10.000 %\n"


def test_bdrate_json(curves, capsys):
    """JSON holds the value at full precision with range, overlap, method and points."""
    assert run("bdrate", *curves, "--quality", "psnr", "--bd-quality", "--low", "150", "--json") == 0
    (document,) = json.loads(capsys.readouterr().out)
    expected = stats.bd_quality(ANCHOR["kbps"], ANCHOR["psnr"], TEST["kbps"], TEST["psnr"], limits=(150, None))
    assert document["value"] == expected.value
    assert (document["unit"], document["method"], document["low"]) == ("psnr", "pchip", pytest.approx(150))
    assert document["anchor"]["rate"] == ANCHOR["kbps"]


def test_bdrate_of_sequences(tmp_path, capsys):
    """A table with several clips gives one figure each and the mean."""
    both = {k: [*v, *v] for k, v in ANCHOR.items()}
    anchor = write(tmp_path / "a.csv", {"clip": ["x"] * 4 + ["y"] * 4, **both})
    rates = [r * f for f in (0.9, 0.7) for r in ANCHOR["kbps"]]
    test = write(tmp_path / "b.csv", {"clip": ["x"] * 4 + ["y"] * 4, **both, "kbps": rates})
    command = ("bdrate", anchor, test, "--rate", "kbps", "--quality", "vmaf", "--sequence", "clip")
    assert run(*command) == 0
    assert capsys.readouterr().out == "vmaf, x: -10.000 %\nvmaf, y: -30.000 %\nvmaf, mean of 2: -20.000 %\n"
    assert run(*command, "--json") == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert document["value"] == pytest.approx(-20)
    assert document["interval"]["method"] == "t"
    alone = write(tmp_path / "c.csv", {"clip": ["x"] * 4, **TEST})
    with pytest.raises(TableError, match=r"sequence y is in .*a\.csv, not in"):
        run("bdrate", anchor, alone, "--rate", "kbps", "--quality", "vmaf", "--sequence", "clip")


def test_bdrate_refuses(tmp_path, curves):
    """Curves that fall and tables without the columns raise what the main program turns into status 1."""
    falling = write(tmp_path / "f.csv", {**TEST, "vmaf": [60, 75, 74, 93]})
    with pytest.raises(NotMonotonicError):
        run("bdrate", curves[0], falling)
    with pytest.raises(TableError, match="no column 'mos'"):
        run("bdrate", *curves, "--quality", "mos")
    with pytest.raises(TableError, match="one column"):
        run("bdrate", write(tmp_path / "one.csv", {"kbps": [1]}), curves[1])


def study_table():
    rng = np.random.default_rng(0)
    mos = np.round(rng.uniform(1, 5, 24), 2)
    return {
        "stimulus": [f"c{i}" for i in range(24)],
        "codec": ["av1", "vvc", "ai"] * 8,
        "mos": mos,
        "ci95": np.full(24, 0.2),
        "vmaf": np.round(20 * mos + rng.normal(0, 5, 24), 3),
        "lpips": np.round(1 / mos + rng.normal(0, 0.05, 24), 4),
    }


ARGUMENTS = ("--metric", "vmaf", "--metric", "lpips", "--lower-is-better", "lpips", "--ci", "ci95", "--by", "codec")


def test_correlate(tmp_path, capsys):
    """The printed table, and every form, are those of `evaluate`."""
    path = write(tmp_path / "t.csv", study_table())
    study = vmafpy.evaluate(
        path, ["vmaf", "lpips"], ci="ci95", by=["codec"], only={"codec": "ai"}, lower_is_better=["lpips"], n_draws=60
    )
    common = ("correlate", path, *ARGUMENTS, "--only", "codec=ai", "--draws", "60")
    assert run(*common) == 0
    assert capsys.readouterr().out == study.to_text() + "\n"
    assert run(*common, "--format", "markdown", "--coefficient", "srcc") == 0
    assert capsys.readouterr().out == study.to_markdown("srcc") + "\n"
    assert run(*common, "--format", "csv") == 0
    assert capsys.readouterr().out == study.to_csv()
    assert run(*common, "--json") == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(study.to_dict()))


def test_correlate_refuses(tmp_path, capsys):
    """Unknown columns and options that contradict are errors; a missing metric is one of usage, status 2."""
    path = write(tmp_path / "t.csv", study_table())
    with pytest.raises(TableError, match="no column 'mos95'"):
        run("correlate", path, "--metric", "vmaf", "--subjective", "mos95")
    with pytest.raises(TableError, match="not COLUMN=VALUE"):
        run("correlate", path, "--metric", "vmaf", "--only", "codec")
    with pytest.raises(VmafError, match="not both"):
        run("correlate", path, "--metric", "vmaf", "--ci", "ci95", "--ci-ends", "mos", "mos")
    with pytest.raises(SystemExit) as caught:
        run("correlate", path)
    assert caught.value.code == 2
    assert "--metric" in capsys.readouterr().err


def test_dropped_rows_are_told(tmp_path, capsys):
    """Rows left out are counted on stderr."""
    table = study_table()
    table["vmaf"] = ["", *table["vmaf"][1:]]
    path = write(tmp_path / "t.csv", table)
    assert run("correlate", path, "--metric", "vmaf", "--drop-missing", "--draws", "20") == 0
    assert "left out: 1 rows dropped" in capsys.readouterr().err


def test_the_main_program_has_both(curves, capsys):
    """``vmafpy bdrate`` and its errors' exit status."""
    from vmafpy.cli import main

    assert main(["bdrate", *curves]) == 0
    assert capsys.readouterr().out == "vmaf: -10.000 %\n"
    assert main(["bdrate", *curves, "--quality", "mos"]) == 1
    assert "vmafpy: error:" in capsys.readouterr().err
