"""The commands ``bdrate`` and ``correlate``: tables in, figures on stdout."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from vmafpy.errors import TableError

if TYPE_CHECKING:
    from vmafpy.stats.table import Table

BDRATE_EXAMPLES = """\
examples:
  vmafpy bdrate anchor.csv test.csv
      BD-rate in percent; the first two columns are rate and quality
  vmafpy bdrate anchor.csv test.csv --rate kbps --quality vmaf --quality psnr
      one BD-rate per metric
  vmafpy bdrate anchor.csv test.csv --sequence clip --json
      a mean over sequences, from tables with a row per clip and rate
"""

CORRELATE_EXAMPLES = """\
examples:
  vmafpy correlate table.csv --metric vmaf --metric psnr --subjective mos
  vmafpy correlate table.csv --metric vmaf --subjective mos --ci ci95 --by codec --by source
  vmafpy correlate table.csv --metric lpips --lower-is-better lpips --condition codec --condition qp --n votes --ci ci
"""


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the parsers of ``vmafpy``; each sets ``run``, which returns an exit status."""
    _add_bdrate(commands)
    _add_correlate(commands)


def _add_bdrate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    p = commands.add_parser(
        "bdrate",
        help="average distance of two rate-quality curves",
        description="BD-rate in percent (negative: the test needs less), or BD-quality.",
        epilog=BDRATE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.set_defaults(run=bdrate)
    p.add_argument("anchor", help="CSV table of the anchor's points")
    p.add_argument("test", help="CSV table of the test's points")
    p.add_argument("--rate", metavar="COLUMN", help="rate or size (default: the first column)")
    p.add_argument("--quality", metavar="COLUMN", action="append", help="quality (default: the second); repeatable")
    p.add_argument("--sequence", metavar="COLUMN", help="one BD figure per value of this column, and their mean")
    p.add_argument("--bd-quality", action="store_true", help="quality difference at equal rate instead of BD-rate")
    p.add_argument("--method", default="pchip", choices=("pchip", "akima", "cubic"), help="interpolation")
    p.add_argument("--repair", choices=("hull", "vmaf_saturation"), help="what to do about points that do not rise")
    p.add_argument("--trapezoid", action="store_true", help="100-sample integral of the AOM and Netflix scripts")
    p.add_argument("--low", type=float, metavar="X", help="lower limit of the range averaged over")
    p.add_argument("--high", type=float, metavar="X", help="upper limit of the range averaged over")
    p.add_argument("--min-points", type=int, default=4, metavar="N", help="points a curve must have (default 4)")
    p.add_argument("--json", action="store_true", help="all facts as JSON")


def bdrate(args: argparse.Namespace) -> int:
    """Run ``vmafpy bdrate``."""
    from vmafpy import stats
    from vmafpy.stats.table import read_table
    from vmafpy.stats.values import plain

    tables = {name: read_table(path) for name, path in (("anchor", args.anchor), ("test", args.test))}
    first = list(tables["anchor"].columns)
    if len(first) < 2:
        raise TableError(f"{args.anchor} has one column; a curve needs rate and quality")
    rate = args.rate or first[0]
    qualities = args.quality or [next(c for c in first if c not in (rate, args.sequence))]
    measure = stats.bd_quality if args.bd_quality else stats.bd_rate
    options: dict[str, Any] = {
        "method": args.method,
        "repair": args.repair,
        "integration": "trapezoid100" if args.trapezoid else "exact",
        "limits": None if args.low is None and args.high is None else (args.low, args.high),
        "min_points": args.min_points,
    }
    documents = []
    for quality in qualities:
        unit = quality if args.bd_quality else "%"
        curves = _curves(tables, rate, quality, args.sequence)
        if args.sequence is None:
            result = measure(*curves[""], **options)
            documents.append({"quality": quality, "unit": unit, **result.to_dict()})
            lines = [(quality, result.value, unit)]
        else:
            mean = stats.bd_mean(curves, measure=measure, **options)
            documents.append({"quality": quality, "unit": unit, **plain(mean)})
            lines = [(f"{quality}, {name}", r.value, unit) for name, r in mean.sequences.items()]
            lines.append((f"{quality}, mean of {mean.n}", mean.value, unit))
        if not args.json:
            for name, value, what in lines:
                print(f"{name}: {value:+.3f} {what}")
    if args.json:
        json.dump(documents, sys.stdout, indent=2, allow_nan=False)
        print()
    return 0


def _curves(tables: dict[str, Table], rate: str, quality: str, sequence: str | None) -> dict[str, tuple[Any, ...]]:
    """Rates and qualities of anchor and test per sequence."""
    columns = {k: (t.numbers(rate), t.numbers(quality)) for k, t in tables.items()}
    if sequence is None:
        return {"": (*columns["anchor"], *columns["test"])}
    labels = {k: [str(v) for v in t.labels(sequence)] for k, t in tables.items()}
    for here, there in (("anchor", "test"), ("test", "anchor")):
        alone = [v for v in labels[here] if v not in labels[there]]
        if alone:
            raise TableError(f"sequence {alone[0]} is in {tables[here].label}, not in {tables[there].label}")
    out = {}
    for name in dict.fromkeys(labels["anchor"]):
        rows = {k: [i for i, v in enumerate(labels[k]) if v == name] for k in tables}
        out[name] = tuple(column[rows[k]] for k in ("anchor", "test") for column in columns[k])
    return out


def _add_correlate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    p = commands.add_parser(
        "correlate",
        help="agreement of metrics with subjective scores",
        description="PLCC, SRCC, tau-b, tau-b 95, RMSE and outlier ratio of each metric, with significance.",
        epilog=CORRELATE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.set_defaults(run=correlate)
    p.add_argument("table", help="CSV table with a row per stimulus")
    p.add_argument("--metric", metavar="COLUMN", action="append", required=True, help="repeatable")
    p.add_argument("--subjective", metavar="COLUMN", default="mos", help="MOS, DMOS or JND (default: mos)")
    p.add_argument("--ci", metavar="COLUMN", help="half-widths of the 95 %% intervals")
    p.add_argument("--ci-ends", metavar="COLUMN", nargs=2, help="columns of both ends of the 95 %% intervals instead")
    p.add_argument("--by", metavar="COLUMN", action="append", default=[], help="mean over its groups; repeatable")
    p.add_argument("--only", metavar="COLUMN=VALUE", action="append", default=[], help="those rows alone; repeatable")
    p.add_argument("--condition", metavar="COLUMN", action="append", default=[], help="adds the condition level")
    p.add_argument("--n", metavar="COLUMN", help="number of votes of each stimulus")
    p.add_argument("--std", metavar="COLUMN", help="standard deviation of the votes of each stimulus")
    p.add_argument("--stimulus", metavar="COLUMN", help="name of each stimulus")
    p.add_argument("--resample-by", metavar="COLUMN", help="contents the bootstrap draws as a whole")
    p.add_argument("--lower-is-better", metavar="METRIC", action="append", default=[], help="repeatable")
    p.add_argument("--distortion", action="store_true", help="the subjective score is low for good quality (JND)")
    p.add_argument("--mapping", default="cubic_monotonic", metavar="M", help="mapping before RMSE, or none")
    p.add_argument("--coefficient", metavar="C", help="one coefficient, a column per scenario")
    p.add_argument("--drop-missing", action="store_true", help="leave out rows with empty cells")
    p.add_argument("--skip-degenerate", action="store_true", help="leave out groups that allow no coefficient")
    p.add_argument("--holm", action="store_true", help="correct the p-values of each column")
    p.add_argument("--draws", type=int, default=2000, metavar="N", help="of the bootstrap (default 2000)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="of the bootstrap (default 0)")
    p.add_argument("--format", default="text", choices=("text", "csv", "markdown", "latex"))
    p.add_argument("--json", action="store_true", help="all facts as JSON")


def correlate(args: argparse.Namespace) -> int:
    """Run ``vmafpy correlate``."""
    from vmafpy.evaluation import evaluate

    if args.ci and args.ci_ends:
        raise TableError("give --ci or --ci-ends, not both")
    only: dict[str, list[str]] = {}
    for item in args.only:
        column, equals, value = item.partition("=")
        if not equals:
            raise TableError(f"--only {item!r} is not COLUMN=VALUE")
        only.setdefault(column, []).append(value)
    study = evaluate(
        args.table,
        args.metric,
        subjective=args.subjective,
        ci=tuple(args.ci_ends) if args.ci_ends else args.ci,
        by=args.by,
        only=only,
        condition=args.condition,
        n=args.n,
        std=args.std,
        stimulus=args.stimulus,
        lower_is_better=args.lower_is_better,
        subjective_lower_is_better=args.distortion,
        mapping=None if args.mapping == "none" else args.mapping,
        correct="holm" if args.holm else None,
        resample_by=args.resample_by,
        missing="drop" if args.drop_missing else "error",
        skip_degenerate=args.skip_degenerate,
        n_draws=args.draws,
        seed=args.seed,
    )
    if args.json:
        json.dump(study.to_dict(), sys.stdout, indent=2, allow_nan=False)
        print()
        return 0
    if args.format == "csv":
        sys.stdout.write(study.to_csv())
        return 0
    write = {"text": study.to_text, "markdown": study.to_markdown, "latex": study.to_latex}[args.format]
    print(write(args.coefficient))
    if args.format == "text":
        print("* best; a, b: below it at 95 %, 90 %", file=sys.stderr)
    for note in (f"{study.dropped} rows dropped" if study.dropped else "", *study.skipped):
        if note:
            print(f"vmafpy: left out: {note}", file=sys.stderr)
    return 0
