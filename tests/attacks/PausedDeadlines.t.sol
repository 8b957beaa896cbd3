// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {PublicStanding} from "../../interfaces/compliance/ICompliance.sol";
import {ComplianceCase} from "../compliance/ComplianceCase.sol";

/// @notice Attacks by a guardian that pauses so that an emitter misses its surrender deadline.
contract PausedDeadlinesTest is ComplianceCase {
    IPausable private paused;

    function setUp() public override {
        super.setUp();
        paused = IPausable(address(compliance));
        _assess(plant, EMISSIONS);
    }

    function test_aPauseOverTheDeadline_makesNoSurrenderLate() public {
        vm.warp(DEADLINE - 1 hours);
        paused.pause(1 days);
        _refuseSurrender(CEA, EMISSIONS, abi.encodeWithSelector(IPausable.PauseInForce.selector, DEADLINE + 23 hours));

        vm.warp(DEADLINE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceBeforeDeadline.selector, plant, uint256(DEADLINE) + 1 days)
        );
        penalties.notify(PERIOD, _one(plant));
        _checkPublic(PublicStanding.Open, 0);
        assertEq(compliance.standing(plant, PERIOD).deadline, DEADLINE + 1 days);

        vm.warp(DEADLINE + 1 days); // an hour after the pause, as when it began
        _surrender(CEA, EMISSIONS);
        assertEq(_obligation().late, 0);
    }

    /// @dev Nor do units leave by the ledger while those in wallets stay.
    function test_aPause_stopsSurrendersFromTheLedgerToo() public {
        _deposit(wallet, 10);
        paused.pause(1 days);
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, SETUP + 1 days));
        compliance.surrenderFromLedger(plant, PERIOD, _one(CEA), _one(10));
    }

    function test_aPauseThatEndsEarly_leavesTheDeadlineWhereItMovedIt() public {
        vm.warp(DEADLINE - 1 hours);
        paused.pause(1 days);
        paused.unpause();
        vm.warp(DEADLINE + 1 days);
        _surrender(CEA, EMISSIONS);
        assertEq(_obligation().late, 0);
    }

    function test_aPauseMovesTheDeadlineByItsBoundAtMost() public {
        vm.warp(DEADLINE - 1 hours);
        paused.pause(1 days);
        vm.warp(DEADLINE + 1 days + 1);
        _surrender(CEA, EMISSIONS);
        assertEq(_obligation().late, EMISSIONS);
    }

    /// @dev The next pause begins only when every time that this one moved is over.
    function test_aSecondPause_cannotTakeBackTheTimeThatTheFirstGave(uint256 before) public {
        before = bound(before, 0, 3 days);
        vm.warp(DEADLINE - before);
        paused.pause(1 days);
        uint256 moved = compliance.standing(plant, PERIOD).deadline;
        (, uint40 next) = paused.pausedUntil();
        assertLe(moved, moved == DEADLINE ? type(uint40).max : next);
        assertTrue(moved == DEADLINE ? before > 2 days : moved == DEADLINE + 1 days);
        vm.warp(next);
        paused.pause(1 days);
        if (moved != DEADLINE) assertGe(block.timestamp, moved);
    }

    function test_aPauseLongBeforeTheDeadline_doesNotMoveIt() public {
        vm.warp(DEADLINE - 2 days - 1);
        paused.pause(1 days);
        assertEq(compliance.standing(plant, PERIOD).deadline, DEADLINE);
    }

    function test_aPauseAfterTheDeadline_doesNotMoveIt() public {
        vm.warp(DEADLINE + 1);
        paused.pause(1 days);
        assertEq(compliance.standing(plant, PERIOD).deadline, DEADLINE);
        penalties.notify(PERIOD, _one(plant));
    }

    /// @dev A fine that cannot be paid for a day may not become final in that day.
    function test_aPauseOverTheTimeForAnAppeal_movesIt() public {
        _setParam("penalty.appeal_days", 30);
        vm.warp(DEADLINE + 1);
        penalties.notify(PERIOD, _one(plant));
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, FINE, 0, bytes32("reason"));
        uint256 until = DEADLINE + 1 + HEARING + 30 days;
        vm.warp(until - 1 hours);
        paused.pause(1 days);
        vm.warp(until + 1 days);
        vm.prank(wallet);
        penalties.appeal(plant, PERIOD, bytes32("grounds"));
    }

    function test_aPauseOverTheClosingDate_movesIt() public {
        vm.warp(DEADLINE + 1);
        penalties.notify(PERIOD, _one(plant));
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, FINE, 0, bytes32("reason"));
        vm.warp(DEADLINE + CLOSING - 1 hours);
        paused.pause(1 days);
        vm.warp(DEADLINE + CLOSING + 23 hours);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceTooEarly.selector, plant, DEADLINE + CLOSING + 1 days)
        );
        penalties.deduct(plant, PERIOD);
        _surrender(CEA, EMISSIONS);
    }
}
