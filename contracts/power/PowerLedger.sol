// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPowerMarket, PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {PowerStore} from "./PowerStore.sol";

/// @title PowerLedger
/// @notice Part of {PowerMarket}: deposits, withdrawals, and transfers between a sponsor and its pseudonyms.
abstract contract PowerLedger is PowerStore, IPowerMarket {
    IERC1155 private _token;
    uint64 private _microPerUnit;
    uint256 private _creditId;

    /// @inheritdoc IPowerMarket
    uint256 public pseudonymCount;

    // ------------------------------------------------------------------ credits

    /// @inheritdoc IPowerMarket
    function setCredits(address token, uint256 id, uint64 microPerUnit) external restricted {
        if (address(_token) != address(0) || token == address(0) || microPerUnit == 0) {
            revert PowerCreditsFixed(address(_token), _creditId);
        }
        (_token, _creditId, _microPerUnit) = (IERC1155(token), id, microPerUnit);
        emit CreditsSet(token, id, microPerUnit);
    }

    /// @inheritdoc IPowerMarket
    function credits() external view returns (address token, uint256 id, uint64 microPerUnit) {
        return (address(_token), _creditId, _microPerUnit);
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155Received(address, address from, uint256 id, uint256 value, bytes calldata)
        external
        returns (bytes4)
    {
        if (msg.sender != address(_token) || id != _creditId) revert PowerForeignCredits(msg.sender, id);
        (ParticipantId participant,,) = PARTICIPANTS.walletOf(from);
        if (participant == ParticipantId.wrap(0)) revert PowerNotAllowed(from);
        if (value == 0 || value > type(uint64).max) revert PowerBadAmount(value);
        uint256 amount = value * _microPerUnit; // 64 and 64 bits
        PowerAccountId account = _accountOfParticipant(participant);

        emit CreditsDeposited(account, from, amount);
        _credit(PowerAccountId.unwrap(account), amount);
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        view
        returns (bytes4)
    {
        revert PowerForeignCredits(msg.sender, 0); // there is one kind of credits
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    /// @inheritdoc IPowerMarket
    function withdraw(uint256 units, address to) external {
        _requireUnpaused();
        ParticipantId participant = _participantWith(msg.sender, WalletRights.WITHDRAW);
        (ParticipantId receiver,,) = PARTICIPANTS.walletOf(to);
        if (receiver != participant) revert PowerForeignWallet(to, participant);
        if (units == 0 || units > type(uint64).max) revert PowerBadAmount(units);
        uint256 amount = units * _microPerUnit; // 64 and 64 bits
        PowerAccountId account = _accountOfParticipant(participant);

        _takeFree(PowerAccountId.unwrap(account), amount);
        emit CreditsWithdrawn(account, to, amount);
        _token.safeTransferFrom(address(this), to, _creditId, units, "");
    }

    // ------------------------------------------------------------------ pseudonyms

    /// @inheritdoc IPowerMarket
    function openPseudonyms(address[] calldata signers, uint96[] calldata amounts)
        external
        returns (PowerAccountId first)
    {
        ParticipantId sponsor = _participantWith(msg.sender, WalletRights.TRADE);
        _checkItems(signers.length, amounts.length);
        uint256 count = pseudonymCount;
        pseudonymCount = count + signers.length;
        first = PowerAccountId.wrap(uint32(FIRST_PSEUDONYM + count)); // 2^32 of them are more than a chain holds
        for (uint256 i; i < signers.length; ++i) {
            PowerAccountId account = PowerAccountId.wrap(uint32(FIRST_PSEUDONYM + count + i)); // as above
            _openPseudonym(account, sponsor, signers[i]);
            _move(_accountOfParticipant(sponsor), account, amounts[i]);
        }
    }

    function _openPseudonym(PowerAccountId account, ParticipantId sponsor, address signer) private {
        PowerAccountId known = _pseudonyms[signer];
        (ParticipantId owner,,) = PARTICIPANTS.walletOf(signer);
        bool taken = PowerAccountId.unwrap(known) != 0 || owner != ParticipantId.wrap(0);
        if (taken || signer == address(0)) revert PowerSignerTaken(signer, known);

        _pseudonyms[signer] = account;
        _accounts[PowerAccountId.unwrap(account)].sponsor = sponsor;
        emit PseudonymOpened(account, sponsor, signer);
    }

    /// @inheritdoc IPowerMarket
    function fund(PowerAccountId[] calldata accounts, uint96[] calldata amounts) external {
        ParticipantId sponsor = _participantWith(msg.sender, WalletRights.TRADE);
        _checkItems(accounts.length, amounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            _checkSponsor(accounts[i], sponsor);
            _move(_accountOfParticipant(sponsor), accounts[i], amounts[i]);
        }
    }

    /// @inheritdoc IPowerMarket
    function sweep(PowerAccountId[] calldata accounts) external {
        ParticipantId sponsor = _participantWith(msg.sender, WalletRights.TRADE);
        _checkItems(accounts.length, accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            _checkSponsor(accounts[i], sponsor);
            uint96 free = _accounts[PowerAccountId.unwrap(accounts[i])].free;
            _move(accounts[i], _accountOfParticipant(sponsor), free);
        }
    }

    function _checkSponsor(PowerAccountId account, ParticipantId sponsor) internal view {
        if (_accounts[PowerAccountId.unwrap(account)].sponsor != sponsor) revert PowerNotSponsor(account, sponsor);
    }

    function _move(PowerAccountId from, PowerAccountId to, uint96 amount) private {
        if (amount == 0) return;
        _takeFree(PowerAccountId.unwrap(from), amount);
        emit CreditsMoved(from, to, amount);
        _credit(PowerAccountId.unwrap(to), amount);
    }

    // ------------------------------------------------------------------ who

    function _accountOfParticipant(ParticipantId participant) internal pure returns (PowerAccountId) {
        return PowerAccountId.wrap(ParticipantId.unwrap(participant));
    }
}
