// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../types/Ids.sol";

/// @dev What became of the report of one installation and year.
enum ReportStatus {
    None, //       nothing came yet
    Reported, //   signed by everybody; final once its dispute window has passed
    Disputed, //   somebody with standing objects; not final until resolved
    Annulled, //   the objection was upheld; waits for a restatement or a determination
    Determined //  set by the authority; final, and no report replaces it
}

/// @dev Roles a person of a verification body is accredited for. Bits of `Signer.roles`.
library SignerRoles {
    uint8 internal constant LEAD = 1; //     leads the verification
    uint8 internal constant REVIEWER = 2; // reviews it, without having taken part
}

/// @dev An operator's report without roots, in one word, lowest first:
/// `installation 32 | year 16 | revision 8 | emissions 40 | power 40 | heat 40 | gwpSet 8 | lineCount 32 | signedAt 40`.
/// Emissions [t CO2e], power [MWh], heat [GJ], signedAt [s].
type ReportWord is uint256;

/// @dev What the bodies say of a report and who signs for them, in one word, lowest first:
/// `signedAt 40 | materiality 32 [ppm] | assurance 8 | then for each body: lead 8 | reviewer 8`; the rest is zero.
/// Persons are indices into the scheme's signer set, which knows their body. Several bodies, in rising order of
/// their numbers, give one verdict: they sign the same terms, each in its own name.
type OpinionWord is uint256;

/// @dev A record as stored, one slot, lowest first:
/// `emissions 40 | power 40 | heat 40 | revision 8 | status 8 | submittedAt 32 | finalAt 32 | configVersion 16 | body 24 |
/// bodies 8 | (8 free)`. Times are [s]; `body` is the first body that signed, `bodies` how many did.
type RecordWord is uint256;

using {
    reportedInstallation,
    reportedYear,
    reportedRevision,
    reportedEmissions,
    reportedPower,
    reportedHeat
} for ReportWord global;
using {
    recordEmissions,
    recordPower,
    recordHeat,
    recordRevision,
    recordStatus,
    recordSubmittedAt,
    recordFinalAt,
    recordConfig,
    recordBody
} for RecordWord global;

function reportedInstallation(ReportWord w) pure returns (InstallationId) {
    return InstallationId.wrap(uint32(ReportWord.unwrap(w)));
}

function reportedYear(ReportWord w) pure returns (uint16) {
    return uint16(ReportWord.unwrap(w) >> 32);
}

/// @dev 1 for the first report of a year, one more for each restatement.
function reportedRevision(ReportWord w) pure returns (uint8) {
    return uint8(ReportWord.unwrap(w) >> 48);
}

/// @dev [t CO2e]
function reportedEmissions(ReportWord w) pure returns (uint40) {
    return uint40(ReportWord.unwrap(w) >> 56);
}

/// @dev [MWh]
function reportedPower(ReportWord w) pure returns (uint40) {
    return uint40(ReportWord.unwrap(w) >> 96);
}

/// @dev [GJ]
function reportedHeat(ReportWord w) pure returns (uint40) {
    return uint40(ReportWord.unwrap(w) >> 136);
}

/// @dev [t CO2e]
function recordEmissions(RecordWord w) pure returns (uint40) {
    return uint40(RecordWord.unwrap(w));
}

/// @dev [MWh]
function recordPower(RecordWord w) pure returns (uint40) {
    return uint40(RecordWord.unwrap(w) >> 40);
}

/// @dev [GJ]
function recordHeat(RecordWord w) pure returns (uint40) {
    return uint40(RecordWord.unwrap(w) >> 80);
}

function recordRevision(RecordWord w) pure returns (uint8) {
    return uint8(RecordWord.unwrap(w) >> 120);
}

function recordStatus(RecordWord w) pure returns (ReportStatus) {
    return ReportStatus(uint8(RecordWord.unwrap(w) >> 128));
}

/// @dev [s]
function recordSubmittedAt(RecordWord w) pure returns (uint32) {
    return uint32(RecordWord.unwrap(w) >> 136);
}

/// @dev [s] from when a reported record is final
function recordFinalAt(RecordWord w) pure returns (uint32) {
    return uint32(RecordWord.unwrap(w) >> 168);
}

function recordConfig(RecordWord w) pure returns (uint16) {
    return uint16(RecordWord.unwrap(w) >> 200);
}

function recordBody(RecordWord w) pure returns (ParticipantId) {
    return ParticipantId.wrap(uint24(RecordWord.unwrap(w) >> 216));
}

