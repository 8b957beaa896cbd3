// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1363Receiver} from "@openzeppelin/contracts/interfaces/IERC1363Receiver.sol";

import {MarketId} from "../types/Ids.sol";

/// @title IExchangeReceiver
/// @notice What a market's currency tells the Exchange when it brings cash: deposit and orders in one transaction, without an
/// approval.
/// @dev `transferAndCall(exchange, amount, data)` of the currency (ERC-1363) deposits `amount` [0.01 currency] for the
/// participant of the wallet that it comes from. `data` is one word with the number of the market, and after it one
/// {OrderRequest} after the other (32 bytes each, at most 200), all of that market.
interface IExchangeReceiver is IERC1363Receiver {
    /// @notice Another contract than the market's currency says that money has arrived.
    error ExchangeForeignCurrency(address caller, MarketId market);

    /// @notice Books what has arrived, then places the orders. The market's currency only.
    /// @dev Rights are those of {IExchangeCore.batch}: orders come from a wallet that may trade for the participant whose money it is.
    /// Whoever may move a wallet's money by an allowance may deposit it, and orders nothing with it.
    /// @param operator Who called the currency.
    /// @param from The wallet that the money came from.
    /// @param value [0.01 currency]
    function onTransferReceived(address operator, address from, uint256 value, bytes calldata data)
        external
        returns (bytes4);
}
