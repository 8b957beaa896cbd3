// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest, Side} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {DepthLevel, IExchangeLens, MarketDay} from "../../interfaces/market/IExchangeLens.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Test} from "forge-std/Test.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Makes legal and illegal moves; remembers every order that ever rested.
contract ExchangeHandler is Test {
    IExchange private immutable EXCHANGE;
    IExchangeLens private immutable LENS;
    MarketId private immutable MARKET;
    address[] private _wallets;
    uint24 private immutable FIRST;
    uint256 private immutable START; // midnight before the market's first day
    OrderId[] public placed;

    constructor(
        IExchange exchange,
        IExchangeLens lens,
        MarketId market,
        address[] memory wallets,
        uint24 first,
        uint256 start
    ) {
        (EXCHANGE, LENS, MARKET, _wallets, FIRST, START) = (exchange, lens, market, wallets, first, start);
    }

    function placedCount() external view returns (uint256) {
        return placed.length;
    }

    /// @dev In a lasting market also good till cancelled and good till date; elsewhere these are refused.
    function place(uint256 who, uint256 side, uint256 tick, uint256 lots, uint256 kind, uint256 days_) external {
        uint256 force = kind % 5;
        uint256 expiry = force == 4 ? (block.timestamp - START) / 1 days + 1 + bound(days_, 0, 4) : 0;
        uint256 word = bound(lots, 1, 60) | (bound(tick, 4_780, 4_820) << 32) | (uint256(MarketId.unwrap(MARKET)) << 48)
            | ((side % 2) << 64) | (force << 65) | ((kind % 3) << 69) | (expiry << 180);
        vm.prank(_wallets[who % _wallets.length]);
        try EXCHANGE.place(OrderRequest.wrap(word)) returns (OrderId id, uint256, uint256) {
            if (OrderId.unwrap(id) != 0) placed.push(id);
        } catch {}
    }

    function cancel(uint256 which) external {
        if (placed.length == 0) return;
        OrderId id = placed[placed.length - 1 - which % (placed.length < 20 ? placed.length : 20)];
        (, ParticipantId owner) = LENS.order(id);
        if (owner == ParticipantId.wrap(0)) return;
        vm.prank(_wallets[ParticipantId.unwrap(owner) - FIRST]);
        EXCHANGE.cancel(id);
    }

    function debit(uint256 who, uint256 lots, uint256 cash) external {
        ParticipantId id = ParticipantId.wrap(uint24(FIRST + who % _wallets.length));
        if (cash % 2 == 0) EXCHANGE.debitUnits(id, MARKET, bound(lots, 0, 30), address(1));
        else EXCHANGE.debitCash(id, MARKET, bound(cash, 0, 1_000_000), address(1));
    }

    function freeze(uint256 who, bool on) external {
        EXCHANGE.freezeAccount(ParticipantId.wrap(uint24(FIRST + who % _wallets.length)), MARKET, on);
    }

    function withdraw(uint256 who, uint256 lots) external {
        address wallet = _wallets[who % _wallets.length];
        vm.prank(wallet);
        try EXCHANGE.withdrawUnits(MARKET, bound(lots, 1, 30), wallet) {} catch {}
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 6 hours));
        try EXCHANGE.openDay(MARKET) {} catch {}
        uint256 opensAt = LENS.nextSession(MARKET);
        if (time % 3 == 0 && opensAt > block.timestamp) vm.warp(opensAt);
        try EXCHANGE.openDay(MARKET) {} catch {}
    }
}

