// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {KeyCase} from "../attacks/KeyCase.sol";

/// @notice The guardian's pause at a currency, whose issuer mints and whose holders burn.
contract PausableTest is KeyCase {
    IPausable private paused;

    function setUp() public override {
        super.setUp();
        paused = IPausable(address(currency));
        vm.prank(issuer);
        currency.mint(officer, 100);
    }

    function _pause(uint256 length) private {
        vm.prank(guardian);
        paused.pause(length);
    }

    function _refuse(bytes memory why, uint256 length) private {
        vm.expectRevert(why);
        _pause(length);
    }

    function test_pause_stopsIssueAndExits() public {
        vm.expectEmit(address(paused));
        emit IPausable.Paused(guardian, uint40(FOUNDED_AT + 6 hours));
        _pause(6 hours);
        bytes memory why = abi.encodeWithSelector(IPausable.PauseInForce.selector, FOUNDED_AT + 6 hours);
        vm.expectRevert(why);
        vm.prank(issuer);
        currency.mint(officer, 1);
        address[] memory to = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        vm.expectRevert(why);
        vm.prank(issuer);
        currency.mintBatch(to, amounts);
        vm.expectRevert(why);
        vm.prank(officer);
        currency.burn(1);

        // What is no exit goes on.
        vm.prank(officer);
        assertTrue(currency.transfer(issuer, 1));
        vm.warp(FOUNDED_AT + 6 hours);
        vm.prank(officer);
        currency.burn(1);
    }

    function test_pause_isBoundedAndRests() public {
        _refuse(abi.encodeWithSelector(IPausable.PauseBadLength.selector, 0, 1 days), 0);
        _refuse(abi.encodeWithSelector(IPausable.PauseBadLength.selector, 1 days + 1, 1 days), 1 days + 1);
        _pause(1 days);
        bytes memory soon = abi.encodeWithSelector(IPausable.PauseTooSoon.selector, FOUNDED_AT + 3 days);
        _refuse(soon, 1);
        vm.warp(FOUNDED_AT + 3 days - 1);
        _refuse(soon, 1 days);
        vm.warp(FOUNDED_AT + 3 days);
        _pause(1 days);
    }

    function test_unpause_endsItButNotItsRest() public {
        vm.expectRevert(IPausable.PauseNotInForce.selector);
        vm.prank(guardian);
        paused.unpause();
        _pause(1 days);
        vm.warp(FOUNDED_AT + 1 hours);
        vm.expectEmit(address(paused));
        emit IPausable.Unpaused(guardian);
        vm.prank(guardian);
        paused.unpause();
        vm.prank(officer);
        currency.burn(1);
        _refuse(abi.encodeWithSelector(IPausable.PauseTooSoon.selector, FOUNDED_AT + 3 days), 1);
        vm.expectRevert(IPausable.PauseNotInForce.selector);
        vm.prank(guardian);
        paused.unpause();
    }

    /// @dev A pause after one that was ended early stops as much as the first did.
    function test_pause_afterOneThatWasEndedStopsAgain() public {
        _pause(1 days);
        vm.prank(guardian);
        paused.unpause();
        vm.warp(FOUNDED_AT + 3 days);
        _pause(6 hours);
        _expectState(FOUNDED_AT + 3 days + 6 hours, FOUNDED_AT + 5 days + 6 hours);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, FOUNDED_AT + 3 days + 6 hours));
        vm.prank(issuer);
        currency.mint(officer, 1);
        vm.prank(guardian);
        paused.unpause();
        vm.prank(issuer);
        currency.mint(officer, 1);
    }

    function test_pause_isTheGuardians() public {
        address[3] memory others = [administrator, officer, thief];
        for (uint256 i; i < 3; ++i) {
            vm.startPrank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IPausable.PauseNotGuardian.selector, others[i]));
            paused.pause(1);
            vm.expectRevert(abi.encodeWithSelector(IPausable.PauseNotGuardian.selector, others[i]));
            paused.unpause();
            vm.stopPrank();
        }
    }

    function test_pausedUntil_saysWhatHolds() public {
        _expectState(0, 0);
        _pause(1 days);
        _expectState(FOUNDED_AT + 1 days, FOUNDED_AT + 3 days);
        vm.warp(FOUNDED_AT + 1 days);
        _expectState(0, FOUNDED_AT + 3 days);
        vm.warp(FOUNDED_AT + 3 days);
        _expectState(0, 0);
    }

    function _expectState(uint256 until, uint256 next) private view {
        (uint40 foundUntil, uint40 foundNext) = paused.pausedUntil();
        assertEq(foundUntil, until);
        assertEq(foundNext, next);
    }

    /// @dev By turns or not: a contract is open for two of any three days.
    function test_aGuardianThatPausesByTurns_stopsNothingForMoreThanADayInThree(uint256 seed) public {
        uint256 open;
        for (uint256 at; at < 30 days; at += 6 hours) {
            vm.warp(FOUNDED_AT + at);
            address target = uint256(keccak256(abi.encode(seed, at))) % 2 == 0 ? address(currency) : address(units);
            vm.prank(guardian);
            (bool done,) = target.call(abi.encodeCall(IPausable.pause, (1 days)));
            done; // refused while it rests
            (uint40 until,) = paused.pausedUntil();
            if (until == 0) ++open;
        }
        assertGe(open, 20 * 4);
    }
}
