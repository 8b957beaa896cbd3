// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {IInstallations, InstallationData} from "../../interfaces/parties/IInstallations.sol";
import {InstallationId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {ClaimKind, IProjectRegister, Location, MonitoringReport} from "../../interfaces/evidence/IProjects.sol";
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
        emit IProjectRegister.ProjectPlaced(project, site, authority, 0, WHY);
        projects.placeAtPlant(project, site, 0, WHY);
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
        projects.placeAtPlant(project, InstallationId.wrap(0), 0, WHY); // it left
        assertEq(credits.issuedOf(issuance.issueFromReport(pending)), 80_000);
        vm.stopPrank();
    }

    /* NOBODY SAYS THAT IT STANDS THERE */

    function _sited(Location memory at, bytes32[] memory meters) private {
        vm.prank(authority);
        projects.sitePlant(site, at, meters, WHY);
    }

    function _answered(InstallationId at) private {
        uint32 seen = projects.sitingCount();
        vm.prank(authority);
        projects.placeAtPlant(project, at, seen, WHY);
    }

    function _near(uint32 siting) private view returns (bytes memory) {
        return abi.encodeWithSelector(IProjectRegister.ProjectsNearPlant.selector, project, site, siting);
    }

    function _refusedToIssue(uint32 siting) private {
        vm.startPrank(authority);
        vm.expectRevert(_near(siting));
        issuance.issueFromReport(pending);
        vm.expectRevert(_near(siting));
        issuance.issueExAnte(project, 2021, 1, WHY);
        vm.stopPrank();
    }

    function _issued() private {
        vm.prank(authority);
        assertEq(credits.issuedOf(issuance.issueFromReport(pending)), 80_000);
    }

    function _meters(bytes32 meter) private pure returns (bytes32[] memory meters) {
        meters = new bytes32[](1);
        meters[0] = meter;
    }

    /// @dev Sited after the project was validated, in its cell or one beside it.
    function test_cappedPlant_holdsAProjectThatNobodyPlaced() public {
        vm.prank(authority);
        vm.expectEmit(address(projects));
        emit IProjectRegister.PlantSited(site, 1, authority, _place(), new bytes32[](0), WHY);
        projects.sitePlant(site, _place(), new bytes32[](0), WHY);
        _refusedToIssue(1);
        _answered(InstallationId.wrap(0));
        _sited(Location(_place().latitude + 10_000, _place().longitude - 10_000), new bytes32[](0));
        _refusedToIssue(2);
        (InstallationId near, uint32 siting) = projects.nearPlantOf(project);
        assertTrue(InstallationId.unwrap(near) == InstallationId.unwrap(site) && siting == 2);
        _answered(InstallationId.wrap(0));
        _sited(Location(_place().latitude + 20_000, _place().longitude), new bytes32[](0)); // two cells away
        _issued();
    }

    /// @dev Its own statement says that it stands there: nothing is issued then either.
    function test_cappedPlant_placedWhereItStands() public {
        _sited(_place(), new bytes32[](0));
        _answered(site);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IIssuance.IssuanceAtCappedPlant.selector, project, site));
        issuance.issueFromReport(pending);
    }

    /// @dev Sited before the project is validated.
    function test_cappedPlant_validatesAProjectThatNobodyPlaced() public {
        Location memory at = Location(40_000_000, 116_000_000);
        _sited(at, new bytes32[](0));
        vm.prank(dora);
        project = projects.register(FOREST, 156, FROM, UNTIL, "third", at, new bytes32[](0), "its own");
        vm.startPrank(authority);
        vm.expectRevert(_near(1));
        projects.validate(project, 200_000, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadSitings.selector, project, 2, 1));
        projects.placeAtPlant(project, InstallationId.wrap(0), 2, WHY);
        projects.placeAtPlant(project, InstallationId.wrap(0), 1, WHY);
        projects.validate(project, 200_000, WHY);
        vm.stopPrank();
    }

    /// @dev Far away, on a meter of the plant: named at the siting, before or after the project was validated with it.
    function test_cappedPlant_sharesAMeterWithAProject() public {
        Location memory far = Location(-10_000_000, 20_000_000);
        bytes32 meter = keccak256("a meter");
        bytes32[] memory meters = _meters(meter);
        _sited(far, meters);
        vm.prank(dora);
        project =
            projects.register(FOREST, 156, FROM, UNTIL, "fourth", Location(40_000_000, 116_000_000), meters, "its own");
        vm.prank(authority);
        vm.expectRevert(_near(1));
        projects.validate(project, 200_000, WHY);
        _answered(InstallationId.wrap(0));
        vm.startPrank(authority);
        projects.validate(project, 200_000, WHY);
        issuance.issueExAnte(project, 2021, 1, WHY);
        vm.stopPrank();
        _sited(far, meters);
        vm.prank(authority);
        vm.expectRevert(_near(2));
        issuance.issueExAnte(project, 2021, 1, WHY);
    }

    /// @dev Of several meters each is the plant's: a project on the second one, before and after it is validated.
    function test_cappedPlant_sharesItsSecondMeterWithAProject() public {
        Location memory far = Location(-10_000_000, 20_000_000);
        bytes32[] memory both = new bytes32[](2);
        (both[0], both[1]) = (keccak256("a meter"), keccak256("another"));
        bytes32[] memory second = _meters(both[1]);
        _sited(far, both);
        vm.prank(dora);
        project =
            projects.register(FOREST, 156, FROM, UNTIL, "fourth", Location(40_000_000, 116_000_000), second, "its own");
        vm.prank(authority);
        vm.expectRevert(_near(1));
        projects.validate(project, 200_000, WHY);
        _answered(InstallationId.wrap(0));
        vm.prank(authority);
        projects.validate(project, 200_000, WHY);
        _sited(far, both);
        vm.prank(authority);
        vm.expectRevert(_near(2));
        issuance.issueExAnte(project, 2021, 1, WHY);
    }

    /// @dev Nor is another scheme's name taken along behind one of its own.
    function test_cappedPlant_namesNoMeterOfAnotherSchemeBehindItsOwn() public {
        InstallationId abroad = _plantOf(SOUTH);
        bytes32[] memory both = new bytes32[](2);
        (both[0], both[1]) = (bytes32(uint256(1) << 32), SOURCE);
        vm.prank(southern);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsForeignName.selector, SOURCE, CHINA, SOUTH));
        projects.sitePlant(abroad, _place(), both, WHY);
    }

    /// @dev Another stretch of the source counted as zero there.
    function test_cappedPlant_countedTheSourceBefore() public {
        vm.prank(authority);
        projects.claimZeroEmission(SOURCE, site, uint64(YEAR_END), uint64(YEAR_END + 1 hours), HALF);
        _refusedToIssue(1);
        _answered(InstallationId.wrap(0));
        vm.prank(authority);
        projects.claimZeroEmission(
            SOURCE, site, uint64(YEAR_END + 1 hours), uint64(YEAR_END + 2 hours), uint64(YEAR_END)
        );
        assertEq(projects.sitingCount(), 1, "answered for already");
        _issued();
    }

    function test_cappedPlant_ofAnotherSchemeHoldsAProject() public {
        InstallationId abroad = _plantOf(SOUTH);
        bytes32[] memory none = new bytes32[](0);
        vm.startPrank(southern);
        projects.sitePlant(abroad, _place(), none, WHY);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, southern, CHINA, 0, Powers.REGISTER));
        projects.sitePlant(site, _place(), none, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsForeignName.selector, SOURCE, CHINA, SOUTH));
        projects.sitePlant(abroad, _place(), _meters(SOURCE), WHY);
        vm.stopPrank();
        _issued();
    }

    function test_cappedPlant_sitedNowhereOrWithTooManyMeters() public {
        bytes32[] memory none = new bytes32[](0);
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadLocation.selector, Location(0, 0)));
        projects.sitePlant(site, Location(0, 0), none, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsTooManyMeters.selector, 65, 64));
        projects.sitePlant(site, _place(), new bytes32[](65), WHY);
        InstallationId unknown = InstallationId.wrap(999);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsUnknownPlant.selector, unknown));
        projects.sitePlant(unknown, _place(), none, WHY);
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
        projects.placeAtPlant(project, abroad, 0, WHY);
        vm.stopPrank();
    }

    function test_cappedPlant_thatIsNoneOrATimeToCome() public {
        InstallationId none = InstallationId.wrap(999);
        bytes memory unknown = abi.encodeWithSelector(IProjectRegister.ProjectsUnknownPlant.selector, none);
        uint64 today = uint64(block.timestamp);
        vm.startPrank(authority);
        vm.expectRevert(unknown);
        projects.placeAtPlant(project, none, 0, WHY);
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
