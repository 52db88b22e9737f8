"""Grammars and their files, changed while the ears hear."""

from pathlib import Path

import pytest

from kitt.ears.grammar import Grammar
from kitt.ears.in_force import InForce
from kitt.errors import KittError

STAYS = "the grammar as it was before stays in force"


def text(intent: str, sentence: str, language: str = "en") -> str:
    return f"language: {language}\nintents:\n  {intent}:\n    data:\n      - sentences: ['{sentence}']\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "mine.yaml").write_text(text("LightOn", "turn on the lights"))
    return tmp_path / "mine.yaml"


def in_force(*paths: Path, language: str = "en", wake: str | None = None) -> tuple[InForce, list[str]]:
    problems: list[str] = []
    return InForce(paths, language, wake, problems), problems


def intents(found: InForce) -> list[str]:
    return [name for grammar in found.grammars for name in grammar.graph.intents]


def test_a_changed_file_is_put_in_force(file: Path) -> None:
    found, problems = in_force(file)
    assert not found.refresh()
    file.write_text(text("Wipers", "start the wipers"))
    assert found.refresh()
    assert (intents(found), problems) == (["Wipers"], [])


def test_a_grammar_that_changes_its_language_to_one_that_is_not_heard_is_told_and_the_old_one_stays(file: Path) -> None:
    found, problems = in_force(file, wake="hey kitt")
    file.write_text(text("Phares", "allume les phares", "fr"))
    assert not found.refresh()
    assert intents(found) == ["LightOn"]
    assert problems == [f"{file}: the grammar is in 'fr', the ears hear 'en'; {STAYS}"]


def test_where_the_language_may_change_the_wake_phrase_is_needed_in_the_new_one_too(file: Path) -> None:
    found, problems = in_force(file, language="auto", wake="kitt")
    assert list(found.wakes) == ["en"]
    file.write_text(text("Phares", "allume les phares", "fr"))
    assert found.refresh()
    assert (list(found.wakes), problems) == (["en", "fr"], [])


def test_a_mistake_is_told_once_and_again_when_it_comes_back(file: Path) -> None:
    found, problems = in_force(file)
    good, bad = file.read_text(), text("LightOn", "turn on the [lights")
    file.write_text(bad)
    for _ in range(3):
        assert not found.refresh()
    assert len(problems) == 1
    assert problems[0].startswith(f"{file}:5: ")
    assert problems[0].endswith(STAYS)
    file.write_text(bad + "# and a remark\n")
    found.refresh()
    assert len(problems) == 1
    # as it was before: nothing changes, but the mistake is gone
    file.write_text(good)
    assert not found.refresh()
    file.write_text(bad)
    found.refresh()
    assert problems == 2 * problems[:1]
    file.write_text(text("Wipers", "start the wipers"))
    assert found.refresh()
    file.write_text(bad)
    found.refresh()
    assert problems == 3 * problems[:1]


def test_a_grammar_that_is_wrong_is_not_compiled_again_until_it_changes(file: Path, monkeypatch) -> None:
    found, _ = in_force(file)
    file.write_text(text("Phares", "allume les phares", "fr"))
    found.refresh()
    monkeypatch.setattr(Grammar, "load", lambda *_: pytest.fail("compiled again"))
    found.refresh()


def test_a_file_that_is_gone_is_told_once_and_taken_up_when_it_is_back(file: Path) -> None:
    found, problems = in_force(file)
    file.unlink()
    found.refresh()
    found.refresh()
    assert [p.startswith(f"{file}: no such file") for p in problems] == [True]
    file.write_text(text("Wipers", "start the wipers"))
    assert found.refresh()
    assert intents(found) == ["Wipers"]


def test_words_that_need_no_wake_phrase_come_change_and_go(file: Path) -> None:
    folder, always = file.parent, file.parent / "_always.yaml"
    found, problems = in_force(folder)
    assert not found.alone
    for intent in ("Stop", "StopTalking"):
        always.write_text(text(intent, "be quiet"))
        assert found.refresh()
        assert [g.graph.intents for g in found.alone.values()] == [(intent,)]
    always.unlink()
    assert found.refresh()
    assert (found.alone, problems) == ({}, [])


def test_a_mistake_in_words_that_come_later_is_told(file: Path) -> None:
    found, problems = in_force(file.parent)
    always = file.parent / "_always.yaml"
    always.write_text(text("Stop", "be [quiet"))
    assert not found.refresh()
    found.refresh()
    assert [p.startswith(f"{always}:5: ") for p in problems] == [True]
    always.unlink()
    found.refresh()
    always.write_text(text("Stop", "be [quiet"))
    found.refresh()
    assert len(problems) == 2


def test_words_in_another_language_than_the_grammar_beside_them_are_refused(file: Path) -> None:
    found, problems = in_force(file.parent, language="auto")
    always = file.parent / "_always.yaml"
    always.write_text(text("Stop", "tais-toi", "fr"))
    found.refresh()
    assert problems == [f"{always}: the words in it are in 'fr', the grammar beside it in 'en'; {STAYS}"]
    # the rest of the folder follows them
    file.write_text(text("Phares", "allume les phares", "fr"))
    assert found.refresh()
    assert [g.language for g in found.alone.values()] == ["fr"]
    always.write_text(text("Stop", "be quiet"))
    with pytest.raises(KittError, match="the words in it are in 'en', the grammar beside it in 'fr'"):
        in_force(file.parent, language="auto")


def test_when_the_whole_folder_is_gone_everything_stays(file: Path) -> None:
    always = file.parent / "_always.yaml"
    always.write_text(text("Stop", "be quiet"))
    found, problems = in_force(file.parent)
    file.unlink()
    always.unlink()
    file.parent.rmdir()
    assert not found.refresh()
    assert (intents(found), len(found.alone), len(problems)) == (["LightOn"], 1, 1)


@pytest.mark.parametrize("given", [3, None, b"mine.yaml"])
def test_what_is_no_grammar_is_one_line(given: object) -> None:
    with pytest.raises(KittError, match=f"{given!r} is no grammar: give a file, a folder or a Grammar"):
        InForce([given], "en", None, [])  # type: ignore[list-item]


def test_a_name_that_the_system_refuses_is_one_line() -> None:
    with pytest.raises(KittError, match="cannot read: File name too long"):
        InForce(["a" * 300], "en", None, [])


def test_a_folder_that_can_no_longer_be_read_is_told_once(file: Path, monkeypatch) -> None:
    found, problems = in_force(file.parent)

    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    assert not found.refresh()
    found.refresh()
    assert problems == [f"{file.parent}: cannot read: Permission denied; {STAYS}"]
