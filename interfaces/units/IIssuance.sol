// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditOrigin} from "./ICreditOrigin.sol";
import {IOutcomeBatches} from "./IOutcomeBatches.sol";
import {InstallationId, ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {ProjectId} from "../evidence/IProjects.sol";

/// @dev Keys of a rule pack: shares of the quantity outside the buffer [ppm]; absent: 0.
library IssuanceKeys {
    bytes32 internal constant SHARE_OF_PROCEEDS_PPM = keccak256("offset.share_of_proceeds_ppm");
    bytes32 internal constant OVERALL_MITIGATION_PPM = keccak256("offset.overall_mitigation_ppm");
    /// @dev Share that is credited of the mitigation of a project at a plant under a cap [ppm]; absent: nothing.
    bytes32 internal constant CAPPED_PLANT_PPM = keccak256("offset.capped_plant_ppm");
}

/// @dev Parts of an achieved quantity; they add up to it [t].
struct Split {
    uint64 buffer; //     rounded up
    uint64 proceeds; //   share of proceeds, rounded down
    uint64 cancelled; //  for overall mitigation, rounded down
    uint64 developer; //  the rest, with all remainders
}

/// @dev An ex-ante batch: one slot.
struct ExAnte {
    address holder; //  developer's wallet, recipient of the issue
    ProjectId project;
    uint64 reportId; // verifying report; 0 before
}

/// @dev Debt of a developer for an avoidable reversal: one slot.
struct Debt {
    ParticipantId developer;
    SchemeId scheme;
    uint64 owedT; // [t] open
    uint64 paidT; // [t]
}

/// @title IIssuance
/// @notice Issue of this registry's credits, status of batches, and compensation of reversals.
/// @dev A batch issued from a report has the report's number; an ex-ante batch has 2^62 plus a number of its own.
interface IIssuance is ICreditOrigin, IOutcomeBatches {
    /// @notice Emitted when credits are issued from a final monitoring report, or verified by it.
    /// @param to the developer's wallet
    event CreditsIssued(UnitId indexed id, uint64 indexed reportId, ProjectId indexed project, address to, Split split);

    /// @notice Emitted when credits are issued ex ante.
    event ExAnteIssued(
        UnitId indexed id, ProjectId indexed project, address to, uint64 quantityT, bytes32 documentHash
    );

    /// @notice Emitted when an ex-ante batch is verified by a report.
    /// @param shortfallT promised and not achieved; exits as invalidated
    /// @param surplus batch of the quantity beyond the promise; 0 when there is none
    event ExAnteVerified(UnitId indexed id, uint64 indexed reportId, uint64 shortfallT, UnitId surplus);

    /// @notice Emitted when an officer sets the recipient of a scheme's share of proceeds.
    event ProceedsAccountSet(SchemeId indexed scheme, ParticipantId indexed account, address officer);

    /// @notice Emitted when an unavoidable reversal is recorded.
    /// @param paidFrom batch whose buffer compensates
    event ReversedUnavoidably(
        UnitId indexed id, UnitId indexed paidFrom, uint64 amountT, address officer, bytes32 reason
    );

    /// @notice Emitted when an avoidable reversal is recorded.
    /// @param takenT exit from the developer's wallets as reversed
    /// @param debt number of the debt for the rest; 0 when there is none
    event ReversedAvoidably(
        UnitId indexed id,
        ParticipantId indexed developer,
        uint64 indexed debt,
        uint64 takenT,
        uint64 owedT,
        address officer,
        bytes32 reason
    );

    /// @notice Emitted when units are paid for a debt. They exit as cancelled with the reference
    /// `address of this contract 160 | number of the debt 96`.
    event DebtPaid(uint64 indexed debt, UnitId indexed id, address indexed from, uint64 amountT, uint64 stillOwedT);

    /// @notice Thrown when a monitoring report is not final.
    error IssuanceReportNotFinal(uint64 reportId);
    /// @notice Thrown when credits were already issued from a monitoring report.
    error IssuanceAlreadyIssued(uint64 reportId, UnitId id);
    /// @notice Thrown when a report has no quantity to issue.
    error IssuanceNothing(uint64 reportId);
    /// @notice Thrown when the developer owes units for a reversal.
    error IssuanceDeveloperOwes(ParticipantId developer, uint64 owedT);
    /// @notice Thrown when a project is not validated, its methodology was withdrawn, or its crediting period does not overlap the
    /// vintage.
    error IssuanceProjectRefused(ProjectId project, uint16 vintage);
    /// @notice Thrown when a promise and what was issued and promised before for the vintage are more than the project's cap.
    /// Remedy: promise less, or invalidate a promise that will not be kept.
    error IssuanceBeyondCap(ProjectId project, uint16 vintage, uint256 quantityT, uint256 mostT);
    /// @notice Thrown when nothing is credited of a project, because it stands at a plant under a cap and the pack leaves nothing.
    error IssuanceAtCappedPlant(ProjectId project, InstallationId installation);
    /// @notice Thrown when a batch is not an ex-ante one of this contract.
    error IssuanceNotExAnte(UnitId id);
    /// @notice Thrown when a report is of another project or vintage than the ex-ante batch.
    error IssuanceOtherReport(UnitId id, uint64 reportId);
    /// @notice Thrown when the rule pack's shares add up to more than the whole.
    error IssuanceSharesTooLarge(SchemeId scheme, uint256 proceedsPpm, uint256 mitigationPpm);
    /// @notice Thrown when a scheme has a share of proceeds and no account for it.
    error IssuanceNoProceedsAccount(SchemeId scheme);
    /// @notice Thrown when a batch was not issued here.
    error IssuanceUnknownBatch(UnitId id);
    /// @notice Thrown when a reversal is of zero, or of more than the batch has left to reverse.
    error IssuanceReversalRefused(UnitId id, uint256 amountT, uint256 mostT);
    /// @notice Thrown when the buffer is one of another scheme.
    error IssuanceOtherScheme(UnitId id, UnitId paidFrom);
    /// @notice Thrown when a payment is for no open debt, exceeds it, or is in units of another scheme or set apart for use abroad.
    error IssuancePaymentRefused(uint64 debt, UnitId id, uint256 amountT);
    /// @notice Thrown when a wallet lacks the right to surrender, or its participant is not active.
    error IssuanceNotPayer(address wallet);

    /// @notice Thrown when the caller does not hold all of a batch outside the buffer, or lacks the right to manage.
    error IssuanceNotSeller(UnitId id, address caller, uint256 held, uint256 outsideBuffer);

    /* ISSUE */

    /// @notice Issues a batch from the final monitoring report `reportId`. Caller: power ISSUE. Once for each report, and
    /// never to a developer in debt. A report whose project is suspended, whose methodology was withdrawn or whose body has an
    /// interest by now issues nothing ({IProjectReports-checkIssuable}).
    function issueFromReport(uint64 reportId) external returns (UnitId id);

    /// @notice Issues ex ante: a batch without transfers or exits until it is verified. Caller: power ISSUE. With what was issued
    /// and promised for the vintage it stays within the project's cap for the credited part of that year.
    /// @param documentHash of the agreement
    function issueExAnte(ProjectId project, uint16 vintage, uint64 quantityT, bytes32 documentHash)
        external
        returns (UnitId id);

    /// @notice Verifies an ex-ante batch by a final report of the same project and vintage. Caller: power ISSUE. A surplus
    /// becomes an ordinary batch, a shortfall exits as invalidated. Buffer and shares are taken now, of each batch its own.
    function verify(UnitId id, uint64 reportId) external;

    /// @notice Sets the recipient of the share of proceeds. Caller: power RULES in all of the scheme.
    function setProceedsAccount(SchemeId scheme, ParticipantId account) external;

    /* STATUS */

    /// @notice Takes an ex-ante batch that was invalidated off what is expected of its project and vintage; does nothing with
    /// another one. Anyone; the desk does it with the invalidation.
    function endPromise(UnitId id) external;

    /// @notice Makes a batch retire-only, for ever. Caller: a wallet with the right MANAGE that holds all of an active batch
    /// outside the buffer.
    function setRetireOnly(UnitId id) external;

    /* REVERSALS */

    /// @notice Records an unavoidable reversal of `amountT` of a batch: the buffer of `paidFrom` compensates, the batch's own
    /// or, when that is used up, another one's of the scheme. Caller: power ISSUE.
    function reverseUnavoidable(UnitId id, UnitId paidFrom, uint64 amountT, bytes32 reason) external;

    /// @notice Records an avoidable reversal of `amountT` of a batch: the developer's own units of the batch exit first,
    /// frozen or not; the rest is a debt. Caller: power ISSUE.
    function reverseAvoidable(UnitId id, uint64 amountT, bytes32 reason) external returns (uint64 debt);

    /// @notice Pays a debt with units of any active batch of its scheme. Caller: a wallet with the right SURRENDER of any
    /// active participant.
    function payDebt(uint64 debt, UnitId id, uint64 amountT) external;

    /* VIEWS */

    /// @notice Parts of `quantityT` if it is issued now.
    function splitOf(SchemeId scheme, uint64 quantityT, uint24 bufferPpm) external view returns (Split memory);

    /// @notice The batch issued from a monitoring report, or verified by it; zero if none.
    function batchOfReport(uint64 reportId) external view returns (UnitId);

    /// @notice The report behind a batch; 0 for an ex-ante batch that is not verified. Reverts for other batches.
    function reportOf(UnitId id) external view returns (uint64);

    /// @notice Up to `most` batches of a project in the order of issue, from the one at place `from` (0 first) on.
    function batchesOf(ProjectId project, uint256 from, uint256 most) external view returns (UnitId[] memory ids);

    /// @notice An ex-ante batch; zero when `id` is none.
    function exAnte(UnitId id) external view returns (ExAnte memory);

    /// @notice Issued from reports of a vintage and promised for it, less what was not achieved [t].
    function expectedOf(ProjectId project, uint16 vintage) external view returns (uint64);

    /// @notice Recipient of a scheme's share of proceeds; 0 when none is set.
    function proceedsAccount(SchemeId scheme) external view returns (ParticipantId);

    /// @notice Total reversed of a batch [t].
    function reversedOf(UnitId id) external view returns (uint64);

    /// @notice A debt; zero when no debt has this number.
    function debtOf(uint64 debt) external view returns (Debt memory);

    /// @notice Total open debt of a developer [t].
    function owedBy(ParticipantId developer) external view returns (uint64);

    /// @notice Count of debts; their numbers run from 1.
    function lastDebt() external view returns (uint64);
}
