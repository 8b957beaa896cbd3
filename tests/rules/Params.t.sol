// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ISchemes, NO_VALUE, ParamInput, ParamKeys, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {SchemesTest} from "./SchemesTest.sol";

contract ParamsTest is SchemesTest {
    /* SET AND READ */

    function test_setParam_holdsFromTheFirstSecondOfItsLocalDay() public {
        vm.expectEmit(address(schemes));
        emit ISchemes.ParamSet(SCHEME, KEY, TODAY, TEXT, NO_VALUE, 50_000, SOURCE);
        set(TODAY, 50_000);

        assertEq(schemes.param(SCHEME, KEY, start(TODAY)), 50_000);
        expectNoParam(start(TODAY) - 1);
        schemes.param(SCHEME, KEY, start(TODAY) - 1);
    }

    function test_setParam_tellsWhatHeldBefore() public {
        set(TODAY - 100, 1);
        vm.expectEmit(address(schemes));
        emit ISchemes.ParamSet(SCHEME, KEY, TODAY, TEXT, 1, 2, SOURCE);
        set(TODAY, 2);
        assertEq(schemes.param(SCHEME, KEY, start(TODAY) - 1), 1);
        assertEq(schemes.param(SCHEME, KEY, NOW), 2);
    }

    function test_setParam_onTheLatestDayReplaces() public {
        set(TODAY - 1, 1);
        set(TODAY, 2);
        vm.expectEmit(address(schemes));
        emit ISchemes.ParamSet(SCHEME, KEY, TODAY, TEXT, 2, 3, SOURCE);
        set(TODAY, 3);
        (uint256 count, uint256 fromTime, uint256 value) = schemes.paramHistory(SCHEME, KEY, 1);
        assertEq(count, 2);
        assertEq(fromTime, start(TODAY));
        assertEq(value, 3);
        (,, value) = schemes.paramHistory(SCHEME, KEY, 0);
        assertEq(value, 1);
    }

    function test_setParam_revertsBeforeTheLatestDay() public {
        set(TODAY, 2);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesOutOfOrder.selector, KEY, TODAY - 1, TODAY));
        set(TODAY - 1, 1);
    }

    function test_setParam_noValueEndsIt() public {
        set(TODAY - 1, 1);
        set(TODAY, NO_VALUE);
        assertEq(schemes.param(SCHEME, KEY, NOW - 1 days), 1);
        assertEq(schemes.paramOr(SCHEME, KEY, NOW, 7), 7);
        expectNoParam(NOW);
        schemes.param(SCHEME, KEY, NOW);
    }

    function test_setParam_day0HoldsAlways() public {
        set(0, 5);
        assertEq(schemes.param(SCHEME, KEY, 0), 5);
    }

    function test_setParam_revertsForAKeyThatIsNotItsText() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesKeyMismatch.selector, KEY, "offset.limit"));
        vm.prank(ADMIN);
        schemes.setParam(SCHEME, KEY, "offset.limit", TODAY, 1, SOURCE);
    }

    function test_setParam_revertsForAnEmptyOrLongText() public {
        string memory long = "a.very.long.text.of.a.key.that.goes.on.and.on.beyond.64.bytes.of.it";
        assertGt(bytes(long).length, 64);
        string[2] memory texts = ["", long];
        for (uint256 i; i < 2; ++i) {
            bytes32 key = keccak256(bytes(texts[i]));
            vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesKeyMismatch.selector, key, texts[i]));
            vm.prank(ADMIN);
            schemes.setParam(SCHEME, key, texts[i], TODAY, 1, SOURCE);
        }
    }

    function test_setParam_revertsForAValueTooLarge() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesValueTooLarge.selector, KEY, NO_VALUE + 1, NO_VALUE));
        set(TODAY, NO_VALUE + 1);
    }

    function test_setParam_revertsForADayTooFar() public {
        uint32 latest = TODAY + 100 * 366;
        set(latest, 1);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest));
        set(latest + 1, 1);
    }

    function test_setParam_revertsBeyond128Values() public {
        for (uint32 i; i < 128; ++i) {
            set(i, i);
        }
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesTooManyValues.selector, KEY, 128));
        set(128, 1);

        set(127, 7);
        assertEq(schemes.param(SCHEME, KEY, start(128)), 7);
        assertEq(schemes.param(SCHEME, KEY, start(1)), 1);
    }

    function test_setParam_isRestricted() public {
        expectUnauthorized();
        vm.prank(STRANGER);
        schemes.setParam(SCHEME, KEY, TEXT, TODAY, 1, SOURCE);
    }

    function test_setParam_revertsForAnUnknownScheme() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesUnknown.selector, OTHER));
        vm.prank(ADMIN);
        schemes.setParam(OTHER, KEY, TEXT, TODAY, 1, SOURCE);
    }

    /* BATCHES */

    function test_setParams_setsEachAndParamsAtReadsThem() public {
        ParamInput[] memory inputs = new ParamInput[](2);
        inputs[0] = ParamInput(ParamKeys.POWER_GAS, "benchmark.power.gas", TODAY, 3920, SOURCE);
        inputs[1] = ParamInput(ParamKeys.HEAT_GAS, "benchmark.heat.gas", TODAY, 590, SOURCE);
        vm.prank(ADMIN);
        schemes.setParams(SCHEME, inputs);

        bytes32[] memory keys = new bytes32[](3);
        (keys[0], keys[1], keys[2]) = (ParamKeys.power(4), ParamKeys.heat(4), KEY);
        uint256[] memory values = schemes.paramsAt(SCHEME, keys, NOW);
        assertEq(values[0], 3920);
        assertEq(values[1], 590);
        assertEq(values[2], NO_VALUE);
    }

    function test_setParams_isRestricted() public {
        expectUnauthorized();
        vm.prank(STRANGER);
        schemes.setParams(SCHEME, new ParamInput[](0));
    }

    function test_setParams_revertsBeyond100() public {
        expectTooMany(101, 100);
        vm.prank(ADMIN);
        schemes.setParams(SCHEME, new ParamInput[](101));
        vm.prank(ADMIN);
        vm.expectPartialRevert(ISchemes.SchemesKeyMismatch.selector); // as many as may be, all of them empty
        schemes.setParams(SCHEME, new ParamInput[](100));
    }

    function test_paramsAt_revertsBeyond64() public {
        expectTooMany(65, 64);
        schemes.paramsAt(SCHEME, new bytes32[](65), NOW);
        assertEq(schemes.paramsAt(SCHEME, new bytes32[](64), NOW).length, 64);
    }

    function test_paramHistory_revertsBeyondTheLatest() public {
        set(TODAY, 1);
        expectTooMany(2, 1);
        schemes.paramHistory(SCHEME, KEY, 1);
    }

    function test_param_readsOneSlotForTheLatestValue() public {
        set(TODAY - 1, 1);
        set(TODAY, 2);
        vm.record();
        schemes.param(SCHEME, KEY, NOW);
        (bytes32[] memory reads,) = vm.accesses(address(schemes));
        assertEq(reads.length, 1);
    }

    /* NOTICE */

    function test_setParam_needsNoticeOnceActive() public {
        activated();
        expectNotice(TODAY + NOTICE - 1, TODAY + NOTICE);
        set(TODAY + NOTICE - 1, 1);
        set(TODAY + NOTICE, 1);
    }

    function test_setParam_countsTheNoticeInLocalDays() public {
        activated();
        vm.warp(start(TODAY + 1) - 1);
        set(TODAY + NOTICE, 1);
        vm.warp(start(TODAY + 1));
        expectNotice(TODAY + NOTICE, TODAY + 1 + NOTICE);
        set(TODAY + NOTICE, 2);
    }

    function test_setParam_needsTheOfficeOnceActive() public {
        vm.prank(ADMIN);
        schemes.activate(SCHEME);
        expectNoPower();
        set(TODAY + NOTICE, 1);
    }

    function test_setParam_anOfficeInOneJurisdictionDoesNotDo() public {
        vm.startPrank(ADMIN);
        schemes.grantOffice(ADMIN, SCHEME, HUBEI, Powers.RULES);
        schemes.activate(SCHEME);
        vm.stopPrank();
        expectNoPower();
        set(TODAY + NOTICE, 1);
    }

    function test_setParams_needsNoticeAndOfficeOnceActive() public {
        ParamInput[] memory inputs = new ParamInput[](1);
        inputs[0] = ParamInput(KEY, TEXT, TODAY, 1, SOURCE);
        vm.prank(ADMIN);
        schemes.activate(SCHEME);
        expectNoPower();
        vm.prank(ADMIN);
        schemes.setParams(SCHEME, inputs);

        vm.startPrank(ADMIN);
        schemes.grantOffice(ADMIN, SCHEME, 0, Powers.RULES);
        bytes[] memory calls = one(abi.encodeCall(ISchemes.setParams, (SCHEME, inputs)));
        expectNotice(TODAY, TODAY + NOTICE);
        schemes.amend(SCHEME, REASON, calls);
        vm.stopPrank();
    }

    function testFuzz_setParam_neverChangesWhatHoldsWithinTheNotice(uint32 day, uint256 value, uint256 time) public {
        day = uint32(bound(day, TODAY - 20, TODAY + 2 * NOTICE));
        set(TODAY - 10, 11);
        set(TODAY + 5, 22);
        activated();
        time = bound(time, 0, start(TODAY + NOTICE) - 1);
        uint256 before = schemes.paramOr(SCHEME, KEY, time, NO_VALUE);

        bytes[] memory calls = one(abi.encodeCall(ISchemes.setParam, (SCHEME, KEY, TEXT, day, value, SOURCE)));
        vm.prank(ADMIN);
        try schemes.amend(SCHEME, REASON, calls) {} catch {}
        calls = one(abi.encodeCall(ISchemes.withdrawParam, (SCHEME, KEY)));
        vm.prank(ADMIN);
        try schemes.amend(SCHEME, REASON, calls) {} catch {}

        assertEq(schemes.paramOr(SCHEME, KEY, time, NO_VALUE), before);
    }

    /* WITHDRAW */

    function test_withdrawParam_bringsTheOneBeforeBack() public {
        set(TODAY, 1);
        activated();
        set(TODAY + NOTICE, 2);

        vm.expectEmit(address(schemes));
        emit ISchemes.ParamWithdrawn(SCHEME, KEY, TODAY + NOTICE, 2);
        withdraw();
        assertEq(schemes.param(SCHEME, KEY, start(TODAY + NOTICE)), 1);
        // A value can be set at an earlier day again.
        set(TODAY + NOTICE, 3);
        (uint256 count,,) = schemes.paramHistory(SCHEME, KEY, 0);
        assertEq(count, 2);
    }

    function test_withdrawParam_ofTheOnlyValueLeavesNone() public {
        set(TODAY, 1);
        withdraw();
        expectNoParam(NOW);
        schemes.param(SCHEME, KEY, NOW);
    }

    function test_withdrawParam_revertsWithinTheNotice() public {
        activated();
        set(TODAY + NOTICE, 1);
        skip(1 days);
        expectNotice(TODAY + NOTICE, TODAY + NOTICE + 1);
        withdraw();
    }

    function test_withdrawParam_revertsWithoutValue() public {
        expectNoParam(NOW);
        withdraw();
    }

    function test_withdrawParam_isRestricted() public {
        set(TODAY, 1);
        expectUnauthorized();
        vm.prank(STRANGER);
        schemes.withdrawParam(SCHEME, KEY);
    }

    function test_withdrawParam_needsTheOfficeOnceActive() public {
        set(TODAY + NOTICE, 1);
        vm.prank(ADMIN);
        schemes.activate(SCHEME);
        expectNoPower();
        withdraw();
    }

    /* AGAINST A PLAIN LIST */

    struct Dated {
        uint256 from;
        uint256 value;
    }

    Dated[] private _list;

    /// @dev Sets, replaces and withdraws at random while set-up lasts; a list in memory says what must hold.
    function testFuzz_params_equalAPlainList(uint256 seed) public {
        delete _list;
        uint32 day = TODAY;
        for (uint256 i; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 value = seed >> 64;
            if (seed % 5 == 0 && _list.length != 0) {
                withdraw();
                _list.pop();
                day = _list.length == 0 ? TODAY : uint32((_list[_list.length - 1].from + 8 hours) / 1 days);
            } else if (seed % 5 == 1 && _list.length != 0) {
                set(day, value);
                _list[_list.length - 1].value = value;
            } else {
                day += uint32(1 + seed % 40);
                set(day, value);
                _list.push(Dated(start(day), value));
            }
        }
        for (uint256 i; i < 16; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 time = NOW - 2 days + seed % (500 days);
            assertEq(schemes.paramOr(SCHEME, KEY, time, NO_VALUE), valueIn(time));
        }
    }

    function valueIn(uint256 time) private view returns (uint256 value) {
        value = NO_VALUE;
        for (uint256 i; i < _list.length && _list[i].from <= time; ++i) {
            value = _list[i].value;
        }
    }

    /* EXPECTATIONS */

    function expectUnauthorized() private {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
    }

    function expectNoPower() private {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, ADMIN, SCHEME, 0, Powers.RULES));
    }

    function expectTooMany(uint256 count, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesTooMany.selector, count, limit));
    }
}
