"""Files read ahead: the same frames and errors at the same places, and a reader that always ends."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

import vmafpy
from vmafpy.errors import MediaError, MismatchError, OptionError
from vmafpy.frames import ConvertedVideo, RawVideo, VideoFile, VideoInfo, pixel_format
from vmafpy.frames.ahead import N_FRAMES, ReadAhead, read_ahead
from vmafpy.frames.base import Frame

GRAY = pixel_format("gray")


def readers() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "vmafpy reader"]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def write(path, *, frames=12, width=64, height=48, pix_fmt="yuv420p", codec="ffv1"):
    rng = np.random.default_rng(3)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        for _ in range(frames):
            rgb = rng.integers(0, 255, (height, width, 3)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb).reformat(format=pix_fmt)))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write(tmp_path_factory.mktemp("ahead") / "clip.mkv")


class Counted:
    """A source of our own that tells what was asked of it, and by which thread."""

    def __init__(self, n: int, error: BaseException | None = None, before=lambda: None) -> None:
        self.info = VideoInfo("counted", 2, 2, GRAY)
        self.n, self.error, self.before = n, error, before
        self.made = 0
        self.threads: set[int] = set()
        self.closed_by: int | None = None

    def __iter__(self):
        try:
            for index in range(self.n):
                self.before()
                self.threads.add(threading.get_ident())
                self.made += 1
                yield Frame((np.full((2, 2), index, np.uint8),), GRAY, index)
            if self.error is not None:
                raise self.error
        finally:
            self.closed_by = threading.get_ident()

    def close(self) -> None:
        pass


def samples(frames):
    return [tuple(plane.tobytes() for plane in frame.planes) for frame in frames]


def test_the_same_frames(clip):
    """Reading ahead changes no sample, no index and no time, plain or converted."""
    for make in (lambda: VideoFile(clip), lambda: ConvertedVideo(VideoFile(clip), size=(32, 24), bit_depth=10)):
        plain, ahead = list(make()), list(ReadAhead(make()))
        assert len(plain) == 12
        assert samples(ahead) == samples(plain)
        assert [(f.index, f.time) for f in ahead] == [(f.index, f.time) for f in plain]
    assert not readers()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7])
def test_an_error_comes_after_the_frames_before_it(n):
    """The source's own error object is raised where the source raised it, and holds no cycle of garbage."""
    error = MediaError("damaged")
    frames = iter(ReadAhead(Counted(n, error)))
    assert [f.index for f in islice(frames, n)] == list(range(n))
    with pytest.raises(MediaError) as caught:
        next(frames)
    assert caught.value is error
    with pytest.raises(StopIteration):
        next(frames)
    assert not readers()


