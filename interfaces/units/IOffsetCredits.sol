// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../types/Ids.sol";
import {Exit, IUnit1155} from "./IUnit1155.sol";

/// @dev A block of serial numbers, both ends included.
struct SerialBlock {
    uint32 registry; // 1 is this registry; others in the order of their registration
    uint64 series; //   issuance series inside that registry; 0 where it counts through
    uint64 first;
    uint64 last;
}

enum BatchStatus {
    None,
    Active,
    Locked, //      under examination: no transfer, no exit but reversal
    Invalidated, // final: the only exit is invalidation
    ExAnte //       issued ahead of any reduction: no transfer, no exit until a report verifies it
}

/// @dev One batch of credits.
struct Batch {
    BatchStatus status;
    bool retireOnly; //      its units can only be sold and retired
    ParticipantId seller; // of a retire-only batch: may withdraw unsold units from the venue; else 0
    uint8 inUse; //          index of the block that the next exit takes from
    uint64 next; //          next serial number to attach; one past the block in use when it is used up
    SerialBlock[] blocks; // in the order of use; one of this registry, at most 32 of another
}

/// @dev A recipient of an issue.
struct Recipient {
    address to;
    uint64 amount; // [t]
}

/// @title IOffsetCredits
/// @notice Offset credits [t CO2e], in batches with serial numbers.
/// @dev Two contracts issue, set once: the issuance of this registry (batch numbers below 2^63) and the immobilisation of
/// other registries' blocks (batch numbers from 2^63). Serial numbers of this registry come from one counter, so that its
/// blocks cannot overlap. They are attached at the exit, first in first out over the blocks of a batch.
/// @dev The buffer of a batch is the balance of this contract itself, `balanceOf(address(this), id)`; no transfer reaches it.
interface IOffsetCredits is IUnit1155 {
    /// @notice Emitted when a batch of this registry is issued; `UnitsIssued` beside it names the evidence.
    /// @param buffer Credited to the buffer [t]; part of the block.
    /// @param status Active or ExAnte
    event BatchIssued(UnitId indexed id, uint64 firstSerial, uint64 lastSerial, uint256 buffer, BatchStatus status);

    /// @notice Emitted when a block of another registry is issued as units of a batch.
    event BlockIssued(UnitId indexed id, SerialBlock block_);

    /// @notice Emitted when an ex-ante batch is verified, beside `BatchStatusChanged`.
    /// @param buffer Moved from the holder to the buffer [t].
    /// @param shortfall Not achieved; exits as invalidated [t].
    event BatchVerified(UnitId indexed id, address indexed holder, uint256 buffer, uint256 shortfall, bytes32 evidence);

    /// @notice Emitted at every exit, with its serial numbers.
    event SerialsAttached(
        UnitId indexed id, address indexed from, bytes32 indexed ref, Exit kind, SerialBlock[] blocks
    );

    /// @notice Emitted when the status of a batch changes.
    /// @param officer author of the decision; the issuance itself when a report verified the batch
    event BatchStatusChanged(
        UnitId indexed id, BatchStatus previous, BatchStatus status, address officer, bytes32 reason
    );

    /// @notice Emitted when the seller of a batch makes it retire-only.
    event BatchRetireOnly(UnitId indexed id, ParticipantId indexed seller);

    /// @notice Emitted once, when the issuing contracts and the desk are set.
    event IssuersSet(address indexed issuance, address indexed immobilisation, address indexed desk);

    /// @notice Thrown when the caller is not the issuing contract that the call belongs to.
    error OffsetNotIssuer(address caller);
    /// @notice Thrown when the issuers are already set, or the issuance is no contract.
    error OffsetIssuersRefused(address current, address proposed);
    /// @notice Thrown when an id is outside its issuer's batch numbers, or in use.
    error OffsetBatchRefused(UnitId id);
    /// @notice Thrown when a batch would be issued in a status other than Active or ExAnte.
    error OffsetStatusRefused(BatchStatus status);
    /// @notice Thrown when a block is empty or longer than 2^32 serial numbers, not of the batch's registry, or differs from
    /// the amount credited.
    error OffsetBlockRefused(uint32 registry, uint64 first, uint64 last);
    /// @notice Thrown when a batch has reached its limit of blocks.
    error OffsetTooManyBlocks(UnitId id, uint256 most);
    /// @notice Thrown when a batch does not exist.
    error OffsetBatchUnknown(UnitId id);
    /// @notice Thrown when the status of a batch does not allow the call.
    error OffsetBatchStatus(UnitId id, BatchStatus status);
    /// @notice Thrown when units of a retire-only batch would exit by another kind, or a block would join the batch.
    error OffsetRetireOnly(UnitId id);

