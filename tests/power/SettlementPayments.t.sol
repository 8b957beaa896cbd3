// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {DayState, ISettlementRecords, RunTotals, ShownLine} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev A day's list is posted in full, waited for and paid; what an operator could do with it is refused or disputed.
contract SettlementPaymentsTest is SettlementCase {
    function _refused(uint256[] memory words, bytes4 why) private {
        vm.prank(operator);
        vm.expectPartialRevert(why);
        settlement.postPayments(node, day, 0, words, true);
    }

    function test_pay_oneNetAmountForEachAccountAndDay() public {
        _setTerms(10_000, 0, 0);
        _wholeDay();
        uint256[] memory words = _wordsDue();
        _list(words);
        _toPayment();
        uint256 before = _free(_own(operatorId));
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.ChunkPaid(node, day, 0);
        settlement.pay(node, day, 0, words);

        for (uint32 i; i < 3; ++i) {
            assertEq(int256(_free(FIRST_PSEUDONYM + i)), int256(uint256(PURSE)) + lines[i].day.net);
        }
        assertEq(_free(_own(operatorId)) - before, 10_390); // 1,039 Wh imported
        (uint96 bond, uint96 debits,) = settlement.bondOf(operatorId);
        assertEq(debits, 0);
        DayState memory d = _dayState();
        assertEq(int256(_kept() - bond), -int256(d.net) - d.due); // surplus and rounding
    }

    function test_pay_onceAndNotBeforeTheWindowEnds() public {
        _wholeDay();
        uint256[] memory words = _wordsDue();
        vm.expectPartialRevert(ISettlementRecords.SettlementWindow.selector);
        settlement.pay(node, day, 0, words);
        _list(words);
        uint256 until = vm.getBlockTimestamp() + WINDOW;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.pay(node, day, 0, words);
        vm.warp(until + 1);
        settlement.pay(node, day, 0, words);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInList.selector, node, day, 0));
        settlement.pay(node, day, 0, words);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementStands.selector, node, day));
        settlement.postPayments(node, day, 0, words, true);
    }

    function test_pay_refusesOtherWords() public {
        _wholeDay();
        uint256[] memory words = _wordsDue();
        _list(words);
        _toPayment();
        words[0] += 1 << 32;
        words[1] -= 1 << 32;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInList.selector, node, day, 0));
        settlement.pay(node, day, 0, words);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInList.selector, node, day, 1));
        settlement.pay(node, day, 1, words);
    }

    function test_postPayments_needsAllIntervalsOfTheDay() public {
        _street(700, 1_000);
        _settle();
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementDayOpen.selector, node, day, 1, 4));
        settlement.postPayments(node, day, 0, new uint256[](1), true);
    }

    // ------------------------------------------------------------------ attacks of an operator

    /// @dev "Victim -X, operator +X": accounts that do not belong to the node, its own among them, are not in a list.
    function test_postPayments_refusesAccountsOfOtherNodes() public {
        _wholeDay();
        uint256[] memory due = _wordsDue();
        uint256[] memory words = new uint256[](4);
        words[0] = uint256(_own(operatorId)) | uint256(uint96(int96(1e15))) << 32;
        for (uint256 i; i < 3; ++i) {
            words[i + 1] = due[i];
        }
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementNotMember.selector, node, day, _own(operatorId))
        );
        settlement.postPayments(node, day, 0, words, true);
        for (uint256 i; i < 3; ++i) {
            words[i] = due[i];
        }
        words[3] = _payWord(13, -1e15); // a customer of another node
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementNotMember.selector, node, day, FIRST_PSEUDONYM + 13)
        );
        settlement.postPayments(node, day, 0, words, true);
    }

    /// @dev From one customer to another: the poster's bond covers all debits, and the last line shows it.
    function test_postPayments_robsNoMember() public {
        RunTotals memory t = _wholeDay();
        uint256[] memory words = _wordsDue();
        words[1] -= uint256(DEBITS + BOND) << 32;
        words[2] += uint256(DEBITS + BOND) << 32;
        _refused(words, ISettlementRecords.SettlementBondTooSmall.selector);
        words = _wordsDue();
        words[1] -= 1_000 << 32;
        words[2] += 1_000 << 32;
        _list(words);
        _assertFails(words, 1, t);
    }

    /// @dev An account is left out and another gets what it earned.
    function test_postPayments_leavesNoneOut() public {
        RunTotals memory t = _wholeDay();
        uint256[] memory due = _wordsDue();
        uint256[] memory words = new uint256[](3);
        (words[0], words[1]) = (due[1], due[2]);
        words[2] = _payWord(8, lines[0].day.net);
        _list(words);
        _assertFails(words, 0, t);
    }

    /// @dev What other contracts bound in an account is not a list's to free.
    function test_postPayments_freesNothing() public {
        _wholeDay();
        uint256[] memory words = _wordsDue();
        words[2] += 1 << 128;
        _refused(words, ISettlementRecords.SettlementUnsorted.selector);
    }

    /// @dev A member shows its last line; the list falls, half the penalty is its own whoever calls.
    function _assertFails(uint256[] memory words, uint32 index, RunTotals memory t) private {
        (uint96 bond,,) = settlement.bondOf(operatorId);
        uint256 before = _award(FIRST_PSEUDONYM + index);
        ShownLine memory shown = _show(t, index);
        vm.prank(stranger);
        settlement.disputePayment(node, day, 0, words, shown);
        assertEq(_award(FIRST_PSEUDONYM + index) - before, BOND / 2);
        (uint96 left, uint96 debits,) = settlement.bondOf(operatorId);
        assertEq(bond - left, BOND);
        assertEq(debits, 0);
        assertFalse(_listState().complete);
        _list(_wordsDue()); // the right one
        for (uint32 i; i < 3; ++i) {
            shown = _show(t, i);
            words = _wordsDue();
            vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
            settlement.disputePayment(node, day, 0, words, shown);
        }
        _toPayment();
        settlement.pay(node, day, 0, words);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotInList.selector);
        settlement.disputePayment(node, day, 0, words, shown);
    }

    function test_disputePayment_endsWithTheWindow() public {
        RunTotals memory t = _wholeDay();
        uint256[] memory words = _wordsDue();
        (words[1], words[2]) = (words[1] - (1 << 32), words[2] + (1 << 32));
        _list(words);
        ShownLine memory shown = _show(t, 1);
        uint256 until = _listState().postedAt + WINDOW;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.disputePayment(node, day, 0, words, shown);
        vm.warp(until);
        settlement.disputePayment(node, day, 0, words, shown);
    }

    /// @dev Sums are reckoned, not stated: no list stops its day by words that do not add up.
    function test_postPayments_refusesAnotherSum() public {
        _wholeDay();
        uint256[] memory words = _wordsDue();
        words[0] += 1 << 32;
        _refused(words, ISettlementRecords.SettlementOtherSum.selector);
        words[0] -= 2 << 32;
        _refused(words, ISettlementRecords.SettlementOtherSum.selector);
    }

    /// @dev Amounts that are more than a sum holds, of either sign.
    function test_postPayments_refusesASumBeyondItsWidth() public {
        _wholeDay();
        uint256[] memory words = _wordsDue();
        int256[2] memory amounts = [int256(type(int96).max), type(int96).min];
        for (uint256 i; i < 2; ++i) {
            words[0] = _payWord(0, amounts[i]);
            words[1] = _payWord(1, amounts[i]);
            int256 sum = 2 * amounts[i] + int96(uint96(words[2] >> 32));
            vm.prank(operator);
            vm.expectRevert(
                abi.encodeWithSelector(ISettlementRecords.SettlementOtherSum.selector, node, day, sum, type(int96).max)
            );
            settlement.postPayments(node, day, 0, words, true);
        }
    }

    function test_postPayments_refusesAccountsOutOfOrder() public {
        _wholeDay();
        uint256[] memory words = _wordsDue();
        (words[0], words[1]) = (words[1], words[0]);
        _refused(words, ISettlementRecords.SettlementUnsorted.selector);
        words[0] = words[1];
        _refused(words, ISettlementRecords.SettlementUnsorted.selector);
        words = _wordsDue();
        words[2] += 1 << 224;
        _refused(words, ISettlementRecords.SettlementUnsorted.selector);
        _refused(new uint256[](0), ISettlementRecords.SettlementTooMany.selector);
    }

    function test_postPayments_isThePosters() public {
        _wholeDay();
        uint256[] memory words = _wordsDue();
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.postPayments(node, day, 0, words, true);
        vm.prank(sponsor);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.postPayments(node, day, 0, words, true);
    }

    // ------------------------------------------------------------------ lists in parts

    function test_postPayments_inParts() public {
        RunTotals memory t = _crowd();
        uint256[] memory all = _wordsDue();
        uint256[][3] memory parts = [_slice(all, 0, 192), _slice(all, 192, 96), _slice(all, 288, 17)];
        vm.startPrank(operator);
        vm.expectPartialRevert(ISettlementRecords.SettlementOtherChunk.selector);
        settlement.postPayments(node, day, 0, parts[2], false); // not whole chunks
        settlement.postPayments(node, day, 0, parts[0], false);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementOtherChunk.selector, node, day, 3, 2));
        settlement.postPayments(node, day, 3, parts[1], false);
        settlement.postPayments(node, day, 0, parts[0], false); // anew
        settlement.postPayments(node, day, 2, parts[1], false);
        settlement.postPayments(node, day, 3, parts[2], true);
        vm.stopPrank();
        assertEq(_listState().chunks, 4);

        // An account's chunk is the one in whose range it is.
        uint256[] memory second = _slice(all, 96, 96);
        ShownLine memory shown = _show(t, 96);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotInList.selector);
        settlement.disputePayment(node, day, 0, _slice(all, 0, 96), shown);
        vm.expectRevert(ISettlementRecords.SettlementNothingFalse.selector);
        settlement.disputePayment(node, day, 1, second, shown);
        shown = _show(t, 95);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotInList.selector);
        settlement.disputePayment(node, day, 1, second, shown);
        _toPayment();
        for (uint16 i; i < 4; ++i) {
            settlement.pay(node, day, i, _slice(all, 96 * uint256(i), i == 3 ? 17 : 96));
        }
        assertEq(_listState().paid, 4);
    }

    /// @dev A list that was begun falls when another takes the day over.
    function test_takeOver_endsAListThatWasBegun() public {
        _crowd();
        uint256[] memory all = _wordsDue();
        vm.prank(operator);
        settlement.postPayments(node, day, 0, _slice(all, 0, 192), false);
        (, uint96 debits,) = settlement.bondOf(operatorId);
        assertGt(debits, 0);
        address other = makeAddr("substitute");
        _register(other);
        _deposit(other, 1_000_000);
        vm.prank(other);
        settlement.bond(2 * BOND);
        vm.warp((uint256(day) + 1) * 1 days + LATE + 1 days + 1);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.PaymentsDropped(node, day);
        vm.prank(other);
        settlement.takeOver(node, day);
        assertEq(_listState().postedAt, 0);
        (, debits,) = settlement.bondOf(operatorId);
        assertEq(debits, 0);
        uint256[] memory rest = _slice(all, 192, 96);
        vm.prank(operator);
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.postPayments(node, day, 2, rest, false);
    }

    function _slice(uint256[] memory all, uint256 from, uint256 count) private pure returns (uint256[] memory part) {
        part = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            part[i] = all[from + i];
        }
    }

    /// @dev 305 accounts, of which the first three have meters.
    function _crowd() private returns (RunTotals memory) {
        for (uint256 first; first < 300; first += 100) {
            uint256[] memory keys = new uint256[](100);
            for (uint256 i; i < 100; ++i) {
                keys[i] = 1e6 + first + i;
            }
            _pseudonymsOf(sponsor, keys, 0);
            _join(uint32(16 + first), 100);
        }
        for (uint32 i = 3; i < 305; ++i) {
            bystanders.push(PowerAccountId.wrap(FIRST_PSEUDONYM + (i < 12 ? i : i + 4))); // four belong to no node
        }
        return _wholeDay();
    }
}
