// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SharedSecret} from "../../contracts/lib/SharedSecret.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {ISettlementRecords, LineAnswer, RunTotals} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev An account asks for its line; the answer is for its eyes alone; silence and garbage cost the operator the run.
contract SettlementAsksTest is SettlementCase {
    PowerAccountId private constant BUYER = PowerAccountId.wrap(FIRST_PSEUDONYM + 1);

    uint256 private constant OTHER = 77;

    RunTotals private totals;

    function setUp() public override {
        super.setUp();
        totals = _wholeDay();
        _list(_wordsDue());
    }

    function _ask() private {
        (uint256 x, uint256 y) = _point(SECRET);
        vm.prank(vm.addr(_keyOf(BUYER)));
        settlement.ask(node, interval, BUYER, bytes32(x), bytes32(y));
    }

    function _answer(LineAnswer memory a) private {
        vm.prank(operator);
        settlement.answer(node, interval, BUYER, true, vm.addr(SECRET), a);
    }

    function test_bothSidesDeriveOneKey() public {
        (uint256 x, uint256 y) = _point(SECRET);
        (uint256 ex, uint256 ey) = _point(EPHEMERAL);
        address one = SharedSecret.addressOf(bytes32(x), y % 2 == 1, EPHEMERAL);
        assertEq(one, SharedSecret.addressOf(bytes32(ex), ey % 2 == 1, SECRET));
        assertEq(
            one, vm.addr(mulmod(SECRET, EPHEMERAL, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141))
        );
        assertEq(SharedSecret.addressOf(SECRET), vm.addr(SECRET));
    }

    function test_ask_isAnswered() public {
        _ask();
        LineAnswer memory a = _answerOf(totals, 1);
        _answer(a);
        // What is right is not garbage, and the asker alone can say so.
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeAnswer(node, interval, BUYER, true, totals, a, SECRET);
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherKey.selector);
        settlement.disputeAnswer(node, interval, BUYER, true, totals, a, SECRET + 1);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        settlement.disputeSilence(node, interval, BUYER, true, totals);
        vm.prank(operator);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        settlement.answer(node, interval, BUYER, true, vm.addr(SECRET), a);
    }

    /// @dev Words that are no line, a line of another account, a line that is cut off.
    function test_disputeAnswer_showsGarbage() public {
        for (uint256 i; i < 4; ++i) {
            uint256 snapshot = vm.snapshotState();
            _ask();
            LineAnswer memory a = i == 1 ? _answerOf(totals, 2) : _answerOf(totals, 1);
            if (i == 0) a.blocks[2] ^= bytes32(uint256(1));
            if (i == 2) a.blocks = new bytes32[](4);
            if (i == 3) a.x = bytes32(uint256(5)); // no point of the curve has this x
            _answer(a);
            uint256 had = market.awardOf(BUYER);
            vm.prank(stranger);
            settlement.disputeAnswer(node, interval, BUYER, true, totals, a, SECRET);
            assertEq(market.awardOf(BUYER) - had, BOND / 2);
            assertEq(_state().postedAt, 0);
            assertFalse(_listState().complete);
            vm.revertToState(snapshot);
        }
    }

    function test_disputeSilence_endsARunThatIsNotShown() public {
        uint256 had = market.awardOf(BUYER);
        _ask();
        uint256 deadline = vm.getBlockTimestamp() + WINDOW / 8;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, deadline));
        settlement.disputeSilence(node, interval, BUYER, true, totals);
        vm.warp(deadline + 1);
        LineAnswer memory a = _answerOf(totals, 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, deadline));
        _answer(a);
        vm.prank(stranger);
        settlement.disputeSilence(node, interval, BUYER, true, totals);
        assertEq(market.awardOf(BUYER), had + BOND / 2);
        assertEq(_state().postedAt, 0);
    }

    function test_ask_isOfMembersOwnersInTime() public {
        (uint256 x, uint256 y) = _point(SECRET);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.ask(node, interval, BUYER, bytes32(x), bytes32(y));
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotOwner.selector, plant, BUYER));
        settlement.ask(node, interval, BUYER, bytes32(x), bytes32(y));
        vm.startPrank(sponsor);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotMember.selector);
        settlement.ask(node, interval, PowerAccountId.wrap(FIRST_PSEUDONYM + 13), bytes32(x), bytes32(y));
        settlement.ask(node, interval, BUYER, bytes32(x), bytes32(y));
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector); // once a list
        settlement.ask(node, interval, BUYER, bytes32(x), bytes32(y));
        uint256 until = _listState().postedAt + WINDOW / 2;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.ask(node, interval - 1, BUYER, bytes32(x), bytes32(y));
        vm.warp(until);
        settlement.ask(node, interval - 1, BUYER, bytes32(x), bytes32(y));
        vm.stopPrank();
    }

    /// @dev Nor is a list of the same block, posted behind one that fell, kept from being asked about.
    function test_ask_ofAListOfTheSameBlock() public {
        _ask();
        LineAnswer memory a = _answerOf(totals, 2);
        _answer(a);
        settlement.disputeAnswer(node, interval, BUYER, true, totals, a, SECRET);
        _post(totals);
        _list(_wordsDue());
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        settlement.disputeSilence(node, interval, BUYER, true, totals);
        _ask();
        assertEq(settlement.askOf(node, interval, BUYER, true).deadline, vm.getBlockTimestamp() + WINDOW / 8);
    }

    /// @dev A supplier that asks first, and is answered, shuts its customer out of nothing; and the other way round.
    function test_ask_ofTheKeyStandsBesideItsSponsors() public {
        (uint256 x, uint256 y) = _point(OTHER);
        vm.expectEmit(address(settlement));
        uint40 deadline = uint40(vm.getBlockTimestamp() + WINDOW / 8);
        emit ISettlementRecords.LineAsked(node, interval, BUYER, false, bytes32(x), bytes32(y), deadline, sponsor);
        vm.prank(sponsor);
        settlement.ask(node, interval, BUYER, bytes32(x), bytes32(y));
        LineAnswer memory toSponsor = LineAnswer(bytes32(x), y % 2 == 1, new bytes32[](4));
        vm.prank(operator);
        settlement.answer(node, interval, BUYER, false, vm.addr(OTHER), toSponsor);
        _ask();
        assertEq(settlement.askOf(node, interval, BUYER, true).key, vm.addr(SECRET));
        assertEq(settlement.askOf(node, interval, BUYER, false).key, vm.addr(OTHER));
        assertEq(settlement.askOf(node, interval, BUYER, true).answer, 0);
        // Each is asked once, judged by its own key and answer.
        (x, y) = _point(SECRET);
        vm.prank(vm.addr(_keyOf(BUYER)));
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        settlement.ask(node, interval, BUYER, bytes32(x), bytes32(y));
        LineAnswer memory toKey = _answerOf(totals, 1);
        _answer(toKey);
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputeAnswer(node, interval, BUYER, true, totals, toKey, SECRET);
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherKey.selector);
        settlement.disputeAnswer(node, interval, BUYER, true, totals, toSponsor, OTHER);
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherKey.selector);
        settlement.disputeAnswer(node, interval, BUYER, false, totals, toKey, SECRET);
        settlement.disputeAnswer(node, interval, BUYER, false, totals, toSponsor, OTHER);
        assertEq(_state().postedAt, 0);
    }

    /// @dev An answer to the sponsor is none to the key.
    function test_disputeSilence_ofTheKeyThoughItsSponsorWasAnswered() public {
        (uint256 x, uint256 y) = _point(SECRET);
        vm.prank(sponsor);
        settlement.ask(node, interval, BUYER, bytes32(x), bytes32(y));
        _ask();
        LineAnswer memory a = _answerOf(totals, 1);
        vm.prank(operator);
        settlement.answer(node, interval, BUYER, false, vm.addr(SECRET), a);
        vm.warp(vm.getBlockTimestamp() + WINDOW / 8 + 1);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotAsked.selector);
        settlement.disputeSilence(node, interval, BUYER, false, totals);
        settlement.disputeSilence(node, interval, BUYER, true, totals);
        assertEq(_state().postedAt, 0);
    }

    /// @dev A request that a reorganisation put in the place of the one that was seen is not answered by what is on its way.
    function test_answer_isForTheKeyThatAsked() public {
        _ask();
        LineAnswer memory a = _answerOf(totals, 1);
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementOtherKey.selector, vm.addr(OTHER), vm.addr(SECRET))
        );
        settlement.answer(node, interval, BUYER, true, vm.addr(OTHER), a);
    }

    /// @dev No honest operator could encrypt to what is no point, and would lose its run by silence.
    function test_ask_withAPointOfTheCurve() public {
        (uint256 x, uint256 y) = _point(SECRET);
        bytes32[2][4] memory none = [
            [bytes32(uint256(5)), bytes32(uint256(1))],
            [bytes32(0), 0],
            [bytes32(x), bytes32(y + 1)],
            [bytes32(y), bytes32(x)]
        ];
        for (uint256 i; i < none.length; ++i) {
            vm.prank(vm.addr(_keyOf(BUYER)));
            vm.expectRevert(
                abi.encodeWithSelector(ISettlementRecords.SettlementNoPoint.selector, none[i][0], none[i][1])
            );
            settlement.ask(node, interval, BUYER, none[i][0], none[i][1]);
        }
        _ask();
    }

    function test_answer_isThePosters() public {
        _ask();
        LineAnswer memory a = _answerOf(totals, 1);
        vm.prank(sponsor);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.answer(node, interval, BUYER, true, vm.addr(SECRET), a);
        a.blocks = new bytes32[](52);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 52, 51));
        settlement.answer(node, interval, BUYER, true, vm.addr(SECRET), a);
    }
}
