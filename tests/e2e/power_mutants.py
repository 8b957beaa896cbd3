"""Faults planted into the contracts of power: each lets trading go on and must be found by the audit."""

from __future__ import annotations

from tests.e2e.mutants import Mutant

GRID = "contracts/power/PowerGrid.sol"
LEDGER = "contracts/power/PowerLedger.sol"
BALANCES = "contracts/power/PowerBalances.sol"
EXTENSION = "contracts/power/PowerMarketExtension.sol"
ORDERS = "contracts/power/PowerOrders.sol"
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
        "        _takeFree(from, amount);\n        emit CreditsMoved(",
        "        if (PowerAccountId.unwrap(to) >= FIRST_PSEUDONYM) _takeFree(from, amount);\n"
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
        "an order binds a micro-credit too many",
        ORDERS,
        "_bind(order.account(), order.escrow(order.limit(), GUARANTEE));",
        "_bind(order.account(), order.escrow(order.limit(), GUARANTEE) + 1);",
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
        "a day gains a micro-credit of surplus with each run",
        SETTLED,
        "d.surplus += int88(next.surplus) - before.surplus;",
        "d.surplus += int88(next.surplus) - before.surplus + 1;",
    ),
    Mutant(
        "the operator is paid a micro-credit too much",
        SETTLEMENT,
        "words[0] = _entry(_accountOf(operator), amount, 0);",
        "words[0] = _entry(_accountOf(operator), amount + 1, 0);",
    ),
    Mutant(
        "a false run costs half of what it should",
        SETTLED,
        "b.amount -= uint96(lost); // at most that",
        "b.amount -= uint96(lost / 2);",
    ),
)
