"""The benchmarks, but for their times: clips, contenders, rows, the rule of the newest row, the page."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from support import ROOT, missing

from benchmarks import clips as clips_module
from benchmarks import kernels, pairing, process, report
from benchmarks.contenders.base import Task, disagreement, names_asked
from benchmarks.contenders.command_line import CommandLine
from benchmarks.contenders.embedded import embedded
from benchmarks.contenders.ffmpeg_libvmaf import FfmpegLibvmaf, filter_words
from benchmarks.contenders.shared_libvmaf import shared_libvmaf
from benchmarks.contenders.vmaf_torch import VmafTorch
from benchmarks.counts import COUNTS
from benchmarks.files import FfmpegFiles
from benchmarks.machine import MASKS, levels
from benchmarks.rows import CeilingRow, FileRow, KernelRow, MemoryRow, Row, current, from_json, load, save
from benchmarks.work import BY_NAME, PAIR, V0, Work

FACTS = {
    "cpu": "Abacus 9", "level": "avx2", "cores": 2, "system": "Linux", "python": "3.11", "vmafpy": "0.1.0",
    "engine": "3.2.0", "commit": "abc1234", "date": "2026-11-21T10:00:00+00:00", "theirs": "other 1.0", "load": 0.5,
}  # fmt: skip
ROW = Row(
    "vif", "64x64 yuv420p", 1, "vmafpy", "libvmaf (ffmpeg)", [10.0, 12.0, 11.0], [30.0, 24.0, 22.0],
    scores={"vif": [0.5, 0.5]}, environment=FACTS,
)  # fmt: skip
# as it was written before rows had a suite
OLD = (
    '{"work": "vif", "clip": "64x64 yuv420p", "threads": 1, "ours": "vmafpy", "theirs": "libvmaf (ffmpeg)", '
    '"ours_ms": [9.0], "theirs_ms": [18.0], "note": "", "environment": {"cpu": "Abacus 9", "cpu_levels": 15, "level": '
    '"best", "commit": "5761adc", "date": "2026-11-21"}, "ratio": 2.0, "spread": [2.0, 2.0]}'
)


def dated(row, date, **changes):
    return dataclasses.replace(row, environment={**row.environment, "date": date}, **changes)


@pytest.fixture
def clip_folder(tmp_path, monkeypatch):
    """Clips are made in a folder of the test."""
    monkeypatch.setattr(clips_module, "CACHE", tmp_path / "clips")


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        FileRow("a", "b", 2, "c", "d", [1.5], [2.5], clock="wall with start-up", refused="no", environment=FACTS),
        MemoryRow("context", "vif", "64x64", 1, "vmafpy", 7.5, {"each thread more": 2.5}, FACTS),
        KernelRow("vif/halve", "n=96", 17.5, 10.0, 600.0, 864.0, "terms/int16", FACTS),
        CeilingRow("read/L1", 163.2, "GB/s", FACTS),
    ],
    ids=lambda row: type(row).__name__,
)
def test_rows_come_back_from_their_file(row, tmp_path):
    """A saved row is read back equal, and of its kind."""
    save(row, "mine", tmp_path)
    (back,) = load(tmp_path)
    assert back == row
    assert type(back) is type(row)


def test_old_rows_are_read_and_superseded():
    """A row of the first format has its level by name, and a newer one of the same work takes its place."""
    old = from_json(OLD)
    assert isinstance(old, Row)
    assert old.environment["level"] == "avx2"
    assert old.ratio == 2.0
    assert current([old, ROW]) == [ROW]
    assert current([ROW, old]) == [ROW]  # by date, not by order


def test_only_the_same_measurement_is_superseded():
    """Another contender, thread count, clip, level, clock or CPU is another row."""
    later = dated(ROW, "2026-11-22T10:00:00+00:00", ours_ms=[5.0, 5.0, 5.0])
    others = [
        dataclasses.replace(ROW, **change)
        for change in ({"theirs": "x"}, {"threads": 2}, {"clip": "y"}, {"clock": "wall"}, {"work": "adm"})
    ]
    others += [dataclasses.replace(ROW, environment={**FACTS, key: "z"}) for key in ("cpu", "level")]
    assert current([ROW, *others, later]) == [later, *others]


@pytest.mark.parametrize("line", ['{"suite": "tea", "environment": {}}', '{"environment": {}, "colour": 1}'])
def test_unknown_rows_are_refused(line):
    """A row of an unknown suite or with an unknown field is an error, not skipped."""
    with pytest.raises(ValueError, match="row of suite"):
        from_json(line)


def test_ratio_is_the_median_over_rounds():
    """Rounds are compared with themselves: 30/10, 24/12 and 22/11 have the median 2."""
    assert ROW.ratios == [3.0, 2.0, 2.0]
    assert ROW.ratio == 2.0


def test_the_page_shows_losses_and_the_newest_only():
    """A page of known rows: a loss stands there as a ratio below 1, an older row does not, units are worked out."""
    loss = dataclasses.replace(ROW, work="psnr", ours_ms=[4.0], theirs_ms=[2.0])
    late = dated(ROW, "2026-11-22T10:00:00+00:00", ours_ms=[5.0], theirs_ms=[20.0])
    kernel = KernelRow("motion/row", "w=1920", 1000.0, 1080.0, 38400.0, 19200.0, "terms/int16", FACTS)
    ceilings = [CeilingRow("read/L1", 100.0, "GB/s", FACTS), CeilingRow("terms/int16", 80.0, "1e9/s", FACTS)]
    memory = MemoryRow("process", "vif", "64x64", 1, "vmafpy", 126.5, {"two decoders": 55.0}, FACTS)
    refused = dataclasses.replace(ROW, work="adm", refused="x is 1, ours 2")
    page = report.page([ROW, loss, late, kernel, *ceilings, memory, refused])
    lines = {line.split(" | ")[0].strip("| "): line for line in page.splitlines() if line.startswith("| ")}
    assert "| 4.00 | 2.00 | 0.50 | 0.50-0.50 | 0.500000 | abc1234, 2026-11-21 |" in lines["psnr"]
    assert "| 5.00 | 20.00 | 4.00 | 4.00-4.00 | 0.500000 | abc1234, 2026-11-22 |" in page
    assert "11.00" not in page
    # 1000 ns x 1080; 38400 B / 100 GB/s = 384 ns are more than 19200 / 80e9 = 240 ns
    assert "| 1.080 | 20.00 | 10.0 | 38.4 | 19.2 int16 | 0.415 | 38% |" in lines["motion/row"]
    assert "126.5 | two decoders 55.0" in page
    assert "## Abacus 9, avx2" in page
    assert "- adm, 64x64 yuv420p, libvmaf (ffmpeg): x is 1, ours 2" in page
    assert "adm" not in lines


def test_the_page_in_docs_is_that_of_the_results():
    """docs/performance.md is what ``python -m benchmarks report`` writes, and was not edited."""
    assert (ROOT / "docs" / "performance.md").read_text() == report.page(load())


def test_contenders_take_turns():
    """A B, B A, A B: drift of the machine falls on both."""
    order = []
    pairing.in_turn(lambda: order.append("A"), lambda: order.append("B"), 3)
    assert "".join(order) == "ABBAAB"


@pytest.mark.parametrize(
    ("theirs", "why"),
    [
        ({"m": 80.0, "f1": 0.5}, ""),
        ({"m": 80.0 + 9e-7, "f1": 0.5, "only theirs": 1.0}, ""),
        ({"m": 80.001, "f1": 0.5}, "m is 80.001000, ours 80.000000; 1e-06 is allowed"),
        ({"m": math.nan, "f1": 0.5}, "m is nan, ours 80.000000; 1e-06 is allowed"),
        ({"f1": 0.5}, "no score in common of m (none of theirs)"),
        ({"m": 80.0}, "no score in common of f1, f2 (none of theirs)"),
        ({"m": 80.0, "f1": 0.5, "loose": 1.001}, ""),
        ({"m": 80.0, "f1": 0.5, "loose": 1.02}, "loose is 1.020000, ours 1.000000; 0.01 is allowed"),
    ],
)
def test_rows_of_different_scores_are_refused(theirs, why):
    """Every model and feature must have a score in common, and what is in common must agree within the limits."""
    ours = {"m": 80.0, "f1": 0.5, "loose": 1.0}
    assert disagreement([{"m"}, {"f1", "f2"}], ours, theirs, {"": 1e-6, "loo": 0.01}) == why


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
def test_contenders_compute_the_same(clip_folder, ffmpeg, pix_fmt):
    """On a small clip of 8 and of 10 bits the engine at every level and ffmpeg's libvmaf print the same scores."""
    work = Work("some", (V0,), ("psnr", "float_ssim"))
    clip = clips_module.y4m_pair(160, 96, pix_fmt, 4)
    task = Task(work, clip, 1, frozenset(process.available_cores()[:1]))
    ours = embedded().measure(task).scores
    assert 0 < ours[V0] < 100
    asked = names_asked(work)
    for mask in levels().values():
        assert embedded(mask).measure(task).scores == ours
    theirs = FfmpegLibvmaf()
    scores = theirs.measure(task).scores
    assert {V0, "psnr_y", "float_ssim", "integer_vif_scale3"} <= set(scores)
    assert disagreement(asked, ours, scores, theirs.limits) == ""


