// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Test} from "forge-std/Test.sol";

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {IOpenRules} from "../../interfaces/open/IOpenRules.sol";
import {Period} from "../../interfaces/rules/ISchemes.sol";

contract OpenRulesTest is Test {
    SchemeId private constant SCHEME = SchemeId.wrap(3);
    bytes32 private constant KEY = keccak256("mrv.dispute_window_s");

    IOpenRules private rules;
    address private owner = makeAddr("owner");
    address private stranger = makeAddr("stranger");

    function setUp() public {
        rules = IOpenRules(vm.deployCode("OpenRules.sol:OpenRules", abi.encode(owner)));
    }

    function test_checkPower_passesTheOwnerOnly() public {
        rules.checkPower(owner, SCHEME, 11, 16);
        assertTrue(rules.hasPower(owner, SCHEME, 0, 512));
        assertTrue(!rules.hasPower(stranger, SCHEME, 0, 512));
        vm.expectRevert(abi.encodeWithSelector(IOpenRules.OpenRulesNotOfficer.selector, stranger, 16));
        rules.checkPower(stranger, SCHEME, 11, 16);
    }

    /// @dev Whom the rules are offered to has no power before it accepts; who offered them has none after.
    function test_hasPower_isTheOwnersUntilTheNextOneAccepts() public {
        Ownable2Step owned = Ownable2Step(address(rules));
        vm.prank(owner);
        owned.transferOwnership(stranger);
        assertFalse(rules.hasPower(stranger, SCHEME, 0, 512));
        assertTrue(rules.hasPower(owner, SCHEME, 0, 512));
        vm.expectRevert(abi.encodeWithSelector(IOpenRules.OpenRulesNotOfficer.selector, stranger, 16));
        rules.checkPower(stranger, SCHEME, 11, 16);
        vm.prank(stranger);
        owned.acceptOwnership();
        rules.checkPower(stranger, SCHEME, 11, 16);
        assertFalse(rules.hasPower(owner, SCHEME, 0, 512));
    }

    function testFuzz_everyDayTradesAndEveryVintageIsDisclosed(uint256 word, uint16 vintage) public view {
        assertEq(rules.tradingDayWord(SCHEME, word), type(uint256).max);
        rules.requireDisclosed(SCHEME, vintage);
    }

    function test_param_isWhatTheOwnerSet() public {
        vm.prank(owner);
        rules.setParam(SCHEME, KEY, 0);
        assertEq(rules.param(SCHEME, KEY, block.timestamp), 0);
        vm.expectEmit(address(rules));
        emit IOpenRules.OpenParamSet(SCHEME, KEY, 60);
        vm.prank(owner);
        rules.setParam(SCHEME, KEY, 60);
        assertEq(rules.param(SCHEME, KEY, block.timestamp), 60);
    }

    function test_param_revertsWhereNoneWasSet() public {
        vm.expectRevert(abi.encodeWithSelector(IOpenRules.OpenRulesNoParam.selector, SCHEME, KEY));
        rules.param(SCHEME, KEY, block.timestamp);
    }

    function test_setParam_revertsForAStrangerAndForAValueTooLarge() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        rules.setParam(SCHEME, KEY, 1);
        vm.expectRevert(abi.encodeWithSelector(IOpenRules.OpenRulesValueTooLarge.selector, KEY, 1 << 248));
        vm.prank(owner);
        rules.setParam(SCHEME, KEY, 1 << 248);
    }

    function test_period_isWhatTheOwnerSet() public {
        vm.expectRevert(abi.encodeWithSelector(IOpenRules.OpenRulesNoPeriod.selector, SCHEME, 1));
        rules.period(SCHEME, 1);
        vm.prank(owner);
        rules.setPeriod(SCHEME, 1, Period(2020, 2021, 2021, 1, 2, 3));
        assertEq(rules.period(SCHEME, 1).lastYear, 2021);
        assertEq(rules.period(SCHEME, 1).surrenderDeadline, 3);
    }

    function test_setPeriod_revertsForAStrangerAndForYearsOutOfOrder() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        rules.setPeriod(SCHEME, 1, Period(2020, 2021, 2021, 1, 2, 3));
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IOpenRules.OpenRulesBadPeriod.selector, 2022, 2021));
        rules.setPeriod(SCHEME, 1, Period(2022, 2021, 2021, 1, 2, 3));
        vm.expectRevert(abi.encodeWithSelector(IOpenRules.OpenRulesBadPeriod.selector, 0, 0));
        rules.setPeriod(SCHEME, 1, Period(0, 0, 2021, 1, 2, 3));
    }
}
