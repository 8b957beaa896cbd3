// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AuctionId,
    AuctionStage,
    AuctionState,
    AuctionTerms,
    BidStatus,
    PriceRule
} from "../../interfaces/market/IAuction.sol";
import {IAuctionBase} from "../../interfaces/market/IAuctionBase.sol";
import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {RulesDouble, SchemesDouble} from "./MarketDoubles.sol";
import {AuctionCase} from "./AuctionCase.sol";

/// @dev The price, and what is not sold: cases of the markets' own rules.
contract AuctionClearingTest is AuctionCase {
    // ------------------------------------------------------------------ EU, Regulation 1031/2010 article 7

    function test_clear_atTheFirstPriceWhereTheSumReachesTheVolume() public {
        AuctionId id =
            _auctioned(_terms(), [uint256(4_900), 4_800, 4_850, 4_700], [uint256(4_000), 4_000, 3_000, 9_000]);
        vm.warp(start + 3 hours);
        vm.expectEmit(address(house));
        emit IAuctionBase.AuctionCleared(id, 4_800, 10_000, 4_000, 3_000);
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
        emit IAuctionBase.AuctionCancelled(id, "undersubscribed");
        house.clear(id, 10);
        house.settle(id, 200);
        _assertGot(0, 0, 0);
        _assertGot(1, 0, 0);
        assertEq(_account(sellerId).lots, 1_000_000);
        _assertHouseEmpty();
    }

    function test_clear_countsAsManyPricesAsItIsAsked() public {
        AuctionId id = _auctioned(_terms(), [uint256(4_900), 4_800, 4_700, 0], [uint256(4_000), 1_000, 9_000, 0]);
        vm.warp(start + 3 hours);
        uint256[2] memory ticks = [uint256(4_900), 4_800];
        for (uint256 i; i < 2; ++i) {
            vm.expectEmit(address(house));
            emit IAuctionBase.AuctionCounted(id, ticks[i], 4_000 + 1_000 * i);
            house.clear(id, 1);
            assertEq(_state(id).cursor, ticks[i]);
        }
        house.clear(id, 1);
        assertEq(_state(id).tick, 4_700);
    }

    function test_clear_saysWhatWasCountedForFewerLotsThanThereAre() public {
        AuctionTerms memory t = _terms();
        t.minimumPpm = 950_000;
        AuctionId id = _auctioned(t, [uint256(4_900), 4_800, 4_800, 0], [uint256(4_000), 2_500, 3_000, 0]);
        _clear(id);
        AuctionState memory s = _state(id);
        assertEq(s.demand, 9_500);
        assertEq(s.tick, 4_800);
        assertEq(s.cursor, 4_800);
        assertEq(s.marginal, 5_500);
        assertEq(s.rest, 5_500);
        assertEq(s.marginalBids, 2);
    }

    /// @dev 9,500 of 10,000 lots are bid for.
    function _subscribed(uint32 minimumPpm) private returns (AuctionStage) {
        AuctionTerms memory t = _terms();
        t.minimumPpm = minimumPpm;
        AuctionId id = _auctioned(t, [uint256(4_900), 4_800, 0, 0], [uint256(4_000), 5_500, 0, 0]);
        _clear(id);
        return _state(id).stage;
    }

    function test_clear_sellsWhatIsBidForFromTheMinimumSubscriptionOn() public {
        assertTrue(_subscribed(950_000) == AuctionStage.Cleared);
        _settle(AuctionId.wrap(1));
        _assertGot(0, 4_000, 4_800);
        _assertGot(1, 5_500, 4_800);
        assertEq(_account(sellerId).lots, 1_000_000 - 9_500);
        _assertHouseEmpty();
    }

    function test_clear_cancelsBelowTheMinimumSubscriptionUnrounded() public {
        assertTrue(_subscribed(950_001) == AuctionStage.Cancelled);
    }

    /// @dev Also where any number of lots would do.
    function test_clear_cancelsWithoutBids() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _opened(t);
        vm.warp(start - 1);
        t.minimumPpm = 0;
        AuctionId any = _opened(t);
        vm.warp(start + 3 hours);
        AuctionId[2] memory ids = [id, any];
        for (uint256 i; i < 2; ++i) {
            vm.expectEmit(address(house));
            emit IAuctionBase.AuctionCancelled(ids[i], "no bids");
            house.clear(ids[i], 10);
            house.settle(ids[i], 0);
            assertEq(uint8(_state(ids[i]).stage), uint8(AuctionStage.Closed));
        }
        assertEq(_account(sellerId).lots, 1_000_000);
    }

    function _newRules() internal override returns (RulesDouble) {
        return new SchemesDouble();
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

        address abroad = makeAddr("officer of another scheme");
        SchemesDouble(address(rules)).grantIn(abroad, SchemeId.wrap(2), type(uint32).max);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, abroad, 16));
        vm.prank(abroad);
        house.carry(id, next);
        vm.prank(officer);
        house.carry(id, next);
        assertEq(_state(next[0]).volume, 12_000);
        assertEq(_state(next[1]).volume, 2_500);
        assertEq(_state(next[2]).volume, 2_500);
        assertEq(_state(next[3]).volume, 2_000);
        assertEq(_account(sellerId).lots, 1_000_000 - 19_000);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNothingUnsold.selector, id));
        vm.prank(officer);
        house.carry(id, next);

        // What was carried into an auction that never opens goes on from there.
        vm.warp(t.commitFrom);
        house.cancel(next[3], "no lots");
        house.settle(next[3], 0);
        assertEq(_state(next[3]).unsold, 2_000);
    }

    /// @dev Shares are of all the lots offered, those carried over too: the most of one bidder, and the least that is bid for.
    function test_carry_addsToTheVolumeThatSharesAreOf() public {
        AuctionTerms memory t = _terms();
        t.spread = 1;
        AuctionId id = _opened(t);
        _clear(id);
        house.settle(id, 0);
        start += 10 days;
        t = _terms();
        (t.limitPpm, t.minimumPpm) = (600_000, 950_000);
        AuctionId[] memory next = new AuctionId[](1);
        next[0] = _announce(t);
        vm.prank(officer);
        house.carry(id, next);
        vm.prank(seller);
        house.open(next[0]);
        vm.warp(start);
        assertEq(house.limitOf(next[0]), 12_000);
        _bids.push(_bid(next[0], "who wants the lots announced", 4_800, OFFERED));
        _toReveals();
        _reveal(next[0], _bids[0]);
        vm.expectEmit(address(house));
        emit IAuctionBase.AuctionCancelled(next[0], "undersubscribed");
        _clear(next[0]);
    }

    function test_carry_refusesAuctionsThatDoNotFit() public {
        AuctionTerms memory t = _terms();
        t.spread = 1;
        AuctionId id = _opened(t);
        _clear(id);
        house.settle(id, 0);
        AuctionId[] memory next = new AuctionId[](2);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionTooManyItems.selector, 2, 1));
        house.carry(id, next);
        next = new AuctionId[](1);
        next[0] = id;
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongStage.selector, id, AuctionStage.Closed));
        house.carry(id, next);
        start += 2 days;
        t = _terms();
        t.multiple = 1_000;
        next[0] = house.announce(t, NOTICE);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadTerms.selector, bytes32("next")));
        house.carry(id, next);
        t.multiple = 500;
        next[0] = house.announce(t, NOTICE);
        vm.warp(t.commitFrom);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, next[0], 0, t.commitFrom));
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

        bytes memory refused = abi.encodeWithSelector(IAuctionBase.AuctionBadTerms.selector, bytes32("next"));
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
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, id, from, type(uint256).max));
        house.reclaim(id);
        vm.warp(from);
        house.reclaim(id);
        assertEq(_account(sellerId).lots, 1_000_000);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNothingUnsold.selector, id));
        house.reclaim(id);
    }

    // ------------------------------------------------------------------ California, 17 CCR 95911

    function test_clear_sellsNothingBelowTheReserve() public {
        AuctionTerms memory t = _terms();
        t.multiple = 1_000;
        t.minimumPpm = 0;
        t.reserveCommitment = house.reserveHash(2_587, SALT);
        AuctionId id = _auctioned(t, [uint256(2_700), 2_587, 2_586, 0], [uint256(3_000), 2_000, 9_000, 0]);
        vm.warp(t.revealUntil);
        house.openReserve(id, 2_587, SALT);
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
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, id, t.revealUntil, t.deliverFrom));
        house.openReserve(id, 4_850, SALT);
        vm.warp(t.revealUntil);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionReserveSealed.selector, id));
        house.clear(id, 10);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAuctionBase.AuctionWrongOpening.selector, t.reserveCommitment, house.reserveHash(4_800, SALT)
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
        emit IAuctionBase.AuctionCancelled(id, "reserve not opened");
        house.clear(id, 10);
        house.settle(id, 200);
        // The auctioneer's doing costs no bidder its place fee.
        assertEq(_cash(_bids[0].id), PURSE);
        assertEq(_cash(penalties), 0);
        _assertHouseEmpty();
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
        assertEq(uint8(house.bidOf(id, 2).status), uint8(BidStatus.Replaced));
        vm.warp(t.commitUntil);
        house.clear(id, 10);
        house.settle(id, 200);
        _assertGot(0, 1_000, 4_600); // what the higher ones left
        _assertGot(1, 5_000, 4_700);
        assertEq(_cash(_bids[2].id), PURSE - 2 * PLACE_FEE - 4_000 * 4_601 * CENT);
        assertEq(_cash(treasury), (1_000 * 4_600 + 5_000 * 4_700 + 4_000 * 4_601) * CENT);
        assertEq(_cash(penalties), 4 * PLACE_FEE); // one of them for the bid that gave way
        _assertHouseEmpty();
    }
}
