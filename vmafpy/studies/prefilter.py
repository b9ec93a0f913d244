"""Filters before an encoder: FFmpeg's by their words, or a callable, held to one frame out for one in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from vmafpy.errors import InputError, VmafError

if TYPE_CHECKING:
    import av

#: A filter: FFmpeg's words, or a callable from an iterable of frames to another of the same size, format and number.
Filter = str | Callable[[Iterable[Any]], Iterable[Any]]


def name_of(chosen: Filter) -> str:
    """Return the filter's words, or the callable's name."""
    return chosen if isinstance(chosen, str) else str(getattr(chosen, "__name__", type(chosen).__name__))


def cache_key(chosen: Filter | None) -> str:
    """
    Return what tells a filter from others in a cache.

    Raises
    ------
    InputError
        If it is a callable without an attribute ``cache_key``, since its code may change between runs.
    """
    if chosen is None or isinstance(chosen, str):
        return chosen or ""
    key = getattr(chosen, "cache_key", "")
    if not key:
        raise InputError(
            f"the filter {name_of(chosen)} is a callable; a cache needs its attribute cache_key (name, version)"
        )
    return f"callable {key}"


def filtered(frames: Iterable[av.VideoFrame], rate: Fraction, chain: str) -> Iterator[av.VideoFrame]:
    """
    Run frames through an FFmpeg filter chain, such as ``"unsharp=5:5:1.0"`` or ``"avgblur=1,unsharp"``.

    Filters that look ahead are waited for. A comma always ends a filter.

    Raises
    ------
    InputError
        If FFmpeg refuses the chain.
    """
    graph = None
    for index, frame in enumerate(frames):
        frame.pts, frame.time_base = index, 1 / rate
        if graph is None:
            graph = _Graph(frame, rate, chain)
        yield from graph.push(frame)
    if graph is not None:
        yield from graph.push(None)


class _Graph:
    def __init__(self, frame: av.VideoFrame, rate: Fraction, chain: str) -> None:
        import av

        self._chain = chain
        try:
            graph: Any = av.filter.Graph()
            size = {"width": frame.width, "height": frame.height}
            nodes = [graph.add_buffer(**size, format=frame.format, time_base=1 / rate)]
            for part in chain.split(","):
                name, _, options = part.strip().partition("=")
                nodes.append(graph.add(name, options))
            nodes.append(graph.add("buffersink"))
            graph.link_nodes(*nodes).configure()
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise InputError(f"FFmpeg refuses the filter {chain!r}: {error}") from error
        self._graph = graph

    def push(self, frame: av.VideoFrame | None) -> list[av.VideoFrame]:
        """Take a frame, or None for the end; return those that are ready."""
        import av

        out: list[av.VideoFrame] = []
        try:
            self._graph.push(frame)
            while True:
                out.append(self._graph.pull())
        except (BlockingIOError, EOFError):  # nothing more for now, or at all
            return out
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise InputError(f"FFmpeg's filter {self._chain!r} failed: {error}") from error


def apply(frames: Iterable[av.VideoFrame], rate: Fraction, chosen: Filter) -> Iterator[av.VideoFrame]:
    """
    Run frames through a filter, and hold it to its promise.

    Raises
    ------
    InputError
        If FFmpeg refuses the filter, a callable raises, or size, format or number of frames change.
    """
    taken = given = 0
    form: tuple[int, int, str] | None = None

    def counted() -> Iterator[av.VideoFrame]:
        nonlocal taken, form
        for frame in frames:
            taken += 1
            form = form or (frame.width, frame.height, frame.format.name)
            yield frame

    made = filtered(counted(), rate, chosen) if isinstance(chosen, str) else _called(chosen, counted())
    for frame in made:
        given += 1
        got = (frame.width, frame.height, frame.format.name)
        if got != form:
            raise InputError(f"the filter turned {form} into {got} at frame {given - 1}; it must keep size and format")
        if given > taken:
            raise InputError(f"the filter gave {given} frames for {taken}; it must keep their number")
        yield frame
    if given != taken:
        raise InputError(f"the filter gave {given} frames for {taken}; it must keep their number")


def _called(function: Callable[[Iterable[Any]], Iterable[Any]], frames: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from function(frames)
    except VmafError:
        raise
    except Exception as error:
        raise InputError(f"the filter {name_of(function)} raised {type(error).__name__}: {error}") from error
