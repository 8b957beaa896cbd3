"""What a standard asks of contracts of a sort is asked of every contract of that sort."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNITS = ROOT / "tests" / "units"

#: A contract that can be deployed, and what it is made of.
CONTRACT = re.compile(r"^contract (\w+) is ([^{]+)\{", re.MULTILINE)
SIGNED = re.compile(r"\bEIP712\(\"tonne (\w+)\"")


def contracts() -> dict[str, set[str]]:
    """The bases of each contract."""
    found = {}
    for path in (ROOT / "contracts").rglob("*.sol"):
        for name, bases in CONTRACT.findall(path.read_text(encoding="utf-8")):
            found[name] = set(re.findall(r"\w+", bases))
    return found


def test_every_unit_contract_behaves_as_erc_1155_asks():
    units = {name for name, bases in contracts().items() if "Unit1155" in bases}
    assert {"Allowances", "OffsetCredits", "EnergyCredits"} <= units

    tried = (UNITS / "ERC1155.t.sol").read_text(encoding="utf-8")
    suites = re.findall(
        r"contract (\w+)ERC1155Test is ERC1155Behaviour, ERC1155BatchBehaviour\b", tried
    )
    assert units <= set(suites)

    parts = ("ERC1155Behaviour.sol", "ERC1155BatchBehaviour.sol")
    cases = sum((UNITS / part).read_text(encoding="utf-8").count("function test") for part in parts)
    assert cases >= 80


def test_every_contract_that_checks_signatures_says_for_which_domain():
    signed = set()
    for path in (ROOT / "contracts").rglob("*.sol"):
        signed |= set(SIGNED.findall(path.read_text(encoding="utf-8")))
    assert {"Projects", "ExchangeGateway"} <= signed

    domains = (ROOT / "tests" / "evidence" / "Domains.t.sol").read_text(encoding="utf-8")
    assert signed == set(re.findall(r"_check\(\"(\w+)\"", domains))
