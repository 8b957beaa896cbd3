"""Events without a handler, each with the reason: the one list of exceptions of the dispatcher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why an event needs no handler. One that no code emits is a finding when it occurs."""

    reason: str
    emitted: bool = False


_DOMAIN: Final = Exemption("name and version of the signature domain are constants")
_URI: Final = Exemption("metadata follows from the id; nothing is stored")
_SOULBOUND: Final = Exemption("certificates are locked; approve and transfer revert")

_UNITS: Final = ("Allowances", "OffsetCredits", "EnergyCertificates", "EnergyCredits")
_DOMAINS: Final = (
    *("EmissionsOracle", "Projects", "SettlementCurrency", "ExchangeGateway", "BlockTrades"),
    *("BidProofs", "CreditBills", "PowerTrades", "AuditCheckpoints", "Inventories"),
)

#: By contract of the deployment plan and name of the event.
EXEMPT: Final[Mapping[tuple[str, str], Exemption]] = {
    **{(contract, "EIP712DomainChanged"): _DOMAIN for contract in _DOMAINS},
    **{(contract, "URI"): _URI for contract in _UNITS},
    **{
        ("RetirementRegistry", event): _SOULBOUND
        for event in ("Approval", "ApprovalForAll", "Unlocked")
    },
    ("FoundedManager", "RoleGuardianChanged"): Exemption("all roles have the one guardian"),
    ("FoundedManager", "RoleLabel"): Exemption("a label is not stored", emitted=True),
    ("PublishedLines", "LinesPublished"): Exemption(
        "nothing is stored; the register reads lines whose root is that of a report", emitted=True
    ),
    ("ExchangeGateway", "SignedOrderRefused"): Exemption(
        "a refused order leaves no state; its nonce can be used again", emitted=True
    ),
}
