// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IInstallations, InstallationData} from "../../interfaces/parties/IInstallations.sol";
import {InstallationStatus, InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {
    Application,
    DeliveryWord,
    DeliveryWords,
    IParticipants,
    Participant,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights,
    WalletWord
} from "../../interfaces/parties/IParticipants.sol";
import {IWalletMirrors} from "../../interfaces/parties/IWalletMirror.sol";
import {InstallationWordLib} from "../types/InstallationWordLib.sol";
import {ParticipantsStore} from "./ParticipantsStore.sol";
import {WalletRecovery} from "./WalletRecovery.sol";

/// @title Participants
/// @notice The register: participants, the wallets that act for them, and the installations they operate.
/// @dev Layout: {ParticipantsStore}; an installation is an {InstallationWord}.
contract Participants is ParticipantsStore, WalletRecovery, IParticipants, IInstallations, IWalletMirrors {
    using InstallationWordLib for InstallationWord;

    uint256 private constant MAX_BATCH = 200;
    /// @dev The numbers above are the Exchange's own venue accounts.
    uint256 private constant MAX_PARTICIPANTS = 0xFFFEFF;

    uint24 private _lastParticipant;
    uint32 private _lastInstallation;

    mapping(InstallationId id => InstallationWord) private _installations;
    mapping(SchemeId scheme => bool) private _saleConsent;
    /// @dev By participant and the round of its wallets: a decision about stolen keys voids what they invited and offered.
    mapping(ParticipantId id => mapping(uint32 round => mapping(address wallet => uint8 rights))) private _invitations;
    /// @dev The seller's round at its offer; 0 of one that never lost a key.
    mapping(InstallationId id => uint32 round) private _offerRounds;
    /// @dev Hash of what a wallet has applied for; see {applicationOf}.
    mapping(address wallet => bytes32) private _applications;

    constructor(address authority_) AccessManaged(authority_) {}

    /* ENTER AND LEAVE */

    /// @inheritdoc IParticipants
    function applyFor(uint16 kinds, uint16 jurisdiction, bytes32 detailsHash) external {
        _requireKinds(kinds);
        if (jurisdiction == 0) revert ParticipantsZeroJurisdiction();
        _requireFree(msg.sender);

        _applications[msg.sender] = _hash(kinds, jurisdiction, detailsHash);
        emit ApplicationFiled(msg.sender, jurisdiction, kinds, detailsHash);
    }

    /// @inheritdoc IParticipants
    function approve(Application[] calldata applications) external returns (ParticipantId[] memory ids) {
        _requireBatch(applications.length);

        ids = new ParticipantId[](applications.length);
        for (uint256 i; i < applications.length; ++i) {
            Application calldata a = applications[i];
            _requireRegistrar(a.jurisdiction);
            // Who changes its mind does not stop the others.
            if (_isFiled(a) && _wallets[a.wallet].participant == NONE) ids[i] = _admit(a);
            else emit ApplicationPassedOver(a.wallet, msg.sender);
        }
    }

    /// @inheritdoc IParticipants
    function refuse(Application calldata application) external {
        _requireRegistrar(application.jurisdiction);
        if (!_isFiled(application)) revert ParticipantsNoApplication(application.wallet);

        delete _applications[application.wallet];
        emit ApplicationRefused(application.wallet, msg.sender);
    }

    /// @dev The application is filed, the wallet no participant's.
    function _admit(Application calldata a) private returns (ParticipantId id) {
        if (_lastParticipant == MAX_PARTICIPANTS) revert ParticipantsFull(MAX_PARTICIPANTS);
        id = ParticipantId.wrap(++_lastParticipant);
        ParticipantId seat = _wallets[a.wallet].seat;
        if (seat == NONE) seat = id;
        delete _applications[a.wallet];
        _participants[id] = Person({
            primary: a.wallet,
            kinds: a.kinds,
            jurisdiction: a.jurisdiction,
            status: ParticipantStatus.Active,
            walletCount: 1,
            group: 0,
            installationCount: 0,
            seated: seat == id
        });
        _wallets[a.wallet] =
            Wallet({participant: id, rights: WalletRights.ALL, index: 0, seat: seat, status: ParticipantStatus.Active});
        emit ParticipantApproved(id, a.wallet, a.jurisdiction, a.kinds, msg.sender);
    }

    function _isFiled(Application calldata a) private view returns (bool) {
        return _applications[a.wallet] == _hash(a.kinds, a.jurisdiction, a.detailsHash);
    }

    function _hash(uint16 kinds, uint16 jurisdiction, bytes32 detailsHash) private pure returns (bytes32) {
        return keccak256(abi.encode(kinds, jurisdiction, detailsHash));
    }

    /// @inheritdoc IParticipants
    function suspend(ParticipantId id, bytes32 reasonHash) external {
        Person storage p = _requireStatus(id, ParticipantStatus.Active);
        _requireRegistrar(p.jurisdiction);

        _setStatus(id, p, ParticipantStatus.Suspended);
        emit ParticipantSuspended(id, msg.sender, reasonHash);
        _tellMirrorOfAll(id, p);
    }

    /// @inheritdoc IParticipants
    function reinstate(ParticipantId id) external {
        Person storage p = _requireStatus(id, ParticipantStatus.Suspended);
        _requireRegistrar(p.jurisdiction);

        _setStatus(id, p, ParticipantStatus.Active);
        emit ParticipantReinstated(id, msg.sender);
        _tellMirrorOfAll(id, p);
    }

    /// @inheritdoc IParticipants
    function close(ParticipantId id) external {
        Person storage p = _requireAlive(id);
        _requireRegistrar(p.jurisdiction);
        if (p.installationCount != 0) revert ParticipantsHasInstallations(id, p.installationCount);

        _setStatus(id, p, ParticipantStatus.Closed);
        emit ParticipantClosed(id, msg.sender);
        _tellMirrorOfAll(id, p);
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

        _invitations[id][_claims[id].round][wallet] = rights;
        emit WalletInvited(id, wallet, rights);
    }

    /// @inheritdoc IParticipants
    function confirmWallet(ParticipantId id) external {
        uint32 round = _claims[id].round;
        uint8 rights = _invitations[id][round][msg.sender];
        if (rights == 0) revert ParticipantsNotInvited(msg.sender, id);
        ParticipantId seat = _requireFree(msg.sender);
        Person storage p = _requireAlive(id);
        _requireUnfrozen(id);
        uint8 index = p.walletCount;
        if (index == MAX_WALLETS) revert ParticipantsTooManyWallets(id, MAX_WALLETS);

        delete _invitations[id][round][msg.sender];
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
        _tellMirror(wallet);
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
        _formerly[wallet] = Former({participant: id, until: uint40(block.timestamp + FORMER_TIME)}); // as in {claimTheft}
        emit WalletRemoved(id, wallet);
        _tellMirror(wallet);
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

    /* MIRROR */

    /// @inheritdoc IWalletMirrors
    function setMirror(address mirror_) external restricted {
        emit MirrorSet(mirror_, _mirror);
        _mirror = mirror_;
    }

    /// @inheritdoc IWalletMirrors
    function mirror() external view returns (address) {
        return _mirror;
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
        ParticipantId caller = _manager();
        ParticipantId operator = word.operatorOf();
        if (caller != operator) revert InstallationsNotOperator(id, caller, operator);
        if (buyer == operator) revert InstallationsOwnBuyer(id, operator);
        if (word.saleAccepted()) revert InstallationsSaleAccepted(id, word.buyerOf());
        _requireStatus(operator, ParticipantStatus.Active);

        _installations[id] = word.offeredTo(buyer);
        uint32 round = _claims[operator].round;
        if (_offerRounds[id] != round) _offerRounds[id] = round;
        emit InstallationOffered(id, operator, buyer);
    }

    /// @inheritdoc IInstallations
    function acceptInstallation(InstallationId id) external {
        InstallationWord word = _requireOpen(id);
        ParticipantId caller = _manager();
        ParticipantId buyer = word.buyerOf();
        if (caller != buyer) revert InstallationsNotBuyer(id, caller, buyer);
        if (word.saleAccepted()) revert InstallationsSaleAccepted(id, buyer);
        ParticipantId operator = word.operatorOf();
        _requireStatus(operator, ParticipantStatus.Active);
        _requireUnfrozen(operator);
        if (_offerRounds[id] != _claims[operator].round) revert InstallationsOfferVoid(id);

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
        return _invitations[id][_claims[id].round][wallet];
    }

    /// @inheritdoc IParticipants
    function applicationOf(address wallet) external view returns (bytes32) {
        return _applications[wallet];
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

    /// @dev At most 8 wallets.
    function _tellMirrorOfAll(ParticipantId id, Person storage p) private {
        uint256 count = p.walletCount;
        for (uint256 i = 0; i < count; ++i) {
            _tellMirror(i == 0 ? p.primary : _others[id][i]);
        }
    }

    /// @dev The stored word as it is: on the way of every transfer of units, unpacking and packing again cost 900 gas.
    function _wordOf(address wallet) private view returns (WalletWord word) {
        Wallet storage w = _wallets[wallet];
        assembly ("memory-safe") {
            word := sload(w.slot)
        }
    }

    /// @dev The participant the caller manages, if it is not closed and no theft is claimed.
    function _manager() private view returns (ParticipantId id) {
        Wallet memory w = _wallets[msg.sender];
        if (w.rights & WalletRights.MANAGE == 0) {
            revert ParticipantsMissingRight(msg.sender, w.rights, WalletRights.MANAGE);
        }
        id = w.participant;
        _requireAlive(id);
        _requireUnfrozen(id);
    }

    /// @dev Unlinks a wallet from its participant; its seat stays its own.
    function _release(address wallet) private {
        ParticipantId seat = _wallets[wallet].seat;
        delete _wallets[wallet];
        _wallets[wallet].seat = seat;
    }

    function _requireKinds(uint16 kinds) private pure {
        if (kinds == 0 || kinds & ~ParticipantKinds.ALL != 0) revert ParticipantsBadKinds(kinds);
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
