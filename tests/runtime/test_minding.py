"""What the settings name reaches the mind, or is one line that says what is wrong with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from kitt.config import Config, EarsConfig, MindConfig, VehicleConfig, VoiceConfig
from kitt.errors import KittError
from kitt.mind.context import Request
from kitt.mind.notebook import usual_path
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.runtime.minding import Minding, not_worked, read_contacts
from tests.mind.scenes import S

RECIPES = """\
language: {language}

recipes:
  TeaTime:
    sentences: ["{words}"]
    reply: "{reply}"
"""


def minding(vehicle: VehicleConfig | None = None, ears: EarsConfig | None = None, **mind: object) -> Minding:
    settings = MindConfig(**mind)  # type: ignore[arg-type]
    config = replace(Config(), mind=settings, vehicle=vehicle or VehicleConfig(), ears=ears or EarsConfig())
    return Minding.of(config)


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    folder = tmp_path / "recipes"
    folder.mkdir()
    for language, words, reply in (("en", "is it tea time", "Always."), ("fr", "c'est l'heure du café", "Toujours.")):
        text = RECIPES.format(language=language, words=words, reply=reply)
        (folder / f"{language}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_without_settings_the_car_is_simulated_and_nothing_is_kept() -> None:
    plain = minding()
    assert isinstance(plain.car(), SimulatedCar)
    assert plain.notebook is None
    assert plain.book("a", 0) is None
    assert plain.contacts == ()
    assert plain.heard() == []
    assert not_worked(plain.config) == ""


def test_contacts_are_a_name_a_line(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("\ufeffAnna  Bell\r\n# friends\r\n\r\nJosé Núñez # work\r\nAnna Bell\r\n".encode())
    assert read_contacts(path) == ("Anna Bell", "José Núñez")
    mind = minding(contacts=str(path)).assistant(drive="a")
    assert mind.answer(Request("PhoneCall", {"contact": "anna"}), "call anna", S).said == "Call Anna Bell?"


def test_calls_to_contacts_are_heard_in_the_languages_that_are_listened_for(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("Anna Bell\n", encoding="utf-8")
    heard = minding(ears=EarsConfig(language="fr"), contacts=str(path)).heard()
    assert [(g.language, g.parse(["appelle", "anna"])) for g in heard] == [("fr", ("PhoneCall", {"contact": "Anna"}))]
    assert [g.language for g in minding(contacts=str(path)).heard()] == ["en", "fr", "es"]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (None, r"names\.txt: no such file; contacts are a text file"),
        (b"", r"names\.txt: no name in it"),
        (b"# nobody\n", r"names\.txt: no name in it"),
        (b"Anna\nJos\xe9\n", r"names\.txt:2: not text \(UTF-8\): byte 4 of the line"),
        ("Anna\n".encode("utf-16"), r"names\.txt:1: not text \(UTF-8\): byte 1 of the line"),
        (b"Anna\n\x1b[2JBob\n", r"names\.txt:2: a control character"),
        (b"Anna\n" + b"x" * 81, r"names\.txt:2: a name of 81 characters; at most 80"),
        (b"Anna\n+33 6 12\n", r"names\.txt:2: '\+33 6 12' has no letter"),
        (b"x" * 1_000_001, r"names\.txt: larger than 1000 kB"),
        ("\n".join(f"Anna {'a' * (i % 60)}{i}" for i in range(2001)).encode(), r"names\.txt: 2001 names; at most 2000"),
    ],
)
def test_contacts_that_cannot_be_used_are_one_line(tmp_path: Path, data: bytes | None, error: str) -> None:
    path = tmp_path / "names.txt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(KittError, match=error) as e:
        minding(contacts=str(path))
    assert "\n" not in str(e.value)


def test_a_folder_and_an_endless_file_are_no_contacts(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(KittError, match="contacts are a text file"):
            read_contacts(path)


def test_recipes_are_typed_and_heard_in_the_languages_that_are_listened_for(recipes: Path) -> None:
    both = minding(recipes=str(recipes))
    assert [g.language for g in both.heard()] == ["en", "fr"]
    assert [g.language for g in minding(ears=EarsConfig(language="fr"), recipes=str(recipes)).heard()] == ["fr"]
    assert minding(ears=EarsConfig(language="es"), recipes=str(recipes)).heard() == []
    mind = both.assistant(drive="a")
    assert mind.read("is it tea time", S, both.reader()).said == "Always."


def test_a_mistake_in_a_recipe_is_named_with_its_line(recipes: Path) -> None:
    path = recipes / "en.yaml"
    path.write_text(path.read_text().replace("reply:", "answer:"))
    with pytest.raises(KittError, match=r"en\.yaml:6: .*answer"):
        minding(recipes=str(recipes))
    with pytest.raises(KittError, match="no such folder"):
        minding(recipes=str(recipes / "none"))


def test_wit_units_and_language_are_those_of_the_settings() -> None:
    config = replace(Config(), voice=VoiceConfig(language="fr"), mind=MindConfig(units="feet", wit=False))
    mind = Minding.of(config).assistant(drive="a")
    assert (mind.language, mind.units, mind.persona.state.on) == ("fr", "feet", False)
    assert minding().assistant(drive="a").persona.state.on


def test_the_notebook_is_a_file_or_kitts_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITT_HOME", str(tmp_path))
    assert minding(notebook="kitt").notebook == usual_path()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert minding(notebook="~/n.db").notebook == tmp_path / "n.db"
    kept, day_ns = minding(notebook=str(tmp_path / "n.db"), notebook_days=2.0), 86_400 * S
    for name, day in (("old", 1), ("yesterday", 9), ("today", 10)):
        book = kept.book(name, day * day_ns)
        assert book
        assert book.add("todo", {"text": name}, 0)
        left = [note.drive for note in book.notes()]
        book.close()
    assert left == ["yesterday", "today"]


def test_a_replay_says_that_it_leaves_the_real_car_alone() -> None:
    said = not_worked(minding(VehicleConfig(kind="can")).config)
    assert said == "[vehicle] kind = 'can': a recording works no real car; a simulated one stands in for it"


def test_a_real_car_that_cannot_be_had_is_one_line() -> None:
    with pytest.raises(KittError, match=r"\[vehicle\] interface = 'nosuch'"):
        minding(VehicleConfig(kind="can", interface="nosuch")).car()
