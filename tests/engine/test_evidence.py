import pytest

from kitt.engine import evidence
from kitt.engine.manifest import Gate
from kitt.errors import KittError

GATE = Gate("a set", "1" * 64, 200, 0.4, 0.398, 0.985, 1.01, 0.99, 0.98, True, ("64x64",), ())


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    (tmp_path / "calibration").mkdir()


def test_what_was_measured_is_found_by_what_the_network_is_made_of():
    key = evidence.key("net", "ranges", "u8", ["b", "a"])
    evidence.record(key, "model", "u8", GATE)
    assert evidence.find(evidence.key("net", "ranges", "u8", ["a", "b"])) == GATE
    for other in (("net2", "ranges", "u8"), ("net", "ranges2", "u8"), ("net", "ranges", "s8")):
        assert evidence.find(evidence.key(*other, ["a", "b"])) is None
    assert evidence.find(evidence.key("net", "ranges", "u8")) is None


def test_what_was_measured_here_outranks_what_came_with_kitt(tmp_path):
    shipped = Gate(**{**GATE.__dict__, "set_name": "shipped"})
    evidence.record("k", "model", "u8", shipped, tmp_path / "calibration")
    assert evidence.find("k") == shipped
    evidence.record("k", "model", "u8", GATE)
    assert evidence.find("k") == GATE


def test_the_same_record_gives_the_same_text(tmp_path):
    path = evidence.record("k", "model", "u8", GATE)
    text = path.read_text()
    evidence.record("a", "another", "u8", GATE)
    evidence.record("k", "model", "u8", GATE)
    assert path.read_text() != text
    assert path.read_text().index("another") < path.read_text().index('"model": "model"')


@pytest.mark.parametrize("text", ["{", "[]", '{"k": 3}', '{"k": {"gate": {}}}'])
def test_a_damaged_record_is_one_line(tmp_path, text):
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / evidence.FILE).write_text(text)
    with pytest.raises(KittError, match="damaged"):
        evidence.find("k")


def test_two_that_record_at_once_lose_nothing():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: evidence.record(f"k{i}", "model", "u8", GATE), range(40)))
    assert all(evidence.find(f"k{i}") == GATE for i in range(40))
