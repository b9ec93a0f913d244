"""Pictures: what may be read in place, what must be copied, and who holds which frame until when."""

from __future__ import annotations

import copy
import gc
import weakref

import av
import numpy as np
import pytest
from capi.pictures import clip, distort
from hypothesis import given
from hypothesis import strategies as st

from vmafpy.capi import Context, Library, Picture, PixelFormat
from vmafpy.errors import InputError, UnsupportedFormatError

VIF = tuple(f"integer_vif_scale{k}" for k in range(4))


class Spy:
    """A library's functions, keeping note of the plane addresses each vmaf_read_pictures was given."""

    def __init__(self, ffi, lib):
        self._ffi, self._lib = ffi, lib
        self.seen: list[list[int]] = []
        self.afterwards: list[bool] = []

    def __getattr__(self, name):
        return getattr(self._lib, name)

    def vmaf_read_pictures(self, context, reference, distorted, index):
        if reference != self._ffi.NULL:
            for picture in (reference, distorted):
                n = 1 if picture.pix_fmt == 4 else 3
                self.seen.append([int(self._ffi.cast("intptr_t", picture.data[i])) for i in range(n)])
        rc = self._lib.vmaf_read_pictures(context, reference, distorted, index)
        if reference != self._ffi.NULL:
            self.afterwards += [picture.ref == self._ffi.NULL for picture in (reference, distorted)]
        return rc


def spied(library: Library) -> Library:
    """The same library, watched."""
    watched = copy.copy(library)
    watched.lib = Spy(library.ffi, library.lib)
    return watched


def addresses(planes) -> list[int]:
    return [plane.__array_interface__["data"][0] for plane in planes]


def score(library: Library, pairs, features=("vif",), names=VIF, fmt="420", bpc=8, **options):
    with Context(library, **options) as context:
        for feature in features:
            context.use_feature(feature)
        for i, (reference, distorted) in enumerate(pairs):
            context.read(reference, distorted, i)
        context.flush()
        return np.array([context.feature_scores(name) for name in names]), context


@pytest.mark.parametrize(("fmt", "bpc"), [("420", 8), ("422", 10), ("444", 16), ("400", 12)])
@pytest.mark.parametrize("n_threads", [0, 2])
def test_c_sees_the_addresses_of_the_planes(library, fmt, bpc, n_threads):
    """The pointers that C is given are those of the numpy planes: nothing was copied, and the count says so."""
    reference = clip(4, 70, 46, fmt=fmt, bpc=bpc)
    distorted = distort(reference, bpc=bpc)
    watched = spied(library)
    pairs = [(Picture.wrap(r, fmt, bpc), Picture.wrap(d, fmt, bpc)) for r, d in zip(reference, distorted, strict=True)]
    _, context = score(watched, pairs, n_threads=n_threads)
    expected = [addresses(planes) for pair in zip(reference, distorted, strict=True) for planes in pair]
    assert watched.lib.seen == expected
    assert all(watched.lib.afterwards), "a picture that was taken comes back empty"
    assert (context.frames_shared, dict(context.frames_copied)) == (8, {})


