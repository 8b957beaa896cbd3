"""Faults planted into the contracts of power: each lets trading go on and must be found by the audit."""

from __future__ import annotations

from tests.e2e.mutants import Mutant

GRID = "contracts/power/PowerGrid.sol"
LEDGER = "contracts/power/PowerLedger.sol"
BALANCES = "contracts/power/PowerBalances.sol"
EXTENSION = "contracts/power/PowerMarketExtension.sol"
BIDS = "contracts/power/PowerBids.sol"
DISPUTES = "contracts/power/PowerBidDisputes.sol"
LIMITS = "contracts/power/BidLimits.sol"
REFERENCES = "contracts/power/ReferencePrices.sol"
MARKET = "contracts/power/PowerMarket.sol"
LOSSES = "contracts/power/PowerLosses.sol"
SETTLEMENT = "contracts/power/PowerSettlement.sol"
SETTLED = "contracts/power/SettlementStore.sol"

POWER_MUTANTS = (
    Mutant(
        "an arc costs a unit more than was set",
        GRID,
        "terms.capacityWh, terms.cost, terms.efficiencyPpm",
        "terms.capacityWh, terms.cost + 1, terms.efficiencyPpm",
    ),
    Mutant(
        "a deposit gains a micro-credit",
        LEDGER,
        "emit CreditsDeposited(account, from, amount);\n"
        "        _credit(PowerAccountId.unwrap(account), amount);",
        "emit CreditsDeposited(account, from, amount);\n"
        "        _credit(PowerAccountId.unwrap(account), amount + 1);",
    ),
    Mutant(
        "a sweep leaves the pseudonym what it gave",
        LEDGER,
        "        _takeFree(PowerAccountId.unwrap(from), amount);\n        emit CreditsMoved(",
        "        if (PowerAccountId.unwrap(to) >= FIRST_PSEUDONYM) {\n"
        "            _takeFree(PowerAccountId.unwrap(from), amount);\n        }\n"
        "        emit CreditsMoved(",
    ),
    Mutant(
        "a debt is paid and not written off",
        BALANCES,
        "_debts[account] = debt - paid;",
        "_debts[account] = debt - paid / 2;",
    ),
    Mutant(
        "a shortage is lent at interest",
        EXTENSION,
        "_debts[debtor] += amount;",
        "_debts[debtor] += amount + amount / 100;",
    ),
    Mutant(
        "a controller binds more than it says",
        EXTENSION,
        "        a.escrow += amount;\n        emit CreditsBound(",
        "        a.escrow += amount + 1;\n        emit CreditsBound(",
    ),
    Mutant(
        "curves hold a micro-credit too many",
        BIDS,
        "_takeFree(ParticipantId.unwrap(participant), sums.escrow + fee);",
        "_takeFree(ParticipantId.unwrap(participant), sums.escrow + fee + 1);",
    ),
    Mutant(
        "a release gives a micro-credit too many",
        DISPUTES,
        "if (proposer != 0) _credit(proposer, bid.fee);",
        "if (proposer != 0) _credit(proposer, bid.fee + 1);",
    ),
    Mutant(
        "silence costs half",
        DISPUTES,
        "_changeDeposit(participant, d, lost);",
        "_changeDeposit(participant, d, lost / 2);",
    ),
    Mutant(
        "a bidder has a step more than was registered",
        LIMITS,
        "            nextSteps: t.steps,\n",
        "            nextSteps: t.steps + 1,\n",
    ),
    Mutant(
        "a reference is a unit too high",
        REFERENCES,
        "next.prices[hour / 8] |= price << hour % 8 * 32;",
        "next.prices[hour / 8] |= price + 1 << hour % 8 * 32;",
    ),
    Mutant(
        "a price is kept a unit too high",
        MARKET,
        "round.prices[i] = prices[i];",
        "round.prices[i] = prices[i] + 1;",
    ),
    Mutant(
        "a loss is kept a watt-hour short",
        MARKET,
        "round.loss = uint48(o.loss);",
        "round.loss = uint48(o.loss == 0 ? 0 : o.loss - 1);",
    ),
    Mutant(
        "an area is charged a watt-hour more than it lost",
        LOSSES,
        "booked.chargedWh = plausible ? uint48(uint256(lost)) : 0;",
        "booked.chargedWh = plausible ? uint48(uint256(lost)) + 1 : 0;",
    ),
    Mutant(
        "a curve forgets what is lost without load",
        LOSSES,
        "lost = c.noLoadWh + inWh * c.linearPpm / PPM;",
        "lost = inWh * c.linearPpm / PPM;",
    ),
)

SETTLEMENT_MUTANTS = (
    Mutant(
        "a bond stays bound for a micro-credit of a day that is paid",
        SETTLEMENT,
        "(b.debits - p.debits, b.openDays - 1);",
        "(b.debits - p.debits + 1, b.openDays - 1);",
    ),
    Mutant(
        "the operator is paid a micro-credit too much",
        SETTLEMENT,
        "_move(_accountOf(payee), amount);",
        "_move(_accountOf(payee), amount + 1);",
    ),
    Mutant(
        "a false run costs a micro-credit",
        SETTLED,
        "b.amount = amount - lost;",
        "b.amount = amount - 1;",
    ),
)
