"""What a scoring gives: per-frame scores, pooled values, and where every number came from."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from vmafpy.atomic import atomic_write
from vmafpy.errors import InputError
from vmafpy.frame_scores import BootstrapScores, FloatArray, FrameScores, IntArray, ScoreMap, frozen

if TYPE_CHECKING:
    import pandas as pd

PathLike: TypeAlias = "str | os.PathLike[str]"

SCHEMA = 1  # of the "vmafpy" block in JSON files


@dataclass(frozen=True, slots=True)
class Provenance:
    """
    Where the scores came from.

    Attributes
    ----------
    library : str
        ``"embedded"``, or ``"libvmaf"``.
    library_version, library_path : str
        As the library reports; the path is empty for the embedded engine.
    vmafpy_version : str
    models : tuple of dict
        Identifier, file, SHA-256, options of each model, in the order asked for.
    features : tuple of dict
        Name and options of each extra feature.
    reference, distorted : str
        Paths, or what the frames were called.
    width, height : int
        Luma samples of the pictures scored.
    pix_fmt : str
        FFmpeg's name of the format scored.
    bit_depth : int
        Bits per sample scored.
    conversion : str
        What was done to the pictures before scoring; empty for nothing.
    pairing : str
        How frames were paired.
    offset : int
        Distorted frame ``i + offset`` was paired with reference frame ``i``.
    n_frames : int
        Frame pairs read.
    n_subsample : int
        Every n-th frame was scored.
    n_threads : int
        Workers of the library; 0 for the calling thread alone.
    frames_shared, frames_copied : int
        Pictures handed to the library by address, and copied into its memory.
    copy_reasons : dict of str to int
        Why pictures were copied, and how many.
    """

    library: str
    library_version: str
    vmafpy_version: str
    models: tuple[dict[str, Any], ...]
    features: tuple[dict[str, Any], ...]
    reference: str
    distorted: str
    width: int
    height: int
    pix_fmt: str
    bit_depth: int
    n_frames: int
    library_path: str = ""
    conversion: str = ""
    pairing: str = "by index"
    offset: int = 0
    n_subsample: int = 1
    n_threads: int = 0
    frames_shared: int = 0
    frames_copied: int = 0
    copy_reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ScoreResult:
    """
    The scores of one distorted video against its reference.

    Attributes
    ----------
    models : ScoreMap
        By model identifier; aliases such as ``"neg"`` work too.
    features : ScoreMap
        By the names libvmaf's reports print, such as ``"integer_adm2"`` or ``"psnr_y"``.
    provenance : Provenance
    aggregates : dict of str to float
        Whole-sequence values such as ``apsnr_y``; they are no mean of per-frame scores.
    warnings : tuple of str
        What was noticed about the input, in words.
    fps : float
        Frame pairs per second of wall time, decoding included.
    """

    models: ScoreMap
    features: ScoreMap
    provenance: Provenance
    aggregates: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    fps: float = math.nan

    @property
    def vmaf(self) -> float:
        """Mean of the first model over the scored frames, VMAF points."""
        if not self.models:
            raise InputError("no model was scored; ask for one with models=...")
        return next(iter(self.models.values())).mean

    @property
    def n_frames(self) -> int:
        """Scored frames."""
        return len(self.indices)

    @property
    def indices(self) -> IntArray:
        """Frame number of each scored frame."""
        for scores in (*self.models.values(), *self.features.values()):
            return scores.indices
        return np.empty(0, np.int64)

    def window(self, first: int, end: int | None = None, start: int = 0) -> ScoreResult:
        """
        Return the scores of some frames.

        Parameters
        ----------
        first, end : int
            Half-open range of frame numbers; *end* None for the last.
        start : int
            Number of the first frame read, which is added to all frame numbers before.

        Whole-sequence values are left out unless the window is the whole.
        """
        numbers = self.indices + start
        keep = (numbers >= first) & (numbers < (np.inf if end is None else end))
        if keep.all() and not start:
            return self

        def cut(scores: FrameScores) -> FrameScores:
            arrays: dict[str, Any] = {
                f.name: getattr(scores, f.name)[keep] for f in fields(scores) if f.name not in ("name", "indices")
            }
            return replace(scores, indices=numbers[keep], **arrays)

        return replace(
            self,
            models=ScoreMap({name: cut(s) for name, s in self.models.items()}, self.models.aliases),
            features=ScoreMap({name: cut(s) for name, s in self.features.items()}),
            aggregates={},
        )

    @staticmethod
    def join(segments: Iterable[ScoreResult]) -> ScoreResult:
        """
        Put the results of consecutive ranges of one video together.

        Raises
        ------
        InputError
            If ranges overlap, or the segments were scored with other features, or do not compare: see
            `require_comparable`.
        """
        parts = sorted((s for s in segments if s.n_frames), key=lambda s: int(s.indices[0]))
        if not parts:
            raise InputError("there is no segment with scores to join")
        first = parts[0]
        require_comparable(parts)
        for part in parts[1:]:
            for fact in ("features", "n_subsample", "conversion"):
                ours, theirs = getattr(first.provenance, fact), getattr(part.provenance, fact)
                if ours != theirs:
                    raise InputError(f"segments cannot be joined: {fact} is {ours!r} in one and {theirs!r} in another")
        indices = np.concatenate([part.indices for part in parts])
        if (np.diff(indices) <= 0).any():
            raise InputError(f"segments cannot be joined: frame {int(indices[1:][np.diff(indices) <= 0][0])} is in two")

        def joined(pick: Callable[[ScoreResult], ScoreMap], name: str) -> FrameScores:
            scores = [pick(part)[name] for part in parts]
            arrays: dict[str, Any] = {
                f.name: np.concatenate([getattr(s, f.name) for s in scores])
                for f in fields(scores[0])
                if f.name not in ("name", "indices")
            }
            return replace(scores[0], indices=indices, **arrays)

        totals = ("n_frames", "frames_shared", "frames_copied")
        facts: dict[str, Any] = {name: sum(getattr(part.provenance, name) for part in parts) for name in totals}
        reasons: dict[str, int] = {}
        for part in parts:
            for reason, count in part.provenance.copy_reasons.items():
                reasons[reason] = reasons.get(reason, 0) + count
        return ScoreResult(
            models=ScoreMap({n: joined(lambda r: r.models, n) for n in first.models}, first.models.aliases),
            features=ScoreMap({n: joined(lambda r: r.features, n) for n in first.features}),
            provenance=replace(
                first.provenance, **facts, copy_reasons=reasons, pairing=f"{len(parts)} segments joined"
            ),
            warnings=tuple(dict.fromkeys(w for part in parts for w in part.warnings)),
        )

    def worst(self, n: int = 5, *, model: str | None = None, apart: int = 1) -> list[tuple[int, float]]:
        """
        Return the *n* lowest-scoring frames, worst first, as (frame number, score).

        Parameters
        ----------
        n : int
        model : str, optional
            Model or feature; the first model if None.
        apart : int
            Least distance of two frames of the answer, so that one bad moment is named once.
        """
        if model is None:
            scores = next(iter(self.models.values()), None)
        else:
            scores = self.models[model] if model in self.models else self.features[model]
        if scores is None:
            raise InputError("no model was scored; name a feature")
        found: list[tuple[int, float]] = []
        for k in np.argsort(scores.values, kind="stable"):
            frame = int(scores.indices[k])
            if len(found) < n and all(abs(frame - other) >= apart for other, _ in found):
                found.append((frame, float(scores.values[k])))
        return found

    def columns(self) -> dict[str, FloatArray]:
        """All per-frame columns by libvmaf's names: features first, then models, the first of which is ``vmaf``."""
        out: dict[str, FloatArray] = {}
        for name, scores in self.features.items():
            out.update(scores.columns(name))
        for name, scores in zip(self._log_names(), self.models.values(), strict=True):
            out.update(scores.columns(name))
        return out

    def _log_names(self) -> list[str]:
        return ["vmaf" if i == 0 else name for i, name in enumerate(self.models)]

    def to_dict(self) -> dict[str, Any]:
        """
        Return libvmaf's JSON log as plain types, our own facts under the key ``vmafpy``.

        Non-finite numbers are None, as strict JSON wants, and counted in ``vmafpy.non_finite``.
        """
        columns = self.columns()
        non_finite: dict[str, dict[str, str]] = {}
        for name, values in columns.items():
            bad = np.flatnonzero(~np.isfinite(values))
            if len(bad):
                non_finite[name] = {str(int(self.indices[i])): str(float(values[i])) for i in bad}
        lists = {name: [_finite(v) for v in values.tolist()] for name, values in columns.items()}
        return {
            "version": self.provenance.library_version,
            "fps": _finite(self.fps),
            "frames": [
                {"frameNum": int(index), "metrics": {name: values[k] for name, values in lists.items()}}
                for k, index in enumerate(self.indices)
            ],
            "pooled_metrics": {
                name: {k: _finite(v) for k, v in FrameScores(name, values, self.indices).pooled().items()}
                for name, values in columns.items()
                if len(values)
            },
            "aggregate_metrics": {name: _finite(value) for name, value in self.aggregates.items()},
            "vmafpy": {
                "schema": SCHEMA,
                "models": dict(zip(self._log_names(), self.models, strict=True)),
                "aliases": self.models.aliases,
                "bootstrap": [n for n, s in self.models.items() if isinstance(s, BootstrapScores)],
                "provenance": asdict(self.provenance),
                "warnings": list(self.warnings),
                "non_finite": non_finite,
                "non_finite_aggregates": {
                    name: str(value) for name, value in self.aggregates.items() if not math.isfinite(value)
                },
            },
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> ScoreResult:
        """
        Rebuild a result from `to_dict`, every number as it was.

        Raises
        ------
        InputError
            If the document was not made by `to_dict`, or by a newer version.
        """
        ours = document.get("vmafpy")
        if not isinstance(ours, Mapping) or ours.get("schema") != SCHEMA:
            raise InputError(
                "this is no result of vmafpy" if ours is None else f"schema {ours.get('schema')!r} is not {SCHEMA}"
            )
        frames = document["frames"]
        indices = frozen([frame["frameNum"] for frame in frames], np.int64)
        names = list(frames[0]["metrics"]) if frames else []
        columns = {}
        for name in names:
            marks = ours["non_finite"].get(name, {})
            columns[name] = frozen(
                [
                    float(marks[str(frame["frameNum"])]) if frame["metrics"][name] is None else frame["metrics"][name]
                    for frame in frames
                ],
                np.float64,
            )
        models: dict[str, FrameScores] = {}
        for log_name, model in ours["models"].items():
            values = columns.pop(log_name, frozen([], np.float64))
            if model in ours["bootstrap"]:
                parts = [
                    columns.pop(f"{log_name}_{part}", frozen([], np.float64))
                    for part in ("bagging", "stddev", "ci_p95_lo", "ci_p95_hi")
                ]
                models[model] = BootstrapScores(model, values, indices, *parts)
            else:
                models[model] = FrameScores(model, values, indices)
        known = {f.name for f in fields(Provenance)}
        facts = {key: value for key, value in ours["provenance"].items() if key in known}
        for key in ("models", "features"):
            facts[key] = tuple(facts[key])
        aggregates = dict(document["aggregate_metrics"])
        aggregates.update({name: float(text) for name, text in ours["non_finite_aggregates"].items()})
        fps = document["fps"]
        return cls(
            models=ScoreMap(models, ours["aliases"]),
            features=ScoreMap({name: FrameScores(name, values, indices) for name, values in columns.items()}),
            provenance=Provenance(**facts),
            aggregates=aggregates,
            warnings=tuple(ours["warnings"]),
            fps=math.nan if fps is None else fps,
        )

    def to_json(self, path: PathLike | None = None) -> str:
        """
        Return libvmaf's JSON log at full precision, and write it to *path* if given.

        The file appears whole or not at all.
        """
        text = json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"
        if path is not None:
            with atomic_write(path) as file:
                file.write(text)
        return text

    @classmethod
    def from_json(cls, path: PathLike) -> ScoreResult:
        """
        Load a result saved by `to_json`.

        Raises
        ------
        InputError
            If the file is no result of this package.
        """
        try:
            document = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"cannot load a result from {path}: {error}") from error
        if not isinstance(document, dict):
            raise InputError(f"cannot load a result from {path}: it holds a JSON {type(document).__name__}")
        return cls.from_dict(document)

    def to_csv(self, path: PathLike | None = None) -> str:
        """Return one row per frame under libvmaf's header (``Frame,<names>,``), and write it to *path* if given."""
        columns = self.columns()
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["Frame", *columns, ""])
        for k, index in enumerate(self.indices):
            writer.writerow([int(index), *(repr(float(values[k])) for values in columns.values()), ""])
        return _written(out.getvalue(), path)

    def to_xml(self, path: PathLike | None = None) -> str:
        """Return libvmaf's XML log at full precision, and write it to *path* if given."""
        columns = self.columns()
        root = ET.Element("VMAF", version=self.provenance.library_version)
        ET.SubElement(
            root,
            "params",
            qualityWidth=str(self.provenance.width),
            qualityHeight=str(self.provenance.height),
        )
        ET.SubElement(root, "fyi", fps=f"{self.fps:.2f}")
        frames = ET.SubElement(root, "frames")
        for k, index in enumerate(self.indices):
            values = {name: repr(float(column[k])) for name, column in columns.items()}
            ET.SubElement(frames, "frame", {"frameNum": str(int(index)), **values})
        pooled = ET.SubElement(root, "pooled_metrics")
        for name, column in columns.items():
            if len(column):
                values = {k: repr(v) for k, v in FrameScores(name, column, self.indices).pooled().items()}
                ET.SubElement(pooled, "metric", {"name": name, **values})
        ET.SubElement(root, "aggregate_metrics", {name: repr(v) for name, v in self.aggregates.items()})
        ET.indent(root)
        return _written(ET.tostring(root, encoding="unicode") + "\n", path)

    def to_pandas(self) -> pd.DataFrame:
        """
        Return a data frame: a row per scored frame, a column per score, models under their identifiers.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            from vmafpy.errors import MissingExtraError

            raise MissingExtraError("to_pandas() needs pandas: pip install 'vmafpy[pandas]'") from error
        columns: dict[str, FloatArray] = {}
        for name, scores in (*self.features.items(), *self.models.items()):
            columns.update(scores.columns(name))
        frame: pd.DataFrame = pd.DataFrame(columns, index=pd.Index(self.indices, name="frame"))
        return frame

    def __repr__(self) -> str:
        means = ", ".join(f"{name}={scores.mean:.3f}" for name, scores in self.models.items() if len(scores))
        return f"<ScoreResult of {self.n_frames} frames: {means or 'no model'}; {len(self.features)} features>"


#: Facts of provenance that have to agree before two scores may be compared.
COMPARABLE = ("library", "library_version", "models", "width", "height", "pix_fmt", "bit_depth")


def require_comparable(results: Iterable[ScoreResult]) -> None:
    """
    Require that results were made in one way, so that their scores may be compared, averaged or put on one curve.

    Library and version, models with their files' checksums and options, and size and format of the pictures scored
    have to agree; `COMPARABLE` lists the facts. What was done to the pictures before may differ: the rungs of a ladder
    are scaled up from several sizes.

    Raises
    ------
    InputError
        With the first fact that differs, and both values.
    """
    found = list(results)
    for other in found[1:]:
        for fact in COMPARABLE:
            ours, theirs = (getattr(r.provenance, fact) for r in (found[0], other))
            if ours != theirs:
                raise InputError(
                    f"these results do not compare: {fact} is {ours!r} in one and {theirs!r} in another; score both in "
                    "one way"
                )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _written(text: str, path: PathLike | None) -> str:
    if path is not None:
        with atomic_write(path) as file:
            file.write(text)
    return text
