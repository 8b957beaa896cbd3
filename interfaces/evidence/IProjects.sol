// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../types/Ids.sol";
import {IContractSigned} from "../types/IContractSigned.sol";
import {OpinionWord} from "../types/ReportTypes.sol";

/// @dev A project that reduces or removes emissions. 0 means none.
type ProjectId is uint32;

/// @dev A method that quantifies a project's mitigation. 0 means none.
type MethodologyId is uint16;

using {eqProject as ==, neqProject as !=} for ProjectId global;

function eqProject(ProjectId a, ProjectId b) pure returns (bool) {
    return ProjectId.unwrap(a) == ProjectId.unwrap(b);
}

function neqProject(ProjectId a, ProjectId b) pure returns (bool) {
    return ProjectId.unwrap(a) != ProjectId.unwrap(b);
}

/// @dev Type of mitigation behind a credit.
enum Activity {
    None,
    Reduction,
    Removal
}

enum ProjectKind {
    None,
    Forest, //     woods planted, kept or managed
    Wind,
    Efficiency, // of energy and fuel, in industry or at home
    Renewable, //  any other energy that is
    Waste, //      landfill, waste water, manure
    Land, //       soil, rice, livestock
    Transport,
    Industry, //   gases of processes, mines and cooling
    Other
}

enum ProjectStatus {
    None,
    Registered, // by its developer
    Validated, //  by an officer: monitoring reports are taken
    Suspended
}

/// @dev A methodology as stored: one slot.
struct Methodology {
    SchemeId scheme; //     whose authority approved it
    Activity activity;
    ProjectKind kind; //    projects it is for
    uint8 scope; //         accreditation a verifier needs, 0..23
    uint24 maxBufferPpm; // [ppm] most a report may put into the buffer; 0 where nothing can be lost (a wind farm)
    uint24 minBufferPpm; // [ppm] least it must
    bool active;
}

/// @dev A project as stored; an empty comment marks the slot boundary.
struct Project {
    ParticipantId developer;
    MethodologyId methodology;
    uint16 hostCountry; //    ISO 3166-1 numeric
    uint40 creditingFrom; //  [s] first moment that can be credited
    uint40 creditingUntil; // [s] first moment that can no longer be
    ProjectStatus status;
    uint64 yearlyCapT; //     [t CO2e] most that is plausible in 365 days, as validated
    uint16 version; //        of the methodology's terms it is under: those in force when it was registered or last renewed
    //
    bytes32 source; //        name of the forest or plant: the same in every project
}

/// @dev A point of the project, by WGS 84.
struct Location {
    int32 latitude; //  [1e-6 degrees] north of the equator; at most 90 degrees either way
    int32 longitude; // [1e-6 degrees] east of Greenwich; at most 180 degrees either way
}

/// @dev Where a project is, as stored: two slots.
struct Site {
    Location location;
    uint16 meterCount;
    //
    bytes32 metersRoot; // {Merkle} root over leaves of one meter each, in their order; 0 where it has no meters
}

enum MonitoringStatus {
    None,
    Reported,
    Disputed,
    Annulled
}

/// @dev An accepted monitoring report, the part that other contracts read; an empty comment marks each slot boundary.
struct Monitoring {
    ProjectId project;
    ParticipantId developer;
    ParticipantId body;
    uint16 vintage; //     year the units belong to, in the scheme's zone
    uint24 bufferPpm; //   [ppm] share for the buffer
    uint40 finalAt; //     [s] from when it is final unless disputed
    uint64 quantityT; //   [t CO2e]
    MonitoringStatus status;
    Activity activity;
    ProjectKind kind;
    //
    uint40 from; //        [s] first moment monitored
    uint40 until; //       [s] first moment no longer
    SchemeId scheme;
    uint16 hostCountry; // ISO 3166-1 numeric
    MethodologyId methodology;
    //
    bytes32 reportHash; // EIP-712 struct hash of the developer's report
}

/// @dev The developer's report; with `configDigest` it is the EIP-712 struct.
struct MonitoringReport {
    ProjectId project;
    uint64 periodFrom; //  [s] first moment monitored
    uint64 periodUntil; // [s] first moment no longer
    uint16 vintage;
    uint64 quantityT; //   [t CO2e]
    uint32 bufferPpm; //   [ppm] by the non-permanence rating of this verification
    bytes32 linesRoot;
    bytes32 evidenceRoot;
    uint64 signedAt; //    [s]
}

