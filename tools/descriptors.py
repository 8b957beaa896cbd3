"""`make descriptors`: ERC-7730 descriptors of every signed type, in `abi/erc7730/`.

Wallets show by them what their owner signs. A type has one definition, its dataclass
(`tonne.crypto.eip712.Struct`); descriptors, typed data and the comparison with the contracts are made from
it, so that a new field is one line there. A label is the field's name in words, with the unit at its end.

The published ones name no deployment. `--chain ID --out FOLDER` writes those of a chain, with the addresses
of `deployments/ID.json`: these a wallet takes and `erc7730 lint` checks.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from tonne.audit import checkpoints
from tonne.crypto.eip712 import DOMAIN_FIELDS, Struct
from tonne.deployment import compiler
from tonne.evidence import inventory_types, monthly, profiles, signed_types, verdicts
from tonne.market import signed_orders, trade_tickets
from tonne.power import (
    account_consents,
    bid_tree,
    shown_bids,
    signed_invoices,
    supply_applications,
    trade_settlement,
)

FOLDER: Final = compiler.ROOT / "abi" / "erc7730"
SCHEMA: Final = "https://raw.githubusercontent.com/LedgerHQ/clear-signing-erc7730-registry/master/specs/erc7730-v1.schema.json"


@dataclass(frozen=True, slots=True)
class SignedType:
    """A type that persons sign: where it counts, and in words what its signer does."""

    struct: type[Struct]
    contract: str  # of the deployment plan; its domain is "tonne " and this
    intent: str


SIGNED: Final = (
    SignedType(signed_types.EmissionReport, "EmissionsOracle", "Report emissions"),
    SignedType(signed_types.VerificationOpinion, "EmissionsOracle", "Verify a report"),
    SignedType(signed_types.ReportBatch, "EmissionsOracle", "Verify many reports"),
    SignedType(verdicts.OpinionStatement, "EmissionsOracle", "State a verdict"),
    SignedType(signed_types.MonitoringReport, "Projects", "Report a project"),
    SignedType(signed_types.MonitoringOpinion, "Projects", "Verify a project"),
    SignedType(monthly.MonthPackage, "MonthlyEvidence", "Report a month"),
    SignedType(inventory_types.Inventory, "Inventories", "Report an inventory"),
    SignedType(inventory_types.InventoryAssurance, "Inventories", "Assure an inventory"),
    SignedType(profiles.Profile, "Profiles", "Publish a profile"),
    SignedType(checkpoints.AuditCheckpoint, "AuditCheckpoints", "Attest an audit"),
    SignedType(signed_orders.SignedOrder, "ExchangeGateway", "Place an order"),
    SignedType(signed_orders.SignedCancel, "ExchangeGateway", "Cancel an order"),
    SignedType(trade_tickets.BlockTicket, "BlockTrades", "Agree a block trade"),
    SignedType(bid_tree.BidReceipt, "PowerMarket", "Receive a bid"),
    SignedType(supply_applications.SupplyApplication, "PowerMarket", "Apply for supply"),
    SignedType(account_consents.AccountConsent, "PowerMarket", "Open an account"),
    SignedType(shown_bids.TreeReceipt, "BidProofs", "Receive all bids"),
    SignedType(trade_settlement.PowerContract, "PowerTrades", "Agree a power trade"),
    SignedType(signed_invoices.InvoiceTerms, "CreditBills", "Issue an invoice"),
)

#: Ends of names that are units, and how a label says them.
UNITS: Final = {
    "T": "t",
    "Kg": "kg",
    "Mwh": "MWh",
    "Gj": "GJ",
    "Wh": "Wh",
    "Ppm": "ppm",
}
#: Fields that are moments [s], besides those whose names end in At.
MOMENTS: Final = frozenset({"deadline", "periodFrom", "periodUntil"})
LEVELS: Final = {"1": "limited", "2": "reasonable"}


def _numbered(words: Sequence[str], first: int) -> dict[str, str]:
    return {str(i): word for i, word in enumerate(words, start=first)}


#: Words for numbers, by field.
ENUMS: Final = {
    "side": {"0": "buy", "1": "sell"},
    "assurance": LEVELS
    | {str(verdicts.QUALIFIED | int(n)): f"qualified {of}" for n, of in LEVELS.items()},
    "verdict": _numbered(verdicts.VERDICTS, 1),
    "boundary": _numbered(inventory_types.BOUNDARIES, 1),
    "method": _numbered(inventory_types.METHODS, 1),
    "reason": _numbered(("first", *inventory_types.REASONS), 0),
    **{f"scope{n}Level": _numbered(inventory_types.LEVELS, 0) for n in (1, 2, 3)},
}


def label(name: str) -> str:
    """A field's name in words, with its unit: `totalEmissionsT` is "Total emissions (t)"."""
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]", name)
    unit = UNITS.get(words[-1]) if len(words) > 1 else None
    if unit is not None:
        words = words[:-1]
    said = " ".join(word.lower() for word in words)
    return said[0].upper() + said[1:] + (f" ({unit})" if unit else "")


def _shown(name: str, kind: str) -> dict[str, Any]:
    """How a wallet shows a field."""
    shown: dict[str, Any] = {"path": name, "label": label(name), "format": "raw"}
    if name in ENUMS:
        shown |= {"format": "enum", "params": {"$ref": f"$.metadata.enums.{name}"}}
    elif kind == "address":
        shown |= {"format": "addressName", "params": {"types": ["eoa", "wallet", "contract"]}}
    elif name.endswith("At") or name in MOMENTS:
        shown |= {"format": "date", "params": {"encoding": "timestamp"}}
    return shown


def descriptor(signed: SignedType, deployments: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The ERC-7730 descriptor of a type, at these deployments of its contract."""
    kind = signed.struct
    members = [(f.name, type_) for f, type_ in zip(fields(kind), kind.TYPES, strict=True)]
    types = {
        "EIP712Domain": [{"name": n, "type": t} for n, t in DOMAIN_FIELDS],
        kind.__name__: [{"name": n, "type": t} for n, t in members],
    }
    context: dict[str, Any] = {"domain": {"name": f"tonne {signed.contract}", "version": "1"}}
    if deployments:
        context["deployments"] = list(deployments)
    context["schemas"] = [{"primaryType": kind.__name__, "types": types}]
    return {
        "$schema": SCHEMA,
        "context": {"eip712": context},
        "metadata": {
            "owner": "tonne",
            "enums": {name: ENUMS[name] for name, _ in members if name in ENUMS},
        },
        "display": {
            "formats": {
                kind.__name__: {
                    "intent": signed.intent,
                    "fields": [_shown(name, type_) for name, type_ in members],
                    "required": [name for name, _ in members],
                }
            }
        },
    }


def file_name(signed: SignedType) -> str:
    return f"eip712-{signed.contract}-{signed.struct.__name__}.json"


def texts(deployed: dict[str, list[dict[str, Any]]] | None = None) -> dict[str, str]:
    """Texts of the descriptors by file name; `deployed` has the places of contracts."""
    places = deployed or {}
    return {
        file_name(s): json.dumps(descriptor(s, places.get(s.contract, ())), indent=1) + "\n"
        for s in SIGNED
    }


def deployed_on(chain: int) -> dict[str, list[dict[str, Any]]]:
    """Where the contracts of a recorded deployment are."""
    path = compiler.ROOT / "deployments" / f"{chain}.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: [{"chainId": chain, "address": contract["address"]}]
        for name, contract in record["contracts"].items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chain", type=int, help="chain id of a recorded deployment")
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, text in texts(deployed_on(asked.chain) if asked.chain else None).items():
        (asked.out / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
