// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Block trades of a day, low to high: `lots 60 | turnover 71 | fees 69 | trades 20 | low tick 16 | high tick 16 | 0 4`;
/// of a month: `lots 65 | turnover 76 | fees 74 | trades 41`. Turnover and fees [0.0001 currency].
type PackedBlockDay is uint256;

type PackedBlockMonth is uint256;

using PackedBlockTradesLib for PackedBlockDay global;
using PackedBlockTradesLib for PackedBlockMonth global;

/// @title PackedBlockTradesLib
/// @notice Statistics of block trades, one word a day and one a month.
/// @dev A trade has at most 2^40 lots and, bounded by the ledger's cash, a turnover below 2^51; its fees, twice at most
/// 65,535 ppm, are below a quarter of that. 2^20 trades fit a day (checked by {full}), 31 days a month.
library PackedBlockTradesLib {
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

    function lots(PackedBlockDay d) internal pure returns (uint256) {
        return PackedBlockDay.unwrap(d) & ((1 << 60) - 1);
    }

    function turnover(PackedBlockDay d) internal pure returns (uint256) {
        return (PackedBlockDay.unwrap(d) >> DAY_TURNOVER) & ((1 << 71) - 1);
    }

    function fees(PackedBlockDay d) internal pure returns (uint256) {
        return (PackedBlockDay.unwrap(d) >> DAY_FEES) & ((1 << 69) - 1);
    }

    function trades(PackedBlockDay d) internal pure returns (uint256) {
        return (PackedBlockDay.unwrap(d) >> DAY_TRADES) & MAX_TRADES;
    }

    /// @dev 0 = no trade.
    function lowTick(PackedBlockDay d) internal pure returns (uint16) {
        return uint16(PackedBlockDay.unwrap(d) >> DAY_LOW);
    }

    function highTick(PackedBlockDay d) internal pure returns (uint16) {
        return uint16(PackedBlockDay.unwrap(d) >> DAY_HIGH);
    }

    function full(PackedBlockDay d) internal pure returns (bool) {
        return d.trades() == MAX_TRADES;
    }

    /// @dev Assumes a day that is not {full}; `tick` from 1 to 2^16 − 1.
    function add(PackedBlockDay d, uint256 lots_, uint256 turnover_, uint256 fees_, uint256 tick)
        internal
        pure
        returns (PackedBlockDay)
    {
        uint256 low = d.lowTick();
        uint256 high = d.highTick();
        if (low == 0 || tick < low) low = tick;
        if (tick > high) high = tick;
        unchecked {
            uint256 sums = PackedBlockDay.unwrap(d) & ((1 << DAY_LOW) - 1);
            sums += lots_ + (turnover_ << DAY_TURNOVER) + (fees_ << DAY_FEES) + (1 << DAY_TRADES);
            return PackedBlockDay.wrap(sums | (low << DAY_LOW) | (high << DAY_HIGH));
        }
    }

    // ------------------------------------------------------------------ month

    function lots(PackedBlockMonth m) internal pure returns (uint256) {
        return PackedBlockMonth.unwrap(m) & ((1 << 65) - 1);
    }

    function turnover(PackedBlockMonth m) internal pure returns (uint256) {
        return (PackedBlockMonth.unwrap(m) >> MONTH_TURNOVER) & ((1 << 76) - 1);
    }

    function fees(PackedBlockMonth m) internal pure returns (uint256) {
        return (PackedBlockMonth.unwrap(m) >> MONTH_FEES) & ((1 << 74) - 1);
    }

    function trades(PackedBlockMonth m) internal pure returns (uint256) {
        return PackedBlockMonth.unwrap(m) >> MONTH_TRADES;
    }

    /// @dev Assumes that each trade was added to a day that was not full.
    function add(PackedBlockMonth m, uint256 lots_, uint256 turnover_, uint256 fees_)
        internal
        pure
        returns (PackedBlockMonth)
    {
        unchecked {
            return PackedBlockMonth.wrap(
                PackedBlockMonth.unwrap(m) + lots_ + (turnover_ << MONTH_TURNOVER) + (fees_ << MONTH_FEES)
                    + (1 << MONTH_TRADES)
            );
        }
    }
}
