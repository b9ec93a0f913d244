"""The commands ``tune`` and ``filter-study``: settings, codecs and filters judged by real encodes."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from vmafpy.errors import OptionError
from vmafpy.report import tables

if TYPE_CHECKING:
    from vmafpy.studies.encode import PyAVEncoder
    from vmafpy.studies.trial import Bench, Encode, Source

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

#: Exit status of a search whose target no setting reaches; what was reached is on stdout all the same.
UNMET = 3

TUNE_EXAMPLES = """\
examples:
  vmafpy tune score source.mp4 --encoder x265:preset=slow --crf 28
      one encode: bitrate and scores
  vmafpy tune bisect source.mp4 --encoder svt-av1:preset=8 --target 93 --neg --pooling p5
      the highest CRF whose fifth percentile of VMAF NEG is 93 or more
  vmafpy tune compare source.mp4 --encoder x264 --encoder x265 --crf 22,27,32,37
      BD-rate and BD-quality of the second against the first, metric by metric
  vmafpy tune per-shot source.mp4 --target 93 --output tuned.mkv
      every shot at the highest CRF that reaches 93, one file
  vmafpy tune ladder source.mp4 --sizes 1920x1080,1280x720,960x540 --crf 22,27,32,37,42
      convex hull over sizes and CRFs, scored at the source's size
exit status: 0; 1 after an error; 2 after one of usage; 3 if no setting reaches the target
"""

FILTER_EXAMPLES = """\
examples:
  vmafpy filter-study source.mp4 --filter unsharp=5:5:1.0
      encodes with and without the filter, both scored against the source as it is
  vmafpy filter-study a.mp4 b.mp4 --filter atadenoise --encoder x265 --crf 22,27,32,37 --json
