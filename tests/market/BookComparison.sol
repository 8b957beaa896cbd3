// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, Side} from "../../interfaces/types/BookTypes.sol";
import {Account} from "../../interfaces/market/IExchange.sol";
import {DepthLevel, MarketDay} from "../../interfaces/market/IExchangeLens.sol";
import {MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeGateway} from "../../interfaces/market/IExchangeGateway.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Vm} from "../forge/Vm.sol";
import {BookModel} from "./BookModel.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev The Exchange and its plain model side by side, and everything that must be equal.
abstract contract BookComparison is MarketBase {
    uint256 internal constant PEOPLE = 6;
    /// @dev Of the same class, so that one holding limit covers both.
    UnitId internal constant NEXT_UNIT = UnitId.wrap((uint256(1) << 96) | (uint256(1) << 80) | (uint256(2021) << 64));

    BookModel internal _model;
    IExchangeGateway internal gateway;
    MarketId[2] internal _markets; // the one with the book; one that only keeps lots and cash
    uint24[PEOPLE] internal _ids;
    address[PEOPLE] internal _wallets;
    uint256[PEOPLE] internal _keys;
    address internal _desk = makeAddr("desk"); // the test is a desk too
    uint24[2] internal _houses;
    address internal _stranger = makeAddr("stranger");
    uint256 internal _random;

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

    /// @dev Units in a lot, of the two markets.
    function _lotSizes() internal pure virtual returns (uint256[2] memory);

    function _config() internal view override returns (MarketConfig memory config) {
        config = super._config();
        config.lotSize = uint32(_lotSizes()[0]);
    }

    function setUp() public override {
        super.setUp();
        _openSecondMarket();
        _model = new BookModel(OPERATOR, 4_800, _lasts(), _lotSizes());
        _model.join(OPERATOR);
        for (uint256 day = FIRST_DAY; day < FIRST_DAY + 790; ++day) {
            if ((day + 3) % 7 < 5) _model.setTradingDay(day, true);
        }
        gateway = IExchangeGateway(deployCode("ExchangeGateway.sol:ExchangeGateway", abi.encode(exchange)));
        exchange.setController(address(gateway), 8);
        exchange.setController(address(this), 7 | 16);
        exchange.setController(_desk, 16);
        _houses = [ParticipantId.unwrap(exchange.houseOf(address(this))), ParticipantId.unwrap(exchange.houseOf(_desk))];
        for (uint256 i; i < 2; ++i) {
            _model.join(_houses[i]);
        }
        for (uint256 i; i < PEOPLE; ++i) {
            string memory name = string.concat("person", vm.toString(i));
            (_ids[i], _wallets[i]) = _join(name);
            (, _keys[i]) = makeAddrAndKey(name);
            _model.join(_ids[i]);
            _deposit(i, 0, 300, 3_000_000);
            vm.prank(_wallets[i]);
            gateway.cancelNonces(type(uint248).max, 1 << 255);
        }
    }

    function _openSecondMarket() private {
        MarketConfig memory config = super._config();
        config.lotSize = uint32(_lotSizes()[1]);
        rules.disclose(2021);
        vm.prank(officer);
        _markets = [market, exchange.createMarket(NEXT_UNIT, SCHEME, address(currency), config)];
    }

    function _roll(uint256 sides) internal returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % sides;
    }

    /// @dev Lots or cash [0.01 currency] from outside, to the Exchange and to the model.
    function _deposit(uint256 who, uint256 m, uint256 lots, uint256 cents) internal {
        address wallet = _wallets[who];
        if (lots != 0) {
            uint256 id = UnitId.unwrap(m == 0 ? UNIT : NEXT_UNIT);
            units.mint(wallet, id, lots * _lotSizes()[m]);
            vm.prank(wallet);
            units.safeTransferFrom(wallet, address(exchange), id, lots * _lotSizes()[m], "");
        }
        if (cents != 0) {
            currency.mint(wallet, cents);
            vm.startPrank(wallet);
            currency.approve(address(exchange), cents);
            exchange.depositCash(_markets[m], cents);
            vm.stopPrank();
        }
        _model.deposit(_ids[who], m, lots, cents);
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
        (uint256[] memory inAsks, uint256[] memory inBids) = _model.allReserved();
        for (uint256 i; i < inAsks.length; ++i) {
            // As they joined the model: the operator, the houses of two desks, everybody else.
            uint24 id = i == 0 ? OPERATOR : i < 3 ? _houses[i - 1] : _ids[i - 3];
            Account memory a = _compareAccount(id);
            assertEq(a.lotsInAsks, inAsks[i], "in asks");
            assertEq(a.cashInBids, inBids[i], "in bids");
            lots += a.lots;
            cash += a.cash;
        }
        cash += _model.fees();
        uint256 cashThere = _compareSecondMarket();
        // Everything is somewhere, and the tokens are there.
        assertEq(exchange.marketAssets(market).lots, lots, "sum of lots");
        assertEq(exchange.marketAssets(market).cash, cash, "sum of cash");
        uint256 inCustody = units.balanceOf(address(exchange), UnitId.unwrap(UNIT));
        assertEq(inCustody, lots * _lotSizes()[0], "units in custody");
        assertEq(currency.balanceOf(address(exchange)) * 100, cash + cashThere, "currency in custody");

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

    function _compareAccount(uint24 id) private view returns (Account memory a) {
        BookModel.Person memory p = _model.person(id, 0);
        a = _account(id);
        assertEq(a.lots, p.lots, "lots");
        assertEq(a.lotsBought, p.bought, "bought");
        assertEq(a.cash, p.cash, "cash");
        if (p.begun) assertEq(a.room, _model.room(id, 0), "room");
        assertEq(a.frozen, p.frozen, "frozen");
        assertEq(exchange.heldOf(ParticipantId.wrap(id), market), p.held, "held by desks");
    }

    function _compareSecondMarket() private view returns (uint256 cash) {
        uint256 lots;
        for (uint256 i; i < PEOPLE; ++i) {
            BookModel.Person memory p = _model.person(_ids[i], 1);
            Account memory a = exchange.account(ParticipantId.wrap(_ids[i]), _markets[1]);
            assertEq(a.lots, p.lots, "lots in the second market");
            assertEq(a.cash, p.cash, "cash in the second market");
            if (p.begun) assertEq(a.room, _model.room(_ids[i], 1), "room in the second market");
            lots += a.lots;
            cash += a.cash;
        }
        assertEq(exchange.marketAssets(_markets[1]).lots, lots, "sum of lots in the second market");
        assertEq(exchange.marketAssets(_markets[1]).cash, cash, "sum of cash in the second market");
        uint256 inCustody = units.balanceOf(address(exchange), UnitId.unwrap(NEXT_UNIT));
        assertEq(inCustody, lots * _lotSizes()[1], "units of the second market in custody");
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
                assertTrue(levels[i].tick >= _model.low() && levels[i].tick <= _model.high(), "outside the band");
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
