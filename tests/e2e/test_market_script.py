"""The script from an empty chain to a market, a surrender and a retirement, on Anvil and on Ganache."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e import scripts
from tonne.sandbox import node

SCRIPT = scripts.ROOT / "examples" / "market" / "market.sh"
#: Monday 6 January 2025, 9:00 in Beijing [s].
BEGINS = 1_736_125_200
LIMIT_S = 900  # twenty-six commands and a deployment on a busy machine


def test_the_script_knows_no_program_but_tonne_and_no_raw_call():
    assert scripts.other_programs(SCRIPT) == set()
    assert scripts.calls_something_else(SCRIPT) == []
    assert "--as " not in SCRIPT.read_text(encoding="utf-8")  # no key that a seed gives


def played(kind, folder, program):
    with node.start(kind=kind, timestamp=BEGINS) as running:
        said = scripts.play(SCRIPT, folder, program, LIMIT_S, TONNE_RPC=running.url)
    for words in (
        "50,000 of 50,000 lots filled for 2,400,000.00",
        "2,800,000 t surrendered for plant 1; 0 t still open (met).",
        "Certificate 1: 500 t of allowance 2024 retired for North Power Ltd.",
        "Certificate 1 holds",
    ):
        assert words in said, f"{words}\n{said[-4000:]}"
    assert said.count("no value differs") == 2
    counts = [int(n) for n in re.findall(r": (\d+) commands, at most", said)]
    assert len(counts) == 2 and counts[0] <= 12 and counts[1] <= 15
    assert said.count("$ tonne ") == sum(counts) + 1  # the keystores come first
    record = json.loads(next((folder / "deployments").glob("*.json")).read_text())
    keystores = {
        json.loads(path.read_text())["address"].lower()
        for path in folder.glob("[a-z]*.json")
        if "crypto" in path.read_text()
    }
    named = {record["deployer"], record["administrator"], *record["holders"].values()}
    assert {address.lower().removeprefix("0x") for address in named} <= keystores


@pytest.mark.long
def test_a_market_comes_into_being_by_commands_on_anvil(tmp_path, program):
    played("anvil", tmp_path, program)


@pytest.mark.long
def test_a_market_comes_into_being_by_commands_on_ganache(tmp_path, program):
    played("ganache", tmp_path, program)
