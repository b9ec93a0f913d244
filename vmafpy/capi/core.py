"""The library's context behind a Context: closed exactly once, entered by one call at a time."""

from __future__ import annotations

import os
import threading
from itertools import count
from types import TracebackType

from vmafpy.capi._cdata import CData
from vmafpy.capi.library import Generation, Library, check
from vmafpy.capi.pool import FramePool
from vmafpy.errors import ClosedError, SequenceError

LAST_WAIT = 60.0  # seconds
_serial = count()


class Core:
    """
    A ``VmafContext``, and the rules for touching it.

    ``with core as handle`` enters it: calls of several threads wait for one another, a call from inside a call of
    the same thread (a destructor, a signal handler) is refused, and so is one of a forked process, which has none
    of the worker threads.

    Attributes
    ----------
    library : Library
    serial : int
        Where several are entered at once, they are in this order.
    pool : FramePool
        Pictures on loan to the library.
    models : list
        The library's objects that have to outlive the context.
    """

    def __init__(self, library: Library, n_threads: int, n_subsample: int, cpumask: int) -> None:
        self.library = library
        # the embedded engine bounds its queue itself, libvmaf 3.2.0 does not
        self.pool = FramePool(library, 0 if library.is_embedded else 2 * (n_threads + 4))
        self.models: list[CData] = []
        self._handle: CData = None
        self._pid = os.getpid()
        self.serial = next(_serial)
        self._lock = threading.Lock()
        self._holder: int | None = None
        cpumask |= library.forced_mask
        library.claim_mask(self.serial, cpumask)
        try:
            self._open(n_threads, n_subsample, cpumask)
        except BaseException:
            self.close()
            library.release_mask(self.serial)
            raise

    def _open(self, n_threads: int, n_subsample: int, cpumask: int) -> None:
        ffi, lib = self.library.ffi, self.library.lib
        out = ffi.new("VmafContext **")
        config = ffi.new("VmafConfiguration *", [lib.VMAF_LOG_LEVEL_NONE, n_threads, n_subsample, cpumask, 0])
        check(lib.vmaf_init(out, config[0]), f"vmaf_init(n_threads={n_threads})")
        self._handle = out[0]
        if n_threads and not self.library.is_embedded and self.library.generation >= Generation.V3_2:
            # else the first read would set up 2 x n_threads + 2 full-sized pictures that nobody uses
            tiny = ffi.new("VmafPictureConfiguration *", [16, 16, 8, lib.VMAF_PIX_FMT_YUV420P, 1])
            check(lib.vmaf_preallocate_pictures(self._handle, tiny[0]), "vmaf_preallocate_pictures")

    @property
    def closed(self) -> bool:
        """True after :meth:`close`."""
        return self._handle is None

    def close(self) -> int:
        """Close and return the library's code; no call may be under way."""
        handle, self._handle = self._handle, None
        if handle is None or os.getpid() != self._pid:
            return 0
        rc: int = self.library.lib.vmaf_close(handle)
        self.library.release_mask(self.serial)
        self.pool.dispose()
        self.models.clear()
        return rc

    def close_at_last(self) -> None:
        """
        Close for an owner that is gone, or at the end of the process.

        Then another thread may still be inside: it is waited for, but not for ever.
        """
        if os.getpid() != self._pid:
            return
        if self._lock.acquire(timeout=LAST_WAIT):
            try:
                self.close()
            finally:
                self._lock.release()

    def close_in_turn(self) -> int:
        """Close once no other thread is inside."""
        if os.getpid() != self._pid:  # a thread that does not exist here may have held the lock
            return self.close()
        self._enter()
        try:
            return self.close()
        finally:
            self._leave()

    def _enter(self) -> None:
        me = threading.get_ident()
        if self._holder == me:
            raise SequenceError("the context is in the middle of another call of this thread")
        self._lock.acquire()
        self._holder = me

    def _leave(self) -> None:
        self._holder = None
        self._lock.release()

    def __enter__(self) -> CData:
        if self._handle is None:
            raise ClosedError("the context is closed")
        if os.getpid() != self._pid:
            raise ClosedError("the context belongs to the process this one was forked from; make a new one")
        self._enter()
        if self._handle is None:
            self._leave()
            raise ClosedError("the context is closed")
        return self._handle

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
