"""Any file PyAV opens, decoded frame by frame, planes as they lie in the decoder's memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from vmafpy.errors import MediaError, OptionError, UnsupportedFormatError
from vmafpy.frames.base import Frame, PixelFormat, VideoInfo, pixel_format

if TYPE_CHECKING:
    import av
    from av.video.stream import VideoStream

# FFmpeg's AVColorRange, AVColorTransferCharacteristic and AVColorSpace, as far as they matter here
_RANGES = {1: "limited", 2: "full"}
_TRANSFERS = {16: "pq", 18: "hlg"}
_MATRICES = {0: "rgb", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020"}
_UNSPECIFIED, _SMPTE170M = 2, 6
_LIMITED, _ITU601 = 1, 5  # AVColorRange, and swscale's number of the BT.601 matrix


def color_range(code: int | None, fmt: PixelFormat) -> str | None:
    """Name the range; FFmpeg's yuvj formats are full range whatever the stream signals."""
    return "full" if fmt.full_range else _RANGES.get(int(code or 0))


def is_rgb(name: str) -> bool:
    """Whether a format of FFmpeg's holds red, green and blue, as such or in a palette."""
    import av

    return name == "pal8" or bool(av.VideoFormat(name).is_rgb)


def conversion_words(decoded: str, made: str) -> str:
    """Name the conversion from one pixel format to another for provenance; empty for none."""
    if decoded == made:
        return ""
    return f"{decoded} to {made} by swscale" + (", BT.601, limited range" if is_rgb(decoded) else "")


def frame_from_av(picture: av.VideoFrame, index: int, label: str, *, convert: str | None = None) -> Frame:
    """
    View a PyAV frame's planes; nothing is copied, and the views keep the frame alive.

    Parameters
    ----------
    picture : av.VideoFrame
    index : int
    label : str
        For messages.
    convert : str, optional
        Format to convert to by swscale, where the picture has another one: see `VideoFile`.

    Raises
    ------
    UnsupportedFormatError
        If its pixel format cannot be scored as it is.
    """
    decoded = picture
    if convert is not None and picture.format.name != convert:
        # an RGB picture may say "full range" of itself, which swscale would hand on to the Y'CbCr made from it
        to = {"dst_color_range": _LIMITED, "dst_colorspace": _ITU601} if is_rgb(picture.format.name) else {}
        picture = picture.reformat(format=convert, **to)
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
    if decoded.pts is not None and decoded.time_base is not None:
        time = decoded.pts * Fraction(decoded.time_base)
    shown = color_range(picture.color_range, fmt)
    return Frame(tuple(planes), fmt, index, time, shown, decoded.interlaced_frame, decoded.rotation)


