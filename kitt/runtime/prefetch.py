"""Work ahead or behind on one thread, in order: the only concurrency a replay has."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
_END = object()
_POLL_S = 0.1


def prefetch(items: Iterable[T], depth: int, stopped: Callable[[], bool] = lambda: False) -> Generator[T, None, None]:
    """Yield `items` in order while a thread makes up to `depth` of them ahead; its error is raised here.

    stopped: ends it, also while the next item is waited for.
    """
    box: queue.Queue[object] = queue.Queue(depth)
    stop = threading.Event()
    error: list[BaseException] = []

    def put(item: object) -> None:
        while not stop.is_set():
            try:
                box.put(item, timeout=_POLL_S)
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
        while not stopped():
            try:
                item = box.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if item is _END:
                break
            yield item  # type: ignore[misc]
        if error:
            raise error[0]
    finally:
        stop.set()
        thread.join()


class Behind(Generic[T]):
    """Hands items to `work` on a thread, in order, at most `depth` waiting; `close` waits for the last.

    hurried: once set, what still waits is left undone.
    The worker's first error stops the work and is raised by the next `put` or by `close`.
    """

    def __init__(self, work: Callable[[T], None], depth: int) -> None:
        self._work = work
        self._box: queue.Queue[object] = queue.Queue(depth)
        self.hurried = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="kitt-write", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (item := self._box.get()) is not _END:
            if self._error is None and not self.hurried:
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
