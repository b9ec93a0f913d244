"""Conversions: exact where they can be, swscale's where not, and always recorded."""

from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmafpy.errors import InputError, UnsupportedFormatError
from vmafpy.frames import ArrayVideo, ConvertedVideo, Crop, VideoFile, open_source
from vmafpy.frames.convert import black_bars, convert_pair, promote

RNG = np.random.default_rng(4)


def frame(chroma="420", width=32, height=24):
    """Random planes of a chroma format."""
    cw = width // 2 if chroma != "444" else width
    ch = height // 2 if chroma == "420" else height
    return [RNG.integers(0, 256, s).astype(np.uint8) for s in ((height, width), (ch, cw), (ch, cw))]


@given(st.integers(9, 16).filter(lambda d: d in (9, 10, 12, 14, 16)))
def test_promotion_shifts(depth):
    """Every sample times a power of two, in every plane."""
    (made,) = ArrayVideo([frame("422")])
    wide = promote(made, depth)
    assert wide.format.name == f"yuv422p{depth}le"
    for before, after in zip(made.planes, wide.planes, strict=True):
        np.testing.assert_array_equal(after, before.astype(np.uint32) << (depth - 8))


def test_no_demotion():
    """Fewer bits are refused: that would lose some."""
    with pytest.raises(UnsupportedFormatError, match="would lose"):
        promote(next(iter(ArrayVideo([frame()]))), 7)


@pytest.mark.parametrize("chroma", ["420", "422", "444"])
def test_crop_is_a_view(chroma):
    """The same samples at the same addresses, chroma cut where luma is."""
    source = ArrayVideo([frame(chroma)])
    video = ConvertedVideo(source, crop=Crop(12, 10, 6, 4))
    (before,), (after,) = source, video
    fx = 1 if chroma == "444" else 2
    fy = 2 if chroma == "420" else 1
    np.testing.assert_array_equal(after.planes[0], before.planes[0][4:14, 6:18])
    np.testing.assert_array_equal(after.planes[1], before.planes[1][4 // fy : 14 // fy, 6 // fx : 18 // fx])
    assert np.shares_memory(after.planes[2], before.planes[2])
    assert video.info.conversion == "crop 12x10+6+4"


@pytest.mark.parametrize(
    ("crop", "match"), [(Crop(40, 8), "does not lie inside"), (Crop(8, 8, 3, 0), "splits a chroma sample")]
)
def test_bad_crop(crop, match):
    """A rectangle outside the picture, or through a chroma sample, is refused."""
    with pytest.raises(InputError, match=match):
        ConvertedVideo(ArrayVideo([frame()]), crop=crop)


def test_scaling_is_swscales():
    """The samples are those PyAV's reformat gives; the step is recorded."""
    planes = frame()
    picture = av.VideoFrame(32, 24, "yuv420p")
    for plane, samples in zip(picture.planes, planes, strict=True):
        rows = np.zeros((plane.height, plane.line_size), np.uint8)
        rows[:, : plane.width] = samples
        plane.update(rows.tobytes())
    want = picture.reformat(64, 48, interpolation="BICUBIC")
    video = ConvertedVideo(ArrayVideo([planes]), size=(64, 48))
    (made,) = video
    for got, plane in zip(made.planes, want.planes, strict=True):
        expected = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[
            : plane.height, : plane.width
        ]
        np.testing.assert_array_equal(got, expected)
    assert video.info.conversion == "scale to 64x48 bicubic"


def test_pair_to_one_form():
    """scale="reference" touches the distorted video alone; "model" both; "common" promotes the shallower one."""
    big = ArrayVideo([frame(width=64, height=48)])
    small = ArrayVideo([[p.astype(np.uint16) for p in frame()]], pix_fmt="yuv420p10le")
    ref, dis = convert_pair(big, small, scale="reference", bit_depth="common")
    assert (ref.info.conversion, ref.info.format.bit_depth) == ("8 to 10 bits by left shift", 10)
    assert (dis.info.width, dis.info.height, dis.info.conversion) == (64, 48, "scale to 64x48 bicubic")
    ref, dis = convert_pair(big, small, scale="model", lines=96)
    assert (ref.info.width, ref.info.height) == (dis.info.width, dis.info.height) == (128, 96)
    assert convert_pair(big, small) == (big, small)
    with pytest.raises(InputError, match="scale='huge'"):
        convert_pair(big, small, scale="huge")
    with pytest.raises(InputError, match="scaler 'magic'"):
        convert_pair(big, small, scale="reference", scaler="magic")


def test_black_bars():
    """The rectangle inside the bars, on whole chroma samples; a black video has none."""
    planes = frame(width=64, height=48)
    luma = np.full((48, 64), 16, np.uint8)
    luma[7:41, 10:53] = 120
    planes[0] = luma
    assert black_bars(ArrayVideo([planes] * 3)) == Crop(44, 36, 10, 6)
    planes[0] = np.full((48, 64), 16, np.uint8)
    with pytest.raises(InputError, match="all black"):
        black_bars(ArrayVideo([planes]))


@pytest.mark.parametrize("pix_fmt", ["nv12", "rgb24", "bgr0", "yuyv422"])
def test_packed_and_rgb_by_conversion(tmp_path, pix_fmt):
    """Formats that cannot be scored as they are come in with pix_fmt=, converted by swscale, and recorded."""
    path = tmp_path / "clip.nut"
    rgb = RNG.integers(0, 255, (48, 64, 3)).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
        container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb).reformat(format=pix_fmt)))
        container.mux(stream.encode(None))
    with pytest.raises(UnsupportedFormatError):
        VideoFile(path)
    source = VideoFile(path, pix_fmt="yuv444p")
    (made,) = source
    assert made.format.name == "yuv444p"
    assert source.info.conversion.startswith(f"{pix_fmt} to yuv444p by swscale")


@pytest.mark.parametrize(("pix_fmt", "planar"), [("nv12", "yuv420p"), ("p010le", "yuv420p10le")])
def test_semi_planar_frames_of_a_decoder(pix_fmt, planar):
    """NV12 and P010, as hardware decoders give them, hold the samples of their planar twins, and convert to them."""
    rgb = RNG.integers(0, 255, (48, 64, 3)).astype(np.uint8)
    twin = av.VideoFrame.from_ndarray(rgb).reformat(format=planar)
    given = twin.reformat(format=pix_fmt)
    with pytest.raises(UnsupportedFormatError, match=pix_fmt):
        ArrayVideo([given])
    source = ArrayVideo([given], convert=planar)
    (made,), (want,) = source, ArrayVideo([twin])
    for got, plane in zip(made.planes, want.planes, strict=True):
        np.testing.assert_array_equal(got, plane)
    assert source.info.conversion == f"{pix_fmt} to {planar} by swscale"
    assert open_source([given], pix_fmt=planar).info.format.name == planar


def test_range_of_a_converted_picture():
    """From yuvj420p to yuv420p swscale narrows the range, and the description says so."""
    full = ArrayVideo([[np.full((24, 32), 255, np.uint8), *[np.full((12, 16), 128, np.uint8)] * 2]], pix_fmt="yuvj420p")
    made = ConvertedVideo(full, pix_fmt="yuv420p")
    assert (full.info.color_range, made.info.color_range) == ("full", "limited")
    assert next(iter(made)).planes[0].max() == 235
