// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {ParticipantId, SchemeId} from "../../interfaces/Ids.sol";
import {IEmissionsOracle, OpinionWord, SignerRoles} from "../../interfaces/IEmissionsOracle.sol";
import {IParticipants, ParticipantKinds, ParticipantStatus, WalletRights} from "../../interfaces/IParticipants.sol";
import {
    Activity,
    ClaimKind,
    IProjects,
    Methodology,
    MethodologyId,
    Monitoring,
    MonitoringReport,
    MonitoringStatus,
    Project,
    ProjectId,
    ProjectKind,
    ProjectStatus
} from "../../interfaces/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/ISchemes.sol";
import {CodeWords} from "../lib/CodeWords.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {Signatures} from "../lib/Signatures.sol";
import {Requirement, SignerSet} from "../lib/SignerSet.sol";
import {OracleWords} from "./OracleWords.sol";
import {ProjectClaims} from "./ProjectClaims.sol";

/// @title Projects
/// @notice Offset projects and their monitoring reports; see {IProjects}.
/// @dev Persons who may sign and the rules for opinions are the EmissionsOracle's, read from the code it keeps them in.
contract Projects is ProjectClaims, EIP712 {
    using OracleWords for uint256;
    using OracleWords for uint256[];

    bytes32 private constant REPORT_TYPEHASH = keccak256(
        "MonitoringReport(uint32 project,uint64 periodFrom,uint64 periodUntil,uint16 vintage,uint64 quantityT,uint32 bufferPpm,bytes32 linesRoot,bytes32 evidenceRoot,bytes32 configDigest,uint64 signedAt)"
    );
    bytes32 private constant OPINION_TYPEHASH = keccak256(
        "MonitoringOpinion(bytes32 report,uint32 project,uint24 body,uint8 assurance,uint32 materialityPpm,uint64 quantityT,bytes32 configDigest,uint64 signedAt)"
    );
    uint256 private constant PPM = 1e6;
    uint256 private constant YEAR = 365 days;
    uint256 private constant MAX_SCOPE = 23;
    uint256 private constant REASONABLE = 2;
    uint256 private constant OPINION_BITS = 120;

    IParticipants public immutable PARTICIPANTS;
    ISchemes public immutable SCHEMES;
    IEmissionsOracle public immutable ORACLE;

    mapping(MethodologyId id => Methodology) private _methodologies;
    mapping(ProjectId id => Project) private _projects;
    mapping(uint64 reportId => Monitoring) private _monitorings;
    mapping(bytes32 reportHash => uint64 reportId) private _reportOf;
    mapping(uint64 reportId => address) private _disputedBy;
    uint32 private _projectCount;
    uint64 private _reportCount;

    constructor(address authority_, IParticipants participants, ISchemes schemes, IEmissionsOracle oracle)
        AccessManaged(authority_)
        EIP712("tonne Projects", "1")
    {
        PARTICIPANTS = participants;
        SCHEMES = schemes;
        ORACLE = oracle;
    }

    /* METHODOLOGIES AND PROJECTS */

    /// @inheritdoc IProjects
    function setMethodology(MethodologyId id, Methodology calldata m, bytes32 documentHash) external {
        SCHEMES.checkPower(msg.sender, m.scheme, 0, Powers.REGISTER);
        // Whose methodology it is cannot change: another scheme's office would take projects over.
        SchemeId owner = _methodologies[id].scheme;
        bool moves = SchemeId.unwrap(owner) != 0 && owner != m.scheme;
        bool whole = MethodologyId.unwrap(id) != 0 && m.activity != Activity.None && m.kind != ProjectKind.None;
        bool bounded = m.minBufferPpm <= m.maxBufferPpm && m.maxBufferPpm < PPM && m.scope <= MAX_SCOPE;
        if (moves || !whole || !bounded) revert ProjectsBadMethodology(id, m);

        _methodologies[id] = m;
        emit MethodologySet(id, m.scheme, m, documentHash, msg.sender);
    }

    /// @inheritdoc IProjects
    function register(
        MethodologyId methodologyId,
        uint16 hostCountry,
        uint40 creditingFrom,
        uint40 creditingUntil,
        bytes32 source,
        bytes32 documentHash
    ) external returns (ProjectId id) {
        ParticipantId developer = _developer();
        _requireMethodology(methodologyId);
        if (hostCountry == 0 || source == 0) revert ProjectsIncomplete();
        if (creditingFrom == 0 || creditingUntil <= creditingFrom) {
            revert ProjectsBadCrediting(creditingFrom, creditingUntil);
        }

        id = ProjectId.wrap(++_projectCount);
        _projects[id] = Project({
            developer: developer,
            methodology: methodologyId,
            hostCountry: hostCountry,
            creditingFrom: creditingFrom,
            creditingUntil: creditingUntil,
            status: ProjectStatus.Registered,
            yearlyCapT: 0,
            source: source
        });
        emit ProjectRegistered(
            id, developer, methodologyId, hostCountry, creditingFrom, creditingUntil, source, documentHash
        );
    }

    /// @inheritdoc IProjects
    function validate(ProjectId id, uint64 yearlyCapT, bytes32 documentHash) external {
        Project storage p = _officersProject(id);
        if (p.status != ProjectStatus.Registered) revert ProjectsWrongStatus(id, p.status);
        if (yearlyCapT == 0) revert ProjectsIncomplete();

        p.status = ProjectStatus.Validated;
        p.yearlyCapT = yearlyCapT;
        emit ProjectValidated(id, msg.sender, yearlyCapT, documentHash);
    }

    /// @inheritdoc IProjects
    function setSuspended(ProjectId id, bool suspended, bytes32 reasonHash) external {
        Project storage p = _officersProject(id);
        ProjectStatus needed = suspended ? ProjectStatus.Validated : ProjectStatus.Suspended;
        if (p.status != needed) revert ProjectsWrongStatus(id, p.status);

        p.status = suspended ? ProjectStatus.Suspended : ProjectStatus.Validated;
        emit ProjectSuspended(id, msg.sender, suspended, reasonHash);
    }

    /// @inheritdoc IProjects
    function renew(ProjectId id, uint40 creditingUntil, bytes32 documentHash) external {
        Project storage p = _officersProject(id);
        uint40 old = p.creditingUntil;
        if (creditingUntil <= old) revert ProjectsBadCrediting(old, creditingUntil);

        p.creditingUntil = creditingUntil;
        emit ProjectRenewed(id, old, creditingUntil, documentHash);
    }

    /* MONITORING */

    /// @inheritdoc IProjects
    function submit(MonitoringReport calldata report, OpinionWord opinion, bytes32[6] calldata signatures, uint64 hint)
        external
        returns (uint64 reportId)
    {
        Project memory p = _known(report.project);
        if (p.status != ProjectStatus.Validated) revert ProjectsWrongStatus(report.project, p.status);
        Methodology memory m = _requireMethodology(p.methodology);
        (uint16 version, bytes32 digest, address pointer) = ORACLE.configOf(m.scheme);
        if (version == 0) revert IEmissionsOracle.EmissionsNotConfigured(m.scheme);
        uint256[] memory config = CodeWords.load(pointer);
        uint256 rules = config[OracleWords.RULES];

        bytes32 reportHash = _hashReport(report, digest);
        if (_reportOf[reportHash] != 0) revert ProjectsAlreadyReported(_reportOf[reportHash]);
        _requireSound(report, p, m);
        _requireDeveloperSigned(report.project, p.developer, reportHash, signatures);
        uint256 signers = _checkOpinion(report, m, config, digest, reportHash, opinion, signatures);
        uint256 body = uint24(OpinionWord.unwrap(opinion) >> 80);
        if (ORACLE.hasInterest(m.scheme, ParticipantId.wrap(uint24(body)), p.developer)) {
            revert IEmissionsOracle.EmissionsInterest(p.developer, body);
        }

        reportId = ++_reportCount;
        _reportOf[reportHash] = reportId;
        Monitoring memory kept = _monitoring(report, p, m, ParticipantId.wrap(uint24(body)), reportHash);
        kept.finalAt = uint40(block.timestamp + rules.disputeWindow()); // 40 bits of seconds last 34,000 years
        _monitorings[reportId] = kept;
        emit MonitoringReported(reportId, report.project, kept.body, report, kept, signers, version);
        _claim(p.source, ClaimKind.Credit, reportId, report.periodFrom, report.periodUntil, hint, address(this));
    }

    /// @dev The period is past and inside the crediting period, the quantity plausible, the buffer within bounds.
    function _requireSound(MonitoringReport calldata r, Project memory p, Methodology memory m) private view {
        uint256 latest = block.timestamp < p.creditingUntil ? block.timestamp : p.creditingUntil;
        if (r.periodUntil <= r.periodFrom || r.periodFrom < p.creditingFrom || r.periodUntil > latest) {
            revert ProjectsBadPeriod(r.periodFrom, r.periodUntil, p.creditingFrom, latest);
        }
        // Years of times that fit 40 bits fit 16.
        uint16 firstYear = uint16(ReportingYear.yearOf(r.periodFrom));
        uint16 lastYear = uint16(ReportingYear.yearOf(r.periodUntil - 1));
        if (r.vintage < firstYear || r.vintage > lastYear) revert ProjectsBadVintage(r.vintage, firstYear, lastYear);
        uint256 most = (uint256(p.yearlyCapT) * (r.periodUntil - r.periodFrom) + YEAR - 1) / YEAR;
        if (r.quantityT == 0 || r.quantityT > most) revert ProjectsImplausibleQuantity(r.project, r.quantityT, most);
        if (r.bufferPpm < m.minBufferPpm || r.bufferPpm > m.maxBufferPpm) {
            revert ProjectsBadBuffer(r.bufferPpm, m.minBufferPpm, m.maxBufferPpm);
        }
    }

    function _requireDeveloperSigned(
        ProjectId id,
        ParticipantId developer,
        bytes32 reportHash,
        bytes32[6] calldata signatures
    ) private view {
        address recovered = Signatures.recover(_hashTypedDataV4(reportHash), signatures[0], signatures[1]);
        (ParticipantId participant, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(recovered);
        bool may = participant == developer && rights & WalletRights.REPORT != 0 && status == ParticipantStatus.Active;
        if (!may) revert ProjectsNotReporter(id, recovered, participant, rights);
    }

    /// @return seen bits of the two persons
    function _checkOpinion(
        MonitoringReport calldata report,
        Methodology memory m,
        uint256[] memory config,
        bytes32 digest,
        bytes32 reportHash,
        OpinionWord opinion,
        bytes32[6] calldata signatures
    ) private view returns (uint256 seen) {
        uint256 w = OpinionWord.unwrap(opinion);
        if (w >> OPINION_BITS != 0) revert IEmissionsOracle.EmissionsMalformedOpinion(opinion);
        _requireTerms(report.signedAt, w, config[OracleWords.RULES]);
        Requirement memory r = SignerSet.requirement(
            _hashTypedDataV4(_hashOpinion(report, w, digest, reportHash)), uint24(w >> 80), 1 << m.scope, uint40(w)
        );
        uint256 first = config.firstSigner();
        (seen,) = SignerSet.check(config, first, uint8(w >> 104), SignerRoles.LEAD, r, signatures[2], signatures[3], 0);
        (seen,) = SignerSet.check(
            config, first, uint8(w >> 112), SignerRoles.REVIEWER, r, signatures[4], signatures[5], seen
        );
    }

    /// @dev Assurance, materiality and times, by the scheme's rules; the report is no younger than its opinion.
    function _requireTerms(uint256 reportSignedAt, uint256 w, uint256 rules) private view {
        uint256 assurance = uint8(w >> 72);
        if (assurance < rules.minAssurance() || assurance > REASONABLE) {
            revert IEmissionsOracle.EmissionsAssurance(assurance, rules.minAssurance(), REASONABLE);
        }
        uint256 materialityPpm = uint32(w >> 40);
        if (materialityPpm > rules.maxMateriality()) {
            revert IEmissionsOracle.EmissionsMaterialityTooHigh(materialityPpm, rules.maxMateriality());
        }
        uint256 signedAt = uint40(w);
        uint256 latest = block.timestamp + rules.maxSkew();
        uint256 earliest = block.timestamp > rules.maxAge() ? block.timestamp - rules.maxAge() : 0;
        if (signedAt < earliest || signedAt > latest) {
            revert IEmissionsOracle.EmissionsSignedAt(signedAt, earliest, latest);
        }
        if (reportSignedAt < earliest || reportSignedAt > signedAt) {
            revert IEmissionsOracle.EmissionsSignedAt(reportSignedAt, earliest, signedAt);
        }
    }

    function _monitoring(
        MonitoringReport calldata report,
        Project memory p,
        Methodology memory m,
        ParticipantId body,
        bytes32 reportHash
    ) private pure returns (Monitoring memory kept) {
        kept.project = report.project;
        kept.developer = p.developer;
        kept.body = body;
        kept.vintage = report.vintage;
        kept.bufferPpm = uint24(report.bufferPpm); // at most the methodology's 24 bits
        kept.quantityT = report.quantityT;
        kept.status = MonitoringStatus.Reported;
        kept.activity = m.activity;
        kept.kind = m.kind;
        kept.from = uint40(report.periodFrom); // both inside the crediting period, of 40 bits
        kept.until = uint40(report.periodUntil);
        kept.scheme = m.scheme;
        kept.hostCountry = p.hostCountry;
        kept.methodology = p.methodology;
        kept.reportHash = reportHash;
    }

    /* DISPUTES */

    /// @inheritdoc IProjects
    function dispute(uint64 reportId, bytes32 reasonHash) external {
        Monitoring storage kept = _officersReport(reportId);
        if (kept.status != MonitoringStatus.Reported) revert ProjectsReportStatus(reportId, kept.status);
        if (block.timestamp >= kept.finalAt) revert ProjectsDisputeTooLate(reportId, kept.finalAt);

        kept.status = MonitoringStatus.Disputed;
        _disputedBy[reportId] = msg.sender;
        emit MonitoringDisputed(reportId, msg.sender, reasonHash);
    }

    /// @inheritdoc IProjects
    function resolve(uint64 reportId, bool upheld, bytes32 reasonHash, uint64 hint) external {
        Monitoring storage kept = _officersReport(reportId);
        if (kept.status != MonitoringStatus.Disputed) revert ProjectsReportStatus(reportId, kept.status);
        if (_disputedBy[reportId] == msg.sender) revert ProjectsOwnDispute(msg.sender);

        delete _disputedBy[reportId];
        kept.status = upheld ? MonitoringStatus.Annulled : MonitoringStatus.Reported;
        if (!upheld) kept.finalAt = uint40(block.timestamp); // as above
        emit MonitoringResolved(reportId, msg.sender, upheld, reasonHash);
        if (upheld) {
            bytes32 source = _projects[kept.project].source;
            _release(source, ClaimKind.Credit, reportId, kept.from, kept.until, hint, address(this));
        }
    }

    /* VIEWS */

    /// @inheritdoc IProjects
    function methodology(MethodologyId id) external view returns (Methodology memory) {
        return _methodologies[id];
    }

    /// @inheritdoc IProjects
    function project(ProjectId id) external view returns (Project memory) {
        return _known(id);
    }

    /// @inheritdoc IProjects
    function projectCount() external view returns (uint32) {
        return _projectCount;
    }

    /// @inheritdoc IProjects
    function reportCount() external view returns (uint64) {
        return _reportCount;
    }

    /// @inheritdoc IProjects
    function monitoring(uint64 reportId) external view returns (Monitoring memory kept) {
        kept = _monitorings[reportId];
        if (kept.status == MonitoringStatus.None) revert ProjectsUnknownReport(reportId);
    }

    /// @inheritdoc IProjects
    function isFinal(uint64 reportId) external view returns (bool) {
        Monitoring storage kept = _monitorings[reportId];
        return kept.status == MonitoringStatus.Reported && block.timestamp >= kept.finalAt;
    }

    /// @inheritdoc IProjects
    function reportOf(bytes32 reportHash) external view returns (uint64) {
        return _reportOf[reportHash];
    }

    /* INSIDE */

    function _known(ProjectId id) private view returns (Project memory p) {
        p = _projects[id];
        if (p.status == ProjectStatus.None) revert ProjectsUnknown(id);
    }

    function _requireMethodology(MethodologyId id) private view returns (Methodology memory m) {
        m = _methodologies[id];
        if (!m.active) revert ProjectsUnknownMethodology(id);
    }

    /// @dev The project, for an officer who may register in its methodology's scheme.
    function _officersProject(ProjectId id) private view returns (Project storage p) {
        p = _projects[id];
        if (p.status == ProjectStatus.None) revert ProjectsUnknown(id);
        SCHEMES.checkPower(msg.sender, _methodologies[p.methodology].scheme, 0, Powers.REGISTER);
    }

    function _officersReport(uint64 reportId) private view returns (Monitoring storage kept) {
        kept = _monitorings[reportId];
        if (kept.status == MonitoringStatus.None) revert ProjectsUnknownReport(reportId);
        SCHEMES.checkPower(msg.sender, kept.scheme, 0, Powers.DISPUTE);
    }

    /// @dev The caller's participant, an active developer.
    function _developer() private view returns (ParticipantId id) {
        uint8 rights;
        ParticipantStatus status;
        (id, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        bool may = rights & WalletRights.MANAGE != 0 && status == ParticipantStatus.Active
            && PARTICIPANTS.participant(id).kinds & ParticipantKinds.DEVELOPER != 0;
        if (!may) revert ProjectsNotDeveloper(msg.sender, id, rights);
    }

    function _hashReport(MonitoringReport calldata r, bytes32 digest) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                REPORT_TYPEHASH,
                r.project,
                r.periodFrom,
                r.periodUntil,
                r.vintage,
                r.quantityT,
                r.bufferPpm,
                r.linesRoot,
                r.evidenceRoot,
                digest,
                r.signedAt
            )
        );
    }

    function _hashOpinion(MonitoringReport calldata r, uint256 w, bytes32 digest, bytes32 reportHash)
        private
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                OPINION_TYPEHASH,
                reportHash,
                r.project,
                uint24(w >> 80),
                uint8(w >> 72),
                uint32(w >> 40),
                r.quantityT,
                digest,
                uint64(uint40(w))
            )
        );
    }
}
