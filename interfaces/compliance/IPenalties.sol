// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../rules/IPausable.sol";
import {ICompliance} from "./ICompliance.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId} from "../types/Ids.sol";
import {AppealOutcome, Appeal, FinePrice, Penalty, PenaltyState} from "./PenaltyTypes.sol";

/// @title IPenalties
/// @notice Penalties for a shortfall: notice, hearing, decision, appeal, payment, publication, deduction.
/// @dev Part of what {ICompliance}'s contract answers.
///
/// ```
///        notify (anyone)         decide (officer, after the hearing)       payPenalty, debitPenalty
///  None ─────────────▶ Noticed ─────────────────────────────▶ Decided ───────────────────────────▶ Paid
///                         └── nothing to pay or do ───────────│──▲────────────────────────────────▲
///                                       appeal (operator)     ▼  │ decideAppeal (another officer): upheld, reduced
///                                                          Appealed ───────────────▶ Annulled
/// ```
/// @dev A final fine (paid, annulled, its appeal decided, or its time for an appeal over) can be published, once. All
/// `penalty.*` values of the pack are those that hold at the surrender deadline.
interface IPenalties {
    /// @notice Emitted when a shortfall is noticed; `shortfall` [t] is what was open at the deadline, and of running totals what
    /// no earlier verdict had told, see {ICumulativeCompliance}.
    /// @param hearingUntil [s] no decision before
    event ShortfallNoticed(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        uint256 shortfall,
        uint256 hearingUntil
    );

    /// @notice Emitted when a fine is decided.
    /// @param measures beside money, see {PenaltyMeasures}
    /// @param reasonHash hash of the decision's text
    /// @param payableUntil [s] no debit before
    /// @param appealUntil [s] last moment to appeal; 0 where the pack gives no time
    event PenaltyDecided(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        address officer,
        uint256 fineCents,
        uint16 measures,
        bytes32 reasonHash,
        uint256 payableUntil,
        uint256 appealUntil
    );

    /// @notice Emitted when a decision orders units in place of missing ones, or an annulment withdraws the order.
    /// @param shortfall [t] missing at the deadline
    /// @param units [t] due beside what was due, now; `oldUnits` before
    event UnitsOrdered(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        uint256 shortfall,
        uint256 oldUnits,
        uint256 units
    );

    /// @notice Emitted when the operator appeals; nothing is paid or debited until the appeal is decided.
    /// @param groundsHash hash of the appeal's text
    event PenaltyAppealed(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        address wallet,
        bytes32 groundsHash
    );

    /// @notice Emitted when an appeal is decided.
    /// @param oldFineCents what was decided first; `fineCents` what stands, 0 where it is annulled
    /// @param payableUntil [s] no debit before
    event PenaltyAppealDecided(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        address officer,
        AppealOutcome outcome,
        uint256 oldFineCents,
        uint256 fineCents,
        bytes32 reasonHash,
        uint256 payableUntil
    );

    /// @notice Emitted for each payment from a wallet; `paidCents` is the sum so far.
    event PenaltyPaid(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        address payer,
        uint256 cents,
        uint256 paidCents
    );

    /// @notice Emitted for each debit from an account on the Exchange; `paidCents` is the sum so far.
    event PenaltyDebited(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        MarketId market,
        address officer,
        uint256 cents,
        uint256 paidCents
    );

    /// @notice Emitted when a fine that stands, or its annulment, is made public.
    /// @param textHash hash of the published text
    event PenaltyPublished(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        address officer,
        uint256 fineCents,
        uint16 measures,
        PenaltyState state,
        bytes32 textHash
    );

    /// @notice Emitted when an obligation is closed: `open` [t] was missing, `deducted` [t] is owed to the next allocation.
    event ShortfallDeducted(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        address officer,
        uint256 open,
        uint256 deducted
    );

    /// @notice Emitted when the price that fines are multiples of is fixed, from the market.
    /// @param priceCents turnover through volume, to the nearest 0.01, ties up [0.01 currency a unit]
    /// @param volume listed and block trades of the window [units]; `turnover` theirs [0.0001 currency]
    /// @param firstMonth first month of the window, years × 12 + months before it; `lastMonth` its last one
    event FinePriceFixed(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        uint256 priceCents,
        uint256 volume,
        uint256 turnover,
        uint256 firstMonth,
        uint256 lastMonth
    );

    /// @notice Emitted when an officer states that price, where the market gave none.
    /// @param reasonHash hash of the reasons
    event FinePriceStated(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        address indexed officer,
        uint256 priceCents,
        bytes32 reasonHash
    );

    /// @notice Emitted when currency or payee of a scheme's fines change.
    event TreasurySet(
        SchemeId indexed scheme, address oldCurrency, address oldTreasury, address currency, address treasury
    );

