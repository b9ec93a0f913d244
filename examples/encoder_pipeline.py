"""
Encode, decode and score in one process: no file is written, and every frame's score is there while the encoder runs.

    python examples/encoder_pipeline.py source.mp4 --crf 30 --frames 250

A frame goes into the encoder; each packet that comes out goes into a decoder; each decoded frame is pushed into a
`vmafpy.Scorer` beside its source frame, which is kept until then. Encoders delay frames (lookahead, B-frames), so the
queue of waiting source frames is as long as that delay, and no longer.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import av

import vmafpy


@dataclass(frozen=True)
class Scored:
    """A frame's score, and the bits spent so far."""

    frame: int
    vmaf: float
    bits: int


class Pipeline:
    """
    Source frames in, scores out.

    Parameters
    ----------
    frames : iterable of av.VideoFrame
        Of one size, in a format that can be scored, such as yuv420p.
    rate : Fraction
        Frames per second.
    codec, options
        As PyAV takes them.
    """

    def __init__(self, frames: Iterable[av.VideoFrame], *, rate: Fraction, codec: str, options: dict[str, str]) -> None:
        self._frames = iter(frames)
        self._rate = rate
        self._codec, self._options = codec, options
        self._waiting: deque[av.VideoFrame] = deque()
        self.longest_queue = 0
        self.result: vmafpy.ScoreResult | None = None

    def __iter__(self) -> Iterator[Scored]:
        """Run the pipeline; `result` holds everything afterwards."""
        first = next(self._frames)
        encoder = av.CodecContext.create(self._codec, "w")
        encoder.width, encoder.height, encoder.pix_fmt = first.width, first.height, first.format.name
        encoder.time_base, encoder.framerate = 1 / self._rate, self._rate
        encoder.options = self._options
        decoder: av.VideoCodecContext = av.CodecContext.create(encoder.codec.canonical_name, "r")
        bits = scored = 0
        with vmafpy.Scorer(width=first.width, height=first.height, pix_fmt=first.format.name) as scorer:
            for packet in self._packets(encoder, first):
                bits += 8 * packet.size
                self._push(scorer, decoder.decode(packet))
                while scored < scorer.n_pushed - 1:  # a score is final once the next frame was pushed
                    try:
                        yield Scored(scored, scorer.score(scored), bits)
                    except vmafpy.errors.PendingScoreError:  # a worker is still at it; ask again later
                        break
                    scored += 1
            self._push(scorer, decoder.decode(None))
            self.result = scorer.finish()
            for frame in range(scored, scorer.n_pushed):
                yield Scored(frame, scorer.score(frame), bits)

    def _packets(self, encoder: av.VideoCodecContext, first: av.VideoFrame) -> Iterator[av.Packet]:
        for number, frame in enumerate(self._all(first)):
            frame.pts, frame.time_base = number, 1 / self._rate
            frame.pict_type = av.video.frame.PictureType.NONE  # the source's choice of I and B is not the encoder's
            self._waiting.append(frame)
            self.longest_queue = max(self.longest_queue, len(self._waiting))
            yield from encoder.encode(frame)
        yield from encoder.encode(None)

    def _all(self, first: av.VideoFrame) -> Iterator[av.VideoFrame]:
        yield first
        yield from self._frames

    def _push(self, scorer: vmafpy.Scorer, decoded: Iterable[av.VideoFrame]) -> None:
        for frame in decoded:
            scorer.push(self._waiting.popleft(), frame)


def main() -> int:
    """Score an encode of a file as it is made."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("source")
    parser.add_argument("--codec", default="libx264")
    parser.add_argument("--crf", default="30")
    parser.add_argument("--frames", type=int)
    args = parser.parse_args()
    with av.open(args.source) as container:
        stream = container.streams.video[0]
        frames = islice(container.decode(stream), args.frames)
        rate = stream.average_rate or Fraction(25)
        pipeline = Pipeline(frames, rate=rate, codec=args.codec, options={"crf": args.crf})
        for scored in pipeline:
            print(f"frame {scored.frame}: VMAF {scored.vmaf:.2f}, {scored.bits / 1000:.0f} kbit so far")
    result = pipeline.result
    assert result is not None
    print(f"mean VMAF {result.vmaf:.3f}, NEG {result.models['neg'].mean:.3f}", file=sys.stderr)
    print(f"at most {pipeline.longest_queue} frames waited for the encoder", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
