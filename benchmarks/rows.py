"""The row format: one JSON object per measurement, with everything needed to judge it; newer rows supersede older."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.machine import level_name

RESULTS = Path(__file__).resolve().parent / "results"
Key = tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """
    One piece of work by two contenders in turn: times per frame, and their ratio pair by pair.

    Attributes
    ----------
    suite : str
        "frames" or "files".
    ours_ms, theirs_ms : list of float
        Milliseconds per frame, in the order of the rounds.
    clock : str
        "cpu", "wall", or "wall with start-up".
    scores : dict
        Means of what both computed, by name: ours and theirs.
    refused : str
        Why the row does not count: the contenders did not compute the same; empty otherwise.
    """

    suite: ClassVar[str] = "frames"

    work: str
    clip: str
    threads: int
    ours: str
    theirs: str
    ours_ms: list[float]
    theirs_ms: list[float]
    note: str = ""
    clock: str = "cpu"
    n_frames: int = 0
    scores: dict[str, list[float]] = field(default_factory=dict)
    refused: str = ""
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times faster ours is: the median over pairs."""
        return statistics.median(self.ratios)

    @property
    def ratios(self) -> list[float]:
        return [theirs / ours for ours, theirs in zip(self.ours_ms, self.theirs_ms, strict=True)]

    @property
    def key(self) -> Key:
        facts = self.environment
        return (
            self.suite, facts["cpu"], facts["level"], self.work, self.clip, str(self.threads), self.ours, self.theirs,
            self.clock,
        )  # fmt: skip

    def __str__(self) -> str:
        head = f"{self.work:28} {self.clip:22} {self.threads} thr  "
        if self.refused:
            return f"{head}{self.theirs}: refused, {self.refused}"
        low, high = min(self.ratios), max(self.ratios)
        shown = ""
        if self.scores:
            name, (ours, theirs) = next(iter(self.scores.items()))
            shown = f"  {name} {ours:.6f} and {theirs:.6f}"
        return (
            f"{head}{self.ours} {statistics.median(self.ours_ms):8.2f} ms  "
            f"{self.theirs} {statistics.median(self.theirs_ms):8.2f} ms  x{self.ratio:5.2f} ({low:.2f}-{high:.2f})"
            f"  {self.clock}{shown}"
        )


@dataclass(frozen=True)
class FileRow(Row):
    """Whole files: two H.264 in, scores out."""

    suite: ClassVar[str] = "files"


@dataclass(frozen=True)
class MemoryRow:
    """
    Peak memory of one process that does a piece of work, in parts.

    Attributes
    ----------
    mib : float
        Mebibytes: of the whole process, or (kind "context") what scoring added to it.
    parts : dict
        Mebibytes of what it is made of, where that was measured.
    """

    suite: ClassVar[str] = "memory"

    kind: str
    work: str
    clip: str
    threads: int
    contender: str
    mib: float
    parts: dict[str, float] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        facts = self.environment
        return (
            self.suite,
            facts["cpu"],
            facts["level"],
            self.kind,
            self.work,
            self.clip,
            str(self.threads),
            self.contender,
        )

    def __str__(self) -> str:
        parts = "".join(f"  {name} {mib:.1f}" for name, mib in self.parts.items())
        return (
            f"{self.kind:8} {self.work:28} {self.clip:20} {self.threads} thr  "
            f"{self.contender:18} {self.mib:8.1f} MiB{parts}"
        )


@dataclass(frozen=True)
class KernelRow:
    """
    Time of one kernel of the harness, and what it had to do.

    Attributes
    ----------
    ns : float
        Of one call, the least of the repeats.
    calls : float
        Per frame of 1920x1080; 0 where nobody counted.
    bytes, operations : float
        Of one call, counted from the algorithm; 0 where nobody counted.
    kind : str
        Which rate of the machine the operations are measured by; "" for none.
    """

    suite: ClassVar[str] = "kernels"

    kernel: str
    shape: str
    ns: float
    calls: float = 0
    bytes: float = 0
    operations: float = 0
    kind: str = ""
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return self.suite, self.environment["cpu"], self.environment["level"], self.kernel, self.shape

    def __str__(self) -> str:
        text = f"{self.kernel:26} {self.environment['level']:12} {self.shape:22} {self.ns:10.1f} ns"
        if self.calls:
            text += f" {self.ns * self.calls / 1e6:8.3f} ms/frame {self.bytes / self.ns:6.1f} GB/s"
        if self.operations:
            text += f" {self.operations / self.ns:6.1f}e9 {self.kind}/s"
        return text


@dataclass(frozen=True)
class CeilingRow:
    """A rate of the machine: the read bandwidth of a memory level, or how many operations a core does in a second."""

    suite: ClassVar[str] = "ceilings"

    name: str
    rate: float  # 1e9 bytes or operations per second
    unit: str
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return self.suite, self.environment["cpu"], self.environment["level"], self.name

    def __str__(self) -> str:
        return f"{self.name:26} {self.environment['level']:12} {self.rate:8.1f} {self.unit}"


AnyRow = Row | MemoryRow | KernelRow | CeilingRow
KINDS: dict[str, type[AnyRow]] = {kind.suite: kind for kind in (Row, FileRow, MemoryRow, KernelRow, CeilingRow)}


def to_json(row: AnyRow) -> str:
    return json.dumps({"suite": row.suite, **asdict(row)})


def from_json(line: str) -> AnyRow:
    """
    Read a row of any kind; what older rows lack has its default.

    Raises
    ------
    ValueError
        If the row is of a kind, or has a field, that is not known here.
    """
    fields = json.loads(line)
    suite = fields.pop("suite", "frames")
    if suite not in KINDS:
        raise ValueError(f"row of suite {suite!r}; known are {', '.join(KINDS)}")
    fields.pop("ratio", None)  # were derived, and written beside what they derive from
    fields.pop("spread", None)
    facts = fields["environment"]
    if facts.get("level") == "best":
        facts["level"] = level_name(facts["cpu_levels"])
    try:
        return KINDS[suite](**fields)
    except TypeError as error:
        raise ValueError(f"row of suite {suite!r}: {error}") from error


def load(folder: Path = RESULTS) -> Iterator[AnyRow]:
    """Every row of every file, in order."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            yield from_json(line)


def current(rows: Iterable[AnyRow]) -> list[AnyRow]:
    """Of rows that measured the same (machine, level, work, clip, threads, contenders, clock) the newest only."""
    newest: dict[Key, AnyRow] = {}
    for row in rows:
        old = newest.get(row.key)
        if old is None or row.environment["date"] >= old.environment["date"]:
            newest[row.key] = row
    return list(newest.values())


def save(row: AnyRow, name: str, folder: Path = RESULTS) -> None:
    """Append to the file of that name."""
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.jsonl").open("a") as file:
        file.write(to_json(row) + "\n")
