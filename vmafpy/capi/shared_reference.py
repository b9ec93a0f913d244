"""Several contexts that are fed together: one reference, a distorted picture for each."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from vmafpy.capi._cdata import CData
from vmafpy.capi.context import Context
from vmafpy.capi.library import check
from vmafpy.capi.picture import Picture
from vmafpy.capi.pool import Lease
from vmafpy.errors import MismatchError, SequenceError


class SharedReference:
    """
    Feeds contexts with distorted pictures that share a reference.

    The scores are those of contexts fed alone, bit for bit; the embedded engine does the work on the reference once,
    with the threads of one context. A libvmaf has no such call: there each context is fed in turn. Scores are read
    from the contexts as usual, and each is closed by itself; once one that was not flushed is closed, the others
    keep the scores so far.

    Parameters
    ----------
    contexts : sequence of Context
        New ones of one library, with the same number of threads and the same features and models registered in the
        same order. From the first :meth:`read` on they are fed by this object alone.

    Raises
    ------
    SequenceError
        If there is none, one is there twice, or they are of different libraries.
    """

    def __init__(self, contexts: Sequence[Context]) -> None:
        self._contexts = list(contexts)
        if not contexts or len(set(map(id, contexts))) != len(contexts):
            raise SequenceError(f"{len(contexts)} contexts were given; a reference is shared by one or more, each once")
        self._library = contexts[0].library
        if any(context.library is not self._library for context in contexts):
            raise SequenceError("contexts of different libraries cannot share a reference")

    @property
    def contexts(self) -> tuple[Context, ...]:
        """Those that are still fed, in the order of their distorted pictures."""
        return tuple(self._contexts)

    def read(self, reference: Picture, distorted: Sequence[Picture], index: int) -> None:
        """
        Read a reference and one distorted picture for each context.

        Parameters
        ----------
        reference : Picture
        distorted : sequence of Picture
            As many as :attr:`contexts`.
        index : int
            The running number of the frame, from 0.

        Raises
        ------
        MismatchError, PictureSizeError, UnsupportedFormatError, SequenceError
            As :meth:`Context.read`, or if the number of pictures is wrong. Nothing was read.
        EngineError
            If the library fails, or the contexts are not alike; scores so far can still be had.
        """
        if len(distorted) != len(self._contexts):
            raise MismatchError(
                f"frame {index}: {len(distorted)} distorted pictures were given for {len(self._contexts)} contexts"
            )
        with ExitStack() as inside:
            handles = self._enter(inside)
            for context, picture in zip(self._contexts, distorted, strict=True):
                context._check_pair(reference, picture, index)
            for context in self._contexts:
                context._form = reference.form()
                context._shared = True
            if self._library.is_embedded:
                self._push(handles, reference, distorted, index)
            else:
                for context, handle, picture in zip(self._contexts, handles, distorted, strict=True):
                    context._core.pool.make_room(2)
                    context._push(handle, (reference, picture), index)

    def flush(self, context: Context | None = None) -> None:
        """
        Say that there are no more pictures for a context, or for any of those still fed.

        The others go on without it.

        Raises
        ------
        SequenceError
            If nothing was read, or the context is not among :attr:`contexts`.
        EngineError
            If the library fails.
        """
        if context is not None and context not in self._contexts:
            raise SequenceError("the context is already flushed, or it does not share this reference")
        for one in [context] if context is not None else list(self._contexts):
            self._flush(one)

    def _enter(self, inside: ExitStack) -> list[CData]:
        """Enter all contexts, in the one order in which several threads cannot wait for one another."""
        cores = [context._core for context in self._contexts]
        handles = {core.serial: inside.enter_context(core) for core in sorted(cores, key=lambda core: core.serial)}
        return [handles[core.serial] for core in cores]

    def _flush(self, context: Context) -> None:
        with ExitStack() as inside:
            handles = self._enter(inside)
            context._check_flush()
            context._flushed = True
            place = self._contexts.index(context)
            lib, ffi = self._library.lib, self._library.ffi
            try:
                if self._library.is_embedded:
                    all_ = ffi.new("VmafContext *[]", handles)
                    rc = lib.vmafpy_flush_one_of_several(all_, len(handles), place)
                else:
                    rc = lib.vmaf_read_pictures(handles[place], ffi.NULL, ffi.NULL, 0)
                check(rc, "flush: vmaf_read_pictures")
            finally:
                for one in self._contexts:
                    one._core.pool.poll()
                del self._contexts[place]

    def _push(self, handles: list[CData], reference: Picture, distorted: Sequence[Picture], index: int) -> None:
        """Lend all pictures to the engine. Whatever happens, none stays on loan that it has not taken."""
        ffi, contexts = self._library.ffi, self._contexts
        pools = [context._core.pool for context in contexts]
        must_copy = contexts[0]._registry.must_copy
        leases: list[Lease] = []
        handed: CData = None
        for context in contexts:
            context._failure = f"frame {index} was interrupted"
        try:
            leases.append(pools[0].lend(reference, must_copy(reference)))
            for pool, picture in zip(pools, distorted, strict=True):
                leases.append(pool.lend(picture, must_copy(picture)))
            structs = ffi.new("VmafPicture[]", [lease.struct[0] for lease in leases[1:]])
            all_ = ffi.new("VmafContext *[]", handles)
            handed = structs
            rc = self._library.lib.vmafpy_read_pictures_several(all_, len(handles), leases[0].struct, structs, index)
            check(rc, f"vmafpy_read_pictures_several({index}) of {len(handles)} contexts, which have to be alike:")
            for context in contexts:
                context._n_read += 1
                context._failure = ""
            for pool in pools[1:]:
                pool.count(must_copy(reference))
        except BaseException as error:
            for k, lease in enumerate(leases[1:]):
                if handed is not None:  # what the engine has taken is gone from there
                    lease.struct.ref = handed[k].ref
            for context in contexts:
                context._failure = str(error) or context._failure
            for lease, pool in zip(leases, [pools[0], *pools], strict=False):
                pool.take_back(lease)
            raise
        finally:
            for pool in pools:
                pool.poll()
