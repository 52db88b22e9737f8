"""A conversation by keyboard, without the eyes: the road is made by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kitt.config import Config, VoiceConfig
from kitt.errors import KittError
from kitt.mind.notebook import Notebook
from kitt.mind.reading import Reader
from kitt.runtime.chatting import LONGEST, Chat, Line, parse, read_script
from kitt.runtime.looking import Moment
from kitt.runtime.minding import Minding
from kitt.types import Signals, Warning
from tests.mind.scenes import S, Thing, scene

READER = Reader()
START_NS = 1_000


class Road:
    """A picture a second from `first_s` on, a car in each, ten metres nearer each time; a warning at three seconds."""

    def __init__(self, first_s: int = 0) -> None:
        self.name, self.start_ns, self.from_s, self.length_s = "made.mcap", START_NS, 0.0, math.inf
        self.epoch_ns: int | None = None
        self.notes: list[str] = []
        warning = Warning("headway", 2, START_NS + 3 * S, 3, 1, "Keep your distance.", "en", {"headway_s": 0.5})
        self.moments = []
        for i in range(first_s, 9):
            seen = replace(scene([Thing(distance_m=100.0 - 10 * i)], i, index=i), t_ns=START_NS + i * S)
            self.moments.append(Moment(seen.t_ns, seen, Signals(10.0), (warning,) if i == 3 else ()))

    def check(self, t_s: float) -> None: ...

    def look(self, t_s: float) -> Iterator[float]:
        yield t_s

    def until(self, t_ns: int) -> list[Moment]:
        return [m for m in self.moments if m.t_ns <= t_ns]

    def close(self) -> None: ...


def minding(language: str = "en") -> Minding:
    return Minding.of(replace(Config(), voice=VoiceConfig(language=language)))


def chat_at(t_s: float, language: str = "en", first_s: int = 0) -> Chat:
    chat = Chat(Road(first_s), minding(language), reader=READER)
    move(chat, t_s)
    return chat


def move(chat: Chat, t_s: float) -> None:
    for _ in chat.move(t_s):
        pass


def frame_of(chat: Chat, words: str = "what do you see?") -> int:
    return int(chat.say(words)[-1]["evidence"]["frame"])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("what do you see?\n", Line(said="what do you see?")),
        ("  @12.5 ", Line(12.5)),
        ("@12,5 que vois-tu ?", Line(12.5, "que vois-tu ?")),
        ("@0", Line(0.0)),
        ("# said nothing", Line()),
        ("\n", Line()),
        ("what\x1b[2J\x00do you see?", Line(said="what [2J do you see?")),
        ("Exit", Line(end=True)),
        ("exit the garage", Line(said="exit the garage")),
    ],
)
def test_a_line_is_a_time_words_or_both(text: str, line: Line) -> None:
    assert parse(text) == line


@pytest.mark.parametrize("text", ["@", "@soon", "@-1", "@nan", "@inf what"])
def test_a_time_that_is_none(text: str) -> None:
    with pytest.raises(KittError, match="is no time; write seconds"):
        parse(text)


def test_a_script_is_read_with_its_line_numbers_up_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_bytes("\ufeff# première\r\n\r\n@2\r\n¿qué ves?\r\nexit\r\n@nonsense\r\n".encode())
    lines = read_script(path)
    assert [(x.number, x.t_s, x.said) for x in lines if x.t_s is not None or x.said] == [
        (3, 2.0, ""),
        (4, None, "¿qué ves?"),
    ]
    assert lines[-1] == Line(end=True, number=5)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"hello\n\xff\xfe\n", r"talk\.txt:2: not text \(UTF-8\): byte 1 of the line"),
        (b"hello\n" + b"a" * 100_000, r"talk\.txt:2: a line of 100000 characters; KITT listens to 500 at a time"),
        (b"#\n\n@soon\n", r"talk\.txt:3: '@soon' is no time"),
        (None, r"talk\.txt: cannot read: No such file"),
    ],
)
def test_a_script_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, data: bytes | None, error: str) -> None:
    path = tmp_path / "talk.txt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(KittError, match=error):
        read_script(path)


def test_an_answer_is_about_the_time_it_is_asked_at() -> None:
    chat = chat_at(2.5)
    (row,) = chat.say("how far is the car ahead?")
    assert (row["turn"], row["t_s"], row["intent"], row["evidence"]["frame"]) == (1, 2.5, "EyesDistance", 2)
    assert row["evidence"]["values"]["car.distance_m"] == pytest.approx(80)
    move(chat, 5.0)
    (row,) = chat.say("how far is the car ahead?")
    assert (row["turn"], row["evidence"]["frame"]) == (2, 5)
    assert row["evidence"]["values"]["car.distance_m"] == pytest.approx(50)


def test_going_back_sees_what_was_then_and_tells_no_warning_twice() -> None:
    chat = chat_at(8.0)
    assert frame_of(chat, "why did you warn me?") == 3
    move(chat, 2.0)
    assert frame_of(chat) == 2
    assert chat.say("why did you warn me?")[-1]["evidence"]["frame"] == -1
    move(chat, 6.0)
    assert frame_of(chat) == 6
    assert len(chat.mind.seen.view(START_NS + 6 * S).warnings) == 1


def test_where_there_is_no_picture_it_says_so() -> None:
    chat = chat_at(2.0, first_s=5)
    (row,) = chat.say("what do you see?")
    assert row["said"] == "I have no picture from the camera: I cannot see the road."
    assert row["evidence"]["frame"] == -1
    move(chat, 30.0)
    (row,) = chat.say("what do you see?")
    assert row["said"].startswith("My last picture came")
    with pytest.raises(KittError, match="2 s lies before the first picture"):
        move(chat, 2.0)
    assert chat.t_s == 30.0


def test_the_same_lines_give_the_same_rows() -> None:
    words = ["¿qué ves?", "and on the left?", "gibberish of no language", "monte le chauffage", "tell me a joke"]
    runs = []
    for _ in range(2):
        chat = chat_at(4.0, language="es")
        runs.append([row for w in words for row in chat.say(w)])
    assert runs[0] == runs[1]
    assert [row["turn"] for row in runs[0]] == [1, 2, 3, 4, 5]


def test_what_was_said_last_is_what_is_meant_although_time_stands_still() -> None:
    chat = chat_at(4.0)
    chat.say("what do you see on the left?")
    chat.say("open the window")
    (row,) = chat.say("no, the right one")
    assert (row["t_s"], row["actions"][0]["target"], row["evidence"]["values"]) == (4.0, "windows.passenger", {})


def test_nothing_is_said_before_the_road_was_looked_at() -> None:
    with pytest.raises(KittError, match="not looked at yet"):
        Chat(Road(), reader=READER).say("hello")


def test_more_than_a_breath_is_refused_in_no_time() -> None:
    with pytest.raises(KittError, match="100000 characters; KITT listens to 500"):
        chat_at(4.0).say("a" * 100_000)
    (row,) = chat_at(4.0).say("turn on the " * (LONGEST // 12))
    assert row["actions"] == []


def test_a_hundred_lines_at_one_moment_are_a_hundred_turns_in_order() -> None:
    chat = chat_at(4.0)
    words = ["turn on the radio", "what do you see?", "turn it off", "remember that I parked on level three"]
    rows = [row for i in range(100) for row in chat.say(words[i % 4])]
    assert [row["turn"] for row in rows] == list(range(1, 101))
    assert {row["t_s"] for row in rows} == {4.0}
    assert [row["intent"] for row in rows[:4]] == [row["intent"] for row in rows[96:]]
    assert chat.say("where did I park?")[0]["said"] == "You parked on level 3."


def test_what_goes_wrong_with_the_notebook_is_for_the_log_once(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"no notebook at all, and long enough to be looked at\0" * 100)
    book = Notebook.open(path, "made.mcap", 10**18)
    chat = Chat(Road(), minding(), book=book, reader=READER)
    (problem,) = chat.problems()
    assert "notes.db: the notebook is damaged" in problem
    assert "set aside as notes.damaged-1.db" in problem
    move(chat, 4.0)
    said = chat.say("remember that I parked on level three")
    assert "damaged" in said[0]["said"]
    assert said[1]["said"] == "Noted: parked on level 3."
    chat.close()
    assert chat.problems() == []
    assert Notebook.open(path, "made.mcap", 10**18).last("parked") is not None
