// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev One dated value of a rule key, low to high: `number 16 | from 40 | value 192`; `number` counts the key's values from
/// 1, `from` [s] is when the value takes effect. 0 = no value.
type PackedParam is uint256;

using PackedParamLib for PackedParam global;

/// @title PackedParamLib
library PackedParamLib {
    uint256 private constant FROM = 16;
    uint256 private constant VALUE = 56;

    /// @dev Assumes that each part fits its field.
    function pack(uint256 number_, uint256 from_, uint256 value_) internal pure returns (PackedParam) {
        return PackedParam.wrap(number_ | from_ << FROM | value_ << VALUE);
    }

    function exists(PackedParam w) internal pure returns (bool) {
        return PackedParam.unwrap(w) != 0;
    }

    function number(PackedParam w) internal pure returns (uint256) {
        return uint16(PackedParam.unwrap(w));
    }

    function from(PackedParam w) internal pure returns (uint256) {
        return uint40(PackedParam.unwrap(w) >> FROM);
    }

    function value(PackedParam w) internal pure returns (uint256) {
        return PackedParam.unwrap(w) >> VALUE;
    }
}
