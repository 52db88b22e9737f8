"""The speaking queue: warnings before all, chat in calm, nothing for ever, the driver goes before KITT."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.mouth.queue import ANSWER, BEGINS, CHAT, CUT_OFF, DROPPED, QueueLimits, Sentence, SpeakingQueue
from kitt.types import Utterance

S = 1_000_000_000
MS = 1_000_000


def sentence(key: str, priority: int, t_ns: int, seconds: float = 1.0) -> Sentence:
    return Sentence(key, priority, t_ns, Utterance(key, "en", 1000, np.ones(round(seconds * 1000), np.int16)))


def told(decisions) -> list[tuple[float, str, str, str]]:
    return [(d.t_ns / S, d.what, d.sentence.key, d.why) for d in decisions]


def run(queue: SpeakingQueue, until_s: float, since_s: float = 0.0, calm: bool = True) -> list:
    out = []
    for ms in range(round(since_s * 1000), round(until_s * 1000), 10):
        out += queue.step(ms * MS, calm)
    return out


def test_a_collision_warning_silences_chat_at_its_own_time_and_begins_then() -> None:
    queue = SpeakingQueue()
    queue.offer(sentence("answer", CHAT, 0, 5.0))
    queue.step(0)
    t_ns = 1_234_567_890
    done = [*queue.offer(sentence("forward_collision", 0, t_ns)), *queue.step(t_ns)]
    assert told(done) == [
        (t_ns / S, CUT_OFF, "answer", "urgent"),
        (t_ns / S, BEGINS, "forward_collision", ""),
    ]


def test_an_equal_or_lesser_warning_waits_its_turn() -> None:
    queue = SpeakingQueue()
    queue.offer(sentence("a", 1, 0))
    queue.step(0)
    assert queue.offer(sentence("b", 1, S // 2)) == []
    begun = [d for d in run(queue, 3, 0.5) if d.what == BEGINS]
    assert told(begun) == [(1.12, BEGINS, "b", "")]


def test_of_those_that_wait_the_most_urgent_speaks_first() -> None:
    queue = SpeakingQueue()
    for key, priority in (("answer", ANSWER), ("headway", 3), ("stop", 4)):
        queue.offer(sentence(key, priority, 0, 0.5))
    assert [d.sentence.key for d in run(queue, 4)] == ["headway", "stop", "answer"]


def test_two_of_the_same_moment_only_the_urgent_one_begins() -> None:
    queue = SpeakingQueue()
    done = [*queue.offer(sentence("b", 4, 0)), *queue.offer(sentence("a", 0, 0)), *queue.step(0)]
    assert told(done) == [(0, BEGINS, "a", "")]


def test_chat_waits_while_the_road_is_busy_and_an_answer_does_not() -> None:
    queue = SpeakingQueue()
    queue.offer(sentence("chat", CHAT, 0))
    queue.offer(sentence("answer", ANSWER, 0))
    assert [d.sentence.key for d in run(queue, 5, calm=False)] == ["answer"]
    assert told(run(queue, 6, 5, calm=True))[0] == (5.0, BEGINS, "chat", "")


def test_what_waited_too_long_is_dropped_and_told() -> None:
    queue = SpeakingQueue()
    queue.offer(sentence("chat", CHAT, 0))
    done = run(queue, 20, calm=False)
    assert [(d.what, d.why) for d in done] == [(DROPPED, "stale")]
    assert queue.counts == {"dropped:stale": 1}


def test_a_warning_is_not_repeated_while_it_waits_or_is_being_said_or_just_was() -> None:
    queue = SpeakingQueue()
    queue.offer(sentence("headway", 3, 0))
    assert told(queue.offer(sentence("headway", 3, 0))) == [(0, DROPPED, "headway", "repeated")]
    queue.step(0)
    assert queue.offer(sentence("headway", 3, S // 2))[0].why == "repeated"
    run(queue, 1.9)
    assert queue.offer(sentence("headway", 3, round(1.9 * S)))[0].why == "repeated"
    assert queue.offer(sentence("headway", 3, 2 * S)) == []


def test_a_warning_cut_off_by_a_more_urgent_one_may_be_said_again() -> None:
    queue = SpeakingQueue()
    queue.offer(sentence("headway", 3, 0))
    queue.step(0)
    queue.offer(sentence("collision", 0, 100 * MS))
    queue.step(100 * MS)
    assert queue.offer(sentence("headway", 3, S)) == []


def test_the_driver_stops_an_answer_and_not_a_warning() -> None:
    queue = SpeakingQueue()
    queue.offer(sentence("answer", ANSWER, 0, 5.0))
    queue.step(0)
    assert told(queue.driver(S, True)) == [(1.0, CUT_OFF, "answer", "driver")]
    queue.offer(sentence("collision", 0, S))
    queue.step(S)
    assert queue.driver(S + 1, True) == []
    assert queue.saying(S + 2).key == "collision"


def test_kitt_does_not_talk_over_the_driver_and_goes_on_when_he_is_done() -> None:
    queue = SpeakingQueue()
    queue.driver(0, True)
    queue.offer(sentence("answer", ANSWER, 0))
    assert run(queue, 2) == []
    queue.driver(2 * S, False)
    assert told(queue.step(2 * S)) == [(2.0, BEGINS, "answer", "")]


def test_a_driver_whose_end_nobody_hears_does_not_silence_it_for_ever() -> None:
    queue = SpeakingQueue(QueueLimits(hush_s=3.0))
    queue.driver(0, True)
    queue.offer(sentence("answer", ANSWER, 0))
    assert told(run(queue, 4)) == [(3.0, BEGINS, "answer", "")]


def test_hush_ends_all_but_warnings() -> None:
    queue = SpeakingQueue()
    queue.offer(sentence("a", ANSWER, 0))
    queue.step(0)
    queue.offer(sentence("b", CHAT, 0))
    queue.offer(sentence("headway", 3, 0, 0.5))
    done = queue.hush(100 * MS)
    assert {(d.what, d.why) for d in done} <= {(DROPPED, "hushed"), (CUT_OFF, "hushed")}
    assert [d.sentence.key for d in run(queue, 3, 0.1) if d.what == BEGINS] == ["headway"]


def test_a_flood_of_commands_drops_the_oldest_chat_and_no_warning() -> None:
    queue = SpeakingQueue()
    dropped = []
    for i in range(100):
        t_ns = i * 10 * MS
        dropped += queue.offer(sentence(f"chat{i}", CHAT if i % 2 else ANSWER, t_ns, 0.3))
        if i % 10 == 0:
            dropped += queue.offer(sentence(f"warning{i}", i // 10 % 7, t_ns, 0.05))
        dropped += [d for d in queue.step(t_ns) if d.what == DROPPED]
    assert sum(not s.is_warning for s in queue._waiting) == QueueLimits().kept
    assert all(not d.sentence.is_warning for d in dropped if d.what == DROPPED)
    full = [d.sentence for d in dropped if d.why == "full"]
    assert full
    assert [s.t_ns for s in full if s.priority == CHAT] == sorted(s.t_ns for s in full if s.priority == CHAT)


Calls = st.lists(
    st.tuples(
        st.integers(0, 700), st.sampled_from(["offer", "offer", "offer", "voice", "done", "hush", "busy", "calm"]),
        st.integers(0, 9), st.floats(0.05, 2.0), st.sampled_from("abc"),
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(calls=Calls)
def test_whatever_comes_one_speaks_at_a_time_and_each_sentence_has_one_fate(calls) -> None:
    queue = SpeakingQueue()
    t_ns, calm, offered, done = 0, True, [], []
    for wait_ms, what, priority, seconds, key in calls:
        for _ in range(wait_ms // 20):
            t_ns += 20 * MS
            done += queue.step(t_ns, calm)
        if what == "offer":
            one = sentence(key, priority, t_ns, seconds)
            offered.append(one)
            done += queue.offer(one)
        elif what in ("voice", "done"):
            done += queue.driver(t_ns, what == "voice")
        elif what == "hush":
            done += queue.hush(t_ns)
        else:
            calm = what == "calm"
        done += queue.step(t_ns, calm)
    for _ in range(2000):
        t_ns += 20 * MS
        done += queue.step(t_ns, True)
    assert not queue.waits
    assert [d.t_ns for d in done] == sorted(d.t_ns for d in done)
    ends = -1
    for d in done:
        if d.what == BEGINS:
            assert d.t_ns >= ends
            ends = d.t_ns + d.sentence.length_ns
        elif d.what == CUT_OFF:
            assert d.t_ns <= ends
            ends = d.t_ns
            assert not d.sentence.is_warning or d.why == "urgent"
        else:
            assert not d.sentence.is_warning or d.why in ("repeated", "stale")
    begun = [id(d.sentence) for d in done if d.what == BEGINS]
    dropped = [id(d.sentence) for d in done if d.what == DROPPED]
    assert sorted(begun + dropped) == sorted(id(s) for s in offered), "each begins or is dropped, once"


@pytest.mark.parametrize("priority", [0, 3, 6])
def test_a_warning_begins_at_once_whatever_chat_goes_on(priority: int) -> None:
    queue = SpeakingQueue()
    queue.driver(0, True)
    for i in range(20):
        queue.offer(sentence(f"c{i}", CHAT, 0))
    queue.step(0, calm=False)
    queue.offer(sentence("w", priority, 5 * MS))
    assert told(queue.step(5 * MS, calm=False)) == [(0.005, BEGINS, "w", "")]
