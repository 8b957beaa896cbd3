// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IContractSigned} from "../types/IContractSigned.sol";
import {ParticipantId} from "../types/Ids.sol";

/// @dev What an auditor signed. The signature is compact (ERC-2098).
struct SignedCheckpoint {
    uint64 number; //     of the block
    bytes32 blockHash;
    bytes32 history; //   digest of all logs of the market up to the block
    bytes32 state; //     digest of the state rebuilt from them
    bytes32 r;
    bytes32 vs;
}

/// @title IAuditCheckpoints
/// @notice Keeps what participants who replay the market signed: block, hash, digests of history and state.
/// @dev Signed by EIP-712, domain "tonne AuditCheckpoints" version "1" with chain id and this contract:
///
/// `AuditCheckpoint(uint64 block,bytes32 blockHash,bytes32 history,bytes32 state)`
///
/// A checkpoint of another fork is refused, since the chain knows its last 256 blocks. Two participants who rebuilt
/// the same market signed the same digests; the first that differs raises an alarm, and any account can replay to see
/// which is wrong. Nothing here decides it.
interface IAuditCheckpoints is IContractSigned {
    /// @notice Emitted for each checkpoint.
    event CheckpointKept(
        ParticipantId indexed auditor,
        uint64 indexed number,
        bytes32 blockHash,
        bytes32 history,
        bytes32 state,
        address signer
    );
    /// @notice Emitted when the digests are not those of the first checkpoint of that block.
    /// @param first participant whose checkpoint of the block came first
    event CheckpointsDiffer(ParticipantId indexed auditor, uint64 indexed number, ParticipantId indexed first);

    /// @notice Thrown when a block is not among the last 256 of this chain with that hash. Remedy: read the chain anew at
    /// another node, and sign a block of it.
    /// @param ownHash 0 for a block that is older or to come
    error CheckpointsOtherBlock(uint64 number, bytes32 blockHash, bytes32 ownHash);
    /// @notice Thrown when the signer is no wallet of an active participant with the right to report.
    /// Remedy: sign with such a wallet.
    error CheckpointsNotAuditor(address signer, uint8 rights, uint8 status);
    /// @notice Thrown when the participant has signed that block before. Remedy: sign a later block.
    error CheckpointsTwice(ParticipantId auditor, uint64 number);

    /// @notice Keeps a checkpoint. Any account may bring it.
    function keep(SignedCheckpoint calldata checkpoint) external;

    /// @notice {keep}, where a wallet that is a contract signed (ERC-1271): `r` is its address and `vs` the complement of the
    /// place of its signature, 2^256 - 1 for the first. Any account may bring it.
    function keepWithContractSignatures(SignedCheckpoint calldata checkpoint, bytes[] calldata contractSignatures)
        external;

    /// @notice Keccak-256 of block hash, history and state as a participant signed them for a block; 0 for none.
    function digestOf(ParticipantId auditor, uint64 number) external view returns (bytes32);

    /// @notice The participant whose checkpoint of a block came first; 0 for none.
    function firstOf(uint64 number) external view returns (ParticipantId);
}
