// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PackedLevelLib} from "./PackedLevel.sol";

/// @dev Configuration of a market, constant within a day, low to high: `base 40 | tick size 24 | taker ppm 16 | maker ppm 16 | utc 8 | day zero 16
/// | minimum 32 | maximum 32 | lasting 1 | retire only 1 | credits 1 | 0 5 | fee account 24 | scheme 16 | taker levels 8 | close 16`. Changed by `openDay` only: escrows
/// depend on it. A lasting market has no band, its orders outlive the day, and its maker fee never changes. Lots
/// bought in a retire-only market, which is a lasting one, are never sold or withdrawn. `utc` is local time minus UTC in quarter hours, plus 64. Market day `d` is local day `day zero + d`.
type PackedMarketConfig is uint256;

using PackedMarketConfigLib for PackedMarketConfig global;

/// @title PackedMarketConfigLib
/// @notice Clock, prices and fees of a market.
library PackedMarketConfigLib {
    uint256 internal constant MAX_TICK = 57_599;
    uint256 internal constant UTC_BIAS = 64;
    /// @dev A market ends after this many days: 44 years.
    uint256 internal constant MAX_DAY = (1 << 14) - 1;

    uint256 private constant QUARTER = 15 minutes;
    uint256 private constant PPM = 1_000_000;
    uint256 private constant TAKER_LEVELS = 232;
    uint256 private constant CLOSE = 240;

    /// @dev The fields that never change; {withRules} sets the others.
    function packFixed(
        uint256 basePrice,
        uint256 tickSize_,
        uint256 utc_,
        uint256 dayZero_,
        uint256 feeAccount_,
        uint256 scheme_,
        bool lasting_
    ) internal pure returns (PackedMarketConfig) {
        return PackedMarketConfig.wrap(
            basePrice | (tickSize_ << 40) | (utc_ << 96) | (dayZero_ << 104) | (uint256(lasting_ ? 1 : 0) << 184)
                | (feeAccount_ << 192) | (scheme_ << 216)
        );
    }

    function withRules(
        PackedMarketConfig c,
        uint256 takerPpm_,
        uint256 makerPpm_,
        uint256 minimum_,
        uint256 maximum_,
        uint256 takerLevels_
    ) internal pure returns (PackedMarketConfig) {
        uint256 ruled = (uint256(type(uint32).max) << 64) | (uint256(type(uint64).max) << 120)
            | (uint256(0xff) << TAKER_LEVELS);
        return PackedMarketConfig.wrap(
            (PackedMarketConfig.unwrap(c) & ~ruled) | (takerPpm_ << 64) | (makerPpm_ << 80) | (minimum_ << 120)
                | (maximum_ << 152) | (takerLevels_ << TAKER_LEVELS)
        );
    }

    function withClose(PackedMarketConfig c, uint256 tick) internal pure returns (PackedMarketConfig) {
        return PackedMarketConfig.wrap((PackedMarketConfig.unwrap(c) & ((1 << CLOSE) - 1)) | (tick << CLOSE));
    }

    function base(PackedMarketConfig c) internal pure returns (uint256) {
        return uint40(PackedMarketConfig.unwrap(c));
    }

    function tickSize(PackedMarketConfig c) internal pure returns (uint256) {
        return uint24(PackedMarketConfig.unwrap(c) >> 40);
    }

    function takerPpm(PackedMarketConfig c) internal pure returns (uint256) {
        return uint16(PackedMarketConfig.unwrap(c) >> 64);
    }

    function makerPpm(PackedMarketConfig c) internal pure returns (uint256) {
        return uint16(PackedMarketConfig.unwrap(c) >> 80);
    }

    function utc(PackedMarketConfig c) internal pure returns (uint256) {
        return uint8(PackedMarketConfig.unwrap(c) >> 96);
    }

    function dayZero(PackedMarketConfig c) internal pure returns (uint256) {
        return uint16(PackedMarketConfig.unwrap(c) >> 104);
    }

    function minimum(PackedMarketConfig c) internal pure returns (uint256) {
        return uint32(PackedMarketConfig.unwrap(c) >> 120);
    }

    function maximum(PackedMarketConfig c) internal pure returns (uint256) {
        return uint32(PackedMarketConfig.unwrap(c) >> 152);
    }

    function feeAccount(PackedMarketConfig c) internal pure returns (uint256) {
        return uint24(PackedMarketConfig.unwrap(c) >> 192);
    }

    function scheme(PackedMarketConfig c) internal pure returns (uint256) {
        return uint16(PackedMarketConfig.unwrap(c) >> 216);
    }

    /// @dev 0 a day market, 1 a lasting one, 3 a lasting one of units that can only be retired.
    function lastingKind(PackedMarketConfig c) internal pure returns (uint256) {
        return (PackedMarketConfig.unwrap(c) >> 184) & 3;
    }

    function lasting(PackedMarketConfig c) internal pure returns (bool) {
        return c.lastingKind() != 0;
    }

    function retireOnly(PackedMarketConfig c) internal pure returns (bool) {
        return (PackedMarketConfig.unwrap(c) >> 185) & 1 != 0;
    }

    /// @dev Of a lasting market only.
    function withRetireOnly(PackedMarketConfig c) internal pure returns (PackedMarketConfig) {
        return PackedMarketConfig.wrap(PackedMarketConfig.unwrap(c) | (1 << 185));
    }

    /// @dev The market's unit is an offset credit: what enters and leaves its accounts is counted.
    function credits(PackedMarketConfig c) internal pure returns (bool) {
        return (PackedMarketConfig.unwrap(c) >> 186) & 1 != 0;
    }

    function withCredits(PackedMarketConfig c) internal pure returns (PackedMarketConfig) {
        return PackedMarketConfig.wrap(PackedMarketConfig.unwrap(c) | (1 << 186));
    }

    /// @dev Price levels that an incoming order may trade at; 0 = all.
    function takerLevels(PackedMarketConfig c) internal pure returns (uint256) {
        return uint8(PackedMarketConfig.unwrap(c) >> TAKER_LEVELS);
    }

    /// @dev Close of the day before the last opened one, the middle of its bands [tick].
    function previousClose(PackedMarketConfig c) internal pure returns (uint256) {
        return PackedMarketConfig.unwrap(c) >> CLOSE;
    }

    // ------------------------------------------------------------------ clock

    /// @dev Seconds of local time since 1970-01-01T00:00 local.
    function localTime(PackedMarketConfig c, uint256 time) internal pure returns (uint256) {
        return localTimeOf(c.utc(), time);
    }

    /// @dev The same, by the field {utc}.
    function localTimeOf(uint256 utc_, uint256 time) internal pure returns (uint256) {
        unchecked {
            return time + utc_ * QUARTER - UTC_BIAS * QUARTER; // times are after 1970-01-02
        }
    }

    /// @dev The market's day. One clock decides everything: release, cancel, levels, trading.
    function today(PackedMarketConfig c, uint256 time) internal pure returns (uint256) {
        unchecked {
            return c.localTime(time) / 1 days - c.dayZero(); // the market was created on day 1
        }
    }

    /// @dev Day stamp of the book's words: levels, leaves and roots with another stamp are empty.
    function stamp(PackedMarketConfig c, uint256 today_) internal pure returns (uint256) {
        return c.lasting() ? PackedLevelLib.LASTING : today_;
    }

    /// @dev Four quarter hours, 7 bits each: open, close, open, close, low to high.
    function inSession(PackedMarketConfig c, uint256 sessions, uint256 time) internal pure returns (bool) {
        uint256 quarter = (c.localTime(time) % 1 days) / QUARTER;
        return (quarter >= sessions & 0x7f && quarter < (sessions >> 7) & 0x7f)
            || (quarter >= (sessions >> 14) & 0x7f && quarter < sessions >> 21);
    }

    // ------------------------------------------------------------------ prices and fees

    /// @dev [0.0001 currency a lot], below 2^41.
    function price(PackedMarketConfig c, uint256 tick) internal pure returns (uint256) {
        unchecked {
            return c.base() + tick * c.tickSize(); // 2^40 + 2^16 · 2^24
        }
    }

    /// @dev The tick nearest to a price of `numerator / denominator`, ties up, kept within the grid.
    function nearestTick(PackedMarketConfig c, uint256 numerator, uint256 denominator) internal pure returns (uint256) {
        uint256 floor_ = c.base() * denominator;
        if (numerator <= floor_) return 1;
        uint256 size = c.tickSize() * denominator;
        uint256 tick = (2 * (numerator - floor_) + size) / (2 * size);
        return tick < 1 ? 1 : tick > MAX_TICK ? MAX_TICK : tick;
    }

    /// @dev The band of a day: `close × (1 ± ppm)`, nearest tick, ties up. Without a band the whole grid.
    function band(PackedMarketConfig c, uint256 close, uint256 ppm) internal pure returns (uint256 low, uint256 high) {
        if (ppm == 0) return (1, MAX_TICK);
        uint256 middle = c.price(close);
        low = c.nearestTick(middle * (ppm < PPM ? PPM - ppm : 0), PPM);
        high = c.nearestTick(middle * (PPM + ppm), PPM);
    }

    /// @dev Fee on a turnover, rounded up against the payer.
    function feeUp(uint256 turnover, uint256 ppm) internal pure returns (uint256) {
        unchecked {
            return (turnover * ppm + PPM - 1) / PPM; // turnover < 2^128, ppm < 2^16
        }
    }

    /// @dev Cash that a buy order of `n` lots reserves at `price_`: E(n) = n·p + ⌈n·p·fee⌉. A fill of f pays E(n) − E(n − f)
    /// and a cancel returns E(n), so payments and returns always sum to the reservation.
    function escrow(uint256 n, uint256 price_, uint256 makerPpm_) internal pure returns (uint256) {
        unchecked {
            uint256 value = n * price_; // 2^32 · 2^41
            return value + feeUp(value, makerPpm_);
        }
    }

    /// @dev The largest turnover whose cost with fee is at most `cost`.
    function turnoverWithin(uint256 cost, uint256 ppm) internal pure returns (uint256) {
        unchecked {
            return cost * PPM / (PPM + ppm); // cost < 2^52
        }
    }
}