/// @dev One person of a verification body, as accredited.
struct Signer {
    address key;
    ParticipantId body;
    uint8 roles; //        see {SignerRoles}
    uint24 scopes; //      bit s: may verify scope s
    uint16 validFrom; //   [days since 1970-01-01 UTC] first day
    uint16 validUntil; //  [days since 1970-01-01 UTC] first day no longer
}

/// @dev What is plausible for one benchmark class. A report outside is refused. All zero: the class takes no reports.
struct ClassBounds {
    uint32 minPower; //    [t/MWh × 1e4]
    uint32 maxPower; //    [t/MWh × 1e4]
    uint32 minHeat; //     [t/GJ × 1e4]
    uint32 maxHeat; //     [t/GJ × 1e4]
    uint32 maxLoadPpm; //  [ppm] MWh ≤ capacity × hours of the year × this; never 0
    uint32 maxHeatLoad; // [GJ/MWh × 1e4] GJ ≤ capacity × hours of the year × this
    uint40 baseT; //       [t] on top of the upper bound: process emissions, start-up of a plant that hardly ran
    uint8 scope; //        accreditation a signer needs, 0..23
}

/// @dev The rest of a scheme's configuration.
struct OracleRules {
    uint8 minBodies; //        opinions a report needs, 1..8; batches are allowed only with 1
    uint8 minAssurance; //     1 limited, 2 reasonable
    uint32 maxMateriality; //  [ppm]
    uint32 maxAge; //          [s] a signature older than this is stale
    uint32 maxSkew; //         [s] a signature may be this far in the future
    uint16 reportDays; //      [days] after the end of the year in which reports are taken; never 0
}

/// @dev What the two persons of a body sign for many reports at once; with `configDigest` it is the EIP-712 struct.
struct ReportBatch {
    bytes32 root; //           Merkle root over the items' leaves, see {Merkle}
    uint32 count;
    uint64 totalEmissionsT; // [t CO2e]
    uint64 totalPowerMwh; //   [MWh]
    uint64 totalHeatGj; //     [GJ]
    ParticipantId body;
    uint8 assurance; //        1 limited, 2 reasonable
    uint32 materialityPpm; //  [ppm]
    uint64 sequence; //        the body's last accepted one plus 1
    uint64 signedAt; //        [s]
}

/// @dev One report of a batch. Leaf: `keccak256(0x00 ‖ reportHash ‖ operatorSignature)`.
struct BatchItem {
    ReportWord report;
    bytes32 linesRoot;
    bytes32 evidenceRoot;
    bytes32 operatorSignature; // keccak256 of the operator's compact (64-byte, ERC-2098) signature
}

/// @dev What the authority sets where no final report stands.
struct Determination {
    InstallationId installation;
    uint16 year;
    uint40 emissionsT; // [t CO2e]
    uint40 powerMwh; //   [MWh]
    uint40 heatGj; //     [GJ]
    bytes32 reasonHash;
}

/// @title IEmissionsOracle
/// @notice Verified emissions of each installation and year, signed by whoever answers for them.
/// @dev EIP-712, domain "tonne EmissionsOracle" version "1" with chain id and this contract. The operator signs
///
/// `EmissionReport(uint32 installation,uint16 year,uint8 revision,uint64 emissionsT,uint64 powerMwh,uint64 heatGj,
/// uint8 gwpSet,uint32 lineCount,bytes32 linesRoot,bytes32 evidenceRoot,bytes32 configDigest,uint64 signedAt)`
///
/// and lead verifier and independent reviewer of each body sign the same
///
/// `VerificationOpinion(bytes32 report,uint32 installation,uint16 year,uint24 body,uint8 assurance,uint32 materialityPpm,
/// uint64 emissionsT,bytes32 configDigest,uint64 signedAt)`
///
/// or, for many reports at once,
///
/// `ReportBatch(bytes32 root,uint32 count,uint64 totalEmissionsT,uint64 totalPowerMwh,uint64 totalHeatGj,uint24 body,
/// uint8 assurance,uint32 materialityPpm,bytes32 configDigest,uint64 sequence,uint64 signedAt)`.
///
/// `configDigest` binds signer set, bounds and rules: any change of them makes outstanding signatures worthless.
/// Signatures are compact (ERC-2098: r, then s with the recovery bit on top); a high s is refused, so that one signature
/// has one form. Anybody may submit: the signatures are the authority.
///
/// What is wrong with a person or a signature is said by the errors of {SignerSet} and {Signatures}.
interface IEmissionsOracle {
    /// @notice Emitted for each accepted report.
    /// @param report what the operator signed, packed; see {ReportWord}
    /// @param terms `finalAt 32 | configVersion 16 | first body 24 | bodies 8 | persons 128 | batch sequence 48`, lowest
    /// first; persons as in {OpinionWord}, sequence 0 for a report that came alone
    event EmissionsReported(
        InstallationId indexed installation,
        ParticipantId indexed operator,
        ReportWord report,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        uint256 terms
    );

