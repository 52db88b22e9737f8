"""The loop: warnings silence chat at once, the driver goes first, chat waits for a calm road; the same each time."""

import numpy as np
import pytest

from kitt.mind.assistant import Assistant
from kitt.mind.orchestrator import AFTER_WARNING_S, Orchestrator, meant_for_kitt
from kitt.mind.turn import Turn
from kitt.mouth.mouth import Mouth
from kitt.mouth.queue import BEGINS, CUT_OFF, DROPPED, Decision
from kitt.types import Candidate, Heard, Signals, Utterance, Warning
from tests.mind.scenes import scene

S = 1_000_000_000
MS = 1_000_000


class Voice:
    """Ten samples a letter at 100 Hz: a sentence of ten letters takes a second."""

    def __init__(self) -> None:
        self.rendered: list[str] = []

    def say(self, text: str, language: str) -> Utterance:
        self.rendered.append(text)
        return Utterance(text, language, 100, np.ones(10 * len(text), np.int16))

    def describe(self) -> str:
        return "ones"

    def close(self) -> None: ...


def heard(intent: str, t_ns: int, text: str = "words", **more) -> Heard:
    fields = {"slots": {}, "confidence": 0.9, "rejected": False, "reason": "", "language": "en"} | more
    return Heard(t_ns - S, t_ns, intent=intent, text=text, **fields)


def warning(t_ns: int, event: str = "forward_collision", priority: int = 0) -> Warning:
    return Warning(event, priority, t_ns, 0, 1, "Brake!", "en")


@pytest.fixture
def pilot() -> Orchestrator:
    return Orchestrator(Assistant(), Mouth(Voice()))


def told(events) -> list[str]:
    return [e.intent if isinstance(e, Turn) else f"{e.what} {e.sentence.key} {e.why}".strip() for e in events]


def test_a_question_is_answered_at_once(pilot: Orchestrator) -> None:
    events = pilot.hear(S, [heard("EyesDescribe", S)], False)
    assert told(events) == ["EyesDescribe", "begins answer"]
    assert events[1].sentence.utterance.text == events[0].said


def test_a_collision_warning_stops_the_answer_and_is_said_in_the_same_moment(pilot: Orchestrator) -> None:
    pilot.hear(S, [heard("EyesDescribe", S)], False)
    events = pilot.warn(warning(S + 5 * MS))
    assert told(events) == ["cut_off answer urgent", "begins forward_collision"]
    assert {e.t_ns for e in events} == {S + 5 * MS}


def test_warnings_are_rendered_beforehand(pilot: Orchestrator) -> None:
    pilot.mouth.prepare([("Brake!", "en")])
    pilot.mouth.voice.rendered.clear()
    assert told(pilot.warn(warning(S))) == ["begins forward_collision"]
    assert pilot.mouth.voice.rendered == []


def test_chat_waits_until_the_warning_is_some_seconds_old_and_an_answer_of_the_eyes_does_not(pilot) -> None:
    pilot.warn(warning(S))
    chat = pilot.hear(S + MS, [heard("KittWho", S + MS)], False)
    assert told(chat) == ["KittWho"]
    seen = pilot.hear(S + 2 * MS, [heard("EyesDescribe", S + 2 * MS)], False)
    assert told(seen) == ["EyesDescribe"]
    begun = [e for ms in range(0, 20_000, 10) for e in pilot.tick(S + ms * MS) if isinstance(e, Decision)]
    assert [e.sentence.priority for e in begun if e.what == BEGINS] == [8, 9]
    assert begun[-1].t_ns >= S + AFTER_WARNING_S * S


def test_the_driver_speaks_and_kitt_stops_but_for_warnings(pilot: Orchestrator) -> None:
    pilot.hear(S, [heard("EyesDescribe", S)], False)
    assert told(pilot.hear(S + 100 * MS, [], True)) == ["cut_off answer driver"]
    assert pilot.hear(S + 200 * MS, [], True) == []
    pilot.warn(warning(2 * S))
    assert pilot.hear(2 * S + MS, [], False) == []
    assert pilot.hear(2 * S + 2 * MS, [], True) == []


def test_be_quiet_ends_what_is_said_and_what_waits(pilot: Orchestrator) -> None:
    pilot.hear(S, [heard("EyesDescribe", S), heard("EyesDescribe", S)], False)
    events = pilot.hear(S + MS, [heard("StopTalking", S + MS)], False)
    assert told(events) == ["StopTalking", "cut_off answer hushed", "dropped answer hushed"]


