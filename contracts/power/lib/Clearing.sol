// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PackedArc, PackedArcLib} from "../../types/PackedArc.sol";
import {PackedCurve, PackedCurveLib} from "../../types/PackedCurve.sol";

/// @title Clearing
/// @notice Whether prices and flows are a welfare optimum of curves and arcs: integers only, one pass.
/// @dev Primal feasibility and complementary slackness of a generalised flow, so that what passes is optimal up to the
/// rounding of prices to one unit. A step in the money is accepted whole and one out of it not at all: there is nothing to
/// show of either. Of the steps at a node's price the clearing says how much is accepted; each gets its part, see
/// {PackedCurveLib-share}. Steps have integer prices and need no tolerance; an arc's reduced price is rounded at both ends
/// and has one unit of each. Flow never goes round: lines in use form no circle, both ways of one line included. A circle of
/// lines can always be reduced to nothing, at no loss of welfare.
/// Bounds: lanes have 32 bits, steps are fewer than 2^16 and arcs fewer than 2^8, so no sum here leaves 2^81.
library Clearing {
    using PackedCurveLib for bytes32;
    using PackedCurveLib for uint256;
    using PackedCurveLib for uint256[];

    /// @dev Result of a clearing. Welfare and rent in [micro-credit × Wh / kWh], energy and loss in [Wh].
    struct Outcome {
        bytes32 curves; // running hash of the curves as they were opened
        int256 welfare;
        uint256 energy; // accepted of bids
        uint256 loss; //   of lines: energy sent less energy arriving
        int256 rent; //    congestion rent: value arriving less value sent less cost
    }

    /// @dev Working state: tables with a word for each node, or two for its sides. Sums are in two's complement.
    struct Work {
        uint256 nodes;
        uint256 prices;
        uint256 balances; // [Wh] injected less withdrawn
        uint256 incident; // arcs that touch the node
        uint256 onward; //   set of the nodes that lines in use lead to
        uint256 limits; //   [Wh] of steps at the price, by side
        uint256 low; //      of isolated nodes: the dearest offer accepted or bid not; +1, 0 = none
        uint256 high; //     the cheapest bid accepted or offer not; +1, 0 = none
    }

    uint256 private constant SLACK = 2; // [Wh]
    uint256 private constant LANE = type(uint32).max;
    /// @dev A node's number in a head has 8 bits, of which tables take 6: curves of other nodes were never opened.
    uint256 private constant NODE_NUMBERS = 64;
    uint256 private constant LANES_PER_NODE = 4;

    /// @notice Thrown when more is accepted at a node's price than there is. Remedy: at most the limits.
    error ClearingOverLimit(uint256 node, uint256 side, uint256 accepted, uint256 limits);
    /// @notice Thrown when the limits stated at a node's price are not those of the curves. Remedy: their sum.
    error ClearingOtherLimits(uint256 node, uint256 side, uint256 stated, uint256 limits);
    /// @notice Thrown when the words of a bidder end inside a curve. Remedy: the words as they were opened.
    error ClearingBadCurve(uint256 bidder);
    /// @notice Thrown when the flow of an arc exceeds its capacity. Remedy: at most that.
    error ClearingOverCapacity(uint256 arc, uint256 flow, uint256 capacity);
    /// @notice Thrown when an arc with a price difference beyond its cost is not full. Remedy: solve to optimality.
    error ClearingArcNotFull(uint256 arc, int256 gain, uint256 flow);
    /// @notice Thrown when an arc with a price difference below its cost is used. Remedy: solve to optimality.
    error ClearingArcLoses(uint256 arc, int256 gain, uint256 flow);
    /// @notice Thrown when lines in use lead in a circle among these nodes. Remedy: take the least flow of it from each.
    error ClearingCircle(uint256 nodes);
    /// @notice Thrown when injection and withdrawal at a node differ by more than rounding. Remedy: balance it.
    error ClearingUnbalanced(uint256 node, int256 balance, uint256 slack);
    /// @notice Thrown when the price of an isolated node is not the middle of its feasible range. Remedy: the one due.
    error ClearingNotTheMiddle(uint256 node, uint256 price, uint256 due);
    /// @notice Thrown when packed lanes are too few or too many, or a lane beyond the last is used. Remedy: a lane each.
    error ClearingBadLanes(uint256 words, uint256 lanes);

    /// @notice Checks a clearing. `o.curves` comes in as the hash of no curve.
    /// @dev Arcs are the grid's own: they lead from and to nodes below `nodes`.
    /// @param curves words of each bidder, in the order of opening
    /// @param margins [Wh] of each node, in lanes: accepted of bids at its price, limits of these bids, and of offers alike
    function check(
        Outcome memory o,
        uint256 nodes,
        uint256[] calldata arcs,
        uint256[][] calldata curves,
        uint256[] calldata margins,
        uint256[] calldata prices,
        uint256[] calldata flows
    ) internal pure {
        _checkLanes(margins, LANES_PER_NODE * nodes);
        _checkLanes(prices, nodes);
        _checkLanes(flows, arcs.length);
        Work memory w;
        w.nodes = nodes;
        w.prices = _table(9 * NODE_NUMBERS);
        w.balances = w.prices + 32 * NODE_NUMBERS;
        w.incident = w.balances + 32 * NODE_NUMBERS;
        w.onward = w.incident + 32 * NODE_NUMBERS;
        w.low = w.onward + 32 * NODE_NUMBERS;
        w.high = w.low + 32 * NODE_NUMBERS;
        w.limits = w.high + 32 * NODE_NUMBERS;
        for (uint256 i; i < nodes; ++i) {
            _store(w.prices, i, prices[i / 8].lane(i));
        }

        _checkArcs(o, w, arcs, flows);
        _checkCircles(w);
        for (uint256 i; i < curves.length; ++i) {
            _addCurves(o, w, i, curves[i]);
        }
        for (uint256 i; i < nodes; ++i) {
            _checkMargin(o, w, margins, i, PackedCurveLib.BID);
            _checkMargin(o, w, margins, i, PackedCurveLib.OFFER);
            _checkNode(w, i);
        }
    }

    function _checkLanes(uint256[] calldata packed, uint256 lanes) private pure {
        bool fits = packed.length == lanes.laneWords();
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

    /// @dev `i` lies in what {_table} gave.
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
                if (!arc.isLine()) continue;
                o.loss += flow - arriving;
                _store(w.onward, from, _load(w.onward, from) | 1 << to);
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

    /// @dev Takes away nodes from which no line leads on to one that is left. Nodes left at the end have a circle.
    function _checkCircles(Work memory w) private pure {
        uint256 left = (1 << w.nodes) - 1;
        for (uint256 before; before != left;) {
            before = left;
            for (uint256 i; i < w.nodes; ++i) {
                if (_load(w.onward, i) & left == 0) left &= ~(1 << i);
            }
        }
        if (left != 0) revert ClearingCircle(left);
    }

    // ------------------------------------------------------------------ curves

    /// @dev Curves are as {PowerBids} takes them, or their hash is of no interval.
    function _addCurves(Outcome memory o, Work memory w, uint256 bidder, uint256[] calldata words) private pure {
        o.curves = o.curves.chain(words.hashOf());
        for (uint256 i; i < words.length;) {
            PackedCurve head = PackedCurve.wrap(words[i]);
            uint256 next = i + 1 + PackedCurveLib.words(head.steps());
            if (next > words.length) revert ClearingBadCurve(bidder);
            uint256 at;
            assembly ("memory-safe") {
                at := add(words.offset, shl(5, add(i, 1)))
            }
            _addCurve(o, w, head, at);
            i = next;
        }
    }

    function _addCurve(Outcome memory o, Work memory w, PackedCurve head, uint256 at) private pure {
        uint256 node = head.node() % NODE_NUMBERS;
        bool buys = head.side() == PackedCurveLib.BID;
        (uint256 filled, uint256 worth, uint256 atPrice, uint256 inner, uint256 outer) =
            _walk(at, head.steps(), _load(w.prices, node), buys);
        // Sums stay far below 2^255, see above.
        unchecked {
            uint256 balance = _load(w.balances, node);
            if (buys) {
                _store(w.balances, node, balance - filled);
                o.welfare += int256(worth);
                o.energy += filled;
            } else {
                _store(w.balances, node, balance + filled);
                o.welfare -= int256(worth);
            }
            if (atPrice != 0) {
                uint256 class = 2 * node + (buys ? 0 : 1);
                _store(w.limits, class, _load(w.limits, class) + atPrice);
            }
        }
        if (_load(w.incident, node) != 0) return;
        _bound(w, node, buys ? outer : inner, buys ? inner : outer);
    }

    /// @dev Prices fall along a bid and rise along an offer, so that the steps in the money come first.
    /// @return filled [Wh] of steps in the money
    /// @return worth their energy times their prices
    /// @return atPrice [Wh] of the step at the price
    /// @return inner price of the last step in the money; +1, 0 = none
    /// @return outer price of the first step out of it; +1, 0 = none
    function _walk(uint256 at, uint256 steps, uint256 price, bool buys)
        private
        pure
        returns (uint256 filled, uint256 worth, uint256 atPrice, uint256 inner, uint256 outer)
    {
        unchecked {
            uint256 lanes;
            for (uint256 i; i < steps; ++i) {
                if (i & 3 == 0) {
                    assembly ("memory-safe") {
                        lanes := calldataload(at)
                        at := add(at, 0x20)
                    }
                }
                uint256 own = lanes & LANE;
                uint256 limit = lanes >> 32 & LANE;
                lanes >>= PackedCurveLib.STEP_BITS;
                if (own == price) {
                    atPrice = limit;
                    continue;
                }
                if (buys ? own < price : own > price) {
                    outer = own + 1;
                    break;
                }
                filled += limit;
                worth += own * limit;
                inner = own + 1;
            }
        }
    }

    // ------------------------------------------------------------------ nodes

    function _checkMargin(Outcome memory o, Work memory w, uint256[] calldata margins, uint256 node, uint256 side)
        private
        pure
    {
        uint256 lane = LANES_PER_NODE * node + 2 * side;
        (uint256 given, uint256 stated) = (margins[lane / 8].lane(lane), margins[lane / 8].lane(lane + 1));
        uint256 limits = _load(w.limits, 2 * node + side);
        if (stated != limits) revert ClearingOtherLimits(node, side, stated, limits);
        if (given > limits) revert ClearingOverLimit(node, side, given, limits);
        if (limits == 0) return;
        uint256 price = _load(w.prices, node);
        uint256 balance = _load(w.balances, node);
        bool buys = side == PackedCurveLib.BID;
        // Sums stay far below 2^255, see above.
        unchecked {
            _store(w.balances, node, buys ? balance - given : balance + given);
            if (buys) {
                o.energy += given;
                o.welfare += int256(given * price);
            } else {
                o.welfare -= int256(given * price);
            }
        }
        (bool some, bool rest) = (given != 0, given != limits);
        if (!buys) (some, rest) = (rest, some);
        _bound(w, node, rest ? price + 1 : 0, some ? price + 1 : 0);
    }

    /// @dev Where no arc leads to the price is between what was accepted and what was not.
    function _bound(Work memory w, uint256 node, uint256 low, uint256 high) private pure {
        if (low > _load(w.low, node)) _store(w.low, node, low);
        uint256 standing = _load(w.high, node);
        if (high != 0 && (standing == 0 || high < standing)) _store(w.high, node, high);
    }

    function _checkNode(Work memory w, uint256 node) private pure {
        uint256 touching = _load(w.incident, node);
        uint256 slack = touching + SLACK;
        int256 balance = int256(_load(w.balances, node)); // in two's complement
        if (balance > int256(slack) || -balance > int256(slack)) revert ClearingUnbalanced(node, balance, slack);
        if (touching != 0) return;
        uint256 price = _load(w.prices, node);
        uint256 due = _middle(_load(w.low, node), _load(w.high, node));
        if (price != due) revert ClearingNotTheMiddle(node, price, due);
    }

    /// @dev The middle of two marks, rounded down; of one, itself; of none, 0.
    function _middle(uint256 low, uint256 high) private pure returns (uint256) {
        if (low == 0) return high == 0 ? 0 : high - 1;
        return high == 0 ? low - 1 : (low + high - 2) / 2;
    }
}
