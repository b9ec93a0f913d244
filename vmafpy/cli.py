"""The command line: the Python API's words as options. Data on stdout, everything else on stderr."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import warnings
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from vmafpy import __version__, cli_stats, cli_studies
from vmafpy.errors import MissingExtraError, VmafError, VmafWarning

if TYPE_CHECKING:
    from vmafpy.frames import Crop
    from vmafpy.results import ScoreResult

OK, FAILED, USAGE = 0, 1, 2

# bits of VmafConfiguration.cpumask above the base level
_LEVELS = {8: "AVX2", 16: "AVX-512", 32: "AVX-512 VNNI"}

SCORE_EXAMPLES = """\
examples:
  vmafpy score -r source.mp4 -d encoded.mp4
      VMAF and VMAF NEG of every frame, pooled
  vmafpy score -r source.mp4 -d encoded.mp4 --model 4k --neg --json scores.json
      the 4K model in its NEG form; libvmaf's JSON log
  vmafpy score -r a.yuv -d b.yuv --width 1920 --height 1080 --pix-fmt yuv420p
      headerless video
  vmafpy score -r source.mp4 -d encoded.mp4 --feature triangulate
      PSNR, SSIM and MS-SSIM beside VMAF and NEG
  vmafpy score -r source.mp4 -d crf23.mp4 crf28.mp4 crf33.mp4 --json '{name}.json'
      several encodes of one source, which is decoded and analysed once; a log each
  vmafpy score -r source.mp4 -d encoded_720p.mp4 --scale reference
      the smaller encode scaled (bicubic) to the source's size, as its viewers see it
  vmafpy score -r source.mp4 -d captured.mp4 --offset auto --shortest
      the capture began earlier or later: the offset is searched; the common part is scored
  vmafpy score -r source.mp4 -d encoded.mp4 --frames 500:750 --worst 5 --export stills
      frames 500 to 749; the five worst, side by side as PNG in the folder stills
  vmafpy score -r source.mp4 -d vfr.mkv --pairing time
      a variable frame rate: each source frame against the frame on screen at its time
  ffmpeg -i master.mov -f yuv4mpegpipe - | vmafpy score -r - -d encoded.mp4 --json -
      one video from a pipe; the JSON log on standard output
  vmafpy score -r source.png -d still.avif --convert yuv444p
      still images; RGB becomes Y'CbCr of BT.601 in limited range
  vmafpy score -r source.mp4 -d encoded.mp4 --library libvmaf
      the same numbers by a libvmaf of this machine

Each trap of scoring that is guarded against, and the option that goes past it: docs/traps.md.
Exit status: 0, 1 after an error of the run (scores before it are printed), 2 after one of usage.
"""

BATCH_EXAMPLES = """\
examples:
  vmafpy batch pairs.csv > scores.ndjson
      pairs.csv begins with the line reference,distorted,name; a line of JSON for each pair
  vmafpy batch pairs.csv --results done --jobs 8
      eight pairs at a time; killed and started again, it scores only what is missing in the folder done

Exit status: 0, or 1 if a pair failed; the others are scored all the same.
"""


def table(rows: Iterable[Sequence[object]], head: Sequence[str]) -> str:
    """Fixed-width text: numbers to the right, words to the left."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    numeric = [all(_is_number(row[i]) for row in cells[1:]) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


def _is_number(cell: str) -> bool:
    try:
        float(cell.rstrip("%"))
    except ValueError:
        return cell in ("", "-")
    return True


def _source(args: argparse.Namespace, path: str) -> Any:
    from vmafpy.frames import RawVideo

    stated = (args.width, args.height, args.pix_fmt)
    if all(value is None for value in stated):
        if path.endswith((".yuv", ".raw")):
            raise VmafError(f"{path} looks like headerless video; state --width, --height and --pix-fmt")
        return path
    if any(value is None for value in stated):
        raise VmafError("headerless video needs all three of --width, --height and --pix-fmt")
    return RawVideo(path, width=args.width, height=args.height, pix_fmt=args.pix_fmt)


