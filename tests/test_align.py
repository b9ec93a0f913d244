"""Pairs: what cannot be compared is refused with both values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vmafpy.align import pairs
from vmafpy.errors import InputError, MismatchError, OptionError, VmafWarning
from vmafpy.frames import ArrayVideo, RawVideo


def video(n=3, width=16, height=16, dtype=np.uint8, pix_fmt=None):
    """Luma-only frames whose samples are the frame number."""
    return ArrayVideo([np.full((height, width), i, dtype) for i in range(n)], pix_fmt=pix_fmt)


def test_by_index():
    """Frame i meets frame i."""
    values = [(int(p.reference.planes[0][0, 0]), int(p.distorted.planes[0][0, 0])) for p in pairs(video(), video())]
    assert values == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("other", "match"),
    [
        (video(width=18), "sizes differ: reference 16x16, distorted 18x16"),
        (video(dtype=np.uint16, pix_fmt="gray10le"), r"bit depths differ: reference gray \(8 bits\).*10"),
        (ArrayVideo([[np.zeros((16, 16), np.uint8)] * 3]), "chroma formats differ: reference gray, distorted yuv444p"),
    ],
)
def test_forms_that_differ(other, match):
    """Size, depth and chroma format must agree."""
    with pytest.raises(MismatchError, match=match):
        next(pairs(video(), other))


@pytest.mark.parametrize(("ref", "dis", "short"), [(3, 5, "reference"), (5, 3, "distorted")])
def test_counts_that_differ(ref, dis, short):
    """Unequal counts raise after the common part, whichever is shorter; shortest=True takes the common part."""
    seen = []
    with pytest.raises(MismatchError, match=f"the {short} video ends after 3 frames"):
        seen.extend(pairs(video(ref), video(dis)))
    assert len(seen) == 3
    assert len(list(pairs(video(ref), video(dis), shortest=True))) == 3


def test_ranges(tmp_path):
    """Full against limited range is refused; full against unknown is warned of."""
    path = tmp_path / "a.yuv"
    path.write_bytes(bytes(16 * 16 * 3 // 2))
    full = RawVideo(path, width=16, height=16, pix_fmt="yuvj420p")
    limited = RawVideo(path, width=16, height=16, pix_fmt="yuvj420p")
    full.info = replace(full.info, color_range="full")
    limited.info = replace(limited.info, color_range="limited")
    with pytest.raises(MismatchError, match="reference full, distorted limited"):
        next(pairs(full, limited))
    limited.info = replace(limited.info, color_range=None)
    with pytest.warns(VmafWarning, match="full colour range"):
        next(pairs(full, limited))


def test_form_changes_mid_stream():
    """A frame of another size ends the pairing with its index."""
    frames = [np.zeros((16, 16), np.uint8), np.zeros((16, 16), np.uint8), np.zeros((16, 18), np.uint8)]
    with pytest.raises(MismatchError, match="frame 2 is 18x16 gray"):
        list(pairs(video(), ArrayVideo(frames)))


def timed(times, values=None):
    """Frames with presentation times, in seconds."""
    from fractions import Fraction

    from vmafpy.frames.array import frame_from_planes

    frames = []
    for i, time in enumerate(times):
        luma = np.full((16, 16), i if values is None else values[i], np.uint8)
        frame = frame_from_planes(luma, None, i, "timed")
        frames.append(replace(frame, time=Fraction(time).limit_denominator(90000)))
    return ArrayVideo(frames)


def numbers(paired):
    """Frame numbers of each pair."""
    return [(int(p.reference.planes[0][0, 0]), int(p.distorted.planes[0][0, 0])) for p in paired]


def test_by_time_holds_the_frame_on_screen():
    """50 against 25 frames/s: each distorted frame stands for two; starts may differ."""
    reference = timed([k / 50 for k in range(8)])
    distorted = timed([7 + k / 25 for k in range(4)])
    assert numbers(pairs(reference, distorted, by="time")) == [(k, k // 2) for k in range(8)]


def test_by_time_with_variable_rate():
    """A dropped frame leaves the one before on screen, and nothing after it shifts."""
    reference = timed([k / 25 for k in range(6)])
    distorted = timed([k / 25 for k in (0, 1, 3, 4, 5)], values=[0, 1, 3, 4, 5])
    assert numbers(pairs(reference, distorted, by="time")) == [(0, 0), (1, 1), (2, 1), (3, 3), (4, 4), (5, 5)]


def test_by_time_ends_with_the_distorted_video():
    """After the distorted video's last frame has had its time, nothing is paired."""
    reference = timed([k / 25 for k in range(6)])
    distorted = timed([k / 25 for k in range(3)])
    assert numbers(pairs(reference, distorted, by="time")) == [(0, 0), (1, 1), (2, 2)]


def test_by_time_needs_times():
    """Frames without times cannot be paired by them."""
    with pytest.raises(InputError, match="presentation times"):
        list(pairs(video(), video(), by="time"))


@pytest.mark.parametrize("offset", [-2, 0, 1])
def test_offset(offset):
    """Distorted frame i + offset meets reference frame i; the common part is paired."""
    found = numbers(pairs(video(5), video(5), offset=offset))
    assert found == [(i, i + offset) for i in range(5) if 0 <= i + offset < 5]


def test_range():
    """A half-open range of frames, of which the second video may be the shorter."""
    assert numbers(pairs(video(5), video(5), frames=(1, 3))) == [(1, 1), (2, 2)]
    assert numbers(pairs(video(5), video(4), frames=(1, 3))) == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("change", "error", "match", "accept"),
    [
        ({"transfer": "pq"}, InputError, "HDR", "hdr"),
        ({"interlaced": True}, InputError, "interlaced", "interlaced"),
        ({"matrix": "bt2020"}, MismatchError, "bt709.*bt2020", "matrix"),
    ],
)
def test_content_guards(change, error, match, accept):
    """HDR, interlaced and differently coded pictures are refused, with a way to insist."""
    reference, distorted = video(), video()
    reference.info = replace(reference.info, matrix="bt709")
    distorted.info = replace(distorted.info, matrix="bt709")
    distorted.info = replace(distorted.info, **change)
    with pytest.raises(error, match=match):
        next(pairs(reference, distorted))
    assert next(pairs(reference, distorted, accept={accept})).reference.index == 0
    with pytest.raises(OptionError, match="'anything' is unknown"):
        next(pairs(reference, distorted, accept={"anything"}))


def test_sample_aspect_is_warned_of():
    """Samples of unequal width look different on a screen: a warning, for the scores hold."""
    from fractions import Fraction

    distorted = video()
    distorted.info = replace(distorted.info, sample_aspect=Fraction(4, 3))
    with pytest.warns(VmafWarning, match="4/3"):
        next(pairs(video(), distorted))


def test_turned_pictures():
    """Frames that a player would turn differently are refused with both angles; of one angle they are compared."""
    upright = video()
    turned = ArrayVideo([replace(frame, rotation=90) for frame in upright])
    with pytest.raises(MismatchError, match="reference by 0 and the distorted video by 90 degrees"):
        next(pairs(upright, turned))
    assert len(list(pairs(upright, turned, accept={"rotation"}))) == 3
    assert len(list(pairs(turned, turned))) == 3
