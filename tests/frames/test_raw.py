"""Raw video: the samples of the file, in place."""

from __future__ import annotations

import numpy as np
import pytest

from vmafpy import VmafError
from vmafpy.errors import MediaError, UnsupportedFormatError
from vmafpy.frames import PIXEL_FORMATS, RawVideo


def write(path, fmt, width, height, count, seed=1):
    """A raw file of random samples; returns its planes, frame by frame."""
    rng = np.random.default_rng(seed)
    frames = []
    with open(path, "wb") as file:
        for _ in range(count):
            planes = [
                rng.integers(0, 1 << fmt.bit_depth, shape).astype(fmt.dtype)
                for shape in fmt.plane_shapes(width, height)
            ]
            for plane in planes:
                file.write(plane.tobytes())
            frames.append(planes)
    return frames


@pytest.mark.parametrize("name", sorted(PIXEL_FORMATS))
def test_every_format_reads_back(tmp_path, name):
    """Planes come back as written, odd sizes included, for every format that can be scored."""
    path = tmp_path / "clip.yuv"
    written = write(path, PIXEL_FORMATS[name], 17, 9, 3)
    source = RawVideo(path, width=17, height=9, pix_fmt=name, fps=25)
    assert source.info.n_frames == 3
    frames = list(source)
    assert [float(f.time) for f in frames] == [0, 0.04, 0.08]
    for frame, planes in zip(frames, written, strict=True):
        for got, want in zip(frame.planes, planes, strict=True):
            np.testing.assert_array_equal(got, want)


def test_frames_share_the_mapping(tmp_path):
    """No sample is copied: the planes' memory is the mapped file, Y, Cb and Cr back to back."""
    path = tmp_path / "clip.yuv"
    write(path, PIXEL_FORMATS["yuv420p"], 16, 8, 2)
    first, second = RawVideo(path, width=16, height=8, pix_fmt="yuv420p")
    y, cb, cr = (plane.__array_interface__["data"][0] for plane in first.planes)
    assert (cb - y, cr - cb) == (128, 32)
    assert second.planes[0].__array_interface__["data"][0] - y == 192


@pytest.mark.parametrize(
    ("size", "match"),
    [
        (0, "is empty"),
        (191, r"191 bytes: 0 frames of 16x8 yuv420p \(192 bytes each\) and 191"),
        (193, "1 frames.*and 1 bytes"),
    ],
)
def test_wrong_size(tmp_path, size, match):
    """A file that is no whole number of frames is refused, with the figures."""
    path = tmp_path / "clip.yuv"
    path.write_bytes(bytes(size))
    with pytest.raises(MediaError, match=match):
        RawVideo(path, width=16, height=8, pix_fmt="yuv420p")


@pytest.mark.parametrize("name", ["rgb24", "yuva420p", "nv12", "p010le", "yuv420p10be", "nonsense"])
def test_unsupported_format(tmp_path, name):
    """A format that would need a conversion is refused by name."""
    with pytest.raises(UnsupportedFormatError, match=name):
        RawVideo(tmp_path / "clip.yuv", width=16, height=8, pix_fmt=name)


def test_missing_file(tmp_path):
    """A missing file is one clear error."""
    with pytest.raises(VmafError, match=r"nowhere\.yuv: No such file"):
        RawVideo(tmp_path / "nowhere.yuv", width=16, height=8, pix_fmt="gray")
