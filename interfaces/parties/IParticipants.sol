// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";

/// @dev `Closed` is final; `Suspended` keeps every duty (reports, surrender) and loses every freedom (trade, withdraw).
enum ParticipantStatus {
    None,
    Applied, // of no participant: an application has no number yet
    Active,
    Suspended,
    Closed
}

/// @dev Kinds of participant; several may be set. Bits of `kinds`.
library ParticipantKinds {
    uint16 internal constant EMITTER = 1;
    uint16 internal constant TRADER = 2;
    uint16 internal constant VERIFICATION_BODY = 4;
    uint16 internal constant DEVELOPER = 8;
    uint16 internal constant AUTHORITY = 16;
    uint16 internal constant EXCHANGE_OPERATOR = 32;
    uint16 internal constant ALL = 63;
}

/// @dev Rights of a wallet to act for its participant. Bits of `rights`.
library WalletRights {
    uint8 internal constant TRADE = 1; //     place, take and cancel orders
    uint8 internal constant WITHDRAW = 2; //  take units and currency out of the exchange
    uint8 internal constant SURRENDER = 4; // surrender and retire
    uint8 internal constant REPORT = 8; //    sign reports of the participant's installations
    uint8 internal constant MANAGE = 16; //   add, change and remove wallets; offer and accept installations
    uint8 internal constant ALL = 31;
}

/// @dev A wallet in one word: `participant 24 | rights 8 | index 8 | seat 24 | status 8`, packed low. All but the seat is zero
/// without a participant. A lost wallet (see {IWalletRecovery}) has no right and is suspended, whatever its participant is.
type WalletWord is uint256;

using WalletWords for WalletWord global;

/// @dev Fields of a {WalletWord}.
library WalletWords {
    /// @dev Whether both belong to active participants.
    function areActive(WalletWord a, WalletWord b) internal pure returns (bool) {
        uint256 active = uint256(ParticipantStatus.Active) << 64;
        return ((WalletWord.unwrap(a) ^ active) | (WalletWord.unwrap(a) ^ WalletWord.unwrap(b))) >> 64 == 0;
    }

    /// @dev Whether both belong to one participant, or neither to any.
    function areOneParty(WalletWord a, WalletWord b) internal pure returns (bool) {
        return uint24(WalletWord.unwrap(a) ^ WalletWord.unwrap(b)) == 0;
    }

    /// @dev Whose wallet it is; 0 none.
    function participantOf(WalletWord self) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint24(WalletWord.unwrap(self)));
    }

    function isSomebody(WalletWord self) internal pure returns (bool) {
        return uint24(WalletWord.unwrap(self)) != 0;
    }

    function may(WalletWord self, uint8 right) internal pure returns (bool) {
        uint256 mask = uint256(right) << 24;
        return WalletWord.unwrap(self) & mask == mask;
    }

    /// @dev The number its address was given when its first application was approved, for ever; 0 none.
    function seatOf(WalletWord self) internal pure returns (uint256) {
        return uint24(WalletWord.unwrap(self) >> 40);
    }

    /// @dev Whether it was taken from its participant for ever; see {IWalletRecovery}.
    function isLost(WalletWord self) internal pure returns (bool) {
        return uint24(WalletWord.unwrap(self)) != 0 && uint8(WalletWord.unwrap(self) >> 24) == 0;
    }

    function isActive(WalletWord self) internal pure returns (bool) {
        return uint8(WalletWord.unwrap(self) >> 64) == uint8(ParticipantStatus.Active);
    }
}

/// @dev Where a participant's units are delivered: `primary wallet 160 | its seat 24`, packed low. Zero when there is none.
type DeliveryWord is uint256;

using DeliveryWords for DeliveryWord global;

/// @dev Fields of a {DeliveryWord}.
library DeliveryWords {
    function pack(address wallet, ParticipantId seat) internal pure returns (DeliveryWord) {
        return DeliveryWord.wrap(uint160(wallet) | uint256(ParticipantId.unwrap(seat)) << 160);
    }

    function walletOf(DeliveryWord self) internal pure returns (address) {
        return address(uint160(DeliveryWord.unwrap(self)));
    }

    function seatOf(DeliveryWord self) internal pure returns (uint256) {
        return DeliveryWord.unwrap(self) >> 160;
    }
}

/// @dev What a wallet has applied for, as in {IParticipants-ApplicationFiled}.
struct Application {
    address wallet;
    uint16 kinds;
    uint16 jurisdiction;
    bytes32 detailsHash;
}

/// @dev A participant.
struct Participant {
    address primary; //          where units and payments are delivered; always one of its wallets
    uint16 kinds; //             see {ParticipantKinds}
    uint16 jurisdiction; //      whose registrar answers for it; never 0
    ParticipantStatus status;
    uint8 walletCount; //        1..8
    uint24 group; //             companies under one control share a number; 0 none
    uint24 installationCount; // open installations it operates
}

