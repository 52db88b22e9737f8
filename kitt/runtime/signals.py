"""Signals that end a replay with its files whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""Ctrl-C, a polite kill, a closed terminal."""


@contextmanager
def handled(stop: Callable[[], None], hurry: Callable[[], None]) -> Iterator[list[int]]:
    """Calls `stop` at the first ending signal and `hurry` at the second; a third does what it did before.

    Gives the list of signals that came. One that was ignored (nohup) stays so. Off the main thread nothing is done.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {s: signal.getsignal(s) for s in ENDING if signal.getsignal(s) not in (signal.SIG_IGN, None)}

    def restore() -> None:
        for number, old in before.items():
            signal.signal(number, old)

    def take(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if len(came) < 3:
            (stop, hurry)[len(came) - 1]()
        else:
            restore()
            signal.raise_signal(number)

    for number in before:
        signal.signal(number, take)
    try:
        yield came
    finally:
        restore()
