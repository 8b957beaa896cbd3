// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Listed trades of a calendar month, low to high: `lots 64 | turnover 192`. Turnover [0.0001 currency].
type PackedMonth is uint256;

using PackedMonthLib for PackedMonth global;

/// @title PackedMonthLib
library PackedMonthLib {
    function lots(PackedMonth m) internal pure returns (uint256) {
        return uint64(PackedMonth.unwrap(m));
    }

    function turnover(PackedMonth m) internal pure returns (uint256) {
        return PackedMonth.unwrap(m) >> 64;
    }

    /// @dev Assumes a day's volume and turnover: 2^28 full days fit.
    function add(PackedMonth m, uint256 lots_, uint256 turnover_) internal pure returns (PackedMonth) {
        return PackedMonth.wrap(PackedMonth.unwrap(m) + lots_ + (turnover_ << 64));
    }
}