    /// @notice Thrown when the surrender deadline has not passed [s].
    error ComplianceBeforeDeadline(InstallationId installation, uint256 deadline);
    /// @notice Thrown when there was no shortfall at the deadline.
    error ComplianceNoShortfall(InstallationId installation, uint16 periodId);
    /// @notice Thrown when the penalty is not in the state the act needs.
    error CompliancePenaltyState(InstallationId installation, uint16 periodId, PenaltyState state);
    /// @notice Thrown when the time before a decision, a debit, a publication or a closing has not passed [s].
    error ComplianceTooEarly(InstallationId installation, uint256 notBefore);
    /// @notice Thrown when a fine lies outside the pack's bounds [0.01 currency].
    error ComplianceFineOutOfBounds(uint256 fineCents, uint256 minCents, uint256 maxCents);
    /// @notice Thrown when the fines of the period are no multiple of a price.
    error CompliancePriceNotAsked(SchemeId scheme, uint16 periodId);
    /// @notice Thrown when the price that the fine is a multiple of is not fixed yet.
    error CompliancePriceOpen(SchemeId scheme, uint16 periodId);
    /// @notice Thrown when that price is fixed, or the market gives it [0.01 currency].
    error CompliancePriceKnown(SchemeId scheme, uint16 periodId, uint256 priceCents);
    /// @notice Thrown when the pack does not say from which months the price comes, or by a mean that is not kept on chain: an
    /// officer states it.
    error CompliancePriceRuleUnknown(SchemeId scheme, uint16 periodId);
    /// @notice Thrown when the months of the price are not over; `lastMonth`: years × 12 + months before it.
    error ComplianceMonthsNotOver(uint16 periodId, uint256 lastMonth);
    /// @notice Thrown when nothing was traded in the months of the price: an officer states it.
    error ComplianceNothingTraded(SchemeId scheme, uint256 firstMonth, uint256 lastMonth);
    /// @notice Thrown when a decision orders measures that the pack does not know.
    error ComplianceMeasureUnknown(uint256 measures, uint256 known);
    /// @notice Thrown when an act names no reason.
    error ComplianceReasonMissing();
    /// @notice Thrown when the time to appeal is over [s], or (0) the pack gives none.
    error ComplianceAppealTooLate(InstallationId installation, uint256 until);
    /// @notice Thrown when a fine was paid, in part or whole, or was appealed before: it is final.
    error ComplianceFineAccepted(InstallationId installation, uint256 paidCents, AppealOutcome outcome);
    /// @notice Thrown when the officer who decided a fine would decide its appeal.
    error ComplianceOwnDecision(address officer);
    /// @notice Thrown when an outcome does not fit the fine it leaves: upheld the same, reduced a lower one, annulled none.
    error ComplianceBadOutcome(AppealOutcome outcome, uint256 oldFineCents, uint256 fineCents);
    /// @notice Thrown when a penalty was published [s].
    error ComplianceAlreadyPublished(InstallationId installation, uint256 publishedAt);
    /// @notice Thrown when more is paid than is due [0.01 currency].
    error ComplianceOverpaid(InstallationId installation, uint256 cents, uint256 dueCents);
    /// @notice Thrown when nothing could be debited.
    error ComplianceNothingDebited(InstallationId installation, MarketId market);
    /// @notice Thrown when the ledger debited another amount than the account has: `cents` booked, `taken` [0.0001 currency].
    /// Debit again; nothing was changed.
    error ComplianceDebitShort(MarketId market, uint256 cents, uint256 taken);
    /// @notice Thrown when the market is another scheme's. Remedy: a market of the plant's scheme.
    error ComplianceForeignMarket(MarketId market, SchemeId scheme, SchemeId expected);
    /// @notice Thrown when the market trades in another currency than the scheme's fines.
    error ComplianceWrongCurrency(MarketId market, address currency, address expected);
    /// @notice Thrown when no treasury is set for the scheme.
    error ComplianceNoTreasury(SchemeId scheme);

    /// @notice Fixes the shortfall at the deadline and opens the hearing, at most 200, once for each; those noticed are passed over,
    /// unless all are. Anyone, after the deadline. A late surrender before it does not heal the shortfall.
    function notify(uint16 periodId, InstallationId[] calldata installations) external;

