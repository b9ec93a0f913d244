"""libvmaf 3.2 as users run it: the filter of the ffmpeg that imageio-ffmpeg ships."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

from benchmarks.work import Work

label = "libvmaf (ffmpeg)"


def program() -> str:
    import imageio_ffmpeg

    found: str = imageio_ffmpeg.get_ffmpeg_exe()
    return found


def version() -> str:
    text = subprocess.run([program(), "-version"], capture_output=True, text=True, check=True).stdout
    match = re.match(r"ffmpeg version (\S+)", text)
    return f"ffmpeg {match[1] if match else '?'} with libvmaf 3.2"


def _filter(work: Work, threads: int) -> str:
    models = "|".join(f"version={name}\\:name={name}" for name in work.models)
    features = "|".join(f"name={name}" for name in work.features)
    return f"libvmaf=model='{models}':feature='{features}':n_threads={threads}"


def _seconds(work: Work, reference: Path, distorted: Path, threads: int, n_frames: int, cores: set[int]) -> float:
    command = [program(), "-hide_banner", "-loglevel", "error", "-nostdin"]
    if threads <= 1:
        command += ["-threads", "1", "-filter_threads", "1", "-filter_complex_threads", "1"]
    command += ["-i", str(distorted), "-i", str(reference), "-lavfi", f"[0:v][1:v]{_filter(work, threads)}"]
    command += ["-frames:v", str(n_frames), "-f", "null", "-"]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, cores))
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"ffmpeg ended with status {status}: {' '.join(command)}")
    wall = time.perf_counter() - start
    return usage.ru_utime + usage.ru_stime if threads <= 1 else wall


def milliseconds(
    work: Work, reference: Path, distorted: Path, *, threads: int, n_frames: int, cores: set[int]
) -> float:
    """
    Per frame, start-up taken out: the difference between a long and a short run on the same cores.

    CPU time for one thread, which other load on the machine hardly moves; wall time for more.
    """
    short = max(2, n_frames // 8)
    first = _seconds(work, reference, distorted, threads, short, cores)
    last = _seconds(work, reference, distorted, threads, n_frames, cores)
    return (last - first) / (n_frames - short) * 1000
