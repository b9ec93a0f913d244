"""Arrays in, frozen results out: pooling, BD-rate, agreement with subjective scores, significance."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmafpy.stats import pooling, subjective
    from vmafpy.stats.agreement import mae, outlier_ratio, rmse, rmse_star, z_rmse
    from vmafpy.stats.bdrate import (
        BDMean,
        BDResult,
        bd_mean,
        bd_quality,
        bd_rate,
        bd_rate_subjective,
        rate_difference_at,
    )
    from vmafpy.stats.correlation import (
        bonett_wright_interval,
        fieller_interval,
        fisher_interval,
        kendall_tau_b,
        plcc,
        srcc,
    )
    from vmafpy.stats.curves import Curve, make_curve
    from vmafpy.stats.krasula import (
        PairAnalysis,
        ResolvingPower,
        analyse_differences,
        analyse_pairs,
        auc,
        delong,
        resolving_power,
    )
    from vmafpy.stats.mapping import MAPPINGS, Mapping, fit_mapping
    from vmafpy.stats.resample import Difference, Draws, bootstrap, bootstrap_any
    from vmafpy.stats.significance import (
        Comparison,
        compare_correlations,
        compare_dependent,
        compare_independent,
        compare_rmse,
        holm,
        paired_bootstrap,
        paired_t,
    )
    from vmafpy.stats.tau95 import tau_b95, tau_b95_ceiling, tau_b95_ranks, tau_b_pairwise
    from vmafpy.stats.values import Coefficient, ErrorMeasure, Interval

# scipy is imported on first use, so that a scoring does not wait for it.
_HOMES = {
    "agreement": ("mae", "outlier_ratio", "rmse", "rmse_star", "z_rmse"),
    "bdrate": (
        "BDMean",
        "BDResult",
        "bd_mean",
        "bd_quality",
        "bd_rate",
        "bd_rate_subjective",
        "rate_difference_at",
    ),
    "resample": ("Difference", "Draws", "bootstrap", "bootstrap_any"),
    "correlation": (
        "bonett_wright_interval",
        "fieller_interval",
        "fisher_interval",
        "kendall_tau_b",
        "plcc",
        "srcc",
    ),
    "curves": ("Curve", "make_curve"),
    "krasula": (
        "PairAnalysis",
        "ResolvingPower",
        "analyse_differences",
        "analyse_pairs",
        "auc",
        "delong",
        "resolving_power",
    ),
    "mapping": ("MAPPINGS", "Mapping", "fit_mapping"),
    "significance": (
        "Comparison",
        "compare_correlations",
        "compare_dependent",
        "compare_independent",
        "compare_rmse",
        "holm",
        "paired_bootstrap",
        "paired_t",
    ),
    "tau95": ("tau_b95", "tau_b95_ceiling", "tau_b95_ranks", "tau_b_pairwise"),
    "values": ("Coefficient", "ErrorMeasure", "Interval"),
}
_MODULE = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "MAPPINGS",
    "BDMean",
    "BDResult",
    "Coefficient",
    "Comparison",
    "Curve",
    "Difference",
    "Draws",
    "ErrorMeasure",
    "Interval",
    "Mapping",
    "PairAnalysis",
    "ResolvingPower",
    "analyse_differences",
    "analyse_pairs",
    "auc",
    "bd_mean",
    "bd_quality",
    "bd_rate",
    "bd_rate_subjective",
    "bonett_wright_interval",
    "bootstrap",
    "bootstrap_any",
    "compare_correlations",
    "compare_dependent",
    "compare_independent",
    "compare_rmse",
    "delong",
    "fieller_interval",
    "fisher_interval",
    "fit_mapping",
    "holm",
    "kendall_tau_b",
    "mae",
    "make_curve",
    "outlier_ratio",
    "paired_bootstrap",
    "paired_t",
    "plcc",
    "pooling",
    "rate_difference_at",
    "resolving_power",
    "rmse",
    "rmse_star",
    "srcc",
    "subjective",
    "tau_b95",
    "tau_b95_ceiling",
    "tau_b95_ranks",
    "tau_b_pairwise",
    "z_rmse",
]


def __getattr__(name: str) -> Any:
    if name in ("pooling", "subjective"):
        return import_module(f"{__name__}.{name}")
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
