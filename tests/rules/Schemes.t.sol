// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {SchemeId} from "../../interfaces/types/Ids.sol";
import {Disclosure, ISchemes, Period, Powers, SchemeInfo} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {SchemesTest} from "./SchemesTest.sol";

contract SchemesLifeTest is SchemesTest {
    uint16 internal constant PERIOD = 2020;
    uint256 internal constant WORD = 73; // holds TODAY: 18824 = 73 x 256 + 136

    /* CREATE AND ACTIVATE */

    function testFuzz_createScheme_keepsZoneAndNotice(int32 offset, uint16 notice) public {
        offset = int32(bound(offset, -14 hours, 14 hours));
        notice = uint16(bound(notice, 1, 366));
        vm.expectEmit(address(schemes));
        emit ISchemes.SchemeCreated(OTHER, "other", offset, notice, SOURCE);
        create(OTHER, "other", offset, notice);

        SchemeInfo memory info = schemes.schemeInfo(OTHER);
        assertEq(info.utcOffset, offset);
        assertEq(info.noticeDays, notice);
        assertEq(info.createdAt, NOW);
        assertEq(info.activatedAt, 0);
        assertEq(schemes.localDay(OTHER, NOW), uint256(int256(NOW) + offset) / 1 days);
    }

    function test_createScheme_revertsOutOfBounds() public {
        string memory long = "a name that goes on and on, far beyond the 64 bytes that it may have";
        assertGt(bytes(long).length, 64);
        expectBadScheme(SchemeId.wrap(0), 0, 1);
        create(SchemeId.wrap(0), "other", 0, 1);
        expectBadScheme(OTHER, 14 hours + 1, 1);
        create(OTHER, "other", 14 hours + 1, 1);
        expectBadScheme(OTHER, -14 hours - 1, 1);
        create(OTHER, "other", -14 hours - 1, 1);
        expectBadScheme(OTHER, 0, 0);
        create(OTHER, "other", 0, 0);
        expectBadScheme(OTHER, 0, 367);
        create(OTHER, "other", 0, 367);
        expectBadScheme(OTHER, 0, type(uint16).max);
        create(OTHER, "other", 0, type(uint16).max);
        expectBadScheme(OTHER, 0, 1);
        create(OTHER, "", 0, 1);
        expectBadScheme(OTHER, 0, 1);
        create(OTHER, long, 0, 1);
    }

    function test_createScheme_takesTheFurthestZones() public {
        create(OTHER, "east", 14 hours, 1);
        create(SchemeId.wrap(SchemeId.unwrap(OTHER) + 1), "west", -14 hours, 1);
    }

    function test_createScheme_revertsForOneThatExists() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesExists.selector, SCHEME));
        create(SCHEME, "again", 0, 1);
    }

    function test_activate_endsSetUpOnce() public {
        vm.expectEmit(address(schemes));
        emit ISchemes.SchemeActivated(SCHEME);
        vm.prank(ADMIN);
        schemes.activate(SCHEME);
        assertEq(schemes.schemeInfo(SCHEME).activatedAt, NOW);

        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesActive.selector, SCHEME));
        vm.prank(ADMIN);
        schemes.activate(SCHEME);
    }

    function test_activate_revertsForAnUnknownScheme() public {
        expectUnknown();
        vm.prank(ADMIN);
        schemes.activate(OTHER);
    }

    function test_localDay_changesAtLocalMidnight() public {
        assertEq(schemes.localDay(SCHEME, NOW), TODAY);
        assertEq(schemes.localDay(SCHEME, start(TODAY)), TODAY);
        assertEq(schemes.localDay(SCHEME, start(TODAY) - 1), TODAY - 1);
        create(OTHER, "west", -8 hours, 1);
        assertEq(schemes.localDay(OTHER, 0), 0);
        expectUnknownScheme(SchemeId.wrap(3));
        schemes.localDay(SchemeId.wrap(3), 0);
    }

    /* PERIODS */

    function test_setPeriod_keepsItAndTellsOldAndNew() public {
        Period memory p = aPeriod();
        Period memory none;
        vm.expectEmit(address(schemes));
        emit ISchemes.PeriodSet(SCHEME, PERIOD, none, p);
        setPeriod(p);
        assertEq(keccak256(abi.encode(schemes.period(SCHEME, PERIOD))), keccak256(abi.encode(p)));

        Period memory later = aPeriod();
        later.surrenderDeadline += 1 days;
        vm.expectEmit(address(schemes));
        emit ISchemes.PeriodSet(SCHEME, PERIOD, p, later);
        setPeriod(later);
    }

    function test_period_revertsForTheUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPeriod.selector, SCHEME, PERIOD));
        schemes.period(SCHEME, PERIOD);
    }

    function test_setPeriod_revertsOutOfOrder() public {
        Period memory p = aPeriod();
        expectBadPeriod(0, p);
        vm.prank(ADMIN);
        schemes.setPeriod(SCHEME, 0, p);

        (p = aPeriod()).firstYear = 0;
        expectBadPeriodAndSet(p);
        (p = aPeriod()).firstYear = 2021;
        expectBadPeriodAndSet(p);
        (p = aPeriod()).vintage = 0;
        expectBadPeriodAndSet(p);
        (p = aPeriod()).reportDeadline = 0;
        expectBadPeriodAndSet(p);
        p = aPeriod();
        p.reportDeadline = p.determinationFrom + 1;
        expectBadPeriodAndSet(p);
        p = aPeriod();
        p.determinationFrom = p.surrenderDeadline + 1;
        expectBadPeriodAndSet(p);
    }

    function test_setPeriod_endsWithinAHundredYears() public {
        uint40 latest = uint40(block.timestamp + 100 * 366 days);
        Period memory p = aPeriod();
        p.surrenderDeadline = latest + 1;
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest));
        schemes.setPeriod(SCHEME, 1, p);
        p.surrenderDeadline = latest;
        schemes.setPeriod(SCHEME, 1, p);
        vm.stopPrank();
    }

    function test_setPeriod_aNewOneNeedsNoticeOnceActive() public {
        activated();
        uint256 earliest = NOW + uint256(NOTICE) * 1 days;
        Period memory p = aPeriod();
        p.reportDeadline = uint40(earliest - 1);
        expectNotice(earliest - 1, earliest);
        setPeriod(p);
        ++p.reportDeadline;
        setPeriod(p);
    }

    function test_setPeriod_yearsAndVintageStayOnceActive() public {
        setPeriod(aPeriod());
        activated();
        Period memory p = aPeriod();
        p.firstYear = 2019;
        expectFixedAndSet(p);
        p = aPeriod();
        p.lastYear = 2021;
        expectFixedAndSet(p);
        p = aPeriod();
        p.vintage = 2021;
        expectFixedAndSet(p);
    }

    function test_setPeriod_aDateStillToComeMovesBeyondTheNotice() public {
        setPeriod(aPeriod());
        activated();
        uint40 earliest = uint40(NOW + uint256(NOTICE) * 1 days);

        Period memory p = aPeriod();
        p.surrenderDeadline += 30 days;
        setPeriod(p);
        assertEq(schemes.period(SCHEME, PERIOD).surrenderDeadline, p.surrenderDeadline);

        p.reportDeadline = earliest - 1;
        expectNotice(earliest - 1, earliest);
        setPeriod(p);
    }

    function test_setPeriod_aDateThatPassedStays() public {
        setPeriod(aPeriod());
        activated();
        vm.warp(aPeriod().reportDeadline);
        Period memory p = aPeriod();
        // Moved past the notice, into what would otherwise be a valid order.
        p.reportDeadline = uint40(block.timestamp + uint256(NOTICE) * 1 days);
        p.determinationFrom = p.reportDeadline;
        p.surrenderDeadline = p.reportDeadline + 1;
        expectFixedAndSet(p);
    }

    /// @dev A surrender that is late stays late, whatever becomes of the other two.
    function test_setPeriod_holdsEachOfTheThreeDatesAlone() public {
        Period memory p = aPeriod();
        p.determinationFrom = uint40(NOW + 120 days);
        setPeriod(p);
        activated();
        vm.warp(NOW + 100 days); // reports are over
        uint256 earliest = NOW + 100 days + uint256(NOTICE) * 1 days;

        Period memory next = copyOf(p);
        next.determinationFrom = uint40(earliest - 1);
        expectNotice(earliest - 1, earliest);
        setPeriod(next);
        next = copyOf(p);
        next.surrenderDeadline = uint40(earliest - 1);
        expectNotice(earliest - 1, earliest);
        setPeriod(next);

        vm.warp(p.determinationFrom);
        next = copyOf(p);
        next.determinationFrom = p.surrenderDeadline;
        expectFixedAndSet(next);
        vm.warp(p.surrenderDeadline - 1);
        next = copyOf(p);
        next.surrenderDeadline += 100 days;
        setPeriod(next); // to the last moment
        vm.warp(next.surrenderDeadline);
        next.surrenderDeadline += 100 days;
        expectFixedAndSet(next);
    }

    function copyOf(Period memory p) private pure returns (Period memory) {
        return abi.decode(abi.encode(p), (Period));
    }

    function test_setPeriod_needsTheOfficeOnceActive() public {
        vm.prank(ADMIN);
        schemes.activate(SCHEME);
        expectNoPower(ADMIN, 0, Powers.RULES);
        setPeriod(aPeriod());
    }

    /* DISCLOSURE */

    function test_disclose_opensTheVintageAndCountsRevisions() public {
        office(0, Powers.DISCLOSE);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNotDisclosed.selector, SCHEME, 2020));
        schemes.requireDisclosed(SCHEME, 2020);

        vm.expectEmit(address(schemes));
        emit ISchemes.VintageDisclosed(SCHEME, 2020, 0, 100, 90, 10, OFFICER, uint40(NOW));
        disclose(100, 90, 10);
        schemes.requireDisclosed(SCHEME, 2020);

        skip(1 days);
        vm.expectEmit(address(schemes));
        emit ISchemes.VintageDisclosed(SCHEME, 2020, 1, 110, 90, 10, OFFICER, uint40(NOW + 1 days));
        disclose(110, 90, 10);
        Disclosure memory d = schemes.disclosure(SCHEME, 2020);
        assertEq(d.capT, 110);
        assertEq(d.freeT, 90);
        assertEq(d.auctionT, 10);
        assertEq(d.disclosedAt, NOW);
        assertEq(d.revision, 1);
        assertEq(schemes.disclosure(SCHEME, 2021).disclosedAt, 0);
    }

    function testFuzz_disclose_revertsWhenMoreIsGivenOutThanTheCap(uint64 cap, uint64 free, uint64 auctioned) public {
        office(0, Powers.DISCLOSE);
        if (cap == 0 || uint256(free) + auctioned > cap) {
            vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesBadDisclosure.selector, cap, free, auctioned));
        }
        disclose(cap, free, auctioned);
    }

    function test_disclose_revertsForABureau() public {
        office(HUBEI, Powers.ALL);
        expectNoPower(OFFICER, 0, Powers.DISCLOSE);
        disclose(100, 90, 10);
    }

    /* CALENDAR */

    function test_setTradingDays_setsOneBitADay() public {
        uint256 bit = TODAY % 256;
        vm.expectEmit(address(schemes));
        emit ISchemes.TradingDaysSet(SCHEME, uint16(WORD), 0, 1 << bit);
        setWord(WORD, 1 << bit);
        assertEq(schemes.tradingDayWord(SCHEME, WORD), 1 << bit);
        assertTrue(schemes.isTradingDay(SCHEME, TODAY));
        assertFalse(schemes.isTradingDay(SCHEME, TODAY + 1));
        assertFalse(schemes.isTradingDay(SCHEME, TODAY + 256));
        assertFalse(schemes.isTradingDay(OTHER, TODAY));
    }

    function testFuzz_setTradingDays_onceActiveChangesOnlyDaysBeyondTheNotice(uint256 old, uint256 next) public {
        setWord(WORD, old);
        activated();
        uint256 firstFree = (TODAY + NOTICE) % 256;
        bool allowed = (old ^ next) & ((1 << firstFree) - 1) == 0;
        if (!allowed) vm.expectPartialRevert(ISchemes.SchemesNoticeTooShort.selector);
        setWord(WORD, next);
        assertEq(schemes.tradingDayWord(SCHEME, WORD), allowed ? next : old);
    }

    function testFuzz_setTradingDays_namesTheFirstDayThatWouldChange(uint8 day) public {
        setWord(WORD, 0);
        activated();
        uint256 changed = WORD * 256 + day;
        if (changed < TODAY + NOTICE) expectNotice(changed, TODAY + NOTICE);
        setWord(WORD, type(uint256).max << day);
    }

    /// @dev The day that goes is asked for, though a later one of its word stays.
    function test_setTradingDays_asksForNoticeOfADayTakenAway() public {
        uint256 later = 1 << 255;
        setWord(WORD, later | 1 << TODAY % 256);
        activated();
        expectNotice(TODAY, TODAY + NOTICE);
        setWord(WORD, later);
        setWord(WORD, 1 << TODAY % 256); // the last one goes, with its notice
    }

    function test_setTradingDays_revertsBeyond16WordsOrTheLastOne() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesTooMany.selector, 17, 16));
        vm.prank(ADMIN);
        schemes.setTradingDays(SCHEME, 0, new uint256[](17));
        vm.prank(ADMIN);
        schemes.setTradingDays(SCHEME, 0, new uint256[](16));
        vm.prank(ADMIN);
        schemes.setTradingDays(SCHEME, type(uint16).max, new uint256[](1));
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesTooMany.selector, 65_537, 65_536));
        vm.prank(ADMIN);
        schemes.setTradingDays(SCHEME, type(uint16).max, new uint256[](2));
    }

    /// @dev A first word that stays as it is opens no way to a second one.
    function test_setTradingDays_asksForNoticeInEveryWord() public {
        activated();
        uint256[] memory words = new uint256[](3);
        (words[1], words[2]) = (1 << TODAY % 256, 1);
        expectNotice(TODAY, TODAY + NOTICE);
        change(abi.encodeCall(ISchemes.setTradingDays, (SCHEME, uint16(WORD - 1), words)));
    }

    function test_setTradingDays_needsTheOfficeOnceActive() public {
        vm.prank(ADMIN);
        schemes.activate(SCHEME);
        expectNoPower(ADMIN, 0, Powers.RULES);
        setWord(WORD, 1);
    }

    /* OFFICES */

    function testFuzz_grantOffice_holdsInItsSchemeAndJurisdictionOnly(uint32 powers, uint16 jurisdiction) public {
        powers = uint32(bound(powers, 1, Powers.ALL));
        vm.assume(jurisdiction != 0 && jurisdiction != type(uint16).max);
        create(OTHER, "other", 0, 1);

        vm.expectEmit(address(schemes));
        emit ISchemes.OfficeGranted(OFFICER, SCHEME, jurisdiction, 0, powers);
        office(jurisdiction, powers);

        assertEq(schemes.officeOf(OFFICER, SCHEME, jurisdiction), powers);
        schemes.checkPower(OFFICER, SCHEME, jurisdiction, powers);
        assertFalse(schemes.hasPower(OFFICER, SCHEME, jurisdiction + 1, powers));
        assertFalse(schemes.hasPower(OFFICER, SCHEME, 0, powers));
        assertFalse(schemes.hasPower(OFFICER, OTHER, jurisdiction, powers));
        assertFalse(schemes.hasPower(STRANGER, SCHEME, jurisdiction, powers));
        expectNoPower(OFFICER, jurisdiction + 1, powers);
        schemes.checkPower(OFFICER, SCHEME, jurisdiction + 1, powers);
    }

    function test_grantOffice_inJurisdiction0HoldsEverywhere() public {
        office(0, Powers.FREEZE);
        assertTrue(schemes.hasPower(OFFICER, SCHEME, HUBEI, Powers.FREEZE));
        assertTrue(schemes.hasPower(OFFICER, SCHEME, 0, Powers.FREEZE));
        assertFalse(schemes.hasPower(OFFICER, SCHEME, HUBEI, Powers.FREEZE | Powers.MARKET));
        office(HUBEI, Powers.MARKET);
        assertTrue(schemes.hasPower(OFFICER, SCHEME, HUBEI, Powers.FREEZE | Powers.MARKET));
    }

    function test_grantOffice_zeroDismisses() public {
        office(HUBEI, Powers.FREEZE);
        vm.expectEmit(address(schemes));
        emit ISchemes.OfficeGranted(OFFICER, SCHEME, HUBEI, Powers.FREEZE, 0);
        office(HUBEI, 0);
        assertFalse(schemes.hasPower(OFFICER, SCHEME, HUBEI, Powers.FREEZE));
    }

    function test_grantOffice_revertsForUnknownPowersNobodyOrAnUnknownScheme() public {
        vm.startPrank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesBadOffice.selector, OFFICER, Powers.ALL + 1));
        schemes.grantOffice(OFFICER, SCHEME, 0, Powers.ALL + 1);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesBadOffice.selector, address(0), 1));
        schemes.grantOffice(address(0), SCHEME, 0, 1);
        expectUnknown();
        schemes.grantOffice(OFFICER, OTHER, 0, 1);
        vm.stopPrank();
    }

    /* RESTRICTED */

    function test_restrictedFunctionsRefuseStrangers() public {
        bytes[7] memory calls = [
            abi.encodeCall(ISchemes.createScheme, (OTHER, "other", int32(0), uint16(1), SOURCE)),
            abi.encodeCall(ISchemes.activate, (SCHEME)),
            abi.encodeCall(ISchemes.setPeriod, (SCHEME, PERIOD, aPeriod())),
            abi.encodeCall(ISchemes.setTradingDays, (SCHEME, uint16(1), new uint256[](1))),
            abi.encodeCall(ISchemes.grantOffice, (STRANGER, SCHEME, uint16(0), uint32(1))),
            abi.encodeCall(ISchemes.withdrawParam, (SCHEME, KEY)),
            abi.encodeCall(ISchemes.planCaps, (SCHEME, uint16(2022), new uint64[](1)))
        ];
        for (uint256 i; i < calls.length; ++i) {
            vm.prank(STRANGER);
            (bool ok, bytes memory why) = address(schemes).call(calls[i]);
            assertFalse(ok);
            assertEq(why, abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        }
    }

    /* STEPS */

    function aPeriod() private pure returns (Period memory) {
        return Period({
            firstYear: 2020,
            lastYear: 2020,
            vintage: 2020,
            reportDeadline: uint40(NOW + 60 days),
            determinationFrom: uint40(NOW + 60 days + 1),
            surrenderDeadline: uint40(NOW + 165 days)
        });
    }

    function create(SchemeId scheme, string memory name, int32 offset, uint16 notice) private {
        vm.prank(ADMIN);
        schemes.createScheme(scheme, name, offset, notice, SOURCE);
    }

    function setPeriod(Period memory p) private {
        change(abi.encodeCall(ISchemes.setPeriod, (SCHEME, PERIOD, p)));
    }

    function setWord(uint256 word, uint256 bits) private {
        uint256[] memory words = new uint256[](1);
        words[0] = bits;
        change(abi.encodeCall(ISchemes.setTradingDays, (SCHEME, uint16(word), words)));
    }

    function office(uint16 jurisdiction, uint32 powers) private {
        vm.prank(ADMIN);
        schemes.grantOffice(OFFICER, SCHEME, jurisdiction, powers);
    }

    function disclose(uint64 cap, uint64 free, uint64 auctioned) private {
        vm.prank(OFFICER);
        schemes.disclose(SCHEME, 2020, cap, free, auctioned);
    }

    /* EXPECTATIONS */

    function expectBadScheme(SchemeId scheme, int32 offset, uint16 notice) private {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesBadScheme.selector, scheme, offset, notice));
    }

    function expectUnknown() private {
        expectUnknownScheme(OTHER);
    }

    function expectUnknownScheme(SchemeId scheme) private {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesUnknown.selector, scheme));
    }

    function expectBadPeriod(uint16 periodId, Period memory p) private {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesBadPeriod.selector, periodId, p));
    }

    function expectBadPeriodAndSet(Period memory p) private {
        expectBadPeriod(PERIOD, p);
        setPeriod(p);
    }

    function expectFixedAndSet(Period memory p) private {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesPeriodFixed.selector, SCHEME, PERIOD));
        setPeriod(p);
    }

    function expectNoPower(address officer, uint16 jurisdiction, uint32 power) private {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, officer, SCHEME, jurisdiction, power));
    }
}
