// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookHoldingLimitExceeded} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase, MarketConfig, MarketStatus} from "../../interfaces/market/IExchangeBase.sol";
import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";
import {IPledges} from "../../interfaces/market/IPledges.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {PoolBase} from "../market/HoldingLimits.t.sol";
import {RulesDouble, UnitsDouble} from "../market/MarketDoubles.sol";

/// @dev What officers and members of a group tried against markets and limits; each worked before.
contract MarketInsidersTest is PoolBase {
    /// @dev A class with this many markets is as large as one count allows.
    uint256 private constant FULL = 200;
    /// @dev Storage slot of the markets of each scheme, in the Exchange.
    uint256 private constant MARKETS_OF = 10;

    function _successor() private returns (IHoldingLimits) {
        return IHoldingLimits(deployCode("HoldingLimits.sol:HoldingLimits", abi.encode(exchange, limits)));
    }

    function _replace() private returns (IHoldingLimits next) {
        next = _successor();
        next.learn(type(uint256).max);
        exchange.setController(address(next), 32);
    }

    function _create(uint256 i) private returns (MarketId) {
        vm.prank(officer);
        return exchange.createMarket(_unit(i), SCHEME, address(currency), _config());
    }

    function _isFilled(address wallet, uint256 lots) private returns (bool) {
        (uint256 filled,) = _take(wallet, BUY, 4_800, lots);
        return filled == lots;
    }

    // ------------------------------------------------------------------ limits are replaced

    function test_setController_takesLimitsOverInSteps() public {
        IHoldingLimits next = _successor();
        assertEq(next.learn(2), 1);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("controller")));
        exchange.setController(address(next), 32);
        assertEq(next.learn(2), 0);
        exchange.setController(address(next), 32);
        assertTrue(address(exchange.LIMITS()) == address(next));
        _create(9);
        assertEq(next.learn(0), 0);
        assertEq(limits.learn(0), 1);
    }

    /// @dev Else two contracts give out the same room, each by its own count.
    function test_setController_thatGivesLimitsTakesThemFromTheOther() public {
        IHoldingLimits next = _successor();
        next.learn(3);
        vm.expectEmit(address(exchange));
        emit IExchangeBase.ControllerSet(address(limits), 0);
        exchange.setController(address(next), 32);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(limits), 32));
        vm.prank(alice);
        limits.gatherRoom(market, 1);
    }

    function test_replacedLimits_bindAGroupAsBefore() public {
        participants.setGroup(aliceId, GROUP);
        participants.setGroup(bobId, GROUP);
        assertTrue(_isFilled(alice, 600));
        exchange.syncHolding(_p(bobId), market);
        IHoldingLimits next = _replace();
        vm.expectRevert(abi.encodeWithSelector(BookHoldingLimitExceeded.selector, 0, 1));
        vm.prank(bob);
        exchange.place(_order(BUY, 4_800, 1, FOK));
        (,, uint256 others,) = next.poolOf(_p(bobId), market);
        assertEq(others, LIMIT); // all of it is alice's: lots and room
        vm.startPrank(alice);
        next.gatherRoom(market, 400);
        next.moveRoom(market, _p(bobId), market, 400);
        vm.stopPrank();
        assertTrue(_isFilled(bob, 400));
    }

    function test_replacedLimits_keepWhatOfficersOrdered() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_p(aliceId), market, 50);
        IHoldingLimits next = _replace();
        assertTrue(_isFilled(alice, 50));
        vm.prank(officer);
        exchange.setHoldingLimit(_p(aliceId), market, 0); // the rules' again
        assertTrue(_isFilled(alice, 950));
        (, uint256 limit,,) = next.poolOf(_p(aliceId), market);
        assertEq(limit, LIMIT);
    }

    function test_replacedLimits_letAMemberLeaveItsGroup() public {
        participants.setGroup(aliceId, GROUP);
        participants.setGroup(bobId, GROUP);
        assertTrue(_isFilled(alice, 600));
        exchange.syncHolding(_p(bobId), market);
        _replace();
        participants.setGroup(aliceId, 0);
        exchange.syncHolding(_p(aliceId), market);
        assertTrue(_isFilled(bob, LIMIT));
    }

    // ------------------------------------------------------------------ a class, or the numbers, run out

    function test_createMarket_aClassWithLimitsHasNoMoreThanACountLooksAt() public {
        for (uint256 i = 3; i < FULL; ++i) {
            _create(i);
        }
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IHoldingLimits.LimitsTooManyMarkets.selector, FULL + 1, FULL));
        exchange.createMarket(_unit(FULL), SCHEME, address(currency), _config());
        exchange.syncHolding(_p(aliceId), market);
        vm.prank(officer);
        exchange.delistMarket(MarketId.wrap(9), "none in it");
        _create(FULL);
    }

    /// @dev The numbers of markets are for all schemes.
    function test_createMarket_aSchemeHasNoMoreThanItsShare() public {
        bytes32 slot = keccak256(abi.encode(SCHEME, MARKETS_OF));
        assertEq(uint256(vm.load(address(exchange), slot)), 3);
        vm.store(address(exchange), slot, bytes32(uint256(4_096)));
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeTooManyItems.selector, 4_097, 4_096));
        exchange.createMarket(_unit(9), SCHEME, address(currency), _config());
    }

    // ------------------------------------------------------------------ a market that was made wrongly

    function test_delistMarket_letsItsUnitHaveAnother() public {
        MarketId wrong = _create(9);
        _pay(alice, wrong, 5_000);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, alice, 16));
        vm.prank(alice);
        exchange.delistMarket(wrong, "mine");
        vm.expectEmit(address(exchange));
        emit IExchangeBase.MarketDelisted(wrong, officer, "lot size");
        vm.prank(officer);
        exchange.delistMarket(wrong, "lot size");
        MarketId right = _create(9);
        assertTrue(exchange.marketOf(_unit(9)) == right);

        vm.startPrank(officer);
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeBase.ExchangeMarketStatus.selector, wrong, MarketStatus.Trading)
        );
        exchange.delistMarket(wrong, "again");
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketStatus.selector, wrong, MarketStatus.Halted));
        exchange.resume(wrong, "again");
        vm.stopPrank();
        vm.prank(alice);
        exchange.withdrawCash(wrong, 5_000, alice);
    }

    function test_delistMarket_notWithLotsInIt() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketNotEmpty.selector, market, 1_000_000));
        exchange.delistMarket(market, "end");
    }

    /// @dev An account there would count the room that the others have once more.
    function test_delistMarket_leavesNoRoomThere() public {
        MarketId wrong = _create(9);
        _pay(alice, wrong, 5_000);
        vm.prank(officer);
        exchange.delistMarket(wrong, "lot size");
        exchange.syncHolding(_p(aliceId), wrong);
        assertEq(exchange.account(_p(aliceId), wrong).room, 0);
        vm.expectPartialRevert(IHoldingLimits.LimitsNotOnePool.selector);
        vm.prank(alice);
        limits.moveRoom(wrong, _p(aliceId), market, 1);
    }

    /// @dev A false token in the class would be counted with the true ones, and burn the gas of every count.
    function test_createMarket_aClassHasOneToken() public {
        MarketConfig memory c = _config();
        c.units = address(new UnitsDouble());
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("units")));
        exchange.createMarket(_unit(9), SCHEME, address(currency), c);
    }

    // ------------------------------------------------------------------ authorities and custody

    function test_custodyAccounts_areNoOwners() public {
        IPledges pledges = IPledges(deployCode("Pledges.sol:Pledges", abi.encode(exchange)));
        exchange.setController(address(pledges), 16);
        vm.prank(seller);
        pledges.pledge(market, _p(aliceId), 10, uint40(block.timestamp + 30 days), "");
        ParticipantId custody = exchange.houseOf(address(pledges));
        exchange.setController(address(this), 1 | 2 | 4);

        bytes memory refused = abi.encodeWithSelector(IExchangeBase.ExchangeCustodyAccount.selector, custody);
        assertEq(exchange.debitUnits(custody, market, 10, alice), 0);
        vm.expectRevert(refused);
        exchange.debitCash(custody, market, 100, alice);
        vm.expectRevert(refused);
        exchange.forcedTransfer(custody, _p(aliceId), market, 10);
        vm.expectRevert(refused);
        exchange.forcedTransfer(_p(aliceId), custody, market, 10);
        vm.expectRevert(refused);
        exchange.freezeAccount(custody, market, true);
    }

    function _pay(address wallet, MarketId to, uint256 cents) private {
        currency.mint(wallet, cents);
        vm.startPrank(wallet);
        currency.approve(address(exchange), cents);
        exchange.depositCash(to, cents);
        vm.stopPrank();
    }
}
