"""Perceptual video quality: VMAF, VMAF NEG, PSNR, SSIM and MS-SSIM, and the statistics to trust them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vmafpy.errors import VmafError, VmafWarning

if TYPE_CHECKING:
    from vmafpy import stats
    from vmafpy.agreement import metric_agreement
    from vmafpy.batch import Job, score_many
    from vmafpy.evaluation import evaluate
    from vmafpy.export import export_frames
    from vmafpy.frames import ArrayVideo, Crop, RawVideo, VideoFile
    from vmafpy.metrics import METRICS
    from vmafpy.models import Model, choose_model, load_model
    from vmafpy.offset import find_offset
    from vmafpy.report.study import Evaluation
    from vmafpy.results import ScoreResult
    from vmafpy.scorer import Scorer
    from vmafpy.scoring import score
    from vmafpy.several import SeveralScorer
    from vmafpy.studies import filters, tune
    from vmafpy.windows import score_windows

__version__ = "0.1.0"

__all__ = [
    "METRICS",
    "ArrayVideo",
    "Crop",
    "Evaluation",
    "Job",
    "Model",
    "RawVideo",
    "ScoreResult",
    "Scorer",
    "SeveralScorer",
    "VideoFile",
    "VmafError",
    "VmafWarning",
    "__version__",
    "choose_model",
    "evaluate",
    "export_frames",
    "filters",
    "find_offset",
    "load_model",
    "metric_agreement",
    "score",
    "score_many",
    "score_windows",
    "stats",
    "tune",
]

# Everything with a dependency is imported on first use, so that `import vmafpy` stays light.
_HOMES = {
    "METRICS": "vmafpy.metrics",
    "ArrayVideo": "vmafpy.frames",
    "Crop": "vmafpy.frames",
    "Evaluation": "vmafpy.report.study",
    "Job": "vmafpy.batch",
    "Model": "vmafpy.models",
    "RawVideo": "vmafpy.frames",
    "ScoreResult": "vmafpy.results",
    "Scorer": "vmafpy.scorer",
    "SeveralScorer": "vmafpy.several",
    "VideoFile": "vmafpy.frames",
    "metric_agreement": "vmafpy.agreement",
    "choose_model": "vmafpy.models",
    "evaluate": "vmafpy.evaluation",
    "export_frames": "vmafpy.export",
    "find_offset": "vmafpy.offset",
    "load_model": "vmafpy.models",
    "score": "vmafpy.scoring",
    "score_many": "vmafpy.batch",
    "score_windows": "vmafpy.windows",
}

_ROOMS = {
    "filters": "vmafpy.studies.filters",
    "stats": "vmafpy.stats",
    "tune": "vmafpy.studies.tune",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(_ROOMS[name])
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
