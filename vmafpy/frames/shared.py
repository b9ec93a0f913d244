"""One source read once for several readers that go through it side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator

from vmafpy.frames.base import Frame, FrameSource, VideoInfo


class SharedFrames:
    """
    Another source, read once for several readers.

    Every iteration is one reader. A frame is kept until each reader has taken it or is closed, so readers in step keep
    one. Not for several threads.

    Parameters
    ----------
    source : FrameSource
    n_readers : int
        How often it is going to be iterated.
    skip : int
        Frames to leave out at the start.

    Attributes
    ----------
    error : BaseException or None
        What reading the source failed with. Each reader gets it, after the same frame.
    """

    def __init__(self, source: FrameSource, n_readers: int, skip: int = 0) -> None:
        self._source, self._skip = source, skip
        self._frames: Iterator[Frame] | None = None
        self._waiting: list[deque[Frame]] = [deque() for _ in range(n_readers)]
        self._unclaimed = list(self._waiting)
        self._ended = False
        self.error: BaseException | None = None

    @property
    def info(self) -> VideoInfo:
        """The source's."""
        return self._source.info

    def __iter__(self) -> Iterator[Frame]:
        """Return the next reader."""
        return self._read(self._unclaimed.pop())

    def _read(self, mine: deque[Frame]) -> Generator[Frame, None, None]:
        try:
            while mine or self._fetch():
                yield mine.popleft()
        finally:
            self._waiting[:] = [other for other in self._waiting if other is not mine]

    def _fetch(self) -> bool:
        """Take the next frame for all readers; False after the last one."""
        if self.error is not None:
            raise self.error
        try:
            if self._frames is None:
                self._frames = iter(self._source)
                for _ in range(self._skip):
                    next(self._frames, None)
            frame = None if self._ended else next(self._frames, None)
        except BaseException as error:
            self.error = error
            raise
        self._ended = frame is None
        if frame is not None:
            for waiting in self._waiting:
                waiting.append(frame)
        return not self._ended

    def close(self) -> None:
        """End the reading; whoever opened the source closes it."""
        self._ended = True
        close = getattr(self._frames, "close", None)
        if close is not None:
            close()
