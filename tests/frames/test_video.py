"""Video files: what PyAV decodes, in the decoder's memory; damage is told, never hidden."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from vmafpy.errors import MediaError, UnsupportedFormatError
from vmafpy.frames import VideoFile


def encode(path, *, frames=12, width=64, height=48, codec="ffv1", pix_fmt="yuv420p", options=None):
    """A small clip of seeded noise on a ramp; returns its frames as PyAV made them."""
    rng = np.random.default_rng(7)
    out = []
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        for _ in range(frames):
            rgb = rng.integers(0, 255, (height, width, 3)).astype(np.uint8)
            picture = av.VideoFrame.from_ndarray(rgb).reformat(format=pix_fmt)
            out.append(picture)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return out


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p10le", "yuv444p", "gray"])
def test_lossless_round_trip(tmp_path, pix_fmt):
    """A lossless file gives back the very samples, at an odd width too."""
    path = tmp_path / "clip.mkv"
    written = encode(path, width=65, height=47, pix_fmt=pix_fmt)
    source = VideoFile(path)
    assert (source.info.width, source.info.height, source.info.format.name) == (65, 47, pix_fmt)
    frames = list(source)
    assert len(frames) == 12
    for frame, picture in zip(frames, written, strict=True):
        for got, plane in zip(frame.planes, picture.planes, strict=True):
            want = np.frombuffer(memoryview(plane), frame.format.dtype)
            want = want.reshape(plane.height, -1)[:, : plane.width]
            np.testing.assert_array_equal(got, want)


def test_planes_are_the_decoders_memory(tmp_path):
    """The arrays start at the AVFrame's own addresses and keep it alive."""
    from vmafpy.frames.video import frame_from_av

    path = tmp_path / "clip.mkv"
    encode(path)
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0))
        addresses = [plane.buffer_ptr for plane in picture.planes]
        frame = frame_from_av(picture, 0, "clip")
    luma = frame.planes[0].copy()
    del picture, container
    assert [plane.__array_interface__["data"][0] for plane in frame.planes] == addresses
    np.testing.assert_array_equal(frame.planes[0], luma)


@pytest.mark.parametrize(("suffix", "codec"), [("mkv", "libx264"), ("mp4", "libx264"), ("y4m", "wrapped_avframe")])
def test_truncated(tmp_path, suffix, codec):
    """A file cut in its last third yields its whole frames, then raises; accepting the cut yields them alone."""
    path = tmp_path / f"clip.{suffix}"
    options = {"movflags": "+faststart"} if suffix == "mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        if codec == "libx264":
            stream.options = {"bf": "0", "crf": "10"}
        rng = np.random.default_rng(7)
        for _ in range(50):
            rgb = rng.integers(0, 255, (48, 64, 3)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb).reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    seen = []
    with pytest.raises(MediaError, match=r"clip\.(mkv|mp4|y4m)"):
        seen.extend(frame.index for frame in VideoFile(path))
    accepted = [frame.index for frame in VideoFile(path, accept_truncated=True)]
    assert seen == list(range(len(seen)))
    assert 20 < len(seen) <= len(accepted) < 50


def test_no_video(tmp_path):
    """A file with only sound, an empty file, a missing file and a text file are refused by what they are."""
    sound = tmp_path / "sound.wav"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(MediaError, match="no video stream, only audio"):
        VideoFile(sound)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(MediaError, match="is empty"):
        VideoFile(empty)
    with pytest.raises(MediaError, match=r"missing\.mp4: No such file"):
        VideoFile(tmp_path / "missing.mp4")
    text = tmp_path / "text.mp4"
    text.write_text("this is no video " * 100)
    with pytest.raises(MediaError, match=r"cannot open .*text\.mp4.* no video, or damaged, or cut off"):
        VideoFile(text)


def test_format_that_needs_conversion(tmp_path):
    """RGB video is refused with its format named, not converted in silence."""
    path = tmp_path / "rgb.mkv"
    encode(path, pix_fmt="bgr0")
    with pytest.raises(UnsupportedFormatError, match=r"rgb\.mkv.*bgr0"):
        VideoFile(path)