/// @dev Uses of one moment of a source. One source, one moment, one claim of any kind.
enum ClaimKind {
    None,
    Credit, //       an offset credit
    Certificate, //  an energy certificate
    ZeroEmission //  counted as zero in the emission report of a plant under a cap
}

/// @title IProjectRegister
/// @notice Methodologies and projects: the half of {IProjects} that the Projects contract's extension answers.
interface IProjectRegister {
    /// @notice Emitted when a methodology is approved, changed or withdrawn.
    /// @param version of its terms, from 1
    event MethodologySet(
        MethodologyId indexed id,
        SchemeId indexed scheme,
        uint16 indexed version,
        Methodology methodology,
        bytes32 documentHash,
        address officer
    );

    /// @notice Emitted when a developer registers a project.
    event ProjectRegistered(
        ProjectId indexed id,
        ParticipantId indexed developer,
        MethodologyId indexed methodology,
        uint16 hostCountry,
        uint40 creditingFrom,
        uint40 creditingUntil,
        bytes32 source,
        Location location,
        bytes32[] meters,
        bytes32 documentHash
    );

    /// @notice Emitted when an officer validates a project, which takes reports from then on.
    event ProjectValidated(ProjectId indexed id, address indexed officer, uint64 yearlyCapT, bytes32 documentHash);

    /// @notice Emitted when an officer suspends a project, or ends the suspension.
    event ProjectSuspended(ProjectId indexed id, address indexed officer, bool suspended, bytes32 reasonHash);

    /// @notice Emitted once, when the desk for suspensions is set.
    event DeskSet(address indexed desk);

    /// @notice Emitted when an officer renews a project's crediting period.
    event ProjectRenewed(ProjectId indexed id, uint40 oldUntil, uint40 creditingUntil, bytes32 documentHash);

    /// @notice Emitted when an officer says where a plant under a cap is, and which meters it has.
    /// @param number among all sitings; one more is counted when a source is first claimed as zero for a plant
    event PlantSited(
        InstallationId indexed installation,
        uint32 indexed number,
        address indexed officer,
        Location location,
        bytes32[] meters,
        bytes32 reasonHash
    );

    /// @notice Emitted when an officer states that a project stands at a plant under a cap, or at none (0).
    /// @param sitings how many there had been when the officer looked: the statement answers for these plants
    event ProjectPlaced(
        ProjectId indexed id,
        InstallationId indexed installation,
        address indexed officer,
        uint32 sitings,
        bytes32 reasonHash
    );

    /// @notice Emitted when a developer says how its project is called, before it is validated.
    event ProjectNamed(ProjectId indexed id, string name);

    /// @notice Emitted when an officer validates a project that is like validated ones.
    /// @param others the projects compared, each another plant, or the same one whose periods exclude each other
    /// @param validations how many projects had been validated when the officer looked
    /// @param reason 1 to 1,000 bytes; in the event only
    event LikenessAnswered(
        ProjectId indexed id, address indexed officer, ProjectId[] others, uint32 validations, string reason
    );

    /// @notice Emitted when a source, or a meter that no oracle reads, is first validated or certified: it is this scheme's
    /// from now on.
    event NameTaken(bytes32 indexed name, SchemeId indexed scheme, address by);

    /// @notice Emitted when a meter is from now on one of a source, and of no other.
    event MeterBound(bytes32 indexed meter, bytes32 indexed source, address by);

