"""The recordings that measure the ears, and that no trainer may read them."""

import numpy as np
import pytest

from kitt.ears.grammar import Grammar
from kitt.errors import KittError
from kitt.eval import speech_negatives, speech_sets
from kitt.eval.speech_sets import GRAMMARS, MONTHS, NUMBERS, READERS, WEEKDAYS, bounded, kept, prompt_meaning, read
from tests.eval.speech_fakes import tone, write_pico, write_rows, write_wav
from tools.train_speech import human


def test_every_test_set_is_in_the_file_that_the_trainer_refuses():
    named = kept()
    refused = {*named["folders"], *named["speakers"]}
    assert set(speech_sets._WHERE.values()) <= refused
    assert set(speech_negatives.TRAINED_NEVER) == set(named["copyleft_folders"])
    assert "speech_precise" in refused


@pytest.mark.parametrize("folder", kept()["folders"])
def test_the_trainer_refuses_each_test_set(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(human, "WITH_TRANSCRIPTS", (folder,))
    with pytest.raises(SystemExit, match=f"{folder} is kept for tests"):
        list(human.clips(tmp_path))


def test_the_trainer_reads_no_speaker_that_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(human, "WITH_TRANSCRIPTS", ("speech_cv61_en",))
    held = kept()["speakers"]["speech_cv61_en"][0]
    rows = [("a.wav", held, "en", "kept for tests"), ("b.wav", "someone", "en", "may train")]
    write_rows(tmp_path / "speech_cv61_en", rows)
    book = tmp_path / "speech_pocketsphinx_testdata" / "librivox"
    book.mkdir(parents=True)
    (book / "transcription").write_text("")
    for speaker in (kept()["speakers"]["speech_gsc_subset300"][0], "00aa11bb"):
        write_wav(tmp_path / "speech_gsc_subset300" / "go" / f"{speaker}_nohash_0.wav", tone(0.5))
    learned = {c.path.split("/")[-1] for c in human.clips(tmp_path)}
    assert learned == {"b.wav", "00aa11bb_nohash_0.wav"}
    measured = {c.path.name for c in read("gsc", tmp_path).clips}
    measured |= {r.path.name for r in speech_negatives.human(tmp_path) if r.source == "speech_cv61_en"}
    assert measured == {"a.wav", f"{kept()['speakers']['speech_gsc_subset300'][0]}_nohash_0.wav"}


def test_orders_have_their_values_stripped(tmp_path):
    write_pico(tmp_path, {"a": {"milkAmount": " soy milk", "coffeeDrink": "Latte"}})
    (clip,) = read("pico", tmp_path).clips
    assert clip.intent == "orderDrink"
    assert clip.slots == {"milkAmount": "soy milk", "coffeeDrink": "latte"}


def test_a_phrase_means_what_the_grammar_says(tmp_path):
    rows = [("clean/a.wav", "F01", "fr", "tourne droite"), ("noisy/b.wav", "M01", "fr", "état d'urgence")]
    write_rows(tmp_path / "speech_drone_fr", rows)
    clips = read("drone_fr", tmp_path).clips
    assert [(c.intent, c.speaker, c.part) for c in clips] == [
        ("TurnRight", "F01", "clean"), ("Emergency", "M01", "noisy")
    ]  # fmt: skip


def test_a_phrase_outside_the_grammar_is_told(tmp_path):
    write_rows(tmp_path / "speech_panel_es", [("abrir/a.wav", "x", "es", "ábrete sésamo")])
    with pytest.raises(KittError, match="'ábrete sésamo' is no sentence of"):
        read("panel_es", tmp_path)


def test_prompts_are_read_by_their_file_names(tmp_path):
    assert prompt_meaning("7") == ("Number", {"number": "7"})
    assert prompt_meaning("day-0") == ("Weekday", {"weekday": "sunday"})
    assert prompt_meaning("mon-11") == ("Month", {"month": "december"})
    for other in ("21", "h-7", "day-7", "mon-12", "oclock", "100-and", "today"):
        assert prompt_meaning(other) is None
    for folder in ("en_US_x", "fr", "pt_BR"):
        for stem in ("7", "day-0", "h-1"):
            write_wav(tmp_path / folder / "digits" / f"{stem}.wav", tone(0.4, rate_hz=8000), 8000)
    found = read("prompts", tmp_path, tmp_path)
    assert [(c.language, c.speaker, c.meaning) for c in found.clips] == [
        ("en", "en_US_x", "Number number=7"), ("en", "en_US_x", "Weekday weekday=sunday"),
        ("fr", "fr", "Number number=7"), ("fr", "fr", "Weekday weekday=sunday"),
    ]  # fmt: skip
    assert found.auto


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_word_grammars_hold_every_prompt(language):
    grammar = Grammar.load(GRAMMARS / f"words_{language}.yaml")
    means = [grammar.parse((word,)) for word in grammar.graph.words]
    assert {v for m in means if m for v in m[1].values()} == {*map(str, NUMBERS), *WEEKDAYS, *MONTHS}
    assert len(means) == len(NUMBERS) + 7 + 12


@pytest.mark.parametrize(
    ("said", "slots"),
    [
        ("can I get a large dark roast latte please", {"size": "large", "roast": "dark roast", "coffeeDrink": "latte"}),
        ("espresso", {"coffeeDrink": "espresso"}),
        (
            "I'd like a double shot iced mocha with a bit of almond milk and brown sugar",
            {"numberOfShots": "double shot", "coffeeDrink": "iced mocha", "milkAmount": "a bit of almond milk",
             "sugarAmount": "brown sugar"},
        ),
        ("twelve ounces of coffee with milk", {"size": "twelve ounce", "coffeeDrink": "coffee", "milkAmount": "milk"}),
    ],
)  # fmt: skip
def test_the_grammar_of_orders_takes_a_persons_words(said, slots):
    grammar = Grammar.load(GRAMMARS / "pico.yaml")
    assert grammar.parse(speech_sets.words_of(said, "en")) == ("orderDrink", slots)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("turn on 灯", "'turn on 灯': cannot read the character 灯"),
        ("set it to 7-8", "'set it to 7-8': '7-8'"),
        ("it costs $3.50", "'it costs $3.50': '$3.50': money is said in more than one way"),
    ],
)
def test_a_sentence_that_cannot_be_read_says_why(said, why):
    with pytest.raises(KittError) as told:
        speech_sets.words_of(said, "en")
    assert str(told.value).startswith(why)
    assert speech_sets.sounded_words(said, "en") == []


