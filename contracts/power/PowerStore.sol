// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {
    PowerAccount,
    PowerAccountId,
    PowerStage,
    PowerTerms,
    IPowerMarket
} from "../../interfaces/power/IPowerMarket.sol";
import {PowerBalances} from "./PowerBalances.sol";

/// @title PowerStore
/// @notice Part of {PowerMarket}: storage, terms, and the stages of an interval.
/// @dev Storage, by slot, behind that of {PowerBalances}:
///
///     round    orders 256                                                    running keccak, one per interval
///              count 16 · released 16 · proposer 160 · cleared at 40
///              result 256                                                    running keccak of acceptances
///              welfare 88 · energy 48 · loss 48 · rent 72
///              order tail 256 · result tail 256                              escrow still bound
///     prices   32 each, eight a slot, by node
///     flows    32 each, eight a slot, by arc; losses and rents follow from them, the prices and the grid of that time
///
/// An order has no slot: it is in the running hash and in the event, and calls that need it carry it.
abstract contract PowerStore is PowerBalances, IPowerMarket {
    struct Round {
        bytes32 orders;
        //
        uint16 count;
        uint16 released;
        address proposer;
        uint40 clearedAt;
        //
        bytes32 result;
        //
        int88 welfare;
        uint48 energy;
        uint48 loss;
        int72 rent;
        //
        bytes32 orderTail;
        //
        bytes32 resultTail;
        //
        uint256[8] prices;
        uint256[16] flows;
    }

    /// @dev So that a price coupled through a converter still fits 32 bits.
    uint256 private constant MAX_PRICE_CAP = 1 << 28;

    /// @inheritdoc IPowerMarket
    IPowerGrid public immutable GRID;
    IParticipants internal immutable PARTICIPANTS;

    uint256 internal immutable INTERVAL_S;
    uint256 internal immutable GATE_LEAD_S;
    uint256 internal immutable WINDOW_S;
    uint256 internal immutable PRICE_CAP;
    uint256 internal immutable GUARANTEE;
    uint256 internal immutable MAXIMUM_ORDERS;

    mapping(uint256 interval => Round) internal _rounds;
    mapping(address signer => PowerAccountId) internal _pseudonyms;
    mapping(address signer => mapping(bytes32 digest => uint32 interval)) internal _used;

    constructor(IParticipants participants, IPowerGrid grid, PowerTerms memory t) {
        bool timesFit = t.intervalS != 0 && t.windowS != 0 && t.windowS <= t.gateLeadS && t.gateLeadS <= grid.NOTICE();
        bool pricesFit = t.priceCap != 0 && t.priceCap <= MAX_PRICE_CAP && t.guarantee <= MAX_PRICE_CAP;
        if (!timesFit || !pricesFit || t.maximumOrders == 0) revert PowerBadTerms(t);
        (PARTICIPANTS, GRID) = (participants, grid);
        (INTERVAL_S, GATE_LEAD_S, WINDOW_S) = (t.intervalS, t.gateLeadS, t.windowS);
        (PRICE_CAP, GUARANTEE, MAXIMUM_ORDERS) = (t.priceCap, t.guarantee, t.maximumOrders);
    }

    // ------------------------------------------------------------------ time

    /// @inheritdoc IPowerMarket
    function stageOf(uint32 interval) public view returns (PowerStage) {
        uint256 gate = _gateOf(interval);
        if (block.timestamp < gate) return PowerStage.Open;
        if (block.timestamp < gate + WINDOW_S) return PowerStage.Clearing;
        return _rounds[interval].proposer == address(0) ? PowerStage.Lapsed : PowerStage.Cleared;
    }

    function _startOf(uint256 interval) internal view returns (uint256) {
        return interval * INTERVAL_S;
    }

    /// @dev 0 for an interval that starts before its gate could close.
    function _gateOf(uint256 interval) internal view returns (uint256) {
        uint256 start = _startOf(interval);
        return start < GATE_LEAD_S ? 0 : start - GATE_LEAD_S;
    }

    function _checkStage(uint32 interval, PowerStage needed) internal view {
        PowerStage stage = stageOf(interval);
        if (stage != needed) revert PowerWrongStage(interval, stage);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IPowerMarket
    function accountOf(PowerAccountId account) external view returns (PowerAccount memory) {
        return _accounts[PowerAccountId.unwrap(account)];
    }

    /// @inheritdoc IPowerMarket
    function pseudonymOf(address signer) external view returns (PowerAccountId) {
        return _pseudonyms[signer];
    }

    /// @inheritdoc IPowerMarket
    function usedUntil(address signer, bytes32 digest) external view returns (uint32 interval) {
        return _used[signer][digest];
    }

    /// @inheritdoc IPowerMarket
    function seedOf(uint32 interval) public view returns (bytes32) {
        return keccak256(abi.encode(address(this), block.chainid, interval));
    }

    /// @inheritdoc IPowerMarket
    function terms() external view returns (PowerTerms memory) {
        // All are of these widths in the constructor's argument.
        return PowerTerms({
            intervalS: uint32(INTERVAL_S),
            gateLeadS: uint32(GATE_LEAD_S),
            windowS: uint32(WINDOW_S),
            priceCap: uint32(PRICE_CAP),
            guarantee: uint32(GUARANTEE),
            maximumOrders: uint16(MAXIMUM_ORDERS)
        });
    }
}