    /// @notice Thrown when no project has this number.
    error ProjectsUnknown(ProjectId id);
    /// @notice Thrown when a project is suspended, or its suspension ended, past the desk. Do it there.
    error ProjectsNotDesk(address caller);
    /// @notice Thrown when the desk is already set, or is no contract.
    error ProjectsDeskRefused(address current, address proposed);
    /// @notice Thrown when no installation has this number.
    error ProjectsUnknownPlant(InstallationId installation);
    /// @notice Thrown when a stretch that is to count as zero is empty or not over yet.
    error ProjectsBadStretch(uint64 from, uint64 until);
    /// @notice Thrown when no methodology has this number, or it is no longer active.
    error ProjectsUnknownMethodology(MethodologyId id);
    /// @notice Thrown when a methodology's fields contradict themselves.
    error ProjectsBadMethodology(MethodologyId id, Methodology methodology);
    /// @notice Thrown when a project is not in the status the act needs.
    error ProjectsWrongStatus(ProjectId id, ProjectStatus status);
    /// @notice Thrown when the caller does not act for an active developer, or lacks the right MANAGE.
    error ProjectsNotDeveloper(address caller, ParticipantId participant, uint8 rights);
    /// @notice Thrown when a crediting period is empty, or a renewal does not extend it.
    error ProjectsBadCrediting(uint256 from, uint256 until);
    /// @notice Thrown when source or country is missing.
    error ProjectsIncomplete();
    /// @notice Thrown when a place is not on Earth, or is where both degrees were left out.
    error ProjectsBadLocation(Location location);
    /// @notice Thrown when a meter has no name, or does not follow the one before it: so that none is named twice.
    error ProjectsBadMeter(uint256 place, bytes32 meter);
    /// @notice Thrown when a project has the design document of a validated one, or is within a cell of it, and no answer
    /// covers it. Remedy: compare the two (`tonne project likeness`), and {answerAndValidate} where they are two plants, or one
    /// plant under one source.
    /// @param validation the other's number among all validations
    error ProjectsLikeAnother(ProjectId id, ProjectId other, uint32 validation);
    /// @notice Thrown when an answer names no project or too many, or more validations than there were. Remedy: the projects
    /// compared, 1 to 100, and {validationCount} as read with them.
    error ProjectsBadAnswer(ProjectId id, uint256 others, uint32 validations, uint32 latest);
    /// @notice Thrown when a project is within a cell of a plant under a cap, on one of its meters, or of a source that counted as
    /// zero there, and no officer has said since whether it stands there. Remedy: compare the two, then {placeAtPlant}.
    /// @param siting the plant's number among all sitings
    error ProjectsNearPlant(ProjectId id, InstallationId plant, uint32 siting);
    /// @notice Thrown when a statement is about more sitings than there were. Remedy: {sitingCount} as read with the plants.
    error ProjectsBadSitings(ProjectId id, uint32 sitings, uint32 latest);
    /// @notice Thrown when a name or a reason is empty or too long [bytes].
    error ProjectsBadText(uint256 length, uint256 most);
    /// @notice Thrown when another than its developer names a project.
    error ProjectsNotItsDeveloper(ProjectId id, address caller);
    /// @notice Thrown when a project has more meters than one registration takes.
    error ProjectsTooManyMeters(uint256 count, uint256 most);
    /// @notice Thrown when a source or a meter belongs to another scheme. Remedy: a name of its own; where the plant is the
    /// other scheme's, register the project under a methodology of that scheme.
    error ProjectsForeignName(bytes32 name, SchemeId owner, SchemeId scheme);
    /// @notice Thrown when a scheme has as many methodologies as its share of the numbers. Remedy: change one of its own.
    error ProjectsTooManyMethodologies(SchemeId scheme, uint256 most);
    /// @notice Thrown when a meter is one of another source already, or has no name.
    error ProjectsMeterBound(bytes32 meter, bytes32 source);

    /// @notice Approves, changes or withdraws a methodology. Caller: power REGISTER in all of its scheme, which has 64 numbers at
    /// most.
    /// @dev Each call makes a version of the terms. Projects stay under the version they were registered under until they are
    /// renewed; a withdrawal (`active` false) is of all versions.
    function setMethodology(MethodologyId id, Methodology calldata methodology, bytes32 documentHash) external;

    /// @notice Registers a project. Caller: wallet with MANAGE of an active developer.
    /// @dev Source and meters belong to the scheme in which they are first validated: those of another, and meters at
    /// another's node, are refused. A registration alone takes nothing and stands in no other project's way.
    /// @param source name of the forest or plant, see {Project}
    /// @param meters by number or by hash of maker and serial number, rising; none where nothing is metered, at most 64
    /// @param documentHash of the design document
    function register(
        MethodologyId methodology,
        uint16 hostCountry,
        uint40 creditingFrom,
        uint40 creditingUntil,
        bytes32 source,
        Location calldata location,
        bytes32[] calldata meters,
        bytes32 documentHash
    ) external returns (ProjectId id);

    /// @notice Validates a registered project. Caller: power REGISTER in all of its methodology's scheme.
    /// @dev Takes source and meters for its scheme, and binds its meters to its source: another source that names one of them
    /// is refused, be it a project's or that of certificates. Assumes that one meter has one name; see {bindMeter}.
    /// @dev Refused where a validated project has its design document, or is in its cell of 0.01 degrees or one of the eight
    /// around it; see {answerAndValidate}.
    /// @param yearlyCapT [t CO2e] most that is plausible in 365 days; never 0
    function validate(ProjectId id, uint64 yearlyCapT, bytes32 documentHash) external;