/// @title IParticipants
/// @notice Registered persons, their wallets and the rights of each wallet.
/// @dev The registrar of a jurisdiction (see {setRegistrar}) approves, suspends and closes; a participant looks after its
/// own wallets. Names and documents stay off chain; a hash of them is in the events.
interface IParticipants {
    /// @notice Emitted when a wallet applies; its earlier application, if one was pending, is void.
    /// @param detailsHash Hash of the documents handed to the registrar.
    event ApplicationFiled(address indexed wallet, uint16 indexed jurisdiction, uint16 kinds, bytes32 detailsHash);

    /// @notice Emitted when a registrar refuses an application.
    event ApplicationRefused(address indexed wallet, address indexed registrar);

    /// @notice Emitted when an application of a batch was changed or withdrawn meanwhile and so is not approved.
    event ApplicationPassedOver(address indexed wallet, address indexed registrar);

    /// @notice Emitted when `registrar` approves an application: the participant has its number, and `wallet` becomes its
    /// primary wallet, with all rights.
    event ParticipantApproved(
        ParticipantId indexed id, address indexed wallet, uint16 indexed jurisdiction, uint16 kinds, address registrar
    );

    /// @notice Emitted when a participant loses its freedoms until reinstated.
    event ParticipantSuspended(ParticipantId indexed id, address indexed registrar, bytes32 reasonHash);

    /// @notice Emitted when a suspension ends.
    event ParticipantReinstated(ParticipantId indexed id, address indexed registrar);

    /// @notice Emitted when a participant is closed for ever.
    event ParticipantClosed(ParticipantId indexed id, address indexed registrar);

    /// @notice Emitted when a participant is put into a group of companies, or (group 0) out of it.
    event ParticipantGrouped(ParticipantId indexed id, uint24 indexed group, uint24 oldGroup);

    /// @notice Emitted when the registrar changes a participant's kinds.
    event ParticipantKindsChanged(ParticipantId indexed id, uint16 oldKinds, uint16 kinds);

    /// @notice Emitted when a participant invites a wallet, which still has to confirm. Rights 0 withdraws the invitation.
    event WalletInvited(ParticipantId indexed id, address indexed wallet, uint8 rights);

    /// @notice Emitted when an invited wallet confirms and belongs to the participant.
    event WalletAdded(ParticipantId indexed id, address indexed wallet, uint8 rights);

    /// @notice Emitted when a wallet's rights change.
    event WalletRightsChanged(ParticipantId indexed id, address indexed wallet, uint8 oldRights, uint8 rights);

    /// @notice Emitted when a wallet stops belonging to the participant.
    event WalletRemoved(ParticipantId indexed id, address indexed wallet);

    /// @notice Emitted when deliveries go to another of the participant's wallets.
    event PrimaryWalletChanged(ParticipantId indexed id, address indexed oldWallet, address indexed wallet);

    /// @notice Emitted when an account becomes, or stops being, registrar of a jurisdiction (0: of all).
    event RegistrarSet(address indexed registrar, uint16 indexed jurisdiction, bool allowed);

    /// @notice Thrown when no participant has this number.
    error ParticipantsUnknown(ParticipantId id);
    /// @notice Thrown when the participant is not in the status the act needs.
    error ParticipantsWrongStatus(ParticipantId id, ParticipantStatus status);
    /// @notice Thrown when the participant is not of the kind the act needs.
    error ParticipantsWrongKind(ParticipantId id, uint16 kinds, uint16 needed);
    /// @notice Thrown when the caller is not registrar of the jurisdiction.
    error ParticipantsNotRegistrar(address caller, uint16 jurisdiction);
    /// @notice Thrown when kinds are empty or hold an unknown bit.
    error ParticipantsBadKinds(uint16 kinds);
    /// @notice Thrown when rights are empty or hold an unknown bit.
    error ParticipantsBadRights(uint8 rights);
    /// @notice Thrown for jurisdiction 0, which means "all" and is no place of a participant.
    error ParticipantsZeroJurisdiction();
    /// @notice Thrown when the wallet already belongs to a participant.
    error ParticipantsWalletTaken(address wallet, ParticipantId id);
    /// @notice Thrown when the wallet does not belong to the participant.
    error ParticipantsNotWalletOf(address wallet, ParticipantId id);
    /// @notice Thrown when the caller's wallet lacks a right.
    error ParticipantsMissingRight(address wallet, uint8 rights, uint8 needed);
    /// @notice Thrown when a ninth wallet is added.
    error ParticipantsTooManyWallets(ParticipantId id, uint256 limit);
    /// @notice Thrown when the wallet was not invited by the participant.
    error ParticipantsNotInvited(address wallet, ParticipantId id);
    /// @notice Thrown when a wallet would remove itself or its own right to manage, and lock itself out.
    error ParticipantsOwnWallet(address wallet);
    /// @notice Thrown when the primary wallet would be removed; name another first.
    error ParticipantsPrimaryWallet(address wallet);
    /// @notice Thrown when the wallet has not filed this application. Read {ApplicationFiled} for what it applied for last.
    error ParticipantsNoApplication(address wallet);
    /// @notice Thrown when every number is given. Deploy a register of wider numbers.
    error ParticipantsFull(uint256 limit);
    /// @notice Thrown when a participant that still operates installations would be closed.
    error ParticipantsHasInstallations(ParticipantId id, uint256 count);
    /// @notice Thrown when a call carries more items than its bound.
    error ParticipantsTooMany(uint256 count, uint256 limit);

