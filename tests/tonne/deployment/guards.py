"""Which external functions of the contracts ask for an office, by reading the sources.

A function asks when it, or a function of its contract that it calls, names one of the questions. Code that
runs in the place of another contract counts as that contract's.
"""

from __future__ import annotations

import re
from pathlib import Path

from tonne.deployment import roles

CONTRACTS = Path(roles.__file__).resolve().parents[2] / "contracts"
#: Rooms of integrators, whose rules are another house's.
LEFT_OUT = ("open",)
#: Code that runs in the place, and with the storage, of another contract.
DELEGATES = {
    "AuctionExtension": "Auction",
    "ExchangeExtension": "Exchange",
    "ImmobilisationExtension": "Immobilisation",
    "EmissionsOracleExtension": "EmissionsOracle",
    "MeterOracleExtension": "MeterOracle",
    "PowerMarketExtension": "PowerMarket",
    "PowerSettlementExtension": "PowerSettlement",
    "PowerSettlementEnds": "PowerSettlement",
    "ProjectsExtension": "Projects",
    "EnergyCreditsExtension": "EnergyCredits",
    "EnergyCertificatesExtension": "EnergyCertificates",
    "Penalties": "Compliance",
}
#: What asks for an office of the rules, or for a registrar or arbiter of a place.
QUESTIONS = ("checkPower", "hasPower", "_requireRegistrar", "_requireArbiter")

#: What asks for a role of the manager.
RESTRICTED = re.compile(r"\brestricted\b|\bonlyAuthorized\b")

_CONTRACT = re.compile(r"^(abstract )?contract\s+(\w+)(?:\s+is\s+([^{]+))?\s*\{", re.MULTILINE)
_FUNCTION = re.compile(r"\bfunction\s+(\w+)\s*\(([^)]*)\)([^{;]*)\{")


class _Sources:
    def __init__(self) -> None:
        #: (contract, function): (visibility is external or public, may change state, modifiers and body)
        self.functions: dict[str, dict[str, list[tuple[bool, bool, str]]]] = {}
        self.bases: dict[str, list[str]] = {}
        self.deployed: list[str] = []
        for path in sorted(CONTRACTS.rglob("*.sol")):
            if path.parent.name not in LEFT_OUT:
                self._read(re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8")))

    def _read(self, text: str) -> None:
        for found in _CONTRACT.finditer(text):
            abstract, name, bases = found.groups()
            self.bases[name] = re.findall(r"\w+", re.sub(r"\([^)]*\)", "", bases or ""))
            own = self.functions.setdefault(name, {})
            for function in _FUNCTION.finditer(text, found.end()):
                what, _, modifiers = function.groups()
                seen = bool(re.search(r"\b(external|public)\b", modifiers))
                acts = not re.search(r"\b(view|pure)\b", modifiers)
                body = modifiers + _body(text, function.end())
                own.setdefault(what, []).append((seen, acts, body))
            if not abstract:
                self.deployed.append(name)

    def all_of(self, contract: str) -> dict[str, list[tuple[bool, bool, str]]]:
        """A contract's functions with those of its bases; its own come first."""
        found: dict[str, list[tuple[bool, bool, str]]] = {}
        for name in (contract, *self.bases.get(contract, [])):
            functions = self.functions.get(name, {}) if name == contract else self.all_of(name)
            for what, bodies in functions.items():
                found.setdefault(what, []).extend(bodies)
        return found


def _body(text: str, start: int) -> str:
    depth, at = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[start:at]


def guarded() -> set[tuple[str, str]]:
    """(deployed contract, function) of everything that changes something and asks for an office."""
    sources = _Sources()
    found = set()
    for contract in sources.deployed:
        functions = sources.all_of(contract)
        asking = {
            name
            for name, bodies in functions.items()
            if any(question in body for _, _, body in bodies for question in QUESTIONS)
        }
        while True:
            more = {
                name
                for name, bodies in functions.items()
                if name not in asking
                and any(
                    re.search(rf"\b{called}\s*\(", body)
                    for _, _, body in bodies
                    for called in asking
                )
            }
            if not more:
                break
            asking |= more
        for name in asking:
            if any(seen and acts for seen, acts, _ in functions[name]):
                found.add((DELEGATES.get(contract, contract), name))
    return found


def told() -> dict[tuple[str, str], set[str]]:
    """(deployed contract, event): the functions that ask for an office or a role, and emit it."""
    sources, asked = _Sources(), guarded()
    found: dict[tuple[str, str], set[str]] = {}
    for contract in sources.deployed:
        functions, owner = sources.all_of(contract), DELEGATES.get(contract, contract)
        for name, bodies in functions.items():
            restricted = any(RESTRICTED.search(body) for _, _, body in bodies)
            if restricted or (owner, name) in asked:
                for event in _events(functions, name, set()):
                    found.setdefault((owner, event), set()).add(name)
    return found


def _events(
    functions: dict[str, list[tuple[bool, bool, str]]], name: str, seen: set[str]
) -> set[str]:
    """What a function and those of its contract that it calls emit."""
    seen.add(name)
    text = "".join(body for _, _, body in functions[name])
    events = set(re.findall(r"\bemit\s+(?:\w+\.)?(\w+)\s*\(", text))
    for called in set(re.findall(r"\b(\w+)\s*\(", text)) & functions.keys() - seen:
        events |= _events(functions, called, seen)
    return events


def forge_test(tests: Path, where: str) -> str:
    """Text of a Forge test, `file: function`, with the helpers of its file that it calls."""
    file, _, name = where.partition(": ")
    text = (tests / file).read_text(encoding="utf-8")
    body = _function(text, text.index(f"function {name}("))
    called = set(re.findall(r"\b(_?[a-z]\w+)\(", body))
    helpers = (at.start() for one in called for at in re.finditer(rf"function {one}\(", text))
    return body + "".join(_function(text, start) for start in helpers)


def _function(text: str, start: int) -> str:
    return text[start : text.index("\n    }\n", start)]
