// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {DayState, ISettlementRecords, ShownChunk} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev What a day comes to is posted, waited for and paid.
contract SettlementPaymentsTest is SettlementCase {
    /// @dev A day of four intervals: the first one trades, in the others everybody uses and delivers a little.
    function _day() private returns (int256[3] memory sums) {
        uint32 first = interval;
        _street(700, 1_000);
        _settle(1);
        for (uint256 i; i < 4; ++i) {
            if (i != 0) {
                _next();
                _account(0, 10, 0, 0, 0);
                _account(1, 0, 13, 0, 0);
                _account(2, 3, 0, 0, 0);
                _read(1);
                _settle(1);
            }
            for (uint256 j; j < 3; ++j) {
                sums[j] += lines[j].net;
            }
        }
        assertEq(interval, first + 3);
    }

    function _words(int256[3] memory sums, uint256 unbound) private pure returns (uint256[] memory words) {
        words = new uint256[](3);
        for (uint256 i; i < 3; ++i) {
            words[i] = _payWord(i, sums[i], i == 1 ? unbound : 0);
        }
    }

    function test_pay_oneNetAmountForEachAccountAndDay() public {
        _setTerms(10_000, 0, 0);
        int256[3] memory sums = _day();
        ShownChunk memory c = _chunk(_words(sums, 80_000));
        _postPayments(c, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        uint256 before = _free(_own(operatorId));
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.ChunkPaid(node, day, 1, 0);
        settlement.pay(node, day, c);

        // The seller's guarantee of 50,000 stays bound, the buyer's 80,000 paid for what it bought.
        assertEq(int256(_free(FIRST_PSEUDONYM)), int256(uint256(PURSE)) - 50_000 + sums[0]);
        assertEq(int256(_free(FIRST_PSEUDONYM + 1)), int256(uint256(PURSE)) + sums[1]);
        assertEq(int256(_free(FIRST_PSEUDONYM + 2)), int256(uint256(PURSE)) + sums[2]);
        assertEq(_free(_own(operatorId)) - before, 10_390); // 1,039 Wh imported
        DayState memory d = _dayState();
        uint32 own = PowerAccountId.unwrap(ledger.controllerOf(address(settlement)).account);
        assertEq(int256(_free(own)), int256(d.surplus) + d.rounding);
        assertEq(d.duePaid, d.due);
    }

    function test_pay_onceAndNotBeforeTheWindowEnds() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        _postPayments(c, 0);
        uint256 until = vm.getBlockTimestamp() + WINDOW;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.pay(node, day, c);
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementWindow.selector, until));
        settlement.pay(node, day, c);
        vm.warp(until + 1);
        settlement.pay(node, day, c);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementPaid.selector, node, day, 1, 0));
        settlement.pay(node, day, c);
    }

    function test_pay_refusesWhatIsNotUnderTheRoot() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        _postPayments(c, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        c.words[0] += 1 << 32;
        c.words[1] -= 1 << 32;
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNotInRoot.selector, node, day, 0));
        settlement.pay(node, day, c);
    }

    function test_pay_refusesAChunkWhoseAmountsAreNotItsSum() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        c.words[0] += 1 << 32; // the sum that is posted stays
        _postPayments(c, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementRecords.SettlementOtherSum.selector, node, day, int256(c.sum) + 1, int256(c.sum)
            )
        );
        settlement.pay(node, day, c);
    }

    function test_postPayments_needsAllIntervalsOfTheDay() public {
        _street(700, 1_000);
        _settle(1);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementDayOpen.selector, node, day, 1, 4));
        settlement.postPayments(node, day, new bytes32[](1), new int88[](1), 0);
    }

    function test_postPayments_refusesAnotherSum() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        bytes32[] memory hashes = new bytes32[](1);
        int88[] memory sums = new int88[](1);
        sums[0] = c.sum + 1;
        vm.startPrank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementRecords.SettlementOtherSum.selector, node, day, int256(c.sum) + 1, int256(c.sum)
            )
        );
        settlement.postPayments(node, day, hashes, sums, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 0, 256));
        settlement.postPayments(node, day, new bytes32[](0), new int88[](0), 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 257, 256));
        settlement.postPayments(node, day, new bytes32[](257), new int88[](257), 0);
        vm.stopPrank();
        vm.expectPartialRevert(ISettlementRecords.SettlementNotOperator.selector);
        settlement.postPayments(node, day, hashes, sums, 0);
    }

    function test_postPayments_refusesListsOfDifferentLengths() public {
        _day();
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementTooMany.selector, 1, 256));
        settlement.postPayments(node, day, new bytes32[](1), new int88[](2), 0);
    }

    /// @dev Two chunks, of which one is paid: what is posted stays until the other one is.
    function test_postPayments_waitsForThoseUnderWay() public {
        int256[3] memory sums = _day();
        ShownChunk[2] memory chunks = [_one(0, sums[0]), _one(1, sums[1] + sums[2])];
        bytes32[] memory hashes = new bytes32[](2);
        int88[] memory amounts = new int88[](2);
        for (uint256 i; i < 2; ++i) {
            (hashes[i], amounts[i]) = (keccak256(abi.encodePacked(chunks[i].words)), chunks[i].sum);
        }
        for (uint16 i; i < 2; ++i) {
            (chunks[i].index, chunks[i].proof) = (i, _way(_leavesOf(hashes, amounts), i));
        }
        vm.prank(operator);
        settlement.postPayments(node, day, hashes, amounts, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        settlement.pay(node, day, chunks[0]);
        assertEq(_dayState().duePaid, 0);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementPaying.selector, node, day, 1, 1));
        settlement.postPayments(node, day, hashes, amounts, 0);
        settlement.pay(node, day, chunks[1]);
        assertEq(_dayState().duePaid, _dayState().due);
    }

    function _one(uint256 number, int256 amount) private pure returns (ShownChunk memory) {
        uint256[] memory words = new uint256[](1);
        words[0] = _payWord(number, amount, 0);
        return _chunk(words);
    }

    /// @dev The reading of the last interval's user was wrong: only what changes is paid.
    function test_correction_booksOnlyTheDifference() public {
        int256[3] memory sums = _day();
        ShownChunk memory c = _chunk(_words(sums, 0));
        _postPayments(c, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        settlement.pay(node, day, c);
        uint256[2] memory before = [_free(FIRST_PSEUDONYM + 1), _free(FIRST_PSEUDONYM + 2)];
        int256[2] memory nets = [int256(lines[1].net), lines[2].net];

        _clearAccounts();
        _account(0, 10, 0, 0, 0);
        _account(1, 0, 17, 0, 0);
        _account(2, 7, 0, 0, 0);
        _read(2);
        _settle(2);
        assertEq(_state().meterRun, 2);
        int256[3] memory changes = [int256(0), lines[1].net - nets[0], lines[2].net - nets[1]];
        assertEq(changes[1], -320); // four Wh more
        ShownChunk memory more = _chunk(_words(changes, 0));
        _postPayments(more, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        settlement.pay(node, day, more);
        assertEq(_free(FIRST_PSEUDONYM + 1), before[0] - 320);
        assertEq(_free(FIRST_PSEUDONYM + 2), before[1] + 320);
        assertEq(_dayState().run, 2);
        assertEq(_dayState().posted, _dayState().net);
    }

    function test_post_dropsPaymentsThatHaveNotBegun() public {
        ShownChunk memory c = _chunk(_words(_day(), 0));
        _postPayments(c, 0);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.PaymentsDropped(node, day, 1);
        _settle(2);
        assertEq(_dayState().run, 0);
        assertEq(_dayState().posted, 0);
        _postPayments(c, 0);
        assertEq(_dayState().run, 1);
    }

    function test_surplus_returnsWithTheLastPaymentsByVolume() public {
        _setTerms(0, 0, 250_000);
        uint32 first = interval;
        int256[3] memory sums = _day();
        uint256[3] memory volumes = [uint256(730), 1_039, 309];
        DayState memory d = _dayState();
        assertGt(d.surplus, 12_000);

        // Not before all is final, not less than all, not twice.
        int256 returned;
        for (uint256 i; i < 3; ++i) {
            int256 share = int256(uint256(int256(d.surplus)) * volumes[i] / 2_078);
            (sums[i], returned) = (sums[i] + share, returned + share);
        }
        _refuseReturn(sums, returned, d.surplus);
        _finish(first);
        sums[0] -= 200;
        _refuseReturn(sums, returned - 200, d.surplus);
        sums[0] += 200;
        // Nor more than there is.
        int256 beyond = d.surplus - returned + 1;
        sums[0] += beyond;
        _refuseReturn(sums, returned + beyond, d.surplus);
        sums[0] -= beyond;
        ShownChunk memory c = _chunk(_words(sums, 0));
        _postPayments(c, uint88(uint256(returned)));
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        settlement.pay(node, day, c);
        assertEq(int256(_free(FIRST_PSEUDONYM + 2)), int256(uint256(PURSE)) + sums[2]);
        _refuseReturn([int256(0), 0, 0], returned, d.surplus);
    }

    function _refuseReturn(int256[3] memory sums, int256 returned, int256 surplus) private {
        ShownChunk memory c = _chunk(_words(sums, 0));
        bytes32[] memory hashes = new bytes32[](1);
        int88[] memory one = new int88[](1);
        one[0] = c.sum;
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementRecords.SettlementOtherSurplus.selector, node, day, uint256(returned), surplus
            )
        );
        settlement.postPayments(node, day, hashes, one, uint88(uint256(returned)));
    }

    /// @dev Books losses, of which there are none, and posts the final runs.
    function _finish(uint32 first) private {
        _toFinal();
        for (uint32 i; i < 4; ++i) {
            interval = first + i;
            _clearAccounts();
            _account(0, i == 0 ? 700 : 10, 0, i == 0 ? 1_000 : 0, 0);
            _account(1, 0, i == 0 ? 1_000 : 13, 0, i == 0 ? 1_000 : 0);
            _account(2, i == 0 ? 300 : 3, 0, 0, 0);
            _bookLoss();
            _settle(2);
        }
    }
}
