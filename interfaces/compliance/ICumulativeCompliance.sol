// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";

/// @dev What an installation's account says at a deadline. `None`: not judged. `Unverified`: a covered year has no figure.
enum Verdict {
    None,
    Complies, // all that was surrendered is at least all that was verified
    Short,
    Unverified
}

/// @dev Account of an installation in a phase, since it entered: one slot, lowest first. Bit n of a set is year
/// `obligation.cumulative_from + n` of the phase.
struct RunningAccount {
    uint56 verifiedT; //    [t CO2e]
    uint56 surrenderedT; // [t]
    uint32 covered; //      years in which the scheme covers the installation
    uint32 counted; //      years whose verified figure is in `verifiedT`
    uint16 periodId; //     last period of an act
    bool judged; //         whether that period is
    uint56 toldT; //        [t] missing, and told by an earlier verdict: no later one tells them again
}

/// @dev A correction of figures on record, up or down [t].
struct Correction {
    InstallationId installation;
    int56 verifiedT;
    int56 surrenderedT;
    bytes32 reasonHash; // of the decision's document
}

/// @dev Keys of rule packs which only CumulativeCompliance reads, and Compliance to leave such periods to it.
library CumulativeKeys {
    /// @dev First year of the phase whose figures are summed up; absent: each period stands alone, see {ICompliance}.
    bytes32 internal constant CUMULATIVE_FROM = keccak256("obligation.cumulative_from");
}

/// @dev Reference of a surrender to an account: `4 | scheme 16 | period 16 | installation 32`, installation lowest; no other
/// reference has the leading 4.
function runningRef(SchemeId scheme, uint16 periodId, InstallationId installation) pure returns (bytes32) {
    return bytes32(
        uint256(4) << 64 | uint256(SchemeId.unwrap(scheme)) << 48 | uint256(periodId) << 32
            | InstallationId.unwrap(installation)
    );
}

/// @title ICumulativeCompliance
/// @notice Compliance by running totals, as the European registry judges it: an installation complies when all that it
/// surrendered since it entered is at least all that was verified.
/// @dev For periods whose pack has `obligation.cumulative_from`, read as of the period's last year (see {rulesTime}): totals
/// run from that year to the next value. Surrender is possible at any time and of any amount: ahead of the due amount, and
/// beyond it. The rest is a credit, or an obligation that stays open.
///
/// ```
///  cover (officer) ─▶ account ◀─ count (anyone): a final report
///                        ▲ ▲────── correct (officer): figures on record, up or down
///                        └──────── surrender (operator)
///            judge (anyone, once the deadline is over) ─▶ verdict of the period
/// ```
/// @dev Every act names a period whose deadline is not over, and no act is possible for a later period before the last one
/// with an act is judged: a verdict says the totals at the deadline, whenever it is asked for. A correction
/// after a verdict is thereby a new obligation, or credit, whose date is the deadline of the period it names.
/// @dev Allowances alone are surrendered here, of the vintages that `obligation.carry_vintages` and
/// `obligation.borrow_vintages` admit.
/// @dev A verdict tells the tonnes that are missing and that no earlier one told: the shortfall of its period, which
/// {IPenalties} notices, fines and hears as it does that of a period that stands alone. Each missing tonne is told once, what is
/// surrendered goes to the oldest first, and a fine releases from none: all stay due by the next deadline.
/// @dev A pause stops surrenders; a deadline moves with it, see {IPausable}.
/// @dev Storage: a slot an account and phase, 64 verdicts a slot, a slot a shortfall. Events rebuild all.
interface ICumulativeCompliance {
    /// @notice Emitted for each installation that enters, leaves or enters again.
    /// @param year from which on, to the end of the phase
    event CoverageSet(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        uint16 year,
        bool covered,
        bytes32 reasonHash
    );

    /// @notice Emitted for each verified year that an account takes in; amounts in [t CO2e].
    event VerifiedCounted(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        uint16 year,
        uint256 emissionsT,
        uint256 verifiedT
    );

    /// @notice Emitted for each correction; `verifiedT` and `surrenderedT` are the totals after it [t].
    /// @param dueBy deadline of what it makes due [s]
    event FiguresCorrected(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        address officer,
        int256 verifiedBy,
        int256 surrenderedBy,
        uint256 verifiedT,
        uint256 surrenderedT,
        uint256 dueBy,
        bytes32 reasonHash
    );

    /// @notice Emitted for each surrender; which units left is in `UnitsExited`, with {runningRef}.
    event AllowancesSurrendered(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        address wallet,
        uint256 amount,
        uint256 surrenderedT
    );

    /// @notice Emitted for each verdict, with the totals it stands on [t].
    event ComplianceJudged(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        uint256 verifiedT,
        uint256 surrenderedT,
        bool covered,
        Verdict verdict
    );

