// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalState, ISettlementRecords, RunTotals} from "../../interfaces/power/IPowerSettlement.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev The reward of a dispute by bids is kept for the wronged account, and paid by any account, or by the next run.
contract SettlementRewardsTest is SettlementCase {
    PowerAccountId private constant SELLER = PowerAccountId.wrap(FIRST_PSEUDONYM);
    uint96 private constant REWARD = BOND / 2;

    RunTotals private right;
    uint256 private had;

    /// @dev The seller's sale is put on the grid's line.
    function _fail() private {
        _street(700, 1_000);
        _ready();
        right = _reckon();
        (uint48 sold, uint48 delivered) = (lines[0].soldWh, lines[2].soldWh);
        (lines[0].soldWh, lines[2].soldWh) = (0, 1_000);
        RunTotals memory t = _reckon();
        _post(t);
        had = _award(FIRST_PSEUDONYM);
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.RewardKept(node, interval, SELLER, REWARD);
        vm.prank(stranger);
        settlement.disputeContracts(node, _show(t, 0), _bids(1), margins);
        (lines[0].soldWh, lines[2].soldWh) = (sold, delivered);
        IntervalState memory state = _state();
        assertEq(state.postedAt, 0);
        assertEq(state.commitment, uint256(FIRST_PSEUDONYM) << 96 | REWARD);
        assertEq(_award(FIRST_PSEUDONYM), had);
    }

    function _assertPaid() private view {
        assertEq(_award(FIRST_PSEUDONYM), had + REWARD);
    }

    function _refused() private {
        vm.expectRevert(abi.encodeWithSelector(ISettlementRecords.SettlementNoReward.selector, node, interval));
        settlement.payReward(node, interval);
    }

    function test_payReward_paysTheWrongedAccount_once() public {
        _refused();
        _fail();
        vm.expectEmit(address(settlement));
        emit ISettlementRecords.RewardPaid(node, interval, SELLER, REWARD);
        vm.prank(stranger);
        settlement.payReward(node, interval);
        _assertPaid();
        _refused();
        _post(right);
        _refused(); // of a run that stands
        _assertPaid();
    }

    function test_post_paysTheRewardThatIsKept() public {
        _fail();
        _post(right);
        _assertPaid();
        assertNotEq(_state().postedAt, 0);
    }

    function test_takeOver_leavesTheRewardThatIsKept() public {
        address other = makeAddr("substitute");
        _register(other);
        _deposit(other, 1_000_000);
        vm.prank(other);
        settlement.bond(2 * BOND);
        _fail();
        vm.warp((uint256(day) + 1) * 1 days + LATE + 1 days + 1);
        vm.prank(other);
        settlement.takeOver(node, day);
        settlement.payReward(node, interval);
        _assertPaid();
    }

    function test_closeDay_leavesTheRewardThatIsKept() public {
        _fail();
        vm.warp((uint256(day) + 1) * 1 days + 7 days + 1);
        settlement.closeDay(node, day);
        settlement.payReward(node, interval);
        _assertPaid();
    }
}
