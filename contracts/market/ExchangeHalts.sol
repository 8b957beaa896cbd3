// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchangeCore, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketStatus} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId} from "../../interfaces/types/Ids.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {ExchangeBase} from "./ExchangeBase.sol";

/// @title ExchangeHalts
/// @notice Part of {Exchange}: halts of markets by their officers, and the bar on markets whose unit may not trade.
abstract contract ExchangeHalts is IExchangeCore, ExchangeBase {
    /// @inheritdoc IExchangeCore
    function halt(MarketId market, bytes32 reason) external {
        _setStatus(market, MarketStatus.Trading, MarketStatus.Halted);
        emit MarketHalted(market, msg.sender, reason);
    }

    /// @inheritdoc IExchangeCore
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

    /// @inheritdoc IExchangeCore
    function syncUnit(MarketId market) external {
        MarketAssets storage assets = _market(market);
        bool barred = !_mayTrade(assets.units, assets.unit);
        uint256 id = MarketId.unwrap(market);
        PackedMarket data = _marketData(id);
        if (data.barred() == barred) return;
        _saveMarketData(id, data.withBarred(barred));
        emit MarketBarred(market, barred);
    }
}
