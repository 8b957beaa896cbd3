"""`make page`: the page of `web/`, built into `build/page`.

Before Vite runs, `web/src/generated/` is written from the project's own definitions, so that none is
copied by hand: the ABIs' entries that the page calls (`web/abi.json`), errors with sentences and remedies,
events, acts of officers, signed types, and the names that rule packs give to regions and classes.
"""

from __future__ import annotations

import csv
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from tonne.chain.natspec import error_notices
from tonne.chain.revert_messages import SENTENCES, form_of
from tonne.chain.reverts import page_remedy_for, spoken
from tonne.crypto.eip712 import Struct
from tonne.evidence.signed_types import SIGNED_TYPES
from tonne.evidence.verdicts import OpinionStatement
from tonne.market.trade_tickets import BlockTicket
from tools import setup

ROOT: Final = Path(__file__).resolve().parents[1]
WEB: Final = ROOT / "web"
GENERATED: Final = WEB / "src" / "generated"
OUT: Final = ROOT / "build" / "page"

#: Parameters of events that name an acting officer, and events of powers without one.
ACTORS: Final = ("officer", "registrar", "arbiter", "keeper")
POWER_EVENTS: Final = (
    *("RoleGranted", "RoleRevoked", "OfficeGranted", "RegistrarSet", "ArbiterSet"),
    *(
        "OperationScheduled",
        "OperationExecuted",
        "OperationCanceled",
        "Founded",
        "Paused",
        "Unpaused",
    ),
)

#: Contracts to which the page sends nothing, nor do those to which it sends: their refusals reach it never.
UNSENT: Final = (
    *("PowerMarket", "PowerSettlement", "PowerSettlementExtension", "PowerTrades", "PowerLosses"),
    *("BidLimits", "BidProofs", "ReferencePrices", "CreditBills", "CreditPledges"),
)

Entry = dict[str, Any]


