"""What a grammar file means: the sentences of its graph, and what they are parsed back to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kitt.ears.g2p.phones import BLANK, INDEX
from kitt.ears.g2p.pronounce import Pronouncer
from kitt.ears.grammar import Grammar
from tests.ears.grammar.paths import Letters, load, sentences, walk


def grammar(folder: Path, *lines: str, rest: str = "", language: str = "en") -> Grammar:
    said = "".join(f'          - "{line}"\n' for line in lines)
    return load(folder, f"language: {language}\nintents:\n  Do:\n    data:\n      - sentences:\n{said}{rest}")


def said(folder: Path, *lines: str, rest: str = "") -> set[str]:
    return {words for _, words in sentences(grammar(folder, *lines, rest=rest).graph)}


def test_optional_and_alternative(tmp_path: Path) -> None:
    assert said(tmp_path, "[please] (turn|switch) on [the] light") == {
        f"{p}{t} on {the}light" for p in ("", "please ") for t in ("turn", "switch") for the in ("", "the ")
    }


def test_permutation(tmp_path: Path) -> None:
    assert said(tmp_path, "(a;b;c)") == {"a b c", "a c b", "b a c", "b c a", "c a b", "c b a"}


def test_parts_without_a_space_are_one_word(tmp_path: Path) -> None:
    assert said(tmp_path, "light[s] (on|off)line") == {
        "light online",
        "lights online",
        "light offline",
        "lights offline",
    }


def test_rules_lists_and_templates_inside_values(tmp_path: Path) -> None:
    rest = (
        "lists:\n"
        "  lamp:\n"
        "    values: [hall, {in: '(den|study) [lamp]', out: den}, 'big [lamp]']\n"
        "expansion_rules:\n"
        "  light: 'light <now>'\n"
        "  now: '[now]'\n"
    )
    made = grammar(tmp_path, "<light> {lamp}", rest=rest)
    lamps = {"hall": "hall", "den": "den", "den lamp": "den", "study": "den", "study lamp": "den"}
    lamps |= {"big": "big", "big lamp": "big lamp"}
    assert sentences(made.graph) == {("Do", f"light {now}{lamp}") for now in ("", "now ") for lamp in lamps}
    for words, value in lamps.items():
        assert made.parse(["light", *words.split()]) == ("Do", {"lamp": value})


def test_a_slot_may_have_another_name_than_its_list(tmp_path: Path) -> None:
    made = grammar(tmp_path, "from {city:start} to {city:end}", rest="lists: {city: {values: [rome, paris]}}\n")
    assert made.parse(["from", "rome", "to", "paris"]) == ("Do", {"start": "rome", "end": "paris"})


def test_fixed_slots_and_local_lists_and_rules(tmp_path: Path) -> None:
    rest = (
        "        slots: {where: all, level: 3}\n"
        "        lists: {x: {values: [one]}}\n"
        "        expansion_rules: {r: two}\n"
        "      - sentences: ['last {x} <r>']\n"
        "lists: {x: {values: [three]}}\n"
        "expansion_rules: {r: four}\n"
    )
    made = grammar(tmp_path, "first {x} <r>", rest=rest)
    assert sentences(made.graph) == {("Do", "first one two"), ("Do", "last three four")}
    assert made.parse(["first", "one", "two"]) == ("Do", {"where": "all", "level": 3, "x": "one"})
    assert made.parse(["last", "three", "four"]) == ("Do", {"x": "three"})


def test_a_spoken_slot_goes_before_a_fixed_one(tmp_path: Path) -> None:
    rest = "        slots: {x: none}\nlists: {x: {values: [one]}}\n"
    made = grammar(tmp_path, "say [{x}]", rest=rest)
    assert made.parse(["say"]) == ("Do", {"x": "none"})
    assert made.parse(["say", "one"]) == ("Do", {"x": "one"})


@pytest.mark.parametrize(
    ("numbers", "spoken", "value"),
    [
        ("{from: 0, to: 999}", "one hundred and five", 105),
        ("{from: 0, to: 999}", "a hundred five", 105),
        ("{from: 0, to: 999}", "zero", 0),
        ("{from: 0, to: 999}", "nine hundred ninety nine", 999),
        ("{from: 16, to: 24}", "twenty one", 21),
        ("{from: 16, to: 24}", "sixteen", 16),
        ("{from: -10, to: 5}", "minus ten", -10),
        ("{from: -10, to: 5}", "five", 5),
        ("{from: 0, to: 100, step: 5}", "eighty five", 85),
    ],
)
def test_a_range_gives_a_whole_number(tmp_path: Path, numbers: str, spoken: str, value: int) -> None:
    made = grammar(tmp_path, "set {n}%", rest=f"lists: {{n: {{range: {numbers}}}}}\n")
    assert made.parse(["set", *spoken.split(), "%"]) == ("Do", {"n": value})


def test_a_range_holds_its_numbers_and_no_others(tmp_path: Path) -> None:
    made = load(
        tmp_path,
        "language: en\nintents: {Do: {data: [{sentences: ['{n}']}]}}\n"
        "lists: {n: {range: {from: -3, to: 117, step: 7}}}\n",
    )
    found = [made.parse(words.split()) for _, words in sentences(made.graph)]
    assert {f[1]["n"] for f in found if f} == set(range(-3, 118, 7))
    assert None not in found


def test_an_inline_range(tmp_path: Path) -> None:
    made = grammar(tmp_path, "level {1..3:level}")
    assert made.parse(["level", "two"]) == ("Do", {"level": 2})
    assert made.parse(["level", "four"]) is None


def test_the_first_rule_wins_and_an_intent_may_be_asked_for(tmp_path: Path) -> None:
    made = load(
        tmp_path,
        "language: en\n"
        "intents:\n"
        "  A: {data: [{sentences: ['go {x}', 'go on'], slots: {}}]}\n"
        "  B: {data: [{sentences: ['go on']}]}\n"
        "lists: {x: {values: [{in: 'on', out: first}]}}\n",
    )
    assert made.parse(["go", "on"]) == ("A", {"x": "first"})
    assert made.parse(["go", "on"], intent="B") == ("B", {})
    assert made.parse(["go"]) is None
    assert sentences(made.graph) == {("A", "go on"), ("B", "go on")}


def test_the_graph_is_what_the_decoder_expects(tmp_path: Path) -> None:
    graph = grammar(tmp_path, "[please] turn (on|off) [the] {x}", rest="lists: {x: {values: [lamp, tv]}}\n").graph
    assert (graph.phone != BLANK).all()
    assert (np.diff(graph.arc_to) >= 0).all()
    assert (graph.arc_from < graph.arc_to).all()
    assert set(graph.arc_to.tolist()) == set(range(len(graph.phone)))
    assert all(a.dtype == np.int64 for a in (graph.phone, graph.arc_from, graph.state_word, graph.final_state))


def test_capitals_and_punctuation_are_not_spoken(tmp_path: Path) -> None:
    assert said(tmp_path, "Hello, Kitt!", "what's up?") == {"hello kitt", "what's up"}


def test_numbers_that_can_be_read_are(tmp_path: Path) -> None:
    text = "sentences: ['tune to 98(.5|.9)', 'the {x} floor for $5']"
    text = f"language: en\nintents: {{Do: {{data: [{{{text}}}]}}}}\nlists: {{x: {{values: [1st, 2nd]}}}}\n"
    made = load(tmp_path, text, Pronouncer(tmp_path))
    assert made.parse(["tune", "to", "98.5"]) == ("Do", {})
    assert made.parse(["the", "2nd", "floor", "for", "5", "$"]) == ("Do", {"x": "2nd"})


def test_phones_that_meet_may_be_said_once(tmp_path: Path) -> None:
    made = grammar(tmp_path, "pat tip")
    assert {"".join(p) for _, p, _ in walk(made.graph)} == {"pattip", "patip"}


def test_a_word_of_one_phone_is_never_lost(tmp_path: Path) -> None:
    made = load(tmp_path, "language: es\nintents: {Do: {data: [{sentences: ['la a pa']}]}}\n")
    assert {"".join(p) for _, p, _ in walk(made.graph)} == {"laapa", "lapa"}
    assert {w for w, _, _ in walk(made.graph)} == {("la", "a", "pa")}


def test_french_liaison(tmp_path: Path) -> None:
    made = load(tmp_path, "language: fr\nintents: {Do: {data: [{sentences: ['tes amis', 'un petit ami']}]}}\n")
    assert {"".join(p) for w, p, _ in walk(made.graph) if w[0] == "tes"} == {"tesamis", "teszamis"}


def test_a_folder_shares_lists_and_rules(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("language: en\nintents: {B: {data: [{sentences: ['see {x}']}]}}\n")
    (tmp_path / "a.yaml").write_text(
        "language: en\nlists: {x: {values: [one]}}\nintents: {A: {data: [{sentences: [ab]}]}}\n"
    )
    (tmp_path / "_always.yaml").write_text("language: en\nintents: {S: {data: [{sentences: [stop]}]}}\n")
    made = Grammar.load(tmp_path, Letters())
    assert made.graph.intents == ("A", "B")
    assert made.parse(["see", "one"]) == ("B", {"x": "one"})
    assert Grammar.load(tmp_path / "_always.yaml", Letters()).graph.intents == ("S",)


def test_the_users_lexicon_goes_first(tmp_path: Path) -> None:
    text = "language: en\nintents: {Do: {data: [{sentences: [kitt]}]}}\n"
    (tmp_path / "lexicon.toml").write_text('kitt = ["k i", "t i"]\n', encoding="utf-8")
    assert load(tmp_path, text).prons["kitt"] == ((INDEX["k"], INDEX["i"]), (INDEX["t"], INDEX["i"]))
    made = load(tmp_path, text + "lexicon: {kitt: 'p i'}\n")
    assert made.prons["kitt"] == ((INDEX["p"], INDEX["i"]),)


def test_a_changed_file_makes_a_grammar_stale(tmp_path: Path) -> None:
    made = grammar(tmp_path, "one")
    assert not made.is_stale()
    (tmp_path / "lexicon.toml").write_text('one = "w a n"\n')
    assert made.is_stale()


def test_no_words_are_no_sentence(tmp_path: Path) -> None:
    assert grammar(tmp_path, "one").parse([]) is None


def test_a_very_long_sentence(tmp_path: Path) -> None:
    made = grammar(tmp_path, " ".join(["one"] * 1500))
    assert made.parse(["one"] * 1500) == ("Do", {})
    assert made.parse(["one"] * 1499) is None
