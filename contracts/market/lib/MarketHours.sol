// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../../../interfaces/types/Ids.sol";
import {IRuleSource} from "../../../interfaces/rules/ILedgerSources.sol";
import {PackedMarket} from "../../types/PackedMarket.sol";
import {PackedMarketConfig} from "../../types/PackedMarketConfig.sol";
import {PackedMarketRules} from "../../types/PackedMarketRules.sol";

/// @title MarketHours
/// @notice When a market trades: its sessions on the days that its scheme's calendar lists.
library MarketHours {
    /// @dev How far ahead the next trading day is looked for: at most three words of the calendar are read.
    uint256 private constant SEARCH_DAYS = 400;

    function isTradingDay(IRuleSource source, SchemeId scheme, uint256 day) internal view returns (bool) {
        return (source.tradingDayWord(scheme, day >> 8) >> (day & 0xff)) & 1 != 0;
    }

    /// @notice The phase of the day now, 0 closed, 1 pre-open, 2 trading, 3 break, as in `MarketPhase` of IExchangeLens.sol.
    /// @param sessions Four quarter hours: open, close, open, close; one session: 0, 0 last.
    function phase(IRuleSource source, SchemeId scheme, PackedMarketConfig config, uint256 sessions)
        internal
        view
        returns (uint256)
    {
        uint256 localNow = config.localTime(block.timestamp);
        if (!isTradingDay(source, scheme, localNow / 1 days)) return 0;
        if (config.inSession(sessions, block.timestamp)) return 2;
        uint256 quarter = (localNow % 1 days) / 15 minutes;
        if (quarter < sessions & 0x7f) return 1;
        return quarter < (sessions >> 14) & 0x7f ? 3 : 0;
    }

    /// @notice When the next session begins [s]; the present time inside one; 0 when the calendar lists no further day.
    /// @param current Rules that hold; `pending` those that the next day to be opened adopts, 0 = the same.
    function next(
        IRuleSource source,
        SchemeId scheme,
        PackedMarketConfig config,
        PackedMarket data,
        PackedMarketRules current,
        PackedMarketRules pending
    ) internal view returns (uint256) {
        uint256 localNow = config.localTime(block.timestamp);
        uint256 today = localNow / 1 days;
        bool opened = data.day() + config.dayZero() == today;
        if (PackedMarketRules.unwrap(pending) == 0) pending = current;
        uint256 word;
        for (uint256 day = today; day < today + SEARCH_DAYS; ++day) {
            if (day == today || day & 0xff == 0) word = source.tradingDayWord(scheme, day >> 8);
            if ((word >> (day & 0xff)) & 1 == 0) continue;

            uint256 sessions = opened && day == today ? current.sessions() : pending.sessions();
            for (; sessions != 0; sessions >>= 14) {
                uint256 opens = day * 1 days + (sessions & 0x7f) * 15 minutes;
                uint256 closes = day * 1 days + ((sessions >> 7) & 0x7f) * 15 minutes;
                if (localNow < closes) return localNow < opens ? block.timestamp + opens - localNow : block.timestamp;
            }
        }
        return 0;
    }
}
