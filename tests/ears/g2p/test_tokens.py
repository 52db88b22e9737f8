"""Written text as words."""

import pytest

from kitt.ears.g2p.tokens import tokens


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Hello,", ("hello",)),
        ("20%", ("20", "%")),
        ("-5°", ("-5", "°")),
        ("GPS", ("GPS",)),
        ("A", ("a",)),
        ("l’autoradio", ("l'autoradio",)),
        ("tais-toi!", ("tais-toi",)),
        ("¿Qué?", ("qué",)),
        ("…", ()),
        ("—", ()),
        ("'", ()),
        ("a/c", ("a", "c")),
        ("canal,5", ("canal", "5")),
        ("$5", ("5", "$")),
        ("5€", ("5", "€")),
        ("N°3", ("n°", "3")),
        ("90km/h", ("90", "km/h")),
        ("2,5%.", ("2,5", "%")),
        ("−5", ("-5",)),
        ("cafe\u0301", ("café",)),
        ("Œuvre", ("œuvre",)),
    ],
)
def test_tokens(written: str, words: tuple[str, ...]) -> None:
    assert tokens(written, "fr") == words


@pytest.mark.parametrize("written", ["漢", "a#", "x²", "Ω", "ß€☃", "3º"])
def test_what_cannot_be_read_is_named(written: str) -> None:
    with pytest.raises(ValueError, match=r"^.$"):
        tokens(written, "en")
