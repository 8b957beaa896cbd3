// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IProfiles, ProfileKind, ProfileRecord} from "../../interfaces/parties/IProfiles.sol";

/// @title Profiles
contract Profiles is IProfiles {
    IParticipants public immutable PARTICIPANTS;

    /// @dev Two slots: `documentHash 256`; `changedAt 40 | revision 32 | (184 free)`.
    mapping(ProfileKind => mapping(bytes32 subject => mapping(ParticipantId by => ProfileRecord))) private _profiles;

    constructor(IParticipants participants) {
        PARTICIPANTS = participants;
    }

    /// @inheritdoc IProfiles
    function publish(ProfileKind kind, bytes32 subject, bytes32 documentHash) external {
        (ParticipantId by, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(msg.sender);
        bool may = status == ParticipantStatus.Active && rights & WalletRights.MANAGE != 0;
        if (!may) revert ProfilesNotManager(msg.sender, by, rights);
        bool own = kind != ProfileKind.Participant || uint256(subject) == ParticipantId.unwrap(by);
        if (kind == ProfileKind.None || subject == 0 || !own) revert ProfilesBadSubject(kind, subject);
        ProfileRecord storage kept = _profiles[kind][subject][by];
        if (documentHash == 0 || documentHash == kept.documentHash) revert ProfilesNoChange(kind, subject, by);

        uint32 revision = kept.revision + 1;
        (kept.documentHash, kept.changedAt, kept.revision) = (documentHash, uint40(block.timestamp), revision);
        emit ProfilePublished(kind, subject, by, documentHash, revision, msg.sender);
    }

    /// @inheritdoc IProfiles
    function withdraw(ProfileKind kind, bytes32 subject, ParticipantId by, bytes32 reasonHash) external {
        (ParticipantId own, uint8 rights,) = PARTICIPANTS.walletOf(msg.sender);
        if (own != by || rights & WalletRights.MANAGE == 0) _requireRegistrar(by);
        ProfileRecord storage kept = _profiles[kind][subject][by];
        if (kept.documentHash == 0) revert ProfilesNoChange(kind, subject, by);

        (kept.documentHash, kept.changedAt) = (0, uint40(block.timestamp));
        emit ProfileWithdrawn(kind, subject, by, msg.sender, reasonHash);
    }

    function _requireRegistrar(ParticipantId id) private view {
        bool may = PARTICIPANTS.isRegistrar(msg.sender, PARTICIPANTS.participant(id).jurisdiction);
        if (!may) revert ProfilesNotWithdrawer(msg.sender, id);
    }

    /// @inheritdoc IProfiles
    function profileOf(ProfileKind kind, bytes32 subject, ParticipantId by)
        external
        view
        returns (ProfileRecord memory)
    {
        return _profiles[kind][subject][by];
    }
}
