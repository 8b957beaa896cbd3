// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {
    IInstallations,
    InstallationData,
    InstallationStatus,
    InstallationWord
} from "../../interfaces/parties/IInstallations.sol";
import {
    IParticipants,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights
} from "../../interfaces/parties/IParticipants.sol";
import {PartiesStore} from "./PartiesStore.sol";

/// @title Installations
/// @notice The half of Participants that knows the plants.
abstract contract Installations is PartiesStore, IInstallations {
    uint256 private constant CLASS_SHIFT = 56;
    uint256 private constant STATUS_SHIFT = 64;
    uint256 private constant CAPACITY_SHIFT = 72;
    uint256 private constant BUYER_SHIFT = 112;
    uint256 private constant ACCEPTED_BIT = 1 << 136;
    /// @dev Buyer and acceptance.
    uint256 private constant SALE_MASK = uint256(0xffffffff) << BUYER_SHIFT;

    mapping(SchemeId scheme => bool) private _saleConsent;

    /* REGISTER */

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
        if (d.jurisdiction == 0) revert IParticipants.ParticipantsZeroJurisdiction();
        if (SchemeId.unwrap(d.scheme) == 0) revert InstallationsZeroScheme();
        _requireRegistrar(d.jurisdiction);
        ++_requireActiveEmitter(d.operator).installationCount;

        _installations[id] = InstallationWord.wrap(
            uint256(ParticipantId.unwrap(d.operator)) | uint256(SchemeId.unwrap(d.scheme)) << 24
                | uint256(d.jurisdiction) << 40 | uint256(d.benchmarkClass) << CLASS_SHIFT
                | uint256(InstallationStatus.Open) << STATUS_SHIFT | uint256(d.capacityKw) << CAPACITY_SHIFT
        );
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

        uint256 cleared = InstallationWord.unwrap(word)
            & ~(uint256(type(uint8).max) << CLASS_SHIFT | uint256(type(uint40).max) << CAPACITY_SHIFT);
        _installations[id] = InstallationWord.wrap(
            cleared | uint256(benchmarkClass) << CLASS_SHIFT | uint256(capacityKw) << CAPACITY_SHIFT
        );
        emit InstallationChanged(id, word.classOf(), benchmarkClass, word.capacityOf(), capacityKw, detailsHash);
    }

    /// @inheritdoc IInstallations
    function closeInstallation(InstallationId id) external {
        InstallationWord word = _requireOpen(id);
        _requireRegistrar(word.jurisdictionOf());

        uint256 cleared = InstallationWord.unwrap(word) & ~(SALE_MASK | uint256(type(uint8).max) << STATUS_SHIFT);
        _installations[id] = InstallationWord.wrap(cleared | uint256(InstallationStatus.Closed) << STATUS_SHIFT);
        --_participants[word.operatorOf()].installationCount;
        emit InstallationClosed(id, word.operatorOf());
    }

    /* SELL, WITH THE OBLIGATION */

    /// @inheritdoc IInstallations
    function offerInstallation(InstallationId id, ParticipantId buyer) external {
        InstallationWord word = _requireOpen(id);
        ParticipantId caller = _callerWith(WalletRights.MANAGE);
        ParticipantId operator = word.operatorOf();
        if (caller != operator) revert InstallationsNotOperator(id, caller, operator);
        if (buyer == operator) revert InstallationsOwnBuyer(id, operator);
        if (word.saleAccepted()) revert InstallationsSaleAccepted(id, word.buyerOf());
        _requireStatus(operator, ParticipantStatus.Active);

        _installations[id] = InstallationWord.wrap(
            InstallationWord.unwrap(word) & ~SALE_MASK | uint256(ParticipantId.unwrap(buyer)) << BUYER_SHIFT
        );
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
            _installations[id] = InstallationWord.wrap(InstallationWord.unwrap(word) | ACCEPTED_BIT);
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

        _installations[id] = InstallationWord.wrap(InstallationWord.unwrap(word) & ~SALE_MASK);
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

        uint256 cleared = InstallationWord.unwrap(word) & ~(SALE_MASK | uint256(type(uint24).max));
        _installations[id] = InstallationWord.wrap(cleared | uint256(ParticipantId.unwrap(buyer)));
        emit InstallationSold(id, seller, buyer);
    }

    /* VIEWS */

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
        // Nobody is participant 0, so an unknown installation gives an unknown signer no rights: they are 0 anyway.
        if (w.participant == word.operatorOf()) rights = w.rights;
    }

    /// @inheritdoc IInstallations
    function installationCount() external view returns (uint256) {
        return _lastInstallation;
    }

    /* CHECKS */

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
            revert IParticipants.ParticipantsWrongKind(id, p.kinds, ParticipantKinds.EMITTER);
        }
    }
}
