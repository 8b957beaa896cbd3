// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PackedArc, PackedArcLib} from "../types/PackedArc.sol";
import {PackedPowerOrder, PackedPowerOrderLib} from "../types/PackedPowerOrder.sol";

/// @title Clearing
/// @notice Whether prices, acceptances and flows are a welfare optimum of orders and arcs: integers only, one pass.
/// @dev Primal feasibility and complementary slackness of a generalised flow, so that what passes is optimal up to the
/// rounding of prices to one unit. Orders have integer prices, which a price rounded to the nearest integer never passes:
/// no order needs a tolerance. An arc's reduced price is rounded at both ends and has one unit of each.
/// Bounds: lanes have 32 bits, orders are fewer than 2^16 and arcs fewer than 2^8, so no sum here leaves 2^81.
library Clearing {
    using PackedPowerOrderLib for bytes32;
    using PackedPowerOrderLib for uint256;

    /// @dev Result of a clearing. Welfare and rent in [micro-credit × Wh / kWh], energy and loss in [Wh].
    struct Outcome {
        bytes32 orders; // running hash of the orders as they were placed
        bytes32 result; // running hash of what was accepted of them, by packed words
        int256 welfare;
        uint256 energy; // accepted of bids
        uint256 loss; //   of lines: energy sent less energy arriving
        int256 rent; //    congestion rent: value arriving less value sent less cost
    }

    /// @dev Working state. Tables have a word for each node number of 8 bits, so that an order's node is an index without a
    /// check.
    struct Work {
        uint256 nodes;
        uint256 prices; //    table of prices; for {_walk} with {ISOLATED} where no arc leads to
        uint256 balances; //  table, right behind it: [Wh] injected less withdrawn, in two's complement
        uint256 incident; //  table: arcs that touch the node
        uint256[] noted; //   `index | word` of orders that the price alone does not decide
        uint256[] low; //     of isolated nodes: the dearest accepted offer or rejected bid; +1, 0 = none
        uint256[] high; //    the cheapest accepted bid or rejected offer; +1, 0 = none
    }

    uint256 private constant SLACK = 2; // [Wh]
    uint256 private constant ISOLATED = 1 << 32;
    uint256 private constant LANE = ISOLATED - 1;
    uint256 private constant NODE_NUMBERS = 256;
    uint256 private constant INDEX_SHIFT = 144;

    /// @notice Thrown when an acceptance exceeds its order.
    error ClearingOverLimit(uint256 order, uint256 accepted, uint256 limit);
    /// @notice Thrown when an order in the money is not filled.
    error ClearingInTheMoney(uint256 order, uint256 price, uint256 accepted);
    /// @notice Thrown when an order out of the money is accepted.
    error ClearingOutOfTheMoney(uint256 order, uint256 price, uint256 accepted);
    /// @notice Thrown when orders at the money are not accepted in proportion.
    error ClearingNotProRata(uint256 order, uint256 accepted, uint256 due);
    /// @notice Thrown when the flow of an arc exceeds its capacity.
    error ClearingOverCapacity(uint256 arc, uint256 flow, uint256 capacity);
    /// @notice Thrown when an arc with a price difference beyond its cost is not full.
    error ClearingArcNotFull(uint256 arc, int256 gain, uint256 flow);
    /// @notice Thrown when an arc with a price difference below its cost is used.
    error ClearingArcLoses(uint256 arc, int256 gain, uint256 flow);
    /// @notice Thrown when injection and withdrawal at a node differ by more than rounding.
    error ClearingUnbalanced(uint256 node, int256 balance, uint256 slack);
    /// @notice Thrown when the price of an isolated node is not the middle of its feasible range.
    error ClearingNotTheMiddle(uint256 node, uint256 price, uint256 due);
    /// @notice Thrown when packed lanes are too few or too many, or a lane beyond the last is used.
    error ClearingBadLanes(uint256 words, uint256 lanes);

    /// @notice Checks a clearing. `o.orders` comes in as the hash of no order, `o.result` as that of nothing accepted.
    /// @dev Arcs are the grid's own: they lead from and to nodes below `nodes`.
    /// @param orders as they were placed
    /// @param accepted [Wh] eight lanes a word, like `prices` by node and `flows` by arc
    function check(
        Outcome memory o,
        uint256 nodes,
        uint256[] calldata arcs,
        uint256[] calldata orders,
        uint256[] calldata accepted,
        uint256[] calldata prices,
        uint256[] calldata flows
    ) internal pure {
        _checkLanes(accepted, orders.length);
        _checkLanes(prices, nodes);
        _checkLanes(flows, arcs.length);
        Work memory w;
        w.nodes = nodes;
        w.prices = _table(2 * NODE_NUMBERS);
        w.balances = w.prices + 32 * NODE_NUMBERS;
        w.incident = _table(NODE_NUMBERS);
        for (uint256 i; i < nodes; ++i) {
            _store(w.prices, i, prices[i / 8].lane(i));
        }

        _checkArcs(o, w, arcs, flows);
        for (uint256 i; i < nodes; ++i) {
            if (_load(w.incident, i) == 0) _store(w.prices, i, _load(w.prices, i) | ISOLATED);
        }
        _checkMargin(w, _checkOrders(o, w, orders, accepted));
        _checkNodes(w);
    }

    function _checkLanes(uint256[] calldata packed, uint256 lanes) private pure {
        bool fits = packed.length == lanes.words();
        if (fits && lanes % 8 != 0) fits = packed[packed.length - 1] >> (lanes % 8 * 32) == 0;
        if (!fits) revert ClearingBadLanes(packed.length, lanes);
    }

    // ------------------------------------------------------------------ tables

    /// @dev So many words of memory, all 0.
    function _table(uint256 count) private pure returns (uint256 table) {
        uint256[] memory words = new uint256[](count);
        assembly ("memory-safe") {
            table := add(words, 0x20)
        }
    }

    function _load(uint256 table, uint256 i) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(table, shl(5, i)))
        }
    }

    /// @dev `i` has at most 8 bits, or lies in what {_table} gave.
    function _store(uint256 table, uint256 i, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(add(table, shl(5, i)), word)
        }
    }

    // ------------------------------------------------------------------ arcs

    function _checkArcs(Outcome memory o, Work memory w, uint256[] calldata arcs, uint256[] calldata flows)
        private
        pure
    {
        (uint256 prices, uint256 balances, uint256 incident) = (w.prices, w.balances, w.incident);
        uint256 lanes;
        // Sums stay far below 2^255, see above.
        unchecked {
            for (uint256 i; i < arcs.length; ++i) {
                lanes = i & 7 == 0 ? flows[i / 8] : lanes >> 32;
                uint256 flow = lanes & LANE;
                PackedArc arc = PackedArc.wrap(arcs[i]);
                (uint256 from, uint256 to) = (arc.from(), arc.to());
                uint256 sent = _load(prices, from) + arc.cost();
                uint256 worth = _load(prices, to);
                _checkArc(i, arc, flow, int256(worth * arc.efficiency() / PackedArcLib.PPM) - int256(sent));

                _store(incident, from, _load(incident, from) + 1);
                _store(incident, to, _load(incident, to) + 1);
                if (flow == 0) continue;
                uint256 arriving = arc.arriving(flow);
                _store(balances, from, _load(balances, from) - flow);
                _store(balances, to, _load(balances, to) + arriving);
                o.welfare -= int256(flow * arc.cost());
                o.rent += int256(arriving * worth) - int256(flow * sent);
                if (arc.isLine()) o.loss += flow - arriving;
            }
        }
    }

    /// @param gain Margin of sending 1 kWh: price difference minus transmission cost.
    function _checkArc(uint256 i, PackedArc arc, uint256 flow, int256 gain) private pure {
        uint256 capacity = arc.capacity();
        if (flow > capacity) revert ClearingOverCapacity(i, flow, capacity);
        int256 tolerance = 1;
        if (arc.efficiency() > PackedArcLib.PPM) {
            tolerance = int256((arc.efficiency() + PackedArcLib.PPM - 1) / PackedArcLib.PPM);
        }
        if (gain > tolerance && flow != capacity) revert ClearingArcNotFull(i, gain, flow);
        if (gain < -tolerance && flow != 0) revert ClearingArcLoses(i, gain, flow);
    }

    // ------------------------------------------------------------------ orders

    /// @dev Every order off its node's price is settled in the loop of {_walk}; those at it, and all of nodes that no arc
    /// touches, are noted and looked at again.
    function _checkOrders(Outcome memory o, Work memory w, uint256[] calldata orders, uint256[] calldata accepted)
        private
        pure
        returns (uint256 noted)
    {
        w.noted = new uint256[](orders.length);
        uint256 sums = _table(2);
        uint256 stopped;
        (o.orders, stopped, noted) = _walk(o.orders, w.prices, sums, w.noted, orders, accepted);
        if (stopped != orders.length) {
            _refuse(w, stopped, PackedPowerOrder.wrap(orders[stopped]), accepted[stopped / 8]);
        }

        unchecked {
            o.welfare += int256(_load(sums, 0)); // in two's complement
        }
        o.energy = _load(sums, 1);
        for (uint256 i; i < accepted.length; ++i) {
            o.result = o.result.chain(accepted[i]);
        }
    }

    /// @dev The one loop whose gas counts, which is why it is in assembly. The running hash stands in scratch space. An order
    /// of a node that is not there finds a price of 0; the hash of such orders is of no interval.
    /// @param prices table of prices, that of balances right behind it
    /// @param sums table of welfare and energy
    /// @return placed Running hash of the orders.
    /// @return stopped Number of the first order that is not as it must be, or of orders.
    /// @return count How many are noted.
    function _walk(
        bytes32 seed,
        uint256 prices,
        uint256 sums,
        uint256[] memory noted,
        uint256[] calldata orders,
        uint256[] calldata accepted
    ) private pure returns (bytes32 placed, uint256 stopped, uint256 count) {
        assembly ("memory-safe") {
            mstore(0x00, seed)
            let note := add(noted, 0x20)
            let next := accepted.offset
            let at := orders.offset
            let end := add(at, shl(5, orders.length))
            for {} lt(at, end) {} {
                let lanes := calldataload(next)
                next := add(next, 0x20)
                let part := add(at, 0x100)
                if gt(part, end) { part := end }
                for {} lt(at, part) { at := add(at, 0x20) } {
                    let word := calldataload(at)
                    mstore(0x20, word)
                    mstore(0x00, keccak256(0x00, 0x40))
                    let x := and(lanes, 0xffffffff)
                    lanes := shr(32, lanes)
                    let place := add(prices, and(shr(123, word), 0x1fe0))
                    let price := mload(place)
                    let own := and(shr(96, word), 0xffffffff)
                    if gt(price, 0xffffffff) {
                        price := and(price, 0xffffffff)
                        if sub(own, price) {
                            mstore(note, or(shl(144, shr(5, sub(at, orders.offset))), or(word, x)))
                            note := add(note, 0x20)
                        }
                    }
                    switch sub(own, price)
                    case 0 {
                        mstore(note, or(shl(144, shr(5, sub(at, orders.offset))), or(word, x)))
                        note := add(note, 0x20)
                    }
                    default {
                        // In the money a bid is above the price, an offer below it: then all of it, else nothing.
                        let filled := xor(and(shr(136, word), 1), gt(own, price))
                        if sub(x, mul(and(shr(64, word), 0xffffffff), filled)) {
                            end := at
                            break
                        }
                    }
                    if x {
                        place := add(place, 0x2000)
                        switch and(shr(136, word), 1)
                        case 0 {
                            mstore(place, sub(mload(place), x))
                            mstore(sums, add(mload(sums), mul(own, x)))
                            mstore(add(sums, 0x20), add(mload(add(sums, 0x20)), x))
                        }
                        default {
                            mstore(place, add(mload(place), x))
                            mstore(sums, sub(mload(sums), mul(own, x)))
                        }
                    }
                }
            }
            placed := mload(0x00)
            stopped := shr(5, sub(at, orders.offset))
            count := shr(5, sub(note, add(noted, 0x20)))
        }
    }

    function _refuse(Work memory w, uint256 i, PackedPowerOrder order, uint256 lanes) private pure {
        uint256 price = _load(w.prices, order.node()) & LANE;
        bool inTheMoney = order.side() == PackedPowerOrderLib.BID ? order.price() > price : order.price() < price;
        if (inTheMoney) revert ClearingInTheMoney(i, price, lanes.lane(i));
        revert ClearingOutOfTheMoney(i, price, lanes.lane(i));
    }

    /// @dev Orders at one price share in proportion to their limits, by cumulative rounding in the order of the set: the
    /// parts add up exactly, and each is within 1 Wh of its due.
    function _checkMargin(Work memory w, uint256 count) private pure {
        (w.low, w.high) = (new uint256[](w.nodes), new uint256[](w.nodes));
        uint256 limits = _table(2 * NODE_NUMBERS);
        uint256 accepted = _table(2 * NODE_NUMBERS);
        for (uint256 i; i < count; ++i) {
            PackedPowerOrder order = PackedPowerOrder.wrap(w.noted[i]);
            (uint256 x, uint256 limit) = (order.accepted(), order.limit());
            uint256 price = _load(w.prices, order.node());
            if (price & ISOLATED != 0) _bound(w, order);
            if (order.price() != price & LANE) continue;
            if (x > limit) revert ClearingOverLimit(w.noted[i] >> INDEX_SHIFT, x, limit);
            uint256 class = _classOf(order);
            _store(limits, class, _load(limits, class) + limit);
            _store(accepted, class, _load(accepted, class) + x);
        }
        uint256 before = _table(2 * NODE_NUMBERS);
        for (uint256 i; i < count; ++i) {
            PackedPowerOrder order = PackedPowerOrder.wrap(w.noted[i]);
            if (order.price() != _load(w.prices, order.node()) & LANE) continue;
            uint256 class = _classOf(order);
            (uint256 given, uint256 all, uint256 past) =
                (_load(accepted, class), _load(limits, class), _load(before, class));
            uint256 next = past + order.limit();
            _store(before, class, next);
            uint256 due = given * next / all - given * past / all;
            if (order.accepted() != due) revert ClearingNotProRata(w.noted[i] >> INDEX_SHIFT, order.accepted(), due);
        }
    }

    function _classOf(PackedPowerOrder order) private pure returns (uint256) {
        return 2 * order.node() + (order.side() == PackedPowerOrderLib.BID ? 0 : 1);
    }

    // ------------------------------------------------------------------ nodes

    /// @dev Where no arc leads to the price is between what was accepted and what was not.
    function _bound(Work memory w, PackedPowerOrder order) private pure {
        uint256 x = order.accepted();
        uint256 node = order.node();
        bool isBid = order.side() == PackedPowerOrderLib.BID;
        uint256 mark = order.price() + 1;
        bool isLow = isBid ? x < order.limit() : x != 0;
        bool isHigh = isBid ? x != 0 : x < order.limit();
        if (isLow && mark > w.low[node]) w.low[node] = mark;
        if (isHigh && (w.high[node] == 0 || mark < w.high[node])) w.high[node] = mark;
    }

    function _checkNodes(Work memory w) private pure {
        for (uint256 i; i < w.nodes; ++i) {
            uint256 touching = _load(w.incident, i);
            uint256 slack = touching + SLACK;
            int256 balance = int256(_load(w.balances, i)); // in two's complement
            if (balance > int256(slack) || -balance > int256(slack)) revert ClearingUnbalanced(i, balance, slack);
            if (touching != 0) continue;
            uint256 price = _load(w.prices, i) & LANE;
            uint256 due = _middle(w.low[i], w.high[i]);
            if (price != due) revert ClearingNotTheMiddle(i, price, due);
        }
    }

    /// @dev The middle of two marks, rounded down; of one, itself; of none, 0.
    function _middle(uint256 low, uint256 high) private pure returns (uint256) {
        if (low == 0) return high == 0 ? 0 : high - 1;
        return high == 0 ? low - 1 : (low + high - 2) / 2;
    }
}
