"""Digits in text: read right in the language, or refused in one line, never something else in silence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.ears.g2p.figures import FigureError, ways
from kitt.ears.g2p.numerals import spellings
from kitt.ears.g2p.tokens import tokens
from kitt.types import LANGUAGES

LANGUAGE = st.sampled_from(LANGUAGES)


def said(written: str, language: str) -> set[str]:
    (word,) = tokens(written, language)
    return {" ".join(way) for way in ways(word, language)}


@pytest.mark.parametrize(
    ("written", "language", "way"),
    [
        ("2.5", "en", "two point five"),
        ("2.05", "en", "two point oh five"),
        ("0.5", "en", "point five"),
        ("2,5", "fr", "deux virgule cinq"),
        ("2,75", "fr", "deux virgule soixante quinze"),
        ("2,05", "fr", "deux virgule zéro cinq"),
        ("2,5", "es", "dos coma cinco"),
        ("2.5", "es", "dos punto cinco"),
        ("1,000", "en", "one thousand"),
        ("12,345", "en", "twelve thousand three hundred and forty five"),
        ("1000", "fr", "mille"),
        ("80000", "fr", "quatre vingt mille"),
        ("21000", "es", "veintiún mil"),
        ("1984", "en", "nineteen eighty four"),
        ("1905", "en", "nineteen oh five"),
        ("1500", "en", "fifteen hundred"),
        ("2024", "en", "twenty twenty four"),
        ("1984", "fr", "dix neuf cent quatre vingt quatre"),
        ("911", "en", "nine one one"),
        ("3rd", "en", "third"),
        ("12th", "en", "twelfth"),
        ("20th", "en", "twentieth"),
        ("101st", "en", "one hundred and first"),
        ("1er", "fr", "premier"),
        ("1ère", "fr", "première"),
        ("2nde", "fr", "seconde"),
        ("3e", "fr", "troisième"),
        ("21ème", "fr", "vingt et unième"),
        ("9e", "fr", "neuvième"),
        ("3º", "es", "tercero"),
        ("3.er", "es", "tercer"),
        ("1ª", "es", "primera"),
        ("7mo", "es", "séptimo"),
        ("-5", "en", "minus five"),
        ("-2,5", "fr", "moins deux virgule cinq"),
        ("80s", "en", "eighties"),
        ("1980s", "en", "nineteen eighties"),
        ("4x4", "fr", "quatre quatre"),
        ("A4", "en", "·a four"),
        ("F-16", "fr", "·f seize"),
        ("mp3", "es", "·m·p tres"),
        ("05", "en", "oh five"),
    ],
)
def test_what_is_read(written: str, language: str, way: str) -> None:
    assert way in said(written, language)


@pytest.mark.parametrize(
    ("written", "languages"),
    [
        ("5:30", "en fr es"),
        ("1/2", "en fr es"),
        ("7-8", "en fr es"),
        ("5–10", "en fr es"),
        ("–5", "en fr es"),
        ("$3.50", "en fr es"),
        ("3,50€", "en fr es"),
        ("-$5", "en fr es"),
        ("2,5", "en"),
        ("2.5", "fr"),
        ("1,000", "fr es"),
        ("1.000", "fr es"),
        ("1.2.3", "en fr es"),
        ("1'000", "en fr es"),
        ("3th", "en"),
        ("3rd", "fr es"),
        ("2er", "fr es"),
        ("20º", "es"),
        ("20°C", "en fr es"),
        ("18h", "en fr es"),
        ("18h30", "en fr es"),
        ("5pm", "en fr es"),
        ("007", "en fr es"),
        ("1234567", "en fr es"),
        ("d'1", "en fr es"),
    ],
)
def test_what_is_refused(written: str, languages: str) -> None:
    for language in languages.split():
        with pytest.raises(FigureError, match=r"write (it so, or )?the words|leave it out"):
            tokens(written, language)


@given(st.integers(0, 999_999), LANGUAGE)
def test_whole_numbers_are_read_and_end_as_they_are_spelled(number: int, language: str) -> None:
    found = ways(str(number), language)
    assert len(set(found)) == len(found)
    if number < 1000:
        assert set(spellings(number, language)) <= set(found)
    elif number % 1000:
        assert any(found[0][-len(way) :] == way for way in spellings(number % 1000, language))


@given(st.integers(0, 999_999))
def test_as_num2words_spells_them(number: int) -> None:
    reader = pytest.importorskip("num2words", reason="num2words is not installed")
    for language in LANGUAGES:
        words = reader.num2words(number, lang=language).replace("-", " ").replace(",", "")
        words = words.replace("vingts", "vingt").replace("cents", "cent")
        # "veintiún mil" is the grammars' form.
        words = words.replace("veintiuno mil", "veintiún mil").replace("uno mil", "un mil")
        assert words in {" ".join(way) for way in ways(str(number), language)}


@given(st.integers(1, 999))
def test_english_ordinals_as_num2words_writes_them(number: int) -> None:
    reader = pytest.importorskip("num2words", reason="num2words is not installed")
    written = reader.num2words(number, lang="en", to="ordinal_num")
    spelled = reader.num2words(number, lang="en", to="ordinal").replace("-", " ")
    assert spelled in said(written, "en")


@given(st.integers(1000, 999_999))
def test_english_commas_change_nothing(number: int) -> None:
    assert tokens(f"{number:,}", "en") == tokens(f"{number}", "en")


@given(st.integers(0, 999), st.integers(0, 99), LANGUAGE)
def test_a_decimal_names_its_sign_between_its_parts(whole: int, part: int, language: str) -> None:
    sign, name = {"en": (".", "point"), "fr": (",", "virgule"), "es": (",", "coma")}[language]
    found = said(f"{whole}{sign}{part}", language)
    before, after = spellings(whole, language)[0], spellings(part, language)[0]
    if language == "en":
        after = tuple(spellings(int(d), "en")[0][0] for d in str(part))
    assert " ".join((*before, name, *after)) in found


@settings(max_examples=400)
@given(st.text("0123459.,:/-–'°%$€ºerthskmxa", min_size=1, max_size=8), LANGUAGE)
def test_no_digit_and_no_minus_is_lost(written: str, language: str) -> None:
    try:
        found = tokens(written, language)
    except ValueError:
        return
    digits = [c for c in written if c.isdecimal()]
    assert [c for word in found for c in word if c.isdecimal()] == digits
    if written[0] in "-–" and written[1:2].isdecimal():
        assert found[0].startswith("-")
    for word in found:
        if any(c.isdecimal() for c in word):
            assert all(part and not any(c.isdecimal() for c in part) for way in ways(word, language) for part in way)
