// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {InstallationId, ParticipantId} from "../../interfaces/Ids.sol";
import {InstallationWord} from "../../interfaces/IInstallations.sol";
import {IParticipants, Participant, ParticipantStatus} from "../../interfaces/IParticipants.sol";

/// @dev Storage of the Participants contract and the checks both of its halves use.
///
/// One slot each:
///   participant   primary 160 · kinds 16 · jurisdiction 16 · status 8 · wallets 8 · group 24 · installations 24
///   wallet        participant 24 · rights 8 · index 8 · status 8 (its participant's, kept equal)
///   installation  operator 24 · scheme 16 · jurisdiction 16 · class 8 · status 8 · capacity 40 · buyer 24 · accepted 8
///
/// The primary wallet sits in the participant's own slot (its index is 0), so that where units go and whether their owner
/// may trade is one read; the other wallets are found by index 1..7. Each wallet repeats its participant's status, so that
/// both sides of a transfer are judged with one read each. A report's signer is checked with two reads:
/// installation and wallet.
abstract contract PartiesStore is AccessManaged {
    struct Wallet {
        ParticipantId participant;
        uint8 rights;
        uint8 index;
        ParticipantStatus status;
    }

    uint256 internal constant MAX_BATCH = 200;

    uint24 internal _lastParticipant;
    uint32 internal _lastInstallation;

    mapping(ParticipantId id => Participant) internal _participants;
    mapping(address wallet => Wallet) internal _wallets;
    mapping(InstallationId id => InstallationWord) internal _installations;
    mapping(address registrar => mapping(uint16 jurisdiction => bool)) internal _registrars;

    /* WHO MAY */

    function _isRegistrar(address account, uint16 jurisdiction) internal view returns (bool) {
        return _registrars[account][0] || _registrars[account][jurisdiction];
    }

    function _requireRegistrar(uint16 jurisdiction) internal view {
        if (!_isRegistrar(msg.sender, jurisdiction)) {
            revert IParticipants.ParticipantsNotRegistrar(msg.sender, jurisdiction);
        }
    }

    /// @dev The participant the caller acts for, whose status the caller of this function judges.
    function _callerWith(uint8 right) internal view returns (ParticipantId id) {
        Wallet memory w = _wallets[msg.sender];
        if (w.rights & right != right) revert IParticipants.ParticipantsMissingRight(msg.sender, w.rights, right);
        return w.participant;
    }

    function _requireStatus(ParticipantId id, ParticipantStatus needed) internal view returns (Participant storage p) {
        p = _participants[id];
        if (p.status != needed) revert IParticipants.ParticipantsWrongStatus(id, p.status);
    }

    function _requireBatch(uint256 count) internal pure {
        if (count > MAX_BATCH) revert IParticipants.ParticipantsTooMany(count, MAX_BATCH);
    }
}
