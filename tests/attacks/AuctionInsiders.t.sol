// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionStage, AuctionTerms, BidStatus, TieRule} from "../../interfaces/market/IAuction.sol";
import {IAuctionBase} from "../../interfaces/market/IAuctionBase.sol";
import {MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeExtension} from "../../interfaces/market/IExchangeExtension.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {AuctionFloorTest} from "../market/AuctionFloor.t.sol";
import {AuctionFloorCase} from "../market/AuctionFloorCase.sol";

/// @dev What bidders, their friends, officers and any caller tried against an auction; each worked before.
contract AuctionInsidersTest is AuctionFloorCase {
    uint24 private constant GROUP = 9;

    // ------------------------------------------------------------------ one bidder takes all places and buys at the reserve

    function _small() private view returns (AuctionTerms memory t) {
        t = _terms();
        (t.maximumBids, t.bidsEach) = (80, 10);
        t.reserveTick = 4_000;
        t.minimumPpm = 0;
    }

    function test_places_oneBidderCannotFillTheRoom() public {
        AuctionId id = _opened(_small());
        Sealed memory b = _bidder("insider");
        for (uint256 i; i < 10; ++i) {
            _commit(id, b, 1_000_000);
        }
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionShareFull.selector, id, ParticipantId.wrap(b.id), 0, 10)
        );
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
        vm.prank(_bidder("honest").wallet);
        house.commit(id, "x", 1_000_000);
    }

    function test_places_aGroupHasTheShareOfOne() public {
        AuctionId id = _opened(_small());
        Sealed memory b;
        for (uint256 i; i < 10; ++i) {
            b = _bidder(vm.toString(i));
            participants.setGroup(b.id, GROUP);
            _commit(id, b, 1_000_000);
        }
        (uint256 bids,) = house.shareOf(id, ParticipantId.wrap(b.id), GROUP);
        assertEq(bids, 10);
        b = _bidder("sister");
        participants.setGroup(b.id, GROUP);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionShareFull.selector, id, ParticipantId.wrap(b.id), GROUP, 10)
        );
        vm.prank(b.wallet);
        house.commit(id, "x", 1_000_000);
    }

    function test_places_inTheOpenHaveTheSameShare() public {
        AuctionTerms memory t = _openTerms();
        (t.maximumBids, t.bidsEach) = (80, 10);
        AuctionId id = _opened(t);
        Sealed memory b = _bidder("insider");
        vm.startPrank(b.wallet);
        for (uint256 i; i < 10; ++i) {
            house.place(id, 1, 1, NO_BID);
        }
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionShareFull.selector, id, ParticipantId.wrap(b.id), 0, 10)
        );
        house.place(id, 2, 1, 9);
        vm.stopPrank();
    }

    /// @dev Colluders who fill the room pay for every place, and lose the deposits of bids that could never win.
    function test_places_whatFillsTheRoomCosts() public {
        AuctionId id = _opened(_small());
        uint256 cost;
        for (uint256 i; i < 8; ++i) {
            Sealed memory b = _bidder(vm.toString(i));
            (b.tick, b.lots) = (3_999, 500);
            for (uint256 j; j < 10; ++j) {
                _commit(id, b);
                _bids.push(b);
                cost += PLACE_FEE + 3_999 * 500 * CENT;
            }
        }
        _toReveals();
        for (uint256 i; i < 80; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotHigher.selector, 3_999, 4_000));
            _reveal(id, _bids[i]);
        }
        _clear(id);
        house.settle(id, 200);
        assertEq(_cash(penalties), cost);
        _assertHouseEmpty();
    }

    function test_limit_ofAGroupIsThatOfOne() public {
        AuctionTerms memory t = _terms();
        t.limitLots = 1_000;
        AuctionId id = _opened(t);
        _bids.push(_bid(id, "a", 4_800, 1_000));
        Sealed memory b = _bidder("b");
        participants.setGroup(b.id, GROUP);
        Sealed memory c = _bidder("c");
        participants.setGroup(c.id, GROUP);
        (b.tick, b.lots, c.tick, c.lots) = (4_800, 1_000, 4_800, 500);
        _commit(id, b);
        _commit(id, c);
        _toReveals();
        _reveal(id, _bids[0]);
        _reveal(id, b);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionOverLimit.selector, ParticipantId.wrap(c.id), 1_500, 1_000)
        );
        _reveal(id, c);
    }

    // ------------------------------------------------------------------ one lot between friends cancels an auction

    function test_floor_oneLotBetweenFriendsDoesNotMoveIt() public {
        _threeDays(4_800, 4_800, 4_800);
        _startOn(FIRST_DAY + 5);
        exchange.openDay(market);
        AuctionId id = _auctioned(_floored(), [uint256(4_600), 4_600, 0, 0], [uint256(5_000), 5_000, 0, 0]);
        vm.warp(_at(FIRST_DAY + 5) + 3 hours + 15 minutes);
        _place(maker, SELL, 5_280, 1);
        _take(taker, BUY, 5_280, 1);
        _clear(id);
        assertTrue(_state(id).stage == AuctionStage.Cleared);
    }

    /// @dev Nor does a whole day of theirs, with all the volume that there is.
    function test_floor_oneDayBetweenFriendsMovesItToAPriceOfOthersOnly() public {
        _threeDays(4_800, 4_801, 5_280);
        assertEq(house.floorPrice(_announced(FIRST_DAY + 5)), 4_801 * CENT);
    }

    // ------------------------------------------------------------------ a list of ties that is begun at its end

    function test_rank_aCallerCannotStopTheSettlement() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        AuctionId id = _auctioned(t, [uint256(4_800), 4_800, 4_800, 4_900], [uint256(3_000), 3_000, 3_000, 5_000]);
        _clear(id);
        uint256 right;
        for (uint256 i; i < 3; ++i) {
            try house.rank(id, i, 200) {
                right = i;
                break;
            } catch {}
            house.rank(id, i, 2);
        }
        assertEq(_state(id).lastBid, right);
        _settle(id);
        assertEq(_account(sellerId).lots, 1_000_000 - OFFERED);
        _assertHouseEmpty();
    }

    // ------------------------------------------------------------------ an officer dislikes the order that it would draw

    /// @dev It knew the order before anybody else, let 256 blocks pass, and the ties were served pro rata instead.
    function test_draw_anOfficerThatWithholdsItsSecretGetsNoOtherOrder() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        AuctionId id = _opened(t);
        _bids.push(_bid(id, "a", 4_800, 10_000));
        _bids.push(_bid(id, "b", 4_800, 10_000));
        vm.warp(start + 1 hours);
        vm.prank(officer);
        house.endCommitments(id);
        vm.roll(vm.getBlockNumber() + 257);
        vm.expectPartialRevert(IAuctionBase.AuctionNoBlockHash.selector);
        house.drawSeed(id, SECRET);
        _toReveals();
        _reveal(id, _bids[0]);
        _reveal(id, _bids[1]);
        _clear(id);
        assertTrue(_state(id).stage == AuctionStage.Cancelled);
        _settle(id);
        for (uint256 i; i < 2; ++i) {
            assertEq(_cash(_bids[i].id), PURSE);
            assertEq(_account(_bids[i].id).lots, 0);
        }
        assertEq(_account(sellerId).lots, 1_000_000);
        _assertHouseEmpty();
    }

    // ------------------------------------------------------------------ a pause over the reveals

    /// @dev A guardian stopped the money for a day; who could not pay in time lost its deposit.
    function test_reveal_aPauseMovesTheTimeForIt() public {
        AuctionId id = _opened(_terms());
        _bids.push(_bid(id, "a", 4_800, 10_000));
        vm.warp(start + 2 hours + 30 minutes);
        IPausable(address(house)).pause(1 days);
        vm.warp(start + 3 hours);
        vm.expectPartialRevert(IAuctionBase.AuctionNotNow.selector);
        house.clear(id, 2_000);
        vm.warp(start + 3 hours + 1 days - 1);
        _reveal(id, _bids[0]);
        vm.warp(start + 3 hours + 1 days);
        house.clear(id, 2_000);
        assertTrue(_state(id).stage == AuctionStage.Cleared);
    }

    /// @dev The time between the last reveal and the delivery is as long as announced, so that a reserve can be opened.
    function test_openReserve_aPauseOverTheRevealsLeavesItsTime() public {
        AuctionTerms memory t = _terms();
        t.reserveCommitment = house.reserveHash(4_700, SALT);
        t.deliverFrom = t.revealUntil + 1 hours;
        AuctionId id = _opened(t);
        vm.warp(start + 1 hours);
        IPausable(address(house)).pause(1 hours);
        vm.warp(start + 3 hours + 1 hours);
        house.openReserve(id, 4_700, SALT);
        vm.warp(start + 4 hours + 1 hours);
        vm.expectPartialRevert(IAuctionBase.AuctionNotNow.selector);
        house.openReserve(id, 4_700, SALT);
    }

    // ------------------------------------------------------------------ an officer spends a seller's consent

    function test_open_aConsentIsForAuctionsThatPayTheSellerItsPrice() public {
        (uint24 friend,) = _join("friend");
        vm.prank(seller);
        house.setConsent(market, OFFERED, 4_500 * CENT);
        AuctionTerms memory t = _terms();
        t.reserveTick = 4_500;
        t.proceeds = ParticipantId.wrap(friend);
        _refusedByConsent(t);
        t.proceeds = t.seller;
        t.reserveTick = 4_499;
        _refusedByConsent(t);
        t.reserveTick = 0;
        t.reserveCommitment = house.reserveHash(4_500, SALT);
        _refusedByConsent(t);
        t.reserveCommitment = 0;
        t.reserveTick = 4_500;
        house.open(_announce(t));
    }

    function _refusedByConsent(AuctionTerms memory t) private {
        AuctionId id = _announce(t);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionConsentTerms.selector, t.seller, 4_500 * CENT));
        house.open(id);
    }

    // ------------------------------------------------------------------ gas that runs out

    /// @dev A delivery that ran out of gas counted as done: the winner paid and got nothing.
    function test_settle_aDeliveryThatRunsOutOfGasIsNone() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 0, 0, 0], [uint256(10_000), 0, 0, 0]);
        ParticipantId buyer = ParticipantId.wrap(_bids[0].id);
        vm.mockCallRevert(
            address(exchange), abi.encodeWithSelector(IExchangeExtension.settle.selector, market, 0, buyer), ""
        );
        _clear(id);
        vm.warp(start + 1 days);
        vm.expectRevert(IAuctionBase.AuctionOutOfGas.selector);
        house.settle(id, 1);
        assertTrue(house.bidOf(id, 0).status == BidStatus.Revealed);
        vm.clearMockedCalls();
        house.settle(id, 1);
        assertEq(_account(_bids[0].id).lots, OFFERED);
    }
}

/// @dev The same in a market without a band, where a price can be anything.
contract LastingAuctionInsidersTest is AuctionFloorTest {
    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        r.bandPpm = 0;
    }

    function test_floor_anyPriceBetweenFriendsDoesNotMoveIt() public {
        _threeDays(4_800, 4_800, 4_800);
        _startOn(FIRST_DAY + 5);
        exchange.openDay(market);
        AuctionId id = _auctioned(_floored(), [uint256(4_600), 4_600, 0, 0], [uint256(5_000), 5_000, 0, 0]);
        vm.warp(_at(FIRST_DAY + 5) + 3 hours + 15 minutes);
        _place(maker, SELL, 57_599, 1);
        _take(taker, BUY, 57_599, 1);
        _clear(id);
        assertTrue(_state(id).stage == AuctionStage.Cleared);
    }

    function test_floor_oneDayAtAnyPriceMovesItToAPriceOfOthersOnly() public {
        _threeDays(4_800, 4_801, 57_599);
        assertEq(house.floorPrice(_announced(FIRST_DAY + 5)), 4_801 * CENT);
    }
}
