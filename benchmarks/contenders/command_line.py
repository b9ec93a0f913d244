"""The embedded engine as a user runs it: ``vmafpy score``."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

from benchmarks.clips import Clip
from benchmarks.contenders.base import Limits
from benchmarks.contenders.embedded import LABEL, embedded
from benchmarks.contenders.ffmpeg_libvmaf import means
from benchmarks.process import Usage, run
from benchmarks.work import Work


class CommandLine:
    """``vmafpy score`` on two files; writes libvmaf's JSON log, as ffmpeg does."""

    label = LABEL
    limits: ClassVar[Limits] = {"": 0.0}
    note = ""

    def missing(self) -> str:
        return ""

    def version(self) -> str:
        return embedded().version()

    def cannot(self, work: Work) -> str:
        return ""

    def whole(self, work: Work, clip: Clip, threads: int, cores: frozenset[int]) -> tuple[Usage, dict[str, float]]:
        """Score the files once."""
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log.json"
            command = [sys.executable, "-m", "vmafpy", "score", "--quiet", "--json", str(log)]
            command += ["--threads", str(0 if threads <= 1 else threads)]
            command += ["-r", str(clip.reference), "-d", str(clip.distorted)]
            command += [word for model in work.models for word in ("--model", model)]
            command += [word for feature in work.features for word in ("--feature", feature)]
            if not work.models:
                command.append("--no-model")
            done = run(command, cores)
            scores = means(json.loads(log.read_text()))
        if work.models and "vmaf" in scores:  # a log calls the first model so
            scores[work.models[0]] = scores.pop("vmaf")
        return done, scores