def _score(args: argparse.Namespace) -> int:
    from vmafpy.models import load_model
    from vmafpy.scorer import DEFAULT_MODELS
    from vmafpy.scoring import score

    if args.export and not args.worst:
        raise VmafError(f"--export {args.export} writes the frames that --worst N names; give both")
    # the default pair holds NEG already, so --neg alone leaves NEG by itself
    names = args.model or ([DEFAULT_MODELS[0]] if args.neg else list(DEFAULT_MODELS))
    models = [load_model(name, neg=args.neg, clip=not args.no_clip) for name in names]
    videos = _videos(args)
    try:
        results = score(
            reference=_source(args, args.reference),
            distorted=[_source(args, video.distorted) for video in videos],
            models=() if args.no_model else models,
            features=args.feature,
            library=args.library,
            n_threads=args.threads,
            n_subsample=args.subsample,
            pairing=args.pairing,
            offset=args.offset,
            frames=args.frames,
            scale=args.scale,
            scaler=args.scaler,
            crop=args.crop,
            pix_fmt=args.convert,
            bit_depth=args.bit_depth,
            accept=args.accept,
            enc_width=args.enc_width,
            enc_height=args.enc_height,
            enc_bitdepth=args.enc_bitdepth,
            shortest=args.shortest,
            accept_truncated=args.accept_truncated,
            film_grain=not args.no_film_grain,
            progress=not args.quiet and sys.stderr.isatty(),
        )
    except (VmafError, KeyboardInterrupt) as error:
        failures = getattr(error, "failures", None)
        for place, (video, partial) in enumerate(zip(videos, getattr(error, "partials", None) or (), strict=False)):
            if failures is not None and place not in failures:
                _deliver(video, partial, titled=True)
            elif partial is not None and partial.n_frames:
                print(f"vmafpy: {video.distorted}: {partial.n_frames} frames were scored:", file=sys.stderr)
                _print_pooled(partial, sys.stderr)
        for other in list((failures or {}).values()):
            if other is not error:
                print(f"vmafpy: error: {other}", file=sys.stderr)
        raise
    for video, result in zip(videos, results, strict=True):
        _deliver(video, result, titled=len(videos) > 1)
    return OK


def _videos(args: argparse.Namespace) -> list[argparse.Namespace]:
    """Arguments of each distorted video, ``{name}`` in the paths of its files replaced by its own."""
    several = len(args.distorted) > 1
    names = [Path(path).stem for path in args.distorted]
    written = {key: path for key in ("json", "csv", "xml", "html", "export") if (path := getattr(args, key))}
    for key, path in written.items():
        if several and "{name}" not in path:
            raise VmafError(
                f"--{key} {path} is for one of {len(names)} distorted videos; put {{name}} in it, for the name of each"
            )
    if written and len(set(names)) < len(names):
        raise VmafError(f"the distorted videos' names are {', '.join(names)}: files called by them would be one file")
    return [
        argparse.Namespace(
            **{**vars(args), **{key: path.replace("{name}", name) for key, path in written.items()}, "distorted": video}
        )
        for video, name in zip(args.distorted, names, strict=True)
    ]


def _deliver(args: argparse.Namespace, result: ScoreResult, *, titled: bool) -> None:
    from vmafpy.agreement import metric_agreement

    if titled:
        print(f"{args.distorted}:")
    for path, write in ((args.json, result.to_json), (args.csv, result.to_csv), (args.xml, result.to_xml)):
        if path == "-":
            sys.stdout.write(write())
        elif path:
            write(path)
    if "-" not in (args.json, args.csv, args.xml):
        _print_pooled(result, sys.stdout)
    if args.worst:
        _worst(args, result)
    if args.html:
        _html(args, result)
    if args.agreement:
        print(metric_agreement(result), file=sys.stderr if "-" in (args.json, args.csv, args.xml) else sys.stdout)


def _worst(args: argparse.Namespace, result: ScoreResult) -> None:
    worst = result.worst(args.worst)
    file = sys.stderr if "-" in (args.json, args.csv, args.xml) else sys.stdout
    print(
        table([(frame, f"{value:.6f}") for frame, value in worst], ("frame", next(iter(result.models), ""))), file=file
    )
    if args.export:
        for path in _export(args, result, [frame for frame, _ in worst], args.export):
            print(path, file=file)


