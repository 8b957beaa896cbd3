// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {BatchTerms, Lodging} from "../../interfaces/units/IImmobilisation.sol";
import {OpinionWord} from "../../interfaces/types/ReportTypes.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {
    Activity,
    Location,
    Methodology,
    MethodologyId,
    MonitoringReport,
    ProjectId,
    ProjectKind
} from "../../interfaces/evidence/IProjects.sol";
import {Claim} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {Stretch, UsedBlock} from "../../interfaces/units/ISerialSets.sol";
import {MarketCase} from "./MarketCase.sol";

/// @dev A developer, whose report of the first half of 2020 became the batch `credit`; an officer; a batch for blocks of
/// another registry; and an administrator with every role, every office and every right of a controller.
abstract contract AttackCase is MarketCase {
    MethodologyId internal constant FOREST = MethodologyId.wrap(1);
    uint40 internal constant FROM = uint40(YEAR_END - 366 days); // 2020-01-01
    uint40 internal constant UNTIL = uint40(YEAR_END + 3650 days);
    uint64 internal constant HALF = FROM + 183 days;
    uint64 internal constant FIRST = 505_972_385; // of a block of another registry
    uint64 internal constant LAST = 505_973_109;
    bytes32 internal constant SOURCE = keccak256("a forest");
    bytes32 internal constant WHY = keccak256("why");
    string internal constant ACCOUNT = "11021";
    string internal constant SERIAL = "13488-505972385-505973109-VCS-VCU-576-VER-PY-14-2498-01012020-19112020-0";

    address internal admin;
    ParticipantId internal adminId;
    uint256 internal adminKey;
    address internal dora; // the developer
    uint256 internal doraKey;
    ParticipantId internal developer;
    ProjectId internal project;
    uint64 internal reportId;
    UnitId internal credit; //  68,000 t with dora, 12,000 t in the buffer
    UnitId internal foreign; // without blocks yet
    uint32 internal verra;

    function setUp() public virtual override {
        super.setUp();
        (developer, dora, doraKey) = _participant("dora", ParticipantKinds.DEVELOPER);
        vm.startPrank(authority);
        projects.setMethodology(FOREST, _methodology(), WHY);
        verra = immobilisation.addRegistry(CHINA, "VERRA", true, 2_000_000, WHY);
        foreign = immobilisation.openBatch(_batchTerms());
        vm.stopPrank();
        project = _project(SOURCE);

        reportId = _submit(_monitored(FROM, HALF), 0);
        vm.warp(NOW + WINDOW);
        vm.prank(authority);
        credit = issuance.issueFromReport(reportId);
        _empower();
    }

    /// @dev Everything that can be given is given; what can be done once only was done by the deployment.
    function _empower() private {
        uint16 kinds = ParticipantKinds.EMITTER | ParticipantKinds.DEVELOPER | ParticipantKinds.VERIFICATION_BODY;
        (adminId, admin, adminKey) = _participant("administrator", kinds);
        manager.grantRole(0, admin, 0);
        vm.startPrank(admin);
        for (uint64 role = 1; role <= 4; ++role) {
            manager.grantRole(role, admin, 0);
        }
        schemes.grantOffice(admin, CHINA, 0, Powers.ALL);
        participants.setRegistrar(admin, 0, true);
        allowances.setController(admin, ISSUE | EXIT | FORCE);
        credits.setController(admin, ISSUE | EXIT | FORCE);
        exchange.setController(admin, type(uint8).max - LIMIT); // whose holder must be the contract with the limits
        allocation.setController(admin, type(uint8).max);
        projects.setClaimant(admin, true);
        vm.stopPrank();
    }

    /* REPORTS */

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

    /// @dev By the caller, an officer: two plants.
    function _validate(ProjectId fresh) internal {
        (ProjectId latest, uint32 validation) = projects.likenessOf(fresh);
        if (validation == 0) return projects.validate(fresh, 200_000, WHY);
        _answer(fresh, latest, projects.validationCount());
    }

    function _answer(ProjectId fresh, ProjectId other, uint32 validations) internal {
        ProjectId[] memory others = new ProjectId[](1);
        others[0] = other;
        projects.answerAndValidate(fresh, 200_000, WHY, others, validations, "two plants");
    }

    /// @dev A validated project of the developer.
    function _project(bytes32 source) internal returns (ProjectId id) {
        vm.prank(dora);
        id = projects.register(FOREST, 156, FROM, UNTIL, source, _place(), new bytes32[](0), WHY);
        vm.startPrank(authority);
        _validate(id);
        vm.stopPrank();
    }

    function _place() internal pure returns (Location memory) {
        return Location(26_650_000, 117_120_000);
    }

    function _monitored(uint64 from, uint64 until) internal view returns (MonitoringReport memory) {
        return MonitoringReport({
            project: project,
            periodFrom: from,
            periodUntil: until,
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

    function _opinionHash(MonitoringReport memory r, ParticipantId body) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "MonitoringOpinion(bytes32 report,uint32 project,uint24 body,uint8 assurance,uint32 materialityPpm,uint64 quantityT,bytes32 configDigest,uint64 signedAt)"
        );
        Terms memory t = _terms();
        return keccak256(
            abi.encode(
                typeHash, _hashOf(r), r.project, body, t.assurance, t.materialityPpm, r.quantityT, digest, t.signedAt
            )
        );
    }

    /// @dev Signed by the developer and the two persons of the first body.
    function _signAll(MonitoringReport memory r) internal view returns (bytes32[6] memory) {
        return _signAll(r, doraKey, bodies[0]);
    }

    function _signAll(MonitoringReport memory r, uint256 developerKey, ParticipantId body)
        internal
        view
        returns (bytes32[6] memory s)
    {
        (s[0], s[1]) = _sign(developerKey, _hashOf(r));
        (s[2], s[3]) = _sign(keys[0], _opinionHash(r, body));
        (s[4], s[5]) = _sign(keys[1], _opinionHash(r, body));
    }

    function _submit(MonitoringReport memory r, uint64 hint) internal returns (uint64) {
        return projects.submit(r, _word(_terms(), 1), _signAll(r), hint);
    }

    function _refused(address by, MonitoringReport memory r, uint64 hint, bytes memory error_) internal {
        bytes32[6] memory signatures = _signAll(r);
        OpinionWord opinion = _word(_terms(), 1);
        vm.prank(by);
        vm.expectRevert(error_);
        projects.submit(r, opinion, signatures, hint);
    }

    /* BLOCKS OF ANOTHER REGISTRY */

    function _batchTerms() internal view returns (BatchTerms memory) {
        return BatchTerms({
            scheme: CHINA,
            vintage: 2020,
            registry: verra,
            activity: Activity.Reduction,
            kind: ProjectKind.Forest,
            hostCountry: 600,
            methodology: MethodologyId.wrap(0),
            project: "2498",
            methodologyText: "VM0015",
            account: ACCOUNT
        });
    }

    function _lodging(uint64 first, uint64 last) internal view returns (Lodging memory) {
        return Lodging({id: foreign, issuance: 0, first: first, last: last, serial: SERIAL, evidence: WHY});
    }

    function _immobilise(uint64 first, uint64 last, address to) internal {
        vm.prank(authority);
        immobilisation.immobilise(_lodging(first, last), to, 0);
    }

    /// @dev The block as retired in its own registry.
    function _used(uint256 issuance, uint64 hint) internal pure returns (UsedBlock[] memory blocks) {
        blocks = new UsedBlock[](1);
        blocks[0] = UsedBlock(issuance, FIRST, LAST, hint, Stretch.Retired, 18_000, SERIAL, "Example Airlines");
    }

    /* USE */

    function _claim() internal pure returns (Claim memory) {
        return Claim({
            beneficiary: "Example Airlines plc",
            commitment: 0,
            purpose: "Business travel 2020, scope 3 category 6",
            periodStart: 18_262,
            periodEnd: 18_627,
            country: "CN"
        });
    }

    function _retire(address wallet, UnitId id, uint256 amount) internal returns (uint256 number) {
        vm.prank(wallet);
        return registry.retire(id, amount, _claim());
    }

    function _held(address wallet, UnitId id) internal view returns (uint256) {
        return credits.balanceOf(wallet, UnitId.unwrap(id));
    }
}