def pictures(n=4, width=64, height=48, seed=7):
    """Seeded noise, as RGB."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (height, width, 3)).astype(np.uint8) for _ in range(n)]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_rotation_and_sample_aspect(tmp_path, suffix):
    """The display matrix and the sample aspect ratio of a file come with its frames and its description."""
    path = tmp_path / f"clip.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        stream.set_display_rotation(90)
        for rgb in pictures():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb).reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    for source in (VideoFile(path), VideoFile(path, pix_fmt="yuv444p")):
        assert source.info.sample_aspect == Fraction(4, 3)
        assert [frame.rotation for frame in source] == [90] * 4


IMAGES = {"png": ("png", "rgb24"), "tiff": ("tiff", "rgb24"), "jpg": ("mjpeg", "yuvj444p"), "pgm": ("pgm", "gray")}


@pytest.mark.parametrize("suffix", IMAGES)
def test_image_sequences(tmp_path, suffix):
    """Numbered images are a video, one image is one frame; PNG, TIFF and PGM give back their very samples."""
    codec, pix_fmt = IMAGES[suffix]
    written = []
    with av.open(str(tmp_path / f"f_%03d.{suffix}"), "w", format="image2") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
        for rgb in pictures(3):
            written.append(av.VideoFrame.from_ndarray(rgb).reformat(format=pix_fmt))
            container.mux(stream.encode(written[-1]))
        container.mux(stream.encode(None))
    form = {"pix_fmt": "yuv444p"} if pix_fmt == "rgb24" else {}
    sequence = list(VideoFile(tmp_path / f"f_%03d.{suffix}", fps=50, **form))
    assert [frame.time for frame in sequence] == [0, Fraction(1, 50), Fraction(2, 50)]
    for k, frame in enumerate(sequence):
        (alone,) = VideoFile(tmp_path / f"f_{k + 1:03d}.{suffix}", **form)
        np.testing.assert_array_equal(alone.planes[0], frame.planes[0])
        if suffix != "jpg":
            want = written[k].reformat(format="yuv444p" if form else pix_fmt).to_ndarray().reshape(-1, 48, 64)[0]
            np.testing.assert_array_equal(frame.planes[0], want)


@pytest.mark.parametrize("tagged", [True, False])
def test_rgb_becomes_limited_bt601(tmp_path, tagged):
    """A grey of code value v is 16 + 219 v / 255 in luma and 128 in chroma, whether or not the file says full range."""
    path = tmp_path / ("grey.png" if tagged else "grey.tiff")  # FFmpeg tags PNG as full range, TIFF as nothing
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream(path.suffix[1:], rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 200, np.uint8))))
        container.mux(stream.encode(None))
    source = VideoFile(path, pix_fmt="yuv444p")
    (frame,) = source
    assert [set(np.unique(plane)) for plane in frame.planes] == [{188}, {128}, {128}]  # 16 + 219 * 200 / 255 = 187.8
    assert (source.info.color_range, source.info.matrix) == ("limited", "smpte170m")
    assert source.info.conversion == "rgb24 to yuv444p by swscale, BT.601, limited range"


def test_avif(tmp_path):
    """An AVIF still is one frame."""
    path = tmp_path / "still.avif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libsvtav1", rate=1, options={"preset": "12", "svtav1-params": "lp=1"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pictures(1, height=64)[0]).reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    (frame,) = VideoFile(path)
    assert (frame.width, frame.height, frame.format.name) == (64, 64, "yuv420p")


def test_film_grain_left_out(tmp_path):
    """Without the synthesised grain an AV1 encode of grain over a flat picture is flat; the choice is recorded."""
    path = tmp_path / "grain.mkv"
    rng = np.random.default_rng(2)
    with av.open(str(path), "w") as container:
        options = {"crf": "63", "preset": "10", "svtav1-params": "film-grain=50:lp=1"}
        stream = container.add_stream("libsvtav1", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 128, "yuv420p"
        for _ in range(5):
            planes = np.full((192, 128), 128, np.uint8)
            planes[:128] = np.clip(128 + rng.normal(0, 12, (128, 128)), 0, 255)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode(None))
    without = VideoFile(path, film_grain=False)
    assert without.info.conversion == "film grain left out"
    spread = [[frame.planes[0].std() for frame in source] for source in (VideoFile(path), without)]
    assert min(spread[0]) > 1.5 * max(spread[1])
