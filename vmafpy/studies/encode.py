"""Encoders as streams: frames in, decoded frames and true bits out, in memory."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from vmafpy.errors import VmafError

if TYPE_CHECKING:
    import av


class EncoderError(VmafError, RuntimeError):
    """An encoder is missing in this build, refuses its settings, or fails; the text says which."""


class Session(Protocol):
    """One encode in progress. Decoded frames come back in presentation order, some frames late."""

    @property
    def bits(self) -> int:
        """Size of the packets so far."""
        ...

    def push(self, frame: av.VideoFrame) -> list[av.VideoFrame]:
        """Take the next source frame; return the decoded frames that are ready."""
        ...

    def finish(self) -> Iterable[av.VideoFrame]:
        """End the encode; give the rest of the decoded frames, all of which are to be taken, and may be made then."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """
    Anything that codes frames at a quality setting.

    Attributes
    ----------
    name : str
        Of the encoder in tables.
    settings : mapping
        Everything else that changes its output; part of the cache's keys.
    crf_range : tuple of int
        Best and worst quality setting.
    """

    @property
    def name(self) -> str:
        """Of the encoder in tables."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What changes its output beside the quality setting."""
        ...

    @property
    def crf_range(self) -> tuple[int, int]:
        """Best and worst quality setting."""
        ...

    def start(self, crf: int, width: int, height: int, pix_fmt: str, rate: Fraction) -> Session:
        """Begin an encode."""
        ...


@dataclass(frozen=True)
class PyAVEncoder:
    """
    An encoder inside PyAV's FFmpeg.

    Parameters
    ----------
    name : str
        Of the encoder in tables.
    codec, decoder : str
        FFmpeg's names, such as ``"libx264"`` and ``"h264"``.
    crf_range : tuple of int
        Best and worst CRF.
    settings : mapping
        FFmpeg's private options, such as ``{"preset": "slow"}``.
    """

    name: str
    codec: str
    decoder: str
    crf_range: tuple[int, int]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def start(self, crf: int, width: int, height: int, pix_fmt: str, rate: Fraction) -> Session:
        """
        Begin an encode.

        Raises
        ------
        EncoderError
            If this PyAV has no such encoder, or it refuses the settings.
        """
        return _PyAVSession(self, crf, width, height, pix_fmt, rate)

    def options(self, crf: int) -> dict[str, str]:
        """Return FFmpeg's options for a CRF."""
        return {"crf": str(crf), **{key: str(value) for key, value in self.settings.items()}}

    def open(self, crf: int, width: int, height: int, pix_fmt: str, rate: Fraction) -> Any:
        """
        Open PyAV's codec context, which takes frames with pts counted in frames and gives packets.

        Raises
        ------
        EncoderError
            As `start`.
        """
        import av

        if self.codec not in av.codec.codecs_available:
            raise EncoderError(f"this PyAV {av.__version__} has no encoder {self.codec!r}")
        if self.codec == "libsvtav1":
            os.environ.setdefault("SVT_LOG", "1")  # errors only; it writes to stderr by itself otherwise
        try:
            writer: Any = av.CodecContext.create(self.codec, "w")
            writer.width, writer.height, writer.pix_fmt = width, height, pix_fmt
            writer.time_base, writer.framerate = 1 / rate, rate
            writer.options = self.options(crf)
            writer.open()
        except (av.error.FFmpegError, OSError, ValueError) as error:
            words = ", ".join(f"{key}={value}" for key, value in self.settings.items()) or "default settings"
            raise EncoderError(f"{self.name} ({self.codec}) at CRF {crf} cannot start with {words}: {error}") from error
        return writer


