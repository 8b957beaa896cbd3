// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {ParticipantId} from "../types/Ids.sol";
import {IPowerGrid} from "./IPowerGrid.sol";

/// @dev Capacity of a bidder at a node, registered by the metering office.
struct BidderTerms {
    uint32 connections; // of customers it bids for; 0 for a plant or a large user
    uint32 importWh; //    [Wh] of an interval, by the rating of its own devices
    uint32 exportWh; //    [Wh]
    uint8 steps; //        of its curves at the node, both sides together, at most 64
}

/// @dev Size of a curve.
struct CurveSize {
    uint8 node;
    uint8 side;
    uint8 steps;
    uint256 wh;
}

/// @dev A node's final root of an interval.
struct NodeRoot {
    uint8 node;
    bytes32 root;
    SumWord sums;
}

/// @title IBidLimits
/// @notice How much a participant may bid at a node: its share of the connections there of the energy it really meters, and the
/// rating of its own devices.
/// @dev So nothing is bid that is not there: a book cannot be filled, nor a price made, for nothing. Terms count
/// {IPowerGrid-NOTICE} after their block, and bids are committed at most that long ahead, so that no bid made within its
/// limits is beyond them when it is opened.
interface IBidLimits {
    /// @notice Emitted when bidders of a node are registered.
    /// @param since [s] start of validity
    event BiddersRegistered(
        uint8 indexed node, ParticipantId[] bidders, BidderTerms[] terms, uint40 since, address officer
    );

    /// @notice Emitted when the root over a bidder's customers changes.
    /// @param customers root over {Merkle} leaves `abi.encode(salt, key)`, one a connection
    event CustomersSet(ParticipantId indexed bidder, bytes32 customers, uint32 connections, address officer);

    /// @notice Emitted when the operator that settles a node is named.
    event OperatorNamed(uint8 indexed node, ParticipantId indexed operator, address officer);

    /// @notice Emitted when the energy is set that a node is expected to meter at most while nothing was metered.
    event ExpectedSet(uint8 indexed node, uint32 importWh, uint32 exportWh, address officer);

    /// @notice Emitted when a node's metered energy of an interval is counted.
    event MeteringCounted(uint8 indexed node, uint40 start, uint256 importWh, uint256 exportWh);

    /// @notice Thrown when lists differ in length, are empty, or longer than the limit. Remedy: lists of one length up to it.
    error LimitsBadLists(uint256 bidders, uint256 terms, uint256 limit);
    /// @notice Thrown when the steps of all bidders, or the words of their curves, would be more than a clearing can show. Remedy:
    /// fewer steps each, or fewer curves.
    error LimitsStepsUsed(uint256 steps, uint256 limit);
    /// @notice Thrown when steps at a node are beyond what two curves have. Remedy: at most `limit`.
    error LimitsBadSteps(ParticipantId bidder, uint256 steps, uint256 limit);
    /// @notice Thrown when an earlier change of the node is not yet valid. Remedy: wait until then.
    error LimitsPending(uint8 node, uint256 until);
    /// @notice Thrown when operator, aggregator and oracle of a node would not be three participants. Remedy: another one.
    error LimitsRoleTaken(uint8 node, ParticipantId participant);
    /// @notice Thrown when a curve is of more energy than its bidder may bid [Wh]. Remedy: at most `limit`.
    error LimitsExceeded(ParticipantId bidder, uint8 node, uint8 side, uint256 wh, uint256 limit);
    /// @notice Thrown when curves at a node have more steps than registered. Remedy: at most `limit`.
    error LimitsTooManySteps(ParticipantId bidder, uint8 node, uint256 steps, uint256 limit);
    /// @notice Thrown when metered energy can still change. Remedy: count it after the oracle's windows.
    error LimitsNotFinal(uint8 node, uint40 start);

    /// @notice Registers bidders of a node, at most 50. Caller: power MARKET in its scheme and jurisdiction.
    function register(uint8 node, ParticipantId[] calldata bidders, BidderTerms[] calldata terms) external;

    /// @notice Sets the root over a bidder's customers, who share what it forfeits. Caller: power MARKET at the node, and at every
    /// other where the bidder has steps.
    /// @dev The list counts until the bidder has steps at a further node: then it is set again.
    function setCustomers(uint8 node, ParticipantId bidder, bytes32 customers, uint32 connections) external;

    /// @notice Names the operator of a node: neither an aggregator there nor its oracle. Caller: power MARKET there.
    function nameOperator(uint8 node, ParticipantId operator) external;

    /// @notice Sets the energy a node is expected to meter at most in an interval, for hours of which nothing was counted in four
    /// weeks. Caller: power MARKET there.
    function setExpected(uint8 node, uint32 importWh, uint32 exportWh) external;

    /// @notice Counts a node's metered energy of an interval, from the oracle's final root. Caller: any account.
    function count(uint8 node, uint40 start, bytes32 root, SumWord sums) external;

    /// @notice Counts the metered energy of several nodes in an interval, each as {count}.
    function countMany(uint40 start, NodeRoot[] calldata nodes) external;

    /// @notice Reverts unless a bidder may open these curves, in rising order of nodes, for the interval at `time` [s].
    function check(ParticipantId bidder, uint256 time, CurveSize[] calldata curves) external view;

    /// @notice Energy that a bidder may bid at a node and side in an interval at `time` [Wh].
    function mostOf(ParticipantId bidder, uint8 node, uint8 side, uint256 time) external view returns (uint256);

    /// @notice Highest metered energy of a node in an interval of that hour of day, in four weeks up to `time` [Wh].
    function highestOf(uint8 node, uint256 time) external view returns (uint256 importWh, uint256 exportWh);

    /// @notice Terms of a bidder at `time` [s].
    function termsOf(uint8 node, ParticipantId bidder, uint256 time) external view returns (BidderTerms memory);

    /// @notice Root over a bidder's customers, and their number; 0 when it has steps at a node that the list is not of.
    function customersOf(ParticipantId bidder) external view returns (bytes32 root, uint32 connections);

    /// @notice Operator of a node; 0 = none.
    function operatorOf(uint8 node) external view returns (ParticipantId);

    /// @notice Grid of nodes.
    function GRID() external view returns (IPowerGrid);

    /// @notice Least connections of an aggregator at a node: a curve of fewer would show its customers.
    function LEAST_CONNECTIONS() external view returns (uint256);

    /// @notice Steps of all bidders together.
    function MOST_STEPS() external view returns (uint256);

    /// @notice Words that all curves may have together, heads and the list of each bidder included: a clearing fits 100 kB.
    function MOST_WORDS() external view returns (uint256);
}