def test_file_contenders_compute_the_same(clip_folder, ffmpeg):
    """On small H.264 files the command line and ffmpeg print the same scores, and tell what they took."""
    clip = clips_module.mp4_pair(160, 96, "yuv420p", 4)
    cores = frozenset(process.available_cores()[:1])
    usage, ours = CommandLine().whole(PAIR, clip, 1, cores)
    _, theirs = FfmpegFiles().whole(PAIR, clip, 1, cores)
    assert disagreement(names_asked(PAIR), ours, theirs, FfmpegFiles.limits) == ""
    assert usage.peak_mib > 20  # an interpreter with numpy


def test_a_shared_libvmaf_computes_the_same(clip_folder, libvmaf_path):
    """A real libvmaf through the binding has the embedded engine's vif and adm, with AVX2 and without."""
    work = Work("some", (), ("vif", "adm"))
    clip = clips_module.y4m_pair(160, 96, "yuv420p", 4)
    task = Task(work, clip, 1, frozenset(process.available_cores()[:1]))
    contenders = shared_libvmaf(str(libvmaf_path))
    assert [contender.unmasked for contender in contenders] == [False, True]
    assert all("not 3.2" in contender.note for contender in contenders)
    ours = embedded().measure(task).scores
    for contender in contenders:
        assert disagreement(names_asked(work), ours, contender.measure(task).scores, contender.limits) == ""
    assert contenders[0].cannot(BY_NAME["speed_chroma"]) == "it has no speed_chroma"


