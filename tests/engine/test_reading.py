"""Pictures through a context: order, history, subsampling, misuse, and who holds which reference when."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
from engineapi import EBUSY, ECANCELED, EINVAL, EIO, F400, F420, F422, F444

MEAN, DIFF = "Probe_feature_mean_score", "Probe_feature_diff_score"
CLIP = [(10 + i * 7 % 5, 3 * i) for i in range(9)]
THREADS = pytest.mark.parametrize("n_threads", [0, 1, 4])


@THREADS
def test_scores(probe, n_threads):
    """Each frame's scores, those finished a frame late included, at every number of threads."""
    with probe.context(n_threads=n_threads) as c:
        assert c.use("probe") == 0
        assert c.use("late") == 0
        assert c.feed(CLIP) == 0
        refs = [ref for ref, _ in CLIP]
        assert c.series(MEAN, 9) == refs
        assert c.series(DIFF, 9) == [ref - dis for ref, dis in CLIP]
        assert c.series("late_smaller", 9) == [min(pair) for pair in zip(refs, [*refs[1:], refs[-1]], strict=True)]
        assert [c.get(MEAN, 9), c.get("nothing", 0)] == [None, None]
        total = probe.ffi.new("double *")
        assert probe.lib.vmafpy_aggregate(c.ctx, b"late_total", total) == 0
        assert total[0] == sum(refs)
        assert probe.lib.vmafpy_aggregate(c.ctx, b"nothing", total) == EINVAL


@THREADS
@pytest.mark.parametrize("depth", [(0, 0), (1, 0), (2, 1), (0, 2), (2, 2)])
def test_history(probe, n_threads, depth):
    """An extractor sees as many earlier frames as it asks for, none before the first, and no more than that."""
    with probe.context(n_threads=n_threads) as c:
        assert c.use("probe", ref_history=depth[0], dis_history=depth[1]) == 0
        assert c.feed(CLIP) == 0

        def past(i):
            seen = [CLIP[i - k][0] if k <= min(i, depth[0]) else 999 for k in (1, 2)]
            seen += [CLIP[i - k][1] if k <= min(i, depth[1]) else 999 for k in (1, 2)]
            return sum(value * 1000.0**power for power, value in zip((3, 2, 1, 0), seen, strict=True))

        assert c.series("probe_past", 9) == [past(i) for i in range(9)]


@THREADS
@pytest.mark.parametrize("step", [1, 2, 3, 20])
def test_subsampling(probe, n_threads, step):
    """Scores exist at multiples of n_subsample; extractors that need every frame give them all; history is true."""
    with probe.context(n_threads=n_threads, n_subsample=step) as c:
        assert c.use("probe", ref_history=2) == 0
        assert c.use("late") == 0
        assert c.feed(CLIP) == 0
        assert c.series(MEAN, 9) == [CLIP[i][0] if i % step == 0 else None for i in range(9)]
        assert None not in c.series("late_smaller", 9)
        assert [c.get("probe_past", i) for i in range(2, 9) if i % step == 0] == [
            CLIP[i - 1][0] * 1e9 + CLIP[i - 2][0] * 1e6 + 999_999 for i in range(2, 9) if i % step == 0
        ]


def test_scores_before_the_flush(probe):
    """A score can be read as soon as it is final: here at once, or one frame late."""
    with probe.context() as c:
        assert c.use("probe") == 0
        assert c.use("late") == 0
        for i, (ref, dis) in enumerate(CLIP):
            assert c.read(probe.picture(ref), probe.picture(dis), i) == 0
            assert c.get(MEAN, i) == ref
            assert c.get("late_smaller", i) is None
            if i:
                assert c.get("late_smaller", i - 1) == min(CLIP[i - 1][0], ref)


@pytest.mark.parametrize("bpc", [8, 10, 16])
@pytest.mark.parametrize("fmt", [F420, F422, F444, F400])
def test_forms(probe, fmt, bpc):
    """Every pixel format and depth, odd sizes too."""
    with probe.context() as c:
        assert c.use("probe") == 0
        top = 2**bpc - 1
        assert c.feed([(top, 1)], fmt=fmt, bpc=bpc, w=19, h=17) == 0
        assert (c.get(MEAN, 0), c.get(DIFF, 0)) == (top, top - 1)


