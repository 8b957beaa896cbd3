// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchange} from "../../../interfaces/market/IExchange.sol";
import {MarketId} from "../../../interfaces/types/Ids.sol";
import {BookStore} from "../../book/BookStore.sol";
import {PackedDays, PackedDaysLib} from "../../types/PackedDays.sol";
import {PackedMarket} from "../../types/PackedMarket.sol";
import {PackedMarketConfig} from "../../types/PackedMarketConfig.sol";

/// @title DailyPrices
/// @notice A market's price over several days, which no single day makes.
library DailyPrices {
    /// @dev Market days looked back on: 21 words of three. Holidays leave at least 21 trading days in them.
    uint256 private constant LOOK_BACK = 63;

    /// @dev Median of the mean prices (turnover by volume, rounded down) [0.0001 currency a lot] of the last `count` days before the
    /// local day of time `until` on which at least `least` lots, and one, were traded; 0 when there are fewer.
    /// Assumes an odd `count`. The days must be over: `until` is not after today.
    function median(IExchange exchange, MarketId market, uint256 until, uint256 count, uint256 least)
        internal
        view
        returns (uint256)
    {
        if (count == 0) return 0;
        (uint256 first, PackedMarket latest, uint256[] memory words) = _load(exchange, MarketId.unwrap(market), until);
        uint256[] memory prices = new uint256[](count);
        uint256 found;
        if (least == 0) least = 1;
        for (uint256 day = first; found < count && day != 0 && first - day < LOOK_BACK;) {
            --day;
            (uint256 volume, uint256 turnover) = _dayOf(day, first, latest, words);
            if (volume >= least) _insert(prices, found++, turnover / volume);
        }
        return found < count ? 0 : prices[count / 2];
    }

    /// @dev Listed turnover [0.0001 currency] of the local days from that of time `from` to that of `until`, both with them. Assumes
    /// times after the market was made and some hundred days apart: it reads a word for each three days.
    function turnoverBetween(IExchange exchange, MarketId market, uint256 from, uint256 until)
        internal
        view
        returns (uint256 sum)
    {
        uint256 id = MarketId.unwrap(market);
        (PackedMarketConfig config, PackedMarket latest) = _today(exchange, id);
        (uint256 day, uint256 last) = (config.today(from), config.today(until));
        if (last >= latest.day()) (last, sum) = (latest.day(), latest.turnover());
        else ++last;
        if (day >= last) return day > last ? 0 : sum;

        uint256 first = day / PackedDaysLib.DAYS;
        uint256[] memory slots = new uint256[](last / PackedDaysLib.DAYS - first + 1);
        for (uint256 i; i < slots.length; ++i) {
            slots[i] = BookStore.daysSlot(id, first + i);
        }
        uint256[] memory words = exchange.load(slots);
        // A day is stored when the next one is opened.
        for (; day < last; ++day) {
            sum += PackedDays.wrap(words[day / PackedDaysLib.DAYS - first]).turnover(day);
        }
    }

    function _today(IExchange exchange, uint256 market) private view returns (PackedMarketConfig, PackedMarket) {
        uint256[] memory slots = new uint256[](2);
        slots[0] = BookStore.configSlot(market);
        slots[1] = BookStore.marketDataSlot(market);
        uint256[] memory words = exchange.load(slots);
        return (PackedMarketConfig.wrap(words[0]), PackedMarket.wrap(words[1]));
    }

    /// @dev The market day of `until`, the latest day as it is now, and the words of the days before, last one first.
    function _load(IExchange exchange, uint256 market, uint256 until)
        private
        view
        returns (uint256 first, PackedMarket latest, uint256[] memory words)
    {
        PackedMarketConfig config;
        (config, latest) = _today(exchange, market);
        first = config.today(until);

        uint256 newest = first / PackedDaysLib.DAYS;
        uint256 count = LOOK_BACK / PackedDaysLib.DAYS + 1;
        uint256[] memory slots = new uint256[](newest + 1 < count ? newest + 1 : count);
        for (uint256 i; i < slots.length; ++i) {
            slots[i] = BookStore.daysSlot(market, newest - i);
        }
        words = exchange.load(slots);
    }

    function _dayOf(uint256 day, uint256 first, PackedMarket latest, uint256[] memory words)
        private
        pure
        returns (uint256 volume, uint256 turnover)
    {
        // A day is stored when the next one is opened.
        if (latest.day() == day) return (latest.volume(), latest.turnover());
        PackedDays word = PackedDays.wrap(words[first / PackedDaysLib.DAYS - day / PackedDaysLib.DAYS]);
        return (word.volume(day), word.turnover(day));
    }

    /// @dev Inserts a price among the first `length`, which rise.
    function _insert(uint256[] memory prices, uint256 length, uint256 price) private pure {
        while (length != 0 && prices[length - 1] > price) {
            prices[length] = prices[length - 1];
            --length;
        }
        prices[length] = price;
    }
}
