// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Quoting duties of a market maker, low to high: `maximum spread 16 | minimum lots 32 | presence ppm 32 | from day 32 |
/// until day 32`. Days are local days since 1970-01-01; until day 0 = until further notice. 0 = no duties.
type PackedDuties is uint224;

using PackedDutiesLib for PackedDuties global;

/// @title PackedDutiesLib
library PackedDutiesLib {
    function pack(uint16 maximumSpread_, uint32 minimumLots_, uint32 presencePpm_, uint32 fromDay_, uint32 untilDay_)
        internal
        pure
        returns (PackedDuties)
    {
        return PackedDuties.wrap(
            maximumSpread_ | (uint224(minimumLots_) << 16) | (uint224(presencePpm_) << 48) | (uint224(fromDay_) << 80)
                | (uint224(untilDay_) << 112)
        );
    }

    function maximumSpread(PackedDuties d) internal pure returns (uint16) {
        return uint16(PackedDuties.unwrap(d));
    }

    function minimumLots(PackedDuties d) internal pure returns (uint32) {
        return uint32(PackedDuties.unwrap(d) >> 16);
    }

    function presencePpm(PackedDuties d) internal pure returns (uint32) {
        return uint32(PackedDuties.unwrap(d) >> 48);
    }

    function fromDay(PackedDuties d) internal pure returns (uint32) {
        return uint32(PackedDuties.unwrap(d) >> 80);
    }

    function untilDay(PackedDuties d) internal pure returns (uint32) {
        return uint32(PackedDuties.unwrap(d) >> 112);
    }
}
