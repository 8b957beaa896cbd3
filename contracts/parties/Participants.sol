// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    DeliveryWord,
    IParticipants,
    Participant,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights,
    WalletWord
} from "../../interfaces/parties/IParticipants.sol";
import {Installations} from "./Installations.sol";

/// @title Participants
/// @notice Who is who, which wallets act for whom, and which plants each operates.
contract Participants is IParticipants, Installations {
    struct Replacement {
        address lost;
        uint40 executableAt; // [s]
        //
        address fresh;
    }

    uint256 private constant MAX_WALLETS = 8;

    /// @inheritdoc IParticipants
    uint256 public constant REPLACEMENT_DELAY = 7 days;

    /// @dev Wallets but the primary one, by index 1..7.
    mapping(ParticipantId id => mapping(uint256 index => address)) private _others;
    mapping(ParticipantId id => mapping(address wallet => uint8 rights)) private _invitations;
    mapping(ParticipantId id => Replacement) private _replacements;

    constructor(address authority_) AccessManaged(authority_) {}

    /* ENTER AND LEAVE */

    /// @inheritdoc IParticipants
    function applyFor(uint16 kinds, uint16 jurisdiction, bytes32 detailsHash) external returns (ParticipantId id) {
        _requireKinds(kinds);
        if (jurisdiction == 0) revert ParticipantsZeroJurisdiction();
        ParticipantId seat = _requireFree(msg.sender);

        id = ParticipantId.wrap(++_lastParticipant);
        if (ParticipantId.unwrap(seat) == 0) seat = id;
        _participants[id] = Person({
            primary: msg.sender,
            kinds: kinds,
            jurisdiction: jurisdiction,
            status: ParticipantStatus.Applied,
            walletCount: 1,
            group: 0,
            installationCount: 0,
            seated: seat == id
        });
        _wallets[msg.sender] = Wallet({
            participant: id, rights: WalletRights.ALL, index: 0, seat: seat, status: ParticipantStatus.Applied
        });
        emit ParticipantApplied(id, msg.sender, jurisdiction, kinds, detailsHash);
    }

    /// @inheritdoc IParticipants
    function approve(ParticipantId[] calldata ids) external {
        _requireBatch(ids.length);

        for (uint256 i; i < ids.length; ++i) {
            Person storage p = _requireStatus(ids[i], ParticipantStatus.Applied);
            _requireRegistrar(p.jurisdiction);
            _setStatus(ids[i], p, ParticipantStatus.Active);
            emit ParticipantApproved(ids[i], msg.sender);
        }
    }

    /// @inheritdoc IParticipants
    function suspend(ParticipantId id, bytes32 reasonHash) external {
        Person storage p = _requireStatus(id, ParticipantStatus.Active);
        _requireRegistrar(p.jurisdiction);

        _setStatus(id, p, ParticipantStatus.Suspended);
        emit ParticipantSuspended(id, msg.sender, reasonHash);
    }

    /// @inheritdoc IParticipants
    function reinstate(ParticipantId id) external {
        Person storage p = _requireStatus(id, ParticipantStatus.Suspended);
        _requireRegistrar(p.jurisdiction);

        _setStatus(id, p, ParticipantStatus.Active);
        emit ParticipantReinstated(id, msg.sender);
    }

    /// @inheritdoc IParticipants
    function close(ParticipantId id) external {
        Person storage p = _requireAlive(id);
        _requireRegistrar(p.jurisdiction);
        if (p.installationCount != 0) revert ParticipantsHasInstallations(id, p.installationCount);

        _setStatus(id, p, ParticipantStatus.Closed);
        emit ParticipantClosed(id, msg.sender);
    }

    /// @inheritdoc IParticipants
    function setGroup(ParticipantId id, uint24 group) external {
        Person storage p = _requireAlive(id);
        _requireRegistrar(p.jurisdiction);

        uint24 old = p.group;
        p.group = group;
        emit ParticipantGrouped(id, group, old);
    }

    /// @inheritdoc IParticipants
    function setKinds(ParticipantId id, uint16 kinds) external {
        _requireKinds(kinds);
        Person storage p = _requireAlive(id);
        _requireRegistrar(p.jurisdiction);

        uint16 old = p.kinds;
        p.kinds = kinds;
        emit ParticipantKindsChanged(id, old, kinds);
    }

    /* WALLETS */

    /// @inheritdoc IParticipants
    function addWallet(address wallet, uint8 rights) external {
        if (rights & ~WalletRights.ALL != 0) revert ParticipantsBadRights(rights);
        ParticipantId id = _manager();

        _invitations[id][wallet] = rights;
        emit WalletInvited(id, wallet, rights);
    }

    /// @inheritdoc IParticipants
    function confirmWallet(ParticipantId id) external {
        uint8 rights = _invitations[id][msg.sender];
        if (rights == 0) revert ParticipantsNotInvited(msg.sender, id);
        ParticipantId seat = _requireFree(msg.sender);
        Person storage p = _requireAlive(id);
        uint8 index = p.walletCount;
        if (index == MAX_WALLETS) revert ParticipantsTooManyWallets(id, MAX_WALLETS);

        delete _invitations[id][msg.sender];
        _wallets[msg.sender] = Wallet({participant: id, rights: rights, index: index, seat: seat, status: p.status});
        _others[id][index] = msg.sender;
        p.walletCount = index + 1;
        emit WalletAdded(id, msg.sender, rights);
    }

    /// @inheritdoc IParticipants
    function setRights(address wallet, uint8 rights) external {
        if (rights == 0 || rights & ~WalletRights.ALL != 0) revert ParticipantsBadRights(rights);
        ParticipantId id = _manager();
        Wallet storage w = _requireWalletOf(wallet, id);
        if (wallet == msg.sender && rights & WalletRights.MANAGE == 0) revert ParticipantsOwnWallet(wallet);

        uint8 old = w.rights;
        w.rights = rights;
        emit WalletRightsChanged(id, wallet, old, rights);
    }

    /// @inheritdoc IParticipants
    function removeWallet(address wallet) external {
        ParticipantId id = _manager();
        uint256 index = _requireWalletOf(wallet, id).index;
        // The caller has MANAGE and stays, so somebody always can manage.
        if (wallet == msg.sender) revert ParticipantsOwnWallet(wallet);
        if (index == 0) revert ParticipantsPrimaryWallet(wallet);

        uint8 last = --_participants[id].walletCount;
        address moved = _others[id][last];
        _others[id][index] = moved;
        _wallets[moved].index = uint8(index); // index <= 7
        delete _others[id][last];
        _release(wallet);
        emit WalletRemoved(id, wallet);
    }

    /// @inheritdoc IParticipants
    function setPrimaryWallet(address wallet) external {
        ParticipantId id = _manager();
        Wallet storage w = _requireWalletOf(wallet, id);
        uint8 index = w.index;
        if (index == 0) revert ParticipantsPrimaryWallet(wallet);

        address old = _participants[id].primary;
        (_participants[id].primary, _participants[id].seated) = (wallet, w.seat == id);
        w.index = 0;
        _others[id][index] = old;
        _wallets[old].index = index;
        emit PrimaryWalletChanged(id, old, wallet);
    }

    /* LOST KEYS */

    /// @inheritdoc IParticipants
    function proposeReplacement(ParticipantId id, address lost, address fresh) external {
        Person storage p = _requireAlive(id);
        _requireRegistrar(p.jurisdiction);
        _requireWalletOf(lost, id);
        _requireFree(fresh);
        address pending = _replacements[id].lost;
        if (pending != address(0)) revert ParticipantsReplacementPending(id, pending);

        uint40 executableAt = uint40(block.timestamp + REPLACEMENT_DELAY); // 40 bits of seconds last 34,000 years
        _replacements[id] = Replacement({lost: lost, executableAt: executableAt, fresh: fresh});
        emit ReplacementProposed(id, lost, fresh, executableAt);
    }

    /// @inheritdoc IParticipants
    function executeReplacement(ParticipantId id) external {
        Replacement memory r = _requireReplacement(id);
        if (msg.sender != r.fresh) revert ParticipantsNotFreshWallet(msg.sender, r.fresh);
        if (block.timestamp < r.executableAt) revert ParticipantsReplacementTooEarly(id, r.executableAt);
        ParticipantId seat = _requireFree(r.fresh);
        Person storage p = _requireAlive(id);
        Wallet memory w = _requireWalletOf(r.lost, id);

        delete _replacements[id];
        _release(r.lost);
        w.seat = seat;
        _wallets[r.fresh] = w;
        if (w.index == 0) (p.primary, p.seated) = (r.fresh, seat == id);
        else _others[id][w.index] = r.fresh;
        emit WalletReplaced(id, r.lost, r.fresh);
    }

    /// @inheritdoc IParticipants
    function cancelReplacement(ParticipantId id) external {
        Replacement memory r = _requireReplacement(id);
        Wallet memory w = _wallets[msg.sender];
        if (w.participant != id || w.rights & WalletRights.MANAGE == 0) {
            _requireRegistrar(_participants[id].jurisdiction);
        }

        delete _replacements[id];
        emit ReplacementCancelled(id, r.lost, msg.sender);
    }

    /* REGISTRARS */

    /// @inheritdoc IParticipants
    function setRegistrar(address registrar, uint16 jurisdiction, bool allowed) external restricted {
        _registrars[registrar][jurisdiction] = allowed;
        emit RegistrarSet(registrar, jurisdiction, allowed);
    }

    /// @inheritdoc IParticipants
    function isRegistrar(address account, uint16 jurisdiction) external view returns (bool) {
        return _isRegistrar(account, jurisdiction);
    }

    /* VIEWS */

    /// @inheritdoc IParticipants
    function walletOf(address wallet) external view returns (ParticipantId id, uint8 rights, ParticipantStatus status) {
        Wallet memory w = _wallets[wallet];
        return (w.participant, w.rights, w.status);
    }

    /// @inheritdoc IParticipants
    function readParties(address from, address to) external view returns (WalletWord sender, WalletWord receiver) {
        return (_wordOf(from), _wordOf(to));
    }

    /// @inheritdoc IParticipants
    function participant(ParticipantId id) external view returns (Participant memory) {
        Person memory found = _participants[id];
        if (found.status == ParticipantStatus.None) revert ParticipantsUnknown(id);
        return Participant({
            primary: found.primary,
            kinds: found.kinds,
            jurisdiction: found.jurisdiction,
            status: found.status,
            walletCount: found.walletCount,
            group: found.group,
            installationCount: found.installationCount
        });
    }

    /// @inheritdoc IParticipants
    function groupOf(ParticipantId id) external view returns (uint24) {
        return _participants[id].group;
    }

    /// @inheritdoc IParticipants
    function walletsOf(ParticipantId id) external view returns (address[] memory wallets) {
        uint256 count = _participants[id].walletCount;
        wallets = new address[](count);
        if (count != 0) wallets[0] = _participants[id].primary;
        for (uint256 i = 1; i < count; ++i) {
            wallets[i] = _others[id][i];
        }
    }

    /// @inheritdoc IParticipants
    function primaryWallet(ParticipantId id) external view returns (address) {
        return _participants[id].primary;
    }

    /// @inheritdoc IParticipants
    function deliveriesOf(ParticipantId[] calldata ids) external view returns (DeliveryWord[] memory words) {
        _requireBatch(ids.length);

        words = new DeliveryWord[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            Person storage p = _participants[ids[i]];
            ParticipantId seat = p.seated ? ids[i] : _wallets[p.primary].seat;
            words[i] = DeliveryWord.wrap(uint160(p.primary) | uint256(ParticipantId.unwrap(seat)) << 160);
        }
    }

    /// @inheritdoc IParticipants
    function invitation(ParticipantId id, address wallet) external view returns (uint8) {
        return _invitations[id][wallet];
    }

    /// @inheritdoc IParticipants
    function replacement(ParticipantId id) external view returns (address lost, address fresh, uint256 executableAt) {
        Replacement memory r = _replacements[id];
        return (r.lost, r.fresh, r.executableAt);
    }

    /// @inheritdoc IParticipants
    function participantCount() external view returns (uint256) {
        return _lastParticipant;
    }

    /* CHECKS */

    /// @dev At most 8 wallets repeat the status.
    function _setStatus(ParticipantId id, Person storage p, ParticipantStatus status) private {
        p.status = status;
        _wallets[p.primary].status = status;
        uint256 count = p.walletCount;
        for (uint256 i = 1; i < count; ++i) {
            _wallets[_others[id][i]].status = status;
        }
    }

    /// @dev The stored word as it is: on the way of every transfer of units, unpacking and packing again cost 900 gas.
    function _wordOf(address wallet) private view returns (WalletWord word) {
        Wallet storage w = _wallets[wallet];
        assembly ("memory-safe") {
            word := sload(w.slot)
        }
    }

    function _requireAlive(ParticipantId id) private view returns (Person storage p) {
        p = _participants[id];
        ParticipantStatus status = p.status;
        if (status == ParticipantStatus.None) revert ParticipantsUnknown(id);
        if (status == ParticipantStatus.Closed) revert ParticipantsWrongStatus(id, status);
    }

    /// @dev The participant the caller manages, if it is not closed.
    function _manager() private view returns (ParticipantId id) {
        id = _callerWith(WalletRights.MANAGE);
        _requireAlive(id);
    }

    function _requireWalletOf(address wallet, ParticipantId id) private view returns (Wallet storage w) {
        w = _wallets[wallet];
        if (w.participant != id) revert ParticipantsNotWalletOf(wallet, id);
    }

    /// @return seat the wallet's; 0 when it has none
    function _requireFree(address wallet) private view returns (ParticipantId seat) {
        Wallet storage w = _wallets[wallet];
        ParticipantId owner = w.participant;
        if (ParticipantId.unwrap(owner) != 0) revert ParticipantsWalletTaken(wallet, owner);
        return w.seat;
    }

    /// @dev Nobody's wallet any more; its seat stays its own.
    function _release(address wallet) private {
        ParticipantId seat = _wallets[wallet].seat;
        delete _wallets[wallet];
        _wallets[wallet].seat = seat;
    }

    function _requireReplacement(ParticipantId id) private view returns (Replacement memory r) {
        r = _replacements[id];
        if (r.lost == address(0)) revert ParticipantsNoReplacement(id);
    }

    function _requireKinds(uint16 kinds) private pure {
        if (kinds == 0 || kinds & ~ParticipantKinds.ALL != 0) revert ParticipantsBadKinds(kinds);
    }
}
