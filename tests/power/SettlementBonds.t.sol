// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {ISettlementRecords, RunTotals} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev A bond answers for each day from its first run on, until the day is paid or closed, or another takes it over. Any account
/// pays and closes, so that no bond is held for longer than its owner leaves it.
contract SettlementBondsTest is SettlementCase {
    uint96 private constant ALL = 2 * BOND + DEBITS;

    function _openDays(ParticipantId poster) private view returns (uint24 openDays) {
        (,, openDays) = settlement.bondOf(poster);
    }

    function _refusesToFree(uint256 openDays) private {
        bytes4 why = ISettlementRecords.SettlementBondBound.selector;
        vm.expectRevert(abi.encodeWithSelector(why, operatorId, openDays));
        vm.prank(operator);
        settlement.unbond(1);
    }

    function _late(uint256 seconds_) private {
        vm.warp((uint256(day) + 1) * 1 days + seconds_);
    }

    function test_bond_isBoundUntilTheDayIsPaid() public {
        _wholeDay();
        uint256[] memory words = _wordsDue();
        _list(words);
        assertTrue(_dayState().bonded);
        _late(70 days); // however long nobody pays
        _refusesToFree(1);
        vm.prank(stranger);
        settlement.pay(node, day, 0, words);
        assertEq(_openDays(operatorId), 0);
        assertFalse(_dayState().bonded);
        vm.startPrank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(ISettlementRecords.SettlementBondTooSmall.selector, operatorId, ALL, ALL + 1)
        );
        settlement.unbond(ALL + 1);
        uint256 free = _free(_own(operatorId));
        settlement.unbond(ALL);
        vm.stopPrank();
        assertEq(_free(_own(operatorId)), free + ALL);
    }

    /// @dev Who leaves a day unpaid does not wait for the moment when its bond is free: closing costs it the bond.
    function test_bond_isBoundUntilTheDayIsClosed() public {
        _street(700, 1_000);
        _settle();
        _late(70 days); // however long nobody closes it
        _refusesToFree(1);
        vm.prank(stranger);
        settlement.closeDay(node, day);
        (uint96 left,, uint24 openDays) = settlement.bondOf(operatorId);
        assertEq(left, 0);
        assertEq(openDays, 0);
        vm.startPrank(operator);
        settlement.bond(5);
        settlement.unbond(5);
        vm.stopPrank();
    }

    /// @dev A run that fell binds as one that stands: its poster brings the day to an end, or pays for it.
    function test_bond_isBoundByADayWhoseRunFell() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory t = _reckon();
        (lines[0].net, lines[1].net) = (lines[0].net + 1, lines[1].net - 1);
        t.lines = _lineRoot();
        _post(t);
        settlement.disputeLine(node, _show(t, 1), _reading(1));
        assertEq(_dayState().intervals, 0);
        _late(7 days + 1);
        _refusesToFree(1);
        settlement.closeDay(node, day);
        (uint96 left,, uint24 openDays) = settlement.bondOf(operatorId);
        assertEq(left, 0);
        assertEq(openDays, 0);
    }

    /// @dev A run more binds no more, a run of the day before does; each day is ended by itself.
    function test_bond_isBoundByEachDay() public {
        _street(700, 1_000);
        _ready();
        RunTotals memory before = _reckon();
        uint32 first = interval;
        interval += 4;
        _clearAccounts();
        _quiet();
        _read(1);
        _settle();
        _next();
        _quiet();
        _read(1);
        _settle();
        assertEq(_openDays(operatorId), 1);
        interval = first;
        _post(before);
        assertEq(_openDays(operatorId), 2);
        _late(7 days + 1);
        settlement.closeDay(node, day);
        _refusesToFree(1);
        ++day;
        _late(7 days + 1);
        settlement.closeDay(node, day);
        assertEq(_openDays(operatorId), 0);
    }

    /// @dev Whose runs fall there and who answers for the day no longer; the taker does.
    function test_bond_isFreeOfADayThatAnotherTakesOver() public {
        address other = makeAddr("substitute");
        ParticipantId otherId = _register(other);
        _deposit(other, 1_000_000);
        vm.prank(other);
        settlement.bond(2 * BOND);
        _street(700, 1_000);
        _settle();
        _late(LATE + 1 days + 1);
        vm.prank(other);
        settlement.takeOver(node, day);
        assertEq(_openDays(operatorId), 0);
        assertEq(_openDays(otherId), 1);
        vm.prank(operator);
        settlement.unbond(ALL - BOND);
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementBondBound.selector, otherId, 1));
        vm.prank(other);
        settlement.unbond(1);
        _late(7 days + 1);
        settlement.closeDay(node, day);
        assertEq(_openDays(otherId), 0);
    }
}
