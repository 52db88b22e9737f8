"""The lists of a grammar file: values that a slot may take, or a range of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from kitt.ears.grammar.yaml_nodes import Node, Text, Where, refuse_unknown

HIGHEST = 999
"""Numbers are spoken from -HIGHEST to HIGHEST."""
NO_STATE = "kitt's grammar does not depend on the state of a home; leave it out"

_NOT_LIST = {"wildcard": "kitt hears only what a grammar names: give the list 'values:' or a 'range:'"}
_NOT_RANGE = dict.fromkeys(("fractions", "multiplier"), "not supported: a range gives whole numbers")


@dataclass(frozen=True)
class Value:
    """One value of a list: the template that is spoken, and what the slot gets (None: the words spoken)."""

    spoken: Text
    out: str | int | None


@dataclass(frozen=True)
class Range:
    """Whole numbers from `low` to `high` in steps of `step`."""

    low: int
    high: int
    step: int


@dataclass(frozen=True)
class SlotList:
    """A list that `{name}` stands for: values, or a range of numbers."""

    name: str
    where: Where
    values: tuple[Value, ...] = ()
    range: Range | None = None


def read_lists(node: Node) -> dict[str, SlotList]:
    """The lists under a `lists:` key. Raises KittError with file and line."""
    return {name.text: _list(name, body) for name, body in node.as_map("'lists'")}


def _list(name: Text, node: Node) -> SlotList:
    what = f"list '{name.text}'"
    values: list[Value] | None = None
    numbers: Range | None = None
    for key, body in node.as_map(what):
        refuse_unknown(key, ("values", "range"), what, _NOT_LIST)
        if key.text == "values":
            values = [_value(v, what) for v in body.as_list(f"'values' of {what}")]
        else:
            numbers = _range(body, what)
    if (values is None) == (numbers is None):
        raise name.where.error(f"{what} needs either 'values:' or 'range:'")
    if values is not None and not values:
        raise name.where.error(f"{what} has no values")
    return SlotList(name.text, name.where, tuple(values or ()), numbers)


def _value(node: Node, what: str) -> Value:
    if not node.is_map:
        return Value(node.as_text(f"a value of {what}"), None)
    spoken: Text | None = None
    out: str | int | None = None
    for key, body in node.as_map(f"a value of {what}"):
        refuse_unknown(key, ("in", "out"), f"a value of {what}", {"context": NO_STATE, "metadata": "not supported"})
        if key.text == "in":
            spoken = body.as_text(f"'in' of {what}")
        else:
            out = body.as_text_or_int(f"'out' of {what}")
    if spoken is None:
        node.fail(f"a value of {what} lacks 'in:', the words that are spoken")
    return Value(spoken, out)


def _range(node: Node, what: str) -> Range:
    given: dict[str, int] = {}
    for key, body in node.as_map(f"'range' of {what}"):
        refuse_unknown(key, ("from", "to", "step", "type"), f"'range' of {what}", _NOT_RANGE)
        if key.text == "type":
            # hassil's hint for speaking a number back; it does not change what is heard.
            body.as_text("'type'")
        else:
            given[key.text] = body.as_int(f"'{key.text}' of {what}")
    if not {"from", "to"} <= set(given):
        node.fail(f"'range' of {what} needs 'from:' and 'to:'")
    return checked_range(Range(given["from"], given["to"], given.get("step", 1)), what, node.where)


def checked_range(numbers: Range, what: str, where: Where) -> Range:
    """The same range. Raises KittError when it is empty or leaves the numbers that kitt can hear."""
    if numbers.step < 1:
        raise where.error(f"{what}: step {numbers.step} must be 1 or more")
    if numbers.low > numbers.high:
        raise where.error(f"{what}: from {numbers.low} to {numbers.high} is empty; 'from' must not exceed 'to'")
    if numbers.low < -HIGHEST or numbers.high > HIGHEST:
        raise where.error(f"{what}: {numbers.low} to {numbers.high}; kitt hears numbers from -{HIGHEST} to {HIGHEST}")
    return numbers
