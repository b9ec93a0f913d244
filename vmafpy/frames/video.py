"""Any file PyAV opens, decoded frame by frame, planes as they lie in the decoder's memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from vmafpy.errors import MediaError, UnsupportedFormatError
from vmafpy.frames.base import Frame, PixelFormat, VideoInfo, pixel_format

if TYPE_CHECKING:
    import av
    from av.video.stream import VideoStream

# FFmpeg's AVColorRange
_RANGES = {1: "limited", 2: "full"}


def color_range(code: int | None, fmt: PixelFormat) -> str | None:
    """Name the range; FFmpeg's yuvj formats are full range whatever the stream signals."""
    return "full" if fmt.full_range else _RANGES.get(int(code or 0))


def frame_from_av(picture: av.VideoFrame, index: int, label: str) -> Frame:
    """
    View a PyAV frame's planes; nothing is copied, and the views keep the frame alive.

    Raises
    ------
    UnsupportedFormatError
        If its pixel format cannot be scored as it is.
    """
    try:
        fmt = pixel_format(picture.format.name)
    except UnsupportedFormatError as error:
        raise UnsupportedFormatError(f"{label}: {error}") from None
    planes = []
    shapes = fmt.plane_shapes(picture.width, picture.height)
    for plane, (rows, columns) in zip(picture.planes, shapes, strict=True):
        samples: Any = np.frombuffer(memoryview(plane), fmt.dtype)
        step = plane.line_size // fmt.dtype.itemsize
        planes.append(samples[: rows * step].reshape(rows, step)[:, :columns])
    time = None
    if picture.pts is not None and picture.time_base is not None:
        time = picture.pts * Fraction(picture.time_base)
    return Frame(tuple(planes), fmt, index, time, color_range(picture.color_range, fmt))


class VideoFile:
    """
    A video file or URL that PyAV (FFmpeg) opens: mp4, mkv, y4m, ...

    Parameters
    ----------
    path : path-like
        The first video stream of the file is read.
    accept_truncated : bool
        Take what can be decoded of a damaged or cut file as all of it, instead of raising at the point of damage.

    Raises
    ------
    MediaError
        If the file is missing, empty, unreadable, or holds no video. Also while iterating, where the stream is
        damaged or ends before the end its container announces; the frames before that have been yielded.
    UnsupportedFormatError
        If the decoded pixel format cannot be scored as it is.
    """

    def __init__(self, path: str | os.PathLike[str], *, accept_truncated: bool = False) -> None:
        self._path = os.fspath(path)
        self._accept_truncated = accept_truncated
        if os.path.isfile(self._path) and os.path.getsize(self._path) == 0:
            raise MediaError(f"{self._path} is empty")
        container, stream = self._open()
        try:
            context = stream.codec_context
            if context.pix_fmt is None or not context.width or not context.height:
                raise MediaError(
                    f"{self._path}: the video stream ({context.name}) has no picture that can be decoded; "
                    "the file may be cut short before its first frame"
                )
            try:
                fmt = pixel_format(context.pix_fmt)
            except UnsupportedFormatError as error:
                raise UnsupportedFormatError(f"{self._path}: {error}") from None
            self.info = VideoInfo(
                label=self._path,
                width=context.width,
                height=context.height,
                format=fmt,
                fps=stream.average_rate or stream.guessed_rate,
                n_frames=stream.frames or None,
                color_range=color_range(context.color_range, fmt),
            )
        finally:
            container.close()

    def _open(self) -> tuple[Any, VideoStream]:
        import av

        try:
            container = av.open(self._path)
        except (av.error.FFmpegError, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise MediaError(f"cannot open {self._path}: {reason}") from error
        if not container.streams.video:
            kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
            container.close()
            raise MediaError(f"{self._path} holds no video stream, only {kinds}")
        return container, container.streams.video[0]

    def __iter__(self) -> Iterator[Frame]:
        """Decode from the start, with the decoder's own threads."""
        import av

        container, stream = self._open()
        index = n_packets = 0
        end: Fraction | None = None
        try:
            stream.thread_type = "AUTO"
            for packet in container.demux(stream):
                if packet.size:
                    n_packets += 1
                    if packet.is_corrupt and not self._accept_truncated:
                        raise MediaError(f"{self._path}: the data is damaged after frame {index - 1}")
                    if packet.pts is not None and packet.time_base is not None:
                        last = (packet.pts + (packet.duration or 0)) * Fraction(packet.time_base)
                        end = last if end is None else max(end, last)
                for picture in packet.decode():
                    if not isinstance(picture, av.VideoFrame):
                        continue
                    if picture.is_corrupt and not self._accept_truncated:
                        raise MediaError(f"{self._path}: frame {index} is damaged")
                    yield frame_from_av(picture, index, self._path)
                    index += 1
            if not self._accept_truncated:
                self._check_end(stream, n_packets, end, index)
        except (av.error.FFmpegError, OSError) as error:
            if self._accept_truncated:
                return
            reason = getattr(error, "strerror", None) or error
            raise MediaError(f"{self._path}: decoding stopped after {index} frames: {reason}") from error
        finally:
            container.close()

    def _check_end(self, stream: VideoStream, n_packets: int, end: Fraction | None, index: int) -> None:
        """Raise if the container announced more than there was: libavformat ends a cut file without an error."""
        if index == 0:
            raise MediaError(f"{self._path} holds no frame that can be decoded")
        if stream.container.format.name == "yuv4mpegpipe" and os.path.isfile(self._path):
            self._check_y4m(index)
        announced = _announced_end(stream)
        frame = 1 / (stream.average_rate or Fraction(25))
        short = announced is not None and end is not None and end < announced - 2 * frame
        if (stream.frames and n_packets < stream.frames and short) or (not stream.frames and short):
            raise MediaError(
                f"{self._path} is cut short: {index} frames could be decoded, up to {float(end or 0):.3f} s of the "
                f"{float(announced or 0):.3f} s its container announces. Pass accept_truncated=True to score what is "
                "there."
            )

    def _check_y4m(self, index: int) -> None:
        """Raise if the last frame of a YUV4MPEG2 file is cut: libavformat drops it without an error."""
        with open(self._path, "rb") as file:
            header = len(file.readline(1 << 16))
        frame = len(b"FRAME\n") + self.info.format.frame_bytes(self.info.width, self.info.height)
        rest = (os.path.getsize(self._path) - header) % frame
        if rest:
            raise MediaError(
                f"{self._path} is cut short: after {index} whole frames {rest} of {frame} bytes of another one follow. "
                "Pass accept_truncated=True to score what is there."
            )

    def close(self) -> None:
        """Nothing to release: each iteration opens the file for itself."""


def _announced_end(stream: VideoStream) -> Fraction | None:
    """End of the stream in seconds by its own header, not by the container, whose audio may be longer."""
    if stream.duration is not None and stream.time_base is not None:
        return ((stream.start_time or 0) + stream.duration) * Fraction(stream.time_base)
    text = stream.metadata.get("DURATION")  # Matroska: HH:MM:SS.nanoseconds
    if not text:
        return None
    try:
        hours, minutes, seconds = text.split(":")
        return Fraction(int(hours) * 3600 + int(minutes) * 60) + Fraction(seconds)
    except ValueError:
        return None
