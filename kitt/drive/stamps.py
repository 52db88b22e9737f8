"""Times that people write, in files and on the command line, as nanoseconds that every format can hold."""

from __future__ import annotations

from kitt.errors import KittError

LATEST_NS = (1 << 63) - 1
"""In the year 2262; later times fit neither an MCAP's index nor a signed integer."""
_LONGEST_S = 1e9


def stamp_ns(text: str, unit_ns: int = 1_000_000_000) -> int:
    """A time stamp as it stands in a file, counted in `unit_ns`. Raises ValueError, whose text says what it must be.

    In whole numbers where it can be: a float cannot hold calendar times to the nanosecond.
    """
    value = _number(text)
    if value < 0:
        raise ValueError("must not be negative")
    if value * unit_ns > LATEST_NS:
        raise ValueError("is later than the year 2262; wrong unit?")
    whole, _, part = text.strip().partition(".")
    if not (whole + part).isdecimal():
        return round(value * unit_ns)
    digits = len(str(unit_ns)) - 1
    return int(whole or 0) * unit_ns + (int(part[:digits].ljust(digits, "0")) if part and digits else 0)


def check_seconds(option: str, value: float | None, low: float = 0.0) -> None:
    """Raise KittError where an option's seconds are no number (NaN), before `low`, or more than 31 years."""
    if value is not None and not low <= value <= _LONGEST_S:
        raise KittError(f"{option} {value:g}: write seconds from {low:g} to {_LONGEST_S:g}")


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("must be a number")
    return value