    /// @notice Says how a registered project is called. Caller: wallet with MANAGE of its developer.
    /// @param name 1 to 200 bytes of UTF-8; in the event only. Any name ever given counts when projects are compared
    function nameProject(ProjectId id, string calldata name) external;

    /// @notice Validates a project as {validate} does, with an officer's answer for the validated projects it is like.
    /// @dev Refused where one was validated after the officer looked.
    /// @param others the validated projects compared, 1 to 100
    /// @param validations {validationCount} when they were
    /// @param reason 1 to 1,000 bytes; in the event only
    function answerAndValidate(
        ProjectId id,
        uint64 yearlyCapT,
        bytes32 documentHash,
        ProjectId[] calldata others,
        uint32 validations,
        string calldata reason
    ) external;

    /// @notice Suspends a project or ends its suspension. Caller: the desk, which locks the project's batches in the same
    /// transaction.
    /// @param officer author of the decision
    function setSuspended(ProjectId id, bool suspended, address officer, bytes32 reasonHash) external;

    /// @notice Sets the desk that alone suspends projects; it cannot be changed. Restricted.
    function setDesk(address desk) external;

    /// @notice Extends a project's crediting period, under the newest terms of its methodology, which must be active. Caller:
    /// power REGISTER.
    function renew(ProjectId id, uint40 creditingUntil, bytes32 documentHash) external;

    /// @notice Says where a plant under a cap is and which meters it has. A project of its scheme in the same cell or one of the
    /// eight around it, or on one of these meters, is neither validated nor credited before {placeAtPlant} answers for it.
    /// Caller: power REGISTER in all of the plant's scheme.
    /// @param meters 64 at most, named as in {register}
    function sitePlant(
        InstallationId installation,
        Location calldata location,
        bytes32[] calldata meters,
        bytes32 reasonHash
    ) external;

    /// @notice States that a project stands at a plant under a cap, whose own obligation falls by its mitigation, or at
    /// none (0). Its reports issue what `offset.capped_plant_ppm` leaves, nothing where the pack has no such rule.
    /// Caller: power REGISTER in the project's scheme.
    /// @param sitings {sitingCount} as read with the plants nearby: one sited later is not answered for
    function placeAtPlant(ProjectId id, InstallationId installation, uint32 sitings, bytes32 reasonHash) external;

    /// @notice Claims a stretch of a source as counted zero in the emission report of a plant under a cap: no credit and no
    /// certificate is made of it, and of its other stretches no credit before {placeAtPlant} answers for the plant. Caller: power REGISTER in all of the plant's scheme, which must be the source's.
    /// @param hint start of the last claim on the source that begins before, 0 when there is none
    function claimZeroEmission(bytes32 source, InstallationId installation, uint64 from, uint64 until, uint64 hint)
        external;

    /// @notice The plant under a cap at which a project stands; 0 where it stands at none.
    function plantOf(ProjectId id) external view returns (InstallationId);

    /// @notice As {plantOf}, for whoever credits the project: reverts while {nearPlantOf} is not answered for.
    function placedAt(ProjectId id) external view returns (InstallationId);

    /// @notice The plant under a cap sited last of those near a project, and its number among all sitings; zero where there is
    /// none.
    function nearPlantOf(ProjectId id) external view returns (InstallationId plant, uint32 siting);

    /// @notice How many sitings of plants there were.
    function sitingCount() external view returns (uint32);

    /// @notice Location and meters' root of a project; reverts when there is none.
    function siteOf(ProjectId id) external view returns (Site memory);

    /// @notice The project validated last of those that this one is like by document or cell, and its number among all
    /// validations; zero where there is none.
    function likenessOf(ProjectId id) external view returns (ProjectId latest, uint32 validation);

    /// @notice How many projects have been validated.
    function validationCount() external view returns (uint32);

    /// @notice The highest number of a project so far; numbers run from 1.
    function projectCount() external view returns (uint32);

    /// @notice The newest version of a methodology's terms; 0 where there is none.
    function versionOf(MethodologyId id) external view returns (uint16);

    /// @notice A version of a methodology's terms, as it was set.
    function termsAt(MethodologyId id, uint16 version) external view returns (Methodology memory);
}

