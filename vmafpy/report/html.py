"""One self-contained HTML page: tables, graphs with hover, frames as pictures; nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmafpy.atomic import atomic_write
from vmafpy.errors import InputError
from vmafpy.results import ScoreResult

if TYPE_CHECKING:
    from vmafpy.studies.filters import FilterStudy
    from vmafpy.studies.tune import Comparison

#: Okabe and Ito's colours, told apart by colour-blind readers too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 300, 60, 12, 10, 40

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0;font-variant-numeric:tabular-nums}
th,td{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd}
th:first-child,td:first-child{text-align:left}
figure{margin:1.5em 0}figcaption{font-weight:600}
svg{width:100%;height:auto;background:#fff}svg text{font-size:12px;fill:#444}
img{max-width:100%}output{display:block;min-height:1.5em;white-space:pre-wrap}
.key span{margin-right:1.2em}pre{white-space:pre-wrap}
"""

_SCRIPT = """
for (const chart of document.querySelectorAll("figure.chart")) {
  const data = JSON.parse(chart.querySelector("script").textContent);
  const svg = chart.querySelector("svg"), out = chart.querySelector("output"), mark = svg.querySelector(".mark");
  const place = (value, low, high, log) =>
    log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  const px = x => data.left + data.w * place(x, data.x[0], data.x[1], data.log);
  const py = y => data.top + data.h * (1 - place(y, data.y[0], data.y[1], false));
  svg.addEventListener("mousemove", event => {
    const box = svg.getBoundingClientRect();
    const mx = (event.clientX - box.left) * data.width / box.width;
    const my = (event.clientY - box.top) * data.height / box.height;
    let best = null, least = Infinity;
    data.series.forEach((series, s) => series.x.forEach((x, k) => {
      if (series.y[k] === null) return;
      const far = data.by === "x" ? Math.abs(px(x) - mx) : Math.hypot(px(x) - mx, py(series.y[k]) - my);
      if (far < least) { least = far; best = [s, k]; }
    }));
    if (!best) return;
    const [s, k] = best, x = data.series[s].x[k];
    const shown = data.by === "x" ? data.series.filter(other => other.x[k] === x) : [data.series[s]];
    out.textContent = data.xname + " " + x + ": " + shown.map(one => one.name + " " + one.y[k]).join(", ");
    mark.setAttribute("cx", px(x));
    mark.setAttribute("cy", py(data.series[s].y[k]));
    mark.setAttribute("visibility", "visible");
  });
}
document.documentElement.dataset.ready = "yes";
"""


