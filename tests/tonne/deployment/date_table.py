"""Dates that a call may give: bounded by a named error, or with the reason why no bound is needed.

A date that orders later changes, or locks something until it is over, has a bound (`Horizon`). One that only
names a year or an interval, or ends nothing but the caller's own signature, has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: (contract, function, argument): (test that holds the bound, error).
Bounds = dict[tuple[str, str, str], tuple[str, str]]


def _bounds(test: str, error: str, contract: str, *arguments: str) -> Bounds:
    """Arguments are given as `function.argument`."""
    rows = (one.split(".", 1) for one in arguments)
    return {(contract, function, argument): (test, error) for function, argument in rows}


_HORIZON: Final = "HorizonExceeded"

#: Dates with a bound. Tests are Forge's: file and function.
BOUNDED: Final[Mapping[tuple[str, str, str], tuple[str, str]]] = {
    **_bounds(
        "market/MarketMakers.t.sol: test_appoint_withinTheHorizon", _HORIZON, "MarketMakers",
        "appoint.duties.fromDay", "appoint.duties.untilDay", "dismiss.fromDay",
    ),
    **_bounds(
        "units/Labels.t.sol: test_grant_isNeverBeyondATerm", _HORIZON, "Labels",
        "grant.label.untilDay",
    ),
    **_bounds(
        "units/Labels.t.sol: test_grant_needsEvidenceAndDaysInOrder", "LabelsBadLabel", "Labels",
        "grant.label.fromDay",
    ),
    **_bounds(
        "units/Labels.t.sol: test_end_isOfItsKeeperAloneAndEarlier", "LabelsNotEnding", "Labels",
        "end.lastDay",
    ),
    **_bounds(
        "evidence/EvidenceCustody.t.sol: test_keep_isForAYearAtLeastAndTenAtMost", _HORIZON,
        "EvidenceCustody", "keep.until",
    ),
    **_bounds(
        "market/Auction.t.sol: test_announce_refusesTimesOutOfOrder", "AuctionBadTerms", "Auction",
        "announce.terms.commitFrom", "announce.terms.commitUntil", "announce.terms.revealFrom",
        "announce.terms.revealUntil", "announce.terms.deliverFrom",
    ),
    **_bounds(
        "power/PowerLosses.t.sol: test_datesAreWithinTheHorizon", _HORIZON, "PowerLosses",
        "registerLine.line_.validFrom", "registerLine.curve_.from", "closeLine.validUntil",
        "setCurve.curve_.from",
    ),
    **_bounds(
        "power/PowerLosses.t.sol: test_aLine_hasTwoEnds", "LossesBadLine", "PowerLosses",
        "registerLine.line_.validUntil",
    ),
    **_bounds(
        "power/PowerSettlement.t.sol: test_setArea_isAnOfficesAndForComingIntervals",
        "SettlementBadTerms", "PowerSettlement", "setArea.terms.fromInterval",
    ),
    **_bounds(
        "power/PowerTrades.t.sol: test_agree_withinTheHorizon", _HORIZON, "PowerTrades",
        "agree.terms.untilInterval", "agree.terms.fromInterval",
    ),
    **_bounds(
        "power/Invoices.t.sol: test_issueInvoice_hasADeadlineWithinAHundredYears", _HORIZON,
        "CreditBills", "issueInvoice.terms.deadline", "issueSigned.terms.deadline",
    ),
    **_bounds(
        "evidence/Meters.t.sol: test_datesAreWithinTheHorizon", _HORIZON, "MeterOracle",
        "registerMeter.meter.validFrom", "registerMeter.key.from", "registerMeters.meters.validFrom",
        "registerMeters.keys.from", "rotateKey.key.from", "exchangeMeter.key.from",
        "closeMeter.validUntil",
    ),
    **_bounds(
        "evidence/Meters.t.sol: test_registerMeter_refusesWhatIsIncomplete", "MetersBadMeter",
        "MeterOracle", "registerMeter.meter.validUntil", "registerMeters.meters.validUntil",
    ),
    **_bounds(
        "evidence/MeterOracle.t.sol: test_post_revertsOffTheGridOrBeforeTheEnd",
        "MeterOracleBadInterval", "MeterOracle", "post.start", "postMany.start",
    ),
    **_bounds(
        "units/EnergyCertificates.t.sol: test_devicesAreDatedWithinTheHorizon", _HORIZON,
        "EnergyCertificates", "registerDevice.from", "closeDevice.until",
    ),
    **_bounds(
        "attacks/CappedPlants.t.sol: test_cappedPlant_thatIsNoneOrATimeToCome", "ProjectsBadStretch",
        "Projects", "claimZeroEmission.from", "claimZeroEmission.until",
    ),
    **_bounds(
        "market/ProceedsHolds.t.sol: test_hold_countsAYearBackAtMost", "ProceedsBadTime",
        "ProceedsHolds", "hold.since",
    ),
    **_bounds(
        "market/Pledges.t.sol: test_pledge_endsWithinTenYears", _HORIZON, "Pledges", "pledge.until",
    ),
    **_bounds(
        "units/EnergyCredits.t.sol: test_openSeries_expiresWithinAHundredYears", _HORIZON,
        "EnergyCredits", "openSeries.terms.expiry",
    ),
    **_bounds(
        "evidence/Projects.t.sol: test_creditingEndsWithinAHundredYears", _HORIZON, "Projects",
        "register.creditingUntil", "register.creditingFrom", "renew.creditingUntil",
    ),
    **_bounds(
        "evidence/Monitoring.t.sol: test_submit_refusesWrongPeriod",
        "ProjectsBadPeriod", "Projects", "submit.report.periodFrom", "submit.report.periodUntil",
        "submitWithContractSignatures.report.periodFrom", "submitWithContractSignatures.report.periodUntil",
    ),
    **_bounds(
        "rules/Schemes.t.sol: test_setPeriod_endsWithinAHundredYears", _HORIZON, "Schemes",
        "setPeriod.period_.reportDeadline", "setPeriod.period_.determinationFrom",
        "setPeriod.period_.surrenderDeadline",
    ),
    **_bounds(
        "rules/Params.t.sol: test_setParam_revertsForADayTooFar", _HORIZON, "Schemes",
        "setParam.fromDay", "setParams.inputs.fromDay",
    ),
    **_bounds(
        "rules/Schemes.t.sol: test_createScheme_revertsOutOfBounds", "SchemesBadScheme", "Schemes",
        "createScheme.noticeDays",
    ),
    **_bounds(
        "compliance/Inventories.t.sol: test_submit_isSignedOnceTheYearIsOver", "InventoriesSignedAt",
        "Inventories", "submit.inventory.signedAt",
    ),
    **_bounds(
        "compliance/Inventories.t.sol: test_submit_namesBaseYearBoundaryMethodAndPotentials",
        "InventoriesYear", "Inventories", "submit.inventory.baseYear",
    ),
    **_bounds(
        "compliance/Inventories.t.sol: test_submit_isOfNoYearToCome", "InventoriesSignedAt",
        "Inventories", "submit.inventory.year",
    ),
    **_bounds(
        "compliance/InventoryAssurance.t.sol: test_assure_isSignedAfterTheInventory",
        "InventoriesSignedAt", "Inventories", "assure.assurance.signedAt",
    ),
}  # fmt: skip

#: Dates of one call that have to agree or rise: one alone is refused for that.
TOGETHER: Final[Mapping[tuple[str, str], str]] = {
    ("MeterOracle", "registerMeter"): "meter.validFrom key.from",
    ("MeterOracle", "registerMeters"): "meters.validFrom keys.from",
    ("Schemes", "setPeriod"): (
        "period_.reportDeadline period_.determinationFrom period_.surrenderDeadline"
    ),
}

#: Dates that need no bound, by the reason.
NAMES: Final = (
    "names a year, period, interval or day that is looked up or labelled; orders and locks nothing"
)
OWN_WORD: Final = "ends the validity of the caller's or signer's own offer, order or signature"
SERIALS: Final = "a serial or an amount"
REPLACED: Final = "the next configuration replaces it at once"


def _free(reason: str, contract: str, *arguments: str) -> dict[tuple[str, str, str], str]:
    rows = (one.split(".", 1) for one in arguments)
    return {(contract, function, argument): reason for function, argument in rows}


UNBOUNDED: Final[Mapping[tuple[str, str, str], str]] = {
    **_free(NAMES, "Allocation", "allocate.periodId", "preAllocate.periodId", "trueUp.periodId",
             "issueUnissued.periodId"),
    **_free(NAMES, "Article6", "recordAdjustment.year", "authorise.firstTransfer"),
    **_free(REPLACED, "Article6", "setContributionPeriod.firstYear", "setContributionPeriod.lastYear"),
    **_free(
        SERIALS, "Article6", "cancel.first", "cancel.blocks.first", "use.first", "useInSurrender.first",
        "useInSurrender.blocks.first",
    ),
    **_free(SERIALS, "Auction", "announce.terms.floorDays"),
    **_free(NAMES, "AuctionShare", "issue.vintage"),
    **_free(
        OWN_WORD, "BlockTrades", "approve.ticket.deadline", "cancel.ticket.deadline",
        "trade.ticket.deadline", "withdrawApproval.ticket.deadline",
    ),
    **_free(
        NAMES, "Compliance", "appeal.periodId", "assess.periodId", "debitPenalty.periodId",
        "decide.periodId", "decideAppeal.periodId", "deduct.periodId", "fixFinePrice.periodId",
        "notify.periodId", "payPenalty.periodId", "publishPenalty.periodId", "stateFinePrice.periodId",
        "surrender.periodId", "surrenderFromLedger.periodId", "trueUpAndAssess.periodId",
    ),
    **_free(
        NAMES, "CumulativeCompliance", "cover.periodId", "count.periodId", "count.year", "correct.periodId",
        "surrender.periodId", "judge.periodId",
    ),
    **_free(NAMES, "Inventories", "assure.assurance.year", "claim.year", "consent.year"),
    **_free(SERIALS, "CreditPledges", "pledge.lender"),
    **_free(
        REPLACED, "EmissionsOracle", "configure.rules.maxAge", "configure.rules.reportDays",
        "configure.signers.validFrom", "configure.signers.validUntil",
    ),
    **_free(SERIALS, "EmissionsOracle", "configure.bounds.minHeat", "configure.bounds.maxHeat"),
    **_free(
        NAMES, "EmissionsOracle", "determine.periodId", "determine.determinations.year", "dispute.year",
        "resolve.year",
    ),
    **_free(
        OWN_WORD, "EmissionsOracle", "submitBatch.batch.signedAt",
        "submitBatchWithContractSignatures.batch.signedAt",
    ),
    **_free(NAMES, "EnergyCertificates", "certify.from"),
    **_free(SERIALS, "Exchange", "forcedTransfer.from", "moveCash.from", "settle.from"),
    **_free(
        OWN_WORD, "ExchangeGateway", "cancelSigned.cancel.deadline", "depositAndPlace.permit.deadline",
        "placeSigned.order.terms.timeInForce", "placeSigned.order.terms.expiry",
        "placeSigned.order.deadline", "placeSignedBatch.orders.terms.timeInForce",
        "placeSignedBatch.orders.terms.expiry", "placeSignedBatch.orders.deadline",
    ),
    **_free(NAMES, "FalseReports", "charge.year", "cut.periodId"),
    **_free(OWN_WORD, "ForwardPurchases", "offer.terms.deadline"),
    **_free(NAMES, "ForwardPurchases", "offer.terms.vintage"),
    **_free(SERIALS, "HoldingLimits", "moveRoom.from"),
    **_free(
        SERIALS, "Immobilisation", "finaliseRelease.places.start", "immobilise.lodging.first",
        "recordUsed.blocks.first", "request.lodging.first", "contestUse.first", "undoUse.first",
        "undoUse.start",
    ),
    **_free(NAMES, "Immobilisation", "openBatch.terms.vintage", "recordUsed.blocks.day"),
    **_free(NAMES, "Issuance", "issueExAnte.vintage"),
    **_free(SERIALS, "Issuance", "reverseUnavoidable.paidFrom"),
    **_free(NAMES, "Links", "recognise.periodId"),
    **_free(NAMES, "MeterOracle", "challenge.asked.start", "contradict.record.readAt"),
    **_free(SERIALS, "MeterOracle", "openNode.node.intervalS", "openNode.node.revealS"),
    **_free(
        SERIALS, "MeterOracle", "registerMeter.meter.intervalS", "registerMeters.meters.intervalS"
    ),
    **_free(NAMES, "MonthlyEvidence", "record.items.year", "record.items.month"),
    **_free(SERIALS, "OffsetCredits", "issueBlock.block_.first"),
    **_free(NAMES, "PlantMeters", "count.year", "count.first", "hold.year"),
    **_free(SERIALS, "Pledges", "pledge.lender"),
    **_free(NAMES, "PublishedLines", "publish.reports.year"),
    **_free(
        SERIALS, "PowerGrid", "addArc.from", "addArc.terms.meterFrom", "setArc.terms.meterFrom"
    ),
    **_free(
        NAMES, "PowerLosses", "bookArea.start", "bookAreas.start", "bookLine.start", "bookLines.start",
        "decideArea.start", "decideLine.start",
    ),
    **_free(NAMES, "BidLimits", "count.start", "countMany.start"),
    **_free(
        NAMES, "PowerMarket", "claim.interval", "clear.interval", "commit.interval",
        "dispute.receipt.interval", "endForfeit.interval", "forfeit.interval", "open.interval",
        "release.interval", "show.receipt.interval", "uphold.receipt.interval",
    ),
    **_free(OWN_WORD, "PowerMarket", "openPseudonyms.accounts.deadline"),
    **_free(NAMES, "ReferencePrices", "countPrice.interval"),
    **_free(
        NAMES, "PowerSettlement", "answer.interval", "ask.interval", "closeDay.day",
        "disputeAnswer.interval", "disputeContracts.shown.interval", "disputeLine.shown.interval",
        "countPrices.interval", "disputeDoubt.interval", "disputePayment.day",
        "disputePayment.shown.interval", "disputeReading.shown.interval", "doubt.shown.interval",
        "answerReading.interval", "askReading.interval",
        "prove.bids.bid.interval", "prove.shown.interval",
        "disputeContracts.bids.bid.interval", "enrol.bids.bid.interval", "enrol.interval",
        "disputeSilence.interval", "disputeSums.lines.interval", "disputeTotals.interval",
        "pay.day", "payReward.interval", "post.interval", "postPayments.day", "takeOver.day",
    ),
    **_free(
        "sums of a day and numbers of chunks, which are no dates", "PowerSettlement",
        "disputeContracts.shown.line.day", "disputeLine.shown.line.day", "doubt.shown.line.day",
        "prove.shown.line.day",
        "disputePayment.shown.line.day", "disputeReading.shown.line.day",
        "disputeSums.lines.line.day", "postPayments.first",
    ),
    **_free(OWN_WORD, "PowerTrades", "agree.terms.deadline"),
    **_free(NAMES, "PowerTrades", "book.first", "execute.first", "lapse.first"),
    **_free(
        NAMES, "Projects", "submit.report.vintage", "submitWithContractSignatures.report.vintage",
    ),
    **_free(
        OWN_WORD, "Projects", "submit.report.signedAt", "submitWithContractSignatures.report.signedAt",
    ),
    **_free(SERIALS, "Projects", "validate.yearlyCapT",
            "answerAndValidate.yearlyCapT", "answerAndValidate.validations"),
    **_free(
        "for claimants that wiring names, each of which bounds it", "Projects",
        "claim.from", "claim.until", "release.from", "release.until",
    ),
    **_free(SERIALS, "RegistrarDesk", "pull.from"),
    **_free(SERIALS, "BatchDesk", "pull.from"),
    **_free(
        NAMES, "RetirementRegistry",
        *(
            f"{function}.{claim}.{field}"
            for function, claim in (
                ("retire", "claim"), ("retireFor", "claim"), ("retireForMany", "claims"),
                ("retireFromLedger", "claim"), ("retireOnPurchase", "claim"),
                ("retireOutcome", "claim"),
            )
            for field in ("periodStart", "periodEnd")
        ),
    ),
    **_free(
        NAMES, "Schemes", "disclose.vintage", "planCaps.firstVintage", "setPeriod.periodId",
        "setPeriod.period_.firstYear", "setPeriod.period_.lastYear", "setPeriod.period_.vintage",
        "setTradingDays.firstWord",
    ),
    **_free(OWN_WORD, "SettlementCurrency", "permit.deadline"),
}  # fmt: skip
