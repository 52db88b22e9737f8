"""Words to phones: which source speaks, what is kept on disk, how digits, signs and capitals are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kitt.ears.g2p import gruut, pronounce
from kitt.ears.g2p.espeak import EspeakPronouncer
from kitt.ears.g2p.lexicon import shipped, symbols
from kitt.ears.g2p.phones import INDEX, decode, encode
from kitt.ears.g2p.pronounce import Pronouncer
from kitt.types import LANGUAGES


@pytest.fixture
def g2p(tmp_path: Path) -> Pronouncer:
    return Pronouncer(tmp_path / "g2p")


def said(g2p: Pronouncer, word: str, language: str = "en") -> set[str]:
    return {decode(p) for p in g2p.pronounce([word], language)[word]}


def no_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> EspeakPronouncer:
        raise AssertionError("espeak-ng was started")

    monkeypatch.setattr(pronounce, "EspeakPronouncer", refuse)


def test_both_accents_are_kept(g2p: Pronouncer) -> None:
    assert {"k ɑ ɹ", "k ɑ"} <= said(g2p, "car")
    assert {"l u θ", "l u s"} <= said(g2p, "luz", "es")


def test_kitt_is_known_in_three_languages_without_espeak(g2p: Pronouncer, monkeypatch: pytest.MonkeyPatch) -> None:
    no_espeak(monkeypatch)
    assert [said(g2p, "KITT", language) for language in LANGUAGES] == [{"k ɪ t"}, {"k i t"}, {"k i t"}]


def test_the_users_word_goes_before_the_shipped_one(g2p: Pronouncer) -> None:
    own = (encode(["k", "ə"], "fr"),)
    assert g2p.pronounce(["kitt", "lune"], "fr", {"kitt": own})["kitt"] == own


def test_what_was_asked_once_needs_no_espeak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Pronouncer(tmp_path).pronounce(["window", "open", "GPS", "345"], "en")
    no_espeak(monkeypatch)
    assert Pronouncer(tmp_path).pronounce(["window", "open", "GPS", "345"], "en") == first


def test_a_damaged_cache_is_written_anew(tmp_path: Path) -> None:
    first = Pronouncer(tmp_path).pronounce(["window"], "en")
    (kept,) = tmp_path.glob("en-*.json")
    for damage in ("", "{", '{"window": 3}', '{"window": [["x"]]}'):
        kept.write_text(damage)
        assert Pronouncer(tmp_path).pronounce(["window"], "en") == first
    assert list(json.loads(kept.read_text())) == ["window"]
    assert list(tmp_path.iterdir()) == [kept]


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert Pronouncer(tmp_path / "file").pronounce(["window"], "en")["window"]


def test_other_phones_are_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Pronouncer(tmp_path).pronounce(["window"], "en")
    monkeypatch.setattr(gruut, "version", lambda language: "another")
    Pronouncer(tmp_path).pronounce(["window"], "en")
    assert len(list(tmp_path.glob("en-*.json"))) == 2


def test_without_gruut_espeak_speaks_alone(g2p: Pronouncer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gruut, "_database", lambda language: None)
    assert gruut.version("en") == ""
    espeaks, open_end = {"t ɛ m p ɹ ɪ tʃ ɚ", "t ɛ m p ɹ ɪ tʃ ə"}, {"t ɛ m p ɹ ɪ tʃ a"}
    assert said(g2p, "temperature") == espeaks | open_end


@pytest.mark.parametrize(
    ("word", "language", "way"),
    [
        ("22", "en", "t w ɛ n t i t u"),
        ("22", "fr", "v ɛ̃ t d ø"),
        ("22", "es", "b eɪ n t i d o s"),
        ("105", "en", "w ʌ n h ʌ n d ɹ ɪ d ə n d f aɪ v"),
        ("71", "fr", "s w a s ɑ̃ t e ɔ̃ z"),
        ("2000", "es", "d o s m i l"),
        ("%", "fr", "p u ʁ s ɑ̃"),
        ("°", "es", "ɡ ɾ a d o s"),
        ("&", "en", "ə n d"),
        ("mp3", "en", "ɛ m p i θ ɹ i"),
        ("a4", "en", "eɪ f ɔ ɹ"),
        ("1984", "en", "n aɪ n t i n eɪ ɾ i f ɔ ɹ"),
        ("1984", "fr", "d i s n œ f s ɑ̃ k a t ʁ v ɛ̃ k a t ʁ"),
        ("2.5", "en", "t u p ɔɪ n t f aɪ v"),
        ("-2,5", "fr", "m w ɛ̃ d ø v i ʁ ɡ y l s ɛ̃ k"),
        ("3rd", "en", "θ ɚ d"),
        ("21e", "fr", "v ɛ̃ t e y n j ɛ m"),
        ("3ª", "es", "t e ɾ s e ɾ a"),
        ("n°", "fr", "n y m e ʁ o"),
        ("km/h", "es", "k i l o m e t ɾ o s p o ɾ o ɾ a"),
        ("$", "en", "d ɔ l ə"),
        ("GPS", "es", "x e p e e s e"),
        ("LED", "fr", "ɛ l ə d e"),
        ("LED", "en", "l ɛ d"),
        ("vas-y", "fr", "v a z i"),
    ],
)
def test_digits_signs_and_capitals_are_read_out(g2p: Pronouncer, word: str, language: str, way: str) -> None:
    assert way in said(g2p, word, language)


def test_french_schwas_may_be_left_out(g2p: Pronouncer) -> None:
    assert said(g2p, "je", "fr") >= {"ʒ ə", "ʒ"}
    assert {"f ə n ɛ t ʁ", "f n ɛ t ʁ"} <= said(g2p, "fenêtre", "fr")
    schwa = (INDEX["ə"],)
    assert g2p.pronounce(["euh"], "fr", {"euh": (schwa,)})["euh"] == (schwa,)


def test_gruuts_abbreviations_are_not_words(g2p: Pronouncer) -> None:
    pytest.importorskip("gruut_lang_fr", reason="gruut's French lexicon is not installed")
    assert (INDEX["d"], INDEX["a"], INDEX["m"]) in gruut.pronounce(["des"], "fr")["des"]
    assert "s ɛ n t" not in said(g2p, "centre", "fr") | said(g2p, "cent", "fr")
    assert all("ʝ" not in s.split()[1:] for s in said(g2p, "canción", "es"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_lexica_are_sound(language: str) -> None:
    assert all(prons and all(prons) for prons in shipped(language).values())
    assert all(w == w.lower() for w in shipped(language))
    assert set(symbols(language)) == set(symbols("en"))


@pytest.mark.parametrize(
    ("word", "way"),
    [
        ("édith", "e d i t"),
        ("Judith", "ʒ y d i t"),
        ("agathe", "a ɡ a t"),
        ("nathan", "n a t ɑ̃"),
        ("mathis", "m a t i s"),
        ("jérémy", "ʒ e ʁ e m i"),
        ("start", "s t a ʁ t"),
        ("timer", "t a j m œ ʁ"),
        ("shopping", "ʃ ɔ p i ŋ"),
        ("high-tech", "a j t ɛ k"),
        ("thriller", "s ʁ i l œ ʁ"),
    ],
)
def test_french_words_that_look_english_are_said_in_french(g2p: Pronouncer, word: str, way: str) -> None:
    assert way in said(g2p, word, "fr")


def test_the_english_way_of_such_a_word_stays(g2p: Pronouncer) -> None:
    assert "d i z aɪ n" in {w.replace("ɪ", "i", 1) for w in said(g2p, "design", "fr")}
    assert said(g2p, "nathalie", "fr") == {"n a t a l i"}


@pytest.mark.parametrize(
    ("word", "way"),
    [
        ("play", "p l eɪ"),
        ("stop", "e s t o p"),
        ("montessori", "m o n t e s o ɾ i"),
        ("jennifer", "ʝ e n i f e ɾ"),
    ],
)
def test_spanish_words_from_elsewhere(g2p: Pronouncer, word: str, way: str) -> None:
    assert way in said(g2p, word, "es")
