"""The embedded engine, at any instruction level of the machine."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.contenders.binding import Binding

LABEL = "vmafpy"


@dataclass(frozen=True)
class Embedded(Binding):
    """The engine with the levels of *cpumask* taken away."""

    def version(self) -> str:
        from vmafpy.capi import Library

        return Library.embedded().version


def embedded(cpumask: int = 0, label: str = LABEL) -> Embedded:
    return Embedded(label, "embedded", cpumask)
