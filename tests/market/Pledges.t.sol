// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Horizon} from "../../contracts/lib/Horizon.sol";
import {BookHoldingLimitExceeded, BookInsufficientLots} from "../../interfaces/types/BookTypes.sol";
import {Account} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPledges, Party, Pledge} from "../../interfaces/market/IPledges.sol";
import {DeskBase} from "./DeskBase.sol";
import {RulesDouble, SchemesDouble} from "./MarketDoubles.sol";

/// @dev The seller of {DeskBase} is the pledgor, its buyer the lender.
contract PledgesTest is DeskBase {
    bytes32 private constant TERMS = "loan 7";
    uint40 private constant END = uint40((FIRST_DAY + 365) * 1 days);
    bytes32 private constant REASON = "default of the pledgor";

    IPledges private pledges;

    function setUp() public override {
        super.setUp();
        pledges = IPledges(deployCode("Pledges.sol:Pledges", abi.encode(exchange)));
        exchange.setController(address(pledges), 16);
        _open(FIRST_DAY);
    }

    function _pledge(uint40 lots) private returns (uint256) {
        vm.prank(seller);
        return pledges.pledge(market, _id(buyerId), lots, END, TERMS);
    }

    function _agree(address wallet, uint40 lots, bool toLender) private returns (bool) {
        vm.prank(wallet);
        return pledges.agree(1, lots, toLender);
    }

    function _order(uint40 lots, bool toLender) private {
        vm.prank(officer);
        pledges.order(1, lots, toLender, REASON);
    }

    function _house() private view returns (Account memory) {
        return exchange.account(exchange.houseOf(address(pledges)), market);
    }

    // ------------------------------------------------------------------ the end

    /// @dev A lender that never answers held the lots for ever.
    function test_end_givesTheRestBackOnceThePledgeIsOver() public {
        _pledge(150_000);
        _order(50_000, true);
        vm.warp(END);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesNotOver.selector, 1, END));
        pledges.end(1);
        vm.warp(END + 1);
        vm.expectEmit(address(pledges));
        emit IPledges.PledgeReleased(1, _id(sellerId), address(0), 100_000, 0, 0);
        pledges.end(1); // any account
        assertEq(_account(sellerId).lots, LOTS - 50_000);
        assertEq(_house().lots, 0);
        assertEq(pledges.pledgedBy(_id(sellerId), market), 0);
        vm.expectRevert(IPledges.PledgesZeroLots.selector);
        pledges.end(1);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesUnknown.selector, 2));
        pledges.end(2);
    }

    /// @dev Neither a freeze nor a suspension of the pledgor stops it; a frozen account stays frozen.
    function test_end_isStoppedByNeither() public {
        _pledge(150_000);
        vm.prank(officer);
        exchange.freezeAccount(_id(sellerId), market, true);
        participants.set(seller, sellerId, ALL_RIGHTS, 3);
        participants.set(buyer, buyerId, ALL_RIGHTS, 3);
        vm.warp(END + 1);
        pledges.end(1);
        assertEq(_account(sellerId).lots, LOTS);
        assertTrue(_account(sellerId).frozen);
    }

    function test_pledge_endsWithinTenYears() public {
        uint256 latest = block.timestamp + 10 * 366 days;
        vm.startPrank(seller);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest));
        pledges.pledge(market, _id(buyerId), 1, uint40(latest + 1), TERMS);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, type(uint40).max, latest));
        pledges.pledge(market, _id(buyerId), 1, type(uint40).max, TERMS);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesBadEnd.selector, block.timestamp - 1));
        pledges.pledge(market, _id(buyerId), 1, uint40(block.timestamp - 1), TERMS);
        pledges.pledge(market, _id(buyerId), 1, uint40(latest), TERMS);
        assertEq(pledges.pledgeOf(1).until, latest);
        pledges.pledge(market, _id(buyerId), 1, uint40(block.timestamp), TERMS);
        assertEq(pledges.pledgeOf(2).until, block.timestamp);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ pledging

    function test_pledge_setsLotsAside() public {
        uint24 house = ParticipantId.unwrap(exchange.houseOf(address(pledges)));
        vm.expectEmit(address(pledges));
        emit IPledges.LotsPledged(1, _id(sellerId), _id(buyerId), market, 150_000, END, TERMS);
        vm.expectEmit(address(exchange));
        emit IExchangeBase.Settled(
            _accountId(sellerId), _accountId(house), address(pledges), Settlement.Hold, 150_000, 0, bytes32(uint256(1))
        );
        assertEq(_pledge(150_000), 1);
        assertEq(_account(sellerId).lots, LOTS - 150_000);
        assertEq(_house().lots, 150_000);
        assertEq(pledges.count(), 1);
        assertEq(pledges.pledgedBy(_id(sellerId), market), 150_000);
        Pledge memory p = pledges.pledgeOf(1);
        assertTrue(p.market == market && p.pledgor == _id(sellerId) && p.lender == _id(buyerId));
        assertEq(p.lots, 150_000);
        assertEq(_pledge(1), 2);
        assertEq(pledges.pledgedBy(_id(sellerId), market), 150_001);
    }

    function test_pledge_takesFreeLotsOnly() public {
        _place(seller, SELL, 5_000, 90_000);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, LOTS - 90_000, LOTS - 89_999));
        _pledge(uint40(LOTS - 89_999));
        _take(buyer, BUY, 5_000, 90_000);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 1_000, 1_001)); // bought today
        vm.prank(buyer);
        pledges.pledge(market, _id(sellerId), 1_001, END, TERMS);
    }

    function test_pledge_isNotForFrozenAccounts() public {
        vm.prank(officer);
        exchange.freezeAccount(_id(sellerId), market, true);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, _id(sellerId), market));
        _pledge(1);
    }

    function test_pledge_needsTheRightToWithdrawOfAnActiveParticipant() public {
        bytes memory why = abi.encodeWithSelector(IPledges.PledgesNotParty.selector, uint256(1), seller);
        participants.set(seller, sellerId, ALL_RIGHTS ^ 2, 2);
        vm.expectRevert(why);
        _pledge(1);
        participants.set(seller, sellerId, ALL_RIGHTS, 3);
        vm.expectRevert(why);
        _pledge(1);
        participants.set(seller, 0, ALL_RIGHTS, 2);
        vm.expectRevert(why);
        _pledge(1);
        participants.set(seller, sellerId, 2, 2);
        _pledge(1);
    }

    function test_pledge_needsAnotherActiveLender() public {
        vm.startPrank(seller);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesBadLender.selector, _id(sellerId)));
        pledges.pledge(market, _id(sellerId), 1, END, TERMS);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesBadLender.selector, _id(999)));
        pledges.pledge(market, _id(999), 1, END, TERMS);
        participants.set(buyer, buyerId, ALL_RIGHTS, 3);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesBadLender.selector, _id(buyerId)));
        pledges.pledge(market, _id(buyerId), 1, END, TERMS);
        participants.set(buyer, sellerId, ALL_RIGHTS, 2); // listed there, but the register says otherwise
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesBadLender.selector, _id(buyerId)));
        pledges.pledge(market, _id(buyerId), 1, END, TERMS);
        vm.stopPrank();
    }

    function test_pledge_ofNothingIsNone() public {
        vm.expectRevert(IPledges.PledgesZeroLots.selector);
        _pledge(0);
    }

    function test_pledge_isOutOfReachOfDebits() public {
        _pledge(150_000);
        exchange.setController(address(this), 1);
        uint256 taken = exchange.debitUnits(_id(sellerId), market, LOTS, address(0xd1));
        assertEq(taken, LOTS - 150_000, "only what is not pledged pays obligations and claw-backs");
        assertEq(_house().lots, 150_000);
    }

    // ------------------------------------------------------------------ holding limit

    function test_pledge_makesNoRoomUnderTheHoldingLimit() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_id(sellerId), market, LOTS + 10);
        assertEq(_account(sellerId).room, 10);
        _pledge(150_000);
        assertEq(_account(sellerId).room, 10);
        exchange.syncHolding(_id(sellerId), market);
        assertEq(_account(sellerId).room, 10, "nor when it is worked out again");
        _order(50_000, false);
        assertEq(_account(sellerId).room, 10);
        _order(100_000, true);
        assertEq(_account(sellerId).room, 100_010, "what is gone is gone");
        exchange.syncHolding(_id(sellerId), market);
        assertEq(_account(sellerId).room, 100_010);
    }

    /// @dev Lots of two pledges count together: neither of them makes room, and only what comes back frees its own.
    function test_pledge_twiceMakesNoRoomEither() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_id(sellerId), market, LOTS + 10);
        _pledge(150_000);
        _pledge(50_000);
        assertEq(exchange.heldOf(_id(sellerId), market), 200_000);
        exchange.syncHolding(_id(sellerId), market);
        assertEq(_account(sellerId).room, 10);
        _order(150_000, false);
        assertEq(exchange.heldOf(_id(sellerId), market), 50_000);
        exchange.syncHolding(_id(sellerId), market);
        assertEq(_account(sellerId).room, 10);
    }

    // ------------------------------------------------------------------ both agree

    function test_agree_releasesToThePledgorInParts() public {
        _pledge(150_000);
        vm.expectEmit(address(pledges));
        emit IPledges.ReleaseProposed(1, Party.Pledgor, 100_000, false);
        assertFalse(_agree(seller, 100_000, false));
        vm.expectEmit(address(pledges));
        emit IPledges.PledgeReleased(1, _id(sellerId), address(0), 100_000, 50_000, 0);
        assertTrue(_agree(buyer, 100_000, false));
        assertEq(_account(sellerId).lotsFree, LOTS - 50_000, "at once for sale again");
        assertEq(pledges.pledgeOf(1).lots, 50_000);
        assertEq(pledges.pledgedBy(_id(sellerId), market), 50_000);
        assertFalse(_agree(buyer, 50_000, false));
        assertTrue(_agree(seller, 50_000, false));
        assertEq(_account(sellerId).lots, LOTS);
        assertEq(_house().lots, 0);
    }

    function test_agree_givesToTheLenderAsAPurchaseDoes() public {
        _pledge(150_000);
        assertFalse(_agree(buyer, 150_000, true));
        vm.expectEmit(address(pledges));
        emit IPledges.PledgeReleased(1, _id(buyerId), address(0), 150_000, 0, 0);
        assertTrue(_agree(seller, 150_000, true));
        assertEq(_account(buyerId).lots, 151_000);
        assertEq(_account(buyerId).lotsFree, 1_000, "not for sale the same day");
        vm.warp(_at(FIRST_DAY + 3));
        assertEq(_account(buyerId).lotsFree, 151_000);
    }

    function test_agree_keepsTheLendersHoldingLimit() public {
        _pledge(150_000);
        vm.prank(officer);
        exchange.setHoldingLimit(_id(buyerId), market, 100_000);
        _agree(seller, 99_001, true);
        vm.expectRevert(abi.encodeWithSelector(BookHoldingLimitExceeded.selector, int256(99_000), uint256(99_001)));
        _agree(buyer, 99_001, true);
        _agree(seller, 99_000, true);
        assertTrue(_agree(buyer, 99_000, true));
    }

    function test_agree_isToTheSameThingOnly() public {
        _pledge(150_000);
        _agree(seller, 100_000, false);
        assertFalse(_agree(buyer, 100_000, true), "another receiver");
        assertFalse(_agree(seller, 100_001, true), "another amount");
        assertFalse(_agree(seller, 100_001, true), "agreeing with oneself");
        assertEq(_house().lots, 150_000);
        assertTrue(_agree(buyer, 100_001, true));
    }

    function test_agree_canBeTakenBack() public {
        _pledge(150_000);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesNothingProposed.selector, uint256(1)));
        _agree(seller, 0, false);
        _agree(seller, 100_000, false);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesNothingProposed.selector, uint256(1)));
        _agree(buyer, 0, false); // not its own
        vm.expectEmit(address(pledges));
        emit IPledges.ReleaseProposed(1, Party.Pledgor, 0, false);
        assertFalse(_agree(seller, 0, false));
        assertFalse(_agree(buyer, 100_000, false));
    }

    /// @dev What was agreed to before a release says nothing about what is left.
    function test_agree_beginsAnewAfterARelease() public {
        _pledge(150_000);
        _agree(seller, 50_000, true);
        _order(10_000, false);
        assertFalse(_agree(buyer, 50_000, true));
    }

    function test_agree_isBoundedByWhatIsPledged() public {
        _pledge(150_000);
        vm.expectRevert(
            abi.encodeWithSelector(IPledges.PledgesTooManyLots.selector, uint256(150_001), uint256(150_000))
        );
        _agree(seller, 150_001, false);
    }

    function test_agree_isForThePartiesWithTheRightToWithdraw() public {
        _pledge(150_000);
        (uint24 otherId, address other) = _join("other");
        bytes memory why = abi.encodeWithSelector(IPledges.PledgesNotParty.selector, uint256(1), other);
        vm.expectRevert(why);
        _agree(other, 1, false);
        participants.set(other, buyerId, ALL_RIGHTS ^ 2, 2);
        vm.expectRevert(why);
        _agree(other, 1, false);
        participants.set(other, sellerId, ALL_RIGHTS, 3);
        vm.expectRevert(why);
        _agree(other, 1, false);
        participants.set(other, otherId, ALL_RIGHTS, 2);
        vm.expectRevert(why);
        _agree(other, 1, false);
    }

    function test_agree_doesNotFreeWhatIsFrozen() public {
        _pledge(150_000);
        _agree(buyer, 150_000, true);
        vm.prank(officer);
        exchange.freezeAccount(_id(sellerId), market, true);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesAccountFrozen.selector, _id(sellerId), market));
        _agree(seller, 150_000, true);
        _agree(buyer, 50_000, false);
        assertTrue(_agree(seller, 50_000, false), "into the frozen account it may go");
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, _id(sellerId), market));
        vm.prank(seller);
        exchange.withdrawUnits(market, 1, seller);
    }

    function test_agree_needsAPledge() public {
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesUnknown.selector, uint256(1)));
        _agree(seller, 1, false);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesUnknown.selector, uint256(0)));
        vm.prank(seller);
        pledges.agree(0, 1, false);
    }

    // ------------------------------------------------------------------ orders of an authority

    function test_order_releasesToEither() public {
        _pledge(150_000);
        vm.expectEmit(address(pledges));
        emit IPledges.PledgeReleased(1, _id(sellerId), officer, 50_000, 100_000, REASON);
        _order(50_000, false);
        vm.expectEmit(address(pledges));
        emit IPledges.PledgeReleased(1, _id(buyerId), officer, 100_000, 0, REASON);
        _order(100_000, true);
        assertEq(_account(sellerId).lots, LOTS - 100_000);
        assertEq(_account(buyerId).lots, 101_000);
    }

    function test_order_reachesWhatAFrozenPledgorPledged() public {
        _pledge(150_000);
        vm.prank(officer);
        exchange.freezeAccount(_id(sellerId), market, true);
        participants.set(seller, sellerId, ALL_RIGHTS, 3);
        _order(150_000, true);
        assertEq(_account(buyerId).lotsBought, 150_000);
    }

    function _newRules() internal override returns (RulesDouble) {
        return new SchemesDouble();
    }

    function test_order_needsOneOfTwoPowersAndAReason() public {
        _pledge(150_000);
        address abroad = makeAddr("officer of another scheme");
        SchemesDouble(address(rules)).grantIn(abroad, SchemeId.wrap(2), type(uint32).max);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, abroad, uint32(16)));
        vm.prank(abroad);
        pledges.order(1, 1, false, REASON);
        address clerk = makeAddr("clerk");
        rules.grant(clerk, 8);
        vm.startPrank(clerk);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, clerk, uint32(16)));
        pledges.order(1, 1, false, REASON);
        rules.grant(clerk, 16);
        pledges.order(1, 1, false, REASON);
        rules.grant(clerk, 32);
        pledges.order(1, 1, false, REASON);
        vm.expectRevert(IPledges.PledgesNoReason.selector);
        pledges.order(1, 1, false, 0);
        vm.expectRevert(IPledges.PledgesZeroLots.selector);
        pledges.order(1, 0, false, REASON);
        vm.expectRevert(
            abi.encodeWithSelector(IPledges.PledgesTooManyLots.selector, uint256(149_999), uint256(149_998))
        );
        pledges.order(1, 149_999, false, REASON);
        vm.expectRevert(abi.encodeWithSelector(IPledges.PledgesUnknown.selector, uint256(2)));
        pledges.order(2, 1, false, REASON);
        vm.stopPrank();
    }

    /// @dev The power to freeze is the whole scheme's: that of the market's province alone disposes of no pledge.
    function test_order_isNotOfAProvincesPowerToFreeze() public {
        _pledge(150_000);
        vm.prank(officer);
        exchange.assignMarket(market, 31);
        address clerk = makeAddr("clerk of the province");
        rules.grantAt(clerk, 31, 32);
        vm.prank(clerk);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, clerk, uint32(16)));
        pledges.order(1, 1, true, REASON);
        rules.grantAt(clerk, 0, 32);
        vm.prank(clerk);
        pledges.order(1, 1, true, REASON);
        assertEq(_account(buyerId).lots, 1_001);
    }

    // ------------------------------------------------------------------ two pledges at once

    /// @dev A pledge of 40 lots of another market, and its number; that market is of another province.
    function _pledgeElsewhere() private returns (MarketId second, uint256 id) {
        UnitId other = UnitId.wrap(UnitId.unwrap(UNIT) + 1);
        vm.startPrank(officer);
        exchange.assignMarket(market, 31);
        second = exchange.createMarket(other, SCHEME, address(currency), _config());
        exchange.assignMarket(second, 32);
        vm.stopPrank();
        units.mint(seller, UnitId.unwrap(other), 100);
        vm.startPrank(seller);
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(other), 100, "");
        id = pledges.pledge(second, _id(buyerId), 40, END, TERMS);
        vm.stopPrank();
    }

    function test_pledges_ofTwoMarketsAreApart() public {
        _pledge(150_000);
        (MarketId second, uint256 id) = _pledgeElsewhere();
        assertEq(pledges.pledgedBy(_id(sellerId), market), 150_000);
        assertEq(pledges.pledgedBy(_id(sellerId), second), 40);
        vm.prank(seller);
        pledges.agree(id, 40, true);
        assertFalse(_agree(buyer, 40, true), "agreed to for the other one alone");
        vm.prank(buyer);
        assertTrue(pledges.agree(id, 40, true));
        assertEq(exchange.account(_id(buyerId), second).lots, 40);
        assertEq(_account(buyerId).lots, 1_000);
        assertEq(pledges.pledgedBy(_id(sellerId), market), 150_000);
        assertEq(pledges.pledgedBy(_id(sellerId), second), 0);
        assertEq(pledges.pledgeOf(1).lots, 150_000);
    }

    /// @dev An office over one province's market orders what is pledged of it, and nothing of another's.
    function test_order_isOfTheOfficeOfItsOwnMarket() public {
        _pledge(150_000);
        (, uint256 id) = _pledgeElsewhere();
        address clerk = makeAddr("clerk of the first market's province");
        rules.grantAt(clerk, 31, 16);
        vm.startPrank(clerk);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, clerk, uint32(16)));
        pledges.order(id, 1, true, REASON);
        pledges.order(1, 1, true, REASON);
        vm.stopPrank();
        assertEq(_account(buyerId).lots, 1_001);
        assertEq(pledges.pledgeOf(id).lots, 40);
    }

    // ------------------------------------------------------------------ what always holds

    /// @dev Whatever is pledged and released, the house holds just what is pledged, and no lot is made or lost.
    function testFuzz_pledges_balance(uint256 seed) public {
        for (uint256 i; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint40 lots = uint40(bound(seed >> 8, 1, 60_000));
            uint256 id = pledges.count() == 0 ? 0 : (seed >> 64) % pledges.count() + 1;
            uint40 left = id == 0 ? 0 : pledges.pledgeOf(id).lots;
            if (left == 0 || seed % 3 == 0) {
                if (lots <= _account(sellerId).lotsFree) _pledge(lots);
            } else {
                lots = lots % left + 1;
                bool toLender = seed % 2 == 0;
                if (seed % 5 == 0) {
                    vm.prank(officer);
                    pledges.order(id, lots, toLender, REASON);
                } else {
                    vm.prank(seller);
                    pledges.agree(id, lots, toLender);
                    vm.prank(buyer);
                    assertTrue(pledges.agree(id, lots, toLender));
                }
            }
            uint256 open;
            for (uint256 n = 1; n <= pledges.count(); ++n) {
                open += pledges.pledgeOf(n).lots;
            }
            assertEq(_house().lots, open);
            assertEq(pledges.pledgedBy(_id(sellerId), market), open);
            assertEq(_account(sellerId).lots + _account(buyerId).lots + open, LOTS + 1_000);
        }
        assertEq(units.balanceOf(address(exchange), UnitId.unwrap(UNIT)), LOTS + 1_000);
    }
}
