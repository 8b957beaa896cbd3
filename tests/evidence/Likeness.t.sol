// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    IProjectRegister,
    Location,
    MonitoringReport,
    ProjectId,
    ProjectStatus
} from "../../interfaces/evidence/IProjects.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ProjectsCase} from "./ProjectsCase.sol";

/// @dev Answers for projects that are like others, names, and what a registration leaves alone; see `attacks/Twins.t.sol`.
contract LikenessTest is ProjectsCase {
    function _twin(Location memory at, bytes32 document) private returns (ProjectId) {
        vm.prank(developerWallet);
        return projects.register(FOREST, 156, FROM, UNTIL, keccak256("a forest "), at, _meters(0), document);
    }

    function _near(int32 north, int32 east) private pure returns (Location memory at) {
        at = _wuyi();
        at.latitude += north;
        at.longitude += east;
    }

    function _allowed(ProjectId other) private {
        vm.prank(authority);
        projects.validate(other, CAP_T, WHY);
    }

    function test_answer_isOnRecordAndValidates() public {
        ProjectId twin = _twin(_wuyi(), "its own");
        ProjectId[] memory others = new ProjectId[](1);
        others[0] = id;
        vm.expectEmit(address(projects));
        emit IProjectRegister.LikenessAnswered(twin, authority, others, 1, "two plants");
        vm.prank(authority);
        projects.answerAndValidate(twin, CAP_T, WHY, others, 1, "two plants");
        assertTrue(projects.project(twin).status == ProjectStatus.Validated);
        (ProjectId latest, uint32 validation) = projects.likenessOf(twin);
        assertTrue(latest == twin && validation == 2);
    }

    function test_answer_isTheOffices() public {
        ProjectId twin = _twin(_wuyi(), "its own");
        vm.prank(developerWallet);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, developerWallet, CHINA, 0, Powers.REGISTER)
        );
        _answer(twin, id, 1);
    }

    function test_answer_namesValidatedProjectsAndAReason() public {
        ProjectId twin = _twin(_wuyi(), "its own");
        ProjectId[] memory others = new ProjectId[](101);
        vm.startPrank(authority);
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsWrongStatus.selector, twin, ProjectStatus.Registered)
        );
        _answer(twin, twin, 1);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsUnknown.selector, 99));
        _answer(twin, ProjectId.wrap(99), 1);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadAnswer.selector, twin, 101, 1, 1));
        projects.answerAndValidate(twin, CAP_T, WHY, others, 1, "too many");
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadAnswer.selector, twin, 0, 1, 1));
        projects.answerAndValidate(twin, CAP_T, WHY, new ProjectId[](0), 1, "none");
        others = new ProjectId[](1);
        others[0] = id;
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadText.selector, 0, 1000));
        projects.answerAndValidate(twin, CAP_T, WHY, others, 1, "");
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadText.selector, 1001, 1000));
        projects.answerAndValidate(twin, CAP_T, WHY, others, 1, string(new bytes(1001)));
        // The last that is taken: a hundred others, of which there is none here; what is known today; a thousand bytes.
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsUnknown.selector, 0));
        projects.answerAndValidate(twin, CAP_T, WHY, new ProjectId[](100), 1, "a hundred");
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadAnswer.selector, twin, 1, 2, 1));
        projects.answerAndValidate(twin, CAP_T, WHY, others, 2, "more than there are");
        projects.answerAndValidate(twin, CAP_T, WHY, others, 1, string(new bytes(1000)));
        vm.stopPrank();
    }

    function test_answer_namesNoRegisteredProjectBehindAValidatedOne() public {
        ProjectId twin = _twin(_wuyi(), "its own");
        ProjectId[] memory others = new ProjectId[](2);
        (others[0], others[1]) = (id, _twin(_wuyi(), "another"));
        vm.prank(authority);
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsWrongStatus.selector, others[1], ProjectStatus.Registered)
        );
        projects.answerAndValidate(twin, CAP_T, WHY, others, 1, "two plants");
    }

    /// @dev One source may report two periods by one package.
    function test_sameEvidenceOfOneSource() public {
        MonitoringReport memory r = _monitored();
        _submit(r, 0);
        (r.periodFrom, r.periodUntil) = (HALF, uint64(YEAR_END - 8 hours));
        _submit(r, FROM);
    }

    /// @dev In another scheme it took the names of source and meter, for ever.
    function test_aRegistrationTakesNothing() public {
        _otherScheme();
        vm.prank(developerWallet);
        ProjectId rival = projects.register(FOREST, 156, FROM, UNTIL, "a dam", _near(5e6, 0), _meters(1), "x");
        assertEq(projects.project(rival).source, "a dam");
        assertEq(uint256(projects.sourceOfMeter(_meters(1)[0])), 0);
        assertTrue(projects.schemeOfName("a dam") != CHINA);
        assertTrue(projects.schemeOfName(_meters(1)[0]) != CHINA);
        _allowed(rival);
        assertTrue(projects.schemeOfName("a dam") == CHINA);
        assertTrue(projects.schemeOfName(_meters(1)[0]) == CHINA);
    }

    function test_name_isTheDevelopersUntilItIsValidated() public {
        ProjectId twin = _twin(_near(5e6, 0), "its own");
        vm.expectEmit(address(projects));
        emit IProjectRegister.ProjectNamed(twin, "Zhangbei wind 2");
        vm.startPrank(developerWallet);
        projects.nameProject(twin, "Zhangbei wind 2");
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadText.selector, 0, 200));
        projects.nameProject(twin, "");
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadText.selector, 201, 200));
        projects.nameProject(twin, string(new bytes(201)));
        projects.nameProject(twin, string(new bytes(200)));
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsWrongStatus.selector, id, ProjectStatus.Validated)
        );
        projects.nameProject(id, "another");
        vm.stopPrank();
        vm.prank(emitterWallet);
        vm.expectPartialRevert(IProjectRegister.ProjectsNotDeveloper.selector);
        projects.nameProject(twin, "not its own");
        (, address rival,) = _participant("another developer", ParticipantKinds.DEVELOPER);
        vm.prank(rival);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsNotItsDeveloper.selector, twin, rival));
        projects.nameProject(twin, "not its own");
    }

    function test_whatIsNearAProject_isOfProjectsThatAreThere() public {
        bytes memory unknown = abi.encodeWithSelector(IProjectRegister.ProjectsUnknown.selector, ProjectId.wrap(99));
        vm.expectRevert(unknown);
        projects.likenessOf(ProjectId.wrap(99));
        vm.expectRevert(unknown);
        projects.nearPlantOf(ProjectId.wrap(99));
    }
}
