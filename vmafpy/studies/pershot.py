"""Every shot at its own setting: the highest CRF that meets the target, one file of all shots."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

from vmafpy.errors import InputError, OptionError
from vmafpy.scoring import score
from vmafpy.studies.encode import EncoderError, PyAVEncoder
from vmafpy.studies.shots import find_shots
from vmafpy.studies.trial import Bench, Encode, Trial
from vmafpy.studies.tune import crf_limits


@dataclass(frozen=True)
class Shot:
    """
    A shot and the setting found for it.

    Attributes
    ----------
    first, end : int
        Half-open range of frames.
    met : bool
        False where even the best CRF misses the target.
    encode : Encode
        At the CRF chosen.
    score : float
        Its pooled score.
    """

    first: int
    end: int
    met: bool
    encode: Encode
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return the shot as plain types."""
        return {"first": self.first, "end": self.end, "met": self.met, "score": self.score, **self.encode.to_dict()}


@dataclass(frozen=True, eq=False)
class PerShot:
    """
    A video tuned shot by shot.

    Attributes
    ----------
    target : float
    shots : tuple of Shot
    predicted : float
        Mean score over all frames, from the shots' own encodes.
    achieved : float or None
        Mean score of the file written, decoded from it; None where none was asked for. The two differ by motion
        across the cuts alone.
    kbps : float
        Of all shots together, from their packets.
    n_encodes : int
        Made for the search, of one shot each.
    """

    target: float
    shots: tuple[Shot, ...]
    predicted: float
    achieved: float | None
    kbps: float
    n_encodes: int

    @property
    def met(self) -> bool:
        """Every shot meets the target."""
        return all(shot.met for shot in self.shots)

    def to_dict(self) -> dict[str, Any]:
        """Return what was found as plain types."""
        facts = {k: getattr(self, k) for k in ("target", "met", "predicted", "achieved", "kbps", "n_encodes")}
        return {**facts, "shots": [shot.to_dict() for shot in self.shots]}


def per_shot(
    bench: Bench,
    encoder: PyAVEncoder,
    target: float,
    *,
    output: str | os.PathLike[str] | None = None,
    model: str | None = None,
    pooling: str = "mean",
    crf_range: tuple[int, int] | None = None,
    shots: Sequence[tuple[int, int]] | None = None,
) -> PerShot:
    """
    Find each shot's highest CRF that meets a target, all shots at once: one pass over the source per step of bisection.

    Parameters
    ----------
    bench : Bench
        Without filter and sampling.
    encoder : PyAVEncoder
    target : float
        That every shot is to reach.
    output : path-like, optional
        File to write, its container by its name (``.mkv``). Each shot starts with a key frame.
    model, pooling, crf_range
        As for `vmafpy.studies.tune.bisect`.
    shots : sequence of tuple of int, optional
        Half-open ranges that follow each other; `find_shots` if None.

    Raises
    ------
    OptionError, InputError
        As `bisect`, if shots do not cover the source, the bench filters or samples, or the output has no directory.
    EncoderError
        If the encoder fails or the file cannot be written.
    """
    low, high = crf_limits(encoder, crf_range)
    if output is not None and not os.access(Path(output).parent, os.W_OK):  # told before the search, not after it
        raise InputError(f"cannot write {output}: its directory is missing or read-only")
    if bench.windows != [(0, None)] or bench.has_filter:
        raise OptionError("per-shot tuning takes the whole source, unfiltered")
    bench.check_target(target, model)
    found = list(find_shots(bench.source.read()) if shots is None else shots)
    if not found or found[0][0] or any(a[1] != b[0] for a, b in pairwise(found)):
        raise InputError(f"shots {found} must start at frame 0 and follow each other")
    if shots is not None and found[-1][1] != bench.source.n_frames():
        raise InputError(f"the shots end at frame {found[-1][1]}, the source at {bench.source.n_frames()}")
    before = bench.n_encoded
    good, bad = [low - 1] * len(found), [high + 1] * len(found)
    seen: list[dict[int, Encode]] = [{} for _ in found]
    while True:
        asked = [(k, (good[k] + bad[k]) // 2) for k in range(len(found)) if bad[k] - good[k] > 1]
        if not asked:
            break
        encodes = bench.encode_windows([(found[k], Trial(encoder, crf)) for k, crf in asked])
        for (k, crf), encode in zip(asked, encodes, strict=True):
            seen[k][crf] = encode
            if encode.score(model, pooling) >= target:
                good[k] = crf
            else:
                bad[k] = crf
    chosen = []
    for (first, end), tried in zip(found, seen, strict=True):
        values = {crf: encode.score(model, pooling) for crf, encode in tried.items()}
        meeting = [crf for crf, value in values.items() if value >= target]
        crf = max(meeting) if meeting else max(values, key=lambda c: values[c])
        chosen.append(Shot(first, end, bool(meeting), tried[crf], values[crf]))
    n = sum(shot.encode.n_frames for shot in chosen)
    achieved = None
    if output is not None:
        write_shots(bench, encoder, chosen, output)
        name = model or bench.models[0].id
        result = score(reference=bench.source.read(), distorted=output, models=bench.models, features=bench.features)
        achieved = (result.models if name in result.models else result.features)[name].mean
    return PerShot(
        target,
        tuple(chosen),
        sum(shot.encode.score(model) * shot.encode.n_frames for shot in chosen) / n,
        achieved,
        sum(shot.encode.kbps * shot.encode.n_frames for shot in chosen) / n,
        bench.n_encoded - before,
    )


def write_shots(bench: Bench, encoder: PyAVEncoder, shots: Sequence[Shot], output: str | os.PathLike[str]) -> None:
    """
    Encode each shot at its CRF with an encoder of its own, packets one after the other into one file.

    The file takes its name when it is complete.

    Raises
    ------
    EncoderError
        If the encoder fails or the file cannot be written.
    """
    import av
    from av.video.frame import PictureType

    target = Path(output)
    part = target.with_name(f".{target.stem}.part{target.suffix}")
    rate = bench.rate
    try:
        with av.open(str(part), "w") as container:
            frames = bench.source.read()
            stream: Any = None
            last: int | None = None
            for shot in shots:
                writer: Any = None
                for index, frame in enumerate(chain(islice(frames, shot.end - shot.first), [None]), shot.first):
                    if frame is not None:
                        form = (frame.width, frame.height, frame.format.name)
                        writer = writer or encoder.open(shot.encode.crf, *form, rate)
                        frame.pts, frame.time_base, frame.pict_type = index, 1 / rate, PictureType.NONE
                        if stream is None:
                            options = encoder.options(shot.encode.crf)
                            stream = container.add_stream(encoder.codec, rate=rate, options=options)
                            stream.width, stream.height, stream.pix_fmt = form
                    for packet in writer.encode(frame):
                        packet.stream = stream
                        packet.time_base = 1 / rate
                        if last is not None and packet.dts <= last:
                            packet.dts = last + 1
                        last = packet.dts
                        container.mux(packet)
        os.replace(part, target)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise EncoderError(f"cannot write {target}: {error}") from error
    finally:
        part.unlink(missing_ok=True)
