"""Misuse that crashes C programs: threads, forks, garbage in any order, interruptions, a process that just ends."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from capi.pictures import clip, distort
from support import ROOT

from vmafpy.capi import Context, Library, Model, Picture
from vmafpy.errors import ClosedError, SequenceError

MODEL = "model/vmaf_float_v0.6.1.json"


def open_context(library: Library, n: int = 3, **options) -> Context:
    context = Context(library, **options)
    context.use_feature("vif")
    for i, planes in enumerate(clip(n, 128, 96)):
        picture = Picture.wrap(planes, "420", 8)
        context.read(picture, picture, i)
    return context


@pytest.mark.parametrize("n_threads", [0, 2])
def test_fork(library, n_threads):
    """A forked process gets an error for every use, may close, and the parent does not notice any of it."""
    context = open_context(library, n_threads=n_threads)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            try:
                context.flush()
            except ClosedError as error:
                code = 0 if "forked" in str(error) else 2
            context.close()
            del context
            gc.collect()
            with open_context(library, n_threads=n_threads) as own:
                own.flush()
                code += 0 if own.feature_score("integer_vif_scale0", 2) > 0.99 else 4
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    context.flush()
    assert context.feature_score("integer_vif_scale0", 2) == pytest.approx(1.0, abs=1e-6)
    context.close()


def test_several_threads_on_one_context(library):
    """Threads that use one context take turns: each score is whole, each error one of ours, and closing wins."""
    context = open_context(library, 8, n_threads=2)
    context.flush()
    expected = context.feature_scores("integer_vif_scale2")
    strange: list[BaseException] = []
    ended = []

    def work() -> None:
        try:
            while True:
                for i in range(8):
                    assert context.feature_score("integer_vif_scale2", i) == expected[i]
        except ClosedError:
            ended.append(True)
        except BaseException as error:
            strange.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    context.close()
    for thread in threads:
        thread.join(10)
    assert (len(ended), strange) == (4, [])


def test_feeding_and_scoring_in_two_threads(library):
    """One thread may read pictures while another asks for scores: pending ones are errors, final ones right."""
    reference = clip(20, 96, 64)
    distorted = distort(reference)
    context = Context(library, n_threads=1)
    context.use_feature("vif")
    seen: dict[int, float] = {}

    def watch() -> None:
        while len(seen) < 20:
            for i in range(20):
                with contextlib.suppress(SequenceError):
                    seen[i] = context.feature_score("integer_vif_scale0", i)

    thread = threading.Thread(target=watch)
    thread.start()
    for i, (r, d) in enumerate(zip(reference, distorted, strict=True)):
        context.read(Picture.wrap(r, "420", 8), Picture.wrap(d, "420", 8), i)
    context.flush()
    thread.join(30)
    assert [seen[i] for i in range(20)] == list(context.feature_scores("integer_vif_scale0"))
    context.close()


def test_contexts_side_by_side(library):
    """Contexts in three threads, each with workers and one shared model, give the scores of a single one."""
    reference = clip(6, 96, 64)
    distorted = distort(reference)
    model = Model.load(library, MODEL)
    found: list[np.ndarray] = []

    def run() -> None:
        with Context(library, n_threads=2) as context:
            context.use_model(model)
            for i, (r, d) in enumerate(zip(reference, distorted, strict=True)):
                context.read(Picture.wrap(r, "420", 8), Picture.wrap(d, "420", 8), i)
            context.flush()
            found.append(context.model_scores(model))

    run()
    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    assert all(np.array_equal(scores, found[0]) for scores in found)


def test_a_call_from_inside_a_call_is_refused(library):
    """Code that runs inside read() and touches the same context gets an error instead of a deadlock or a crash."""
    context = Context(library)
    context.use_feature("vif")

    class Meddler(Picture):
        def form(self):
            with pytest.raises(SequenceError, match="in the middle of another call of this thread"):
                context.close()
            return super().form()

    for i, planes in enumerate(clip(2, 64, 64)):
        picture = Meddler.wrap(planes, "420", 8)
        context.read(picture, picture, i)
    context.flush()
    assert len(context.feature_scores("integer_vif_scale0")) == 2
    context.close()


@pytest.mark.parametrize("order", ["model first", "context first", "cycle"])
def test_garbage_in_any_order(library, order):
    """Models, contexts and libraries may become garbage in any order, scores having been taken or not."""
    for _ in range(3):
        model = Model.load(library, MODEL)
        context = Context(library, n_threads=1)
        context.use_model(model)
        for i, planes in enumerate(clip(2, 64, 64)):
            picture = Picture.wrap(planes, "420", 8)
            context.read(picture, picture, i)
        if order == "model first":
            model.close()
            del model
            gc.collect()
            context.flush()
            assert context.feature_score("vif_scale0", 1) == pytest.approx(1.0, abs=1e-5)
        elif order == "context first":
            del context
            gc.collect()
            assert not model.closed
        else:
            ring = [model, context]
            ring.append(ring)
            del ring
        model = context = None
        gc.collect()


def test_a_closed_model(library):
    """A model closed while a context uses it is kept for the context; asking for its scores is an error."""
    with Model.load(library, MODEL) as model, Context(library) as context:
        context.use_model(model)
        picture = Picture.wrap(clip(1, 64, 64)[0], "420", 8)
        context.read(picture, picture, 0)
        context.flush()
        assert context.model_score(model, 0) > 90
        model.close()
        model.close()
        for call in (lambda: context.model_score(model, 0), lambda: model.override("float_vif", {})):
            with pytest.raises(ClosedError, match="model vmaf is closed"):
                call()
        with Context(library) as other, pytest.raises(ClosedError):
            other.use_model(model)


def test_an_interrupted_read(library):
    """An exception in the middle of read() leaves nothing on loan; the scores so far are still to be had."""
    context = open_context(library, 2)
    real = context._core.pool.lend

    def broken(picture, must_copy):
        broken.calls += 1
        if broken.calls == 2:
            raise KeyboardInterrupt
        return real(picture, must_copy)

    broken.calls = 0
    context._core.pool.lend = broken
    picture = Picture.wrap(clip(1, 128, 96)[0], "420", 8)
    with pytest.raises(KeyboardInterrupt):
        context.read(picture, picture, 2)
    context._core.pool.lend = real
    assert context.n_read == 2
    with pytest.raises(SequenceError, match="after a failure: pair 2 was interrupted"):
        context.read(picture, picture, 2)
    context.flush()
    assert context.frames_on_loan == 0
    assert len(context.feature_scores("integer_vif_scale0")) == 2
    context.close()


ENDING = """
import sys
sys.path[:0] = ["tests"]
from capi.pictures import clip
from vmafpy.capi import Context, Library, Model, Picture
library = Library.embedded() if sys.argv[1] == "embedded" else Library.open(sys.argv[1])
model = Model.load(library, "model/vmaf_float_v0.6.1.json")
kept = []
for n_threads in (0, 2):
    context = Context(library, n_threads=n_threads)
    context.use_model(model)
    for i, planes in enumerate(clip(4, 160, 120)):
        picture = Picture.wrap(planes, "420", 8)
        context.read(picture, picture, i)
    kept.append(context)