def _html(args: argparse.Namespace, result: ScoreResult) -> None:
    from tempfile import TemporaryDirectory

    from vmafpy.report import html

    worst = sorted(frame for frame, _ in result.worst(args.worst or 3)) if result.models else []
    with TemporaryDirectory(prefix="vmafpy-") as folder:
        pictures = dict(zip(worst, _export(args, result, worst, folder), strict=True))
        html.write_page(html.result_page(result, pictures=pictures), args.html)


def _export(args: argparse.Namespace, result: ScoreResult, frames: Sequence[int], folder: str) -> list[Path]:
    from vmafpy.export import export_frames

    return export_frames(
        frames,
        folder,
        reference=_source(args, args.reference),
        distorted=_source(args, args.distorted),
        pairing=args.pairing,
        offset=result.provenance.offset,
        scale=args.scale,
        scaler=args.scaler,
        crop=args.crop,
        pix_fmt=args.convert,
        bit_depth=args.bit_depth,
        accept=args.accept,
        accept_truncated=args.accept_truncated,
        film_grain=not args.no_film_grain,
        shortest=True,
    )


def _print_pooled(result: ScoreResult, file: TextIO) -> None:
    from vmafpy.frame_scores import BootstrapScores

    rows: list[list[str]] = []
    for name, scores in (*result.models.items(), *result.features.items()):
        pooled = [f"{value:.6f}" for value in (scores.mean, scores.harmonic_mean, scores.min, scores.max)]
        rows.append([name, *pooled, f"{scores.percentile(1):.6f}"])
        if isinstance(scores, BootstrapScores):
            interval = scores.ci95
            rows.append([f"{name} 95 % interval", f"{interval.low:.6f}", f"{interval.high:.6f}", "", "", ""])
    for name, value in result.aggregates.items():
        rows.append([name, f"{value:.6f}", "", "", "", ""])
    print(table(rows, ["", "mean", "harmonic", "min", "max", "1 %"]), file=file)
    facts = result.provenance
    library = f"{facts.library} {facts.library_version}"
    print(
        f"{result.n_frames} frames, {facts.width}x{facts.height} {facts.pix_fmt}, {library}, {result.fps:.1f} frames/s",
        file=sys.stderr,
    )


