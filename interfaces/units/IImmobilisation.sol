// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditOrigin} from "./ICreditOrigin.sol";
import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {SerialBlock} from "./IOffsetCredits.sol";
import {Activity, MethodologyId, ProjectKind} from "../evidence/IProjects.sol";
import {ISerialSets} from "./ISerialSets.sol";

/// @dev Terms of a batch of immobilised credits: one project, one vintage, one account of the registry of origin.
struct BatchTerms {
    SchemeId scheme; //           of its units
    uint16 vintage; //            year
    uint32 registry; //           of origin
    Activity activity;
    ProjectKind kind;
    uint16 hostCountry; //        ISO 3166-1 numeric
    MethodologyId methodology; // 0 when it is not registered in Projects
    string project; //            number in that registry, 1 to 64 bytes
    string methodologyText; //    in the notation of that registry, at most 200 bytes
    string account; //            in that registry, 1 to 200 bytes: the only one that units are released to
}

/// @dev A block to be immobilised.
struct Lodging {
    UnitId id; //        its batch here
    uint256 issuance; // its number, see {ISerialSets}; 0 where the registry counts through
    uint64 first;
    uint64 last; //      inclusive
    string serial; //    in the notation of that registry, 1 to 200 bytes
    bytes32 evidence; // hash of the proof of holding, never 0
}

enum RequestKind {
    None, //       never made, or answered
    Immobilise,
    Release
}

/// @dev A pending request; an empty comment marks the slot boundary.
struct Request {
    address wallet; //       of the applicant
    ParticipantId participant;
    RequestKind kind;
    uint64 batch; //         number of the batch
    //
    uint64 series; //        of the block to be immobilised
    uint64 first;
    uint64 last;
    uint64 amount; //        [t] to be released
    //
    uint40 until; //         [s] of a request to immobilise: from then on anybody may end it
    uint128 bond; //         in the currency's smallest unit
}

/// @dev Stretch of a released block.
struct Place {
    uint64 start; // of the stretch that contains the block
    uint64 hint; //  start of the stretch before it
}

/// @title IImmobilisation
/// @notice Immobilisation of blocks of other registries: locked there, units here; and their release.
/// @dev Both directions take two steps: a holder's request reserves the block; an officer finalises it when the other
/// registry has confirmed; both can revert it before. Stretches requested, immobilised or used elsewhere are kept in
/// {ISerialSets}: no serial number is here twice, and none that was used elsewhere.
/// @dev To reserve costs a bond. It comes back with the units, or when no officer answered in time; an applicant that withdraws
/// or is refused loses it to the treasury. Amounts are pulled, see {IPayouts}: `payee` is a participant's number, or the
/// treasury's address.
interface IImmobilisation is ICreditOrigin {
    /// @notice Emitted when an officer opens a batch for blocks of another registry.
    event BatchOpened(UnitId indexed id, uint32 indexed registry, BatchTerms terms, address officer);

    /// @notice Emitted when a holder requests the immobilisation of a block.
    event ImmobilisationRequested(
        uint64 indexed request,
        UnitId indexed id,
        address indexed wallet,
        SerialBlock block_,
        string serial,
        bytes32 evidence,
        uint40 until,
        uint128 bond
    );

    /// @notice Emitted when a block is immobilised and its units are issued.
    /// @param request 0 when there was none
    /// @param serial in the notation of the other registry; empty when the request has it
    event BlockImmobilised(
        UnitId indexed id,
        uint64 indexed request,
        address indexed to,
        SerialBlock block_,
        string serial,
        bytes32 evidence,
        address officer
    );

    /// @notice Emitted when a request to immobilise is withdrawn, refused or expired.
    /// @param expired no officer answered in time: the bond comes back
    event ImmobilisationReverted(uint64 indexed request, UnitId indexed id, address by, bytes32 reason, bool expired);

    /// @notice Emitted when a holder transfers units here to be released.
    event ReleaseRequested(uint64 indexed request, UnitId indexed id, address indexed wallet, uint64 amount);

    /// @notice Emitted when units are released to the registry and account of origin.
    event UnitsReleased(
        uint64 indexed request,
        UnitId indexed id,
        address indexed wallet,
        string account,
        SerialBlock[] blocks,
        bytes32 evidence,
        address officer
    );

    /// @notice Emitted when a request to release is reverted.
    /// @param to wallet the units return to; zero when the batch is invalid
    event ReleaseReverted(uint64 indexed request, UnitId indexed id, address to, address by, bytes32 reason);

