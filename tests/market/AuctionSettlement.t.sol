// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {AuctionId, AuctionStage, AuctionTerms, TieRule} from "../../interfaces/market/IAuction.sol";
import {IAuctionBase} from "../../interfaces/market/IAuctionBase.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeExtension} from "../../interfaces/market/IExchangeExtension.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {AuctionCase} from "./AuctionCase.sol";

/// @dev Who gets what, and where lots and money end.
contract AuctionSettlementTest is AuctionCase {
    // ------------------------------------------------------------------ ties

    function test_settle_proRataSharesCloseToTheLot() public {
        AuctionId id =
            _auctioned(_terms(), [uint256(4_800), 4_800, 4_800, 4_900], [uint256(3_000), 3_000, 3_000, 5_000]);
        _clear(id);
        _settle(id);
        // 10 multiples for 18 that are wanted, 6 each: 3.33, 6.66, 10 rounded down, and the differences.
        _assertGot(0, 1_500, 4_800);
        _assertGot(1, 1_500, 4_800);
        _assertGot(2, 2_000, 4_800);
        _assertGot(3, 5_000, 4_800);
        _assertHouseEmpty();
    }

    function test_settle_byTimeTheFirstIsServedFirst() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Time;
        AuctionId id = _auctioned(t, [uint256(4_800), 4_800, 4_800, 4_900], [uint256(3_000), 3_000, 3_000, 5_000]);
        _clear(id);
        _settle(id);
        _assertGot(0, 3_000, 4_800);
        _assertGot(1, 2_000, 4_800);
        _assertGot(2, 0, 4_800);
    }

    /// @dev The three tied bids of an auction in the order that was drawn.
    function _ranked(AuctionId id) private view returns (uint256[] memory order) {
        order = new uint256[](3);
        (order[0], order[1], order[2]) = (0, 1, 2);
        bytes32 seed = _state(id).seed;
        for (uint256 i; i < 3; ++i) {
            for (uint256 j; j < 2; ++j) {
                if (house.rankKey(seed, order[j]) > house.rankKey(seed, order[j + 1])) {
                    (order[j], order[j + 1]) = (order[j + 1], order[j]);
                }
            }
        }
    }

    function _drawn() private returns (AuctionId id) {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        id = _auctioned(t, [uint256(4_800), 4_800, 4_800, 4_900], [uint256(3_000), 3_000, 3_000, 5_000]);
        _clear(id);
    }

    function test_rank_servesInTheOrderDrawn() public {
        AuctionId id = _drawn();
        uint256[] memory order = _ranked(id);
        vm.warp(start + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotRanked.selector, id));
        house.settle(id, 200);
        house.rank(id, order[1], 1);
        house.rank(id, order[1], 2);
        assertFalse(_state(id).ranked);
        vm.expectEmit(address(house));
        emit IAuctionBase.BidsRanked(id, order[1], 2_000);
        house.rank(id, order[1], 1);
        house.settle(id, 200);
        _assertGot(order[0], 3_000, 4_800);
        _assertGot(order[1], 2_000, 4_800);
        _assertGot(order[2], 0, 4_800);
        _assertHouseEmpty();
    }

    /// @dev Only one claim is right; wrong ones, counted half or in full, change nothing.
    function test_rank_refusesWrongClaims() public {
        AuctionId id = _drawn();
        uint256[] memory order = _ranked(id);
        house.rank(id, order[2], 3);
        for (uint256 i; i < 3; i += 2) {
            vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadRank.selector, order[i]));
            house.rank(id, order[i], 200);
        }
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadRank.selector, 3)); // bids more
        house.rank(id, 3, 200);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadRank.selector, 4)); // there is none
        house.rank(id, 4, 200);
        house.rank(id, order[1], 200);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNothingToDo.selector, id));
        house.rank(id, order[1], 200);
    }

    /// @dev The last one served fits exactly: nothing is left for the next.
    function test_rank_atAnExactSumNamesTheLastOneServed() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        AuctionId id = _auctioned(t, [uint256(4_800), 4_800, 4_800, 4_900], [uint256(3_000), 3_000, 3_000, 4_000]);
        _clear(id);
        uint256[] memory order = _ranked(id);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadRank.selector, order[2]));
        house.rank(id, order[2], 200);
        house.rank(id, order[1], 200);
        _settle(id);
        _assertGot(order[1], 3_000, 4_800);
        _assertGot(order[2], 0, 4_800);
    }

    function test_rank_isRefusedWhereNothingIsDrawn() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 4_800, 0, 0], [uint256(9_000), 9_000, 0, 0]);
        _clear(id);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNothingToDo.selector, id));
        house.rank(id, 0, 200);
    }

    // ------------------------------------------------------------------ deposits and limits

    function test_settle_forfeitsTheDepositOfABidThatWasNotRevealed() public {
        AuctionId id = _opened(_terms());
        _bids.push(_bid(id, "a", 4_800, 10_000));
        Sealed memory silent = _bidder("silent");
        (silent.tick, silent.lots) = (4_900, 5_000);
        _commit(id, silent, 245_000_000);
        _toReveals();
        _reveal(id, _bids[0]);
        _clear(id);
        _settle(id);
        _assertGot(0, 10_000, 4_800);
        assertEq(_cash(silent.id), PURSE - 245_000_000 - PLACE_FEE);
        assertEq(_cash(penalties), 245_000_000 + 2 * PLACE_FEE);
        _assertHouseEmpty();
    }

    /// @dev Else staying silent would be a free way to have an auction fail.
    function test_settle_forfeitsItAlsoWhenTheAuctionFails() public {
        AuctionId id = _opened(_terms());
        Sealed memory silent = _bid(id, "silent", 4_800, 10_000);
        _clear(id);
        house.settle(id, 200);
        assertEq(_cash(penalties), 480_000_000 * 10 + PLACE_FEE);
        assertEq(_cash(silent.id), PURSE - 480_000_000 * 10 - PLACE_FEE);
        _assertHouseEmpty();
    }

    function test_settle_beyondTheHoldingLimitIsNotDeliveredAndCostsTheDeposit() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 4_800, 0, 0], [uint256(6_000), 4_000, 0, 0]);
        vm.startPrank(officer);
        exchange.setHoldingLimit(ParticipantId.wrap(_bids[0].id), market, 2_700);
        vm.stopPrank();
        _clear(id);
        _settle(id);
        assertEq(_account(_bids[0].id).lots, 2_500);
        uint256 deposit = 3_500 * 4_800 * CENT / 10;
        assertEq(_cash(_bids[0].id), PURSE - 2_500 * 4_800 * CENT - deposit - PLACE_FEE);
        assertEq(_cash(penalties), deposit + 2 * PLACE_FEE);
        _assertGot(1, 4_000, 4_800);
        assertEq(_account(sellerId).lots, 1_000_000 - 6_500);
        _assertHouseEmpty();
    }

    function test_settle_whoMayHoldNothingGetsNothing() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 0, 0, 0], [uint256(10_000), 0, 0, 0]);
        vm.prank(officer);
        exchange.setHoldingLimit(ParticipantId.wrap(_bids[0].id), market, 499);
        _clear(id);
        _settle(id);
        assertEq(_account(_bids[0].id).lots, 0);
        assertEq(_account(sellerId).lots, 1_000_000);
        _assertDepositLost();
    }

    /// @dev Else a bidder would fill its limit elsewhere and walk away from what it won.
    function test_settle_whoHasFilledItsLimitLosesTheDeposit() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 0, 0, 0], [uint256(10_000), 0, 0, 0]);
        ParticipantId buyer = ParticipantId.wrap(_bids[0].id);
        units.mint(_bids[0].wallet, UnitId.unwrap(UNIT), 5);
        vm.prank(officer);
        exchange.setHoldingLimit(buyer, market, 5);
        assertEq(_account(_bids[0].id).room, 0);
        _clear(id);
        _settle(id);
        assertEq(_account(_bids[0].id).lots, 0);
        _assertDepositLost();
    }

    /// @dev It holds more than it may: no part of its lots would fit either.
    function test_settle_whoHoldsTooMuchIsNotTriedTwice() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 0, 0, 0], [uint256(10_000), 0, 0, 0]);
        ParticipantId buyer = ParticipantId.wrap(_bids[0].id);
        units.mint(_bids[0].wallet, UnitId.unwrap(UNIT), 5);
        vm.prank(officer);
        exchange.setHoldingLimit(buyer, market, 1);
        assertEq(_account(_bids[0].id).room, -4);
        _clear(id);
        bytes memory delivery = abi.encodeWithSelector(IExchangeExtension.settle.selector, market, 0, buyer);
        vm.expectCall(address(exchange), delivery, 1);
        _settle(id);
        assertEq(_account(_bids[0].id).lots, 0);
        _assertDepositLost();
    }

    /// @dev Of the first bidder, for 10,000 lots at 4,800; it paid nothing else.
    function _assertDepositLost() private view {
        uint256 deposit = 10_000 * 4_800 * CENT / 10;
        assertEq(_cash(penalties), deposit + PLACE_FEE);
        assertEq(_cash(_bids[0].id), PURSE - deposit - PLACE_FEE);
    }

    function test_settle_whatIsNotTheBuyersDoingCostsItNothing() public {
        _failsOtherwise(0);
    }

    function test_settle_whatJustFitsIsNotTheBuyersDoingEither() public {
        _failsOtherwise(6_000);
    }

    /// @param limit [lots] that the buyer may hold; 0: no limit
    function _failsOtherwise(uint256 limit) private {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 4_800, 0, 0], [uint256(6_000), 4_000, 0, 0]);
        if (limit != 0) {
            vm.prank(officer);
            exchange.setHoldingLimit(ParticipantId.wrap(_bids[0].id), market, limit);
        }
        _clear(id);
        bytes memory delivery = abi.encodeCall(
            IExchangeExtension.settle,
            (
                market,
                ParticipantId.wrap(0),
                ParticipantId.wrap(_bids[0].id),
                6_000,
                0,
                Settlement.Trade,
                bytes32(uint256(1) << 32)
            )
        );
        vm.mockCallRevert(address(exchange), delivery, "unforeseen");
        _settle(id);
        _assertGot(0, 0, 0);
        _assertGot(1, 4_000, 4_800);
        assertEq(_cash(penalties), 2 * PLACE_FEE);
        _assertHouseEmpty();
    }

    function test_settle_lotsCountAsBoughtToday() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 0, 0, 0], [uint256(10_000), 0, 0, 0]);
        _clear(id);
        _settle(id);
        assertEq(_account(_bids[0].id).lotsBought, 10_000);
        assertEq(_account(_bids[0].id).lotsFree, 0);
    }

    function test_settle_deliversToAFrozenAccountThatHasPaid() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_900), 0, 0, 0], [uint256(12_000), 0, 0, 0]);
        vm.prank(officer);
        exchange.freezeAccount(ParticipantId.wrap(_bids[0].id), market, true);
        _clear(id);
        _settle(id);
        _assertGot(0, 10_000, 4_900);
    }

    function test_settle_whatIsSoldMakesRoomForTheSeller() public {
        vm.prank(officer);
        exchange.setHoldingLimit(ParticipantId.wrap(sellerId), market, 1_000_000);
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 0, 0, 0], [uint256(10_000), 0, 0, 0]);
        assertEq(_account(sellerId).room, 0); // on offer they are still the seller's
        _clear(id);
        _settle(id);
        assertEq(_account(sellerId).room, 10_000);
        exchange.syncHolding(ParticipantId.wrap(sellerId), market);
        assertEq(_account(sellerId).room, 10_000);
    }

    function test_settle_notBeforeDelivery() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _auctioned(t, [uint256(4_800), 0, 0, 0], [uint256(10_000), 0, 0, 0]);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongStage.selector, id, AuctionStage.Open));
        house.settle(id, 200);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, id, t.revealUntil, type(uint256).max)
        );
        house.clear(id, 10);
        _clear(id);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, id, t.deliverFrom, type(uint256).max)
        );
        house.settle(id, 200);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionTooManyItems.selector, 201, 200));
        house.settle(id, 201);
        _settle(id);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongStage.selector, id, AuctionStage.Closed));
        house.settle(id, 200);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongStage.selector, id, AuctionStage.Closed));
        house.clear(id, 10);
    }

    function test_clear_boundsItsCalls() public {
        AuctionId id = _opened(_terms());
        vm.warp(start + 3 hours);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionTooManyItems.selector, 2_001, 2_000));
        house.clear(id, 2_001);
    }

    function test_aPause_stopsSettlementAndNoBid() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 0, 0, 0], [uint256(10_000), 0, 0, 0]);
        _clear(id);
        IPausable(address(house)).pause(1 days);
        bytes memory why = abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days);
        vm.expectRevert(why);
        house.settle(id, 200);
        vm.expectRevert(why);
        house.reclaim(id);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        house.settle(id, 200);
        _assertGot(0, 10_000, 4_800);
    }
}