/// @title IProjectReports
/// @notice Monitoring reports and claims of sources: the half of {IProjects} that the Projects contract itself answers.
interface IProjectReports is IContractSigned {
    /// @notice Emitted for each accepted monitoring report.
    /// @param signers bit i: person i of the signer set of `configVersion` signed
    event MonitoringReported(
        uint64 indexed reportId,
        ProjectId indexed project,
        ParticipantId indexed body,
        MonitoringReport report,
        Monitoring monitoring,
        uint256 signers,
        uint16 configVersion
    );

    /// @notice Emitted when a monitoring report is disputed.
    event MonitoringDisputed(uint64 indexed reportId, address indexed officer, bytes32 reasonHash);

    /// @notice Emitted when a dispute is decided: upheld annuls the report and frees its period, otherwise it is final.
    event MonitoringResolved(uint64 indexed reportId, address indexed officer, bool upheld, bytes32 reasonHash);

    /// @notice Emitted when a stretch of a source is claimed.
    event SourceClaimed(
        bytes32 indexed source, ClaimKind indexed kind, uint64 indexed ref, uint64 from, uint64 until, address by
    );

    /// @notice Emitted when a claim is given up because its credit or certificate was annulled.
    event SourceReleased(
        bytes32 indexed source, ClaimKind indexed kind, uint64 indexed ref, uint64 from, uint64 until, address by
    );

    /// @notice Emitted when a contract becomes, or stops being, one that may claim sources.
    event ClaimantSet(address indexed claimant, bool allowed);

    /// @notice Thrown when no monitoring report has this number.
    error ProjectsUnknownReport(uint64 reportId);
    /// @notice Thrown when exactly this report was accepted before: the submission was a repetition.
    error ProjectsAlreadyReported(uint64 reportId);
    /// @notice Thrown when a report's period is empty, in the future or outside the crediting period.
    error ProjectsBadPeriod(uint256 from, uint256 until, uint256 earliest, uint256 latest);
    /// @notice Thrown when a report of another source had this evidence. Remedy: the plant's own evidence; where the other's was
    /// copied from it, dispute that report, and report with the decision among the files.
    error ProjectsSameEvidence(bytes32 evidenceRoot, bytes32 source);
    /// @notice Thrown when the vintage is not a year the period touches, in the scheme's zone.
    error ProjectsBadVintage(uint16 vintage, uint256 firstYear, uint256 lastYear);
    /// @notice Thrown when the quantity is 0, or more than the project can plausibly achieve in the period.
    error ProjectsImplausibleQuantity(ProjectId id, uint256 quantityT, uint256 mostT);
    /// @notice Thrown when the buffer share is outside the methodology's bounds.
    error ProjectsBadBuffer(uint256 bufferPpm, uint256 least, uint256 most);
    /// @notice Thrown when the signature is not of a wallet of the developer with the right to report.
    error ProjectsNotReporter(ProjectId id, address recovered, ParticipantId participant, uint8 rights);
    /// @notice Thrown when the body has an interest in the developer.
    error ProjectsInterest(ParticipantId developer, ParticipantId body);
    /// @notice Thrown when the dispute window has passed.
    error ProjectsDisputeTooLate(uint64 reportId, uint256 finalAt);
    /// @notice Thrown when the report is not in the status the act needs.
    error ProjectsReportStatus(uint64 reportId, MonitoringStatus status);
    /// @notice Thrown when the officer who disputed would also decide.
    error ProjectsOwnDispute(address officer);
    /// @notice Thrown when the caller may not claim sources.
    error ProjectsNotClaimant(address caller);
    /// @notice Thrown when a claim is of no kind or for no source.
    error ProjectsBadClaim(bytes32 source, ClaimKind kind);
    /// @notice Thrown when a claim to release was not made by the caller for this kind and number.
    error ProjectsNotItsClaim(bytes32 source, uint64 from, uint64 until);

    /// @notice Puts a monitoring report on record and claims its period. Caller: any account.
    /// @param opinion terms and two persons, see {OpinionWord}
    /// @param signatures two words each (ERC-2098): the developer's, the lead verifier's, the reviewer's
    /// @param hint start of the last claim on the source that begins before this period; 0 when there is none (see
    /// {claimBefore}). A wrong hint only reverts.
    function submit(MonitoringReport calldata report, OpinionWord opinion, bytes32[6] calldata signatures, uint64 hint)
        external
        returns (uint64 reportId);

