// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";

/// @dev Whether a digest's evidence has two holders.
enum EvidenceStanding {
    Unrecorded, // no holder was ever on record
    Kept, //       two holders or more
    AtRisk, //     fewer than two; another can take custody until the deadline
    Lost //        fewer than two, and the deadline is over
}

/// @dev A participant that keeps the files behind a digest.
struct Holder {
    ParticipantId participant;
    uint40 until; //       [s] first moment at which it no longer answers for them
    uint40 answerBy; //    [s] last moment to answer the open request; 0 without one
    uint40 nextRequest; // [s] first moment at which it can be asked again
}

/// @title IEvidenceCustody
/// @notice Custody of evidence on record: which participants keep the files behind which digest, and until when.
/// @dev Rule. Evidence has two holders at least. From the moment at which it has fewer, others have 30 days to take custody;
/// after that the evidence is lost, until two hold it again. A lost digest is a finding of every audit, and certificates that
/// rest on it do not verify.
/// @dev A holder is a participant: two wallets of one are one holder. It can lengthen its custody and give it up, never
/// shorten it in silence. Asked for the files it answers within 14 days or is struck from the record by anyone; it can be asked
/// once in 60 days, so that asking costs a holder little. The chain sees the answer, not the files: who asks compares them.
/// @dev Storage: digest → at most 8 {Holder}s, and the moment since which fewer than two hold it; rebuilt from events.
interface IEvidenceCustody {
    /// @notice Emitted when a participant takes custody, or lengthens it.
    event CustodyTaken(bytes32 indexed digest, ParticipantId indexed participant, address wallet, uint40 until);

    /// @notice Emitted when a holder says that it no longer has the files.
    event CustodyGivenUp(bytes32 indexed digest, ParticipantId indexed participant, address wallet, bytes32 reason);

    /// @notice Emitted when a holder is asked for the files.
    /// @param answerBy [s] last moment to answer
    event FilesRequested(bytes32 indexed digest, ParticipantId indexed participant, ParticipantId by, uint40 answerBy);

    /// @notice Emitted when a holder answers that it has the files and hands them over.
    event FilesConfirmed(bytes32 indexed digest, ParticipantId indexed participant, address wallet);

    /// @notice Emitted when a holder that did not answer is struck from the record.
    event HolderStruck(bytes32 indexed digest, ParticipantId indexed participant, address by);

    /// @notice Thrown for digest 0. Remedy: the root of a manifest, from `tonne evidence put`.
    error CustodyNoDigest();
    /// @notice Thrown when the caller is no wallet of an active participant with the right to manage.
    error CustodyNotParticipant(address caller);
    /// @notice Thrown when custody would end within a year, or no later than it does.
    error CustodyTooShort(bytes32 digest, uint256 until, uint256 earliest);
    /// @notice Thrown when as many participants as a record has room for keep the digest.
    error CustodyFull(bytes32 digest, uint256 limit);
    /// @notice Thrown when the participant is no holder of the digest now.
    error CustodyNotHolder(bytes32 digest, ParticipantId participant);
    /// @notice Thrown when a holder was asked not long ago. Remedy: ask from `next` on.
    error CustodyAskedAlready(bytes32 digest, ParticipantId participant, uint256 next);
    /// @notice Thrown when nothing is to be answered, or the time to answer is not over (strike) or is over (confirm).
    error CustodyNoRequest(bytes32 digest, ParticipantId participant, uint256 answerBy);

    /// @notice Takes custody of the files behind a digest, or lengthens it: for a year at least, ten at most.
    /// Caller: a wallet of an active participant with the right to manage.
    function keep(bytes32 digest, uint40 until) external;

    /// @notice Says that the caller's participant no longer has the files. Caller: as {keep}, whatever its status.
    function giveUp(bytes32 digest, bytes32 reason) external;

    /// @notice Asks a holder for the files. Caller: as {keep}.
    function request(bytes32 digest, ParticipantId participant) external;

    /// @notice Answers a request in time: the caller's participant has the files. Caller: as {giveUp}.
    function confirm(bytes32 digest) external;

    /// @notice Strikes a holder that did not answer in time. Caller: anyone.
    function strike(bytes32 digest, ParticipantId participant) external;

    /// @notice Holders of a digest now.
    function holdersOf(bytes32 digest) external view returns (Holder[] memory);

    /// @notice Standing of a digest now; `deadline` [s] is that of {EvidenceStanding-AtRisk}, else 0.
    function standingOf(bytes32 digest) external view returns (EvidenceStanding standing, uint40 deadline);
}
