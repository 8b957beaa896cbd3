// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookFull} from "../../interfaces/types/BookTypes.sol";

/// @dev Market data of a day, low to high: `ask 16 | bid 16 | last 16 | low 16 | high 16 | day 16 | volume 36 |
/// turnover 48 | fees 40 | sessions 28 | status 4 | barred 1 | 0 3`. Ask and bid are the best ticks, 0 = none. `last` begins
/// the day as the previous close. The word holds for the market day `day` only; status and bar outlast it.
type PackedMarket is uint256;

using PackedMarketLib for PackedMarket global;

/// @title PackedMarketLib
library PackedMarketLib {
    uint256 private constant BID = 16;
    uint256 private constant LAST = 32;
    uint256 private constant LOW = 48;
    uint256 private constant HIGH = 64;
    uint256 private constant DAY = 80;
    uint256 private constant VOLUME = 96;
    uint256 private constant TURNOVER = 132;
    uint256 private constant FEES = 180;
    uint256 private constant SESSIONS = 220;
    uint256 private constant STATUS = 248;
    uint256 private constant BARRED = 1 << 252;

    uint256 private constant MAX_VOLUME = (1 << 36) - 1;
    uint256 private constant MAX_TURNOVER = (1 << 48) - 1;
    uint256 private constant MAX_FEES = (1 << 40) - 1;

    function ask(PackedMarket b) internal pure returns (uint256) {
        return uint16(PackedMarket.unwrap(b));
    }

    function bid(PackedMarket b) internal pure returns (uint256) {
        return uint16(PackedMarket.unwrap(b) >> BID);
    }

    function last(PackedMarket b) internal pure returns (uint256) {
        return uint16(PackedMarket.unwrap(b) >> LAST);
    }

    function low(PackedMarket b) internal pure returns (uint256) {
        return uint16(PackedMarket.unwrap(b) >> LOW);
    }

    function high(PackedMarket b) internal pure returns (uint256) {
        return uint16(PackedMarket.unwrap(b) >> HIGH);
    }

    function day(PackedMarket b) internal pure returns (uint256) {
        return uint16(PackedMarket.unwrap(b) >> DAY);
    }

    function volume(PackedMarket b) internal pure returns (uint256) {
        return (PackedMarket.unwrap(b) >> VOLUME) & MAX_VOLUME;
    }

    function turnover(PackedMarket b) internal pure returns (uint256) {
        return (PackedMarket.unwrap(b) >> TURNOVER) & MAX_TURNOVER;
    }

    function fees(PackedMarket b) internal pure returns (uint256) {
        return (PackedMarket.unwrap(b) >> FEES) & MAX_FEES;
    }

    function sessions(PackedMarket b) internal pure returns (uint256) {
        return (PackedMarket.unwrap(b) >> SESSIONS) & ((1 << 28) - 1);
    }

    function status(PackedMarket b) internal pure returns (uint256) {
        return (PackedMarket.unwrap(b) >> STATUS) & 0xf;
    }

    /// @dev Whether the state of the unit bars all trading.
    function barred(PackedMarket b) internal pure returns (bool) {
        return PackedMarket.unwrap(b) & BARRED != 0;
    }

    /// @dev Status and bar: equal to a status where the market is not barred.
    function standing(PackedMarket b) internal pure returns (uint256) {
        return PackedMarket.unwrap(b) >> STATUS;
    }

    /// @dev Best tick of a side (0 buy, 1 sell).
    function best(PackedMarket b, uint256 side) internal pure returns (uint256) {
        return side == 0 ? b.bid() : b.ask();
    }

    function withBest(PackedMarket b, uint256 side, uint256 tick) internal pure returns (PackedMarket) {
        uint256 shift = side == 0 ? BID : 0;
        return PackedMarket.wrap((PackedMarket.unwrap(b) & ~(uint256(0xffff) << shift)) | (tick << shift));
    }

    function withStatus(PackedMarket b, uint256 value) internal pure returns (PackedMarket) {
        return PackedMarket.wrap((PackedMarket.unwrap(b) & ~(uint256(0xf) << STATUS)) | (value << STATUS));
    }

    function withBarred(PackedMarket b, bool value) internal pure returns (PackedMarket) {
        uint256 word = PackedMarket.unwrap(b) & ~BARRED;
        return PackedMarket.wrap(value ? word | BARRED : word);
    }

    /// @dev Adds what one order traded; `tick` is its last price.
    function traded(PackedMarket b, uint256 tick, uint256 addVolume, uint256 addTurnover, uint256 addFees)
        internal
        pure
        returns (PackedMarket)
    {
        unchecked {
            // Each sum is below 2^128, far from wrapping: a call moves at most 2^33 lots, 2^51 of cash, a tenth in fees.
            if (
                b.volume() + addVolume > MAX_VOLUME || b.turnover() + addTurnover > MAX_TURNOVER
                    || b.fees() + addFees > MAX_FEES
            ) revert BookFull();
            uint256 word = (PackedMarket.unwrap(b) & ~(uint256(0xffff) << LAST)) | (tick << LAST);
            return PackedMarket.wrap(word + (addVolume << VOLUME) + (addTurnover << TURNOVER) + (addFees << FEES));
        }
    }

    /// @dev The best ticks of `before`, for a book that outlives the day.
    function withBook(PackedMarket b, PackedMarket before) internal pure returns (PackedMarket) {
        return PackedMarket.wrap(PackedMarket.unwrap(b) | (PackedMarket.unwrap(before) & type(uint32).max));
    }

    /// @dev Market data of a new day: no orders, no trades. `standing_` as {standing} reads it.
    function opened(uint256 day_, uint256 close, uint256 low_, uint256 high_, uint256 sessions_, uint256 standing_)
        internal
        pure
        returns (PackedMarket)
    {
        return PackedMarket.wrap(
            (close << LAST) | (low_ << LOW) | (high_ << HIGH) | (day_ << DAY) | (sessions_ << SESSIONS)
                | (standing_ << STATUS)
        );
    }
}
