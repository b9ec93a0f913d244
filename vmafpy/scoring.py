"""Two videos in, scores out: every frame, all models and features in one pass."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeGuard, TypeVar, overload

from vmafpy.align import check_range
from vmafpy.errors import InputError, MismatchError, OptionError, VmafError
from vmafpy.frames.base import FrameSource
from vmafpy.frames.convert import Crop
from vmafpy.frames.open import Video
from vmafpy.paired import model_lines, paired_frames, pairing_words, read_from, read_until
from vmafpy.progress import Progress, reporter
from vmafpy.results import ScoreResult
from vmafpy.scorer import Feature, ModelLike, Scorer, load_models
from vmafpy.several import score_several

if TYPE_CHECKING:
    from vmafpy.capi import Library

#: A path or a source, which can stand in a list of several videos.
Clip: TypeAlias = "str | os.PathLike[str] | FrameSource"
_Item = TypeVar("_Item", covariant=True)


class Several(Protocol[_Item]):
    """A list or tuple: what a string, an array and a set are not."""

    def __contains__(self, value: object, /) -> bool: ...
    def __iter__(self) -> Iterator[_Item]: ...
    def __getitem__(self, index: int, /) -> _Item: ...
    def count(self, value: Any, /) -> int:
        """Present in sequences."""
        ...


@overload
def score(
    *,
    reference: Video,
    distorted: Several[Clip],
    models: ModelLike | Iterable[ModelLike] | None = ...,
    features: str | Iterable[Feature] = ...,
    library: str | os.PathLike[str] | Library | None = ...,
    n_threads: int | None = ...,
    n_subsample: int = ...,
    pairing: Literal["index", "time"] = ...,
    offset: int | Literal["auto"] = ...,
    frames: tuple[int, int | None] | None = ...,
    shortest: bool = ...,
    scale: Literal["reference", "model"] | tuple[int, int] | None = ...,
    scaler: str = ...,
    crop: Crop | Literal["black-bars"] | None = ...,
    pix_fmt: str | None = ...,
    bit_depth: int | Literal["common"] | None = ...,
    enc_width: int | None = ...,
    enc_height: int | None = ...,
    enc_bitdepth: int | None = ...,
    accept: Collection[str] = ...,
    accept_truncated: bool = ...,
    film_grain: bool = ...,
    progress: Progress = ...,
) -> list[ScoreResult]: ...
@overload
def score(
    *,
    reference: Video,
    distorted: Video,
    models: ModelLike | Iterable[ModelLike] | None = ...,
    features: str | Iterable[Feature] = ...,
    library: str | os.PathLike[str] | Library | None = ...,
    n_threads: int | None = ...,
    n_subsample: int = ...,
    pairing: Literal["index", "time"] = ...,
    offset: int | Literal["auto"] = ...,
    frames: tuple[int, int | None] | None = ...,
    shortest: bool = ...,
    scale: Literal["reference", "model"] | tuple[int, int] | None = ...,
    scaler: str = ...,
    crop: Crop | Literal["black-bars"] | None = ...,
    pix_fmt: str | None = ...,
    bit_depth: int | Literal["common"] | None = ...,
    enc_width: int | None = ...,
    enc_height: int | None = ...,
    enc_bitdepth: int | None = ...,
    accept: Collection[str] = ...,
    accept_truncated: bool = ...,
    film_grain: bool = ...,
    progress: Progress = ...,
) -> ScoreResult: ...
def score(
    *,
    reference: Video,
    distorted: Video,
    models: ModelLike | Iterable[ModelLike] | None = None,
    features: str | Iterable[Feature] = (),
    library: str | os.PathLike[str] | Library | None = None,
    n_threads: int | None = None,
    n_subsample: int = 1,
    pairing: Literal["index", "time"] = "index",
    offset: int | Literal["auto"] = 0,
    frames: tuple[int, int | None] | None = None,
    shortest: bool = False,
    scale: Literal["reference", "model"] | tuple[int, int] | None = None,
    scaler: str = "bicubic",
    crop: Crop | Literal["black-bars"] | None = None,
    pix_fmt: str | None = None,
    bit_depth: int | Literal["common"] | None = None,
    enc_width: int | None = None,
    enc_height: int | None = None,
    enc_bitdepth: int | None = None,
    accept: Collection[str] = (),
    accept_truncated: bool = False,
    film_grain: bool = True,
    progress: Progress = None,
) -> ScoreResult | list[ScoreResult]:
    """
    Score a distorted video, or several, against a reference: every frame, every model and feature in one pass.

    Nothing is scaled, converted, dropped or repeated unless asked for; what was asked for is in the provenance.

    Parameters
    ----------
    reference : path-like, RawVideo, or iterable of frames
        A file PyAV opens (mp4, mkv, y4m, png, ...; ``"-"`` for standard input), headerless video as `RawVideo`, or
        av.VideoFrame objects or numpy planes (see `ArrayVideo`).
    distorted : path-like, RawVideo, iterable of frames, or list of paths and sources
        As *reference*; or a list or tuple of paths, `RawVideo` and other sources (`ArrayVideo`): several videos. They
        are scored together, frame by frame: the reference is decoded once, and the built-in engine analyses it once.
        Every number is that of the video's own run. A list of frames is one video.
    models : model or sequence of models, optional
        Identifiers such as ``"vmaf_v0.6.1"``, aliases such as ``"neg"`` or ``"4k"``, paths of model files, or `Model`
        objects. VMAF and VMAF NEG if None; ``()`` for none.
    features : sequence, optional
        Extra features by extractor name, ``"name:option=value"``, (name, options), or ``"triangulate"``.
    library : str, path-like, or capi.Library, optional
        None for the built-in engine; ``"libvmaf"`` or a path for a libvmaf on this machine.
    n_threads : int, optional
        Workers; None for one per core. Each file is decoded ahead on as many threads again, which wait when the
        workers are behind. 0: everything, decoding too, on the caller's thread. No score depends on it.
    n_subsample : int
        Score every n-th frame; motion still sees all of them.
    pairing : {"index", "time"}
        Pair the n-th frame with the n-th, or by presentation time (variable and different frame rates).
    offset : int or "auto"
        Distorted frame ``i + offset`` shows what reference frame ``i`` shows. "auto" searches it (`find_offset`).
    frames : tuple (first, end), optional
        Score reference frames *first* to *end* - 1 only (*end* None: to the last). Their scores are those of the
        whole run, bit for bit: frames around the range are read for motion.
    shortest : bool
        Score the common part of videos of unequal length, which are an error otherwise.
    scale : {"reference", "model"} or tuple of int, optional
        Scale the distorted video to the reference's size; or both to the lines of the first model (1080 or 2160),
        keeping the shape; or both to (width, height).
    scaler : str
        ``"bicubic"``, ``"bilinear"``, ``"lanczos"``, ``"area"``, ``"point"``, ``"spline"`` (swscale's).
    crop : Crop or "black-bars", optional
        Cut both videos, before scaling; "black-bars" finds the bars on the reference.
    pix_fmt : str, optional
        Convert both videos to this format (FFmpeg's name) first; needed for RGB, NV12, P010 and packed formats.
    bit_depth : int or "common", optional
        Score at this depth, or at the greater of both, the samples shifted left; v1 models are meant for 10 bits.
    enc_width, enc_height, enc_bitdepth : int, optional
        Of the encode, where the distorted video was encoded smaller or at another depth; passed to CAMBI.
    accept : collection of str
        Let ``"range"``, ``"matrix"``, ``"hdr"``, ``"interlaced"`` or ``"rotation"`` pass, which are errors otherwise.
    accept_truncated : bool
        Score what can be decoded of a cut or damaged file, which is an error otherwise.
    film_grain : bool
        False leaves out the grain that the decoder of a file would synthesise (AV1, H.274), where it can be told to:
        the grain is no error of the codec, and every frame-by-frame metric counts it as one.
    progress : bool or callable, optional
        True for a bar on stderr; or a function of the frames done and the total (None where unknown).

    Returns
    -------
    ScoreResult, or list of ScoreResult
        Of several distorted videos a list, in their order.

    Raises
    ------
    VmafError
        A subclass that names what is wrong; where frames were scored before it, its attribute ``partial`` is the
        `ScoreResult` of those. The same attribute is set on KeyboardInterrupt. Of several distorted videos one may
        fail in the midst of it: the others are scored to their end, then its error is raised (the first such video's,
        if several fail), with ``partials``, the list of all results in order.

    Warns
    -----
    VmafWarning
        Where the numbers are right but perhaps not what was meant: more fine detail in the distorted video than in
        the reference, isolated very low frames, an even *n_subsample*, a size far below the model's.
    """
    if _are_several(distorted):
        return score_several(
            reference=reference,
            distorted=distorted,
            models=models,
            features=features,
            library=library,
            n_threads=n_threads,
            n_subsample=n_subsample,
            pairing=pairing,
            offset=offset,
            frames=frames,
            shortest=shortest,
            scale=scale,
            scaler=scaler,
            crop=crop,
            pix_fmt=pix_fmt,
            bit_depth=bit_depth,
            enc_width=enc_width,
            enc_height=enc_height,
            enc_bitdepth=enc_bitdepth,
            accept=accept,
            accept_truncated=accept_truncated,
            film_grain=film_grain,
            progress=progress,
        )
    loaded = load_models(models)
    first, end = check_range(frames)
    start = read_from(first, n_subsample)
    prepared = paired_frames(
        reference=reference,
        distorted=distorted,
        pairing=pairing,
        offset=offset,
        frames=(start, None if end is None else read_until(end)),
        shortest=shortest,
        scale=scale,
        scaler=scaler,
        crop=crop,
        pix_fmt=pix_fmt,
        bit_depth=bit_depth,
        lines=model_lines(loaded),
        accept=accept,
        accept_truncated=accept_truncated,
        film_grain=film_grain,
        n_threads=n_threads,
    )
    ref, dis, paired = prepared.reference, prepared.distorted, prepared.pairs
    head = next(paired, None)
    info = ref.info
    if head is None and frames is None:
        raise MismatchError(
            f"no frame of the distorted video meets one of the reference (offset {prepared.offset:+d}, reference "
            f"{info.label}, distorted {dis.info.label}); the offset is beyond the end of one of them"
        )
    with (
        contextlib.closing(paired),
        Scorer(
            width=info.width,
            height=info.height,
            pix_fmt=info.format.name,
            models=loaded,
            features=features,
            library=library,
            n_threads=n_threads,
            n_subsample=n_subsample,
            enc_width=enc_width,
            enc_height=enc_height,
            enc_bitdepth=enc_bitdepth,
            reference=info.label,
            distorted=dis.info.label,
        ) as scorer,
    ):
        scorer.note_preparation(ref.info, dis.info, pairing_words(pairing, prepared.offset, frames), prepared.offset)
        totals = [n for n in (info.n_frames, dis.info.n_frames, end) if n is not None]
        report = reporter(progress, min(totals) - start if totals else None)
        try:
            pair = head
            while pair is not None:
                scorer.push(pair.reference, pair.distorted)
                report(scorer.n_pushed)
                pair = next(paired, None)
            if frames is not None and start + scorer.n_pushed <= first:
                raise OptionError(
                    f"frames {first}:{'' if end is None else end}: there are only {start + scorer.n_pushed}"
                )
            return scorer.finish().window(first, end, start) if frames is not None else scorer.finish()
        except BaseException as error:
            with contextlib.suppress(VmafError):
                scorer.finish()
            error.partial = scorer.result().window(first, end, start)  # type: ignore[attr-defined]
            raise
        finally:
            report(-1)


def _are_several(distorted: Video) -> TypeGuard[Sequence[Clip]]:
    """Tell a list of videos from a list of frames."""
    if not isinstance(distorted, (list, tuple)):
        return False
    kinds = [isinstance(one, (str, os.PathLike, FrameSource)) for one in distorted]
    if any(kinds) and not all(kinds):
        raise InputError(
            "distorted is a list of videos and of something else; several videos are paths, vmafpy.RawVideo(...), or "
            "frames as vmafpy.ArrayVideo(frames)"
        )
    return any(kinds)
