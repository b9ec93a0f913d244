"""
Runs one command on given cores and reports what it used: ``launch.py REPORT-FD CORES COMMAND...``.

A program of its own, and a small one: the kernel counts what a process held before it became the command among the
command's peak memory, so the peak of a child of anything large would be that of its parent.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> int:
    report, cores, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [int(core) for core in cores.split(",")])
    os.set_inheritable(report, False)
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    facts = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss}
    os.write(report, json.dumps(facts).encode())
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
