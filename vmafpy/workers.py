"""Calls in any executor: answers as they come, a lost worker's calls made again, one clear error if all are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from itertools import islice
from typing import Any, TypeAlias

from vmafpy.errors import ExecutorError, VmafError

#: A `concurrent.futures` executor, or a ``dask.distributed`` client.
Workers: TypeAlias = Executor | Any

#: Calls handed over at a time, or two per thread of a larger Dask cluster: a long list does not lie in the scheduler.
IN_FLIGHT = 256
#: Seconds between two looks at the cluster's state.
POLL = 1.0


def completed(
    workers: Workers, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], *, retries: int = 2
) -> Iterator[tuple[int, Any]]:
    """
    Call a function in other threads, processes or machines.

    Parameters
    ----------
    workers : concurrent.futures.Executor or distributed.Client
    function : callable
    calls : sequence of tuple
        Arguments of each call.
    retries : int
        With Dask: how often a call that raised anything but a `VmafError` is made again. A call whose worker died is
        made again by the scheduler (its ``allowed-failures``, 3 by default). A broken process pool of
        `concurrent.futures` cannot make a call again.

    Yields
    ------
    tuple of int and object
        Number of the call, and its answer or the `VmafError` it raised, as they finish.

    Raises
    ------
    ExecutorError
        If the workers are gone. What was yielded before stays true.
    """
    client: Any = workers if hasattr(workers, "get_executor") else None
    left = iter(enumerate(calls))
    waiting: dict[Future[Any], int] = {}
    n_done = 0

    def gone(reason: object) -> ExecutorError:
        return ExecutorError(
            f"the workers are gone after {n_done} of {len(calls)} calls ({reason}); what was finished is kept. Start "
            "workers again and run the same command, with a results or cache directory to go on from"
        )

    pool: Executor = workers
    depth = IN_FLIGHT
    if client is not None:
        if client.status != "running":
            raise gone(f"the Dask client is {client.status}")
        pool = client.get_executor(retries=retries, pure=False)
        depth = max(depth, 2 * sum(client.nthreads().values()))
    try:
        while True:
            try:
                for k, arguments in islice(left, depth - len(waiting)):
                    waiting[pool.submit(_guarded, function, arguments)] = k
            except (RuntimeError, OSError) as error:  # RuntimeError: broken, or shut down
                raise gone(error) from error
            if not waiting:
                return
            done, _ = wait(waiting, timeout=POLL, return_when=FIRST_COMPLETED)
            if not done and client is not None and client.status != "running":
                raise gone(f"the Dask client is {client.status}")
            for future in done:
                k = waiting.pop(future)
                try:
                    answer = future.result()
                except (BrokenExecutor, CancelledError, OSError) as error:
                    raise gone(str(error) or type(error).__name__) from error
                except Exception as error:
                    if type(error).__name__ != "KilledWorker":  # Dask's; importing it needs the extra
                        raise
                    answer = ExecutorError(f"this call was given up, since its workers kept dying: {error}")
                n_done += 1
                yield k, answer
    finally:
        for future in waiting:
            future.cancel()


def _guarded(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Return the answer, or the error: a wrong input is not worth another try."""
    try:
        return function(*arguments)
    except VmafError as error:
        return error
