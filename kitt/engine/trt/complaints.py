"""What TensorRT complained of, in one line that names the node.

The library tells its errors to a logger, many lines each, with the reason in the middle; the parser keeps some of
them too. Of all that one sentence is of use.
"""

from __future__ import annotations

import re
from typing import Any

_WORST = 20
_REASON = re.compile(r"Error Code \d+: [^(]*\((?P<why>.*?)(?: In \w+ at .*)?\)?$")
_NOT_OURS = ("Cuda Runtime", "catchCudaError", "ModelImporter.cpp", "Begin node", "End node", "Node name:")
_LONGEST = 240


class Heard:
    """A logger's memory: warnings and errors as they came, oldest first, the last `_WORST` of each."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.warnings: list[str] = []

    def take(self, text: str, is_error: bool) -> None:
        kept = self.errors if is_error else self.warnings
        kept.append(text)
        del kept[:-_WORST]

    def reason(self) -> str:
        """The last error that says something, in one line; "no reason given" where none does."""
        lines = [line for text in reversed(self.errors) for line in text.splitlines()]
        return next((r for line in lines if (r := clean(line))), "no reason given")


def logger(trt: Any, heard: Heard) -> Any:
    """A TensorRT logger that writes nothing and remembers warnings and errors."""

    class Listening(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, message: str) -> None:
            level = getattr(trt.ILogger, "Severity", trt.Logger)
            if severity in (level.INTERNAL_ERROR, level.ERROR):
                heard.take(message, is_error=True)
            elif severity == level.WARNING:
                heard.take(message, is_error=False)

    return Listening()


def clean(line: str) -> str:
    """The useful part of one line of an error, "" where there is none."""
    if any(noise in line for noise in _NOT_OURS):
        return ""
    if found := _REASON.search(line):
        line = found["why"]
    line = re.sub(r"^\[\d+\] ", "", line.strip()).removeprefix("Assertion failed: ")
    return " ".join(line.split())[:_LONGEST].rstrip(" .")


def parser_fault(parser: Any, model: Any) -> str:
    """The parser's first error: which node it cannot take and why."""
    if parser.num_errors == 0:
        return "its parser gives no reason"
    error = parser.get_error(0)
    name, op = _node(error, model)
    unsupported = "UNSUPPORTED" in str(error.code()) or "Plugin not found" in error.desc()
    why = "it does not know this operator" if unsupported else _why(error.desc(), name)
    return f"node '{name}' ({op}): {why}" if op else why


def _why(description: str, name: str) -> str:
    lines = [c for line in description.splitlines() if (c := clean(line)) and not c.startswith("Invalid Node")]
    return (lines[0].removeprefix(f"{name}: ") if lines else "") or "no reason given"


def _node(error: Any, model: Any) -> tuple[str, str]:
    """(name, operator) of the node an error is of; TensorRT 8.6 gives its number alone."""
    index = error.node()
    if hasattr(error, "node_operator") and error.node_operator():
        return str(error.node_name() or index), str(error.node_operator())
    if 0 <= index < len(model.graph.node):
        node = model.graph.node[index]
        return str(node.name or index), str(node.op_type)
    return "", ""
