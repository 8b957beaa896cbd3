// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Block trades of a day, low to high: `lots 60 | turnover 71 | fees 69 | trades 20 | low tick 16 | high tick 16 | 0 4`;
/// of a month: `lots 65 | turnover 76 | fees 74 | trades 41`. Turnover and fees [0.0001 currency].
type BlockDayWord is uint256;

type BlockMonthWord is uint256;

using BlockWords for BlockDayWord global;
using BlockWords for BlockMonthWord global;

/// @title BlockWords
/// @notice Statistics of block trades, one word a day and one a month.
/// @dev A trade has at most 2^40 lots and, bounded by what the ledger holds, a turnover below 2^51; its fees, twice at most
/// 65,535 ppm, are below a quarter of that. 2^20 trades fit a day (checked by {full}), 31 days a month.
library BlockWords {
    uint256 private constant DAY_TURNOVER = 60;
    uint256 private constant DAY_FEES = 131;
    uint256 private constant DAY_TRADES = 200;
    uint256 private constant DAY_LOW = 220;
    uint256 private constant DAY_HIGH = 236;

    uint256 private constant MONTH_TURNOVER = 65;
    uint256 private constant MONTH_FEES = 141;
    uint256 private constant MONTH_TRADES = 215;

    uint256 private constant MAX_TRADES = (1 << 20) - 1;

    // ------------------------------------------------------------------ day

    function lots(BlockDayWord d) internal pure returns (uint256) {
        return BlockDayWord.unwrap(d) & ((1 << 60) - 1);
    }

    function turnover(BlockDayWord d) internal pure returns (uint256) {
        return (BlockDayWord.unwrap(d) >> DAY_TURNOVER) & ((1 << 71) - 1);
    }

    function fees(BlockDayWord d) internal pure returns (uint256) {
        return (BlockDayWord.unwrap(d) >> DAY_FEES) & ((1 << 69) - 1);
    }

    function trades(BlockDayWord d) internal pure returns (uint256) {
        return (BlockDayWord.unwrap(d) >> DAY_TRADES) & MAX_TRADES;
    }

    /// @dev 0 = no trade.
    function lowTick(BlockDayWord d) internal pure returns (uint16) {
        return uint16(BlockDayWord.unwrap(d) >> DAY_LOW);
    }

    function highTick(BlockDayWord d) internal pure returns (uint16) {
        return uint16(BlockDayWord.unwrap(d) >> DAY_HIGH);
    }

    function full(BlockDayWord d) internal pure returns (bool) {
        return d.trades() == MAX_TRADES;
    }

    /// @dev Assumes a day that is not {full}; `tick` from 1 to 2^16 − 1.
    function add(BlockDayWord d, uint256 lots_, uint256 turnover_, uint256 fees_, uint256 tick)
        internal
        pure
        returns (BlockDayWord)
    {
        uint256 low = d.lowTick();
        uint256 high = d.highTick();
        if (low == 0 || tick < low) low = tick;
        if (tick > high) high = tick;
        unchecked {
            uint256 sums = BlockDayWord.unwrap(d) & ((1 << DAY_LOW) - 1);
            sums += lots_ + (turnover_ << DAY_TURNOVER) + (fees_ << DAY_FEES) + (1 << DAY_TRADES);
            return BlockDayWord.wrap(sums | (low << DAY_LOW) | (high << DAY_HIGH));
        }
    }

    // ------------------------------------------------------------------ month

    function lots(BlockMonthWord m) internal pure returns (uint256) {
        return BlockMonthWord.unwrap(m) & ((1 << 65) - 1);
    }

    function turnover(BlockMonthWord m) internal pure returns (uint256) {
        return (BlockMonthWord.unwrap(m) >> MONTH_TURNOVER) & ((1 << 76) - 1);
    }

    function fees(BlockMonthWord m) internal pure returns (uint256) {
        return (BlockMonthWord.unwrap(m) >> MONTH_FEES) & ((1 << 74) - 1);
    }

    function trades(BlockMonthWord m) internal pure returns (uint256) {
        return BlockMonthWord.unwrap(m) >> MONTH_TRADES;
    }

    /// @dev Assumes that each trade was added to a day that was not full.
    function add(BlockMonthWord m, uint256 lots_, uint256 turnover_, uint256 fees_)
        internal
        pure
        returns (BlockMonthWord)
    {
        unchecked {
            return BlockMonthWord.wrap(
                BlockMonthWord.unwrap(m) + lots_ + (turnover_ << MONTH_TURNOVER) + (fees_ << MONTH_FEES)
                    + (1 << MONTH_TRADES)
            );
        }
    }
}
