"""Segments, executors and a Dask cluster of separate processes, one of which is killed during the run."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from support import missing

import vmafpy
from vmafpy.errors import ExecutorError, MediaError, OptionError
from vmafpy.studies.encode import x264
from vmafpy.studies.filters import filter_study
from vmafpy.studies.segments import score_segments
from vmafpy.studies.trial import Bench, Source, Trial
from vmafpy.workers import completed

pytestmark = pytest.mark.filterwarnings("ignore::vmafpy.VmafWarning")
FAST = x264(preset="ultrafast")
N = 20


@pytest.fixture(scope="session")
def pair(tmp_path_factory, clips):
    """Twenty frames of bikes at 192x108, lossless, and the same encoded."""
    import av

    folder = tmp_path_factory.mktemp("pair")
    frames = list(Source(clips["bikes"], frames=(10, 10 + N), size=(192, 108)).read())
    paths = []
    for name, qp in (("reference", "0"), ("distorted", "36")):
        path = folder / f"{name}.mkv"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("libx264", rate=25, options={"qp": qp, "preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = 192, 108, "yuv420p"
            for frame in frames:
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        paths.append(str(path))
    return {"reference": paths[0], "distorted": paths[1]}


@pytest.fixture(scope="session")
def whole(pair):
    return vmafpy.score(**pair, features="psnr", n_threads=1)


def equal(a, b):
    """Every double of two results is the same."""
    assert a.indices.tolist() == b.indices.tolist()
    for kind in ("models", "features"):
        ours, theirs = getattr(a, kind), getattr(b, kind)
        assert list(ours) == list(theirs)
        for name in ours:
            np.testing.assert_array_equal(ours[name].values, theirs[name].values)


@pytest.fixture(scope="module")
def client():
    """Two Dask workers, processes of their own."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        missing("distributed is not installed")
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.mark.parametrize("length", [3, 10, 19, 50])
def test_segments_join_to_the_unsplit_scores(pair, whole, length):
    """Bit for bit, also where the last part is a single frame or the only one."""
    equal(score_segments(**pair, length=length, features="psnr", n_threads=1), whole)


def test_dask_with_a_worker_killed(pair, whole, client, tmp_path):
    """A worker dies by SIGKILL during the run; its segments are scored again, and the result is the unsplit one."""
    pids = list(client.run(os.getpid).values())
    assert os.getpid() not in pids
    assert len(set(pids)) == 2
    killed = []

    def kill(done, total):
        if not killed:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    options = {"features": "psnr", "n_threads": 1, "results": tmp_path}
    equal(score_segments(**pair, length=2, executor=client, progress=kill, **options), whole)
    assert killed
    assert len(list(tmp_path.glob("*.json"))) == N // 2


def test_a_study_on_dask(clips, client):
    """A filter study gives the same figures on a cluster as here."""
    source = Source(clips["bikes"], frames=(10, 14), size=(192, 108))
    here, there = (
        filter_study([source], "unsharp", [FAST], [30, 40], features="psnr", executor=executor)
        for executor in (None, client)
    )
    assert here.gains == there.gains


def test_encodes_in_threads_equal_those_made_here(clips):
    """An executor changes where encodes are made, not what they are."""
    source = Source(clips["bikes"], frames=(10, 14), size=(192, 108))
    trials = [Trial(FAST, crf) for crf in (25, 35)]
    with ThreadPoolExecutor(2) as pool:
        made = Bench(source, executor=pool).encodes(trials)
    for a, b in zip(made, Bench(source).encodes(trials), strict=True):
        assert (a.crf, a.kbps) == (b.crf, b.kbps)
        equal(a.result, b.result)


def test_a_dead_process_pool_is_one_error(pair):
    """All workers of a local pool die: one error that counts what was done."""
    with ProcessPoolExecutor(1) as pool, pytest.raises(ExecutorError, match="gone after 0 of 2 calls"):
        list(completed(pool, os._exit, [(1,), (1,)]))
    with pytest.raises(ExecutorError, match="gone after 0 of 2 calls"):
        score_segments(**pair, length=10, executor=pool)


def test_a_cluster_that_is_gone(pair, tmp_path):
    """The cluster is closed during a run: one error, what was finished stays and is not scored again."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        missing("distributed is not installed")
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        client = Client(cluster)

        def close(done, total):
            cluster.close()

        with pytest.raises(ExecutorError, match=r"gone after [1-9]\d* of 10 calls"):
            score_segments(**pair, length=2, executor=client, progress=close, results=tmp_path, n_threads=1)
        client.close()
        with pytest.raises(ExecutorError, match=r"gone after 0 of 4 calls \(the Dask client is closed"):
            score_segments(**pair, length=5, executor=client)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    assert kept
    score_segments(**pair, length=2, results=tmp_path, n_threads=1)
    assert len(list(tmp_path.glob("*.json"))) == 10
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items())


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"length": 0}, OptionError, "parts of 0 frames"),
        ({"length": 5, "frames": (0, 3)}, OptionError, "frames="),
        ({"length": 5, "reference": "/nowhere.mp4"}, MediaError, "cannot read"),
    ],
)
def test_bad_input(pair, options, error, match):
    """One clear error each."""
    with pytest.raises(error, match=match):
        score_segments(**{**pair, **options})
