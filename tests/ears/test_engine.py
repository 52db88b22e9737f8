"""The ears as a whole, over sound that spells itself out: segmentation, verdicts, wake phrases, languages, reload."""

from pathlib import Path

import numpy as np
import pytest

from kitt.ears.engine import Ears
from kitt.ears.grammar import Grammar
from kitt.errors import KittError
from kitt.types import F32, AudioChunk, Heard
from tests.ears.coded import networks, silence, speech

SECOND = 16_000


def grammar_of(language: str = "en", **intents: list[str]) -> Grammar:
    return Grammar.of_sentences(intents, language, "test")


def say(grammar: Grammar, text: str) -> F32:
    return speech(*(grammar.prons[w][0] for w in text.split()))


LIGHTS = grammar_of(LightOn=["turn on the lights", "lights"], Wipers=["start the wipers"])


def heard_in(ears: Ears, sound: F32, step: int = 320, t_ns: int = 0) -> list[Heard]:
    out = []
    for i in range(0, len(sound), step):
        out += ears.process(AudioChunk(t_ns + i * 62_500, sound[i : i + step]))
    return out + ears.finish()


def test_two_commands_are_two_utterances_with_their_times() -> None:
    sound = np.concatenate(
        [silence(SECOND), say(LIGHTS, "turn on the lights"), silence(SECOND), say(LIGHTS, "start the wipers")]
    )
    first, second = heard_in(Ears([LIGHTS], networks=networks()), sound, t_ns=5_000_000_000)
    assert (first.intent, first.text, first.rejected) == ("LightOn", "turn on the lights", False)
    assert (second.intent, second.rejected) == ("Wipers", False)
    assert first.t_start_ns == pytest.approx(6_000_000_000, abs=60_000_000)
    length_ns = len(say(LIGHTS, "turn on the lights")) * 62_500
    assert first.t_end_ns == pytest.approx(6_000_000_000 + length_ns, abs=60_000_000)
    assert first.confidence > 0.9


@pytest.mark.parametrize("step", [100, 512, 7000])
def test_the_size_of_the_chunks_makes_no_difference(step: int) -> None:
    sound = np.concatenate([silence(3000), say(LIGHTS, "lights"), silence(SECOND), say(LIGHTS, "start the wipers")])

    def told(size: int) -> list[tuple[int, int, str, float]]:
        heard = heard_in(Ears([LIGHTS], networks=networks()), sound, size)
        return [(h.t_start_ns, h.t_end_ns, h.text, h.confidence) for h in heard]

    assert told(step) == told(len(sound))


def test_what_is_not_in_the_grammar_is_rejected_with_a_reason() -> None:
    other = grammar_of(Other=["completely different words"])
    (heard,) = heard_in(Ears([LIGHTS], networks=networks()), say(other, "completely different words"))
    assert heard.rejected
    assert "not in the grammar" in heard.reason
    assert heard.n_best


def test_everything_is_taken_when_asked_to() -> None:
    other = grammar_of(Other=["completely different words"])
    (heard,) = heard_in(Ears([LIGHTS], networks=networks(), accept_all=True), say(other, "completely different words"))
    assert not heard.rejected
    assert heard.n_best[0].score < -1


def test_a_pause_ends_an_utterance_early_only_where_the_grammar_may_end() -> None:
    """128 ms after "lights", 800 ms after "start the"."""
    for text, ends in (("lights", True), ("start the", False)):
        sound = np.concatenate([silence(4096), say(LIGHTS, text), silence(round(0.45 * SECOND))])
        ears = Ears([LIGHTS], networks=networks())
        heard = [h for i in range(0, len(sound), 512) for h in ears.process(AudioChunk(0, sound[i : i + 512]))]
        assert bool(heard) is ends, text


def test_a_voice_that_comes_back_before_the_command_is_given_out_goes_on_with_it() -> None:
    """Both halves are sentences; the pause is 150 ms."""
    grammar = grammar_of(Radio=["radio"], News=["radio news"])
    sound = [silence(4096), say(grammar, "radio"), silence(2400), say(grammar, "news"), silence(SECOND)]
    (heard,) = heard_in(Ears([grammar], networks=networks()), np.concatenate(sound))
    assert (heard.intent, heard.text) == ("News", "radio news")


