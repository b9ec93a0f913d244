"""The field's traps that no other test shows, on real files and frames; docs/traps.md names a test for every trap."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from test_scoring import HEIGHT, WIDTH, same

import vmafpy
from vmafpy.errors import InputError, MismatchError, SizeWarning, VmafWarning
from vmafpy.results import require_comparable

ROOT = Path(__file__).resolve().parent.parent


def encode(path, frames, *, codec="ffv1", rate=25, times=None, options=None, **fields):
    """Frames into a file; *fields* are set on the codec."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for name, value in fields.items():
            setattr(stream.codec_context, name, value)
        for k, frame in enumerate(frames):
            picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            for plane, samples in zip(picture.planes, frame, strict=True):
                rows = np.zeros((plane.height, plane.line_size), np.uint8)
                rows[:, : plane.width] = samples
                plane.update(rows.tobytes())
            picture.pts, picture.time_base = (k if times is None else times[k]), Fraction(1, rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def moving():
    """Thirty frames that pan by three samples each, and a copy without its last bits."""
    reference = []
    rng = np.random.default_rng(8)
    wide = np.clip(128 + 40 * np.sin(np.arange(WIDTH + 90) / 3) + rng.normal(0, 25, (HEIGHT, WIDTH + 90)), 0, 255)
    for k in range(30):
        chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
        reference.append([wide[:, 3 * k : 3 * k + WIDTH].astype(np.uint8), chroma, chroma])
    return reference, [[plane // 4 * 4 for plane in frame] for frame in reference]


def test_isolated_low_frames_are_told(moving):
    """Frames gone black, or shown at the wrong moment, in a good clip: a warning names them and what to check."""
    reference, distorted = moving
    black = [[np.full_like(luma, 16), cb, cr] for luma, cb, cr in distorted[12:15]]
    for wrong in (black, distorted[0:3]):
        with pytest.warns(VmafWarning, match=r"frames 12-14 score as low as \d+ in a clip.*find_offset"):
            result = vmafpy.score(reference=reference, distorted=[*distorted[:12], *wrong, *distorted[15:]])
        assert any("12-14" in words for words in result.warnings)
    assert not any("look for" in w for w in vmafpy.score(reference=reference, distorted=distorted).warnings)


def test_offset_beyond_the_end(moving):
    """An offset at which the videos do not overlap is named, in place of an empty result."""
    with pytest.raises(MismatchError, match=r"offset \+30.*beyond the end"):
        vmafpy.score(reference=moving[0], distorted=moving[1], offset=30)


def test_forced_rates_and_start_times_change_nothing(moving, tmp_path):
    """The same frames at 24 and at 60 frames/s, the second starting at 5 s: by index the scores are the same."""
    reference, distorted = moving
    one = encode(tmp_path / "r.mkv", reference, rate=24)
    other = encode(tmp_path / "d.mkv", distorted, rate=60, times=[300 + k for k in range(30)])
    assert next(iter(vmafpy.VideoFile(other))).time == 5
    result = vmafpy.score(reference=one, distorted=other)
    same(result, vmafpy.score(reference=reference, distorted=distorted))
    assert (result.provenance.pairing, result.provenance.n_frames) == ("by index", 30)


def test_variable_frame_rate_file(moving, tmp_path):
    """A file that leaves frames out is paired by time: where it has frames they meet their own."""
    reference = moving[0]
    kept = [k for k in range(30) if k % 4 != 2]
    variable = encode(tmp_path / "v.mkv", [reference[k] for k in kept], times=kept)
    with pytest.raises(MismatchError, match="frame counts differ"):
        vmafpy.score(reference=encode(tmp_path / "r.mkv", reference), distorted=variable)
    result = vmafpy.score(
        reference=tmp_path / "r.mkv", distorted=variable, pairing="time", models=(), features=["psnr"]
    )
    psnr = result.features["psnr_y"].values
    assert (psnr[kept] == 60).all()  # the cap at 8 bits: equal samples
    assert psnr[2] < 30  # frame 1 is still on screen


@pytest.mark.parametrize(
    ("fields", "options", "error", "match", "accept"),
    [
        ({"color_trc": 16}, {}, InputError, r"HDR \(PQ\).*Tone-map", "hdr"),
        ({"color_trc": 18}, {}, InputError, r"HDR \(HLG\)", "hdr"),
        ({}, {"x264-params": "tff=1"}, InputError, "interlaced.*bwdif", "interlaced"),
        ({"color_range": 2}, {}, MismatchError, "reference limited, distorted full", "range"),
        ({"colorspace": 9}, {}, MismatchError, "reference bt709, distorted bt2020", "matrix"),
    ],
)
def test_what_a_file_says_of_itself(moving, tmp_path, fields, options, error, match, accept):
    """Transfer, fields, range and matrix are read from real files, and refused where models or the pair do not fit."""
    plain = {"color_range": 1, "colorspace": 1, "color_trc": 1}
    reference = encode(tmp_path / "r.mp4", moving[0][:4], codec="libx264", **plain)
    distorted = encode(tmp_path / "d.mp4", moving[0][:4], codec="libx264", options=options, **{**plain, **fields})
    with pytest.raises(error, match=match):
        vmafpy.score(reference=reference, distorted=distorted)
    assert vmafpy.score(reference=reference, distorted=distorted, accept={accept}).n_frames == 4


def test_low_resolution_is_warned_of(moving):
    """Pictures far below the model's lines are scored with a warning that says what to do."""
    with pytest.warns(SizeWarning, match="64 lines are scored as if they were 1080"):
        vmafpy.score(reference=moving[0][:2], distorted=moving[1][:2])


def test_even_subsampling_is_warned_of(moving):
    """An even n sees one kind of alternating frames; an odd one is taken without a word."""
    with pytest.warns(VmafWarning, match="n_subsample=2 is even"):
        vmafpy.score(reference=moving[0][:4], distorted=moving[1][:4], n_subsample=2)
    assert not any("even" in w for w in vmafpy.score(reference=moving[0], distorted=moving[1], n_subsample=3).warnings)


def test_first_frame(moving):
    """
    The first frame has no motion and scores by itself; a range that begins later is scored with the frames before it,
    so that a shot's first frame is not punished for where the cut was made.
    """
    reference, distorted = moving
    whole = vmafpy.score(reference=reference, distorted=distorted)
    motion = whole.features["integer_motion2"].values
    assert motion[0] == 0 < motion[1]
    part = vmafpy.score(reference=reference, distorted=distorted, frames=(10, 20))
    assert part.features["integer_motion2"].values[0] == motion[10] > 0
    alone = vmafpy.score(reference=reference[10:20], distorted=distorted[10:20])
    assert alone.vmaf != part.vmaf == whole.window(10, 20).vmaf


def test_self_comparison_is_no_identity_test(moving):
    """A video against itself does not score 100 in every frame; PSNR's cap of 60 dB at 8 bits tells equal samples."""
    result = vmafpy.score(reference=moving[0], distorted=moving[0], features=["psnr"])
    assert result.models["default"].min < 100
    assert (result.features["psnr_y"].values == 60).all()


def test_score_ranges_are_carried():
    """The v1 model for 2160p from 3 heights ends at 110, the others at 100; the metrics' own ranges are in METRICS."""
    assert vmafpy.load_model("vmaf_v1.0.16_3d0h_2160").score_range == (0, 110)
    assert vmafpy.load_model("vmaf_v0.6.1").score_range == (0, 100)
    assert all(metric.range[0] < metric.range[1] for metric in vmafpy.METRICS.values())


def test_mixed_provenance_does_not_compare(moving):
    """Results of other models, or at another depth, are refused together, with the fact that differs."""
    reference, distorted = moving[0][:3], moving[1][:3]
    plain = vmafpy.score(reference=reference, distorted=distorted, models="default")
    require_comparable([plain, vmafpy.score(reference=reference, distorted=distorted[::-1], models="default")])
    for other, fact in (({"models": "neg"}, "models"), ({"models": "default", "bit_depth": 10}, "pix_fmt")):
        with pytest.raises(InputError, match=f"do not compare: {fact} is"):
            require_comparable([plain, vmafpy.score(reference=reference, distorted=distorted, **other)])
    old = replace(plain, provenance=replace(plain.provenance, library="libvmaf", library_version="2.3.1"))
    with pytest.raises(InputError, match="library is 'embedded' in one and 'libvmaf'"):
        vmafpy.ScoreResult.join([plain, old])


@pytest.mark.parametrize("name", ["a:b.mkv", "it's [x]=1;2,3.mkv", "back\\slash.mkv", "100%.mkv", "-r.mkv"])
def test_paths_are_never_parsed(moving, tmp_path, monkeypatch, name):
    """Colons, quotes, brackets, backslashes, per cent signs and dashes in a relative path need no escaping."""
    encode(tmp_path / "plain.mkv", moving[0][:3]).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(list(vmafpy.VideoFile(name))) == 3


def test_standard_input(moving, tmp_path):
    """A video piped into the command line scores as the file does."""
    files = [encode(tmp_path / f"{k}.mkv", frames[:6]) for k, frames in enumerate(moving)]
    command = [sys.executable, "-m", "vmafpy", "score", "-r", str(files[0]), "-d", "-", "--json", str(tmp_path / "s")]
    with files[1].open("rb") as pipe:
        run = subprocess.run(command, stdin=pipe, capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    same(vmafpy.ScoreResult.from_json(tmp_path / "s"), vmafpy.score(reference=files[0], distorted=files[1]))


def test_images(tmp_path):
    """A pair of still images is scored, one frame; a sequence of them is a video."""
    rng = np.random.default_rng(1)
    for name, step in (("r", 1), ("d", 16)):
        with av.open(str(tmp_path / f"{name}%d.png"), "w", format="image2") as container:
            stream = container.add_stream("png", rate=25)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgb24"
            for _ in range(3):
                rgb = rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8) // step * step
                container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb)))
            container.mux(stream.encode(None))
    for form, n in (("1", 1), ("%d", 3)):
        result = vmafpy.score(
            reference=tmp_path / f"r{form}.png", distorted=tmp_path / f"d{form}.png", pix_fmt="yuv444p"
        )
        assert result.n_frames == n
        assert "rgb24 to yuv444p by swscale, BT.601, limited range" in result.provenance.conversion


def test_the_table_names_tests_that_exist():
    """docs/traps.md has the 35 traps in order, and every test it names is in the file it names."""
    rows = [line for line in (ROOT / "docs" / "traps.md").read_text().splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, 36))
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert named, row
        for path, test in named:
            assert f"def {test}(" in (ROOT / path).read_text(), f"{path}::{test}"
