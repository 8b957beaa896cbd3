"""Faults planted into the contracts: each keeps the period running and must be found by the audit.

A mutant is a place in a source, what stands there, and what takes its place. None makes a call
revert: a contract that stops is noticed by everybody, one that books wrongly only by an auditor.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One fault."""

    name: str
    source: str
    old: str
    new: str
    run: tuple[str, ...] = ()  # options of a period that meets it; without them any does


UNITS = "contracts/units/Unit1155.sol"
ALLOWANCES = "contracts/units/Allowances.sol"
CREDITS = "contracts/units/OffsetCredits.sol"
ISSUANCE = "contracts/units/Issuance.sol"
ALLOCATION = "contracts/compliance/Allocation.sol"
COMPLIANCE = "contracts/compliance/Compliance.sol"
PENALTIES = "contracts/compliance/Penalties.sol"
REGISTRY = "contracts/compliance/RetirementRegistry.sol"
RECORDS = "contracts/types/RecordWordLib.sol"
PARTIES = "contracts/parties/Participants.sol"
RECOVERY = "contracts/parties/WalletRecovery.sol"
SCHEMES = "contracts/rules/Schemes.sol"
LEDGER = "contracts/market/ExchangeLedger.sol"
EXTENSION = "contracts/market/ExchangeExtension.sol"
BOOK = "contracts/book/Book.sol"
BLOCKS = "contracts/market/BlockTrades.sol"
SHARE = "contracts/compliance/AuctionShare.sol"
MONTHS = "contracts/evidence/MonthlyEvidence.sol"

#: Of a scheme that auctions what it does not give away.
AUCTIONS = ("--scheme", "eu-ets", "--scenario", "scenarios/eu-ets-assumed.toml")

