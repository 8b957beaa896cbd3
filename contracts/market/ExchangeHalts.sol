// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketStatus} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeExtension} from "../../interfaces/market/IExchangeExtension.sol";
import {MarketId} from "../../interfaces/types/Ids.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {ExchangeBase} from "./ExchangeBase.sol";

/// @title ExchangeHalts
/// @notice Part of {ExchangeExtension}: halts of markets by their officers.
abstract contract ExchangeHalts is ExchangeBase, IExchangeExtension {
    /// @inheritdoc IExchangeExtension
    function halt(MarketId market, bytes32 reason) external {
        _setStatus(market, MarketStatus.Trading, MarketStatus.Halted);
        emit MarketHalted(market, msg.sender, reason);
    }

    /// @inheritdoc IExchangeExtension
    function resume(MarketId market, bytes32 reason) external {
        _setStatus(market, MarketStatus.Halted, MarketStatus.Trading);
        emit MarketResumed(market, msg.sender, reason);
    }

    function _setStatus(MarketId market, MarketStatus from, MarketStatus to) private {
        _checkMarketPower(market);
        uint256 id = MarketId.unwrap(market);
        PackedMarket data = _marketData(id);
        if (data.status() != uint256(from)) revert ExchangeMarketStatus(market, from);
        _saveMarketData(id, data.withStatus(uint256(to)));
    }
}
