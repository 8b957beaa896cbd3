// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest, SelfTrade, Side, TimeInForce} from "../../interfaces/types/BookTypes.sol";
import {Fill, IExchangeLens, OrderTerms} from "../../interfaces/market/IExchangeLens.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {OrderRequestLib} from "../types/OrderRequestLib.sol";
import {OrderPacking} from "./OrderPacking.sol";

/// @title OrderCoder
/// @notice Part of the Lens: packs and unpacks orders, unpacks fills.
abstract contract OrderCoder is IExchangeLens {
    using OrderRequestLib for OrderRequest;

    uint256 private constant RECORD_BYTES = 12;

    /// @inheritdoc IExchangeLens
    function encode(OrderTerms calldata terms) external pure returns (OrderRequest) {
        return OrderPacking.pack(terms);
    }

    /// @inheritdoc IExchangeLens
    function decode(OrderRequest r) external pure returns (OrderTerms memory) {
        // Each cast is to the width of the field.
        return OrderTerms({
            market: MarketId.wrap(uint16(r.market())),
            side: Side(r.side()),
            timeInForce: TimeInForce(r.timeInForce()),
            postOnly: r.postOnly(),
            selfTrade: SelfTrade(r.selfTrade()),
            tick: uint16(r.tick()),
            lots: uint32(r.lots()),
            minimumLots: uint32(r.minimum()),
            maximumCost: uint64(r.maximumCost()),
            maximumFills: uint16(r.records()),
            maximumHoles: uint16(r.holes()),
            expiry: uint16(r.expiry()),
            maximumLevels: uint16(r.levels())
        });
    }

    /// @inheritdoc IExchangeLens
    function decodeFills(bytes calldata fills) external pure returns (Fill[] memory decoded) {
        if (fills.length % RECORD_BYTES != 0) revert LensBadRecords(fills.length);
        decoded = new Fill[](fills.length / RECORD_BYTES);
        for (uint256 i; i < decoded.length; ++i) {
            uint256 record = uint96(bytes12(fills[i * RECORD_BYTES:(i + 1) * RECORD_BYTES]));
            // Each cast is to the width of the field.
            decoded[i] = Fill({
                tick: uint16(record >> 80),
                ended: (record >> 79) & 1 != 0,
                index: uint32((record >> 56) & 0x7fffff),
                maker: ParticipantId.wrap(uint24(record >> 32)),
                lots: uint32(record)
            });
        }
    }
}
