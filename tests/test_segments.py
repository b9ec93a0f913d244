"""Parts of a video: a range scores as in the whole run, and segments join to it, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_scoring import HEIGHT, WIDTH, planes, same

import vmafpy
from vmafpy.errors import InputError, OptionError

MODELS = ("vmaf_v0.6.1", "neg", "b")
# the widest temporal reach: two frames back, averaged with the one before
FEATURES = ("motion:motion_five_frame_window=true:motion_moving_average=true", "psnr")


@pytest.fixture(scope="module")
def video():
    """Twenty frames with noise that grows and falls."""
    reference = planes(20, noise=4)
    rng = np.random.default_rng(9)
    distorted = []
    for i, (y, cb, cr) in enumerate(reference):
        noise = rng.normal(0, i % 7 / 4, (HEIGHT, WIDTH))
        soft = np.mean([np.roll(y.astype(float), k, 1) for k in range(-3, 4)], axis=0)
        distorted.append([np.clip(soft + noise, 0, 255).astype(np.uint8), cb, cr])
    return reference, distorted


def run(video, **arguments):
    """Score with all models and the temporal features."""
    return vmafpy.score(reference=video[0], distorted=video[1], models=MODELS, features=FEATURES, **arguments)


@pytest.fixture(scope="module")
def whole(video):
    """The unsplit result."""
    return run(video)


@pytest.mark.parametrize(("first", "end"), [(0, 5), (0, 1), (1, 2), (3, 11), (7, None), (19, 20)])
def test_a_range_scores_as_in_the_whole_run(video, whole, first, end):
    """Frames around the range are read for motion, so its scores are the unsplit run's doubles."""
    part = run(video, frames=(first, end))
    assert part.indices.tolist() == list(range(first, end or 20))
    same(part, whole.window(first, end))
    assert part.provenance.pairing == f"by index, frames {first}:{end or ''}"


def test_segments_join_to_the_whole(video, whole):
    """Three segments, joined in any order, are the unsplit run."""
    parts = [run(video, frames=bounds) for bounds in ((13, 20), (0, 6), (6, 13))]
    joined = vmafpy.ScoreResult.join(parts)
    same(joined, whole)
    assert joined.provenance.pairing == "3 segments joined"


def test_ranges_with_subsampling(video):
    """The scored frames are the multiples of n of the whole video, not of the range."""
    whole = run(video, n_subsample=3)
    part = run(video, n_subsample=3, frames=(5, 14))
    assert part.indices.tolist() == [6, 9, 12]
    same(part, whole.window(5, 14))


def test_segments_that_do_not_fit(video, whole):
    """Overlapping segments and segments of other models are refused."""
    with pytest.raises(InputError, match="frame 4 is in two"):
        vmafpy.ScoreResult.join([whole.window(0, 6), whole.window(4, 9)])
    other = replace(whole.window(6, 9), provenance=replace(whole.provenance, bit_depth=10))
    with pytest.raises(InputError, match="bit_depth is 8 in one and 10"):
        vmafpy.ScoreResult.join([whole.window(0, 6), other])


@pytest.mark.parametrize("frames", [(5, 5), (-1, 3), (30, 40)])
def test_no_range(video, frames):
    """Empty, negative and absent ranges are errors."""
    with pytest.raises(OptionError, match="frames"):
        run(video, frames=frames)


def test_worst_frames(whole):
    """The lowest scores first; with a distance, one per bad moment."""
    values = whole.models["neg"].values
    worst = whole.worst(3, model="neg")
    assert [frame for frame, _ in worst] == np.argsort(values)[:3].tolist()
    spread = whole.worst(3, model="neg", apart=5)
    assert all(abs(a - b) >= 5 for (a, _) in spread for (b, _) in spread if a != b)
