"""Work ahead or behind on one thread, in order: the only concurrency a replay has."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
_END = object()


def prefetch(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """Yield `items` in order while a thread makes up to `depth` of them ahead; its error is raised here."""
    box: queue.Queue[object] = queue.Queue(depth)
    stop = threading.Event()
    error: list[BaseException] = []

    def put(item: object) -> None:
        while not stop.is_set():
            try:
                box.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put(item)
                if stop.is_set():
                    return
        except BaseException as e:
            error.append(e)
        finally:
            put(_END)

    thread = threading.Thread(target=work, name="kitt-read", daemon=True)
    thread.start()
    try:
        while (item := box.get()) is not _END:
            yield item  # type: ignore[misc]
        if error:
            raise error[0]
    finally:
        stop.set()
        thread.join()


class Behind(Generic[T]):
    """Hands items to `work` on a thread, in order, at most `depth` waiting; `close` waits for the last.

    The worker's first error stops the work and is raised by the next `put` or by `close`.
    """

    def __init__(self, work: Callable[[T], None], depth: int) -> None:
        self._work = work
        self._box: queue.Queue[object] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="kitt-write", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (item := self._box.get()) is not _END:
            if self._error is None:
                try:
                    self._work(item)  # type: ignore[arg-type]
                except BaseException as e:
                    self._error = e

    def put(self, item: T) -> None:
        if self._error is not None:
            raise self._error
        self._box.put(item)

    def close(self) -> None:
        self._box.put(_END)
        self._thread.join()
        if self._error is not None:
            raise self._error
