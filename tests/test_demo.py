"""The demo on a few frames: real clip, real encoder, a table whose numbers are measured."""

from __future__ import annotations

import pytest

from vmafpy import demo


def test_sharpening_opens_the_gap(clips):
    """On Big Buck Bunny at CRF 23 sharpening raises VMAF, lowers NEG, and costs bits; the sentence says so."""
    rows = list(demo.run(["bigbuckbunny"], [23], n_frames=10))
    plain, sharp = rows
    assert (plain.sharpened, sharp.sharpened) == (False, True)
    assert sharp.vmaf > plain.vmaf + 2
    assert sharp.neg < plain.neg - 2
    assert sharp.kbps > plain.kbps
    text = demo.conclusion(rows)
    assert f"from {plain.vmaf:.1f} to {sharp.vmaf:.1f}" in text
    assert f"from {plain.gap:.1f} to {sharp.gap:.1f}" in text


def test_unknown_clip(clips):
    """A clip the wheel does not carry is refused with those it has."""
    with pytest.raises(demo.VmafError, match="bigbuckbunny"):
        demo.demo_clip("nonsense")
