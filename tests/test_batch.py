"""Batches: the same scores in any executor, resumed after kill -9, one bad pair harms no other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from test_scoring import HEIGHT, WIDTH, planes, same

import vmafpy
from vmafpy.batch import Job, score_many
from vmafpy.errors import InputError, MediaError


def raw(path: Path, noise: float) -> vmafpy.RawVideo:
    """A raw file of eight frames."""
    path.write_bytes(b"".join(p.tobytes() for frame in planes(8, noise=noise) for p in frame))
    return vmafpy.RawVideo(path, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")


@pytest.fixture
def jobs(tmp_path):
    """Four pairs of one reference with ever less of its noise."""
    reference = raw(tmp_path / "r.yuv", 8)
    return [Job(reference, raw(tmp_path / f"d{k}.yuv", 8 - 2 * k), name=f"job {k}") for k in range(4)]


@pytest.mark.parametrize("make", [None, ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_gives_the_same(jobs, make):
    """One after the other, in threads, or in processes: the doubles of single calls."""
    executor = make(2) if make else None
    try:
        outcomes = {o.job.label: o for o in score_many(jobs, executor=executor, n_threads=0)}
    finally:
        if executor:
            executor.shutdown()
    for job in jobs:
        expected = vmafpy.score(reference=job.reference, distorted=job.distorted)
        same(outcomes[job.label].result, expected)


def test_one_bad_pair_harms_no_other(jobs, tmp_path):
    """The outcome of a broken pair holds the error; its NDJSON line says so."""
    jobs.insert(1, Job(jobs[0].reference, tmp_path / "missing.mp4"))
    outcomes = list(score_many(jobs))
    assert [o.error is None for o in outcomes] == [True, False, True, True, True]
    assert isinstance(outcomes[1].error, MediaError)
    lines = [json.loads(json.dumps(o.to_dict())) for o in outcomes]
    assert lines[1]["type"] == "error"
    assert "missing.mp4" in lines[1]["message"]
    assert lines[0]["pooled_metrics"]["vmaf"]["mean"] == outcomes[0].result.vmaf


def test_finished_pairs_are_not_scored_again(jobs, tmp_path):
    """A second run reads all results; a changed video, or another option, is scored anew."""
    folder = tmp_path / "results"
    first = list(score_many(jobs, results=folder))
    times = {p: p.stat().st_mtime_ns for p in folder.iterdir()}
    again = list(score_many(jobs, results=folder))
    assert all(o.resumed for o in again)
    for a, b in zip(first, again, strict=True):
        same(a.result, b.result)
    assert {p: p.stat().st_mtime_ns for p in folder.iterdir()} == times
    jobs[0] = Job(jobs[0].reference, raw(tmp_path / "d0.yuv", 1), name="job 0")
    assert [o.resumed for o in score_many(jobs, results=folder)] == [False, True, True, True]
    assert not any(o.resumed for o in score_many(jobs, results=folder, n_subsample=3))


def test_frames_in_memory_cannot_be_resumed(tmp_path):
    """Frames without a file have no identity to resume by."""
    frames = [np.zeros((48, 64), np.uint8)] * 2
    with pytest.raises(InputError, match="told apart"):
        list(score_many([(frames, frames)], results=tmp_path))


SCRIPT = """
import sys, vmafpy
from pathlib import Path
from vmafpy.batch import Job, score_many
folder = Path(sys.argv[1])
video = lambda name: vmafpy.RawVideo(folder / name, width=96, height=64, pix_fmt="yuv420p")
jobs = [Job(video("r.yuv"), video(f"d{k % 4}.yuv"), options={"frames": (k % 5, 8)}) for k in range(20)]
for outcome in score_many(jobs, results=folder / "results", n_threads=0):
    print("resumed" if outcome.resumed else "scored", flush=True)
"""


def test_a_killed_run_goes_on(jobs, tmp_path):
    """kill -9 in the middle: every visible file is whole, and the next run scores only what is missing."""
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        for seen, _ in enumerate(process.stdout, 1):
            if seen == 7:
                process.send_signal(signal.SIGKILL)
                break
    time.sleep(0.1)
    whole = [p for p in (tmp_path / "results").iterdir() if not p.name.startswith(".")]
    assert len(whole) >= 7
    for path in whole:
        vmafpy.ScoreResult.from_json(path)
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    words = run.stdout.split()
    assert words.count("resumed") == len(whole)
    assert words.count("scored") == 20 - len(whole)
