"""Pairs: what cannot be compared is refused with both values."""

from __future__ import annotations

import numpy as np
import pytest

from vmafpy.align import pairs
from vmafpy.errors import MismatchError, VmafWarning
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
    from dataclasses import replace

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
