"""score() and Scorer: every way in gives the same numbers, and an error loses none."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import vmafpy
from vmafpy.errors import (
    ClosedError,
    InvalidModelError,
    MismatchError,
    OptionError,
    PendingScoreError,
    PictureSizeError,
    SequenceError,
    UnknownFeatureError,
)

WIDTH, HEIGHT = 96, 64


def planes(n, *, noise, seed=3):
    """Seeded 4:2:0 frames of a moving texture; *noise* is added to the second result."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    out = []
    for i in range(n):
        luma = 128 + 60 * np.sin((x + 2 * i) / 5) * np.cos(y / 7) + rng.normal(0, noise, (HEIGHT, WIDTH))
        chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
        out.append([np.clip(luma, 0, 255).astype(np.uint8), chroma, chroma])
    return out


@pytest.fixture(scope="module")
def pair():
    """Eight frames, and the same after a blur over seven columns that costs detail."""
    reference = planes(8, noise=6)
    distorted = []
    for y, cb, cr in reference:
        wide = np.pad(y.astype(float), ((0, 0), (3, 3)), mode="edge")
        distorted.append([np.mean([wide[:, k : k + WIDTH] for k in range(7)], axis=0).astype(np.uint8), cb, cr])
    return reference, distorted


@pytest.fixture(scope="module")
def expected(pair):
    """Scores of the pair, one thread."""
    return vmafpy.score(reference=pair[0], distorted=pair[1], n_threads=0)


def same(a, b):
    """Equal doubles in every column."""
    left, right = a.columns(), b.columns()
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_threads_change_no_bit(pair, expected, n_threads):
    """The same doubles with any number of workers."""
    same(vmafpy.score(reference=pair[0], distorted=pair[1], n_threads=n_threads), expected)


