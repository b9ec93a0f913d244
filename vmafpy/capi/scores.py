"""Scores out of a context: of one frame, of all frames, pooled, and of the whole sequence."""

from __future__ import annotations

import enum
import operator
import os
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vmafpy.capi._cdata import CData
from vmafpy.capi.core import Core
from vmafpy.capi.library import Library, check
from vmafpy.capi.model import Model, ModelCollection
from vmafpy.capi.registry import AnyModel, Registry
from vmafpy.errors import (
    EngineError,
    OptionError,
    PendingScoreError,
    SequenceError,
    UnknownFeatureError,
    VmafError,
)

MAX_INDEX = 2**31 - 1


class Pooling(enum.IntEnum):
    """How per-frame scores become one; the harmonic mean is that of score + 1, minus 1."""

    MIN = 1
    MAX = 2
    MEAN = 3
    HARMONIC_MEAN = 4

    @classmethod
    def of(cls, value: Pooling | str | int) -> Pooling:
        """
        Return a method from itself, its number, or its name in any case.

        Raises
        ------
        OptionError
            For anything else.
        """
        if isinstance(value, str) and value.upper() in cls.__members__:
            return cls[value.upper()]
        if not isinstance(value, str) and value in (1, 2, 3, 4):
            return cls(value)
        raise OptionError(f"{value!r} is no pooling method: min, max, mean or harmonic_mean")


@dataclass(frozen=True, slots=True)
class CollectionScore:
    """
    Statistics of a bootstrap collection, in points of the model.

    Attributes
    ----------
    bagging : float
        Score of the members' mean.
    stddev : float
        Standard deviation over the members.
    ci95 : tuple of float
        Ends of the 95 % interval.
    """

    bagging: float
    stddev: float
    ci95: tuple[float, float]