    /// @notice Emitted once for each accepted batch, after the events of its reports.
    event ReportBatchAccepted(
        SchemeId indexed scheme,
        ParticipantId indexed body,
        uint64 indexed sequence,
        bytes32 root,
        uint32 count,
        uint64 totalEmissionsT,
        uint64 totalPowerMwh,
        uint64 totalHeatGj,
        uint8 assurance,
        uint32 materialityPpm,
        uint64 signedAt
    );

    /// @notice Emitted for a report of a batch that was overtaken (reported, disputed or determined in the meantime) and
    /// therefore left out.
    event BatchItemSkipped(InstallationId indexed installation, uint256 indexed year, RecordWord standing);

    /// @notice Emitted when a report is disputed.
    event ReportDisputed(
        InstallationId indexed installation,
        uint256 indexed year,
        address indexed by,
        uint8 revision,
        bytes32 reasonHash
    );

    /// @notice Emitted when a dispute is decided: upheld annuls the report, otherwise it is final at once.
    event DisputeResolved(
        InstallationId indexed installation,
        uint256 indexed year,
        address indexed officer,
        uint8 revision,
        bool upheld,
        bytes32 reasonHash
    );

    /// @notice Emitted when the authority sets what no final report said.
    /// @param revision the last one reported, which stays; 0 none
    event EmissionsDetermined(
        InstallationId indexed installation,
        uint256 indexed year,
        ParticipantId indexed operator,
        uint40 emissionsT,
        uint40 powerMwh,
        uint40 heatGj,
        uint8 revision,
        address officer,
        bytes32 reasonHash
    );

    /// @notice Emitted when a scheme's signer set, bounds and rules are replaced.
    /// @param digest what reports have to be signed for from now on
    /// @param pointer the contract whose code holds the words
    /// @param words digest, rules, bounds by class, signers: layouts in {OracleWords} and {SignerSet}
    event OracleConfigured(
        SchemeId indexed scheme,
        uint16 indexed version,
        bytes32 indexed digest,
        bytes32 oldDigest,
        address pointer,
        uint256[] words
    );

    /// @notice Emitted when a body declares an interest in an operator or developer, or an officer sets or lifts one.
    event InterestSet(
        SchemeId indexed scheme,
        ParticipantId indexed body,
        ParticipantId indexed participant,
        bool interested,
        address by
    );

