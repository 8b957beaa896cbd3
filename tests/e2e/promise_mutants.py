"""Faults planted into the contracts, each breaking a promise of a campaign under `tests/invariant`.

`run` names the campaign; `FOUND` what its failing promise says.
"""

from __future__ import annotations

from tests.e2e.mutants import ALLOCATION, COMPLIANCE, PENALTIES, Mutant

AUCTION = "contracts/market/Auction.sol"
AUCTION_EXTENSION = "contracts/market/AuctionExtension.sol"
BANKING = "contracts/compliance/Banking.sol"

PROMISE_MUTANTS = (
    Mutant(
        "deliveries of an auction are not counted",
        AUCTION,
        "        t.delivered += lots;\n",
        "",
        ("Auctions", "delivered"),
    ),
    Mutant(
        "a forfeited deposit is paid back too",
        AUCTION,
        "uint256 refund = b.held + t.fee - paid - forfeited;",
        "uint256 refund = b.held + t.fee - paid;",
        ("Auctions", "the rest of a payment comes back"),
    ),
    Mutant(
        "a deposit is lost though the auction was called off before the reveals",
        AUCTION,
        "if (!t.returned) forfeited += b.held;",
        "forfeited += b.held;",
        ("Auctions", "the rest of a payment comes back"),
    ),
    Mutant(
        "each bidder pays its own bid under a uniform price",
        AUCTION,
        "_price(a, a.terms.pricing == PriceRule.AsBid ? b.tick : a.state.tick)",
        "_price(a, b.tick)",
        ("Auctions", "the rest of a payment comes back"),
    ),
    Mutant(
        "unsold lots stay in custody",
        AUCTION,
        "        if (back) _returnLots(id, a, unsold);\n",
        "",
        ("Auctions", "lots in custody"),
    ),
    Mutant(
        "an auction without its lots can only be cancelled by an officer",
        AUCTION_EXTENSION,
        "if (s.stage == AuctionStage.Announced && block.timestamp >= a.terms.commitFrom) {",
        "if (s.stage == AuctionStage.Announced && block.timestamp < a.terms.commitFrom) {",
        ("Auctions", "RulesDoubleNoPower"),
    ),
    Mutant(
        "surrendered allowances are not counted",
        COMPLIANCE,
        "        given.allowances += uint40(allowances);\n",
        "",
        ("Compliance", "allowances counted are those given"),
    ),
    Mutant(
        "an obligation is assessed twice",
        COMPLIANCE,
        "if (marks != 0) revert ComplianceAlreadyAssessed(installation, periodId);",
        "",
        ("Compliance", "assessed twice"),
    ),
    Mutant(
        "any participant surrenders for a plant",
        COMPLIANCE,
        "if (rights & WalletRights.SURRENDER == 0) {",
        "if (false) {",
        ("Compliance", "surrendered for another's plant"),
    ),
    Mutant(
        "netted debt is not paid off",
        ALLOCATION,
        "        _setDebt(installation, debt - netted);\n",
        "",
        ("Compliance", "allocations"),
    ),
    Mutant(
        "an officer decides on its own decision",
        PENALTIES,
        "if (_appeals[c.ref].decidedBy == msg.sender) revert ComplianceOwnDecision(msg.sender);",
        "",
        ("Compliance", "an officer decided on its own decision"),
    ),
    Mutant(
        "missing units are not owed to the next allocation",
        PENALTIES,
        "if (deducted != 0) ALLOCATION.addDebt(installation, deducted, c.ref);",
        "",
        ("Compliance", "the missing units become a debt"),
    ),
    Mutant(
        "half of a payment is counted",
        PENALTIES,
        "penalty.paidCents += uint56(cents);",
        "penalty.paidCents += uint56(cents / 2);",
        ("Compliance", "fines"),
    ),
    Mutant(
        "banked units are not counted against the limit",
        BANKING,
        "        _banked[scheme][rules.into][participant] += total;\n",
        "",
        ("Compliance", "banked more than the rule admits"),
    ),
    Mutant(
        "one unit more is issued than banked",
        BANKING,
        "ALLOWANCES.issue(msg.sender, into, total, ref);",
        "ALLOWANCES.issue(msg.sender, into, total + 1, ref);",
        ("Compliance", "banked units arrive"),
    ),
)
