"""Contexts that share a reference: the numbers of contexts fed alone; whoever is closed or wrong, no picture stays."""

from __future__ import annotations

import gc
import itertools
import weakref

import numpy as np
import pytest
from capi.pictures import clip, distort

from vmafpy.capi import Context, Picture, SharedReference
from vmafpy.errors import ClosedError, EngineError, MismatchError, PictureSizeError, SequenceError

N, WIDTH, HEIGHT = 5, 64, 48
NAMES = ("integer_vif_scale0", "integer_adm2", "integer_motion2")
REFERENCE = clip(N, WIDTH, HEIGHT)
DISTORTED = [distort(REFERENCE, seed=seed) for seed in (1, 2, 3)]


def wrap(planes):
    return Picture.wrap(planes, "420", 8)


@pytest.fixture
def make(library):
    made = []

    def make(n, features=("vif", "adm", "motion"), **options):
        for _ in range(n):
            context = Context(library, **options)
            made.append(context)
            for feature in features:
                context.use_feature(feature)
        return made[-n:]

    yield make
    for context in made:
        context.close()


def feed(shared, frames=range(N)):
    for i in frames:
        shared.read(wrap(REFERENCE[i]), [wrap(d[i]) for d in DISTORTED[: len(shared.contexts)]], i)


def scores(context, frames=range(N)):
    return [[context.feature_score(name, i) for i in frames] for name in NAMES]


@pytest.fixture
def alone(make):
    """Scores of each distorted clip fed alone."""
    out = []
    for distorted in DISTORTED:
        (context,) = make(1)
        for i in range(N):
            context.read(wrap(REFERENCE[i]), wrap(distorted[i]), i)
        context.flush()
        out.append(scores(context))
    return out


@pytest.mark.parametrize("n_threads", [0, 2])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_scores(make, alone, n, n_threads):
    """The numbers are those of contexts fed alone, both pictures of each count as read, and none is kept."""
    contexts = make(n, n_threads=n_threads)
    shared = SharedReference(contexts)
    feed(shared)
    shared.flush()
    assert shared.contexts == ()
    for context, expected in zip(contexts, alone, strict=False):
        assert scores(context) == expected
        assert context.frames_shared + sum(context.frames_copied.values()) == 2 * N
        assert context.n_read == N
        assert context.flushed
        assert context.frames_on_loan == 0


def test_one_ends_before_the_others(make, alone):
    """A context that is flushed alone leaves, may be closed, and the others go on."""
    a, b, c = make(3)
    shared = SharedReference([a, b, c])
    feed(shared, range(3))
    shared.flush(c)
    assert shared.contexts == (a, b)
    assert c.feature_score(NAMES[0], 2) == alone[2][0][2]
    c.close()
    feed(shared, range(3, N))
    shared.flush()
    assert [scores(a), scores(b)] == alone[:2]
    with pytest.raises(SequenceError, match="already flushed"):
        shared.flush(c)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_closed_in_any_order(make, alone, order, library):
    """Closing one early leaves the others' scores so far, which the engine has at once, and lets none be fed on."""
    contexts = make(3)
    shared = SharedReference(contexts)
    feed(shared, range(4))
    for k in order:
        contexts[k].close()
        with pytest.raises(ClosedError):
            feed(shared, [4])
        for context, expected in zip(contexts, alone, strict=True):
            if not context.closed and library.is_embedded:
                assert scores(context, range(3)) == [values[:3] for values in expected]


def test_garbage_in_any_order(library):
    """Contexts that become garbage in the midst of it, with frames on their way, end cleanly; so do their frames."""
    owners = []
    for keep in range(3):
        contexts = [Context(library, n_threads=2) for _ in range(3)]
        for context in contexts:
            context.use_feature("vif")
        shared = SharedReference(contexts)
        for i in range(N):
            planes = [plane.copy() for plane in REFERENCE[i]]
            owners.append(weakref.ref(planes[0]))
            shared.read(wrap(planes), [wrap(d[i]) for d in DISTORTED], i)
            del planes
        kept = contexts[keep]
        del shared, contexts, context
        gc.collect()
        kept.close()
        del kept
    gc.collect()
    assert [owner() for owner in owners] == [None] * len(owners)


def test_fed_alone_no_more(make):
    """From the first read on the contexts are fed together only."""
    a, b = make(2)
    shared = SharedReference([a, b])
    feed(shared, [0])
    with pytest.raises(SequenceError, match="together"):
        a.read(wrap(REFERENCE[1]), wrap(DISTORTED[0][1]), 1)
    with pytest.raises(SequenceError, match="together"):
        b.flush()
    feed(shared, [1])
    shared.flush()
    assert a.feature_score(NAMES[0], 1) > 0


def test_wrong_frames(make):
    """A frame out of turn, of another form, or one too few is refused before anything is read."""
    contexts = make(2)
    shared = SharedReference(contexts)
    ref, dis = wrap(REFERENCE[0]), [wrap(d[0]) for d in DISTORTED]
    small = wrap(clip(1, 32, 32)[0])
    with pytest.raises(SequenceError, match="nothing was read"):
        shared.flush()
    with pytest.raises(SequenceError, match="the next one is 0"):
        shared.read(ref, dis[:2], 1)
    for wrong in (dis[:1], dis, [dis[0], small], [small, dis[0]]):
        with pytest.raises(MismatchError):
            shared.read(ref, wrong, 0)
    tiny = wrap(clip(1, 8, 8)[0])
    with pytest.raises(PictureSizeError):
        shared.read(tiny, [tiny, tiny], 0)
    feed(shared)
    with pytest.raises(MismatchError):
        shared.read(small, [small, small], N)
    shared.flush()
    with pytest.raises(MismatchError):
        shared.read(ref, dis[:2], N)


def test_contexts_that_do_not_belong_together(make, library):
    """None, one twice, contexts of two libraries; the engine refuses contexts that are not alike, and keeps nothing."""
    (a,) = make(1)
    for wrong in ([], [a, a]):
        with pytest.raises(SequenceError):
            SharedReference(wrong)
    if not library.is_embedded:
        return
    (b,) = make(1, features=("vif",))
    planes = [np.array(plane) for plane in REFERENCE[0]]
    owner = weakref.ref(planes[0])
    with pytest.raises(EngineError, match="alike"):
        SharedReference([a, b]).read(wrap(planes), [wrap(d[0]) for d in DISTORTED[:2]], 0)
    del planes
    gc.collect()
    assert owner() is None
    assert a.frames_on_loan == b.frames_on_loan == 0


def test_two_libraries(libvmaf, embedded):
    """Contexts of two libraries share nothing."""
    with Context(libvmaf) as a, Context(embedded) as b, pytest.raises(SequenceError, match="different libraries"):
        SharedReference([a, b])
