// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {MerkleSum} from "../../contracts/lib/MerkleSum.sol";
import {MeterReadings, ReadingWord} from "../../contracts/lib/MeterReadings.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {
    DeviceId,
    EnergySource,
    IEnergyCertificates,
    IEnergyCertificatesErrors,
    MeteredLeaf
} from "../../interfaces/units/IEnergyCertificates.sol";
import {LeafProof, MeterLeaf} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Curve, Meter, MeterKey, Node} from "../../interfaces/evidence/IMeters.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {IProjectRegister, ProjectId} from "../../interfaces/evidence/IProjects.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {AttackCase} from "./AttackCase.sol";

/// @dev The same MWh as a credit and as a certificate, by whoever and in whatever order. The developer's project counts
/// what a wind farm saves; its meter is one of the MeterOracle. The administrator has every right that can be given.
contract DoubleCountingCertificatesTest is AttackCase {
    bytes32 private constant SALT = "salt";
    uint40 private constant QUARTER = 900;

    IEnergyCertificates private certificates;
    NodeId private node;
    MeterId private meter;
    DeviceId private device;
    address private notary;

    function setUp() public override {
        super.setUp();
        ParticipantId oracleId;
        (oracleId, notary,) = _participant("notary", ParticipantKinds.TRADER);
        bytes memory args = abi.encode(
            manager, participants, schemes, meters, projects, uint256(900 days), uint256(1_100_000), address(0)
        );
        certificates = IEnergyCertificates(_new("EnergyCertificates", args));
        projects.setClaimant(address(certificates), true);
        vm.startPrank(admin);
        node = meters.openNode(
            Node(CHINA, 1, Carrier.Electricity, oracleId, 12, uint16(QUARTER), 3 days, 1 days, 6 hours)
        );
        meter = _meter();
        device = certificates.registerDevice(EnergySource.Wind, FROM, SOURCE, _list(meter));
        vm.stopPrank();
    }

    function _meter() private returns (MeterId) {
        Meter memory m;
        (m.owner, m.node, m.nameplateW, m.validFrom) = (developer, node, 2_000_000, FROM);
        (m.multiplierMilli, m.digits) = (1_000, 9);
        return meters.registerMeter(m, MeterKey("x", "y", FROM, Curve.P256));
    }

    function _list(MeterId one) private pure returns (MeterId[] memory list) {
        list = new MeterId[](1);
        list[0] = one;
    }

    function _name(MeterId one) private pure returns (bytes32) {
        return bytes32(uint256(MeterId.unwrap(one)));
    }

    /// @dev Final leaves of the hour that begins at `hour`.
    function _leaves(MeterId whose, uint40 hour) private returns (MeteredLeaf[] memory leaves) {
        leaves = new MeteredLeaf[](4);
        for (uint40 i; i < 4; ++i) {
            ReadingWord reading = MeterReadings.pack(0, 0, 250_000, i, Quality.Settled);
            MeterLeaf memory leaf = MeterLeaf(keccak256(abi.encode(SALT, whose)), reading, "record");
            leaves[i] = MeteredLeaf(SALT, LeafProof(leaf, 0, 1, ""));
            bytes32 root = MerkleSum.leaf(leaf.salted, bytes32(ReadingWord.unwrap(reading)), "record");
            vm.prank(notary);
            meters.post(node, hour + i * QUARTER, 1, root, reading.sums(), "leaves");
        }
        vm.warp(vm.getBlockTimestamp() + 4 days + 2);
    }

    function _overlap(uint256 from, uint256 until, uint256 otherFrom, uint256 otherUntil)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, from, until, otherFrom, otherUntil);
    }

    function test_certificateAndCredit_creditFirst() public {
        uint40 hour = uint40(HALF) - 1 hours;
        MeteredLeaf[] memory leaves = _leaves(meter, hour);
        bytes memory taken = _overlap(hour, HALF, FROM, HALF);
        for (uint256 i; i < 2; ++i) {
            vm.prank(i == 0 ? dora : admin);
            vm.expectRevert(taken);
            certificates.certify(device, hour, 1, leaves, FROM);
        }
    }

    function test_certificateAndCredit_certificateFirst() public {
        uint40 hour = uint40(YEAR_END) - 24 hours;
        certificates.certify(device, hour, 1, _leaves(meter, hour), FROM);
        bytes memory taken = _overlap(HALF, YEAR_END, hour, hour + 1 hours);
        _refused(dora, _monitored(HALF, uint64(YEAR_END)), FROM, taken);
        _refused(admin, _monitored(HALF, uint64(YEAR_END)), FROM, taken);
        // Up to the hour, nothing is in the way.
        _submit(_monitored(HALF, hour), FROM);
    }

    /// @dev Another name for the same plant, to have a set of claims of its own.
    function test_certificateAndCredit_deviceOfAnotherSource() public {
        bytes32[] memory named = new bytes32[](1);
        vm.prank(admin);
        MeterId second = _meter();
        named[0] = _name(second);
        vm.prank(dora);
        ProjectId fresh = projects.register(FOREST, 156, FROM, UNTIL, "a wind farm", _place(), named, WHY);
        vm.startPrank(admin);
        _validate(fresh);
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsMeterBound.selector, named[0], bytes32("a wind farm"))
        );
        certificates.registerDevice(EnergySource.Wind, FROM, "another name", _list(second));
        // As a claimant itself the administrator comes no further.
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsMeterBound.selector, named[0], bytes32("a wind farm"))
        );
        projects.bindMeter(named[0], "another name", CHINA);
        certificates.registerDevice(EnergySource.Wind, FROM, "a wind farm", _list(second));
        vm.stopPrank();
    }

    function test_certificateAndCredit_projectOfAnotherSource() public {
        bytes32[] memory named = new bytes32[](1);
        named[0] = _name(meter);
        vm.prank(dora);
        ProjectId fresh = projects.register(FOREST, 156, FROM, UNTIL, "another name", _place(), named, WHY);
        vm.startPrank(admin);
        uint32 validations = projects.validationCount();
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsMeterBound.selector, named[0], SOURCE));
        _answer(fresh, project, validations);
        vm.stopPrank();
    }

    function test_certificate_madeOfNothingByAnAdministrator() public {
        uint40 hour = uint40(HALF) + 24 hours;
        certificates.certify(device, hour, 1, _leaves(meter, hour), FROM);
        UnitId id = certificates.idOf(device, hour);
        certificates.setController(admin, ISSUE | EXIT | FORCE);
        MeteredLeaf[] memory none = new MeteredLeaf[](4);
        vm.startPrank(admin);
        vm.expectPartialRevert(IEnergyCertificatesErrors.CertificatesOtherMeter.selector);
        certificates.certify(device, hour + 1 hours, 1, none, hour);
        (bool made,) = address(certificates)
            .call(abi.encodeWithSignature("issue(address,uint256,uint256,bytes32)", admin, UnitId.unwrap(id), 1, WHY));
        assertFalse(made);
        (made,) = address(certificates)
            .call(abi.encodeWithSignature("mint(address,uint256,uint256,bytes)", admin, UnitId.unwrap(id), 1, ""));
        assertFalse(made);
        vm.stopPrank();
        assertEq(IUnit1155(address(certificates)).issuedOf(id), 1_000_000);
    }
}