def test_a_cut_file_is_told_at_the_same_frame(tmp_path, clip):
    """A truncated file yields the frames before the damage and then its error, as without."""
    data = Path(clip).read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(data[: len(data) * 2 // 3])

    def outcome(source):
        frames = []
        with pytest.raises(MediaError) as caught:
            frames.extend(each for frame in source for each in samples([frame]))
        return frames, str(caught.value)

    plain = outcome(VideoFile(cut))
    assert plain[0]
    assert outcome(ReadAhead(VideoFile(cut))) == plain


@pytest.mark.parametrize("n_frames", [1, 2, N_FRAMES])
def test_never_more_than_so_many_frames_ahead(n_frames):
    """However slow the consumer, no more frames are made than those taken and those the bound allows."""
    source = Counted(50)
    for taken, frame in enumerate(ReadAhead(source, n_frames), 1):
        assert frame.index == taken - 1
        time.sleep(0.001)
        assert source.made <= taken + n_frames


def test_one_reader_makes_and_closes():
    """All frames are made by one thread, not the caller's, and the source's iterator is closed by it."""
    source = Counted(20)
    frames = iter(ReadAhead(source))
    next(frames)
    frames.close()
    (maker,) = source.threads
    assert maker != threading.get_ident()
    assert source.closed_by == maker
    assert source.made <= 1 + N_FRAMES
    assert not readers()


def test_closed_early_often(clip):
    """Hundreds of readings given up at any frame leave no thread and no open file."""
    list(ReadAhead(VideoFile(clip)))
    before = descriptors()
    for k in range(200):
        source = VideoFile(clip)
        frames = iter(ReadAhead(source))
        list(islice(frames, k % 5))
        frames.close()
        source.close()
    assert not readers()
    assert descriptors() == before


def test_an_error_of_the_other_side_ends_both(tmp_path, clip):
    """Where one video ends early, scoring raises and neither file stays open."""
    short = write(tmp_path / "short.mkv", frames=5)
    descriptors_before = descriptors()
    with pytest.raises(MismatchError) as caught:
        vmafpy.score(reference=clip, distorted=short, models=(), features="psnr", n_threads=2)
    assert caught.value.partial.n_frames == 5
    assert not readers()
    assert descriptors() == descriptors_before


def test_an_interrupt_ends_both(clip):
    """Ctrl-C in the midst leaves the frames scored so far, and no thread."""

    def interrupt(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        vmafpy.score(reference=clip, distorted=clip, models=(), features="psnr", n_threads=2, progress=interrupt)
    assert caught.value.partial.n_frames == 4
    assert not readers()


def test_collected_as_garbage():
    """An iteration that is forgotten inside a cycle of garbage ends its reader."""
    source = Counted(50)
    cycle: list[object] = [iter(ReadAhead(source))]
    cycle.append(cycle)
    next(cycle[0])
    del cycle
    gc.collect()
    assert not readers()
    assert source.closed_by is not None


def test_collected_by_the_reader_itself():
    """The collector may run on the reader's own thread: it cannot wait for itself, and still ends."""
    forgotten = threading.Event()
    gc.disable()
    try:

        def collect():
            if source.made == 2:
                assert forgotten.wait(10)
                gc.collect()

        source = Counted(50, before=collect)
        cycle: list[object] = [iter(ReadAhead(source))]
        cycle.append(cycle)
        next(cycle[0])
        del cycle
        forgotten.set()
        for reader in readers():
            reader.join(10)
        assert not readers()
        assert source.made < 5
    finally:
        gc.enable()


def test_what_is_the_callers_stays_on_its_thread():
    """Generators, arrays, mapped raw video and sources of the user's own are not handed to another thread."""
    seen = set()

    def frames():
        for _ in range(4):
            seen.add(threading.get_ident())
            yield np.zeros((32, 32), np.uint8)

    vmafpy.score(reference=frames(), distorted=frames(), models=(), features="float_psnr", n_threads=2)
    assert seen == {threading.get_ident()}
    own = Counted(3)
    assert read_ahead(own) is own


def test_raw_video_is_read_ahead_where_it_is_converted(tmp_path):
    """Mapped planes have nothing to wait for; their conversion has."""
    path = tmp_path / "clip.yuv"
    path.write_bytes(bytes(range(256)) * 6)
    raw = RawVideo(path, width=16, height=16, pix_fmt="yuv420p")
    assert read_ahead(raw) is raw
    promoted = ConvertedVideo(raw, bit_depth=10)
    assert samples(read_ahead(promoted)) == samples(promoted)
    assert isinstance(read_ahead(promoted), ReadAhead)


def test_without_threads_nothing_runs_beside(clip, monkeypatch):
    """n_threads=0 starts no reader, and gives the scores of any other number."""
    options = {"reference": clip, "distorted": clip, "models": (), "features": ["psnr", "motion"], "bit_depth": 10}
    threaded = vmafpy.score(**options, n_threads=3)
    monkeypatch.setattr(threading.Thread, "start", lambda self: pytest.fail("a thread was started"))
    alone = vmafpy.score(**options, n_threads=0)
    for name, scores in threaded.features.items():
        assert alone.features[name].values.tolist() == scores.values.tolist()


def test_decoders_of_any_number_of_threads(clip):
    """Thread counts of decoders change no sample; 0 is refused."""
    assert samples(VideoFile(clip, n_threads=1)) == samples(VideoFile(clip, n_threads=5))
    with pytest.raises(OptionError, match="n_threads is 0"):
        VideoFile(clip, n_threads=0)


def run(code: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_the_interpreter_ends(clip):
    """A reading that nobody closed does not keep the interpreter from ending."""
    code = f"""
from vmafpy.frames import VideoFile
from vmafpy.frames.ahead import ReadAhead
import builtins
builtins.kept = iter(ReadAhead(VideoFile({str(clip)!r})))
print(next(builtins.kept).index)
"""
    done = run(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


def test_a_pipe_that_never_answers(clip, tmp_path):
    """Closing comes back although the reader waits in a pipe, and so does the interpreter's end."""
    y4m = write(tmp_path / "clip.y4m", codec="wrapped_avframe")
    code = """
import threading, time
from vmafpy.frames import VideoFile
from vmafpy.frames.ahead import ReadAhead
frames = iter(ReadAhead(VideoFile("-")))
for _ in range(11): next(frames)
time.sleep(0.2)
started = time.monotonic()
frames.close()
print(time.monotonic() - started < 5, threading.active_count())
"""
    read, write_end = os.pipe()
    data = Path(y4m).read_bytes()
    assert len(data) < 65536  # the pipe holds it
    os.write(write_end, data)
    try:
        done = run(code, stdin=read)
    finally:
        os.close(read)
        os.close(write_end)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True 2\n", "")


def test_standard_input(clip):
    """Standard input is read ahead too, and scores as the file does."""
    code = """
import vmafpy, sys
print(vmafpy.score(reference="-", distorted=sys.argv[1], models=(), features="float_psnr").features["float_psnr"].mean)
"""
    with open(clip, "rb") as file:
        done = subprocess.run(
            [sys.executable, "-c", code, str(clip)], stdin=file, capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stdout) == (0, "60.0\n"), done.stderr


def test_forked_in_the_midst(clip):
    """A forked process has no reader: it closes what it inherited at once, and scores by readers of its own."""
    code = f"""
import os
import vmafpy
from vmafpy.frames import VideoFile
from vmafpy.frames.ahead import ReadAhead
clip = {str(clip)!r}
def scored():
    return vmafpy.score(reference=clip, distorted=clip, models=(), features="float_psnr", n_threads=2).n_frames
frames = iter(ReadAhead(VideoFile(clip, n_threads=1)))
next(frames)
child = os.fork()
if not child:
    frames.close()
    os._exit(7 if scored() == 12 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(list(frames)), scored())
"""
    done = run(code)
    assert (done.returncode, done.stdout) == (0, "7 11 12\n"), done.stderr