def test_allocated_pictures(probe):
    """Planes back to back in one zeroed block, rows padded to 32 samples, chroma rounded down, one reference."""
    pic = probe.ffi.new("VmafPicture *")
    lib = probe.lib
    assert lib.vmaf_picture_alloc(pic, F420, 8, 16, 16) == 0
    data = [int(probe.ffi.cast("uintptr_t", p)) for p in pic.data]
    assert (pic.w[0], pic.stride[0], data[1] - data[0], data[0] % 32) == (16, 32, 512, 0)
    assert lib.vmaf_ref_load(pic.ref) == 1
    assert lib.vmaf_picture_unref(pic) == 0
    assert pic.ref == probe.ffi.NULL
    assert lib.vmaf_picture_unref(pic) == EINVAL
    assert lib.vmaf_picture_alloc(pic, F422, 10, 35, 17) == 0
    assert (list(pic.w), list(pic.h), list(pic.stride)) == ([35, 17, 17], [17, 17, 17], [128, 64, 64])
    assert probe.ffi.buffer(pic.data[0], 17 * 256)[:] == bytes(17 * 256)
    lib.vmaf_picture_unref(pic)
    for form in [(0, 8, 16, 16), (5, 8, 16, 16), (1, 7, 16, 16), (1, 17, 16, 16), (1, 8, 0, 16), (1, 8, 16, 16385)]:
        assert lib.vmaf_picture_alloc(pic, *form) == EINVAL
    assert lib.vmaf_picture_alloc(probe.ffi.NULL, 1, 8, 16, 16) == EINVAL
    assert lib.vmaf_picture_unref(probe.ffi.NULL) == EINVAL


@THREADS
def test_misuse(probe, n_threads):
    """Each wrong call is -EINVAL, leaves the pictures with the caller, and does not disturb the scores."""
    with probe.context(n_threads=n_threads) as c:
        assert c.use("probe") == 0
        assert c.use("late") == 0
        null = probe.ffi.NULL

        def wrong(ref, dis, index):
            counts = [probe.lib.vmaf_ref_load(p.ref) if p != null else None for p in (ref, dis)]
            code = probe.lib.vmaf_read_pictures(c.ctx, ref, dis, index)
            assert counts == [probe.lib.vmaf_ref_load(p.ref) if p != null else None for p in (ref, dis)]
            for p in {ref, dis} - {null}:
                probe.lib.vmaf_picture_unref(p)
            return code

        def pic(**form):
            return probe.picture(1, **form)

        assert c.flush() == EINVAL  # nothing to finish yet
        assert wrong(pic(), pic(), 1) == EINVAL  # does not begin at 0
        assert wrong(pic(), pic(bpc=10), 0) == EINVAL
        assert wrong(pic(), pic(fmt=F444), 0) == EINVAL
        assert wrong(pic(), pic(w=34), 0) == EINVAL
        assert wrong(pic(w=8), pic(w=8), 0) == EINVAL  # below the extractor's minimum
        assert c.read(probe.picture(5), probe.picture(4), 0) == 0
        assert wrong(pic(), pic(), 0) == EINVAL  # again
        assert wrong(pic(), pic(), 2) == EINVAL  # gap
        assert wrong(pic(), null, 1) == EINVAL
        assert wrong(null, pic(), 1) == EINVAL
        for form in ({"bpc": 10}, {"fmt": F400}, {"w": 34}, {"h": 18}):
            assert wrong(pic(**form), pic(**form), 1) == EINVAL  # not the stream's form
        same = pic()
        assert wrong(same, same, 1) == EINVAL  # one struct cannot give two references
        for field, value in [("bpc", 9), ("pix_fmt", 0), ("pix_fmt", 7)]:
            bad = pic()
            setattr(bad, field, value)
            assert wrong(bad, pic(), 1) == EINVAL
        for field, value in [("w", 15), ("w", 18), ("h", 7), ("stride", 15), ("stride", -15), ("data", null)]:
            bad = pic()
            getattr(bad, field)[1] = value
            assert wrong(bad, pic(), 1) == EINVAL, field
        assert c.use("probe", probe_gain=2) == EINVAL  # too late
        assert c.use("probe") == 0  # there already
        assert c.read(probe.picture(3), probe.picture(4), 1) == 0
        assert c.flush() == 0
        assert c.flush() == EINVAL
        assert wrong(pic(), pic(), 2) == EINVAL
        assert c.series(MEAN, 3) == [5, 3, None]
        assert c.series("late_smaller", 3) == [3, 3, None]


