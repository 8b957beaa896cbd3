"""The script of two organisations: commands of `tonne` alone, and the comparison that it ends with."""

from __future__ import annotations

import csv

from tests.e2e import scripts
from tonne.cli.core import session
from tonne.crypto import keystore

SCRIPT = scripts.ROOT / "examples" / "inventory" / "compare.sh"
LIMIT_S = 300  # eight commands on a busy machine


def test_the_script_knows_no_program_but_tonne_and_no_raw_call():
    assert scripts.other_programs(SCRIPT) == set()
    assert scripts.calls_something_else(SCRIPT) == []


def test_two_organisations_are_compared_on_one_network(town, tmp_path, program):
    accounts = tmp_path / "accounts"
    accounts.mkdir()
    (accounts / session.PASSPHRASE_FILE).write_text("x\n")
    for name in ("north", "east", "lead", "reviewer"):
        keystore.write(accounts / f"{name}.json", town.market.people[name], "x", keystore.WEAK)
    said = scripts.play(
        SCRIPT,
        tmp_path / "work",
        program,
        LIMIT_S,
        TONNE_RPC=town.chain.url,
        TONNE_DEPLOYMENTS=str(town.folder),
        TONNE_ACCOUNTS=str(accounts),
    )
    north, east = (town.market.participants[name] for name in ("north", "east"))
    for words in (
        "Different method: GHG Protocol; ISO 14064-1.",
        "Different categories of Scope 3: 1 3 6; 3.",
        f"Not assured: participant {east}.",
        "no value differs",
    ):
        assert words in said, f"{words}\n{said[-4000:]}"
    with (tmp_path / "work" / "2020.csv").open() as lines:
        first, second = csv.DictReader(lines)
    assert (first["organisation"], second["organisation"]) == (str(north), str(east))
    assert int(first["scope1Kg"]) == int(first["scope1PlantsKg"]) + 1_250_000
    assert (first["category6Kg"], second["category6Kg"]) == ("420000", "")
    assert (first["assuranceScope1"], second["assuranceScope1"]) == ("reasonable", "none")
