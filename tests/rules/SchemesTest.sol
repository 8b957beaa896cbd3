// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";
import {SchemeId} from "../../interfaces/types/Ids.sol";
import {ISchemes, NO_VALUE, ParamInput, Powers} from "../../interfaces/rules/ISchemes.sol";

/// @dev One scheme in China's zone, still being set up.
abstract contract SchemesTest is Test {
    SchemeId internal constant SCHEME = SchemeId.wrap(1);
    SchemeId internal constant OTHER = SchemeId.wrap(2);
    int32 internal constant CHINA = 8 hours;
    uint16 internal constant NOTICE = 30;
    uint16 internal constant HUBEI = 42;
    bytes32 internal constant SOURCE = keccak256("source");
    string internal constant TEXT = "offset.limit_ppm";
    bytes32 internal constant KEY = keccak256("offset.limit_ppm");
    /// @dev 2021-07-16 10:00 in China: local day 18824.
    uint256 internal constant NOW = 1_626_400_800;
    uint32 internal constant TODAY = 18_824;

    address internal ADMIN = makeAddr("admin");
    address internal STRANGER = makeAddr("stranger");
    address internal OFFICER = makeAddr("officer");

    string internal constant REASON = "the parliament's act of July";

    AccessManager internal manager;
    bool internal active;
    ISchemes internal schemes;

    function setUp() public virtual {
        vm.warp(NOW);
        manager = new AccessManager(ADMIN);
        schemes = ISchemes(vm.deployCode("Schemes.sol:Schemes", abi.encode(manager)));
        vm.prank(ADMIN);
        schemes.createScheme(SCHEME, "china-national", CHINA, NOTICE, SOURCE);
    }

    /* STEPS */

    /// @dev Ends set-up; the admin keeps the office of the rules.
    function activated() internal {
        vm.startPrank(ADMIN);
        schemes.grantOffice(ADMIN, SCHEME, 0, Powers.RULES);
        schemes.activate(SCHEME);
        vm.stopPrank();
        active = true;
    }

    /// @dev By the admin; within an amendment once the scheme is active.
    function change(bytes memory call) internal {
        if (active) {
            vm.prank(ADMIN);
            schemes.amend(SCHEME, REASON, one(call));
            return;
        }
        vm.prank(ADMIN);
        (bool ok, bytes memory why) = address(schemes).call(call);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(why, 32), mload(why))
            }
        }
    }

    function one(bytes memory call) internal pure returns (bytes[] memory calls) {
        calls = new bytes[](1);
        calls[0] = call;
    }

    function set(uint32 fromDay, uint256 value) internal {
        change(abi.encodeCall(ISchemes.setParam, (SCHEME, KEY, TEXT, fromDay, value, SOURCE)));
    }

    function withdraw() internal {
        change(abi.encodeCall(ISchemes.withdrawParam, (SCHEME, KEY)));
    }

    /// @dev [s] of the first second of a local day.
    function start(uint256 day) internal pure returns (uint256) {
        return day * 1 days - 8 hours;
    }

    /* EXPECTATIONS */

    function expectNotice(uint256 from, uint256 earliest) internal {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoticeTooShort.selector, SCHEME, from, earliest));
    }

    function expectNoParam(uint256 atTime) internal {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoParam.selector, SCHEME, KEY, atTime));
    }
}
