"""How far a score is: a bar, or a function of the caller's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = "bool | Callable[[int, int | None], object] | None"


def reporter(progress: Progress, total: int | None) -> Callable[[int], None]:
    """Return a function of the frames done; -1 ends the report."""
    if not progress:
        return lambda done: None
    if callable(progress):
        call = progress
        return lambda done: None if done < 0 else (call(done, total), None)[1]
    from tqdm import tqdm

    bar = tqdm(total=total, unit="frame", desc="scoring")

    def report(done: int) -> None:
        if done < 0:
            bar.close()
        else:
            bar.update(1)

    return report
