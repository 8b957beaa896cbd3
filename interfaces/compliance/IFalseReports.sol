// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, MarketId, ParticipantId, SchemeId} from "../types/Ids.sol";
import {AppealOutcome, PenaltyState} from "./PenaltyTypes.sol";

/// @dev `body 24 | revision 8 | year 16 | installation 32`, installation lowest; body 0: the operator is charged.
type ChargeId is uint80;

using {chargeBody, chargeYear, chargeInstallation} for ChargeId global;

/// @dev The charge of a body, or with body 0 of the operator, for one revision of a report.
function chargeIdOf(InstallationId installation, uint16 year, uint8 revision, ParticipantId body)
    pure
    returns (ChargeId)
{
    return ChargeId.wrap(
        uint80(ParticipantId.unwrap(body)) << 56 | uint80(revision) << 48 | uint80(year) << 32
            | InstallationId.unwrap(installation)
    );
}

/// @dev The charged body; 0: the operator is charged.
function chargeBody(ChargeId id) pure returns (ParticipantId) {
    return ParticipantId.wrap(uint24(ChargeId.unwrap(id) >> 56));
}

function chargeYear(ChargeId id) pure returns (uint16) {
    return uint16(ChargeId.unwrap(id) >> 32);
}

function chargeInstallation(ChargeId id) pure returns (InstallationId) {
    return InstallationId.wrap(uint32(ChargeId.unwrap(id)));
}

/// @dev Reference of a debt that follows a charge: the charge, with a mark that no obligation's reference has.
function chargeRef(ChargeId id) pure returns (bytes32) {
    return bytes32(uint256(1) << 128 | ChargeId.unwrap(id));
}

/// @dev Who answers for a report that fell.
enum Accused {
    Operator, // who reported
    Body //      a verification body that signed
}

/// @dev A charge, two slots. Money in 0.01 of the scheme's currency.
struct Charge {
    ParticipantId party;
    uint40 noticedAt; // [s]
    uint40 decidedAt; // [s] of the decision that stands
    uint56 fineCents;
    uint56 paidCents;
    PenaltyState state;
    //
    address decidedBy; // who decided the fine first
    uint56 gainsCents; // illegal gains, as the notice states them
    AppealOutcome outcome;
    bool published;
    uint24 cutPpm; //    share of the next allocation that was cut [ppm]; 0: none
}

/// @dev Keys of rule packs for fines of false reports. Multiples are of the gains [ppm]; money in 0.01 of the currency.
library FalseReportKeys {
    bytes32 internal constant MULTIPLE_MIN = keccak256("penalty.false_multiple_min_ppm");
    bytes32 internal constant MULTIPLE_MAX = keccak256("penalty.false_multiple_max_ppm");
    bytes32 internal constant MIN_CENTS = keccak256("penalty.false_min_cents");
    bytes32 internal constant MAX_CENTS = keccak256("penalty.false_max_cents");
    /// @dev Shares of the next allocation that may be cut where the fine is not paid [ppm].
    bytes32 internal constant CUT_MIN = keccak256("penalty.false_cut_min_ppm");
    bytes32 internal constant CUT_MAX = keccak256("penalty.false_cut_max_ppm");
    bytes32 internal constant BODY_MULTIPLE_MIN = keccak256("penalty.verifier_multiple_min_ppm");
    bytes32 internal constant BODY_MULTIPLE_MAX = keccak256("penalty.verifier_multiple_max_ppm");
    bytes32 internal constant BODY_MAX_CENTS = keccak256("penalty.verifier_max_cents");
    bytes32 internal constant BODY_SMALL_GAINS = keccak256("penalty.verifier_small_gains_cents");
}

/// @title IFalseReports
/// @notice Fines for a report that fell in a dispute, and for each verification body that signed it.
/// @dev A charge needs an upheld dispute: the annulled report that the oracle keeps is its ground, and a
/// restatement or determination afterwards does not undo it. Steps are those of a shortfall's penalty: notice, hearing,
/// decision within bounds, appeal to another officer, payment, publication. The `penalty.*` values of the pack are those
/// that hold when the notice is given.
///
/// ```
///       charge (officer)      decide (officer, after the hearing)      pay
///  None ────────────▶ Noticed ──────────────────────────▶ Decided ─────────▶ Paid
///                         └── a fine of 0 ────────────────│──▲───────────────▲
///                                      appeal (the party) ▼  │ decideAppeal (another officer)
///                                                       Appealed ─────────▶ Annulled
/// ```
/// @dev A fine that stands and is not paid in time is debited from an account on the Exchange ({debit}), and an operator's
/// brings a cut of its next allocation ({cut}); neither ends the other.
/// @dev The record of a report names the first body that signed and how many did. Which others did is in the report's own
/// event: an officer names them, the contract holds them to be higher in number, of the right kind and no more than signed,
/// and the audit compares them with the event.
interface IFalseReports {
    /// @notice Emitted when a charge is brought.
    /// @param hearingUntil [s] no decision before
    event FalseReportCharged(
        ChargeId indexed id,
        SchemeId indexed scheme,
        ParticipantId indexed party,
        address officer,
        uint256 gainsCents,
        bytes32 reasonHash,
        uint256 hearingUntil
    );

