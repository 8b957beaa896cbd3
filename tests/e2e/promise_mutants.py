"""Faults planted into the contracts, each breaking a promise of a campaign under `tests/invariant`.

`run` names the campaign; `FOUND` what its failing promise says.
"""

from __future__ import annotations

from tests.e2e.mutants import (
    ALLOCATION,
    BLOCKS,
    COMPLIANCE,
    CREDITS,
    EXTENSION,
    LEDGER,
    PENALTIES,
    REGISTRY,
    Mutant,
)

AUCTION = "contracts/market/Auction.sol"
AUCTION_EXTENSION = "contracts/market/AuctionExtension.sol"
BANKING = "contracts/compliance/Banking.sol"
BILLS = "contracts/power/CreditBills.sol"
BONDS = "contracts/power/SettlementBonds.sol"
CERTIFICATES = "contracts/compliance/Certificates.sol"
COLLATERAL = "contracts/units/EnergyCreditsExtension.sol"
DAYS = "contracts/power/PowerSettlementEnds.sol"
FORWARDS = "contracts/market/ForwardPurchases.sol"
GATEWAY = "contracts/market/ExchangeGateway.sol"
LISTS = "contracts/power/PowerSettlement.sol"
MAKERS = "contracts/market/MarketMakers.sol"
MANAGER = "contracts/rules/FoundedManager.sol"
METERS = "contracts/evidence/MeterOracle.sol"
PACKING = "contracts/market/lib/OrderPacking.sol"
PAUSABLE = "contracts/rules/Pausable.sol"
PAUSE_STATE = "contracts/rules/PauseState.sol"
PLEDGES = "contracts/market/Pledges.sol"
REPORTS = "contracts/evidence/EmissionsOracle.sol"

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
        "the limit of credits is not compared",
        COMPLIANCE,
        "if (offsets > room) revert",
        "if (false) revert",
        ("Compliance", "more credits than the limit"),
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
        "an obligation whose fine was annulled never closes",
        PENALTIES,
        "if (!decided && penalty != PenaltyState.Annulled) {",
        "if (!decided) {",
        ("Compliance", "CompliancePenaltyState"),
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
    Mutant(
        "a certificate states a tonne more than was retired",
        REGISTRY,
        "amount: uint64(amount), //",
        "amount: uint64(amount + 1), //",
        ("Conservation", "certificates for more than was retired"),
    ),
    Mutant(
        "a certificate changes its predecessor's holder",
        CERTIFICATES,
        "        _records[number] = record;\n",
        "        _records[number] = record;\n        _records[number - 1].holder = record.holder;\n",
        ("Conservation", "a certificate changed"),
    ),
    Mutant(
        "a certificate can be transferred",
        CERTIFICATES,
        "    function transferFrom(address, address, uint256 number) external pure {\n"
        "        revert RetirementCertificateLocked(number);\n",
        "    function transferFrom(address, address, uint256 number) external pure {\n        number;\n",
        ("Conservation", "a certificate moved"),
    ),
    Mutant(
        "two certificates share a serial number",
        CREDITS,
        "word = word.used(run);",
        "word = word.used(run - 1);",
        ("Conservation", "a serial number left twice"),
    ),
    Mutant(
        "units of a locked batch retire",
        CREDITS,
        "        if (!_mayExit(status, request.kind)) revert OffsetBatchStatus(request.id, status);\n",
        "",
        ("Conservation", "barred units retired"),
    ),
    Mutant(
        "credits beyond those in need of cover keep no collateral",
        COLLATERAL,
        "        if (amount > free) revert EnergyCreditsUncovered"
        "(id, uint256(s.outstanding) + amount, s.collateral);\n",
        "",
        ("Supplies", "collateral that covers credits was withdrawn"),
    ),
    Mutant(
        "the escrow of an ended invoice stays",
        BILLS,
        "        if (funded) _owe(i.buyer, i.credit, i.amount);\n",
        "",
        ("Supplies", "the escrow of an ended invoice is the buyer's"),
    ),
    Mutant(
        "an invoice is issued twice",
        BILLS,
        "        _issued[digest] = true;\n",
        "",
        ("Supplies", "an invoice was issued twice"),
    ),
    Mutant(
        "a bill pays the rest a share too much",
        BILLS,
        "s.remainder = amount - s.generation - s.transmission - s.distribution - s.sale;",
        "s.remainder = amount - s.generation - s.transmission - s.distribution;",
        ("Supplies", "a bill loses nothing"),
    ),
    Mutant(
        "a second delivery forgets the first",
        FORWARDS,
        "_forwards[id].delivered = f.delivered + amount;",
        "_forwards[id].delivered = amount;",
        ("Supplies", "left to deliver"),
    ),
    Mutant(
        "a buyer leaves an accepted forward",
        FORWARDS,
        "            if (by == f.buyer && f.status != ForwardStatus.Offered) "
        "revert ForwardBound(id, f.deadline);\n",
        "",
        ("Supplies", "a bound buyer went back"),
    ),
    Mutant(
        "a seller that did not deliver keeps no bond, and the buyer gets none",
        FORWARDS,
        "uint256 forfeited = f.status == ForwardStatus.Accepted ? left * f.bond : 0;",
        "uint256 forfeited = 0;",
        ("Supplies", "the rest of escrow and bond is the buyer's"),
    ),
    Mutant(
        "a bond leaves under a root that can be challenged",
        METERS,
        "        _requireUnbound(oracle);\n",
        "",
        ("Meters", "a bond left under a root that can be challenged"),
    ),
    Mutant(
        "the fee of an answered challenge is lost",
        METERS,
        "        _bonds[oracle].amount += uint128(FEE); // a fee is a sum of the currency, which fits\n",
        "",
        ("Meters", "bond"),
    ),
    Mutant(
        "any account has any leaf shown",
        METERS,
        "        _requireStanding(asked);\n",
        "",
        ("Meters", "a stranger asked for a leaf"),
    ),
    Mutant(
        "a good answer is exposed",
        METERS,
        "        if (this.isAnswer(id, opened)) revert MeterOracleGoodAnswer(id);\n",
        "",
        ("Meters", "a good answer was exposed"),
    ),
    Mutant(
        "each unanswered leaf of a root costs the bond again",
        METERS,
        "bool first = state.status == RootStatus.Posted;",
        "bool first = true;",
        ("Meters", "fee and half of the penalty"),
    ),
    Mutant(
        "a body verifies a client it has an interest in",
        REPORTS,
        "            interested &= panel.bodies();\n",
        "            interested = 0;\n",
        ("Oracles", "a body with an interest signed"),
    ),
    Mutant(
        "a final report is disputed",
        REPORTS,
        "if (block.timestamp >= standing.recordFinalAt()) {",
        "if (false) {",
        ("Oracles", "a final report was disputed"),
    ),
    Mutant(
        "an officer resolves its own dispute",
        REPORTS,
        "        if (_disputedBy[key] == msg.sender) revert EmissionsOwnDispute(msg.sender);\n",
        "",
        ("Oracles", "resolved by whom disputed"),
    ),
    Mutant(
        "a batch is taken twice",
        REPORTS,
        "        _requireSequence(scheme, batch.body, batch.sequence);\n",
        "",
        ("Oracles", "a batch was taken twice"),
    ),
    Mutant(
        "a ticket is traded twice",
        BLOCKS,
        "        _tickets[hash] = TicketStatus.Traded;\n",
        "",
        ("Trading", "a ticket was traded twice"),
    ),
    Mutant(
        "the buyer of a block does not sign",
        BLOCKS,
        "        _checkParty(ticket.buyer, ticket.buyerWallet, hash, buyerSignature);\n",
        "",
        ("Trading", "a ticket that one signed"),
    ),
    Mutant(
        "a lender releases a pledge alone",
        PLEDGES,
        "p.proposer != Party.None && p.proposer != by && p.proposedLots == lots",
        "p.proposer != Party.None && p.proposedLots == lots",
        ("Trading", "one party released a pledge"),
    ),
    Mutant(
        "a signed order is executed twice",
        GATEWAY,
        "        _spent[wallet][nonce >> 8] |= 1 << (nonce & 0xff);\n",
        "",
        ("Trading", "a signed order was executed twice"),
    ),
    Mutant(
        "a signed order has no deadline",
        GATEWAY,
        "        if (block.timestamp > deadline) revert GatewayDeadlinePassed(deadline, block.timestamp);\n",
        "",
        ("Trading", "an order was executed after its deadline"),
    ),
    Mutant(
        "a signature is not compared with the terms",
        GATEWAY,
        "if (!Signatures.isSignedBy(wallet, digest, signature)) {",
        "if (false) {",
        ("Trading", "another's signature cancelled an order"),
    ),
    Mutant(
        "a withdrawn nonce stays good",
        GATEWAY,
        "        _spent[msg.sender][word] |= mask;\n",
        "",
        ("Trading", "an order was executed that its signer had withdrawn"),
    ),
    Mutant(
        "a signed order's maximum cost is left out",
        PACKING,
        "withBounds(terms.minimumLots, terms.maximumCost)",
        "withBounds(terms.minimumLots, 0)",
        ("Trading", "bought for more than the signed cost"),
    ),
    Mutant(
        "a pause follows another at once",
        PAUSABLE,
        "        if (block.timestamp < earliest) revert PauseTooSoon(earliest);\n",
        "",
        ("Trading", "a pause was renewed at once"),
    ),
    Mutant(
        "a pause has no longest length",
        PAUSABLE,
        "if (length == 0 || length > LONGEST) revert",
        "if (length == 0) revert",
        ("Trading", "a pause without a bound"),
    ),
    Mutant(
        "a pause never ends by itself",
        PAUSE_STATE,
        "if (block.timestamp < _pauseUntil && !_pauseEnded) revert IPausable",
        "if (_pauseUntil != 0 && !_pauseEnded) revert IPausable",
        ("Trading", "PauseInForce"),
    ),
    Mutant(
        "any account pauses",
        PAUSABLE,
        "        if (!may) revert PauseNotGuardian(msg.sender);\n",
        "",
        ("Trading", "an administrator paused a contract"),
    ),
    Mutant(
        "money leaves while the exchange is paused",
        LEDGER,
        "    function withdrawCash(MarketId market, uint256 amount, address to) external {\n"
        "        _requireUnpaused();\n",
        "    function withdrawCash(MarketId market, uint256 amount, address to) external {\n",
        ("Trading", "a withdrawal while it is paused"),
    ),
    Mutant(
        "appointments do not wait",
        MANAGER,
        "        if (executionDelay < delay && !isDaily(roleId)) executionDelay = delay;\n",
        "",
        ("Trading", "an appointment did not wait"),
    ),
    Mutant(
        "any account orders duties",
        MAKERS,
        "        EXCHANGE.RULES()"
        ".checkPower(msg.sender, assets.scheme, assets.jurisdiction, POWER_MARKET);\n",
        "",
        ("Trading", "a trader ordered its own duties"),
    ),
    Mutant(
        "duties change on a day that has begun",
        MAKERS,
        "        if (fromDay < earliest) revert MakersTooEarly(fromDay, earliest);\n",
        "",
        ("Trading", "a duty was ordered for a day that has begun"),
    ),
    Mutant(
        "a maker presents another's orders",
        MAKERS,
        " || owner != participant) {",
        ") {",
        ("Trading", "another's orders were presented"),
    ),
    Mutant(
        "a maker's time is counted at each look",
        MAKERS,
        "            quotes.since = uint40(block.timestamp);\n",
        "",
        ("Trading", "time counted twice, or for nothing"),
    ),
    Mutant(
        "presence needs no orders",
        MAKERS,
        "duties.fromDay != 0 && least >= duties.minimumLots && spread",
        "duties.fromDay != 0 && spread",
        ("Trading", "presence without its orders"),
    ),
    # Found sequences, kept as tests beside the campaigns.
    Mutant(
        "a debit reaches custody",
        EXTENSION,
        "        if (_isCustody(participant)) return 0;\n",
        "",
        ("Auctions", "ExchangeCustodyAccount"),
    ),
    Mutant(
        "a bidder has no share of the places",
        AUCTION,
        "if (taken == a.terms.bidsEach) revert",
        "if (false) revert",
        ("Auctions", "a bidder beyond its share"),
    ),
    Mutant(
        "a signed order goes by what the exchange last read of its wallet",
        GATEWAY,
        "        EXCHANGE.sync(order.wallet);\n",
        "",
        ("Trading", "a suspended wallet's order was executed"),
    ),
    Mutant(
        "places for challenges run out",
        METERS,
        "        if (state.open == type(uint8).max) ++_moreOpen[node_][start];\n"
        "        else ++_roots[node_][start].open;\n",
        "        ++_roots[node_][start].open;\n",
        ("Meters", "panic: arithmetic"),
    ),
    Mutant(
        "units that a buyer cannot receive are kept for no one",
        FORWARDS,
        "            unitsFor[buyer][unit] += amount;\n",
        "",
        ("Supplies", "delivered to the buyer"),
    ),
    Mutant(
        "a day that is closed unpaid costs its posters nothing",
        DAYS,
        "d.carried + _forfeited(node, day, type(uint256).max);",
        "d.carried;",
        ("Settlements", "a poster of an unpaid day kept its bond"),
    ),
    Mutant(
        "a list pays accounts that are of no node",
        LISTS,
        "                if (since == 0 || since > day) revert SettlementNotMember(node, day, account);\n",
        "",
        ("Settlements", "a robbery"),
    ),
    Mutant(
        "a bond is free before its day is paid or closed",
        BONDS,
        "        if (b.openDays != 0) revert SettlementBondBound(poster, b.openDays);\n",
        "",
        ("Settlements", "a bond left a day that has not ended"),
    ),
    Mutant(
        "a bond answers for days that were paid",
        LISTS,
        "(b.debits - p.debits, b.openDays - 1);",
        "(b.debits - p.debits, b.openDays);",
        ("Settlements", "a bond answers for a day that has ended"),
    ),
)