def test_wrong_alignment(probe):
    """16-bit samples at odd addresses or strides are refused."""
    memory = np.zeros(32 * 64 + 2, np.uint8)
    plane = memory[: 32 * 64].view(np.uint16).reshape(16, 64)
    with probe.context() as c:
        assert c.use("probe") == 0
        for change in ("data", "stride"):
            ref, dis = (probe.foreign(plane)[0] for _ in range(2))
            if change == "data":
                ref.data[0] = probe.ffi.cast("char *", ref.data[0]) + 1
            else:
                ref.w[0] = dis.w[0] = 16
                ref.stride[0] = 33
            held = [ref.ref, dis.ref]
            assert c.read(ref, dis, 0) == EINVAL
            for r in held:
                assert probe.lib.vmaf_ref_load(r) == 1
                probe.lib.vmaf_ref_close(r)


def test_null_and_wild_arguments(engine):
    """NULL contexts, names and outputs are errors everywhere; so is an absurd number of threads."""
    ffi, lib = engine.ffi, engine.lib
    out, score = ffi.new("VmafContext **"), ffi.new("double *")
    config = ffi.new("VmafConfiguration *")
    assert lib.vmaf_init(ffi.NULL, config[0]) == EINVAL
    config.n_threads = 2**32 - 1
    assert lib.vmaf_init(out, config[0]) == EINVAL
    assert out[0] == ffi.NULL
    assert lib.vmaf_close(ffi.NULL) == EINVAL
    assert lib.vmaf_read_pictures(ffi.NULL, ffi.NULL, ffi.NULL, 0) == EINVAL
    assert lib.vmaf_feature_score_at_index(ffi.NULL, b"x", score, 0) == EINVAL
    assert lib.vmaf_feature_score_pooled(ffi.NULL, b"x", 1, score, 0, 0) == EINVAL
    assert lib.vmaf_import_feature_score(ffi.NULL, b"x", 1.0, 0) == EINVAL
    assert lib.vmafpy_stored_name(ffi.NULL, 0) == ffi.NULL
    assert lib.vmafpy_aggregate(ffi.NULL, b"x", score) == EINVAL
    assert lib.vmaf_ref_init(ffi.NULL) == EINVAL
    assert lib.vmaf_ref_close(ffi.NULL) == EINVAL
    assert lib.vmaf_ref_load(ffi.NULL) == 0
    with engine.context() as c:
        assert lib.vmaf_feature_score_at_index(c.ctx, ffi.NULL, score, 0) == EINVAL
        assert lib.vmaf_feature_score_at_index(c.ctx, b"x", ffi.NULL, 0) == EINVAL
        assert lib.vmaf_feature_score_pooled(c.ctx, b"x", 1, ffi.NULL, 0, 0) == EINVAL
        assert c.put("", 1.0, 0) == EINVAL
        assert c.put("n" * 256, 1.0, 0) == EINVAL
        assert c.put("n" * 255, 1.0, 0) == 0


def test_imported_scores(probe):
    """A second value for a name and index is refused; far indices cost little; names come in order of first value."""
    with probe.context() as c:
        assert c.put("b", 1.5, 7) == 0
        assert c.put("b", 2.5, 7) == EINVAL
        assert c.put("a", -1.0, 2**32 - 1) == 0
        assert c.put("b", float("inf"), 0) == 0
        assert (c.get("b", 7), c.get("a", 2**32 - 1), c.get("a", 0), c.get("b", 0)) == (1.5, -1.0, None, float("inf"))
        assert c.names() == ["b", "a"]
        assert c.flush() == 0  # no extractor, no pictures: nothing to do


def test_many_names(probe):
    """A thousand score names in one context (libvmaf's heap ends at 128)."""
    with probe.context() as c:
        for k in range(1000):
            for i in (0, 1, 600):
                assert c.put(f"name {k}", k + i / 1024, i) == 0
        for k in range(101):
            assert c.use("probe", probe_gain=k / 10) == 0
        assert c.feed([(10, 8)]) == 0
        assert len(c.names()) == 1000 + 3 * 101
        assert [c.get(f"name {k}", 600) for k in range(1000)] == [k + 600 / 1024 for k in range(1000)]
        assert c.get("probe_mean_g_4.2", 0) == 42


