"""Acts that ask for an office: which power, where, and what a call of each needs to reach the question.

Values that no row names are zero. `tests.tonne.deployment.guards` reads from the sources which acts there
are; the two lists have to agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tonne.crypto.hashing import keccak
from tonne.deployment.granted_roles import OFFICE_POWERS

#: Where an act's office must be: where the plant stands, where the participant is, in the jurisdiction that
#: the market is assigned to, or in all of the scheme.
PLANT, PARTICIPANT, MARKET, ALL = "plant", "participant", "market", "all"
#: Whom the register asks for, in the place of an office.
REGISTRAR: Final = "registrar"


@dataclass(frozen=True, slots=True)
class Act:
    """One act. Values that begin with `$` stand for what the small market has."""

    contract: str
    function: str
    power: str
    where: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.contract}.{self.function}"


def _acts(power: str, where: str, contract: str, functions: str, **values: Any) -> tuple[Act, ...]:
    return tuple(Act(contract, name, power, where, values) for name in functions.split())


_KEY: Final = keccak(b"a.key")
_UNITS = dict(to="$south", amount=1, **{"from": "$north"})

TABLE: Final = (
    *_acts("disclose", ALL, "Schemes", "disclose",
           scheme=1, vintage=2044, capT=3, freeT=2, auctionT=1),
    *_acts("rules", ALL, "Schemes",
           "withdrawParam setTradingDays planCaps", scheme=1),
    *_acts("rules", ALL, "Schemes", "setParam", scheme=1, keyText="a.key", key=_KEY),
    *_acts("rules", ALL, "Schemes", "setParams", scheme=1, inputs=[(_KEY, "a.key", 0, 1, bytes(32))]),
    *_acts("rules", ALL, "Schemes", "setPeriod",
           scheme=1, periodId=9, period_=(2040, 2040, 2040, 0, 0, 0)),
    *_acts("allocate", PLANT, "Allocation", "preAllocate",
           scheme=1, periodId="$periodId", installations=["$plant"], lastPowerMwh=[1], lastHeatGj=[0]),
    *_acts("allocate", PLANT, "Allocation", "allocate",
           scheme=1, periodId="$periodId", installations=["$plant"], amounts=[1]),
    *_acts("allocate", ALL, "AuctionShare", "issue",
           scheme=1, vintage=2044, wallet="$north", amount=1),
    *_acts("determine", PLANT, "EmissionsOracle", "determine",
           scheme=1, periodId="$periodId", determinations=[("$plant", 2020, 1, 1, 1, bytes(32))]),
    *_acts("determine", PLANT, "CumulativeCompliance", "cover correct",
           scheme=1, periodId="$periodId", installations=["$plant"], covered=True,
           corrections=[("$plant", 1, 1, bytes(32))]),
    *_acts("penalise", PLANT, "Compliance", "decide decideAppeal debitPenalty publishPenalty deduct",
           installation="$plant", periodId="$periodId", market="$market"),
    *_acts("penalise", ALL, "Compliance", "stateFinePrice", scheme=1, periodId="$periodId"),
    *_acts("penalise", PLANT, "FalseReports", "charge decide decideAppeal debit cut publish",
           installation="$plant", id="$plant", market="$market", periodId="$periodId"),
    *_acts("market", ALL, "Exchange", "createMarket assignMarket delistMarket",
           unit="$listing", scheme=1, currency="$currency", config="$config", market="$market"),
    *_acts("market", MARKET, "Exchange", "halt resume setMarketRules setHoldingLimit",
           market="$market", participant="$participant"),
    *_acts("market", MARKET, "Auction", "announce cancel",
           terms="$auction_terms", id="$auction"),
    *_acts("market", MARKET, "BlockTrades", "approve withdrawApproval setFees", reason=b"\1" * 32),
    *_acts("market", MARKET, "MarketMakers", "appoint dismiss",
           duties=(10, 1, 500_000, 30_000, 0), fromDay=30_000),
    *_acts("freeze", PARTICIPANT, "Allowances",
           "freezeByOrder setFrozenTokens forcedTransfer forcedTransferByOrder",
           account="$north", id="$allowance", tokenId="$allowance", **_UNITS),
    *_acts("freeze", PARTICIPANT, "OffsetCredits",
           "freezeByOrder setFrozenTokens forcedTransfer forcedTransferByOrder",
           account="$north", id="$credit", tokenId="$credit", **_UNITS),
    *_acts("freeze", ALL, "Exchange", "freezeAccount", frozen=True),
    *_acts("freeze", ALL, "BatchDesk", "setLocked", id="$credit"),
    *_acts("issue", ALL, "BatchDesk", "invalidate", id="$credit"),
    *_acts("register", ALL, "BatchDesk", "setSuspended", project=1),
    *_acts("accredit", ALL, "EmissionsOracle", "configure setInterest", body="$body", interested=True),
    *_acts("issue", ALL, "Issuance",
           "issueFromReport issueExAnte reverseAvoidable reverseUnavoidable",
           id="$credit", paidFrom="$credit", reportId=1, project=1),
    *_acts("issue", ALL, "Immobilisation", "addRegistry recordUsed openBatch"),
    *_acts("register", ALL, "Projects",
           "setMethodology validate answerAndValidate renew placeAtPlant sitePlant claimZeroEmission",
           id=1, methodology_=(1, 1, 2, 1, 0, 0, True), installation="$plant"),
    *_acts("rules", ALL, "Issuance", "setProceedsAccount"),
    *_acts("rules", PLANT, "CreditBills", "publishTariff"),
    *_acts("meter", PLANT, "PlantMeters", "link"),
    *_acts("meter", PLANT, "MeterOracle", "openNode"),
    *_acts("meter", PLANT, "MeterOracle", "setOracle setOperator", id=1),
    *_acts("meter", PLANT, "MeterOracle", "setReaders", ids=[1], readers=["$north"]),
    *_acts("meter", PLANT, "MeterOracle", "registerMeter registerMeters rotateKey exchangeMeter closeMeter",
           id=1, meter="$meter", meters=["$meter"], keys=[(bytes(32), bytes(32), 0, 1)]),
    *_acts("meter", PLANT, "PowerLosses",
           "registerLine closeLine withdrawLine setCurve setAreaBound decideLine decideArea",
           id=1, area=1, line_=(1, 2, 1, "$ahead", 0, 0)),
    *_acts("market", PLANT, "PowerTrades", "setGridFee"),
    *_acts("market", PLANT, "PowerSettlement", "setArea", node=1, terms=(0, "$participant", 0, 0, 0)),
    *_acts("register", PLANT, "EnergyCertificates", "registerDevice",
           energy=1, **{"from": 1}, source=b"\1" * 32, meters=[1]),
    *_acts("register", PLANT, "EnergyCertificates", "closeDevice", id=1),
    *_acts("rules", PLANT, "CreditBills", "closeTariff", tariff=1),
    *_acts("freeze", PARTICIPANT, "EnergyCertificates",
           "freezeByOrder setFrozenTokens forcedTransfer forcedTransferByOrder",
           account="$north", id="$certificate", tokenId="$certificate", **_UNITS),
    *_acts("freeze", PARTICIPANT, "EnergyCredits",
           "freezeByOrder setFrozenTokens forcedTransfer forcedTransferByOrder",
           account="$north", id="$energy_credit", tokenId="$energy_credit", **_UNITS),
    *_acts("market", PLANT, "BidLimits", "register setCustomers nameOperator setExpected", node=1),
    *_acts("market", PLANT, "ReferencePrices", "start", node=1, price=1),
    *_acts("market", PLANT, "PowerGrid", "addNode", carrier=1, region=3),
    *_acts("market", PLANT, "PowerGrid", "addArc setArc", to=1),
    *_acts(REGISTRAR, PARTICIPANT, "Participants", "approve", applications=["$applicant"]),
    *_acts(REGISTRAR, PARTICIPANT, "Participants", "refuse", application="$applicant"),
    *_acts(REGISTRAR, PARTICIPANT, "Participants", "suspend close setGroup", id="$participant"),
    *_acts(REGISTRAR, PARTICIPANT, "Participants", "proposeRecovery",
           id="$participant", wallets=["0x" + "99" * 20], rights=[31]),
    *_acts(REGISTRAR, PARTICIPANT, "Participants", "setKinds", id="$participant", kinds=3),
    *_acts(REGISTRAR, PARTICIPANT, "Participants", "reinstate", id="$suspended"),
    *_acts(REGISTRAR, PLANT, "Participants",
           "registerInstallations changeInstallation closeInstallation consentToSale refuseSale",
           id="$plant", data=[("$participant", 1, "$shanxi", 1, 1, bytes(32))]),
    *_acts(REGISTRAR, PARTICIPANT, "RegistrarDesk", "suspend close", id="$participant"),
    *_acts(REGISTRAR, PARTICIPANT, "RegistrarDesk", "reinstate", id="$suspended"),
)  # fmt: skip


def _elsewhere(test: str, contract: str, functions: str) -> dict[tuple[str, str], str]:
    return {(contract, name): test for name in functions.split()}


#: Acts on things that the small market has none of, or which more than one office may make: each is tried by
#: an officer of another scheme or place in the test named (file: function).
ELSEWHERE: Final[Mapping[tuple[str, str], str]] = {
    **_elsewhere("rules/Disclosures.t.sol: test_amend_givesNobodyAPower", "Schemes", "amend"),
    **_elsewhere(
        "parties/Profiles.t.sol: test_withdraw_isForItsParticipantAlsoSuspendedAndForItsRegistrar",
        *("Profiles", "withdraw"),
    ),
    **_elsewhere(
        "market/ProceedsHolds.t.sol: test_hold_needsThePower", "ProceedsHolds", "hold release"
    ),
    **_elsewhere(
        "market/Pledges.t.sol: test_order_needsOneOfTwoPowersAndAReason", "Pledges", "order"
    ),
    **_elsewhere(
        "market/AuctionBids.t.sol: test_drawSeed_onlyBetweenCommitmentsAndReveals",
        *("Auction", "endCommitments"),
    ),
    **_elsewhere(
        "market/AuctionClearing.t.sol: test_carry_spreadsUnsoldLotsOverTheNextFour",
        *("Auction", "carry"),
    ),
    **_elsewhere("units/Promises.t.sol: test_verify_isAnOfficersOfItsScheme", "Issuance", "verify"),
    **_elsewhere(
        "evidence/OracleRecords.t.sol: test_resolve_needsDisputeAndPower",
        *("EmissionsOracle", "dispute resolve"),
    ),
    **_elsewhere(
        "evidence/Monitoring.t.sol: test_dispute_isAnOfficersOfItsScheme",
        *("Projects", "dispute resolve"),
    ),
    **_elsewhere(
        "parties/WalletRecovery.t.sol: test_cancelRecovery_isTheRegistrarsToo_andNoOthers",
        *("Participants", "cancelRecovery"),
    ),
    **_elsewhere(
        "parties/WalletRecovery.t.sol: test_setArbiter_isRestricted_andByJurisdiction",
        *("Participants", "upholdRecovery rejectRecovery"),
    ),
    **_elsewhere(
        "attacks/ForeignSerials.t.sol: test_anotherScheme_takesNoNumbersUnlessItIsAdmitted",
        *("Immobilisation", "admitScheme"),
    ),
    **_elsewhere(
        "units/SerialSets.t.sol: test_undoUse_isForTheOfficesOfTheKeeper",
        *("Immobilisation", "contestUse undoUse"),
    ),
    **_elsewhere(
        "units/SerialSets.t.sol: test_adoptDescriptor_isForTheOfficesOfTheKeeper",
        *("Immobilisation", "proposeDescriptor adoptDescriptor"),
    ),
    **_elsewhere(
        "units/Immobilisation.t.sol: test_immobilise_isAnOfficersAndNeverToTheDesk",
        *("Immobilisation", "immobilise"),
    ),
    **_elsewhere(
        "units/Immobilisation.t.sol: test_finalise_isAnOfficersOfTheBatchsScheme",
        *("Immobilisation", "finaliseImmobilisation revertImmobilisation"),
    ),
    **_elsewhere(
        "units/Immobilisation.t.sol: test_finaliseRelease_isAnOfficers",
        *("Immobilisation", "finaliseRelease revertRelease"),
    ),
    **_elsewhere(
        "power/CreditPledgeOrders.t.sol: test_order_needsThePowerToFreezeWhereThePledgorIs",
        *("CreditPledges", "order"),
    ),
    **_elsewhere(
        "power/CreditPledgeOrders.t.sol: test_freeze_isAnOfficersWithAReason",
        *("CreditPledges", "freeze"),
    ),
    **_elsewhere(
        "units/EnergyCredits.t.sol: test_openSeries_needsThePowerInItsSchemeAndPlace",
        *("EnergyCredits", "openSeries"),
    ),
    **_elsewhere(
        "units/EnergyCredits.t.sol: test_series_areOutOfReachFromAbroad",
        "EnergyCredits",
        "issue reclaim recordCollateral setIssueLimit setReceiverLimit withdrawCollateral",
    ),
}


def bit(power: str) -> int:
    return 1 << OFFICE_POWERS.index(power)
