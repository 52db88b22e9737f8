"""Reads as the rules of when an utterance begins and ends. One frame is 32 ms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.ears.endpoint import CAP, END, GRAMMAR, SILENCE, EndPointer, Pauses, Span
from kitt.ears.vad import FRAME

PRE_ROLL = Pauses().pre_roll_samples


def run(text, may_end=False, finish=True):
    """`text` is a frame a character: '#' speech, '~' in between, '.' silence."""
    ends = EndPointer()
    spans = ends.push([{"#": 0.9, "~": 0.47, ".": 0.1}[c] for c in text], may_end)
    last = ends.finish(len(text) * FRAME) if finish else None
    return [*spans, *([last] if last else [])]


def test_the_limits_are_those_promised():
    frame_ms, lag_ms = FRAME / 16, 100
    limits = Pauses()
    assert 300 <= limits.pre_roll_samples / 16 <= 500
    assert 200 <= limits.short_pause_frames * frame_ms + lag_ms <= 250
    assert limits.pause_frames * frame_ms + lag_ms <= 420
    assert limits.long_pause_frames * frame_ms == 800
    assert limits.most_frames * frame_ms == 8_000


def test_silence_is_no_utterance():
    assert run("." * 100) == []


def test_a_click_is_no_utterance():
    assert run("." * 20 + "#" + "." * 40) == []


def test_a_short_pause_ends_it_where_the_grammar_may_end():
    (span,) = run("." * 20 + "#" * 10 + "." * 30, may_end=True)
    assert span == Span(20 * FRAME - PRE_ROLL, 40 * FRAME, 20 * FRAME, 30 * FRAME, 10, GRAMMAR)


def test_a_shorter_one_ends_it_where_nothing_can_go_on():
    ends = EndPointer()
    spans = [ends.step(p, True, True) for p in [0.1] * 20 + [0.9] * 10 + [0.1] * 30]
    (span,) = [s for s in spans if s]
    assert (span.end, span.reason) == (34 * FRAME, GRAMMAR)


def test_a_pause_of_800_ms_ends_it_elsewhere():
    (span,) = run("." * 20 + "#" * 10 + "." * 30)
    assert (span.end, span.reason) == (55 * FRAME, SILENCE)
    assert len(run("#" * 10 + "." * 24 + "#" * 10 + "." * 30)) == 1


def test_it_ends_at_once_when_the_grammar_may_end_later_in_the_pause():
    text = "#" * 10 + "." * 30
    (span,) = run(text, may_end=[i >= 22 for i in range(len(text))])
    assert (span.end, span.reason) == (23 * FRAME, GRAMMAR)


def test_the_flag_ends_nothing_while_speech_goes_on():
    (span,) = run("#" * 100 + "." * 30, may_end=True)
    assert span.speech_end == 100 * FRAME


def test_what_is_neither_speech_nor_silence_keeps_what_was():
    assert run("." * 9 + "~" * 20 + "." * 30) == []
    (span,) = run("##~~~~~~~~" + "." * 30)
    assert span.speech_end == 10 * FRAME


def test_eight_seconds_are_the_most_and_the_rest_follows_without_a_hole():
    first, second = run("." * 20 + "#" * 300 + "." * 30)
    assert (first.speech_start, first.end, first.reason) == (20 * FRAME, 270 * FRAME, CAP)
    assert (second.start, second.speech_end, second.reason) == (first.end, 320 * FRAME, SILENCE)


def test_the_end_of_the_sound_ends_it():
    (span,) = run("." * 20 + "#" * 10)
    assert (span.end, span.reason) == (30 * FRAME, END)
    (span,) = run("." * 20 + "#")
    assert span.speech_frames == 1


def test_an_utterance_starts_no_earlier_than_the_sound():
    (span,) = run("##" + "." * 30)
    assert span.start == 0


def test_pre_roll_takes_nothing_that_was_spoken_before():
    first, second = run("#" * 10 + "." * 11 + "#" * 10 + "." * 30, may_end=True)
    assert second.start == first.speech_end
    assert second.speech_start == 21 * FRAME


def test_it_says_where_it_stands():
    ends = EndPointer()
    assert (ends.start, ends.silent_frames, ends.hears_speech) == (None, 0, False)
    ends.push([0.9] * 5 + [0.1] * 3)
    assert (ends.start, ends.silent_frames, ends.hears_speech, ends.frame) == (0, 3, False, 8)


@st.composite
def sounds(draw):
    """Frames in runs, long enough for every limit, each with its flag."""
    runs = draw(st.lists(st.tuples(st.sampled_from([0.1, 0.47, 0.9]), st.integers(1, 60), st.booleans()), max_size=12))
    return (
        [p for p, count, _ in runs for _ in range(count)],
        [flag for _, count, flag in runs for _ in range(count)],
    )


@given(sounds(), st.data())
def test_piece_by_piece_is_as_all_at_once(sound, data):
    chances, flags = sound
    total = len(chances) * FRAME
    whole = EndPointer()
    expected = [*whole.push(chances, flags), whole.finish(total)]
    pieces, at, got = EndPointer(), 0, []
    while at < len(chances):
        size = data.draw(st.integers(1, 50))
        got += pieces.push(chances[at : at + size], flags[at : at + size])
        at += size
    assert [*got, pieces.finish(total)] == expected


@given(sounds(), st.integers(0, FRAME - 1))
def test_spans_follow_each_other_and_hold_their_speech(sound, rest):
    chances, flags = sound
    total = len(chances) * FRAME + rest
    ends = EndPointer()
    spans = ends.push(chances, flags)
    last = ends.finish(total)
    spans += [last] if last else []
    spoken_until = 0
    for span in spans:
        assert spoken_until <= span.start <= span.speech_start < span.speech_end <= span.end <= total
        assert span.end - span.speech_start <= 250 * FRAME + rest
        assert 0 < span.speech_frames * FRAME <= span.speech_end - span.speech_start
        assert span.speech_start - span.start <= PRE_ROLL
        spoken_until = span.speech_end
    # every run of sure speech that is long enough lies in a span
    heard = np.zeros(total, bool)
    for span in spans:
        heard[span.start : span.end] = True
    sure = np.repeat(np.asarray(chances) >= 0.5, FRAME) if chances else np.zeros(0, bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], sure.astype(int), [0]])))
    for begin, end in edges.reshape(-1, 2):
        assert end - begin < 4 * FRAME or heard[begin : end - FRAME].all()


@pytest.mark.parametrize("frames", [1, 3])
def test_the_number_of_frames_that_begin_it_is_a_setting(frames):
    ends = EndPointer(Pauses(start_frames=frames))
    ends.push([0.9] * (frames - 1))
    assert ends.start is None
    ends.step(0.9)
    assert ends.start == 0