def test_the_second_pass_is_done_while_the_pause_lasts() -> None:
    """What it found two frames into the pause is given out two frames later; it does not run again."""
    parts = networks()
    second = parts.second
    ears = Ears([LIGHTS], networks=parts)
    sound = np.concatenate([silence(4096), say(LIGHTS, "lights"), silence(5 * 512)])
    runs = [len(second.languages)]  # type: ignore[attr-defined]
    given = []
    for i in range(0, len(sound), 512):
        given.append(bool(ears.process(AudioChunk(0, sound[i : i + 512]))))
        runs.append(len(second.languages))  # type: ignore[attr-defined]
    assert runs[-1] == 1
    assert given.index(True) - runs.index(1) == 1


def test_where_no_sentence_may_end_the_second_pass_waits_for_the_end() -> None:
    parts = networks()
    ears = Ears([LIGHTS], networks=parts)
    sound = np.concatenate([silence(4096), say(LIGHTS, "start the"), silence(8000)])
    assert [h for i in range(0, len(sound), 512) for h in ears.process(AudioChunk(0, sound[i : i + 512]))] == []
    assert parts.second.languages == []  # type: ignore[attr-defined]
    assert len(ears.finish()) == 1


def test_a_wake_phrase_must_go_before_a_command() -> None:
    wake = grammar_of(Wake=["hey kitt"])
    ears = Ears([LIGHTS], wake="hey kitt", networks=networks())
    assert heard_in(ears, say(LIGHTS, "lights")) == []
    ears.reset()
    (heard,) = heard_in(ears, np.concatenate([say(wake, "hey kitt"), say(LIGHTS, "turn on the lights")]))
    assert (heard.intent, heard.wake, heard.rejected) == ("LightOn", "hey kitt", False)
    assert heard.wake_score > -0.2
    assert heard.t_start_ns == pytest.approx(len(say(wake, "hey kitt")) * 62_500, abs=100_000_000)


def test_words_after_a_jump_of_the_clock_have_the_time_after_it() -> None:
    ears = Ears([LIGHTS], networks=networks())
    ears.process(AudioChunk(0, silence(5120)))
    heard = ears.process(AudioChunk(9_000_000_000, say(LIGHTS, "turn on the lights"))) + ears.finish()
    assert [h.t_start_ns for h in heard] == [pytest.approx(9_000_000_000, abs=60_000_000)]


def test_a_wake_phrase_alone_opens_the_ears_for_the_next_utterance() -> None:
    wake = grammar_of(Wake=["hey kitt"])
    ears = Ears([LIGHTS], wake="hey kitt", networks=networks())
    pause = silence(2 * SECOND)
    sound = [say(wake, "hey kitt"), pause, say(LIGHTS, "lights"), pause, say(LIGHTS, "lights"), pause]
    alone, command = heard_in(ears, np.concatenate(sound))
    assert (alone.wake, alone.intent) == ("hey kitt", "")
    assert (command.intent, command.wake, command.rejected) == ("LightOn", "hey kitt", False)


def test_ears_that_share_their_networks_do_not_share_what_they_hear() -> None:
    """Two streams of sound, chunk by chunk in turn."""
    parts = networks()
    one, other = Ears([LIGHTS], networks=parts), Ears([LIGHTS], networks=parts)
    sounds = [np.concatenate([silence(n), say(LIGHTS, "start the wipers"), silence(SECOND)]) for n in (5000, 9100)]
    heard: list[list[Heard]] = [[], []]
    for at in range(0, len(sounds[1]), 700):
        for ears, sound, got in zip((one, other), sounds, heard, strict=True):
            got += ears.process(AudioChunk(at * 62_500, sound[at : at + 700]))
        if at == 7000:
            Ears([LIGHTS], networks=parts).reset()
    apart = [heard_in(Ears([LIGHTS], networks=networks()), sound, 700) for sound in sounds]
    assert [[(h.text, h.t_start_ns, h.t_end_ns) for h in got] for got in heard] == [
        [(h.text, h.t_start_ns, h.t_end_ns) for h in got] for got in apart
    ]
    assert [len(got) for got in apart] == [1, 1]


def test_what_lacks_its_wake_phrase_is_counted() -> None:
    ears = Ears([LIGHTS], wake="hey kitt", networks=networks())
    assert heard_in(ears, np.concatenate([say(LIGHTS, "lights"), silence(2 * SECOND), say(LIGHTS, "lights")])) == []
    assert ears.unaddressed == 2
    ears.reset()
    heard_in(ears, silence(SECOND))
    assert ears.unaddressed == 0


def test_an_empty_wake_phrase_does_not_open_the_ears() -> None:
    with pytest.raises(KittError, match="the wake phrase is empty"):
        Ears([LIGHTS], wake="", networks=networks())


