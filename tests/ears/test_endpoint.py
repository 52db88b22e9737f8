"""Reads as the rules of when an utterance begins and ends. One frame is 32 ms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.ears.endpoint import CAP, END, GRAMMAR, SILENCE, EndPointer, Pauses, Span
from kitt.ears.vad import FRAME

PRE_ROLL = Pauses().pre_roll_samples


CHANCE = {"#": 0.9, "+": 0.6, "~": 0.47, "-": 0.2, ".": 0.1}
"""A frame a character: sure speech, speech, in between, silence that is not sure, silence."""


def run(text, may_end=False, finish=True):
    ends = EndPointer()
    spans = ends.push([CHANCE[c] for c in text], may_end)
    last = ends.finish(len(text) * FRAME) if finish else None
    return [*spans, *([last] if last else [])]


def test_the_limits_are_those_promised():
    frame_ms, lag_ms, sure_lag_ms = FRAME / 16, 80, 70
    limits = Pauses()
    assert 300 <= limits.pre_roll_samples / 16 <= 500
    assert limits.short_pause_frames * frame_ms + sure_lag_ms <= 200
    assert limits.pause_frames * frame_ms + lag_ms <= 280
    assert limits.doubtful_pause_frames * frame_ms + sure_lag_ms <= 330
    assert limits.long_pause_frames * frame_ms == 800
    assert limits.most_frames * frame_ms == 8_000


def test_silence_is_no_utterance():
    assert run("." * 100) == []


def test_a_click_is_no_utterance():
    assert run("." * 20 + "#" + "." * 40) == []


def test_a_short_pause_ends_it_where_the_grammar_may_end():
    (span,) = run("." * 20 + "#" * 10 + "." * 30, may_end=True)
    assert span == Span(20 * FRAME - PRE_ROLL, 36 * FRAME, 20 * FRAME, 30 * FRAME, 10, GRAMMAR)


def test_a_shorter_one_ends_it_where_nothing_can_go_on():
    ends = EndPointer()
    spans = [ends.step(p, True, True) for p in [0.1] * 20 + [0.9] * 10 + [0.1] * 30]
    (span,) = [s for s in spans if s]
    assert (span.end, span.reason) == (34 * FRAME, GRAMMAR)


def last_frame(text, *, must_end, levels=None):
    """The frames up to the end of the first utterance; 0 where none ended."""
    ends = EndPointer()
    for i, c in enumerate(text):
        ends.take(CHANCE[c], *([levels[i]] if levels else []))
        if ends.ended(True, must_end):
            return i + 1
    return 0


def test_a_pause_is_counted_from_the_last_sure_speech_where_nothing_can_go_on():
    """The network lets go of a voice in an echo slowly."""
    assert last_frame("#" * 10 + "+" * 9, must_end=True) == 14
    assert last_frame("#" * 10 + "+" * 9, must_end=False) == 18
    assert last_frame("#" * 10 + "+" * 7 + "." * 9, must_end=False) == 18


def test_a_voice_that_was_never_sure_ends_with_its_speech():
    assert last_frame("+" * 10 + "." * 9, must_end=True) == 14


def test_no_pause_ends_while_the_probability_rises():
    assert last_frame("#" * 10 + "...-###", must_end=True) == 0
    assert last_frame("#" * 10 + "...--##", must_end=True) == 15


@pytest.mark.parametrize(("floor_db", "frames"), [(-70.0, 20), (-40.0, 23)])
def test_in_quiet_the_sound_itself_shows_the_end(floor_db, frames):
    """The voice ends after 10 frames, the network hears it for 7 more, and is sure of it for 5."""
    levels = [-20.0] * 10 + [floor_db] * 30
    assert last_frame("#" * 15 + "++" + "." * 9, must_end=False, levels=levels) == frames


def test_the_rest_of_a_voice_begins_no_other_utterance():
    ends = EndPointer()
    spans = [ends.step(CHANCE[c], True, True) for c in "#" * 10 + "+" * 20 + "." * 30]
    assert [s.end for s in spans if s] == [14 * FRAME]


@pytest.mark.parametrize("rest", ["+++", ".+", "."])
def test_a_voice_that_is_sure_again_does(rest):
    ends = EndPointer()
    spans = [ends.step(CHANCE[c], True, True) for c in "#" * 10 + "+" * 4 + rest + "#" * 10 + "." * 9]
    assert len([s for s in spans if s]) == 2


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
    assert (ends.speech_start, ends.doubtful_frames) == (0, 3)
    ends.step(0.6)
    assert (ends.silent_frames, ends.doubtful_frames) == (0, 4)


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


def test_a_pause_is_looked_into_before_it_ends_an_utterance() -> None:
    """A look that comes with the end keeps the command waiting for as long as it takes to hear it."""
    limits = Pauses()
    assert max(limits.look_frames) < min(limits.pause_frames, limits.doubtful_pause_frames, limits.quiet_frames)
    assert min(limits.look_frames) < limits.short_pause_frames
