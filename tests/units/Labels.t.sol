// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Test} from "forge-std/Test.sol";

import {Horizon} from "../../contracts/lib/Horizon.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {ILabels, Label, LabelKind} from "../../interfaces/units/ILabels.sol";
import {Batch, BatchStatus, IOffsetCredits, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";

/// @dev Batches 1 and 2 are issued, no other.
contract LabelsTest is Test {
    uint16 internal constant CORSIA = 1;
    uint16 internal constant CCP = 2;
    UnitId internal constant ONE = UnitId.wrap(1);
    UnitId internal constant TWO = UnitId.wrap(2);
    bytes32 internal constant LETTER = keccak256("letter");
    uint32 internal constant TODAY = 20_000;

    address internal icao = makeAddr("icao");
    address internal council = makeAddr("council");
    address internal credits = makeAddr("credits");
    AccessManager internal manager;
    ILabels internal labels;

    function setUp() public {
        vm.warp(uint256(TODAY) * 1 days);
        manager = new AccessManager(address(this));
        labels = ILabels(vm.deployCode("Labels.sol:Labels", abi.encode(manager, credits)));
        for (uint256 i = 1; i < 4; ++i) {
            Batch memory batch;
            batch.status = i < 3 ? BatchStatus.Active : BatchStatus.None;
            vm.mockCall(credits, abi.encodeCall(IOffsetCredits.batch, (UnitId.wrap(i))), abi.encode(batch));
        }
        labels.setProgramme(CORSIA, icao, LabelKind.Qualification, "CORSIA first phase");
        labels.setProgramme(CCP, council, LabelKind.Endorsement, "ICVCM CCP");
    }

    function test_setProgramme_isRestricted() public {
        vm.prank(icao);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, icao));
        labels.setProgramme(3, icao, LabelKind.Insurance, "mine");
    }

    function test_setProgramme_needsNumberKindAndName() public {
        _expectBadProgramme(0, LabelKind.Insurance, "name");
        _expectBadProgramme(3, LabelKind.None, "name");
        _expectBadProgramme(3, LabelKind.Insurance, "");
        _expectBadProgramme(3, LabelKind.Insurance, string(new bytes(65)));
        labels.setProgramme(3, icao, LabelKind.Insurance, string(new bytes(64)));
    }

    function test_grant_isOfItsKeeperAlone() public {
        vm.prank(council);
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsNotKeeper.selector, CORSIA, council, icao));
        labels.grant(CORSIA, _both(), Label(TODAY, TODAY + 100, LETTER), "");
    }

    function test_grant_holdsFromTheFirstDayToTheLast() public {
        vm.expectEmit();
        emit ILabels.LabelGranted(CORSIA, ONE, Label(TODAY, TODAY + 100, LETTER), icao, "2024 to 2026");
        _grant(TODAY, TODAY + 100);
        assertEq(labels.labelOf(CORSIA, TWO).evidence, LETTER);
        assertFalse(labels.isLabelled(CORSIA, ONE, TODAY - 1));
        assertTrue(labels.isLabelled(CORSIA, ONE, TODAY));
        assertTrue(labels.isLabelled(CORSIA, ONE, TODAY + 100));
        assertFalse(labels.isLabelled(CORSIA, ONE, TODAY + 101));
        assertFalse(labels.isLabelled(CCP, ONE, TODAY), "another programme's");
    }

    function test_grant_needsEvidenceAndDaysInOrder() public {
        vm.startPrank(icao);
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsBadLabel.selector, TODAY, TODAY, bytes32(0), uint256(0)));
        labels.grant(CORSIA, _both(), Label(TODAY, TODAY, 0), "");
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsBadLabel.selector, TODAY, TODAY - 1, LETTER, uint256(0)));
        labels.grant(CORSIA, _both(), Label(TODAY, TODAY - 1, LETTER), "");
        uint32 last = type(uint32).max;
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsBadLabel.selector, last, TODAY, LETTER, uint256(0)));
        labels.grant(CORSIA, _both(), Label(last, TODAY, LETTER), "");
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsBadLabel.selector, TODAY, TODAY, LETTER, uint256(201)));
        labels.grant(CORSIA, _both(), Label(TODAY, TODAY, LETTER), string(new bytes(201)));
        labels.grant(CORSIA, _both(), Label(TODAY, TODAY, LETTER), string(new bytes(200)));
        assertTrue(labels.isLabelled(CORSIA, ONE, TODAY), "a day is the shortest time");
    }

    function test_grant_isNeverBeyondATerm() public {
        uint256 latest = (block.timestamp + Horizon.TERM) / 1 days;
        vm.prank(icao);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, type(uint32).max, latest));
        labels.grant(CORSIA, _both(), Label(TODAY, type(uint32).max, LETTER), "");
        _grant(TODAY, uint32(latest));
    }

    function test_grant_isOfIssuedBatches() public {
        UnitId[] memory units = new UnitId[](1);
        units[0] = UnitId.wrap(3);
        vm.prank(icao);
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsUnknownBatch.selector, units[0]));
        labels.grant(CORSIA, units, Label(TODAY, TODAY, LETTER), "");
    }

    function test_grant_isOfOneToThirtyTwoBatches() public {
        vm.startPrank(icao);
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsBadCount.selector, 0, 32));
        labels.grant(CORSIA, new UnitId[](0), Label(TODAY, TODAY, LETTER), "");
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsBadCount.selector, 33, 32));
        labels.grant(CORSIA, new UnitId[](33), Label(TODAY, TODAY, LETTER), "");
        UnitId[] memory most = new UnitId[](32);
        for (uint256 i; i < 32; ++i) {
            most[i] = UnitId.wrap(3);
        }
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsUnknownBatch.selector, 3)); // none that was issued
        labels.grant(CORSIA, most, Label(TODAY, TODAY, LETTER), "");
    }

    function test_aSecondLabel_followsTheFirst() public {
        _grant(TODAY, TODAY + 100);
        vm.prank(icao);
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsAlreadyLabelled.selector, CORSIA, ONE, TODAY + 100));
        labels.grant(CORSIA, _both(), Label(TODAY + 100, TODAY + 200, LETTER), "");
        _grant(TODAY + 101, TODAY + 200);
        assertTrue(labels.isLabelled(CORSIA, ONE, TODAY + 200));
    }

    function test_end_isOfItsKeeperAloneAndEarlier() public {
        _grant(TODAY, TODAY + 100);
        vm.prank(council);
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsNotKeeper.selector, CORSIA, council, icao));
        labels.end(CORSIA, _both(), TODAY, "why");
        vm.startPrank(icao);
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsNotEnding.selector, CORSIA, ONE, TODAY + 100, TODAY + 100));
        labels.end(CORSIA, _both(), TODAY + 100, "why");
        uint32 latest = type(uint32).max;
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsNotEnding.selector, CORSIA, ONE, latest, TODAY + 100));
        labels.end(CORSIA, _both(), latest, "why");
        labels.end(CORSIA, _both(), TODAY + 9, "why");
        assertTrue(labels.isLabelled(CORSIA, ONE, TODAY + 9));
        assertFalse(labels.isLabelled(CORSIA, ONE, TODAY + 10));
    }

    function test_end_beforeTheFirstDay_meansItNeverHeld() public {
        _grant(TODAY, TODAY + 100);
        vm.prank(icao);
        labels.end(CORSIA, _both(), TODAY - 1, "wrong batch");
        assertFalse(labels.isLabelled(CORSIA, ONE, TODAY));
        _grant(TODAY, TODAY + 50);
        assertTrue(labels.isLabelled(CORSIA, ONE, TODAY), "it can be labelled anew");
    }

    function test_aNewKeeper_endsWhatTheOldOneGranted() public {
        _grant(TODAY, TODAY + 100);
        labels.setProgramme(CORSIA, council, LabelKind.Qualification, "CORSIA first phase");
        vm.prank(icao);
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsNotKeeper.selector, CORSIA, icao, council));
        labels.end(CORSIA, _both(), TODAY, "why");
        vm.prank(council);
        labels.end(CORSIA, _both(), TODAY, "why");
    }

    function test_aProgrammeWithoutKeeper_hasNone() public {
        vm.prank(address(0));
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsNotKeeper.selector, 9, address(0), address(0)));
        labels.grant(9, _both(), Label(TODAY, TODAY, LETTER), "");
    }

    function _grant(uint32 from, uint32 until) private {
        vm.prank(icao);
        labels.grant(CORSIA, _both(), Label(from, until, LETTER), "2024 to 2026");
    }

    function _both() private pure returns (UnitId[] memory units) {
        units = new UnitId[](2);
        (units[0], units[1]) = (ONE, TWO);
    }

    function _expectBadProgramme(uint16 number, LabelKind kind, string memory name) private {
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsBadProgramme.selector, number, kind, bytes(name).length));
        labels.setProgramme(number, icao, kind, name);
    }

    /// @dev Each of several batches is looked at, not the first one alone.
    function test_grant_looksAtEachOfItsBatches() public {
        UnitId[] memory units = _both();
        units[1] = UnitId.wrap(3);
        vm.startPrank(icao);
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsUnknownBatch.selector, units[1]));
        labels.grant(CORSIA, units, Label(TODAY, TODAY, LETTER), "");

        UnitId[] memory two = new UnitId[](1);
        two[0] = TWO;
        labels.grant(CORSIA, two, Label(TODAY, TODAY + 9, LETTER), "");
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsAlreadyLabelled.selector, CORSIA, TWO, TODAY + 9));
        labels.grant(CORSIA, _both(), Label(TODAY, TODAY + 100, LETTER), "");
        vm.stopPrank();
        assertEq(labels.labelOf(CORSIA, ONE).evidence, 0);
    }

    /// @dev The end of one batch's label is no later day of another's.
    function test_end_looksAtEachOfItsBatches() public {
        _grant(TODAY, TODAY + 100);
        UnitId[] memory two = new UnitId[](1);
        two[0] = TWO;
        vm.startPrank(icao);
        labels.end(CORSIA, two, TODAY + 9, "why");
        vm.expectRevert(abi.encodeWithSelector(ILabels.LabelsNotEnding.selector, CORSIA, TWO, TODAY + 50, TODAY + 9));
        labels.end(CORSIA, _both(), TODAY + 50, "why");
        vm.stopPrank();
        assertFalse(labels.isLabelled(CORSIA, TWO, TODAY + 10));
        assertTrue(labels.isLabelled(CORSIA, ONE, TODAY + 100));
    }
}
