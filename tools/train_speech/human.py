"""Human recordings that may train weights that ship, each speaker and set that measures the ears left out."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEST_SETS = Path(__file__).resolve().parents[2] / "kitt" / "eval" / "speech_sets.toml"
WITH_TRANSCRIPTS = (
    "speech_cv61_en", "speech_cv61_fr", "speech_cv61_es", "speech_fleurs_fixtures",
    "speech_art4apps_en", "speech_art4apps_fr", "speech_art4apps_es",
)  # fmt: skip
BRITISH = {"england", "australia", "newzealand", "ireland", "scotland", "wales", "indian", "southatlandtic", "african"}


@dataclass(frozen=True)
class Clip:
    """A recording, or a sentence still to be spoken: `path` is empty for the latter."""

    source: str
    language: str
    text: str
    labels: str
    path: str = ""


def test_sets() -> dict[str, Any]:
    """The file that names what no trainer may read."""
    return read_toml(TEST_SETS)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as it stands."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def clips(data: Path, *, copyleft: bool = False) -> Iterator[Clip]:
    """Every permitted recording under `data`. Raises SystemExit rather than read a set that is kept for tests.

    `copyleft` adds the sets under GPL: for measuring what they would bring, never for weights that ship.
    """
    kept = test_sets()
    folders = WITH_TRANSCRIPTS + (tuple(kept["copyleft_folders"]) if copyleft else ())
    for folder in (*folders, "speech_gsc_subset300", "speech_pocketsphinx_testdata"):
        if folder in kept["folders"]:
            raise SystemExit(f"train_speech: {folder} is kept for tests ({TEST_SETS.name}); it may not train")
    for folder in folders:
        held = set(kept["speakers"].get(folder, ()))
        for row in _rows(data / folder):
            if row["speaker"] not in held and not row["text"].startswith("<"):
                yield Clip(folder, row["language"], row["text"], _labels(row), str(data / folder / row["file"]))
    held = set(kept["speakers"]["speech_gsc_subset300"])
    for path in sorted((data / "speech_gsc_subset300").glob("*/*.wav")):
        if path.name.split("_")[0] not in held:
            yield Clip("speech_gsc_subset300", "en", path.parent.name, "gmw/en-US", str(path))
    book = data / "speech_pocketsphinx_testdata" / "librivox"
    for line in (book / "transcription").read_text(encoding="utf-8").splitlines():
        text, _, name = line.replace("<s>", "").replace("</s>", "").rpartition("(")
        yield Clip(
            "speech_pocketsphinx_testdata", "en", text.strip(), "gmw/en-US", str(book / f"{name.strip(') ')}.wav")
        )


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "transcripts.tsv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def _labels(row: dict[str, str]) -> str:
    if row["language"] == "en":
        return "gmw/en-GB-x-rp" if row.get("accent", "") in BRITISH else "gmw/en-US"
    return {"fr": "roa/fr", "es": "roa/es-419"}[row["language"]]
