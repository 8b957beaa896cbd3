// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {MerkleSum, SumWord} from "./MerkleSum.sol";

/// @dev Energy and registers of one meter in one interval, packed low: `quality 8 | sequence 40 | export 40 | import 40 |
/// registers 128`. Energy [Wh] in the interval; registers at its end, as the commitment to both that {MeterRecord} has; the
/// sequence is the meter's own counter of signed records, 0 where the reading rests on none.
type ReadingWord is uint256;

using MeterReadings for ReadingWord global;

/// @dev Where a leaf is and who signed, in one word, packed low: `key index 8 | meter 32 | count 32 | index 32 | start 40 |
/// node 24`.
type LeafPlace is uint256;

using MeterReadings for LeafPlace global;

/// @title MeterReadings
/// @notice The fields of a reading and of where its leaf is, see {ReadingWord} and {LeafPlace}.
library MeterReadings {
    function pack(bytes16 registers_, uint40 importWh_, uint40 exportWh_, uint40 sequence_, Quality quality_)
        internal
        pure
        returns (ReadingWord)
    {
        return ReadingWord.wrap(
            uint256(bytes32(registers_)) | uint256(importWh_) << 88 | uint256(exportWh_) << 48 | uint256(sequence_) << 8
                | uint256(quality_)
        );
    }

    function quality(ReadingWord self) internal pure returns (uint256) {
        return uint8(ReadingWord.unwrap(self));
    }

    /// @notice The number of the record that it rests on; 0 for none that its meter signed.
    function sequence(ReadingWord self) internal pure returns (uint256) {
        return uint40(ReadingWord.unwrap(self) >> 8);
    }

    function exportWh(ReadingWord self) internal pure returns (uint256) {
        return uint40(ReadingWord.unwrap(self) >> 48);
    }

    function importWh(ReadingWord self) internal pure returns (uint256) {
        return uint40(ReadingWord.unwrap(self) >> 88);
    }

    /// @notice The commitment to both registers.
    function registers(ReadingWord self) internal pure returns (bytes16) {
        return bytes16(bytes32(ReadingWord.unwrap(self)));
    }

    /// @notice The sums that a leaf adds to its tree.
    function sums(ReadingWord self) internal pure returns (SumWord) {
        return MerkleSum.ofLeaf(importWh(self), exportWh(self), quality(self));
    }

    function place(NodeId node, uint40 start, uint32 index, uint32 count, MeterId meter, uint8 keyIndex)
        internal
        pure
        returns (LeafPlace)
    {
        return LeafPlace.wrap(
            uint256(NodeId.unwrap(node)) << 144 | uint256(start) << 104 | uint256(index) << 72 | uint256(count) << 40
                | uint256(MeterId.unwrap(meter)) << 8 | keyIndex
        );
    }

    function nodeOf(LeafPlace self) internal pure returns (NodeId) {
        return NodeId.wrap(uint24(LeafPlace.unwrap(self) >> 144));
    }

    function startOf(LeafPlace self) internal pure returns (uint40) {
        return uint40(LeafPlace.unwrap(self) >> 104);
    }

    function indexOf(LeafPlace self) internal pure returns (uint256) {
        return uint32(LeafPlace.unwrap(self) >> 72);
    }

    function countOf(LeafPlace self) internal pure returns (uint256) {
        return uint32(LeafPlace.unwrap(self) >> 40);
    }

    function meterOf(LeafPlace self) internal pure returns (MeterId) {
        return MeterId.wrap(uint32(LeafPlace.unwrap(self) >> 8));
    }

    function keyIndexOf(LeafPlace self) internal pure returns (uint256) {
        return uint8(LeafPlace.unwrap(self));
    }
}
