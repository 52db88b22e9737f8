"""A file is hashed by what is read of it anyway."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kitt.drive.digest import Digest, HashingFile
from kitt.drive.mcap_read import McapFile
from tests.drive.making import small_drive


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 900)), max_size=12))
def test_any_order_of_reading_gives_the_same_digest(tmp_path: Path, reads: list[tuple[int, int]]) -> None:
    data = bytes(i * 7 % 251 for i in range(2500))
    path = tmp_path / "f"
    path.write_bytes(data)
    digest = Digest(path)
    with HashingFile(path, digest) as file:
        for offset, n in reads:
            assert file.read_at(offset, n) == data[offset : offset + n]
    assert digest.sha256() == hashlib.sha256(data).hexdigest()


def test_a_drive_that_was_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitt.drive.digest._GAP", 300)  # far less than the drive, more than the indexes in it
    path = small_drive(tmp_path / "d.mcap", seconds=10)
    digest = Digest(path)
    with McapFile(path, digest) as file:
        for span in file.index.spans:
            list(file.messages(span))
        end_of_last = file.index.spans[-1].offset + file.index.spans[-1].length
    assert digest.upto == end_of_last
    assert digest.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
