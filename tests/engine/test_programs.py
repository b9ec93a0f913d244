"""The engine under sanitizers: its own tests, every failing allocation, hostile model files, and racing threads."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import compiled
import pytest
from engineapi import ROOT, document, write
from test_model_json import ACCEPTED
from test_prediction import GOLDEN, collection

THREAD_SANITIZER = ("-O1", "-g", "-fsanitize=thread")
WRAP = ["-Wl," + ",".join(f"--wrap={name}" for name in ("malloc", "calloc", "realloc", "aligned_alloc"))]
UNDER_TEST = "VMAFPY_TEST_PROBE" in os.environ
pytestmark = pytest.mark.skipif(UNDER_TEST, reason="a run under sanitizers does not start another")


def run(*command, **environment):
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}{done.stderr[-10000:]}"
    return done.stdout


def sanitizer_library(name):
    """The compiler's own copy of a sanitizer, to be loaded before the interpreter's allocations."""
    return subprocess.run(
        [compiled.COMPILER, f"-print-file-name={name}"], capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.parametrize(
    "tests",
    [("tests/engine",), ("tests/features", "-k", "golden or refuse or extreme or small or (several and fastest)")],
    ids=["engine", "features"],
)
def test_sanitizers(tests):
    """
    The engine's tests, and every extractor's on golden, extreme and refused input, are clean under AddressSanitizer and
    UndefinedBehaviorSanitizer.

    Leaks are looked for by test_failing_allocations: those of an interpreter hide an engine's.
    """
    run(
        sys.executable,
        *("-m", "pytest", "-q", "-x", "-p", "exchanged_engine", "-p", "no:cacheprovider", "--no-header"),
        *tests,
        VMAFPY_TEST_ENGINE=str(compiled.shared_library(probe=False, flags=compiled.SANITIZERS)),
        VMAFPY_TEST_PROBE=str(compiled.shared_library(probe=True, flags=compiled.SANITIZERS)),
        LD_PRELOAD=sanitizer_library("libasan.so"),
        ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1",
        UBSAN_OPTIONS="print_stacktrace=1",
        PYTHONPATH=str(ROOT / "tests" / "engine"),
    )


def test_failing_allocations(tmp_path):
    """Whichever allocation of a whole session fails: the call says -ENOMEM, and nothing leaks."""
    one = write(tmp_path, document(feature_opts_dicts=[{"probe_gain": 1.5}, {}]), "one.json")
    many = write(tmp_path, collection(), "many.json")
    program = compiled.program("failing_memory", probe=True, flags=compiled.SANITIZERS, link=WRAP)
    out = run(program, one, many, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1")
    counts = [int(n) for n in re.findall(r": (\d+) allocations", out)]
    assert len(counts) == 2
    assert min(counts) > 100


@pytest.mark.parametrize("seed", [1, 2])
def test_hostile_models(tmp_path, seed):
    """
    100,000 mutated model documents are read or refused, without a crash, a leak, or a byte read too far.

    More: ``$(python tests/engine/compiled.py fuzz_model_json --probe --flags "-O1 -g
    -fsanitize=address,undefined") SEED COUNT FILE...``
    """
    docs = [*ACCEPTED.values(), collection(2)]
    docs += [entry["document"] for entry in GOLDEN["models"].values() if "document" in entry]
    files = [write(tmp_path, doc, f"{i}.json") for i, doc in enumerate(docs)]
    program = compiled.program("fuzz_model_json", probe=True, flags=compiled.SANITIZERS)
    out = run(program, seed, 50_000, *files, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1")
    models, total = map(int, re.fullmatch(r"(\d+) of (\d+) documents are models\n", out).groups())
    assert total == 50_000 + len(files)
    assert total / 20 < models < total * 19 / 20  # mutations neither spare nor break nearly all of them


def test_calls_in_any_order(tmp_path):
    """
    20,000 sequences of C API calls in any order, with any arguments: every code is an errno, pictures are taken or
    left, nothing is read wrongly and nothing leaks.

    Coverage-guided, with clang's libFuzzer, and the same for ``fuzz_model_json``: ``CC=clang python
    tests/engine/compiled.py fuzz_calls --probe --flags "-O1 -g -fsanitize=fuzzer,address,undefined -DVP_LIBFUZZER"``,
    then the program with ``-max_len=600 -max_total_time=600 CORPUS`` and the variables below.
    """
    one = write(tmp_path, document(feature_opts_dicts=[{"probe_gain": 1.5}, {}]), "one.json")
    many = write(tmp_path, collection(), "many.json")
    program = compiled.program("fuzz_calls", probe=True, flags=compiled.SANITIZERS)
    environment = {"VP_FUZZ_MODEL": str(one), "VP_FUZZ_COLLECTION": str(many)}
    out = run(program, 1, 20_000, **environment, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1")
    assert out == "20000 sequences\n"


def test_threads():
    """Four threads and a reader of scores race on nothing, and every score and reference is right."""
    run(compiled.program("racing_threads", probe=True, flags=THREAD_SANITIZER), TSAN_OPTIONS="halt_on_error=1")


def test_closing_at_once():
    """Contexts that share a reference are closed by a thread each, in the midst of it, and race on nothing."""
    run(compiled.program("racing_close", probe=True, flags=THREAD_SANITIZER), TSAN_OPTIONS="halt_on_error=1")


def test_threads_of_models():
    """The real extractors share nothing that they write to, and give the same bits from four threads."""
    models = [ROOT / "model" / f"{name}.json" for name in ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_float_v0.6.1")]
    program = compiled.program("racing_models", probe=False, flags=THREAD_SANITIZER)
    run(program, *models, TSAN_OPTIONS="halt_on_error=1")
