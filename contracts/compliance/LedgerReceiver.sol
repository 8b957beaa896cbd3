// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IExchange} from "../../interfaces/market/IExchange.sol";

/// @title LedgerReceiver
/// @notice Takes units out of the Exchange's ledger, and from nowhere else, to end them in the same call.
abstract contract LedgerReceiver is IERC1155Receiver {
    IExchange public immutable EXCHANGE;

    /// @notice Thrown when units come from another sender than the Exchange.
    error LedgerReceiverRefused(address operator);

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155Received(address operator, address, uint256, uint256, bytes calldata)
        external
        view
        returns (bytes4)
    {
        if (operator != address(EXCHANGE)) revert LedgerReceiverRefused(operator);
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(address operator, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        // The ledger pays out one market at a time.
        revert LedgerReceiverRefused(operator);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155Receiver).interfaceId;
    }
}
