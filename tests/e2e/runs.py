"""`tonne` as a process of its own, with everything temporary in a folder of its own."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Exit status after SIGINT.
INTERRUPTED = 130


def run(folder: Path, seconds: float, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Waits for the end, `seconds` at most."""
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        _command(*arguments),
        cwd=ROOT,
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def started(
    folder: Path, *arguments: str, errors: int | None = subprocess.STDOUT
) -> subprocess.Popen[str]:
    """Goes on beside the test, which reads what it prints and ends it; in a session of its own."""
    return subprocess.Popen(
        _command(*arguments),
        cwd=ROOT,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        start_new_session=True,
    )


def text_of(report: Path) -> str:
    """The text of a report's page, without tags, in one line."""
    page = (report / "index.html").read_text(encoding="utf-8")
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body.replace("<wbr>", ""))).split())


def left_behind(folder: Path) -> list[str]:
    """Processes that still work in `folder`, and what lies in it beside the marks of taken ports."""
    found = [str(path) for path in folder.iterdir() if not path.name.startswith("tonne-ports")]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "tonne.cli", *arguments]


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder),
        "COLUMNS": "200",
    }
