"""
Times of the statistics that had to be vectorised: ``python benchmarks/bench_stats.py`` prints a JSON row each.

One core: set OPENBLAS_NUM_THREADS=1. Memory is the peak of the whole process after the row, so rows go from small to
large.
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import scipy

from vmafpy import stats

REPEATS = 5


def study(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    mos = rng.uniform(1, 5, n)
    return mos + rng.normal(0, 0.5, n), mos, rng.uniform(0.1, 0.5, n)


def row(name: str, shape: str, call: Callable[[], object], repeats: int = REPEATS) -> None:
    times, cpu = [], []
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        call()
        times.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    quartiles = statistics.quantiles(times, n=4) if repeats > 1 else [times[0]] * 3
    print(
        json.dumps(
            {
                "row": f"stats/{name}",
                "shape": shape,
                "unit": "s",
                "median": round(quartiles[1], 4),
                "q1": round(quartiles[0], 4),
                "q3": round(quartiles[2], 4),
                "cpu_s": round(statistics.median(cpu), 4),
                "repeats": repeats,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "cpu": platform.processor() or platform.machine(),
                "python": platform.python_version(),
                "numpy": np.__version__,
                "scipy": scipy.__version__,
            }
        ),
        flush=True,
    )


def main() -> None:
    x, y, ci = study(1000)
    five = ("plcc", "srcc", "kendall_tau_b", "tau_b95", "rmse")
    row("import", "baseline memory", lambda: None)
    row("tau_b95", "n=1000", lambda: stats.tau_b95(x, y, ci))
    row(
        "bootstrap",
        "n=1000 draws=10000 coefficients=5",
        lambda: stats.bootstrap({"x": x}, y, ci=ci, statistics=five, n_draws=10_000),
        3,
    )
    x2, y2, ci2 = study(10_000)
    row("tau_b95", "n=10000", lambda: stats.tau_b95(x2, y2, ci2))
    row("tau_b95", "n=10000, ci=1", lambda: stats.tau_b95(x2, y2, np.ones(10_000)))
    row("tau_b_pairwise", "n=10000", lambda: stats.tau_b_pairwise(x2, y2, ci2), 1)
    row("fit_mapping/logistic5", "n=1000", lambda: stats.fit_mapping(x, y, "logistic5"), 3)


if __name__ == "__main__":
    main()
