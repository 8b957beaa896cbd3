// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../types/Ids.sol";
import {OpinionWord, RecordWord, ReportStatus, ReportWord} from "../types/ReportTypes.sol";
import {IContractSigned} from "../types/IContractSigned.sol";
import {IEmissionsConfig} from "./IEmissionsConfig.sol";

/// @dev The message that the two persons of a body sign for many reports at once; with `configDigest` it is the EIP-712
/// struct.
struct ReportBatch {
    bytes32 root; //           Merkle root over the items' leaves, see {Merkle}
    uint32 count;
    uint64 totalEmissionsT; // [t CO2e]
    uint64 totalPowerMwh; //   [MWh]
    uint64 totalHeatGj; //     [GJ]
    ParticipantId body;
    uint8 assurance; //        1 limited, 2 reasonable; never qualified: a qualification is of one report
    uint32 materialityPpm; //  [ppm]
    uint64 sequence; //        the body's last accepted one plus 1
    uint64 signedAt; //        [s]
}

/// @dev One report of a batch. Leaf: `keccak256(0x00 ‖ reportHash ‖ operatorSignature)`.
struct BatchItem {
    ReportWord report;
    bytes32 linesRoot;
    bytes32 evidenceRoot;
    bytes32 operatorSignature; // keccak256 of the operator's compact (64-byte, ERC-2098) signature, or of its contract's
}

/// @dev Emissions set by the authority where no final report stands.
struct Determination {
    InstallationId installation;
    uint16 year;
    uint40 emissionsT; // [t CO2e]
    uint40 powerMwh; //   [MWh]
    uint40 heatGj; //     [GJ]
    bytes32 reasonHash;
}

/// @title IEmissionsReports
/// @notice Emission reports, disputes and determinations: the half of {IEmissionsOracle} that the contract itself
/// answers.
interface IEmissionsReports is IContractSigned {
    /// @notice Emitted for each accepted report.
    /// @param report the operator's report, packed; see {ReportWord}
    /// @param terms `finalAt 32 | configVersion 16 | first body 24 | bodies 8 | persons 128 | batch sequence 47 |
    /// qualified 1`, lowest first; persons as in {OpinionWord}, sequence 0 for a report that came alone
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

    /// @notice Emitted when the authority determines emissions for want of a final report.
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

    /// @notice Thrown when exactly this revision is on record: the submission was a repetition.
    error EmissionsAlreadyReported(InstallationId installation, uint16 year, uint8 revision);
    /// @notice Thrown when a revision is not the one that comes next.
    error EmissionsWrongRevision(InstallationId installation, uint16 year, uint8 given, uint8 expected);
    /// @notice Thrown when the record does not admit the act in its status.
    error EmissionsWrongStatus(InstallationId installation, uint16 year, ReportStatus status);
    /// @notice Thrown when the installation does not exist.
    error EmissionsUnknownInstallation(InstallationId installation);
    /// @notice Thrown when the signature words are not the operator's two and four for each body.
    error EmissionsSignatureCount(uint256 given);
    /// @notice Thrown when fewer or more bodies give an opinion than allowed.
    error EmissionsBodyCount(uint256 given, uint256 least, uint256 most);
    /// @notice Thrown when the operator's signature is not of a wallet with the right to report for it.
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
    /// @notice Thrown when output is above the capacity times the hours of the year; [MWh] or [GJ].
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
    /// @notice Thrown when the officer who disputed would also decide.
    error EmissionsOwnDispute(address officer);
    /// @notice Thrown when the authority would determine before its time.
    error EmissionsDeterminationTooEarly(uint256 determinationFrom);
    /// @notice Thrown when a year is not in the period named.
    error EmissionsYearNotInPeriod(uint16 year, uint16 firstYear, uint16 lastYear);
    /// @notice Thrown when a final report stands: there is nothing to determine.
    error EmissionsFinal(InstallationId installation, uint16 year);
    /// @notice Thrown when the installation belongs to another scheme.
    error EmissionsWrongScheme(InstallationId installation, SchemeId scheme, SchemeId expected);

    /* REPORTING */