    /// @notice Thrown when exactly this revision is on record: the submission was a repetition.
    error EmissionsAlreadyReported(InstallationId installation, uint16 year, uint8 revision);
    /// @notice Thrown when a revision is not the one that comes next.
    error EmissionsWrongRevision(InstallationId installation, uint16 year, uint8 given, uint8 expected);
    /// @notice Thrown when the record does not admit the act in its status.
    error EmissionsWrongStatus(InstallationId installation, uint16 year, ReportStatus status);
    /// @notice Thrown when the installation does not exist.
    error EmissionsUnknownInstallation(InstallationId installation);
    /// @notice Thrown when the scheme has no signer set.
    error EmissionsNotConfigured(SchemeId scheme);
    /// @notice Thrown when the signature words are not the operator's two and four for each body.
    error EmissionsSignatureCount(uint256 given);
    /// @notice Thrown when fewer or more bodies give an opinion than allowed.
    error EmissionsBodyCount(uint256 given, uint256 least, uint256 most);
    /// @notice Thrown when the operator's signature belongs to nobody with the right to report for it.
    error EmissionsNotReporter(InstallationId installation, address recovered, uint8 rights);
    /// @notice Thrown when bodies are not in strictly rising order of their numbers, or one gives two opinions.
    error EmissionsBodyOrder(ParticipantId body, ParticipantId previous);
    /// @notice Thrown when a body has an interest in the operator.
    error EmissionsInterest(ParticipantId operator, uint256 bodies);
    /// @notice Thrown when the opinion's assurance is below the scheme's, or unknown.
    error EmissionsAssurance(uint256 assurance, uint256 least, uint256 most);
    /// @notice Thrown when the opinion's materiality is above the scheme's.
    error EmissionsMaterialityTooHigh(uint256 materialityPpm, uint256 most);
    /// @notice Thrown when an opinion word has bits beyond its last body.
    error EmissionsMalformedOpinion(OpinionWord opinion);
    /// @notice Thrown when a signature is too old, too far in the future, before the end of the year, or an opinion is
    /// older than its report.
    error EmissionsSignedAt(uint256 signedAt, uint256 earliest, uint256 latest);
    /// @notice Thrown when reports of the year are not taken yet or no longer.
    error EmissionsYearClosed(uint16 year, uint256 from, uint256 until);
    /// @notice Thrown when the class of the installation has no bounds: it takes no reports.
    error EmissionsClassWithoutBounds(InstallationId installation, uint8 class);
    /// @notice Thrown when emissions do not fit the output; bounds [t × 1e4].
    error EmissionsImplausibleIntensity(InstallationId installation, uint256 emissionsT, uint256 least, uint256 most);
    /// @notice Thrown when output is beyond what the capacity can give; [MWh] or [GJ].
    error EmissionsBeyondCapacity(InstallationId installation, uint256 output, uint256 most);
    /// @notice Thrown when a batch was accepted before: the submission was a repetition.
    error EmissionsBatchRepeated(ParticipantId body, uint64 sequence);
    /// @notice Thrown when a batch's sequence leaves a gap.
    error EmissionsBatchSequence(ParticipantId body, uint64 given, uint64 expected);
    /// @notice Thrown when a batch is empty, too long, or its count is not the number of its items.
    error EmissionsBatchCount(uint256 given, uint256 expected, uint256 limit);
    /// @notice Thrown when the items do not hash to the root that was signed.
    error EmissionsBatchRoot(bytes32 given, bytes32 computed);
    /// @notice Thrown when the items do not add up to the totals that were signed.
    error EmissionsBatchTotals(uint256 emissionsT, uint256 powerMwh, uint256 heatGj);
    /// @notice Thrown when a scheme asks for more bodies than a batch can show.
    error EmissionsBatchNotAllowed(SchemeId scheme, uint8 minBodies);
    /// @notice Thrown when the dispute window has passed.
    error EmissionsDisputeTooLate(InstallationId installation, uint16 year, uint256 finalAt);
    /// @notice Thrown when the caller may not dispute: neither officer nor wallet of the operator.
    error EmissionsNoStanding(address caller, InstallationId installation);
    /// @notice Thrown when who disputed would also decide.
    error EmissionsOwnDispute(address officer);
    /// @notice Thrown when the authority would determine before its time.
    error EmissionsDeterminationTooEarly(uint256 determinationFrom);
    /// @notice Thrown when a year is not in the period named.
    error EmissionsYearNotInPeriod(uint16 year, uint16 firstYear, uint16 lastYear);
    /// @notice Thrown when a final report stands: there is nothing to determine.
    error EmissionsFinal(InstallationId installation, uint16 year);
    /// @notice Thrown when the installation belongs to another scheme.
    error EmissionsWrongScheme(InstallationId installation, SchemeId scheme, SchemeId expected);
    /// @notice Thrown when a call carries no item or more than its bound.
    error EmissionsTooMany(uint256 count, uint256 limit);
    /// @notice Thrown when signers are not in strictly rising order of keys, or a key is zero.
    error EmissionsSignerOrder(uint256 index, address key);
    /// @notice Thrown when a signer has no or unknown roles, no scope, or dates out of order.
    error EmissionsBadSigner(uint256 index, address key);
    /// @notice Thrown when a signer's body is not an active verification body.
    error EmissionsNotBody(ParticipantId body);
    /// @notice Thrown when bounds contradict themselves; the word as in {OracleWords}.
    error EmissionsBadBounds(uint256 class, uint256 bounds);
    /// @notice Thrown when the rules are outside their limits; the word as in {OracleWords}.
    error EmissionsBadRules(uint256 rules, uint256 disputeWindow);
    /// @notice Thrown when a 257th body would be registered.
    error EmissionsTooManyBodies(uint256 limit);
    /// @notice Thrown when the body was never in a signer set.
    error EmissionsUnknownBody(ParticipantId body);

    /* REPORTING */