The clips are the ORIGINALS, never filtered ones: against its own output any filter looks harmless.
"""


def add_parsers(commands: Commands, *, frames: Callable[[str], Any], size: Callable[[str], Any]) -> None:
    """Add the commands to the parsers of ``vmafpy``; *frames* and *size* read ``A:B`` and ``WIDTHxHEIGHT``."""
    tune = commands.add_parser(
        "tune",
        help="find settings, compare codecs",
        description="Encode, decode and score in memory: which setting reaches a quality, which codec needs less.",
        epilog=TUNE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = tune.add_subparsers(dest="kind", metavar="what", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        p = kinds.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        p.set_defaults(run=run)
        p.add_argument("source", help="the original video")
        _common(p, frames, size)
        return p

    p = add("score", score, "make one encode and score it")
    _encoder(p)
    p.add_argument("--crf", type=int, required=True)
    _sampling(p)
    _model(p)

    p = add("bisect", bisect, f"find the highest CRF whose score meets a target; exit status {UNMET} if none does")
    _encoder(p)
    _target(p)
    _sampling(p)
    _model(p)

    p = add("compare", compare, "compare codecs over a ladder of CRFs; the first encoder is the anchor")
    p.add_argument("--encoder", action="append", required=True, metavar="E", help="repeatable; see tune score")
    p.add_argument("--crf", type=_numbers, default=(22, 27, 32, 37), metavar="N,N,...", help="four or more")
    _answer(p)
    _sampling(p)

    p = add("ladder", ladder, "find the best size for each bitrate: convex hull over sizes and CRFs")
    _encoder(p)
    p.add_argument("--sizes", type=_sizes(size), required=True, metavar="WxH,WxH,...", help="of the encodes")
    p.add_argument("--crf", type=_numbers, default=(22, 27, 32, 37, 42), metavar="N,N,...")
    p.add_argument("--rungs", type=int, default=6, metavar="N", help="most rungs wanted (default 6)")
    _sampling(p)
    _model(p)

    p = add("per-shot", per_shot, f"tune every shot by itself; exit status {UNMET} if a shot misses the target")
    _encoder(p)
    _target(p)
    p.add_argument("--output", metavar="FILE", help="write all shots to one file (.mkv), a key frame at each cut")
    _model(p)

    p = commands.add_parser(
        "filter-study",
        help="judge a filter before the encoder",
        description="Does a pre-processing filter help viewers, or does it only please VMAF?",
        epilog=FILTER_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.set_defaults(run=filters)
    p.add_argument("source", nargs="+", help="the original videos, unfiltered")
    p.add_argument("--filter", required=True, metavar="F", help="FFmpeg's words, such as unsharp=5:5:1.0")
    p.add_argument("--encoder", action="append", metavar="E", help="repeatable (default x264)")
    p.add_argument("--crf", type=_numbers, default=(23, 28, 33, 38), metavar="N,N,...", help="four or more")
    _answer(p)
    _common(p, frames, size)


def _common(p: argparse.ArgumentParser, frames: Callable[[str], Any], size: Callable[[str], Any]) -> None:
    p.add_argument("--frames", type=frames, default=(0, None), metavar="A:B", help="frames A to B-1 only (half-open)")
    p.add_argument(
        "--size", type=size, metavar="WxH", help="scale the source first (bicubic); it is the reference then"
    )
    p.add_argument("--pix-fmt", default="yuv420p", help="convert the source first (default yuv420p)")
    p.add_argument("--feature", action="append", metavar="F", help="as for score (default in comparisons: triangulate)")
    p.add_argument("--threads", type=int, metavar="N", help="scoring workers (default: one per core)")
    p.add_argument("--cache", metavar="DIR", help="keep encodes' scores; a killed run goes on from them")
    p.add_argument("--json", action="store_true", help="all facts as JSON")
    p.add_argument("-q", "--quiet", action="store_true", help="no line on stderr per encode")


def _encoder(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--encoder", default="x264", metavar="E", help="x264, x265, svt-av1 or vp9, with options: x264:preset=slow"
    )


def _model(p: argparse.ArgumentParser) -> None:
    p.add_argument("--model", metavar="M", help="model to go by (default: VMAF)")
    p.add_argument("--neg", action="store_true", help="the NEG form of the model")
    p.add_argument("--pooling", default="mean", metavar="P", help="mean, harmonic_mean, min, max, or p0 to p100")


def _target(p: argparse.ArgumentParser) -> None:
    p.add_argument("--target", type=float, required=True, metavar="SCORE")
    p.add_argument("--min-crf", type=int, metavar="N", help="best CRF considered (default: the encoder's)")
    p.add_argument("--max-crf", type=int, metavar="N", help="worst CRF considered (default: the encoder's)")


def _answer(p: argparse.ArgumentParser) -> None:
    p.add_argument("--html", metavar="FILE", help="write a page with tables and curves")
    p.add_argument(
        "--repair", choices=("hull", "vmaf_saturation"), help="what BD figures do about points that do not rise"
    )


def _sizes(size: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def sizes(text: str) -> list[Any]:
        return [size(part) for part in text.split(",")]

    return sizes


def _sampling(p: argparse.ArgumentParser) -> None:
    p.add_argument("--sample", type=_sample, metavar="NxL", help="only N parts of L frames; the error is reported")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _sample(text: str) -> tuple[int, int]:
    count, cross, length = text.partition("x")
    if not cross:
        raise argparse.ArgumentTypeError(f"{text!r} is not NxL, parts x frames")
    return int(count), int(length)


def _source(args: argparse.Namespace, path: str) -> Source:
    from vmafpy.studies.trial import Source

    return Source(path, frames=args.frames, size=args.size, pix_fmt=args.pix_fmt)


def _report(args: argparse.Namespace) -> Callable[[Encode], object] | None:
    if args.quiet:
        return None

    def report(encode: Encode) -> None:
        how = "read from the cache" if encode.cached else f"{encode.n_frames} frames"
        scores = ", ".join(f"{name} {s.mean:.3f}" for name, s in encode.result.models.items())
        print(f"{encode.encoder} CRF {encode.crf}: {encode.kbps:.1f} kbit/s, {scores} ({how})", file=sys.stderr)

    return report


def _bench(args: argparse.Namespace, *, features: Sequence[str] = ()) -> Bench:
    from vmafpy.models import load_model
    from vmafpy.scorer import DEFAULT_MODELS
    from vmafpy.studies.trial import Bench, Sampling

    models = [load_model(name) for name in DEFAULT_MODELS]
    if getattr(args, "model", None) or getattr(args, "neg", False):
        chosen = load_model(args.model or DEFAULT_MODELS[0], neg=args.neg)
        models = [chosen, *(m for m in models if m.id != chosen.id)]
    return Bench(
        _source(args, args.source),
        models=models,
        features=args.feature or features,
        n_threads=args.threads,
        sample=Sampling(*args.sample) if getattr(args, "sample", None) else None,
        cache=args.cache,
        report=_report(args),
    )


def _crf_range(args: argparse.Namespace, encoder: PyAVEncoder) -> tuple[int, int]:
    low, high = encoder.crf_range
    return low if args.min_crf is None else args.min_crf, high if args.max_crf is None else args.max_crf


def _print_json(document: Any) -> None:
    json.dump(document, sys.stdout, indent=2, allow_nan=False)
    print()


def _encode_row(encode: Encode) -> list[str]:
    scores = (*encode.result.models.values(), *encode.result.features.values())
    return [f"{encode.encoder} CRF {encode.crf}", f"{encode.kbps:.1f}", *(f"{s.mean:.3f}" for s in scores)]


def _print_encodes(encodes: Sequence[Encode]) -> None:
    head = ["encode", "kbit/s", *encodes[0].result.models, *encodes[0].result.features]
    print(tables.text(head, [_encode_row(encode) for encode in encodes]))


def score(args: argparse.Namespace) -> int:
    """Run ``vmafpy tune score``."""
    from vmafpy.studies.encode import encoder_by_name
    from vmafpy.studies.trial import Trial

    bench = _bench(args)
    encode = bench.encode(Trial(encoder_by_name(args.encoder), args.crf))
    pooled, error = encode.score(None, args.pooling), bench.sampling_error(encode)
    if args.json:
        _print_json({**encode.to_dict(), "pooling": args.pooling, "pooled": pooled, "sampling_error": error})
        return 0
    _print_encodes([encode])
    print(f"{args.pooling} of {next(iter(encode.result.models))}: {pooled:.3f}{_plus_minus(error)}")
    return 0


def _plus_minus(error: float) -> str:
    return f" ± {error:.3f} (95 %, of the mean, from sampling)" if error else ""


def bisect(args: argparse.Namespace) -> int:
    """Run ``vmafpy tune bisect``; the status is `UNMET` if no setting reaches the target."""
    from vmafpy.studies import tune
    from vmafpy.studies.encode import encoder_by_name

    encoder = encoder_by_name(args.encoder)
    found = tune.bisect(_bench(args), encoder, args.target, pooling=args.pooling, crf_range=_crf_range(args, encoder))
    if args.json:
        _print_json({**found.to_dict(), "pooling": args.pooling, "reached": found.best.score(None, args.pooling)})
    else:
        _print_encodes(sorted(found.encodes, key=lambda e: e.crf))
        words = "meets" if found.met else "is the best there is and misses"
        print(
            f"CRF {found.best.crf} {words} the target of {args.target:g}: "
            f"{found.best.score(None, args.pooling):.3f}{_plus_minus(found.error)} at {found.best.kbps:.1f} kbit/s"
        )
    if not found.monotonic:
        print("vmafpy: a higher CRF scored higher on the way; another CRF may meet the target too", file=sys.stderr)
    return 0 if found.met else UNMET


def ladder(args: argparse.Namespace) -> int:
    """Run ``vmafpy tune ladder``."""
    from vmafpy.studies.encode import encoder_by_name
    from vmafpy.studies.ladder import ladder as make_ladder

    made = make_ladder(_bench(args), encoder_by_name(args.encoder), args.sizes, args.crf, n_rungs=args.rungs)
    if args.json:
        _print_json(made.to_dict())
        return 0
    rows = [
        (f"{r.size[0]}x{r.size[1]}", str(r.encode.crf), f"{r.encode.kbps:.1f}", f"{r.score:.3f}") for r in made.rungs
    ]
    print(tables.text(["rung", "CRF", "kbit/s", next(iter(made.rungs[0].encode.result.models))], rows))
    print(f"{len(made.hull)} of {len(made.points)} encodes are on the convex hull")
    return 0


def per_shot(args: argparse.Namespace) -> int:
    """Run ``vmafpy tune per-shot``; the status is `UNMET` if a shot misses the target."""
    from vmafpy.studies import pershot
    from vmafpy.studies.encode import encoder_by_name

    encoder = encoder_by_name(args.encoder)
    found = pershot.per_shot(
        _bench(args),
        encoder,
        args.target,
        output=args.output,
        pooling=args.pooling,
        crf_range=_crf_range(args, encoder),
    )
    if args.json:
        _print_json(found.to_dict())
        return 0 if found.met else UNMET
    rows = [
        (f"{s.first}:{s.end}", str(s.encode.crf), f"{s.encode.kbps:.1f}", f"{s.score:.3f}", "yes" if s.met else "NO")
        for s in found.shots
    ]
    print(tables.text(["frames", "CRF", "kbit/s", args.pooling, "met"], rows))
    achieved = "" if found.achieved is None else f", achieved in {args.output}: {found.achieved:.3f}"
    print(f"{found.kbps:.1f} kbit/s; mean predicted {found.predicted:.3f}{achieved}")
    return 0 if found.met else UNMET


def compare(args: argparse.Namespace) -> int:
    """Run ``vmafpy tune compare``."""
    from vmafpy.report import html
    from vmafpy.studies import tune
    from vmafpy.studies.encode import encoder_by_name

    if len(set(args.encoder)) < len(args.encoder):
        raise OptionError(f"an encoder is given twice: {', '.join(args.encoder)}")
    ladders = {text: (encoder_by_name(text), args.crf) for text in args.encoder}
    found = tune.compare(_bench(args, features=("triangulate",)), ladders, repair=args.repair)
    if args.html:
        html.write_page(html.comparison_page(found), args.html)
    if args.json:
        _print_json(found.to_dict())
        return 0
    for name, encodes in found.encodes.items():
        print(name)
        _print_encodes(encodes)
    for codec, figures in found.bd_rate.items():
        rows = [
            (metric, _figure(rate, " %"), _figure(found.bd_quality[codec][metric], ""))
            for metric, rate in figures.items()
        ]
        print(tables.text([f"{codec} against {found.anchor}", "BD-rate", "BD-quality"], rows))
    print(found.verdict())
    return 0


def _figure(value: Any, unit: str) -> str:
    return value if isinstance(value, str) else f"{float(value):+.3f}{unit}"


def filters(args: argparse.Namespace) -> int:
    """Run ``vmafpy filter-study``."""
    from vmafpy.report import html
    from vmafpy.studies.encode import encoder_by_name
    from vmafpy.studies.filters import filter_study

    study = filter_study(
        [_source(args, path) for path in args.source],
        args.filter,
        [encoder_by_name(text) for text in args.encoder or ["x264"]],
        args.crf,
        features=args.feature or "triangulate",
        repair=args.repair,
        n_threads=args.threads,
        cache=args.cache,
        report=_report(args),
    )
    if args.html:
        html.write_page(html.study_page(study), args.html)
    if args.json:
        _print_json(study.to_dict())
        return 0
    head = ["encode", "metric", "baseline", "gain", "median", "stddev", "worst", "best", "up", "at equal rate"]
    rows = []
    for g in study.gains:
        numbers = (f"{v:.3f}" for v in (g.baseline, g.mean, g.median, g.stddev, g.worst, g.best))
        equal = f"{g.at_equal_rate:.3f}" if math.isfinite(g.at_equal_rate) else "-"
        rows.append([f"{g.encoder} CRF {g.crf}", g.metric, *numbers, f"{g.improved:.0%}", equal])
    print(tables.text(head, rows))
    for (clip, encoder), saved in study.saved.items():
        words = ", ".join(
            f"VMAF {vmaf:g} {f'{v:+.1f} %' if math.isfinite(v) else 'not reached'}" for vmaf, v in saved.items()
        )
        print(f"{clip}, {encoder}: bitrate saved at {words}")
    print(study.verdict())
    return 0
