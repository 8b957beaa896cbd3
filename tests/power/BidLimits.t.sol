// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BidderTerms, CurveSize, IBidLimits, NodeRoot} from "../../interfaces/power/IBidLimits.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {NodeId} from "../../interfaces/types/MeterTypes.sol";
import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev What may be bid: shares of connections in what was metered, ratings, steps; who may be what at a node.
contract BidLimitsTest is PowerCase {
    NodeId private constant AREA = NodeId.wrap(5);

    ParticipantId private third;

    function setUp() public override {
        super.setUp();
        vm.warp(1_700_006_400); // at an hour and a day that are easy to reckon with
        third = _register(makeAddr("third"));
        vm.prank(officer);
        grid.addNode(NORTH, PLACE, 1, 1, NodeId.unwrap(AREA));
    }

    function _one(ParticipantId id, BidderTerms memory terms) private {
        _at(0, id, terms);
    }

    function _at(uint8 node, ParticipantId id, BidderTerms memory terms) private {
        (ParticipantId[] memory ids, BidderTerms[] memory list) = (new ParticipantId[](1), new BidderTerms[](1));
        (ids[0], list[0]) = (id, terms);
        limits.register(node, ids, list);
    }

    function _joined(uint32 connections) private pure returns (BidderTerms memory) {
        return BidderTerms(connections, 0, 0, 8);
    }

    function _sums(uint256 imported, uint256 exported) private pure returns (SumWord) {
        return SumWord.wrap(imported | exported << 48 | 1 << 96);
    }

    function _now() private view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function _most(ParticipantId id, uint8 side, uint256 time) private view returns (uint256) {
        return limits.mostOf(id, 0, side, time);
    }

    /* metered energy */

    function test_highest_isOfTheHour_inFourWeeks() public {
        uint40 start = uint40(_now());
        vm.expectEmit(address(limits));
        emit IBidLimits.MeteringCounted(0, start, 500, 40);
        limits.count(0, start, "root", _sums(500, 40));
        limits.count(0, start + 900, "root", _sums(700, 30));
        limits.count(0, start + 1_800, "root", _sums(600, 50));
        limits.count(0, start + 3_600, "root", _sums(900, 90)); // the next hour
        _assertHighest(start, 700, 50);
        _assertHighest(start + 3_600, 900, 90);
        _assertHighest(start + 1 days, 700, 50);
        _assertHighest(start + 3 weeks, 700, 50);
        _assertHighest(start + 4 weeks, 0, 0);
        limits.count(0, start + 2 weeks, "root", _sums(650, 60));
        _assertHighest(start + 3 weeks, 700, 60);
        _assertHighest(start + 4 weeks, 650, 60);
        limits.count(0, start + 1 weeks, "root", _sums(800, 10)); // later, of a week before
        _assertHighest(start + 4 weeks, 800, 60);
        _assertHighest(start + 5 weeks, 650, 60);
        limits.count(0, start + 9 weeks, "root", _sums(1, 1));
        _assertHighest(start + 9 weeks, 1, 1);
        limits.count(0, start, "root", _sums(9_999, 9_999)); // too old to count
        _assertHighest(start + 9 weeks, 1, 1);
    }

    /// @dev What is counted later and is less lowers neither side.
    function test_highest_isTheHighestOfEachSide() public {
        uint40 start = uint40(_now());
        limits.count(0, start, "root", _sums(500, 40));
        limits.count(0, start + 900, "root", _sums(600, 30));
        _assertHighest(start, 600, 40);
        limits.count(0, start + 1_800, "root", _sums(400, 50));
        _assertHighest(start, 600, 50);
    }

    function _assertHighest(uint256 time, uint256 imported, uint256 exported) private view {
        (uint256 a, uint256 b) = limits.highestOf(0, time);
        assertEq(a, imported);
        assertEq(b, exported);
    }

    function test_highest_isNoMoreThanALaneHolds() public {
        limits.count(0, uint40(_now()), "root", _sums(1 << 31, 1 << 30));
        _assertHighest(_now(), (1 << 30) - 1, (1 << 30) - 1);
    }

    function test_countMany_countsEach() public {
        vm.prank(officer);
        grid.addNode(NORTH, PLACE, 1, 2, 6);
        NodeRoot[] memory nodes = new NodeRoot[](2);
        (nodes[0], nodes[1]) = (NodeRoot(0, "root", _sums(500, 40)), NodeRoot(1, "root", _sums(70, 80)));
        limits.countMany(uint40(_now()), nodes);
        _assertHighest(_now(), 500, 40);
        (uint256 imported, uint256 exported) = limits.highestOf(1, _now());
        assertEq(imported, 70);
        assertEq(exported, 80);
    }

    function test_count_onlyWhatIsFinal() public {
        sums.setFinal(false);
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsNotFinal.selector, 0, 900));
        limits.count(0, 900, "root", _sums(1, 1));
    }

    function test_expected_whileNothingIsCounted() public {
        vm.prank(stranger);
        vm.expectRevert();
        limits.setExpected(0, 400, 20);
        vm.prank(officer);
        limits.setExpected(0, 400, 20);
        _assertHighest(_now(), 400, 20);
        limits.count(0, uint40(_now()), "root", _sums(300, 10));
        _assertHighest(_now(), 300, 10);
        _assertHighest(_now() + 1 hours, 400, 20);
    }

    /* what may be bid */

    /// @dev 30 of 39 connections, of 1.5 × 800 Wh and of 1.5 × 100 Wh; the other part is bound to ten.
    function test_most_isTheShareOfWhatIsMetered_andTheRating() public {
        limits.count(0, uint40(_now()), "root", _sums(800, 100));
        vm.startPrank(officer);
        (ParticipantId[] memory ids, BidderTerms[] memory list) = (new ParticipantId[](3), new BidderTerms[](3));
        (ids[0], ids[1], ids[2]) = (sponsorId, plantId, third);
        (list[0], list[1], list[2]) = (_joined(30), BidderTerms(0, 70, 90, 8), BidderTerms(9, 0, 0, 8));
        limits.register(0, ids, list);
        vm.stopPrank();
        uint256 since = _now() + NOTICE;
        assertEq(_most(sponsorId, 0, since - 1), 0); // from the notice on
        vm.warp(_now() + 1 days);
        since = _now();
        assertEq(_most(sponsorId, 0, since), 923);
        assertEq(_most(sponsorId, 1, since), 115);
        assertEq(_most(plantId, 0, since), 70);
        assertEq(_most(plantId, 1, since), 90);
        assertEq(_most(third, 0, since), 0); // nine customers: a curve would show them
        assertEq(_most(third, 1, since), 0);
    }

    function test_terms_countFromTheNoticeOn_forAllOfTheNode() public {
        vm.prank(officer);
        limits.setExpected(0, 1_000, 1_000);
        vm.prank(officer);
        _one(sponsorId, _joined(20));
        uint256 since = _now() + NOTICE;
        assertEq(_most(sponsorId, 0, since), 1_500);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsPending.selector, 0, since));
        _one(plantId, _joined(20));
        vm.warp(since);
        vm.prank(officer);
        _one(plantId, _joined(20));
        assertEq(_most(sponsorId, 0, since), 1_500); // until the other's count
        assertEq(_most(sponsorId, 0, since + NOTICE), 750);
        assertEq(limits.termsOf(0, plantId, since).connections, 0);
        assertEq(limits.termsOf(0, plantId, since + NOTICE).connections, 20);
    }

    /// @dev Terms take the place of those before: a bidder's connections are not counted once more.
    function test_terms_takeThePlaceOfTheOnesBefore() public {
        vm.prank(officer);
        limits.setExpected(0, 1_000, 1_000);
        for (uint32 i; i < 2; ++i) {
            vm.prank(officer);
            _one(sponsorId, _joined(20 - 10 * i));
            vm.warp(_now() + NOTICE);
        }
        assertEq(_most(sponsorId, 0, _now()), 1_500);
    }

    function test_check_whatEachCurveAsksFor() public {
        vm.prank(officer);
        _one(plantId, BidderTerms(0, 70, 90, 8));
        uint256 time = _now() + NOTICE;
        CurveSize[] memory curves = new CurveSize[](2);
        (curves[0], curves[1]) = (CurveSize(0, 0, 4, 70), CurveSize(0, 1, 4, 90));
        limits.check(plantId, time, curves);
        curves[1].wh = 91;
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsExceeded.selector, plantId, 0, 1, 91, 90));
        limits.check(plantId, time, curves);
        (curves[1].wh, curves[1].steps) = (90, 5);
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsTooManySteps.selector, plantId, 0, 9, 8));
        limits.check(plantId, time, curves);
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsTooManySteps.selector, plantId, 0, 4, 0));
        limits.check(plantId, time - 1, curves);
    }

    /* places */

    function test_register_byTheOffice_inListsOfOneLength() public {
        vm.prank(stranger);
        vm.expectRevert();
        _one(plantId, _joined(20));
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsBadLists.selector, 0, 0, 50));
        limits.register(0, new ParticipantId[](0), new BidderTerms[](0));
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsBadLists.selector, 1, 2, 50));
        limits.register(0, new ParticipantId[](1), new BidderTerms[](2));
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsBadLists.selector, 51, 51, 50));
        limits.register(0, new ParticipantId[](51), new BidderTerms[](51));
        vm.expectPartialRevert(IBidLimits.LimitsPending.selector);
        limits.register(0, new ParticipantId[](2), new BidderTerms[](2)); // one twice
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsBadSteps.selector, plantId, 65, 64));
        _one(plantId, BidderTerms(0, 1, 1, 65));
        vm.stopPrank();
    }

    function test_register_nobodyTakesTheStepsOfOthers() public {
        vm.startPrank(officer);
        for (uint24 i; i < 3; ++i) {
            uint8 node = grid.addNode(NORTH, PLACE, 2, i, 0);
            (ParticipantId[] memory ids, BidderTerms[] memory list) = (new ParticipantId[](50), new BidderTerms[](50));
            for (uint24 j; j < 50; ++j) {
                (ids[j], list[j]) = (ParticipantId.wrap(1_000 + j), BidderTerms(0, 1, 1, 64));
            }
            if (i == 2) vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsStepsUsed.selector, 9_600, 8_000));
            limits.register(node, ids, list);
        }
        _one(plantId, BidderTerms(0, 1, 1, 64)); // there is room for others
    }

    /// @dev One step a curve: a head and a word for each, and a list for each bidder, so that words run out before steps do.
    function test_register_curvesFitOneClearing() public {
        vm.startPrank(officer);
        (ParticipantId[] memory ids, BidderTerms[] memory list) = (new ParticipantId[](50), new BidderTerms[](50));
        uint256 words;
        for (uint24 i; words + 200 <= limits.MOST_WORDS(); ++i) {
            uint8 node = grid.addNode(NORTH, PLACE, 2, i, 0);
            for (uint24 j; j < 50; ++j) {
                (ids[j], list[j]) = (ParticipantId.wrap(1_000 + j), BidderTerms(0, 1, 1, 2));
            }
            words += i == 0 ? 300 : 200;
            limits.register(node, ids, list);
        }
        assertEq(words, 2_700);
        uint8 last = grid.addNode(NORTH, PLACE, 3, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsStepsUsed.selector, 2_900, 2_800));
        limits.register(last, ids, list);
        _one(plantId, BidderTerms(0, 1, 1, 64)); // there is room for others
        vm.warp(_now() + NOTICE);
        _one(plantId, BidderTerms(0, 1, 1, 0));
        vm.warp(_now() + NOTICE);
        // Head, word and list of one step are four, of 64 they are 21: what went came back.
        (ids, list) = (new ParticipantId[](25), new BidderTerms[](25));
        for (uint24 j; j < 25; ++j) {
            (ids[j], list[j]) = (ParticipantId.wrap(2_000 + j), BidderTerms(0, 1, 1, 1));
        }
        limits.register(last, ids, list);
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsStepsUsed.selector, 2_804, 2_800));
        _one(plantId, BidderTerms(0, 1, 1, 1));
        vm.stopPrank();
    }

    /* roles */

    function test_operatorAggregatorAndOracleAreThree() public {
        sums.setOracle(AREA, third);
        vm.startPrank(officer);
        bytes4 taken = IBidLimits.LimitsRoleTaken.selector;
        vm.expectRevert(abi.encodeWithSelector(taken, 0, third));
        _one(third, _joined(20));
        vm.expectRevert(abi.encodeWithSelector(taken, 0, third));
        limits.nameOperator(0, third);
        limits.nameOperator(0, plantId);
        assertEq(ParticipantId.unwrap(limits.operatorOf(0)), _own(plantId));
        vm.expectRevert(abi.encodeWithSelector(taken, 0, plantId));
        _one(plantId, _joined(20));
        _one(sponsorId, _joined(20));
        vm.expectRevert(abi.encodeWithSelector(taken, 0, sponsorId)); // before its notice is over, too
        limits.nameOperator(0, sponsorId);
        vm.stopPrank();
        vm.prank(stranger);
        vm.expectRevert();
        limits.nameOperator(0, plantId);
    }

    function test_setCustomers_byTheOffice() public {
        vm.prank(stranger);
        vm.expectRevert();
        limits.setCustomers(0, sponsorId, "root", 20);
        vm.prank(officer);
        vm.expectEmit(address(limits));
        emit IBidLimits.CustomersSet(sponsorId, "root", 20, officer);
        limits.setCustomers(0, sponsorId, "root", 20);
        _assertCustomers("root", 20);
    }

    function _assertCustomers(bytes32 root, uint32 connections) private view {
        (bytes32 found, uint32 count) = limits.customersOf(sponsorId);
        assertEq(found, root);
        assertEq(count, connections);
    }

    /// @dev There is one list for all that a bidder forfeits: an officer of one of its nodes could write it for the others.
    function test_setCustomers_takesThePowerAtEveryNodeOfTheBidder() public {
        vm.startPrank(officer);
        grid.addNode(SOUTH, PLACE, 1, 2, 6);
        _at(1, sponsorId, _joined(20));
        limits.setCustomers(1, sponsorId, "root", 20);
        vm.stopPrank();
        bytes memory foreign =
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, SOUTH, PLACE, Powers.MARKET);
        vm.startPrank(bureau);
        vm.expectRevert(foreign);
        limits.setCustomers(0, sponsorId, "bureau's own", 1);
        _assertCustomers("root", 20);
        _one(sponsorId, _joined(20));
        vm.expectRevert(foreign);
        limits.setCustomers(0, sponsorId, "bureau's own", 1);
        vm.stopPrank();
    }

    /// @dev Whether the other node comes before or after.
    function test_setCustomers_takesThePowerAtNodesBeforeToo() public {
        vm.startPrank(officer);
        grid.addNode(SOUTH, PLACE, 1, 2, 6);
        grid.addNode(NORTH, PLACE, 1, 3, 7);
        _at(1, sponsorId, _joined(20));
        _at(2, sponsorId, _joined(20));
        vm.stopPrank();
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, SOUTH, PLACE, Powers.MARKET));
        limits.setCustomers(2, sponsorId, "bureau's own", 1);
    }

    /// @dev First named where nobody else has a say, a list would count for what is registered later.
    function test_customers_areOfTheNodesTheyWereNamedFor() public {
        vm.startPrank(officer);
        limits.setCustomers(0, sponsorId, "before any node", 1);
        _assertCustomers("before any node", 1);
        _one(sponsorId, _joined(20));
        _assertCustomers(0, 0);
        limits.setCustomers(0, sponsorId, "of one", 20);
        grid.addNode(SOUTH, PLACE, 1, 2, 6);
        _at(1, sponsorId, BidderTerms(20, 0, 0, 0)); // bids nothing there
        _assertCustomers("of one", 20);
        vm.warp(_now() + NOTICE);
        _at(1, sponsorId, _joined(20));
        _assertCustomers(0, 0);
        limits.setCustomers(0, sponsorId, "of both", 40);
        _assertCustomers("of both", 40);
        vm.warp(_now() + NOTICE);
        _one(sponsorId, BidderTerms(0, 0, 0, 0)); // a node less
        _assertCustomers("of both", 40);
        vm.stopPrank();
    }
}
