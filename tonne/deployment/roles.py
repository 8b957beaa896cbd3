"""Who may change parameters, offices, money and wiring: the role matrix, as data.

Roles are those of the FoundedManager. Once a market is founded, the acts of a role wait, those of a
daily role excepted, and a guardian can cancel them. Roles guard rare and far-reaching acts; acts of daily
business are guarded by offices (`Schemes.grantOffice`, scoped by scheme and jurisdiction), by
registrars (`Participants.setRegistrar`), by arbiters of lost and stolen keys
(`Participants.setArbiter`: appointed by the administrator, not by those who appoint registrars)
and, between contracts, by the rights of controllers. The deployer holds none of these once the
deployment is done.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: The FoundedManager's own administrator: hands out roles, and holds whatever no other role does.
ADMIN: Final = 0
#: Cancels waiting acts and pauses contracts; moves nothing.
GUARDIAN: Final = 5
#: Roles whose acts do not wait: rules have their own notice, and money is issued every day.
DAILY: Final = (1, 3, GUARDIAN)

#: Contracts that a guardian can pause.
PAUSABLE: Final = (
    *("SettlementCurrency", "Allowances", "Issuance", "Immobilisation"),
    *("MeterOracle", "Exchange", "BlockTrades", "Auction", "ForwardPurchases"),
    *("Compliance", "CumulativeCompliance", "PowerMarket", "EnergyCredits"),
    *("EnergyCertificates", "CreditBills", "CreditPledges"),
)


class RoleRow(NamedTuple):
    """One function of one contract, the role that may call it, and its first holder."""

    role: int
    name: str
    holder: str
    contract: str
    function: str

    @property
    def waits(self) -> bool:
        """Whether a call waits once the market is founded."""
        return self.role not in DAILY


def _rows(role: int, name: str, holder: str, contract: str, *functions: str) -> tuple[RoleRow, ...]:
    return tuple(RoleRow(role, name, holder, contract, function) for function in functions)


#: Roles granted when a market is deployed.
MATRIX: Final[tuple[RoleRow, ...]] = (
    *_rows(
        1, "rules", "authority", "Schemes",
        "createScheme", "activate", "setParam", "setParams", "withdrawParam", "setPeriod",
        "setTradingDays", "planCaps",
    ),
    *_rows(2, "offices", "authority", "Schemes", "grantOffice"),
    *_rows(2, "offices", "authority", "Participants", "setRegistrar", "setSaleConsent"),
    *_rows(2, "offices", "authority", "Article6", "setFocalPoint"),
    *_rows(2, "offices", "authority", "Labels", "setProgramme"),
    *_rows(3, "issuer", "currency_issuer", "SettlementCurrency", "mint", "mintBatch"),
    *_rows(4, "treasurer", "authority", "Compliance", "setTreasury"),
    *_rows(4, "treasurer", "authority", "PowerMarket", "setCredits", "setReserve"),
    *(
        row
        for contract in PAUSABLE
        for row in _rows(GUARDIAN, "guardian", "guardian", contract, "pause", "unpause")
    ),
)  # fmt: skip

#: What stays with the administrator: which contract may act on another, and who decides against a registrar.
WIRING: Final[tuple[RoleRow, ...]] = (
    *_rows(ADMIN, "administrator", "administrator", "Allowances", "setController", "setVenue"),
    *_rows(
        ADMIN, "administrator", "administrator", "OffsetCredits",
        "setController", "setVenue", "setIssuers",
    ),
    *_rows(ADMIN, "administrator", "administrator", "EnergyCredits", "setController", "setVenue"),
    *_rows(
        ADMIN, "administrator", "administrator", "EnergyCertificates", "setController", "setVenue"
    ),
    *_rows(ADMIN, "administrator", "administrator", "Exchange", "setController"),
    *_rows(ADMIN, "administrator", "administrator", "PowerMarket", "setController"),
    *_rows(ADMIN, "administrator", "administrator", "ReferencePrices", "setCounter"),
    *_rows(ADMIN, "administrator", "administrator", "Projects", "setClaimant", "setDesk"),
    *_rows(ADMIN, "administrator", "administrator", "Allocation", "setController"),
    *_rows(ADMIN, "administrator", "administrator", "RetirementRegistry", "addUnitContract"),
    *_rows(ADMIN, "administrator", "administrator", "Participants", "setArbiter", "setMirror"),
    *_rows(ADMIN, "administrator", "administrator", "FoundedManager", "found"),
)  # fmt: skip

#: Every restricted function there is.
FULL: Final[tuple[RoleRow, ...]] = MATRIX + WIRING

#: Names under which a deployment knows the holders of roles.
HOLDERS: Final[tuple[str, ...]] = tuple(dict.fromkeys(row.holder for row in MATRIX))
