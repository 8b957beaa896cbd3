// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditOrigin} from "./ICreditOrigin.sol";
import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {ProjectId} from "../evidence/IProjects.sol";

/// @dev Keys of a rule pack, shares of what is issued outside the buffer [ppm]; absent: none.
library IssuanceKeys {
    bytes32 internal constant SHARE_OF_PROCEEDS_PPM = keccak256("offset.share_of_proceeds_ppm");
    bytes32 internal constant OVERALL_MITIGATION_PPM = keccak256("offset.overall_mitigation_ppm");
}

/// @dev How an achieved quantity is divided; the parts add up to it [t].
struct Split {
    uint64 buffer; //     rounded up: the commons before the seller
    uint64 proceeds; //   share of proceeds, rounded down
    uint64 cancelled; //  for overall mitigation, rounded down
    uint64 developer; //  the rest, and with it every remainder
}

/// @dev An ex-ante batch: one slot.
struct ExAnte {
    address holder; //  the developer's wallet its units were issued to
    ProjectId project;
    uint64 reportId; // that verified it; 0 before
}

/// @dev What a developer owes for a reversal it could have avoided: one slot.
struct Debt {
    ParticipantId developer;
    SchemeId scheme;
    uint64 owedT; // [t] still open
    uint64 paidT; // [t]
}

/// @title IIssuance
/// @notice How credits of this registry come into being, what officers decide about batches, and who makes good when the
/// carbon is lost again.
/// @dev A batch made from a report has the report's number; an ex-ante batch has 2^62 plus a number of its own.
interface IIssuance is ICreditOrigin {
    /// @notice Emitted when a final monitoring report became credits, at once or by verifying an ex-ante batch.
    /// @param to the developer's wallet
    event CreditsIssued(UnitId indexed id, uint64 indexed reportId, ProjectId indexed project, address to, Split split);

    /// @notice Emitted when credits were issued ahead of any achievement.
    event ExAnteIssued(
        UnitId indexed id, ProjectId indexed project, address to, uint64 quantityT, bytes32 documentHash
    );

    /// @notice Emitted when an ex-ante batch was measured against a report.
    /// @param shortfallT what was promised and not achieved; left as invalidated
    /// @param surplus the batch of what was achieved beyond the promise; 0 when there is none
    event ExAnteVerified(UnitId indexed id, uint64 indexed reportId, uint64 shortfallT, UnitId surplus);

    /// @notice Emitted when an officer named who receives a scheme's share of proceeds.
    event ProceedsAccountSet(SchemeId indexed scheme, ParticipantId indexed account, address officer);

    /// @notice Emitted when carbon of a batch was lost without anybody's fault.
    /// @param paidFrom the batch whose buffer paid
    event ReversedUnavoidably(
        UnitId indexed id, UnitId indexed paidFrom, uint64 amountT, address officer, bytes32 reason
    );

    /// @notice Emitted when carbon of a batch was lost by its developer's fault.
    /// @param takenT left the developer's wallets as reversed
    /// @param debt number of the debt for the rest; 0 when nothing is left
    event ReversedAvoidably(
        UnitId indexed id,
        ParticipantId indexed developer,
        uint64 indexed debt,
        uint64 takenT,
        uint64 owedT,
        address officer,
        bytes32 reason
    );

    /// @notice Emitted when units were handed over for a debt. They left as cancelled with the reference
    /// `address of this contract 160 | number of the debt 96`.
    event DebtPaid(uint64 indexed debt, UnitId indexed id, address indexed from, uint64 amountT, uint64 stillOwedT);

    /// @notice Thrown when a monitoring report is not final.
    error IssuanceReportNotFinal(uint64 reportId);
    /// @notice Thrown when a monitoring report was turned into credits before.
    error IssuanceAlreadyIssued(uint64 reportId, UnitId id);
    /// @notice Thrown when there is nothing to issue.
    error IssuanceNothing(uint64 reportId);
    /// @notice Thrown when the developer owes units for a reversal.
    error IssuanceDeveloperOwes(ParticipantId developer, uint64 owedT);
    /// @notice Thrown when a project is not validated, or its crediting period does not touch the vintage.
    error IssuanceProjectRefused(ProjectId project, uint16 vintage);
    /// @notice Thrown when a batch is not an ex-ante one of this contract.
    error IssuanceNotExAnte(UnitId id);
    /// @notice Thrown when a report is of another project or vintage than the ex-ante batch.
    error IssuanceOtherReport(UnitId id, uint64 reportId);
    /// @notice Thrown when the pack's shares are more than the whole.
    error IssuanceSharesTooLarge(SchemeId scheme, uint256 proceedsPpm, uint256 mitigationPpm);
    /// @notice Thrown when a scheme has a share of proceeds and nobody to receive it.
    error IssuanceNoProceedsAccount(SchemeId scheme);
    /// @notice Thrown when a batch was not issued here.
    error IssuanceUnknownBatch(UnitId id);
    /// @notice Thrown when nothing, or more than was issued, would be reversed of a batch.
    error IssuanceReversalRefused(UnitId id, uint256 amountT, uint256 mostT);
    /// @notice Thrown when another scheme's buffer would pay.
    error IssuanceOtherScheme(UnitId id, UnitId paidFrom);
    /// @notice Thrown when a payment is for no open debt, too much, or in units of another scheme.
    error IssuancePaymentRefused(uint64 debt, UnitId id, uint256 amountT);
    /// @notice Thrown when a wallet lacks the right to surrender, or its participant is not active.
    error IssuanceNotPayer(address wallet);

