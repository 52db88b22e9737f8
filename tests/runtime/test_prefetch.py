"""Order is kept, errors arrive where the items are used, and stopping early leaves no thread behind."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from kitt.runtime.prefetch import Behind, prefetch


def names() -> set[str]:
    return {t.name for t in threading.enumerate()}


def test_prefetch_keeps_order() -> None:
    assert list(prefetch(range(100), 3)) == list(range(100))


def test_prefetch_raises_the_error_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("the file ends here")

    items = prefetch(broken(), 2)
    assert next(items) == 1
    with pytest.raises(ValueError, match="ends here"):
        next(items)


def test_prefetch_stops_its_thread_when_left_early() -> None:
    items = prefetch(itertools.count(), 2)
    assert next(items) == 0
    items.close()
    assert "kitt-read" not in names()


def test_behind_does_everything_in_order_before_close_returns() -> None:
    done: list[int] = []
    behind = Behind(done.append, 4)
    for i in range(50):
        behind.put(i)
    behind.close()
    assert done == list(range(50))
    assert "kitt-write" not in names()


def test_behind_raises_its_workers_error_once_and_does_no_more_work() -> None:
    done: list[int] = []

    def work(i: int) -> None:
        if i == 1:
            raise OSError("disk full")
        done.append(i)

    behind = Behind(work, 1)

    def put_many() -> None:
        for i in range(20):
            behind.put(i)

    with pytest.raises(OSError, match="disk full"):
        put_many()
    with pytest.raises(OSError, match="disk full"):
        behind.close()
    assert done == [0]


def test_prefetch_stopped_while_the_next_item_is_far_ends_without_it() -> None:
    stopped = threading.Event()

    def slow() -> Iterator[int]:
        yield 1
        time.sleep(0.6)
        yield 2

    threading.Timer(0.1, stopped.set).start()
    assert list(prefetch(slow(), 2, stopped.is_set)) == [1]


def test_behind_in_a_hurry_leaves_out_what_waits() -> None:
    done: list[int] = []
    go = threading.Event()

    def work(i: int) -> None:
        go.wait(5)
        done.append(i)

    behind = Behind(work, 8)
    for i in range(5):
        behind.put(i)
    behind.hurried = True
    go.set()
    behind.close()
    assert done in ([0], [])
