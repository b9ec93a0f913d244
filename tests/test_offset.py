"""The offset search on real clips, re-encoded hard, and its refusal of unrelated ones."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import vmafpy
from vmafpy.errors import MismatchError, OptionError

sys.path.insert(0, str(Path(__file__).resolve().parent / "parity"))

from judge import real_pair


@pytest.fixture(scope="module")
def videos(clips):
    """Sixty frames of two clips, and their encodes at CRF 35."""
    return {
        name: real_pair(clips[name], size=(320, 180), pix_fmt="yuv420p", crf=35, n_frames=60)
        for name in ("bigbuckbunny", "bikes")
    }


@pytest.mark.parametrize("name", ["bigbuckbunny", "bikes"])
def test_every_shift_is_found(videos, name):
    """All shifts of -12 to 12 frames, with a confidence above a half."""
    source, encoded = videos[name]
    for shift in range(-12, 13):
        reference = source[max(0, -shift) :][:48]
        distorted = encoded[max(0, shift) :][:48]
        found = vmafpy.find_offset(reference=reference, distorted=distorted)
        assert found.frames == -shift
        assert found.confidence > 0.5


def test_unrelated_videos_are_refused(videos):
    """One clip against another: it says it cannot, with the correlation."""
    with pytest.raises(MismatchError, match=r"no offset from -\d+ to \d+ makes the videos look alike"):
        vmafpy.find_offset(reference=videos["bikes"][0], distorted=videos["bigbuckbunny"][1])


def test_size_and_depth_do_not_matter(videos):
    """A half-size 10-bit copy is found at its offset."""
    source, encoded = videos["bikes"]
    small = [frame.reformat(160, 90, "yuv420p10le") for frame in encoded[5:50]]
    assert vmafpy.find_offset(reference=source, distorted=small).frames == -5


def test_score_with_automatic_offset(videos):
    """offset="auto" pairs the right frames, and provenance says which offset it was."""
    source, encoded = videos["bikes"]
    straight = vmafpy.score(reference=source[:40], distorted=encoded[:40])
    shifted = vmafpy.score(reference=source[:40], distorted=encoded[3:40], offset="auto")
    assert shifted.provenance.pairing == "by index, offset -3"
    np.testing.assert_allclose(shifted.models["neg"].values[1:], straight.models["neg"].values[4:], rtol=0, atol=1e-9)


def test_useless_arguments():
    """Nothing to search is an error of its own."""
    frames = [np.zeros((32, 32), np.uint8)] * 2
    with pytest.raises(OptionError, match="n_frames=1"):
        vmafpy.find_offset(reference=frames, distorted=frames, n_frames=1)
    with pytest.raises(MismatchError, match="2 and 2 frames"):
        vmafpy.find_offset(reference=frames, distorted=frames)
