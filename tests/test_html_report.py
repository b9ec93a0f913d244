"""HTML pages: self-contained, their numbers are the result's, and a browser shows them."""

from __future__ import annotations

import base64
import html.parser
import json
import math
import shutil
import subprocess

import numpy as np
import pytest
from support import missing

import vmafpy
from vmafpy import cli
from vmafpy.errors import InputError
from vmafpy.report import html as report
from vmafpy.studies.encode import x264
from vmafpy.studies.filters import filter_study
from vmafpy.studies.trial import Bench, Source
from vmafpy.studies.tune import compare

pytestmark = pytest.mark.filterwarnings("ignore::vmafpy.VmafWarning")
FAST = x264(preset="ultrafast")


class Page(html.parser.HTMLParser):
    """Tables as lists of rows (the full value where a cell has one), graphs' data, pictures, all addresses."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.charts, self.images, self.addresses = [], [], [], []
        self.open = []
        self._json = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.addresses += [v for k, v in attributes if k in ("src", "href", "action", "data", "srcset")]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append(values.get("title", ""))
        elif tag == "img":
            self.images.append(base64.b64decode(values["src"].partition("base64,")[2]))
        elif tag == "script":
            self._json = values.get("type") == "application/json"
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self._json = False

    def handle_data(self, text):
        if self._json:
            self.charts.append(json.loads(text))
        elif self.open and self.open[-1] in ("td", "th") and not self.tables[-1][-1][-1]:
            self.tables[-1][-1][-1] = text


def self_contained(page, text):
    assert not page.open
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert "http" not in text
    assert "@import" not in text


@pytest.fixture(scope="session")
def pair(clips, tmp_path_factory):
    """Eight frames of bikes, and the same at CRF 40, as files."""
    import av

    folder = tmp_path_factory.mktemp("html")
    out = []
    for name, options in (("a", {"qp": "0"}), ("b<i>", {"crf": "40"})):
        path = folder / f"{name}.mkv"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25, options={**options, "preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = 192, 108, "yuv420p"
            for frame in Source(clips["bikes"], frames=(10, 18), size=(192, 108)).read():
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        out.append(str(path))
    return out


@pytest.fixture(scope="session")
def written(pair, tmp_path_factory):
    """The command's page, and the result by the API."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    assert cli.main(["score", "-r", pair[0], "-d", pair[1], "--feature", "psnr", "--html", str(path), "-q"]) == 0
    return path, vmafpy.score(reference=pair[0], distorted=pair[1], features="psnr")


def test_the_numbers_are_the_results(written, pair, tmp_path):
    """Pooled values and per-frame graphs hold the result's doubles, the pictures are the worst frames."""
    path, result = written
    text = path.read_text()
    page = Page(text)
    self_contained(page, text)
    assert "b<i>" not in text
    pooled = {row[0]: [float(v) for v in row[1:]] for row in page.tables[0][1:] + page.tables[1][1:]}
    for name, s in (*result.models.items(), *result.features.items()):
        assert pooled[name] == [s.mean, s.harmonic_mean, s.min, s.max, s.percentile(1), s.percentile(5)]
    drawn = {series["name"]: series for chart in page.charts for series in chart["series"]}
    for name, s in (*result.models.items(), *result.features.items()):
        assert drawn[name]["x"] == s.indices.tolist()
        np.testing.assert_array_equal(np.array(drawn[name]["y"], float), s.values)
    worst = sorted(frame for frame, _ in result.worst(3))
    files = vmafpy.export_frames(worst, tmp_path, reference=pair[0], distorted=pair[1])
    assert page.images == [file.read_bytes() for file in files]


def test_a_browser_renders_it(written):
    """Headless Chromium draws every graph, and hovering shows the frame's numbers, those of the result."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        missing("there is no Chromium here (Debian: apt-get install chromium)")
    path, result = written
    hover = """
    <script>
      const svg = document.querySelector("figure.chart svg"), box = svg.getBoundingClientRect();
      document.documentElement.dataset.size = Math.round(box.width) + "x" + Math.round(box.height);
      svg.dispatchEvent(new MouseEvent("mousemove", {clientX: box.right - 2, clientY: box.top + 9, bubbles: true}));
    </script>"""
    probe = path.with_name("probe.html")
    probe.write_text(path.read_text().replace("</body>", f"{hover}</body>"))
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom"]
    command += [f"--user-data-dir={path.parent}/profile", "--window-size=1000,900", probe.as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert 'data-ready="yes"' in run.stdout
    width, height = map(int, run.stdout.partition('data-size="')[2].partition('"')[0].split("x"))
    assert width > 800
    assert height > 200
    shown = run.stdout.partition("<output>")[2].partition("</output>")[0]
    last = {name: float(s.values[-1]) for name, s in result.models.items()}
    words, _, values = shown.partition(": ")
    assert words == f"frame {result.indices[-1]}"
    assert {n: float(v) for n, v in (part.split(" ") for part in values.split(", "))} == last


def test_comparison_and_study(clips):
    """Points of every curve and BD figures are those of the objects."""
    source = Source(clips["bikes"], frames=(10, 14), size=(192, 108))
    codecs = {"a": (FAST, (24, 30, 36, 42)), "b": (x264(preset="veryfast"), (24, 30, 36, 42))}
    found = compare(Bench(source, features="psnr"), codecs)
    text = report.comparison_page(found)
    page = Page(text)
    self_contained(page, text)
    assert float(page.tables[0][1][1]) == float(found.bd_rate["b"]["vmaf_v0.6.1"])
    assert [s["y"] for s in page.charts[0]["series"]] == [found.points(c, "vmaf_v0.6.1")[1] for c in codecs]
    study = filter_study([source], "unsharp", [FAST], [30, 40], features="psnr")
    text = report.study_page(study)
    page = Page(text)
    self_contained(page, text)
    gains = [(row[2], float(row[4])) for row in page.tables[0][1:]]
    assert gains == [(g.metric, g.mean) for g in study.gains]


def test_gaps_and_strange_names():
    """A value that is not finite is a gap; names cannot end the script."""
    text = report.page("t", [report.chart("c", [report.Series("</script>", [0, 1, 2], [1, math.nan, 2])],
                                          x_name="frame", y_name="y")])  # fmt: skip
    page = Page(text)
    assert page.charts[0]["series"] == [{"name": "</script>", "x": [0, 1, 2], "y": [1, None, 2]}]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda p: report.picture(p / "no.png", ""), "cannot read the picture"),
        (lambda p: report.picture(__file__, ""), "is no PNG"),
        (lambda p: report.write_page("", "/nowhere/page.html"), "cannot write"),
        (lambda p: report.chart("c", [report.Series("s", [1], [math.nan])], x_name="", y_name=""), "no finite value"),
        (lambda p: report.chart("c", [report.Series("s", [0], [1])], x_name="r", y_name="", log_x=True), "positive"),
    ],
)
def test_bad_input(tmp_path, call, match):
    """One clear error each."""
    with pytest.raises(InputError, match=match):
        call(tmp_path)
