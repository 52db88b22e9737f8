"""A log of JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class JsonLines:
    """A file of JSON lines that is written as they come, or nothing. Raises KittError where it cannot be written."""

    def __init__(self, path: Path | None) -> None:
        from kitt.errors import KittError

        try:
            self._stream = path.open("w", encoding="utf-8") if path else None
        except OSError as e:
            raise KittError(f"{path}: cannot write: {e.strerror}") from e
        self._path = path

    def __enter__(self) -> Any:
        return self.write

    def __exit__(self, *_: object) -> None:
        if self._stream:
            self._stream.close()

    def write(self, row: dict[str, Any]) -> None:
        import json

        from kitt.errors import KittError

        if self._stream is None:
            return
        try:
            self._stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            self._stream.flush()
        except OSError as e:
            raise KittError(f"{self._path}: cannot write: {e.strerror}") from e
