"""Scripts of commands in examples/: the programs they may know, and a run of one."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Programs of every shell.
SHELL = {
    *("set", "mkdir", "cd", "export", "printf", "echo", "sed", "grep", "sleep", "cat", "kill"),
    *("wait", "shift", "trap", "exit", "mktemp", "dirname", "pwd"),
}
#: Functions of the scripts, and words of the shell's grammar.
WORDS = {"step", "run", "field", "count", "counted", "if", "fi", "until", "do", "done"}


def other_programs(script: Path) -> set[str]:
    """First words of lines that are neither `tonne` by `run` nor of a shell."""
    lines = script.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    found = {m[1] for line in lines if (m := re.match(r"\s*([a-z]+)\b(?!\(|=)", line))}
    return found - SHELL - WORDS


def calls_something_else(script: Path) -> list[str]:
    text = script.read_text(encoding="utf-8")
    return [word for word in ("python", "authority act", "curl") if word in text]


def play(script: Path, folder: Path, program: list[str], limit_s: int, **variables: str) -> str:
    """Runs a script, for which `program` is `tonne`, in its own process group; its output.

    Fails with the end of it.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TONNE_")},
        "TONNE": shlex.join(program),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
        **variables,
    }
    process = subprocess.Popen(
        ["sh", str(script), str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode == 0, said[-4000:]
    return said
