"""Encoders, searches, comparisons and filter studies with real encoders on real clips."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from vmafpy.errors import InputError, MediaError, OptionError
from vmafpy.stats import bd_rate
from vmafpy.studies.encode import (
    CallableEncoder,
    CommandEncoder,
    EncoderError,
    PyAVEncoder,
    encoder_by_name,
    svt_av1,
    vp9,
    x264,
    x265,
)
from vmafpy.studies.filters import filter_study
from vmafpy.studies.prefilter import filtered
from vmafpy.studies.trial import Bench, Cache, Sampling, Source, Trial, run_trials
from vmafpy.studies.tune import bisect, compare

SIZE = (192, 108)
FAST = x264(preset="ultrafast")
pytestmark = pytest.mark.filterwarnings("ignore::vmafpy.VmafWarning")  # sharpening and small sizes are the subject


@pytest.fixture(scope="session")
def source(clips):
    """Sixteen frames of bikes, small."""
    return Source(clips["bikes"], frames=(10, 26), size=SIZE)


@pytest.mark.parametrize(
    "encoder",
    [FAST, x265(preset="ultrafast"), svt_av1(preset=12), vp9(**{"cpu-used": 8, "deadline": "realtime"})],
    ids=lambda e: e.name,
)
def test_every_encoder_keeps_frames_and_counts_bits(source, encoder):
    """Frame count and size are kept, a worse setting takes fewer bits and scores less."""
    good, bad = Bench(source).encodes([Trial(encoder, 20), Trial(encoder, 50)])
    assert good.n_frames == bad.n_frames == 16
    assert good.kbps > bad.kbps > 0
    assert good.score() > bad.score()


def test_decoded_in_memory_equals_a_file(source, tmp_path):
    """The frames scored are those of the encoded file, and the bits those of its packets."""
    import av

    frames = list(source.read())
    session = FAST.start(30, *SIZE, "yuv420p", Fraction(25))
    decoded = [out for frame in frames for out in session.push(frame)] + list(session.finish())
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "30", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        from_file = list(container.decode(video=0))
    for a, b in zip(decoded, from_file, strict=True):
        np.testing.assert_array_equal(a.to_ndarray(), b.to_ndarray())


def test_trials_together_equal_trials_alone(source):
    """Several settings over one decoded source give what each gives by itself."""
    trials = [Trial(FAST, crf) for crf in (25, 35, 45)]
    together = Bench(source).encodes(trials)
    for trial, encode in zip(trials, together, strict=True):
        alone = Bench(source).encode(trial)
        assert alone.kbps == encode.kbps
        np.testing.assert_array_equal(alone.result.models["neg"].values, encode.result.models["neg"].values)


@pytest.mark.parametrize("encoder", [FAST, x265(preset="ultrafast")], ids=lambda e: e.name)
@pytest.mark.parametrize("clip", ["bikes", "bigbuckbunny", "carphone_pristine"])
def test_bisect_finds_what_exhaustive_search_finds(clips, encoder, clip):
    """The highest CRF that meets the target, by at most ceil(log2(range)) + 1 encodes."""
    bench = Bench(Source(clips[clip], frames=(0, 6), size=SIZE), models="neg")
    low, high = 28, 43
    every = bench.encodes([Trial(encoder, crf) for crf in range(low, high + 1)])
    scores = {e.crf: e.score() for e in every}
    for target in (scores[30] - 0.01, scores[36], scores[42] + 0.01):
        expected = max(crf for crf, value in scores.items() if value >= target)
        before = bench.n_encoded
        found = bisect(bench, encoder, target, crf_range=(low, high))
        assert found.met
        assert found.monotonic
        assert found.best.crf == expected
        assert bench.n_encoded - before <= math.ceil(math.log2(high - low + 1)) + 1


def test_unmet_target_is_an_answer(source):
    """A target beyond the best setting: not met, with what was reached."""
    found = bisect(Bench(source), FAST, 99.99, crf_range=(40, 47))
    assert not found.met
    assert found.best.crf == 40


def test_compare_equals_bd_rate_by_hand(source):
    """The figures are those of the exported points; the verdict names both extremes."""
    bench = Bench(source, features="psnr")
    codecs = {"x264": (FAST, (24, 30, 36, 42)), "x265": (x265(preset="ultrafast"), (24, 30, 36, 42))}
    found = compare(bench, codecs)
    for metric in ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "psnr_y"):
        by_hand = bd_rate(*found.points("x264", metric), *found.points("x265", metric))
        assert float(found.bd_rate["x265"][metric]) == float(by_hand)
    assert "x265 against x264: from" in found.verdict()


def test_sharpening_is_found_out(clips):
    """unsharp at CRF 23: VMAF gains, NEG loses, and the verdict calls it by its name."""
    source = Source(clips["bigbuckbunny"], frames=(0, 10), size=(320, 180))
    study = filter_study([source], "unsharp=5:5:1.0", [FAST], [23, 28, 33, 38], features="psnr")
    vmaf, neg, psnr = (study.gain(m, 23) for m in ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "psnr_y"))
    assert vmaf.mean > 2
    assert neg.mean < -1
    assert psnr.mean < 0
    assert vmaf.improved == neg.degraded == 1
    assert "enhancement gaming" in study.verdict()
    key = (source.label, "x264")
    assert study.rate_change[(*key, 23)] > 0
    hand = bd_rate(
        [e.kbps for e in study.plain[key]],
        [e.score("vmaf_v0.6.1neg") for e in study.plain[key]],
        [e.kbps for e in study.filtered[key]],
        [e.score("vmaf_v0.6.1neg") for e in study.filtered[key]],
    )
    assert float(study.bd_rate[key]["vmaf_v0.6.1neg"]) == float(hand)


@pytest.mark.parametrize("chosen", ["null", lambda frames: frames], ids=["null", "identity"])
def test_null_filter_changes_nothing(source, chosen):
    """A filter that does nothing gains exactly 0 everywhere."""
    study = filter_study([source], chosen, [FAST], [25, 30, 35, 40], features="psnr")
    for gain in study.gains:
        assert (gain.mean, gain.median, gain.worst, gain.best, gain.frame_stddev) == (0, 0, 0, 0, 0)
        assert gain.improved == gain.degraded == 0
        assert gain.at_equal_rate == 0
    assert set(study.rate_change.values()) == {0.0}
    for figures in study.bd_rate.values():
        assert all(float(value) == 0 for value in figures.values())


def test_cache_is_used_and_resumed_after_kill(source, tmp_path):
    """Finished encodes are read, also by another process, and equal those made; a half-written entry never is."""
    folder = tmp_path / "cache"
    trials = [Trial(FAST, crf) for crf in (30, 40)]
    first = Bench(source, cache=folder)
    made = first.encodes(trials)
    code = (
        "import sys, os, signal\n"
        "from vmafpy.studies.encode import x264\n"
        "from vmafpy.studies.trial import Bench, Source, Trial\n"
        f"bench = Bench(Source({str(source.path)!r}, frames=(10, 26), size={SIZE}), cache={str(folder)!r})\n"
        "bench.encode(Trial(x264(preset='ultrafast'), 35))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert run.returncode == -9
    (folder / ".half.json.abc").write_text("{")
    again = Bench(source, cache=Cache(folder))
    read = again.encodes([*trials, Trial(FAST, 35)])
    assert again.n_encoded == 0
    assert all(e.cached for e in read)
    for a, b in zip(made, read[:2], strict=True):
        assert a.kbps == b.kbps
        np.testing.assert_array_equal(a.result.models["neg"].values, b.result.models["neg"].values)
    assert Bench(source, models="4k", cache=folder).encode(trials[0]).cached is False


def neural(frames, crf):
    """A stand-in for a learned codec: it keeps every frame and spends 1000 bits on each."""
    return [(frame, 1000) for frame in frames]


def test_a_python_codec_and_a_program(source, tmp_path):
    """A callable and an external command are encoders like the others."""
    encode = Bench(source).encode(Trial(CallableEncoder("neural", neural, (0, 9)), 3))
    assert encode.kbps == pytest.approx(1000 * 25 / 1000)
    script = tmp_path / "to_ffv1.py"
    script.write_text(
        "import sys, av\n"
        "with av.open(sys.argv[1]) as i, av.open(sys.argv[2], 'w') as o:\n"
        "    s = o.add_stream('ffv1', rate=25)\n"
        "    c = i.streams.video[0]\n"
        "    s.width, s.height, s.pix_fmt = c.width, c.height, c.pix_fmt\n"
        "    for f in i.decode(video=0):\n"
        "        o.mux(s.encode(f))\n"
        "    o.mux(s.encode(None))\n"
    )
    program = CommandEncoder("copy", [sys.executable, str(script), "{input}", "{output}"], (0, 9))
    lossless = Bench(source, features="psnr").encode(Trial(program, 0))
    assert lossless.result.features["psnr_y"].min == 60
    assert lossless.kbps > encode.kbps


def study(source, chosen):
    """A filter study of one encode, with the smallest picture its metrics allow."""
    return filter_study([source], chosen, [FAST], [30], features="psnr")


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda s: Trial(FAST, 60), EncoderError, r"CRF 60 is outside x264's range 0 to 51"),
        (lambda s: bisect(Bench(s), FAST, 90, crf_range=(40, 30)), OptionError, "CRF range 40 to 30"),
        (lambda s: bisect(Bench(s), FAST, 120), InputError, "target of 120"),
        (lambda s: Bench(s).encode(Trial(PyAVEncoder("x", "libnone", "h264", (0, 9)), 1)), EncoderError, "libnone"),
        (lambda s: Bench(s).encode(Trial(x264(preset="nonsense"), 30)), EncoderError, "preset=nonsense"),
        (lambda s: encoder_by_name("h266"), EncoderError, "no encoder 'h266'"),
        (lambda s: encoder_by_name("x264:preset"), EncoderError, "no option=value"),
        (lambda s: Bench(Source(s.path, frames=(9999, None))).encode(Trial(FAST, 30)), MediaError, "no frame 9999"),
        (lambda s: study(s, "nonsense=1"), InputError, "FFmpeg refuses"),
        (lambda s: study(s, "scale=64:64"), InputError, "keep size and format"),
        (lambda s: study(s, lambda f: list(f)[1:]), InputError, "15 frames for 16"),
        (lambda s: study(s, lambda f: 1 / 0), InputError, "ZeroDivisionError"),
        (lambda s: filter_study([], "null", [FAST], [30]), InputError, "at least one clip"),
        (lambda s: Cache("/proc/nowhere"), InputError, "cache directory"),
        (lambda s: compare(Bench(s), {"x264": (FAST, (30,))}), InputError, "two codecs"),
        (lambda s: run_trials([], [Trial(FAST, 30)], rate=Fraction(25)), MediaError, "no frame"),
        (lambda s: Bench(s).encode(Trial(CommandEncoder("p", ["/no/prog"], (0, 9)), 1)), EncoderError, "/no/prog"),
    ],
)
def test_bad_input(source, call, error, match):
    """Each fault is one clear error with its values."""
    with pytest.raises(error, match=match):
        call(source)


def test_filter_chains(source):
    """A chain of two FFmpeg filters keeps the number of frames."""
    assert len(list(filtered(source.read(), Fraction(25), "avgblur=1, unsharp=3:3:0.5"))) == 16


def test_no_file_is_written(source, tmp_path, monkeypatch):
    """A search leaves nothing on disk but what was asked for."""
    monkeypatch.chdir(tmp_path)
    bisect(Bench(source), FAST, 60, crf_range=(30, 37))
    assert list(tmp_path.iterdir()) == []


def run_python(code):
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert not run.returncode, run.stderr
    return run.stdout


def test_a_full_disk_is_one_error(source, tmp_path):
    """No file may grow past 500 bytes: one error naming the entry; finished work stays, nothing is half-written."""
    out = run_python(
        "import resource\n"
        "from vmafpy.errors import InputError\n"
        "from vmafpy.studies.encode import x264\n"
        "from vmafpy.studies.trial import Bench, Source, Trial\n"
        f"source = Source({str(source.path)!r}, frames=(10, 14), size={SIZE})\n"
        f"bench = Bench(source, cache={str(tmp_path)!r})\n"
        "bench.encode(Trial(x264(preset='ultrafast'), 30))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))\n"
        "try:\n"
        "    bench.encode(Trial(x264(preset='ultrafast'), 35))\n"
        "except InputError as error:\n"
        "    print(error)\n"
        "print(bench.encode(Trial(x264(preset='ultrafast'), 30)).cached)\n"
    )
    assert out.startswith(f"cannot write {tmp_path}")
    assert out.endswith("File too large\nTrue\n")
    assert len(list(tmp_path.iterdir())) == 1


def test_memory_is_flat_in_the_clips_length():
    """500 frames more, 27 MB of pictures, take less than 8 MB more."""

    def peak(n):
        return int(
            run_python(
                "import resource\n"
                "from fractions import Fraction\n"
                "import av, numpy as np\n"
                "from vmafpy.studies.encode import x264\n"
                "from vmafpy.studies.trial import Trial, run_trials\n"
                "def frames():\n"
                f"    for k in range({n}):\n"
                "        array = np.add.outer(np.arange(216), np.arange(256) + 3 * k).astype(np.uint8)\n"
                "        frame = av.VideoFrame.from_ndarray(array, format='yuv420p')\n"
                "        yield frame, frame\n"
                "trials = [Trial(x264(preset='ultrafast'), crf) for crf in (30, 40)]\n"
                "run_trials(frames(), trials, rate=Fraction(25), models='vmaf_v0.6.1', n_threads=1)\n"
                "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
            )
        )

    assert peak(600) - peak(100) < 8 * 1024


def test_damaged_cache_entry(source, tmp_path):
    """An entry that was damaged after it was written is named, not used."""
    bench = Bench(Source(source.path, frames=(10, 14), size=SIZE), cache=tmp_path)
    bench.encode(Trial(FAST, 30))
    next(tmp_path.glob("*.json")).write_text('{"encoder": "x264"}')
    with pytest.raises(InputError, match="delete it"):
        bench.encode(Trial(FAST, 30))


def test_filters_that_look_ahead_keep_all_frames(source):
    """A filter with delay is flushed; one that drops or doubles frames is refused."""
    frames = list(filtered(source.read(), Fraction(25), "atadenoise=s=5"))
    assert len(frames) == 16
    with pytest.raises(InputError, match="8 frames for 16"):
        study(source, "framestep=2")
    with pytest.raises(InputError, match="must keep their number"):
        study(source, lambda frames: [f for frame in frames for f in (frame, frame)])


def test_sampling(source):
    """The parts are evenly spread, their scores those of encodes of the parts alone; the error is Student's t."""
    from scipy import stats

    bench = Bench(source, models="neg", sample=Sampling(3, 2))
    assert bench.windows == [(1, 3), (7, 9), (12, 14)]
    encode = bench.encode(Trial(FAST, 40))
    assert encode.result.indices.tolist() == [1, 2, 7, 8, 12, 13]
    parts = [Source(source.path, frames=(10 + a, 10 + b), size=SIZE) for a, b in bench.windows]
    alone = [Bench(part, models="neg").encode(Trial(FAST, 40)) for part in parts]
    assert encode.score() == pytest.approx(np.mean([e.score() for e in alone]), rel=1e-12)
    assert encode.kbps == pytest.approx(np.mean([e.kbps for e in alone]), rel=1e-12)
    low, high = stats.t.interval(0.95, 2, scale=stats.sem([e.score() for e in alone]))
    assert bench.sampling_error(encode) == pytest.approx((high - low) / 2 * math.sqrt(1 - 6 / 16), rel=1e-9)
    whole = Bench(source, models="neg", sample=Sampling(4, 4))
    assert whole.windows == [(0, None)]
    assert whole.sampling_error(whole.encode(Trial(FAST, 40))) == 0