@THREADS
def test_errors_of_extractors(probe, n_threads):
    """
    A frame whose extraction fails ends the stream: scores before it stay, none after it appear, and every later call
    reports the error. What a call refuses stays with the caller, what it took is let go.
    """
    planes = [np.full((16, 16), i, np.uint8) for i in range(40)]
    refs = []
    with probe.context(n_threads=n_threads) as c:
        assert c.use("probe", fail_at=20) == 0
        codes = []
        for i, plane in enumerate(planes):
            pairs = [probe.foreign(plane) for _ in range(2)]
            refs += [ref for _, ref in pairs]
            codes.append(c.read(pairs[0][0], pairs[1][0], i))
            if codes[-1]:
                break
        assert codes[:20] == [0] * 20
        if n_threads == 0:
            assert codes[20:] == [EIO]
        # with threads the error comes with a later call, at the latest when every thread and waiting place is past it
        assert codes.count(0) <= 20 + (n_threads + 2 if n_threads else 0)
        assert codes[-1] == EIO
        assert c.read(probe.picture(0, fmt=F400, w=16), probe.picture(0, fmt=F400, w=16), len(codes) - 1) == EIO
        assert c.flush() == EIO
        assert c.series(MEAN, 40) == [*range(20), *[None] * 20]
        assert [probe.lib.vmaf_ref_load(ref) for ref in refs] == [1] * len(refs)
    for ref in refs:
        probe.lib.vmaf_ref_close(ref)


@THREADS
def test_error_of_the_first_frame(probe, n_threads):
    """A stream that fails at once is over: nothing can be registered any more, and the flush tells the error."""
    with probe.context(n_threads=n_threads) as c:
        assert c.use("probe", fail_at=0) == 0
        assert c.read(probe.picture(1), probe.picture(1), 0) == (0 if n_threads else EIO)
        assert c.use("late") == EINVAL
        assert c.use("probe", probe_gain=2) == EINVAL
        assert c.flush() == EIO
        assert c.flush() == EINVAL
        assert c.names() == []


@pytest.mark.parametrize(
    ("depth", "held"), [((0, 0), []), ((1, 0), [1]), ((2, 0), [1, 1]), ((0, 1), [1]), ((2, 2), [2, 2])]
)
def test_references_without_threads(probe, depth, held):
    """Nothing is held after a read but the earlier frames that an extractor asked for; after the flush, nothing."""
    planes = [np.full((16, 20), i, np.uint8) for i in range(6)]
    with probe.context() as c:
        assert c.use("probe", ref_history=depth[0], dis_history=depth[1]) == 0
        refs = []
        for i, plane in enumerate(planes):
            pairs = [probe.foreign(plane) for _ in range(2)]
            refs.append([ref for _, ref in pairs])
            assert c.read(pairs[0][0], pairs[1][0], i) == 0
            assert pairs[0][0].ref == probe.ffi.NULL
            counts = [sum(probe.lib.vmaf_ref_load(r) - 1 for r in pair) for pair in refs]
            assert counts == [0] * (i + 1 - len(held)) + held[: i + 1]
        assert c.flush() == 0
        assert all(probe.lib.vmaf_ref_load(r) == 1 for pair in refs for r in pair)
        assert c.series(MEAN, 6) == list(range(6))
    for pair in refs:
        for r in pair:
            probe.lib.vmaf_ref_close(r)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_back_pressure(probe, n_threads):
    """Reading waits while n_threads + 2 frames are on their way: no more than those and the history are ever held."""
    planes = [np.full((16, 16), i, np.uint8) for i in range(40)]
    refs, most = [], 0
    with probe.context(n_threads=n_threads) as c:
        assert c.use("probe", ref_history=2, slow_us=300) == 0
        for i, plane in enumerate(planes):
            pairs = [probe.foreign(plane) for _ in range(2)]
            assert c.read(pairs[0][0], pairs[1][0], i) == 0
            refs.append([ref for _, ref in pairs])
            live = sum(any(probe.lib.vmaf_ref_load(r) > 1 for r in pair) for pair in refs)
            most = max(most, live)
        assert 1 <= most <= n_threads + 2 + 2
        assert c.flush() == 0
        assert all(probe.lib.vmaf_ref_load(r) == 1 for pair in refs for r in pair)
        assert c.series(MEAN, 40) == list(range(40))
    for pair in refs:
        for r in pair:
            probe.lib.vmaf_ref_close(r)


