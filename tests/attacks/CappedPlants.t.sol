// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {IInstallations, InstallationData} from "../../interfaces/parties/IInstallations.sol";
import {InstallationId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {ClaimKind, IProjectRegister, MonitoringReport} from "../../interfaces/evidence/IProjects.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {AttackCase} from "./AttackCase.sol";

/// @dev Attempts to count a tonne twice: in the obligation of a plant under a cap, which falls by it, and as a credit or a
/// certificate. A report of the second half of 2020 is final and not issued yet.
contract CappedPlantsTest is AttackCase {
    SchemeId private constant SOUTH = SchemeId.wrap(2);

    InstallationId private site;
    uint64 private pending;
    address private southern = makeAddr("officer of the south");

    function setUp() public override {
        super.setUp();
        pending = _submit(_monitored(HALF, uint64(YEAR_END)), FROM);
        vm.warp(block.timestamp + WINDOW);
        site = _plantOf(CHINA);
        schemes.createScheme(SOUTH, "south", 0, 30, 0);
        schemes.grantOffice(southern, SOUTH, 0, Powers.ALL);
    }

    function _plantOf(SchemeId scheme) private returns (InstallationId) {
        InstallationData[] memory data = new InstallationData[](1);
        data[0] = InstallationData(adminId, scheme, BEIJING, 1, 600_000, 0);
        vm.prank(admin);
        return IInstallations(address(participants)).registerInstallations(data);
    }

    function _placed() private {
        vm.prank(authority);
        vm.expectEmit(address(projects));
        emit IProjectRegister.ProjectPlaced(project, site, authority, WHY);
        projects.placeAtPlant(project, site, WHY);
        assertTrue(InstallationId.unwrap(projects.plantOf(project)) == InstallationId.unwrap(site));
    }

    function test_cappedPlant_isCreditedForItsOwnReduction() public {
        vm.prank(authority);
        UnitId ahead = issuance.issueExAnte(project, 2020, 1_000, WHY);
        _placed();
        bytes memory refused = abi.encodeWithSelector(IIssuance.IssuanceAtCappedPlant.selector, project, site);
        vm.startPrank(authority);
        vm.expectRevert(refused);
        issuance.issueFromReport(pending);
        vm.expectRevert(refused);
        issuance.verify(ahead, pending);
        vm.expectRevert(refused);
        issuance.issueExAnte(project, 2021, 1, WHY);
        projects.placeAtPlant(project, InstallationId.wrap(0), WHY); // it left
        assertEq(credits.issuedOf(issuance.issueFromReport(pending)), 80_000);
        vm.stopPrank();
    }

    function test_cappedPlant_isCreditedForMoreThanThePackLeaves() public {
        _placed();
        _setShare(333_333);
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceBeyondCap.selector, project, 2021, 66_667, 66_666));
        issuance.issueExAnte(project, 2021, 66_667, WHY);
        assertEq(credits.issuedOf(issuance.issueFromReport(pending)), 26_666);
        vm.stopPrank();
    }

    function test_cappedPlant_countsAsZeroWhatIsCredited() public {
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, HALF - 1 hours, HALF, FROM, HALF));
        projects.claimZeroEmission(SOURCE, site, HALF - 1 hours, HALF, FROM);
        vm.stopPrank();
    }

    function test_cappedPlant_isCreditedForWhatCountsAsZero() public {
        bytes32 source = keccak256("another forest");
        project = _project(source);
        vm.prank(authority);
        projects.claimZeroEmission(source, site, HALF - 1 hours, HALF, 0);
        (ClaimKind kind, uint64 ref,) = projects.claimAt(source, HALF - 1 hours);
        assertTrue(kind == ClaimKind.ZeroEmission && ref == InstallationId.unwrap(site));
        vm.warp(NOW);
        MonitoringReport memory r = _monitored(FROM, HALF);
        r.evidenceRoot = keccak256("evidence of another forest");
        _refused(
            dora, r, 0, abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, FROM, HALF, HALF - 1 hours, HALF)
        );
        vm.prank(admin);
        vm.expectRevert(
            abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, HALF - 1 hours, HALF, HALF - 1 hours, HALF)
        );
        projects.claim(source, ClaimKind.Certificate, 1, HALF - 1 hours, HALF, 0);
    }

    function test_cappedPlant_ofAnotherSchemeTakesASource() public {
        InstallationId abroad = _plantOf(SOUTH);
        vm.startPrank(southern);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsForeignName.selector, SOURCE, CHINA, SOUTH));
        projects.claimZeroEmission(SOURCE, abroad, HALF, HALF + 1 hours, FROM);
        bytes memory noPower =
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, southern, CHINA, 0, Powers.REGISTER);
        vm.expectRevert(noPower);
        projects.claimZeroEmission(SOURCE, site, HALF, HALF + 1 hours, FROM);
        vm.expectRevert(noPower);
        projects.placeAtPlant(project, abroad, WHY);
        vm.stopPrank();
    }

    function test_cappedPlant_thatIsNoneOrATimeToCome() public {
        InstallationId none = InstallationId.wrap(999);
        bytes memory unknown = abi.encodeWithSelector(IProjectRegister.ProjectsUnknownPlant.selector, none);
        uint64 today = uint64(block.timestamp);
        vm.startPrank(authority);
        vm.expectRevert(unknown);
        projects.placeAtPlant(project, none, WHY);
        vm.expectRevert(unknown);
        projects.claimZeroEmission(SOURCE, none, FROM, HALF, 0);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadStretch.selector, today, today + 1));
        projects.claimZeroEmission(SOURCE, site, today, today + 1, HALF);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadStretch.selector, today, today));
        projects.claimZeroEmission(SOURCE, site, today, today, HALF);
        vm.stopPrank();
    }

    function _setShare(uint256 ppm) private {
        vm.prank(admin);
        schemes.setParam(CHINA, keccak256("offset.capped_plant_ppm"), "offset.capped_plant_ppm", 17_897, ppm, 0);
    }
}