kept.append(kept)
print("done")
"""


def test_a_process_that_just_ends(library):
    """A process that exits with open contexts, running workers and frames on loan ends with code 0."""
    where = "embedded" if library.is_embedded else str(library.path)
    run = subprocess.run([sys.executable, "-c", ENDING, where], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "done\n", "")


BUSY = """
import sys, threading, time
sys.path[:0] = ["tests"]
from capi.pictures import clip
from vmafpy.capi import Context, Library, Picture
library = Library.embedded() if sys.argv[1] == "embedded" else Library.open(sys.argv[1])
context = Context(library, n_threads=2)
context.use_feature("vif")
picture = Picture.wrap(clip(1, 320, 240)[0], "420", 8)
def feed():
    for i in range(10**6):
        context.read(picture, picture, i)
threading.Thread(target=feed, daemon=True).start()
time.sleep(0.3)
print(context.n_read > 3)
"""


def test_a_process_that_ends_while_a_thread_reads(library):
    """A daemon thread inside read() when the process ends is waited for, and the end is a clean one."""
    where = "embedded" if library.is_embedded else str(library.path)
    for _ in range(3):
        run = subprocess.run(
            [sys.executable, "-c", BUSY, where], capture_output=True, text=True, timeout=60, check=False
        )
        assert (run.returncode, run.stdout) == (0, "True\n")


def test_stress(library):
    """1200 pairs of frames, unmapped the moment they are released: no read comes late, none is held for ever."""
    where = "embedded" if library.is_embedded else str(library.path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(ROOT / "tests/capi/stress.py"), "--frames", "400", "--library", where]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("400 pairs shared, scores equal, all frames released") == 3
