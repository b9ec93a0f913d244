"""One measurement: features and models in, picture pairs in order, scores out."""

from __future__ import annotations

import enum
import math
import os
import tempfile
import threading
import weakref
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from types import TracebackType

from vmafpy.capi._cdata import CData
from vmafpy.capi.features import Extractor, OptionValue, ScoreName, find_extractor
from vmafpy.capi.guards import NAME_LIMIT, embedded_fault, option_fault, picture_fault
from vmafpy.capi.library import Generation, Library, check, names_of
from vmafpy.capi.model import Model, ModelCollection
from vmafpy.capi.picture import Picture, PixelFormat, tail_of
from vmafpy.capi.pool import FramePool, Lease
from vmafpy.errors import (
    ClosedError,
    EngineError,
    InputError,
    MismatchError,
    OptionError,
    PendingScoreError,
    SequenceError,
    UnknownFeatureError,
    VmafError,
)

MAX_THREADS = 1024
MAX_INDEX = 2**31 - 1
_serial = count()


class Pooling(enum.IntEnum):
    """How per-frame scores become one; formulas as in :mod:`vmafpy.stats`."""

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


@dataclass(frozen=True, slots=True)
class _Registered:
    """An extractor as a context runs it."""

    extractor: Extractor
    texts: Mapping[str, str]
    names: tuple[ScoreName, ...]


class _Core:
    """What must be closed exactly once, in the process it was made in, whatever becomes of the Context."""

    def __init__(self, library: Library, handle: CData, pool: FramePool) -> None:
        self.library = library
        self.handle = handle
        self.pool = pool
        self.pid = os.getpid()
        self.serial = next(_serial)
        self.models: list[CData] = []  # alive until the context is closed

    def close(self) -> int:
        """Close; a forked process has none of the worker threads and only forgets."""
        handle, self.handle = self.handle, None
        if handle is None:
            return 0
        if os.getpid() != self.pid:
            _forgotten.append(self)
            return 0
        rc: int = self.library.lib.vmaf_close(handle)
        self.library.release_mask(self.serial)
        self.pool.dispose()
        self.models.clear()
        return rc


# Contexts of a parent process: their memory is left alone after a fork.
_forgotten: list[_Core] = []


