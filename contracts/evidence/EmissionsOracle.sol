// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {InstallationStatus, InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {OpinionWord, RecordWord, ReportStatus, ReportWord} from "../../interfaces/types/ReportTypes.sol";
import {IEmissionsConfig} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {BatchItem, Determination, IEmissionsReports, ReportBatch} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IReporterSource, IReportRuleSource} from "../../interfaces/rules/IReportSources.sol";
import {Period, Powers} from "../../interfaces/rules/ISchemes.sol";
import {CodeWords} from "../lib/CodeWords.sol";
import {Extendable} from "../lib/Extendable.sol";
import {Merkle} from "../lib/Merkle.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {Signatures} from "../lib/Signatures.sol";
import {SignerSet, SignerWord} from "../lib/SignerSet.sol";
import {RecordWordLib} from "../types/RecordWordLib.sol";
import {EmissionsOracleExtension} from "./EmissionsOracleExtension.sol";
import {EmissionsStore} from "./EmissionsStore.sol";
import {Interests} from "./lib/Interests.sol";
import {OracleConfigLib} from "./lib/OracleConfigLib.sol";
import {Panel, Panels} from "./lib/Panels.sol";
import {ReportHash} from "./lib/ReportHash.sol";

/// @title EmissionsOracle
/// @notice Verified emissions of each installation and year: reports, disputes, determinations; see {IEmissionsOracle}.
/// @dev A report costs one write, one call of the register and the signatures; everything but its amounts is in the
/// event. Configuration is in {EmissionsOracleExtension}.
contract EmissionsOracle is EmissionsStore, EIP712, Extendable, IEmissionsReports {
    using Interests for Interests.Cache;
    using Interests for Interests.Register;
    using OracleConfigLib for uint256;
    using OracleConfigLib for uint256[];
    using Panels for Panel;
    using RecordWordLib for RecordWord;
    using RecordWordLib for ReportWord;

    uint256 private constant MAX_BATCH = 200;
    uint256 private constant MAX_VIEW = 500;

    mapping(SchemeId scheme => mapping(ParticipantId body => uint64)) private _sequences;

    constructor(IReporterSource participants, IReportRuleSource schemes)
        EmissionsStore(participants, schemes)
        EIP712("tonne EmissionsOracle", "1")
        Extendable(address(new EmissionsOracleExtension(participants, schemes)))
    {}

    /// @dev Shared by the reports of one call; the last four belong to the year checked last.
    struct Session {
        SchemeId scheme;
        uint256[] config;
        uint256 rules;
        bytes32 digest; //    of the configuration
        bytes32 separator; // EIP-712
        RecordWord shared; // record without amounts and revision
        uint256 latest; //    [s] last moment a report can be signed
        uint256 year;
        uint256 earliest; //  [s] first moment a report of `year` can be signed
        uint256 yearHours;
    }

    /* REPORT */

    /// @inheritdoc IEmissionsReports
    function submit(
        SchemeId scheme,
        ReportWord report,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        OpinionWord opinion,
        bytes32[] calldata signatures
    ) external {
        _submit(scheme, report, linesRoot, evidenceRoot, opinion, signatures, Signatures.none());
    }

    /// @inheritdoc IEmissionsReports
    function submitWithContractSignatures(
        SchemeId scheme,
        ReportWord report,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        OpinionWord opinion,
        bytes32[] calldata signatures,
        bytes[] calldata contractSignatures
    ) external {
        _submit(scheme, report, linesRoot, evidenceRoot, opinion, signatures, contractSignatures);
    }

    function _submit(
        SchemeId scheme,
        ReportWord report,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        OpinionWord opinion,
        bytes32[] calldata signatures,
        bytes[] calldata contractSignatures
    ) private {
        Session memory s = _open(scheme);
        uint256 count = _requireOpinions(s, opinion, signatures.length);
        _requireNext(report, _records[report.keyOf()]);

        bytes32 reportHash = ReportHash.hashReport(ReportHash.reportBuffer(s.digest), report, linesRoot, evidenceRoot);
        address reporter = Signatures.signerOf(
            MessageHashUtils.toTypedDataHash(s.separator, reportHash), signatures[0], signatures[1], contractSignatures
        );
        (InstallationWord plant, uint8 rights) = PARTICIPANTS.reporterOf(report.reportedInstallation(), reporter);
        uint256 scope = _requireSound(s, report, plant);
        if (rights & WalletRights.REPORT == 0) {
            revert EmissionsNotReporter(report.reportedInstallation(), reporter, rights);
        }
        OracleConfigLib.requireSignedAt(opinion.opinionSignedAt(), report.reportedSignedAt(), s.latest);
        Panel memory panel = _panel(s, opinion, count, scope, signatures);
        panel.buffer = ReportHash.opinionBuffer(s.digest, reportHash, report, opinion);
        panel.check(s.rules, contractSignatures);
        uint256 interested = _interests.bodiesWith(scheme, plant.operatorOf());
        if (interested != 0) {
            interested &= panel.bodies();
            if (interested != 0) revert EmissionsInterest(plant.operatorOf(), interested);
        }

        RecordWord shared = s.shared.signedBy(panel.firstBody(), count);
        _record(shared, report, plant.operatorOf(), linesRoot, evidenceRoot, RecordWordLib.eventOpinion(opinion));
    }

    function _panel(Session memory s, OpinionWord opinion, uint256 count, uint256 scope, bytes32[] calldata signatures)
        private
        pure
        returns (Panel memory panel)
    {
        panel.words = s.config;
        panel.first = s.rules.firstSigner();
        panel.persons = opinion.opinionPersons();
        panel.count = count;
        panel.scopes = scope;
        panel.signedAt = opinion.opinionSignedAt();
        panel.separator = s.separator;
        uint256 offset;
        assembly ("memory-safe") {
            offset := add(signatures.offset, 0x40) // behind the operator's two words
        }
        panel.signatures = offset;
    }

    /// @inheritdoc IEmissionsReports
    function submitBatch(
        SchemeId scheme,
        ReportBatch calldata batch,
        uint8 lead,
        uint8 reviewer,
        bytes32[4] calldata signatures,
        BatchItem[] calldata items
    ) external {
        _submitBatch(scheme, batch, lead, reviewer, signatures, items, Signatures.none());
    }

    /// @inheritdoc IEmissionsReports
    function submitBatchWithContractSignatures(
        SchemeId scheme,
        ReportBatch calldata batch,
        uint8 lead,
        uint8 reviewer,
        bytes32[4] calldata signatures,
        BatchItem[] calldata items,
        bytes[] calldata contractSignatures
    ) external {
        _submitBatch(scheme, batch, lead, reviewer, signatures, items, contractSignatures);
    }

    function _submitBatch(
        SchemeId scheme,
        ReportBatch calldata batch,
        uint8 lead,
        uint8 reviewer,
        bytes32[4] calldata signatures,
        BatchItem[] calldata items,
        bytes[] calldata contractSignatures
    ) private {
        Session memory s = _open(scheme);
        if (s.rules.minBodies() != 1) revert EmissionsBatchNotAllowed(scheme, uint8(s.rules.minBodies()));
        if (items.length == 0 || items.length > MAX_BATCH || items.length != batch.count) {
            revert EmissionsBatchCount(batch.count, items.length, MAX_BATCH);
        }
        _requireSequence(scheme, batch.body, batch.sequence);
        s.rules.requireTerms(batch.assurance, batch.materialityPpm);
        OracleConfigLib.requireSignedAt(batch.signedAt, _sub(block.timestamp, s.rules.maxAge()), s.latest);
        s.shared = s.shared.signedBy(ParticipantId.unwrap(batch.body), 1);
        // An operator signs before the bodies do.
        s.latest = batch.signedAt;

        uint256 persons = RecordWordLib.eventPersons(uint256(lead) | uint256(reviewer) << 8, batch.sequence);
        (uint256 scopes, bytes32[] memory leaves) = _acceptItems(s, batch, persons, items);
        bytes32 root = Merkle.root(leaves);
        if (root != batch.root) revert EmissionsBatchRoot(batch.root, root);

        bytes32 toSign = MessageHashUtils.toTypedDataHash(s.separator, ReportHash.hashBatch(batch, s.digest));
        (SignerWord a, SignerWord b) =
            SignerSet.pair(s.config, s.rules.firstSigner(), lead, reviewer, scopes, batch.signedAt);
        if (SignerSet.bodyOf(a) != batch.body) {
            revert SignerSet.SignersWrongBody(lead, SignerSet.bodyOf(a), batch.body);
        }
        SignerSet.requireSigned(a, lead, toSign, signatures[0], signatures[1], contractSignatures);
        SignerSet.requireSigned(b, reviewer, toSign, signatures[2], signatures[3], contractSignatures);

        emit ReportBatchAccepted(
            scheme,
            batch.body,
            batch.sequence,
            batch.root,
            batch.count,
            batch.totalEmissionsT,
            batch.totalPowerMwh,
            batch.totalHeatGj,
            batch.assurance,
            batch.materialityPpm,
            batch.signedAt
        );
    }

    /// @dev Checks and records the items; the caller still has to check root and signatures.
    /// @param persons with the sequence, as the events' terms hold them
    /// @return scopes [bits] accreditations the items ask for
    function _acceptItems(Session memory s, ReportBatch calldata batch, uint256 persons, BatchItem[] calldata items)
        private
        returns (uint256 scopes, bytes32[] memory leaves)
    {
        leaves = new bytes32[](items.length);
        InstallationWord[] memory plants = _plantsOf(items);
        uint256 buffer = ReportHash.reportBuffer(s.digest);
        Interests.Cache memory cache = _interests.cacheOf(s.scheme, batch.body);
        uint256 emissionsT;
        uint256 powerMwh;
        uint256 heatGj;
        // At most 200 items of 40-bit amounts: no sum overflows.
        unchecked {
            for (uint256 i; i < items.length; ++i) {
                BatchItem calldata item = items[i];
                ReportWord report = item.report;
                leaves[i] = Merkle.leaf(
                    ReportHash.hashReport(buffer, report, item.linesRoot, item.evidenceRoot), item.operatorSignature
                );
                emissionsT += report.reportedEmissions();
                powerMwh += report.reportedPower();
                heatGj += report.reportedHeat();

                InstallationWord plant = plants[i];
                scopes |= _requireSound(s, report, plant);
                if (_interests.hasCached(cache, plant.operatorOf())) {
                    revert EmissionsInterest(plant.operatorOf(), cache.bodyBit);
                }
                RecordWord standing = _records[report.keyOf()];
                if (_isOvertaken(report, standing)) {
                    emit BatchItemSkipped(report.reportedInstallation(), report.reportedYear(), standing);
                } else {
                    _record(s.shared, report, plant.operatorOf(), item.linesRoot, item.evidenceRoot, persons);
                }
            }
        }
        if (emissionsT != batch.totalEmissionsT || powerMwh != batch.totalPowerMwh || heatGj != batch.totalHeatGj) {
            revert EmissionsBatchTotals(emissionsT, powerMwh, heatGj);
        }
    }

    function _plantsOf(BatchItem[] calldata items) private view returns (InstallationWord[] memory) {
        InstallationId[] memory ids = new InstallationId[](items.length);
        for (uint256 i; i < ids.length; ++i) {
            ids[i] = items[i].report.reportedInstallation();
        }
        return PARTICIPANTS.installationWords(ids);
    }

    /// @param persons with the sequence, or with the opinion's qualification, as the event's terms hold them
    function _record(
        RecordWord shared,
        ReportWord report,
        ParticipantId operator,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        uint256 persons
    ) private {
        _records[report.keyOf()] = shared.withReport(report);
        emit EmissionsReported(
            report.reportedInstallation(), operator, report, linesRoot, evidenceRoot, shared.eventTerms(persons)
        );
    }

    function _open(SchemeId scheme) private view returns (Session memory s) {
        Config memory config = _configs[scheme];
        if (config.version == 0) revert IEmissionsConfig.EmissionsNotConfigured(scheme);
        s.scheme = scheme;
        s.config = CodeWords.load(config.pointer);
        s.rules = s.config[OracleConfigLib.RULES];
        s.digest = s.config.digestOf();
        s.separator = _domainSeparatorV4();
        // Times fit 32 bits until 2106.
        unchecked {
            s.latest = block.timestamp + s.rules.maxSkew();
            s.shared =
                RecordWordLib.reported(block.timestamp, block.timestamp + s.rules.disputeWindow(), config.version);
        }
    }

    /* DISPUTE AND DETERMINE */

    /// @inheritdoc IEmissionsReports
    function dispute(InstallationId installation, uint16 year, bytes32 reasonHash) external {
        uint256 key = RecordWordLib.keyOf(installation, year);
        RecordWord standing = _records[key];
        _requireStatus(installation, year, standing, ReportStatus.Reported);
        if (block.timestamp >= standing.recordFinalAt()) {
            revert EmissionsDisputeTooLate(installation, year, standing.recordFinalAt());
        }
        _requireStanding(installation);

        _records[key] = standing.withStatus(ReportStatus.Disputed);
        _disputedBy[key] = msg.sender;
        emit ReportDisputed(installation, year, msg.sender, standing.recordRevision(), reasonHash);
    }

    /// @inheritdoc IEmissionsReports
    function resolve(InstallationId installation, uint16 year, bool upheld, bytes32 reasonHash) external {
        uint256 key = RecordWordLib.keyOf(installation, year);
        RecordWord standing = _records[key];
        _requireStatus(installation, year, standing, ReportStatus.Disputed);
        InstallationWord plant = PARTICIPANTS.installation(installation);
        SCHEMES.checkPower(msg.sender, plant.schemeOf(), plant.jurisdictionOf(), Powers.DISPUTE);
        if (_disputedBy[key] == msg.sender) revert EmissionsOwnDispute(msg.sender);

        delete _disputedBy[key];
        if (upheld) {
            standing = standing.withStatus(ReportStatus.Annulled);
            _records[key] = standing;
            _fallen[key] = standing;
        } else {
            _records[key] = standing.withStatus(ReportStatus.Reported).finalNow();
        }
        emit DisputeResolved(installation, year, msg.sender, standing.recordRevision(), upheld, reasonHash);
    }

    /// @inheritdoc IEmissionsReports
    function determine(SchemeId scheme, uint16 periodId, Determination[] calldata determinations) external {
        if (determinations.length == 0 || determinations.length > MAX_BATCH) {
            revert IEmissionsConfig.EmissionsTooMany(determinations.length, MAX_BATCH);
        }
        Period memory period = SCHEMES.period(scheme, periodId);
        if (block.timestamp < period.determinationFrom) {
            revert EmissionsDeterminationTooEarly(period.determinationFrom);
        }

        for (uint256 i; i < determinations.length; ++i) {
            _determine(scheme, period, determinations[i]);
        }
    }

    function _determine(SchemeId scheme, Period memory period, Determination calldata d) private {
        InstallationWord plant = PARTICIPANTS.installation(d.installation);
        if (plant.statusOf() == InstallationStatus.None) revert EmissionsUnknownInstallation(d.installation);
        if (plant.schemeOf() != scheme) revert EmissionsWrongScheme(d.installation, plant.schemeOf(), scheme);
        SCHEMES.checkPower(msg.sender, scheme, plant.jurisdictionOf(), Powers.DETERMINE);
        if (d.year < period.firstYear || d.year > period.lastYear) {
            revert EmissionsYearNotInPeriod(d.year, period.firstYear, period.lastYear);
        }
        uint256 key = RecordWordLib.keyOf(d.installation, d.year);
        RecordWord standing = _records[key];
        if (_isFinal(standing)) revert EmissionsFinal(d.installation, d.year);

        delete _disputedBy[key];
        // The revision stays, so that no old report fits again.
        _records[key] = RecordWordLib.determined(d.emissionsT, d.powerMwh, d.heatGj, standing.recordRevision());
        emit EmissionsDetermined(
            d.installation,
            d.year,
            plant.operatorOf(),
            d.emissionsT,
            d.powerMwh,
            d.heatGj,
            standing.recordRevision(),
            msg.sender,
            d.reasonHash
        );
    }

    function _requireStanding(InstallationId installation) private view {
        (InstallationWord plant, uint8 rights) = PARTICIPANTS.reporterOf(installation, msg.sender);
        if (rights & (WalletRights.REPORT | WalletRights.MANAGE) != 0) return;
        if (!SCHEMES.hasPower(msg.sender, plant.schemeOf(), plant.jurisdictionOf(), Powers.DISPUTE)) {
            revert EmissionsNoStanding(msg.sender, installation);
        }
    }

    function _requireStatus(InstallationId installation, uint16 year, RecordWord standing, ReportStatus needed)
        private
        pure
    {
        if (standing.recordStatus() != needed) {
            revert EmissionsWrongStatus(installation, year, standing.recordStatus());
        }
    }

    /* CHECKS OF THE REPORT */

    /// @dev The one report that can follow `standing`.
    function _requireNext(ReportWord report, RecordWord standing) private view {
        uint8 given = report.reportedRevision();
        // The first report of a year: the usual case.
        if (RecordWord.unwrap(standing) == 0 && given == 1) return;

        ReportStatus status = standing.recordStatus();
        if (status == ReportStatus.Disputed || status == ReportStatus.Determined) {
            revert EmissionsWrongStatus(report.reportedInstallation(), report.reportedYear(), status);
        }
        uint8 last = standing.recordRevision();
        if (given <= last) {
            revert EmissionsAlreadyReported(report.reportedInstallation(), report.reportedYear(), given);
        }
        // Two contracts that read it must read the same: what is final stays.
        if (_isFinal(standing)) revert EmissionsFinal(report.reportedInstallation(), report.reportedYear());
        if (given - last != 1) {
            // given > last by the line above
            revert EmissionsWrongRevision(report.reportedInstallation(), report.reportedYear(), given, last + 1);
        }
    }

    /// @dev Whether a report, dispute, determination or the end of the window came before a batch's report; reverts for a gap in revisions.
    function _isOvertaken(ReportWord report, RecordWord standing) private view returns (bool) {
        if (RecordWord.unwrap(standing) != 0) {
            if (report.reportedRevision() <= standing.recordRevision()) return true;
            if (standing.recordStatus() == ReportStatus.Disputed || _isFinal(standing)) return true;
        }
        _requireNext(report, standing);
        return false;
    }

    /// @dev Scheme, year, time of signing and plausibility.
    /// @return scope [bit] accreditation its class asks for
    function _requireSound(Session memory s, ReportWord report, InstallationWord plant)
        private
        view
        returns (uint256 scope)
    {
        InstallationId id = report.reportedInstallation();
        if (InstallationWord.unwrap(plant) == 0) revert EmissionsUnknownInstallation(id);
        if (plant.schemeOf() != s.scheme) revert EmissionsWrongScheme(id, plant.schemeOf(), s.scheme);
        if (report.reportedYear() != s.year) _enterYear(s, report.reportedYear());
        OracleConfigLib.requireSignedAt(report.reportedSignedAt(), s.earliest, s.latest);

        uint256 bounds = s.config.boundsAt(s.rules, plant.classOf());
        if (bounds == 0) revert EmissionsClassWithoutBounds(id, plant.classOf());
        // 40 bits of capacity times 14 bits of hours.
        unchecked {
            _requirePlausible(report, bounds, plant.capacityOf() * s.yearHours);
        }
        return bounds.scopeBit();
    }

    /// @dev Sets the times of reports of `year`.
    function _enterYear(Session memory s, uint16 year) private view {
        uint256 from;
        uint256 until;
        // 16 bits of years and of days.
        unchecked {
            from = ReportingYear.start(uint256(year) + 1, s.rules.zoneOf());
            until = from + s.rules.reportDays() * 1 days;
        }
        if (block.timestamp < from || block.timestamp >= until) revert EmissionsYearClosed(year, from, until);

        uint256 fresh = _sub(block.timestamp, s.rules.maxAge());
        s.year = year;
        s.earliest = fresh > from ? fresh : from;
        s.yearHours = ReportingYear.hoursOf(year);
    }

    /// @dev Output within the capacity, emissions within the intensity of the output.
    /// @param capacityHours [kWh]
    function _requirePlausible(ReportWord report, uint256 bounds, uint256 capacityHours) private pure {
        uint256 power = report.reportedPower();
        uint256 heat = report.reportedHeat();
        uint256 emissionsT = report.reportedEmissions();
        (uint256 mostPower, uint256 mostHeat) = bounds.mostOutput(capacityHours);
        if (power > mostPower) revert EmissionsBeyondCapacity(report.reportedInstallation(), power, mostPower);
        if (heat > mostHeat) revert EmissionsBeyondCapacity(report.reportedInstallation(), heat, mostHeat);

        (uint256 least, uint256 most) = bounds.emissionRange(power, heat);
        uint256 emissions = emissionsT.scaled();
        if (emissions < least || emissions > most) {
            revert EmissionsImplausibleIntensity(report.reportedInstallation(), emissionsT, least, most);
        }
    }

    /* CHECKS OF THE OPINIONS */

    /// @dev Terms and form of the opinion.
    /// @return count bodies that sign
    function _requireOpinions(Session memory s, OpinionWord opinion, uint256 words)
        private
        pure
        returns (uint256 count)
    {
        uint256 least = s.rules.minBodies();
        count = words / 4; // the operator's two words are less than another body's four
        if (words % 4 != 2) revert EmissionsSignatureCount(words);
        if (count < least || count > MAX_BODIES) revert EmissionsBodyCount(count, least, MAX_BODIES);
        // Just the persons of `count` bodies, the last of whom are not both number 0; `count` is at least 1.
        uint256 lastPersons;
        unchecked {
            lastPersons = opinion.opinionPersons() >> 16 * (count - 1);
        }
        if (lastPersons == 0 || lastPersons > type(uint16).max) revert EmissionsMalformedOpinion(opinion);
        s.rules.requireTerms(opinion.opinionLevel(), opinion.opinionMateriality());
    }

    function _requireSequence(SchemeId scheme, ParticipantId body, uint64 sequence) private {
        uint64 last = _sequences[scheme][body];
        if (sequence <= last) revert EmissionsBatchRepeated(body, sequence);
        if (sequence - last != 1) revert EmissionsBatchSequence(body, sequence, last + 1); // sequence > last
        _sequences[scheme][body] = sequence;
    }

    /* VIEWS */

    /// @inheritdoc IEmissionsReports
    function finalReport(InstallationId installation, uint16 year)
        external
        view
        returns (bool isFinal, uint256 emissionsT, uint256 powerMwh, uint256 heatGj)
    {
        RecordWord w = _records[RecordWordLib.keyOf(installation, year)];
        if (!_isFinal(w)) return (false, 0, 0, 0);
        return (true, w.recordEmissions(), w.recordPower(), w.recordHeat());
    }

    /// @inheritdoc IEmissionsReports
    function record(InstallationId installation, uint16 year) external view returns (RecordWord) {
        return _records[RecordWordLib.keyOf(installation, year)];
    }

    /// @inheritdoc IEmissionsReports
    function records(InstallationId[] calldata installations, uint16 year)
        external
        view
        returns (RecordWord[] memory words)
    {
        if (installations.length > MAX_VIEW) {
            revert IEmissionsConfig.EmissionsTooMany(installations.length, MAX_VIEW);
        }
        words = new RecordWord[](installations.length);
        for (uint256 i; i < words.length; ++i) {
            words[i] = _records[RecordWordLib.keyOf(installations[i], year)];
        }
    }

    /// @inheritdoc IEmissionsReports
    function fallenReport(InstallationId installation, uint16 year) external view returns (RecordWord) {
        return _fallen[RecordWordLib.keyOf(installation, year)];
    }

    /// @inheritdoc IEmissionsReports
    function disputedBy(InstallationId installation, uint16 year) external view returns (address) {
        return _disputedBy[RecordWordLib.keyOf(installation, year)];
    }

    /// @inheritdoc IEmissionsReports
    function configOf(SchemeId scheme) external view returns (uint16 version, bytes32 digest, address pointer) {
        Config memory config = _configs[scheme];
        if (config.version != 0) digest = CodeWords.load(config.pointer).digestOf();
        return (config.version, digest, config.pointer);
    }

    /// @inheritdoc IEmissionsReports
    function hasInterest(SchemeId scheme, ParticipantId body, ParticipantId participant) external view returns (bool) {
        return _interests.has(scheme, body, participant);
    }

    /// @inheritdoc IEmissionsReports
    function lastSequence(SchemeId scheme, ParticipantId body) external view returns (uint64) {
        return _sequences[scheme][body];
    }

    function _isFinal(RecordWord w) private view returns (bool) {
        ReportStatus status = w.recordStatus();
        return
            status == ReportStatus.Determined
                || (status == ReportStatus.Reported && block.timestamp >= w.recordFinalAt());
    }

    /// @dev a - b, or 0.
    function _sub(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return a > b ? a - b : 0; // a > b
        }
    }
}
