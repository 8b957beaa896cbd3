// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {
    CurvePart,
    IPowerMarket,
    PowerRound,
    PowerStage,
    Proposal,
    ScheduledFlow
} from "../../interfaces/power/IPowerMarket.sol";
import {IReferencePrices} from "../../interfaces/power/IReferencePrices.sol";
import {Clearing} from "../../contracts/power/lib/Clearing.sol";
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
        _step(sponsor, node, BID, limit, price);
    }

    function _offer(uint256 node, uint256 limit, uint256 price) private {
        _step(plant, node, OFFER, limit, price);
    }

    /// @dev One node, a bid and an offer: 800 of 1,000 Wh are traded at the bid's price.
    function _single() private returns (Proposal memory p) {
        _node(1, 1);
        _bid(0, 1_000, 90_000);
        _offer(0, 800, 60_000);
        p = _proposal();
        p.margins = _margins(800, 1_000, 0, 0);
        p.prices = _lanes(90_000);
    }

    function _proposal() private view returns (Proposal memory p) {
        p.curves = _curves();
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
        p = _proposal();
        _openAll();
    }

    /// @dev What of the bid and of the offer is accepted, where the price is their own.
    function _set(Proposal memory p, uint256 bid, uint256 offer, uint256 price0, uint256 price1) private view {
        Step memory b = steps[sponsor][0];
        Step memory o = steps[plant][0];
        p.margins = new uint256[](1);
        if (o.price == price0) p.margins[0] = offer << 64 | o.limit << 96;
        if (b.price == price1) p.margins[0] |= bid << 128 | b.limit << 160;
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
        _openAll();
        bytes32 curves = market.roundOf(interval).curvesHash;
        bytes32 result = keccak256(abi.encode(curves, p.margins));
        int256 welfare = 800 * 30_000;
        vm.expectEmit(address(market));
        emit IPowerMarket.IntervalCleared(interval, stranger, result, welfare, 800, 0, 0, p.prices, p.flows, p.margins);
        vm.prank(stranger);
        market.clear(interval, p);

        PowerRound memory round = market.roundOf(interval);
        assertEq(uint8(round.stage), uint8(PowerStage.Clearing));
        assertEq(round.commits, 2);
        assertEq(round.opened, 2);
        assertEq(round.proposer, stranger);
        assertEq(round.clearedAt, vm.getBlockTimestamp());
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
        _refuses(p, abi.encodeWithSelector(wrong, interval, PowerStage.Open));
        _commitAll();
        market.open(interval, sponsorId, _opening(sponsor));
        _refuses(p, abi.encodeWithSelector(wrong, interval, PowerStage.Opening));
        market.open(interval, plantId, _opening(plant));
        _toEnd();
        _refuses(p, abi.encodeWithSelector(wrong, interval, PowerStage.Lapsed));
        vm.warp(uint256(interval) * 900 - 301);
        market.clear(interval, p);
        _toEnd();
        _refuses(p, abi.encodeWithSelector(wrong, interval, PowerStage.Cleared));
    }

    function test_clear_somethingThatWasOpened() public {
        _node(1, 1);
        _toGate();
        Proposal memory p;
        (p.margins, p.prices) = (_lanes(0), _lanes(0));
        _refuses(p, abi.encodeWithSelector(IPowerMarket.PowerNoCurves.selector, interval));
    }

    /// @dev Where nobody offers nothing is traded, and the interval has a price all the same.
    function test_clear_whereNothingIsTraded() public {
        _node(1, 1);
        _bid(0, 1_000, 90_000);
        Proposal memory p = _proposal();
        (p.margins, p.prices) = (_margins(0, 1_000, 0, 0), _lanes(90_000));
        _openAll();
        market.clear(interval, p);
        assertEq(market.roundOf(interval).welfare, 0);
        _toEnd();
        assertEq(uint8(market.stageOf(interval)), uint8(PowerStage.Cleared));
        (uint32 price,) = market.priceOf(interval, 0);
        assertEq(price, 90_000);
    }

    /// @dev A step of nothing's worth, which no other condition misses, cannot be left out, doubled or changed.
    function test_clear_exactlyTheCurves_inTheOrderOfOpening() public {
        Proposal memory p = _single();
        _bid(0, 500, 20);
        _bid(0, 400, 10);
        p.curves = _curves();
        _openAll();
        bytes32 expected = market.roundOf(interval).curvesHash;
        uint256 kept = p.curves[0][1];
        p.curves[0][1] = kept + (1 << 160); // a Wh more
        _refusesCurves(p, expected);
        p.curves[0][1] = kept;
        p.curves[0][0] += 1; // another account's
        _refusesCurves(p, expected);
        p.curves[0][0] -= 1;
        (p.curves[0], p.curves[1]) = (p.curves[1], p.curves[0]);
        _refusesCurves(p, expected);
        (p.curves[0], p.curves[1]) = (p.curves[1], p.curves[0]);
        p.curves[0][0] += 8 << 48; // steps beyond the words
        _refuses(p, abi.encodeWithSelector(Clearing.ClearingBadCurve.selector, 0));
        p.curves[0][0] -= 8 << 48;
        market.clear(interval, p);
    }

    function _refusesCurves(Proposal memory p, bytes32 expected) private {
        bytes32 found = market.seedOf(interval);
        for (uint256 i; i < p.curves.length; ++i) {
            found = keccak256(abi.encode(found, keccak256(abi.encodePacked(p.curves[i]))));
        }
        _refuses(p, abi.encodeWithSelector(IPowerMarket.PowerOtherCurves.selector, interval, expected, found));
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
            uint256[] memory list = i == 0 ? p.margins : i == 1 ? p.prices : p.flows;
            uint256 lanes = i == 0 ? 8 : i == 1 ? 2 : 1;
            if (i != 0) {
                list[0] += 1 << (32 * lanes);
                _refuses(p, abi.encodeWithSelector(Clearing.ClearingBadLanes.selector, 1, lanes));
                list[0] -= 1 << (32 * lanes);
            }
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
        if (which == 0) p.margins = list;
        else if (which == 1) p.prices = list;
        else p.flows = list;
    }

    /* ties */

    function test_clear_whereSeveralPricesFit_itIsTheMiddle() public {
        _node(1, 1);
        _bid(0, 1_000, 90_001);
        _offer(0, 1_000, 60_000);
        Proposal memory p = _proposal();
        p.margins = _lanes(0);
        _openAll();
        for (uint256 price = 74_999; price < 75_003; ++price) {
            p.prices = _lanes(price);
            if (price == 75_000) continue;
            _refuses(p, abi.encodeWithSelector(Clearing.ClearingNotTheMiddle.selector, 0, price, 75_000));
        }
        p.prices = _lanes(75_000);
        market.clear(interval, p);
    }

    /// @dev 101 Wh for bids of 100 and 100 Wh at the price: 50 and 51, as they add up; of a customer's part likewise.
    function test_clear_atThePrice_sharesInProportion() public {
        _node(1, 1);
        _bid(0, 100, 9);
        _step(plant, 0, BID, 100, 9);
        _offer(0, 101, 3);
        Proposal memory p = _proposal();
        p.prices = _lanes(9);
        _openAll();
        p.margins = _margins(101, 199, 0, 0);
        _refuses(p, abi.encodeWithSelector(Clearing.ClearingOtherLimits.selector, 0, 0, 199, 200));
        p.margins = _margins(201, 200, 0, 0);
        _refuses(p, abi.encodeWithSelector(Clearing.ClearingOverLimit.selector, 0, 0, 201, 200));
        p.margins = _margins(98, 200, 0, 0);
        _refuses(p, abi.encodeWithSelector(Clearing.ClearingUnbalanced.selector, 0, 3, 2));
        p.margins = _margins(101, 200, 0, 0);
        market.clear(interval, p);
        assertEq(market.acceptedOf(interval, CurvePart(0, 0, 9, 100, 0), p.margins), 50);
        assertEq(market.acceptedOf(interval, CurvePart(0, 0, 9, 100, 100), p.margins), 51);
        assertEq(market.acceptedOf(interval, CurvePart(0, 0, 9, 50, 0), p.margins), 25);
        assertEq(market.acceptedOf(interval, CurvePart(0, 0, 9, 50, 50), p.margins), 25);
        assertEq(market.acceptedOf(interval, CurvePart(0, 0, 10, 70, 0), p.margins), 70);
        assertEq(market.acceptedOf(interval, CurvePart(0, 0, 8, 70, 0), p.margins), 0);
        assertEq(market.acceptedOf(interval, CurvePart(0, 1, 8, 70, 0), p.margins), 70);
        assertEq(market.acceptedOf(interval, CurvePart(0, 1, 10, 70, 0), p.margins), 0);
        p.margins[0] += 1;
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerOtherMargins.selector, interval));
        market.acceptedOf(interval, CurvePart(0, 0, 9, 100, 0), p.margins);
        assertEq(market.acceptedOf(interval + 1, CurvePart(0, 0, 9, 100, 0), p.margins), 0);
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
        Proposal memory p = _proposal();
        (p.margins, p.flows, p.prices) = (new uint256[](5), _lanes(1_000), new uint256[](2));
        _openAll();
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
        _openAll();
        vm.expectRevert(none);
        market.priceOf(interval, 0);
        market.clear(interval, p);
        _assertPrice(90_000);
        _toEnd();
        _assertPrice(90_000);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNoPrice.selector, interval, 1));
        market.priceOf(interval, 1);
    }

    /// @dev Never that of an interval before; without a reference there is none.
    function test_priceOf_anIntervalThatLapsed_isTheReference() public {
        Proposal memory p = _single();
        _openAll();
        market.clear(interval, p);
        vm.warp(uint256(interval + 1) * 900);
        vm.expectRevert(
            abi.encodeWithSelector(IReferencePrices.ReferenceNone.selector, 0, uint256(interval + 1) * 900 / 1 days)
        );
        market.priceOf(interval + 1, 0);
        vm.prank(officer);
        references.start(0, 123_456);
        (uint32 price, bool isCleared) = market.priceOf(interval + 1, 0);
        assertEq(price, 123_456);
        assertFalse(isCleared);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNoPrice.selector, interval + 2, 0)); // can be cleared
        market.priceOf(interval + 2, 0);
    }

    function _assertPrice(uint256 price) private view {
        (uint32 found, bool isCleared) = market.priceOf(interval, 0);
        assertEq(found, price);
        assertTrue(isCleared);
    }

    /* flows */

    /// @dev A line of 95 % with a cost of 10: 1,000 Wh sent, 950 arrive; 1 % of the price is lost beside the cost.
    function test_scheduledOf_givesFlowLossAndRent() public {
        _node(1, 1);
        _node(1, 2);
        _arc(0, 1, 950_000, 1_000, 10);
        _bid(1, 2_000, 9_000);
        _offer(0, 2_000, 5_000);
        Proposal memory p = _proposal();
        (p.margins, p.prices, p.flows) = (_lanes(0), _lanes(5_000, 9_000), _lanes(1_000));
        p.margins[0] = 1_000 << 64 | 2_000 << 96 | 950 << 128 | 2_000 << 160;
        _openAll();
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
