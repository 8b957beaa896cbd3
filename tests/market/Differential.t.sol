// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest, Side} from "../../interfaces/BookTypes.sol";
import {Account} from "../../interfaces/IExchange.sol";
import {DepthLevel, MarketDay, Quote} from "../../interfaces/IExchangeLens.sol";
import {IExchangeBase, MarketRules} from "../../interfaces/IExchangeBase.sol";
import {ParticipantId, UnitId} from "../../interfaces/Ids.sol";
import {Vm} from "../forge/Vm.sol";
import {BookModel} from "./BookModel.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev The Exchange against {BookModel}: the same random operations on both, everything compared after each. Days on
/// which nobody opens the market, weekends and holidays are frequent, because two clocks hide there.
contract DifferentialTest is MarketBase {
    uint256 private constant PEOPLE = 6;
    uint256 private constant OPERATIONS = 1_000;

    BookModel private _model;
    uint24[PEOPLE] private _ids;
    address[PEOPLE] private _wallets;
    OrderId[] private _placed;
    uint24[] private _owners;
    uint256[] private _serials;
    uint256 private _random;

    // What happened, so that a run that never reaches a case is noticed.
    uint256 private _trades;
    uint256 private _ended;
    uint256 private _refused;
    uint256 private _days;

    function setUp() public override {
        super.setUp();
        _model = new BookModel(OPERATOR, 4_800);
        _model.join(OPERATOR);
        for (uint256 day = FIRST_DAY; day < FIRST_DAY + 790; ++day) {
            if ((day + 3) % 7 < 5) _model.setTradingDay(day, true);
        }
        for (uint256 i; i < PEOPLE; ++i) {
            (_ids[i], _wallets[i]) = _trader(string.concat("person", vm.toString(i)), 300, 3_000_000);
            _model.join(_ids[i]);
            _model.deposit(_ids[i], 300, 3_000_000);
        }
        exchange.setController(address(this), 7);
    }

    /// forge-config: default.fuzz.runs = 7
    /// forge-config: long.fuzz.runs = 60
    function testFuzz_exchange_agreesWithThePlainModel(uint256 seed) public {
        _random = seed;
        for (uint256 i; i < OPERATIONS; ++i) {
            this.step(i); // a call of its own, so that memory does not pile up
        }
        assertGt(_trades, OPERATIONS / 200, "trades");
        assertGt(_ended, OPERATIONS / 1000, "orders ended without trade");
        assertGt(_refused, OPERATIONS / 200, "refusals");
        assertGt(_days, OPERATIONS / 250, "days");
    }

    function step(uint256 i) external {
        uint256 dice = _roll(100);
        // A closed market is left alone for a few operations, then the next session begins.
        if (_model.trades() != 0 && _roll(4) == 0) _stepToSession();
        else if (dice < 66) _stepPlace();
        else if (dice < 78) _stepCancel();
        else if (dice < 86) _stepMoney();
        else if (dice < 91) _stepForce();
        else if (dice < 92) _stepRules();
        else if (dice < 95) _stepOpen();
        else _stepTime();
        _compare();
        if (i % 25 == 0) _compareDepth();
    }

    function _roll(uint256 sides) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % sides;
    }

    // ------------------------------------------------------------------ operations

    function _stepPlace() private {
        uint256 who = _roll(PEOPLE);
        BookModel.Placing memory p;
        p.who = _ids[who];
        p.sell = _roll(2) == 0;
        uint256 middle = _model.last();
        p.tick = _roll(50) == 0 ? _roll(57_599) : middle + _roll(13) - 6;
        p.lots = _roll(60) == 0 ? _roll(200_000) : 1 + _roll(40);
        uint256 force = _roll(10);
        p.force = force < 6 ? 0 : force < 9 ? 1 : 2;
        p.postOnly = p.force == 0 && _roll(8) == 0;
        p.selfTrade = _roll(3);
        p.records = _roll(4) == 0 ? 1 + _roll(3) : 200;
        p.holes = _roll(4) == 0 ? 1 + _roll(2) : 200;
        p.minimum = _roll(12) == 0 ? 1 + _roll(p.lots) : 0;
        p.maximumCost = !p.sell && _roll(6) == 0 ? (1 + _roll(p.lots)) * p.tick * 100 + _roll(10_000) : 0;
        if (p.maximumCost >> 52 != 0 || p.minimum > type(uint32).max) return;
        OrderRequest request = _request(p);

        Quote memory quote = lens.quote(request, ParticipantId.wrap(p.who));
        vm.recordLogs();
        vm.prank(_wallets[who]);
        try exchange.place(request) returns (OrderId id, uint256 filled, uint256 cash) {
            BookModel.Record[] memory records = _fillsOf(vm.getRecordedLogs());
            BookModel.Result memory r = _model.place(p);
            assertEq(filled, r.filled, "filled");
            assertEq(cash, r.cash, "cash moved");
            assertEq(OrderId.unwrap(id) != 0, r.rests, "rests");
            if (r.rests) {
                assertEq(OrderId.unwrap(id) & 0xffffff, r.index, "index");
                _placed.push(id);
                _owners.push(p.who);
                _serials.push(r.serial);
            }
            _compareRecords(records, _model.records());
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

    function _request(BookModel.Placing memory p) private view returns (OrderRequest) {
        OrderRequest request = _order(p.sell ? SELL : BUY, p.tick, p.lots, p.force);
        uint256 records = p.records == 200 ? 0 : p.records;
        uint256 holes = p.holes == 200 ? 0 : p.holes;
        return _with(
            request,
            (p.postOnly ? POST_ONLY : 0) | (p.selfTrade << 69) | (records << 72) | (holes << 84) | (p.minimum << 96)
                | (p.maximumCost << 128)
        );
    }

    function _stepCancel() private {
        if (_placed.length == 0) return;
        // Mostly a recent order, mostly by its owner.
        uint256 back = _roll(_roll(3) == 0 ? _placed.length : _placed.length < 25 ? _placed.length : 25);
        uint256 n = _placed.length - 1 - back;
        OrderId id = _placed[n];
        uint256 who = _roll(5) == 0 ? _roll(PEOPLE) : _owners[n] - _ids[0];
        vm.prank(_wallets[who]);
        try exchange.cancel(id) {
            _model.cancel(_ids[who], _serials[n]);
        } catch (bytes memory reason) {
            ++_refused;
            bytes memory call = abi.encodeCall(_model.cancel, (_ids[who], _serials[n]));
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to cancel");
        }
    }

    function _stepMoney() private {
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

    function _stepForce() private {
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

    function _stepRules() private {
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

    function _stepOpen() private {
        bool change = _roll(4) == 0 && _model.openedDay() != (block.timestamp + LOCAL) / 1 days
            && _model.isTradingDay((block.timestamp + LOCAL) / 1 days);
        if (change) {
            MarketRules memory r = _rules();
            r.takerFeePpm = uint16(_roll(1_000));
            r.makerFeePpm = uint16(_roll(1_000));
            r.bandPpm = _roll(5) == 0 ? 999_999 : 100_000;
            vm.prank(officer);
            exchange.setMarketRules(market, r);
            _model.setRules(r.bandPpm, r.takerFeePpm, r.makerFeePpm);
        }
        try exchange.openDay(market) {
            ++_days;
            _model.open();
        } catch (bytes memory reason) {
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(abi.encodeCall(_model.open, ()))), "day");
        }
    }

    function _stepTime() private {
        uint256 what = _roll(8);
        uint256 day = (block.timestamp + LOCAL) / 1 days;
        if (what < 4) vm.warp(block.timestamp + _roll(3 hours));
        else if (what < 6) vm.warp(_at(day + 1) + _roll(1 hours));
        else vm.warp(_at(day + 1 + _roll(4)) - _roll(11 hours));
        _model.tick();
    }

    function _stepToSession() private {
        if (_model.halted()) return _stepRules();
        if (_model.trades() == IExchangeBase.ExchangeMarketClosed.selector) {
            vm.warp(_at(_nextDay((block.timestamp + LOCAL) / 1 days)));
        }
        _model.tick();
        if (_model.openedDay() == _model.localDay()) return;
        _openBoth();
    }

    function _openBoth() private {
        exchange.openDay(market);
        ++_days;
        _model.open();
    }

    function _nextDay(uint256 day) private view returns (uint256) {
        do {
            ++day;
        } while (!_model.isTradingDay(day));
        return day;
    }

    function _modelRefusal(bytes memory call) private returns (bytes4 why) {
        (bool ok, bytes memory answer) = address(_model).call(call);
        assertFalse(ok, "the model would have done it");
        assembly ("memory-safe") {
            why := mload(add(answer, 36))
        }
    }

    // ------------------------------------------------------------------ comparison

    function _compare() private {
        _model.tick();
        uint256 lots;
        uint256 cash;
        for (uint256 i; i <= PEOPLE; ++i) {
            uint24 id = i == PEOPLE ? OPERATOR : _ids[i];
            BookModel.Person memory p = _model.person(id);
            Account memory a = _account(id);
            (uint256 inAsks, uint256 inBids) = _model.reserved(id);
            assertEq(a.lots, p.lots, "lots");
            assertEq(a.lotsInAsks, inAsks, "in asks");
            assertEq(a.lotsBought, p.bought, "bought");
            assertEq(a.cash, p.cash, "cash");
            assertEq(a.cashInBids, inBids, "in bids");
            if (i != PEOPLE) assertEq(a.room, _model.room(id), "room");
            assertEq(a.frozen, p.frozen, "frozen");
            lots += a.lots;
            cash += a.cash;
        }
        // Everything is somewhere, and the tokens are there.
        assertEq(exchange.marketAssets(market).lots, lots, "sum of lots");
        assertEq(exchange.marketAssets(market).cash, cash + _model.fees(), "sum of cash");
        assertEq(units.balanceOf(address(exchange), UnitId.unwrap(UNIT)), lots, "units in custody");
        assertEq(currency.balanceOf(address(exchange)) * 100, cash + _model.fees(), "currency in custody");

        MarketDay memory day = lens.market(market);
        bool current = _model.openedDay() == _model.localDay();
        assertEq(day.bidTick, current ? _model.bestOpen(false) : 0, "bid");
        assertEq(day.askTick, current ? _model.bestOpen(true) : 0, "ask");
        assertTrue(day.askTick == 0 || day.bidTick < day.askTick, "crossed");
        assertEq(day.lastTick, _model.last(), "last");
        assertEq(day.lowTick, _model.low(), "low");
        assertEq(day.highTick, _model.high(), "high");
        assertEq(day.volume, _model.volume(), "volume");
        assertEq(day.turnover, _model.turnover(), "turnover");
        assertEq(day.fees, _model.fees(), "fees");
        assertEq(day.open, _model.trades() == 0, "open");
    }

    function _compareDepth() private view {
        for (uint256 side; side < 2; ++side) {
            DepthLevel[] memory levels = lens.depth(market, Side(side), 100);
            uint256 orders;
            for (uint256 i; i < levels.length; ++i) {
                (uint256 lots, uint256 count) = _model.depthAt(side == SELL, levels[i].tick);
                assertEq(levels[i].lots, lots, "lots of a level");
                assertEq(levels[i].orders, count, "orders of a level");
                assertGt(lots, 0, "empty level");
                orders += count;
                if (i == 0) continue;
                bool sorted = side == SELL ? levels[i].tick > levels[i - 1].tick : levels[i].tick < levels[i - 1].tick;
                assertTrue(sorted, "sorted");
            }
            assertEq(orders, _model.liveOrders(side == SELL), "orders of a side");
        }
    }

    function _compareRecords(BookModel.Record[] memory a, BookModel.Record[] memory b) private {
        assertEq(a.length, b.length, "number of records");
        for (uint256 i; i < a.length; ++i) {
            assertEq(a[i].tick, b[i].tick, "record: tick");
            assertEq(a[i].ended, b[i].ended, "record: ended");
            assertEq(a[i].index, b[i].index, "record: index");
            assertEq(a[i].maker, b[i].maker, "record: maker");
            assertEq(a[i].lots, b[i].lots, "record: lots");
            if (a[i].ended) ++_ended;
            else ++_trades;
        }
    }

    /// @dev Reads the packed event without the library that wrote it.
    function _fillsOf(Vm.Log[] memory logs) private pure returns (BookModel.Record[] memory records) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != keccak256("OrdersFilled(uint40,uint256,bytes)")) continue;
            bytes memory fills = abi.decode(logs[i].data, (bytes));
            records = new BookModel.Record[](fills.length / 12);
            for (uint256 j; j < records.length; ++j) {
                uint256 from = j * 12;
                records[j].tick = _number(fills, from, 2);
                uint256 middle = _number(fills, from + 2, 3);
                records[j].ended = middle >= 1 << 23;
                records[j].index = middle % (1 << 23);
                records[j].maker = uint24(_number(fills, from + 5, 3));
                records[j].lots = _number(fills, from + 8, 4);
            }
        }
    }

    function _number(bytes memory data, uint256 from, uint256 size) private pure returns (uint256 n) {
        for (uint256 i; i < size; ++i) {
            n = n * 256 + uint8(data[from + i]);
        }
    }
}
