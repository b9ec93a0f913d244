"""Contexts that are fed together: one reference, a distorted picture and scores for each."""

from __future__ import annotations

import contextlib
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from engineapi import EBUSY, EINVAL, EIO, F400, F444

MEAN, DIFF, PAST = "Probe_feature_mean_score", "Probe_feature_diff_score", "probe_past"
CLIP = [(10 + i * 7 % 5, 3 * i, 2 * i, 50 + i) for i in range(9)]
THREADS = pytest.mark.parametrize("n_threads", [0, 1, 4])


@pytest.fixture
def make(probe):
    """Contexts with both probe extractors, closed at the end unless a test closed them."""
    made = []

    def make(n, *, late=True, options=None, **config):
        contexts = [probe.context(**config) for _ in range(n)]
        made.extend(contexts)
        for c in contexts:
            assert c.use("probe", **(options or {})) == 0
            assert not late or c.use("late") == 0
        return contexts

    yield make
    for c in made:
        if c.ctx != probe.ffi.NULL:
            assert c.close() == 0


def everything(context, n=9):
    return {name: context.series(name, n) for name in context.names()}


@THREADS
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("step", [1, 3])
def test_scores(make, n, n_threads, step):
    """Each context has the scores of its own run, of history and of ordered steps, the reference looked at once."""
    config = {"n_threads": n_threads, "n_subsample": step, "options": {"ref_history": 1, "dis_history": 2}}
    first, *others = contexts = make(n, **config)
    assert first.together(*others).feed([frame[: n + 1] for frame in CLIP]) == 0
    for k, c in enumerate(contexts):
        (own,) = make(1, **config)
        assert own.feed([(frame[0], frame[1 + k]) for frame in CLIP]) == 0
        got, expected = everything(c), everything(own)
        assert got.pop("late_shared") == [n] * 9
        assert expected.pop("late_shared") == [1] * 9
        assert got == expected
        assert got[DIFF][::step] == [frame[0] - frame[1 + k] for frame in CLIP[::step]]


@THREADS
def test_form_and_order(probe, make, n_threads):
    """Each wrong call is -EINVAL, leaves all pictures with the caller, and does not disturb the scores."""
    a, b = make(2, n_threads=n_threads)
    both = a.together(b)
    null = probe.ffi.NULL

    def pic(**form):
        return probe.picture(1, **form)

    assert both.flush() == EINVAL  # nothing to finish yet
    assert both.read(pic(), [pic(), pic()], 1) == EINVAL  # does not begin at 0
    assert both.read(pic(), [pic(), pic(bpc=10)], 0) == EINVAL
    assert both.read(pic(), [pic(fmt=F444), pic()], 0) == EINVAL
    assert both.read(pic(w=8), [pic(w=8), pic(w=8)], 0) == EINVAL  # below the extractor's minimum
    assert both.read(probe.picture(5), [probe.picture(4), probe.picture(3)], 0) == 0
    assert both.read(pic(), [pic(), pic()], 0) == EINVAL  # again
    assert both.read(pic(), [pic(), pic()], 2) == EINVAL  # gap
    assert both.read(pic(w=34), [pic(w=34), pic(w=34)], 1) == EINVAL  # not the streams' form
    handles, ref, dis = probe.ffi.new("VmafContext *[]", [a.ctx, b.ctx]), pic(), [pic(), pic()]
    pictures = probe.ffi.new("VmafPicture[]", [p[0] for p in dis])
    several = probe.lib.vmafpy_read_pictures_several
    for wrong in (
        (handles, 2, ref, null, 1),
        (handles, 2, null, pictures, 1),
        (handles, 2, pictures, pictures, 1),  # one struct cannot give two references
        (handles, 2, pictures + 1, pictures, 1),
        (handles, 0, ref, pictures, 1),
        (handles, 2**32 - 1, ref, pictures, 1),
        (null, 2, ref, pictures, 1),
    ):
        assert several(*wrong) == EINVAL
    for p in (ref, pictures + 0, pictures + 1):
        assert probe.lib.vmaf_ref_load(p.ref) == 1
        probe.lib.vmaf_picture_unref(p)
    assert both.read(probe.picture(3), [probe.picture(4), probe.picture(9)], 1) == 0
    assert both.flush() == 0
    assert both.flush() == EINVAL
    assert both.read(pic(), [pic(), pic()], 2) == EINVAL
    assert (a.series(DIFF, 3), b.series(DIFF, 3)) == ([1, -1, None], [2, -6, None])
    assert a.series("late_smaller", 3) == b.series("late_smaller", 3) == [3, 3, None]