def test_c_sees_the_addresses_of_decoded_frames(library):
    """PyAV's frames reach C by their own addresses, their padding included, and score like copies of them."""
    frames = []
    for planes in clip(3, 90, 62):
        frame = av.VideoFrame(90, 62, "yuv420p")
        for plane, samples in zip(frame.planes, planes, strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            rows.flags.writeable or pytest.fail("PyAV's planes are writeable buffers")
            rows[:, : samples.shape[1]] = samples
        frames.append(frame)

    def wrap(frame, make=Picture.wrap):
        planes = [(plane, plane.line_size) for plane in frame.planes]
        return make(planes, "420", 8, width=frame.width, height=frame.height)

    watched = spied(library)
    shared, context = score(watched, [(wrap(frame), wrap(frame)) for frame in frames])
    pointers = [[plane.buffer_ptr for plane in frame.planes] for frame in frames]
    assert watched.lib.seen == [p for p in pointers for _ in range(2)]
    assert context.frames_shared == 6
    copied, context = score(library, [(wrap(f, Picture.copy), wrap(f, Picture.copy)) for f in frames])
    assert dict(context.frames_copied) == {"copy asked for": 6}
    assert np.array_equal(shared, copied)


class Owner:
    """Memory that is overwritten when it is released."""

    def __init__(self, planes):
        self.planes = [plane.copy() for plane in planes]
        weakref.finalize(self, self.spoil, self.planes)

    @staticmethod
    def spoil(planes):
        for plane in planes:
            plane[...] = 0xA5


@pytest.mark.parametrize("n_threads", [0, 1, 4])
def test_frames_are_held_exactly_as_long_as_needed(library, n_threads):
    """
    A frame is held while the library reads it and no longer.

    Released frames are overwritten, so one released early would change a score; the number of living owners is the
    number of pictures on loan after each pair, bounded, and zero in the end.
    """
    reference = clip(24, 96, 80)
    distorted = distort(reference)
    features, names = ("vif", "motion"), (*VIF, "integer_motion2")
    copies = [(Picture.copy(r, "420", 8), Picture.copy(d, "420", 8)) for r, d in zip(reference, distorted, strict=True)]
    expected, _ = score(library, copies, features, names)
    owners: list[weakref.ref[Owner]] = []

    def living() -> int:
        gc.collect()
        return sum(owner() is not None for owner in owners)

    def lend(planes) -> Picture:
        owner = Owner(planes)
        owners.append(weakref.ref(owner))
        return Picture.wrap([plane.view() for plane in owner.planes], "420", 8, owner)

    context = Context(library, n_threads=n_threads)
    for feature in features:
        context.use_feature(feature)
    for i, (r, d) in enumerate(zip(reference, distorted, strict=True)):
        context.read(lend(r), lend(d), i)
        assert context.frames_on_loan == living() <= 2 * (n_threads + 4)
    context.flush()
    assert context.frames_on_loan == living() == 0
    found = np.array([context.feature_scores(name) for name in names])
    context.close()
    assert np.array_equal(found, expected)


def test_a_context_closed_in_the_middle_gives_every_frame_back(library):
    """Frames still queued when a context is closed or becomes garbage are released then."""
    for end in ("close", "garbage"):
        context = Context(library, n_threads=2)
        context.use_feature("vif")
        owners = []
        for i, planes in enumerate(clip(6, 200, 160)):
            owner = Owner(planes)
            owners.append(weakref.ref(owner))
            picture = Picture.wrap(owner.planes, "420", 8, owner)
            del owner
            context.read(picture, picture, i)
            del picture
        if end == "close":
            context.close()
        del context
        gc.collect()
        assert [owner() for owner in owners] == [None] * 6


def strided(samples, how):
    """The same samples in memory laid out another way."""
    h, w = samples.shape
    if how == "bottom up":
        return np.ascontiguousarray(samples[::-1])[::-1]
    if how == "every second":
        room = np.zeros((h, 2 * w), samples.dtype)
        room[:, ::2] = samples
        return room[:, ::2]
    if how == "big-endian":
        return samples.astype(samples.dtype.newbyteorder(">"))
    if how == "unaligned":
        raw = np.zeros(samples.nbytes + 1, np.uint8)
        view = raw[1:].view(samples.dtype).reshape(h, w)
        view[...] = samples
        return view
    room = np.zeros((h, w + 24), samples.dtype)
    room[:, :w] = samples
    return room[:, :w]


@pytest.mark.parametrize(
    ("how", "bpc", "reason"),
    [
        ("padded", 8, ""),
        ("padded", 10, ""),
        ("bottom up", 8, "rows lie bottom up"),
        ("every second", 8, "samples of a row are not adjacent"),
        ("every second", 10, "samples of a row are not adjacent"),
        ("big-endian", 10, "samples are big-endian"),
        ("unaligned", 12, "16-bit samples are not aligned"),
    ],
)
def test_what_cannot_be_read_in_place_is_copied(library, how, bpc, reason):
    """Each case that must be copied is, is counted under its reason, and scores like ordinary memory."""
    reference = clip(2, 63, 47, bpc=bpc)
    distorted = distort(reference, bpc=bpc)
    plain, _ = score(
        library,
        [(Picture.wrap(r, "420", bpc), Picture.wrap(d, "420", bpc)) for r, d in zip(reference, distorted, strict=True)],
    )
    odd = [
        (Picture.wrap([strided(p, how) for p in r], "420", bpc), Picture.wrap([strided(p, how) for p in d], "420", bpc))
        for r, d in zip(reference, distorted, strict=True)
    ]
    assert odd[0][0].must_copy == reason
    found, context = score(library, odd)
    assert np.array_equal(found, plain)
    assert dict(context.frames_copied) == ({reason: 4} if reason else {})


@pytest.mark.parametrize(
    ("planes", "fmt", "bpc", "text"),
    [
        ([np.zeros((8, 8), np.uint8)], "420", 8, "3 planes, not 1"),
        ([np.zeros((8, 8), np.uint16)], "400", 8, "have to be uint8, not uint16"),
        ([np.zeros((8, 8), np.uint8)], "400", 10, "have to be uint16, not uint8"),
        ([np.zeros((8, 8), np.int16)], "400", 10, "have to be uint16, not int16"),
        ([np.zeros((8, 8), np.float32)], "400", 8, "not float32"),
        ([np.zeros(64, np.uint8)], "400", 8, "width and height are needed"),
        ([np.zeros((8, 8, 3), np.uint8)], "400", 8, "width and height are needed"),
        ([np.zeros((0, 8), np.uint8)], "400", 8, "8 x 0 samples"),
        ([np.zeros((8, 8), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 3), np.uint8)], "420", 8, "plane 2"),
    ],
)
def test_planes_that_do_not_fit(planes, fmt, bpc, text):
    """Planes of wrong number, type or size are refused with what was seen and what was expected."""
    with pytest.raises(InputError, match=text):
        Picture.wrap(planes, fmt, bpc)


