"""Who may change parameters, offices, money and wiring: the role matrix, as data.

Roles are those of the AccessManager. They guard rare and far-reaching acts; acts of daily
business are guarded by offices (`Schemes.grantOffice`, scoped by scheme and jurisdiction), by
registrars (`Participants.setRegistrar`), by arbiters of lost and stolen keys
(`Participants.setArbiter`: appointed by the administrator, not by those who appoint registrars)
and, between contracts, by the rights of controllers. The deployer holds none of these once the
deployment is done.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: The AccessManager's own administrator: hands out roles, and holds whatever no other role does.
ADMIN: Final = 0


class RoleRow(NamedTuple):
    """One function of one contract, the role that may call it, and who holds the role at first."""

    role: int
    name: str
    holder: str
    contract: str
    function: str


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
    *_rows(3, "issuer", "currency_issuer", "SettlementCurrency", "mint", "mintBatch"),
    *_rows(4, "treasurer", "authority", "Compliance", "setTreasury"),
    *_rows(4, "treasurer", "authority", "PowerMarket", "setCredits", "setReserve"),
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
    *_rows(ADMIN, "administrator", "administrator", "Projects", "setClaimant"),
    *_rows(ADMIN, "administrator", "administrator", "Allocation", "setController"),
    *_rows(ADMIN, "administrator", "administrator", "RetirementRegistry", "addUnitContract"),
    *_rows(ADMIN, "administrator", "administrator", "Participants", "setArbiter"),
)  # fmt: skip

#: Every restricted function there is.
FULL: Final[tuple[RoleRow, ...]] = MATRIX + WIRING

#: Names under which a deployment knows the holders of roles.
HOLDERS: Final[tuple[str, ...]] = tuple(dict.fromkeys(row.holder for row in MATRIX))
