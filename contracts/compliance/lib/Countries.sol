// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Countries
/// @notice The alpha-2 codes of ISO 3166-1, as `tonne/data/countries.csv` has them.
/// @dev Codes are numbered from AA = 0 by 26 a letter, 256 to a word; a set bit is a country.
library Countries {
    uint256 private constant FROM_AA = 0x0340400f7818068d0015fb9fb0095c000e00d48015843f27deddbdefeedf5978;
    uint256 private constant FROM_JW = 0x9fbb3ae7fdf1510040000001538f3c400100084b25d7fffcfd4f8141f42b1d00;
    uint256 private constant FROM_TS = 0x000000000000000000000001004004080010000000004002004085570410419a;

    /// @notice Whether two capital letters are a country.
    function isKnown(bytes2 code) internal pure returns (bool) {
        (uint256 first, uint256 second) = (uint8(code[0]), uint8(code[1]));
        if (first < 65 || first > 90 || second < 65 || second > 90) return false;
        uint256 number = 26 * (first - 65) + second - 65; // below 676
        uint256 word = number < 256 ? FROM_AA : number < 512 ? FROM_JW : FROM_TS;
        return word >> number % 256 & 1 == 1;
    }
}