    /// @notice Thrown when who does not hold all of a batch outside the buffer, or lacks the right to manage, would make
    /// it retire-only.
    error IssuanceNotSeller(UnitId id, address caller, uint256 held, uint256 outsideBuffer);

    /* ISSUE */

    /// @notice Turns the final monitoring report `reportId` into a batch. Officers with the power to issue. Once for each
    /// report, and never to a developer in debt.
    function issueFromReport(uint64 reportId) external returns (UnitId id);

    /// @notice Issues ahead of any achievement: a batch that neither moves nor leaves until it is verified. Officers with
    /// the power to issue.
    /// @param documentHash of the agreement it rests on
    function issueExAnte(ProjectId project, uint16 vintage, uint64 quantityT, bytes32 documentHash)
        external
        returns (UnitId id);

    /// @notice Measures an ex-ante batch against a final report of the same project and vintage. Officers with the power to
    /// issue. What was achieved beyond it becomes an ordinary batch, what was not leaves as invalidated. Buffer and shares
    /// are taken now, of each batch its own.
    function verify(UnitId id, uint64 reportId) external;

    /// @notice Names who receives the share of proceeds. Officers with the power to set rules in all of the scheme.
    function setProceedsAccount(SchemeId scheme, ParticipantId account) external;

    /* STATUS: OF ALL BATCHES, WHOEVER ISSUED THEM */

    /// @notice Locks a batch while its validity is examined, or ends the lock without consequence. Officers with the
    /// power to freeze.
    function setLocked(UnitId id, bool locked, bytes32 reason) external;

    /// @notice Declares a locked or ex-ante batch invalid for ever. Officers with the power to issue.
    /// @dev Warning: cannot be undone. What retired or surrendered before keeps its record.
    function invalidateBatch(UnitId id, bytes32 reason) external;

    /// @notice Decides that a batch can only be retired, whoever buys it. Once and for ever. Caller: a wallet with the
    /// right to manage that holds all of an active batch outside the buffer.
    function setRetireOnly(UnitId id) external;

    /* REVERSALS */

    /// @notice Records that `amountT` of a batch is lost without anybody's fault: the buffer of `paidFrom` pays, the
    /// batch's own or, when that is used up, another one's of the scheme. Officers with the power to issue.
    function reverseUnavoidable(UnitId id, UnitId paidFrom, uint64 amountT, bytes32 reason) external;

    /// @notice Records that `amountT` of a batch is lost by its developer's fault: what its wallets hold of the batch leaves
    /// first, frozen or not; the rest is a debt. Officers with the power to issue.
    function reverseAvoidable(UnitId id, uint64 amountT, bytes32 reason) external returns (uint64 debt);

    /// @notice Pays a debt with units of any active batch of its scheme. Caller: a wallet of an active participant with the
    /// right to surrender, the developer's or another's.
    function payDebt(uint64 debt, UnitId id, uint64 amountT) external;

    /* VIEWS */

    /// @notice How `quantityT` is divided if it is issued now.
    function splitOf(SchemeId scheme, uint64 quantityT, uint24 bufferPpm) external view returns (Split memory);

    /// @notice The batch made from a monitoring report, or verified by it; zero if none.
    function batchOfReport(uint64 reportId) external view returns (UnitId);

    /// @notice The report behind a batch; 0 for an ex-ante batch that is not verified. Reverts for other batches.
    function reportOf(UnitId id) external view returns (uint64);

    /// @notice An ex-ante batch; zero when it is none.
    function exAnte(UnitId id) external view returns (ExAnte memory);

    /// @notice Who receives a scheme's share of proceeds; 0 when nobody is named.
    function proceedsAccount(SchemeId scheme) external view returns (ParticipantId);

    /// @notice [t] of a batch recorded as lost.
    function reversedOf(UnitId id) external view returns (uint64);

    /// @notice A debt; zero when there is none of this number.
    function debtOf(uint64 debt) external view returns (Debt memory);

    /// @notice [t] a developer owes in all.
    function owedBy(ParticipantId developer) external view returns (uint64);

    /// @notice The highest number of a debt so far; numbers run from 1.
    function lastDebt() external view returns (uint64);
}
