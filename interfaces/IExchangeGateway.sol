// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest} from "./BookTypes.sol";
import {MarketId} from "./Ids.sol";

/// @dev An ERC-2612 permit of the caller's wallet for the Exchange.
struct Permit {
    uint256 deadline; // [s]
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @title IExchangeGateway
/// @notice Ways into the Exchange that need more than one step, each in one transaction.
/// @dev The gateway acts for its caller only and holds nothing.
interface IExchangeGateway {
    /// @notice Deposits `amount` [0.01 currency] under a permit and places orders (at most 200).
    /// @dev A permit that somebody else has already sent on is no obstacle while the allowance suffices.
    function depositAndPlace(MarketId market, uint256 amount, Permit calldata permit, OrderRequest[] calldata requests)
        external
        returns (OrderId[] memory ids);
}