class VideoFile:
    """
    A video file, image sequence, pipe or URL that PyAV (FFmpeg) opens: mp4, mkv, y4m, png, ``frames_%04d.png``, ...

    Parameters
    ----------
    path : path-like
        The first video stream is read. ``"-"`` is standard input, which can be read once.
    accept_truncated : bool
        Take what can be decoded of a damaged or cut file as all of it, instead of raising at the point of damage.
    pix_fmt : str, optional
        Convert every picture to this format (FFmpeg's name) by swscale: the way in for RGB, NV12, P010 and packed
        formats. RGB becomes Y'CbCr of BT.601 in limited range (full for ``yuvj`` names); other pictures keep range and
        matrix. The conversion is recorded.
    film_grain : bool
        False leaves out the grain that an AV1 or H.274 decoder would synthesise, where it can be told to.
    fps : number, optional
        Frame rate of an image sequence.
    n_threads : int, optional
        Threads of the decoder, where it can use several; None for one more than there are cores, 16 at most. Each
        holds a picture or two.

    Raises
    ------
    MediaError
        If the file is missing, empty, unreadable, or holds no video. Also while iterating, where the stream is
        damaged or ends before the end its container announces; the frames before that have been yielded.
    UnsupportedFormatError
        If the decoded pixel format cannot be scored as it is and no *pix_fmt* was given.
    OptionError
        If *n_threads* is less than 1.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        accept_truncated: bool = False,
        pix_fmt: str | None = None,
        film_grain: bool = True,
        fps: Fraction | float | str | None = None,
        n_threads: int | None = None,
    ) -> None:
        self._path = os.fspath(path)
        self._accept_truncated = accept_truncated
        self._pix_fmt = None if pix_fmt is None else pixel_format(pix_fmt).name
        self._film_grain = film_grain
        if n_threads is not None and n_threads < 1:
            raise OptionError(f"n_threads is {n_threads}; a decoder has one thread or more")
        self._n_threads = n_threads
        self._rate = None if fps is None else Fraction(fps).limit_denominator(1 << 20)
        if os.path.isfile(self._path) and os.path.getsize(self._path) == 0:
            raise MediaError(f"{self._path} is empty")
        self._opened: tuple[Any, VideoStream] | None = self._open()
        try:
            self.info = self._describe(self._opened[1])
        except BaseException:
            self.close()
            raise

    def _describe(self, stream: VideoStream) -> VideoInfo:
        context = stream.codec_context
        if context.pix_fmt is None or not context.width or not context.height:
            raise MediaError(
                f"{self._path}: the video stream ({context.name}) has no picture that can be decoded; "
                "the file may be cut short before its first frame"
            )
        decoded = context.pix_fmt
        try:
            fmt = pixel_format(self._pix_fmt or decoded)
        except UnsupportedFormatError as error:
            raise UnsupportedFormatError(f"{self._path}: {error}") from None
        trc = int(context.color_trc or 0)
        rgb = is_rgb(decoded)
        conversion = conversion_words(decoded, fmt.name)
        if not self._film_grain:
            conversion = "; ".join(filter(None, ["film grain left out", conversion]))
        aspect = stream.sample_aspect_ratio
        return VideoInfo(
            label=self._path,
            width=context.width,
            height=context.height,
            format=fmt,
            fps=self._rate or stream.average_rate or stream.guessed_rate,
            n_frames=stream.frames or None,
            color_range=color_range(_LIMITED if rgb else context.color_range, fmt),
            transfer=_TRANSFERS.get(trc, None if trc in (0, _UNSPECIFIED) else "sdr"),
            matrix=None
            if fmt.chroma == "400"
            else _MATRICES.get(_SMPTE170M if rgb else int(context.colorspace or _UNSPECIFIED)),
            # PyAV 18 tells here; with an older one the frames do
            interlaced=int(getattr(context, "field_order", 0) or 0) > 1,
            sample_aspect=aspect if aspect and aspect != 1 else None,
            conversion=conversion,
        )

    def _place(self) -> str:
        """What FFmpeg is to open: a file by its absolute path, for ``a:b.mp4`` would be taken for a protocol ``a``."""
        if self._path == "-":
            return "pipe:0"
        return os.path.abspath(self._path) if os.path.isfile(self._path) else self._path

    def _open(self) -> tuple[Any, VideoStream]:
        import av

        options = {"framerate": str(self._rate)} if self._rate else {}
        try:
            # a damaged tag is no reason to refuse the pictures
            container = av.open(self._place(), options=options, metadata_errors="replace")
        except (av.error.FFmpegError, OSError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            if isinstance(error, av.error.InvalidDataError):
                reason += "; it is no video, or damaged, or cut off before the index that an mp4 may have at its end"
            raise MediaError(f"cannot open {self._path}: {reason}") from error
        if not container.streams.video:
            kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
            container.close()
            raise MediaError(f"{self._path} holds no video stream, only {kinds}")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            container.close()
            raise MediaError(
                f"{self._path}: there is no decoder for its video stream. Either PyAV's FFmpeg lacks the codec (see "
                "av.codecs_available), or the file's header is damaged"
            )
        if not self._film_grain:
            stream.codec_context.options = {"export_side_data": "+film_grain"}
        return container, stream

    def __iter__(self) -> Iterator[Frame]:
        """Decode from the start, with the decoder's own threads. Each iteration opens the file anew, a pipe fails."""
        import av

        if self._opened is None and self._path == "-":
            raise MediaError("standard input was read already and cannot be read again")
        opened, self._opened = self._opened, None
        container, stream = opened or self._open()
        index = n_packets = 0
        end: Fraction | None = None
        try:
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = self._n_threads or 0
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
                    yield frame_from_av(picture, index, self._path, convert=self._pix_fmt)
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
        """Release the file if it was opened but not read."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None


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