def _batch(args: argparse.Namespace) -> int:
    import csv
    from concurrent.futures import ProcessPoolExecutor

    from vmafpy.batch import Job, score_many
    from vmafpy.scorer import available_threads

    try:
        with open(args.pairs, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            lacking = {"reference", "distorted"} - set(reader.fieldnames or ())
            if lacking:
                raise VmafError(
                    f"{args.pairs} has no column {' and '.join(sorted(lacking))}; its first line names them"
                )
            jobs = [Job(row["reference"], row["distorted"], row.get("name") or "") for row in reader]
    except OSError as error:
        raise VmafError(f"cannot read {args.pairs}: {error.strerror}") from error
    options: dict[str, Any] = {"models": args.model or None, "features": args.feature, "library": args.library}
    options.update(scale=args.scale, shortest=args.shortest, pix_fmt=args.convert)
    failed = 0
    executor = ProcessPoolExecutor(args.jobs) if args.jobs > 1 else None
    try:
        if executor is not None:
            share = available_threads() // args.jobs
            options["n_threads"] = share if share > 1 else 0  # one core each: decoding and scoring in turn
        for outcome in score_many(jobs, executor=executor, results=args.results, **options):
            failed += outcome.error is not None
            print(json.dumps(outcome.to_dict()), flush=True)
    finally:
        if executor is not None:
            executor.shutdown(cancel_futures=True)
    return FAILED if failed else OK


def _completion(args: argparse.Namespace) -> int:
    try:
        import shtab
    except ImportError as error:
        raise MissingExtraError("completion scripts are made by shtab: pip install 'vmafpy[completion]'") from error
    print(shtab.complete(parser(), args.shell))
    return OK


class _Version(argparse.Action):
    """Print versions of package, engine and models, and leave."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        from vmafpy.capi import Library
        from vmafpy.models import REGISTRY

        print(f"vmafpy {__version__}, embedded engine {Library.embedded().version}, {len(REGISTRY)} models")
        parser.exit()


def _models(args: argparse.Namespace) -> int:
    from vmafpy.models import REGISTRY, load_model

    loaded = [(entry, load_model(entry.id)) for entry in REGISTRY]
    if args.json:
        items = [{**m.to_dict(), "aliases": list(e.aliases), "purpose": e.purpose} for e, m in loaded]
        print(json.dumps(items, indent=2))
        return OK
    rows = [(e.id, ", ".join(e.aliases), f"{m.score_range[0]:g}-{m.score_range[1]:g}", e.purpose) for e, m in loaded]
    print(table(rows, ("model", "alias", "range", "for")))
    return OK


def _features(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from vmafpy.metrics import METRICS

    if args.json:
        items = [{**asdict(m), "range": [_json_number(x) for x in m.range]} for m in METRICS.values()]
        print(json.dumps(items, indent=2))
        return OK
    better = {True: "higher", False: "lower", None: "-"}
    rows = [
        (
            m.name,
            m.extractor,
            f"{m.range[0]:g}..{m.range[1]:g}",
            better[m.higher_is_better],
            m.unit or "-",
            f"{m.minimum_size}",
            "yes" if m.chroma else "no",
            m.summary,
        )
        for m in METRICS.values()
    ]
    print(table(rows, ("metric", "feature", "range", "better", "unit", "least side", "chroma", "what it is")))
    return OK


def _json_number(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def _doctor(args: argparse.Namespace) -> int:
    from vmafpy import capi
    from vmafpy.models import REGISTRY, load_model, model_directory

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    print(f"vmafpy {__version__}, Python {platform.python_version()}, {platform.platform()}")
    print("  " + ", ".join(f"{name} {installed(name)}" for name in ("cffi", "numpy", "av", "scipy", "tqdm")))
    engine = capi.Library.embedded()
    levels = [name for bit, name in _LEVELS.items() if engine.lib.vmafpy_cpu_levels() & bit]
    print(f"embedded engine {engine.version}; instruction levels: {', '.join(['plain C', *levels])}")
    print(f"models in {model_directory()}: {len({load_model(entry.id).path for entry in REGISTRY})} files")
    print("places where a libvmaf is looked for:")
    for candidate in capi.candidates():
        print(f"  {candidate}")
    return OK


def _demo(args: argparse.Namespace) -> int:
    from vmafpy import demo

    head = ("clip", "source", "CRF", "kbit/s", "VMAF", "NEG", "gap")
    rows = []
    if not args.quiet:
        print(
            f"x264 at {demo.SIZE[0]}x{demo.SIZE[1]}, the source as it is and sharpened ({demo.SHARPEN}); "
            "every encode is scored against the source as it is.",
            file=sys.stderr,
        )
    measured = []
    for row in demo.run(n_frames=args.frames):
        measured.append(row)
        source = "sharpened" if row.sharpened else "as it is"
        numbers = (f"{row.kbps:.0f}", f"{row.vmaf:.2f}", f"{row.neg:.2f}", f"{row.gap:.2f}")
        rows.append((row.clip, source, row.crf, *numbers))
        if not args.quiet:
            print(f"  {row.clip}, {source}, CRF {row.crf}: VMAF {row.vmaf:.2f}, NEG {row.neg:.2f}", file=sys.stderr)
    print(table(rows, head))
    print(f"\n{demo.conclusion(measured)}")
    return OK


def _offset(text: str) -> int | str:
    return text if text == "auto" else int(text)


def _depth(text: str) -> int | str:
    return text if text == "common" else int(text)


def _range(text: str) -> tuple[int, int | None]:
    first, colon, end = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} is no range A:B")
    return int(first or 0), int(end) if end else None


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not cross:
        raise argparse.ArgumentTypeError(f"{text!r} is no WIDTHxHEIGHT")
    return int(width), int(height)


def _scale(text: str) -> tuple[int, int] | str:
    return text if text in ("reference", "model") else _size(text)


def _crop(text: str) -> Crop | str:
    if text == "black-bars":
        return text
    from vmafpy.frames import Crop

    size, *corner = text.split("+")
    width, height = _size(size)
    x, y = (int(part) for part in corner) if corner else (0, 0)
    return Crop(width, height, x, y)


def parser() -> argparse.ArgumentParser:
    """Return the whole command line."""
    from vmafpy.align import ACCEPTABLE

    out = argparse.ArgumentParser(
        prog="vmafpy", description="Perceptual video quality: VMAF, VMAF NEG and the metrics beside them."
    )
    out.add_argument("--version", action=_Version, nargs=0, help="versions of package, engine and models")
    commands = out.add_subparsers(dest="command", metavar="command", required=True)

    score = commands.add_parser(
        "score",
        help="score a distorted video against its reference",
        description="Score a distorted video against its reference: every frame, all models and features in one pass.",
        epilog=SCORE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    score.set_defaults(run=_score)
    videos = score.add_argument_group("the videos (paths, URLs, frames_%04d.png; - is standard input)")
    measures = score.add_argument_group("what is measured")
    pairing = score.add_argument_group("which frames meet")
    pictures = score.add_argument_group("what is done to the pictures (nothing, unless asked for)")
    output = score.add_argument_group("what is written")
    videos.add_argument("-r", "--reference", required=True, metavar="REF", help="the undistorted video")
    videos.add_argument(
        "-d", "--distorted", required=True, nargs="+", metavar="DIS", help="the video to be judged, or several"
    )
    measures.add_argument("--model", action="append", metavar="M", help="identifier, alias or path; may be repeated")
    measures.add_argument("--neg", action="store_true", help="the NEG form of the models: enhancement gain limited")
    measures.add_argument("--no-model", action="store_true", help="features only")
    measures.add_argument("--no-clip", action="store_true", help="scores outside the model's range as they come")
    measures.add_argument(
        "--feature",
        action="append",
        default=[],
        metavar="F",
        help="name, name:option=value, or triangulate; repeatable",
    )
    output.add_argument("--json", metavar="FILE", help="write libvmaf's JSON log (- for stdout)")
    output.add_argument("--csv", metavar="FILE", help="write a row per frame (- for stdout)")
    output.add_argument("--xml", metavar="FILE", help="write libvmaf's XML log (- for stdout)")
    measures.add_argument("--library", metavar="L", help="embedded (default), libvmaf, or the path of one")
    measures.add_argument("--threads", type=int, metavar="N", help="workers (default: one per core)")
    pairing.add_argument("--subsample", type=int, default=1, metavar="N", help="score every N-th frame")
    pairing.add_argument(
        "--pairing", choices=("index", "time"), default="index", help="pair frames by number or by time"
    )
    pairing.add_argument(
        "--offset", type=_offset, default=0, metavar="N", help="distorted frame i+N shows reference frame i; or: auto"
    )
    pairing.add_argument("--frames", type=_range, metavar="A:B", help="reference frames A to B-1 only (half-open)")
    pictures.add_argument("--scale", type=_scale, metavar="S", help="reference, model, or WIDTHxHEIGHT")
    pictures.add_argument(
        "--scaler", default="bicubic", help="swscale's: bicubic (default), bilinear, lanczos, area, ..."
    )
    pictures.add_argument("--crop", type=_crop, metavar="C", help="WIDTHxHEIGHT+X+Y of both videos, or black-bars")
    pictures.add_argument("--convert", metavar="FMT", help="convert both videos to this pixel format first")
    pictures.add_argument(
        "--bit-depth", type=_depth, metavar="N", help="score at N bits, samples shifted left; or: common"
    )
    pictures.add_argument(
        "--accept", action="append", default=[], choices=ACCEPTABLE, help="let this difference or content pass"
    )
    measures.add_argument("--enc-width", type=int, metavar="N", help="width of the encode, for CAMBI")
    measures.add_argument("--enc-height", type=int, metavar="N", help="height of the encode, for CAMBI")
    measures.add_argument("--enc-bitdepth", type=int, metavar="N", help="bit depth of the encode, for CAMBI")
    measures.add_argument("--agreement", action="store_true", help="say how far the metrics agree")
    pairing.add_argument("--shortest", action="store_true", help="score the common part of videos of unequal length")
    videos.add_argument("--accept-truncated", action="store_true", help="score what is there of a damaged file")
    videos.add_argument("--no-film-grain", action="store_true", help="leave out grain that the decoder synthesises")
    videos.add_argument("--width", type=int, help="of headerless video, luma samples")
    videos.add_argument("--height", type=int, help="of headerless video, luma samples")
    videos.add_argument("--pix-fmt", help="of headerless video, FFmpeg's name, such as yuv420p10le")
    output.add_argument("--worst", type=int, metavar="N", help="name the N lowest-scoring frames")
    output.add_argument("--export", metavar="DIR", help="write them as PNG, reference and distorted side by side")
    output.add_argument("--html", metavar="FILE", help="write a page with tables, graphs and the worst frames")
    output.add_argument("-q", "--quiet", action="store_true", help="no progress bar")

    batch = commands.add_parser(
        "batch",
        help="score many pairs, resumable",
        description="Score every pair of a CSV file (columns reference, distorted, name); prints a line of JSON each.",
        epilog=BATCH_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    batch.set_defaults(run=_batch)
    batch.add_argument("pairs", metavar="PAIRS.csv")
    batch.add_argument("--results", metavar="DIR", help="keep a result file per pair; a killed run goes on from them")
    batch.add_argument("--jobs", type=int, default=1, metavar="N", help="pairs at a time, each in its own process")
    batch.add_argument("--model", action="append", metavar="M", help="identifier, alias or path; may be repeated")
    batch.add_argument("--feature", action="append", default=[], metavar="F", help="as for score")
    batch.add_argument("--library", metavar="L", help="embedded (default), libvmaf, or the path of one")
    batch.add_argument("--scale", type=_scale, metavar="S", help="reference, model, or WIDTHxHEIGHT")
    batch.add_argument("--convert", metavar="FMT", help="convert both videos to this pixel format first")
    batch.add_argument("--shortest", action="store_true", help="score the common part of videos of unequal length")

    cli_stats.add_parsers(commands)
    cli_studies.add_parsers(commands, frames=_range, size=_size)

    models = commands.add_parser("models", help="list the models and their aliases")
    models.set_defaults(run=_models)
    models.add_argument("--json", action="store_true")

    features = commands.add_parser("features", help="list the metrics: range, direction, unit, needs")
    features.set_defaults(run=_features)
    features.add_argument("--json", action="store_true")

    doctor = commands.add_parser("doctor", help="tell what is installed and which libvmaf would be used")
    doctor.set_defaults(run=_doctor)

    completion = commands.add_parser("completion", help="print a completion script for a shell")
    completion.set_defaults(run=_completion)
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))

    demo = commands.add_parser("demo", help="measure on real clips what sharpening does to VMAF and NEG")
    demo.set_defaults(run=_demo)
    demo.add_argument("--frames", type=int, metavar="N", help="only the first N frames of each clip")
    demo.add_argument("-q", "--quiet", action="store_true", help="the table only")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run a command.

    Returns
    -------
    int
        0, 1 after an error of the run, 2 after one of usage, 3 if a search's target is not reached.
    """
    args = parser().parse_args(arguments)

    def show(message: Warning | str, category: type[Warning], *rest: Any, **named: Any) -> None:
        print(f"vmafpy: warning: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("default", VmafWarning)  # the same words once
        warnings.showwarning = show
        try:
            return int(args.run(args))
        except VmafError as error:
            print(f"vmafpy: error: {error}", file=sys.stderr)
            return FAILED
        except KeyboardInterrupt:
            print("vmafpy: interrupted", file=sys.stderr)
            return FAILED
        except BrokenPipeError:
            sys.stderr.close()
            return FAILED
