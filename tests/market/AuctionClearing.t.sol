// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AuctionId,
    AuctionStage,
    AuctionTerms,
    BidForm,
    BidStatus,
    IAuction,
    PriceRule,
    ShortRule,
    TieRule
} from "../../interfaces/IAuction.sol";
import {Settlement} from "../../interfaces/IExchangeBase.sol";
import {IExchangeOffice} from "../../interfaces/IExchangeOffice.sol";
import {ParticipantId, UnitId} from "../../interfaces/Ids.sol";
import {AuctionBase} from "./AuctionBase.sol";
import {RulesDouble} from "./MarketDoubles.sol";

/// @dev The price, who gets what, and where lots and money end: cases of the markets' own rules.
contract AuctionClearingTest is AuctionBase {
    uint256 private constant PURSE = 10_000_000_000_000;

    Sealed[] private _bids;

    /// @dev Opens an auction in which `lots[i]` are bid for at `ticks[i]`, each by a bidder of its own, all revealed.
    function _auctioned(AuctionTerms memory t, uint256[4] memory ticks, uint256[4] memory lots)
        private
        returns (AuctionId id)
    {
        id = _opened(t);
        for (uint256 i; i < 4; ++i) {
            if (lots[i] != 0) _bids.push(_bid(id, string.concat("bidder", vm.toString(i)), ticks[i], lots[i]));
        }
        if (t.tie == TieRule.Random) _draw(id);
        _toReveals();
        for (uint256 i; i < _bids.length; ++i) {
            _reveal(id, _bids[i]);
        }
    }

    /// @dev Bidder `i` got `lots` and paid `price` ticks for each.
    function _assertGot(uint256 i, uint256 lots, uint256 tick) private view {
        assertEq(_account(_bids[i].id).lots, lots, "lots");
        assertEq(_cash(_bids[i].id), PURSE - lots * tick * CENT, "cash");
    }

    // ------------------------------------------------------------------ EU, Regulation 1031/2010 article 7

    function test_clear_atTheFirstPriceWhereTheSumReachesTheVolume() public {
        AuctionId id =
            _auctioned(_terms(), [uint256(4_900), 4_800, 4_850, 4_700], [uint256(4_000), 4_000, 3_000, 9_000]);
        vm.warp(start + 3 hours);
        vm.expectEmit(address(house));
        emit IAuction.AuctionCleared(id, 4_800, 10_000, 4_000, 3_000);
        house.clear(id, 10);
        _settle(id);
        _assertGot(0, 4_000, 4_800); // all pay the clearing price
        _assertGot(1, 3_000, 4_800); // the last one in part
        _assertGot(2, 3_000, 4_800);
        _assertGot(3, 0, 4_800);
        assertEq(_cash(treasury), 10_000 * 4_800 * CENT);
        assertEq(uint8(house.bidOf(id, 3).status), uint8(BidStatus.Settled));
        _assertHouseEmpty();
    }

    function test_clear_anExactSumTakesNobodyInPart() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_900), 4_800, 4_700, 0], [uint256(4_000), 6_000, 9_000, 0]);
        _clear(id);
        _settle(id);
        _assertGot(1, 6_000, 4_800);
        _assertGot(2, 0, 4_800);
    }

    function test_clear_cancelsWhenBidsAreFewerThanLots() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_900), 4_800, 0, 0], [uint256(4_000), 5_500, 0, 0]);
        vm.warp(start + 3 hours);
        vm.expectEmit(address(house));
        emit IAuction.AuctionCancelled(id, "undersubscribed");
        house.clear(id, 10);
        house.settle(id, 200);
        _assertGot(0, 0, 0);
        _assertGot(1, 0, 0);
        assertEq(_account(sellerId).lots, 1_000_000);
        _assertHouseEmpty();
    }

    function test_clear_cancelsWithoutBids() public {
        AuctionId id = _opened(_terms());
        _clear(id);
        house.settle(id, 0);
        assertEq(_account(sellerId).lots, 1_000_000);
        assertEq(uint8(_state(id).stage), uint8(AuctionStage.Closed));
    }

    function test_clear_cancelsBelowTheShareOfTheExchangesPrice() public {
        (, address maker) = _trader("maker", 100, 0);
        (, address taker) = _trader("taker", 0, 1_000_000);
        _place(maker, SELL, 5_000, 50);
        _take(taker, BUY, 5_000, 50);
        assertEq(house.exchangePrice(market), 500_000);
        AuctionTerms memory t = _terms();
        t.floorPpm = 950_000;
        AuctionId id = _auctioned(t, [uint256(4_749), 4_749, 0, 0], [uint256(5_000), 5_000, 0, 0]);
        vm.warp(start + 3 hours);
        vm.expectEmit(address(house));
        emit IAuction.AuctionCancelled(id, "below the exchange's price");
        house.clear(id, 10);
    }

    function test_clear_atTheShareOfTheExchangesPriceIsEnough() public {
        AuctionTerms memory t = _terms();
        t.floorPpm = 950_000; // of the previous close, 48.00: nothing has traded
        AuctionId id = _auctioned(t, [uint256(4_560), 4_560, 0, 0], [uint256(5_000), 5_000, 0, 0]);
        _clear(id);
        assertEq(_state(id).tick, 4_560);
    }

    function test_exchangePrice_isAMeanThatOneLotDoesNotMove() public {
        (, address maker) = _trader("maker", 1_000, 0);
        (, address taker) = _trader("taker", 0, 100_000_000);
        _place(maker, SELL, 5_000, 999);
        _take(taker, BUY, 5_000, 999);
        _place(maker, SELL, 4_400, 1);
        _take(taker, BUY, 4_400, 1);
        assertEq(house.exchangePrice(market), (uint256(999) * 500_000 + 440_000) / 1_000);
    }

    function test_carry_spreadsUnsoldLotsOverTheNextFour() public {
        AuctionTerms memory t = _terms();
        t.spread = 4;
        t.lots = 9_500; // 19 multiples: 5, 5, 5, 4
        AuctionId id = _opened(t);
        AuctionId[] memory next = new AuctionId[](4);
        t.commitFrom = uint40(start + 10 days);
        t.commitUntil = t.revealFrom = uint40(start + 11 days);
        t.revealUntil = t.deliverFrom = uint40(start + 12 days);
        for (uint256 i; i < 4; ++i) {
            next[i] = _announce(t);
        }
        vm.prank(seller);
        house.open(next[0]);
        _clear(id);
        house.settle(id, 0);
        assertEq(_state(id).unsold, 9_500);

        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, address(this), 16));
        house.carry(id, next);
        vm.prank(officer);
        house.carry(id, next);
        assertEq(_state(next[0]).volume, 12_000);
        assertEq(_state(next[1]).volume, 2_500);
        assertEq(_state(next[2]).volume, 2_500);
        assertEq(_state(next[3]).volume, 2_000);
        assertEq(_account(sellerId).lots, 1_000_000 - 19_000);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNothingUnsold.selector, id));
        vm.prank(officer);
        house.carry(id, next);

        // What was carried into an auction that never opens goes on from there.
        vm.warp(t.commitFrom);
        house.cancel(next[3], "no lots");
        house.settle(next[3], 0);
        assertEq(_state(next[3]).unsold, 2_000);
    }

    function test_carry_refusesAuctionsThatDoNotFit() public {
        AuctionTerms memory t = _terms();
        t.spread = 1;
        AuctionId id = _opened(t);
        _clear(id);
        house.settle(id, 0);
        AuctionId[] memory next = new AuctionId[](2);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionTooManyItems.selector, 2, 1));
        house.carry(id, next);
        next = new AuctionId[](1);
        next[0] = id;
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongStage.selector, id, AuctionStage.Closed));
        house.carry(id, next);
        start += 2 days;
        t = _terms();
        t.multiple = 1_000;
        next[0] = house.announce(t, NOTICE);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBadTerms.selector, bytes32("next")));
        house.carry(id, next);
        t.multiple = 500;
        next[0] = house.announce(t, NOTICE);
        vm.warp(t.commitFrom);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotNow.selector, next[0], 0, t.commitFrom));
        house.carry(id, next);
        vm.stopPrank();
    }

    /// @dev Only later auctions of the same seller's lots of the same unit, each once.
    function test_carry_refusesOtherSellersMarketsAndOrders() public {
        AuctionTerms memory t = _terms();
        t.spread = 2;
        start += 2 days;
        AuctionTerms memory later = _terms();
        AuctionId earlier = _announce(later);
        AuctionId id = _announce(t);
        vm.prank(seller);
        house.open(id);
        AuctionId[] memory next = new AuctionId[](2);
        next[1] = _announce(later);
        later.seller = ParticipantId.wrap(treasury);
        AuctionId sellers = _announce(later);
        later.seller = t.seller;
        vm.prank(officer);
        later.market = exchange.createMarket(UnitId.wrap(UnitId.unwrap(UNIT) + 1), SCHEME, address(currency), _config());
        AuctionId markets = _announce(later);
        vm.warp(t.revealUntil);
        house.clear(id, 1);
        house.settle(id, 0);

        bytes memory refused = abi.encodeWithSelector(IAuction.AuctionBadTerms.selector, bytes32("next"));
        AuctionId[3] memory wrong = [earlier, sellers, markets];
        for (uint256 i; i < 3; ++i) {
            (next[0], next[1]) = i == 0 ? (wrong[0], next[1]) : (AuctionId.wrap(3), wrong[i]);
            vm.expectRevert(refused);
            vm.prank(officer);
            house.carry(id, next);
        }
        next[0] = next[1] = AuctionId.wrap(3);
        vm.expectRevert(refused);
        vm.prank(officer);
        house.carry(id, next);
    }

    function test_reclaim_returnsWhatNobodyCarried() public {
        AuctionTerms memory t = _terms();
        t.spread = 1;
        AuctionId id = _opened(t);
        _clear(id);
        house.settle(id, 0);
        uint256 from = t.deliverFrom + 30 days;
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotNow.selector, id, from, type(uint256).max));
        house.reclaim(id);
        vm.warp(from);
        house.reclaim(id);
        assertEq(_account(sellerId).lots, 1_000_000);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNothingUnsold.selector, id));
        house.reclaim(id);
    }

    // ------------------------------------------------------------------ California, 17 CCR 95911

    function test_clear_sellsNothingBelowTheReserve() public {
        AuctionTerms memory t = _terms();
        t.multiple = 1_000;
        t.short = ShortRule.Sell;
        t.reserveTick = 2_587;
        AuctionId id = _auctioned(t, [uint256(2_700), 2_587, 2_586, 0], [uint256(3_000), 2_000, 9_000, 0]);
        _clear(id);
        _settle(id);
        _assertGot(0, 3_000, 2_587); // fewer bids than lots: the lowest that reaches the reserve is the price
        _assertGot(1, 2_000, 2_587);
        _assertGot(2, 0, 0);
        assertEq(_account(sellerId).lots, 1_000_000 - 5_000);
        _assertHouseEmpty();
    }

    function test_clear_waitsForAReserveThatBiddersDoNotKnow() public {
        AuctionTerms memory t = _terms();
        t.reserveCommitment = house.reserveHash(4_850, SALT);
        AuctionId id = _auctioned(t, [uint256(4_900), 4_800, 0, 0], [uint256(6_000), 6_000, 0, 0]);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotNow.selector, id, t.revealUntil, t.deliverFrom));
        house.openReserve(id, 4_850, SALT);
        vm.warp(t.revealUntil);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionReserveSealed.selector, id));
        house.clear(id, 10);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAuction.AuctionWrongOpening.selector, t.reserveCommitment, house.reserveHash(4_800, SALT)
            )
        );
        house.openReserve(id, 4_800, SALT);
        house.openReserve(id, 4_850, SALT);
        house.clear(id, 10);
        assertEq(uint8(_state(id).stage), uint8(AuctionStage.Cancelled)); // 6,000 are not 10,000
    }

    function test_clear_cancelsWhenTheReserveIsNeverOpened() public {
        AuctionTerms memory t = _terms();
        t.reserveCommitment = house.reserveHash(4_850, SALT);
        AuctionId id = _auctioned(t, [uint256(4_900), 0, 0, 0], [uint256(10_000), 0, 0, 0]);
        vm.warp(t.deliverFrom);
        vm.expectEmit(address(house));
        emit IAuction.AuctionCancelled(id, "reserve not opened");
        house.clear(id, 10);
        house.settle(id, 200);
        _assertGot(0, 0, 0);
    }

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
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotRanked.selector, id, 0, 3));
        house.settle(id, 200);
        uint256[] memory first = new uint256[](1);
        first[0] = order[0];
        house.rank(id, first);
        uint256[] memory others = new uint256[](2);
        (others[0], others[1]) = (order[1], order[2]);
        vm.expectEmit(address(house));
        emit IAuction.BidsRanked(id, others, 5_000);
        house.rank(id, others);
        house.settle(id, 200);
        _assertGot(order[0], 3_000, 4_800);
        _assertGot(order[1], 2_000, 4_800);
        _assertGot(order[2], 0, 4_800);
        _assertHouseEmpty();
    }

    function test_rank_leavesNoBidOutAndTakesNoneTwice() public {
        AuctionId id = _drawn();
        uint256[] memory order = _ranked(id);
        (order[0], order[1]) = (order[1], order[0]);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBadRank.selector, order[1]));
        house.rank(id, order);
        order[0] = order[1];
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBadRank.selector, order[1]));
        house.rank(id, order);
        uint256[] memory alien = new uint256[](1);
        alien[0] = 3; // bids more
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBadRank.selector, 3));
        house.rank(id, alien);

        // Passing over one leaves the list one short for ever: it must be given whole, from the first.
        order = _ranked(id);
        uint256[] memory second = new uint256[](1);
        second[0] = order[1];
        house.rank(id, second);
        second[0] = order[0];
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionBadRank.selector, order[0]));
        house.rank(id, second);
    }

    function test_rank_isRefusedWhereNothingIsDrawn() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 4_800, 0, 0], [uint256(9_000), 9_000, 0, 0]);
        _clear(id);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNothingToDo.selector, id));
        house.rank(id, new uint256[](0));
    }

    function test_settle_withoutASeedTiesAreProRata() public {
        AuctionTerms memory t = _terms();
        t.tie = TieRule.Random;
        AuctionId id = _opened(t);
        _bids.push(_bid(id, "a", 4_800, 10_000));
        _bids.push(_bid(id, "b", 4_800, 10_000));
        _toReveals();
        _reveal(id, _bids[0]);
        _reveal(id, _bids[1]);
        _clear(id);
        _settle(id);
        _assertGot(0, 5_000, 4_800);
        _assertGot(1, 5_000, 4_800);
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
        assertEq(_cash(silent.id), PURSE - 245_000_000);
        assertEq(_cash(penalties), 245_000_000);
        _assertHouseEmpty();
    }

    /// @dev Else staying silent would be a free way to have an auction fail.
    function test_settle_forfeitsItAlsoWhenTheAuctionFails() public {
        AuctionId id = _opened(_terms());
        Sealed memory silent = _bid(id, "silent", 4_800, 10_000);
        _clear(id);
        house.settle(id, 200);
        assertEq(_cash(penalties), 480_000_000 * 10);
        assertEq(_cash(silent.id), PURSE - 480_000_000 * 10);
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
        assertEq(_cash(_bids[0].id), PURSE - 2_500 * 4_800 * CENT - deposit);
        assertEq(_cash(penalties), deposit);
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
    }

    function test_settle_whatIsNotTheBuyersDoingCostsItNothing() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_800), 4_800, 0, 0], [uint256(6_000), 4_000, 0, 0]);
        _clear(id);
        bytes memory delivery = abi.encodeCall(
            IExchangeOffice.settle,
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
        assertEq(_cash(penalties), 0);
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
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongStage.selector, id, AuctionStage.Open));
        house.settle(id, 200);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotNow.selector, id, t.revealUntil, type(uint256).max));
        house.clear(id, 10);
        _clear(id);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionNotNow.selector, id, t.deliverFrom, type(uint256).max));
        house.settle(id, 200);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionTooManyItems.selector, 201, 200));
        house.settle(id, 201);
        _settle(id);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongStage.selector, id, AuctionStage.Closed));
        house.settle(id, 200);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionWrongStage.selector, id, AuctionStage.Closed));
        house.clear(id, 10);
    }

    function test_clear_boundsItsCalls() public {
        AuctionId id = _opened(_terms());
        vm.warp(start + 3 hours);
        vm.expectRevert(abi.encodeWithSelector(IAuction.AuctionTooManyItems.selector, 2_001, 2_000));
        house.clear(id, 2_001);
    }

    // ------------------------------------------------------------------ China, one-way bidding

    function test_place_bestPriceFirstEachPaysItsOwn() public {
        AuctionTerms memory t = _openTerms();
        t.pricing = PriceRule.AsBid;
        t.reserveTick = 4_500;
        AuctionId id = _opened(t);
        uint256[3] memory ticks = [uint256(4_600), 4_700, 4_600];
        uint256[3] memory lots = [uint256(4_000), 5_000, 4_000];
        for (uint256 i; i < 3; ++i) {
            Sealed memory b = _bidder(string.concat("buyer", vm.toString(i)));
            vm.prank(b.wallet);
            b.number = house.place(id, ticks[i], lots[i], NO_BID);
            _bids.push(b);
        }
        vm.prank(_bids[2].wallet);
        house.place(id, 4_601, 4_000, 2);
        vm.warp(t.commitUntil);
        house.clear(id, 10);
        house.settle(id, 200);
        _assertGot(0, 1_000, 4_600); // what the higher ones left
        _assertGot(1, 5_000, 4_700);
        _assertGot(2, 4_000, 4_601);
        assertEq(_cash(treasury), (1_000 * 4_600 + 5_000 * 4_700 + 4_000 * 4_601) * CENT);
        assertEq(uint8(house.bidOf(id, 2).status), uint8(BidStatus.Replaced));
        _assertHouseEmpty();
    }
}
