// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {InstallationWord} from "../../interfaces/parties/IInstallations.sol";
import {IParticipants, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";

/// @dev Storage of the Participants contract and the checks both of its halves use.
///
/// One slot each:
///   participant   primary 160 · kinds 16 · jurisdiction 16 · status 8 · wallets 8 · group 24 · installations 16 · seated 8
///   wallet        participant 24 · rights 8 · index 8 · seat 24 · status 8 (its participant's, kept equal)
///   installation  operator 24 · scheme 16 · jurisdiction 16 · class 8 · status 8 · capacity 40 · buyer 24 · accepted 8
///
/// The primary wallet sits in the participant's own slot (its index is 0), so that where units go and whether their owner
/// may trade is one read; the other wallets are found by index 1..7. Each wallet repeats its participant's status, so that
/// both sides of a transfer are judged with one read each. A report's signer is checked with two reads:
/// installation and wallet.
///
/// An address that applies sits from then on upon the number it was given, its seat, whatever becomes of it: a wallet that is
/// removed or replaced leaves its word but for the seat, and applies again upon the old one. So no seat ever has two
/// addresses, and no address two seats; where the primary wallet sits upon its participant's own number, the participant's
/// slot says so. A wallet that was invited has no seat.
abstract contract PartiesStore is AccessManaged {
    struct Person {
        address primary;
        uint16 kinds;
        uint16 jurisdiction;
        ParticipantStatus status;
        uint8 walletCount;
        uint24 group;
        uint16 installationCount;
        bool seated; // the primary wallet sits upon this participant's number
    }

    struct Wallet {
        ParticipantId participant;
        uint8 rights;
        uint8 index;
        ParticipantId seat; // see above; 0 none
        ParticipantStatus status;
    }

    uint256 internal constant MAX_BATCH = 200;

    uint24 internal _lastParticipant;
    uint32 internal _lastInstallation;

    mapping(ParticipantId id => Person) internal _participants;
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

    function _requireStatus(ParticipantId id, ParticipantStatus needed) internal view returns (Person storage p) {
        p = _participants[id];
        if (p.status != needed) revert IParticipants.ParticipantsWrongStatus(id, p.status);
    }

    function _requireBatch(uint256 count) internal pure {
        if (count > MAX_BATCH) revert IParticipants.ParticipantsTooMany(count, MAX_BATCH);
    }
}
