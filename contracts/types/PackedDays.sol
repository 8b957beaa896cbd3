// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Listed trades of three market days in a row, the first one lowest: `volume 36 | turnover 48` each, as in
/// {PackedMarket}; the top four bits are 0. Turnover [0.0001 currency].
type PackedDays is uint256;

using PackedDaysLib for PackedDays global;

/// @title PackedDaysLib
library PackedDaysLib {
    uint256 internal constant DAYS = 3;
    uint256 private constant WIDTH = 84;
    uint256 private constant VOLUME = 36;

    /// @dev Of market day `day`, in the word of number `day / 3`.
    function volume(PackedDays d, uint256 day) internal pure returns (uint256) {
        return (PackedDays.unwrap(d) >> _shift(day)) & ((1 << VOLUME) - 1);
    }

    function turnover(PackedDays d, uint256 day) internal pure returns (uint256) {
        return (PackedDays.unwrap(d) >> (_shift(day) + VOLUME)) & ((1 << 48) - 1);
    }

    /// @dev With the trades of a day, which were 0. Assumes fields of {PackedMarket}.
    function withDay(PackedDays d, uint256 day, uint256 volume_, uint256 turnover_) internal pure returns (PackedDays) {
        return PackedDays.wrap(PackedDays.unwrap(d) | ((volume_ | (turnover_ << VOLUME)) << _shift(day)));
    }

    function _shift(uint256 day) private pure returns (uint256) {
        return (day % DAYS) * WIDTH;
    }
}
