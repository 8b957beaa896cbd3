// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title ReportingYear
/// @notice Calendar years of the Gregorian calendar, in UTC or in a zone [s] east of it.
/// @dev A zone is within 14 hours and keeps no summer time, as {ISchemes} has it.
library ReportingYear {
    /// @notice First moment of `year` [s]; years before 1970 give 0.
    function start(uint256 year) internal pure returns (uint256) {
        if (year <= 1970) return 0;
        // Leap days of the years before `year`, less those before 1970; every term is positive from 1971 on.
        unchecked {
            uint256 y = year - 1;
            uint256 leapDays = y / 4 - y / 100 + y / 400 - 477;
            return ((year - 1970) * 365 + leapDays) * 1 days;
        }
    }

    /// @notice Hours of `year`: 8,760 or 8,784.
    function hoursOf(uint256 year) internal pure returns (uint256) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        return leap ? 8784 : 8760;
    }

    /// @notice The year `time` [s] falls into.
    function yearOf(uint256 time) internal pure returns (uint256 year) {
        // 31,556,952 s is the mean year: the estimate is right or one off, which the loops below mend.
        year = 1970 + time / 31_556_952;
        while (start(year + 1) <= time) ++year;
        while (start(year) > time) --year;
    }

    /// @notice First moment of the zone's `year` [s]; 0 where that is before 1970 in UTC.
    function start(uint256 year, int256 utcOffset) internal pure returns (uint256) {
        int256 first = int256(start(year)) - utcOffset; // years of 16 bits are 2.1e12 s
        return first < 0 ? 0 : uint256(first); // compared
    }

    /// @notice The zone's year that `time` [s, at most 64 bits] falls into; moments before 1970 there count as 1970.
    function yearOf(uint256 time, int256 utcOffset) internal pure returns (uint256) {
        int256 local = int256(time) + utcOffset;
        return yearOf(local < 0 ? 0 : uint256(local)); // compared
    }
}
