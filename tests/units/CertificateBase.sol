// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleSum} from "../../contracts/lib/MerkleSum.sol";
import {MeterReadings, ReadingWord} from "../../contracts/lib/MeterReadings.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {DeviceId, EnergySource, IEnergyCertificates, MeteredLeaf} from "../../interfaces/units/IEnergyCertificates.sol";
import {IMeterOracle, LeafProof, MeterLeaf} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Curve, Meter, MeterKey, Node} from "../../interfaces/evidence/IMeters.sol";
import {IProjects} from "../../interfaces/evidence/IProjects.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev A wind farm of `dora` with one meter of 2 MW, alone at its node; a meter oracle; real projects.
abstract contract CertificateBase is UnitsBase {
    uint40 internal constant HOUR = 1_612_137_600; // 1 February 2021, on the hour
    uint16 internal constant QUARTER = 900;
    uint40 internal constant NAMEPLATE = 2_000_000; // [W]
    uint256 internal constant LIFETIME = 365 days;
    uint256 internal constant MARGIN = 1_100_000;
    bytes32 internal constant SALT = "salt";
    bytes32 internal constant WINDFARM = "wind farm of Zhangbei";
    uint256 internal constant CLAIMS = EXIT | 1 << (8 + uint256(Exit.Retired)) | 1 << (8 + uint256(Exit.Cancelled));

    address internal notary = makeAddr("notary");
    IMeterOracle internal meters;
    IProjects internal sources;
    IEnergyCertificates internal certificates;
    NodeId internal node;
    MeterId internal meter;
    DeviceId internal farm;

    function _found() internal {
        _foundMeters();
        _foundWith(IProjects(_deploy("Projects", abi.encode(manager, participants, schemes, address(0), meters))));
    }

    function _foundMeters() internal {
        meters = IMeterOracle(
            _deploy(
                "MeterOracle",
                abi.encode(participants, schemes, address(0), address(0), address(this), uint256(0), uint256(0))
            )
        );
    }

    function _foundWith(IProjects projects_) internal {
        sources = projects_;
        certificates = IEnergyCertificates(
            _deploy(
                "EnergyCertificates",
                abi.encode(manager, participants, schemes, meters, projects_, LIFETIME, MARGIN, renderer)
            )
        );
        sources.setClaimant(address(certificates), true);
        certificates.setController(controller, CLAIMS);
        _register(notary);
        node = _node(Carrier.Electricity, QUARTER);
        meter = _meter(node, developer);
        farm = _device(EnergySource.Wind, WINDFARM, meter);
    }

    function _deploy(string memory name, bytes memory args) private returns (address) {
        return vm.deployCode(string.concat(name, ".sol:", name), args);
    }

    /* METERS */

    function _node(Carrier carrier, uint16 intervalS) internal returns (NodeId) {
        (ParticipantId oracle,,) = participants.walletOf(notary);
        vm.prank(officer);
        return meters.openNode(Node(SCHEME, JURISDICTION, carrier, oracle, 12, intervalS, 3 days, 1 days, 6 hours));
    }

    function _meter(NodeId at, ParticipantId owner) internal returns (MeterId) {
        return _meter(at, owner, HOUR - 1 days);
    }

    function _meter(NodeId at, ParticipantId owner, uint40 from) internal returns (MeterId) {
        Meter memory m;
        (m.owner, m.node, m.nameplateW, m.validFrom) = (owner, at, NAMEPLATE, from);
        (m.multiplierMilli, m.digits) = (1_000, 9);
        vm.prank(officer);
        return meters.registerMeter(m, MeterKey("x", "y", from, Curve.P256));
    }

    function _device(EnergySource energy, bytes32 source, MeterId one) internal returns (DeviceId) {
        vm.prank(officer);
        return certificates.registerDevice(energy, HOUR, source, _list(one));
    }

    function _list(MeterId one) internal pure returns (MeterId[] memory list) {
        list = new MeterId[](1);
        list[0] = one;
    }

    /// @dev The leaf of a meter that is alone at its node.
    function _leaf(MeterId whose, uint40 exportWh, Quality quality) internal pure returns (MeteredLeaf memory l) {
        l.salt = SALT;
        l.shown = LeafProof(
            MeterLeaf(keccak256(abi.encode(SALT, whose)), MeterReadings.pack(0, 7, exportWh, 11, quality), "record"),
            0,
            1,
            ""
        );
    }

    function _post(NodeId at, uint40 start, uint8 run, MeteredLeaf memory l) internal {
        MeterLeaf memory leaf = l.shown.leaf;
        bytes32 root = MerkleSum.leaf(leaf.salted, bytes32(ReadingWord.unwrap(leaf.reading)), leaf.recordDigest);
        vm.prank(notary);
        meters.post(at, start, run, root, leaf.reading.sums(), "leaves");
    }

    /// @dev Posts one leaf of the farm for each quarter of hours, a quarter of `energyWh` each.
    function _measured(uint40 from, uint256 hours_, uint40 energyWh) internal returns (MeteredLeaf[] memory leaves) {
        leaves = new MeteredLeaf[](4 * hours_);
        vm.warp(from + hours_ * 1 hours);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = _leaf(meter, energyWh / 4, Quality.Settled);
            _post(node, uint40(from + i * QUARTER), 1, leaves[i]);
        }
    }

    /// @dev Past correction and challenge of what was posted just now.
    function _pass() internal {
        vm.warp(vm.getBlockTimestamp() + 4 days + 2);
    }

    /// @dev Certifies hours of the farm, `energyWh` each; returns the id of the first.
    function _certified(uint40 from, uint256 hours_, uint40 energyWh) internal returns (UnitId) {
        MeteredLeaf[] memory leaves = _measured(from, hours_, energyWh);
        _pass();
        certificates.certify(farm, from, uint8(hours_), leaves, _hint(from));
        return certificates.idOf(farm, from);
    }

    function _hint(uint40 from) internal view returns (uint64) {
        return sources.claimBefore(WINDFARM, from, 1000);
    }

    function _held(address who, UnitId id) internal view returns (uint256) {
        return certificates.balanceOf(who, UnitId.unwrap(id));
    }
}
