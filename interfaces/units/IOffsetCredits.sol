// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../types/Ids.sol";
import {Exit, IUnit1155} from "./IUnit1155.sol";

/// @dev A run of serial numbers, both ends included. One storage slot.
struct SerialBlock {
    uint32 registry; // 1 is this registry; others are numbered when their blocks are first immobilised
    uint64 series; //   issuance series inside that registry; 0 where it counts through
    uint64 first;
    uint64 last;
}

enum BatchStatus {
    None,
    Active,
    Locked, //      nothing of the batch moves or leaves; the way back is open
    Invalidated, // nothing of the batch moves again; holdings leave as invalidated
    ExAnte //       issued before anything was achieved: nothing moves or leaves until a report verifies it
}

/// @dev One batch of credits.
struct Batch {
    BatchStatus status;
    bool retireOnly; //      units can be sold and retired, and nothing else
    ParticipantId seller; // who made it so, and may take units back from the venue; 0 when it is not
    uint8 inUse; //          place of the block that the next exit takes from, from 0
    uint64 next; //          the next serial number to attach; one beyond the block in use when that is used up
    SerialBlock[] blocks; // all it has had, in the order in which they are used; one in this registry, at most 32
}

/// @dev Whom an issue credits.
struct Recipient {
    address to;
    uint64 amount; // [t]
}

/// @title IOffsetCredits
/// @notice Tonnes reduced or removed [t], in batches with serial numbers.
/// @dev Two contracts issue, wired once and for ever: the issuance of this registry (batch numbers below 2^63) and the
/// immobilisation of other registries' blocks (batch numbers from 2^63). Serial numbers of this registry come from one
/// counter, so that two of its blocks cannot overlap. They attach to a person at the exit, first in first out over the
/// blocks of a batch, and never before.
/// @dev The buffer of a batch is the balance of this contract itself, `balanceOf(address(this), id)`: nobody can
/// transfer it.
interface IOffsetCredits is IUnit1155 {
    /// @notice Emitted when a batch of this registry came into being. `UnitsIssued` beside it names the evidence.
    /// @param buffer Credited to the buffer [t]; the block is as long as everything issued.
    /// @param status Active or ExAnte
    event BatchIssued(UnitId indexed id, uint64 firstSerial, uint64 lastSerial, uint256 buffer, BatchStatus status);

    /// @notice Emitted when a block of another registry became units of a batch.
    event BlockIssued(UnitId indexed id, SerialBlock block_);

    /// @notice Emitted when an ex-ante batch was verified; `BatchStatusChanged` comes with it.
    /// @param buffer Moved from the holder to the buffer [t].
    /// @param shortfall What was not achieved and left as invalidated [t].
    event BatchVerified(UnitId indexed id, address indexed holder, uint256 buffer, uint256 shortfall, bytes32 evidence);

    /// @notice Emitted at every exit: exactly these serial numbers left.
    event SerialsAttached(
        UnitId indexed id, address indexed from, bytes32 indexed ref, Exit kind, SerialBlock[] blocks
    );

    /// @notice Emitted when the status of a batch changed.
    /// @param officer who decided; the issuance itself when a report verified the batch
    event BatchStatusChanged(
        UnitId indexed id, BatchStatus previous, BatchStatus status, address officer, bytes32 reason
    );

    /// @notice Emitted when the seller of a batch decided that its units can only be retired.
    event BatchRetireOnly(UnitId indexed id, ParticipantId indexed seller);

    /// @notice Emitted once, when the contracts that issue were wired.
    event IssuersSet(address indexed issuance, address indexed immobilisation);