    /// @notice Thrown when a batch's terms are incomplete, or name an unknown registry.
    error ImmobilisationBadTerms(BatchTerms terms);
    /// @notice Thrown when a batch was not opened here.
    error ImmobilisationUnknownBatch(UnitId id);
    /// @notice Thrown when a lodging has no evidence. Remedy: the hash of what proves the holding.
    error ImmobilisationNoEvidence(UnitId id);
    /// @notice Thrown when a participant has as many requests to immobilise pending as it may. Remedy: wait for the officer's
    /// answers, or withdraw one.
    error ImmobilisationTooManyRequests(ParticipantId participant, uint256 most);
    /// @notice Thrown when no request of this kind is pending under this number.
    error ImmobilisationNoRequest(uint64 request, RequestKind kind);
    /// @notice Thrown when an account is no wallet of an active participant, or lacks the right to withdraw.
    error ImmobilisationNotWallet(address account);
    /// @notice Thrown when the caller is neither an officer nor the applicant, and the request has not expired.
    error ImmobilisationNotYours(uint64 request, address caller);
    /// @notice Thrown when units would be released to another account than that of origin.
    error ImmobilisationOtherAccount(UnitId id, string account);
    /// @notice Thrown when tokens arrive from another contract than the credits', or in an amount beyond 64 bits.
    error ImmobilisationRefused(address sender, uint256 amount);
    /// @notice Thrown when a release does not name a stretch for each of its blocks.
    error ImmobilisationPlaces(uint256 blocks, uint256 places);
    /// @notice Thrown when a released block is not in an immobilised stretch of its batch.
    error ImmobilisationNotHere(UnitId id, SerialBlock block_);

    /* BATCHES */

    /// @notice Opens a batch for blocks of another registry. Caller: power ISSUE in its scheme, which added the registry or is
    /// admitted by that one.
    function openBatch(BatchTerms calldata terms) external returns (UnitId id);

    /* IMMOBILISE */

    /// @notice Requests the immobilisation of a block and reserves its serial numbers for 30 days. Caller: wallet of an active
    /// participant with fewer than 8 such requests pending; it approves the bond before.
    /// @param hint start of the last stretch of its set before `first`, 0 when there is none; see {stretchBefore}
    function request(Lodging calldata lodging, uint64 hint) external returns (uint64 number);

    /// @notice Finalises a request once the other registry has locked the block: issues its units to the applicant. Caller:
    /// power ISSUE.
    /// @param evidence hash of the registry's confirmation
    function finaliseImmobilisation(uint64 number, bytes32 evidence) external;

    /// @notice Reverts a request; its serial numbers are free again. Caller: power ISSUE, or the applicant; anybody once it expired.
    /// @param hint start of the stretch before it
    function revertImmobilisation(uint64 number, uint64 hint, bytes32 reason) external;

    /// @notice Immobilises a block that the other registry has already locked, in one step. Caller: power ISSUE.
    function immobilise(Lodging calldata lodging, address to, uint64 hint) external;

    /* RELEASE */

    // A holder requests a release by a transfer of units to this contract: `safeTransferFrom` with `abi.encode(string account)`
    // as data, the account of origin. Caller: wallet with the right WITHDRAW.

    /// @notice Finalises a release once the other registry has unlocked the blocks: the next serial numbers of the batch, first
    /// in first out. Caller: power ISSUE.
    /// @param places stretch of each of these blocks, in their order
    function finaliseRelease(uint64 number, Place[] calldata places, bytes32 evidence) external;

    /// @notice Reverts a release and returns the units. Caller: power ISSUE, or the applicant.
    /// @dev To the wallet they came from, or to the primary one if that belongs to its participant no longer. Units of an
    /// invalid batch are not returned: they exit as invalidated.
    function revertRelease(uint64 number, bytes32 reason) external;

    /* VIEWS */

    /// @notice Terms of a batch; reverts when it was not opened here.
    function termsOf(UnitId id) external view returns (BatchTerms memory);

    /// @notice Id of batch `number`, counted from 1.
    function batchAt(uint64 number) external view returns (UnitId id);

    /// @notice Count of batches.
    function batchCount() external view returns (uint64);

    /// @notice A pending request; its kind is None when there is none.
    function requestOf(uint64 number) external view returns (Request memory);

    /// @notice Count of requests.
    function requestCount() external view returns (uint64);
}

/// @title IImmobilisationWhole
/// @notice All functions at the address of Immobilisation: its own, and those of its extension.
interface IImmobilisationWhole is IImmobilisation, ISerialSets {}