    /// @notice {submit}, where some who sign are wallets that are contracts (ERC-1271). Caller: any account.
    /// @param signatures as in {submit}; the two words of a contract are its address and the complement of its place in
    /// `contractSignatures`, 2^256 - 1 for the first
    function submitWithContractSignatures(
        MonitoringReport calldata report,
        OpinionWord opinion,
        bytes32[6] calldata signatures,
        uint64 hint,
        bytes[] calldata contractSignatures
    ) external returns (uint64 reportId);

    /// @notice Disputes a report before it is final. Caller: power DISPUTE in all of its scheme.
    function dispute(uint64 reportId, bytes32 reasonHash) external;

    /// @notice Decides a dispute. Caller: power DISPUTE, another than who disputed.
    /// @param hint start of the claim before the report's own on the source, needed when upheld; 0 when it is the first
    function resolve(uint64 reportId, bool upheld, bytes32 reasonHash, uint64 hint) external;

    /// @notice Lets a contract claim sources, or no longer. Restricted.
    function setClaimant(address claimant, bool allowed) external;

    /// @notice Binds a meter to its source, for ever, in the scheme the meter is in. Caller: claimant. Meters of the
    /// MeterOracle are named by their number.
    function bindMeter(bytes32 meter, bytes32 source, SchemeId scheme) external;

    /// @notice Claims `[from, until)` of a source for one use. Caller: claimant.
    /// @param ref the caller's own number of the credit or certificate
    function claim(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) external;

    /// @notice Gives up a claim. Caller: the claimant that made it.
    function release(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) external;

    /// @notice The newest terms of a methodology; all zero when there is none.
    function methodology(MethodologyId id) external view returns (Methodology memory);

    /// @notice The project; reverts when there is none.
    function project(ProjectId id) external view returns (Project memory);

    /// @notice The terms a project is under; `active` is whether its methodology is in force now.
    function termsOf(ProjectId id) external view returns (Methodology memory);

    /// @notice The highest number of a monitoring report so far; numbers run from 1.
    function reportCount() external view returns (uint64);

    /// @notice The monitoring report; reverts when there is none. Ask {isFinal} before it mints anything.
    function monitoring(uint64 reportId) external view returns (Monitoring memory);

    /// @notice Whether the report's window has passed without an upheld or open dispute. False when there is none.
    function isFinal(uint64 reportId) external view returns (bool);

    /// @notice Reverts unless credits may be issued from the report now: its project is validated and not suspended, its
    /// methodology in force, and its body without interest in the developer. Ask {isFinal} beside it.
    function checkIssuable(uint64 reportId) external view;

    /// @notice The report with this struct hash; 0 when there is none.
    function reportOf(bytes32 reportHash) external view returns (uint64 reportId);

    /// @notice The hint for a claim that begins at `from`; walks at most `limit` claims, oldest first. For use off chain.
    function claimBefore(bytes32 source, uint64 from, uint256 limit) external view returns (uint64 hint);

    /// @notice The source a meter measures, by its name; 0 while it is bound to none.
    function sourceOfMeter(bytes32 meter) external view returns (bytes32 source);

    /// @notice The scheme that a source, or a meter that no oracle reads, belongs to; 0 while it was validated or certified in none.
    function schemeOfName(bytes32 name) external view returns (SchemeId scheme);

    /// @notice The claim on a source that begins at `from`; zero when there is none.
    function claimAt(bytes32 source, uint64 from) external view returns (ClaimKind kind, uint64 ref, uint64 until);
}

/// @title IProjects
/// @notice Offset projects, their methodologies, and monitoring reports whose periods never overlap.
/// @dev EIP-712, domain "tonne Projects" version "1". The developer signs
///
/// `MonitoringReport(uint32 project,uint64 periodFrom,uint64 periodUntil,uint16 vintage,uint64 quantityT,uint32 bufferPpm,
/// bytes32 linesRoot,bytes32 evidenceRoot,bytes32 configDigest,uint64 signedAt)`
///
/// and lead verifier and reviewer of the verification body
///
/// `MonitoringOpinion(bytes32 report,uint32 project,uint24 body,uint8 assurance,uint32 materialityPpm,uint64 quantityT,
/// bytes32 configDigest,uint64 signedAt)`.
///
/// Persons, rules and `configDigest` are those the EmissionsOracle holds for the methodology's scheme; faults
/// revert with its errors and those of {SignerSet} and {Signatures}, overlaps with {IntervalSet}'s.
interface IProjects is IProjectReports, IProjectRegister {}
