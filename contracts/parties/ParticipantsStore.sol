// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {IWalletMirror} from "../../interfaces/parties/IWalletMirror.sol";
import {IWalletRecovery} from "../../interfaces/parties/IWalletRecovery.sol";

/// @title ParticipantsStore
/// @notice Participants and wallets as stored, and the checks that every part of the register shares.
/// @dev One slot each:
///   participant   primary 160 · kinds 16 · jurisdiction 16 · status 8 · wallets 8 · group 24 · installations 16 · seated 8
///   wallet        participant 24 · rights 8 · index 8 · seat 24 · status 8 (its participant's, kept equal)
///
/// The primary wallet is in the participant's own slot (its index is 0), so that delivery address and right to trade are
/// one read; the other wallets are found by index 1..7. Each wallet repeats its participant's status, so that a transfer
/// checks each side with one read. A report's signer is checked with two reads: installation and wallet. A lost wallet is
/// in no list: it names its participant, has no right, and is suspended.
///
/// An address whose application is approved keeps for ever the number it was given, its seat: a wallet that is removed or
/// lost keeps its seat, and applies again with it. So no seat ever has two addresses, and no address two seats; where the
/// primary wallet has its participant's own number, the participant's slot says so. A wallet that was invited has no seat.
abstract contract ParticipantsStore is AccessManaged {
    struct Person {
        address primary;
        uint16 kinds;
        uint16 jurisdiction;
        ParticipantStatus status;
        uint8 walletCount;
        uint24 group;
        uint16 installationCount;
        bool seated; // the primary wallet's seat is this participant's number
    }

    struct Wallet {
        ParticipantId participant;
        uint8 rights; // 0 of a lost one
        uint8 index;
        ParticipantId seat; // see above; 0 none
        ParticipantStatus status;
    }

    /// @dev Claims of theft about a participant.
    struct Claim {
        uint40 frozenUntil; // [s]
        uint40 nextClaimAt; // [s]
        uint32 round; //       of its wallets: decisions that replaced them
    }

    /// @dev Participant that a wallet was removed from.
    struct Former {
        ParticipantId participant;
        uint40 until; // [s] it may claim theft
    }

    uint256 internal constant MAX_WALLETS = 8;
    ParticipantId internal constant NONE = ParticipantId.wrap(0);

    mapping(ParticipantId id => Person) internal _participants;
    mapping(address wallet => Wallet) internal _wallets;
    mapping(address registrar => mapping(uint16 jurisdiction => bool)) internal _registrars;
    /// @dev Wallets but the primary one, by index 1..7.
    mapping(ParticipantId id => mapping(uint256 index => address)) internal _others;
    mapping(ParticipantId id => Claim) internal _claims;
    mapping(address wallet => Former) internal _formerly;
    address internal _mirror;

    /// @dev Last in every act that takes a right from a wallet.
    function _tellMirror(address wallet) internal {
        if (_mirror != address(0)) IWalletMirror(_mirror).sync(wallet);
    }

    function _requireAlive(ParticipantId id) internal view returns (Person storage p) {
        p = _participants[id];
        ParticipantStatus status = p.status;
        if (status == ParticipantStatus.None) revert IParticipants.ParticipantsUnknown(id);
        if (status == ParticipantStatus.Closed) revert IParticipants.ParticipantsWrongStatus(id, status);
    }

    /// @dev A claim of theft freezes what the participant's wallets manage.
    function _requireUnfrozen(ParticipantId id) internal view {
        uint256 until = _claims[id].frozenUntil;
        if (block.timestamp < until) revert IWalletRecovery.RecoveryFrozen(id, until);
    }

    /// @dev A lost wallet is none of the participant's.
    function _requireWalletOf(address wallet, ParticipantId id) internal view returns (Wallet storage w) {
        w = _wallets[wallet];
        if (w.participant != id || w.rights == 0) revert IParticipants.ParticipantsNotWalletOf(wallet, id);
    }

    /// @return seat the wallet's; 0 when it has none
    function _requireFree(address wallet) internal view returns (ParticipantId seat) {
        Wallet storage w = _wallets[wallet];
        ParticipantId owner = w.participant;
        if (owner != NONE) revert IParticipants.ParticipantsWalletTaken(wallet, owner);
        return w.seat;
    }

    function _isRegistrar(address account, uint16 jurisdiction) internal view returns (bool) {
        return _registrars[account][0] || _registrars[account][jurisdiction];
    }

    function _requireRegistrar(uint16 jurisdiction) internal view {
        if (!_isRegistrar(msg.sender, jurisdiction)) {
            revert IParticipants.ParticipantsNotRegistrar(msg.sender, jurisdiction);
        }
    }
}