def test_buffers_that_do_not_fit():
    """A buffer too small for its rows, or rows shorter than the samples, are refused before anything reads them."""
    with pytest.raises(InputError, match="99 bytes cannot hold 10 x 10"):
        Picture.wrap([(bytes(99), 10)], "400", 8, width=10, height=10)
    with pytest.raises(InputError, match="not a stride of 9"):
        Picture.wrap([(bytes(100), 9)], "400", 8, width=10, height=10)
    with pytest.raises(InputError, match="not a stride of -10"):
        Picture.wrap([(bytes(100), -10)], "400", 8, width=10, height=10)
    with pytest.raises(InputError, match="no buffer"):
        Picture.wrap([(7, 10)], "400", 8, width=10, height=10)
    for bpc in (7, 17, 8.0, None):
        with pytest.raises(UnsupportedFormatError, match="8 to 16"):
            Picture.wrap([(bytes(100), 10)], "400", bpc, width=10, height=10)
    for fmt in ("411", "nv12", 5, 0, "yuv420p10"):
        with pytest.raises(UnsupportedFormatError, match="420, 422, 444 and 400"):
            Picture.wrap([(bytes(100), 10)], fmt, 8, width=10, height=10)


def test_names_of_formats():
    """A format can be given by digits, by FFmpeg's name, by number or as itself."""
    for value in ("422", "yuv422p", "YUV422P", 2, PixelFormat.YUV422P):
        assert PixelFormat.of(value) is PixelFormat.YUV422P


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["420", "422", "444"]), st.booleans())
def test_odd_sizes_take_chroma_of_either_rounding(width, height, fmt, up):
    """Chroma planes of odd sizes may be rounded down, as the C API sees them, or up, as decoders give them."""
    w, h = PixelFormat.of(fmt).chroma_size(width, height)
    if up and fmt != "444":
        w, h = (width + 1) // 2, (height + 1) // 2 if fmt == "420" else height
    planes = [np.zeros((height, width), np.uint8), np.zeros((h, w), np.uint8), np.zeros((h, w), np.uint8)]
    picture = Picture.wrap(planes, fmt, 8)
    assert picture.chroma_size == PixelFormat.of(fmt).chroma_size(width, height)


def test_eight_bytes_past_the_last_row(libvmaf):
    """adm of libvmaf 2.3.1 reads 8 bytes past an 8-bit row of 8 (mod 16) samples: copied unless they are there."""
    assert (libvmaf.generation, 72 % 16) == (23, 8)
    tight = clip(2, 72, 64, fmt="400")
    room = np.zeros((66, 72), np.uint8)
    room[:64] = tight[0][0]
    for planes, shared in ((tight[0], 0), ([room[:64]], 2)):
        with Context(libvmaf) as context:
            context.use_feature("adm")
            picture = Picture.wrap(planes, "400", 8)
            context.read(picture, picture, 0)
            context.flush()
            assert context.frames_shared == shared
            reasons = {} if shared else {"adm reads eight bytes past the last row": 2}
            assert dict(context.frames_copied) == reasons


def test_copies_use_a_few_pictures_again(library):
    """A long run of copied frames allocates as many pictures as are in flight, not one per frame."""
    watched = spied(library)
    planes = clip(1, 64, 64)[0]
    pairs = [(Picture.copy(planes, "420", 8), Picture.copy(planes, "420", 8))] * 60
    _, context = score(watched, pairs, n_threads=1)
    assert sum(context.frames_copied.values()) == 120
    assert len({tuple(seen) for seen in watched.lib.seen}) <= 14


def test_a_hidden_counter_means_copying(library):
    """Where the library does not show its reference counter every picture is copied, with equal scores."""
    blind = copy.copy(library)
    blind.sharing_fault = "the library does not export vmaf_ref_load"
    reference = clip(3, 64, 64)
    pairs = [(Picture.wrap(r, "420", 8), Picture.wrap(r, "420", 8)) for r in reference]
    expected, _ = score(library, pairs)
    found, context = score(blind, pairs, n_threads=1)
    assert np.array_equal(found, expected)
    assert dict(context.frames_copied) == {blind.sharing_fault: 6}
