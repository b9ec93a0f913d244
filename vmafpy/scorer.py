"""Pairs of frames in, scores out, one at a time: several models and features in one pass."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
import warnings as python_warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from vmafpy import __version__, capi
from vmafpy.errors import (
    ClosedError,
    EngineError,
    MismatchError,
    OptionError,
    PendingScoreError,
    SequenceError,
    SizeWarning,
    UnknownFeatureError,
    VmafWarning,
)
from vmafpy.frame_scores import BootstrapScores, FloatArray, FrameScores, IntArray, ScoreMap
from vmafpy.frames.array import frame_from_planes
from vmafpy.frames.base import Frame, PixelFormat, VideoInfo, pixel_format
from vmafpy.frames.convert import promote, promoted_format
from vmafpy.frames.video import frame_from_av
from vmafpy.metrics import PRESETS
from vmafpy.models import Model, aliases_of, load_model, score_key
from vmafpy.results import Provenance, ScoreResult

if TYPE_CHECKING:
    from vmafpy.capi import Library

OptionValue: TypeAlias = "bool | int | float | str"
#: An extractor's name, ``"name:option=value:..."``, or the name with a mapping of options.
Feature: TypeAlias = "str | tuple[str, Mapping[str, OptionValue]]"
ModelLike: TypeAlias = "str | os.PathLike[str] | Model"

#: VMAF alone misleads on enhanced video, and NEG costs little beside it: both are the default.
DEFAULT_MODELS = ("vmaf_v0.6.1", "vmaf_v0.6.1neg")


def parse_feature(feature: Feature) -> tuple[str, dict[str, OptionValue]]:
    """
    Split ``"psnr:enable_chroma=false"`` into a name and options; a tuple is taken as it is.

    Raises
    ------
    OptionError
        If an option has no value.
    """
    if not isinstance(feature, str):
        name, options = feature
        return name, dict(options)
    name, *parts = feature.split(":")
    options = {}
    for part in parts:
        key, sign, value = part.partition("=")
        if not sign or not key or not value:
            raise OptionError(f"feature {feature!r}: {part!r} is no option=value")
        options[key] = value
    return name, options


def _features(features: str | Iterable[Feature]) -> list[tuple[str, dict[str, OptionValue]]]:
    out: list[tuple[str, dict[str, OptionValue]]] = []
    for feature in [features] if isinstance(features, str) else features:
        names: Iterable[Feature] = PRESETS.get(feature, (feature,)) if isinstance(feature, str) else (feature,)
        for parsed in map(parse_feature, names):
            if parsed not in out:
                out.append(parsed)
    return out


def load_models(models: ModelLike | Iterable[ModelLike] | None) -> list[Model]:
    """
    Load what was asked for: one model or several, the default pair for None.

    Raises
    ------
    OptionError
        If two different models have one key.
    """
    if models is None:
        models = DEFAULT_MODELS
    elif isinstance(models, (str, os.PathLike, Model)):
        models = (models,)
    found: dict[str, Model] = {}
    for model in models:
        loaded = load_model(model)
        if loaded.id in found and found[loaded.id] != loaded:
            raise OptionError(
                f"two different models are called {loaded.id!r}; give one another key with load_model(..., id=...)"
            )
        found[loaded.id] = loaded
    return list(found.values())


def _encode_options(width: int | None, height: int | None, bit_depth: int | None) -> dict[str, OptionValue]:
    if (width is None) != (height is None):
        raise OptionError(f"enc_width={width} and enc_height={height} go together; give both or neither")
    given = {"enc_width": width, "enc_height": height, "enc_bitdepth": bit_depth}
    return {name: value for name, value in given.items() if value is not None}


def _with_encode(model: Model, encode: Mapping[str, OptionValue]) -> Model:
    """Return the model with the encode's form passed to CAMBI, under the same key: provenance holds the options."""
    if not encode or "cambi" not in model.extractors:
        return model
    return load_model(model, options={"cambi": encode}, id=model.id)


