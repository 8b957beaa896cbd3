// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../../interfaces/types/BookTypes.sol";
import {IExchangeLens, OrderTerms} from "../../../interfaces/market/IExchangeLens.sol";
import {MarketId} from "../../../interfaces/types/Ids.sol";
import {OrderRequestLib} from "../../types/OrderRequestLib.sol";

/// @title OrderPacking
/// @notice Packs an order's terms for the Exchange and checks their widths; used by lens and gateway.
library OrderPacking {
    using OrderRequestLib for OrderRequest;

    function pack(OrderTerms calldata terms) internal pure returns (OrderRequest) {
        if (terms.maximumFills > 0xfff) revert IExchangeLens.LensValueTooWide("maximumFills", terms.maximumFills);
        if (terms.maximumHoles > 0xfff) revert IExchangeLens.LensValueTooWide("maximumHoles", terms.maximumHoles);
        if (terms.expiry > 0xfff) revert IExchangeLens.LensValueTooWide("expiry", terms.expiry);
        if (terms.maximumLevels > 0xfff) revert IExchangeLens.LensValueTooWide("maximumLevels", terms.maximumLevels);
        if (terms.maximumCost >> 52 != 0) revert IExchangeLens.LensValueTooWide("maximumCost", terms.maximumCost);
        OrderRequest request = OrderRequestLib.pack(
            terms.lots, terms.tick, MarketId.unwrap(terms.market), uint256(terms.side), uint256(terms.timeInForce)
        );
        return request.withBounds(terms.minimumLots, terms.maximumCost)
            .withOptions(terms.postOnly, uint256(terms.selfTrade), terms.expiry)
            .withCaps(terms.maximumFills, terms.maximumHoles, terms.maximumLevels);
    }
}