    /// @notice Emitted when a fine is decided; `appealUntil` [s], 0 where the pack gives no time.
    event FalseReportFined(
        ChargeId indexed id, address indexed officer, uint256 fineCents, bytes32 reasonHash, uint256 appealUntil
    );

    /// @notice Emitted when the party appeals.
    event FalseReportAppealed(ChargeId indexed id, address indexed wallet, bytes32 groundsHash);

    /// @notice Emitted when an appeal is decided.
    event FalseReportAppealDecided(
        ChargeId indexed id,
        address indexed officer,
        AppealOutcome outcome,
        uint256 oldFineCents,
        uint256 fineCents,
        bytes32 reasonHash
    );

    /// @notice Emitted for each payment; `paidCents` is the sum so far.
    event FalseReportFinePaid(ChargeId indexed id, address indexed payer, uint256 cents, uint256 paidCents);

    /// @notice Emitted for each debit from an account on the Exchange; `paidCents` is the sum so far.
    event FalseReportFineDebited(
        ChargeId indexed id, address indexed officer, MarketId indexed market, uint256 cents, uint256 paidCents
    );

    /// @notice Emitted when the next allocation is cut because the fine was not paid.
    /// @param allocationT allocation of the installation for the period of the next year [t]
    /// @param cutT what its allocation after that will be less [t]
    event AllocationCut(
        ChargeId indexed id,
        address indexed officer,
        uint16 indexed periodId,
        uint256 allocationT,
        uint256 sharePpm,
        uint256 cutT,
        bytes32 reasonHash
    );

    /// @notice Emitted when the end of a charge is made public.
    event FalseReportPublished(
        ChargeId indexed id, address indexed officer, uint256 fineCents, PenaltyState state, bytes32 textHash
    );

    /// @notice Thrown when no report of the installation and year fell.
    error FalseReportsNothingFell(InstallationId installation, uint16 year);
    /// @notice Thrown when the body cannot have signed the report that fell: it is below the first that did, or no verification
    /// body, or as many others as signed are charged already.
    error FalseReportsNotSigner(InstallationId installation, uint16 year, ParticipantId body);
    /// @notice Thrown when the charge is not in the state the act needs.
    error FalseReportsState(ChargeId id, PenaltyState state);
    /// @notice Thrown when the hearing, or the time to appeal, is not over [s].
    error FalseReportsTooEarly(ChargeId id, uint256 notBefore);
    /// @notice Thrown when a fine lies outside the pack's bounds [0.01 currency].
    error FalseReportsFineOutOfBounds(uint256 fineCents, uint256 minCents, uint256 maxCents);
    /// @notice Thrown when a sum does not fit its bits.
    error FalseReportsTooLarge(uint256 cents);
    /// @notice Thrown when an act names no reason.
    error FalseReportsNoReason();
    /// @notice Thrown when the caller is no wallet of the party with the right MANAGE.
    error FalseReportsNotParty(address wallet, ParticipantId party);
    /// @notice Thrown when the time to appeal is over [s], or (0) the pack gives none.
    error FalseReportsAppealTooLate(ChargeId id, uint256 until);
    /// @notice Thrown when a fine was paid, in part or whole, or was appealed before.
    error FalseReportsAccepted(ChargeId id, uint256 paidCents, AppealOutcome outcome);
    /// @notice Thrown when the officer who decided a fine would decide its appeal.
    error FalseReportsOwnDecision(address officer);
    /// @notice Thrown when an outcome does not fit the fine it leaves.
    error FalseReportsBadOutcome(AppealOutcome outcome, uint256 oldFineCents, uint256 fineCents);
    /// @notice Thrown when nothing, or more than is due, is paid [0.01 currency].
    error FalseReportsBadPayment(uint256 cents, uint256 dueCents);
    /// @notice Thrown when the end was published.
    error FalseReportsPublished(ChargeId id);
    /// @notice Thrown when the market is another scheme's. Remedy: a market of the plant's scheme.
    error FalseReportsForeignMarket(MarketId market, SchemeId scheme, SchemeId expected);
    /// @notice Thrown when the market trades in another currency than the scheme's fines.
    error FalseReportsWrongCurrency(MarketId market, address currency, address expected);
    /// @notice Thrown when nothing could be debited.
    error FalseReportsNothingDebited(ChargeId id, MarketId market);
    /// @notice Thrown when the ledger debited another amount than the account has: `cents` booked, `taken` [0.0001 currency].
    /// Debit again; nothing was changed.
    error FalseReportsDebitShort(MarketId market, uint256 cents, uint256 taken);
    /// @notice Thrown when an allocation would be cut for a charge of a body.
    error FalseReportsNotOperator(ChargeId id);
    /// @notice Thrown when the charge has brought a cut before [ppm].
    error FalseReportsAlreadyCut(ChargeId id, uint256 sharePpm);
    /// @notice Thrown when a cut lies outside the pack's bounds [ppm].
    error FalseReportsCutOutOfBounds(uint256 sharePpm, uint256 minPpm, uint256 maxPpm);
    /// @notice Thrown when the period does not hold the year after the report's.
    error FalseReportsNotNextPeriod(uint16 periodId, uint256 year);
    /// @notice Thrown when the allocation to be cut is not final.
    error FalseReportsAllocationNotFinal(InstallationId installation, uint16 periodId);

