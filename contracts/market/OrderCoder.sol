// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest, SelfTrade, Side, TimeInForce} from "../../interfaces/types/BookTypes.sol";
import {Fill, IExchangeLens, OrderTerms} from "../../interfaces/market/IExchangeLens.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {OrderRequestLib} from "../types/OrderRequestLib.sol";
import {PackedFill, PackedFillLib} from "../types/PackedFill.sol";
import {OrderPacking} from "./lib/OrderPacking.sol";

/// @title OrderCoder
/// @notice Part of the Lens: packs and unpacks orders, unpacks fills.
abstract contract OrderCoder is IExchangeLens {
    using OrderRequestLib for OrderRequest;

    uint256 private constant RECORD_BYTES = PackedFillLib.SIZE;

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
            PackedFill record = PackedFill.wrap(uint96(bytes12(fills[i * RECORD_BYTES:(i + 1) * RECORD_BYTES])));
            decoded[i] = Fill({
                tick: record.tick(),
                ended: record.ended(),
                index: record.index(),
                maker: ParticipantId.wrap(record.maker()),
                lots: record.lots()
            });
        }
    }
}
