"""One way in for every form a video can have."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, TypeAlias

from vmafpy.errors import InputError
from vmafpy.frames.array import ArrayVideo
from vmafpy.frames.base import FrameSource
from vmafpy.frames.video import VideoFile

#: A path PyAV opens, a source such as RawVideo, or an iterable of PyAV frames or numpy planes.
Video: TypeAlias = "str | os.PathLike[str] | FrameSource | Iterable[Any]"


def open_source(
    video: Video,
    *,
    accept_truncated: bool = False,
    pix_fmt: str | None = None,
    film_grain: bool = True,
    n_threads: int | None = None,
    label: str = "frames in memory",
) -> FrameSource:
    """
    Make a frame source of whatever stands for a video.

    Parameters
    ----------
    video : path-like, FrameSource, or iterable
        A path is opened with PyAV; a FrameSource is returned as it is; anything else is taken as an iterable of
        PyAV frames or numpy planes.
    accept_truncated : bool
        For paths: see `VideoFile`.
    pix_fmt : str, optional
        For paths and PyAV frames: convert every picture to this format; see `VideoFile`.
    film_grain : bool
        For paths: False leaves synthesised grain out; see `VideoFile`.
    n_threads : int, optional
        For paths: threads of the decoder; see `VideoFile`.
    label : str
        Name of an iterable in messages.

    Raises
    ------
    InputError
        If *video* is none of these; `MediaError` and `UnsupportedFormatError` as the source raises them.
    """
    if isinstance(video, FrameSource):
        return video
    if isinstance(video, (str, os.PathLike)):
        return VideoFile(
            video, accept_truncated=accept_truncated, pix_fmt=pix_fmt, film_grain=film_grain, n_threads=n_threads
        )
    if isinstance(video, Iterable):
        return ArrayVideo(video, convert=pix_fmt, label=label)
    raise InputError(
        f"{type(video).__name__} is no video: give a path, vmafpy.RawVideo(...), or an iterable of av.VideoFrame "
        "or numpy planes"
    )
