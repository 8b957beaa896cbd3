// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {IPowerMarket, PowerRound, PowerStage, Proposal, ScheduledFlow} from "../../interfaces/power/IPowerMarket.sol";
import {Clearing} from "../../contracts/power/Clearing.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Clearings by hand: which are taken, which of two holds, and what can be read of them.
contract PowerClearingTest is PowerCase {
    uint256 private constant CAP = 10_000_000;
    uint256 private constant HIGH = 7_000_000;

    function setUp() public override {
        super.setUp();
        _deposit(sponsor, 100_000_000_000);
        _deposit(plant, 100_000_000_000);
    }

    function _bid(uint256 node, uint256 limit, uint256 price) private {
        _place(sponsor, _word(_own(sponsorId), node, BID, limit, price));
    }

    function _offer(uint256 node, uint256 limit, uint256 price) private {
        _place(plant, _word(_own(plantId), node, OFFER, limit, price));
    }

    /// @dev One node, a bid and an offer: 800 of 1,000 Wh are traded at the bid's price.
    function _single() private returns (Proposal memory p) {
        _node(1, 1);
        _bid(0, 1_000, 90_000);
        _offer(0, 800, 60_000);
        p = _proposal(2);
        p.accepted = _lanes(800, 800);
        p.prices = _lanes(90_000);
    }

    function _proposal(uint256 count) private view returns (Proposal memory p) {
        p.orders = new uint256[](count);
        p.orders[0] = _word(_own(sponsorId), 0, BID, 1_000, 90_000);
        if (count > 1) p.orders[1] = _word(_own(plantId), 0, OFFER, 800, 60_000);
        (, p.arcs) = grid.gridAt(uint256(interval) * 900);
        p.flows = new uint256[](0);
    }

    /// @dev A line from a node with an offer to one with a bid.
    function _pair(uint256 bidWh, uint256 bidPrice, uint256 offerWh, uint256 offerPrice)
        private
        returns (Proposal memory p)
    {
        _node(1, 1);
        _node(1, 2);
        _arc(0, 1, 1_000_000, 5_000, 0);
        _bid(1, bidWh, bidPrice);
        _offer(0, offerWh, offerPrice);
        p.orders = new uint256[](2);
        p.orders[0] = _word(_own(sponsorId), 1, BID, bidWh, bidPrice);
        p.orders[1] = _word(_own(plantId), 0, OFFER, offerWh, offerPrice);
        (, p.arcs) = grid.gridAt(uint256(interval) * 900);
        _toGate();
    }

    function _set(Proposal memory p, uint256 bid, uint256 offer, uint256 price0, uint256 price1) private pure {
        p.accepted = _lanes(bid, offer);
        p.prices = _lanes(price0, price1);
        p.flows = _lanes(1_000);
    }

    function _refuses(Proposal memory p, bytes memory reason) private {
        vm.expectRevert(reason);
        market.clear(interval, p);
    }

    function _refusesWorse(Proposal memory p) private {
        vm.expectPartialRevert(IPowerMarket.PowerNotBetter.selector);
        market.clear(interval, p);
    }

    /* what is taken */

    function test_clear_byAnybody_keepsWhatItCameTo() public {
        Proposal memory p = _single();
        bytes32 orders = market.roundOf(interval).orderHash;
        bytes32 result = keccak256(abi.encode(keccak256(abi.encode(orders, p.prices, p.flows)), p.accepted[0]));
        int256 welfare = 800 * 30_000;
        _toGate();
        vm.expectEmit(address(market));
        emit IPowerMarket.IntervalCleared(interval, stranger, result, welfare, 800, 0, 0, p.prices, p.flows, p.accepted);
        vm.prank(stranger);
        market.clear(interval, p);

        PowerRound memory round = market.roundOf(interval);
        assertEq(uint8(round.stage), uint8(PowerStage.Clearing));
        assertEq(round.count, 2);
        assertEq(round.released, 0);
        assertEq(round.proposer, stranger);
        assertEq(round.clearedAt, vm.getBlockTimestamp());
        assertEq(round.orderHash, orders);
        assertEq(round.resultHash, result);
        assertEq(round.welfare, welfare);
        assertEq(round.energyWh, 800);
        assertEq(market.pricesOf(interval)[0], p.prices[0]);
        _toEnd();
        assertEq(uint8(market.stageOf(interval)), uint8(PowerStage.Cleared));
    }

    function test_clear_withinTheWindowAlone() public {
        Proposal memory p = _single();
        bytes4 wrong = IPowerMarket.PowerWrongStage.selector;
        vm.warp(uint256(interval) * 900 - 601);
        _refuses(p, abi.encodeWithSelector(wrong, interval, PowerStage.Open));
        _toEnd();
        _refuses(p, abi.encodeWithSelector(wrong, interval, PowerStage.Lapsed));
        vm.warp(uint256(interval) * 900 - 301);
        market.clear(interval, p);
        _toEnd();
        _refuses(p, abi.encodeWithSelector(wrong, interval, PowerStage.Cleared));
    }

    function test_clear_somethingThatWasOrdered() public {
        _node(1, 1);
        _toGate();
        Proposal memory p;
        p.prices = _lanes(0);
        _refuses(p, abi.encodeWithSelector(IPowerMarket.PowerNoOrders.selector, interval));
    }

    /// @dev Where nobody offers nothing is traded, and the interval has a price all the same.
    function test_clear_whereNothingIsTraded() public {
        _node(1, 1);
        _bid(0, 1_000, 90_000);
        Proposal memory p = _proposal(1);
        (p.accepted, p.prices) = (_lanes(0), _lanes(90_000));
        _toGate();
        market.clear(interval, p);
        assertEq(market.roundOf(interval).welfare, 0);
        _toEnd();
        assertEq(uint8(market.stageOf(interval)), uint8(PowerStage.Cleared));
        (uint32 price,) = market.priceOf(interval, 0);
        assertEq(price, 90_000);
    }

    /// @dev A bid of nothing's worth, which no other condition misses, cannot be left out, doubled or moved.
    function test_clear_exactlyTheOrders_inTheirOrder() public {
        Proposal memory p = _single();
        _bid(0, 500, 10);
        _bid(0, 400, 20);
        uint256[] memory all = new uint256[](4);
        (all[0], all[1]) = (p.orders[0], p.orders[1]);
        all[2] = _word(_own(sponsorId), 0, BID, 500, 10);
        all[3] = _word(_own(sponsorId), 0, BID, 400, 20);
        _toGate();
        bytes32 expected = market.roundOf(interval).orderHash;
        (p.orders, p.accepted) = (_first(all, 3), _lanes(800, 800));
        _refusesOrders(p, expected);
        (all[2], all[3]) = (all[3], all[2]);
        p.orders = all;
        _refusesOrders(p, expected);
        all[3] = all[2];
        _refusesOrders(p, expected);
        all[2] = _word(_own(plantId), 0, BID, 500, 10); // another account's
        all[3] = _word(_own(sponsorId), 0, BID, 400, 20);
        _refusesOrders(p, expected);
        all[2] = _word(_own(sponsorId), 0, BID, 500, 10);
        market.clear(interval, p);
    }

    function _first(uint256[] memory list, uint256 count) private pure returns (uint256[] memory some) {
        some = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            some[i] = list[i];
        }
    }

    function _refusesOrders(Proposal memory p, bytes32 expected) private {
        bytes32 found = market.seedOf(interval);
        for (uint256 i; i < p.orders.length; ++i) {
            found = keccak256(abi.encode(found, p.orders[i]));
        }
        _refuses(p, abi.encodeWithSelector(IPowerMarket.PowerOtherOrders.selector, interval, expected, found));
    }

    function test_clear_onTheGridOfThatTime() public {
        Proposal memory p = _pair(1_000, CAP, 1_000, 5_000_000);
        _set(p, 1_000, 1_000, HIGH, HIGH);
        p.arcs[0] += 1;
        _refuses(p, abi.encodeWithSelector(IPowerGrid.GridOtherArcs.selector, uint256(interval) * 900));
        p.arcs[0] -= 1;
        vm.prank(officer);
        grid.setArc(0, _arcTerms(1_000_000, 0, 0)); // after the interval has begun
        market.clear(interval, p);
    }

    function test_clear_lanesAsManyAsThereAre() public {
        Proposal memory p = _pair(1_000, CAP, 1_000, 5_000_000);
        for (uint256 i; i < 3; ++i) {
            _set(p, 1_000, 1_000, HIGH, HIGH);
            uint256[] memory list = i == 0 ? p.accepted : i == 1 ? p.prices : p.flows;
            uint256 lanes = i == 2 ? 1 : 2;
            list[0] += 1 << (32 * lanes);
            _refuses(p, abi.encodeWithSelector(Clearing.ClearingBadLanes.selector, 1, lanes));
            list[0] -= 1 << (32 * lanes);
            uint256[] memory more = new uint256[](2);
            more[0] = list[0];
            _swap(p, i, more);
            _refuses(p, abi.encodeWithSelector(Clearing.ClearingBadLanes.selector, 2, lanes));
            _swap(p, i, new uint256[](0));
            _refuses(p, abi.encodeWithSelector(Clearing.ClearingBadLanes.selector, 0, lanes));
        }
        _set(p, 1_000, 1_000, HIGH, HIGH);
        market.clear(interval, p);
    }

    function _swap(Proposal memory p, uint256 which, uint256[] memory list) private pure {
        if (which == 0) p.accepted = list;
        else if (which == 1) p.prices = list;
        else p.flows = list;
    }

    /* ties */

    function test_clear_whereSeveralPricesFit_itIsTheMiddle() public {
        _node(1, 1);
        _bid(0, 1_000, 90_001);
        _offer(0, 1_000, 60_000);
        Proposal memory p = _proposal(2);
        p.orders[0] = _word(_own(sponsorId), 0, BID, 1_000, 90_001);
        p.orders[1] = _word(_own(plantId), 0, OFFER, 1_000, 60_000);
        p.accepted = _lanes(1_000, 1_000);
        _toGate();
        for (uint256 price = 74_999; price < 75_003; ++price) {
            p.prices = _lanes(price);
            if (price == 75_000) continue;
            _refuses(p, abi.encodeWithSelector(Clearing.ClearingNotTheMiddle.selector, 0, price, 75_000));
        }
        p.prices = _lanes(75_000);
        market.clear(interval, p);
    }

    /// @dev 100 Wh for bids of 100, 50 and 50 Wh at the price: 50, 25 and 25.
    function test_clear_atThePrice_sharesInProportion() public {
        _node(1, 1);
        _bid(0, 100, 9);
        _bid(0, 50, 9);
        _bid(0, 50, 9);
        _offer(0, 101, 3);
        Proposal memory p = _proposal(4);
        p.orders[0] = _word(_own(sponsorId), 0, BID, 100, 9);
        p.orders[1] = _word(_own(sponsorId), 0, BID, 50, 9);
        (p.orders[2], p.orders[3]) = (p.orders[1], _word(_own(plantId), 0, OFFER, 101, 3));
        (p.prices, p.accepted) = (_lanes(9), new uint256[](1));
        _toGate();
        bytes4 unfair = Clearing.ClearingNotProRata.selector;
        p.accepted[0] = _packed(51, 25, 25, 101);
        _refuses(p, abi.encodeWithSelector(unfair, 0, 51, 50));
        p.accepted[0] = _packed(50, 26, 25, 101);
        _refuses(p, abi.encodeWithSelector(unfair, 1, 26, 25));
        p.accepted[0] = _packed(100, 1, 0, 101);
        _refuses(p, abi.encodeWithSelector(unfair, 0, 100, 50));
        p.accepted[0] = _packed(50, 25, 26, 101); // 101 of 200: 50.5, 25.25 and 25.25, rounded as they add up
        market.clear(interval, p);
    }

    function _packed(uint256 a, uint256 b, uint256 c, uint256 d) private pure returns (uint256) {
        return a | b << 32 | c << 64 | d << 96;
    }

    /* which holds */

    function test_clear_equalWelfare_theLowestPricesInTheOrderOfNodes() public {
        Proposal memory p = _pair(1_000, CAP, 1_000, 5_000_000);
        _set(p, 1_000, 1_000, HIGH + 1, HIGH);
        market.clear(interval, p);
        _refusesWorse(p); // what stands already
        _set(p, 1_000, 1_000, HIGH + 1, HIGH + 1);
        _refusesWorse(p);
        _set(p, 1_000, 1_000, HIGH, HIGH + 1); // the first node decides
        vm.prank(stranger);
        market.clear(interval, p);
        _set(p, 1_000, 1_000, HIGH + 1, HIGH);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerMarket.PowerNotBetter.selector, interval, 5_000_000_000, 5_000_000_000)
        );
        market.clear(interval, p);
        _set(p, 1_000, 1_000, HIGH, HIGH);
        market.clear(interval, p);
        assertEq(market.pricesOf(interval)[0], p.prices[0]);
    }

    function test_clear_moreWelfare_whateverThePrices() public {
        Proposal memory p = _pair(1_000, CAP, 2_000, 5_000_000);
        _set(p, 1_000, 1_003, 5_000_000, 4_999_999); // 3 Wh that nobody uses: within rounding
        market.clear(interval, p);
        _set(p, 1_000, 1_000, 5_000_000, 5_000_001);
        market.clear(interval, p);
        assertEq(market.roundOf(interval).welfare, 5_000_000_000);
        _set(p, 1_000, 1_003, 5_000_000, 4_999_999);
        _refusesWorse(p);
        _set(p, 1_000, 1_000, 5_000_000, 5_000_000);
        market.clear(interval, p);
    }

    /// @dev Within one price unit on every Wh traded, 1,000 here, welfare counts as equal to the highest offered, not to the
    /// last taken.
    function test_clear_equalsDoNotLeadDownStepByStep() public {
        Proposal memory p = _pair(1_000, 400, 2_000, 200);
        _set(p, 1_000, 997, 200, 201);
        market.clear(interval, p);
        int256 highest = market.roundOf(interval).welfare;
        _set(p, 1_000, 1_001, 200, 200);
        market.clear(interval, p); // 800 less
        assertEq(market.roundOf(interval).welfare, highest);
        _set(p, 1_000, 1_003, 200, 199); // 1,200 less
        vm.expectRevert(
            abi.encodeWithSelector(IPowerMarket.PowerNotBetter.selector, interval, highest, highest - 1_200)
        );
        market.clear(interval, p);
        _set(p, 1_000, 1_002, 200, 199); // 1,000 less
        market.clear(interval, p);
    }

    /// @dev Within what counts as equal the prices decide, however little the gain.
    function test_clear_aLittleMoreWelfareIsNotBetter() public {
        Proposal memory p = _pair(1_000, 400, 2_000, 200);
        _set(p, 1_000, 1_001, 200, 200);
        market.clear(interval, p);
        _set(p, 1_000, 997, 200, 201); // 800 more
        _refusesWorse(p);
    }

    function test_clear_comparesAllNodes() public {
        for (uint24 i; i < 9; ++i) {
            _node(1, i);
        }
        _arc(7, 8, 1_000_000, 5_000, 0);
        _bid(8, 1_000, CAP);
        _offer(7, 1_000, 5_000_000);
        Proposal memory p;
        p.orders = new uint256[](2);
        p.orders[0] = _word(_own(sponsorId), 8, BID, 1_000, CAP);
        p.orders[1] = _word(_own(plantId), 7, OFFER, 1_000, 5_000_000);
        (, p.arcs) = grid.gridAt(uint256(interval) * 900);
        (p.accepted, p.flows, p.prices) = (_lanes(1_000, 1_000), _lanes(1_000), new uint256[](2));
        _toGate();
        (p.prices[0], p.prices[1]) = (HIGH << 224, HIGH + 1);
        market.clear(interval, p);
        (p.prices[0], p.prices[1]) = ((HIGH + 1) << 224, HIGH);
        _refusesWorse(p);
        (p.prices[0], p.prices[1]) = (HIGH << 224, HIGH);
        market.clear(interval, p);
        (uint32 price,) = market.priceOf(interval, 8);
        assertEq(price, HIGH);
        assertEq(market.pricesOf(interval)[1], HIGH);
    }

    /* prices */

    function test_priceOf_isTheBestSoFar_andThenFinal() public {
        Proposal memory p = _single();
        bytes memory none = abi.encodeWithSelector(IPowerMarket.PowerNoPrice.selector, interval, 0);
        vm.expectRevert(none);
        market.priceOf(interval, 0);
        _toGate();
        vm.expectRevert(none);
        market.priceOf(interval, 0);
        market.clear(interval, p);
        _assertPrice(interval, 90_000, interval);
        _toEnd();
        _assertPrice(interval, 90_000, interval);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNoPrice.selector, interval, 1));
        market.priceOf(interval, 1);
    }

    function test_priceOf_anIntervalThatLapsed_isTheLastOneBefore_atMostADayOld() public {
        Proposal memory p = _single();
        _toGate();
        market.clear(interval, p);
        uint32 source = interval;
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNoPrice.selector, source + 1, 0));
        market.priceOf(source + 1, 0);
        vm.warp(uint256(source + 97) * 900);
        _assertPrice(source + 1, 90_000, source);
        _assertPrice(source + 96, 90_000, source);
        bytes memory none = abi.encodeWithSelector(IPowerMarket.PowerNoPrice.selector, source + 97, 0);
        vm.expectRevert(none);
        market.priceOf(source + 97, 0);
        // One that can still be cleared has no price yet.
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNoPrice.selector, source + 98, 0));
        market.priceOf(source + 98, 0);
        // Before the first of all intervals there is none to look at.
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNoPrice.selector, 3, 0));
        market.priceOf(3, 0);
    }

    function test_priceOf_aNodeThatCameLater_hasNoPriceOfBefore() public {
        Proposal memory p = _single();
        vm.warp(uint256(interval + 2) * 900 - NOTICE);
        _node(1, 9);
        _toGate();
        market.clear(interval, p);
        vm.warp(uint256(interval + 3) * 900);
        _assertPrice(interval + 2, 90_000, interval);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNoPrice.selector, interval + 2, 1));
        market.priceOf(interval + 2, 1);
        assertEq(market.pricesOf(interval + 2).length, 1);
        assertEq(market.pricesOf(interval + 2)[0], 0);
    }

    function _assertPrice(uint32 of_, uint256 price, uint32 source) private view {
        (uint32 found, uint32 from) = market.priceOf(of_, 0);
        assertEq(found, price);
        assertEq(from, source);
    }

    /* flows */

    /// @dev A line of 95 % with a cost of 10: 1,000 Wh sent, 950 arrive; 1 % of the price is lost beside the cost.
    function test_scheduledOf_givesFlowLossAndRent() public {
        _node(1, 1);
        _node(1, 2);
        _arc(0, 1, 950_000, 1_000, 10);
        _bid(1, 2_000, 9_000);
        _offer(0, 2_000, 5_000);
        Proposal memory p;
        p.orders = new uint256[](2);
        p.orders[0] = _word(_own(sponsorId), 1, BID, 2_000, 9_000);
        p.orders[1] = _word(_own(plantId), 0, OFFER, 2_000, 5_000);
        (, p.arcs) = grid.gridAt(uint256(interval) * 900);
        (p.accepted, p.prices, p.flows) = (_lanes(950, 1_000), _lanes(5_000, 9_000), _lanes(1_000));
        _toGate();
        vm.prank(officer);
        grid.setArc(0, _arcTerms(900_000, 1_000, 0));
        market.clear(interval, p);
        vm.warp(uint256(interval) * 900 + 1 days);

        ScheduledFlow memory s = market.scheduledOf(interval, 0);
        assertEq(s.sentWh, 1_000);
        assertEq(s.arrivingWh, 950);
        assertEq(s.rent, 950 * 9_000 - 1_000 * 5_010);
        PowerRound memory round = market.roundOf(interval);
        assertEq(round.lossWh, 50);
        assertEq(round.rent, s.rent);
        assertEq(round.welfare, 950 * 9_000 - 1_000 * 5_010);
    }
}
