"""Shots found where clips were joined, each tuned by itself; ladders against hulls computed another way."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from scipy.spatial import ConvexHull

import vmafpy
from vmafpy import cli
from vmafpy.errors import InputError, OptionError
from vmafpy.studies.encode import svt_av1, x264, x265
from vmafpy.studies.ladder import ScaledEncoder, ladder
from vmafpy.studies.pershot import per_shot
from vmafpy.studies.shots import find_shots
from vmafpy.studies.trial import Bench, Source, Trial
from vmafpy.studies.tune import bisect

pytestmark = pytest.mark.filterwarnings("ignore::vmafpy.VmafWarning")
FAST = x264(preset="ultrafast")
SIZE = (192, 108)
PARTS = {"bikes": (60, 76), "bigbuckbunny": (0, 14), "carphone_pristine": (0, 13)}
BOUNDS = [(0, 16), (16, 30), (30, 43)]


@pytest.fixture(scope="session")
def parts(clips):
    return [list(Source(clips[name], frames=frames, size=SIZE).read()) for name, frames in PARTS.items()]


@pytest.fixture(scope="session")
def film(tmp_path_factory, parts):
    """Three real clips joined, lossless: two cuts."""
    import av

    path = tmp_path_factory.mktemp("film") / "film.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"qp": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for index, frame in enumerate(itertools.chain(*parts)):
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_cuts_between_real_clips(film):
    """Exactly the joins; none within a clip; none closer to another than asked."""
    frames = list(Source(film).read())
    assert find_shots(frames) == BOUNDS
    assert find_shots(frames, min_length=15) == [(0, 16), (16, 43)]
    assert find_shots(frames[:16]) == [(0, 16)]
    assert find_shots([]) == []


def test_a_flash_is_no_cut(parts):
    """A single white frame stands out on both sides, which a cut does not."""
    frames = list(parts[0])
    white = frames[8].reformat(format="yuv420p")
    white = type(white).from_ndarray(np.full_like(white.to_ndarray(), 235), format="yuv420p")
    assert find_shots([*frames[:8], white, *frames[9:]], min_length=2) == [(0, 16)]


@pytest.mark.parametrize("encoder", [FAST, x265(preset="ultrafast"), svt_av1(preset=12)], ids=lambda e: e.name)
def test_per_shot(film, tmp_path, encoder):
    """Each shot gets what a bisection of it alone finds; the file has a key frame at each cut."""
    import av

    path = tmp_path / "tuned.mkv"
    bench = Bench(film, models="neg")
    found = per_shot(bench, encoder, 70, output=path, crf_range=(28, 43))
    for shot, (first, end) in zip(found.shots, BOUNDS, strict=True):
        alone = bisect(Bench(Source(film, frames=(first, end)), models="neg"), encoder, 70, crf_range=(28, 43))
        assert (shot.first, shot.end) == (first, end)
        assert (shot.met, shot.encode.crf, shot.encode.kbps) == (alone.met, alone.best.crf, alone.best.kbps)
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))
    assert len(decoded) == 43
    assert {0, 16, 30} <= {k for k, frame in enumerate(decoded) if frame.key_frame}
    scored = vmafpy.score(reference=film, distorted=path, models="neg")
    assert found.achieved == scored.vmaf
    assert found.achieved == pytest.approx(found.predicted, abs=1)  # motion across two cuts of 43 frames
    for k, shot in enumerate(found.shots):
        inside = slice(shot.first + 1, shot.end - 1)  # frames whose neighbours are in the shot
        ours = shot.encode.result.models["neg"].values[1:-1]
        np.testing.assert_array_equal(scored.models["neg"].values[inside], ours, err_msg=f"shot {k}")
    assert not list(tmp_path.glob(".*"))


def test_ladder(film):
    """The hull is scipy's, its rungs lie on it, and a scaled encode is scored at the source's size."""
    made = ladder(Bench(film, models="neg"), FAST, [SIZE, (128, 72), (64, 36)], [20, 30, 40, 50], n_rungs=3)
    assert len(made.points) == 12
    assert {p.encode.result.provenance.width for p in made.points} == {SIZE[0]}
    x = np.array([[p.encode.kbps, p.score] for p in made.points])
    low = x[:, 1].min() - 1  # two points far below close the hull, so that only its upper part is left
    closed = np.vstack([x, [x[:, 0].min() - 1e-6, low], [x[:, 0].max() + 1e-6, low]])
    upper = {k for k in ConvexHull(closed).vertices if k < len(x)}
    rising = [k for k in upper if x[k, 1] >= max(x[j, 1] for j in upper if x[j, 0] <= x[k, 0])]
    assert [r.encode.kbps for r in made.hull] == sorted(x[k, 0] for k in rising)
    assert set(made.rungs) <= set(made.hull)
    assert made.rungs[0] is made.hull[0]
    assert made.rungs[-1] is made.hull[-1]


def test_scaling_by_one_changes_nothing(film):
    """At the source's size the encoder inside is the encoder itself."""
    source = Source(film, frames=(0, 6))
    plain, scaled = (Bench(source).encode(Trial(e, 30)) for e in (FAST, ScaledEncoder(FAST, SIZE)))
    assert plain.kbps == scaled.kbps
    assert plain.score() == scaled.score()


def test_commands(film, tmp_path, capsys):
    """The figures of both commands are the API's; a shot that misses the target is status 3."""
    path = str(tmp_path / "out.mkv")
    fast = ["--encoder", "x264:preset=ultrafast", "-q", "--json"]
    shots = ["tune", "per-shot", str(film), "--output", path, "--max-crf", "31", "--min-crf", "30", *fast]
    assert cli.main([*shots, "--target", "20"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(s["first"], s["end"]) for s in found["shots"]] == BOUNDS
    assert found["achieved"] == vmafpy.score(reference=film, distorted=path).vmaf
    assert cli.main([*shots, "--target", "99.9"]) == 3
    capsys.readouterr()
    assert cli.main(["tune", "ladder", str(film), "--sizes", "192x108,64x36", "--crf", "30,40", *fast]) == 0
    assert len(json.loads(capsys.readouterr().out)["points"]) == 4


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda b: ladder(b, FAST, [], [30]), OptionError, "needs a size"),
        (lambda b: ladder(b, FAST, [(63, 36)], [30]), OptionError, "63x36"),
        (lambda b: per_shot(b, FAST, 70, crf_range=(40, 30)), OptionError, "CRF range 40 to 30"),
        (lambda b: per_shot(b, FAST, 70, shots=[(0, 10), (12, 43)]), InputError, "follow each other"),
        (lambda b: per_shot(b, FAST, 70, shots=[(0, 16), (16, 30)]), InputError, "end at frame 30, the source at 43"),
        (
            lambda b: per_shot(b, FAST, 70, output="/nowhere/a.mkv", crf_range=(40, 40)),
            InputError,
            "cannot write /nowhere",
        ),
        (lambda b: find_shots([], threshold=0), OptionError, "threshold=0"),
        (lambda b: b.encode_windows([((40, 60), Trial(FAST, 30))]), InputError, "ends at frame 43, before frame 60"),
    ],
)
def test_bad_input(film, call, error, match):
    """One clear error each."""
    with pytest.raises(error, match=match):
        call(Bench(film, models="neg"))
