// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {PenaltyState} from "./PenaltyTypes.sol";

/// @dev `Met` and `Closed` are final, except that a decision may order more units of a late operator (see
/// {IPenalties}).
enum ObligationState {
    None,
    Open, //   assessed; units are still due
    Met, //    everything due was surrendered
    Closed //  closed: the open amount went to the next allocation, or the part is counted in its whole period
}

/// @dev Public standing of an installation in a period.
enum PublicStanding {
    NotAssessed,
    Open, //       due, before the deadline
    Met,
    MetLate,
    Short, //      past the deadline, not noticed yet
    Noticed,
    Fined,
    FinePaid, //   units are still due
    Closed,
    Appealed //    the fine is; units are still due
}

/// @dev Bits of {Obligation-flags}.
library ObligationFlags {
    uint8 internal constant CAPPED = 1; // the cap, or the waiver of a gas plant's deficit, holds it below emissions
    uint8 internal constant LATE = 2; //   something was surrendered after the deadline
}

/// @dev Obligation of an installation for a period. Amounts in units [t]; 40 bits hold a million million.
/// @dev Stored apart: `due 40 | capped 1 | assessed 1` of six installations in a word (see {Lanes}), written by {assess};
/// the rest in one slot of the installation's own, first written by its operator's surrender. State follows from them.
struct Obligation {
    uint40 due;
    uint40 allowances; //  surrendered so far
    uint40 offsets; //     surrendered so far; never above their limit
    uint40 late; //        part of the two surrendered after the deadline
    uint40 deducted; //    sent to the next allocation at closing
    uint40 added; //       due beside `due`: ordered in place of missing units, see {IPenalties-decide}
    uint40 borrowed; //    part of the allowances that are of a later vintage
    ObligationState state;
    uint8 flags; //        see {ObligationFlags}
}

/// @dev An installation's position in a period, for people and pages.
struct Standing {
    SchemeId scheme;
    ParticipantId operator; //   present operator
    ObligationState state;
    PenaltyState penalty;
    uint256 openT; //            [t] still to surrender
    uint256 shortfallT; //       [t] missing at the deadline; before it, still to be surrendered
    uint256 offsetRoomT; //      [t] part of the open amount that offsets may still cover
    uint256 fineDueCents;
    uint256 deadline; //         [s] of the period
}

