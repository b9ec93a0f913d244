"""Several distorted videos against one reference: the numbers of each video's own run, whatever befalls the others."""

from __future__ import annotations

import gc
import itertools
import weakref

import av
import numpy as np
import pytest

import vmafpy
from vmafpy.errors import ClosedError, InputError, MediaError, MismatchError, OptionError, SequenceError, VmafError
from vmafpy.frames.shared import SharedFrames

WIDTH, HEIGHT, N = 96, 64, 12
ALL = {"models": ["vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_b_v0.6.3", "vmaf_float_v0.6.1"], "features": ["psnr", "ciede"]}


def texture(n, seed=3):
    """Seeded 4:2:0 frames, no two alike."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    grain = rng.normal(0, 6, (n, HEIGHT, WIDTH))
    luma = [128 + 60 * np.sin((x + 2 * i * i) / 5) * np.cos((y + i) / 7) + grain[i] for i in range(n)]
    chroma = [np.full((HEIGHT // 2, WIDTH // 2), 110 + i, np.uint8) for i in range(n)]
    return [[np.clip(y, 0, 255).astype(np.uint8), c, c] for y, c in zip(luma, chroma, strict=True)]


def blurred(frames, columns):
    """The frames with their luma averaged over an odd number of columns."""
    out = []
    for luma, cb, cr in frames:
        wide = np.pad(luma.astype(float), ((0, 0), (columns // 2, columns // 2)), mode="edge")
        parts = [wide[:, k : k + luma.shape[1]] for k in range(columns)]
        out.append([np.mean(parts, axis=0).astype(luma.dtype), cb, cr])
    return out


REFERENCE = texture(N)
DISTORTED = [blurred(REFERENCE, step) for step in (3, 5, 9)]


def source(frames, label="frames"):
    return vmafpy.ArrayVideo(frames, label=label)


def same(a, b):
    """Equal doubles in every column, and equal facts but for time and what was asked of threads."""
    left, right = a.columns(), b.columns()
    assert left.keys() == right.keys()
    assert left
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)
    assert a.aggregates == b.aggregates
    assert a.warnings == b.warnings
    assert a.provenance == b.provenance


def each_alone(reference, distorted, **options):
    return [vmafpy.score(reference=reference, distorted=video, **options) for video in distorted]


def alike(reference, distorted, **options):
    """Scored together and alone: the same."""
    together = vmafpy.score(reference=reference, distorted=distorted, **options)
    assert isinstance(together, list)
    for one, own in zip(together, each_alone(reference, distorted, **options), strict=True):
        same(one, own)
    return together


@pytest.mark.parametrize("n_threads", [0, 1, 3])
@pytest.mark.parametrize("n_subsample", [1, 3])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_numbers_of_their_own_runs(n, n_threads, n_subsample):
    """Standard, NEG, bootstrap and float models and features at any number of videos, threads and subsampling."""
    distorted = [source(frames) for frames in DISTORTED[:n]]
    results = alike(source(REFERENCE), distorted, n_threads=n_threads, n_subsample=n_subsample, **ALL)
    scores = [result.vmaf for result in results]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == n


def test_v1_models_and_aggregates():
    """A v1 model at 10 bits, and values of the whole sequence."""
    rng = np.random.default_rng(1)
    reference = [
        [rng.integers(0, 256, (h, w), np.uint8) for h, w in ((240, 320), (120, 160), (120, 160))] for _ in "123"
    ]
    distorted = [source(blurred(reference, step)) for step in (3, 5)]
    options = {"features": ["psnr:enable_apsnr=true", "float_ms_ssim", "psnr_hvs"], "bit_depth": 10}
    results = alike(source(reference), distorted, models=["vmaf_v1.0.16_3d0h"], **options)
    assert all(result.aggregates for result in results)


def test_with_a_libvmaf(libvmaf_path):
    """With a libvmaf, which knows no shared reference, the numbers are those of its own runs too."""
    alike(source(REFERENCE), [source(d) for d in DISTORTED], library=libvmaf_path, n_threads=2)


def write(path, frames, rate=25):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.width, stream.height, stream.pix_fmt = frames[0][0].shape[1], frames[0][0].shape[0], "yuv420p"
        for planes in frames:
            picture = av.VideoFrame(stream.width, stream.height, "yuv420p")
            for plane, samples in zip(picture.planes, planes, strict=True):
                rows = np.zeros((plane.height, plane.line_size), np.uint8)
                rows[:, : plane.width] = samples
                plane.update(rows.tobytes())
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The reference, the distorted videos, and the first of these at half the size, as files."""
    folder = tmp_path_factory.mktemp("videos")
    small = [[plane[::2, ::2].copy() for plane in frame] for frame in DISTORTED[0]]
    videos = [REFERENCE, *DISTORTED, small]
    return [write(folder / f"{k}.mkv", frames) for k, frames in enumerate(videos)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"frames": (3, 8)},
        {"frames": (9, None), "n_subsample": 3},
        {"scale": (64, 48)},
        {"scale": "reference"},
        {"crop": vmafpy.Crop(64, 48, 16, 8), "bit_depth": 10},
        {"crop": "black-bars"},
        {"pix_fmt": "yuv444p"},
        {"pairing": "time"},
        {"offset": 2},
        {"offset": -3},
        {"bit_depth": "common", "n_threads": 0},
    ],
    ids=str,
)
def test_files(files, options):
    """Files, with everything that may be done to them first."""
    reference, *distorted = files
    if options.get("scale") is None:
        distorted.pop()
    alike(reference, tuple(distorted), **options)