def test_what_is_said_of_a_scene_that_is_gone_is_said_no_further(pilot: Orchestrator) -> None:
    pilot.hear(S, [heard("EyesDescribe", S)], False)
    assert pilot.see(scene([], 1.0), Signals(), [], S + MS) == []
    assert told(pilot.see(scene([], 1.1), Signals(), [], S + 100 * MS, cut=True)) == ["cut_off answer cut"]


def test_a_hundred_commands_in_a_second_lose_the_oldest_chat_and_no_warning(pilot: Orchestrator) -> None:
    events: list = []
    for i in range(100):
        t_ns = S + i * 10 * MS
        events += pilot.hear(t_ns, [heard("KittWho", t_ns)], False)
        if i in (30, 60):
            events += pilot.warn(warning(t_ns, f"w{i}", 3))
    decisions = [e for e in events if isinstance(e, Decision)]
    assert sum(isinstance(e, Turn) for e in events) == 100, "each is heard and done, not each is said"
    assert not [d for d in decisions if d.what == DROPPED and d.sentence.is_warning]
    assert [d.sentence.key for d in decisions if d.what == BEGINS and d.sentence.is_warning] == ["w30"]
    assert pilot.mouth.queue.counts["dropped:full"] > 80
    after = [e for ms in range(1000, 4000, 10) for e in pilot.tick(S + ms * MS)]
    assert "begins w60" in told(after)


def test_a_rejected_utterance_is_answered_only_where_kitt_was_meant() -> None:
    assert not meant_for_kitt(heard("KittWho", S, rejected=True, reason="beside"))
    assert meant_for_kitt(heard("KittWho", S, rejected=True, reason="beside", wake="kitt"))
    assert not meant_for_kitt(heard("", S, wake="kitt")), "the command is still to come"
    assert meant_for_kitt(heard("KittWho", S))


def test_one_of_two_is_asked_back(pilot: Orchestrator) -> None:
    from kitt.ears.judge import UNCLEAR

    two = tuple(Candidate(intent, {}, words, 0.5) for intent, words in (("EyesDescribe", "a"), ("KittWho", "b")))
    events = pilot.hear(S, [heard("EyesDescribe", S, rejected=True, reason=UNCLEAR, n_best=two, confidence=0.6)], False)
    assert events[0].asked_back


def test_what_was_not_understood_is_said_twice_in_a_row_at_most(pilot: Orchestrator) -> None:
    events: list = []
    for i in range(5):
        t_ns = (1 + 10 * i) * S
        events += pilot.hear(t_ns, [heard("KittWho", t_ns, rejected=True, reason="noise", wake="kitt")], False)
    assert [bool(e.said) for e in events if isinstance(e, Turn)] == [True, True, False, False, False]


def test_without_a_voice_all_is_answered_and_each_warning_tells_why_it_is_not_heard() -> None:
    pilot = Orchestrator(Assistant(), Mouth(None, mute="no espeak-ng"))
    assert pilot.warn(warning(S)) == []
    assert pilot.mouth.unspoken == ["no espeak-ng"]
    assert told(Orchestrator(Assistant()).hear(S, [heard("EyesDescribe", S)], False)) == ["EyesDescribe"]


def test_a_louder_kitt_is_louder_and_warnings_stay_as_they_are(pilot: Orchestrator) -> None:
    usual = pilot.hear(S, [heard("EyesDescribe", S)], False)[1].sentence.level
    pilot.hear(30 * S, [heard("VoiceVolume", 30 * S, slots={"change": "up"})], False)
    louder = next(e for e in pilot.hear(60 * S, [heard("EyesDescribe", 60 * S)], False) if isinstance(e, Decision))
    assert louder.sentence.level > usual
    assert pilot.warn(warning(61 * S))[-1].sentence.level == 1.0


def test_the_same_calls_give_the_same_events() -> None:
    def run() -> list[str]:
        pilot = Orchestrator(Assistant(drive="x"), Mouth(Voice()))
        events: list = []
        for i, intent in enumerate(("KittJoke", "EyesDescribe", "KittWho", "KittJoke", "StopTalking", "TalkRepeat")):
            t_ns = i * 3 * S
            events += pilot.hear(t_ns, [heard(intent, t_ns)], False) + pilot.hear(t_ns + S, [], bool(i % 2))
            events += pilot.warn(warning(t_ns + 2 * S)) if i % 3 == 0 else []
        return [f"{e.t_ns} {e.said}" if isinstance(e, Turn) else f"{e.t_ns} {told([e])}" for e in events]

    assert run() == run()
    assert any(CUT_OFF in line for line in run())