abstract contract ExchangeInvariants is MarketBase {
    uint256 private constant PEOPLE = 4;

    ExchangeHandler private _handler;
    uint24 private _first;

    function setUp() public override {
        super.setUp();
        address[] memory wallets = new address[](PEOPLE);
        for (uint256 i; i < PEOPLE; ++i) {
            (uint24 id, address wallet) = _trader(string.concat("person", vm.toString(i)), 5_000, 100_000_000);
            wallets[i] = wallet;
            if (i == 0) _first = id;
        }
        _open(FIRST_DAY);
        _handler = new ExchangeHandler(exchange, lens, market, wallets, _first, FIRST_DAY * 1 days - LOCAL);
        exchange.setController(address(_handler), 3);
        targetContract(address(_handler));
    }

    /// @dev What accounts hold is what came in and did not go out, and the tokens are there.
    function invariant_ledgerIsSolvent() public view {
        uint256 lots;
        uint256 cash = lens.market(market).fees;
        for (uint256 i; i <= PEOPLE; ++i) {
            Account memory a = _account(i == PEOPLE ? OPERATOR : uint24(_first + i));
            lots += a.lots;
            cash += a.cash;
            assertLe(a.lotsInAsks + a.lotsBought, a.lots, "reserved lots");
            assertLe(a.cashInBids, a.cash, "reserved cash");
        }
        assertEq(exchange.marketAssets(market).lots, lots);
        assertEq(exchange.marketAssets(market).cash, cash);
        assertEq(units.balanceOf(address(exchange), UnitId.unwrap(UNIT)), lots);
        assertEq(currency.balanceOf(address(exchange)) * 100, cash);
    }

    /// @dev What an account has reserved is what its open orders need, to the last unit, once anyone has cleared away the
    /// expired ones; the depth is their sum.
    function invariant_escrowCoversOpenOrders() public {
        _clearAway();
        uint256[PEOPLE] memory inAsks;
        uint256[PEOPLE] memory inBids;
        uint256[2] memory open;
        uint256 count = _handler.placedCount();
        for (uint256 i; i < count; ++i) {
            OrderId id = _handler.placed(i);
            (uint256 lots, ParticipantId owner) = lens.order(id);
            if (lots == 0) continue;
            uint256 who = ParticipantId.unwrap(owner) - _first;
            uint256 side = (OrderId.unwrap(id) >> 64) & 0xff;
            open[side] += lots;
            if (side == SELL) {
                inAsks[who] += lots;
            } else {
                uint256 value = lots * ((OrderId.unwrap(id) >> 48) & 0xffff) * 100;
                inBids[who] += value + (value * 300 + 999_999) / 1_000_000;
            }
        }
        for (uint256 i; i < PEOPLE; ++i) {
            Account memory a = _account(uint24(_first + i));
            assertEq(a.lotsInAsks, inAsks[i], "in asks");
            assertEq(a.cashInBids, inBids[i], "in bids");
        }
        for (uint256 side; side < 2; ++side) {
            DepthLevel[] memory levels = lens.depth(market, Side(side), 100);
            uint256 sum;
            for (uint256 i; i < levels.length; ++i) {
                sum += levels[i].lots;
            }
            assertEq(sum, open[side], "depth");
        }
    }

    /// @dev Only orders that are not open can be cancelled by a stranger.
    function _clearAway() private {
        uint256 count = _handler.placedCount();
        vm.startPrank(makeAddr("stranger"));
        for (uint256 i; i < count; ++i) {
            (uint256 before,) = lens.order(_handler.placed(i));
            try exchange.cancel(_handler.placed(i)) {
                assertEq(before, 0, "a stranger cancelled an open order");
            } catch {}
        }
        vm.stopPrank();
    }

    /// @dev Best buy below best sell, prices sorted, nothing outside the band.
    function invariant_bookIsSortedAndNotCrossed() public view {
        MarketDay memory day = lens.market(market);
        if (day.askTick != 0) assertLt(day.bidTick, day.askTick, "crossed");
        for (uint256 side; side < 2; ++side) {
            DepthLevel[] memory levels = lens.depth(market, Side(side), 100);
            for (uint256 i; i < levels.length; ++i) {
                assertGe(levels[i].tick, day.lowTick, "below the band");
                assertLe(levels[i].tick, day.highTick, "above the band");
                if (i == 0) continue;
                if (side == SELL) assertGt(levels[i].tick, levels[i - 1].tick, "asks");
                else assertLt(levels[i].tick, levels[i - 1].tick, "bids");
            }
        }
    }
}

/// @dev A market with a daily band, whose orders end with the day.
contract ExchangeInvariantTest is ExchangeInvariants {}

/// @dev A market without a band, whose orders last.
contract LastingInvariantTest is ExchangeInvariants {
    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        r.bandPpm = 0;
    }
}