/// @dev Keys of rule packs which only Compliance reads, beside {ParamKeys}. All may be absent.
library ComplianceKeys {
    /// @dev Older vintages a period admits; absent: all. 0 admits the period's own alone.
    bytes32 internal constant CARRY_VINTAGES = keccak256("obligation.carry_vintages");
    /// @dev Later vintages a period admits (borrowing); absent: none.
    bytes32 internal constant BORROW_VINTAGES = keccak256("obligation.borrow_vintages");
    /// @dev Share of the due amount that later vintages may meet [ppm], rounded down; absent: all of it.
    bytes32 internal constant BORROW_LIMIT_PPM = keccak256("borrowing.limit_ppm");
    /// @dev Number of the period in which a part is due for a year of a longer one; absent: no part.
    bytes32 internal constant PART_PERIOD = keccak256("obligation.part_period");
    /// @dev Share of the year's emissions that is due as that part [ppm], rounded up.
    bytes32 internal constant PART_SURRENDER_PPM = keccak256("obligation.part_surrender_ppm");
    /// @dev Scheme number of the credits admitted as offsets; absent: the scheme's own.
    bytes32 internal constant OFFSET_CREDIT_SCHEME = keccak256("offset.credit_scheme");
    /// @dev Oldest vintage of an admitted offset; absent: any.
    bytes32 internal constant OFFSET_OLDEST_VINTAGE = keccak256("offset.oldest_vintage");
    /// @dev Newest vintage of an admitted offset; absent: any.
    bytes32 internal constant OFFSET_NEWEST_VINTAGE = keccak256("offset.newest_vintage");
    /// @dev Host country of an admitted offset, ISO 3166-1 numeric; absent: any.
    bytes32 internal constant OFFSET_HOST_COUNTRY = keccak256("offset.host_country");
    /// @dev Sets by bit, each absent: any. Bit n admits activity, kind of project or methodology number n.
    bytes32 internal constant OFFSET_ACTIVITIES = keccak256("offset.activities");
    bytes32 internal constant OFFSET_KINDS = keccak256("offset.kinds");
    bytes32 internal constant OFFSET_METHODOLOGIES = keccak256("offset.methodologies");
    /// @dev Party whose scheme it is, ISO 3166-1 numeric: units that it acquired under Article 6 are admitted; absent: none.
    bytes32 internal constant OFFSET_ACQUIRING_PARTY = keccak256("offset.acquiring_party");
    /// @dev Fine bounds for each missing unit [0.01 currency]; used where the fixed bounds are absent.
    bytes32 internal constant PENALTY_MIN_CENTS_PER_T = keccak256("penalty.min_cents_per_t");
    bytes32 internal constant PENALTY_MAX_CENTS_PER_T = keccak256("penalty.max_cents_per_t");
    /// @dev Fine bounds as multiples of a price [ppm]; used where neither bounds above are there, with the price that
    /// {IPenalties-finePriceOf} gives.
    bytes32 internal constant PENALTY_MULTIPLE_MIN = keccak256("penalty.multiple_min_ppm");
    bytes32 internal constant PENALTY_MULTIPLE_MAX = keccak256("penalty.multiple_max_ppm");
    /// @dev Calendar months whose trades make that price, at most 24.
    bytes32 internal constant PENALTY_PRICE_MONTHS = keccak256("penalty.price_months");
    /// @dev 1: turnover through volume of listed and block trades; 2: a mean, which is not kept on chain.
    bytes32 internal constant PENALTY_PRICE_RULE = keccak256("penalty.price_rule");
    /// @dev The last of those months. 1: the deadline's own; 2: the one before it.
    bytes32 internal constant PENALTY_PRICE_UNTIL = keccak256("penalty.price_until");
    /// @dev Units due for each missing one, in its place [ppm]; absent, or 1: no more than the missing ones.
    bytes32 internal constant PENALTY_UNITS_PPM = keccak256("penalty.units_for_each_ppm");
    /// @dev No fine is higher [0.01 currency]; absent: no cap.
    bytes32 internal constant PENALTY_CAP_CENTS = keccak256("penalty.cap_cents");
    /// @dev Between notice and decision [days]; absent: none.
    bytes32 internal constant PENALTY_HEARING_DAYS = keccak256("penalty.hearing_days");
    /// @dev Between decision and the end of the time to appeal [days]; absent: no appeal.
    bytes32 internal constant PENALTY_APPEAL_DAYS = keccak256("penalty.appeal_days");
    /// @dev Measures a decision may order beside money, by bit, see {PenaltyMeasures}; absent: nothing.
    bytes32 internal constant PENALTY_MEASURES = keccak256("penalty.measures");
    /// @dev Between decision and debit [days], so that the operator may pay by itself; absent: none.
    bytes32 internal constant PENALTY_PAYMENT_DAYS = keccak256("penalty.payment_days");
    /// @dev Between the deadline and closing [days], while a late surrender is possible; absent: none.
    bytes32 internal constant PENALTY_CLOSING_DAYS = keccak256("penalty.closing_days");
}