def test_reference_is_decoded_once(files):
    """The reference is read once, and converted once, however many videos are compared with it."""
    taken = itertools.count()

    class Counted:
        def __init__(self):
            self.info = source(REFERENCE).info

        def __iter__(self):
            for frame in source(REFERENCE):
                next(taken)
                yield frame

        def close(self):
            pass

    vmafpy.score(reference=Counted(), distorted=files[1:4], scale=(64, 48))
    assert next(taken) == N


def test_offsets_of_their_own(tmp_path):
    """Each video has an offset of its own with "auto": videos that begin at other frames are scored in passes."""
    long = texture(30)
    reference = write(tmp_path / "reference.mkv", long[4:])
    starts = [0, 4, 6, 0, 1]  # later than the reference, with it, or earlier
    distorted = [write(tmp_path / f"{k}.mkv", blurred(long[start:], 3 + 2 * k)) for k, start in enumerate(starts)]
    results = alike(reference, distorted, offset="auto")
    assert [result.provenance.offset for result in results] == [4 - start for start in starts]


def test_depths_of_their_own(tmp_path):
    """With bit_depth="common" each video has the depth of its pair, as alone."""
    deep = [[plane.astype(np.uint16) << 2 for plane in frame] for frame in DISTORTED[1]]
    distorted = [source(DISTORTED[0]), vmafpy.ArrayVideo(deep, pix_fmt="yuv420p10le"), source(DISTORTED[2])]
    results = alike(source(REFERENCE), distorted, bit_depth="common")
    assert [result.provenance.bit_depth for result in results] == [8, 10, 8]


@pytest.mark.parametrize("n_threads", [0, 2])
def test_unequal_lengths(n_threads):
    """With shortest=True each video's result covers what it has in common with the reference."""
    distorted = [source(frames[:n]) for frames, n in zip(DISTORTED, (5, N, 1), strict=True)]
    results = alike(source(REFERENCE), distorted, shortest=True, n_threads=n_threads)
    assert [result.n_frames for result in results] == [5, N, 1]
    distorted = [source([*DISTORTED[0], *DISTORTED[1]]), source(DISTORTED[1][:7])]
    alike(source(REFERENCE), distorted, shortest=True, n_threads=n_threads)


class Failing:
    """A video that breaks off."""

    def __init__(self, frames, error):
        self.info, self._frames, self._error = source(frames).info, frames, error

    def __iter__(self):
        yield from source(self._frames)
        raise self._error

    def close(self):
        pass


def test_one_fails():
    """The others are scored to their end; the error has all results, and those of the video that failed."""
    broken = MediaError("cut short")
    distorted = [source(DISTORTED[0]), Failing(DISTORTED[1][:5], broken), source(DISTORTED[2][:8])]
    with pytest.raises(MediaError, match="cut short") as caught:
        vmafpy.score(reference=source(REFERENCE), distorted=distorted)
    assert caught.value is broken
    assert [result.n_frames for result in broken.partials] == [N, 5, 8]
    assert broken.partial is broken.partials[1]
    same(broken.partials[0], each_alone(source(REFERENCE), distorted[:1])[0])
    own = each_alone(
        source(REFERENCE), [source(frames[:n]) for frames, n in ((DISTORTED[1], 5), (DISTORTED[2], 8))], shortest=True
    )
    for part, whole in zip(broken.partials[1:], own, strict=True):
        for name, column in whole.columns().items():
            np.testing.assert_array_equal(part.columns()[name], column, err_msg=name)


