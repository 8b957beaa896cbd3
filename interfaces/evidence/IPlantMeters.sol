// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SumWord} from "../../contracts/lib/MerkleSum.sol";
import {InstallationId} from "../types/Ids.sol";
import {NodeId} from "../types/MeterTypes.sol";

/// @title IPlantMeters
/// @notice Holds a report of more electricity than the plant's own meters can have measured.
/// @dev A plant's meters are registered at a node of their own, which an officer links to the plant. Final runs of the year
/// are counted, by any caller, in any order, each interval once. In the rest, the plant may have run at its capacity:
/// the bound is never below the truth and falls as intervals are counted. A report above it is disputed by this contract,
/// which needs the power DISPUTE in the plant's scheme; an officer decides. Plants without a link are not concerned, and
/// the EmissionsOracle needs no gas for it.
interface IPlantMeters {
    /// @notice Emitted when a node is linked as the one that meters all of a plant's output.
    event PlantLinked(InstallationId indexed installation, NodeId indexed node, address officer);

    /// @notice Emitted when intervals of a year are counted.
    /// @param first [s] start of the first; the others follow without a gap
    /// @param exportWh [Wh] of all these intervals
    event OutputCounted(
        InstallationId indexed installation,
        uint16 indexed year,
        NodeId indexed node,
        uint40 first,
        uint256 intervals,
        uint256 exportWh
    );

    /// @notice Emitted when a report is held. Output [MWh].
    event ReportHeld(InstallationId indexed installation, uint16 indexed year, uint256 reportedMwh, uint256 mostMwh);

    /// @notice Thrown when a node is not of electricity, or of another scheme or jurisdiction than the plant.
    error PlantMetersOtherNode(InstallationId installation, NodeId node);
    /// @notice Thrown when the node is another plant's.
    error PlantMetersNodeTaken(NodeId node, InstallationId installation);
    /// @notice Thrown when a plant has no node.
    error PlantMetersNotLinked(InstallationId installation);
    /// @notice Thrown when there are no roots, or not one sum for each.
    error PlantMetersBadCount(uint256 roots, uint256 sums);
    /// @notice Thrown when an interval is not within the year.
    error PlantMetersOutsideYear(uint16 year, uint256 start);
    /// @notice Thrown when an interval was counted before.
    error PlantMetersCounted(NodeId node, uint256 start);
    /// @notice Thrown when an interval can still change, or a leaf of it is held.
    error PlantMetersNotFinal(NodeId node, uint256 start);
    /// @notice Thrown when a report is not above the bound [MWh].
    error PlantMetersWithin(InstallationId installation, uint16 year, uint256 reportedMwh, uint256 mostMwh);

    /// @notice Links a plant to the node at which all its output is metered. Caller: power METER where the plant
    /// stands.
    function link(InstallationId installation, NodeId node) external;

    /// @notice Counts intervals of a year that follow one another, by their final runs. Any caller.
    /// @param first [s] start of the first
    function count(
        InstallationId installation,
        uint16 year,
        uint40 first,
        bytes32[] calldata roots,
        SumWord[] calldata sums
    ) external;

    /// @notice Disputes the report of a year that is above {mostMwh}. Any caller, as long as reports can be disputed.
    function hold(InstallationId installation, uint16 year) external;

    /// @notice The node at which a plant's output is metered; 0 = not linked.
    function nodeOf(InstallationId installation) external view returns (NodeId);

    /// @notice Energy and intervals counted of a year at the plant's node.
    function countedOf(InstallationId installation, uint16 year)
        external
        view
        returns (uint256 exportWh, uint256 intervals);

    /// @notice Most [MWh, up] the plant can have delivered in a year: the energy counted, and its capacity for the
    /// rest.
    function mostMwh(InstallationId installation, uint16 year) external view returns (uint256);
}