def test_who_belongs_together(probe, make):
    """New contexts that are alike, all of them, in one order, none twice; a refused group stays unbound."""

    def read(contexts, index=0):
        first, *others = contexts
        return first.together(*others).read(probe.picture(1), [probe.picture(1) for _ in contexts], index)

    a, b, c, d = make(4)
    (fed,) = make(1)
    assert fed.read(probe.picture(1), probe.picture(1), 0) == 0
    (flushed,) = make(1)
    assert flushed.feed([(1, 1)]) == 0
    strangers = [
        *make(1, n_threads=1),
        *make(1, n_subsample=2),
        *make(1, cpumask=8),
        *make(1, late=False),
        *make(1, options={"probe_gain": 2}),
        *make(1, options={"label": "x"}),  # names no score
        *make(1, options={"ref_history": 1}),
        *make(1, options={"mode": "twice"}),
    ]
    assert strangers[-1].use("probe") == 0  # two variants
    (turned,) = make(1, late=False)
    turned.close()
    turned = probe.context()
    assert turned.use("late") == turned.use("probe") == 0
    for other in (a, fed, flushed, turned, *strangers):
        assert read([a, other]) == EINVAL
        assert read([other, a]) == EINVAL
    turned.close()
    handles = probe.ffi.new("VmafContext *[]", [a.ctx, probe.ffi.NULL])
    assert probe.lib.vmafpy_read_pictures_several(handles, 2, probe.ffi.NULL, probe.ffi.NULL, 0) == EINVAL
    assert read([a, b, c]) == 0
    for group in ([a], [a, b], [b, c], [b, a, c], [a, b, d], [a, b, c, d], [d, a, b], [a, a, b]):
        assert read(group, 1) == EINVAL
        assert group[0].together(*group[1:]).flush() == EINVAL
    assert a.read(probe.picture(1), probe.picture(1), 1) == EINVAL
    assert a.flush() == EINVAL
    assert a.use("probe", probe_gain=3) == EINVAL  # the stream has begun
    assert a.use("probe") == 0
    assert read([a, b, c], 1) == 0
    assert a.together(b, c).flush() == 0
    assert read([d]) == 0  # alone: as vmaf_read_pictures()
    assert d.read(probe.picture(1), probe.picture(1), 1) == 0
    assert d.flush() == 0


@pytest.mark.parametrize("flushed", [False, True])
@pytest.mark.parametrize("n_threads", [0, 2])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_closing_in_any_order(probe, make, order, n_threads, flushed):
    """After one of them is closed the others keep the scores so far and take no more; every picture is released."""
    plane, refs = np.full((16, 16), 3, np.uint8), []
    contexts = make(3, n_threads=n_threads, options={"ref_history": 2, "dis_history": 1, "slow_us": 200})
    together = contexts[0].together(*contexts[1:])
    for i in range(6):
        pairs = [probe.foreign(plane) for _ in range(4)]
        refs += [ref for _, ref in pairs]
        assert together.read(pairs[0][0], [pic for pic, _ in pairs[1:]], i) == 0
    if flushed:
        assert together.flush() == 0
    left = list(contexts)
    seen = {}
    for k in order:
        left.remove(contexts[k])
        assert contexts[k].close() == 0
        if not seen:
            assert [probe.lib.vmaf_ref_load(ref) for ref in refs] == [1] * len(refs)
        for c in left:
            means = c.series(MEAN, 6)
            assert means == [3] * (6 if flushed or not n_threads else means.count(3)) + [None] * means.count(None)
            assert seen.setdefault(id(c), means) == means
            assert c.flush() == EINVAL
            assert c.read(probe.picture(3, fmt=F400), probe.picture(3, fmt=F400), 6) == EINVAL
            assert c.use("probe", probe_gain=2) == EINVAL
        if len(left) > 1:
            rest = left[0].together(*left[1:])
            assert rest.flush() == EINVAL
            assert rest.read(probe.picture(3, fmt=F400), [probe.picture(3, fmt=F400) for _ in left], 6) == EINVAL
    for ref in refs:
        probe.lib.vmaf_ref_close(ref)


