// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {EvidenceStanding, Holder, IEvidenceCustody} from "../../interfaces/evidence/IEvidenceCustody.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Horizon} from "../lib/Horizon.sol";

/// @title EvidenceCustody
/// @notice Holders of evidence on record; see {IEvidenceCustody}.
contract EvidenceCustody is IEvidenceCustody {
    uint256 private constant MAX_HOLDERS = 8;
    uint256 private constant NEEDED = 2;
    uint256 private constant SHORTEST = 365 days;
    uint256 private constant LONGEST = 3_660 days;
    uint256 private constant GRACE = 30 days;
    uint256 private constant ANSWER = 14 days;
    uint256 private constant PAUSE = 60 days;

    IParticipants public immutable PARTICIPANTS;

    struct Record {
        uint40 thinSince; // [s] since fewer than two hold it; 0: two held it after the last change
        Holder[] holders; // unexpired at the last change
    }

    mapping(bytes32 digest => Record) private _records;

    constructor(IParticipants participants) {
        PARTICIPANTS = participants;
    }

    /// @inheritdoc IEvidenceCustody
    function keep(bytes32 digest, uint40 until) external {
        if (digest == 0) revert CustodyNoDigest();
        ParticipantId who = _caller(true);
        Horizon.check(until, block.timestamp + LONGEST);
        Record storage record = _records[digest];
        uint256 since = _thinSince(record);
        _prune(record);
        uint256 place = _find(record, who);
        uint256 earliest = block.timestamp + SHORTEST;
        if (place < record.holders.length && record.holders[place].until >= earliest) {
            earliest = uint256(record.holders[place].until) + 1;
        }
        if (until < earliest) revert CustodyTooShort(digest, until, earliest);

        if (place < record.holders.length) {
            record.holders[place].until = until;
        } else {
            if (place == MAX_HOLDERS) revert CustodyFull(digest, MAX_HOLDERS);
            record.holders.push(Holder(who, until, 0, 0));
        }
        _settle(record, since);
        emit CustodyTaken(digest, who, msg.sender, until);
    }

    /// @inheritdoc IEvidenceCustody
    function giveUp(bytes32 digest, bytes32 reason) external {
        ParticipantId who = _caller(false);
        _remove(digest, who);
        emit CustodyGivenUp(digest, who, msg.sender, reason);
    }

    /// @inheritdoc IEvidenceCustody
    function request(bytes32 digest, ParticipantId participant) external {
        ParticipantId by = _caller(true);
        Holder storage holder = _holder(digest, participant);
        if (block.timestamp < holder.nextRequest) {
            revert CustodyAskedAlready(digest, participant, holder.nextRequest);
        }
        uint40 answerBy = uint40(block.timestamp + ANSWER);
        (holder.answerBy, holder.nextRequest) = (answerBy, uint40(block.timestamp + PAUSE));
        emit FilesRequested(digest, participant, by, answerBy);
    }

    /// @inheritdoc IEvidenceCustody
    function confirm(bytes32 digest) external {
        ParticipantId who = _caller(false);
        Holder storage holder = _holder(digest, who);
        if (block.timestamp > holder.answerBy) revert CustodyNoRequest(digest, who, holder.answerBy);
        holder.answerBy = 0;
        emit FilesConfirmed(digest, who, msg.sender);
    }

    /// @inheritdoc IEvidenceCustody
    function strike(bytes32 digest, ParticipantId participant) external {
        uint256 answerBy = _holder(digest, participant).answerBy;
        if (answerBy == 0 || block.timestamp <= answerBy) revert CustodyNoRequest(digest, participant, answerBy);
        _remove(digest, participant);
        emit HolderStruck(digest, participant, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IEvidenceCustody
    function holdersOf(bytes32 digest) external view returns (Holder[] memory found) {
        Holder[] storage holders = _records[digest].holders;
        found = new Holder[](_count(holders));
        uint256 n = 0;
        for (uint256 i = 0; i < holders.length; ++i) {
            if (holders[i].until > block.timestamp) found[n++] = holders[i];
        }
    }

    /// @inheritdoc IEvidenceCustody
    function standingOf(bytes32 digest) external view returns (EvidenceStanding standing, uint40 deadline) {
        Record storage record = _records[digest];
        if (record.holders.length == 0 && record.thinSince == 0) return (EvidenceStanding.Unrecorded, 0);
        uint256 since = _thinSince(record);
        if (since == 0) return (EvidenceStanding.Kept, 0);
        if (block.timestamp > since + GRACE) return (EvidenceStanding.Lost, 0);
        return (EvidenceStanding.AtRisk, uint40(since + GRACE)); // far below 2^40
    }

    /* INSIDE */

    function _caller(bool active) private view returns (ParticipantId who) {
        uint8 rights;
        ParticipantStatus status;
        (who, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        if (rights & WalletRights.MANAGE == 0 || (active && status != ParticipantStatus.Active)) {
            revert CustodyNotParticipant(msg.sender);
        }
    }

    function _holder(bytes32 digest, ParticipantId who) private view returns (Holder storage) {
        Record storage record = _records[digest];
        uint256 place = _find(record, who);
        if (place == record.holders.length || record.holders[place].until <= block.timestamp) {
            revert CustodyNotHolder(digest, who);
        }
        return record.holders[place];
    }

    /// @dev Place of a participant among at most {MAX_HOLDERS}; their number when it is none of them.
    function _find(Record storage record, ParticipantId who) private view returns (uint256 place) {
        uint256 count = record.holders.length;
        while (place < count && record.holders[place].participant != who) ++place;
    }

    function _count(Holder[] storage holders) private view returns (uint256 count) {
        for (uint256 i = 0; i < holders.length; ++i) {
            if (holders[i].until > block.timestamp) ++count;
        }
    }

    /// @dev Moment [s] since which fewer than two hold it; 0 when two do, or none ever did.
    function _thinSince(Record storage record) private view returns (uint256) {
        if (record.thinSince != 0) return record.thinSince;
        Holder[] storage holders = record.holders;
        if (holders.length == 0 || _count(holders) >= NEEDED) return 0;
        // After the last change two or more held it: fewer do since the last but one of them ended.
        uint256 last = 0;
        uint256 lastButOne = 0;
        for (uint256 i = 0; i < holders.length; ++i) {
            uint256 until = holders[i].until;
            if (until >= last) (last, lastButOne) = (until, last);
            else if (until > lastButOne) lastButOne = until;
        }
        return lastButOne;
    }

    function _prune(Record storage record) private {
        Holder[] storage holders = record.holders;
        for (uint256 i = holders.length; i > 0; --i) {
            if (holders[i - 1].until <= block.timestamp) _drop(holders, i - 1);
        }
    }

    function _remove(bytes32 digest, ParticipantId who) private {
        _holder(digest, who);
        Record storage record = _records[digest];
        uint256 since = _thinSince(record);
        _prune(record);
        _drop(record.holders, _find(record, who));
        _settle(record, since);
    }

    function _drop(Holder[] storage holders, uint256 place) private {
        holders[place] = holders[holders.length - 1];
        holders.pop();
    }

    /// @param since what {_thinSince} was before the change
    function _settle(Record storage record, uint256 since) private {
        bool enough = record.holders.length >= NEEDED;
        record.thinSince = enough ? 0 : uint40(since == 0 ? block.timestamp : since);
    }
}