class ScoreReader:
    """The part of a :class:`Context` that gives scores."""

    def __init__(self, core: Core, n_subsample: int) -> None:
        self.library: Library = core.library
        self.n_subsample = n_subsample
        self._core = core
        self._registry = Registry(core.library)
        self._n_read = 0
        self._flushed = False
        self._failure = ""
        self._value = core.library.ffi.new("double *")

    def feature_score(self, name: str, index: int) -> float:
        """
        Return one score of one frame.

        Parameters
        ----------
        name : str
            Stored or printed name; see :class:`ScoreName`.
        index : int
            Of the frame.

        Raises
        ------
        PendingScoreError
            If it is not final yet: more pictures or a flush are needed.
        SequenceError
            If the frame is not scored at all.
        UnknownFeatureError
            If nothing registered gives such a score.
        EngineError
            If the library failed on the frame.
        """
        with self._core as handle:
            return self._require(handle, self._stored(name), check_index(index))

    def feature_scores(self, name: str) -> npt.NDArray[np.float64]:
        """
        Return one score of every scored frame read so far.

        Parameters
        ----------
        name : str
            Stored or printed name.

        Returns
        -------
        ndarray of float64
            One value per frame 0, n, 2n, ... with n of *n_subsample*.

        Raises
        ------
        PendingScoreError, UnknownFeatureError, EngineError
            As for :meth:`feature_score`, for any of the frames.
        """
        with self._core as handle:
            stored = self._stored(name)
            self._check_known(name, stored)
            fetch, text, value = self.library.lib.vmaf_feature_score_at_index, stored.encode(), self._value
            frames = range(0, self._n_read, self.n_subsample)
            found = np.empty(len(frames))
            for i, index in enumerate(frames):
                if fetch(handle, text, value, index):
                    raise self._missing(name, index)
                found[i] = value[0]
            return found

    def feature_pooled(
        self, name: str, method: Pooling | str = Pooling.MEAN, index_low: int = 0, index_high: int | None = None
    ) -> float:
        """
        Return one score pooled over frames.

        Parameters
        ----------
        name : str
            Stored or printed name.
        method : Pooling or str
            ``"min"``, ``"max"``, ``"mean"``, ``"harmonic_mean"`` (of score + 1, minus 1).
        index_low, index_high : int
            First and last frame; of these, the scored ones are used. Default: all read.

        Raises
        ------
        PendingScoreError, SequenceError, UnknownFeatureError, EngineError
            As for :meth:`feature_score`, for any frame of the range.
        OptionError
            If there is no such method.
        """
        with self._core as handle:
            frames = self._range(index_low, index_high)
            return self._pool(handle, self._stored(name), Pooling.of(method), frames)

    def model_score(self, model: Model, index: int) -> float:
        """
        Return a model's score of one frame.

        Raises
        ------
        PendingScoreError, SequenceError, EngineError
            As for :meth:`feature_score`.
        UnknownFeatureError
            If the context does not use the model.
        ClosedError
            If the model is closed.
        """
        with self._core as handle:
            self._check_used(model)
            return self._predict(handle, model.handle, model.name, check_index(index))

    def model_scores(self, model: Model) -> npt.NDArray[np.float64]:
        """Return a model's score of every scored frame read so far; see :meth:`feature_scores`."""
        with self._core as handle:
            self._check_used(model)
            frames = range(0, self._n_read, self.n_subsample)
            return np.array([self._predict(handle, model.handle, model.name, i) for i in frames], float)

    def model_pooled(
        self, model: Model, method: Pooling | str = Pooling.MEAN, index_low: int = 0, index_high: int | None = None
    ) -> float:
        """Return a model's score pooled over frames; see :meth:`feature_pooled`."""
        with self._core as handle:
            self._check_used(model)
            how, frames = Pooling.of(method), self._range(index_low, index_high)
            for index in frames:
                self._predict(handle, model.handle, model.name, index)
            call = self.library.lib.vmaf_score_pooled
            check(
                call(handle, model.handle, int(how), self._value, frames[0], frames[-1]),
                f"vmaf_score_pooled({model.name}, {how.name}, {frames[0]}, {frames[-1]})",
            )
            return float(self._value[0])

    def collection_score(self, collection: ModelCollection, index: int) -> CollectionScore:
        """Return a collection's statistics of one frame, as often as wanted; errors as for :meth:`model_score`."""
        with self._core as handle:
            self._check_used(collection)
            return self._collect(handle, collection, check_index(index))

    def collection_main_score(self, collection: ModelCollection, index: int) -> float:
        """Return the main model's score of one frame; errors as for :meth:`model_score`."""
        with self._core as handle:
            self._check_used(collection)
            return self._predict(handle, collection.main, collection.name, check_index(index))

    def collection_members(self, collection: ModelCollection, index: int) -> tuple[float, ...]:
        """Return the members' scores of one frame, in the order of the file; errors as for :meth:`model_score`."""
        with self._core as handle:
            self._check_used(collection)
            self._collect(handle, collection, check_index(index))
            return tuple(self._require(handle, name, index) for name in collection.member_names())

    def collection_pooled(
        self,
        collection: ModelCollection,
        method: Pooling | str = Pooling.MEAN,
        index_low: int = 0,
        index_high: int | None = None,
    ) -> CollectionScore:
        """Return each statistic pooled on its own over frames; see :meth:`feature_pooled`."""
        with self._core as handle:
            self._check_used(collection)
            how, frames = Pooling.of(method), self._range(index_low, index_high)
            for index in frames:
                self._collect(handle, collection, index)
            bagging, stddev, lo, hi = (self._pool(handle, name, how, frames) for name in collection.statistic_names())
            return CollectionScore(bagging, stddev, (lo, hi))

    def stored_names(self) -> tuple[str, ...]:
        """
        Names that hold a score of at least one frame by now.

        Scores of models appear once asked for. In a libvmaf, which does not tell, the first and the last scored
        frame are tried with every name that is possible.
        """
        with self._core as handle:
            if self.library.is_embedded:
                return tuple(self._embedded_names(handle))
            imported = self._registry.imported
            names = [score.stored for entry in self._registry.entries.values() for score in entry.names]
            names += [name for model in self._registry.models.values() for name in model.score_names()]
            last = max(0, self._n_read - 1) // self.n_subsample * self.n_subsample
            return tuple(
                name
                for name in dict.fromkeys([*names, *imported])
                if name in imported or any(self._fetch(handle, name, i) is not None for i in {0, last})
            )

    def printed_name(self, stored: str) -> str:
        """Return the name under which reports print a stored score."""
        return next((printed for printed, name in self._registry.stored.items() if name == stored), stored)

    def aggregate(self, name: str) -> float:
        """
        Return a value of the whole sequence, such as ``apsnr_y``.

        A libvmaf tells it with the digits of its report: six decimals.

        Raises
        ------
        PendingScoreError
            Before :meth:`Context.flush`.
        UnknownFeatureError
            If nothing registered gives such a value.
        """
        with self._core as handle:
            if not self._flushed:
                raise PendingScoreError(f"{name} is a value of the whole sequence: flush() first")
            if self.library.is_embedded:
                rc = self.library.lib.vmafpy_aggregate(handle, name.encode(), self._value)
                found = {} if rc else {name: float(self._value[0])}
            else:
                found = self._report_aggregates(handle)
            if name not in found:
                raise UnknownFeatureError(f"no registered feature gives a value {name!r} of the whole sequence")
            return found[name]

    def _stored(self, name: str) -> str:
        if not isinstance(name, str) or not name.isprintable():
            raise UnknownFeatureError(f"{name!r} is no name of a score")
        return self._registry.stored.get(name, name)

    def _fetch(self, handle: CData, stored: str, index: int) -> float | None:
        rc = self.library.lib.vmaf_feature_score_at_index(handle, stored.encode(), self._value, index)
        return None if rc else float(self._value[0])

    def _require(self, handle: CData, stored: str, index: int) -> float:
        value = self._fetch(handle, stored, index)
        if value is None:
            raise self._missing(stored, index)
        return value

    def _predict(self, handle: CData, model: CData, name: str, index: int) -> float:
        if self.library.lib.vmaf_score_at_index(handle, model, self._value, index):
            raise self._missing(name, index)
        return float(self._value[0])

    def _pool(self, handle: CData, stored: str, how: Pooling, frames: range) -> float:
        call = self.library.lib.vmaf_feature_score_pooled
        rc = call(handle, stored.encode(), int(how), self._value, frames[0], frames[-1])
        if rc:
            for index in frames:
                self._require(handle, stored, index)
            check(rc, f"vmaf_feature_score_pooled({stored}, {how.name}, {frames[0]}, {frames[-1]})")
        return float(self._value[0])

    def _collect(self, handle: CData, collection: ModelCollection, index: int) -> CollectionScore:
        """Score a collection; libvmaf can do so once per frame, afterwards the parts are looked up."""
        names = collection.statistic_names()
        if self._fetch(handle, names[0], index) is None:
            score = self.library.ffi.new("VmafModelCollectionScore *")
            call = self.library.lib.vmaf_score_at_index_model_collection
            if call(handle, collection.handle, score, index):
                raise self._missing(collection.name, index)
        bagging, stddev, lo, hi = (self._require(handle, name, index) for name in names)
        return CollectionScore(bagging, stddev, (lo, hi))

    def _missing(self, name: str, index: int) -> VmafError:
        """Return the error that says why there is no score."""
        stored = self._stored(name)
        name = self.printed_name(stored)
        try:
            self._check_known(name, stored)
        except UnknownFeatureError as error:
            return error
        if not self._flushed:
            return PendingScoreError(
                f"{name} of frame {index} is not final yet: {self._n_read} pairs were read; read more, or flush()"
            )
        if index >= self._n_read:
            return SequenceError(f"there is no frame {index}: {self._n_read} pairs were read")
        if index % self.n_subsample:
            return SequenceError(f"frame {index} is not scored with n_subsample={self.n_subsample}")
        why = f" ({self._failure})" if self._failure else ""
        return EngineError(f"{self.library} gave no {name} for frame {index}{why}")

    def _range(self, low: int, high: int | None) -> range:
        """Scored frames to pool over; libvmaf counts wrongly from a first index that is not a scored one."""
        last = self._n_read - 1 if high is None else check_index(high)
        first = -(-check_index(low) // self.n_subsample) * self.n_subsample
        frames = range(first, last + 1, self.n_subsample)
        if not frames:
            raise SequenceError(f"no frame from {low} to {last} is scored; {self._n_read} pairs were read")
        return frames

    def _check_known(self, name: str, stored: str) -> None:
        if stored not in self._registry.names():
            names = ", ".join(self._registry.printed_names()) or "none"
            raise UnknownFeatureError(f"nothing in this context gives a score {name!r}; it has: {names}")

    def _check_used(self, model: AnyModel) -> None:
        if self._registry.models.get(model.name) is not model:
            raise UnknownFeatureError(f"the context does not use model {model.name}; register it before reading")

    def _embedded_names(self, handle: CData) -> Iterator[str]:
        i = 0
        while (name := self.library.lib.vmafpy_stored_name(handle, i)) != self.library.ffi.NULL:
            yield str(self.library.ffi.string(name).decode())
            i += 1

    def _report_aggregates(self, handle: CData) -> dict[str, float]:
        """Values of the whole sequence out of a libvmaf's XML report, the only place where it tells them."""
        if not self.library.has("vmaf_write_output"):
            return {}
        with tempfile.TemporaryDirectory(prefix="vmafpy-") as folder:
            path = os.path.join(folder, "report.xml")
            lib = self.library.lib
            rc = lib.vmaf_write_output(handle, os.fsencode(path), lib.VMAF_OUTPUT_FORMAT_XML)
            check(rc, "vmaf_write_output")
            found = ElementTree.parse(path).getroot().find("aggregate_metrics")
        return {} if found is None else {name: float(value) for name, value in found.attrib.items()}


def check_index(index: int) -> int:
    """
    Return an index of a frame as int.

    Raises
    ------
    SequenceError
        If it is none.
    """
    try:
        number = operator.index(index)
    except TypeError:
        number = -1
    if not 0 <= number <= MAX_INDEX:
        raise SequenceError(f"{index!r} is no index of a frame")
    return number