@pytest.mark.parametrize("n_threads", [0, 3])
def test_close_without_flush(probe, n_threads):
    """Closing drops what waits and releases every picture."""
    plane = np.zeros((16, 16), np.uint8)
    c = probe.context(n_threads=n_threads)
    assert c.use("probe", ref_history=2, slow_us=500) == 0
    refs = []
    for i in range(8):
        pairs = [probe.foreign(plane) for _ in range(2)]
        refs += [ref for _, ref in pairs]
        assert c.read(pairs[0][0], pairs[1][0], i) == 0
    assert c.close() == 0
    assert [probe.lib.vmaf_ref_load(ref) for ref in refs] == [1] * 16
    for ref in refs:
        probe.lib.vmaf_ref_close(ref)


def test_foreign_memory(probe):
    """Negative strides, rows without padding and a counter of the caller's own serve as a picture."""
    rng = np.random.default_rng(1)
    plane = rng.integers(0, 65536, (17, 23), np.uint16)
    counters = probe.ffi.new("int[2]", [2, 2])
    with probe.context() as c:
        assert c.use("probe") == 0
        pair = []
        for k, array in enumerate((plane, plane[::-1])):
            pic, ref = probe.foreign(array)
            probe.lib.vmaf_ref_close(ref)
            pic.ref = probe.ffi.cast("VmafRef *", counters + k)
            pair.append(pic)
        assert pair[1].stride[0] == -46
        assert c.read(*pair, 0) == 0
        assert list(counters) == [1, 1]
        assert c.get(MEAN, 0) == plane.sum() / plane.size
        assert c.get(DIFF, 0) == 0


def test_chroma_rounded_up(probe):
    """Chroma of odd sizes may be rounded up, as decoders do."""
    with probe.context() as c:
        assert c.use("probe") == 0
        pair = [probe.picture(1, w=17, h=17) for _ in range(2)]
        for pic in pair:
            for k in (1, 2):
                pic.w[k] = pic.h[k] = 9
        assert c.read(*pair, 0) == 0


def test_one_thread_at_a_time(probe):
    """A second thread that feeds the same context meanwhile gets -EBUSY; reading scores meanwhile is allowed."""
    plane = np.full((16, 16), 1, np.uint8)
    pairs = [probe.foreign(plane) for _ in range(2)]
    with probe.context() as c:
        assert c.use("probe", slow_us=900_000) == 0
        codes = []
        feeder = threading.Thread(target=lambda: codes.append(c.read(pairs[0][0], pairs[1][0], 0)))
        feeder.start()
        while probe.lib.vmaf_ref_load(pairs[0][1]) < 3:  # until the call works on the pictures
            time.sleep(0.001)
        assert c.use("late") == EBUSY
        assert c.flush() == EBUSY
        assert c.get(MEAN, 0) is None
        feeder.join()
        assert codes == [0]
        assert c.get(MEAN, 0) == 1
    for _, ref in pairs:
        probe.lib.vmaf_ref_close(ref)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("n_threads", [0, 2])
def test_fork(probe, n_threads):
    """In a forked child, whose threads are gone, every call on a threaded context is -ECANCELED and none hangs."""
    with probe.context(n_threads=n_threads) as c:
        assert c.use("probe") == 0
        assert c.read(probe.picture(1), probe.picture(1), 0) == 0
        child = os.fork()
        if child == 0:
            out = probe.ffi.new("double *")
            codes = [
                probe.lib.vmaf_read_pictures(c.ctx, probe.picture(1), probe.picture(1), 1),
                probe.lib.vmaf_read_pictures(c.ctx, probe.ffi.NULL, probe.ffi.NULL, 0),
                probe.lib.vmaf_feature_score_at_index(c.ctx, MEAN.encode(), out, 0),
                probe.lib.vmaf_close(c.ctx),
            ]
            os._exit(0 if codes == [ECANCELED if n_threads else 0] * 4 else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert c.read(probe.picture(2), probe.picture(1), 1) == 0
        assert c.flush() == 0
        assert c.series(MEAN, 2) == [1, 2]


def test_contexts_are_independent(probe):
    """Contexts in several threads at once, each with workers of its own and one shared model, give the same scores."""
    results = [None] * 4

    def work(k):
        with probe.context(n_threads=k) as c:
            assert c.use("probe", ref_history=1) == 0
            assert c.use("late") == 0
            assert c.feed(CLIP * 10) == 0
            results[k] = [c.series(name, 90) for name in (MEAN, DIFF, "probe_past", "late_smaller")]

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert results[0] is not None
    assert all(r == results[0] for r in results)