    /// @notice Puts one report on record. Caller: anybody.
    /// @param scheme the installation's
    /// @param opinion terms and persons, see {OpinionWord}
    /// @param signatures two words each: the operator's, then lead's and reviewer's of each body in turn
    /// @dev Warning: while a restatement's dispute window runs, no final report stands; consumers fix what they read.
    function submit(
        SchemeId scheme,
        ReportWord report,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        OpinionWord opinion,
        bytes32[] calldata signatures
    ) external;

    /// @notice Puts at most 200 reports of one scheme on record under one body's opinion. Caller: anybody.
    /// @param lead index of the lead verifier in the signer set
    /// @param reviewer index of the reviewer
    /// @param signatures r and vs of the lead, r and vs of the reviewer
    /// @dev All or nothing, but for items overtaken since: those are skipped, see {BatchItemSkipped}. The operators'
    /// signatures are not checked here: their hashes are in the leaves, and an operator who did not sign disputes.
    function submitBatch(
        SchemeId scheme,
        ReportBatch calldata batch,
        uint8 lead,
        uint8 reviewer,
        bytes32[4] calldata signatures,
        BatchItem[] calldata items
    ) external;

    /* DISPUTES AND DETERMINATION */

    /// @notice Objects to a report before it is final. Caller: power DISPUTE, or a wallet of the operator (REPORT or MANAGE).
    function dispute(InstallationId installation, uint16 year, bytes32 reasonHash) external;

    /// @notice Decides a dispute. Caller: power DISPUTE, another than who disputed.
    function resolve(InstallationId installation, uint16 year, bool upheld, bytes32 reasonHash) external;

    /// @notice Sets what no final report says, at most 200 at once. Caller: power DETERMINE where each plant stands.
    /// @dev From the period's `determinationFrom` on. Final, like a report whose window has passed.
    function determine(SchemeId scheme, uint16 periodId, Determination[] calldata determinations) external;

    /* CONFIGURATION */

    /// @notice Replaces signer set, bounds and rules of a scheme. Caller: power ACCREDIT in all of the scheme.
    /// @param bounds by benchmark class, class 0 first; at most 16
    /// @param signers at most 255, in strictly rising order of keys
    /// @dev The dispute window is the scheme's parameter `mrv.dispute_window_s` of this moment.
    function configure(
        SchemeId scheme,
        OracleRules calldata rules,
        ClassBounds[] calldata bounds,
        Signer[] calldata signers
    ) external returns (bytes32 digest);

    /// @notice Says that `body` has, or no longer has, an interest in `participant`. Caller: power ACCREDIT in all of the
    /// scheme; or the body itself (MANAGE), which may declare but not lift.
    function setInterest(SchemeId scheme, ParticipantId body, ParticipantId participant, bool interested) external;

    /* VIEWS */

    /// @notice The final report of an installation and year; all zero while none stands. One slot read.
    /// @return isFinal whether nothing can change it any more but a restatement signed by everybody
    /// @return emissionsT [t CO2e]
    /// @return powerMwh [MWh]
    /// @return heatGj [GJ]
    function finalReport(InstallationId installation, uint16 year)
        external
        view
        returns (bool isFinal, uint256 emissionsT, uint256 powerMwh, uint256 heatGj);

    /// @notice The record as stored; zero when nothing came.
    function record(InstallationId installation, uint16 year) external view returns (RecordWord);

    /// @notice Several records of one year, at most 500, in the order asked.
    function records(InstallationId[] calldata installations, uint16 year) external view returns (RecordWord[] memory);

    /// @notice The last report of a year whose objection was upheld, as it stood then; zero when none fell.
    function fallenReport(InstallationId installation, uint16 year) external view returns (RecordWord);

    /// @notice Who objects to a report; zero when nobody does.
    function disputedBy(InstallationId installation, uint16 year) external view returns (address);

    /// @notice What a scheme's reports have to be signed for, and where it is kept; zero when not configured.
    function configOf(SchemeId scheme) external view returns (uint16 version, bytes32 digest, address pointer);

    /// @notice A scheme's configuration: digest, rules, bounds by class, signers; layouts in {OracleWords} and {SignerSet}.
    function configWords(SchemeId scheme) external view returns (uint256[] memory);

    /// @notice A scheme's signer set, in the order signatures refer to.
    function signersOf(SchemeId scheme) external view returns (Signer[] memory);

    /// @notice Whether `body` has an interest in `participant`.
    function hasInterest(SchemeId scheme, ParticipantId body, ParticipantId participant) external view returns (bool);

    /// @notice The sequence of a body's last accepted batch in a scheme; 0 when there was none.
    function lastSequence(SchemeId scheme, ParticipantId body) external view returns (uint64);
}