/// @title ICompliance
/// @notice Obligations of installations and their surrender; shortfalls are in {IPenalties}.
/// @dev Obligations are keyed by installation and period; a plant that is sold takes them, and any fine, along.
///
/// ```
///                 assess (due > 0)        surrender the rest, in time or late
///  obligation  None ────────────▶ Open ───────────────────────────────────────▶ Met
///                └── assess (due = 0) ──────────────────────────────────────────▲
///                                  └── deduct (officer, fine decided, closing date passed) ─▶ Closed
/// ```
/// @dev A period of several years may have parts: for each year but the last a period of its own, of that year alone,
/// with its own deadline, in which a share of the year's emissions is due. A part is surrendered, noticed and fined
/// like any other obligation. When the whole is assessed its parts are closed, and the units surrendered for them
/// count; the penalty for a part's shortfall has to be decided first, so that nothing falls between the two.
/// @dev The same contract answers {IPenalties} through its extension; obligation and penalty run side by side. Late
/// surrender is possible until closing and marked as late; it does not undo a notice or a fine. The amount open at
/// closing is multiplied by the deduction factor and owed to the installation's next allocation.
/// @dev `obligation.*` values of the pack are those of the period's last year (see {rulesTime}); `offset.*` and `penalty.*`
/// values are those that hold at the surrender deadline.
interface ICompliance {
    /// @notice Emitted when an obligation is fixed; amounts in [t].
    /// @param emissionsT verified emissions of the period
    /// @param freeT final free allocation
    event ObligationAssessed(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        uint256 emissionsT,
        uint256 freeT,
        uint256 due,
        bool capped
    );

    /// @notice Emitted for each surrender; which units left is in `UnitsExited` of the unit contracts, with the
    /// obligation as reference (see {obligationRef}).
    /// @param wallet who gave the order
    event UnitsSurrendered(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        address wallet,
        uint256 allowances,
        uint256 offsets,
        bool late,
        bool fromLedger
    );

    /// @notice Emitted before {ObligationAssessed} of a period of several years, for each of its parts.
    /// @param partId period of the part, which is closed now
    /// @param counted [t] what it takes off the whole
    /// @param carried [t] still owed in place of units that were missing in it: due with the whole
    event PartCounted(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        uint16 partId,
        uint256 counted,
        uint256 carried
    );

    /// @notice Emitted when nothing is due any more.
    event ObligationMet(
        SchemeId indexed scheme, uint16 indexed periodId, InstallationId indexed installation, bool late
    );

    /// @notice Thrown when a call carries no item or more than its bound.
    error ComplianceBadCount(uint256 count, uint256 limit);
    /// @notice Thrown when arrays of one call differ in length.
    error ComplianceLengthMismatch(uint256 left, uint256 right);
    /// @notice Thrown when the installation belongs to another scheme, or (0) does not exist.
    error ComplianceWrongScheme(InstallationId installation, SchemeId scheme, SchemeId actual);
    /// @notice Thrown when the obligation is fixed already.
    error ComplianceAlreadyAssessed(InstallationId installation, uint16 periodId);
    /// @notice Thrown when the free allocation is neither final nor tabled.
    error ComplianceAllocationNotFinal(InstallationId installation, uint16 periodId);
    /// @notice Thrown when the report of a year of the period is not final.
    error ComplianceReportNotFinal(InstallationId installation, uint16 year);
    /// @notice Thrown for a period whose totals run on from year to year: {ICumulativeCompliance} judges it.
    error ComplianceCumulative(SchemeId scheme, uint16 periodId);
    /// @notice Thrown when a figure does not fit its bits.
    error ComplianceTooLarge(InstallationId installation, uint256 value);
    /// @notice Thrown when the obligation is not in the state the act needs.
    error ComplianceWrongState(InstallationId installation, uint16 periodId, ObligationState state);
    /// @notice Thrown when the caller is no wallet of the operator with the right for this act: to surrender, or to manage.
    error ComplianceNotOperator(address wallet, InstallationId installation, ParticipantId operator);
    /// @notice Thrown when an amount is zero.
    error ComplianceZeroAmount();
    /// @notice Thrown when a unit is neither an allowance nor an offset the scheme admits, or of a vintage the period does
    /// not admit.
    error ComplianceUnitRefused(UnitId id, uint16 periodId);
    /// @notice Thrown when more is surrendered than is open [t].
    error ComplianceMoreThanDue(InstallationId installation, uint256 amount, uint256 open);
    /// @notice Thrown when offsets would exceed their limit [t].
    error ComplianceOffsetLimit(InstallationId installation, uint256 amount, uint256 room);
    /// @notice Thrown when allowances of later vintages would exceed their limit [t].
    error ComplianceBorrowLimit(InstallationId installation, uint256 amount, uint256 room);
    /// @notice Thrown when units were missing in a part of the period, and the penalty for it is not final.
    error CompliancePartUnsettled(InstallationId installation, uint16 partId, PenaltyState state);
    /// @notice Thrown when the ledger account holds less than asked, or the unit has no market [units].
    error ComplianceLedgerShort(ParticipantId operator, UnitId id, uint256 asked, uint256 taken);
    /// @notice Thrown when an amount is no whole number of the market's lots.
    error ComplianceNotWholeLots(UnitId id, uint256 amount, uint256 lotSize);
    /* OBLIGATION */

