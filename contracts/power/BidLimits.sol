// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {BidderTerms, CurveSize, IBidLimits, NodeRoot} from "../../interfaces/power/IBidLimits.sol";
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
/// One slot each, and all that {check} reads of a node.
contract BidLimits is IBidLimits {
    /// @dev A struct within it would begin a slot of its own.
    struct Bidder {
        uint32 connections;
        uint32 importWh;
        uint32 exportWh;
        uint8 steps;
        uint32 nextConnections;
        uint32 nextImportWh;
        uint32 nextExportWh;
        uint8 nextSteps;
        uint40 since;
    }

    /// @dev Most that a bidder may bid at a node, by side [Wh]; of its steps.
    struct Most {
        uint256 boughtWh;
        uint256 soldWh;
        uint256 steps;
    }

    struct Node {
        uint32 connections;
        uint32 next;
        uint40 since;
        uint32 importWh;
        uint32 exportWh;
        ParticipantId operator;
    }

    /// @dev Of all bidders at all nodes.
    struct Used {
        uint128 steps;
        uint128 words;
    }

    struct Customers {
        bytes32 root;
        uint32 connections;
        uint64 places; // of its bidder when they were set
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
    /// @dev 89,600 bytes; arcs, margins, prices and flows of the largest grid are 6,300 more.
    uint256 public constant MOST_WORDS = 2_800;
    /// @dev Of a bidder's list in a clearing: where it begins, and its length.
    uint256 private constant LIST_WORDS = 2;
    /// @inheritdoc IBidLimits
    IPowerGrid public immutable GRID;
    IMeterOracle private immutable METERS;
    IRuleSource private immutable RULES;

    mapping(uint256 node => mapping(ParticipantId bidder => Bidder)) private _bidders;
    mapping(uint256 node => Node) private _nodes;
    mapping(uint256 node => mapping(uint256 hour => uint256 word)) private _highs;
    mapping(ParticipantId bidder => Customers) private _customers;
    mapping(ParticipantId bidder => uint64 nodes) private _places; // bits of those where it has steps
    Used private _used;

    constructor(IPowerGrid grid, IMeterOracle meters, IRuleSource rules) {
        (GRID, METERS, RULES) = (grid, meters, rules);
    }

    // ------------------------------------------------------------------ registration

    /// @inheritdoc IBidLimits
    function register(uint8 node, ParticipantId[] calldata bidders, BidderTerms[] calldata terms) external {
        _requireOffice(node);
        bool fits = bidders.length == terms.length && bidders.length != 0 && bidders.length <= MOST_ITEMS;
        if (!fits) revert LimitsBadLists(bidders.length, terms.length, MOST_ITEMS);
        Node memory n = _nodes[node];
        if (block.timestamp < n.since) revert LimitsPending(node, n.since);
        (n.connections, n.since) = (n.next, uint40(block.timestamp + GRID.NOTICE())); // 34,000 years
        Used memory used = _used;
        for (uint256 i; i < bidders.length; ++i) {
            _enter(node, bidders[i], terms[i], n, used);
        }
        if (used.steps > MOST_STEPS) revert LimitsStepsUsed(used.steps, MOST_STEPS);
        if (used.words > MOST_WORDS) revert LimitsStepsUsed(used.words, MOST_WORDS);
        (_used, _nodes[node]) = (used, n);
        emit BiddersRegistered(node, bidders, terms, n.since, msg.sender);
    }

    /// @dev Changes a bidder's terms, and what all of the node and all bidders come to.
    function _enter(uint8 node, ParticipantId id, BidderTerms calldata t, Node memory n, Used memory used) private {
        Bidder memory b = _bidders[node][id];
        if (b.since == n.since) revert LimitsPending(node, n.since);
        if (t.steps > MOST_NODE_STEPS) revert LimitsBadSteps(id, t.steps, MOST_NODE_STEPS);
        if (t.connections != 0) _requireFree(node, id, n.operator, GRID.node(node).metering);
        n.next = n.next + t.connections - b.nextConnections;
        // Sums of less than 2^7 for each of 2^38 registrations.
        used.steps = used.steps + t.steps - b.nextSteps;
        used.words = uint128(_rewritten(node, id, b.nextSteps, t.steps, used.words));
        _bidders[node][id] = _followed(b, t, n.since);
    }

    function _followed(Bidder memory b, BidderTerms calldata t, uint40 since) private pure returns (Bidder memory) {
        return Bidder({
            connections: b.nextConnections,
            importWh: b.nextImportWh,
            exportWh: b.nextExportWh,
            steps: b.nextSteps,
            nextConnections: t.connections,
            nextImportWh: t.importWh,
            nextExportWh: t.exportWh,
            nextSteps: t.steps,
            since: since
        });
    }

    /// @dev Of two curves of so many steps together: a head each, and steps of one in a last word of its own.
    function _wordsOf(uint256 steps) private pure returns (uint256) {
        if (steps < 2) return 2 * steps;
        return 3 + PackedCurveLib.words(steps - 1);
    }

    /// @dev The words of all with a bidder's at a node changed; those of its list come with its first node and go with its last.
    function _rewritten(uint8 node, ParticipantId bidder, uint256 before, uint256 steps, uint256 words)
        private
        returns (uint256)
    {
        uint64 places = _places[bidder];
        uint64 place = uint64(1) << node; // a grid has 64 nodes
        uint64 next = steps == 0 ? places & ~place : places | place;
        if (next != places) _places[bidder] = next;
        if (places == 0 && next != 0) words += LIST_WORDS;
        if (places != 0 && next == 0) words -= LIST_WORDS;
        return words + _wordsOf(steps) - _wordsOf(before);
    }

    /// @inheritdoc IBidLimits
    function setCustomers(uint8 node, ParticipantId bidder, bytes32 customers, uint32 connections) external {
        _requireOffice(node);
        uint64 places = _places[bidder];
        // One list for all that a bidder forfeits: no officer of one node decides for the customers of another.
        for (uint8 i; places >> i != 0; ++i) {
            if (places >> i & 1 != 0) _requireOffice(i);
        }
        _customers[bidder] = Customers(customers, connections, places);
        emit CustomersSet(bidder, customers, connections, msg.sender);
    }

    /// @inheritdoc IBidLimits
    function nameOperator(uint8 node, ParticipantId operator) external {
        GridNode memory g = _requireOffice(node);
        Bidder storage b = _bidders[node][operator];
        bool aggregates = b.connections != 0 || b.nextConnections != 0;
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
        _count(node, start, root, sums);
    }

    /// @inheritdoc IBidLimits
    function countMany(uint40 start, NodeRoot[] calldata nodes) external {
        for (uint256 i; i < nodes.length; ++i) {
            _count(nodes[i].node, start, nodes[i].root, nodes[i].sums);
        }
    }

    function _count(uint8 node, uint40 start, bytes32 root, SumWord sums) private {
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
        Most memory most;
        uint256 node = type(uint256).max;
        uint256 steps;
        for (uint256 i; i < curves.length; ++i) {
            CurveSize calldata c = curves[i];
            if (c.node != node) (node, steps, most) = (c.node, 0, _mostAt(c.node, bidder, time));
            steps += c.steps;
            if (steps > most.steps) revert LimitsTooManySteps(bidder, c.node, steps, most.steps);
            uint256 limit = c.side == PackedCurveLib.BID ? most.boughtWh : most.soldWh;
            if (c.wh > limit) revert LimitsExceeded(bidder, c.node, c.side, c.wh, limit);
        }
    }

    /// @inheritdoc IBidLimits
    function mostOf(ParticipantId bidder, uint8 node, uint8 side, uint256 time) external view returns (uint256) {
        Most memory most = _mostAt(node, bidder, time);
        return side == PackedCurveLib.BID ? most.boughtWh : most.soldWh;
    }

    function _mostAt(uint256 node, ParticipantId bidder, uint256 time) private view returns (Most memory most) {
        BidderTerms memory t = _termsAt(_bidders[node][bidder], time);
        most = Most(t.importWh, t.exportWh, t.steps);
        if (t.connections < LEAST_CONNECTIONS) return most;
        Node memory n = _nodes[node];
        uint256 all = UNDER * (time < n.since ? n.connections : n.next);
        (uint256 bought, uint256 sold) = _highest(n, node, time);
        // Fields of 32 and 30 bits.
        unchecked {
            most.boughtWh += bought * OVER * t.connections / all;
            most.soldWh += sold * OVER * t.connections / all;
        }
    }

    /// @inheritdoc IBidLimits
    function highestOf(uint8 node, uint256 time) external view returns (uint256 importWh, uint256 exportWh) {
        return _highest(_nodes[node], node, time);
    }

    function _highest(Node memory n, uint256 node, uint256 time)
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

    function _termsAt(Bidder memory b, uint256 time) private pure returns (BidderTerms memory) {
        if (time < b.since) return BidderTerms(b.connections, b.importWh, b.exportWh, b.steps);
        return BidderTerms(b.nextConnections, b.nextImportWh, b.nextExportWh, b.nextSteps);
    }

    /// @inheritdoc IBidLimits
    function customersOf(ParticipantId bidder) external view returns (bytes32 root, uint32 connections) {
        Customers memory c = _customers[bidder];
        if (_places[bidder] & ~c.places == 0) return (c.root, c.connections);
    }

    /// @inheritdoc IBidLimits
    function operatorOf(uint8 node) external view returns (ParticipantId) {
        return _nodes[node].operator;
    }
}
