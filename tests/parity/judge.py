"""libvmaf 3.2 inside ffmpeg as a judge: raw frames in, its per-frame JSON log out."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

Planes = list[np.ndarray]


def real_pair(clip: Path, *, size: tuple[int, int], pix_fmt: str, crf: int, n_frames: int, start: int = 0):
    """Frames of a real clip scaled to *size* in *pix_fmt*, and the same after x264 at *crf*."""
    source: list[av.VideoFrame] = []
    with av.open(str(clip)) as container:
        for i, picture in enumerate(container.decode(video=0)):
            if i >= start + n_frames:
                break
            if i >= start:
                source.append(picture.reformat(*size, pix_fmt))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        for i, picture in enumerate(source):
            picture.pts, picture.time_base = i, Fraction(1, 25)
            picture.pict_type = av.video.frame.PictureType.NONE
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer) as container:
        decoded = list(container.decode(video=0))
    assert len(decoded) == n_frames
    assert decoded[0].format.name == pix_fmt
    return source, decoded


def _raw(frames: Sequence[av.VideoFrame], path: Path) -> None:
    with path.open("wb") as file:
        for frame in frames:
            for plane in frame.planes:
                size = 2 if frame.format.components[0].bits > 8 else 1
                rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
                file.write(rows[: plane.height, : plane.width * size].tobytes())


def judge(
    ffmpeg: str,
    folder: Path,
    reference: Sequence[av.VideoFrame],
    distorted: Sequence[av.VideoFrame],
    *,
    models: dict[str, str] | None = None,
    features: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """
    Per-frame scores of libvmaf, by the names it prints, six decimals.

    models: name to version; features: libvmaf's filter words, such as ``"name=psnr"``.
    """
    frame = reference[0]
    for name, frames in (("ref.yuv", reference), ("dis.yuv", distorted)):
        _raw(frames, folder / name)
    form = ["-f", "rawvideo", "-pix_fmt", frame.format.name, "-s", f"{frame.width}x{frame.height}", "-r", "25"]
    options = ["log_fmt=json", "log_path=log.json", "n_threads=1"]
    words = [f"version={version}\\:name={name}" for name, version in (models or {}).items()]
    options.append(f"model='{'|'.join(words)}'" if words else "model=")
    if features:
        options.append("feature='{}'".format("|".join(f.replace(":", "\\:") for f in features)))
    command = [ffmpeg, "-hide_banner", "-loglevel", "error", *form, "-i", "dis.yuv", *form, "-i", "ref.yuv"]
    command += ["-lavfi", f"[0:v][1:v]libvmaf={':'.join(options)}", "-f", "null", "-"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    log = json.loads((folder / "log.json").read_text())
    frames = log["frames"]
    assert [f["frameNum"] for f in frames] == list(range(len(reference)))
    nan = float("nan")
    return {
        name: np.array([nan if f["metrics"][name] is None else f["metrics"][name] for f in frames])
        for name in frames[0]["metrics"]
    }
