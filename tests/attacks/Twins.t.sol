// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    IProjectRegister,
    IProjectReports,
    Location,
    MonitoringReport,
    ProjectId
} from "../../interfaces/evidence/IProjects.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {ProjectsCase} from "../evidence/ProjectsCase.sol";

/// @dev One plant registered twice: each of these issued its tonnes a second time.
contract TwinsTest is ProjectsCase {
    /// @dev Another source, by one space in its name.
    function _twin(Location memory at, bytes32 document) private returns (ProjectId) {
        vm.prank(developerWallet);
        return projects.register(FOREST, 156, FROM, UNTIL, keccak256("a forest "), at, _meters(0), document);
    }

    function _near(int32 north, int32 east) private pure returns (Location memory at) {
        at = _wuyi();
        at.latitude += north;
        at.longitude += east;
    }

    function _like(ProjectId twin) private view returns (bytes memory) {
        return abi.encodeWithSelector(IProjectRegister.ProjectsLikeAnother.selector, twin, id, 1);
    }

    function _refusedToValidate(ProjectId twin) private {
        vm.prank(authority);
        vm.expectRevert(_like(twin));
        projects.validate(twin, CAP_T, WHY);
    }

    function _allowed(ProjectId other) private {
        vm.prank(authority);
        projects.validate(other, CAP_T, WHY);
    }

    /* PLACE AND DOCUMENT */

    function test_sameDocumentFarAway() public {
        _refusedToValidate(_twin(_near(5e6, 5e6), WHY));
    }

    function test_samePlaceWithAnotherDocument() public {
        _refusedToValidate(_twin(_wuyi(), "its own"));
    }

    /// @dev Wuyi's cell begins at 27.72 and 118.01 degrees: the twin is said to be over its borders and corners.
    function test_acrossTheBordersOfACell() public {
        int32[2][8] memory steps = [
            [int32(0), int32(-1)],
            [int32(-5001), int32(0)],
            [int32(5000), int32(0)],
            [int32(0), int32(10_000)],
            [int32(-5001), int32(-1)],
            [int32(-5001), int32(19_999)],
            [int32(14_999), int32(-10_000)],
            [int32(14_999), int32(19_999)]
        ];
        for (uint256 i = 0; i < steps.length; ++i) {
            _refusedToValidate(_twin(_near(steps[i][0], steps[i][1]), "its own"));
        }
        _allowed(_twin(_near(-15_001, 0), "south"));
        _allowed(_twin(_near(0, 20_000), "east"));
    }

    /// @dev The last cell of the east meets the first of the west.
    function test_acrossTheDateLine() public {
        ProjectId east = _twin(Location(-16_500_000, 179_999_999), "east");
        ProjectId west = _twin(Location(-16_500_000, -179_999_999), "west");
        _allowed(east);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsLikeAnother.selector, west, east, 2));
        projects.validate(west, CAP_T, WHY);
        _allowed(_twin(Location(-16_500_000, 179_970_000), "west of both"));
        _allowed(_twin(Location(-90_000_000, -180_000_000), "pole")); // has a row below it
    }

    /// @dev Two registrations of one plant at once: the second to be validated is compared with the first.
    function test_aTwinRegisteredBefore() public {
        ProjectId first = _twin(_near(5e6, 0), "a");
        ProjectId second = _twin(_near(5e6, 0), "b");
        _allowed(second);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsLikeAnother.selector, first, second, 2));
        projects.validate(first, CAP_T, WHY);
    }

    /* ANSWERS */

    /// @dev One validated since the officer looked is not covered.
    function test_answer_coversOnlyWhatTheOfficerSaw() public {
        ProjectId twin = _twin(_wuyi(), "its own");
        ProjectId third = _twin(_wuyi(), "a third");
        vm.startPrank(authority);
        _answer(third, id, 1);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsLikeAnother.selector, twin, third, 2));
        _answer(twin, id, 1);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadAnswer.selector, twin, 1, 3, 2));
        _answer(twin, id, 3);
        _answer(twin, third, 2);
        vm.stopPrank();
    }

    /* EVIDENCE */

    /// @dev Far away, by another document: only the evidence says that it is the same forest.
    function test_sameEvidence() public {
        ProjectId twin = _twin(_near(5e6, 0), "its own");
        _allowed(twin);
        MonitoringReport memory r = _monitored();
        uint64 first = _submit(r, 0);
        r.project = twin;
        bytes memory same =
            abi.encodeWithSelector(IProjectReports.ProjectsSameEvidence.selector, r.evidenceRoot, SOURCE);
        _refused(same, r);

        schemes.grantOffice(secondOfficer, CHINA, 0, Powers.DISPUTE);
        vm.prank(authority);
        projects.dispute(first, WHY);
        vm.prank(secondOfficer);
        projects.resolve(first, true, WHY, 0);
        _refused(same, r); // an annulled report's evidence is still its source's
        r.evidenceRoot = keccak256("its own evidence");
        _submit(r, 0);
    }

    /* LOCAL YEARS */

    /// @dev From 2021-01-01 00:00 in China, which is 2020-12-31 16:00 in UTC.
    function test_aVintageIsAYearOfTheSchemesZone() public {
        MonitoringReport memory r = _monitored();
        (r.periodFrom, r.periodUntil) = (uint64(YEAR_END - 8 hours), uint64(YEAR_END - 1 hours));
        r.quantityT = 20;
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsBadVintage.selector, 2020, 2021, 2021), r);
        r.vintage = 2021;
        _submit(r, 0);
        (r.periodFrom, r.periodUntil) = (uint64(YEAR_END - 9 hours), uint64(YEAR_END - 8 hours));
        r.evidenceRoot = keccak256("the hour before");
        _refused(abi.encodeWithSelector(IProjectReports.ProjectsBadVintage.selector, 2021, 2020, 2020), r);
        r.vintage = 2020;
        _submit(r, 0);
    }
}