def test_contenders_that_are_not_installed_say_how_to():
    """No library named, no interpreter named: one line with the command."""
    (missing,) = shared_libvmaf("/nowhere/libvmaf.so")
    assert "pip download" in missing.missing()
    assert "pip install vmaf-torch" in VmafTorch("/nowhere/python").missing()


def test_the_filter_words():
    """Models by version and name, features by name, separated as libvmaf's filter wants them."""
    words = filter_words(Work("x", ("m1", "m2"), ("psnr",)), 2, "log.json")
    assert words == (
        "[0:v][1:v]libvmaf=model='version=m1\\:name=m1|version=m2\\:name=m2':n_threads=2:log_fmt=json:"
        "log_path=log.json:feature='name=psnr'"
    )


@pytest.mark.parametrize(("pix_fmt", "dtype"), [("yuv420p", np.uint8), ("yuv420p10le", np.uint16)])
def test_headerless_holds_the_planes(clip_folder, pix_fmt, dtype):
    """Without the headers the file is the planes of every frame, one after the other."""
    import av

    clip = clips_module.y4m_pair(64, 48, pix_fmt, 3)
    raw = np.fromfile(clips_module.headerless(clip.reference), dtype).reshape(3, 48 * 64 * 3 // 2)
    with av.open(str(clip.reference)) as container:
        pictures = [picture.to_ndarray() for picture in container.decode(video=0)]
    np.testing.assert_array_equal(raw, [picture.reshape(-1) for picture in pictures])


def test_grain_is_the_same_every_time():
    """The clip is made from a seed: two readings are equal, and differ from frame to frame."""
    one, two = ([f.to_ndarray() for f in clips_module.grainy_frames(64, 48, "yuv420p", 2)] for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert (one[0] != one[1]).any()


def test_a_child_reports_its_own_peak():
    """Peak memory is that of the child, not of this process, which holds more; 64 MiB more are seen as such."""
    held = np.ones(2**28, np.uint8)
    cores = process.available_cores()[:1]
    base = process.run([sys.executable, "-c", "pass"], cores).peak_mib
    more = process.run([sys.executable, "-c", "x = b'x' * 2**26; print('done')"], cores)
    assert base < 100
    assert held.nbytes == 2**28
    assert 60 < more.peak_mib - base < 70
    assert more.output == "done\n"


def test_a_failing_child_says_why():
    """What a contender printed before it failed is in the error."""
    with pytest.raises(process.ChildError, match=r"status 3: no film"):
        process.run([sys.executable, "-c", "import sys; print('no film', file=sys.stderr); sys.exit(3)"], [])


def test_counts_name_kernels_of_the_harness():
    """Every counted kernel and shape is timed by the harness under that name; if one was renamed, so is its count."""
    text = "".join(path.read_text() for path in kernels.HARNESS.glob("check_*.c"))
    absent = [key for key in COUNTS if any(f'"{word}"' not in text for word in key)]
    assert absent == []
    assert {family for family in kernels.FAMILIES if not (kernels.HARNESS / f"check_{family}.c").exists()} == set()


def test_lines_of_the_harness_become_rows():
    """The least time is taken; a kernel without a count keeps its time only."""
    line = {"row": "motion/row/avx2", "shape": "w=1920", "unit": "ns/call", "min": 620.4, "median": 630.0}
    ((kernel, level, shape, ns),) = kernels.parse(json.dumps(line))
    assert (level, ns) == ("avx2", 620.4)
    row = kernels.kernel_row(kernel, shape, ns, FACTS)
    assert (row.calls, row.operations, row.kind) == (1080, 19200, "terms/int16")
    assert kernels.kernel_row("motion/row", "w=7", ns, FACTS).calls == 0
    assert kernels.ceiling("read/L1", "bytes=16384", 100.0, FACTS).rate == 163.84


def test_the_limits_program_compiles(tmp_path: Path):
    """It builds with the harness's own strict flags."""
    if why := kernels.missing():
        missing(why)
    assert kernels.build_ceilings(tmp_path).exists()


def test_levels_begin_with_the_best():
    """The best level needs no mask, plain C is there, and each mask is the documented one."""
    found = levels()
    assert next(iter(found.values())) == 0
    assert "c" in found
    assert {name: mask for name, mask in found.items() if mask} == {name: MASKS[name] for name in list(found)[1:]}


def test_rows_by_name_know_their_scores():
    """Each piece of work names at least one score per model and feature."""
    for work in BY_NAME.values():
        asked = names_asked(work)
        assert len(asked) == len(work.models) + len(work.features)
        assert all(asked)