def test_a_wake_phrase_is_forgotten_after_six_seconds() -> None:
    wake = grammar_of(Wake=["hey kitt"])
    ears = Ears([LIGHTS], wake="hey kitt", networks=networks())
    heard = heard_in(ears, np.concatenate([say(wake, "hey kitt"), silence(8 * SECOND), say(LIGHTS, "lights")]))
    assert [h.wake for h in heard] == ["hey kitt"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A grammar with words that need no wake phrase."""
    text = "language: en\nintents:\n  {0}:\n    data:\n      - sentences: ['{1}']\n"
    (tmp_path / "car.yaml").write_text(text.format("LightOn", "turn on the lights"))
    (tmp_path / "_always.yaml").write_text(text.format("StopTalking", "be quiet"))
    return tmp_path


QUIET = grammar_of(StopTalking=["be quiet"], Other=["hey kitt", "completely"])


def test_some_words_need_no_wake_phrase(folder: Path) -> None:
    ears = Ears([folder], wake="hey kitt", networks=networks())
    (heard,) = heard_in(ears, say(QUIET, "be quiet"))
    assert (heard.intent, heard.wake, heard.rejected) == ("StopTalking", "", False)
    ears.reset()
    assert heard_in(ears, say(LIGHTS, "turn on the lights")) == []


def test_they_end_an_utterance_early_too(folder: Path) -> None:
    ears = Ears([folder], wake="hey kitt", networks=networks())
    sound = np.concatenate([silence(4096), say(QUIET, "be quiet"), silence(round(0.2 * SECOND))])
    assert [h.intent for i in range(0, len(sound), 512) for h in ears.process(AudioChunk(0, sound[i : i + 512]))]


@pytest.mark.parametrize("text", ["be quiet completely", "completely be quiet"])
def test_they_must_be_the_whole_utterance(folder: Path, text: str) -> None:
    assert heard_in(Ears([folder], wake="hey kitt", networks=networks()), say(QUIET, text)) == []


def test_they_must_fit_better_than_a_command(folder: Path) -> None:
    """Two of six phones are others."""
    wrong = list(QUIET.prons["quiet"][0])
    wrong[0], wrong[-1] = QUIET.prons["completely"][0][3], QUIET.prons["completely"][0][1]
    sound = speech(QUIET.prons["be"][0], tuple(wrong))
    assert heard_in(Ears([folder], wake="hey kitt", networks=networks()), sound) == []


def test_a_wake_phrase_may_go_before_them(folder: Path) -> None:
    (heard,) = heard_in(Ears([folder], wake="hey kitt", networks=networks()), say(QUIET, "hey kitt be quiet"))
    assert (heard.intent, heard.wake, heard.rejected) == ("StopTalking", "hey kitt", False)


def test_without_a_wake_phrase_in_force_they_are_heard_as_well(folder: Path) -> None:
    (heard,) = heard_in(Ears([folder], networks=networks()), say(QUIET, "be quiet"))
    assert (heard.intent, heard.rejected) == ("StopTalking", False)


def test_they_change_without_a_restart(folder: Path) -> None:
    ears = Ears([folder], wake="hey kitt", networks=networks())
    always = folder / "_always.yaml"
    always.write_text(always.read_text().replace("be quiet", "completely"))
    assert ears.refresh()
    assert [h.text for h in heard_in(ears, say(QUIET, "completely"))] == ["completely"]


def test_a_mistake_in_them_is_told_at_once(folder: Path) -> None:
    (folder / "_always.yaml").write_text("language: en\nintents: {A: {data: [{sentences: ['{nothing}']}]}}\n")
    with pytest.raises(KittError, match=r"_always.yaml:2"):
        Ears([folder], networks=networks())


def test_the_language_that_fits_best_is_chosen() -> None:
    french = grammar_of("fr", Essuie=["allume les essuie-glaces"])
    ears = Ears([LIGHTS, french], "auto", networks=networks())
    assert [h.language for h in heard_in(ears, say(french, "allume les essuie-glaces"))] == ["fr"]
    ears.reset()
    assert [h.language for h in heard_in(ears, say(LIGHTS, "turn on the lights"))] == ["en"]


def test_a_grammar_of_another_language_is_refused() -> None:
    with pytest.raises(KittError, match="the grammar is in 'fr', the ears hear 'en'"):
        Ears([grammar_of("fr", A=["bonjour"])], "en", networks=networks())


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(KittError, match="unknown language 'de'; allowed: en, fr, es, auto"):
        Ears([LIGHTS], "de", networks=networks())


def test_a_changed_grammar_is_in_force_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = "language: en\nintents:\n  {0}:\n    data:\n      - sentences: ['{1}']\n"
    path.write_text(text.format("LightOn", "turn on the lights"))
    ears = Ears([path], networks=networks())
    (before,) = heard_in(ears, say(LIGHTS, "start the wipers"))
    path.write_text(text.format("Wipers", "start the wipers"))
    heard = heard_in(ears, np.concatenate([silence(3 * SECOND), say(LIGHTS, "start the wipers")]))
    assert (before.rejected, heard[-1].intent, heard[-1].rejected) == (True, "Wipers", False)


TURN_FRENCH = "language: fr\nintents:\n  LightOn:\n    data:\n      - sentences: ['lights']\n"


def test_a_grammar_that_changes_its_language_does_not_open_the_wake_gate(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(TURN_FRENCH.replace("fr", "en"))
    ears = Ears([path], wake="hey kitt", networks=networks())
    path.write_text(TURN_FRENCH)
    assert not ears.refresh()
    assert "the grammar is in 'fr', the ears hear 'en'" in ears.problems[0]
    assert heard_in(ears, say(LIGHTS, "lights")) == []
    assert ears.unaddressed == 1


def test_nor_where_every_language_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(TURN_FRENCH.replace("fr", "en"))
    ears = Ears([path], "auto", wake="hey kitt", networks=networks())
    path.write_text(TURN_FRENCH)
    assert ears.refresh()
    assert heard_in(ears, say(Grammar.load(path), "lights")) == []
    assert ears.unaddressed == 1


def test_short_recordings_take_a_changed_grammar_up_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = "language: en\nintents:\n  {}:\n    data:\n      - sentences: ['lights']\n"
    path.write_text(text.format("LightOn"))
    ears = Ears([path], networks=networks())
    assert [h.intent for h in ears.listen(say(LIGHTS, "lights"))] == ["LightOn"]
    path.write_text(text.format("Lamps"))
    assert [h.intent for h in ears.listen(say(LIGHTS, "lights"))] == ["Lamps"]


@pytest.mark.parametrize("kind", [str, Path, Grammar.load])
def test_one_grammar_needs_no_list(tmp_path: Path, kind) -> None:
    (tmp_path / "mine.yaml").write_text(TURN_FRENCH.replace("fr", "en"))
    ears = Ears(kind(tmp_path / "mine.yaml"), networks=networks())
    assert [g.graph.intents for g in ears.grammars] == [("LightOn",)]


@pytest.mark.parametrize("given", [3, [3], 2.5, object()])
def test_what_is_no_grammar_is_one_line(given: object) -> None:
    with pytest.raises(KittError, match="is no grammar: give a file, a folder or a Grammar"):
        Ears(given, networks=networks())  # type: ignore[arg-type]


def test_what_was_wrong_with_a_recording_is_kept_where_nothing_was_heard() -> None:
    ears = Ears([LIGHTS], networks=networks())
    assert ears.listen(np.full(SECOND, np.nan, np.float32)) == []
    assert "16000 of 16000 samples are not numbers" in ears.notes[0]
    ears.listen(say(LIGHTS, "lights"))
    assert ears.notes == ()


def test_a_grammar_spoilt_while_in_use_is_told_and_the_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    good = "language: en\nintents:\n  LightOn:\n    data:\n      - sentences: ['turn on the lights']\n"
    path.write_text(good)
    ears = Ears([path], networks=networks())
    path.write_text(good.replace("[", "[[").replace("]", ""))
    assert not ears.refresh()
    ears.refresh()
    (problem,) = ears.problems
    assert str(path) in problem
    assert "stays in force" in problem
    (heard,) = heard_in(ears, say(LIGHTS, "turn on the lights"))
    assert not heard.rejected


def test_a_whole_recording_at_another_rate_says_so() -> None:
    sound = np.repeat(np.concatenate([silence(SECOND), say(LIGHTS, "lights")]), 3)
    (heard,) = Ears([LIGHTS], networks=networks()).listen(sound, 48_000)
    assert heard.intent == "LightOn"
    assert any("48000" in note for note in heard.notes)


def test_silence_is_no_utterance() -> None:
    assert heard_in(Ears([LIGHTS], networks=networks()), silence(5 * SECOND)) == []


def test_sound_that_nothing_can_reach_any_more_is_let_go() -> None:
    ears = Ears([LIGHTS], networks=networks())
    for _ in range(100):
        ears.process(AudioChunk(0, silence(SECOND)))
    assert len(ears._sound) < 2 * SECOND
