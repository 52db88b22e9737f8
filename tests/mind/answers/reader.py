"""Reads an answer back into what it claims, with words of its own: it shares nothing with kitt/mind/answers.

`read` takes out every phrase it knows, and fails where a number, a side, a colour or a noun is left over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NUMBERS = {
    "en": "a an one two three four five six seven eight nine ten eleven twelve",
    "fr": "un une deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "un uno una dos tres cuatro cinco seis siete ocho nueve diez once doce",
}
ONES = {"en": 3, "fr": 2, "es": 3}
NOUNS = {
    "en": {
        "person": ("person", "people"),
        "bicycle": ("bicycle", "bicycles"),
        "car": ("car", "cars"),
        "motorcycle": ("motorcycle", "motorcycles"),
        "bus": ("bus", "buses"),
        "truck": ("truck", "trucks"),
        "traffic light": ("traffic light", "traffic lights"),
        "stop sign": ("stop sign", "stop signs"),
        "vehicle": ("vehicle", "vehicles"),
    },
    "fr": {
        "person": ("personne", "personnes"),
        "bicycle": ("vélo", "vélos"),
        "car": ("voiture", "voitures"),
        "motorcycle": ("moto", "motos"),
        "bus": ("bus", "bus"),
        "truck": ("camion", "camions"),
        "traffic light": ("feu", "feux"),
        "stop sign": ("panneau stop", "panneaux stop"),
        "vehicle": ("véhicule", "véhicules"),
    },
    "es": {
        "person": ("persona", "personas"),
        "bicycle": ("bicicleta", "bicicletas"),
        "car": ("coche", "coches"),
        "motorcycle": ("moto", "motos"),
        "bus": ("autobús", "autobuses"),
        "truck": ("camión", "camiones"),
        "traffic light": ("semáforo", "semáforos"),
        "stop sign": ("señal de stop", "señales de stop"),
        "vehicle": ("vehículo", "vehículos"),
    },
}
FEMININE = {
    "fr": ("person", "car", "motorcycle"),
    "es": ("person", "bicycle", "motorcycle", "stop sign"),
}
LIT = {
    "en": {
        "red": ("red light", "red lights"),
        "yellow": ("yellow light", "yellow lights"),
        "green": ("green light", "green lights"),
        "off": ("unlit traffic light", "unlit traffic lights"),
    },
    "fr": {
        "red": ("feu rouge", "feux rouges"),
        "yellow": ("feu orange", "feux orange"),
        "green": ("feu vert", "feux verts"),
        "off": ("feu éteint", "feux éteints"),
    },
    "es": {
        "red": ("semáforo en rojo", "semáforos en rojo"),
        "yellow": ("semáforo en ámbar", "semáforos en ámbar"),
        "green": ("semáforo en verde", "semáforos en verde"),
        "off": ("semáforo apagado", "semáforos apagados"),
    },
}
UNKNOWN_COLOUR = {"en": "colour not recognised", "fr": "couleur non reconnue", "es": "color no reconocido"}
VERDICT = {
    "en": r"the (?:(\S+) lights are|light is) (red|yellow|green|off)",
    "fr": r"(?:les (\S+) feux sont|le feu est) (rouge|orange|vert|éteint)s?",
    "es": r"(?:los (\S+) semáforos están|el semáforo está) (en rojo|en ámbar|en verde|apagado)s?",
}
COLOURS = {
    "en": {"red": "red", "yellow": "yellow", "green": "green", "off": "off"},
    "fr": {"rouge": "red", "orange": "yellow", "vert": "green", "éteint": "off"},
    "es": {"en rojo": "red", "en ámbar": "yellow", "en verde": "green", "apagado": "off"},
}
SIDES = {
    "en": {"ahead": "ahead", "on the left": "left", "on the right": "right"},
    "fr": {"devant": "ahead", "à gauche": "left", "à droite": "right"},
    "es": {"delante": "ahead", "a la izquierda": "left", "a la derecha": "right"},
}
SIDES_OF = {
    "en": SIDES["en"],
    "fr": {"de devant": "ahead", "de gauche": "left", "de droite": "right"},
    "es": {"de delante": "ahead", "de la izquierda": "left", "de la derecha": "right"},
}
LEAD = {"en": "in front of us", "fr": "devant nous", "es": "que tenemos delante"}
THE = {"en": "the", "fr": "l[ea]", "es": "(?:el|la)"}
NEAREST = {"en": "the nearest", "fr": "l[ea] plus proche", "es": "(?:el más cercano|la más cercana)"}
NEAREST_NOUN = {
    "en": "the nearest {noun}",
    "fr": "l[ea] {noun} l[ea] plus proche",
    "es": "(?:el|la) {noun} más cercan[oa]",
}
LENGTHS = {
    "en": {"metres": "metres?", "feet": "f(?:oo|ee)t"},
    "fr": {"metres": "mètres?", "feet": "pieds?"},
    "es": {"metres": "metros?", "feet": "pies?"},
}
AWAY = {
    "en": ("about {n} {u} away", "between {low} and {n} {u} away", "less than {n} {u} away"),
    "fr": ("à environ {n} {u}", "à une distance d(?:e |'){low} à {n} {u}", "à moins d(?:e |'){n} {u}"),
    "es": ("a (?:unos|más o menos) {n} {u}", "a entre {low} y {n} {u}", "a menos de {n} {u}"),
}
AT = {
    "en": ("at {n} {u}", "at {low} to {n} {u}", "less than {n} {u} away"),
    "fr": ("à {n} {u}", "entre {low} et {n} {u}", "à moins d(?:e |'){n} {u}"),
    "es": ("a {n} {u}", "a entre {low} y {n} {u}", "a menos de {n} {u}"),
}
"""In a list."""
CONTACT = {
    "en": ("in about {n} {u}", "in {low} to {n} {u}", "in less than {n} {u}"),
    "fr": ("dans environ {n} {u}", "dans {low} à {n} {u}", "dans moins d(?:e |'){n} {u}"),
    "es": ("(?::|en) (?:unos|más o menos) {n} {u}", "(?::|en) entre {low} y {n} {u}", "(?::|en) menos de {n} {u}"),
}
SECONDS = {"en": "seconds?", "fr": "secondes?", "es": "segundos?"}
AGO = {"en": "{n} {u} ago", "fr": "il y a {n} {u}", "es": "hace {n} {u}"}
TIMES = {
    "en": {"second": 1, "minute": 60, "hour": 3600},
    "fr": {"seconde": 1, "minute": 60, "heure": 3600},
    "es": {"segundo": 1, "minuto": 60, "hora": 3600},
}
LAST = {
    "en": "I last saw an? ({noun})",
    "fr": "(?:le dernier|la dernière) ({noun}) que j'ai vue?",
    "es": "(?:el último|la última) ({noun}) l[oa] vi",
}
NO = {"en": r"\bno", "fr": "aucune?", "es": "ningun[oa]|ningún"}
MORE = {"en": r"and (\S+) more", "fr": r"et (\S+) de plus", "es": r"y (\S+) más"}
WITHOUT_CLAIM = {
    "en": (
        "I cannot see behind us, directly beside us, or what is hidden",
        "directly beside us I cannot see",
        "I know only people, vehicles, traffic lights and stop signs",
        "I do not know which one is ours",
        "contact",
    ),
    "fr": (
        "Je ne vois ni derrière nous, ni juste à côté, ni ce qui est caché",
        "Je ne connais que les personnes, les véhicules, les feux et les panneaux stop",
        "ma caméra regarde devant",
    ),
    "es": (
        "No veo detrás, ni justo a los lados, ni lo que está oculto",
        "Solo conozco personas, vehículos, semáforos y señales de stop",
        "mi cámara mira hacia delante",
        "el coche no me la da",
    ),
}
WITHOUT_CLAIM["en"] += ("my camera looks ahead", "the car does not tell me")
WITHOUT_CLAIM["fr"] += ("la voiture ne me la donne pas",)


@dataclass(frozen=True)
class Range:
    """form: "about", "between" or "below"; in metres, as said."""

    form: str
    low: float
    high: float


@dataclass(frozen=True)
class Item:
    """light "" where no colour is told, side "" where no side is."""

    count: int
    name: str
    light: str
    side: str
    away: Range | None
    nearest: bool


@dataclass(frozen=True)
class Subject:
    """The one object that a sentence is about: `which` is "lead", "nearest" or "only"."""

    name: str
    which: str
    side: str


@dataclass
class Claims:
    items: list[Item] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    parts: list[tuple[int, str]] = field(default_factory=list)
    none: list[tuple[str, str]] = field(default_factory=list)
    verdicts: list[tuple[int, str]] = field(default_factory=list)
    distances: list[Range] = field(default_factory=list)
    contact: list[Range] = field(default_factory=list)
    ago_s: list[int] = field(default_factory=list)
    header: str = ""
    more: int = 0
    rest: str = ""


class Reader:
    def __init__(self, language: str, units: str) -> None:
        self.language = language
        self.number_words = NUMBERS[language].split()
        ones = ONES[language]
        self.numbers = {w: max(i - ones + 2, 1) for i, w in enumerate(self.number_words)}
        self.n = rf"(?:{'|'.join(sorted(self.number_words, key=len, reverse=True))}|\d+)"
        self.nouns = {form: (name, "") for name, forms in NOUNS[language].items() for form in forms}
        lit = {form: ("traffic light", light) for light, forms in LIT[language].items() for form in forms}
        self.shapes = {**self.nouns, **lit}
        self.noun, self.shape = _any(self.nouns), _any(self.shapes)
        self.side, self.side_of = _any(SIDES[language]), _any(SIDES_OF[language])
        self.unit_m = {"metres": 1.0, "feet": 0.3048}[units]
        self.lengths = [self._range(p, LENGTHS[language][units]) for p in AWAY[language]]
        self.ats = [self._range(p, LENGTHS[language][units]) for p in AT[language]]
        self.contacts = [self._range(p, SECONDS[language]) for p in CONTACT[language]]

    def read(self, text: str) -> Claims:
        c, language = Claims(), self.language
        text = " " + text[:1].lower() + text[1:]
        text = re.sub(r"(?<=[.:] )\w", lambda m: m[0].lower(), text)
        for fixed in WITHOUT_CLAIM[language]:
            text = text.replace(fixed, "").replace(fixed[:1].lower() + fixed[1:], "")

        def header(m: re.Match[str]) -> str:
            c.header = SIDES[language][m[1]]
            return ""

        text = re.sub(rf"^ ({self.side}) ?:", header, text)
        text = self._take(text, self._contact(c))
        last = re.compile(LAST[language].format(noun=self.noun), re.IGNORECASE)
        text = last.sub(lambda m: c.subjects.append(Subject(self.nouns[m[1]][0], "last", "")) or "", text)
        text = self._take(text, self._verdict(c))
        text = self._take(text, self._item(c))
        text = self._take(text, self._subject(c))
        text = self._take(text, self._none(c))
        text = self._take(text, self._ago(c))
        for form, pattern in zip(("about", "between", "below"), self.lengths, strict=True):
            text = re.sub(pattern, lambda m, form=form: c.distances.append(self._of(form, m, self.unit_m)) or "", text)
        text = re.sub(MORE[language], lambda m: _set(c, "more", self.number(m[1])), text)
        # What stands after a comma and a number: "one ahead, two on the left".
        part = rf"\b({self.n}) ({self.side})"
        text = re.sub(part, lambda m: c.parts.append((self.number(m[1]), SIDES[language][m[2]])) or "", text)
        text = re.sub(rf", ({self.side})(?=[.,])", lambda m: _set(c, "header", SIDES[language][m[1]]), text)
        text = re.sub(rf" ({self.side})(?= ?[.;])", lambda m: _set(c, "header", SIDES[language][m[1]]), text)
        c.rest = text
        return c

    def left_over(self, c: Claims) -> list[str]:
        """Numbers, sides, colours and nouns in what no phrase accounts for."""
        words = [w for w in self.number_words if self.numbers[w] > 1]
        words += [*self.nouns, *SIDES[self.language], *COLOURS[self.language]]
        found: list[str] = re.findall(rf"\d+|\b(?:{'|'.join(map(re.escape, words))})\b", c.rest)
        return found

    def number(self, word: str) -> int:
        return int(word) if word.isdigit() else self.numbers[word]

    def _take(self, text: str, how: list[tuple[str, object]]) -> str:
        for pattern, take in how:
            text = re.sub(pattern, lambda m, take=take: take(m) or "", text)  # type: ignore[operator]
        return text

    def _range(self, pattern: str, unit: str) -> str:
        return r"\b" * pattern[0].isalpha() + pattern.format(n=f"({self.n})", low=f"({self.n})", u=unit) + r"\b"

    def _of(self, form: str, m: re.Match[str], scale: float) -> Range:
        said = [self.number(x) * scale for x in m.groups() if x]
        return Range(form, 0.0 if form == "below" else said[0], said[-1])

    def away(self, text: str) -> Range:
        for form, pattern in zip(("about", "between", "below"), self.ats, strict=True):
            m = re.fullmatch(pattern, text)
            if m:
                return self._of(form, m, self.unit_m)
        raise AssertionError(f"no distance: {text!r}")

    def _item(self, c: Claims) -> list[tuple[str, object]]:
        away = "|".join(re.sub(r"\((?!\?)", "(?:", p) for p in self.ats)
        pattern = (
            rf"\b({self.n}) ({self.shape})\b(?: ({self.side}))?"
            rf"(?:(, {NEAREST[self.language]})? ({away}))?(, {UNKNOWN_COLOUR[self.language]})?"
        )

        def take(m: re.Match[str]) -> None:
            name, light = self.shapes[m[2]]
            n = self.number(m[1])
            self.agrees(m[1], m[2], name, n)
            light = "unknown" if m[6] else light
            side = SIDES[self.language][m[3]] if m[3] else ""
            c.items.append(Item(n, name, light, side, self.away(m[5]) if m[5] else None, bool(m[4])))

        return [(pattern, take)]

    def agrees(self, number: str, form: str, name: str, n: int) -> None:
        """Plural and gender of what is counted."""
        forms = [*NOUNS[self.language].values(), *LIT[self.language].values()]
        assert any(f[n != 1] == form for f in forms), f"{number} {form}"
        if n == 1 and self.language in FEMININE:
            assert number == ("une" if self.language == "fr" else "una") or name not in FEMININE[self.language]
            assert number == "un" or name in FEMININE[self.language], f"{number} {form}"

    def _subject(self, c: Claims) -> list[tuple[str, object]]:
        language = self.language
        noun, the = rf"({self.noun})", THE[language]

        def take(which: str) -> object:
            def inner(m: re.Match[str]) -> None:
                side = (*m.groups(), "")[1] or ""
                side = {**SIDES[language], **SIDES_OF[language]}.get(side, "")
                c.subjects.append(Subject(self.nouns[m[1]][0], which, side))

            return inner

        nearest = NEAREST_NOUN[language].format(noun=noun)
        return [
            (rf"\b{the} {noun} {LEAD[language]}", take("lead")),
            (rf"\b{nearest}(?:, ({self.side}),)?", take("nearest")),
            (rf"\b{the} {noun}\b(?: ({self.side_of}))?(?= (?:is|est|está|se|s'|garde|mantiene)\b|s')", take("only")),
            (rf"\b{the} {noun} ({self.side_of})", take("only")),
        ]

    def _none(self, c: Claims) -> list[tuple[str, object]]:
        def take(m: re.Match[str]) -> None:
            c.none.append((self.nouns[m[1]][0], SIDES[self.language][m[2]] if m[2] else ""))

        return [(rf"(?:{NO[self.language]}) ({self.noun})\b(?: ({self.side}))?", take)]

    def _verdict(self, c: Claims) -> list[tuple[str, object]]:
        def take(m: re.Match[str]) -> None:
            c.verdicts.append((self.number(m[1]) if m[1] else 1, COLOURS[self.language][m[2]]))

        return [(VERDICT[self.language], take)]

    def _contact(self, c: Claims) -> list[tuple[str, object]]:
        forms = zip(("about", "between", "below"), self.contacts, strict=True)
        return [(p, lambda m, form=form: c.contact.append(self._of(form, m, 1.0))) for form, p in forms]

    def _ago(self, c: Claims) -> list[tuple[str, object]]:
        return [
            (
                rf"\b{AGO[self.language].format(n=f'({self.n})', u=unit + 's?')}",
                lambda m, scale=scale: c.ago_s.append(self.number(m[1]) * scale),
            )
            for unit, scale in TIMES[self.language].items()
        ]


def _any(forms: dict[str, object] | dict[str, str] | dict[str, tuple[str, str]]) -> str:
    return "|".join(sorted(map(re.escape, forms), key=len, reverse=True))


def _set(c: Claims, name: str, value: object) -> str:
    setattr(c, name, value)
    return ""
