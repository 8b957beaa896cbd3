"""Officers' rights, as data: which power each act asks for, and how it stays within its scheme.

Roles of the AccessManager are in `roles.py`. An office (`Schemes.grantOffice`) is a power in one scheme and
jurisdiction, a registrar (`Participants.setRegistrar`) acts in one jurisdiction. The scheme of an act is
never the officer's to choose: it is read from the object it touches, or the object is compared with it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: In the place of a power: the register asks for a registrar of a jurisdiction.
REGISTRAR: Final = "registrar"
#: Likewise, for an arbiter of lost and stolen keys.
ARBITER: Final = "arbiter"


class OfficeRow(NamedTuple):
    """One act of an officer."""

    contract: str
    function: str
    power: str  # as `OFFICE_POWERS` names it, several with "or"; or REGISTRAR, ARBITER
    touches: str  # the object
    scheme: str  # where the scheme that is asked for comes from


def _rows(
    power: str, touches: str, scheme: str, contract: str, functions: str
) -> tuple[OfficeRow, ...]:
    return tuple(OfficeRow(contract, name, power, touches, scheme) for name in functions.split())


_ARGUMENT: Final = "the argument; nothing of another scheme is named"
_COMPARED: Final = "the argument, compared with each plant's"
_UNIT: Final = "the scheme in the unit's id"
_PLANT: Final = "the plant's scheme in the register"
_MARKET: Final = "the market's scheme, fixed when it is created"
_BATCH: Final = "the batch's scheme"
_NODE: Final = "the node's scheme"
_AREA: Final = "the scheme of the meters' node"
_METER: Final = "the scheme of the meter's node"
_PLACE: Final = "none: a registrar's jurisdiction is the object's own"
_FREEZABLE: Final = "freezeByOrder setFrozenTokens forcedTransfer forcedTransferByOrder"

#: Every function that asks for an office or a registrar.
OFFICES: Final[tuple[OfficeRow, ...]] = (
    *_rows("disclose", "disclosure", _ARGUMENT, "Schemes", "disclose"),
    *_rows(
        "rules", "parameters, periods, calendar", _ARGUMENT, "Schemes",
        "setParam setParams withdrawParam setPeriod setTradingDays planCaps",
    ),
    *_rows("rules or disclose", "what an amendment bundles", _ARGUMENT, "Schemes", "amend"),
    *_rows("allocate", "plants", _COMPARED, "Allocation", "allocate preAllocate"),
    *_rows("allocate", "allowances", _ARGUMENT, "AuctionShare", "issue"),
    *_rows("determine", "reports", _COMPARED, "EmissionsOracle", "determine"),
    *_rows("determine", "accounts", _COMPARED, "CumulativeCompliance", "cover correct"),
    *_rows("dispute", "report", _PLANT, "EmissionsOracle", "dispute resolve"),
    *_rows("accredit", "configuration, interests", _ARGUMENT, "EmissionsOracle", "configure setInterest"),
    *_rows(
        "penalise", "obligation", _PLANT, "Compliance",
        "decide decideAppeal debitPenalty publishPenalty deduct",
    ),
    *_rows("penalise", "fine price of a period", _ARGUMENT, "Compliance", "stateFinePrice"),
    *_rows(
        "penalise", "false report", _PLANT, "FalseReports", "charge decide decideAppeal debit cut publish"
    ),
    *_rows("market", "unit", "the argument, compared with the unit's", "Exchange", "createMarket"),
    *_rows(
        "market", "market", _MARKET, "Exchange",
        "assignMarket delistMarket halt resume setMarketRules setHoldingLimit",
    ),
    *_rows("market", "market", _MARKET, "Auction", "announce cancel"),
    *_rows("market", "auction", "the scheme of the auction's market", "Auction", "carry endCommitments"),
    *_rows("market", "ticket", _MARKET, "BlockTrades", "approve withdrawApproval setFees"),
    *_rows("market", "market maker", _MARKET, "MarketMakers", "appoint dismiss"),
    *_rows("freeze or market", "pledge", "the scheme of the pledge's market", "Pledges", "order"),
    *_rows("freeze", "account of a market", _MARKET, "Exchange", "freezeAccount"),
    *_rows("freeze", "proceeds of a batch", _MARKET, "ProceedsHolds", "hold release"),
    *_rows("freeze", "units of an account", _UNIT, "Allowances", _FREEZABLE),
    *_rows("freeze", "units of an account", _UNIT, "OffsetCredits", _FREEZABLE),
    *_rows("freeze", "units of an account", _UNIT, "EnergyCertificates", _FREEZABLE),
    *_rows("freeze", "units of an account", _UNIT, "EnergyCredits", _FREEZABLE),
    *_rows("freeze", "pledge", "the scheme in the credit's id", "CreditPledges", "freeze order"),
    *_rows("freeze", "batch", _UNIT, "BatchDesk", "setLocked"),
    *_rows("issue", "batch", _UNIT, "BatchDesk", "invalidate"),
    *_rows("register", "project", "the methodology's scheme", "BatchDesk", "setSuspended"),
    *_rows(
        "issue", "batch", "the scheme in the id, or of the project's methodology", "Issuance",
        "verify issueFromReport issueExAnte reverseAvoidable reverseUnavoidable",
    ),
    *_rows("rules", "proceeds account of a scheme", _ARGUMENT, "Issuance", "setProceedsAccount"),
    *_rows("issue", "registry", _ARGUMENT, "Immobilisation", "addRegistry"),
    *_rows(
        "issue", "registry", "the scheme that added the registry", "Immobilisation",
        "admitScheme proposeDescriptor contestUse",
    ),
    *_rows(
        "dispute", "registry", "the scheme that added the registry", "Immobilisation",
        "adoptDescriptor undoUse",
    ),
    *_rows(
        "issue",
        "serial numbers of a registry",
        "the argument, compared with the registry's",
        "Immobilisation",
        "recordUsed",
    ),
    *_rows("issue", "batch", _BATCH, "Immobilisation", "openBatch immobilise"),
    *_rows(
        "issue", "request", "the scheme of the request's batch", "Immobilisation",
        "finaliseImmobilisation revertImmobilisation finaliseRelease revertRelease",
    ),
    *_rows(
        "register", "methodology, project", "the methodology's scheme", "Projects",
        "setMethodology validate answerAndValidate renew placeAtPlant",
    ),
    *_rows(
        "register", "source of a plant", "the plant's, compared with the source's", "Projects",
        "claimZeroEmission",
    ),
    *_rows("register", "plant under a cap", "the plant's", "Projects", "sitePlant"),
    *_rows("dispute", "monitoring report", "the methodology's scheme", "Projects", "dispute resolve"),
    *_rows("meter", "plant and node", "the plant's, compared with the node's", "PlantMeters", "link"),
    *_rows("meter", "node", _NODE, "MeterOracle", "openNode setOracle setOperator"),
    *_rows(
        "meter", "meter", _METER, "MeterOracle",
        "registerMeter registerMeters rotateKey exchangeMeter closeMeter setReaders",
    ),
    *_rows(
        "meter", "lines and losses of an area", _AREA, "PowerLosses",
        "registerLine closeLine withdrawLine setCurve setAreaBound decideLine decideArea",
    ),
    *_rows("register", "device", "the scheme of its meters' node", "EnergyCertificates",
           "registerDevice closeDevice"),
    *_rows("market", "node of the grid", _NODE, "PowerGrid", "addNode"),
    *_rows("market", "arc", "the schemes of both ends", "PowerGrid", "addArc setArc"),
    *_rows(
        "market", "bidders and expected energy of a node", _NODE, "BidLimits",
        "register setCustomers nameOperator setExpected",
    ),
    *_rows("market", "first reference of a node", _NODE, "ReferencePrices", "start"),
    *_rows("market", "grid fee of a node", _NODE, "PowerTrades", "setGridFee"),
    *_rows("market", "settlement terms of a node", _NODE, "PowerSettlement", "setArea"),
    *_rows("rules", "tariff", "the tariff's scheme", "CreditBills", "publishTariff closeTariff"),
    *_rows(
        "credit", "series", _UNIT, "EnergyCredits",
        "openSeries issue reclaim recordCollateral withdrawCollateral setReceiverLimit",
    ),
    *_rows("rules", "series", _UNIT, "EnergyCredits", "setIssueLimit"),
    *_rows(
        REGISTRAR, "participant", _PLACE, "Participants",
        "approve refuse suspend reinstate close setKinds setGroup proposeRecovery cancelRecovery",
    ),
    *_rows(ARBITER, "participant", _PLACE, "Participants", "upholdRecovery rejectRecovery"),
    *_rows(
        REGISTRAR, "plant", _PLACE, "Participants",
        "registerInstallations changeInstallation closeInstallation consentToSale refuseSale",
    ),
    *_rows(REGISTRAR, "participant", _PLACE, "RegistrarDesk", "suspend reinstate close"),
    *_rows(REGISTRAR, "profile of a participant", _PLACE, "Profiles", "withdraw"),
)  # fmt: skip
