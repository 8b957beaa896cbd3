// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IInstallations, InstallationData} from "../../interfaces/parties/IInstallations.sol";
import {InstallationStatus, InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {
    DeliveryWord,
    DeliveryWords,
    IParticipants,
    Participant,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights,
    WalletWord
} from "../../interfaces/parties/IParticipants.sol";
import {InstallationWordLib} from "../types/InstallationWordLib.sol";

/// @title Participants
/// @notice The register: participants, the wallets that act for them, and the installations they operate.
/// @dev One slot each:
///   participant   primary 160 · kinds 16 · jurisdiction 16 · status 8 · wallets 8 · group 24 · installations 16 · seated 8
///   wallet        participant 24 · rights 8 · index 8 · seat 24 · status 8 (its participant's, kept equal)
///   installation  see {InstallationWord}
///
/// The primary wallet is in the participant's own slot (its index is 0), so that delivery address and right to trade are
/// one read; the other wallets are found by index 1..7. Each wallet repeats its participant's status, so that a transfer
/// checks each side with one read. A report's signer is checked with two reads: installation and wallet.
///
/// An address that applies keeps for ever the number it was given, its seat: a wallet that is removed or replaced keeps
/// its seat, and applies again with it. So no seat ever has two addresses, and no address two seats; where the primary
/// wallet has its participant's own number, the participant's slot says so. A wallet that was invited has no seat.
contract Participants is AccessManaged, IParticipants, IInstallations {
    using InstallationWordLib for InstallationWord;

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
        uint8 rights;
        uint8 index;
        ParticipantId seat; // see above; 0 none
        ParticipantStatus status;
    }

    struct Replacement {
        address lost;
        uint40 executableAt; // [s]
        //
        address fresh;
    }

    uint256 private constant MAX_BATCH = 200;
    uint256 private constant MAX_WALLETS = 8;

    /// @inheritdoc IParticipants
    uint256 public constant REPLACEMENT_DELAY = 7 days;

    uint24 private _lastParticipant;
    uint32 private _lastInstallation;

    mapping(ParticipantId id => Person) private _participants;
    mapping(address wallet => Wallet) private _wallets;
    mapping(InstallationId id => InstallationWord) private _installations;
    mapping(address registrar => mapping(uint16 jurisdiction => bool)) private _registrars;
    mapping(SchemeId scheme => bool) private _saleConsent;
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
        // The caller has MANAGE and stays, so a participant always has a manager.
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

    /* INSTALLATIONS */

    /// @inheritdoc IInstallations
    function registerInstallations(InstallationData[] calldata data) external returns (InstallationId firstId) {
        _requireBatch(data.length);

        uint32 last = _lastInstallation;
        firstId = InstallationId.wrap(last + 1);
        for (uint256 i; i < data.length; ++i) {
            _register(InstallationId.wrap(++last), data[i]);
        }
        _lastInstallation = last;
    }

    function _register(InstallationId id, InstallationData calldata d) private {
        if (d.jurisdiction == 0) revert ParticipantsZeroJurisdiction();
        if (SchemeId.unwrap(d.scheme) == 0) revert InstallationsZeroScheme();
        _requireRegistrar(d.jurisdiction);
        ++_requireActiveEmitter(d.operator).installationCount;

        _installations[id] =
            InstallationWordLib.pack(d.operator, d.scheme, d.jurisdiction, d.benchmarkClass, d.capacityKw);
        emit InstallationRegistered(
            id, d.operator, d.scheme, d.jurisdiction, d.benchmarkClass, d.capacityKw, d.detailsHash
        );
    }

    /// @inheritdoc IInstallations
    function changeInstallation(InstallationId id, uint8 benchmarkClass, uint40 capacityKw, bytes32 detailsHash)
        external
    {
        InstallationWord word = _requireOpen(id);
        _requireRegistrar(word.jurisdictionOf());

        _installations[id] = word.withTerms(benchmarkClass, capacityKw);
        emit InstallationChanged(id, word.classOf(), benchmarkClass, word.capacityOf(), capacityKw, detailsHash);
    }

    /// @inheritdoc IInstallations
    function closeInstallation(InstallationId id) external {
        InstallationWord word = _requireOpen(id);
        _requireRegistrar(word.jurisdictionOf());

        _installations[id] = word.closed();
        --_participants[word.operatorOf()].installationCount;
        emit InstallationClosed(id, word.operatorOf());
    }

    /* SALE OF AN INSTALLATION, WITH ITS OBLIGATION */

    /// @inheritdoc IInstallations
    function offerInstallation(InstallationId id, ParticipantId buyer) external {
        InstallationWord word = _requireOpen(id);
        ParticipantId caller = _callerWith(WalletRights.MANAGE);
        ParticipantId operator = word.operatorOf();
        if (caller != operator) revert InstallationsNotOperator(id, caller, operator);
        if (buyer == operator) revert InstallationsOwnBuyer(id, operator);
        if (word.saleAccepted()) revert InstallationsSaleAccepted(id, word.buyerOf());
        _requireStatus(operator, ParticipantStatus.Active);

        _installations[id] = word.offeredTo(buyer);
        emit InstallationOffered(id, operator, buyer);
    }

    /// @inheritdoc IInstallations
    function acceptInstallation(InstallationId id) external {
        InstallationWord word = _requireOpen(id);
        ParticipantId caller = _callerWith(WalletRights.MANAGE);
        ParticipantId buyer = word.buyerOf();
        if (caller != buyer) revert InstallationsNotBuyer(id, caller, buyer);
        if (word.saleAccepted()) revert InstallationsSaleAccepted(id, buyer);
        _requireStatus(word.operatorOf(), ParticipantStatus.Active);

        if (_saleConsent[word.schemeOf()]) {
            _requireActiveEmitter(buyer);
            _installations[id] = word.accepted();
            emit InstallationSaleAccepted(id, buyer);
        } else {
            _handOver(id, word);
        }
    }

    /// @inheritdoc IInstallations
    function consentToSale(InstallationId id) external {
        InstallationWord word = _requireAccepted(id);

        _handOver(id, word);
    }

    /// @inheritdoc IInstallations
    function refuseSale(InstallationId id, bytes32 reasonHash) external {
        InstallationWord word = _requireAccepted(id);

        _installations[id] = word.offeredTo(ParticipantId.wrap(0));
        emit InstallationSaleRefused(id, word.buyerOf(), reasonHash);
    }

    /// @inheritdoc IInstallations
    function setSaleConsent(SchemeId scheme, bool needed) external restricted {
        _saleConsent[scheme] = needed;
        emit SaleConsentSet(scheme, needed);
    }

    function _handOver(InstallationId id, InstallationWord word) private {
        ParticipantId seller = word.operatorOf();
        ParticipantId buyer = word.buyerOf();
        ++_requireActiveEmitter(buyer).installationCount;
        --_participants[seller].installationCount;

        _installations[id] = word.sold();
        emit InstallationSold(id, seller, buyer);
    }

    /* VIEWS OF PARTICIPANTS */

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
            words[i] = DeliveryWords.pack(p.primary, seat);
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

    /* VIEWS OF INSTALLATIONS */

    /// @inheritdoc IInstallations
    function saleConsentNeeded(SchemeId scheme) external view returns (bool) {
        return _saleConsent[scheme];
    }

    /// @inheritdoc IInstallations
    function installation(InstallationId id) external view returns (InstallationWord) {
        return _installations[id];
    }

    /// @inheritdoc IInstallations
    function installationWords(InstallationId[] calldata ids) external view returns (InstallationWord[] memory words) {
        _requireBatch(ids.length);

        words = new InstallationWord[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            words[i] = _installations[ids[i]];
        }
    }

    /// @inheritdoc IInstallations
    function reporterOf(InstallationId id, address signer) external view returns (InstallationWord word, uint8 rights) {
        word = _installations[id];
        Wallet memory w = _wallets[signer];
        // An unknown installation has operator 0, and so has an unknown signer, whose rights are 0.
        if (w.participant == word.operatorOf()) rights = w.rights;
    }

    /// @inheritdoc IInstallations
    function installationCount() external view returns (uint256) {
        return _lastInstallation;
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

    /// @dev Unlinks a wallet from its participant; its seat stays its own.
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

    function _isRegistrar(address account, uint16 jurisdiction) private view returns (bool) {
        return _registrars[account][0] || _registrars[account][jurisdiction];
    }

    function _requireRegistrar(uint16 jurisdiction) private view {
        if (!_isRegistrar(msg.sender, jurisdiction)) {
            revert ParticipantsNotRegistrar(msg.sender, jurisdiction);
        }
    }

    /// @dev The participant the caller acts for, whose status the caller of this function judges.
    function _callerWith(uint8 right) private view returns (ParticipantId id) {
        Wallet memory w = _wallets[msg.sender];
        if (w.rights & right != right) revert ParticipantsMissingRight(msg.sender, w.rights, right);
        return w.participant;
    }

    function _requireStatus(ParticipantId id, ParticipantStatus needed) private view returns (Person storage p) {
        p = _participants[id];
        if (p.status != needed) revert ParticipantsWrongStatus(id, p.status);
    }

    function _requireBatch(uint256 count) private pure {
        if (count > MAX_BATCH) revert ParticipantsTooMany(count, MAX_BATCH);
    }

    function _requireOpen(InstallationId id) private view returns (InstallationWord word) {
        word = _installations[id];
        InstallationStatus status = word.statusOf();
        if (status == InstallationStatus.None) revert InstallationsUnknown(id);
        if (status != InstallationStatus.Open) revert InstallationsNotOpen(id, status);
    }

    function _requireAccepted(InstallationId id) private view returns (InstallationWord word) {
        word = _requireOpen(id);
        _requireRegistrar(word.jurisdictionOf());
        if (!word.saleAccepted()) revert InstallationsNoSale(id);
    }

    function _requireActiveEmitter(ParticipantId id) private view returns (Person storage p) {
        p = _requireStatus(id, ParticipantStatus.Active);
        if (p.kinds & ParticipantKinds.EMITTER == 0) {
            revert ParticipantsWrongKind(id, p.kinds, ParticipantKinds.EMITTER);
        }
    }
}
