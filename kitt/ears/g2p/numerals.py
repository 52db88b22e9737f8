"""Whole numbers from 0 to 999 as words, in English, French and Spanish.

A set of numbers becomes a graph of words in which common parts are shared: 0 to 999 are about 70 steps in English,
not 1,000 sentences. Usage: US "one hundred five" and UK "one hundred and five"; French of France ("soixante-dix") and
of Belgium and Switzerland ("septante", "huitante", "nonante"); Spanish with its shortened and feminine forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

MINUS = {"en": "minus", "fr": "moins", "es": "menos"}

Numbers = frozenset[int]


@dataclass(frozen=True, eq=False)
class Step:
    """A point within a number: whether the number may end here, and the words that may follow.

    Each arc is (word, what it adds to the number, the next step).
    """

    final: bool
    arcs: tuple[tuple[str, int, Step], ...]


Arc = tuple[str, int, Step]
END = Step(True, ())


def _names(text: str) -> list[str]:
    return text.split()


_EN_ONES = _names(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_EN_TENS = _names("twenty thirty forty fifty sixty seventy eighty ninety")
_FR_ONES = _names("zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize")
_FR_TENS = _names("vingt trente quarante cinquante soixante septante huitante nonante")
_ES_ONES = _names(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
)
_ES_TENS = _names("treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_ES_HUNDREDS = _names("doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos")
_ONE_FORM: Mapping[int, Sequence[str]] = {}
_ES_FORMS = {1: ("uno", "un", "una"), 21: ("veintiuno", "veintiún", "veintiuna")}


@lru_cache(maxsize=64)
def graph(numbers: Numbers, language: str) -> Step:
    """Exactly these numbers (each 0 to 999) as a graph of words."""
    under = {n for n in numbers if n < 100}
    arcs = list(_under_100(frozenset(under), language).arcs)
    for hundred in range(1, 10):
        rest = frozenset(n % 100 for n in numbers if n // 100 == hundred)
        if rest:
            arcs += _HUNDREDS[language](hundred, rest)
    return Step(False, tuple(arcs))


def spellings(number: int, language: str) -> list[tuple[str, ...]]:
    """Every way to say one number from 0 to 999, as words."""

    def walk(step: Step) -> Iterator[tuple[str, ...]]:
        if step.final:
            yield ()
        for word, _, then in step.arcs:
            for rest in walk(then):
                yield (word, *rest)

    return list(walk(graph(frozenset({number}), language)))


@lru_cache(maxsize=1024)
def _under_100(numbers: Numbers, language: str) -> Step:
    return Step(False, tuple(_UNDER_100[language](numbers)))


def _ones(names: list[str], numbers: Numbers, forms: Mapping[int, Sequence[str]] = _ONE_FORM) -> list[Arc]:
    return [(w, n, END) for n in sorted(numbers) for w in forms.get(n, (names[n],))]


def _then(numbers: Numbers, arcs: list[Arc]) -> Step:
    """What follows a word after which `numbers` remain to be said."""
    return Step(0 in numbers, tuple(arcs))


def _of_ten(numbers: Numbers, ten: int, width: int = 10) -> Numbers:
    return frozenset(n - ten for n in numbers if ten <= n < ten + width)


def _en_under_100(numbers: Numbers) -> Iterator[Arc]:
    yield from _ones(_EN_ONES, frozenset(n for n in numbers if n < 20))
    for i, word in enumerate(_EN_TENS):
        if rest := _of_ten(numbers, ten := 20 + 10 * i):
            yield word, ten, _rest_of_ten(rest, "en")


@lru_cache(maxsize=1024)
def _rest_of_ten(rest: Numbers, language: str) -> Step:
    digits = rest - {0}
    if language == "en":
        return _then(rest, _ones(_EN_ONES, digits))
    if language == "es":
        ones = Step(False, tuple(_ones(_ES_ONES, digits, _ES_FORMS)))
        return _then(rest, [("y", 0, ones)] if digits else [])
    et_un = Step(False, (("un", 1, END), ("une", 1, END)))
    return _then(rest, [*_ones(_FR_ONES, digits - {1}), *([("et", 0, et_un)] if 1 in digits else [])])


@lru_cache(maxsize=1024)
def _fr_teens(rest: Numbers, after: str) -> Step:
    """What follows "soixante" or "quatre-vingt": 0 to 19, `rest` of it."""
    ones = rest & frozenset(range(1, 10))
    if after == "soixante":
        arcs = list(_rest_of_ten(ones, "fr").arcs)
        et = [("onze", 11, END)] if 11 in rest else []
        arcs += [("et", 0, Step(False, tuple(et)))] if et else []
        teens = rest - ones - {0, 11}
    else:
        arcs = _ones(_FR_ONES, ones, {1: ("un", "une")})
        teens = rest - ones - {0}
    return _then(rest, arcs + _fr_10_to_19(teens))


def _fr_10_to_19(numbers: Numbers) -> list[Arc]:
    arcs = _ones(_FR_ONES, frozenset(n for n in numbers if n <= 16))
    if dix := frozenset(n - 10 for n in numbers if n > 16):
        arcs.append(("dix", 10, Step(False, tuple(_ones(_FR_ONES, dix)))))
    return arcs


def _fr_under_100(numbers: Numbers) -> Iterator[Arc]:
    yield from _ones(_FR_ONES, frozenset(n for n in numbers if n < 10), {1: ("un", "une")})
    yield from _fr_10_to_19(frozenset(n for n in numbers if 10 <= n < 20))
    for i, word in enumerate(_FR_TENS):
        ten = 20 + 10 * i
        if word == "soixante":
            if rest := _of_ten(numbers, 60, 20):
                yield word, 60, _fr_teens(rest, word)
        elif rest := _of_ten(numbers, ten):
            yield word, ten, _rest_of_ten(rest, "fr")
    if rest := _of_ten(numbers, 80, 20):
        yield "quatre", 0, Step(False, (("vingt", 80, _fr_teens(rest, "vingt")),))


def _es_under_100(numbers: Numbers) -> Iterator[Arc]:
    yield from _ones(_ES_ONES, frozenset(n for n in numbers if n < 30), _ES_FORMS)
    for i, word in enumerate(_ES_TENS):
        if rest := _of_ten(numbers, ten := 30 + 10 * i):
            yield word, ten, _rest_of_ten(rest, "es")


@lru_cache(maxsize=256)
def _en_hundred(rest: Numbers) -> Step:
    tens = _under_100(rest - {0}, "en")
    after = _then(rest, [*tens.arcs, ("and", 0, tens)] if tens.arcs else [])
    return Step(False, (("hundred", 0, after),))


def _en_hundreds(hundred: int, rest: Numbers) -> Iterator[Arc]:
    for word in (_EN_ONES[hundred], "a") if hundred == 1 else (_EN_ONES[hundred],):
        yield word, 100 * hundred, _en_hundred(rest)


@lru_cache(maxsize=256)
def _after_hundred(rest: Numbers, language: str) -> Step:
    return _then(rest, list(_under_100(rest - {0}, language).arcs))


@lru_cache(maxsize=256)
def _fr_cent(rest: Numbers) -> Step:
    return Step(False, (("cent", 0, _after_hundred(rest, "fr")),))


def _fr_hundreds(hundred: int, rest: Numbers) -> Iterator[Arc]:
    if hundred == 1:
        yield "cent", 100, _after_hundred(rest, "fr")
    else:
        yield _FR_ONES[hundred], 100 * hundred, _fr_cent(rest)


def _es_hundreds(hundred: int, rest: Numbers) -> Iterator[Arc]:
    if hundred > 1:
        word = _ES_HUNDREDS[hundred - 2]
        yield word, 100 * hundred, _after_hundred(rest, "es")
        yield word[:-2] + "as", 100 * hundred, _after_hundred(rest, "es")
        return
    if 0 in rest:
        yield "cien", 100, END
    if rest - {0}:
        yield "ciento", 100, _after_hundred(rest - {0}, "es")


_UNDER_100 = {"en": _en_under_100, "fr": _fr_under_100, "es": _es_under_100}
_HUNDREDS = {"en": _en_hundreds, "fr": _fr_hundreds, "es": _es_hundreds}