@dataclass(frozen=True)
class Series:
    """A line of a graph: its name, x and y; what is not finite in y is a gap."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


def heading(text: str) -> str:
    """Return a heading."""
    return f"<h2>{escape(text)}</h2>"


def preformatted(text: str) -> str:
    """Return text with its lines kept."""
    return f"<pre>{escape(text)}</pre>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table: numbers with three decimals, the full value as a hover title."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            if not math.isfinite(value):
                return "<td>–</td>"
            return f'<td title="{value!r}">{value:.3f}</td>'
        return f"<td>{escape(str(value))}</td>"

    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def picture(path: str | os.PathLike[str], caption: str) -> str:
    """
    Return a PNG file as part of the page.

    Raises
    ------
    InputError
        If it cannot be read or is no PNG.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the picture {path}: {error.strerror}") from error
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise InputError(f"{path} is no PNG")
    text = base64.b64encode(data).decode()
    return (
        f'<figure><img alt="{escape(caption)}" src="data:image/png;base64,{text}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _ticks(low: float, high: float, log: bool) -> list[float]:
    if log:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        return [m * 10.0**d for d in decades for m in (1, 2, 5) if low <= m * 10.0**d <= high]
    raw = (high - low) / 6
    step = 10.0 ** math.floor(math.log10(raw))
    step *= next(m for m in (1, 2, 5, 10) if m * step >= raw)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _limits(values: Sequence[float], log: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low == high:
        return (low / 2, high * 2) if log else (low - 1, high + 1)
    return low, high


def chart(
    title: str, series: Sequence[Series], *, x_name: str, y_name: str, log_x: bool = False, points: bool = False
) -> str:
    """
    Return a graph; the numbers under the pointer are shown in full.

    Parameters
    ----------
    title : str
    series : sequence of Series
    x_name, y_name : str
        With units.
    log_x : bool
        Logarithmic x, for bitrates.
    points : bool
        Mark the points, and hover over the nearest one; else all series are read at the nearest x.

    Raises
    ------
    InputError
        If there is nothing finite to draw, or a logarithmic x is not positive.
    """
    xs = [float(x) for s in series for x in s.x]
    ys = [float(y) for s in series for y in s.y if math.isfinite(y)]
    if not ys or (log_x and min(xs) <= 0):
        raise InputError(f"the graph {title!r} has no finite value" if not ys else f"{x_name} must be positive")
    (x0, x1), (y0, y1) = _limits(xs, log_x), _limits(ys, False)
    w, h = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def px(x: float) -> float:
        return LEFT + w * (math.log(x / x0) / math.log(x1 / x0) if log_x else (x - x0) / (x1 - x0))

    def py(y: float) -> float:
        return TOP + h * (1 - (y - y0) / (y1 - y0))

    parts = []
    for x in _ticks(x0, x1, log_x):
        parts.append(f'<text x="{px(x):.1f}" y="{TOP + h + 16}" text-anchor="middle">{x:g}</text>')
    for y in _ticks(y0, y1, False):
        parts.append(f'<path d="M{LEFT} {py(y):.1f}h{w}" stroke="#e5e5e5"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{py(y) + 4:.1f}" text-anchor="end">{y:g}</text>')
    for k, s in enumerate(series):
        colour = COLOURS[k % len(COLOURS)]
        path, pen = [], "M"
        for x, y in zip(s.x, s.y, strict=True):
            if not math.isfinite(y):
                pen = "M"
                continue
            path.append(f"{pen}{px(x):.1f} {py(y):.1f}")
            pen = "L"
            if points:
                parts.append(f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3.5" fill="{colour}"/>')
        parts.append(f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    parts.append(f'<text x="{LEFT + w / 2}" y="{HEIGHT - 4}" text-anchor="middle">{escape(x_name)}</text>')
    parts.append(
        f'<text transform="translate(12 {TOP + h / 2}) rotate(-90)" text-anchor="middle">{escape(y_name)}</text>'
    )
    parts.append('<circle class="mark" r="5" fill="none" stroke="#000" visibility="hidden"/>')
    key = "".join(
        f'<span><b style="color:{COLOURS[k % len(COLOURS)]}">&#9632;</b> {escape(s.name)}</span>'
        for k, s in enumerate(series)
    )
    data = {
        "width": WIDTH, "height": HEIGHT, "left": LEFT, "top": TOP, "w": w, "h": h,
        "x": [x0, x1], "y": [y0, y1], "log": log_x, "by": "point" if points else "x", "xname": x_name,
        "series": [
            {"name": s.name, "x": [_plain(x) for x in s.x], "y": [_plain(y) for y in s.y]} for s in series
        ],
    }  # fmt: skip
    text = json.dumps(data, allow_nan=False).replace("<", "\\u003c")
    return (
        f'<figure class="chart"><figcaption>{escape(title)}</figcaption><div class="key">{key}</div>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
        f'<output></output><script type="application/json">{text}</script></figure>'
    )


def _plain(value: Any) -> int | float | None:
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def page(title: str, parts: Iterable[str]) -> str:
    """Put parts made by the functions here together."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>\n"
        + "\n".join(parts)
        + f"\n<script>{_SCRIPT}</script></body></html>\n"
    )


def result_page(result: ScoreResult, *, pictures: Mapping[int, str | os.PathLike[str]] | None = None) -> str:
    """
    Return a page about one scoring.

    Parameters
    ----------
    result : ScoreResult
    pictures : mapping of int to path-like, optional
        PNG files by frame number, as `vmafpy.export_frames` writes them of ``result.worst()``.

    Raises
    ------
    InputError
        If a picture cannot be read.
    """
    facts = result.provenance
    head = ("", "mean", "harmonic mean", "min", "max", "1 %", "5 %")
    rows = {
        name: (name, s.mean, s.harmonic_mean, s.min, s.max, s.percentile(1), s.percentile(5))
        for name, s in (*result.models.items(), *result.features.items())
    }
    x = [int(k) for k in result.indices]
    parts = [f"<p>{escape(text)}</p>" for text in result.warnings]
    if result.models:
        lines = [Series(name, x, s.values.tolist()) for name, s in result.models.items()]
        parts.append(table(head, [rows[name] for name in result.models]))
        parts.append(chart("Score of every frame", lines, x_name="frame", y_name="score"))
    for number, path in (pictures or {}).items():
        where = x.index(number) if number in x else None
        words = ", ".join(f"{n} {s.values[where]:.3f}" for n, s in result.models.items()) if where is not None else ""
        parts.append(picture(path, f"Frame {number}, reference left, distorted right: {words}"))
    if result.features:
        parts += [heading("Features"), table(head, [rows[name] for name in result.features])]
    for name, s in result.features.items():
        if any(map(math.isfinite, s.values.tolist())):
            parts.append(chart(name, [Series(name, x, s.values.tolist())], x_name="frame", y_name=name))
    about = {
        "reference": facts.reference,
        "distorted": facts.distorted,
        "pictures": f"{facts.width}x{facts.height} {facts.pix_fmt}, {result.n_frames} frames",
        "conversion": facts.conversion or "none",
        "library": f"{facts.library} {facts.library_version}",
    }
    parts.append(table(("", ""), about.items()))
    return page(f"{facts.distorted} against {facts.reference}", parts)


def comparison_page(found: Comparison) -> str:
    """Return a page about codecs over their ladders: BD figures, a curve per metric, all points."""
    parts = [preformatted(found.verdict())]
    metrics: list[str] = []
    for codec, figures in found.bd_rate.items():
        metrics = list(figures)
        rows = [
            (m, *(v if isinstance(v, str) else float(v) for v in (figures[m], found.bd_quality[codec][m])))
            for m in figures
        ]
        parts += [heading(f"{codec} against {found.anchor}"), table(("metric", "BD-rate, %", "BD-quality"), rows)]
    for metric in metrics:
        lines = [Series(codec, *found.points(codec, metric)) for codec in found.encodes]
        parts.append(chart(metric, lines, x_name="kbit/s", y_name=metric, log_x=True, points=True))
    for codec, encodes in found.encodes.items():
        rows = [(str(e.crf), e.kbps, *(e.score(m) for m in metrics)) for e in encodes]
        parts += [heading(codec), table(("CRF", "kbit/s", *metrics), rows)]
    return page("Codecs compared", parts)


def study_page(study: FilterStudy) -> str:
    """Return a page about a filter: the verdict, gains per CRF, both curves of every clip and metric."""
    parts = [preformatted(study.verdict())]
    head = ("encoder", "CRF", "metric", "baseline", "gain", "median", "stddev", "worst", "best", "at equal rate")
    rows = [
        (g.encoder, str(g.crf), g.metric, g.baseline, g.mean, g.median, g.stddev, g.worst, g.best, g.at_equal_rate)
        for g in study.gains
    ]
    parts += [heading("Gain: with the filter minus without, both against the original"), table(head, rows)]
    for key, plain in study.plain.items():
        parts.append(heading(f"{key[0]}, {key[1]}"))
        figures = study.bd_rate[key]
        rates = [(m, v if isinstance(v, str) else float(v)) for m, v in figures.items()]
        parts.append(table(("metric", "BD-rate, %"), rates))
        for metric in figures:
            lines = [
                Series(name, [e.kbps for e in encodes], [e.score(metric) for e in encodes])
                for name, encodes in (("as it is", plain), (study.filter, study.filtered[key]))
            ]
            parts.append(chart(metric, lines, x_name="kbit/s", y_name=metric, log_x=True, points=True))
    return page(f"Filter study: {study.filter}", parts)


def write_page(text: str, path: str | os.PathLike[str]) -> None:
    """
    Write a page; the file appears whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    with atomic_write(path) as file:
        file.write(text)
