// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditOrigin} from "./ICreditOrigin.sol";
import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {SerialBlock} from "./IOffsetCredits.sol";
import {Activity, MethodologyId, ProjectKind} from "../evidence/IProjects.sol";
import {ISerialSets} from "./ISerialSets.sol";

/// @dev What an officer says of a batch when it is opened. Its units are one and the same: of one project, one vintage and
/// one account of the registry they came from.
struct BatchTerms {
    SchemeId scheme; //           whose units they become
    uint16 vintage; //            year
    uint32 registry; //           where its blocks come from
    Activity activity;
    ProjectKind kind;
    uint16 hostCountry; //        ISO 3166-1 numeric
    MethodologyId methodology; // 0 when it is none of those in Projects
    string project; //            its number in that registry, 1 to 64 bytes
    string methodologyText; //    as that registry writes it, at most 200 bytes
    string account; //            in that registry, 1 to 200 bytes: where units are released to, and nowhere else
}

/// @dev A block somebody wants to bring here.
struct Lodging {
    UnitId id; //        batch it joins
    string series; //    canonical text of its issuance series; empty where the registry counts through
    uint64 first;
    uint64 last; //      inclusive
    string serial; //    as that registry writes it, 1 to 200 bytes
    bytes32 evidence; // hash of what shows that the caller holds it there
}

enum RequestKind {
    None, //       never made, or settled
    Immobilise,
    Release
}

/// @dev A request that waits; an empty comment marks the slot boundary.
struct Request {
    address wallet; //       who asked
    ParticipantId participant;
    RequestKind kind;
    uint64 batch; //         number of the batch
    //
    uint64 series; //        of the block to be immobilised
    uint64 first;
    uint64 last;
    uint64 amount; //        [t] to be released
}

/// @dev Where the stretch of a released block lies.
struct Place {
    uint64 start; // of the stretch that holds the block
    uint64 hint; //  start of the stretch before it
}

/// @title IImmobilisation
/// @notice Blocks of other registries: locked there, units here, and given back to where they came from.
/// @dev Each way takes two steps. A holder's request reserves; an officer's word that the other registry has done its part
/// makes it final; either of them can revert it before. What is requested, immobilised or used elsewhere lies in
/// {ISerialSets}, so that no serial number is here twice, and none that was used elsewhere comes here.
interface IImmobilisation is ICreditOrigin, ISerialSets {
    /// @notice Emitted when an officer opened a batch for blocks of another registry.
    event BatchOpened(UnitId indexed id, uint32 indexed registry, BatchTerms terms, address officer);

    /// @notice Emitted when a holder asked to bring a block here.
    event ImmobilisationRequested(
        uint64 indexed request,
        UnitId indexed id,
        address indexed wallet,
        SerialBlock block_,
        string serial,
        bytes32 evidence
    );

    /// @notice Emitted when a block became units here.
    /// @param request 0 when it was brought in one step
    /// @param serial as the other registry writes it; empty when the request said it
    event BlockImmobilised(
        UnitId indexed id,
        uint64 indexed request,
        address indexed to,
        SerialBlock block_,
        string serial,
        bytes32 evidence,
        address officer
    );

    /// @notice Emitted when a request to bring a block here came to nothing.
    event ImmobilisationReverted(uint64 indexed request, UnitId indexed id, address by, bytes32 reason);

    /// @notice Emitted when a holder handed over units to be released.
    event ReleaseRequested(uint64 indexed request, UnitId indexed id, address indexed wallet, uint64 amount);

    /// @notice Emitted when units went back to the registry and account they came from.
    event UnitsReleased(
        uint64 indexed request,
        UnitId indexed id,
        address indexed wallet,
        string account,
        SerialBlock[] blocks,
        bytes32 evidence,
        address officer
    );

    /// @notice Emitted when a request to release came to nothing.
    /// @param to who has the units again; nobody when the batch is invalid
    event ReleaseReverted(uint64 indexed request, UnitId indexed id, address to, address by, bytes32 reason);

    /// @notice Thrown when a batch's terms are incomplete, or name a registry that is not numbered.
    error ImmobilisationBadTerms(BatchTerms terms);
    /// @notice Thrown when a batch is none of this contract's.
    error ImmobilisationUnknownBatch(UnitId id);
    /// @notice Thrown when a request of this kind does not wait under this number.
    error ImmobilisationNoRequest(uint64 request, RequestKind kind);
    /// @notice Thrown when an account is no wallet of an active participant, or lacks the right to withdraw.
    error ImmobilisationNotWallet(address account);
    /// @notice Thrown when neither an officer nor who made the request would revert it.
    error ImmobilisationNotYours(uint64 request, address caller);
    /// @notice Thrown when units would be released to another account than they came from.
    error ImmobilisationOtherAccount(UnitId id, string account);
    /// @notice Thrown when others than the credits' contract send something here, or more than 64 bits.
    error ImmobilisationRefused(address sender, uint256 amount);
    /// @notice Thrown when a release does not say where each of its blocks lies.
    error ImmobilisationPlaces(uint256 blocks, uint256 places);
    /// @notice Thrown when a released block is not immobilised as one of its batch.
    error ImmobilisationNotHere(UnitId id, SerialBlock block_);

    /* BATCHES */

    /// @notice Opens a batch for blocks of another registry. Officers with the power to issue.
    function openBatch(BatchTerms calldata terms) external returns (UnitId id);

    /* IMMOBILISE */

    /// @notice Asks to bring a block here and reserves its serial numbers. Wallets of active participants.
    /// @param hint start of the last stretch of its set before `first`, 0 when there is none; see {stretchBefore}
    function request(Lodging calldata lodging, uint64 hint) external returns (uint64 number);

    /// @notice The other registry has locked the block: its units are issued to who asked. Officers with the power to
    /// issue.
    /// @param evidence hash of what that registry confirmed
    function finaliseImmobilisation(uint64 number, bytes32 evidence) external;

    /// @notice Ends a request; its serial numbers are free again. Officers with the power to issue, and who asked.
    /// @param hint start of the stretch before it
    function revertImmobilisation(uint64 number, uint64 hint, bytes32 reason) external;

    /// @notice Brings a block that the other registry has already locked, in one step. Officers with the power to issue.
    function immobilise(Lodging calldata lodging, address to, uint64 hint) external;

    /* RELEASE */

    // A holder asks by sending units here: `safeTransferFrom` with `abi.encode(string account)` as data, naming the account
    // they came from. Wallets with the right to withdraw.

    /// @notice The other registry has unlocked what leaves here: the next serial numbers of the batch, first in first out.
    /// Officers with the power to issue.
    /// @param places where each of these blocks lies, in their order
    function finaliseRelease(uint64 number, Place[] calldata places, bytes32 evidence) external;

    /// @notice Gives the units back. Officers with the power to issue, and who asked.
    /// @dev To the wallet they came from, or to the primary one if that belongs to its participant no longer. Of an invalid
    /// batch nothing comes back: those units leave as invalidated.
    function revertRelease(uint64 number, bytes32 reason) external;

    /* VIEWS */

    /// @notice What was said of a batch; reverts when it is none of this contract's.
    function termsOf(UnitId id) external view returns (BatchTerms memory);

    /// @notice Id of batch `number`, counted from 1.
    function batchAt(uint64 number) external view returns (UnitId id);

    /// @notice How many batches were opened.
    function batchCount() external view returns (uint64);

    /// @notice A request that waits; its kind is None when none does.
    function requestOf(uint64 number) external view returns (Request memory);

    /// @notice How many requests were made.
    function requestCount() external view returns (uint64);
}
