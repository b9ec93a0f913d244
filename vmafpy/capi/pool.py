"""Hands pictures to a context and gets them back: who holds which frame, and until when."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import numpy as np

from vmafpy.capi._cdata import CData
from vmafpy.capi.library import Library, check
from vmafpy.capi.picture import Picture


class Lease:
    """
    One picture on loan to the library.

    Some references are ours and never given away, so the library frees neither the memory nor the counter. The
    count is raised by one before each loan; back at what is ours, the loan is over.

    Attributes
    ----------
    reference : cdata
        ``VmafRef *``; used again for later pictures and closed after the context, because a worker of libvmaf
        up to 3.0 looks at the counter once more after letting go.
    template : cdata or None
        ``VmafPicture`` of memory the library allocated, for copies; None for shared pictures.
    held : object
        What keeps the samples of a shared picture alive.
    """

    __slots__ = ("held", "reference", "struct", "template")

    def __init__(self, reference: CData, template: CData) -> None:
        self.reference = reference
        self.template = template
        self.struct: CData = None
        self.held: object = None


class FramePool:
    """
    The pictures of one context.

    Attributes
    ----------
    shared : int
        Pictures read in place so far.
    copied : collections.Counter
        Pictures copied so far, by reason.
    limit : int
        Most pictures on loan at a time; 0: the library bounds its queue itself.
    spare : int
        References of our own besides the one: as many as the library may drop once too often.
    """

    def __init__(self, library: Library, limit: int) -> None:
        self._library = library
        self.spare = 0
        self._free_shared: list[Lease] = []
        self._free_copies: list[Lease] = []
        self._busy: list[Lease] = []
        self.limit = limit
        self.shared = 0
        self.copied: Counter[str] = Counter()

    @property
    def on_loan(self) -> int:
        """Pictures the library holds, as of the last :meth:`poll`."""
        return len(self._busy)

    def poll(self) -> None:
        """Take back every picture the library has let go of, and release its owner."""
        load = self._library.lib.vmaf_ref_load
        done: list[object] = []
        busy = []
        for lease in self._busy:
            if load(lease.reference) > 1 + self.spare:
                busy.append(lease)
                continue
            done.append(lease.held)
            lease.held = lease.struct = None
            (self._free_shared if lease.template is None else self._free_copies).append(lease)
        self._busy = busy
        done.clear()  # owners go last: their destructors may run anything

    def make_room(self, n: int) -> None:
        """Wait until *n* more pictures may go on loan."""
        self.poll()
        pause = 0.0001
        while self.limit and self._busy and len(self._busy) + n > self.limit:
            time.sleep(pause)
            pause = min(pause * 2, 0.005)
            self.poll()

    def lend(self, picture: Picture, must_copy: str) -> Lease:
        """
        Put a picture on loan; its ``struct`` is to be given to ``vmaf_read_pictures``.

        Parameters
        ----------
        picture : Picture
            Of the form of all others of the context.
        must_copy : str
            Why it cannot be shared; empty: share it.
        """
        if self._library.sharing_fault:
            lease = self._lend_once(picture)
        elif must_copy:
            lease = self._lend_copy(picture)
        else:
            lease = self._lend_shared(picture)
        self.count(must_copy)
        return lease

    def count(self, must_copy: str) -> None:
        """Count a picture as read."""
        if must_copy:
            self.copied[must_copy] += 1
        else:
            self.shared += 1

    def take_back(self, lease: Lease) -> None:
        """Undo a loan the library has refused; harmless after one it has taken."""
        if lease.struct is not None and lease.struct.ref != self._library.ffi.NULL:
            self._library.lib.vmaf_picture_unref(lease.struct)

    def dispose(self) -> None:
        """Free everything; only after the context was closed. What is still on loan then is kept for ever."""
        self.poll()
        ffi, lib = self._library.ffi, self._library.lib
        for lease in self._free_shared:
            lib.vmaf_ref_close(lease.reference)
        for lease in self._free_copies:
            for _ in range(lib.vmaf_ref_load(lease.reference)):
                lib.vmaf_picture_unref(ffi.new("VmafPicture *", lease.template[0]))
        _abandoned.extend(self._busy)
        self._free_shared, self._free_copies, self._busy = [], [], []

    def _lend_shared(self, picture: Picture) -> Lease:
        ffi, lib = self._library.ffi, self._library.lib
        if self._free_shared:
            lease = self._free_shared.pop()
        else:
            pointer = ffi.new("VmafRef **")
            check(lib.vmaf_ref_init(pointer), "vmaf_ref_init")
            lease = self._own(Lease(pointer[0], None))
        struct = ffi.new("VmafPicture *")
        struct.pix_fmt, struct.bpc = int(picture.pix_fmt), picture.bpc
        for i, plane in enumerate(picture.planes):
            struct.w[i], struct.h[i] = picture.plane_size(i)
            struct.stride[i] = plane.stride
            struct.data[i] = ffi.cast("void *", plane.address)
        struct.ref = lease.reference
        struct.priv = self._library.picture_private
        lease.held = (picture.owner, picture.planes)
        lease.struct = struct
        lib.vmaf_ref_fetch_increment(lease.reference)
        self._busy.append(lease)
        return lease

    def _lend_copy(self, picture: Picture) -> Lease:
        ffi, lib = self._library.ffi, self._library.lib
        lease = self._free_copies.pop() if self._free_copies else self._own(self._allocate(picture))
        try:
            self._fill(lease.template, picture)
        except BaseException:
            self._free_copies.append(lease)
            raise
        lease.struct = ffi.new("VmafPicture *", lease.template[0])
        lib.vmaf_ref_fetch_increment(lease.reference)
        self._busy.append(lease)
        return lease

    def _lend_once(self, picture: Picture) -> Lease:
        """Copy into a picture that becomes the library's own: all that is left where counters are hidden."""
        template = self._allocate(picture).template
        lease = Lease(None, None)
        lease.struct = template
        self._fill(template, picture)
        return lease

    def _own(self, lease: Lease) -> Lease:
        for _ in range(self.spare):
            self._library.lib.vmaf_ref_fetch_increment(lease.reference)
        return lease

    def _allocate(self, picture: Picture) -> Lease:
        """
        Allocate memory of the library for a copy.

        Odd sizes are rounded up, so that the half samples of chroma, which some extractors read, are there.
        """
        ffi, lib = self._library.ffi, self._library.lib
        template = ffi.new("VmafPicture *")
        width, height = picture.width + picture.width % 2, picture.height + picture.height % 2
        rc = lib.vmaf_picture_alloc(template, int(picture.pix_fmt), picture.bpc, width, height)
        check(rc, f"vmaf_picture_alloc({picture.form()})")
        for i in range(picture.pix_fmt.n_planes):
            template.w[i], template.h[i] = picture.plane_size(i)
        return Lease(template.ref, template)

    def _fill(self, template: CData, picture: Picture) -> None:
        buffer: Callable[..., memoryview] = self._library.ffi.buffer
        dtype = np.dtype(np.uint8 if picture.bpc == 8 else np.uint16)
        for i, plane in enumerate(picture.planes):
            stride, (rows, columns) = template.stride[i], plane.samples.shape
            if not rows or not columns:
                continue
            # a picture with odd sizes was allocated one sample larger: the repeated half samples fit
            w, h = picture.plane_size(i)
            w += 1 if i and picture.width % 2 and w < picture.width else 0
            h += 1 if i and picture.height % 2 and h < picture.height else 0
            size = (h - 1) * stride + w * dtype.itemsize
            raw = np.frombuffer(buffer(template.data[i], size), np.uint8)
            room = np.ndarray((h, w), dtype, raw, 0, (stride, dtype.itemsize))
            np.copyto(room[:rows, :columns], plane.samples, casting="equiv")
            room[:rows, columns:] = room[:rows, columns - 1 : columns]
            room[rows:] = room[rows - 1 : rows]


# Pictures that a library still counted after vmaf_close: keeping them costs memory, freeing them might crash.
_abandoned: list[Lease] = []
