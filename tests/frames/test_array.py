"""Frames from memory: shapes tell the chroma format, the depth of 16-bit words is never guessed."""

from __future__ import annotations

import numpy as np
import pytest

from vmafpy.errors import InputError, MediaError, MismatchError, UnsupportedFormatError
from vmafpy.frames import ArrayVideo, open_source


def planes(chroma, dtype=np.uint8, width=10, height=6):
    """Zero planes of a chroma format."""
    shapes = {"420": (3, 5), "422": (6, 5), "444": (6, 10)}[chroma]
    return [np.zeros((height, width), dtype), np.zeros(shapes, dtype), np.zeros(shapes, dtype)]


@pytest.mark.parametrize("chroma", ["420", "422", "444"])
def test_format_from_shapes(chroma):
    """uint8 planes name their own format."""
    assert ArrayVideo([planes(chroma)]).info.format.name == f"yuv{chroma}p"


def test_luma_alone():
    """A 2-D array is a luma-only frame, not copied."""
    luma = np.arange(60, dtype=np.uint8).reshape(6, 10)
    (frame,) = ArrayVideo([luma])
    assert frame.format.name == "gray"
    assert frame.planes[0] is luma


def test_iterator_is_read_once_and_whole():
    """Looking at the first frame of a generator does not lose it."""
    source = ArrayVideo(np.full((4, 4), i, np.uint8) for i in range(5))
    assert [int(f.planes[0][0, 0]) for f in source] == [0, 1, 2, 3, 4]


def test_depth_is_never_guessed():
    """uint16 needs a stated format, and takes it."""
    with pytest.raises(UnsupportedFormatError, match=r"pix_fmt='yuv420p10le'"):
        ArrayVideo([planes("420", np.uint16)])
    assert ArrayVideo([planes("420", np.uint16)], pix_fmt="yuv420p12le").info.format.bit_depth == 12


@pytest.mark.parametrize(
    ("frames", "error", "match"),
    [
        ([], MediaError, "no frame"),
        ([np.zeros((4, 4, 3), np.uint8)], InputError, r"ndarray\(4, 4, 3\).*RGB"),
        ([np.zeros((4, 4))], UnsupportedFormatError, "float64"),
        ([[np.zeros((4, 4), np.uint8), np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.uint8)]], InputError, "1x1"),
    ],
)
def test_refused(frames, error, match):
    """What is no frame is refused with its shape or type."""
    with pytest.raises(error, match=match):
        ArrayVideo(frames)


def test_stated_format_must_fit():
    """Planes that contradict the stated format are refused."""
    with pytest.raises(MismatchError, match="4:2:2 planes of uint8, not yuv420p"):
        ArrayVideo([planes("422")], pix_fmt="yuv420p")


def test_open_source_refuses_what_is_no_video():
    """A number is no video."""
    with pytest.raises(InputError, match="int is no video"):
        open_source(7)
