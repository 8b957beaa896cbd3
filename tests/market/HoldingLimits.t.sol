// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Vm} from "forge-std/Vm.sol";

import {AccountId, BookHoldingLimitExceeded, OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase, MarketConfig, MarketRules, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {Quote} from "../../interfaces/market/IExchangeLens.sol";
import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Three markets of one class: lots of 1, 10 and 7 units. What a participant, or its group, holds in all of them and
/// in its wallets is held against one limit.
abstract contract PoolBase is MarketBase {
    uint256 internal constant LIMIT = 1_000;
    uint24 internal constant GROUP = 77;

    MarketId[3] internal markets;
    uint256[3] internal sizes = [uint256(1), 10, 7];
    address internal seller;
    uint24 internal aliceId;
    address internal alice;
    uint24 internal bobId;
    address internal bob;

    function setUp() public virtual override {
        super.setUp();
        markets[0] = market;
        for (uint256 i = 1; i < 3; ++i) {
            MarketConfig memory c = _config();
            c.lotSize = uint32(sizes[i]);
            vm.prank(officer);
            markets[i] = exchange.createMarket(_unit(i), SCHEME, address(currency), c);
        }
        (, seller) = _join("seller");
        (aliceId, alice) = _join("alice");
        (bobId, bob) = _join("bob");
        vm.prank(officer);
        exchange.setHoldingLimit(_p(lastParticipant - 2), market, (1 << 33) - 2);
        for (uint256 i; i < 3; ++i) {
            _stock(seller, i, 1_000_000);
            _pay(seller, i, 100_000_000);
            _pay(alice, i, 100_000_000);
            _pay(bob, i, 100_000_000);
        }
        vm.warp(_at(FIRST_DAY));
        for (uint256 i; i < 3; ++i) {
            exchange.openDay(markets[i]);
            market = markets[i];
            for (uint256 j; j < 5; ++j) {
                _place(seller, SELL, 4_800, 10_000);
            }
        }
        market = markets[0];
    }

    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        // [lots]: about the same everywhere, and a little different, as lots of 7 do not divide 1,000.
        r.holdingLimit = uint40(LIMIT);
    }

    function _config() internal view override returns (MarketConfig memory c) {
        c = super._config();
        c.rules = _rules();
    }

    function _unit(uint256 i) internal pure returns (UnitId) {
        return UnitId.wrap(UnitId.unwrap(UNIT) + i);
    }

    function _p(uint24 id) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(id);
    }

    function _stock(address wallet, uint256 i, uint256 lots) internal {
        units.mint(wallet, UnitId.unwrap(_unit(i)), lots * sizes[i]);
        vm.prank(wallet);
        units.safeTransferFrom(wallet, address(exchange), UnitId.unwrap(_unit(i)), lots * sizes[i], "");
    }

    function _pay(address wallet, uint256 i, uint256 cents) internal {
        currency.mint(wallet, cents);
        vm.startPrank(wallet);
        currency.approve(address(exchange), cents);
        exchange.depositCash(markets[i], cents);
        vm.stopPrank();
    }

    function _request(uint256 side, uint256 i, uint256 lots) internal view returns (OrderRequest) {
        return OrderRequest.wrap(
            lots | (4_800 << 32) | (uint256(MarketId.unwrap(markets[i])) << 48) | (side << 64) | (IOC << 65)
        );
    }

    function _buy(address wallet, uint256 i, uint256 lots) internal {
        OrderRequest request = _request(BUY, i, lots);
        vm.prank(wallet);
        (, uint256 filled,) = exchange.place(request);
        assertEq(filled, lots);
    }

    function _refuse(address wallet, uint256 i, int256 room, uint256 lots) internal {
        OrderRequest request = _request(BUY, i, lots);
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(BookHoldingLimitExceeded.selector, room, lots));
        exchange.place(request);
    }

    function _sync(uint24 id, uint256 i) internal {
        exchange.syncHolding(_p(id), markets[i]);
    }

    /// @dev Lets an account have all the room there is.
    function _collect(address wallet, uint24 id, uint256 i) internal {
        int256 room = _could(id, i);
        vm.prank(wallet);
        limits.gatherRoom(markets[i], uint256(room));
    }

    /// @dev What could be gathered.
    function _could(uint24 id, uint256 i) internal view returns (int256 room) {
        (,,, room) = limits.poolOf(_p(id), markets[i]);
    }

    function _limit(uint24 id, uint256 i, uint256 lots) internal {
        vm.prank(officer);
        exchange.setHoldingLimit(_p(id), markets[i], lots);
    }

    /// @dev Units that a participant holds of the class, wherever.
    function _holds(uint24 id, address wallet) internal view returns (uint256 sum) {
        for (uint256 i; i < 3; ++i) {
            sum += exchange.account(_p(id), markets[i]).lots * sizes[i];
            sum += units.balanceOf(wallet, UnitId.unwrap(_unit(i)));
        }
    }

    function _room(uint24 id, uint256 i) internal view returns (int256) {
        return exchange.account(_p(id), markets[i]).room;
    }
}

