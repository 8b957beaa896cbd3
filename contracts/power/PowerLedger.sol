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
/// @notice Part of {PowerMarket}: deposits and withdrawals.
abstract contract PowerLedger is PowerStore, IPowerMarket {
    IERC1155 private _token;
    uint64 private _microPerUnit;
    uint256 private _creditId;

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
}
