import errno
import multiprocessing
import os
import time

import pytest

from kitt.engine.files import appearing, locked, sha256_of
from kitt.errors import KittError


def test_a_file_appears_when_all_of_it_is_written(tmp_path):
    target = tmp_path / "new" / "file"
    with appearing(target) as part:
        part.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_what_fails_leaves_the_last_good_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "file"
    target.write_bytes(b"good")

    def fail():
        with appearing(target) as part:
            part.write_bytes(b"half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert target.read_bytes() == b"good"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free some space"), (errno.EROFS, "read-only; set KITT_HOME"), (errno.EACCES, "writable")],
)
def test_what_the_system_refuses_is_one_line_that_helps(tmp_path, number, remedy):
    target = tmp_path / "file"
    target.write_bytes(b"good")
    with pytest.raises(KittError, match=remedy) as caught, appearing(target):
        raise OSError(number, os.strerror(number))
    assert str(target) in str(caught.value)
    assert target.read_bytes() == b"good"


def test_a_folder_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KittError, match="cannot write"), locked(tmp_path / "file" / "x"):
        pass


def hold(path, seconds, entered):
    with locked(path):
        entered.set()
        time.sleep(seconds)


def test_two_at_once_one_waits_and_says_so(tmp_path):
    entered = multiprocessing.get_context("spawn").Event()
    other = multiprocessing.get_context("spawn").Process(target=hold, args=(tmp_path / "x", 1.0, entered))
    other.start()
    assert entered.wait(30)
    said = []
    with locked(tmp_path / "x", said.append):
        assert said == ["x is being built by another process; waiting for it"]
    other.join()


def test_a_killed_holder_leaves_no_lock_behind(tmp_path):
    entered = multiprocessing.get_context("spawn").Event()
    other = multiprocessing.get_context("spawn").Process(target=hold, args=(tmp_path / "x", 60.0, entered))
    other.start()
    assert entered.wait(30)
    other.kill()
    other.join()
    said = []
    with locked(tmp_path / "x", said.append):
        assert not said


def test_digests_are_of_the_bytes(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert sha256_of(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