contract HoldingLimitsTest is PoolBase {
    function setUp() public override {
        super.setUp();
        _limit(aliceId, 0, LIMIT);
        _limit(bobId, 0, LIMIT);
    }

    // ------------------------------------------------------------------ one participant

    function test_order_gathersRoomOverTheMarketsOfAClass() public {
        _buy(alice, 0, 400);
        _buy(alice, 1, 30);
        _buy(alice, 2, 42); // 294 units: 6 are left
        assertEq(_holds(aliceId, alice), 994);
        _refuse(alice, 1, 0, 1);
        _refuse(alice, 2, 0, 1);
        _refuse(alice, 0, 6, 7);
        _buy(alice, 0, 6);
        assertEq(_holds(aliceId, alice), LIMIT);
        _refuse(alice, 0, 0, 1);
    }

    function test_order_countsWhatWalletsHoldInEveryMarketOfTheClass() public {
        units.mint(alice, UnitId.unwrap(_unit(2)), 650);
        _sync(aliceId, 0);
        assertEq(_could(aliceId, 0), 350, "units of another market");
        _refuse(alice, 1, 35, 36);
        _buy(alice, 1, 35);
        _refuse(alice, 0, 0, 1);
    }

    /// @dev A wallet that refuses what it is allocated makes no room for purchases.
    function test_limit_countsWhatIsHeldForTheParticipant() public {
        units.mint(HeldAccounts.accountOf(_p(aliceId)), UnitId.unwrap(_unit(2)), 650);
        _sync(aliceId, 0);
        assertEq(_could(aliceId, 0), 350);
        _refuse(alice, 1, 35, 36);
        assertEq(_could(bobId, 0), int256(uint256(LIMIT)));
    }

    /// @dev Neither by a second wallet, nor by lots that a contract holds for it in another market of the class.
    function test_order_countsEveryWalletAndWhatIsHeldElsewhere() public {
        address second = makeAddr("alice's second wallet");
        participants.add(aliceId, second, ALL_RIGHTS);
        units.mint(second, UnitId.unwrap(_unit(2)), 300);
        assertEq(_could(aliceId, 0), 700, "a second wallet");
        _buy(alice, 1, 20);
        vm.warp(_at(FIRST_DAY + 3));
        exchange.openDay(markets[1]);
        exchange.setController(address(this), 16);
        exchange.settle(markets[1], _p(aliceId), _p(0), 20, 0, Settlement.Hold, "pledge");
        assertEq(exchange.account(_p(aliceId), markets[1]).lots, 0);
        assertEq(_could(aliceId, 0), 500, "and 200 units on hold");
        _sync(aliceId, 0);
        _refuse(alice, 1, 50, 51);
    }

    function test_order_roomIsNotEscapedByWithdrawing() public {
        _buy(alice, 1, 60);
        vm.warp(_at(FIRST_DAY + 3));
        exchange.openDay(markets[0]);
        exchange.openDay(markets[1]);
        vm.prank(alice);
        exchange.withdrawUnits(markets[1], 60, alice);
        _place(seller, SELL, 4_800, 1_000);
        _refuse(alice, 0, 400, 401);
        _buy(alice, 0, 400);
        vm.prank(alice);
        units.safeTransferFrom(alice, address(exchange), UnitId.unwrap(_unit(1)), 600, "");
        _refuse(alice, 0, 0, 1);
    }

    function test_quote_knowsTheRoomThatAnOrderGathers() public {
        _buy(alice, 1, 60);
        assertEq(_could(aliceId, 0), 400);
        Quote memory q = lens.quote(_request(BUY, 0, 400), _p(aliceId));
        assertEq(q.filled, 400);
        q = lens.quote(_request(BUY, 0, 401), _p(aliceId));
        assertEq(q.refusal, abi.encodeWithSelector(BookHoldingLimitExceeded.selector, int256(400), 401));
    }

    function test_batch_gathersForEachOrder() public {
        OrderRequest[] memory requests = new OrderRequest[](4);
        for (uint256 i; i < 3; ++i) {
            requests[i] = _request(BUY, i, 300 / sizes[i]);
        }
        requests[3] = _request(BUY, 0, 106); // 300, 300 and 294 are there
        vm.prank(alice);
        exchange.batch(new OrderId[](0), requests);
        assertEq(_holds(aliceId, alice), 1_000);
    }

    function test_order_ofAGatewayGathersToo() public {
        exchange.setController(address(this), 8);
        _buy(alice, 1, 60);
        OrderRequest[] memory requests = new OrderRequest[](1);
        requests[0] = _request(BUY, 0, 400);
        exchange.batchFor(alice, new OrderId[](0), requests);
        assertEq(_holds(aliceId, alice), LIMIT);
    }

    function test_settle_aDeskGathersToo() public {
        exchange.setController(address(this), 16);
        _buy(alice, 1, 60);
        ParticipantId from = _p(lastParticipant - 2);
        exchange.settle(markets[0], from, _p(aliceId), 300, 0, Settlement.Trade, "");
        vm.expectRevert(abi.encodeWithSelector(BookHoldingLimitExceeded.selector, int256(100), 101));
        exchange.settle(markets[0], from, _p(aliceId), 101, 0, Settlement.Trade, "");
        exchange.settle(markets[0], from, _p(aliceId), 100, 0, Settlement.Trade, "");
        _refuse(alice, 0, 0, 1);
    }

    function test_gatherRoom_isForTradersAndNeedsTheRoom() public {
        vm.startPrank(alice);
        limits.gatherRoom(markets[1], 50);
        assertEq(_room(aliceId, 1), 100);
        limits.gatherRoom(markets[0], 501);
        assertEq(_room(aliceId, 0), 501 + 9, "whole lots of ten are taken");
        vm.expectRevert(abi.encodeWithSelector(IHoldingLimits.LimitsNotEnoughRoom.selector, int256(100), 101));
        limits.gatherRoom(markets[1], 101);
        vm.stopPrank();
        participants.set(alice, aliceId, ALL_RIGHTS & ~uint8(1), 2);
        vm.startPrank(alice);
        bytes memory reason = abi.encodeWithSelector(IHoldingLimits.LimitsForeignWallet.selector, alice, aliceId);
        vm.expectRevert(reason);
        limits.gatherRoom(markets[1], 1);
        vm.expectRevert(reason);
        limits.moveRoom(markets[0], _p(aliceId), markets[1], 10);
        vm.stopPrank();
        participants.set(alice, aliceId, ALL_RIGHTS, 3);
        vm.expectRevert(reason);
        vm.prank(alice);
        limits.gatherRoom(markets[1], 1);
    }

    function test_allot_isForTheExchange() public {
        bytes memory reason = abi.encodeWithSelector(IHoldingLimits.LimitsNotExchange.selector, address(this));
        vm.expectRevert(reason);
        limits.allot(_p(aliceId), markets[1], 100);
        vm.expectRevert(reason);
        limits.order(_p(aliceId), markets[1], 100, officer);
    }

    function test_setShare_isForTheLimits() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(this), 32));
        exchange.setShare(_p(aliceId), markets[0], 5_000);
    }

    /// @dev Without a contract that keeps limits there are none, and rules that set one are refused.
    function test_setController_withoutLimitsNobodyHasOne() public {
        assertTrue(address(exchange.LIMITS()) == address(limits));
        exchange.setController(address(limits), 0);
        assertTrue(address(exchange.LIMITS()) == address(0));
        (uint24 carolId, address carol) = _join("carol");
        _pay(carol, 0, 100_000_000);
        _buy(carol, 0, 5_000);
        assertEq(_room(carolId, 0), type(int256).max);
        _refuse(alice, 0, _room(aliceId, 0), 1_001);
        vm.startPrank(officer);
        MarketRules memory r = _rules();
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("holdingLimit")));
        exchange.setMarketRules(market, r);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("holdingLimit")));
        exchange.setHoldingLimit(_p(aliceId), market, 1);
        vm.stopPrank();
    }

    function test_restingBid_ofAnotherAccountEndsWhenItsRoomIsGone() public {
        OrderRequest bid = OrderRequest.wrap(300 | (4_790 << 32) | (uint256(MarketId.unwrap(markets[0])) << 48));
        vm.prank(alice);
        exchange.place(bid);
        _buy(alice, 1, 90);
        vm.prank(seller);
        (, uint256 filled,) = exchange.place(
            OrderRequest.wrap(300 | (4_790 << 32) | (uint256(MarketId.unwrap(markets[0])) << 48) | (3 << 64))
        );
        assertEq(filled, 100);
        assertEq(_holds(aliceId, alice), LIMIT);
    }

    function test_syncHolding_anotherAccountLosesOnlyUnusedRoom() public {
        _buy(alice, 0, 700);
        _stock(alice, 1, 50); // a deposit is no purchase: 1,200 units now
        _sync(aliceId, 1);
        assertEq(_room(aliceId, 0), 0, "300 were unused");
        assertEq(_room(aliceId, 1), -20);
        _refuse(alice, 1, -20, 1);
        _refuse(alice, 0, -200, 1);
    }

    function test_setHoldingLimit_isOfThePoolAndComesDownAtOnce() public {
        _buy(alice, 1, 20);
        assertEq(_could(aliceId, 0), 800);
        _limit(aliceId, 2, 71); // 497 units
        _refuse(alice, 0, 297, 298);
        _refuse(alice, 1, 29, 30);
        (uint256 pool, uint256 limit, uint256 others,) = limits.poolOf(_p(aliceId), markets[0]);
        assertEq(pool, (((uint256(1) << 16) | 1) << 25) | aliceId);
        assertEq(limit, 497);
        assertEq(others, 0);
        _limit(aliceId, 2, 0);
        (, limit,,) = limits.poolOf(_p(aliceId), markets[1]);
        assertEq(limit, 10_000, "the market's own rule again");
    }

    /// @dev An account that has its share is not reckoned anew by each deposit.
    function test_depositCash_isNoReckoning() public {
        _collect(alice, aliceId, 0);
        assertEq(_room(aliceId, 0), int256(LIMIT));
        units.mint(alice, UnitId.unwrap(_unit(0)), 10);
        _pay(alice, 0, 1);
        assertEq(_room(aliceId, 0), int256(LIMIT));
        exchange.syncHolding(_p(aliceId), markets[0]);
        assertEq(_room(aliceId, 0), int256(LIMIT - 10));
    }

    function test_pool_isOfOneClassAndScheme() public {
        UnitId other = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | 7);
        vm.prank(officer);
        MarketId credits = exchange.createMarket(other, SCHEME, address(currency), _config());
        (uint256 a,,,) = limits.poolOf(_p(aliceId), credits);
        (uint256 b,,,) = limits.poolOf(_p(aliceId), market);
        assertTrue(a != b);
        _buy(alice, 0, 1_000);
        (,,, int256 creditRoom) = limits.poolOf(_p(aliceId), credits);
        assertEq(creditRoom, int256(LIMIT));
    }

    // ------------------------------------------------------------------ moving room

    function _move(address wallet, uint256 from, uint24 to, uint256 i, uint256 lots) private {
        vm.prank(wallet);
        limits.moveRoom(markets[from], _p(to), markets[i], lots);
    }

    function test_moveRoom_betweenOnesOwnAccounts() public {
        _collect(alice, aliceId, 0);
        vm.expectEmit(address(limits));
        emit IHoldingLimits.RoomMoved(
            AccountId.wrap((uint40(MarketId.unwrap(markets[0])) << 24) | aliceId),
            AccountId.wrap((uint40(MarketId.unwrap(markets[2])) << 24) | aliceId),
            70
        );
        _move(alice, 0, aliceId, 2, 70);
        assertEq(_room(aliceId, 2), 10);
        assertEq(_room(aliceId, 0), 930);
    }

    function test_moveRoom_refusesWhatIsNotThereOrNotWhole() public {
        _collect(alice, aliceId, 0);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IHoldingLimits.LimitsNotEnoughRoom.selector, int256(1_000), 1_050));
        limits.moveRoom(markets[0], _p(aliceId), markets[2], 1_050);
        vm.expectRevert(abi.encodeWithSelector(IHoldingLimits.LimitsNotWholeLots.selector, 8, 7));
        limits.moveRoom(markets[0], _p(aliceId), markets[2], 8);
        vm.expectRevert(IHoldingLimits.LimitsZeroLots.selector);
        limits.moveRoom(markets[0], _p(aliceId), markets[2], 0);
        vm.expectRevert(abi.encodeWithSelector(IHoldingLimits.LimitsNotEnoughRoom.selector, int256(1_000), 1 << 255));
        limits.moveRoom(markets[0], _p(aliceId), markets[2], 1 << 255);
        vm.stopPrank();
        _notOnePool(alice, 0, aliceId, 0);
        _notOnePool(alice, 0, bobId, 0);
    }

    /// @dev A market whose rules set no limit has no room to give, nor any need of it.
    function test_moveRoom_refusesAMarketWithoutALimit() public {
        _limit(aliceId, 0, 0);
        MarketConfig memory c = _config();
        c.rules.holdingLimit = 0;
        vm.prank(officer);
        markets[2] = exchange.createMarket(_unit(3), SCHEME, address(currency), c);
        _collect(alice, aliceId, 0);
        assertEq(_room(aliceId, 0), int256(LIMIT));
        _notOnePool(alice, 0, aliceId, 2);
        _notOnePool(alice, 2, aliceId, 0);
    }

    function _notOnePool(address wallet, uint256 from, uint24 to, uint256 i) private {
        (ParticipantId giver,,) = participants.walletOf(wallet);
        vm.expectRevert(
            abi.encodeWithSelector(
                IHoldingLimits.LimitsNotOnePool.selector,
                (uint40(MarketId.unwrap(markets[from])) << 24) | ParticipantId.unwrap(giver),
                (uint40(MarketId.unwrap(markets[i])) << 24) | to
            )
        );
        vm.prank(wallet);
        limits.moveRoom(markets[from], _p(to), markets[i], 70);
    }

    // ------------------------------------------------------------------ groups

    /// @dev Alice and Bob under one control, all reckoned; what the one does not use the other may have.
    function _group() private {
        participants.setGroup(aliceId, GROUP);
        participants.setGroup(bobId, GROUP);
        _limit(aliceId, 0, LIMIT); // of the group now
        _sync(bobId, 0);
    }

    function test_group_sharesOneLimit() public {
        _group();
        _buy(alice, 0, 600);
        _collect(alice, aliceId, 0);
        assertEq(_room(aliceId, 0), 400, "the first takes what is left");
        _refuse(bob, 0, 0, 1);
        _move(alice, 0, bobId, 0, 250);
        _buy(bob, 0, 200);
        _buy(bob, 1, 5);
        _refuse(bob, 0, 0, 1);
        _refuse(alice, 1, 15, 16);
        _buy(alice, 1, 15);
        assertEq(_holds(aliceId, alice) + _holds(bobId, bob), LIMIT);
        _refuse(alice, 0, 0, 1);
        (uint256 pool,, uint256 others,) = limits.poolOf(_p(bobId), markets[2]);
        assertEq(pool, (((uint256(1) << 16) | 1) << 25) | (1 << 24) | GROUP);
        assertEq(others, 750);
    }

    /// @dev Who joins brings what it holds; unused room of before ends at the next reckoning of either, by anybody.
    function test_group_aChangeHoldsFromTheNextReckoningOn() public {
        _buy(alice, 0, 600);
        _buy(bob, 0, 300);
        _group();
        assertEq(_could(bobId, 0), -300, "alice has it all still");
        _sync(aliceId, 0);
        assertEq(_could(aliceId, 0), 100, "600 and 300 are held");
        assertEq(_could(bobId, 0), 0);
        participants.setGroup(bobId, 0);
        _sync(bobId, 0);
        assertEq(_could(bobId, 0), 700, "its own limit again");
        assertEq(_could(aliceId, 0), 400, "alice has the group's limit alone");
        participants.setGroup(bobId, GROUP + 1);
        _sync(bobId, 1);
        (,, uint256 others,) = limits.poolOf(_p(aliceId), markets[0]);
        assertEq(others, 0);
    }

    /// @dev What one has alone is nobody's claim: leaving says what is gone from the group, and no more.
    function test_group_leavingSaysThatTheClaimEnds() public {
        _group();
        participants.setGroup(bobId, 0);
        vm.recordLogs();
        _sync(bobId, 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 claims;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == IHoldingLimits.GroupClaimSet.selector) ++claims;
        }
        assertEq(claims, 1);
    }

    /// @dev What was ordered for the group binds its members, not what was ordered for each before.
    function test_group_hasTheLimitThatWasOrderedForIt() public {
        _group();
        _limit(aliceId, 0, 400);
        assertEq(_could(aliceId, 0), 400);
        _buy(alice, 0, 400);
        _refuse(alice, 1, 0, 1);
        _refuse(bob, 0, 0, 1);
    }

    /// @dev A market that is delisted leaves the class; those made after it stay counted.
    function test_delistMarket_leavesTheOthersOfItsClassCounted() public {
        vm.startPrank(officer);
        MarketId wrong = exchange.createMarket(_unit(3), SCHEME, address(currency), _config());
        exchange.createMarket(_unit(4), SCHEME, address(currency), _config());
        exchange.createMarket(_unit(5), SCHEME, address(currency), _config());
        exchange.delistMarket(wrong, "lot size");
        vm.stopPrank();
        units.mint(alice, UnitId.unwrap(_unit(4)), 100);
        units.mint(alice, UnitId.unwrap(_unit(5)), 200);
        assertEq(_could(aliceId, 0), 700);
        units.mint(alice, UnitId.unwrap(_unit(3)), 50);
        assertEq(_could(aliceId, 0), 700);
    }

    function test_group_moveRoomNeedsOneGroup() public {
        _group();
        participants.setGroup(bobId, GROUP + 1);
        _notOnePool(alice, 0, bobId, 0);
    }

    function test_group_surrenderedUnitsFreeTheGroupAtTheNextReckoning() public {
        exchange.setController(address(this), 1);
        _group();
        _buy(alice, 0, 1_000);
        _refuse(bob, 0, 0, 1);
        exchange.debitUnits(_p(aliceId), markets[0], 400, makeAddr("treasury"));
        _refuse(bob, 0, 0, 1);
        _move(alice, 0, bobId, 0, 400);
        _buy(bob, 0, 400);
    }

    /// @dev A reckoning looks at every market of the class: a class with a limit has no more than 200.
    /// @dev Where no limit is, none is counted; an order of one is then refused.
    function test_createMarket_aClassWithoutLimitsMayHaveMoreThanACountLooksAt() public {
        MarketConfig memory c = _config();
        c.rules.holdingLimit = 0;
        MarketId free;
        vm.startPrank(officer);
        for (uint256 i; i < 201; ++i) {
            UnitId offset = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | (uint256(2020) << 64) | i);
            free = exchange.createMarket(offset, SCHEME, address(currency), c);
        }
        exchange.syncHolding(_p(aliceId), free);
        assertEq(exchange.account(_p(aliceId), free).room, type(int256).max);
        vm.expectRevert(abi.encodeWithSelector(IHoldingLimits.LimitsTooManyMarkets.selector, 201, 200));
        exchange.setHoldingLimit(_p(aliceId), free, 5);
        vm.stopPrank();
    }
}
