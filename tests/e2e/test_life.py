"""The script of a project's whole life: commands of `tonne` alone, and what each step leads to."""

from __future__ import annotations

import json

import pytest

from tests.e2e import scripts
from tonne.sandbox import node

SCRIPT = scripts.ROOT / "examples" / "project" / "life.sh"
LIFE_S = 1_200  # forty commands and a deployment on a busy machine


def test_the_script_knows_no_program_but_tonne_and_no_raw_call():
    assert scripts.other_programs(SCRIPT) == set()
    assert scripts.calls_something_else(SCRIPT) == []


@pytest.mark.long
@pytest.mark.nightly
def test_a_project_lives_from_its_registration_to_its_reversal_by_commands_alone(tmp_path, program):
    said = scripts.play(SCRIPT, tmp_path, program, LIFE_S, PORT=str(node.free_port()))
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
