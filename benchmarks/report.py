"""docs/performance.md from the saved rows: the latest of each kind, losses shown like wins."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

from benchmarks.rows import RESULTS

TARGET = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
HEAD = """# Performance

Generated from `benchmarks/results/` by `python -m benchmarks --report`; do not edit.

Every row is one piece of work done by both contenders in turn (A B, B A, ...) on the same files and the same cores:
`python -m benchmarks --save NAME`. Times are milliseconds per frame with start-up taken out, CPU time for one thread
and wall time for more, medians over the repeats. The ratio is the median over pairs, with its least and greatest value;
above 1 the embedded engine is faster.
"""


def write() -> None:
    """Write the page."""
    latest: dict[tuple[str, ...], dict] = {}
    for path in sorted(RESULTS.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            facts = row["environment"]
            latest[(facts["cpu"], facts["level"], row["clip"], str(row["threads"]), row["work"], row["theirs"])] = row
    parts = [HEAD]
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in latest.values():
        facts = row["environment"]
        groups.setdefault((facts["cpu"], facts["level"]), []).append(row)
    for (cpu, level), rows in groups.items():
        facts = rows[-1]["environment"]
        parts.append(f"\n## {cpu}, level {level}\n\n{facts['system']}, {facts['theirs']}; engine {facts['engine']}.\n")
        parts.append("| work | clip | threads | vmafpy, ms | libvmaf, ms | ratio | spread | measured at |")
        parts.append("| --- | --- | ---: | ---: | ---: | ---: | --- | --- |")
        for row in rows:
            ours, theirs = (statistics.median(row[key]) for key in ("ours_ms", "theirs_ms"))
            low, high = row["spread"]
            where = f"{row['environment']['commit']}, {row['environment']['date']}"
            parts.append(
                f"| {row['work']} | {row['clip']} | {row['threads']} | {ours:.2f} | {theirs:.2f} | {row['ratio']:.2f} "
                f"| {low:.2f}-{high:.2f} | {where} |"
            )
    TARGET.write_text("\n".join(parts) + "\n")