    /// @notice Decides the fine, within the pack's bounds at the deadline, and measures of the pack, once the hearing is
    /// over. Caller: power PENALISE.
    /// @dev Bounds: `penalty.min_cents` to `penalty.max_cents`, else both per missing unit times the shortfall, else the
    /// multiples of the price ({finePriceOf}) times the shortfall, rounded down; never above `penalty.cap_cents`. Where the pack
    /// has none of these but `penalty.units_for_each_ppm`, no money.
    /// @dev By `penalty.units_for_each_ppm`, so many units are due in place of each missing one: those above the
    /// missing ones, rounded up, is due beside them, late and without a deadline.
    /// @param measures beside money, by bit; each must be in the pack's `penalty.measures`
    function decide(
        InstallationId installation,
        uint16 periodId,
        uint256 fineCents,
        uint16 measures,
        bytes32 reasonHash
    ) external;

    /// @notice Fixes the price that the fines of a period are multiples of, once: turnover through volume of listed and block
    /// trades in the calendar months that the pack names, to the nearest 0.01, ties up. Anyone, when the months are over.
    /// @dev Counts every market of the scheme's allowances that trades in the currency of its fines: 16 vintages, the last that
    /// of the window's last year (or the period's, if later). Months are those of the scheme's zone. At most 24.
    function fixFinePrice(SchemeId scheme, uint16 periodId) external returns (uint256 priceCents);

    /// @notice States that price, with a reason, where nothing was traded in those months, or the pack's rule cannot be
    /// worked out on chain. Caller: power PENALISE in all of the scheme, after the deadline and the months.
    function stateFinePrice(SchemeId scheme, uint16 periodId, uint256 priceCents, bytes32 reasonHash) external;

    /// @notice Appeals against a fine of which nothing is paid, once, within `penalty.appeal_days` of the decision. Caller:
    /// a wallet of the operator with the right MANAGE.
    /// @dev Payment accepts the fine: so nothing ever has to be paid back.
    function appeal(InstallationId installation, uint16 periodId, bytes32 groundsHash) external;

    /// @notice Decides an appeal. Caller: power PENALISE, another officer than decided the fine.
    /// @param fineCents the fine that stands: the same (upheld), a lower one within the bounds (reduced), or 0 (annulled,
    /// and with it every measure, and units that were ordered and not yet given up); the time to pay begins anew
    function decideAppeal(
        InstallationId installation,
        uint16 periodId,
        AppealOutcome outcome,
        uint256 fineCents,
        bytes32 reasonHash
    ) external;

    /// @notice Pays a part or all of a fine from the caller's wallet to the treasury; needs its approval. Any account,
    /// but while the fine can be appealed only a wallet of the operator with the right MANAGE: a payment accepts the fine.
    function payPenalty(InstallationId installation, uint16 periodId, uint256 cents) external;

    /// @notice Debits the open part of a fine from the operator's account in `market`, as far as it suffices; open buy
    /// orders are voided when needed. Caller: power PENALISE, after the times to pay and to appeal.
    function debitPenalty(InstallationId installation, uint16 periodId, MarketId market) external;

    /// @notice Publishes a final penalty, once. Caller: power PENALISE.
    function publishPenalty(InstallationId installation, uint16 periodId, bytes32 textHash) external;

    /// @notice Closes the obligation: the open amount, times `penalty.deduction_ppm` (rounded up: the operator bears
    /// it; absent: 0), is owed to the installation's next allocation. Caller: power PENALISE, after decision and
    /// closing date.
    /// @dev Warning: cannot be undone; nothing can be surrendered any more. The fine, if any is open, stays due. Not while
    /// an appeal is open; an annulled fine does not stop it: the units are missing all the same.
    function deduct(InstallationId installation, uint16 periodId) external;

    /// @notice Names the currency (two decimals) of a scheme's fines and their payee. Restricted.
    function setTreasury(SchemeId scheme, address currency, address treasury) external;

    /// @notice The penalty of an installation for a period; all zero without a notice.
    function penaltyOf(InstallationId installation, uint16 periodId) external view returns (Penalty memory);

    /// @notice Officer of the decision, and outcome of an appeal; all zero before the decision.
    function appealOf(InstallationId installation, uint16 periodId) external view returns (Appeal memory);

    /// @notice The price that fines of a period are multiples of; all zero before it is fixed.
    function finePriceOf(SchemeId scheme, uint16 periodId) external view returns (FinePrice memory);

    /// @notice Bounds of the fine for a shortfall [t] in a period [0.01 currency]; reverts where the pack has none, or before
    /// the price is fixed that they are multiples of.
    function fineBounds(SchemeId scheme, uint16 periodId, uint256 shortfall)
        external
        view
        returns (uint256 minCents, uint256 maxCents);

    /// @notice Currency and payee of a scheme's fines.
    function treasuryOf(SchemeId scheme) external view returns (address currency, address treasury);
}

/// @title IComplianceWhole
/// @notice The whole of the deployed contract: {ICompliance} itself, {IPenalties} through its extension.
interface IComplianceWhole is ICompliance, IPenalties, IPausable {}
