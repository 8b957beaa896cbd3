// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MeterId} from "../../interfaces/types/MeterTypes.sol";

/// @title PackedMetersLib
/// @notice Up to eight meters in one word: `meter 32` each, the first lowest.
library PackedMetersLib {
    uint256 internal constant MAX_METERS = 8;
    uint256 private constant WIDTH = 32;

    /// @notice The word with a meter at an empty place. Assumes `index < MAX_METERS`.
    function put(uint256 word, uint256 index, MeterId meter) internal pure returns (uint256) {
        return word | uint256(MeterId.unwrap(meter)) << WIDTH * index;
    }

    function at(uint256 word, uint256 index) internal pure returns (MeterId) {
        return MeterId.wrap(uint32(word >> WIDTH * index));
    }
}
