"""Tables as plain text, CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

#: What LaTeX would read as a command.
_LATEX = str.maketrans(
    {"_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}"}
)


def text(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return fixed-width text, the first column to the left, others to the right."""
    table = [list(head), *[list(row) for row in rows]]
    widths = [max(len(row[k]) for row in table) for k in range(len(head))]
    lines = [
        "  ".join(c.rjust(w) if k else c.ljust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in table
    ]
    return "\n".join(lines)


def comma_separated(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return CSV with full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([["" if c is None else c for c in row] for row in rows])
    return out.getvalue()


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, numbers to the right."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(c.replace("|", r"\|") for c in cells) + " |"

    rule = "| " + " | ".join(["---", *["---:"] * (len(head) - 1)]) + " |"
    return "\n".join([line(head), rule, *[line(row) for row in rows]])


def latex(head: Sequence[str], rows: Sequence[Sequence[str]], *, escape: bool = True) -> str:
    r"""Return a LaTeX ``tabular`` with booktabs rules; *escape* names as text, not cells made of commands."""
    titles = [h.translate(_LATEX) for h in head]
    body = [[row[0].translate(_LATEX) if escape else row[0], *row[1:]] for row in rows]
    lines = [r"\begin{tabular}{l" + "r" * (len(head) - 1) + "}", r"\toprule", " & ".join(titles) + r" \\", r"\midrule"]
    lines += [" & ".join(row) + r" \\" for row in body]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])