MUTANTS = (
    Mutant(
        "an exit is not counted",
        UNITS,
        "        _count(id, uint256(kind), amount);\n",
        "",
    ),
    Mutant(
        "an exit is counted as another kind",
        UNITS,
        "_count(id, uint256(kind), amount);",
        "_count(id, uint256(kind) | 1, amount);",
    ),
    Mutant(
        # Of allowances: credits without a serial number of their own would stop the run itself.
        "an issue credits one unit too many",
        ALLOWANCES,
        "slot.holding = SharedHoldings.add(slot.holding, lane, amount);",
        "slot.holding = SharedHoldings.add(slot.holding, lane, amount + 1);",
    ),
    Mutant(
        "a batch takes a serial number twice",
        CREDITS,
        "word = word.used(run);",
        "word = word.used(run - 1);",
    ),
    Mutant(
        "serial numbers leave a gap between batches",
        CREDITS,
        "_nextSerial = last + 1;",
        "_nextSerial = last + 2;",
    ),
    Mutant(
        "a developer owes a tonne more than it lost",
        ISSUANCE,
        "            _owedT[developer] += owed;",
        "            _owedT[developer] += owed + 1;",
    ),
    Mutant(
        "a unit of an invalid batch stays with each holder",
        CREDITS,
        "if (amount != 0) _exitChecked(ExitRequest(holders[i], id, amount, Exit.Invalidated, 0));",
        "if (amount != 0) _exitChecked(ExitRequest(holders[i], id, amount - 1, Exit.Invalidated, 0));",
    ),
    Mutant(
        "allocation rounds up",
        ALLOCATION,
        "amount = powerMwh * rules.power[class] * rules.sharePpm / SCALE;",
        "amount = (powerMwh * rules.power[class] * rules.sharePpm + SCALE - 1) / SCALE;",
    ),
    Mutant(
        "a plant that sells heat gets a tonne too much",
        ALLOCATION,
        "amount += heatGj * rules.heat[class] * rules.sharePpm / SCALE;",
        "amount += 1 + heatGj * rules.heat[class] * rules.sharePpm / SCALE;",
    ),
    Mutant(
        "a claw-back out of the ledger stays counted as issued",
        ALLOCATION,
        "_freeIssued[batch.allowance] = issued - _min(issued, fromWallets + fromLedger);",
        "_freeIssued[batch.allowance] = issued - _min(issued, fromWallets);",
    ),
    Mutant(
        "a claw-back that finds nothing leaves no debt",
        ALLOCATION,
        "        _addDebt(installation, toDebt);\n",
        "",
    ),
    Mutant(
        "the obligation cap rounds up",
        COMPLIANCE,
        "uint256 most = freeT + emissionsT * capPpm / PPM;",
        "uint256 most = freeT + (emissionsT * capPpm + PPM - 1) / PPM;",
    ),
    Mutant(
        "an obligation is kept a tonne higher",
        COMPLIANCE,
        "        _fixDue(scheme, periodId, installation, due, capped);",
        "        _fixDue(scheme, periodId, installation, due == 0 ? 0 : due + 1, capped);",
    ),
    Mutant(
        "credits are booked as allowances",
        COMPLIANCE,
        "        given.allowances += uint40(allowances);\n        given.offsets += uint40(offsets);",
        "        given.allowances += uint40(allowances + offsets);",
    ),
    Mutant(
        "a late surrender is not marked",
        COMPLIANCE,
        "if (late) given.late += uint40(allowances + offsets);",
        "",
    ),
    Mutant(
        "a notice is dated by the decision",
        PENALTIES,
        "penalty.measures = measures;\n        penalty.decidedAt = uint40(block.timestamp);",
        "penalty.measures = measures;\n        penalty.decidedAt = penalty.noticedAt;",
    ),
    Mutant(
        "a deduction is not kept",
        PENALTIES,
        "        p.given.deducted = uint40(deducted); // compared above\n",
        "",
    ),
    Mutant(
        "a payment is counted double",
        PENALTIES,
        "        penalty.paidCents += uint56(cents); // at most the fine",
        "        penalty.paidCents += uint56(cents * 2);",
    ),
    Mutant(
        "a record swaps power and heat",
        RECORDS,
        "& AMOUNTS_MASK | uint256(report.reportedRevision())",
        "& AMOUNTS_MASK ^ 1 << 80 | uint256(report.reportedRevision())",
    ),
    Mutant(
        "a determination is kept with other emissions",
        RECORDS,
        "uint256(emissionsT) | uint256(powerMwh) << POWER",
        "uint256(emissionsT / 2) | uint256(powerMwh) << POWER",
    ),
    Mutant(
        "a sold plant is not counted at its buyer",
        PARTIES,
        "++_requireActiveEmitter(buyer).installationCount;",
        "_requireActiveEmitter(buyer);",
    ),
    Mutant(
        "a lost key stays active",
        RECOVERY,
        "(w.rights, w.index, w.status) = (0, 0, ParticipantStatus.Suspended);",
        "(w.rights, w.index) = (0, 0);",
    ),
    Mutant(
        "the free share is kept a tonne short",
        SCHEMES,
        "(d.capT, d.freeT, d.auctionT) = (capT, freeT, auctionT);",
        "(d.capT, d.freeT, d.auctionT) = (capT, freeT - 1, auctionT);",
    ),
    Mutant(
        "an office is given without a word",
        SCHEMES,
        "        emit OfficeGranted(officer, scheme, jurisdiction, old, powers);\n",
        "",
    ),
    Mutant(
        "a deposit gains a cent",
        LEDGER,
        "_saveAccount(participant, market, word.addCash(cash));",
        "_saveAccount(participant, market, word.addCash(cash + CENT));",
    ),
    Mutant(
        "a seller is paid short",
        BOOK,
        "account.fillAsk(removed, removed * price - _makerFee(state, lots, removed, price));",
        "account.fillAsk(removed, removed * price - _makerFee(state, lots, removed, price) - 1);",
    ),
    Mutant(
        "a ticket stays open after its trade",
        BLOCKS,
        "_tickets[hash] = TicketStatus.Traded;",
        "_tickets[hash] = TicketStatus.Open;",
    ),
    Mutant(
        "a month leaves a lot of a block out",
        BLOCKS,
        "_months[ticket.market][month].add(ticket.lots,",
        "_months[ticket.market][month].add(ticket.lots - 1,",
    ),
    Mutant(
        "a settling contract gives less than it takes",
        EXTENSION,
        "giver = giver.addCash(cash);",
        "giver = giver.addCash(cash - 1);",
    ),
    # The other way round, a lot that stays, is no fault for this table: it gets sold, and the last to
    # withdraw finds too little.
    Mutant(
        "a debit takes a lot too many",
        EXTENSION,
        "word.subLots(taken)",
        "word.subLots(taken < word.lots() - word.inAsks() ? taken + 1 : taken)",
    ),
    Mutant(
        "more is counted as issued for auctions than was",
        SHARE,
        "_issued[allowance] = total;",
        "_issued[allowance] = total + 1;",
        AUCTIONS,
    ),
    Mutant(
        "a seller of auctions gets an allowance too many",
        SHARE,
        "ALLOWANCES.issue(wallet, allowance, amount, auctionShareRef(scheme, seller));",
        "ALLOWANCES.issue(wallet, allowance, amount + 1, auctionShareRef(scheme, seller));",
        AUCTIONS,
    ),
    Mutant(
        "a correction moves the moment a month's evidence came",
        MONTHS,
        "if (revision == 1) kept.firstAt",
        "kept.firstAt",
    ),
)