@pytest.mark.parametrize("n_threads", [0, 3])
def test_closing_from_several_threads(probe, make, n_threads):
    """Contexts of a group, closed by as many threads at once."""
    for _ in range(20):
        contexts = make(4, n_threads=n_threads, options={"slow_us": 50})
        together = contexts[0].together(*contexts[1:])
        for i in range(4):
            assert together.read(probe.picture(1), [probe.picture(1) for _ in contexts], i) == 0
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda c: c.close(), contexts)) == [0] * 4


def test_one_thread_at_a_time(probe, make):
    """While a group is fed, each of its contexts is busy, and no context of a busy group is taken along."""
    plane = np.full((16, 16), 1, np.uint8)
    pairs = [probe.foreign(plane) for _ in range(3)]
    a, b = make(2, late=False, options={"slow_us": 400_000})
    together = a.together(b)
    codes = []
    feeder = threading.Thread(target=lambda: codes.append(together.read(pairs[0][0], [p for p, _ in pairs[1:]], 0)))
    feeder.start()
    while probe.lib.vmaf_ref_load(pairs[0][1]) < 3:  # until the call works on the pictures
        pass
    for c in (a, b):
        assert c.use("late") == EBUSY
        assert probe.lib.vmaf_close(c.ctx) == EBUSY
    assert together.flush() == EBUSY
    assert b.get(MEAN, 0) is None
    feeder.join()
    assert codes == [0]
    assert together.flush() == 0
    assert b.get(MEAN, 0) == 1
    for _, ref in pairs:
        probe.lib.vmaf_ref_close(ref)


@THREADS
def test_errors_of_extractors(probe, make, n_threads):
    """A failed frame ends the stream of all: scores before it stay in each, later calls tell the error."""
    contexts = make(3, late=False, n_threads=n_threads, options={"fail_at": 5, "ref_history": 2})
    together = contexts[0].together(*contexts[1:])
    codes = []
    while not codes or not codes[-1]:
        i = len(codes)
        codes.append(together.read(probe.picture(i), [probe.picture(i + k) for k in range(3)], i))
        assert len(codes) < 20
    assert codes[:5] == [0] * 5
    assert codes[-1] == EIO
    assert together.flush() == EIO
    for k, c in enumerate(contexts):
        assert c.series(DIFF, 8) == [-k] * 5 + [None] * 3


def test_a_score_that_is_there(probe, make):
    """A score that cannot be stored in one context ends the stream of all."""
    a, b = make(2, late=False)
    assert b.put(PAST, 1.0, 1) == 0
    codes = [a.together(b).read(probe.picture(1), [probe.picture(2), probe.picture(3)], i) for i in (0, 1, 1)]
    assert codes == [0, EINVAL, EINVAL]
    assert a.together(b).flush() == EINVAL
    assert (a.get(DIFF, 0), b.get(DIFF, 0), b.get(PAST, 1)) == (-1, -2, 1.0)


@pytest.mark.parametrize("n_threads", [0, 2])
def test_references(probe, make, n_threads):
    """Of each picture one reference is taken; history keeps as many as asked for, and after the flush none is held."""
    plane, refs = np.full((16, 20), 1, np.uint8), []
    a, b = make(2, n_threads=n_threads, options={"ref_history": 2, "dis_history": 1})
    together = a.together(b)
    for i in range(6):
        pairs = [probe.foreign(plane) for _ in range(3)]
        refs.append([ref for _, ref in pairs])
        assert together.read(pairs[0][0], [p for p, _ in pairs[1:]], i) == 0
        counts = [[probe.lib.vmaf_ref_load(r) - 1 for r in frame] for frame in refs]
        if not n_threads:
            held = [[1, 0, 0], [1, 1, 1]]
            assert counts == [[0, 0, 0]] * (i + 1 - 2) + held[-(i + 1) :]
    assert together.flush() == 0
    assert all(probe.lib.vmaf_ref_load(r) == 1 for frame in refs for r in frame)
    for r in itertools.chain(*refs):
        probe.lib.vmaf_ref_close(r)