    /* ISSUE: THE TWO ISSUERS ONLY */

    /// @notice Issues a batch with the next serial numbers of this registry, or with some that were given before. Caller: the
    /// issuance.
    /// @param to wallets of active participants, or the caller itself
    /// @param buffer [t] credited to the buffer
    /// @param evidence hash of the monitoring report or agreement
    /// @param status Active or ExAnte
    /// @param kept first of the serial numbers, which units that have just left another batch keep; 0 for the next ones
    /// @return first the first serial number
    function issueOwn(
        UnitId id,
        Recipient[] calldata to,
        uint64 buffer,
        bytes32 evidence,
        BatchStatus status,
        uint64 kept
    ) external returns (uint64 first);

    /// @notice Issues a block of another registry as a new batch, or appends it to one: at most 32 blocks. Caller: the
    /// immobilisation, which ensures that the block was never used. All of the block is credited.
    function issueBlock(UnitId id, Recipient[] calldata to, SerialBlock calldata block_, bytes32 evidence) external;

    /// @notice Verifies an ex-ante batch: the shortfall exits as invalidated, then the shares go from the holder to their
    /// recipients and the buffer. Caller: the issuance.
    /// @param shortfall [t] not achieved
    function verifyBatch(
        UnitId id,
        address holder,
        Recipient[] calldata to,
        uint64 buffer,
        uint64 shortfall,
        bytes32 evidence
    ) external;

    /// @notice Exit as reversed: from the buffer (`from` is this contract) or from a wallet, frozen units too. Caller: the
    /// issuance.
    function reverse(UnitId id, address from, uint256 amount, bytes32 ref) external;

    /* EXIT */

    /// @notice {exit} that returns the serial numbers, in order.
    function exitWithSerials(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        external
        returns (SerialBlock[] memory blocks);

    /// @notice Whether one surrender for `ref` took exactly `blocks` of a batch of this registry, in order.
    function wasSurrenderOf(UnitId id, SerialBlock[] calldata blocks, bytes32 ref) external view returns (bool);

    /* STATUS */

    /// @notice Locks an active batch, unlocks it, or invalidates a locked or ex-ante one. Caller: the desk, which bars the batch's
    /// market in the same transaction.
    /// @dev Warning: Invalidated is final. Earlier retirements and surrenders keep their record.
    /// @param officer author of the decision
    function setBatchStatus(UnitId id, BatchStatus status, address officer, bytes32 reason) external;

    /// @notice Makes an active batch retire-only, for ever. Caller: the issuance, which has checked that `seller` holds all
    /// of it outside the buffer.
    /// @dev From then on units move from the seller's wallets to the venue, back to the seller's wallets, and from the venue
    /// to a controller that retires.
    function setRetireOnly(UnitId id, ParticipantId seller) external;

    /// @notice Exit of all units, frozen ones too, that up to 200 holders have of an invalidated batch. Caller: any account.
    /// Units in the venue's ledger exit through a controller that debits there.
    function clearInvalidated(UnitId id, address[] calldata holders) external;

    /* WIRING */

    /// @notice Sets the issuing contracts, and the desk that alone locks, unlocks and invalidates batches; they cannot be
    /// changed. Restricted. Without an immobilisation (zero) no block of another registry can be issued.
    function setIssuers(address issuance, address immobilisation, address desk) external;

    /* VIEWS */

    /// @notice The batch of `id`; reverts when there is none.
    function batch(UnitId id) external view returns (Batch memory);

    /// @notice Issuing contract of a batch, which answers {ICreditOrigin}, and the batch's number there.
    function originOf(UnitId id) external view returns (address issuer, uint64 number);

    /// @notice Next serial number of this registry.
    function nextSerial() external view returns (uint64);
}
