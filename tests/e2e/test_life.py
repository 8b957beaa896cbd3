"""The script of a project's whole life: commands of `tonne` alone, and what each step leads to."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tonne.sandbox import node

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples" / "project" / "life.sh"
#: What a shell has everywhere, beside `tonne`.
TOOLS = {
    *(
        "set",
        "mkdir",
        "cd",
        "export",
        "printf",
        "echo",
        "sed",
        "grep",
        "sleep",
        "cat",
        "kill",
        "wait",
    ),
    *("shift", "trap", "exit", "mktemp", "dirname", "pwd"),
}
LIFE_S = 1_200  # forty commands and a deployment on a busy machine


def test_the_script_knows_no_program_but_tonne_and_no_raw_call():
    text = SCRIPT.read_text(encoding="utf-8")
    assert "python" not in text and "authority act" not in text and "curl" not in text
    words = {
        match[1]
        for line in text.replace("\\\n", " ").splitlines()
        if (match := re.match(r"\s*([a-z]+)\b(?!\(|=)", line))
    }
    assert words - TOOLS <= {"step", "run", "field", "if", "fi", "until", "do", "done"}


@pytest.mark.long
def test_a_project_lives_from_its_registration_to_its_reversal_by_commands_alone(tmp_path):
    environment = {
        **os.environ,
        "TONNE": f"{sys.executable} -P -m tonne.cli",
        "PYTHONPATH": str(ROOT),
        "PORT": str(node.free_port()),
        "COLUMNS": "200",
    }
    process = subprocess.Popen(
        ["sh", str(SCRIPT), str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=LIFE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode == 0, said[-4000:]
    for words in (
        "On chain as report 2: reported",
        "2,000 of 2,000 lots filled for 60,000.00",
        "Certificate 1 holds",
        "Project 2 “woods north of the river”",
        "“Forest of the North Ltd”",
        "paid by the buffer",
        "of debt 1 are still owed",
        "locked -> invalidated",
        "None of it is left",
        "Certificate 1 does NOT hold",
        "profile withdrawn",
    ):
        assert words in said, f"{words}\n{said[-4000:]}"
    assert (tmp_path / "certificate.pdf").read_bytes().startswith(b"%PDF-")
    assert "woods north of the river" in (tmp_path / "lineage.svg").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "woods.draft.json").read_text())["signed"]["amounts"]
