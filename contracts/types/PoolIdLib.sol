// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title PoolIdLib
/// @notice Ids of holding-limit pools: `class 8 | scheme 16 | grouped 1 | participant or group 24`, high to low.
/// @dev `class 8 | scheme 16` is the key of a class of units, whose markets share the limit.
library PoolIdLib {
    uint256 private constant OWNER_BITS = 25;
    uint256 private constant GROUPED = 1 << 24;

    function classKey(uint256 class, uint256 scheme) internal pure returns (uint256) {
        return (class << 16) | scheme;
    }

    /// @dev Key of a market whose unit names no class: no other market shares it.
    function soleKey(uint256 market) internal pure returns (uint256) {
        return (1 << 24) | market;
    }

    function ofParticipant(uint256 key, uint24 participant) internal pure returns (uint256) {
        return (key << OWNER_BITS) | participant;
    }

    function ofGroup(uint256 key, uint24 group) internal pure returns (uint256) {
        return (key << OWNER_BITS) | GROUPED | group;
    }
}