def test_every_way_in(pair, expected, tmp_path):
    """Numpy planes, PyAV frames, raw files, a lossless mkv and pushed frames give the same doubles."""
    import av

    def to_av(frame):
        picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, samples in zip(picture.planes, frame, strict=True):
            rows = np.zeros((plane.height, plane.line_size), np.uint8)
            rows[:, : plane.width] = samples
            plane.update(rows.tobytes())
        return picture

    pictures = [[to_av(frame) for frame in video] for video in pair]
    same(vmafpy.score(reference=pictures[0], distorted=pictures[1]), expected)

    raw = []
    files = []
    for name, video, frames in zip("rd", pair, pictures, strict=True):
        path = tmp_path / f"{name}.yuv"
        path.write_bytes(b"".join(plane.tobytes() for frame in video for plane in frame))
        raw.append(vmafpy.RawVideo(path, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p"))
        path = tmp_path / f"{name}.mkv"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            for frame in frames:
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        files.append(path)
    same(vmafpy.score(reference=raw[0], distorted=raw[1]), expected)
    same(vmafpy.score(reference=files[0], distorted=str(files[1])), expected)

    with vmafpy.Scorer(width=WIDTH, height=HEIGHT, pix_fmt="yuv420p") as scorer:
        for reference, distorted in zip(*pair, strict=True):
            scorer.push(reference, distorted, copy=True)
        same(scorer.finish(), expected)


def test_frames_are_shared_and_counted(expected):
    """No frame of tight numpy planes is copied, and provenance says so."""
    facts = expected.provenance
    assert (facts.frames_shared, facts.frames_copied, facts.n_frames) == (16, 0, 8)
    assert facts.library == "embedded"
    assert [m["id"] for m in facts.models] == ["vmaf_v0.6.1", "vmaf_v0.6.1neg"]
    assert (facts.width, facts.height, facts.pix_fmt, facts.bit_depth) == (WIDTH, HEIGHT, "yuv420p", 8)


def test_copied_frames_may_be_overwritten(pair, expected):
    """With copy=True one buffer can serve all frames, and provenance counts the copies."""
    buffers = [[plane.copy() for plane in video[0]] for video in pair]
    with vmafpy.Scorer(width=WIDTH, height=HEIGHT, pix_fmt="yuv420p", n_threads=2) as scorer:
        for frames in zip(*pair, strict=True):
            for buffer, frame in zip(buffers, frames, strict=True):
                for target, plane in zip(buffer, frame, strict=True):
                    target[...] = plane
            scorer.push(*buffers, copy=True)
        result = scorer.finish()
    same(result, expected)
    assert result.provenance.frames_copied == 16


def test_subsampling(pair, expected):
    """Every third frame is scored, with motion over all frames: the values are those of the full run."""
    result = vmafpy.score(reference=pair[0], distorted=pair[1], n_subsample=3)
    assert result.indices.tolist() == [0, 3, 6]
    np.testing.assert_array_equal(result.models["neg"].values, expected.models["neg"].values[::3])


def test_neg_of_default_equals_neg_file(pair, expected):
    """The NEG form made by overloading gives the very scores of the NEG model file."""
    made = vmafpy.load_model("default", neg=True)
    result = vmafpy.score(reference=pair[0], distorted=pair[1], models=made)
    np.testing.assert_array_equal(result.models["neg"].values, expected.models["neg"].values)


def test_bootstrap_interval(pair):
    """The main score, the spread and an interval that holds the bagging score."""
    scores = vmafpy.score(reference=pair[0], distorted=pair[1], models="b").models["b"]
    assert (scores.stddev > 0).all()
    assert (scores.ci95_low < scores.bagging).all()
    assert (scores.bagging < scores.ci95_high).all()
    assert scores.ci95.low == pytest.approx(scores.ci95_low.mean(), rel=1e-12)


def test_features_and_options(pair, expected):
    """A feature with options stands beside the one of the model, under libvmaf's names."""
    limited = vmafpy.score(
        reference=pair[0], distorted=pair[1], models=(), features=["vif", "vif:vif_enhn_gain_limit=1"]
    )
    assert {"integer_vif_scale0", "integer_vif_scale0_egl_1"} <= set(limited.features)
    np.testing.assert_array_equal(
        limited.features["integer_vif_scale0_egl_1"].values, expected.features["integer_vif_scale0_egl_1"].values
    )
    with pytest.raises(vmafpy.VmafError, match="no model"):
        _ = limited.vmaf


def test_scores_become_final_one_frame_late(pair, expected):
    """Motion looks one frame ahead: frame i is final once i + 1 was pushed, and result() holds those so far."""
    with vmafpy.Scorer(width=WIDTH, height=HEIGHT, pix_fmt="yuv420p", n_threads=0) as scorer:
        for i, frames in enumerate(zip(*pair, strict=True)):
            assert scorer.push(*frames) == i
            if i:
                assert scorer.score(i - 1) == expected.models["vmaf_v0.6.1"].values[i - 1]
                assert scorer.result().n_frames == i
                with pytest.raises(PendingScoreError):
                    scorer.score(i, "neg")


def test_an_error_loses_nothing(pair, expected):
    """A frame of another size is refused; the scorer goes on, and after close the scores are still there."""
    scorer = vmafpy.Scorer(width=WIDTH, height=HEIGHT, pix_fmt="yuv420p", n_threads=2)
    for i in range(5):
        scorer.push(pair[0][i], pair[1][i])
    small = [plane[:32, :48] for plane in pair[0][5]]
    small[1:] = [plane[:16, :24] for plane in small[1:]]
    with pytest.raises(MismatchError, match="frame 5 is 48x32 yuv420p; this scorer takes 96x64"):
        scorer.push(small, pair[1][5])
    for i in range(5, 8):
        scorer.push(pair[0][i], pair[1][i])
    same(scorer.finish(), expected)
    scorer.close()
    scorer.close()
    same(scorer.result(), expected)
    with pytest.raises(ClosedError):
        scorer.push(pair[0][0], pair[1][0])


def test_unequal_counts_keep_the_common_part(pair, expected):
    """The error of unequal counts carries the scores of the common part."""
    with pytest.raises(MismatchError, match="the distorted video ends after 6 frames") as caught:
        vmafpy.score(reference=pair[0], distorted=pair[1][:6])
    partial = caught.value.partial
    assert partial.n_frames == 6
    np.testing.assert_array_equal(partial.models["neg"].values[:5], expected.models["neg"].values[:5])
    result = vmafpy.score(reference=pair[0], distorted=pair[1][:6], shortest=True)
    np.testing.assert_array_equal(result.models["neg"].values, partial.models["neg"].values)


def test_interrupt_keeps_the_scores(pair):
    """Ctrl-C leaves the scores so far on the exception and no worker behind."""

    def frames():
        yield from pair[1][:4]
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt) as caught:
        vmafpy.score(reference=pair[0], distorted=frames())
    assert caught.value.partial.n_frames == 4
    assert threading.active_count() == before


def test_progress_is_told(pair):
    """A function sees every frame and the total."""
    seen = []
    vmafpy.score(reference=pair[0], distorted=pair[1], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 8) for i in range(1, 9)]


