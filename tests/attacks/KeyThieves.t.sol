// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IFoundedManager} from "../../interfaces/rules/IFoundedManager.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {KeyCase} from "./KeyCase.sol";

/// @dev A target that the administrator calls, and which calls back while it is called.
contract Reentrant {
    address private immutable MANAGER;
    address private immutable UNITS;
    bytes private call_;
    bool public gotThrough;

    constructor(address manager, address units, bytes memory data) {
        (MANAGER, UNITS, call_) = (manager, units, data);
    }

    function strike() external {
        (bool direct,) = UNITS.call(call_);
        (bool made,) = MANAGER.call(abi.encodeCall(IAccessManager.execute, (UNITS, call_)));
        (bool again,) = MANAGER.call(
            abi.encodeCall(IAccessManager.execute, (address(this), abi.encodePacked(this.strike.selector)))
        );
        gotThrough = direct || made || again;
    }
}

/// @notice Attacks with stolen keys of the administrator, the guardian, or both.
contract KeyThievesTest is KeyCase {
    bytes[] private paths;

    /* THE ADMINISTRATOR'S KEY */

    function test_aThiefOfTheAdministratorsKey_waitsForANewController() public {
        bytes memory data = _controllerCall();
        _expectNotScheduled(administrator, address(units), data);
        vm.prank(administrator);
        (bool done,) = address(units).call(data);
        assertTrue(done); // the call that was expected to revert
        assertEq(units.rightsOf(thief), 0);

        bytes32 operation = _schedule(administrator, address(units), data);
        vm.warp(FOUNDED_AT + DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerNotReady.selector, operation));
        _execute(administrator, address(units), data);

        vm.prank(guardian);
        manager.cancel(administrator, address(units), data);
        vm.warp(FOUNDED_AT + DELAY);
        _expectNotScheduled(administrator, address(units), data);
        _execute(administrator, address(units), data);
        assertEq(units.rightsOf(thief), 0);
    }

    /// @dev Every function of the manager that an administrator may call: none at once, each cancelled by the guardian.
    function test_aThiefOfTheAdministratorsKey_hasNoPathThatDoesNotWait() public {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = bytes4(keccak256("setController(address,uint256)"));
        paths.push(abi.encodeCall(IAccessManager.grantRole, (ADMIN, thief, 0)));
        paths.push(abi.encodeCall(IAccessManager.grantRole, (ISSUER, thief, 0)));
        paths.push(abi.encodeCall(IAccessManager.grantRole, (GUARDIAN, thief, 0)));
        paths.push(abi.encodeCall(IAccessManager.grantRole, (ADMIN, administrator, 0)));
        paths.push(abi.encodeCall(IAccessManager.revokeRole, (OFFICES, officer)));
        paths.push(abi.encodeCall(IAccessManager.setRoleAdmin, (ISSUER, OFFICES)));
        paths.push(abi.encodeCall(IAccessManager.setGrantDelay, (ISSUER, 0)));
        paths.push(abi.encodeCall(IAccessManager.setTargetAdminDelay, (address(units), 0)));
        paths.push(abi.encodeCall(IAccessManager.setTargetFunctionRole, (address(units), selectors, ISSUER)));
        paths.push(abi.encodeCall(IAccessManager.setTargetFunctionRole, (address(units), selectors, type(uint64).max)));
        paths.push(abi.encodeCall(IAccessManager.setTargetClosed, (address(units), true)));
        paths.push(abi.encodeCall(IAccessManager.updateAuthority, (address(units), address(currency))));
        paths.push(abi.encodeCall(IAccessManager.labelRole, (ISSUER, "issuer")));
        for (uint256 i; i < paths.length; ++i) {
            _expectNotScheduled(administrator, address(manager), paths[i]);
            vm.prank(administrator);
            (bool done,) = address(manager).call(paths[i]);
            assertTrue(done);

            _schedule(administrator, address(manager), paths[i]);
            vm.prank(guardian);
            manager.cancel(administrator, address(manager), paths[i]);
            vm.warp(block.timestamp + DELAY);
            _expectNotScheduled(administrator, address(manager), paths[i]);
            _execute(administrator, address(manager), paths[i]);
        }
    }

    function test_aThiefOfTheAdministratorsKey_cannotPackAPathIntoAMulticall() public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(IAccessManager.grantRole, (ADMIN, thief, 0));
        bytes memory data = abi.encodeWithSignature("multicall(bytes[])", calls);
        vm.prank(administrator);
        (bool done,) = address(manager).call(data);
        assertFalse(done);
        _schedule(administrator, address(manager), data);
        vm.warp(FOUNDED_AT + DELAY);
        vm.prank(administrator);
        (done,) = address(manager).call(abi.encodeCall(IAccessManager.execute, (address(manager), data)));
        assertFalse(done);
        (bool member,) = manager.hasRole(ADMIN, thief);
        assertFalse(member);
    }

    function test_aGrantWithoutDelay_waitsAllTheSame() public {
        bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (ADMIN, thief, 0));
        _schedule(administrator, address(manager), grant);
        vm.warp(FOUNDED_AT + DELAY);
        _execute(administrator, address(manager), grant);
        (bool member, uint32 delay) = manager.hasRole(ADMIN, thief);
        assertTrue(member);
        assertEq(delay, DELAY);
        _expectNotScheduled(thief, address(units), _controllerCall());
        _execute(thief, address(units), _controllerCall());
    }

    function test_aFunctionGivenToEveryone_waitsAllTheSame() public {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = bytes4(keccak256("setController(address,uint256)"));
        bytes memory open =
            abi.encodeCall(IAccessManager.setTargetFunctionRole, (address(units), selectors, type(uint64).max));
        _schedule(administrator, address(manager), open);
        vm.warp(FOUNDED_AT + DELAY);
        _execute(administrator, address(manager), open);
        _expectNotScheduled(thief, address(units), _controllerCall());
        _execute(thief, address(units), _controllerCall());
    }

    function test_aThiefOfOneAdministratorsKey_cannotStopTheOther() public {
        address second = makeAddr("second administrator");
        bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (ADMIN, second, 0));
        _schedule(administrator, address(manager), grant);
        vm.warp(FOUNDED_AT + DELAY);
        _execute(administrator, address(manager), grant);

        bytes memory remove = abi.encodeCall(IAccessManager.revokeRole, (ADMIN, administrator));
        _schedule(second, address(manager), remove);
        vm.expectRevert(abi.encodeWithSelector(IFoundedManager.ManagerNotGuardian.selector, administrator));
        vm.prank(administrator);
        manager.cancel(second, address(manager), remove);
        vm.warp(FOUNDED_AT + 2 * DELAY);
        _execute(second, address(manager), remove);
        (bool member,) = manager.hasRole(ADMIN, administrator);
        assertFalse(member);
    }

    /// @dev Trailing bytes make another operation of the same call: each has to wait and can be cancelled.
    function test_aCancelledGrant_doesNotSurviveInAnotherSpelling() public {
        bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (ADMIN, thief, 0));
        bytes memory twin = bytes.concat(grant, bytes32(uint256(1)));
        _schedule(administrator, address(manager), grant);
        _schedule(administrator, address(manager), twin);
        vm.startPrank(guardian);
        manager.cancel(administrator, address(manager), grant);
        manager.cancel(administrator, address(manager), twin);
        vm.stopPrank();
        vm.warp(FOUNDED_AT + DELAY - 1);
        _schedule(administrator, address(manager), grant);
        vm.warp(FOUNDED_AT + DELAY);
        vm.prank(administrator);
        vm.expectRevert(); // scheduled anew, it waits anew
        manager.execute(address(manager), grant);
        _expectNotScheduled(administrator, address(manager), twin);
        _execute(administrator, address(manager), twin);
    }

    function test_anActCannotSleepForYears() public {
        uint48 latest = uint48(FOUNDED_AT) + DELAY + 30 days;
        vm.expectRevert(abi.encodeWithSelector(IFoundedManager.ManagerTooFarAhead.selector, latest + 1, latest));
        vm.prank(administrator);
        manager.schedule(address(units), _controllerCall(), latest + 1);
    }

    function test_aTargetThatCallsBack_getsNothingThrough() public {
        Reentrant target = new Reentrant(address(manager), address(units), _controllerCall());
        bytes memory strike = abi.encodePacked(Reentrant.strike.selector);
        _schedule(administrator, address(target), strike);
        _schedule(administrator, address(units), _controllerCall());
        vm.warp(FOUNDED_AT + DELAY);
        _execute(administrator, address(target), strike);
        assertFalse(target.gotThrough());
        assertEq(units.rightsOf(thief), 0);
    }

    /* BEFORE THE FOUNDING */

    function test_whatWasGrantedWithoutDelayBeforeTheFounding_waitsAfterIt() public {
        bytes memory venue = abi.encodeWithSignature("setVenue(address)", thief);
        _expectNotScheduled(officer, address(units), venue);
        vm.prank(officer);
        (bool done,) = address(units).call(venue);
        assertTrue(done);
        (, uint32 delay) = manager.hasRole(OFFICES, officer);
        assertEq(delay, DELAY);
    }

    function test_theFounding_isOnceAndForEver() public {
        uint64[] memory none = new uint64[](0);
        bytes memory again = abi.encodeCall(IFoundedManager.found, (DELAY + 1, guardian, none));
        _schedule(administrator, address(manager), again);
        vm.warp(FOUNDED_AT + DELAY);
        vm.expectRevert(IFoundedManager.ManagerFounded.selector);
        _execute(administrator, address(manager), again);
        assertEq(manager.delay(), DELAY);
    }

    function test_dailyActs_doNotWait() public {
        vm.prank(issuer);
        currency.mint(issuer, 1);
        assertEq(currency.balanceOf(issuer), 1);
    }

    /* THE GUARDIAN'S KEY */

    function test_aThiefOfTheGuardiansKey_movesNothing() public {
        bytes memory data = _controllerCall();
        vm.startPrank(guardian);
        vm.expectRevert();
        manager.schedule(address(units), data, 0);
        vm.expectRevert();
        manager.execute(address(units), data);
        vm.expectRevert();
        currency.mint(guardian, 1);
        vm.expectRevert();
        manager.grantRole(GUARDIAN, thief, 0);
        vm.stopPrank();
    }

    function test_aThiefOfTheGuardiansKey_cannotStayByCancellingItsRemoval() public {
        bytes memory remove = abi.encodeCall(IAccessManager.revokeRole, (GUARDIAN, guardian));
        _schedule(administrator, address(manager), remove);
        vm.expectRevert(abi.encodeWithSelector(IFoundedManager.ManagerOwnRemoval.selector, guardian));
        vm.prank(guardian);
        manager.cancel(administrator, address(manager), remove);
        vm.warp(FOUNDED_AT + DELAY);
        _execute(administrator, address(manager), remove);
        (bool guards,) = manager.hasRole(GUARDIAN, guardian);
        assertFalse(guards);
    }

    function test_aSecondGuardian_cancelsTheRemovalOfTheFirst() public {
        address second = makeAddr("second guardian");
        bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (GUARDIAN, second, 0));
        _schedule(administrator, address(manager), grant);
        vm.warp(FOUNDED_AT + DELAY);
        _execute(administrator, address(manager), grant);
        bytes memory remove = abi.encodeCall(IAccessManager.revokeRole, (GUARDIAN, guardian));
        _schedule(administrator, address(manager), remove);
        vm.prank(second);
        manager.cancel(administrator, address(manager), remove);
        vm.warp(FOUNDED_AT + 2 * DELAY);
        _expectNotScheduled(administrator, address(manager), remove);
        _execute(administrator, address(manager), remove);
    }

    /* BOTH KEYS */

    /// @dev A pause is shorter than the delay and rests longer: whoever watches leaves before the act takes effect.
    function test_aThiefOfBothKeys_cannotHoldMoneyInUntilItsActTakesEffect(uint256 when) public {
        when = bound(when, 0, DELAY);
        vm.prank(issuer);
        currency.mint(officer, DELAY);
        _schedule(administrator, address(units), _controllerCall());
        uint256 open;
        bool paused;
        for (uint256 at; at < DELAY; at += 1 hours) {
            vm.warp(FOUNDED_AT + at);
            if (at >= when && !paused) {
                vm.prank(guardian);
                IPausable(address(currency)).pause(1 days);
                paused = true;
            } else if (paused) {
                vm.prank(guardian);
                (bool again,) = address(currency).call(abi.encodeCall(IPausable.pause, (1 days)));
                assertFalse(again);
            }
            vm.prank(officer);
            (bool left,) = address(currency).call(abi.encodeWithSignature("burn(uint256)", 1));
            if (left) ++open;
        }
        assertGe(open, 24); // hours of the 48
    }
}
