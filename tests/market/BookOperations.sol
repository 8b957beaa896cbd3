// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest} from "../../interfaces/BookTypes.sol";
import {IExchangeBase, MarketRules} from "../../interfaces/IExchangeBase.sol";
import {Quote} from "../../interfaces/IExchangeLens.sol";
import {ParticipantId, UnitId} from "../../interfaces/Ids.sol";
import {BookComparison} from "./BookComparison.sol";
import {BookModel} from "./BookModel.sol";

/// @dev Random operations of every kind, each done to the Exchange and to the model. Days on which nobody opens the market,
/// weekends and holidays are frequent, because two clocks hide there.
abstract contract BookOperations is BookComparison {
    uint256 internal _random;

    function step(uint256 i) external {
        uint256 dice = _roll(100);
        // A closed market is left alone for a few operations, then the next session begins.
        if (_model.trades() != 0 && _roll(4) == 0) _stepToSession();
        else if (dice < 60) _stepPlace();
        else if (dice < 68) _stepBatch();
        else if (dice < 78) _stepCancel();
        else if (dice < 86) _stepMoney();
        else if (dice < 91) _stepForce();
        else if (dice < 92) _stepRules();
        else if (dice < 95) _stepOpen();
        else _stepTime();
        _compare();
        if (i % 25 == 0) _compareDepth();
    }

    function _roll(uint256 sides) internal returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % sides;
    }

    // ------------------------------------------------------------------ operations

    function _stepPlace() internal {
        (BookModel.Placing memory p, OrderRequest request) = _draw(_roll(PEOPLE));
        Quote memory quote = lens.quote(request, ParticipantId.wrap(p.who));
        vm.recordLogs();
        vm.prank(_wallets[p.who - _ids[0]]);
        try exchange.place(request) returns (OrderId id, uint256 filled, uint256 cash) {
            BookModel.Record[] memory records = _fillsOf(vm.getRecordedLogs());
            BookModel.Result memory r = _model.place(p);
            assertEq(filled, r.filled, "filled");
            assertEq(cash, r.cash, "cash moved");
            _compareRecords(records, _model.records());
            _countOld(records, !p.sell);
            _compareRest(p, id, r);
            assertEq(quote.refusal.length, 0, "quote refuses");
            assertEq(quote.filled, filled, "quote filled");
            assertEq(quote.cash, cash, "quote cash");
            assertEq(quote.rests != 0, r.rests, "quote rests");
        } catch (bytes memory reason) {
            ++_refused;
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(abi.encodeCall(_model.place, (p)))), "refusal");
            assertEq(keccak256(quote.refusal), keccak256(reason), "refusal of the quote");
        }
    }

    function _compareRest(BookModel.Placing memory p, OrderId id, BookModel.Result memory r) internal {
        assertEq(OrderId.unwrap(id) != 0, r.rests, "rests");
        if (!r.rests) return;
        assertEq(OrderId.unwrap(id) & 0xffffff, r.index, "index");
        uint256 lastDay = p.force == 0 ? _model.localDay() : p.force == 4 ? p.expiry : 0;
        assertEq(lens.lastDayOf(id), lastDay, "last day");
        _placed.push(id);
        _owners.push(p.who);
        _serials.push(r.serial);
        _placedOn[_placeInQueue(p.sell, p.tick, r.index)] = _model.localDay();
    }

    /// @dev An order with any choice of kinds, caps and limits, near the last price.
    function _draw(uint256 who) internal returns (BookModel.Placing memory p, OrderRequest) {
        p.who = _ids[who];
        p.sell = _roll(2) == 0;
        uint256 middle = _model.last();
        p.tick = _roll(50) == 0 ? _roll(57_599) : middle + _roll(13) - 6;
        p.lots = _roll(60) == 0 ? _roll(200_000) : 1 + _roll(_roll(2) == 0 ? 3 : 40); // small ones make long queues
        p.force = _force();
        if (p.force == 4) p.expiry = _model.localDay() + _roll(5) - (_roll(8) == 0 ? 1 : 0);
        p.postOnly = p.force != 1 && p.force != 2 && _roll(8) == 0;
        p.selfTrade = _roll(3);
        p.records = _roll(4) == 0 ? 1 + _roll(3) : 200;
        p.holes = _roll(4) == 0 ? 1 + _roll(2) : 200;
        p.levels = _roll(4) == 0 ? 1 + _roll(3) : 0;
        p.minimum = _roll(12) == 0 ? 1 + _roll(p.lots) : 0;
        p.maximumCost = !p.sell && _roll(6) == 0 ? (1 + _roll(p.lots)) * p.tick * 100 + _roll(10_000) : 0;
        if (p.maximumCost >> 52 != 0) p.maximumCost = 0;
        return (p, _request(p));
    }

    function _force() internal returns (uint256) {
        uint256 dice = _roll(20);
        if (dice < 6) return 1;
        if (dice < 8) return 2;
        if (_lasts()) return dice < 11 ? 0 : dice < 16 ? 3 : 4;
        return dice < 19 ? 0 : 3 + _roll(2); // refused
    }

    function _request(BookModel.Placing memory p) internal view returns (OrderRequest) {
        OrderRequest request = _order(p.sell ? SELL : BUY, p.tick, p.lots, p.force);
        uint256 records = p.records == 200 ? 0 : p.records;
        uint256 holes = p.holes == 200 ? 0 : p.holes;
        uint256 expiry = p.expiry == 0 ? 0 : p.expiry - (FIRST_DAY - 1);
        return _with(
            request,
            (p.postOnly ? POST_ONLY : 0) | (p.selfTrade << 69) | (records << 72) | (holes << 84) | (p.minimum << 96)
                | (p.maximumCost << 128) | (expiry << 180) | (p.levels << 192)
        );
    }

    /// @dev Cancels and orders of one participant in one call: all of it or nothing. One of each is a replacement.
    function _stepBatch() internal {
        uint256 who = _roll(PEOPLE);
        uint256 cancels = _placed.length == 0 ? 0 : _roll(3);
        uint256[] memory serials = new uint256[](cancels);
        OrderId[] memory ids = new OrderId[](cancels);
        for (uint256 i; i < cancels; ++i) {
            uint256 n = _recent();
            for (uint256 tries; tries < 6 && _owners[n] != _ids[who]; ++tries) {
                n = _recent();
            }
            (ids[i], serials[i]) = (_placed[n], _serials[n]);
        }
        BookModel.Placing[] memory placings = new BookModel.Placing[](_roll(4));
        OrderRequest[] memory requests = new OrderRequest[](placings.length);
        for (uint256 i; i < requests.length; ++i) {
            (placings[i], requests[i]) = _draw(who);
        }
        bytes memory call = abi.encodeCall(_model.batch, (_ids[who], serials, placings));
        vm.recordLogs();
        vm.prank(_wallets[who]);
        try exchange.batch(ids, requests) returns (OrderId[] memory placed) {
            ++_batches;
            BookModel.Record[] memory records = _fillsOf(vm.getRecordedLogs());
            BookModel.Result[] memory results = _model.batch(_ids[who], serials, placings);
            _compareRecords(records, _model.records());
            for (uint256 i; i < placed.length; ++i) {
                _compareBatched(placings[i], placed[i], results[i]);
            }
        } catch (bytes memory reason) {
            ++_refused;
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal of the batch");
        }
    }

    /// @dev A later order of the same batch may have met it already.
    function _compareBatched(BookModel.Placing memory p, OrderId id, BookModel.Result memory r) private {
        assertEq(OrderId.unwrap(id) != 0, r.rests, "rests");
        if (!r.rests) return;
        assertEq(OrderId.unwrap(id) & 0xffffff, r.index, "index");
        _placed.push(id);
        _owners.push(p.who);
        _serials.push(r.serial);
        _placedOn[_placeInQueue(p.sell, p.tick, r.index)] = _model.localDay();
    }

    /// @dev Mostly one of the last 25.
    function _recent() internal returns (uint256) {
        uint256 back = _roll(_roll(3) == 0 ? _placed.length : _placed.length < 25 ? _placed.length : 25);
        return _placed.length - 1 - back;
    }

    function _stepCancel() internal {
        if (_placed.length == 0) return;
        // Mostly by its owner.
        uint256 n = _recent();
        OrderId id = _placed[n];
        uint256 who = _roll(5) == 0 ? _roll(PEOPLE) : _owners[n] - _ids[0];
        uint256 before = _model.expired();
        vm.prank(_wallets[who]);
        try exchange.cancel(id) {
            _model.cancel(_ids[who], _serials[n]);
            _expired += before - _model.expired();
        } catch (bytes memory reason) {
            ++_refused;
            bytes memory call = abi.encodeCall(_model.cancel, (_ids[who], _serials[n]));
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to cancel");
        }
    }

    function _stepMoney() internal {
        uint256 who = _roll(PEOPLE);
        uint256 lots = _roll(2) == 0 ? 1 + _roll(120) : 0;
        uint256 cents = lots == 0 ? 1 + _roll(900_000) : 0;
        if (_roll(3) != 0) {
            _deposit(_wallets[who], lots, cents);
            _model.deposit(_ids[who], lots, cents);
            return;
        }
        vm.startPrank(_wallets[who]);
        bool ok;
        bytes memory reason;
        if (lots != 0) {
            (ok, reason) = address(exchange).call(abi.encodeCall(exchange.withdrawUnits, (market, lots, _wallets[who])));
        } else {
            (ok, reason) = address(exchange).call(abi.encodeCall(exchange.withdrawCash, (market, cents, _wallets[who])));
        }
        vm.stopPrank();
        bytes memory call = abi.encodeCall(_model.withdraw, (_ids[who], lots, cents));
        if (ok) _model.withdraw(_ids[who], lots, cents);
        else assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to withdraw");
    }

    function _stepForce() internal {
        uint256 who = _roll(PEOPLE);
        uint256 other = _roll(PEOPLE);
        uint256 what = _roll(6);
        ParticipantId id = ParticipantId.wrap(_ids[who]);
        if (what == 0) {
            uint256 lots = _roll(3) == 0 ? 100_000 : _roll(80);
            assertEq(
                exchange.debitUnits(id, market, lots, makeAddr("treasury")), _model.seizeLots(_ids[who], lots), "debit"
            );
        } else if (what == 1) {
            uint256 amount = _roll(60_000_000);
            assertEq(
                exchange.debitCash(id, market, amount, makeAddr("treasury")),
                _model.seizeCash(_ids[who], amount),
                "debit of cash"
            );
        } else if (what == 2 && who != other) {
            uint256 lots = _roll(80);
            assertEq(
                exchange.forcedTransfer(id, ParticipantId.wrap(_ids[other]), market, lots),
                _model.forceTransfer(_ids[who], _ids[other], lots),
                "forced transfer"
            );
        } else if (what == 3) {
            bool on = _roll(3) == 0;
            bool was = _model.person(_ids[who]).frozen;
            exchange.freezeAccount(id, market, on);
            if (on != was) _model.freeze(_ids[who], on);
        } else {
            // What is sent by now lies with the treasury: no wallet of the person holds units that would count.
            uint256 limit = _roll(3) == 0 ? 0 : 1 + _model.person(_ids[who]).lots + _roll(30);
            uint256 outside = units.balanceOf(_wallets[who], UnitId.unwrap(UNIT));
            vm.prank(officer);
            exchange.setHoldingLimit(id, market, limit);
            _model.limit(_ids[who], limit == 0 ? type(int256).max : int256(limit) - int256(outside));
        }
    }

    function _stepRules() internal {
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

    function _stepOpen() internal {
        bool change = _roll(4) == 0 && _model.openedDay() != (block.timestamp + LOCAL) / 1 days
            && _model.isTradingDay((block.timestamp + LOCAL) / 1 days);
        if (change) {
            MarketRules memory r = _rules();
            r.takerFeePpm = uint16(_roll(1_000));
            // Where orders last, what they reserve was made with the maker's fee of the first day.
            if (!_lasts()) {
                r.makerFeePpm = uint16(_roll(1_000));
                r.bandPpm = _roll(5) == 0 ? 999_999 : 100_000;
            }
            r.takerLevels = uint8(_roll(3) == 0 ? 1 + _roll(3) : 0);
            vm.prank(officer);
            exchange.setMarketRules(market, r);
            _model.setRules(r.bandPpm, r.takerFeePpm, r.makerFeePpm, r.takerLevels);
        }
        try exchange.openDay(market) {
            ++_days;
            _model.open();
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
        if (_model.halted()) return _stepRules();
        if (_model.trades() == IExchangeBase.ExchangeMarketClosed.selector) {
            vm.warp(_at(_nextDay((block.timestamp + LOCAL) / 1 days)));
        }
        _model.tick();
        if (_model.openedDay() == _model.localDay()) return;
        _openBoth();
    }

    function _openBoth() internal {
        exchange.openDay(market);
        ++_days;
        _model.open();
    }

    function _nextDay(uint256 day) internal view returns (uint256) {
        do {
            ++day;
        } while (!_model.isTradingDay(day));
        return day;
    }
}
