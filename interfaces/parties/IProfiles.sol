// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";

/// @dev Subject of a profile document.
enum ProfileKind {
    None,
    Participant, // a legal person: developer, verification body, emitter; subject: its number
    Project, //     subject: its number in {IProjects}
    Source //       a forest or plant; subject: its name in {IProjects}
}

/// @dev Record of a profile; all zero: none was published.
struct ProfileRecord {
    bytes32 documentHash; // Keccak-256 of the document's bytes; 0 after a withdrawal
    uint40 changedAt; //     [s]
    uint32 revision; //      documents published so far
}

/// @title IProfiles
/// @notice Hashes of the documents in which participants give names to themselves, their projects and sources.
/// @dev A document stays off chain and holds a random salt, so that its hash tells nothing once the document is gone: personal
/// data can be withdrawn. It holds the EIP-712 signature, domain "tonne Profiles" version "1", of the publishing wallet over
///
/// `Profile(uint8 kind,bytes32 subject,uint24 participant,bytes32 content,uint64 signedAt)`.
///
/// A record is a participant's own statement and stands under its number: a reader asks for the record of the participant
/// that is entitled to name the subject (itself; a project's developer; a source's developer), so that nothing another
/// publishes can take its place. A project's document repeats the name in {IProjectRegister-nameProject}; a reader refuses another.
interface IProfiles {
    /// @notice Emitted when a participant publishes a document, or replaces one.
    event ProfilePublished(
        ProfileKind indexed kind,
        bytes32 indexed subject,
        ParticipantId indexed by,
        bytes32 documentHash,
        uint32 revision,
        address wallet
    );

    /// @notice Emitted when a document is withdrawn, by its participant or by its registrar.
    event ProfileWithdrawn(
        ProfileKind indexed kind, bytes32 indexed subject, ParticipantId indexed by, address account, bytes32 reasonHash
    );

    /// @notice Thrown when the caller lacks the right MANAGE, or its participant is not active. Remedy: use a wallet with that
    /// right.
    error ProfilesNotManager(address wallet, ParticipantId participant, uint8 rights);
    /// @notice Thrown when the caller is neither a wallet of the participant with the right MANAGE nor its registrar.
    /// Remedy: use one of these accounts.
    error ProfilesNotWithdrawer(address account, ParticipantId participant);
    /// @notice Thrown when a profile is of no kind, of no subject, or of another participant. Remedy: a participant names
    /// itself by its own number.
    error ProfilesBadSubject(ProfileKind kind, bytes32 subject);
    /// @notice Thrown when the document's hash is 0 or is the one on record, or when there is nothing to withdraw. Remedy: see
    /// the record; nothing needs to be done.
    error ProfilesNoChange(ProfileKind kind, bytes32 subject, ParticipantId by);

    /// @notice Puts the hash of a document on record, in the place of an earlier one. Caller: wallet with MANAGE of an active
    /// participant.
    function publish(ProfileKind kind, bytes32 subject, bytes32 documentHash) external;

    /// @notice Withdraws a document of participant `by`. Caller: wallet of it with MANAGE, or a registrar of its jurisdiction.
    function withdraw(ProfileKind kind, bytes32 subject, ParticipantId by, bytes32 reasonHash) external;

    /// @notice Record of the document that participant `by` published about a subject.
    function profileOf(ProfileKind kind, bytes32 subject, ParticipantId by) external view returns (ProfileRecord memory);
}
