"""One measurement: features and models in, picture pairs in order, scores out."""

from __future__ import annotations

import math
import operator
import weakref
from collections import Counter
from collections.abc import Mapping
from types import TracebackType

from vmafpy.capi._cdata import CData
from vmafpy.capi.core import Core
from vmafpy.capi.features import OptionValue, ScoreName
from vmafpy.capi.library import Library, check
from vmafpy.capi.model import Model, ModelCollection
from vmafpy.capi.picture import Picture
from vmafpy.capi.pool import Lease
from vmafpy.capi.registry import AnyModel
from vmafpy.capi.scores import MAX_INDEX, ScoreReader, check_index
from vmafpy.errors import EngineError, InputError, MismatchError, OptionError, SequenceError

MAX_THREADS = 1024


class Context(ScoreReader):
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
        libvmaf it is one for the process, so all open contexts have to agree; 2.3.1 never uses AVX2, with which it
        computes some scores from memory it has not written.

    Raises
    ------
    OptionError
        If a number is out of range, or *cpumask* contradicts another open context of a libvmaf.
    EngineError
        If the library fails.
    """

    def __init__(self, library: Library, *, n_threads: int = 0, n_subsample: int = 1, cpumask: int = 0) -> None:
        self.n_threads = _whole("n_threads", n_threads, 0, MAX_THREADS)
        subsample = _whole("n_subsample", n_subsample, 1, MAX_INDEX)
        mask = _whole("cpumask", cpumask, 0, 2**63 - 1)
        super().__init__(Core(library, self.n_threads, subsample, mask), subsample)
        self._form: str | None = None
        self._shared = False  # fed by a SharedReference
        self._finalizer = weakref.finalize(self, Core.close_at_last, self._core)

    @property
    def closed(self) -> bool:
        """True after :meth:`close`."""
        return self._core.closed

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
        """Pictures the library holds at this moment; the owners of all others are released."""
        if self.closed:
            return 0
        with self._core:
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
        with self._core as handle:
            self._check_registering(f"feature {name}")
            entry = self._registry.plan_feature(name, options or {})
            if entry.key not in self._registry.entries:
                # libvmaf frees the dictionary in every case in which the extractor exists
                dictionary = self.library.dictionary(entry.texts)
                rc = self.library.lib.vmaf_use_feature(handle, name.encode(), dictionary)
                if rc:
                    raise OptionError(f"{self.library} refuses extractor {name} with {entry.options} ({rc})")
                self._registry.note([entry])
            return entry.names

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
        self._use(model, [model.handle], self.library.lib.vmaf_use_features_from_model)

    def use_model_collection(self, collection: ModelCollection) -> None:
        """Register a bootstrap collection and the features it needs; errors as for :meth:`use_model`."""
        call = self.library.lib.vmaf_use_features_from_model_collection
        self._use(collection, [collection.handle, collection.main], call)

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
        with self._core as handle:
            frame = check_index(index)
            if not math.isfinite(value):
                raise InputError(f"score {name} = {value!r} of frame {index} is no finite number")
            if not (name.isprintable() and 0 < len(name.encode()) < 200):
                raise InputError(f"{name!r} is no name of a score: printable characters, 1 to 199 bytes")
            self._registry.check_count([name])
            if self._fetch(handle, name, frame) is not None:
                raise SequenceError(f"frame {index} already has a score {name}; it cannot be replaced")
            rc = self.library.lib.vmaf_import_feature_score(handle, name.encode(), value, frame)
            check(rc, f"vmaf_import_feature_score({name}, {value}, {index})")
            self._registry.imported[name] = None

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
        with self._core as handle:
            self._check_alone()
            self._check_pair(reference, distorted, index)
            self._core.pool.make_room(2)
            self._form = reference.form()
            self._push(handle, (reference, distorted), index)

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
        with self._core as handle:
            self._check_alone()
            self._check_flush()
            null = self.library.ffi.NULL
            self._flushed = True
            try:
                check(self.library.lib.vmaf_read_pictures(handle, null, null, 0), "flush: vmaf_read_pictures")
            finally:
                self._core.pool.poll()

    def close(self) -> None:
        """
        Wait for running work, then free everything; allowed twice.

        In a process forked from the one that made the context nothing of it is touched.

        Raises
        ------
        EngineError
            If the library fails.
        """
        rc = self._core.close_in_turn()
        self._finalizer.detach()
        check(rc, "vmaf_close")

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _use(self, model: AnyModel, keep: list[CData], call: CData) -> None:
        with self._core as handle:
            self._check_registering(f"model {model.name}")
            entries = self._registry.plan_model(model)
            self._core.models.extend(keep)
            rc = call(handle, keep[0])
            if rc:
                raise EngineError(f"{self.library} refuses the features of model {model.name} ({rc})")
            model.note_use()
            self._registry.note_model(model, entries)

    def _push(self, handle: CData, pictures: tuple[Picture, Picture], index: int) -> None:
        """Lend two pictures to the library. Whatever happens, none stays on loan that it has not taken."""
        pool, leases = self._core.pool, list[Lease]()
        self._failure = f"pair {index} was interrupted"
        try:
            for picture in pictures:
                leases.append(pool.lend(picture, self._registry.must_copy(picture)))
            rc = self.library.lib.vmaf_read_pictures(handle, leases[0].struct, leases[1].struct, index)
            check(rc, f"vmaf_read_pictures({index})")
            self._n_read += 1
            self._failure = ""
        except BaseException as error:
            self._failure = str(error) or self._failure
            for lease in leases:
                pool.take_back(lease)
            raise
        finally:
            pool.poll()

    def _check_alone(self) -> None:
        if self._shared:
            raise SequenceError("the context is fed together with others: read and flush by its SharedReference")

    def _check_pair(self, reference: Picture, distorted: Picture, index: int) -> None:
        self._check_reading(index)
        form = reference.form()
        if distorted.form() != form:
            raise MismatchError(f"pair {index}: the reference is {form}, the distorted is {distorted.form()}")
        if self._form is None:
            self._registry.check_form(reference)
            self._core.pool.spare = self.n_threads + 1 if self._registry.drops_twice(reference) else 0
        elif form != self._form:
            raise MismatchError(f"pair {index} is {form}, the first one was {self._form}")

    def _check_flush(self) -> None:
        if self._flushed:
            raise SequenceError("the context is already flushed")
        if not self._n_read:
            raise SequenceError("nothing was read yet, so there is nothing to flush")

    def _check_registering(self, what: str) -> None:
        if self._form is not None or self._flushed:
            raise SequenceError(f"{what}: features and models have to be registered before the first picture")

    def _check_reading(self, index: int) -> None:
        if self._flushed:
            raise SequenceError("the context is flushed: no more pictures can be read")
        if self._failure:
            raise SequenceError(f"no more pictures can be read after a failure: {self._failure}")
        if index != self._n_read:
            raise SequenceError(f"pair {index!r} was given, but the next one is {self._n_read}")


def _whole(name: str, value: int, low: int, high: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = low - 1
    if isinstance(value, bool) or not low <= number <= high:
        raise OptionError(f"{name}={value!r}: has to be a whole number from {low} to {high}")
    return number
