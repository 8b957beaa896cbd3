"""What a standard asks of contracts of a sort is asked of every contract of that sort."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

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
        r"contract (\w+)ERC1155Test is ERC1155Behaviour, ERC1155BatchBehaviour, ERC1155Suite\b",
        tried,
    )
    assert units <= set(suites)

    parts = ("ERC1155Behaviour.sol", "ERC1155BatchBehaviour.sol", "ERC1155Suite.sol")
    cases = sum((UNITS / part).read_text(encoding="utf-8").count("function test") for part in parts)
    assert cases >= 80


#: ERC-1155 and its metadata, ERC-7572 and ERC-165: mutability and results of functions, indexed parameters of
#: events.
ERC_1155_FUNCTIONS = {
    "balanceOf(address,uint256)": ("view", ["uint256"]),
    "balanceOfBatch(address[],uint256[])": ("view", ["uint256[]"]),
    "isApprovedForAll(address,address)": ("view", ["bool"]),
    "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)": ("nonpayable", []),
    "safeTransferFrom(address,address,uint256,uint256,bytes)": ("nonpayable", []),
    "setApprovalForAll(address,bool)": ("nonpayable", []),
    "supportsInterface(bytes4)": ("view", ["bool"]),
    "uri(uint256)": ("view", ["string"]),
    "contractURI()": ("view", ["string"]),  # ERC-7572
}
ERC_1155_EVENTS = {
    "ApprovalForAll(address,address,bool)": [True, True, False],
    "TransferBatch(address,address,address,uint256[],uint256[])": [True, True, True, False, False],
    "TransferSingle(address,address,address,uint256,uint256)": [True, True, True, False, False],
    "URI(string,uint256)": [False, True],
}
#: Allowed in place of `view`: it promises more.
STRICTER = {"view": {"view", "pure"}, "nonpayable": {"nonpayable"}}


def unit_contracts() -> list[str]:
    return sorted(name for name, bases in contracts().items() if "Unit1155" in bases)


def signature(entry) -> str:
    return f"{entry['name']}({','.join(one['type'] for one in entry['inputs'])})"


def erc_1155_faults(abi) -> list[str]:
    """Where an ABI is not that of ERC-1155 with metadata."""
    found = []
    functions = {signature(e): e for e in abi if e["type"] == "function"}
    for name, (mutability, results) in ERC_1155_FUNCTIONS.items():
        entry = functions.get(name)
        if entry is None:
            found.append(f"no {name}")
            continue
        if entry["stateMutability"] not in STRICTER[mutability]:
            found.append(f"{name} is {entry['stateMutability']}")
        if [one["type"] for one in entry["outputs"]] != results:
            found.append(f"{name} returns something else")
    events = {signature(e): e for e in abi if e["type"] == "event"}
    for name, indexed in ERC_1155_EVENTS.items():
        entry = events.get(name)
        if entry is None or [one["indexed"] for one in entry["inputs"]] != indexed:
            found.append(f"no event {name} with its indexed parameters")
        elif entry["anonymous"]:
            found.append(f"{name} is anonymous")
    return found


def abi_of(name: str):
    return json.loads((ROOT / "abi" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", unit_contracts())
def test_the_abi_of_every_unit_contract_is_that_of_erc_1155(name):
    assert erc_1155_faults(abi_of(name)) == []


def test_a_departure_from_erc_1155_is_found():
    abi = abi_of("Allowances")
    for entry in abi:
        if entry.get("name") == "balanceOf":
            entry["stateMutability"] = "nonpayable"
        elif entry.get("name") == "uri":
            entry["outputs"] = []
        elif entry.get("name") == "TransferSingle":
            entry["inputs"][0]["indexed"] = False
        elif entry.get("name") == "URI":
            entry["anonymous"] = True
    abi = [entry for entry in abi if entry.get("name") != "isApprovedForAll"]
    assert len(erc_1155_faults(abi)) == 5


def test_every_contract_that_checks_signatures_says_for_which_domain():
    signed = set()
    for path in (ROOT / "contracts").rglob("*.sol"):
        signed |= set(SIGNED.findall(path.read_text(encoding="utf-8")))
    assert {"Projects", "ExchangeGateway"} <= signed

    domains = (ROOT / "tests" / "evidence" / "Domains.t.sol").read_text(encoding="utf-8")
    assert signed == set(re.findall(r"_check\(\"(\w+)\"", domains))
