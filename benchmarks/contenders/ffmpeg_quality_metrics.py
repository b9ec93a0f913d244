"""ffmpeg-quality-metrics as a user runs it: ``ffmpeg-quality-metrics DIS REF -m vmaf``, with its own defaults."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path

from benchmarks.clips import CACHE, Clip
from benchmarks.contenders import ffmpeg_libvmaf
from benchmarks.contenders.base import LIBVMAF
from benchmarks.process import Usage, run
from benchmarks.work import ONE, Work

PROGRAM = "ffmpeg-quality-metrics"
INSTALL = "pip install ffmpeg-quality-metrics imageio-ffmpeg"


def _program() -> str | None:
    beside = Path(sys.executable).with_name(PROGRAM)
    return str(beside) if beside.exists() else shutil.which(PROGRAM)


def _search_path() -> str:
    """PATH with a folder in front in which ffmpeg is imageio-ffmpeg's, so that both rows measure one libvmaf."""
    folder = CACHE / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "ffmpeg"
    target = ffmpeg_libvmaf.program()
    if not link.is_symlink() or os.readlink(link) != target:
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    return f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"


class FfmpegQualityMetrics:
    """The command line program; its thread count is its default, whatever is asked."""

    label = PROGRAM
    limits = LIBVMAF
    note = "defaults of the program: libvmaf without threads of its own"

    def missing(self) -> str:
        if _program() is None:
            return f"not installed: {INSTALL}"
        return ffmpeg_libvmaf.FfmpegLibvmaf().missing()

    def version(self) -> str:
        try:
            release = version_of(PROGRAM)
        except PackageNotFoundError:
            release = "of unknown release"
        return f"{PROGRAM} {release} with {ffmpeg_libvmaf.FfmpegLibvmaf().version()}"

    def cannot(self, work: Work) -> str:
        return "" if work == ONE else "it scores one model at a time"

    def whole(self, work: Work, clip: Clip, threads: int, cores: frozenset[int]) -> tuple[Usage, dict[str, float]]:
        """Score the files once."""
        program = _program()
        if program is None:
            raise FileNotFoundError(self.missing())
        command: list[str | Path] = [program, clip.distorted, clip.reference, "-m", "vmaf"]
        done = run(command, cores, environment={"PATH": _search_path()})
        frames = json.loads(done.output)["vmaf"]
        return done, {work.models[0]: statistics.fmean(frame["vmaf"] for frame in frames)}
