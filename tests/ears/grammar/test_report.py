"""`kitt grammar check`: counts, examples, phones, what is unused, look-alikes."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kitt.cli.grammar import app
from kitt.ears.grammar import report
from kitt.errors import KittError
from tests.ears.grammar.paths import load, sentences

TEXT = """\
language: en
intents:
  Light:
    data:
      - sentences: ["[please] (turn|switch) on [the] {lamp} light[s]"]
  Number:
    data:
      - sentences: ["level {n}", "stop"]
lists:
  lamp: {values: [fog, {in: "reading [lamp]", out: reading}]}
  n: {range: {from: 0, to: 999}}
  spare: {values: [one]}
expansion_rules:
  spare: two
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITT_HOME", str(tmp_path / "home"))


def test_counts_are_exact_and_examples_are_sentences(tmp_path: Path) -> None:
    grammar = load(tmp_path, TEXT)
    light, number = report.intents(grammar, 5)
    assert light.sentences == sum(intent == "Light" for intent, _ in sentences(grammar.graph)) == 2 * 2 * 2 * 3 * 2
    assert number.sentences > 1000
    assert len({e.text for e in light.examples}) == 5
    for intent in (light, number):
        for example in intent.examples:
            assert grammar.parse(example.text.split(), intent.name) == (intent.name, example.slots)
    assert list(report.intents(grammar, 5)) == [light, number]
    assert report.templates(grammar) == 3


def test_check_shows_a_grammar(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(TEXT, encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(path), "--words", "--samples", "1"], catch_exceptions=False)
    assert done.exit_code == 0
    assert f"{path}: en, 2 intents, 3 templates, " in done.output
    assert "Light: 48 sentences\n" in done.output
    assert "  light   [l aɪ t]\n" in done.output
    assert f"not used: rule <spare> ({path}:14)" in done.output
    assert f"not used: list {{spare}} ({path}:12)" in done.output
    assert "look-alikes: none" in done.output


def test_check_holds_the_language(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(TEXT, encoding="utf-8")
    with pytest.raises(KittError, match=r"my.yaml: the grammar is in 'en', not in 'fr'"):
        CliRunner().invoke(app, ["check", str(path), "--language", "fr"], catch_exceptions=False)


def test_check_finds_the_language_of_a_folder_and_what_is_always_heard(tmp_path: Path) -> None:
    folder = tmp_path / "all" / "fr"
    folder.mkdir(parents=True)
    for name, said in (("car", "allume"), ("_always", "stop")):
        (folder / f"{name}.yaml").write_text(f"language: fr\nintents: {{I: {{data: [{{sentences: [{said}]}}]}}}}\n")
    done = CliRunner().invoke(app, ["check", str(tmp_path / "all"), "--language", "fr"], catch_exceptions=False)
    assert [line for line in done.output.splitlines() if line.startswith("  ") and line[2] != " "] == [
        "  allume",
        "  stop",
    ]


@pytest.mark.parametrize("language", [[], ["--language", "en"]])
def test_check_of_a_name_that_no_system_takes_is_one_line(language: list[str]) -> None:
    name = "n" * 300 + ".yaml"
    with pytest.raises(KittError, match=r"cannot read|no such file") as told:
        CliRunner().invoke(app, ["check", name, *language], catch_exceptions=False)
    assert str(told.value).startswith(f"{name}: ")
    assert "\n" not in str(told.value)