    /// @notice Puts one report on record. Caller: any account.
    /// @param scheme the installation's
    /// @param opinion terms and persons, see {OpinionWord}
    /// @param signatures two words each: the operator's, then lead's and reviewer's of each body in turn
    /// @dev A report is restated until it is final: contracts that read it at different times read the same.
    function submit(
        SchemeId scheme,
        ReportWord report,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        OpinionWord opinion,
        bytes32[] calldata signatures
    ) external;

    /// @notice {submit}, where some who sign are wallets that are contracts (ERC-1271). Caller: any account.
    /// @param signatures as in {submit}; the two words of a contract are its address and the complement of its place in
    /// `contractSignatures`, 2^256 - 1 for the first
    function submitWithContractSignatures(
        SchemeId scheme,
        ReportWord report,
        bytes32 linesRoot,
        bytes32 evidenceRoot,
        OpinionWord opinion,
        bytes32[] calldata signatures,
        bytes[] calldata contractSignatures
    ) external;

    /// @notice Puts at most 200 reports of one scheme on record under one body's opinion. Caller: any account.
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

    /// @notice {submitBatch}, where lead or reviewer sign by a contract, named as in {submitWithContractSignatures}. Caller: any
    /// account.
    function submitBatchWithContractSignatures(
        SchemeId scheme,
        ReportBatch calldata batch,
        uint8 lead,
        uint8 reviewer,
        bytes32[4] calldata signatures,
        BatchItem[] calldata items,
        bytes[] calldata contractSignatures
    ) external;

    /* DISPUTES AND DETERMINATION */

    /// @notice Disputes a report before it is final. Caller: power DISPUTE, or a wallet of the operator (REPORT or
    /// MANAGE).
    function dispute(InstallationId installation, uint16 year, bytes32 reasonHash) external;

    /// @notice Decides a dispute. Caller: power DISPUTE, another than who disputed.
    function resolve(InstallationId installation, uint16 year, bool upheld, bytes32 reasonHash) external;

    /// @notice Determines emissions where no final report stands, at most 200 at once. Caller: power DETERMINE where
    /// each plant stands.
    /// @dev From the period's `determinationFrom` on. Final, like a report whose window has passed.
    function determine(SchemeId scheme, uint16 periodId, Determination[] calldata determinations) external;

    /* VIEWS */

    /// @notice The final report of an installation and year; all zero while none stands. One slot read.
    /// @return isFinal whether nothing can change it any more
    /// @return emissionsT [t CO2e]
    /// @return powerMwh [MWh]
    /// @return heatGj [GJ]
    function finalReport(InstallationId installation, uint16 year)
        external
        view
        returns (bool isFinal, uint256 emissionsT, uint256 powerMwh, uint256 heatGj);

    /// @notice The record as stored; zero without a report.
    function record(InstallationId installation, uint16 year) external view returns (RecordWord);

    /// @notice Several records of one year, at most 500, in the order asked.
    function records(InstallationId[] calldata installations, uint16 year) external view returns (RecordWord[] memory);

    /// @notice The last report of a year that was annulled, as it stood then; zero when none was.
    function fallenReport(InstallationId installation, uint16 year) external view returns (RecordWord);

    /// @notice The account that disputes a report; zero when none does.
    function disputedBy(InstallationId installation, uint16 year) external view returns (address);

    /// @notice Version and digest of a scheme's configuration, and the contract that holds it; zero when not
    /// configured.
    function configOf(SchemeId scheme) external view returns (uint16 version, bytes32 digest, address pointer);

    /// @notice Whether `body` has an interest in `participant`.
    function hasInterest(SchemeId scheme, ParticipantId body, ParticipantId participant) external view returns (bool);

    /// @notice The sequence of a body's last accepted batch in a scheme; 0 when there was none.
    function lastSequence(SchemeId scheme, ParticipantId body) external view returns (uint64);
}

/// @title IEmissionsOracle
/// @notice Verified emissions of each installation and year, signed by the operator and its verification bodies.
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
/// has one form. Any account may submit: the signatures are the authority. Operators and persons whose wallet is a contract
/// answer by ERC-1271, see {Signatures}.
///
/// Faults of a person or a signature revert with the errors of {SignerSet} and {Signatures}.
interface IEmissionsOracle is IEmissionsReports, IEmissionsConfig {}
