// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Quality, ReadingWord} from "../../interfaces/IMeterOracle.sol";
import {MerkleSum, SumWord} from "./MerkleSum.sol";

/// @title MeterReadings
/// @notice The fields of a reading, see {ReadingWord}.
library MeterReadings {
    function pack(
        uint64 importRegisterWh,
        uint64 exportRegisterWh,
        uint40 importWh_,
        uint40 exportWh_,
        uint40 sequence_,
        Quality quality_
    ) internal pure returns (ReadingWord) {
        return ReadingWord.wrap(
            uint256(importRegisterWh) << 192 | uint256(exportRegisterWh) << 128 | uint256(importWh_) << 88
                | uint256(exportWh_) << 48 | uint256(sequence_) << 8 | uint256(quality_)
        );
    }

    function quality(ReadingWord self) internal pure returns (uint256) {
        return uint8(ReadingWord.unwrap(self));
    }

    function exportWh(ReadingWord self) internal pure returns (uint256) {
        return uint40(ReadingWord.unwrap(self) >> 48);
    }

    function importWh(ReadingWord self) internal pure returns (uint256) {
        return uint40(ReadingWord.unwrap(self) >> 88);
    }

    /// @notice Both registers in the upper half, import first, for comparison.
    function registers(ReadingWord self) internal pure returns (uint256) {
        return ReadingWord.unwrap(self) >> 128;
    }

    /// @notice What the leaf adds to its tree.
    function sums(ReadingWord self) internal pure returns (SumWord) {
        return MerkleSum.ofLeaf(importWh(self), exportWh(self), quality(self));
    }
}