    /// @notice Charges the operator (body 0), or a body that signed, with the last report of the year that fell; once for each
    /// report and accused. Caller: power PENALISE where the installation stands.
    /// @param gainsCents illegal gains, on which bounds depend [0.01 currency]
    function charge(
        InstallationId installation,
        uint16 year,
        ParticipantId body,
        uint256 gainsCents,
        bytes32 reasonHash
    ) external returns (ChargeId id);

    /// @notice Decides the fine within the bounds, once the hearing is over. Caller as of {charge}.
    function decide(ChargeId id, uint256 fineCents, bytes32 reasonHash) external;

    /// @notice Appeals, once, within `penalty.appeal_days`, before anything is paid. Caller: a wallet of the party with the
    /// right MANAGE.
    function appeal(ChargeId id, bytes32 groundsHash) external;

    /// @notice Decides an appeal: upheld the same, reduced a lower fine within the bounds, annulled none. Caller as of
    /// {charge}, and not who decided the fine.
    function decideAppeal(ChargeId id, AppealOutcome outcome, uint256 fineCents, bytes32 reasonHash) external;

    /// @notice Pays a part or all of a fine to the scheme's treasury; needs the caller's approval. Any account, but while the
    /// fine can be appealed only a wallet of the party with the right MANAGE: a payment accepts the fine.
    function pay(ChargeId id, uint256 cents) external;

    /// @notice Debits the open part of a fine from the party's account in `market`, as far as it suffices; open buy
    /// orders are voided when needed. Caller as of {charge}, after the times to pay and to appeal.
    function debit(ChargeId id, MarketId market) external;

    /// @notice Cuts the operator's next allocation, once, where the fine was not paid within the times to pay and to appeal.
    /// Caller as of {charge}. A share, within `penalty.false_cut_min_ppm` and `..max_ppm`, of the installation's final
    /// allocated for the period of the year after the report's, rounded up (the operator bears it), is netted from its next
    /// allocation, as the deduction for missing units is.
    /// @dev The fine, as far as it is open, stays due.
    function cut(ChargeId id, uint16 periodId, uint256 sharePpm, bytes32 reasonHash) external;

    /// @notice Makes the end of a charge public, once it stands. Caller as of {charge}.
    function publish(ChargeId id, bytes32 textHash) external;

    /// @notice A charge; all zero when there is none.
    function chargeOf(ChargeId id) external view returns (Charge memory);

    /// @notice Bounds of a fine at a time [s] [0.01 currency]; reverts where the pack has none.
    /// @dev Operator: the multiples of the gains, but at least the pack's fixed sums. Body: nothing to the fixed sum while
    /// gains are small, else the multiples. Multiples round down.
    function fineBounds(SchemeId scheme, Accused accused, uint256 gainsCents, uint256 atTime)
        external
        view
        returns (uint256 minCents, uint256 maxCents);
}
