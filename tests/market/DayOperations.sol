// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CloseRule, IExchangeBase, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {BookComparison} from "./BookComparison.sol";
import {LedgerModel} from "./LedgerModel.sol";

/// @dev Time, days that are opened or not, halts, and rules that change from one day to the next. Days on which nobody opens
/// the market, weekends and holidays are frequent, because two clocks hide there.
abstract contract DayOperations is BookComparison {
    uint256 internal _cappedDays;
    uint256 internal _smallDays;
    uint256 internal _lastPriceDays;

    function _stepHalt() internal {
        vm.startPrank(officer);
        if (_model.halted()) {
            exchange.resume(market, "calm");
            _model.halt(false);
        } else if (_roll(4) == 0) {
            exchange.halt(market, "storm");
            _model.halt(true);
        }
        vm.stopPrank();
    }

    /// @dev Other rules in every respect, set before a day begins.
    function _changeRules() private {
        LedgerModel.Rules memory to = _model.rulesNow();
        to.takerPpm = _roll(1_000);
        // Where orders last, what they reserve was made with the maker's fee of the first day.
        if (!_lasts()) {
            to.makerPpm = _roll(1_000);
            to.band = _roll(5) == 0 ? 999_999 : 100_000;
        }
        to.takerLevels = _roll(3) == 0 ? 0 : 1 + _roll(2);
        to.minimum = _roll(3) == 0 ? 2 + _roll(2) : 1;
        to.maximum = _roll(3) == 0 ? 100 + _roll(100) : 99_999;
        to.holdingLimit = _roll(3) == 0 ? 300 + _roll(1_000) : 0;
        to.lastPrice = _roll(2) == 0;

        MarketRules memory r = _rules();
        r.bandPpm = uint32(to.band);
        r.takerFeePpm = uint16(to.takerPpm);
        r.makerFeePpm = uint16(to.makerPpm);
        r.takerLevels = uint8(to.takerLevels);
        r.minimumLots = uint32(to.minimum);
        r.maximumLots = uint32(to.maximum);
        r.holdingLimit = uint40(to.holdingLimit);
        r.closeRule = to.lastPrice ? CloseRule.LastPrice : CloseRule.VolumeWeighted;
        vm.prank(officer);
        exchange.setMarketRules(market, r);
        _model.setRules(to);
    }

    function _stepOpen() internal {
        if (_roll(4) != 0) _changeRules();
        try exchange.openDay(market) {
            ++_days;
            _model.open();
            if (_model.rulesNow().takerLevels != 0) ++_cappedDays;
            if (_model.rulesNow().minimum > 1) ++_smallDays;
            if (_model.rulesNow().lastPrice) ++_lastPriceDays;
        } catch (bytes memory reason) {
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(abi.encodeCall(_model.open, ()))), "day");
        }
    }

    function _stepTime() internal {
        uint256 what = _roll(8);
        uint256 day = (block.timestamp + LOCAL) / 1 days;
        if (what < 4) vm.warp(block.timestamp + _roll(3 hours));
        else if (what < 6) vm.warp(_at(day + 1) + _roll(1 hours));
        else vm.warp(_at(day + 1 + _roll(4)) - _roll(11 hours));
        _model.tick();
    }

    function _stepToSession() internal {
        if (_model.halted()) return _stepHalt();
        if (_model.trades() == IExchangeBase.ExchangeMarketClosed.selector) {
            vm.warp(_at(_nextDay((block.timestamp + LOCAL) / 1 days)));
        }
        _model.tick();
        if (_model.openedDay() != _model.localDay()) _stepOpen();
    }

    function _nextDay(uint256 day) private view returns (uint256) {
        do {
            ++day;
        } while (!_model.isTradingDay(day));
        return day;
    }
}
