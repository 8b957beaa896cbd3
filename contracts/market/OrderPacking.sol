// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchangeLens, OrderTerms} from "../../interfaces/market/IExchangeLens.sol";
import {MarketId} from "../../interfaces/types/Ids.sol";

/// @title OrderPacking
/// @notice Packs an order in the open into the word that the Exchange takes; Lens and gateway both use it.
library OrderPacking {
    function pack(OrderTerms calldata terms) internal pure returns (OrderRequest) {
        if (terms.maximumFills > 0xfff) revert IExchangeLens.LensValueTooWide("maximumFills", terms.maximumFills);
        if (terms.maximumHoles > 0xfff) revert IExchangeLens.LensValueTooWide("maximumHoles", terms.maximumHoles);
        if (terms.expiry > 0xfff) revert IExchangeLens.LensValueTooWide("expiry", terms.expiry);
        if (terms.maximumLevels > 0xfff) revert IExchangeLens.LensValueTooWide("maximumLevels", terms.maximumLevels);
        if (terms.maximumCost >> 52 != 0) revert IExchangeLens.LensValueTooWide("maximumCost", terms.maximumCost);
        return OrderRequest.wrap(
            uint256(terms.lots) | (uint256(terms.tick) << 32) | (uint256(MarketId.unwrap(terms.market)) << 48)
                | (uint256(terms.side) << 64) | (uint256(terms.timeInForce) << 65)
                | (uint256(terms.postOnly ? 1 : 0) << 68) | (uint256(terms.selfTrade) << 69)
                | (uint256(terms.maximumFills) << 72) | (uint256(terms.maximumHoles) << 84)
                | (uint256(terms.minimumLots) << 96) | (uint256(terms.maximumCost) << 128)
                | (uint256(terms.expiry) << 180) | (uint256(terms.maximumLevels) << 192)
        );
    }
}
