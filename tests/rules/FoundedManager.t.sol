// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {IFoundedManager} from "../../interfaces/rules/IFoundedManager.sol";

/// @dev Deployed by this test, founded by each test that needs it.
contract FoundedManagerTest is Test {
    address private guardian = makeAddr("guardian");
    IFoundedManager private manager;
    uint64[] private daily;

    function setUp() public {
        manager = IFoundedManager(vm.deployCode("FoundedManager.sol:FoundedManager", abi.encode(address(this))));
    }

    function _expect(bytes memory why) private {
        vm.expectRevert(why);
    }

    function test_found_isRecorded() public {
        daily.push(1);
        daily.push(3);
        vm.expectEmit(address(manager));
        emit IFoundedManager.Founded(address(this), guardian, 2 days, (1 << 1) | (1 << 3) | (1 << 5));
        manager.found(2 days, guardian, daily);
        assertEq(manager.delay(), 2 days);
        assertTrue(manager.isDaily(1) && manager.isDaily(3) && manager.isDaily(5));
        assertFalse(manager.isDaily(0) || manager.isDaily(2) || manager.isDaily(64) || manager.isDaily(65));
        (bool guards, uint32 delay) = manager.hasRole(5, guardian);
        assertTrue(guards);
        assertEq(delay, 0);
    }

    function test_found_bindsTheDelay() public {
        _expect(abi.encodeWithSelector(IFoundedManager.ManagerBadDelay.selector, 2 days - 1, 2 days, 30 days));
        manager.found(2 days - 1, guardian, daily);
        _expect(abi.encodeWithSelector(IFoundedManager.ManagerBadDelay.selector, 30 days + 1, 2 days, 30 days));
        manager.found(30 days + 1, guardian, daily);
        manager.found(30 days, guardian, daily);
    }

    function test_found_refusesAGuardianThatAdministers() public {
        _expect(abi.encodeWithSelector(IFoundedManager.ManagerBadGuardian.selector, address(this)));
        manager.found(2 days, address(this), daily);
        _expect(abi.encodeWithSelector(IFoundedManager.ManagerBadGuardian.selector, address(0)));
        manager.found(2 days, address(0), daily);
    }

    function test_found_refusesDailyRolesThatMustWait() public {
        daily.push(0);
        _expect(abi.encodeWithSelector(IFoundedManager.ManagerBadDailyRole.selector, 0));
        manager.found(2 days, guardian, daily);
        daily[0] = 64;
        _expect(abi.encodeWithSelector(IFoundedManager.ManagerBadDailyRole.selector, 64));
        manager.found(2 days, guardian, daily);
    }

    function test_found_isTheAdministrators() public {
        vm.expectRevert();
        vm.prank(guardian);
        manager.found(2 days, guardian, daily);
    }

    function test_schedule_isForFoundedMarkets() public {
        manager.grantRole(0, address(this), 1);
        _expect(abi.encodeWithSelector(IFoundedManager.ManagerNotFounded.selector));
        manager.schedule(address(manager), abi.encodeCall(manager.labelRole, (7, "x")), 0);
    }

    function test_beforeTheFounding_actsDoNotWait() public {
        manager.grantRole(7, guardian, 0);
        (bool member, uint32 delay) = manager.hasRole(7, guardian);
        assertTrue(member);
        assertEq(delay, 0);
    }

    /// @dev A delay of its own that a member was granted counts where it is longer, and not where it is shorter.
    function test_afterTheFounding_noMemberWaitsLess() public {
        uint32[5] memory granted = [uint32(0), 1, 2 days - 1, 2 days, 3 days];
        for (uint160 i; i < 5; ++i) {
            manager.grantRole(7, address(i + 1), granted[i]);
        }
        manager.found(2 days, guardian, daily);
        for (uint160 i; i < 5; ++i) {
            (bool member, uint32 delay) = manager.hasRole(7, address(i + 1));
            assertTrue(member);
            assertEq(delay, i == 4 ? 3 days : 2 days);
        }
    }

    function test_roles_haveTheOneGuardian() public {
        assertEq(manager.getRoleGuardian(0), 5);
        _expect(abi.encodeWithSelector(IFoundedManager.ManagerOneGuardian.selector, 3));
        manager.setRoleGuardian(3, 7);
    }
}
