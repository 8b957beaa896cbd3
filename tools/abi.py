"""`make abi`: the published ABIs, in `abi/`, one JSON file for each contract and one ABI entry a line.

Published are the contracts of `tonne/deployment/plan.py` and those of `contracts/open/`, which others deploy.
TypeScript constants are made from the same ABIs for the npm package only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tonne.deployment import compiler, sources
from tonne.deployment.plan import AHEAD_OF, PLAN

ROOT: Final = compiler.ROOT
FOLDER: Final = ROOT / "abi"

Abi = list[dict[str, Any]]

#: Fields of an entry, and of a parameter, in the order of the published files.
FIELDS: Final = ("type", "name", "inputs", "outputs", "stateMutability", "anonymous")
PARAMETER_FIELDS: Final = ("name", "type", "indexed", "internalType", "components")

TYPESCRIPT_HEAD: Final = """\
// Generated from the compiled contract; do not edit.
// A constant, so that viem, wagmi and abitype infer arguments and results.
"""


def published() -> list[str]:
    """Names of the contracts whose ABI is published."""
    homes = sources.deployable()
    open_ones = [name for name, source in homes.items() if source.startswith("contracts/open/")]
    return sorted({*PLAN, *open_ones})


def abis() -> dict[str, Abi]:
    """ABIs by contract, sorted by type and name.

    A contract with an extension (`contracts/lib/Extendable.sol`) raises its errors and events too.
    """
    homes = sources.deployable()
    names = published()
    # An extension that is deployed ahead is called where its contract is.
    parts = {name: [] if name in AHEAD_OF else _creates(homes[name], homes) for name in names}
    wanted = sorted({*names, *(part for made in parts.values() for part in made)})
    artifacts = compiler.contracts(wanted)
    found = {}
    for name in names:
        entries = list(artifacts[name].abi)
        for part in parts[name]:
            entries += [
                entry
                for entry in artifacts[part].abi
                if entry["type"] in ("error", "event") and entry not in entries
            ]
        found[name] = sorted(map(_ordered, entries), key=_order)
    return found


def _ordered(entry: dict[str, Any], fields: Iterable[str] = FIELDS) -> dict[str, Any]:
    """An entry with its fields in the published order."""
    found = {key: entry[key] for key in fields if key in entry}
    for key in ("inputs", "outputs", "components"):
        if key in found:
            found[key] = [_ordered(parameter, PARAMETER_FIELDS) for parameter in found[key]]
    assert found.keys() == entry.keys(), entry
    return found


def _creates(source: str, known: Iterable[str]) -> list[str]:
    text = sources.without_comments((ROOT / source).read_text(encoding="utf-8"))
    return [name for name in re.findall(r"\bnew (\w+)\(", text) if name in known]


def _order(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry["type"], entry.get("name", ""), json.dumps(entry)


def as_json(abi: Abi) -> str:
    """JSON with one entry a line, so that a change of the interface reads as a difference of lines."""
    return "[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in abi) + "\n]\n"


def as_typescript(name: str, abi: Abi) -> str:
    """A module that exports `exchangeAbi` for the contract `Exchange`."""
    constant = f"{name[0].lower()}{name[1:]}Abi"
    return f"{TYPESCRIPT_HEAD}export const {constant} = {as_json(abi)[:-1]} as const;\n"


def files() -> dict[str, str]:
    """Texts of the published JSON files by file name."""
    return {f"{name}.json": as_json(abi) for name, abi in abis().items()}


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of the files that differ from the contracts, are missing, or belong to no contract."""
    wanted = files()
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in {*wanted, *there} if wanted.get(name, "") != there.get(name, ""))


def write(folder: Path = FOLDER) -> None:
    folder.mkdir(exist_ok=True)
    wanted = files()
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
