// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IEmissionsOracle} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {InstallationId} from "../../interfaces/types/Ids.sol";
import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Node} from "../../interfaces/evidence/IMeters.sol";
import {IPlantMeters} from "../../interfaces/evidence/IPlantMeters.sol";
import {IReporterSource, IReportRuleSource} from "../../interfaces/rules/IReportSources.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {NodeId} from "../../interfaces/types/MeterTypes.sol";
import {SumWord} from "../lib/MerkleSum.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";

/// @title PlantMeters
contract PlantMeters is IPlantMeters {
    uint256 private constant HELD = 3; // quality of a leaf whose energy is in no sum
    uint256 private constant WH_PER_MWH = 1e6;
    uint256 private constant WH_PER_KWH = 1_000;

    IReporterSource public immutable PARTICIPANTS;
    IReportRuleSource public immutable SCHEMES;
    IEmissionsOracle public immutable EMISSIONS;
    IMeterOracle public immutable METERS;

    /// @dev Of one node and year.
    struct Counted {
        uint128 exportWh;
        uint128 intervals;
    }

    mapping(InstallationId installation => NodeId) public nodeOf;
    mapping(NodeId node => InstallationId) private _plants;
    mapping(NodeId node => mapping(uint16 year => Counted)) private _counted;
    /// @dev Bit `i % 256` of word `i / 256` is set when interval number i of the year is counted.
    mapping(NodeId node => mapping(uint16 year => mapping(uint256 word => uint256))) private _seen;

    constructor(
        IReporterSource participants,
        IReportRuleSource schemes,
        IEmissionsOracle emissions,
        IMeterOracle meters
    ) {
        PARTICIPANTS = participants;
        SCHEMES = schemes;
        EMISSIONS = emissions;
        METERS = meters;
    }

    /// @inheritdoc IPlantMeters
    function link(InstallationId installation, NodeId node) external {
        InstallationWord plant = PARTICIPANTS.installation(installation);
        SCHEMES.checkPower(msg.sender, plant.schemeOf(), plant.jurisdictionOf(), Powers.METER);
        Node memory n = METERS.node(node);
        bool same = n.scheme == plant.schemeOf() && n.jurisdiction == plant.jurisdictionOf();
        if (!same || n.carrier != Carrier.Electricity) revert PlantMetersOtherNode(installation, node);
        if (InstallationId.unwrap(_plants[node]) != 0) revert PlantMetersNodeTaken(node, _plants[node]);

        _plants[nodeOf[installation]] = InstallationId.wrap(0);
        _plants[node] = installation;
        nodeOf[installation] = node;
        emit PlantLinked(installation, node, msg.sender);
    }

    /// @inheritdoc IPlantMeters
    function count(
        InstallationId installation,
        uint16 year,
        uint40 first,
        bytes32[] calldata roots,
        SumWord[] calldata sums
    ) external {
        if (roots.length == 0 || roots.length != sums.length) {
            revert PlantMetersBadCount(roots.length, sums.length);
        }
        NodeId node = _nodeOf(installation);
        int256 zone = SCHEMES.schemeInfo(PARTICIPANTS.installation(installation).schemeOf()).utcOffset;
        uint256 begin = ReportingYear.start(year, zone);
        uint256 step = METERS.node(node).intervalS;
        // A year has fewer seconds than 40 bits hold, and so many roots no block takes.
        uint256 end = first + roots.length * step;
        if (first < begin || end > ReportingYear.start(uint256(year) + 1, zone)) {
            revert PlantMetersOutsideYear(year, first);
        }

        mapping(uint256 => uint256) storage seen = _seen[node][year];
        uint256 exportWh;
        for (uint256 i; i < roots.length; ++i) {
            uint256 start = first + i * step;
            _mark(seen, node, start, (start - begin) / step);
            (, bool isFinal) = METERS.checkRoot(node, uint40(start), roots[i], sums[i]); // before `end`, see above
            if (!isFinal || sums[i].countOf(HELD) != 0) revert PlantMetersNotFinal(node, start);
            exportWh += sums[i].exportWh();
        }

        Counted memory c = _counted[node][year];
        // 47 bits for each interval, and no more intervals than a year has seconds.
        _counted[node][year] = Counted(c.exportWh + uint128(exportWh), c.intervals + uint128(roots.length));
        emit OutputCounted(installation, year, node, first, roots.length, exportWh);
    }

    function _mark(mapping(uint256 => uint256) storage seen, NodeId node, uint256 start, uint256 number) private {
        uint256 word = seen[number / 256];
        uint256 bit = 1 << number % 256;
        if (word & bit != 0) revert PlantMetersCounted(node, start);
        seen[number / 256] = word | bit;
    }

    /// @inheritdoc IPlantMeters
    function hold(InstallationId installation, uint16 year) external {
        uint256 most = mostMwh(installation, year);
        uint256 reported = EMISSIONS.record(installation, year).recordPower();
        if (reported <= most) revert PlantMetersWithin(installation, year, reported, most);

        emit ReportHeld(installation, year, reported, most);
        EMISSIONS.dispute(installation, year, keccak256(abi.encode("above its meters", reported, most)));
    }

    /// @inheritdoc IPlantMeters
    function countedOf(InstallationId installation, uint16 year)
        external
        view
        returns (uint256 exportWh, uint256 intervals)
    {
        Counted memory c = _counted[nodeOf[installation]][year];
        return (c.exportWh, c.intervals);
    }

    /// @inheritdoc IPlantMeters
    function mostMwh(InstallationId installation, uint16 year) public view returns (uint256) {
        NodeId node = _nodeOf(installation);
        Counted memory c = _counted[node][year];
        uint256 restS = ReportingYear.hoursOf(year) * 1 hours - c.intervals * METERS.node(node).intervalS;
        uint256 restWh =
            Math.ceilDiv(PARTICIPANTS.installation(installation).capacityOf() * WH_PER_KWH * restS, 1 hours);
        return Math.ceilDiv(c.exportWh + restWh, WH_PER_MWH);
    }

    function _nodeOf(InstallationId installation) private view returns (NodeId node) {
        node = nodeOf[installation];
        if (NodeId.unwrap(node) == 0) revert PlantMetersNotLinked(installation);
    }
}
