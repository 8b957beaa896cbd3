// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Merkle} from "../../contracts/lib/Merkle.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {OpinionWord} from "../../interfaces/types/ReportTypes.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {
    Activity,
    IProjectRegister,
    IProjects,
    Location,
    Methodology,
    MethodologyId,
    MonitoringReport,
    ProjectId,
    ProjectKind
} from "../../interfaces/evidence/IProjects.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

/// @dev A forest that a developer has registered and the authority validated, and the means to report on it.
abstract contract ProjectsCase is EvidenceBase {
    MethodologyId internal constant FOREST = MethodologyId.wrap(1);
    uint40 internal constant FROM = uint40(YEAR_END - 366 days); // 2020-01-01
    uint40 internal constant UNTIL = uint40(YEAR_END + 3650 days);
    uint64 internal constant CAP_T = 200_000;
    bytes32 internal constant SOURCE = keccak256("a forest");
    bytes32 internal constant WHY = keccak256("why");
    uint64 internal constant HALF = FROM + 183 days;

    IProjects internal projects;
    ParticipantId internal developer;
    address internal developerWallet;
    uint256 internal developerKey;
    ProjectId internal id;

    function setUp() public virtual override {
        super.setUp();
        bytes memory args = abi.encode(manager, participants, schemes, oracle, address(0)); // no meter is an oracle's
        projects = IProjects(vm.deployCode("Projects.sol:Projects", args));
        projects.setDesk(address(this));
        domain = _domain("tonne Projects", address(projects));
        (developer, developerWallet, developerKey) = _participant("developer", ParticipantKinds.DEVELOPER);
        vm.prank(authority);
        projects.setMethodology(FOREST, _methodology(), WHY);
        id = _register();
        vm.prank(authority);
        projects.validate(id, CAP_T, WHY);
    }

    function _methodology() internal pure returns (Methodology memory) {
        return Methodology({
            scheme: CHINA,
            activity: Activity.Removal,
            kind: ProjectKind.Forest,
            scope: 5,
            maxBufferPpm: 300_000,
            minBufferPpm: 100_000,
            active: true
        });
    }

    function _register() internal returns (ProjectId) {
        vm.prank(developerWallet);
        return projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), _meters(0), WHY);
    }

    /// @dev By the caller, an officer: two plants.
    function _validate(ProjectId project) internal {
        (ProjectId latest, uint32 validation) = projects.likenessOf(project);
        if (validation == 0) return projects.validate(project, CAP_T, WHY);
        _answer(project, latest, projects.validationCount());
    }

    function _answer(ProjectId project, ProjectId other, uint32 validations) internal {
        ProjectId[] memory others = new ProjectId[](1);
        others[0] = other;
        projects.answerAndValidate(project, CAP_T, WHY, others, validations, "two plants");
    }

    /// @dev Another project, answered where it is like one.
    function _validateBy(address officer, ProjectId project) internal {
        vm.startPrank(officer);
        _validate(project);
        vm.stopPrank();
    }

    /// @dev In the hills of Wuyi.
    function _wuyi() internal pure returns (Location memory) {
        return Location(27_725_000, 118_010_000);
    }

    function _meters(uint256 count) internal pure returns (bytes32[] memory meters) {
        meters = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            meters[i] = bytes32((i + 1) << 32); // none of an oracle
        }
    }

    function _leaf(bytes32 meter) internal pure returns (bytes32) {
        return Merkle.leaf(abi.encodePacked(meter));
    }

    function _refusedMeter(bytes32[] memory meters, uint256 place) internal {
        vm.prank(developerWallet);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsBadMeter.selector, place, meters[place]));
        projects.register(FOREST, 156, FROM, UNTIL, SOURCE, _wuyi(), meters, WHY);
    }

    /// @dev The first half of 2020.
    function _monitored() internal view returns (MonitoringReport memory) {
        return MonitoringReport({
            project: id,
            periodFrom: FROM,
            periodUntil: HALF,
            vintage: 2020,
            quantityT: 80_000,
            bufferPpm: 150_000,
            linesRoot: keccak256("lines"),
            evidenceRoot: keccak256("evidence"),
            signedAt: uint64(SIGNED_AT)
        });
    }

    function _hashOf(MonitoringReport memory r) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "MonitoringReport(uint32 project,uint64 periodFrom,uint64 periodUntil,uint16 vintage,uint64 quantityT,uint32 bufferPpm,bytes32 linesRoot,bytes32 evidenceRoot,bytes32 configDigest,uint64 signedAt)"
        );
        return keccak256(
            bytes.concat(
                abi.encode(typeHash, r.project, r.periodFrom, r.periodUntil, r.vintage, r.quantityT),
                abi.encode(r.bufferPpm, r.linesRoot, r.evidenceRoot, digest, r.signedAt)
            )
        );
    }

    function _opinionHash(MonitoringReport memory r, Terms memory t) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "MonitoringOpinion(bytes32 report,uint32 project,uint24 body,uint8 assurance,uint32 materialityPpm,uint64 quantityT,bytes32 configDigest,uint64 signedAt)"
        );
        return keccak256(
            abi.encode(
                typeHash,
                _hashOf(r),
                r.project,
                bodies[0],
                t.assurance,
                t.materialityPpm,
                r.quantityT,
                digest,
                t.signedAt
            )
        );
    }

    function _signAll(MonitoringReport memory r, Terms memory t) internal view returns (bytes32[6] memory s) {
        (s[0], s[1]) = _sign(developerKey, _hashOf(r));
        (s[2], s[3]) = _sign(keys[0], _opinionHash(r, t));
        (s[4], s[5]) = _sign(keys[1], _opinionHash(r, t));
    }

    function _submit(MonitoringReport memory r, uint64 hint) internal returns (uint64) {
        return projects.submit(r, _word(_terms(), 1), _signAll(r, _terms()), hint);
    }

    function _refused(bytes memory error_, MonitoringReport memory r) internal {
        _refusedAt(error_, r, 0);
    }

    function _refusedAt(bytes memory error_, MonitoringReport memory r, uint64 hint) internal {
        bytes32[6] memory signatures = _signAll(r, _terms());
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectRevert(error_);
        projects.submit(r, opinion, signatures, hint);
    }

    function _refusedTerms(bytes memory error_, Terms memory t) internal {
        MonitoringReport memory r = _monitored();
        bytes32[6] memory signatures = _signAll(r, t);
        OpinionWord opinion = _word(t, 1);
        vm.expectRevert(error_);
        projects.submit(r, opinion, signatures, 0);
    }

    function _refusedPartly(bytes4 selector, MonitoringReport memory r) internal {
        bytes32[6] memory signatures = _signAll(r, _terms());
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectPartialRevert(selector);
        projects.submit(r, opinion, signatures, 0);
    }

    /// @dev A scheme beside the one that has an oracle, with its own officer.
    function _otherScheme() internal {
        schemes.createScheme(OTHER, "other", 8 hours, 30, keccak256("pack"));
        schemes.grantOffice(secondOfficer, OTHER, 0, Powers.REGISTER);
    }

    /// @dev A wallet of the developer with these rights.
    function _clerk(uint8 rights) internal returns (address clerk, uint256 key) {
        (clerk, key) = makeAddrAndKey("clerk");
        vm.prank(developerWallet);
        participants.addWallet(clerk, rights);
        vm.prank(clerk);
        participants.confirmWallet(developer);
    }
}