def test_a_bounded_set_is_the_same_each_time_and_keeps_every_command(tmp_path):
    for take in range(5):
        for digit in range(3):
            write_wav(
                tmp_path / "speech_fsdd" / "recordings" / f"{digit}_theo_{take}.wav", tone(0.3, rate_hz=8000), 8000
            )
    whole = read("fsdd", tmp_path)
    some = bounded(whole, 2)
    assert some == bounded(read("fsdd", tmp_path), 2)
    assert len(some.clips) == 6
    assert some.left_out == 9
    assert {c.meaning for c in some.clips} == {c.meaning for c in whole.clips}


@pytest.mark.parametrize("name", READERS)
def test_a_set_that_is_not_there_is_one_line(name, tmp_path):
    with pytest.raises(KittError, match=f"the recordings of '{name}' are missing"):
        read(name, tmp_path / "nowhere", tmp_path / "nowhere")


def test_a_broken_table_names_its_line(tmp_path):
    write_rows(tmp_path / "speech_home_es", [("a.wav", "p01", "es", "puerta"), ("b.wav", "p01", "es")])
    with pytest.raises(KittError, match=r"transcripts.tsv:3: not 'file, speaker"):
        read("home_es", tmp_path)


def test_broken_labels_are_told(tmp_path):
    write_pico(tmp_path, {"a": {}})
    (tmp_path / "speech_pico_intent/data/label/label.json").write_text("[1]")
    with pytest.raises(KittError, match="no labels"):
        read("pico", tmp_path)


@pytest.mark.shared
@pytest.mark.parametrize("name", [n for n in READERS if n != "prompts"])
def test_the_shared_recordings_are_read_whole(name, shared_speech):
    counts = {"pico": 38, "drone_fr": 130, "home_es": 370, "panel_es": 420, "words": 141, "gsc": 91, "fsdd": 1000}
    found = read(name, shared_speech)
    assert len(found.clips) == counts[name]
    assert np.all([c.path.is_file() for c in found.clips])


@pytest.fixture
def shared_speech():
    from pathlib import Path

    folder = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not (folder / "speech_pico_intent").is_dir():
        pytest.skip(f"{folder} holds no speech recordings")
    return folder