def test_out_of_order_use(pair):
    """finish() without frames, push() after finish(), and misplaced questions are errors of their own."""
    scorer = vmafpy.Scorer(width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
    with pytest.raises(SequenceError, match="no frame"):
        scorer.finish()
    scorer.push(pair[0][0], pair[1][0])
    with pytest.raises(OptionError, match="'4k' is not scored here"):
        scorer.score(0, "4k")
    scorer.finish()
    with pytest.raises(SequenceError, match="new Scorer"):
        scorer.push(pair[0][1], pair[1][1])
    scorer.close()


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"models": ()}, OptionError, "nothing to score"),
        ({"features": ["nonsense"]}, UnknownFeatureError, "nonsense"),
        ({"features": ["vif:nonsense=1"]}, OptionError, "nonsense"),
        ({"features": ["vif:vif_enhn_gain_limit=nan"]}, OptionError, "vif_enhn_gain_limit"),
        ({"features": ["vif:vif_enhn_gain_limit=200"]}, OptionError, "100"),
        ({"features": ["vif:"]}, OptionError, "no option=value"),
        ({"n_subsample": 0}, OptionError, "n_subsample is 0"),
        ({"n_threads": -1}, OptionError, "n_threads is -1"),
    ],
)
def test_bad_options(arguments, error, match):
    """Each bad option is refused before any frame is read, with its value."""
    with pytest.raises(error, match=match):
        vmafpy.Scorer(width=WIDTH, height=HEIGHT, pix_fmt="yuv420p", **arguments)


def test_small_pictures():
    """Pictures below a model's least size are refused with their size, never a crash."""
    tiny = [np.zeros((16, 16), np.uint8)]
    with pytest.raises(PictureSizeError, match=r"16 x 16.*33 x 33"):
        vmafpy.score(reference=tiny, distorted=tiny)


def test_two_models_of_one_name(tmp_path):
    """Two different models under one key are refused; another key makes them both usable."""
    from vmafpy.models import model_directory

    copy = tmp_path / "vmaf_v0.6.1.json"
    copy.write_bytes((model_directory() / "vmaf_4k_v0.6.1.json").read_bytes())
    with pytest.raises(OptionError, match=r"two different models are called 'vmaf_v0\.6\.1'"):
        vmafpy.Scorer(width=WIDTH, height=HEIGHT, pix_fmt="gray", models=["vmaf_v0.6.1", copy])


def test_broken_model_file(tmp_path):
    """A document that only the engine can see is broken is an InvalidModelError too."""
    from vmafpy.models import model_directory

    text = (model_directory() / "vmaf_v0.6.1.json").read_text()
    broken = tmp_path / "broken.json"
    broken.write_text(text.replace("nu_svr", "nu_svx"))
    with pytest.raises(InvalidModelError, match=r"broken\.json"):
        vmafpy.Scorer(width=WIDTH, height=HEIGHT, pix_fmt="gray", models=broken)


def test_swapped_arguments_are_noticed(pair):
    """A distorted video with more fine detail than its reference raises a warning that asks."""
    with pytest.warns(vmafpy.VmafWarning, match="swapped"):
        result = vmafpy.score(reference=pair[1], distorted=pair[0])
    assert any("swapped" in message for message in result.warnings)
    fine = vmafpy.score(reference=pair[0], distorted=pair[1])
    assert not any("swapped" in message for message in fine.warnings)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_the_greatest_detail_is_measured(bits):
    """Columns that alternate between black and the highest code have four times the detail of a quarter of it."""
    peak = (1 << bits) - 1
    columns = np.tile(np.array([0, peak & ~3], np.uint8 if bits == 8 else np.uint16), (HEIGHT, WIDTH // 2))
    pix_fmt = "gray" if bits == 8 else f"gray{bits}le"
    reference, distorted = (vmafpy.ArrayVideo([p] * 3, pix_fmt=pix_fmt) for p in (columns // 4, columns))
    with pytest.warns(vmafpy.VmafWarning, match=r"has 4\.00 times the fine detail"):
        vmafpy.score(reference=reference, distorted=distorted, models=(), features="float_moment")


def test_two_scorers_in_two_threads(pair, expected):
    """Scorers do not share state."""
    results = [None, None]

    def work(k):
        with vmafpy.Scorer(width=WIDTH, height=HEIGHT, pix_fmt="yuv420p", n_threads=1) as scorer:
            for frames in zip(*pair, strict=True):
                scorer.push(*frames)
            results[k] = scorer.finish()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        same(result, expected)


def test_promotion_to_ten_bits(pair):
    """bit_depth=10 scores the samples times four, exactly as 10-bit planes of those values, and says so."""
    wide = [[[plane.astype(np.uint16) << 2 for plane in frame] for frame in video] for video in pair]
    videos = [vmafpy.ArrayVideo(video, pix_fmt="yuv420p10le") for video in wide]
    expected = vmafpy.score(reference=videos[0], distorted=videos[1])
    result = vmafpy.score(reference=pair[0], distorted=pair[1], bit_depth=10)
    same(result, expected)
    assert result.provenance.conversion == "8 to 10 bits by left shift"
    assert (result.provenance.pix_fmt, result.provenance.bit_depth) == ("yuv420p10le", 10)
    with pytest.raises(vmafpy.VmafError, match="would lose"):
        vmafpy.score(reference=videos[0], distorted=videos[1], bit_depth=8)
