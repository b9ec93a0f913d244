"""Where pixels come from; knows nothing of VMAF."""

from vmafpy.frames.array import ArrayVideo
from vmafpy.frames.base import PIXEL_FORMATS, Frame, FrameSource, PixelFormat, VideoInfo, pixel_format
from vmafpy.frames.convert import ConvertedVideo, Crop
from vmafpy.frames.open import open_source
from vmafpy.frames.raw import RawVideo
from vmafpy.frames.video import VideoFile

__all__ = [
    "PIXEL_FORMATS",
    "ArrayVideo",
    "ConvertedVideo",
    "Crop",
    "Frame",
    "FrameSource",
    "PixelFormat",
    "RawVideo",
    "VideoFile",
    "VideoInfo",
    "open_source",
    "pixel_format",
]