def available_threads() -> int:
    """Cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class _DetailWatch:
    """
    Fine detail of both videos on a few frames: a distorted video with more of it than its reference is suspicious.

    Coding and scaling remove detail. More of it means swapped arguments, added noise or sharpening; in all three the
    plain VMAF score misleads.
    """

    RATIO = 1.15

    def __init__(self) -> None:
        self._reference = self._distorted = 0.0

    def look(self, index: int, reference: Frame, distorted: Frame) -> None:
        if index & (index - 1):
            return  # frames 0, 1, 2, 4, 8, ...: a look costs a few hundredths of a score
        self._reference += self._detail(reference)
        self._distorted += self._detail(distorted)

    @staticmethod
    def _detail(frame: Frame) -> float:
        """Mean absolute second difference along every fourth row."""
        kind = np.int16 if frame.format.bit_depth <= 14 else np.int32  # twice a sample, either sign
        luma = frame.planes[0][::4].astype(kind)
        if luma.shape[1] < 3:
            return 0.0
        return float(np.abs(2 * luma[:, 1:-1] - luma[:, :-2] - luma[:, 2:]).mean())

    def warning(self) -> str:
        if self._distorted <= self.RATIO * self._reference:
            return ""
        ratio = self._distorted / self._reference if self._reference else float("inf")
        return (
            f"the distorted video has {ratio:.2f} times the fine detail of the reference. Are the two swapped? If not, "
            "it was sharpened or noise was added, and VMAF rewards that: read NEG beside it"
        )


class Scorer:
    """
    Scores for a pipeline that pushes one pair of frames after the other.

    Frames are not copied: they must stay unchanged until they are scored, which PyAV's decoded frames do. Pass
    ``copy=True`` to `push` for a buffer that is going to be overwritten. `push` blocks while the workers are behind,
    so memory stays flat; the GIL is released meanwhile. One thread at a time may use a scorer; several scorers may
    run in several threads.

    Parameters
    ----------
    width, height : int
        Luma samples.
    pix_fmt : str
        FFmpeg's name, such as ``"yuv420p10le"``.
    models : model or sequence of models, optional
        Identifiers, aliases, paths of model files, or `Model` objects. VMAF and VMAF NEG if None; ``()`` for none.
    features : sequence, optional
        Extra features: extractor names, ``"name:option=value"``, pairs of name and options, or a preset of
        ``vmafpy.metrics.PRESETS`` such as ``"triangulate"``.
    library : str, path-like, or capi.Library, optional
        None or ``"embedded"`` for the built-in engine; ``"libvmaf"`` to look for one; or the path of a libvmaf.
    n_threads : int, optional
        Workers; None for one per core, 0 for none: `push` then does all the work. No score depends on it.
    n_subsample : int
        Score every n-th frame. All frames must still be pushed: motion needs them.
    bit_depth : int, optional
        Score at this depth, the samples shifted left; v1 models are meant for 10 bits.
    enc_width, enc_height, enc_bitdepth : int, optional
        Of the encode, where it was made smaller or at another depth than the pictures scored. CAMBI looks for
        banding as it was encoded.
    reference, distorted : str
        What the videos are called in provenance.

    Raises
    ------
    UnknownModelError, InvalidModelError, UnknownFeatureError, OptionError
        For what cannot be scored with.
    PictureSizeError, UnsupportedFormatError
        For pictures a model or feature is not defined on.
    LibraryNotFoundError
        If the library asked for is not there.

    Examples
    --------
    >>> with vmafpy.Scorer(width=1920, height=1080, pix_fmt="yuv420p") as scorer:      # doctest: +SKIP
    ...     for source, decoded in pipeline:
    ...         scorer.push(source, decoded)
    ...     print(scorer.finish().vmaf)
    """

    def __init__(
        self,
        *,
        width: int,
        height: int,
        pix_fmt: str,
        models: ModelLike | Iterable[ModelLike] | None = None,
        features: str | Iterable[Feature] = (),
        library: str | os.PathLike[str] | Library | None = None,
        n_threads: int | None = None,
        n_subsample: int = 1,
        bit_depth: int | None = None,
        enc_width: int | None = None,
        enc_height: int | None = None,
        enc_bitdepth: int | None = None,
        reference: str = "pushed frames",
        distorted: str = "pushed frames",
    ) -> None:
        if n_subsample < 1:
            raise OptionError(f"n_subsample is {n_subsample}; it is 1 for every frame, n for every n-th")
        if n_threads is not None and n_threads < 0:
            raise OptionError(f"n_threads is {n_threads}; it is 0 for none, or a number of workers")
        self._input: PixelFormat = pixel_format(pix_fmt)
        self._format = self._input if bit_depth is None else promoted_format(self._input, bit_depth)
        self._size = (width, height)
        encode = _encode_options(enc_width, enc_height, enc_bitdepth)
        self._models = [_with_encode(model, encode) for model in load_models(models)]
        self._features = [(name, {**encode, **o} if name == "cambi" else o) for name, o in _features(features)]
        if not self._models and not self._features:
            raise OptionError("there is nothing to score: give a model or a feature")
        self._n_subsample = n_subsample
        self._n_threads = available_threads() if n_threads is None else n_threads
        self._labels = (reference, distorted)
        self._lock = threading.Lock()
        self._n_pushed = 0
        self._finished = False
        self._watch = _DetailWatch()
        self._warnings: list[str] = []
        self._preparation = ""
        self._pairing = "by index"
        self._offset = 0
        self._started = time.perf_counter()
        self._stopped: float | None = None
        self._result: ScoreResult | None = None
        self._library = capi.find_library(library)
        if n_subsample > 1 and n_subsample % 2 == 0:
            self._warn(
                f"n_subsample={n_subsample} is even: many encoders alternate better and worse frames, and an even step "
                "sees only one kind; take an odd one"
            )
        for model in self._models:
            if 2 * min(width, height) < model.lines:
                self._warn(
                    f"pictures of {min(width, height)} lines are scored as if they were {model.lines} lines high "
                    f"({model.id}); to judge a video as it is shown on a full screen, scale both sides up first",
                    SizeWarning,
                )
                break
        self._context = capi.Context(self._library, n_threads=self._n_threads, n_subsample=n_subsample)
        self._flush: Callable[[], None] = self._context.flush  # not where the context is fed together with others
        try:
            self._loaded = [self._use(model) for model in self._models]
            for name, options in self._features:
                self._context.use_feature(name, options)
        except BaseException:
            self._context.close()
            raise

    def _use(self, model: Model) -> capi.Model | capi.ModelCollection:
        kind = capi.ModelCollection if model.kind == "collection" else capi.Model
        loaded = kind.load(
            self._library,
            model.path,
            name=score_key(model),
            clip=model.clip,
            transform=model.transform,
            overloads=model.overloads,
        )
        if isinstance(loaded, capi.ModelCollection):
            self._context.use_model_collection(loaded)
        else:
            self._context.use_model(loaded)
        return loaded

    def push(self, reference: Any, distorted: Any, *, copy: bool = False) -> int:
        """
        Take the next pair of frames.

        Parameters
        ----------
        reference, distorted : av.VideoFrame, ndarray, or sequence of ndarrays
            Of the scorer's size and format: PyAV frames, a luma plane, or planes Y, Cb and Cr.
        copy : bool
            Copy the samples now, so that the caller may overwrite them at once.

        Returns
        -------
        int
            Index of the pair, from 0.

        Raises
        ------
        MismatchError
            If a frame is not of the scorer's size and format. Nothing is lost: push the right frame instead.
        ClosedError, SequenceError
            After `close`, or after `finish`.
        """
        with self._lock:
            if self._result is not None and self._context.closed:
                raise ClosedError("the scorer is closed; its scores so far are in result()")
            if self._finished:
                raise SequenceError("finish() was called; a new sequence needs a new Scorer")
            index = self._n_pushed
            ref = self._frame(reference, index, self._labels[0])
            dis = self._frame(distorted, index, self._labels[1])
            self._context.read(self._picture(ref, copy), self._picture(dis, copy), index)
            self._note_pair(ref, dis)
            return index

    def _note_pair(self, reference: Frame, distorted: Frame) -> None:
        """Count a pair that was read."""
        self._watch.look(self._n_pushed, reference, distorted)
        self._n_pushed += 1
        self._result = None

    def _frame(self, picture: Any, index: int, label: str) -> Frame:
        if isinstance(picture, Frame):
            frame = picture
        elif isinstance(picture, np.ndarray) or (isinstance(picture, Sequence) and not isinstance(picture, str)):
            frame = frame_from_planes(picture, self._input.name, index, label)
        else:
            frame = frame_from_av(picture, index, label)
        same = (frame.format.chroma, frame.format.bit_depth) == (self._input.chroma, self._input.bit_depth)
        if (frame.width, frame.height) != self._size or not same:
            raise MismatchError(
                f"{label}: frame {index} is {frame.width}x{frame.height} {frame.format.name}; this scorer takes "
                f"{self._size[0]}x{self._size[1]} {self._input.name}"
            )
        return promote(frame, self._format.bit_depth)

    def _picture(self, frame: Frame, copy: bool) -> capi.Picture:
        make = capi.Picture.copy if copy else capi.Picture.wrap
        return make(frame.planes, frame.format.chroma, frame.format.bit_depth)

    @property
    def n_pushed(self) -> int:
        """Pairs pushed so far."""
        return self._n_pushed

    def score(self, index: int, model: str | None = None) -> float:
        """
        Score of one frame as soon as it is final: with motion, one frame after it was pushed.

        Parameters
        ----------
        index : int
        model : str, optional
            Identifier or alias; the first model if None.

        Raises
        ------
        PendingScoreError
            If the score is not final yet.
        OptionError
            If the model is not one of the scorer's, or frame *index* is not scored with this subsampling.
        ClosedError
            After `close`; see `result`.
        """
        if not self._models:
            raise OptionError("this scorer has no model; see result() for its features")
        if index % self._n_subsample or index < 0:
            raise OptionError(f"frame {index} is not scored; with n_subsample={self._n_subsample} its multiples are")
        names = [m.id for m in self._models]
        name = names[0] if model is None else aliases_of(names).get(model, model)
        if name not in names:
            raise OptionError(f"model {model!r} is not scored here; {', '.join(names)} are")
        with self._lock:
            return self._model_score(self._loaded[names.index(name)], index)

    def _model_score(self, loaded: capi.Model | capi.ModelCollection, index: int) -> float:
        if isinstance(loaded, capi.ModelCollection):
            return self._context.collection_main_score(loaded, index)
        return self._context.model_score(loaded, index)

    def finish(self) -> ScoreResult:
        """
        End the sequence and return all scores. May be called again.

        Raises
        ------
        SequenceError
            If no frame was pushed.
        ClosedError
            If the scorer was closed before.
        """
        with self._lock:
            if not self._finished:
                if self._context.closed:
                    raise ClosedError("the scorer was closed before finish(); its scores so far are in result()")
                if not self._n_pushed:
                    raise SequenceError("no frame was pushed; there is nothing to score")
                self._flush()
                self._finished = True
                self._stopped = time.perf_counter()
                self._result = None
                self._warn(self._watch.warning())
            if self._result is None:
                self._result = self._collect()
                message = _isolated_lows(next(iter(self._result.models.values()), None))
                if message:
                    self._warn(message)
                    self._result = replace(self._result, warnings=tuple(self._warnings))
            return self._result

    def result(self) -> ScoreResult:
        """Return the scores that are final so far: all after `finish`, and still there after an error or `close`."""
        with self._lock:
            if self._result is None:
                self._result = self._collect()
            return self._result

    def _warn(self, message: str, category: type[VmafWarning] = VmafWarning) -> None:
        if message:
            self._warnings.append(message)
            python_warnings.warn(message, category, stacklevel=4)

    def _collect(self) -> ScoreResult:
        context = self._context
        stored = self._stored_features()
        indices = np.arange(0, self._n_pushed, self._n_subsample, dtype=np.int64)
        if not self._finished:
            indices = indices[: self._n_final(indices, stored)]
        frames = indices.tolist()
        models: dict[str, FrameScores] = {}
        for model, loaded in zip(self._models, self._loaded, strict=True):
            values = _column(self._model_score(loaded, i) for i in frames)
            if isinstance(loaded, capi.ModelCollection):
                spread = [context.collection_score(loaded, i) for i in frames]
                models[model.id] = BootstrapScores(
                    model.id,
                    values,
                    indices,
                    bagging=_column(s.bagging for s in spread),
                    stddev=_column(s.stddev for s in spread),
                    ci95_low=_column(s.ci95[0] for s in spread),
                    ci95_high=_column(s.ci95[1] for s in spread),
                )
            else:
                models[model.id] = FrameScores(model.id, values, indices)
        features: dict[str, FrameScores] = {}
        for name in stored:
            printed = context.printed_name(name)
            values = _column(context.feature_score(name, i) for i in frames)
            features[printed] = FrameScores(printed, values, indices)
        elapsed = (self._stopped or time.perf_counter()) - self._started
        return ScoreResult(
            models=ScoreMap(models, aliases_of(models)),
            features=ScoreMap(features),
            provenance=self._provenance(),
            aggregates=self._aggregates(),
            warnings=tuple(self._warnings),
            fps=self._n_pushed / elapsed if elapsed > 0 else math.nan,
        )

    def _stored_features(self) -> list[str]:
        of_models = {name for loaded in self._loaded for name in loaded.score_names()}
        return [name for name in self._context.stored_names() if name not in of_models]

    def _n_final(self, indices: IntArray, stored: Sequence[str]) -> int:
        """Count the frames, from the first on, that have all their scores: these become final in frame order."""
        low, high = 0, len(indices)
        while low < high:
            middle = (low + high) // 2
            try:
                for name in stored:
                    self._context.feature_score(name, int(indices[middle]))
                for loaded in self._loaded:
                    self._model_score(loaded, int(indices[middle]))
            except (PendingScoreError, EngineError):
                high = middle
            else:
                low = middle + 1
        return low

    def _aggregates(self) -> dict[str, float]:
        out = {}
        if self._finished and any(name == "psnr" and options.get("enable_apsnr") for name, options in self._features):
            for name in ("apsnr_y", "apsnr_cb", "apsnr_cr"):
                with contextlib.suppress(UnknownFeatureError):
                    out[name] = self._context.aggregate(name)
        return out

    def _provenance(self) -> Provenance:
        copied = self._context.frames_copied
        return Provenance(
            library="embedded" if self._library.is_embedded else "libvmaf",
            library_version=self._library.version,
            library_path=str(self._library.path or ""),
            vmafpy_version=__version__,
            models=tuple(model.to_dict() for model in self._models),
            features=tuple({"name": name, "options": options} for name, options in self._features),
            reference=self._labels[0],
            distorted=self._labels[1],
            width=self._size[0],
            height=self._size[1],
            pix_fmt=self._format.name,
            bit_depth=self._format.bit_depth,
            conversion=self._conversion(),
            pairing=self._pairing,
            offset=self._offset,
            n_frames=self._n_pushed,
            n_subsample=self._n_subsample,
            n_threads=self._n_threads,
            frames_shared=self._context.frames_shared,
            frames_copied=sum(copied.values()),
            copy_reasons=dict(copied),
        )

    def note_preparation(self, reference: VideoInfo, distorted: VideoInfo, pairing: str, offset: int) -> None:
        """Record what was done to the pictures before they were pushed, and how they were paired."""
        steps = [
            f"{side}: {i.conversion}"
            for side, i in (("reference", reference), ("distorted", distorted))
            if i.conversion
        ]
        same = reference.conversion == distorted.conversion
        self._preparation = reference.conversion if same else "; ".join(steps)
        self._pairing = pairing
        self._offset = offset

    def _conversion(self) -> str:
        promoted = f"{self._input.bit_depth} to {self._format.bit_depth} bits by left shift"
        return "; ".join(filter(None, [self._preparation, promoted if self._format != self._input else ""]))

    def close(self) -> None:
        """Stop the workers and release the library's memory. Scores so far stay in `result`. May be called again."""
        with self._lock:
            if self._context.closed:
                return
            try:
                if self._result is None:
                    self._result = self._collect()
            finally:
                self._context.close()

    def __enter__(self) -> Scorer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _isolated_lows(scores: FrameScores | None) -> str:
    """
    Words about isolated runs of very low frames in a clip that is good otherwise: the mark of misalignment.

    Low is below half the median, or near zero. Where they are more than a tenth of the frames, only those near zero
    count: then it is rather the content that changes.
    """
    if scores is None or len(scores) < 3:
        return ""
    median = float(np.median(scores.values))
    if median < 20:
        return ""
    low = scores.indices[scores.values < median / 2]
    if 10 * len(low) > len(scores):
        low = scores.indices[scores.values < 1.0]
    if not len(low):
        return ""
    runs = np.split(low, np.flatnonzero(np.diff(low) > scores.indices[1] - scores.indices[0]) + 1)
    words = ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs[:5])
    more = f" and {len(runs) - 5} more runs" if len(runs) > 5 else ""
    least = float(scores.values[np.isin(scores.indices, low)].min())
    return (
        f"frames {words}{more} score as low as {least:.0f} in a clip whose median is {median:.0f}: look for dropped, "
        "repeated or black frames and an offset between the videos (find_offset, pairing by time)"
    )


def _column(values: Iterable[float]) -> FloatArray:
    out = np.fromiter(values, np.float64)
    out.setflags(write=False)
    return out
