"""libvmaf 3.2 as users run it: the filter of the ffmpeg that imageio-ffmpeg ships."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.clips import Clip
from benchmarks.contenders.base import LIBVMAF, Outcome, Task
from benchmarks.process import Usage, run
from benchmarks.work import Work

INSTALL = "pip install imageio-ffmpeg"


def program() -> str:
    """Path of imageio-ffmpeg's ffmpeg."""
    import imageio_ffmpeg

    found: str = imageio_ffmpeg.get_ffmpeg_exe()
    return found


def filter_words(work: Work, threads: int, log: str) -> str:
    """Spell the work as an argument of -lavfi, distorted first."""
    models = "|".join(f"version={name}\\:name={name}" for name in work.models)
    features = "|".join(f"name={name}" for name in work.features)
    words = [f"model='{models}'", f"n_threads={threads}", "log_fmt=json", f"log_path={log}"]
    if features:
        words.append(f"feature='{features}'")
    return f"[0:v][1:v]libvmaf={':'.join(words)}"


def command(work: Work, clip: Clip, threads: int, n_frames: int | None, log: str) -> list[str]:
    """Spell the whole command line; one thread of everything if *threads* is 1."""
    words = [program(), "-hide_banner", "-loglevel", "error", "-nostdin"]
    if threads <= 1:
        words += ["-filter_threads", "1", "-filter_complex_threads", "1"]
    for path in (clip.distorted, clip.reference):
        words += [*(["-threads", "1"] if threads <= 1 else []), "-i", str(path)]
    words += ["-lavfi", filter_words(work, threads, log)]
    if n_frames is not None:
        words += ["-frames:v", str(n_frames)]
    return [*words, "-f", "null", "-"]


def means(log: Mapping[str, Any]) -> dict[str, float]:
    """Means over the frames of libvmaf's JSON log; null is NaN."""
    frames = [frame["metrics"] for frame in log["frames"]]
    nan = float("nan")
    return {name: sum(nan if f[name] is None else f[name] for f in frames) / len(frames) for name in frames[0]}


def scored(
    work: Work, clip: Clip, threads: int, cores: frozenset[int], n_frames: int | None = None
) -> tuple[Usage, dict[str, float]]:
    """Run ffmpeg once: what it took, and the means in its log."""
    with tempfile.TemporaryDirectory() as folder:
        done = run(command(work, clip, threads, n_frames, "log.json"), cores, folder=Path(folder))
        return done, means(json.loads((Path(folder) / "log.json").read_text()))


class FfmpegLibvmaf:
    """The filter, fed files."""

    label = "libvmaf (ffmpeg)"
    limits = LIBVMAF
    note = ""

    def missing(self) -> str:
        try:
            found = program()
        except (ImportError, RuntimeError) as error:
            return f"{error}: {INSTALL}"
        filters = subprocess.run(
            [found, "-hide_banner", "-filters"], capture_output=True, text=True, check=False
        ).stdout
        return "" if " libvmaf " in filters else f"{found} has no libvmaf: {INSTALL}"

    def version(self) -> str:
        text = subprocess.run([program(), "-version"], capture_output=True, text=True, check=True).stdout
        match = re.match(r"ffmpeg version (\S+)", text)
        # ffmpeg does not tell which libvmaf it has; the parity tests hold imageio-ffmpeg 0.6's to be 3.2
        return f"ffmpeg {match[1] if match else '?'} with libvmaf 3.2"

    def cannot(self, work: Work) -> str:
        return ""

    def measure(self, task: Task) -> Outcome:
        """
        Take the difference between a long and a short run on the same cores.

        CPU time for one thread, which other load on the machine hardly moves; wall time for more.
        """
        frames = task.short, task.clip.n_frames
        (short, _), (whole, scores) = (scored(task.work, task.clip, task.threads, task.cores, n) for n in frames)
        seconds = whole.cpu - short.cpu if task.threads <= 1 else whole.wall - short.wall
        return Outcome(seconds / (frames[1] - frames[0]) * 1000, scores)