    /// @notice Emitted for each verdict that finds tonnes missing which no earlier one told.
    /// @param shortfallT [t] of this period, as {IPenalties} notices it
    event ShortfallJudged(
        SchemeId indexed scheme, uint16 indexed periodId, InstallationId indexed installation, uint256 shortfallT
    );

    /// @notice Thrown when the period's pack lets each period stand alone, or its phase has more than 32 years.
    error CumulativeNotRunning(SchemeId scheme, uint16 periodId);
    /// @notice Thrown when a call carries no item or more than its bound.
    error CumulativeBadCount(uint256 count, uint256 limit);
    /// @notice Thrown when arrays of one call differ in length.
    error CumulativeLengthMismatch(uint256 left, uint256 right);
    /// @notice Thrown when the installation belongs to another scheme, or (0) does not exist.
    error CumulativeWrongScheme(InstallationId installation, SchemeId scheme, SchemeId actual);
    /// @notice Thrown when the installation was never covered in the phase.
    error CumulativeNotEntered(InstallationId installation, uint16 periodId);
    /// @notice Thrown when the coverage is as asked already.
    error CumulativeNothingChanges(InstallationId installation, uint16 periodId);
    /// @notice Thrown when the period's deadline is over: the act belongs to a later period.
    error CumulativeDeadlineOver(uint16 periodId, uint256 deadline);
    /// @notice Thrown when a verdict is asked for before the deadline is over.
    error CumulativeDeadlineAhead(uint16 periodId, uint256 deadline);
    /// @notice Thrown when an earlier period has still to be judged.
    error CumulativeUnjudged(InstallationId installation, uint16 periodId);
    /// @notice Thrown when the period is judged, or a later one has acts.
    error CumulativeJudged(InstallationId installation, uint16 periodId);
    /// @notice Thrown when a year is not of the phase, or after the period.
    error CumulativeWrongYear(uint16 year, uint16 first, uint16 last);
    /// @notice Thrown when the year's verified figure is in the account.
    error CumulativeAlreadyCounted(InstallationId installation, uint16 year);
    /// @notice Thrown when the year's report is not final.
    error CumulativeReportNotFinal(InstallationId installation, uint16 year);
    /// @notice Thrown when a total would fall below 0 or pass its 56 bits [t].
    error CumulativeOutOfRange(InstallationId installation, int256 total);
    /// @notice Thrown when an amount is zero, or a correction changes nothing.
    error CumulativeZeroAmount();
    /// @notice Thrown when the caller is no wallet of the operator with the right to surrender.
    error CumulativeNotOperator(address wallet, InstallationId installation, ParticipantId operator);
    /// @notice Thrown when a unit is no allowance of the scheme, or of a vintage the period does not admit.
    error CumulativeUnitRefused(UnitId id, uint16 periodId);

    /// @notice Covers installations from the period's first year to the end of the phase, or ends that: entry, exclusion,
    /// closure, entry again. At most 200. Caller: power DETERMINE in each one's jurisdiction.
    /// @dev A year that is not covered needs no verified figure; the totals stay.
    function cover(
        SchemeId scheme,
        uint16 periodId,
        InstallationId[] calldata installations,
        bool covered,
        bytes32 reasonHash
    ) external;

    /// @notice Takes the final reports of a year into the accounts, at most 200, once for each. Anyone. Counted ones are
    /// passed over, unless all are. The year is one of the phase, at most the period's last.
    function count(SchemeId scheme, uint16 periodId, uint16 year, InstallationId[] calldata installations) external;

    /// @notice Corrects figures on record, at most 200. Caller: power DETERMINE in each one's jurisdiction.
    function correct(SchemeId scheme, uint16 periodId, Correction[] calldata corrections) external;

    /// @notice Gives up allowances of the caller's wallet; at most 32 items. Caller: a wallet of the installation's operator with
    /// the right SURRENDER, whatever the operator's status: it is a duty. Final, and no amount is too much.
    function surrender(InstallationId installation, uint16 periodId, UnitId[] calldata ids, uint256[] calldata amounts)
        external;

    /// @notice Says of installations whether they complied at the period's deadline, at most 200, once for each. Anyone, once it
    /// is over. Judged ones are passed over, unless all are.
    function judge(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external;

    /// @notice The account of an installation in the phase of a period; all zero before it enters.
    function accountOf(InstallationId installation, uint16 periodId) external view returns (RunningAccount memory);

    /// @notice Tonnes still to be surrendered, and those surrendered ahead and beyond [t]; one of the two is 0.
    function positionOf(InstallationId installation, uint16 periodId)
        external
        view
        returns (uint256 openT, uint256 creditT);

    /// @notice The verdict of a period; None before it.
    function verdictOf(InstallationId installation, uint16 periodId) external view returns (Verdict);

    /// @notice Tonnes that the verdict of a period found missing and no earlier one had told [t]; 0 before it.
    function shortfallOf(InstallationId installation, uint16 periodId) external view returns (uint256);
}
