"""Files read by a thread of their own, a few frames ahead of whoever takes them."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from queue import SimpleQueue
from threading import Event, Thread, current_thread
from typing import TypeAlias

from vmafpy.frames.base import Frame, FrameSource, VideoInfo
from vmafpy.frames.convert import ConvertedVideo
from vmafpy.frames.raw import RawVideo
from vmafpy.frames.video import VideoFile

#: Frames of a source decoded or being decoded and not yet taken: one in work, two to even out their unequal times.
N_FRAMES = 3
# Seconds that closing waits for the reader. A frame of a file takes far less; a pipe or a URL may not answer at all.
_PATIENCE = 1.0

_Item: TypeAlias = "Frame | BaseException | None"  # None ends the frames


class ReadAhead:
    """
    Another source, read ahead by a thread of its own: the same frames, and its error after the same frame.

    The thread starts with the first frame asked for. It ends with the last one, or when the iteration is closed; the
    source's iterator is closed by it, never by another thread. One that waits for a pipe when the iteration is closed
    ends when the pipe answers; it keeps no interpreter from ending.

    Parameters
    ----------
    source : FrameSource
        What it iterates is touched by the reader's thread alone.
    n_frames : int
        Most frames held, 1 or more, beside what the source holds itself.
    """

    def __init__(self, source: FrameSource, n_frames: int = N_FRAMES) -> None:
        self._source, self._n_frames = source, n_frames

    @property
    def info(self) -> VideoInfo:
        """The source's."""
        return self._source.info

    def __iter__(self) -> Generator[Frame, None, None]:
        """Yield the source's frames in their order."""
        return _taken(iter(self._source), self._n_frames)

    def close(self) -> None:
        """Release the source. An iteration that goes on is closed by its own ``close``."""
        self._source.close()


def read_ahead(source: FrameSource) -> FrameSource:
    """
    Read a file ahead, and a file or raw video that is converted; any other source comes back as it is.

    A caller's own iterable may not bear another thread, and mapped raw video as it is has nothing to wait for.
    """
    if isinstance(source, ConvertedVideo):
        return ReadAhead(source) if isinstance(source.source, (VideoFile, RawVideo)) else source
    return ReadAhead(source) if isinstance(source, VideoFile) else source


def _taken(frames: Iterator[Frame], n_frames: int) -> Generator[Frame, None, None]:
    # Simple queues, since closing may be the garbage collector's, in the midst of anything on any thread.
    room: SimpleQueue[None] = SimpleQueue()
    coming: SimpleQueue[_Item] = SimpleQueue()
    stop = Event()
    for _ in range(n_frames):
        room.put(None)
    process = os.getpid()
    reader = Thread(target=_read, args=(frames, room, coming, stop), name="vmafpy reader", daemon=True)
    reader.start()
    try:
        while (item := coming.get()) is not None:
            if isinstance(item, BaseException):
                try:
                    raise item
                finally:
                    del item  # else the error's traceback and this frame would hold one another
            room.put(None)
            yield item
    finally:
        if os.getpid() == process:  # in a forked process there is no reader
            stop.set()
            room.put(None)
            if reader is not current_thread():
                reader.join(_PATIENCE)


def _read(frames: Iterator[Frame], room: SimpleQueue[None], coming: SimpleQueue[_Item], stop: Event) -> None:
    try:
        close = getattr(frames, "close", None)
        try:
            while True:
                room.get()
                if stop.is_set():
                    return
                frame = next(frames, None)
                coming.put(frame)
                if frame is None:
                    return
                del frame
        finally:
            if close is not None:
                close()
    except BaseException as error:
        coming.put(error)
