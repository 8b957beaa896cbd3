// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DateTimeLib} from "solady/utils/DateTimeLib.sol";

import {CloseRule, MarketConfig, MarketRules, MarketStatus} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeExtension} from "../../interfaces/market/IExchangeExtension.sol";
import {MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {PackedDays, PackedDaysLib} from "../types/PackedDays.sol";
import {PackedMarket, PackedMarketLib} from "../types/PackedMarket.sol";
import {BookStore} from "../book/BookStore.sol";
import {PackedMarketConfig, PackedMarketConfigLib} from "../types/PackedMarketConfig.sol";
import {PackedMarketRules, PackedMarketRulesLib} from "../types/PackedMarketRules.sol";
import {PackedMonth} from "../types/PackedMonth.sol";
import {PoolIdLib} from "../types/PoolIdLib.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {ExchangeBase} from "./ExchangeBase.sol";
import {MarketHours} from "./lib/MarketHours.sol";

/// @title ExchangeMarkets
/// @notice Part of {ExchangeExtension}: creates markets, sets their rules, opens their days.
abstract contract ExchangeMarkets is ExchangeBase, IExchangeExtension {
    using UnitIdLib for UnitId;

    /// @dev Markets of one scheme, so that none takes the numbers of all.
    uint256 private constant MAX_OF_SCHEME = 4_096;

    /// @inheritdoc IExchangeExtension
    function createMarket(UnitId unit, SchemeId scheme, address currency, MarketConfig calldata config)
        external
        returns (MarketId market)
    {
        RULES.checkPower(msg.sender, scheme, 0, POWER_MARKET);
        if (_marketOf[unit] != MarketId.wrap(0)) revert ExchangeMarketExists(unit, _marketOf[unit]);
        // Another scheme's rules, and its officers, are not for this scheme's units: a unit has one market.
        if (unit.namesClass() && unit.schemeOf() != scheme) revert ExchangeBadConfig("scheme");
        if (unit.classOf() == UnitIdLib.ALLOWANCE) RULES.requireDisclosed(scheme, unit.vintageOf());
        address units = config.units;
        if (units.code.length == 0) revert ExchangeBadConfig("units");
        if (!_mayTrade(units, unit)) revert ExchangeUnitNotActive(unit);
        if (unit.namesClass()) _checkClass(unit, scheme, units);
        if (currency.code.length == 0) revert ExchangeBadConfig("currency");
        uint256 last = config.referenceTick;
        if (last == 0 || last > PackedMarketConfigLib.MAX_TICK) revert ExchangeBadConfig("referenceTick");

        uint256 made = ++_marketsOf[scheme];
        if (made > MAX_OF_SCHEME) revert ExchangeTooManyItems(made, MAX_OF_SCHEME);
        uint256 id = ++_marketCount;
        if (id > type(uint16).max) revert ExchangeTooManyItems(id, type(uint16).max);
        market = MarketId.wrap(uint16(id)); // checked
        _marketOf[unit] = market;
        MarketAssets storage assets = _assets[market];
        assets.unit = unit;
        assets.units = units;
        assets.lotSize = config.lotSize;
        assets.currency = currency;
        assets.scheme = scheme;

        uint256 utc = uint256(int256(config.utcQuarters) + int256(PackedMarketConfigLib.UTC_BIAS));
        if (utc < 16 || utc > 120) revert ExchangeBadConfig("utcQuarters");
        // The day before today is day 0, so that a word that was never written is of another day.
        PackedMarketConfig fixed_ = PackedMarketConfigLib.packFixed(
            config.basePrice,
            config.tickSize,
            utc,
            PackedMarketConfigLib.localTimeOf(utc, block.timestamp) / 1 days - 1,
            ParticipantId.unwrap(config.feeAccount),
            SchemeId.unwrap(scheme),
            config.rules.bandPpm == 0
        );
        if (unit.classOf() == UnitIdLib.OFFSET_CREDIT) {
            fixed_ = fixed_.withCredits();
            if (_isRetireOnly(units, unit)) {
                // A day market forgets overnight what was bought.
                if (!fixed_.lasting()) revert ExchangeBadConfig("bandPpm");
                fixed_ = fixed_.withRetireOnly();
            }
        }
        if (fixed_.tickSize() == 0) revert ExchangeBadConfig("tickSize");
        if (assets.lotSize == 0) revert ExchangeBadConfig("lotSize");
        _saveConfig(id, fixed_);
        _save(BookStore.rulesSlot(id, 1), PackedMarketRules.unwrap(_packRules(config.rules, fixed_)));
        _saveMarketData(id, PackedMarketLib.opened(0, last, 0, 0, 0, uint256(MarketStatus.Trading)));

        if (address(_limits) != address(0)) _limits.learn(1);

        // `emit MarketCreated(market, unit, scheme, currency, config)`: the last two as they stand in the call.
        bytes32 topic = MarketCreated.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            let length := sub(calldatasize(), 0x44)
            calldatacopy(data, 0x44, length)
            log4(data, length, topic, id, unit, scheme)
        }
    }

    function _checkClass(UnitId unit, SchemeId scheme, address units) private {
        // A false token beside the true ones would be counted with them by {HoldingLimits}.
        ClassUnits storage class = _classOf(unit, scheme);
        if (class.markets != 0 && class.units != units) revert ExchangeBadConfig("units");
        class.units = units;
        ++class.markets;
    }

    function _classOf(UnitId unit, SchemeId scheme) private view returns (ClassUnits storage) {
        return _classUnits[PoolIdLib.classKey(unit.classOf(), SchemeId.unwrap(scheme))];
    }

    /// @inheritdoc IExchangeExtension
    function delistMarket(MarketId market, bytes32 reason) external {
        MarketAssets storage assets = _market(market);
        SchemeId scheme = assets.scheme;
        RULES.checkPower(msg.sender, scheme, 0, POWER_MARKET);
        uint256 id = MarketId.unwrap(market);
        PackedMarket data = _marketData(id);
        if (data.status() == uint256(MarketStatus.Delisted)) revert ExchangeMarketStatus(market, MarketStatus.Trading);
        if (assets.lots != 0) revert ExchangeMarketNotEmpty(market, assets.lots);
        UnitId unit = assets.unit;
        _marketOf[unit] = MarketId.wrap(0);
        if (unit.namesClass()) --_classOf(unit, scheme).markets;
        _saveMarketData(id, data.withStatus(uint256(MarketStatus.Delisted)));
        emit MarketDelisted(market, msg.sender, reason);

        if (address(_limits) != address(0)) _limits.forget(market);
    }

    /// @inheritdoc IExchangeExtension
    function assignMarket(MarketId market, uint16 jurisdiction) external {
        MarketAssets storage assets = _market(market);
        RULES.checkPower(msg.sender, assets.scheme, 0, POWER_MARKET);
        uint16 old = assets.jurisdiction;
        assets.jurisdiction = jurisdiction;
        emit MarketAssigned(market, old, jurisdiction, msg.sender);
    }

    /// @inheritdoc IExchangeExtension
    function setMarketRules(MarketId market, MarketRules calldata rules) external {
        _checkMarketPower(market);
        uint256 id = MarketId.unwrap(market);
        PackedMarketConfig config = _config(id);
        if ((rules.bandPpm == 0) != config.lasting()) revert ExchangeBadConfig("bandPpm");
        if (config.lasting()) {
            // What open buy orders reserve depends on it.
            PackedMarketRules held = _rules(id, 0);
            if (PackedMarketRules.unwrap(held) == 0) held = _rules(id, 1);
            if (rules.makerFeePpm != held.makerPpm()) revert ExchangeBadConfig("makerFeePpm");
        }
        _save(BookStore.rulesSlot(id, 1), PackedMarketRules.unwrap(_packRules(rules, config)));
        emit MarketRulesSet(market, rules);
    }

    function _packRules(MarketRules calldata rules, PackedMarketConfig config)
        private
        returns (PackedMarketRules word)
    {
        if (rules.bandPpm >= 1_000_000) revert ExchangeBadConfig("bandPpm");
        // Beyond this, no account could hold as much anyway.
        if (rules.holdingLimit > PackedAccountLib.MAX_LOTS - 1) revert ExchangeBadConfig("holdingLimit");
        if (rules.holdingLimit != 0) {
            // Without {HoldingLimits} a limit would not be applied.
            if (address(_limits) == address(0)) revert ExchangeBadConfig("holdingLimit");
            _limited = true;
        }
        if (rules.blockBandPpm >= 1_000_000) revert ExchangeBadConfig("blockBandPpm");
        uint256 opens = rules.blockSession[0];
        uint256 closes = rules.blockSession[1];
        if (closes > 96 || (rules.blockMinimumLots != 0 && opens >= closes)) revert ExchangeBadConfig("blockSession");
        word = PackedMarketRulesLib.pack(
                rules.bandPpm,
                rules.takerFeePpm,
                rules.makerFeePpm,
                rules.minimumLots,
                rules.maximumLots,
                rules.holdingLimit,
                uint256(rules.closeRule),
                rules.takerLevels
            ).withBlockTrades(rules.blockBandPpm, rules.blockMinimumLots, opens, closes);
        uint256 last;
        for (uint256 i; i < 4; ++i) {
            uint256 quarter = rules.sessions[i];
            // Rising within the day; the second session may be missing.
            bool rises = i == 2 ? quarter >= last : quarter > last;
            if ((i != 0 && !rises && !(i > 1 && quarter == 0)) || quarter > 96) revert ExchangeBadConfig("sessions");
            word = word.withSessionBound(i, quarter);
            last = quarter;
        }
        if (word.minimum() == 0 || word.maximum() < word.minimum()) revert ExchangeBadConfig("lots");
        if (config.feeAccount() == 0 && word.takerPpm() + word.makerPpm() != 0) revert ExchangeBadConfig("feeAccount");
    }

    // ------------------------------------------------------------------ days

    /// @inheritdoc IExchangeExtension
    function openDay(MarketId market) external {
        uint256 id = MarketId.unwrap(market);
        PackedMarketConfig config = _config(id);
        PackedMarket data = _marketData(id);
        uint256 today = config.today(block.timestamp);
        uint256 day = today + config.dayZero();
        SchemeId scheme = _market(market).scheme;
        if (data.day() == today) revert ExchangeDayAlreadyOpened(market, day);
        if (today > PackedMarketConfigLib.MAX_DAY || !MarketHours.isTradingDay(RULES, scheme, day)) {
            revert ExchangeMarketClosed(market, _opensAt(market));
        }

        PackedMarketRules rules = _rules(id, 0);
        uint256 close = data.last();
        if (data.volume() != 0) {
            if (rules.closeRule() == uint256(CloseRule.VolumeWeighted)) {
                close = config.nearestTick(data.turnover(), data.volume());
            }
            uint256 slot = BookStore.monthSlot(id, _monthOf(config, data.day()));
            PackedMonth month = PackedMonth.wrap(BookStore.load(slot));
            _save(slot, PackedMonth.unwrap(month.add(data.volume(), data.turnover())));
            slot = BookStore.daysSlot(id, data.day() / PackedDaysLib.DAYS);
            PackedDays past = PackedDays.wrap(BookStore.load(slot));
            _save(slot, PackedDays.unwrap(past.withDay(data.day(), data.volume(), data.turnover())));
        }
        if (data.fees() != 0) {
            uint256 payee = config.feeAccount();
            uint256 word = BookStore.load(BookStore.accountSlot(id, payee));
            // Cash is bounded by the market's total, a fee account by 24 bits.
            _saveAccount(ParticipantId.wrap(uint24(payee)), market, PackedAccount.wrap(word).addCash(data.fees()));
        }
        PackedMarketRules next = _rules(id, 1);
        if (PackedMarketRules.unwrap(next) != 0) {
            rules = next;
            config = config.withRules(
                rules.takerPpm(), rules.makerPpm(), rules.minimum(), rules.maximum(), rules.takerLevels()
            );
            _save(BookStore.rulesSlot(id, 0), PackedMarketRules.unwrap(rules));
            _save(BookStore.rulesSlot(id, 1), 0);
        }
        _saveConfig(id, config.withClose(close));
        (uint256 low, uint256 high) = config.band(close, rules.bandPpm());
        PackedMarket opened = PackedMarketLib.opened(today, close, low, high, rules.sessions(), data.standing());
        _saveMarketData(id, config.lasting() ? opened.withBook(data) : opened);
        emit DayOpened(
            market,
            day,
            uint16(close), // ticks are below 2^16
            uint16(low),
            uint16(high),
            data.volume(),
            data.turnover(),
            data.fees()
        );
    }

    /// @dev Calendar month of a market day: `year × 12 + month − 1`.
    function _monthOf(PackedMarketConfig config, uint256 day) private pure returns (uint256) {
        (uint256 year, uint256 month,) = DateTimeLib.epochDayToDate(day + config.dayZero());
        return year * 12 + month - 1;
    }

    /// @inheritdoc IExchangeExtension
    function listedMonth(MarketId market, uint256 month) external view returns (uint256 lots, uint256 turnover) {
        uint256 id = MarketId.unwrap(market);
        if (month > type(uint32).max) return (0, 0);
        PackedMonth past = PackedMonth.wrap(BookStore.load(BookStore.monthSlot(id, month)));
        PackedMarket data = _marketData(id);
        lots = past.lots();
        turnover = past.turnover();
        if (_monthOf(_config(id), data.day()) == month) {
            lots += data.volume();
            turnover += data.turnover();
        }
    }

    /// @notice Reverts, saying why the market takes no order now. For the Exchange's own use.
    function refuseTrading(MarketId market) external view {
        uint256 id = MarketId.unwrap(market);
        uint256 opensAt = _opensAt(market);
        PackedMarket data = _marketData(id);
        if (data.barred()) revert ExchangeMarketBarred(market);
        if (data.status() == uint256(MarketStatus.Halted)) revert ExchangeMarketHalted(market);
        if (opensAt != block.timestamp) revert ExchangeMarketClosed(market, opensAt);
        revert ExchangeDayNotOpened(market, _config(id).localTime(block.timestamp) / 1 days);
    }

    function _opensAt(MarketId market) private view returns (uint256) {
        uint256 id = MarketId.unwrap(market);
        return
            MarketHours.next(RULES, _market(market).scheme, _config(id), _marketData(id), _rules(id, 0), _rules(id, 1));
    }
}
