// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {IParticipantSource} from "../../interfaces/rules/ILedgerSources.sol";
import {IOpenParticipants} from "../../interfaces/open/IOpenParticipants.sol";
import {
    Participant,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights
} from "../../interfaces/parties/IParticipants.sol";
import {IReporterSource} from "../../interfaces/rules/IReportSources.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {InstallationWordLib} from "../types/InstallationWordLib.sol";

/// @title OpenParticipants
/// @notice A register that every address may join; see {IOpenParticipants}.
contract OpenParticipants is IOpenParticipants {
    /// @dev The numbers above are the Exchange's own venue accounts.
    uint256 private constant MAX_PARTICIPANTS = 0xFFFEFF;
    uint256 private constant MAX_ITEMS = 200;
    uint16 private constant EVERYWHERE = 1;

    uint256 public participantCount;
    uint256 public installationCount;
    mapping(address wallet => ParticipantId) private _participants;
    mapping(ParticipantId id => address) private _wallets;
    mapping(InstallationId id => InstallationWord) private _installations;

    /// @inheritdoc IOpenParticipants
    function join() external returns (ParticipantId id) {
        id = _participants[msg.sender];
        if (id != ParticipantId.wrap(0)) revert OpenParticipantsJoined(msg.sender, id);
        if (participantCount == MAX_PARTICIPANTS) revert OpenParticipantsFull(MAX_PARTICIPANTS);

        id = ParticipantId.wrap(uint24(++participantCount)); // below 2^24 by the line above
        _participants[msg.sender] = id;
        _wallets[id] = msg.sender;
        emit OpenParticipantJoined(id, msg.sender);
    }

    /// @inheritdoc IOpenParticipants
    function declareInstallation(SchemeId scheme, uint16 jurisdiction, uint8 benchmarkClass, uint40 capacityKw)
        external
        returns (InstallationId id)
    {
        ParticipantId operator = _participants[msg.sender];
        if (operator == ParticipantId.wrap(0)) revert OpenParticipantsUnknown(msg.sender);
        if (scheme == SchemeId.wrap(0)) revert OpenParticipantsSchemeMissing();

        id = InstallationId.wrap(uint32(++installationCount)); // 32 bits of calls cannot be made
        _installations[id] = InstallationWordLib.pack(operator, scheme, jurisdiction, benchmarkClass, capacityKw);
        emit OpenInstallationDeclared(id, operator, scheme, jurisdiction, benchmarkClass, capacityKw);
    }

    /* VIEWS */

    /// @inheritdoc IWalletSource
    function walletOf(address wallet) external view returns (ParticipantId id, uint8 rights, uint8 status) {
        id = _participants[wallet];
        if (id != ParticipantId.wrap(0)) (rights, status) = (WalletRights.ALL, uint8(ParticipantStatus.Active));
    }

    /// @inheritdoc IParticipantSource
    function walletsOf(ParticipantId id) external view returns (address[] memory wallets) {
        address wallet = _wallets[id];
        if (wallet == address(0)) return wallets;
        wallets = new address[](1);
        wallets[0] = wallet;
    }

    /// @inheritdoc IReporterSource
    function participant(ParticipantId id) external view returns (Participant memory found) {
        found.primary = _wallets[id];
        if (found.primary == address(0)) return found;
        found.kinds = ParticipantKinds.ALL;
        found.jurisdiction = EVERYWHERE;
        found.status = ParticipantStatus.Active;
        found.walletCount = 1;
    }

    /// @inheritdoc IReporterSource
    function installation(InstallationId id) external view returns (InstallationWord) {
        return _installations[id];
    }

    /// @inheritdoc IReporterSource
    function installationWords(InstallationId[] calldata ids) external view returns (InstallationWord[] memory words) {
        if (ids.length > MAX_ITEMS) revert OpenParticipantsTooMany(ids.length, MAX_ITEMS);
        words = new InstallationWord[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            words[i] = _installations[ids[i]];
        }
    }

    /// @inheritdoc IReporterSource
    function reporterOf(InstallationId id, address signer) external view returns (InstallationWord word, uint8 rights) {
        word = _installations[id];
        ParticipantId signing = _participants[signer];
        if (signing != ParticipantId.wrap(0) && signing == word.operatorOf()) rights = WalletRights.ALL;
    }
}
