// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IEmissionsOracle, OpinionWord} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {
    IParticipants,
    Participant,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights
} from "../../interfaces/parties/IParticipants.sol";
import {
    Activity,
    ClaimKind,
    IProjects,
    Location,
    Methodology,
    MethodologyId,
    Monitoring,
    MonitoringReport,
    MonitoringStatus,
    Project,
    ProjectId,
    ProjectKind,
    ProjectStatus,
    Site
} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {CodeWords} from "../lib/CodeWords.sol";
import {Merkle} from "../lib/Merkle.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {Signatures} from "../lib/Signatures.sol";
import {SignerSet, SignerWord} from "../lib/SignerSet.sol";
import {Claims} from "./Claims.sol";
import {OracleWords} from "./OracleWords.sol";

/// @title Projects
/// @notice Offset projects, their methodologies, and monitoring reports whose periods never overlap.
contract Projects is Claims, EIP712 {
    using OracleWords for uint256;
    using OracleWords for uint256[];

    bytes32 private constant REPORT_TYPEHASH = keccak256(
        "MonitoringReport(uint32 project,uint64 periodFrom,uint64 periodUntil,uint16 vintage,uint64 quantityT,uint32 bufferPpm,bytes32 linesRoot,bytes32 evidenceRoot,bytes32 configDigest,uint64 signedAt)"
    );
    bytes32 private constant OPINION_TYPEHASH = keccak256(
        "MonitoringOpinion(bytes32 report,uint32 project,uint24 body,uint8 assurance,uint32 materialityPpm,uint64 quantityT,bytes32 configDigest,uint64 signedAt)"
    );

    uint256 private constant REASONABLE = 2;
    uint256 private constant MAX_SCOPE = 23;
    uint256 private constant MAX_METERS = 64;
    /// @dev [1e-6 degrees]
    int256 private constant POLE = 90e6;
    int256 private constant DATE_LINE = 180e6;
    uint256 private constant PPM = 1e6;
    /// @dev Terms and the two persons of one body.
    uint256 private constant OPINION_BITS = 96;

    IParticipants private immutable PARTICIPANTS;
    ISchemes private immutable SCHEMES;
    IEmissionsOracle private immutable ORACLE;

    uint32 private _lastProject;
    uint64 private _lastReport;

    mapping(MethodologyId id => Methodology) private _methodologies;
    mapping(ProjectId id => Project) private _projects;
    /// @dev Beside the project, which every monitoring report reads.
    mapping(ProjectId id => Site) private _sites;
    /// @dev Until the project is validated, which binds them to its source.
    mapping(ProjectId id => bytes32[]) private _meters;
    mapping(uint64 reportId => Monitoring) private _monitoring;
    mapping(bytes32 reportHash => uint64 reportId) private _reportOf;
    mapping(uint64 reportId => address) private _disputedBy;

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
    function setMethodology(MethodologyId id, Methodology calldata methodology_, bytes32 documentHash) external {
        SCHEMES.checkPower(msg.sender, methodology_.scheme, 0, Powers.REGISTER);
        SchemeId old = _methodologies[id].scheme;
        bool named = MethodologyId.unwrap(id) != 0 && (SchemeId.unwrap(old) == 0 || old == methodology_.scheme);
        bool typed = methodology_.activity != Activity.None && methodology_.kind != ProjectKind.None;
        bool bounded = methodology_.minBufferPpm <= methodology_.maxBufferPpm && methodology_.maxBufferPpm <= PPM;
        if (!named || !typed || !bounded || methodology_.scope > MAX_SCOPE) {
            revert ProjectsBadMethodology(id, methodology_);
        }

        _methodologies[id] = methodology_;
        emit MethodologySet(id, methodology_.scheme, methodology_, documentHash, msg.sender);
    }

    /// @inheritdoc IProjects
    function register(
        MethodologyId methodologyId,
        uint16 hostCountry,
        uint40 creditingFrom,
        uint40 creditingUntil,
        bytes32 source,
        Location calldata location,
        bytes32[] calldata meters,
        bytes32 documentHash
    ) external returns (ProjectId id) {
        ParticipantId developer = _requireDeveloper();
        if (!_methodologies[methodologyId].active) revert ProjectsUnknownMethodology(methodologyId);
        if (creditingFrom == 0 || creditingFrom >= creditingUntil) {
            revert ProjectsBadCrediting(creditingFrom, creditingUntil);
        }
        if (hostCountry == 0 || source == 0) revert ProjectsIncomplete();
        _requireOnEarth(location);
        bytes32 metersRoot = _rootOf(meters);

        id = ProjectId.wrap(++_lastProject);
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
        _meters[id] = meters;
        _sites[id] = Site({location: location, meterCount: uint16(meters.length), metersRoot: metersRoot});
        emit ProjectRegistered(
            id,
            developer,
            methodologyId,
            hostCountry,
            creditingFrom,
            creditingUntil,
            source,
            location,
            meters,
            documentHash
        );
    }

    /// @inheritdoc IProjects
    function validate(ProjectId id, uint64 yearlyCapT, bytes32 documentHash) external {
        Project storage p = _requireOffice(id);
        _requireStatus(id, p, ProjectStatus.Registered);
        if (yearlyCapT == 0) revert ProjectsIncomplete();

        p.status = ProjectStatus.Validated;
        p.yearlyCapT = yearlyCapT;
        bytes32[] memory meters = _meters[id];
        delete _meters[id];
        for (uint256 i = 0; i < meters.length; ++i) {
            _bindMeter(meters[i], p.source);
        }
        emit ProjectValidated(id, msg.sender, yearlyCapT, documentHash);
    }

    /// @inheritdoc IProjects
    function setSuspended(ProjectId id, bool suspended, bytes32 reasonHash) external {
        Project storage p = _requireOffice(id);
        _requireStatus(id, p, suspended ? ProjectStatus.Validated : ProjectStatus.Suspended);

        p.status = suspended ? ProjectStatus.Suspended : ProjectStatus.Validated;
        emit ProjectSuspended(id, msg.sender, suspended, reasonHash);
    }

    /// @inheritdoc IProjects
    function renew(ProjectId id, uint40 creditingUntil, bytes32 documentHash) external {
        Project storage p = _requireOffice(id);
        uint40 oldUntil = p.creditingUntil;
        if (creditingUntil <= oldUntil) revert ProjectsBadCrediting(oldUntil, creditingUntil);

        p.creditingUntil = creditingUntil;
        emit ProjectRenewed(id, oldUntil, creditingUntil, documentHash);
    }

    function _requireDeveloper() private view returns (ParticipantId id) {
        uint8 rights;
        ParticipantStatus status;
        (id, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        bool may = status == ParticipantStatus.Active && rights & WalletRights.MANAGE != 0;
        if (!may || PARTICIPANTS.participant(id).kinds & ParticipantKinds.DEVELOPER == 0) {
            revert ProjectsNotDeveloper(msg.sender, id, rights);
        }
    }

    function _requireOnEarth(Location calldata place) private pure {
        bool bounded = place.latitude >= -POLE && place.latitude <= POLE && place.longitude >= -DATE_LINE
            && place.longitude <= DATE_LINE;
        if (!bounded || (place.latitude == 0 && place.longitude == 0)) revert ProjectsBadLocation(place);
    }

    /// @dev Rising, so that no meter is named twice and one set has one root.
    function _rootOf(bytes32[] calldata meters) private pure returns (bytes32) {
        if (meters.length > MAX_METERS) revert ProjectsTooManyMeters(meters.length, MAX_METERS);
        bytes32[] memory leaves = new bytes32[](meters.length);
        bytes32 last = 0;
        for (uint256 i = 0; i < meters.length; ++i) {
            if (meters[i] <= last) revert ProjectsBadMeter(i, meters[i]);
            last = meters[i];
            leaves[i] = Merkle.leaf(abi.encodePacked(last));
        }
        return Merkle.root(leaves);
    }

    function _requireOffice(ProjectId id) private view returns (Project storage p) {
        p = _requireProject(id);
        SCHEMES.checkPower(msg.sender, _methodologies[p.methodology].scheme, 0, Powers.REGISTER);
    }

    function _requireProject(ProjectId id) private view returns (Project storage p) {
        p = _projects[id];
        if (p.status == ProjectStatus.None) revert ProjectsUnknown(id);
    }

    function _requireStatus(ProjectId id, Project storage p, ProjectStatus needed) private view {
        if (p.status != needed) revert ProjectsWrongStatus(id, p.status);
    }

    /* MONITORING */

    /// @inheritdoc IProjects
    function submit(MonitoringReport calldata report, OpinionWord opinion, bytes32[6] calldata signatures, uint64 hint)
        external
        returns (uint64 reportId)
    {
        Project memory p = _requireProject(report.project);
        if (p.status != ProjectStatus.Validated) revert ProjectsWrongStatus(report.project, p.status);
        Methodology memory m = _methodologies[p.methodology];
        if (!m.active) revert ProjectsUnknownMethodology(p.methodology);
        (uint16 version, bytes32 digest, address pointer) = ORACLE.configOf(m.scheme);
        if (version == 0) revert IEmissionsOracle.EmissionsNotConfigured(m.scheme);
        bytes32 reportHash = _hashReport(report, digest);
        if (_reportOf[reportHash] != 0) revert ProjectsAlreadyReported(_reportOf[reportHash]);

        _requirePeriod(report, p);
        _requireQuantity(report, p, m);
        uint256[] memory config = CodeWords.load(pointer);
        _requireTimesAndTerms(report, opinion, config[OracleWords.RULES]);
        _requireReporter(report.project, p.developer, reportHash, signatures[0], signatures[1]);
        (ParticipantId body, uint256 signers) = _checkBody(report, opinion, signatures, config, m.scope, reportHash);
        _requireNoInterest(m.scheme, body, p.developer);

        reportId = ++_lastReport;
        _reportOf[reportHash] = reportId;
        Monitoring memory kept = Monitoring({
            project: report.project,
            developer: p.developer,
            body: body,
            vintage: report.vintage,
            bufferPpm: uint24(report.bufferPpm), // at most a million
            finalAt: uint40(block.timestamp + config[OracleWords.RULES].disputeWindow()), // 34,000 years
            quantityT: report.quantityT,
            status: MonitoringStatus.Reported,
            activity: m.activity,
            kind: m.kind,
            from: uint40(report.periodFrom), // within the crediting period's 40 bits
            until: uint40(report.periodUntil), // as above
            scheme: m.scheme,
            hostCountry: p.hostCountry,
            methodology: p.methodology,
            reportHash: reportHash
        });
        _monitoring[reportId] = kept;
        _claim(p.source, ClaimKind.Credit, reportId, report.periodFrom, report.periodUntil, hint);
        emit MonitoringReported(reportId, report.project, body, report, kept, signers, version);
    }

    function _requirePeriod(MonitoringReport calldata r, Project memory p) private view {
        uint256 latest = block.timestamp < p.creditingUntil ? block.timestamp : p.creditingUntil;
        bool inside = r.periodFrom >= p.creditingFrom && r.periodUntil <= latest;
        if (!inside || r.periodFrom >= r.periodUntil) {
            revert ProjectsBadPeriod(r.periodFrom, r.periodUntil, p.creditingFrom, latest);
        }
        uint256 firstYear = ReportingYear.yearOf(r.periodFrom);
        uint256 lastYear = ReportingYear.yearOf(uint256(r.periodUntil) - 1); // not empty
        if (r.vintage < firstYear || r.vintage > lastYear) revert ProjectsBadVintage(r.vintage, firstYear, lastYear);
    }

    function _requireQuantity(MonitoringReport calldata r, Project memory p, Methodology memory m) private pure {
        uint256 mostT = uint256(p.yearlyCapT) * (r.periodUntil - r.periodFrom) / 365 days;
        if (r.quantityT == 0 || r.quantityT > mostT) revert ProjectsImplausibleQuantity(r.project, r.quantityT, mostT);
        if (r.bufferPpm < m.minBufferPpm || r.bufferPpm > m.maxBufferPpm) {
            revert ProjectsBadBuffer(r.bufferPpm, m.minBufferPpm, m.maxBufferPpm);
        }
    }

    /// @dev The developer signs after the period, the body after the developer; the oracle's rules hold for both.
    function _requireTimesAndTerms(MonitoringReport calldata r, OpinionWord opinion, uint256 rules) private view {
        uint256 w = OpinionWord.unwrap(opinion);
        if (w >> OPINION_BITS != 0) revert IEmissionsOracle.EmissionsMalformedOpinion(opinion);
        uint256 latest = block.timestamp + rules.maxSkew();
        uint256 fresh = block.timestamp > rules.maxAge() ? block.timestamp - rules.maxAge() : 0;
        _requireSignedAt(r.signedAt, fresh > r.periodUntil ? fresh : r.periodUntil, latest);
        _requireSignedAt(uint40(w), r.signedAt, latest);
        uint256 assurance = uint8(w >> 72);
        if (assurance < rules.minAssurance() || assurance > REASONABLE) {
            revert IEmissionsOracle.EmissionsAssurance(assurance, rules.minAssurance(), REASONABLE);
        }
        if (uint32(w >> 40) > rules.maxMateriality()) {
            revert IEmissionsOracle.EmissionsMaterialityTooHigh(uint32(w >> 40), rules.maxMateriality());
        }
    }

    function _requireSignedAt(uint256 signedAt, uint256 earliest, uint256 latest) private pure {
        if (signedAt < earliest || signedAt > latest) {
            revert IEmissionsOracle.EmissionsSignedAt(signedAt, earliest, latest);
        }
    }

    function _requireReporter(ProjectId id, ParticipantId developer, bytes32 reportHash, bytes32 r, bytes32 vs)
        private
        view
    {
        address wallet = Signatures.recover(_hashTypedDataV4(reportHash), r, vs);
        (ParticipantId owner, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(wallet);
        bool may = owner == developer && rights & WalletRights.REPORT != 0 && status == ParticipantStatus.Active;
        if (!may) revert ProjectsNotReporter(id, wallet, owner, rights);
    }

    /// @return body whose persons signed
    /// @return signers bit i: person i signed
    function _checkBody(
        MonitoringReport calldata report,
        OpinionWord opinion,
        bytes32[6] calldata signatures,
        uint256[] memory config,
        uint8 scope,
        bytes32 reportHash
    ) private view returns (ParticipantId body, uint256 signers) {
        uint256 w = OpinionWord.unwrap(opinion);
        uint256 lead = uint8(w >> 80);
        uint256 reviewer = uint8(w >> 88);
        (SignerWord a, SignerWord b) = SignerSet.pair(
            config, OracleWords.firstSigner(config[OracleWords.RULES]), lead, reviewer, 1 << scope, uint40(w)
        );
        body = SignerSet.bodyOf(a);
        bytes32 toSign = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    OPINION_TYPEHASH,
                    reportHash,
                    report.project,
                    body,
                    uint8(w >> 72),
                    uint32(w >> 40),
                    report.quantityT,
                    config.digestOf(),
                    uint40(w)
                )
            )
        );
        SignerSet.requireSigned(a, lead, toSign, signatures[2], signatures[3]);
        SignerSet.requireSigned(b, reviewer, toSign, signatures[4], signatures[5]);
        signers = 1 << lead | 1 << reviewer;
    }

    /// @dev Nobody needs to have said that a developer has an interest in itself.
    function _requireNoInterest(SchemeId scheme, ParticipantId body, ParticipantId developer) private view {
        if (body == developer || ORACLE.hasInterest(scheme, body, developer)) revert ProjectsInterest(developer, body);
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

    /* DISPUTES */

    /// @inheritdoc IProjects
    function dispute(uint64 reportId, bytes32 reasonHash) external {
        Monitoring storage m = _requireReport(reportId, MonitoringStatus.Reported);
        SCHEMES.checkPower(msg.sender, m.scheme, 0, Powers.DISPUTE);
        if (block.timestamp >= m.finalAt) revert ProjectsDisputeTooLate(reportId, m.finalAt);

        m.status = MonitoringStatus.Disputed;
        _disputedBy[reportId] = msg.sender;
        emit MonitoringDisputed(reportId, msg.sender, reasonHash);
    }

    /// @inheritdoc IProjects
    function resolve(uint64 reportId, bool upheld, bytes32 reasonHash, uint64 hint) external {
        Monitoring storage m = _requireReport(reportId, MonitoringStatus.Disputed);
        SCHEMES.checkPower(msg.sender, m.scheme, 0, Powers.DISPUTE);
        if (_disputedBy[reportId] == msg.sender) revert ProjectsOwnDispute(msg.sender);

        delete _disputedBy[reportId];
        if (upheld) {
            m.status = MonitoringStatus.Annulled;
            _release(_projects[m.project].source, ClaimKind.Credit, reportId, m.from, m.until, hint);
        } else {
            m.status = MonitoringStatus.Reported;
            m.finalAt = uint40(block.timestamp); // 34,000 years
        }
        emit MonitoringResolved(reportId, msg.sender, upheld, reasonHash);
    }

    function _requireReport(uint64 reportId, MonitoringStatus needed) private view returns (Monitoring storage m) {
        m = _monitoring[reportId];
        if (m.status == MonitoringStatus.None) revert ProjectsUnknownReport(reportId);
        if (m.status != needed) revert ProjectsReportStatus(reportId, m.status);
    }

    /* VIEWS */

    /// @inheritdoc IProjects
    function methodology(MethodologyId id) external view returns (Methodology memory) {
        return _methodologies[id];
    }

    /// @inheritdoc IProjects
    function project(ProjectId id) external view returns (Project memory) {
        return _requireProject(id);
    }

    /// @inheritdoc IProjects
    function siteOf(ProjectId id) external view returns (Site memory) {
        _requireProject(id);
        return _sites[id];
    }

    /// @inheritdoc IProjects
    function projectCount() external view returns (uint32) {
        return _lastProject;
    }

    /// @inheritdoc IProjects
    function reportCount() external view returns (uint64) {
        return _lastReport;
    }

    /// @inheritdoc IProjects
    function monitoring(uint64 reportId) external view returns (Monitoring memory m) {
        m = _monitoring[reportId];
        if (m.status == MonitoringStatus.None) revert ProjectsUnknownReport(reportId);
    }

    /// @inheritdoc IProjects
    function isFinal(uint64 reportId) external view returns (bool) {
        Monitoring storage m = _monitoring[reportId];
        return m.status == MonitoringStatus.Reported && block.timestamp >= m.finalAt;
    }

    /// @inheritdoc IProjects
    function reportOf(bytes32 reportHash) external view returns (uint64 reportId) {
        return _reportOf[reportHash];
    }
}
