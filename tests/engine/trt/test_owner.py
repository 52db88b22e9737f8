"""One thread does it all; the others wait."""

import threading

import pytest

from kitt.engine.trt.owner import Owner


def test_work_happens_on_the_one_thread() -> None:
    owner = Owner("gpu-test")
    threads = {owner.call(threading.get_ident) for _ in range(3)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert owner.call(lambda: owner.call(threading.get_ident)) in threads
    owner.end(lambda: None)
    assert not owner.alive


def test_errors_come_back_to_who_asked() -> None:
    owner = Owner("gpu-test")
    with pytest.raises(ZeroDivisionError):
        owner.call(lambda: 1 // 0)
    assert owner.call(lambda: 7) == 7
    owner.end(lambda: None)


def test_the_last_work_is_done_after_all_other() -> None:
    owner, order = Owner("gpu-test"), []
    gate = threading.Event()
    waiting = threading.Thread(target=lambda: owner.call(lambda: (gate.wait(5), order.append("first"))))
    waiting.start()
    ending = threading.Thread(target=lambda: owner.end(lambda: order.append("last")))
    ending.start()
    gate.set()
    waiting.join()
    ending.join()
    assert order == ["first", "last"]


def test_an_end_that_is_called_on_the_owner_itself() -> None:
    owner, order = Owner("gpu-test"), []
    owner.call(lambda: owner.end(lambda: order.append("last")))
    owner._thread.join(5)
    assert order == ["last"]
    assert not owner.alive