def test_groups_side_by_side(probe, make):
    """Groups in several threads at once share nothing."""
    results = [None] * 3

    def work(k):
        with contextlib.ExitStack() as stack:
            contexts = [stack.enter_context(probe.context(n_threads=k)) for _ in range(3)]
            for c in contexts:
                assert c.use("probe", ref_history=1) == 0
                assert c.use("late") == 0
            assert contexts[0].together(*contexts[1:]).feed(CLIP * 5) == 0
            results[k] = [everything(c, 45) for c in contexts]

    workers = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert results[0] is not None
    assert all(r == results[0] for r in results)


@THREADS
@pytest.mark.parametrize("lengths", [(3, 6, 9), (9, 6, 3), (6, 9, 1), (5, 5, 9), (4, 4, 4)])
@pytest.mark.parametrize("closed", [False, True])
def test_streams_of_unequal_length(make, lengths, n_threads, closed):
    """One that ends before the others is flushed alone, and may be closed; all have the scores of their own runs."""
    config = {"n_threads": n_threads, "options": {"ref_history": 2, "dis_history": 1}}
    contexts = make(3, **config)
    together = contexts[0].together(*contexts[1:])
    alive, scores = [0, 1, 2], [None] * 3
    for i in range(10):
        for k in [k for k in alive if lengths[k] == i]:
            assert together.flush_one(alive.index(k)) == 0
            alive.remove(k)
            scores[k] = everything(contexts[k])
            if closed:
                assert contexts[k].close() == 0
            else:
                assert contexts[k].flush() == EINVAL
        if alive:
            engine = contexts[0].engine
            distorted = [engine.picture(CLIP[i][1 + k]) for k in alive]
            assert together.read(engine.picture(CLIP[i][0]), distorted, i) == 0
    for k in range(3):
        (own,) = make(1, **config)
        assert own.feed([(frame[0], frame[1 + k]) for frame in CLIP[: lengths[k]]]) == 0
        shared, expected = scores[k], everything(own)
        shared.pop("late_shared")
        expected.pop("late_shared")
        assert shared == expected


def test_flushing_one_wrongly(probe, make):
    """No context out of range, none before the first pictures or after its flush; the last one may be read plainly."""
    a, b, c = make(3)
    assert a.together(b, c).flush_one(0) == EINVAL
    assert a.together(b, c).read(probe.picture(1), [probe.picture(k) for k in range(3)], 0) == 0
    assert a.together(b, c).flush_one(3) == EINVAL
    assert a.together(b).flush_one(0) == EINVAL
    assert probe.lib.vmafpy_flush_one_of_several(probe.ffi.NULL, 3, 0) == EINVAL
    assert a.together(b, c).flush_one(0) == 0
    assert a.together(b, c).flush_one(0) == EINVAL
    assert c.together(b).flush_one(0) == EINVAL  # not their order
    assert b.together(c).flush_one(0) == 0
    assert b.use("probe", probe_gain=2) == EINVAL
    assert c.read(probe.picture(9), probe.picture(1), 1) == 0
    assert c.together().flush_one(0) == 0
    assert c.flush() == EINVAL
    assert [x.series(DIFF, 2) for x in (a, b, c)] == [[1, None], [0, None], [-1, 8]]


@pytest.mark.parametrize("n_threads", [0, 2])
def test_flushing_one_after_an_error(probe, make, n_threads):
    """After a failed frame the flush of one tells the error, and it is flushed all the same."""
    a, b = make(2, late=False, n_threads=n_threads, options={"fail_at": 0})
    a.together(b).read(probe.picture(1), [probe.picture(1), probe.picture(2)], 0)
    assert a.together(b).flush_one(0) == EIO
    assert a.flush() == EINVAL
    assert a.close() == 0
    assert b.flush() == EIO