    /// @notice Asks to be registered. One application for each wallet: another one takes its place. It has no number and
    /// binds nothing. Caller: a wallet of no participant, for itself.
    /// @param kinds see {ParticipantKinds}
    /// @param detailsHash hash of the documents handed to the registrar
    function applyFor(uint16 kinds, uint16 jurisdiction, bytes32 detailsHash) external;

    /// @notice Approves applications, at most 200; each gets the next number, its wallet every right. One that was changed
    /// since, or whose wallet joined a participant, is passed over. Caller: registrar of each one's jurisdiction.
    /// @return ids of each; 0 where it was passed over
    function approve(Application[] calldata applications) external returns (ParticipantId[] memory ids);

    /// @notice Refuses an application; the wallet may apply again. Caller: registrar of its jurisdiction.
    function refuse(Application calldata application) external;

    /// @notice Takes an active participant's freedoms away. Caller: registrar.
    function suspend(ParticipantId id, bytes32 reasonHash) external;

    /// @notice Ends a suspension. Caller: registrar.
    function reinstate(ParticipantId id) external;

    /// @notice Closes a participant for ever. Caller: registrar.
    /// @dev Warning: cannot be undone. Reverts while it operates open installations. Its wallets stay bound to it.
    function close(ParticipantId id) external;

    /// @notice Puts a participant into a group of companies under one control; 0 takes it out. Caller: registrar.
    function setGroup(ParticipantId id, uint24 group) external;

    /// @notice Changes a participant's kinds. Caller: registrar.
    function setKinds(ParticipantId id, uint16 kinds) external;

    /// @notice Invites `wallet` with `rights`; it must call {confirmWallet}. Rights 0 withdraws. Caller: wallet with MANAGE.
    function addWallet(address wallet, uint8 rights) external;

    /// @notice Accepts the invitation of participant `id`. Caller: the invited wallet, which proves that its key exists.
    function confirmWallet(ParticipantId id) external;

    /// @notice Changes a wallet's rights. Caller: wallet with MANAGE of the same participant.
    function setRights(address wallet, uint8 rights) external;

    /// @notice Removes a wallet that is not the primary one. Caller: another wallet with MANAGE of the same participant.
    /// @dev Warning: units left on the wallet stay there; move them first.
    function removeWallet(address wallet) external;

    /// @notice Names another of the participant's wallets for deliveries. Caller: wallet with MANAGE.
    function setPrimaryWallet(address wallet) external;

    /// @notice Appoints or dismisses a registrar. Jurisdiction 0 is all. Restricted.
    function setRegistrar(address registrar, uint16 jurisdiction, bool allowed) external;

    /// @notice Whether `account` may act as registrar in `jurisdiction`.
    function isRegistrar(address account, uint16 jurisdiction) external view returns (bool);

    /// @notice The participant `wallet` acts for, its rights and the participant's status. All zero without one. One
    /// slot read.
    function walletOf(address wallet) external view returns (ParticipantId id, uint8 rights, ParticipantStatus status);

    /// @notice Both sides of a transfer in one call; see {WalletWord}. One slot read each.
    /// @dev Of the good names this one has a selector that the dispatcher finds first: 800 gas a transfer.
    function readParties(address from, address to) external view returns (WalletWord sender, WalletWord receiver);

    /// @notice The participant; reverts when there is none.
    function participant(ParticipantId id) external view returns (Participant memory);

    /// @notice Its group of companies under one control; 0 = none. One slot read.
    function groupOf(ParticipantId id) external view returns (uint24);

    /// @notice Its wallets, the primary one first.
    function walletsOf(ParticipantId id) external view returns (address[] memory);

    /// @notice Where units and payments for `id` are delivered; zero when there is none. One slot read.
    function primaryWallet(ParticipantId id) external view returns (address);

    /// @notice Where units for each of `ids` are delivered, at most 200. One slot read for each whose primary wallet is the one
    /// that applied, two for others.
    function deliveriesOf(ParticipantId[] calldata ids) external view returns (DeliveryWord[] memory words);

    /// @notice The rights `wallet` was invited with and has not confirmed.
    function invitation(ParticipantId id, address wallet) external view returns (uint8 rights);

    /// @notice keccak256(abi.encode(kinds, jurisdiction, detailsHash)) of what `wallet` has applied for; 0 nothing.
    function applicationOf(address wallet) external view returns (bytes32);

    /// @notice The highest number given so far; numbers run from 1.
    function participantCount() external view returns (uint256);
}
