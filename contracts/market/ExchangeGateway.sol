// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {OrderId, OrderRequest} from "../../interfaces/BookTypes.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {IExchangeGateway, Permit} from "../../interfaces/IExchangeGateway.sol";
import {MarketId} from "../../interfaces/Ids.sol";

/// @title ExchangeGateway
contract ExchangeGateway is IExchangeGateway {
    /// @notice Where this gateway is a controller with right GATEWAY.
    IExchange public immutable EXCHANGE;

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
    }

    /// @inheritdoc IExchangeGateway
    function depositAndPlace(MarketId market, uint256 amount, Permit calldata permit, OrderRequest[] calldata requests)
        external
        returns (OrderId[] memory ids)
    {
        address currency = EXCHANGE.marketAssets(market).currency;
        // Whoever sends the permit on first must not be able to stop the deposit: the allowance decides.
        try IERC20Permit(currency)
            .permit(msg.sender, address(EXCHANGE), amount, permit.deadline, permit.v, permit.r, permit.s) {}
            catch {}

        EXCHANGE.depositCashFor(msg.sender, market, amount);
        return EXCHANGE.batchFor(msg.sender, new OrderId[](0), requests);
    }
}
