"""Imports point one way: types <- engine <- eyes, ears, mouth <- mind <- runtime <- cli; organs never meet."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

KITT = Path(__file__).resolve().parent.parent / "kitt"
COMMON = {"types", "errors", "config", "places"}
MAY_IMPORT = {
    "types": set[str](),
    "errors": set[str](),
    "places": set[str](),
    "config": {"types", "errors"},
    "engine": COMMON,
    "drive": {"types", "errors"},
    "eyes": COMMON | {"engine"},
    "ears": COMMON | {"engine"},
    "mouth": COMMON,
    "mind": COMMON | {"eyes", "ears", "mouth"},
    "runtime": COMMON | {"engine", "drive", "eyes", "ears", "mouth", "mind"},
    "api": COMMON | {"drive", "ears", "mouth", "mind", "runtime"},
    "sim": COMMON | {"engine", "drive", "eyes", "ears", "mouth", "mind", "runtime"},
    "eval": COMMON | {"engine", "drive", "eyes", "ears", "runtime"},
    "cli": COMMON | {"engine", "drive", "eyes", "ears", "mouth", "mind", "runtime", "sim", "eval", "api"},
}


def folder_of(module: str) -> str:
    return module.split(".")[1]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module} if node.module != "kitt" else {f"kitt.{a.name}" for a in node.names}
    return {m for m in found if m.startswith("kitt.") and m != "kitt.__version__"}


@pytest.mark.parametrize("path", sorted(KITT.rglob("*.py")), ids=lambda p: str(p.relative_to(KITT)))
def test_imports_point_one_way(path: Path) -> None:
    relative = path.relative_to(KITT)
    own = relative.parts[0].removesuffix(".py")
    if own in ("__init__", "__main__"):
        return
    assert own in MAY_IMPORT, f"{own}: a new folder needs its place in MAY_IMPORT"
    wrong = {m for m in imports(path) if folder_of(m) not in MAY_IMPORT[own] | {own}}
    assert not wrong, f"kitt/{relative} may not import {', '.join(sorted(wrong))}"


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    heavy = ("cv2", "onnxruntime", "scipy", "av", "numpy", "matplotlib")
    code = f"import sys, kitt.cli.app; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
