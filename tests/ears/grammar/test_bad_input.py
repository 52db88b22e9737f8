"""Whatever is wrong in a grammar is told in one line with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitt.ears.grammar import Grammar
from kitt.errors import KittError
from tests.ears.grammar.paths import Letters, load

_HEAD = "language: en\nintents:\n  A:\n    data:\n      - sentences:\n"
_LIST = _HEAD + "          - a {x}\nlists:\n  x:\n"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "the file is empty"),
        ("language: en\nintents: {}\n", 1, "the grammar is empty"),
        ("intents: {A: {data: [{sentences: [a]}]}}\n", 1, "'language:' is missing"),
        ("language: de\nintents: {}\n", 1, "language 'de'; kitt hears: en, fr, es"),
        ("language: no\nintents: {}\n", 1, 'YAML reads no as true or false; write "no"'),
        ("language: en\nlist: {}\n", 2, "unknown key 'list' in the file (meant 'lists'?)"),
        ("language: en\nskip_words: [please]\n", 2, "write such words as [optional]"),
        ("- a\n", 1, "must be a map of keys to values, and this is a list"),
        ("language: en\n\tintents: {}\n", 2, "not valid YAML"),
        ("language: en\nintents:\n  A:\n    data: []\n", 3, "intent 'A' has no sentences"),
        ("language: en\nintents:\n  A:\n    data:\n      - slots: {a: b}\n", 5, "'sentences' is missing or empty"),
        ("language: en\nintents:\n  A:\n    data:\n      - sentences: go\n", 5, "must be a list, a line '- ...' each"),
        (_HEAD + "          - a\n  A: {data: []}\n", 7, "'A' stands twice in 'intents', first on line 3"),
        (_HEAD + "          - a\n        requires_context: {domain: light}\n", 7, "'requires_context'"),
        (_HEAD + "          - a\n        excludes_context: {domain: light}\n", 7, "'excludes_context'"),
        (_HEAD + "          - a\n        response: yes\n", 7, "'response'"),
        (_HEAD + "          - a\n        slots: {x: on}\n", 7, "slot 'x': YAML reads on as true or false"),
        # sentences
        (_HEAD + "          - [please] go\n", 6, "text that begins with [ or { or holds ': ' must stand in quotes"),
        (_HEAD + "          - [please]\n", 6, "must be text, and this is a list"),
        (_HEAD + "          - {light}\n", 6, "must be text, and this is a map"),
        (_HEAD + "          - go: now\n", 6, "must stand in quotes"),
        (_HEAD + "          - on\n", 6, 'YAML reads on as true or false; write "on"'),
        (_HEAD + "          -\n", 6, "a sentence is empty"),
        (_HEAD + "          - ' '\n", 6, "the sentence is empty"),
        (_HEAD + "          - '[please] [now]'\n", 6, "can be spoken as nothing"),
        (_HEAD + "          - '<r>'\nexpansion_rules: {r: '[a]'}\n", 6, "can be spoken as nothing"),
        (_HEAD + "          - '...'\n", 6, "can be spoken as nothing"),
        (_HEAD + "          - go (to|a\n", 6, "'(' at character 4 is never closed"),
        (_HEAD + "          - go to] a\n", 6, "']' at character 6 closes nothing"),
        (_HEAD + "          - go (to] a\n", 6, "']' at character 7 closes nothing; '(' at character 4 is still open"),
        (_HEAD + "          - go {to (a) b}\n", 6, "'{' at character 4 is not closed before the '('"),
        (_HEAD + "          - go () a\n", 6, "empty group '()' at character 4"),
        (_HEAD + "          - go {lihgt}\nlists: {light: {values: [a]}}\n", 6, "unknown list {lihgt} (meant 'light'?)"),
        (_HEAD + "          - go <lihgt>\nexpansion_rules: {light: a}\n", 6, "unknown rule <lihgt> (meant 'light'?)"),
        (_HEAD + "          - a <x>\nexpansion_rules:\n  x: b <y>\n  y: d [<x>]\n", 8, "<x> -> <y> -> <x>"),
        (_HEAD + "          - '(a;b;c;d;e;f;g;h;i)'\n", 6, "a permutation of 9 parts; at most 8"),
        # digits
        (_HEAD + "          - a\n          - wake me at 5:30 [now]\n", 7, "'5:30' can be said in more than one way"),
        (_HEAD + "          - a\n          - at (5:30|noon)\n", 7, "write the words that are spoken"),
        (_HEAD + "          - 'b 2(.5|,5)'\n", 6, "'2,5' is not how 'en' writes a number (it writes 2.5)"),
        (_HEAD + "          - 1 500 times\n", 6, "'1 500' may be one number or several; write it without the space"),
        (_HEAD + "          - pay $ 5\n", 6, "'$ 5' may be one number or several"),
        (_HEAD + "          - '${1..5:n}'\n", 6, "'$' before a list"),
        (_HEAD + "          - 'a -{1..5:n}'\n", 6, "'-' before a list"),
        (_HEAD + "          - 'the {1..5:n}th'\n", 6, "'th' stands against the number {1..5}"),
        (_HEAD + "          - 'at {1..5:n}:30'\n", 6, "':30' stands against the number"),
        (_LIST + "    values:\n      - b\n      - $3.50\n", 11, "'$3.50': money is said in more than one way"),
        (_HEAD + "          - a\nlists: {x: {values: ['1/2']}}\n", 7, "'1/2' can be said in more than one way"),
        (_HEAD + "          - turn on 漢\n", 6, "character '漢' (U+6F22) cannot be read out in 'en'"),
        (_HEAD + "          - turn ['on', 漢]\n", 6, "character '漢'"),
        (_HEAD + f"          - '{''.join(f'[{c}]' for c in 'aeioubdfklmnptsw')}x'\n", 6, "forms of one word"),
        (
            _HEAD + f"          - '{'(' * 2000}a{')' * 2000}'\n",
            6,
            "brackets and rules stand too deep within each other",
        ),
        (
            _HEAD
            + "          - <r0>\nexpansion_rules:\n"
            + "".join(f"  r{i}: '<r{i + 1}> <r{i + 1}>'\n" for i in range(40))
            + "  r40: a\n",
            6,
            "the grammar has more than 300000 parts",
        ),
        # lists
        (_LIST + "    values: []\n", 8, "list 'x' has no values"),
        (_LIST + "    values:\n", 9, "and nothing stands here"),
        (_LIST + "    values:\n      - a\n      - on\n", 11, 'YAML reads on as true or false; write "on"'),
        (_LIST + "    values:\n      - 5\n", 10, 'YAML reads 5 as a number; write "5"'),
        (_LIST + "    values:\n      - 12:30\n", 10, 'YAML reads 12:30 as a number; write "12:30"'),
        (_LIST + "    values:\n      - in: a\n        out: off\n", 11, "YAML reads off as true or false"),
        (_LIST + "    values:\n      - out: a\n", 10, "lacks 'in:'"),
        (_LIST + "    values:\n      - in: a\n        context: {b: d}\n", 11, "'context'"),
        (_LIST + "    values:\n      - a\n      - Ω\n", 11, "character 'Ω'"),
        (_LIST + "    values:\n      - a [{x}]\n", 8, "list {x} contains itself"),
        (_LIST + "    wildcard: true\n", 9, "'wildcard' in list 'x': kitt hears only what a grammar names"),
        (_LIST + "    range: {from: 0, to: 1000}\n", 9, "kitt hears numbers from -999 to 999"),
        (_LIST + "    range: {from: 9, to: 1}\n", 9, "is empty"),
        (_LIST + "    range: {from: 0, to: 9, step: 0}\n", 9, "step 0 must be 1 or more"),
        (_LIST + "    range: {from: 0, to: 9, multiplier: 2}\n", 9, "a range gives whole numbers"),
        (_LIST + "    range: {to: 9}\n", 9, "needs 'from:' and 'to:'"),
        # what no sentence uses
        (_HEAD + "          - a\nexpansion_rules: {x: 'b (d'}\n", 7, "'(' at character 3 is never closed"),
        (_HEAD + "          - a\nexpansion_rules: {x: 'b {y}'}\n", 7, "unknown list {y}"),
        (_HEAD + "          - a\nlists: {x: {values: ['<b>']}}\n", 7, "unknown rule <b>"),
        # the user's lexicon
        (_HEAD + "          - a\nlexicon: {a: 'k q t'}\n", 7, "'a': phone 'q' (en) is none of: i ɪ e"),
        (_HEAD + "          - a\nlexicon: {a: ''}\n", 7, "'a' has no phones"),
    ],
)
def test_one_line_with_file_and_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    with pytest.raises(KittError) as error:
        load(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path}/grammar.yaml:{line}: ")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_word_without_a_sound(tmp_path: Path) -> None:
    with pytest.raises(KittError, match=r"grammar.yaml:7: no pronunciation for 'ÿ' in 'en'; add it to .*lexicon.toml"):
        load(tmp_path, _HEAD + "          - a\n          - b ÿ\n")


def test_an_intent_in_two_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("language: en\nintents: {A: {data: [{sentences: [go]}]}}\n")
    with pytest.raises(KittError, match=r"b.yaml:2: intent 'A' stands already at .*a.yaml:2"):
        Grammar.load(tmp_path, Letters())


def test_two_languages_in_a_folder(tmp_path: Path) -> None:
    for name in ("en", "fr"):
        (tmp_path / f"{name}.yaml").write_text(f"language: {name}\nintents: {{}}\n")
    with pytest.raises(KittError, match=r"fr.yaml:1: language 'fr', but the files before it are 'en'"):
        Grammar.load(tmp_path, Letters())


def test_no_grammar_there(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="no such file"):
        Grammar.load(tmp_path / "none.yaml", Letters())
    with pytest.raises(KittError, match=r"no grammar \(\*.yaml\) in this folder"):
        Grammar.load(tmp_path, Letters())
    (tmp_path / "fr").mkdir()
    with pytest.raises(KittError, match=r"name one language: .*/fr"):
        Grammar.load(tmp_path, Letters())
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(KittError, match="not a text file"):
        Grammar.load(tmp_path, Letters())


def test_a_lexicon_beside_the_grammar(tmp_path: Path) -> None:
    for text, told in (
        ("café = 'k'\n", r"lexicon.toml:1: not valid TOML: .* stands in quotes"),
        ("a = 'k'\nb = 3\n", r"lexicon.toml:2: 'b' needs phones in quotes"),
        ("a = 'k'\nb = 'k zz'\n", r"lexicon.toml:2: 'b': phone 'zz'"),
    ):
        (tmp_path / "lexicon.toml").write_text(text, encoding="utf-8")
        with pytest.raises(KittError, match=told):
            load(tmp_path, _HEAD + "          - a\n")
