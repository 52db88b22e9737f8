"""The page about warnings says what the table says."""

from pathlib import Path

from kitt.mind.describe import as_markdown

PAGE = Path(__file__).resolve().parents[2] / "docs" / "warnings.md"


def test_the_page_holds_the_table_as_it_is() -> None:
    told = PAGE.read_text(encoding="utf-8")
    for line in as_markdown().splitlines():
        assert line in told, "docs/warnings.md is old: see its last paragraph"