class _PyAVSession:
    def __init__(self, encoder: PyAVEncoder, crf: int, width: int, height: int, pix_fmt: str, rate: Fraction) -> None:
        import av

        self.bits = 0
        self._encoder, self._rate, self._count = encoder, rate, 0
        self._what = f"{encoder.name} ({encoder.codec}) at CRF {crf}"
        self._writer = encoder.open(crf, width, height, pix_fmt, rate)
        self._reader: Any = av.CodecContext.create(encoder.decoder, "r")

    def _pass(self, frame: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        """Packet by packet: the encoder's threads go on while what it has finished is decoded and scored."""
        import av

        try:
            for packet in self._writer.encode_lazy(frame):
                self.bits += 8 * packet.size
                yield from self._reader.decode(packet)
            if frame is None:
                yield from self._reader.decode(None)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise EncoderError(f"{self._what} failed after {self._count} frames: {error}") from error

    def push(self, frame: av.VideoFrame) -> list[av.VideoFrame]:
        from av.video.frame import PictureType

        frame.pts, frame.time_base, frame.pict_type = self._count, 1 / self._rate, PictureType.NONE
        out = list(self._pass(frame))
        self._count += 1
        return out

    def finish(self) -> Iterator[av.VideoFrame]:
        return self._pass(None)


def x264(**settings: Any) -> PyAVEncoder:
    """H.264 by x264; settings are FFmpeg's (``preset``, ``tune``, ``x264-params``)."""
    return PyAVEncoder("x264", "libx264", "h264", (0, 51), settings)


def x265(**settings: Any) -> PyAVEncoder:
    """H.265 by x265."""
    params = ":".join(filter(None, ["log-level=error", str(settings.pop("x265-params", ""))]))
    return PyAVEncoder("x265", "libx265", "hevc", (0, 51), {**settings, "x265-params": params})


def svt_av1(**settings: Any) -> PyAVEncoder:
    """AV1 by SVT-AV1, decoded by dav1d."""
    return PyAVEncoder("svt-av1", "libsvtav1", "libdav1d", (1, 63), settings)


def vp9(**settings: Any) -> PyAVEncoder:
    """VP9 by libvpx at constant quality."""
    return PyAVEncoder("vp9", "libvpx-vp9", "vp9", (0, 63), {"b": "0", **settings})


ENCODERS: Mapping[str, Callable[..., PyAVEncoder]] = {"x264": x264, "x265": x265, "svt-av1": svt_av1, "vp9": vp9}


def encoder_by_name(text: str) -> PyAVEncoder:
    """
    Make an encoder of ``"x264"`` or ``"x264:preset=slow:tune=psnr"``.

    Raises
    ------
    EncoderError
        If the name is unknown or an option has no value.
    """
    name, *parts = text.split(":")
    if name not in ENCODERS:
        raise EncoderError(f"there is no encoder {name!r}; there are {', '.join(ENCODERS)}")
    settings = {}
    for part in parts:
        key, sign, value = part.partition("=")
        if not sign or not key:
            raise EncoderError(f"encoder {text!r}: {part!r} is no option=value")
        settings[key] = value
    return ENCODERS[name](**settings)


@dataclass(frozen=True)
class CallableEncoder:
    """
    A codec that is a Python callable, such as a neural one.

    Parameters
    ----------
    name : str
    function : callable
        ``function(frames, crf)`` takes a list of av.VideoFrame and yields (decoded av.VideoFrame, bits) for each in
        order. It gets all frames at once, since it may look both ways: memory grows with the clip.
    crf_range : tuple of int
    settings : mapping
        What identifies the model: part of the cache's keys.
    """

    name: str
    function: Callable[[list[av.VideoFrame], int], Iterable[tuple[av.VideoFrame, int]]]
    crf_range: tuple[int, int]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def start(self, crf: int, width: int, height: int, pix_fmt: str, rate: Fraction) -> Session:
        """Begin an encode."""
        return _CallableSession(self, crf)


class _CallableSession:
    def __init__(self, encoder: CallableEncoder, crf: int) -> None:
        self.bits = 0
        self._encoder, self._crf = encoder, crf
        self._frames: list[av.VideoFrame] = []

    def push(self, frame: av.VideoFrame) -> list[av.VideoFrame]:
        self._frames.append(frame)
        return []

    def finish(self) -> list[av.VideoFrame]:
        out: list[av.VideoFrame] = []
        try:
            for frame, bits in self._encoder.function(self._frames, self._crf):
                out.append(frame)
                self.bits += int(bits)
        except Exception as error:
            raise EncoderError(
                f"{self._encoder.name} at quality {self._crf} raised {type(error).__name__}: {error}"
            ) from error
        return out


@dataclass(frozen=True)
class CommandEncoder:
    """
    An external program: y4m file in, any file PyAV decodes out.

    Both are temporary files, and the source's frames are held until the program ends: memory grows with the clip.

    Parameters
    ----------
    name : str
    command : sequence of str
        Words with ``{input}``, ``{output}`` and ``{crf}`` in them.
    crf_range : tuple of int
    suffix : str
        Of the output file, by which PyAV tells its container, such as ``".ivf"``.
    settings : mapping
        Version and the like: part of the cache's keys, as is the command.
    """

    name: str
    command: Sequence[str]
    crf_range: tuple[int, int]
    suffix: str = ".mkv"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def start(self, crf: int, width: int, height: int, pix_fmt: str, rate: Fraction) -> Session:
        """
        Begin an encode.

        Raises
        ------
        EncoderError
            If the program is not there.
        """
        if shutil.which(self.command[0]) is None:
            raise EncoderError(f"{self.name}: there is no program {self.command[0]!r}")
        return _CommandSession(self, crf, width, height, pix_fmt, rate)


class _CommandSession:
    def __init__(
        self, encoder: CommandEncoder, crf: int, width: int, height: int, pix_fmt: str, rate: Fraction
    ) -> None:
        import av

        self.bits = 0
        self._encoder, self._crf, self._rate, self._count = encoder, crf, rate, 0
        self._folder = tempfile.TemporaryDirectory(prefix="vmafpy-")
        self._input = Path(self._folder.name, "input.y4m")
        self._container = av.open(str(self._input), "w", format="yuv4mpegpipe")
        stream: Any = self._container.add_stream("wrapped_avframe", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        self._stream = stream

    def push(self, frame: av.VideoFrame) -> list[av.VideoFrame]:
        frame.pts, frame.time_base = self._count, 1 / self._rate
        self._container.mux(self._stream.encode(frame))
        self._count += 1
        return []

    def finish(self) -> list[av.VideoFrame]:
        import av

        self._container.mux(self._stream.encode(None))
        self._container.close()
        output = self._input.with_name(f"output{self._encoder.suffix}")
        words = {"input": str(self._input), "output": str(output), "crf": str(self._crf)}
        command = [word.format(**words) for word in self._encoder.command]
        try:
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode or not output.exists():
                last = (run.stderr.strip().splitlines() or ["no output file"])[-1]
                raise EncoderError(f"{self._encoder.name}: {' '.join(command)} ended with {run.returncode}: {last}")
            with av.open(str(output)) as container:
                stream = container.streams.video[0]
                frames = []
                for packet in container.demux(stream):
                    self.bits += 8 * packet.size
                    frames.extend(packet.decode())
            return frames
        except av.error.FFmpegError as error:
            raise EncoderError(f"{self._encoder.name}: its output cannot be decoded: {error}") from error
        finally:
            self._folder.cleanup()


def fingerprint(encoder: Encoder) -> str:
    """Short hash of everything about an encoder that changes its output."""
    import av

    facts = [encoder.name, sorted((str(k), str(v)) for k, v in encoder.settings.items())]
    facts.append(list(getattr(encoder, "command", [])))
    if isinstance(encoder, PyAVEncoder):
        facts.append([encoder.codec, encoder.decoder, av.__version__, str(sorted(av.library_versions.items()))])
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
