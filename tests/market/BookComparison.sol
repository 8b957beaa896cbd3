// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, Side} from "../../interfaces/BookTypes.sol";
import {Account} from "../../interfaces/IExchange.sol";
import {DepthLevel, MarketDay} from "../../interfaces/IExchangeLens.sol";
import {UnitId} from "../../interfaces/Ids.sol";
import {Vm} from "../forge/Vm.sol";
import {BookModel} from "./BookModel.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev The Exchange and its plain model side by side, and everything that must be equal.
abstract contract BookComparison is MarketBase {
    uint256 internal constant PEOPLE = 6;

    BookModel internal _model;
    uint24[PEOPLE] internal _ids;
    address[PEOPLE] internal _wallets;

    // Orders that rested, by the serial number of the model.
    OrderId[] internal _placed;
    uint24[] internal _owners;
    uint256[] internal _serials;
    mapping(uint256 placeInQueue => uint256 day) internal _placedOn;

    // What happened, so that a run that never reaches a case is noticed.
    uint256 internal _trades;
    uint256 internal _oldTrades; // with an order of an earlier day
    uint256 internal _ended;
    uint256 internal _expired; //   ended because their last day was over
    uint256 internal _refused;
    uint256 internal _days;
    uint256 internal _batches;

    function _lasts() internal pure virtual returns (bool);

    function setUp() public override {
        super.setUp();
        _model = new BookModel(OPERATOR, 4_800, _lasts());
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

    function _modelRefusal(bytes memory call) internal returns (bytes4 why) {
        (bool ok, bytes memory answer) = address(_model).call(call);
        assertFalse(ok, "the model would have done it");
        assembly ("memory-safe") {
            why := mload(add(answer, 36))
        }
    }

    function _compare() internal {
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
        assertEq(day.bidTick, _model.bestOpen(false), "bid");
        assertEq(day.askTick, _model.bestOpen(true), "ask");
        assertTrue(day.askTick == 0 || day.bidTick < day.askTick, "crossed");
        assertEq(day.lastTick, _model.last(), "last");
        assertEq(day.lowTick, _model.low(), "low");
        assertEq(day.highTick, _model.high(), "high");
        assertEq(day.volume, _model.volume(), "volume");
        assertEq(day.turnover, _model.turnover(), "turnover");
        assertEq(day.fees, _model.fees(), "fees");
        assertEq(day.open, _model.trades() == 0, "open");
    }

    function _compareDepth() internal view {
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

    function _compareRecords(BookModel.Record[] memory a, BookModel.Record[] memory b) internal {
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

    /// @dev Counts the fills and ends of orders that were there before today.
    function _countOld(BookModel.Record[] memory a, bool sells) internal {
        for (uint256 i; i < a.length; ++i) {
            uint256 day = _placedOn[_placeInQueue(sells, a[i].tick, a[i].index)];
            if (day == _model.localDay()) continue;
            if (!a[i].ended) ++_oldTrades;
        }
    }

    function _placeInQueue(bool sell, uint256 tick, uint256 index) internal pure returns (uint256) {
        return (sell ? 1 << 63 : 0) | (tick << 24) | index;
    }

    /// @dev Reads the packed event without the library that wrote it.
    function _fillsOf(Vm.Log[] memory logs) internal pure returns (BookModel.Record[] memory records) {
        bytes memory fills;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != keccak256("OrdersFilled(uint40,uint256,bytes)")) continue;
            fills = bytes.concat(fills, abi.decode(logs[i].data, (bytes)));
        }
        records = new BookModel.Record[](fills.length / 12);
        {
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

    function _number(bytes memory data, uint256 from, uint256 size) internal pure returns (uint256 n) {
        for (uint256 i; i < size; ++i) {
            n = n * 256 + uint8(data[from + i]);
        }
    }
}
