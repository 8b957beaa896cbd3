// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../../interfaces/types/Ids.sol";
import {ReportBatch} from "../../../interfaces/evidence/IEmissionsOracle.sol";
import {OpinionWord, ReportWord} from "../../../interfaces/types/ReportTypes.sol";

/// @title ReportHash
/// @notice EIP-712 struct hashes of emission reports, opinions and batches.
/// @dev Reports and opinions are hashed out of packed words in one memory buffer that is written again for each: a batch
/// of 200 would otherwise pay for 80 kB of memory. A buffer is `allocate`d once and holds type hash and digest all along.
library ReportHash {
    bytes32 internal constant REPORT_TYPEHASH = keccak256(
        "EmissionReport(uint32 installation,uint16 year,uint8 revision,uint64 emissionsT,uint64 powerMwh,uint64 heatGj,uint8 gwpSet,uint32 lineCount,bytes32 linesRoot,bytes32 evidenceRoot,bytes32 configDigest,uint64 signedAt)"
    );
    bytes32 internal constant OPINION_TYPEHASH = keccak256(
        "VerificationOpinion(bytes32 report,uint32 installation,uint16 year,uint24 body,uint8 assurance,uint32 materialityPpm,uint64 emissionsT,bytes32 configDigest,uint64 signedAt)"
    );
    bytes32 internal constant BATCH_TYPEHASH = keccak256(
        "ReportBatch(bytes32 root,uint32 count,uint64 totalEmissionsT,uint64 totalPowerMwh,uint64 totalHeatGj,uint24 body,uint8 assurance,uint32 materialityPpm,bytes32 configDigest,uint64 sequence,uint64 signedAt)"
    );

    /// @notice A buffer for reports signed under `digest`.
    function reportBuffer(bytes32 digest) internal pure returns (uint256 buffer) {
        bytes32 typeHash = REPORT_TYPEHASH;
        assembly ("memory-safe") {
            buffer := mload(0x40)
            mstore(0x40, add(buffer, 0x1a0))
            mstore(buffer, typeHash)
            mstore(add(buffer, 0x160), digest)
        }
    }

    /// @notice Struct hash of a report.
    function hashReport(uint256 buffer, ReportWord report, bytes32 linesRoot, bytes32 evidenceRoot)
        internal
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            mstore(add(buffer, 0x020), and(report, 0xffffffff)) // installation
            mstore(add(buffer, 0x040), and(shr(32, report), 0xffff)) // year
            mstore(add(buffer, 0x060), and(shr(48, report), 0xff)) // revision
            mstore(add(buffer, 0x080), and(shr(56, report), 0xffffffffff)) // emissions
            mstore(add(buffer, 0x0a0), and(shr(96, report), 0xffffffffff)) // power
            mstore(add(buffer, 0x0c0), and(shr(136, report), 0xffffffffff)) // heat
            mstore(add(buffer, 0x0e0), and(shr(176, report), 0xff)) // gwpSet
            mstore(add(buffer, 0x100), and(shr(184, report), 0xffffffff)) // lineCount
            mstore(add(buffer, 0x120), linesRoot)
            mstore(add(buffer, 0x140), evidenceRoot)
            mstore(add(buffer, 0x180), shr(216, report)) // signedAt
            hash := keccak256(buffer, 0x1a0)
        }
    }

    /// @notice A buffer for the opinions about one report, which differ in the body only.
    /// @dev With 0xe0 bytes before it, where {Panels} puts the input of the recovery and of the digest.
    function opinionBuffer(bytes32 digest, bytes32 reportHash, ReportWord report, OpinionWord opinion)
        internal
        pure
        returns (uint256 buffer)
    {
        bytes32 typeHash = OPINION_TYPEHASH;
        assembly ("memory-safe") {
            buffer := add(mload(0x40), 0xe0)
            mstore(0x40, add(buffer, 0x140))
            mstore(buffer, typeHash)
            mstore(add(buffer, 0x020), reportHash)
            mstore(add(buffer, 0x040), and(report, 0xffffffff)) // installation
            mstore(add(buffer, 0x060), and(shr(32, report), 0xffff)) // year
            mstore(add(buffer, 0x0a0), and(shr(72, opinion), 0xff)) // assurance
            mstore(add(buffer, 0x0c0), and(shr(40, opinion), 0xffffffff)) // materiality
            mstore(add(buffer, 0x0e0), and(shr(56, report), 0xffffffffff)) // emissions
            mstore(add(buffer, 0x100), digest)
            mstore(add(buffer, 0x120), and(opinion, 0xffffffffff)) // signedAt
        }
    }

    /// @notice Struct hash of a body's opinion.
    function hashOpinion(uint256 buffer, ParticipantId body) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(add(buffer, 0x080), body)
            hash := keccak256(buffer, 0x140)
        }
    }

    /// @notice Struct hash of a batch.
    function hashBatch(ReportBatch calldata b, bytes32 digest) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                BATCH_TYPEHASH,
                b.root,
                b.count,
                b.totalEmissionsT,
                b.totalPowerMwh,
                b.totalHeatGj,
                b.body,
                b.assurance,
                b.materialityPpm,
                digest,
                b.sequence,
                b.signedAt
            )
        );
    }
}