    /// @notice Fixes obligations, at most 200, once for each. Anyone, as soon as emissions and allocation are final. Those
    /// fixed already are passed over, unless all are.
    /// @dev due = emissions E; with `obligation.cap_over_free_ppm` at most `free + floor(E × cap / 1e6)`; a gas plant under
    /// `obligation.gas_deficit_exempt` owes at most `free`. Rounding down: the cap is never exceeded.
    /// @dev Part of a longer period: due = `ceil(E × obligation.part_surrender_ppm / 1e6)`, whatever was allocated. Whole period
    /// with parts, each of which must be assessed: units surrendered for them come off, down to 0, and units
    /// still owed in place of those missing in them come on top.
    /// @dev A report that is final is never restated: allocation and obligation stand on the same figures.
    function assess(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external;

    /// @notice {IAllocation-trueUp}, then {assess}, in one transaction: their common reads are warm. Anyone.
    function trueUpAndAssess(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external;

    /* SURRENDER */

    /// @notice Gives up units of the caller's wallet against the obligation; at most 32 items, ids may repeat. Caller: a
    /// wallet of the installation's operator with the right SURRENDER, whatever the operator's status: it is a duty.
    /// @dev Offsets: at most `floor(due × offset.limit_ppm / 1e6)`, never more than the pack's share; without it, none.
    /// @dev Borrowing: allowances of at most `obligation.borrow_vintages` later vintages, of them at most
    /// `floor(due × borrowing.limit_ppm / 1e6)`.
    /// @dev Only the operator surrenders: a helper sells or transfers its units to the operator first, so that the
    /// trade is seen. Final. Possible from assessment to closing; after the deadline it counts as late.
    function surrender(InstallationId installation, uint16 periodId, UnitId[] calldata ids, uint256[] calldata amounts)
        external;

    /// @notice The same from the operator's accounts on the Exchange. Open orders of an account are voided when its other
    /// lots are too few.
    function surrenderFromLedger(
        InstallationId installation,
        uint16 periodId,
        UnitId[] calldata ids,
        uint256[] calldata amounts
    ) external;

    /* VIEWS */

    /// @notice The obligation of an installation for a period; all zero when not assessed. Reverts for an unknown period.
    function obligationOf(InstallationId installation, uint16 periodId) external view returns (Obligation memory);

    /// @notice Position of an installation in a period.
    function standing(InstallationId installation, uint16 periodId) external view returns (Standing memory);

    /// @notice Status on the public list, and the shortfall noticed or still to be noticed [t].
    function publicStanding(InstallationId installation, uint16 periodId)
        external
        view
        returns (PublicStanding standing_, uint256 shortfall);

    /// @notice Amount due on given figures [t], and whether that is less than `emissionsT`.
    function dueFor(SchemeId scheme, uint16 periodId, uint8 benchmarkClass, uint256 emissionsT, uint256 freeT)
        external
        view
        returns (uint256 due, bool capped);

    /// @notice How much of a due amount offsets may cover in a period [t].
    function offsetLimitFor(SchemeId scheme, uint16 periodId, uint256 due) external view returns (uint256);
}
