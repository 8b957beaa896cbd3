// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {Disclosure, DisclosureAhead, ISchemes, PlannedCap, Powers} from "../../interfaces/rules/ISchemes.sol";
import {SchemesTest} from "./SchemesTest.sol";

/// @dev Caps of coming vintages, what is disclosed of one, and amendments, which say why a rule changes.
contract DisclosuresTest is SchemesTest {
    /// @dev 1 January 2022: local day 18993, which is 169 days after TODAY.
    uint256 private constant NEW_YEAR = 18_993;
    uint16 private constant YEAR = 2022;

    function setUp() public override {
        super.setUp();
        vm.prank(ADMIN);
        schemes.grantOffice(OFFICER, SCHEME, 0, Powers.DISCLOSE);
    }

    /* THE PATH */

    function test_planCaps_publishesOneAfterTheOther() public {
        activated();
        vm.expectEmit(address(schemes));
        emit ISchemes.CapPlanned(SCHEME, YEAR, 0, 0, 500);
        vm.expectEmit(address(schemes));
        emit ISchemes.CapPlanned(SCHEME, YEAR + 1, 0, 0, 480);
        plan(500, 480);

        assertEq(schemes.plannedCap(SCHEME, YEAR).capT, 500);
        assertEq(schemes.plannedCap(SCHEME, YEAR + 1).capT, 480);
        assertEq(schemes.plannedCap(SCHEME, YEAR).publishedAt, NOW);
        assertEq(schemes.plannedCap(SCHEME, YEAR + 2).publishedAt, 0);
    }

    function test_planCaps_changesOnlyBeyondTheNotice() public {
        activated();
        plan(500, 480);
        vm.warp(start(NEW_YEAR - NOTICE));
        vm.expectEmit(address(schemes));
        emit ISchemes.CapPlanned(SCHEME, YEAR, 1, 500, 490);
        plan(490, 480); // what stays the same is no change

        vm.warp(start(NEW_YEAR - NOTICE + 1));
        expectNotice(NEW_YEAR, NEW_YEAR + 1);
        plan(480, 480);
        plan(490, 470); // the year after is still far
        PlannedCap memory planned = schemes.plannedCap(SCHEME, YEAR);
        assertEq(planned.capT, 490);
        assertEq(planned.revision, 1);
        assertEq(planned.publishedAt, NOW);
    }

    function test_planCaps_asksForNoticeInEveryYear() public {
        activated();
        plan(500, 480);
        vm.warp(start(NEW_YEAR + 365 - NOTICE + 1));
        expectNotice(NEW_YEAR + 365, NEW_YEAR + 366);
        plan(500, 470); // the first stays, the second comes too late
    }

    function testFuzz_planCaps_neverChangesACapWithinTheNotice(uint16 vintage, uint64 cap, uint256 time) public {
        vintage = uint16(bound(vintage, 2018, 2026));
        time = bound(time, NOW, start(NEW_YEAR + 800));
        activated();
        plan(500, 480);
        vm.warp(time);
        uint64 before = schemes.plannedCap(SCHEME, vintage).capT;
        bytes[] memory calls = one(abi.encodeCall(ISchemes.planCaps, (SCHEME, vintage, caps(cap))));
        vm.prank(ADMIN);
        try schemes.amend(SCHEME, REASON, calls) {} catch {}
        if (schemes.plannedCap(SCHEME, vintage).capT == before) return;
        uint256 begins =
            NEW_YEAR - 1461 + (uint256(vintage) - 2018) * 365 + (vintage > 2020 ? 1 : 0) + (vintage > 2024 ? 1 : 0);
        assertGe(begins, (block.timestamp + 8 hours) / 1 days + NOTICE);
    }

    function test_planCaps_isFreeDuringSetUp() public {
        change(abi.encodeCall(ISchemes.planCaps, (SCHEME, uint16(2019), caps(7))));
        assertEq(schemes.plannedCap(SCHEME, 2019).capT, 7);
    }

    function test_planCaps_leavesADisclosedVintage() public {
        plan(500, 480);
        disclose(YEAR, 500, 400, 100);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesCapFixed.selector, SCHEME, YEAR));
        plan(501, 480);
    }

    /// @dev The second of two years was disclosed: it stays, whichever of the path it is.
    function test_planCaps_leavesADisclosedVintageBehindAnother() public {
        plan(500, 480);
        disclose(YEAR + 1, 480, 400, 80);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesCapFixed.selector, SCHEME, YEAR + 1));
        plan(501, 481);
        plan(501, 480);
    }

    function test_planCaps_revertsBeyond32OrTheLastYear() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesTooMany.selector, 33, 32));
        change(abi.encodeCall(ISchemes.planCaps, (SCHEME, YEAR, new uint64[](33))));
        change(abi.encodeCall(ISchemes.planCaps, (SCHEME, YEAR, new uint64[](32))));
        change(abi.encodeCall(ISchemes.planCaps, (SCHEME, type(uint16).max, new uint64[](1))));
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesTooMany.selector, 65_537, 65_536));
        change(abi.encodeCall(ISchemes.planCaps, (SCHEME, type(uint16).max, new uint64[](2))));
    }

    function test_disclose_takesTheCapOfThePath() public {
        plan(500, 480);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesCapNotPlanned.selector, SCHEME, YEAR, 501, 500));
        disclose(YEAR, 501, 400, 100);
        disclose(YEAR, 500, 400, 100);
        disclose(2030, 999, 1, 1); // no path, no cap to keep
    }

    function test_disclose_mayTakeAnyCapWhereThePathHasNoneAnyMore() public {
        plan(500, 480);
        plan(0, 480);
        assertEq(schemes.plannedCap(SCHEME, YEAR).revision, 1);
        disclose(YEAR, 501, 400, 100);
    }

    /* REVISIONS */

    function test_disclose_aRevisionHoldsAfterTheNotice() public {
        activated();
        disclose(YEAR, 500, 400, 100);
        uint256 from = start(TODAY + NOTICE);
        vm.expectEmit(address(schemes));
        emit ISchemes.VintageDisclosed(SCHEME, YEAR, 1, 510, 450, 60, OFFICER, uint40(from));
        revise(510, 450, 60);

        checkHolds(500, 400, 100, 0);
        vm.warp(from - 1);
        checkHolds(500, 400, 100, 0);
        vm.warp(from);
        checkHolds(510, 450, 60, 1);
        DisclosureAhead memory ahead = schemes.disclosureAhead(SCHEME, YEAR);
        assertEq(ahead.holdsFrom, from);
        assertEq(ahead.revision, 1);
    }

    function test_disclose_aRevisionTakesThePlaceOfOneThatDoesNotHold() public {
        activated();
        disclose(YEAR, 500, 400, 100);
        revise(510, 450, 60);
        skip(1 days);
        revise(520, 450, 70);
        vm.warp(start(TODAY + NOTICE));
        checkHolds(500, 400, 100, 0);
        vm.warp(start(TODAY + NOTICE + 1));
        checkHolds(520, 450, 70, 2);

        revise(530, 450, 80);
        checkHolds(520, 450, 70, 2);
        skip(uint256(NOTICE) * 1 days);
        checkHolds(530, 450, 80, 3);
    }

    function test_disclose_aRevisionSaysWhyOnceActive() public {
        activated();
        disclose(YEAR, 500, 400, 100);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoReason.selector, SCHEME));
        disclose(YEAR, 510, 400, 100);
    }

    /* AMENDMENTS */

    function test_amend_isOneActWithOneReason() public {
        activated();
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(ISchemes.setParam, (SCHEME, KEY, TEXT, TODAY + NOTICE, 7, SOURCE));
        calls[1] = abi.encodeCall(ISchemes.planCaps, (SCHEME, YEAR, caps(500)));
        vm.expectEmit(address(schemes));
        emit ISchemes.RulesAmended(SCHEME, 1, ADMIN, 2, REASON);
        vm.prank(ADMIN);
        schemes.amend(SCHEME, REASON, calls);
        assertEq(schemes.amendmentCount(SCHEME), 1);
        assertEq(schemes.param(SCHEME, KEY, start(TODAY + NOTICE)), 7);
        assertEq(schemes.plannedCap(SCHEME, YEAR).capT, 500);
    }

    function test_amend_isAllOrNothing() public {
        activated();
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(ISchemes.setParam, (SCHEME, KEY, TEXT, TODAY + NOTICE, 7, SOURCE));
        calls[1] = abi.encodeCall(ISchemes.setParam, (SCHEME, KEY, TEXT, TODAY, 7, SOURCE));
        expectNotice(TODAY, TODAY + NOTICE);
        vm.prank(ADMIN);
        schemes.amend(SCHEME, REASON, calls);
        assertEq(schemes.amendmentCount(SCHEME), 0);
    }

    function test_setParam_isPartOfAnAmendmentOnceActive() public {
        activated();
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoReason.selector, SCHEME));
        vm.prank(ADMIN);
        schemes.setParam(SCHEME, KEY, TEXT, TODAY + NOTICE, 7, SOURCE);
    }

    function test_amend_givesNoReasonForAnotherScheme() public {
        activated();
        vm.startPrank(ADMIN);
        schemes.createScheme(OTHER, "other", 0, 1, SOURCE);
        schemes.grantOffice(ADMIN, OTHER, 0, Powers.RULES);
        schemes.activate(OTHER);
        bytes[] memory calls = one(abi.encodeCall(ISchemes.setParam, (OTHER, KEY, TEXT, TODAY + NOTICE, 7, SOURCE)));
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoReason.selector, OTHER));
        schemes.amend(SCHEME, REASON, calls);
    }

    function test_amend_isNotMadeWithinAnother() public {
        activated();
        bytes[] memory inner = one(abi.encodeCall(ISchemes.withdrawParam, (SCHEME, KEY)));
        bytes[] memory calls = one(abi.encodeCall(ISchemes.amend, (SCHEME, REASON, inner)));
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesAmending.selector, SCHEME));
        vm.prank(ADMIN);
        schemes.amend(SCHEME, REASON, calls);
    }

    function test_amend_givesNobodyAPower() public {
        activated();
        bytes[] memory calls = one(abi.encodeCall(ISchemes.grantOffice, (OFFICER, SCHEME, uint16(0), Powers.ALL)));
        vm.expectRevert();
        vm.prank(OFFICER);
        schemes.amend(SCHEME, REASON, calls);
        assertEq(schemes.officeOf(OFFICER, SCHEME, 0), Powers.DISCLOSE);

        calls = one(abi.encodeCall(ISchemes.amendmentCount, (SCHEME)));
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, STRANGER, SCHEME, 0, Powers.DISCLOSE));
        vm.prank(STRANGER);
        schemes.amend(SCHEME, REASON, calls);

        address abroad = makeAddr("officer of another scheme");
        vm.startPrank(ADMIN);
        schemes.createScheme(SchemeId.wrap(99), "other", 0, NOTICE, SOURCE);
        schemes.grantOffice(abroad, SchemeId.wrap(99), 0, Powers.ALL);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, abroad, SCHEME, 0, Powers.DISCLOSE));
        vm.prank(abroad);
        schemes.amend(SCHEME, REASON, calls);
    }

    function test_amend_needsAReasonAndOneToTwentyChanges() public {
        activated();
        bytes[] memory calls = one(abi.encodeCall(ISchemes.planCaps, (SCHEME, YEAR, caps(500))));
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesBadAmendment.selector, 0, 1));
        schemes.amend(SCHEME, "", calls);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesBadAmendment.selector, 1001, 1));
        schemes.amend(SCHEME, string(new bytes(1001)), calls);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesBadAmendment.selector, 1, 0));
        schemes.amend(SCHEME, "x", new bytes[](0));
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesBadAmendment.selector, 1, 21));
        schemes.amend(SCHEME, "x", new bytes[](21));
        bytes[] memory twenty = new bytes[](20);
        for (uint256 i; i < 20; ++i) {
            twenty[i] = calls[0];
        }
        schemes.amend(SCHEME, string(new bytes(1000)), twenty);
        assertEq(schemes.amendmentCount(SCHEME), 1);
    }

    /* STEPS */

    function plan(uint64 first, uint64 second) private {
        uint64[] memory both = new uint64[](2);
        (both[0], both[1]) = (first, second);
        change(abi.encodeCall(ISchemes.planCaps, (SCHEME, YEAR, both)));
    }

    function caps(uint64 cap) private pure returns (uint64[] memory list) {
        list = new uint64[](1);
        list[0] = cap;
    }

    function disclose(uint16 vintage, uint64 cap, uint64 free, uint64 auctioned) private {
        vm.prank(OFFICER);
        schemes.disclose(SCHEME, vintage, cap, free, auctioned);
    }

    function revise(uint64 cap, uint64 free, uint64 auctioned) private {
        bytes[] memory calls = one(abi.encodeCall(ISchemes.disclose, (SCHEME, YEAR, cap, free, auctioned)));
        vm.prank(OFFICER);
        schemes.amend(SCHEME, REASON, calls);
    }

    function checkHolds(uint64 cap, uint64 free, uint64 auctioned, uint16 revision) private view {
        Disclosure memory d = schemes.disclosure(SCHEME, YEAR);
        assertEq(d.capT, cap);
        assertEq(d.freeT, free);
        assertEq(d.auctionT, auctioned);
        assertEq(d.revision, revision);
        assertEq(d.disclosedAt, NOW);
    }
}
