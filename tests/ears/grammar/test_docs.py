"""docs/grammar.md: its example does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kitt.cli.grammar import app
from kitt.ears.g2p.pronounce import Pronouncer
from kitt.ears.grammar import Grammar

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "grammar.md").read_text(encoding="utf-8")


def test_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    example = re.search(r"```yaml\n(language:.*?)```", PAGE, re.DOTALL)
    shown = re.search(r"\$ kitt grammar (check my.yaml .*?)\n(.*?)\n\.\.\.\n(.*?)\n```", PAGE, re.DOTALL)
    assert example
    assert shown
    Path("my.yaml").write_text(example[1], encoding="utf-8")
    done = CliRunner().invoke(app, shown[1].split(), catch_exceptions=False)
    # Without gruut's lexicon some words have fewer ways, so the last numbers of the first line may be smaller.
    assert done.output.splitlines()[0].split(";")[0] == shown[2].splitlines()[0].split(";")[0]
    assert done.output.splitlines()[1:4] == shown[2].splitlines()[1:]
    assert done.output.splitlines()[-1] == shown[3]
    grammar = Grammar.load("my.yaml", Pronouncer(tmp_path / "g2p"))
    assert grammar.parse(["reading", "light", "on"]) == ("Light", {"state": "on"})
    assert grammar.parse(["raise", "the", "driver's", "shade"]) == ("Shade", {"position": "up", "shade": "left"})
    assert grammar.parse(["volume", "thirty", "five"]) == ("Volume", {"level": 35})


def test_the_lexicon_examples(tmp_path: Path) -> None:
    in_yaml = re.search(r"```yaml\n(lexicon:.*?)```", PAGE, re.DOTALL)
    in_toml = re.search(r"```toml\n(nguyen.*?)```", PAGE, re.DOTALL)
    assert in_yaml
    assert in_toml
    text = "language: en\nintents: {Call: {data: [{sentences: ['call nguyen [at the café]']}]}}\n"
    (tmp_path / "a.yaml").write_text(text + in_yaml[1], encoding="utf-8")
    first = Grammar.load(tmp_path / "a.yaml", Pronouncer(tmp_path / "g2p")).prons["nguyen"]
    (tmp_path / "lexicon.toml").write_text(in_toml[1], encoding="utf-8")
    (tmp_path / "b.yaml").write_text(text, encoding="utf-8")
    second = Grammar.load(tmp_path / "b.yaml", Pronouncer(tmp_path / "g2p")).prons
    assert len(first) == 2
    assert second["nguyen"] == first
    assert len(second["café"]) == 1
