"""`make compiler`: downloads the native Solidity compiler into `.tools/bin/solc`.

Its SHA-256 is pinned in `tools/solc/native.json`. `tools/solc/native.js` uses it from then on, about ten
times faster than npm's compiler and with equal bytecode. A compiler of this version on the PATH needs no
download.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

from tonne import files
from tonne.errors import TonneError
from tools import setup

ROOT: Final = setup.ROOT
PINNED: Final = ROOT / "tools" / "solc" / "native.json"
TARGET: Final = ROOT / ".tools" / "bin" / "solc"
VERSION: Final = "0.8.37+commit.f401782d"

#: [s] Without a byte from the server.
PATIENCE_S: Final = 30
#: [bytes] Most that is downloaded; the compiler has 16 MB.
MOST: Final = 256 * 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="make compiler", description=__doc__)
    parser.add_argument("--url", help="another server with the same file; its SHA-256 stays pinned")
    options = parser.parse_args()
    pinned = pin(PINNED, setup.foundry_platform())
    if TARGET.is_file() and _sha256(TARGET.read_bytes()) == pinned["sha256"]:
        print(f"The native compiler is installed: {TARGET.relative_to(ROOT)}.")
        return
    install(options.url or pinned["url"], pinned["sha256"], TARGET)
    print(f"Installed the native compiler {VERSION}: {TARGET.relative_to(ROOT)}.")


def pin(file: Path, platform: str) -> dict[str, str]:
    """URL and SHA-256 of a platform's compiler. Raises COMPILER_NOT_PINNED where none is known."""
    known: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8"))
    if platform not in known:
        raise TonneError(
            "COMPILER_NOT_PINNED",
            "No native compiler is pinned for this platform.",
            "platform",
            platform,
            f"Put `solc` {VERSION} on the PATH, or use npm's compiler, which needs nothing.",
        )
    return known[platform]


def install(url: str, sha256: str, target: Path) -> None:
    """Downloads a compiler, compares its SHA-256 and version, and puts it in place in one step.

    Raises COMPILER_UNREACHABLE, COMPILER_CHECKSUM, COMPILER_OTHER_VERSION; the former file stays.
    """
    content = _download(url)
    if (found := _sha256(content)) != sha256:
        raise TonneError(
            "COMPILER_CHECKSUM",
            f"The downloaded compiler has the SHA-256 {found}; {sha256} is pinned.",
            "url",
            url,
            "Run `make compiler` again; nothing was installed.",
        )
    trial = target.with_name(f"{target.name}.new")
    try:
        files.write(trial, content, 0o755)
        said = _version_of(trial)
        if f"Version: {VERSION}" not in said:
            raise TonneError(
                "COMPILER_OTHER_VERSION",
                f"The downloaded compiler answers {said[:200]!r}; this project needs {VERSION}.",
                "url",
                url,
                "Run `make compiler` again; nothing was installed.",
            )
        os.replace(trial, target)
    finally:
        trial.unlink(missing_ok=True)


def _download(url: str) -> bytes:
    console = Console(stderr=True)
    bar = Progress(
        "{task.description}",
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    content = bytearray()
    try:
        with bar, requests.get(url, stream=True, timeout=PATIENCE_S) as answer:
            answer.raise_for_status()
            length = int(answer.headers.get("content-length") or 0)
            task = bar.add_task("native compiler", total=length or None)
            for part in answer.iter_content(1 << 16):
                content += part
                bar.advance(task, len(part))
                if len(content) > MOST:
                    raise OSError(f"it has more than {MOST:,} bytes")
            if length and len(content) != length:
                raise OSError(f"{len(content):,} of {length:,} bytes arrived")
    except (requests.RequestException, OSError) as error:
        raise TonneError(
            "COMPILER_UNREACHABLE",
            f"The native compiler could not be downloaded: {type(error).__name__}.",
            "url",
            url,
            "Try `make compiler` again later; npm's compiler does the same work until then.",
        ) from error
    return bytes(content)


def _version_of(file: Path) -> str:
    try:
        done = subprocess.run([file, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        return type(error).__name__
    return done.stdout.strip()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    try:
        main()
    except TonneError as error:
        sys.exit(str(error))