class Context:
    """
    A context of the C API.

    Register features and models, read picture pairs 0, 1, 2, ... in order, flush, take the scores. One call at a
    time: calls from several threads wait for one another; different contexts run side by side. Closed by
    :meth:`close`, at the end of a ``with`` block, or when it is garbage.

    Parameters
    ----------
    library : Library
    n_threads : int
        Worker threads; 0: everything happens inside :meth:`read`.
    n_subsample : int
        Score frames 0, n, 2n, ... only; every pair has to be read all the same.
    cpumask : int
        Instruction sets not to use: 1 SSE2 or NEON, 2 SSSE3, 4 SSE4.1, 8 AVX2, 16 AVX-512, 32 AVX-512 ICL. In a
        libvmaf it is one for the process, so all open contexts have to agree.

    Raises
    ------
    OptionError
        If a number is out of range, or *cpumask* contradicts another open context of a libvmaf.
    EngineError
        If the library fails.
    """

    def __init__(self, library: Library, *, n_threads: int = 0, n_subsample: int = 1, cpumask: int = 0) -> None:
        _check_range("n_threads", n_threads, 0, MAX_THREADS)
        _check_range("n_subsample", n_subsample, 1, MAX_INDEX)
        _check_range("cpumask", cpumask, 0, 2**63 - 1)
        self.library = library
        self.n_threads = n_threads
        self.n_subsample = n_subsample
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._registered: dict[tuple[str, str], _Registered] = {}
        self._printed: dict[str, str] = {}  # printed name to stored name
        self._models: dict[str, Model | ModelCollection] = {}
        self._imported: dict[str, None] = {}
        self._form: str | None = None
        self._n_read = 0
        self._flushed = False
        self._failure = ""
        self._value = library.ffi.new("double *")
        # the embedded engine bounds its queue itself, libvmaf 3.2.0 does not
        limit = 0 if library.is_embedded else 2 * (n_threads + 4)
        self._core = _open(library, n_threads, n_subsample, cpumask, limit)
        self._finalizer = weakref.finalize(self, _Core.close, self._core)

    @property
    def closed(self) -> bool:
        """True after :meth:`close`."""
        return self._core.handle is None

    @property
    def n_read(self) -> int:
        """Pairs read so far; the index the next pair has to have."""
        return self._n_read

    @property
    def flushed(self) -> bool:
        """True after :meth:`flush`: every score is final."""
        return self._flushed

    @property
    def frames_shared(self) -> int:
        """Pictures read in place so far, references and distorted ones counted separately."""
        return self._core.pool.shared

    @property
    def frames_copied(self) -> Counter[str]:
        """Pictures copied so far, by reason."""
        return Counter(self._core.pool.copied)

    @property
    def frames_on_loan(self) -> int:
        """Pictures the library holds at this moment; owners of all others are released."""
        with self._use():
            self._core.pool.poll()
            return self._core.pool.on_loan

    def use_feature(self, name: str, options: Mapping[str, OptionValue] | None = None) -> tuple[ScoreName, ...]:
        """
        Register an extractor, before the first picture.

        Parameters
        ----------
        name : str
            Such as ``"vif"``.
        options : mapping, optional
            Names and values; booleans as bool, numbers with at most six significant digits.

        Returns
        -------
        tuple of ScoreName
            The scores it will give.

        Raises
        ------
        UnknownFeatureError
            If the library has no such extractor.
        OptionError
            If the extractor has no such option, does not take the value, or already runs with other options that
            would store scores under the same names.
        SequenceError
            After the first picture.
        """
        with self._use() as handle:
            self._check_registering(f"use_feature({name})")
            extractor = find_extractor(self.library.features(), name, str(self.library))
            texts = extractor.texts(options or {})
            fault = "" if self.library.is_embedded else option_fault(name, texts)
            if fault:
                raise OptionError(f"extractor {name}: {fault}")
            key = (name, extractor.suffix(texts))
            known = self._registered.get(key)
            if known is not None:
                if _effective(extractor, known.texts) != _effective(extractor, texts):
                    raise OptionError(
                        f"extractor {name} already runs with {_show(known.texts)}, which stores its scores under "
                        f"the same names as {_show(texts)}; register the feature before the model, once"
                    )
                return known.names
            made = _Registered(extractor, texts, tuple(names_of(self.library, extractor, texts)))
            self._check_name_count({name.stored for name in made.names})
            # libvmaf frees the dictionary in every case in which the extractor exists
            rc = self.library.lib.vmaf_use_feature(handle, name.encode(), self.library.dictionary(texts))
            if rc:
                raise OptionError(f"{self.library} refuses extractor {name} with {_show(texts)} ({rc})")
            self._add(key, made)
            return made.names

    def use_model(self, model: Model) -> None:
        """
        Register a model and the features it needs, before the first picture.

        Raises
        ------
        UnknownFeatureError, OptionError
            If the library lacks a feature or option the model needs.
        SequenceError
            After the first picture, or if the name is taken: the second model would get the first one's scores.
        ClosedError
            If the model is closed.
        """
        self._use_loaded(model, self.library.lib.vmaf_use_features_from_model)

    def use_model_collection(self, collection: ModelCollection) -> None:
        """Register a bootstrap collection and the features it needs; errors as for :meth:`use_model`."""
        self._use_loaded(collection, self.library.lib.vmaf_use_features_from_model_collection)

    def import_score(self, name: str, value: float, index: int) -> None:
        """
        Store a score computed elsewhere.

        Parameters
        ----------
        name : str
            Stored name, as in :class:`ScoreName`.
        value : float
            Finite.
        index : int
            Of the frame.

        Raises
        ------
        InputError
            If the value is not finite or the name unusable.
        SequenceError
            If the frame already has this score.
        """
        with self._use() as handle:
            _check_index(index)
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise InputError(f"score {name} = {value!r} of frame {index} is no finite number")
            if not (0 < len(name) < 200 and name.isascii() and name.isprintable()):
                raise InputError(f"{name!r} is no name of a score: 1 to 199 printable ASCII characters")
            self._check_name_count({name})
            if self._fetch(handle, name, index) is not None:
                raise SequenceError(f"frame {index} already has a score {name}; it cannot be replaced")
            rc = self.library.lib.vmaf_import_feature_score(handle, name.encode(), value, index)
            check(rc, f"vmaf_import_feature_score({name}, {value}, {index})")
            self._imported[name] = None

    def read(self, reference: Picture, distorted: Picture, index: int) -> None:
        """
        Read one pair of pictures, in place where that is possible.

        Parameters
        ----------
        reference, distorted : Picture
            Of the form of all pairs before.
        index : int
            The running number of the pair, from 0.

        Raises
        ------
        MismatchError
            If size, pixel format or bit depth of the two differ, or differ from the first pair's.
        PictureSizeError, UnsupportedFormatError
            If a registered feature is not defined for pictures of this form.
        SequenceError
            If *index* is not :attr:`n_read`, or after :meth:`flush` or a failure.
        EngineError
            If the library fails; scores so far can still be had, after :meth:`flush`.
        """
        with self._use() as handle:
            self._check_reading(index)
            reference.check_like(distorted, "the reference", "the distorted picture")
            if self._form is None:
                self._check_form(reference)
            elif reference.form() != self._form:
                raise MismatchError(f"pair {index} is {reference.form()}, the first one was {self._form}")
            pool, lib = self._core.pool, self.library.lib
            pool.make_room(2)
            leases: list[Lease] = []
            self._failure = f"reading pair {index} was interrupted"
            try:
                for picture in (reference, distorted):
                    leases.append(pool.lend(picture, self._must_copy(picture)))
                rc = lib.vmaf_read_pictures(handle, leases[0].struct, leases[1].struct, index)
                check(rc, f"vmaf_read_pictures({index})")
                self._failure = ""
                self._n_read += 1
            except BaseException as error:
                for lease in leases:
                    pool.take_back(lease)
                self._failure = str(error) or self._failure
                raise
            finally:
                self._form = reference.form()
                pool.poll()

    def flush(self) -> None:
        """
        Say that there are no more pictures, and wait until every score is final.

        Raises
        ------
        SequenceError
            If nothing was read, or twice.
        EngineError
            If the library fails.
        """
        with self._use() as handle:
            if self._flushed:
                raise SequenceError("the context is already flushed")
            if not self._n_read:
                raise SequenceError("nothing was read yet, so there is nothing to flush")
            null = self.library.ffi.NULL
            self._flushed = True
            try:
                check(self.library.lib.vmaf_read_pictures(handle, null, null, 0), "flush: vmaf_read_pictures")
            finally:
                self._core.pool.poll()

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
        """
        with self._use() as handle:
            stored = self._stored(name)
            _check_index(index)
            value = self._fetch(handle, stored, index)
            if value is None:
                raise self._missing(name, index)
            return value

    def feature_pooled(
        self,
        name: str,
        method: Pooling | str = Pooling.MEAN,
        index_low: int = 0,
        index_high: int | None = None,
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
        PendingScoreError, SequenceError, UnknownFeatureError
            As for :meth:`feature_score`, for any frame of the range.
        """
        with self._use() as handle:
            stored = self._stored(name)
            low, high = self._range(index_low, index_high)
            return self._pool(handle, stored, name, Pooling.of(method), low, high)

    def model_score(self, model: Model, index: int) -> float:
        """
        Return a model's score of one frame.

        Raises
        ------
        PendingScoreError, SequenceError
            As for :meth:`feature_score`.
        UnknownFeatureError
            If the context does not use the model.
        ClosedError
            If the model is closed.
        """
        with self._use() as handle:
            self._check_used(model)
            _check_index(index)
            rc = self.library.lib.vmaf_score_at_index(handle, model.handle, self._value, index)
            if rc:
                raise self._missing(model.name, index)
            return float(self._value[0])

    def model_pooled(
        self,
        model: Model,
        method: Pooling | str = Pooling.MEAN,
        index_low: int = 0,
        index_high: int | None = None,
    ) -> float:
        """Return a model's score pooled over frames; see :meth:`feature_pooled`."""
        with self._use() as handle:
            self._check_used(model)
            how = Pooling.of(method)
            low, high = self._range(index_low, index_high)
            rc = self.library.lib.vmaf_score_pooled(handle, model.handle, int(how), self._value, low, high)
            if rc:
                raise self._missing(model.name, high)
            return float(self._value[0])

    def collection_score(self, collection: ModelCollection, index: int) -> CollectionScore:
        """Return a collection's statistics of one frame, as often as wanted; errors as for :meth:`model_score`."""
        with self._use() as handle:
            self._check_used(collection)
            _check_index(index)
            return self._collection(handle, collection, index)

    def collection_main_score(self, collection: ModelCollection, index: int) -> float:
        """Return the main model's score of one frame; errors as for :meth:`model_score`."""
        with self._use() as handle:
            self._check_used(collection)
            _check_index(index)
            rc = self.library.lib.vmaf_score_at_index(handle, collection.main, self._value, index)
            if rc:
                raise self._missing(collection.name, index)
            return float(self._value[0])

    def collection_members(self, collection: ModelCollection, index: int) -> tuple[float, ...]:
        """Return the members' scores of one frame, in the order of the file; errors as for :meth:`model_score`."""
        with self._use() as handle:
            self._check_used(collection)
            _check_index(index)
            self._collection(handle, collection, index)
            return tuple(self._require(handle, name, index) for name in collection.member_names())

    def collection_pooled(
        self,
        collection: ModelCollection,
        method: Pooling | str = Pooling.MEAN,
        index_low: int = 0,
        index_high: int | None = None,
    ) -> CollectionScore:
        """Return each statistic pooled on its own over frames; see :meth:`feature_pooled`."""
        with self._use() as handle:
            self._check_used(collection)
            how = Pooling.of(method)
            low, high = self._range(index_low, index_high)
            for index in range(low, high + 1, self.n_subsample):
                self._collection(handle, collection, index)
            names = collection.statistic_names()
            bagging, stddev, lo, hi = (self._pool(handle, name, name, how, low, high) for name in names)
            return CollectionScore(bagging, stddev, (lo, hi))

    def stored_names(self) -> tuple[str, ...]:
        """
        Names that hold a score of at least one frame by now.

        Scores of models appear once asked for. In a libvmaf, which does not tell, frames 0 and the last one read
        are tried with every name that is possible.
        """
        with self._use() as handle:
            if self.library.is_embedded:
                return tuple(self._embedded_names(handle))
            names = [name.stored for made in self._registered.values() for name in made.names]
            names += [name for model in self._models.values() for name in model.score_names()]
            last = (self._n_read - 1) // self.n_subsample * self.n_subsample
            indices = sorted({0, max(0, last)})
            return tuple(
                name
                for name in dict.fromkeys([*names, *self._imported])
                if name in self._imported or any(self._fetch(handle, name, i) is not None for i in indices)
            )

    def printed_name(self, stored: str) -> str:
        """Return the name under which reports print a stored score."""
        for printed, name in self._printed.items():
            if name == stored:
                return printed
        return stored

    def aggregate(self, name: str) -> float:
        """
        Return a value of the whole sequence, such as ``apsnr_y``.

        A libvmaf tells it with the digits of its report: six decimals.

        Raises
        ------
        PendingScoreError
            Before :meth:`flush`.
        UnknownFeatureError
            If nothing registered gives such a value.
        """
        with self._use() as handle:
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

    def close(self) -> None:
        """
        Wait for running work, then free everything; allowed twice.

        In a process forked from the one that made the context nothing is touched.

        Raises
        ------
        EngineError
            If the library fails.
        """
        with self._exclusive():
            self._finalizer.detach()
            check(self._core.close(), "vmaf_close")

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """One call at a time; a call from inside a call (a destructor, a signal handler) is refused."""
        me = threading.get_ident()
        if os.getpid() != self._core.pid:
            yield  # the lock may have been held by a thread that does not exist here
            return
        if self._holder == me:
            raise SequenceError("the context is in the middle of another call of this thread")
        with self._lock:
            self._holder = me
            try:
                yield
            finally:
                self._holder = None

    @contextmanager
    def _use(self) -> Iterator[CData]:
        with self._exclusive():
            if self._core.handle is None:
                raise ClosedError("the context is closed")
            if os.getpid() != self._core.pid:
                raise ClosedError("the context belongs to the process this one was forked from; make a new one")
            yield self._core.handle

    def _use_loaded(self, model: Model | ModelCollection, call: CData) -> None:
        with self._use() as handle:
            self._check_registering(f"use of model {model.name}")
            if model.library is not self.library:
                raise OptionError(f"model {model.name} was loaded into {model.library}, not into {self.library}")
            loaded, names = model.handle, set(model.score_names())
            taken = {name for used in self._models.values() for name in used.score_names()}
            taken |= {name.stored for made in self._registered.values() for name in made.names}
            taken |= set(self._imported)
            if names & taken:
                raise SequenceError(
                    f"the context already has scores named {sorted(names & taken)[0]}; load the model with another name"
                )
            for extractor, output, texts in model.inputs():
                key = (extractor.name, extractor.suffix(texts))
                made = _Registered(extractor, texts, tuple(names_of(self.library, extractor, texts)))
                stored = {name.stored for name in made.names}
                if output.name not in {name.output for name in made.names}:
                    raise OptionError(f"model {model.name} needs {output.name}, which {_show(texts)} switches off")
                names |= stored
                self._registered.setdefault(key, made)
            self._check_name_count(names)
            self._core.models.append((loaded, getattr(model, "main", None)))
            rc = call(handle, loaded)
            if rc:
                raise EngineError(f"{self.library} refuses the features of model {model.name} ({rc})")
            for made in self._registered.values():
                self._note_printed(made)
            model.note_use()
            self._models[model.name] = model
            self._printed.update({name: name for name in model.score_names()})

    def _add(self, key: tuple[str, str], made: _Registered) -> None:
        self._registered[key] = made
        self._note_printed(made)

    def _note_printed(self, made: _Registered) -> None:
        self._printed.update({name.printed: name.stored for name in made.names})

    def _stored(self, name: str) -> str:
        if not isinstance(name, str) or "\0" in name or not name.isascii():
            raise UnknownFeatureError(f"{name!r} is no name of a score")
        return self._printed.get(name, name)

    def _fetch(self, handle: CData, stored: str, index: int) -> float | None:
        rc = self.library.lib.vmaf_feature_score_at_index(handle, stored.encode(), self._value, index)
        return None if rc else float(self._value[0])

    def _require(self, handle: CData, stored: str, index: int) -> float:
        value = self._fetch(handle, stored, index)
        if value is None:
            raise self._missing(stored, index)
        return value

    def _pool(self, handle: CData, stored: str, name: str, how: Pooling, low: int, high: int) -> float:
        call = self.library.lib.vmaf_feature_score_pooled
        if call(handle, stored.encode(), int(how), self._value, low, high):
            for index in range(low, high + 1, self.n_subsample):
                if self._fetch(handle, stored, index) is None:
                    raise self._missing(name, index)
            raise EngineError(f"vmaf_feature_score_pooled({name}, {how.name}, {low}, {high}) failed")
        return float(self._value[0])

    def _collection(self, handle: CData, collection: ModelCollection, index: int) -> CollectionScore:
        """Score a collection; the library can do so once per frame, afterwards the parts are looked up."""
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
        stored = self._printed.get(name, name)
        known = set(self._printed.values()) | set(self._imported)
        if stored not in known:
            names = ", ".join(sorted(set(self._printed) | set(self._imported))) or "none"
            return UnknownFeatureError(f"nothing in this context gives a score {name!r}; it has: {names}")
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

    def _range(self, low: int, high: int | None) -> tuple[int, int]:
        """Frames to pool over: the first one a scored one, as the library counts wrongly from any other."""
        last = self._n_read - 1 if high is None else high
        _check_index(low)
        first = -(-low // self.n_subsample) * self.n_subsample
        if last < first or last > MAX_INDEX:
            raise SequenceError(f"no frame from {low} to {last} is scored; {self._n_read} pairs were read")
        return first, last

    def _check_used(self, model: Model | ModelCollection) -> None:
        if self._models.get(model.name) is not model:
            raise UnknownFeatureError(f"the context does not use model {model.name}; register it before reading")

    def _check_registering(self, what: str) -> None:
        if self._form is not None or self._flushed:
            raise SequenceError(f"{what}: features and models have to be registered before the first picture")

    def _check_name_count(self, new: set[str]) -> None:
        if self.library.is_embedded:
            return
        names = {name.stored for made in self._registered.values() for name in made.names}
        names |= {name for model in self._models.values() for name in model.score_names()}
        names |= set(self._imported) | new
        if len(names) > NAME_LIMIT:
            raise OptionError(
                f"{len(names)} different scores in one context, and {self.library} writes past the end of a table "
                f"after {NAME_LIMIT}; use several contexts, or the embedded engine"
            )

    def _check_reading(self, index: int) -> None:
        if self._flushed:
            raise SequenceError("the context is flushed: no more pictures can be read")
        if self._failure:
            raise SequenceError(f"no more pictures can be read after a failure: {self._failure}")
        if index != self._n_read:
            raise SequenceError(f"pair {index!r} was given, but the next one is {self._n_read}")

    def _check_form(self, picture: Picture) -> None:
        """Refuse pictures for which a registered feature is not defined."""
        for made in self._registered.values():
            name = made.extractor.name
            if self.library.is_embedded:
                fault = embedded_fault(self.library, name, made.texts, picture)
            else:
                fault = picture_fault(
                    name,
                    made.texts,
                    self.library.generation,
                    chroma=picture.chroma_size,
                    bpc=picture.bpc,
                    width=picture.width,
                    height=picture.height,
                )
            if fault is not None:
                raise fault

    def _must_copy(self, picture: Picture) -> str:
        """Return why a picture has to be copied for this library and these features; empty if it need not."""
        if self.library.sharing_fault:
            return self.library.sharing_fault
        if picture.must_copy or self.library.is_embedded:
            return picture.must_copy
        running = {name for name, _ in self._registered}
        odd = picture.width % 2 or picture.height % 2
        if "ciede" in running and (
            picture.pix_fmt is PixelFormat.YUV422P or (picture.pix_fmt is PixelFormat.YUV420P and odd)
        ):
            return "ciede reads past the chroma rows"
        over_reads = self.library.generation <= Generation.V3_0 and picture.bpc == 8 and picture.width % 16 == 8
        if "adm" in running and over_reads and tail_of(picture.planes[0]) < 8:
            return "adm reads eight bytes past the last row"
        return ""

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


def _open(library: Library, n_threads: int, n_subsample: int, cpumask: int, limit: int) -> _Core:
    ffi, lib = library.ffi, library.lib
    core = _Core(library, None, FramePool(library, limit))
    library.claim_mask(core.serial, cpumask)
    try:
        out = ffi.new("VmafContext **")
        config = ffi.new("VmafConfiguration *", [lib.VMAF_LOG_LEVEL_NONE, n_threads, n_subsample, cpumask, 0])
        check(lib.vmaf_init(out, config[0]), f"vmaf_init(n_threads={n_threads})")
        core.handle = out[0]
        if n_threads and not library.is_embedded and library.generation >= Generation.V3_2:
            # else the first read would set up 2 x n_threads + 2 full-sized pictures that nobody uses
            tiny = ffi.new("VmafPictureConfiguration *", [16, 16, 8, lib.VMAF_PIX_FMT_YUV420P, 1])
            check(lib.vmaf_preallocate_pictures(core.handle, tiny[0]), "vmaf_preallocate_pictures")
    except BaseException:
        core.close()
        library.release_mask(core.serial)
        raise
    return core


def _effective(extractor: Extractor, texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if not extractor.options[name].is_default(text)}


def _show(texts: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={text}" for name, text in texts.items()) or "default options"


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise OptionError(f"{name}={value!r}: has to be a whole number from {low} to {high}")


def _check_index(index: int) -> None:
    if not isinstance(index, int) or not 0 <= index <= MAX_INDEX:
        raise SequenceError(f"{index!r} is no index of a frame")
