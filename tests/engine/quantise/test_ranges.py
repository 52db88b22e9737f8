"""Activation ranges as text."""

from pathlib import Path

import pytest

from kitt.engine.quantise.ranges import Range, Ranges, TensorRanges, parse
from kitt.errors import KittError

GOOD = Ranges(
    "net",
    "ab" * 32,
    {
        "t10": TensorRanges(Range(-1.5, 6.0), "tflite 10", 0.1, "frames mse"),
        "/model/conv.1": TensorRanges(Range(0.0, 1e-7), "frames mse"),
        't"2': TensorRanges(None, "", 3.0, "frames mse"),
    },
    {"frames": "frames.json, sha256 cd"},
)


def test_what_is_written_is_read_back_in_graph_order(tmp_path: Path) -> None:
    GOOD.write(tmp_path / "a" / "net.ranges.toml")
    read = Ranges.read(tmp_path / "a" / "net.ranges.toml")
    assert list(read.tensors) == list(GOOD.tensors)
    assert (read.u8("t10"), read.s8("t10")) == ((-1.5, 6.0), 0.1)
    assert [read.s8("/model/conv.1"), read.u8("nothing"), read.u8('t"2')] == [None] * 3
    assert (read.sources, read.network) == (GOOD.sources, GOOD.network)


def test_the_same_ranges_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    GOOD.write(one)
    Ranges.read(one).write(two)
    assert one.read_bytes() == two.read_bytes()
    assert Ranges.read(one).digest() == GOOD.digest()
    assert sum(" = {" in line for line in GOOD.text().splitlines()) == 3, "one line a tensor"
    assert not list(tmp_path.glob(".*")), "no temporary file is left"


def test_minus_zero_is_zero() -> None:
    assert "-0.0" not in Ranges("n", "d", {"t": TensorRanges(Range(-0.0, 1.0), "x")}).text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("u8 = [-1.5, 6]", "u8 = [0.5, 6]", ":11: u8 of 't10' = [0.5, 6] must hold zero"),
        ("u8 = [-1.5, 6]", "u8 = [0, 0]", ":11: u8 of 't10'"),
        ("u8 = [-1.5, 6]", "u8 = [nan, 6]", ":11: u8 of 't10'"),
        ("u8 = [-1.5, 6]", "u8 = 6.0", ":11: u8 of 't10' = 6.0 must be two numbers"),
        ("s8 = 3", "s8 = -3.0", ":13: s8 of 't\"2' = -3.0 must be one number above 0"),
        ("s8 = 3", "s8 = true", ":13: s8"),
        ("s8 = 3", "s8 = 1" + 400 * "0", ":13: s8 of 't\"2' = 1000"),
        ("s8 = 3", "s8 = 1" + 5000 * "0", "not a file of activation ranges"),
        ("s8 = 3", "s8 = 1e-320", ":13: s8 of 't\"2' = 1e-320 must be one number above 0, from 1e-15 to 1e+15"),
        ("s8 = 3", "s8 = 1e300", ":13: s8 of 't\"2' = 1e+300"),
        ("s8 = 3", "s8 = inf", ":13: s8 of 't\"2' = inf"),
        ("u8 = [-1.5, 6]", "u8 = [-1" + 400 * "0" + ", 6]", ":11: u8 of 't10' = [-1000"),
        ("u8 = [-1.5, 6]", "u8 = [0, 1e-320]", ":11: u8 of 't10' = [0, 1e-320] must hold zero and be wider than"),
        ("u8 = [-1.5, 6]", "u8 = [-1.5, 1e300]", ":11: u8 of 't10'"),
        (', s8_from = "frames mse"}', "}", ":11: s8_from of 't10' must say where"),
        ("s8 = 3", "limit = 3", ":13: 't\"2' must be {u8"),
        ('model = "net"', "model = 3", ":4: 'model' must be there and be a text"),
        ('model = "net"', 'model = "net"\nsise = 3', ":5: unknown key 'sise'; allowed: model"),
        ("[sources]", "[sauces]", ":7: unknown key 'sauces'"),
        ("[tensors]", "[tensors", "not a file of activation ranges"),
        ('"frames.json, sha256 cd"', "3", ":8: 'frames' must be a text"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(old: str, new: str, said: str) -> None:
    text = GOOD.text()
    assert old in text
    with pytest.raises(KittError) as e:
        parse(text.replace(old, new, 1), "net.ranges.toml")
    assert said in str(e.value)
    assert str(e.value).startswith("net.ranges.toml:")
    assert "\n" not in str(e.value)
    assert len(str(e.value)) < 200


def test_a_file_without_a_tensor_is_refused() -> None:
    with pytest.raises(KittError, match="holds no tensor's range; make them: kitt calibrate"):
        parse(Ranges("n", "d", {}).text(), "f")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="cannot read the activation ranges"):
        Ranges.read(tmp_path / "none.toml")


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "net.toml").mkdir()
    with pytest.raises(KittError, match="cannot write"):
        GOOD.write(tmp_path / "net.toml")
