// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {
    BatchItem,
    IEmissionsOracle,
    OpinionWord,
    RecordWord,
    ReportBatch,
    ReportStatus,
    ReportWord
} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IReporterSource, IReportRuleSource} from "../../interfaces/rules/IReportSources.sol";
import {CodeWords} from "../lib/CodeWords.sol";
import {Merkle} from "../lib/Merkle.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {Signatures} from "../lib/Signatures.sol";
import {SignerSet, SignerWord} from "../lib/SignerSet.sol";
import {OracleRecords} from "./OracleRecords.sol";
import {OracleWords} from "./OracleWords.sol";
import {Panel, Panels} from "./Panels.sol";
import {ReportHash} from "./ReportHash.sol";

/// @title EmissionsOracle
/// @notice Verified emissions of each installation and year, signed by whoever answers for them.
/// @dev What comes in and how it is checked; what is kept of it is in {OracleRecords}, who may sign in {OracleConfig}.
/// A report costs one write, one call to the register and the signatures; everything but its amounts is in the event.
contract EmissionsOracle is OracleRecords, EIP712 {
    using OracleWords for uint256;
    using OracleWords for uint256[];
    using Panels for Panel;

    uint256 private constant MAX_BODIES = 8;
    uint256 private constant REASONABLE = 2;
    /// @dev Bounds are in 1/10,000 t.
    uint256 private constant TENTHOUSANDTHS = 1e4;
    uint256 private constant PPM = 1e6;
    uint256 private constant KW_PER_MW = 1000;

    /// @dev Where they are in a {ReportWord}.
    uint256 private constant REPORTED_SHIFT = 56;
    uint256 private constant SIGNED_SHIFT = 216;
    uint256 private constant OPINION_PERSONS_SHIFT = 80;
    /// @dev In the event's `terms`.
    uint256 private constant TERMS_PERSONS_SHIFT = 80;
    uint256 private constant TERMS_SEQUENCE_SHIFT = 208;

    mapping(SchemeId scheme => mapping(ParticipantId body => uint64)) private _sequences;

    constructor(IReporterSource participants, IReportRuleSource schemes)
        OracleRecords(participants, schemes)
        EIP712("tonne EmissionsOracle", "1")
    {}

    /// @dev What the reports of one call share, and the year looked at last.
    struct Session {
        SchemeId scheme;
        uint256[] config;
        uint256 rules;
        bytes32 digest; //    of the configuration
        bytes32 separator; // EIP-712
        uint256 terms; //     record without amounts and revision
        uint256 latest; //    [s] last moment a report can be signed
        uint256 year;
        uint256 earliest; //  [s] first moment a report of `year` can be signed
        uint256 yearHours;
    }

    /* REPORT */

    /// @inheritdoc IEmissionsOracle
    function submit(
        SchemeId scheme,
        ReportWord report,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        OpinionWord opinion,
        bytes32[] calldata signatures
    ) external {
        Session memory s = _open(scheme);
        uint256 count = _requireOpinions(s, opinion, signatures.length);
        _requireNext(report, _records[_keyOf(report)]);

        bytes32 reportHash = ReportHash.hashReport(ReportHash.reportBuffer(s.digest), report, linesRoot, evidenceRoot);
        address reporter =
            Signatures.recover(MessageHashUtils.toTypedDataHash(s.separator, reportHash), signatures[0], signatures[1]);
        (InstallationWord plant, uint8 rights) = PARTICIPANTS.reporterOf(report.reportedInstallation(), reporter);
        uint256 scope = _requireSound(s, report, plant);
        if (rights & WalletRights.REPORT == 0) {
            revert EmissionsNotReporter(report.reportedInstallation(), reporter, rights);
        }
        _requireSignedAt(uint40(OpinionWord.unwrap(opinion)), ReportWord.unwrap(report) >> SIGNED_SHIFT, s.latest);
        Panel memory panel = _panel(s, opinion, count, scope, signatures);
        panel.buffer = ReportHash.opinionBuffer(s.digest, reportHash, report, opinion);
        panel.check(s.rules);
        uint256 interested = _interestsIn(scheme, plant.operatorOf());
        if (interested != 0) {
            interested &= panel.bodies();
            if (interested != 0) revert EmissionsInterest(plant.operatorOf(), interested);
        }

        s.terms |= panel.firstBody() << BODY_SHIFT | count << BODIES_SHIFT;
        _keep(s.terms, report, plant.operatorOf(), linesRoot, evidenceRoot, panel.persons << TERMS_PERSONS_SHIFT);
    }

    function _panel(Session memory s, OpinionWord opinion, uint256 count, uint256 scope, bytes32[] calldata signatures)
        private
        pure
        returns (Panel memory panel)
    {
        panel.words = s.config;
        panel.first = OracleWords.firstSigner(s.rules);
        panel.persons = OpinionWord.unwrap(opinion) >> OPINION_PERSONS_SHIFT;
        panel.count = count;
        panel.scopes = scope;
        panel.signedAt = uint40(OpinionWord.unwrap(opinion));
        panel.separator = s.separator;
        uint256 offset;
        assembly ("memory-safe") {
            offset := add(signatures.offset, 0x40) // behind the operator's two words
        }
        panel.signatures = offset;
    }

    /// @inheritdoc IEmissionsOracle
    function submitBatch(
        SchemeId scheme,
        ReportBatch calldata batch,
        uint8 lead,
        uint8 reviewer,
        bytes32[4] calldata signatures,
        BatchItem[] calldata items
    ) external {
        Session memory s = _open(scheme);
        if (s.rules.minBodies() != 1) revert EmissionsBatchNotAllowed(scheme, uint8(s.rules.minBodies()));
        if (items.length == 0 || items.length > MAX_BATCH || items.length != batch.count) {
            revert EmissionsBatchCount(batch.count, items.length, MAX_BATCH);
        }
        _requireSequence(scheme, batch.body, batch.sequence);
        _requireTerms(s.rules, batch.assurance, batch.materialityPpm);
        _requireSignedAt(batch.signedAt, _sub(block.timestamp, s.rules.maxAge()), s.latest);
        s.terms |= uint256(ParticipantId.unwrap(batch.body)) << BODY_SHIFT | 1 << BODIES_SHIFT;
        // An operator signs before the bodies do.
        s.latest = batch.signedAt;

        uint256 said = (uint256(lead) | uint256(reviewer) << 8) << TERMS_PERSONS_SHIFT | uint256(batch.sequence)
            << TERMS_SEQUENCE_SHIFT;
        (uint256 scopes, bytes32[] memory leaves) = _takeItems(s, batch, said, items);
        bytes32 root = Merkle.root(leaves);
        if (root != batch.root) revert EmissionsBatchRoot(batch.root, root);

        bytes32 toSign = MessageHashUtils.toTypedDataHash(s.separator, ReportHash.hashBatch(batch, s.digest));
        (SignerWord a, SignerWord b) =
            SignerSet.pair(s.config, OracleWords.firstSigner(s.rules), lead, reviewer, scopes, batch.signedAt);
        if (SignerSet.bodyOf(a) != batch.body) {
            revert SignerSet.SignersWrongBody(lead, SignerSet.bodyOf(a), batch.body);
        }
        SignerSet.requireSigned(a, lead, toSign, signatures[0], signatures[1]);
        SignerSet.requireSigned(b, reviewer, toSign, signatures[2], signatures[3]);

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

    /// @dev Checks and keeps the items; the caller still has to check root and signatures.
    /// @param said persons and sequence, as the events' terms hold them
    /// @return scopes [bits] accreditations the items ask for
    function _takeItems(Session memory s, ReportBatch calldata batch, uint256 said, BatchItem[] calldata items)
        private
        returns (uint256 scopes, bytes32[] memory leaves)
    {
        leaves = new bytes32[](items.length);
        InstallationWord[] memory plants = _plantsOf(items);
        uint256 buffer = ReportHash.reportBuffer(s.digest);
        InterestCache memory cache = _interestCache(s.scheme, batch.body);
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
                if (_interestedIn(cache, plant.operatorOf())) {
                    revert EmissionsInterest(plant.operatorOf(), cache.bodyBit);
                }
                RecordWord standing = _records[_keyOf(report)];
                if (_overtaken(report, standing)) {
                    emit BatchItemSkipped(report.reportedInstallation(), report.reportedYear(), standing);
                } else {
                    _keep(s.terms, report, plant.operatorOf(), item.linesRoot, item.evidenceRoot, said);
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

    /// @param said persons and sequence, as the event's terms hold them
    function _keep(
        uint256 terms,
        ReportWord report,
        ParticipantId operator,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        uint256 said
    ) private {
        uint256 w = ReportWord.unwrap(report);
        _records[_keyOf(report)] = RecordWord.wrap(
            w >> REPORTED_SHIFT & AMOUNTS | uint256(report.reportedRevision()) << REVISION_SHIFT | terms
        );
        emit EmissionsReported(
            report.reportedInstallation(), operator, report, linesRoot, evidenceRoot, terms >> FINAL_SHIFT | said
        );
    }

    function _open(SchemeId scheme) private view returns (Session memory s) {
        Config memory config = _configs[scheme];
        if (config.version == 0) revert EmissionsNotConfigured(scheme);
        s.scheme = scheme;
        s.config = CodeWords.load(config.pointer);
        s.rules = s.config[OracleWords.RULES];
        s.digest = s.config.digestOf();
        s.separator = _domainSeparatorV4();
        // Times fit 32 bits until 2106.
        unchecked {
            s.latest = block.timestamp + s.rules.maxSkew();
            s.terms = uint256(ReportStatus.Reported) << STATUS_SHIFT | block.timestamp << SUBMITTED_SHIFT
                | (block.timestamp + s.rules.disputeWindow()) << FINAL_SHIFT | uint256(config.version) << CONFIG_SHIFT;
        }
    }

    /* CHECKS OF THE REPORT */

    /// @dev The one report that can follow `standing`.
    function _requireNext(ReportWord report, RecordWord standing) private pure {
        uint8 given = report.reportedRevision();
        // Nothing came yet: the usual case.
        if (RecordWord.unwrap(standing) == 0 && given == 1) return;

        ReportStatus status = standing.recordStatus();
        if (status == ReportStatus.Disputed || status == ReportStatus.Determined) {
            revert EmissionsWrongStatus(report.reportedInstallation(), report.reportedYear(), status);
        }
        uint8 last = standing.recordRevision();
        if (given <= last) {
            revert EmissionsAlreadyReported(report.reportedInstallation(), report.reportedYear(), given);
        }
        if (given - last != 1) {
            // given > last by the line above
            revert EmissionsWrongRevision(report.reportedInstallation(), report.reportedYear(), given, last + 1);
        }
    }

    /// @dev Whether something has come in before a batch's report; a gap is no such thing and reverts.
    function _overtaken(ReportWord report, RecordWord standing) private pure returns (bool) {
        if (RecordWord.unwrap(standing) != 0) {
            if (report.reportedRevision() <= standing.recordRevision()) return true;
            ReportStatus status = standing.recordStatus();
            if (status == ReportStatus.Disputed || status == ReportStatus.Determined) return true;
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
        if (report.reportedYear() != s.year) _turnTo(s, report.reportedYear());
        _requireSignedAt(ReportWord.unwrap(report) >> SIGNED_SHIFT, s.earliest, s.latest);

        uint256 bounds = s.config.boundsAt(s.rules, plant.classOf());
        if (bounds == 0) revert EmissionsClassWithoutBounds(id, plant.classOf());
        // 40 bits of capacity times 14 bits of hours.
        unchecked {
            _requirePlausible(report, bounds, plant.capacityOf() * s.yearHours);
        }
        return bounds.scopeBit();
    }

    /// @dev Works out what reports of `year` share.
    function _turnTo(Session memory s, uint16 year) private view {
        uint256 from;
        uint256 until;
        // 16 bits of years and of days.
        unchecked {
            from = ReportingYear.start(uint256(year) + 1);
            until = from + s.rules.reportDays() * 1 days;
        }
        if (block.timestamp < from || block.timestamp >= until) revert EmissionsYearClosed(year, from, until);

        uint256 fresh = _sub(block.timestamp, s.rules.maxAge());
        s.year = year;
        s.earliest = fresh > from ? fresh : from;
        s.yearHours = ReportingYear.hoursOf(year);
    }

    /// @dev What `capacityHours` [kWh] can give, and what emissions can come of it.
    function _requirePlausible(ReportWord report, uint256 bounds, uint256 capacityHours) private pure {
        uint256 power = report.reportedPower();
        uint256 heat = report.reportedHeat();
        uint256 emissionsT = report.reportedEmissions();
        // 40-bit amounts times 32-bit bounds, 56-bit capacity-hours times 32 bits: far below 2^256.
        unchecked {
            uint256 mostPower = capacityHours * uint32(bounds >> 128) / (KW_PER_MW * PPM);
            if (power > mostPower) revert EmissionsBeyondCapacity(report.reportedInstallation(), power, mostPower);
            uint256 mostHeat = capacityHours * uint32(bounds >> 160) / (KW_PER_MW * TENTHOUSANDTHS);
            if (heat > mostHeat) revert EmissionsBeyondCapacity(report.reportedInstallation(), heat, mostHeat);

            uint256 least = power * uint32(bounds) + heat * uint32(bounds >> 64);
            uint256 most = power * uint32(bounds >> 32) + heat * uint32(bounds >> 96) + uint256(uint40(bounds >> 192))
                * TENTHOUSANDTHS;
            uint256 emissions = emissionsT * TENTHOUSANDTHS;
            if (emissions < least || emissions > most) {
                revert EmissionsImplausibleIntensity(report.reportedInstallation(), emissionsT, least, most);
            }
        }
    }

    function _requireSignedAt(uint256 signedAt, uint256 earliest, uint256 latest) private pure {
        if (signedAt < earliest || signedAt > latest) revert EmissionsSignedAt(signedAt, earliest, latest);
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
        uint256 w = OpinionWord.unwrap(opinion);
        // Just the persons of `count` bodies, the last of whom are not both number 0; `count` is at least 1.
        uint256 lastPersons;
        unchecked {
            lastPersons = w >> (OPINION_PERSONS_SHIFT + 16 * (count - 1));
        }
        if (lastPersons == 0 || lastPersons > type(uint16).max) revert EmissionsMalformedOpinion(opinion);
        _requireTerms(s.rules, uint8(w >> 72), uint32(w >> 40));
    }

    function _requireTerms(uint256 rules, uint256 assurance, uint256 materialityPpm) private pure {
        if (assurance < rules.minAssurance() || assurance > REASONABLE) {
            revert EmissionsAssurance(assurance, rules.minAssurance(), REASONABLE);
        }
        if (materialityPpm > rules.maxMateriality()) {
            revert EmissionsMaterialityTooHigh(materialityPpm, rules.maxMateriality());
        }
    }

    function _requireSequence(SchemeId scheme, ParticipantId body, uint64 sequence) private {
        uint64 last = _sequences[scheme][body];
        if (sequence <= last) revert EmissionsBatchRepeated(body, sequence);
        if (sequence - last != 1) revert EmissionsBatchSequence(body, sequence, last + 1); // sequence > last
        _sequences[scheme][body] = sequence;
    }

    /* VIEW */

    /// @inheritdoc IEmissionsOracle
    function lastSequence(SchemeId scheme, ParticipantId body) external view returns (uint64) {
        return _sequences[scheme][body];
    }

    /// @dev a - b, or 0.
    function _sub(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return a > b ? a - b : 0; // a > b
        }
    }
}