def test_lengths_that_differ_are_an_error_as_alone():
    """Without shortest=True a short video is an error, raised once the others are done."""
    with pytest.raises(MismatchError, match="distorted video ends after 8 frames") as caught:
        vmafpy.score(reference=source(REFERENCE), distorted=[source(DISTORTED[0]), source(DISTORTED[1][:8])])
    assert [result.n_frames for result in caught.value.partials] == [N, 8]


def test_reference_fails():
    """An error of the reference ends all, and what was scored is there."""
    broken = MediaError("no more")
    with pytest.raises(MediaError) as caught:
        vmafpy.score(reference=Failing(REFERENCE[:4], broken), distorted=[source(d) for d in DISTORTED])
    assert caught.value is broken
    assert [result.n_frames for result in broken.partials] == [4, 4, 4]


def test_other_errors_keep_the_scores():
    """An error that is not ours, and an interrupt, leave the scores so far."""
    for kind in (KeyboardInterrupt, ZeroDivisionError):
        with pytest.raises(kind) as caught:
            vmafpy.score(
                reference=source(REFERENCE), distorted=[source(DISTORTED[0]), Failing(DISTORTED[1][:3], kind())]
            )
        assert [result.n_frames for result in caught.value.partials] == [3, 3]


def test_what_cannot_be_compared_is_told_at_once(files, tmp_path):
    """A size, a file or a range that does not fit ends the call before anything is scored."""
    with pytest.raises(MismatchError, match="sizes differ"):
        vmafpy.score(reference=files[0], distorted=[files[1], files[4]])
    with pytest.raises(MediaError):
        vmafpy.score(reference=files[0], distorted=[files[1], tmp_path / "absent.mkv"])
    with pytest.raises(MismatchError, match="no frame of the distorted video meets"):
        vmafpy.score(reference=files[0], distorted=files[1:3], offset=40)
    with pytest.raises(OptionError, match="there are only"):
        vmafpy.score(reference=files[0], distorted=files[1:3], frames=(40, 50))
    for distorted in (files[1], files[1:3]):
        with pytest.raises(OptionError, match="n_subsample is 0"):
            vmafpy.score(reference=files[0], distorted=distorted, n_subsample=0)


def test_range_beyond_one_video():
    """A range that one video does not reach is its error; the other is scored."""
    distorted = [source(DISTORTED[0]), source(DISTORTED[1][:6])]
    with pytest.raises(OptionError, match="frames 8:11: there are only") as caught:
        vmafpy.score(reference=source(REFERENCE), distorted=distorted, frames=(8, 11), shortest=True)
    (own,) = each_alone(source(REFERENCE), distorted[:1], frames=(8, 11))
    same(caught.value.partials[0], own)


def test_lists_of_frames_are_one_video():
    """A list of frames, or of planes, is one video as ever; a mixture is refused."""
    assert vmafpy.score(reference=REFERENCE, distorted=DISTORTED[0]).n_frames == N
    with pytest.raises(InputError, match="a list of videos and of something else"):
        vmafpy.score(reference=REFERENCE, distorted=[source(DISTORTED[0]), DISTORTED[1]])
    (one,) = vmafpy.score(reference=REFERENCE, distorted=[source(DISTORTED[0])])
    assert one.n_frames == N


def test_progress():
    """Progress counts the frames of the reference."""
    told = []
    vmafpy.score(
        reference=source(REFERENCE), distorted=[source(d) for d in DISTORTED], progress=lambda *now: told.append(now)
    )
    assert told == [(n, N) for n in range(1, N + 1)]


