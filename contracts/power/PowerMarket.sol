// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {
    IPowerMarket,
    PowerRound,
    PowerStage,
    PowerTerms,
    Proposal,
    Release,
    ScheduledFlow
} from "../../interfaces/power/IPowerMarket.sol";
import {Extendable} from "../lib/Extendable.sol";
import {PackedArc} from "../types/PackedArc.sol";
import {PackedPowerOrder, PackedPowerOrderLib} from "../types/PackedPowerOrder.sol";
import {Clearing} from "./Clearing.sol";
import {PowerMarketExtension} from "./PowerMarketExtension.sol";
import {PowerOrders} from "./PowerOrders.sol";
import {PowerStore} from "./PowerStore.sol";

/// @title PowerMarket
/// @notice Power market by node and interval: orders, checked clearing, escrow; see {IPowerMarket}.
/// @dev An order is proved by the words from it on and the running hash ahead of it; its acceptance by the packed words from its
/// own on and the running hash ahead of them. Prices and flows are in storage.
contract PowerMarket is PowerOrders, Extendable {
    using PackedPowerOrderLib for bytes32;
    using PackedPowerOrderLib for uint256;

    /// @inheritdoc IPowerMarket
    uint256 public constant STALE_INTERVALS = 96;

    constructor(address authority_, IParticipants participants, IPowerGrid grid, PowerTerms memory t)
        PowerStore(participants, grid, t)
        AccessManaged(authority_)
        EIP712("tonne PowerMarket", "1")
        Extendable(address(new PowerMarketExtension(authority_)))
    {}

    // ------------------------------------------------------------------ clearing

    /// @inheritdoc IPowerMarket
    function clear(uint32 interval, Proposal calldata p) external {
        _checkStage(interval, PowerStage.Clearing);
        Round storage round = _rounds[interval];
        if (round.count == 0) revert PowerNoOrders(interval);
        bytes32 expected = round.orders;
        Clearing.Outcome memory o;
        o.orders = seedOf(interval);
        o.result = keccak256(abi.encode(expected, p.prices, p.flows));
        uint256 nodes = GRID.checkArcs(_startOf(interval), p.arcs);
        Clearing.check(o, nodes, p.arcs, p.orders, p.accepted, p.prices, p.flows);
        if (o.orders != expected) revert PowerOtherOrders(interval, expected, o.orders);
        _checkBetter(interval, round, o, p.prices);

        _store(round, o, p.prices, p.flows);
        emit IntervalCleared(
            interval, msg.sender, o.result, o.welfare, o.energy, o.loss, o.rent, p.prices, p.flows, p.accepted
        );
    }

    /// @dev Highest welfare, then lowest prices. `welfare` of a round is the highest offered so far, so that clearings that
    /// count as equal cannot lead down step by step.
    function _checkBetter(uint32 interval, Round storage round, Clearing.Outcome memory o, uint256[] calldata prices)
        private
        view
    {
        if (round.proposer == address(0)) return;
        int256 gain = o.welfare - round.welfare;
        int256 margin = int256(uint256(round.energy));
        bool better = gain > margin || (gain >= -margin && _isLower(prices, round));
        if (!better) revert PowerNotBetter(interval, round.welfare, o.welfare);
    }

    /// @dev Whether the first price that differs is lower.
    function _isLower(uint256[] calldata prices, Round storage round) private view returns (bool) {
        for (uint256 i; i < prices.length; ++i) {
            uint256 standing = round.prices[i];
            if (prices[i] == standing) continue;
            for (uint256 j; j < 8; ++j) {
                (uint256 a, uint256 b) = (prices[i].lane(j), standing.lane(j));
                if (a != b) return a < b;
            }
        }
        return false;
    }

    function _store(Round storage round, Clearing.Outcome memory o, uint256[] calldata prices, uint256[] calldata flows)
        private
    {
        bool first = round.proposer == address(0);
        round.proposer = msg.sender;
        round.clearedAt = uint40(block.timestamp); // 40 bits of seconds last 34,000 years
        round.result = o.result;
        // See the bounds of {Clearing}: prices of orders have 28 bits, the others 32.
        if (first || o.welfare > round.welfare) round.welfare = int88(o.welfare);
        round.energy = uint48(o.energy);
        round.loss = uint48(o.loss);
        round.rent = int72(o.rent);
        for (uint256 i; i < prices.length; ++i) {
            round.prices[i] = prices[i];
        }
        for (uint256 i; i < flows.length; ++i) {
            round.flows[i] = flows[i];
        }
    }

    // ------------------------------------------------------------------ escrow

    /// @inheritdoc IPowerMarket
    function release(uint32 interval, Release calldata shown) external {
        PowerStage stage = stageOf(interval);
        if (stage < PowerStage.Cleared) revert PowerWrongStage(interval, stage);
        Round storage round = _rounds[interval];
        uint256 left = round.count - round.released;
        uint256 count = shown.orders.length;
        if (count == 0 || count > left) revert PowerTooMany(count, left);
        uint256 first = left - count;
        if (first % 8 != 0) revert PowerTooMany(count, left);
        if (stage == PowerStage.Cleared) _popResult(interval, round, shown);

        bytes32 hash = shown.orderBefore;
        uint256 lanes;
        for (uint256 i; i < count; ++i) {
            PackedPowerOrder order = PackedPowerOrder.wrap(shown.orders[i]);
            hash = hash.chain(shown.orders[i]);
            if (stage == PowerStage.Cleared) lanes = shown.accepted[i / 8];
            _unbind(order.account(), order.escrow(order.limit(), GUARANTEE) - order.escrow(lanes.lane(i), GUARANTEE));
        }
        bytes32 tail = round.released == 0 ? round.orders : round.orderTail;
        if (hash != tail) revert PowerNotTheNext(interval, tail, hash);
        round.orderTail = shown.orderBefore;
        round.released += uint16(count); // at most the count
        emit EscrowReleased(interval, first, count);
    }

    /// @dev Removes the last packed words from the acceptances still bound.
    function _popResult(uint32 interval, Round storage round, Release calldata shown) private {
        if (shown.accepted.length != shown.orders.length.words()) {
            revert PowerTooMany(shown.accepted.length, shown.orders.length.words());
        }
        bytes32 hash = shown.resultBefore;
        for (uint256 i; i < shown.accepted.length; ++i) {
            hash = hash.chain(shown.accepted[i]);
        }
        bytes32 tail = round.released == 0 ? round.result : round.resultTail;
        if (hash != tail) revert PowerNotTheNext(interval, tail, hash);
        round.resultTail = shown.resultBefore;
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IPowerMarket
    function roundOf(uint32 interval) external view returns (PowerRound memory) {
        Round storage round = _rounds[interval];
        return PowerRound({
            stage: stageOf(interval),
            count: round.count,
            released: round.released,
            proposer: round.proposer,
            clearedAt: round.clearedAt,
            orderHash: round.orders,
            resultHash: round.result,
            welfare: round.welfare,
            energyWh: round.energy,
            lossWh: round.loss,
            rent: round.rent
        });
    }

    /// @inheritdoc IPowerMarket
    function priceOf(uint32 interval, uint8 node) external view returns (uint32 price, uint32 source) {
        bool lapsed = stageOf(interval) == PowerStage.Lapsed;
        for (uint32 back; back <= (lapsed ? STALE_INTERVALS : 0) && back <= interval; ++back) {
            source = interval - back;
            if (_rounds[source].proposer == address(0) || node >= GRID.nodesAt(_startOf(source))) continue;
            return (uint32(_rounds[source].prices[node / 8].lane(node)), source); // a lane has 32 bits
        }
        revert PowerNoPrice(interval, node);
    }

    /// @inheritdoc IPowerMarket
    function pricesOf(uint32 interval) external view returns (uint256[] memory packed) {
        packed = new uint256[](GRID.nodesAt(_startOf(interval)).words());
        for (uint256 i; i < packed.length; ++i) {
            packed[i] = _rounds[interval].prices[i];
        }
    }

    /// @inheritdoc IPowerMarket
    function scheduledOf(uint32 interval, uint8 arc) external view returns (ScheduledFlow memory s) {
        Round storage round = _rounds[interval];
        PackedArc word = PackedArc.wrap(GRID.arcAt(arc, _startOf(interval)));
        s.sentWh = round.flows[arc / 8].lane(arc);
        s.arrivingWh = word.arriving(s.sentWh);
        (uint256 from, uint256 to) = (word.from(), word.to());
        uint256 sent = round.prices[from / 8].lane(from) + word.cost();
        s.rent = int256(s.arrivingWh * round.prices[to / 8].lane(to)) - int256(s.sentWh * sent); // 32 bits each
    }
}
