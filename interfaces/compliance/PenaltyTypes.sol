// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev `Paid` and `Annulled` are final. None of it depends on later surrenders.
enum PenaltyState {
    None,
    Noticed, //  shortfall fixed; the operator is heard
    Decided, //  fined; final unless appealed in time
    Paid,
    Appealed, // another officer decides
    Annulled //  by the appeal: no fine, no measure
}

/// @dev Outcome of an appeal.
enum AppealOutcome {
    None,
    Upheld,
    Reduced,
    Annulled
}

/// @dev Measures a decision may order beside money, by bit, as a rule pack's `penalty.measures` lists them.
library PenaltyMeasures {
    uint16 internal constant PUBLICATION = 2;
    uint16 internal constant CREDIT_RECORD = 4;
    uint16 internal constant LOSS_OF_SUBSIDIES = 8;
    uint16 internal constant LOSS_OF_PREFERENCE = 16;
    uint16 internal constant PRODUCTION_STOP = 32;
}

/// @dev Penalty for a shortfall, one slot. Money in 0.01 of the scheme's currency.
struct Penalty {
    uint40 shortfall; //  [t] open at the deadline
    uint40 noticedAt; //  [s]
    uint40 decidedAt; //  [s] of the valid decision: the first, or the appeal's
    uint56 fineCents;
    uint56 paidCents;
    PenaltyState state;
    uint16 measures; //   see {PenaltyMeasures}
}

/// @dev The price that fines for a period's shortfalls are multiples of, one slot.
struct FinePrice {
    uint64 cents; //   [0.01 currency a unit]
    uint40 fixedAt; // [s]; 0: not fixed yet
    bool stated; //    by an officer, where the market gave none
}

/// @dev The second slot of a penalty, written by its decision.
struct Appeal {
    address decidedBy; //  officer of the first decision
    uint40 appealedAt; //  [s]
    uint40 publishedAt; // [s]
    AppealOutcome outcome;
}