def main() -> None:
    """Builds the page, unless it was built from these very sources."""
    OUT.parent.mkdir(exist_ok=True)
    with open(OUT.parent / ".page.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = OUT.parent / ".page.stamp"
        state = sources()
        if setup.read(stamp) != state or not (OUT / "index.html").is_file():
            stamp.unlink(missing_ok=True)
            print("page: Building the page for browsers (about a minute)", flush=True)
            build()
            stamp.write_text(state)


def sources() -> str:
    """A hash of all that the page is built from."""
    folders = (WEB, ROOT / "abi", ROOT / "schemes", ROOT / "interfaces", ROOT / "tonne" / "data")
    made = (WEB / "node_modules", GENERATED)
    paths = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    kept = [p for p in paths if not any(p.is_relative_to(folder) for folder in made)]
    files = (*kept, Path(__file__), ROOT / "tonne" / "evidence" / "signed_types.py")
    return setup.state_of(*sorted(str(path) for path in files))


def build() -> None:
    install()
    generate()
    node = node_of()
    tools = WEB / "node_modules"
    for command in (
        ["land.mjs"],
        [tools / "typescript" / "bin" / "tsc", "--noEmit", "-p", WEB],
        [tools / "vite" / "bin" / "vite.js", "build", WEB, "--logLevel", "warn"],
    ):
        done = subprocess.run([node, *map(str, command)], cwd=WEB, check=False)
        if done.returncode:
            sys.exit(done.returncode)


def install() -> None:
    """Installs the page's own packages from its lock file, once."""
    stamp = WEB / "node_modules" / ".stamp"
    state = setup.state_of("web/package-lock.json")
    if setup.read(stamp) == state:
        return
    node, npm = setup.find_node()
    command = [str(node), str(npm)] if npm.suffix == ".js" else [str(npm)]
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(
        [*command, "ci", *options],
        cwd=WEB,
        env={**os.environ, "PATH": path},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    stamp.write_text(state)


def node_of() -> str:
    return str(setup.find_node()[0])


# ---------------------------------------------------------------------------------------------------
# What is generated


def generate(folder: Path = GENERATED) -> None:
    """Writes the generated sources anew."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "abi").mkdir(parents=True)
    whole = abis()
    for name, used in json.loads((WEB / "abi.json").read_text(encoding="utf-8")).items():
        constant = f"{name[0].lower()}{name[1:]}Abi"
        entries = json.dumps(chosen(name, whole[name], used), separators=(",", ":"))
        text = f"export const {constant} = {entries} as const;\n"
        (folder / "abi" / f"{name}.ts").write_text(text, encoding="utf-8")
    for name, value in {
        "errors": [shortened(row) for row in errors(sent_to(whole))],
        "events": events(whole),
        "powers": powers(whole),
        "signed": signed_types(),
        "names": names(),
    }.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.ts").write_text(
            f"export const {name} = {text} as const;\n", encoding="utf-8"
        )


def abis() -> dict[str, list[Entry]]:
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "abi").glob("*.json"))
    }


def chosen(contract: str, abi: list[Entry], used: list[str]) -> list[Entry]:
    """The functions and events that the page uses; a name that the contract lacks is an error."""
    found = [
        {k: v for k, v in entry.items() if k not in ("internalType",)}
        for entry in abi
        if entry["type"] in ("function", "event") and entry["name"] in used
    ]
    missing = set(used) - {entry["name"] for entry in found}
    if missing:
        raise SystemExit(f"web/abi.json: {contract} has no {', '.join(sorted(missing))}")
    return [plain(entry) for entry in found]


def plain(value: Any) -> Any:
    """An ABI entry without the Solidity names of its types."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "internalType"}
    return [plain(v) for v in value] if isinstance(value, list) else value


def type_of(parameter: Mapping[str, Any]) -> str:
    """The parameter's type as a human-readable ABI writes it."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(f"{type_of(part)} {part['name']}" for part in parameter["components"])
    return f"({inner}){kind[5:]}"


def sent_to(whole: Mapping[str, list[Entry]]) -> dict[str, list[Entry]]:
    """The ABIs without those of `UNSENT`."""
    return {name: abi for name, abi in whole.items() if name not in UNSENT}


def errors(whole: Mapping[str, list[Entry]]) -> list[list[Any]]:
    """Every error once: signature, sentence and remedy in a browser, and forms of values by name."""
    notices = error_notices()
    found: dict[str, list[Any]] = {}
    for entry in (entry for abi in whole.values() for entry in abi if entry["type"] == "error"):
        name = entry["name"]
        inputs = ",".join(
            f"{type_of(i)} {i['name'] or f'v{n}'}" for n, i in enumerate(entry["inputs"])
        )
        notice = re.sub(r"^(Thrown|Reverts?|Raised) (when|if) ", "", notices.get(name, "").strip())
        sentence = SENTENCES.get(name) or notice.rstrip(".") or spoken(name)
        forms = {i["name"]: form for i in entry["inputs"] if (form := form_of(name, i["name"]))}
        found[f"{name}({inputs})"] = [f"{name}({inputs})", sentence, page_remedy_for(name), forms]
    return [found[key] for key in sorted(found)]


def shortened(row: list[Any]) -> list[Any]:
    """A row without the empty values that it ends with: most errors have neither remedy nor forms."""
    kept = max((n for n, value in enumerate(row, 1) if value), default=0)
    return row[:kept]


def events(whole: Mapping[str, list[Entry]]) -> list[str]:
    """Every event once, as a human-readable ABI writes it."""
    found = set()
    for entry in (entry for abi in whole.values() for entry in abi if entry["type"] == "event"):
        inputs = ",".join(
            f"{type_of(i)} {'indexed ' if i['indexed'] else ''}{i['name']}" for i in entry["inputs"]
        )
        found.add(f"{entry['name']}({inputs})")
    return sorted(found)


def powers(whole: Mapping[str, list[Entry]]) -> dict[str, list[str]]:
    """By contract: events that tell of a power given or used."""
    found = {}
    for contract, abi in whole.items():
        told = sorted(
            entry["name"]
            for entry in abi
            if entry["type"] == "event"
            and (
                entry["name"] in POWER_EVENTS
                or any(part["name"] in ACTORS for part in entry["inputs"])
            )
        )
        if told:
            found[contract] = told
    return found


def signed_types() -> dict[str, list[dict[str, str]]]:
    """Fields of the types that a wallet signs, by name, as EIP-712 has them."""
    more: dict[str, type[Struct]] = {
        "OpinionStatement": OpinionStatement,
        "BlockTicket": BlockTicket,
    }
    types = {**SIGNED_TYPES, **more}
    return {
        name: [
            {"name": field.name, "type": kind}
            for field, kind in zip(fields(cls), cls.TYPES, strict=True)
        ]
        for name, cls in types.items()
    }


def names() -> dict[str, Any]:
    """Names of regions, schemes and classes, and keys that schemes do not disclose, from the packs."""
    regions = {}
    schemes = {}
    for path in sorted((ROOT / "schemes").glob("*.toml")):
        pack = tomllib.loads(path.read_text(encoding="utf-8"))
        regions.update(
            {code: name for name, code in pack.get("jurisdictions", {}).get("codes", {}).items()}
        )
        schemes[pack["scheme"]["number"]] = {
            "title": pack["scheme"].get("title", pack["scheme"]["name"]),
            "currency": pack["scheme"].get("currency", ""),
            "measure": pack["scheme"].get("measure", "t"),
            "undisclosed": [
                key for rule in pack.get("unapplied", ()) for key in rule.get("undisclosed", ())
            ],
            "classes": {
                one["number"]: one["title"]
                for table in ("class", "sector")
                for one in pack.get(table, {}).values()
                if "number" in one
            },
        }
    table = (ROOT / "tonne" / "data" / "countries.csv").read_text(encoding="utf-8")
    parties = {
        int(row["numeric"]): (row["alpha2"], row["name"])
        for row in csv.DictReader(table.splitlines())
    }
    return {"regions": regions, "schemes": schemes, "countries": parties}


if __name__ == "__main__":
    main()
