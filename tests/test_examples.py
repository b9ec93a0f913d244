"""The examples run, and give the numbers of the plain way."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from fractions import Fraction
from pathlib import Path

import av
from test_scoring import same

import vmafpy

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def load(name):
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_encoder_pipeline(clips, tmp_path):
    """With B-frames and lookahead: the scores of the encode written to a file and read again, in frame order."""
    with av.open(str(clips["carphone_pristine"])) as container:
        source = list(itertools.islice(container.decode(video=0), 40))
    options = {"crf": "33", "preset": "veryfast", "bf": "3", "threads": "1"}
    pipeline = load("encoder_pipeline").Pipeline(source, rate=Fraction(25), codec="libx264", options=options)
    seen = list(pipeline)
    assert [scored.frame for scored in seen] == list(range(40))
    assert [scored.vmaf for scored in seen] == pipeline.result.models["default"].values.tolist()
    assert pipeline.longest_queue < 40
    with av.open(str(tmp_path / "d.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = source[0].width, source[0].height, "yuv420p"
        for number, frame in enumerate(source):
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    same(pipeline.result, vmafpy.score(reference=source, distorted=tmp_path / "d.mkv"))