    /// @notice Thrown when somebody else than the contract wired for it would issue, change the status or reverse.
    error OffsetNotIssuer(address caller);
    /// @notice Thrown when the issuers are wired twice, or the issuance is no contract.
    error OffsetIssuersRefused(address current, address proposed);
    /// @notice Thrown when an id is not one its issuer may use, or is in use.
    error OffsetBatchRefused(UnitId id);
    /// @notice Thrown when a batch would begin in a status that is no beginning.
    error OffsetStatusRefused(BatchStatus status);
    /// @notice Thrown when a block is empty or of more than 2^32 serial numbers, of this registry, none or another than the
    /// batch's, or not what is credited.
    error OffsetBlockRefused(uint32 registry, uint64 first, uint64 last);
    /// @notice Thrown when a batch has all the blocks it may have.
    error OffsetTooManyBlocks(UnitId id, uint256 most);
    /// @notice Thrown when a batch does not exist.
    error OffsetBatchUnknown(UnitId id);
    /// @notice Thrown when a batch is not in the status an act needs.
    error OffsetBatchStatus(UnitId id, BatchStatus status);
    /// @notice Thrown when units that can only be retired would leave another way, or a block would join them.
    error OffsetRetireOnly(UnitId id);

    /* ISSUE: THE TWO ISSUERS ONLY */

    /// @notice Opens a batch with the next serial numbers of this registry. The issuance only.
    /// @param to wallets of active participants, or the caller itself
    /// @param buffer [t] credited to the buffer
    /// @param evidence hash of what justifies the issue
    /// @param status Active or ExAnte
    /// @return first the first serial number
    function issueOwn(UnitId id, Recipient[] calldata to, uint64 buffer, bytes32 evidence, BatchStatus status)
        external
        returns (uint64 first);

    /// @notice Opens a batch with a block of another registry, or appends the block to it: at most 32 blocks. The
    /// immobilisation only, which answers for the block never having been used. All of the block is credited.
    function issueBlock(UnitId id, Recipient[] calldata to, SerialBlock calldata block_, bytes32 evidence) external;

    /// @notice Makes an ex-ante batch real: what was not achieved leaves as invalidated, then the shares go from the
    /// holder to their recipients and the buffer. The issuance only.
    /// @param shortfall [t] not achieved
    function verifyBatch(
        UnitId id,
        address holder,
        Recipient[] calldata to,
        uint64 buffer,
        uint64 shortfall,
        bytes32 evidence
    ) external;

    /// @notice Takes `amount` of a batch out as reversed: from the buffer (`from` is this contract) or from a wallet,
    /// frozen units too. The issuance only.
    function reverse(UnitId id, address from, uint256 amount, bytes32 ref) external;

    /* EXIT */

    /// @notice `exit`, and returns the serial numbers that left, in order.
    function exitWithSerials(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        external
        returns (SerialBlock[] memory blocks);

    /// @notice Whether one surrender of own serial numbers, answering `ref`, took exactly `blocks` of a batch, in order.
    function wasSurrenderOf(UnitId id, SerialBlock[] calldata blocks, bytes32 ref) external view returns (bool);

    /* STATUS */

    /// @notice Locks an active batch, unlocks it, or declares a locked or ex-ante one invalid for ever. The issuance only.
    /// @dev Warning: invalid is final. What retired or surrendered before keeps its record.
    /// @param officer who decided
    function setBatchStatus(UnitId id, BatchStatus status, address officer, bytes32 reason) external;

    /// @notice Makes an active batch one that can only be retired, whoever buys it, for ever. The issuance only, which has
    /// seen that `seller` holds all of it outside the buffer.
    /// @dev From then on units go from the seller's wallets to the venue, back to the seller's own wallets, and out of
    /// the venue to a controller that retires.
    function setRetireOnly(UnitId id, ParticipantId seller) external;

    /// @notice Takes the holdings of `holders`, frozen ones too, out of an invalidated batch; at most 200
    /// holders. Anybody. What is in the venue's ledger leaves through a controller that debits there.
    function clearInvalidated(UnitId id, address[] calldata holders) external;

    /* WIRING */

    /// @notice Names the contracts that issue, once and for ever. Restricted. Without an immobilisation (zero) no block
    /// of another registry ever comes in.
    function setIssuers(address issuance, address immobilisation) external;

    /* VIEWS */

    /// @notice The batch of `id`; reverts when there is none.
    function batch(UnitId id) external view returns (Batch memory);

    /// @notice Where a batch comes from: the contract that issued it and knows the rest, see {ICreditOrigin}, and the
    /// number it has there.
    function originOf(UnitId id) external view returns (address issuer, uint64 number);

    /// @notice The next serial number this registry will issue.
    function nextSerial() external view returns (uint64);
}
