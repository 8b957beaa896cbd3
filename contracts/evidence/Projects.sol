// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {OpinionWord} from "../../interfaces/types/ReportTypes.sol";
import {IEmissionsConfig} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {IEmissionsOracle, IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IMeters} from "../../interfaces/evidence/IMeters.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    ClaimKind,
    IProjectRegister,
    IProjectReports,
    Methodology,
    MethodologyId,
    Monitoring,
    MonitoringReport,
    MonitoringStatus,
    Project,
    ProjectId,
    ProjectStatus
} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {CodeWords} from "../lib/CodeWords.sol";
import {Extendable} from "../lib/Extendable.sol";
import {IntervalSet} from "../lib/IntervalSet.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {Signatures} from "../lib/Signatures.sol";
import {SignerSet, SignerWord} from "../lib/SignerSet.sol";
import {OracleConfigLib} from "./lib/OracleConfigLib.sol";
import {ProjectsExtension} from "./ProjectsExtension.sol";
import {ProjectsStore} from "./ProjectsStore.sol";

/// @title Projects
/// @notice Monitoring reports of offset projects, whose periods never overlap, and the claims of their sources.
/// @dev Methodologies and the register of projects are in {ProjectsExtension}. The claimant is stored only for claims
/// of other contracts.
contract Projects is ProjectsStore, EIP712, Extendable, IProjectReports {
    using IntervalSet for IntervalSet.Set;
    using OracleConfigLib for uint256;
    using OracleConfigLib for uint256[];

    bytes32 private constant REPORT_TYPEHASH = keccak256(
        "MonitoringReport(uint32 project,uint64 periodFrom,uint64 periodUntil,uint16 vintage,uint64 quantityT,uint32 bufferPpm,bytes32 linesRoot,bytes32 evidenceRoot,bytes32 configDigest,uint64 signedAt)"
    );
    bytes32 private constant OPINION_TYPEHASH = keccak256(
        "MonitoringOpinion(bytes32 report,uint32 project,uint24 body,uint8 assurance,uint32 materialityPpm,uint64 quantityT,bytes32 configDigest,uint64 signedAt)"
    );

    IEmissionsOracle private immutable ORACLE;

    constructor(
        address authority_,
        IParticipants participants,
        ISchemes schemes,
        IEmissionsOracle oracle,
        IMeters meters
    )
        ProjectsStore(authority_, participants, schemes, meters)
        EIP712("tonne Projects", "1")
        Extendable(address(new ProjectsExtension(authority_, participants, schemes, meters)))
    {
        ORACLE = oracle;
    }

    /* MONITORING */

    /// @inheritdoc IProjectReports
    function submit(MonitoringReport calldata report, OpinionWord opinion, bytes32[6] calldata signatures, uint64 hint)
        external
        returns (uint64 reportId)
    {
        return _submit(report, opinion, signatures, hint, Signatures.none());
    }

    /// @inheritdoc IProjectReports
    function submitWithContractSignatures(
        MonitoringReport calldata report,
        OpinionWord opinion,
        bytes32[6] calldata signatures,
        uint64 hint,
        bytes[] calldata contractSignatures
    ) external returns (uint64 reportId) {
        return _submit(report, opinion, signatures, hint, contractSignatures);
    }

    function _submit(
        MonitoringReport calldata report,
        OpinionWord opinion,
        bytes32[6] calldata signatures,
        uint64 hint,
        bytes[] calldata contractSignatures
    ) private returns (uint64 reportId) {
        Project memory p = _requireProject(report.project);
        _requireStatus(report.project, p.status, ProjectStatus.Validated);
        Methodology memory m = _termsOf(p);
        if (!m.active) revert IProjectRegister.ProjectsUnknownMethodology(p.methodology);
        (uint16 version, bytes32 digest, address pointer) = ORACLE.configOf(m.scheme);
        if (version == 0) revert IEmissionsConfig.EmissionsNotConfigured(m.scheme);
        bytes32 reportHash = _hashReport(report, digest);
        if (_reportOf[reportHash] != 0) revert ProjectsAlreadyReported(_reportOf[reportHash]);

        _requirePeriod(report, p, SCHEMES.schemeInfo(m.scheme).utcOffset);
        _requireQuantity(report, p, m);
        uint256[] memory config = CodeWords.load(pointer);
        _requireTimesAndTerms(report, opinion, config[OracleConfigLib.RULES]);
        _requireReporter(report.project, p.developer, reportHash, signatures, contractSignatures);
        (ParticipantId body, uint256 signers) =
            _checkBody(report, opinion, signatures, contractSignatures, config, m.scope, reportHash);
        _requireNoInterest(m.scheme, body, p.developer);
        _takeEvidence(report.evidenceRoot, p.source);

        reportId = ++_lastReport;
        _reportOf[reportHash] = reportId;
        Monitoring memory kept = Monitoring({
            project: report.project,
            developer: p.developer,
            body: body,
            vintage: report.vintage,
            bufferPpm: uint24(report.bufferPpm), // at most a million
            finalAt: uint40(block.timestamp + config[OracleConfigLib.RULES].disputeWindow()), // 34,000 years
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

    /// @dev A vintage is a year of the scheme's zone.
    /// @param zone [s] east of UTC
    function _requirePeriod(MonitoringReport calldata r, Project memory p, int256 zone) private view {
        uint256 latest = block.timestamp < p.creditingUntil ? block.timestamp : p.creditingUntil;
        bool inside = r.periodFrom >= p.creditingFrom && r.periodUntil <= latest;
        if (!inside || r.periodFrom >= r.periodUntil) {
            revert ProjectsBadPeriod(r.periodFrom, r.periodUntil, p.creditingFrom, latest);
        }
        uint256 firstYear = ReportingYear.yearOf(r.periodFrom, zone);
        uint256 lastYear = ReportingYear.yearOf(uint256(r.periodUntil) - 1, zone); // not empty
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
        // The persons of one body, and nothing more.
        if (opinion.opinionPersons() > type(uint16).max) revert IEmissionsReports.EmissionsMalformedOpinion(opinion);
        uint256 latest = block.timestamp + rules.maxSkew();
        uint256 fresh = block.timestamp > rules.maxAge() ? block.timestamp - rules.maxAge() : 0;
        OracleConfigLib.requireSignedAt(r.signedAt, fresh > r.periodUntil ? fresh : r.periodUntil, latest);
        OracleConfigLib.requireSignedAt(opinion.opinionSignedAt(), r.signedAt, latest);
        rules.requireTerms(opinion.opinionAssurance(), opinion.opinionMateriality());
    }

    function _requireReporter(
        ProjectId id,
        ParticipantId developer,
        bytes32 reportHash,
        bytes32[6] calldata signatures,
        bytes[] calldata contractSignatures
    ) private {
        address wallet = Signatures.signerOf(
            _hashTypedDataV4(reportHash), signatures[0], signatures[1], contractSignatures
        );
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
        bytes[] calldata contractSignatures,
        uint256[] memory config,
        uint8 scope,
        bytes32 reportHash
    ) private returns (ParticipantId body, uint256 signers) {
        uint256 lead = uint8(opinion.opinionPersons());
        uint256 reviewer = uint8(opinion.opinionPersons() >> 8);
        uint256 first = config[OracleConfigLib.RULES].firstSigner();
        (SignerWord a, SignerWord b) =
            SignerSet.pair(config, first, lead, reviewer, 1 << scope, opinion.opinionSignedAt());
        body = SignerSet.bodyOf(a);
        bytes32 toSign = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    OPINION_TYPEHASH,
                    reportHash,
                    report.project,
                    body,
                    opinion.opinionAssurance(),
                    opinion.opinionMateriality(),
                    report.quantityT,
                    config.digestOf(),
                    opinion.opinionSignedAt()
                )
            )
        );
        SignerSet.requireSigned(a, lead, toSign, signatures[2], signatures[3], contractSignatures);
        SignerSet.requireSigned(b, reviewer, toSign, signatures[4], signatures[5], contractSignatures);
        signers = 1 << lead | 1 << reviewer;
    }

    /// @dev A developer has an interest in itself without a declaration.
    function _requireNoInterest(SchemeId scheme, ParticipantId body, ParticipantId developer) private view {
        if (body == developer || ORACLE.hasInterest(scheme, body, developer)) revert ProjectsInterest(developer, body);
    }

    /// @dev One package of evidence stands for one plant, for ever: a report that copies it does not become another's by being
    /// annulled.
    function _takeEvidence(bytes32 evidenceRoot, bytes32 source) private {
        bytes32 owner = _sourceOfEvidence[evidenceRoot];
        if (owner == source) return;
        if (owner != 0) revert ProjectsSameEvidence(evidenceRoot, owner);
        _sourceOfEvidence[evidenceRoot] = source;
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

    /// @inheritdoc IProjectReports
    function dispute(uint64 reportId, bytes32 reasonHash) external {
        Monitoring storage m = _requireReport(reportId, MonitoringStatus.Reported);
        _requirePower(m.scheme, Powers.DISPUTE);
        if (block.timestamp >= m.finalAt) revert ProjectsDisputeTooLate(reportId, m.finalAt);

        m.status = MonitoringStatus.Disputed;
        _disputedBy[reportId] = msg.sender;
        emit MonitoringDisputed(reportId, msg.sender, reasonHash);
    }

    /// @inheritdoc IProjectReports
    function resolve(uint64 reportId, bool upheld, bytes32 reasonHash, uint64 hint) external {
        Monitoring storage m = _requireReport(reportId, MonitoringStatus.Disputed);
        _requirePower(m.scheme, Powers.DISPUTE);
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
        m = _requireKnown(reportId);
        if (m.status != needed) revert ProjectsReportStatus(reportId, m.status);
    }

    function _requireKnown(uint64 reportId) private view returns (Monitoring storage m) {
        m = _monitoring[reportId];
        if (m.status == MonitoringStatus.None) revert ProjectsUnknownReport(reportId);
    }

    /* CLAIMS */

    /// @inheritdoc IProjectReports
    function setClaimant(address claimant, bool allowed) external restricted {
        _claimants[claimant] = allowed;
        emit ClaimantSet(claimant, allowed);
    }

    /// @inheritdoc IProjectReports
    function bindMeter(bytes32 meter, bytes32 source, SchemeId scheme) external {
        if (!_claimants[msg.sender]) revert ProjectsNotClaimant(msg.sender);
        _takeName(source, scheme);
        _bindMeter(meter, source);
    }

    /// @inheritdoc IProjectReports
    function claim(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) external {
        if (!_claimants[msg.sender]) revert ProjectsNotClaimant(msg.sender);
        if (source == 0 || kind == ClaimKind.None) revert ProjectsBadClaim(source, kind);

        _claimedBy[source][from] = msg.sender;
        _claim(source, kind, ref, from, until, hint);
    }

    /// @inheritdoc IProjectReports
    function release(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) external {
        if (_claimedBy[source][from] != msg.sender) revert ProjectsNotItsClaim(source, from, until);

        delete _claimedBy[source][from];
        _release(source, kind, ref, from, until, hint);
    }

    function _release(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) private {
        (uint64 storedUntil, uint128 data) = _claims[source].get(from);
        if (storedUntil != until || data != _dataOf(kind, ref)) revert ProjectsNotItsClaim(source, from, until);

        _claims[source].remove(from, hint);
        emit SourceReleased(source, kind, ref, from, until, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IProjectReports
    function methodology(MethodologyId id) external view returns (Methodology memory) {
        return _methodologies[id];
    }

    /// @inheritdoc IProjectReports
    function project(ProjectId id) external view returns (Project memory) {
        return _requireProject(id);
    }

    /// @inheritdoc IProjectReports
    function termsOf(ProjectId id) external view returns (Methodology memory) {
        return _termsOf(_requireProject(id));
    }

    /// @inheritdoc IProjectReports
    function reportCount() external view returns (uint64) {
        return _lastReport;
    }

    /// @inheritdoc IProjectReports
    function monitoring(uint64 reportId) external view returns (Monitoring memory) {
        return _requireKnown(reportId);
    }

    /// @inheritdoc IProjectReports
    function isFinal(uint64 reportId) external view returns (bool) {
        Monitoring storage m = _monitoring[reportId];
        return m.status == MonitoringStatus.Reported && block.timestamp >= m.finalAt;
    }

    /// @inheritdoc IProjectReports
    function checkIssuable(uint64 reportId) external view {
        Monitoring memory m = _requireKnown(reportId);
        _requireStatus(m.project, _projects[m.project].status, ProjectStatus.Validated);
        _requireInForce(m.methodology);
        _requireNoInterest(m.scheme, m.body, m.developer);
    }

    /// @inheritdoc IProjectReports
    function reportOf(bytes32 reportHash) external view returns (uint64 reportId) {
        return _reportOf[reportHash];
    }

    /// @inheritdoc IProjectReports
    function claimBefore(bytes32 source, uint64 from, uint256 limit) external view returns (uint64 hint) {
        return _claims[source].lastBefore(from, limit);
    }

    /// @inheritdoc IProjectReports
    function claimAt(bytes32 source, uint64 from) external view returns (ClaimKind kind, uint64 ref, uint64 until) {
        uint128 data;
        (until, data) = _claims[source].get(from);
        return (ClaimKind(uint8(data >> KIND_SHIFT)), uint64(data), until); // fields as packed by {_dataOf}
    }

    /// @inheritdoc IProjectReports
    function sourceOfMeter(bytes32 meter) external view returns (bytes32) {
        return _sourceOfMeter[meter];
    }

    /// @inheritdoc IProjectReports
    function schemeOfName(bytes32 name) external view returns (SchemeId) {
        return _schemeOfName[name];
    }
}