def scorer(n=2, **options):
    names = [f"video {k}" for k in range(n)]
    return vmafpy.SeveralScorer(distorted=names, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p", **options)


@pytest.mark.parametrize("copy", [False, True])
def test_pipeline(copy):
    """Frame by frame, each score as soon as it is final; one video may end before the others."""
    alone = each_alone(REFERENCE, [DISTORTED[0][:5], *DISTORTED[1:]], shortest=True)
    with scorer(3) as several:
        for i, frames in enumerate(zip(REFERENCE, *DISTORTED, strict=True)):
            ref, *distorted = ([plane.copy() for plane in frame] for frame in frames) if copy else frames
            if i >= 5:
                distorted[0] = None
            assert several.push(ref, distorted, copy=copy) == i
            if copy:
                for plane in itertools.chain(ref, *filter(None, distorted)):
                    plane[:] = 0
        results = several.finish()
        assert several.finish() == results
        assert several.score(1, 3) == results[1].models["vmaf_v0.6.1"].values[3]
        with pytest.raises(SequenceError, match="finish"):
            several.push(REFERENCE[0], [frames[0] for frames in DISTORTED])
    assert several.result() == results
    assert several.n_pushed == N
    for one, own in zip(results, alone, strict=True):
        for name, column in own.columns().items():
            np.testing.assert_array_equal(one.columns()[name], column, err_msg=name)
    assert [result.provenance.distorted for result in results] == ["video 0", "video 1", "video 2"]
    with pytest.raises(ClosedError):
        several.push(REFERENCE[0], [frames[0] for frames in DISTORTED])


def test_wrong_pushes_lose_nothing():
    """A frame of a wrong size, a wrong number of frames, or a video that comes back: the right frames may follow."""
    with scorer() as several:
        assert several.push(REFERENCE[0], [d[0] for d in DISTORTED[:2]]) == 0
        wrong = [plane[:32, :32] for plane in DISTORTED[0][1]]
        for frames in ([DISTORTED[0][1], wrong], [DISTORTED[0][1]], [DISTORTED[0][1]] * 3):
            with pytest.raises(MismatchError):
                several.push(REFERENCE[1], frames)
        with pytest.raises(SequenceError, match="finish"):
            several.push(REFERENCE[1], [None, None])
        assert several.push(REFERENCE[1], [DISTORTED[0][1], None]) == 1
        with pytest.raises(SequenceError, match="video 1"):
            several.push(REFERENCE[2], [d[2] for d in DISTORTED[:2]])
        results = several.finish()
    assert [result.n_frames for result in results] == [2, 1]
    own = each_alone(REFERENCE[:2], [DISTORTED[0][:2]])
    np.testing.assert_array_equal(results[0].columns()["vmaf"], own[0].columns()["vmaf"])


def test_closed_without_finish():
    """The scores that were final are there after a close without finish."""
    several = scorer(n_threads=0)
    for i in range(4):
        several.push(REFERENCE[i], [d[i] for d in DISTORTED[:2]])
    several.close()
    several.close()
    assert [result.n_frames for result in several.result()] == [3, 3]  # motion is final one frame late
    with pytest.raises(ClosedError):
        several.finish()


def test_scorers_that_cannot_be():
    """No names, one name as a string, or what a Scorer refuses."""
    for names in ([], "video"):
        with pytest.raises(OptionError):
            vmafpy.SeveralScorer(distorted=names, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
    with pytest.raises(VmafError):
        scorer(models=["no such model"])
    with pytest.raises(SequenceError), scorer() as several:
        several.finish()


def test_heatmaps_of_several(tmp_path):
    """CAMBI's heatmaps of several videos do not go into one folder: that is refused before anything is written."""
    frames = [[np.full((240, 320), 90 + i, np.uint8)] for i in range(2)]
    feature = ("cambi", {"heatmaps_path": str(tmp_path)})
    with pytest.raises(VmafError):
        vmafpy.score(reference=source(frames), distorted=[source(frames)] * 2, models=(), features=[feature])
    assert list(tmp_path.iterdir()) == []


def test_readers_side_by_side():
    """A shared source keeps what the slowest reader still needs, and nothing for readers that are done."""
    made = []

    def frames():
        for i in range(9):
            luma = np.full((2, 2), i, np.uint8)
            made.append(weakref.ref(luma))
            yield luma
            del luma

    def alive():
        gc.collect()
        return [i for i, ref in enumerate(made) if ref() is not None]

    shared = SharedFrames(source(frames()), 3, skip=2)
    a, b, c = (iter(shared) for _ in range(3))
    assert [next(a).index, next(a).index, next(b).index, next(c).index] == [2, 3, 2, 2]
    assert {3} <= set(alive()) <= {0, 3}  # the source itself keeps the first
    c.close()
    assert [frame.index for frame in a] == [4, 5, 6, 7, 8]
    assert {3, 4, 5, 6, 7, 8} <= set(alive())
    b.close()
    assert set(alive()) <= {0}
    assert shared.error is None
