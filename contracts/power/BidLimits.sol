// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {BidderTerms, CurveSize, IBidLimits} from "../../interfaces/power/IBidLimits.sol";
import {GridNode, IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {NodeId} from "../../interfaces/types/MeterTypes.sol";
import {SumWord} from "../lib/MerkleSum.sol";
import {PackedCurveLib} from "../types/PackedCurve.sol";

/// @title BidLimits
/// @notice What may be bid at a node, see {IBidLimits}.
/// @dev An aggregator's part is its connections there, over all connections there, of 3/2 of the highest energy metered in that
/// hour of day in four weeks. Storage, by slot:
///
///     bidder   connections 32 · import 32 · export 32 · steps 8, now and next · since 40    by (node, participant)
///     node     connections 32, now and next · since 40 · expected import 32 · export 32 · operator 24
///     high     weeks since 1970 16 · four weeks of import 30 · export 30                     by (node, hour of day)
///
/// A bidder's three slots of a node are all that {check} reads.
contract BidLimits is IBidLimits {
    struct Bidder {
        BidderTerms now_;
        BidderTerms next;
        uint40 since;
    }

    struct Node {
        uint32 connections;
        uint32 next;
        uint40 since;
        uint32 importWh;
        uint32 exportWh;
        ParticipantId operator;
    }

    struct Customers {
        bytes32 root;
        uint32 connections;
    }

    uint256 private constant MOST_ITEMS = 50;
    uint256 private constant MOST_NODE_STEPS = 2 * PackedCurveLib.MOST_STEPS;
    /// @dev Margin over what was metered: 3/2.
    uint256 private constant OVER = 3;
    uint256 private constant UNDER = 2;
    uint256 private constant WEEKS = 4;
    uint256 private constant WEEK_BITS = 16;
    uint256 private constant ENERGY_BITS = 30;
    uint256 private constant ENERGY = (1 << ENERGY_BITS) - 1;

    /// @inheritdoc IBidLimits
    uint256 public constant LEAST_CONNECTIONS = 10;
    /// @inheritdoc IBidLimits
    uint256 public constant MOST_STEPS = 8_000;
    /// @inheritdoc IBidLimits
    IPowerGrid public immutable GRID;
    IMeterOracle private immutable METERS;
    IRuleSource private immutable RULES;

    mapping(uint256 node => mapping(ParticipantId bidder => Bidder)) private _bidders;
    mapping(uint256 node => Node) private _nodes;
    mapping(uint256 node => mapping(uint256 hour => uint256 word)) private _highs;
    mapping(ParticipantId bidder => Customers) private _customers;
    uint256 private _steps;

    constructor(IPowerGrid grid, IMeterOracle meters, IRuleSource rules) {
        (GRID, METERS, RULES) = (grid, meters, rules);
    }

    // ------------------------------------------------------------------ registration

    /// @inheritdoc IBidLimits
    function register(uint8 node, ParticipantId[] calldata bidders, BidderTerms[] calldata terms) external {
        GridNode memory g = _requireOffice(node);
        bool fits = bidders.length == terms.length && bidders.length != 0 && bidders.length <= MOST_ITEMS;
        if (!fits) revert LimitsBadLists(bidders.length, terms.length, MOST_ITEMS);
        Node memory n = _nodes[node];
        if (block.timestamp < n.since) revert LimitsPending(node, n.since);
        (n.connections, n.since) = (n.next, uint40(block.timestamp + GRID.NOTICE())); // 34,000 years
        uint256 steps = _steps;
        for (uint256 i; i < bidders.length; ++i) {
            Bidder storage b = _bidders[node][bidders[i]];
            if (b.since == n.since) revert LimitsPending(node, n.since);
            BidderTerms calldata t = terms[i];
            if (t.steps > MOST_NODE_STEPS) revert LimitsBadSteps(bidders[i], t.steps, MOST_NODE_STEPS);
            if (t.connections != 0) _requireFree(node, bidders[i], n.operator, g.metering);
            BidderTerms memory before = b.next;
            n.next = n.next + t.connections - before.connections;
            steps = steps + t.steps - before.steps;
            (b.now_, b.next, b.since) = (before, t, n.since);
        }
        if (steps > MOST_STEPS) revert LimitsStepsUsed(steps, MOST_STEPS);
        (_steps, _nodes[node]) = (steps, n);
        emit BiddersRegistered(node, bidders, terms, n.since, msg.sender);
    }

    /// @inheritdoc IBidLimits
    function setCustomers(uint8 node, ParticipantId bidder, bytes32 customers, uint32 connections) external {
        _requireOffice(node);
        _customers[bidder] = Customers(customers, connections);
        emit CustomersSet(bidder, customers, connections, msg.sender);
    }

    /// @inheritdoc IBidLimits
    function nameOperator(uint8 node, ParticipantId operator) external {
        GridNode memory g = _requireOffice(node);
        Bidder storage b = _bidders[node][operator];
        bool aggregates = b.now_.connections != 0 || b.next.connections != 0;
        if (aggregates) revert LimitsRoleTaken(node, operator);
        _requireFree(node, operator, ParticipantId.wrap(0), g.metering);
        _nodes[node].operator = operator;
        emit OperatorNamed(node, operator, msg.sender);
    }

    /// @inheritdoc IBidLimits
    function setExpected(uint8 node, uint32 importWh, uint32 exportWh) external {
        _requireOffice(node);
        (_nodes[node].importWh, _nodes[node].exportWh) = (importWh, exportWh);
        emit ExpectedSet(node, importWh, exportWh, msg.sender);
    }

    function _requireOffice(uint8 node) private view returns (GridNode memory g) {
        g = GRID.node(node);
        RULES.checkPower(msg.sender, g.scheme, g.jurisdiction, Powers.MARKET);
    }

    /// @dev The participant has no other of the three roles.
    function _requireFree(uint8 node, ParticipantId participant, ParticipantId operator, uint24 metering) private view {
        bool taken = participant == operator;
        if (metering != 0 && METERS.node(NodeId.wrap(metering)).oracle == participant) taken = true;
        if (taken) revert LimitsRoleTaken(node, participant);
    }

    // ------------------------------------------------------------------ metered energy

    /// @inheritdoc IBidLimits
    function count(uint8 node, uint40 start, bytes32 root, SumWord sums) external {
        (, bool isFinal) = METERS.checkRoot(NodeId.wrap(GRID.node(node).metering), start, root, sums);
        if (!isFinal) revert LimitsNotFinal(node, start);
        (uint256 hour, uint256 week) = _timeOf(start);
        uint256 word = _since(_highs[node][hour], week);
        // A lane that is full allows less than was metered, never more.
        (uint256 bought, uint256 sold) = (_capped(sums.importWh()), _capped(sums.exportWh()));
        uint256 behind = uint256(uint16(word)) - week; // weeks that came after
        if (behind < WEEKS) {
            uint256 shift = WEEK_BITS + behind * 2 * ENERGY_BITS;
            (uint256 a, uint256 b) = (word >> shift & ENERGY, word >> shift + ENERGY_BITS & ENERGY);
            uint256 others = word & ~(((1 << 2 * ENERGY_BITS) - 1) << shift);
            if (bought > a) a = bought;
            if (sold > b) b = sold;
            _highs[node][hour] = others | (b << ENERGY_BITS | a) << shift;
        }
        emit MeteringCounted(node, start, sums.importWh(), sums.exportWh());
    }

    /// @dev The word as it stands in a week: older lanes move up, and out after four.
    function _since(uint256 word, uint256 week) private pure returns (uint256) {
        uint256 last = uint16(word);
        if (last >= week) return word;
        uint256 shift = (week - last) * 2 * ENERGY_BITS;
        uint256 lanes = word >> WEEK_BITS;
        lanes = shift < 256 ? lanes << shift & type(uint256).max >> WEEK_BITS : 0;
        return lanes << WEEK_BITS | week;
    }

    function _capped(uint256 wh) private pure returns (uint256) {
        return wh < ENERGY ? wh : ENERGY;
    }

    function _timeOf(uint256 time) private pure returns (uint256 hour, uint256 week) {
        return (time / 1 hours % 24, time / 1 weeks);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IBidLimits
    function check(ParticipantId bidder, uint256 time, CurveSize[] calldata curves) external view {
        uint256 steps;
        for (uint256 i; i < curves.length; ++i) {
            CurveSize calldata c = curves[i];
            BidderTerms memory t = _termsAt(_bidders[c.node][bidder], time);
            steps = (i != 0 && curves[i - 1].node == c.node ? steps : 0) + c.steps;
            if (steps > t.steps) revert LimitsTooManySteps(bidder, c.node, steps, t.steps);
            uint256 most = _most(t, c.node, c.side, time);
            if (c.wh > most) revert LimitsExceeded(bidder, c.node, c.side, c.wh, most);
        }
    }

    /// @inheritdoc IBidLimits
    function mostOf(ParticipantId bidder, uint8 node, uint8 side, uint256 time) external view returns (uint256) {
        return _most(_termsAt(_bidders[node][bidder], time), node, side, time);
    }

    function _most(BidderTerms memory t, uint8 node, uint8 side, uint256 time) private view returns (uint256 most) {
        bool buys = side == PackedCurveLib.BID;
        most = buys ? t.importWh : t.exportWh;
        if (t.connections < LEAST_CONNECTIONS) return most;
        Node memory n = _nodes[node];
        uint256 all = time < n.since ? n.connections : n.next;
        (uint256 bought, uint256 sold) = _highest(n, node, time);
        most += (buys ? bought : sold) * OVER * t.connections / (UNDER * all);
    }

    /// @inheritdoc IBidLimits
    function highestOf(uint8 node, uint256 time) external view returns (uint256 importWh, uint256 exportWh) {
        return _highest(_nodes[node], node, time);
    }

    function _highest(Node memory n, uint8 node, uint256 time)
        private
        view
        returns (uint256 importWh, uint256 exportWh)
    {
        (uint256 hour, uint256 week) = _timeOf(time);
        uint256 lanes = _since(_highs[node][hour], week) >> WEEK_BITS;
        if (lanes == 0) return (n.importWh, n.exportWh);
        for (; lanes != 0; lanes >>= 2 * ENERGY_BITS) {
            (uint256 a, uint256 b) = (lanes & ENERGY, lanes >> ENERGY_BITS & ENERGY);
            if (a > importWh) importWh = a;
            if (b > exportWh) exportWh = b;
        }
    }

    /// @inheritdoc IBidLimits
    function termsOf(uint8 node, ParticipantId bidder, uint256 time) external view returns (BidderTerms memory) {
        return _termsAt(_bidders[node][bidder], time);
    }

    function _termsAt(Bidder storage b, uint256 time) private view returns (BidderTerms memory) {
        Bidder memory read = b;
        return time < read.since ? read.now_ : read.next;
    }

    /// @inheritdoc IBidLimits
    function customersOf(ParticipantId bidder) external view returns (bytes32 root, uint32 connections) {
        Customers memory c = _customers[bidder];
        return (c.root, c.connections);
    }

    /// @inheritdoc IBidLimits
    function operatorOf(uint8 node) external view returns (ParticipantId) {
        return _nodes[node].operator;
    }
}
