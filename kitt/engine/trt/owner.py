"""One thread on which everything of one GPU network happens, from its first call to its last.

A CUDA context is current on a thread, TensorRT's execution contexts are not to be shared between threads, and what
one thread made another must not end while it runs. So nobody but this thread touches any of it; others hand work over
and wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar, cast

T = TypeVar("T")
_END_TIMEOUT_S = 10.0


class Owner:
    """A thread that does what it is handed, in order. `left` becomes True when a caller stopped waiting (Ctrl-C)."""

    def __init__(self, name: str) -> None:
        self.left = False
        self._asked: SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Any]] | None] = SimpleQueue()
        # a daemon: a thread that is waited for at exit would be waited for before anything can tell it to end
        self._thread = threading.Thread(target=_serve, args=(self._asked,), name=name, daemon=True)
        self._thread.start()

    def call(self, work: Callable[[], T]) -> T:
        """What `work` gives or raises, done on the owner's thread; the caller waits."""
        if threading.current_thread() is self._thread:
            return work()
        answer: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._asked.put((work, answer))
        try:
            result, error = answer.get()
        except BaseException:
            self.left = True
            raise
        if error is not None:
            raise error
        return cast(T, result)

    def end(self, last: Callable[[], None]) -> None:
        """Do `last` after all that was handed over, and end the thread. Waits for it, unless called on it."""
        if threading.current_thread() is self._thread:
            last()
            self._asked.put(None)
            return
        self._asked.put((last, SimpleQueue()))
        self._asked.put(None)
        self._thread.join(_END_TIMEOUT_S)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()


def _serve(asked: SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Any]] | None]) -> None:
    while (item := asked.get()) is not None:
        work, answer = item
        try:
            answer.put((work(), None))
        except BaseException as e:
            answer.put((None, e))
        # nothing of the work outlives it here: its end may wait for the last reference
        del item, work, answer
