"""A command in a pseudo-terminal, and the rows that are on its screen when it has ended."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

#: Control sequences: of the cursor and the line, links, anything else.
_CONTROL = re.compile(r"\x1b\[(\??[\d;]*)([A-Za-z])|\x1b\].*?\x1b\\|\x1b[()][A-Z0-9]", re.DOTALL)


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], columns: int = 80
) -> tuple[int, str]:
    """Exit status, and everything that the command wrote to its terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        parts = []
        while part := _read(ours):
            parts.append(part)
        status = process.wait()
    os.close(ours)
    return status, b"".join(parts).decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the other side is closed
        return b""


def rows(written: str, columns: int = 80) -> list[str]:
    """Rows of an endless screen, long lines broken at its width; empty rows at the end are left out."""
    screen: list[list[str]] = [[]]
    row = column = at = 0
    while at < len(written):
        if found := _CONTROL.match(written, at):
            at = found.end()
            count, kind = found[1] or "1", found[2]
            if kind == "A":
                row = max(row - int(count), 0)
            elif kind == "K":
                screen[row] = []
            continue
        letter, at = written[at], at + 1
        if letter == "\r":
            column = 0
        elif letter == "\n":
            row += 1
        else:
            if column == columns:
                row, column = row + 1, 0
            while row >= len(screen):
                screen.append([])
            line = screen[row]
            line.extend(" " * (column + 1 - len(line)))
            line[column] = letter
            column += 1
        while row >= len(screen):
            screen.append([])
    shown = ["".join(line).rstrip() for line in screen]
    while shown and not shown[-1]:
        shown.pop()
    return shown
