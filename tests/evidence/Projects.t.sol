// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {Merkle} from "../../contracts/lib/Merkle.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    Activity,
    ClaimKind,
    IProjectRegister,
    IProjects,
    IProjectReports,
    Location,
    Methodology,
    MethodologyId,
    ProjectId,
    ProjectKind,
    ProjectStatus,
    Site
} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {ProjectsCase} from "./ProjectsCase.sol";

/// @dev Methodologies, projects, and what others claim of a source.
contract ProjectsTest is ProjectsCase {
    /* METHODOLOGIES AND PROJECTS */

    function test_setMethodology_refusesContradictions() public {
        for (uint256 i; i < 5; ++i) {
            Methodology memory m = _methodology();
            if (i == 0) m.activity = Activity.None;
            if (i == 1) m.kind = ProjectKind.None;
            if (i == 2) m.minBufferPpm = m.maxBufferPpm + 1;
            if (i == 3) m.maxBufferPpm = 1_000_001;
            if (i == 4) m.scope = 24;
            vm.prank(authority);
            vm.expectPartialRevert(IProjectRegister.ProjectsBadMethodology.selector);
            projects.setMethodology(FOREST, m, WHY);
        }
        Methodology memory last = _methodology();
        (last.scope, last.minBufferPpm, last.maxBufferPpm) = (23, 1_000_000, 1_000_000);
        vm.prank(authority);
        projects.setMethodology(FOREST, last, WHY);
        vm.prank(authority);
        vm.expectPartialRevert(IProjectRegister.ProjectsBadMethodology.selector);
        projects.setMethodology(MethodologyId.wrap(0), _methodology(), WHY);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, 0, Powers.REGISTER));
        projects.setMethodology(FOREST, _methodology(), WHY);
    }

    function test_setMethodology_staysInItsScheme() public {
        _otherScheme();
        Methodology memory m = _methodology();
        m.scheme = OTHER;
        vm.startPrank(secondOfficer);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadMethodology.selector, FOREST, m));
        projects.setMethodology(FOREST, m, WHY);
        projects.setMethodology(MethodologyId.wrap(2), m, WHY);
        vm.stopPrank();
    }

    function test_register_isByAWalletThatManagesForAnActiveDeveloper() public {
        (address clerk,) = _clerk(WalletRights.ALL - WalletRights.MANAGE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IProjectRegister.ProjectsNotDeveloper.selector, clerk, developer, WalletRights.ALL - WalletRights.MANAGE
            )
        );
        vm.prank(clerk);
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
        vm.prank(authority);
        participants.suspend(developer, WHY);
        vm.expectPartialRevert(IProjectRegister.ProjectsNotDeveloper.selector);
        _register();
    }

    function test_register_refusesWhoIsNoDeveloper() public {
        vm.prank(emitterWallet);
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsNotDeveloper.selector, emitterWallet, emitter, 31)
        );
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
    }

    function test_register_refusesIncomplete() public {
        vm.startPrank(developerWallet);
        vm.expectRevert(IProjectRegister.ProjectsIncomplete.selector);
        projects.register(FOREST, 0, FROM, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
        vm.expectRevert(IProjectRegister.ProjectsIncomplete.selector);
        projects.register(FOREST, 156, FROM, UNTIL, 0, _wuyi(), _meters(0), WHY);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadCrediting.selector, UNTIL, UNTIL));
        projects.register(FOREST, 156, UNTIL, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadCrediting.selector, 0, UNTIL));
        projects.register(FOREST, 156, 0, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
        vm.expectPartialRevert(IProjectRegister.ProjectsUnknownMethodology.selector);
        projects.register(MethodologyId.wrap(9), 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
        vm.stopPrank();
    }

    function test_creditingEndsWithinAHundredYears() public {
        uint40 latest = uint40(block.timestamp + 100 * 366 days);
        bytes memory far = abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest);
        vm.startPrank(developerWallet);
        vm.expectRevert(far);
        projects.register(FOREST, 156, FROM, latest + 1, SOURCE, _wuyi(), _meters(0), WHY);
        uint40 furthest = type(uint40).max;
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, furthest, latest));
        projects.register(FOREST, 156, FROM, furthest, SOURCE, _wuyi(), _meters(0), WHY);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, furthest, latest));
        projects.register(FOREST, 156, furthest - 1, furthest, SOURCE, _wuyi(), _meters(0), WHY);
        projects.register(FOREST, 156, FROM, latest, SOURCE, _wuyi(), _meters(0), WHY);
        vm.stopPrank();
        vm.startPrank(authority);
        vm.expectRevert(far);
        projects.renew(id, latest + 1, WHY);
        projects.renew(id, latest, WHY);
        vm.stopPrank();
    }

    function test_register_keepsThePlaceAndProvesTheMeters() public {
        bytes32[] memory meters = _meters(3);
        ProjectId fresh = ProjectId.wrap(projects.projectCount() + 1);
        vm.expectEmit(address(projects));
        emit IProjectRegister.ProjectRegistered(
            fresh, developer, FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), meters, WHY
        );
        vm.prank(developerWallet);
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), meters, WHY);

        Site memory site = projects.siteOf(fresh);
        assertEq(site.location.latitude, 27_725_000);
        assertEq(site.location.longitude, 118_010_000);
        assertEq(site.meterCount, 3);
        bytes32[] memory proof = new bytes32[](1); // the third of three moves up alone
        proof[0] = Merkle.node(_leaf(meters[0]), _leaf(meters[1]));
        assertTrue(Merkle.verify(site.metersRoot, _leaf(meters[2]), 2, 3, proof));
        assertEq(projects.siteOf(id).metersRoot, 0);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsUnknown.selector, 99));
        projects.siteOf(ProjectId.wrap(99));
    }

    function test_register_refusesAPlaceThatIsNotOnEarth() public {
        int32[2][6] memory places = [
            [int32(90_000_001), 0],
            [int32(-90_000_001), 0],
            [int32(0), 180_000_001],
            [int32(0), -180_000_001],
            [int32(0), 0], // left out
            [type(int32).min, type(int32).max]
        ];
        for (uint256 i = 0; i < places.length; ++i) {
            Location memory place = Location(places[i][0], places[i][1]);
            vm.prank(developerWallet);
            vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadLocation.selector, place));
            projects.register(FOREST, 156, FROM, UNTIL, SOURCE, place, _meters(0), WHY);
        }
        vm.startPrank(developerWallet);
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, Location(90_000_000, 180_000_000), _meters(0), WHY);
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, Location(0, 180_000_000), _meters(0), WHY);
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, Location(90_000_000, 0), _meters(0), WHY);
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, Location(-90_000_000, -180_000_000), _meters(0), WHY);
        vm.stopPrank();
    }

    function test_register_refusesMetersWithoutANameOrNamedTwice() public {
        bytes32[] memory meters = _meters(2);
        (meters[0], meters[1]) = (meters[1], meters[1]);
        _refusedMeter(meters, 1);
        (meters[0], meters[1]) = (_meters(2)[1], _meters(2)[0]);
        _refusedMeter(meters, 1);
        meters[0] = 0;
        _refusedMeter(meters, 0);
    }

    function test_register_refusesTooManyMeters() public {
        vm.startPrank(developerWallet);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsTooManyMeters.selector, 65, 64));
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(65), WHY);
        ProjectId fresh = projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(64), WHY);
        vm.stopPrank();
        assertEq(projects.siteOf(fresh).meterCount, 64);
    }

    function test_validate_onceByTheOffice() public {
        ProjectId fresh = _register();
        vm.prank(developerWallet);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        projects.validate(fresh, CAP_T, WHY);
        vm.startPrank(authority);
        vm.expectRevert(IProjectRegister.ProjectsIncomplete.selector);
        projects.validate(fresh, 0, WHY);
        _validate(fresh);
        vm.expectPartialRevert(IProjectRegister.ProjectsWrongStatus.selector);
        projects.validate(fresh, CAP_T, WHY);
        vm.expectPartialRevert(IProjectRegister.ProjectsUnknown.selector);
        projects.validate(ProjectId.wrap(99), CAP_T, WHY);
        vm.stopPrank();
    }

    function test_validate_bindsMetersToTheSource() public {
        ProjectId fresh = _registerOf(SOURCE, _meters(2));
        assertEq(projects.sourceOfMeter(bytes32(uint256(1) << 32)), 0);
        vm.startPrank(authority);
        uint32 validations = projects.validationCount();
        vm.expectEmit(address(projects));
        emit IProjectRegister.MeterBound(bytes32(uint256(2) << 32), SOURCE, authority);
        _answer(fresh, id, validations);
        vm.stopPrank();
        assertEq(projects.sourceOfMeter(bytes32(uint256(1) << 32)), SOURCE);

        assertTrue(projects.schemeOfName(bytes32(uint256(2) << 32)) == CHINA);

        // The same plant in another project, with a meter more; not so another plant with one of its meters.
        ProjectId again = _registerOf(SOURCE, _meters(3));
        ProjectId other = _registerOf("another plant", _meters(1));
        _validateBy(authority, again);
        vm.startPrank(authority);
        validations = projects.validationCount();
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsMeterBound.selector, uint256(1) << 32, SOURCE));
        _answer(other, id, validations);
        vm.stopPrank();
        assertEq(projects.sourceOfMeter(bytes32(uint256(3) << 32)), SOURCE);
    }

    function test_bindMeter_byClaimantsOnceForEver() public {
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsNotClaimant.selector, authority));
        projects.bindMeter("meter", SOURCE, CHINA);
        address certificates = makeAddr("certificates");
        projects.setClaimant(certificates, true);
        vm.startPrank(certificates);
        projects.bindMeter("meter", SOURCE, CHINA);
        projects.bindMeter("meter", SOURCE, CHINA); // says it again
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsMeterBound.selector, bytes32("meter"), SOURCE));
        projects.bindMeter("meter", "other", CHINA);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsMeterBound.selector, 0, 0));
        projects.bindMeter(0, SOURCE, CHINA);
        vm.stopPrank();
    }

    function _registerOf(bytes32 source, bytes32[] memory meters) private returns (ProjectId) {
        vm.prank(developerWallet);
        return projects.register(FOREST, 156, FROM, UNTIL, source, _wuyi(), meters, WHY);
    }

    /// @dev This contract is the desk, as {ProjectsCase} wires it.
    function test_setSuspended_stopsReports() public {
        projects.setSuspended(id, true, authority, WHY);
        _refused(
            abi.encodeWithSelector(IProjectRegister.ProjectsWrongStatus.selector, id, ProjectStatus.Suspended),
            _monitored()
        );
        projects.setSuspended(id, false, authority, WHY);
        _submit(_monitored(), 0);
    }

    function test_setSuspended_changesSomething() public {
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsWrongStatus.selector, id, ProjectStatus.Validated)
        );
        projects.setSuspended(id, false, authority, WHY);
        projects.setSuspended(id, true, authority, WHY);
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsWrongStatus.selector, id, ProjectStatus.Suspended)
        );
        projects.setSuspended(id, true, authority, WHY);
    }

    /// @dev An officer who acted here would leave the project's batches on the exchange as they are.
    function test_setSuspended_isForTheDeskAlone() public {
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsNotDesk.selector, authority));
        projects.setSuspended(id, true, authority, WHY);
    }

    function test_setDesk_onceAndToAContract() public {
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsDeskRefused.selector, address(this), address(manager))
        );
        projects.setDesk(address(manager));
        IProjects fresh = IProjects(
            vm.deployCode("Projects.sol:Projects", abi.encode(manager, participants, schemes, oracle, address(0)))
        );
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsDeskRefused.selector, address(0), authority));
        fresh.setDesk(authority);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, authority));
        fresh.setDesk(address(manager));
    }

    function test_renew_onlyExtends() public {
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadCrediting.selector, UNTIL, UNTIL));
        projects.renew(id, UNTIL, WHY);
        projects.renew(id, UNTIL + 1, WHY);
        assertEq(projects.project(id).creditingUntil, UNTIL + 1);
        vm.stopPrank();
    }

    /* CLAIMS OF OTHERS */

    function test_claim_oneMomentOneUse() public {
        address certificates = makeAddr("certificates");
        vm.prank(certificates);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsNotClaimant.selector, certificates));
        projects.claim(SOURCE, ClaimKind.Certificate, 5, FROM, FROM + 1 hours, 0);

        projects.setClaimant(certificates, true);
        vm.startPrank(certificates);
        vm.expectPartialRevert(IProjectReports.ProjectsBadClaim.selector);
        projects.claim(0, ClaimKind.Certificate, 5, FROM, FROM + 1 hours, 0);
        vm.expectPartialRevert(IProjectReports.ProjectsBadClaim.selector);
        projects.claim(SOURCE, ClaimKind.None, 5, FROM, FROM + 1 hours, 0);
        projects.claim(SOURCE, ClaimKind.Certificate, 5, FROM + 1 hours, FROM + 2 hours, 0);
        vm.stopPrank();
        _refusedPartly(IntervalSet.IntervalsOverlap.selector, _monitored());

        vm.expectPartialRevert(IProjectReports.ProjectsNotItsClaim.selector);
        projects.release(SOURCE, ClaimKind.Certificate, 5, FROM + 1 hours, FROM + 2 hours, 0);
        vm.startPrank(certificates);
        vm.expectPartialRevert(IProjectReports.ProjectsNotItsClaim.selector);
        projects.release(SOURCE, ClaimKind.Certificate, 6, FROM + 1 hours, FROM + 2 hours, 0);
        vm.expectPartialRevert(IProjectReports.ProjectsNotItsClaim.selector);
        projects.release(SOURCE, ClaimKind.Certificate, 5, FROM + 1 hours, FROM + 3 hours, 0);
        projects.release(SOURCE, ClaimKind.Certificate, 5, FROM + 1 hours, FROM + 2 hours, 0);
        vm.stopPrank();
        _submit(_monitored(), 0);
    }

    /// @dev What a claimant gave back is no longer its own: a report that took the same hours keeps them.
    function test_release_isNoHoldOnWhatIsClaimedLater() public {
        address certificates = makeAddr("certificates");
        projects.setClaimant(certificates, true);
        vm.startPrank(certificates);
        projects.claim(SOURCE, ClaimKind.Certificate, 5, FROM, FROM + 1 hours, 0);
        projects.release(SOURCE, ClaimKind.Certificate, 5, FROM, FROM + 1 hours, 0);
        vm.stopPrank();
        uint64 reportId = _submit(_monitored(), 0);
        vm.prank(certificates);
        vm.expectRevert(abi.encodeWithSelector(IProjectReports.ProjectsNotItsClaim.selector, SOURCE, FROM, HALF));
        projects.release(SOURCE, ClaimKind.Credit, reportId, FROM, HALF, 0);
    }

    function test_setClaimant_isRestricted() public {
        vm.prank(stranger);
        vm.expectRevert();
        projects.setClaimant(stranger, true);
    }
}
