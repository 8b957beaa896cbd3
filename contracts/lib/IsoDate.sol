// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {ReportingYear} from "./ReportingYear.sol";

/// @title IsoDate
/// @notice Days in ISO 8601, for texts that people read.
library IsoDate {
    /// @notice `YYYY-MM-DD` of a day of the Gregorian calendar.
    /// @param day [days since 1970-01-01]
    function text(uint256 day) internal pure returns (string memory) {
        uint256 year = ReportingYear.yearOf(day * 1 days);
        uint256 rest = day - ReportingYear.start(year) / 1 days;
        bool leap = ReportingYear.hoursOf(year) == 366 * 24;
        uint256 month = 1;
        for (uint256 length = 31; rest >= length; length = _daysOf(month, leap)) {
            rest -= length;
            ++month;
        }
        return string.concat(Strings.toString(year), _part(month), _part(rest + 1));
    }

    function _daysOf(uint256 month, bool leap) private pure returns (uint256) {
        if (month == 2) return leap ? 29 : 28;
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }

    function _part(uint256 value) private pure returns (string memory) {
        return string.concat(value < 10 ? "-0" : "-", Strings.toString(value));
    }
}
