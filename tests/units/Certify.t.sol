// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {
    DeviceId,
    EnergySource,
    IEnergyCertificatesCore,
    IEnergyCertificatesErrors,
    MeteredLeaf
} from "../../interfaces/units/IEnergyCertificates.sol";
import {IMeterPostings} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Curve, Meter, MeterKey} from "../../interfaces/evidence/IMeters.sol";
import {ClaimKind, IProjectReports} from "../../interfaces/evidence/IProjects.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {CertificateBase} from "./CertificateBase.sol";

/// @dev A wallet that is a contract, and counts what it is offered.
contract CountingWallet {
    uint256 public offers;

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        ++offers;
        return this.onERC1155Received.selector;
    }
}

/// @dev From final readings to certificates: which readings, of which meters, of which hours.
contract CertifyTest is CertificateBase {
    uint40 private constant MWH = 1_000_000; // [Wh]

    function setUp() public override {
        super.setUp();
        _found();
    }

    function test_certify_isByTheHour() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 2, MWH);
        _pass();
        uint64[] memory energy = new uint64[](2);
        (energy[0], energy[1]) = (MWH, MWH);
        UnitId second = _id(4, 2021, 2 ** 32 + HOUR / 3600 + 1); // device 1
        vm.expectEmit(address(sources));
        emit IProjectReports.SourceClaimed(
            WINDFARM, ClaimKind.Certificate, 2 ** 32 + HOUR / 3600, HOUR, HOUR + 2 hours, address(certificates)
        );
        vm.expectEmit(address(certificates));
        emit IEnergyCertificatesCore.IssuanceSingle(stranger, 2, UnitId.unwrap(second), MWH);
        vm.expectEmit(address(certificates));
        emit IEnergyCertificatesCore.HoursCertified(farm, HOUR, developer, energy, stranger);
        vm.prank(stranger);
        certificates.certify(farm, HOUR, 2, leaves, 0);
        assertEq(UnitId.unwrap(certificates.idOf(farm, HOUR + 1 hours)), UnitId.unwrap(second));
        assertEq(_held(dora, second), MWH);
        assertEq(_held(dora, certificates.idOf(farm, HOUR)), MWH);
        assertEq(certificates.issuedOf(second), MWH);
        (ClaimKind kind,, uint64 until) = sources.claimAt(WINDFARM, HOUR);
        assertTrue(kind == ClaimKind.Certificate && until == HOUR + 2 hours);
    }

    function test_certify_ofSeveralMeters() public {
        NodeId half = _node(Carrier.Electricity, 1800);
        MeterId[] memory both = new MeterId[](2);
        (both[0], both[1]) = (_meter(_node(Carrier.Electricity, 3600), developer), _meter(half, developer));
        vm.prank(officer);
        DeviceId plant = certificates.registerDevice(EnergySource.Hydro, HOUR, "river", both);
        MeteredLeaf[] memory leaves = new MeteredLeaf[](3);
        leaves[0] = _leaf(both[0], 1_000, Quality.Settled);
        leaves[1] = _leaf(both[1], 20, Quality.Provisional);
        leaves[2] = _leaf(both[1], 3, Quality.Settled);
        vm.warp(HOUR + 1 hours);
        _post(meters.meter(both[0]).node, HOUR, 1, leaves[0]);
        _post(half, HOUR, 1, leaves[1]);
        _post(half, HOUR + 1800, 1, leaves[2]);
        _pass();
        // In another order they are not those asked for.
        (leaves[1], leaves[2]) = (leaves[2], leaves[1]);
        vm.expectPartialRevert(IMeterPostings.MeterOracleNotInRoot.selector);
        certificates.certify(plant, HOUR, 1, leaves, 0);
        (leaves[1], leaves[2]) = (leaves[2], leaves[1]);
        certificates.certify(plant, HOUR, 1, leaves, 0);
        assertEq(_held(dora, certificates.idOf(plant, HOUR)), 1_023);
    }

    function test_certify_nothingOfWhatWasEstimatedOrHeld() public {
        vm.warp(HOUR + 1 hours);
        MeteredLeaf[] memory leaves = new MeteredLeaf[](4);
        for (uint8 i; i < 4; ++i) {
            leaves[i] = _leaf(meter, uint40(10 ** i), Quality(i));
            _post(node, HOUR + i * QUARTER, 1, leaves[i]);
        }
        _pass();
        certificates.certify(farm, HOUR, 1, leaves, 0);
        assertEq(_held(dora, certificates.idOf(farm, HOUR)), 11); // settled and provisional
    }

    function test_certify_twice() public {
        _certified(HOUR, 2, MWH);
        MeteredLeaf[] memory leaves = _again(1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IntervalSet.IntervalsOverlap.selector, HOUR + 1 hours, HOUR + 2 hours, HOUR, HOUR + 2 hours
            )
        );
        certificates.certify(farm, HOUR + 1 hours, 1, leaves, HOUR);
    }

    /// @dev The leaves of an hour once more.
    function _again(uint256 hours_) private view returns (MeteredLeaf[] memory leaves) {
        leaves = new MeteredLeaf[](4 * hours_);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = _leaf(meter, MWH / 4, Quality.Settled);
        }
    }

    /// @dev Another device of the same source, as after a change of what it burns.
    function test_certify_twiceByAnotherDevice() public {
        _certified(HOUR, 1, MWH);
        MeterId other = _meter(node, developer);
        DeviceId twin = _device(EnergySource.Wind, WINDFARM, other);
        MeteredLeaf[] memory leaves = new MeteredLeaf[](4);
        for (uint8 i; i < 4; ++i) {
            leaves[i] = _leaf(other, 5, Quality.Settled);
        }
        vm.expectPartialRevert(IntervalSet.IntervalsOverlap.selector);
        certificates.certify(twin, HOUR, 1, leaves, 0);
    }

    function test_certify_aboveTheNameplate() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, 2_200_004);
        _pass();
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificatesErrors.CertificatesImplausible.selector, farm, uint256(HOUR), 2_200_004, 2_200_000
            )
        );
        certificates.certify(farm, HOUR, 1, leaves, 0);
    }

    function test_certify_atTheNameplateWithItsMargin() public {
        UnitId id = _certified(HOUR, 1, 2_200_000);
        assertEq(_held(dora, id), 2_200_000);
    }

    /// @dev A large meter and a small one: what is plausible is the sum of their two nameplates.
    function test_certify_aboveTheNameplatesOfALargeAndASmallMeter() public {
        NodeId hourly = _node(Carrier.Electricity, 3600);
        NodeId other = _node(Carrier.Electricity, 3600);
        Meter memory small = meters.meter(_meter(hourly, developer));
        (small.node, small.nameplateW) = (other, 1_000);
        MeterId[] memory both = new MeterId[](2);
        both[0] = _meter(hourly, developer);
        vm.startPrank(officer);
        both[1] = meters.registerMeter(small, MeterKey("x", "y", small.validFrom, Curve.P256));
        DeviceId plant = certificates.registerDevice(EnergySource.Hydro, HOUR, "river", both);
        vm.stopPrank();
        MeteredLeaf[] memory leaves = new MeteredLeaf[](2);
        leaves[0] = _leaf(both[0], 2_200_000, Quality.Settled);
        leaves[1] = _leaf(both[1], 1_101, Quality.Settled);
        vm.warp(HOUR + 1 hours);
        _post(hourly, HOUR, 1, leaves[0]);
        _post(other, HOUR, 1, leaves[1]);
        _pass();
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificatesErrors.CertificatesImplausible.selector, plant, uint256(HOUR), 2_201_101, 2_201_100
            )
        );
        certificates.certify(plant, HOUR, 1, leaves, 0);
    }

    /// @dev One hour above hides behind none below.
    function test_certify_aboveTheNameplateInOneHourOfTwo() public {
        MeteredLeaf[] memory first = _measured(HOUR, 1, 4);
        MeteredLeaf[] memory second = _measured(HOUR + 1 hours, 1, 2_200_004);
        MeteredLeaf[] memory leaves = new MeteredLeaf[](8);
        for (uint256 i; i < 4; ++i) {
            (leaves[i], leaves[i + 4]) = (first[i], second[i]);
        }
        _pass();
        vm.expectPartialRevert(IEnergyCertificatesErrors.CertificatesImplausible.selector);
        certificates.certify(farm, HOUR, 2, leaves, 0);
    }

    function test_certify_aProvisionalRun() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, MWH);
        bytes memory expected =
            abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesNotFinal.selector, node, uint256(HOUR), 1);
        vm.expectRevert(expected);
        certificates.certify(farm, HOUR, 1, leaves, 0);
        vm.warp(HOUR + QUARTER + 3 days);
        vm.expectRevert(expected);
        certificates.certify(farm, HOUR, 1, leaves, 0);
    }

    /// @dev The run before a correction is none.
    function test_certify_aCorrectedRun() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, MWH);
        MeteredLeaf memory less = _leaf(meter, 5, Quality.Settled);
        _post(node, HOUR, 2, less);
        _pass();
        vm.expectPartialRevert(IMeterPostings.MeterOracleNotInRoot.selector);
        certificates.certify(farm, HOUR, 1, leaves, 0);
        leaves[0] = less;
        certificates.certify(farm, HOUR, 1, leaves, 0);
        assertEq(_held(dora, certificates.idOf(farm, HOUR)), MWH * 3 / 4 + 5);
    }

    function test_certify_aMeterThatTakes() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, 0); // it took 7 Wh each quarter
        _pass();
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesNothingDelivered.selector, farm, HOUR)
        );
        certificates.certify(farm, HOUR, 1, leaves, 0);
    }

    /// @dev An hour without energy is part of the claim and no certificate.
    function test_certify_anHourOfNothingIsOfferedToNobody() public {
        MeteredLeaf[] memory first = _measured(HOUR, 1, 0);
        MeteredLeaf[] memory second = _measured(HOUR + 1 hours, 1, MWH);
        MeteredLeaf[] memory leaves = new MeteredLeaf[](8);
        for (uint256 i; i < 4; ++i) {
            (leaves[i], leaves[i + 4]) = (first[i], second[i]);
        }
        _pass();
        vm.etch(dora, address(new CountingWallet()).code);
        certificates.certify(farm, HOUR, 2, leaves, 0);
        assertEq(CountingWallet(dora).offers(), 1);
        assertEq(_held(dora, certificates.idOf(farm, HOUR)), 0);
        assertEq(_held(dora, certificates.idOf(farm, HOUR + 1 hours)), MWH);
    }

    function test_certify_aMeterOfAnother() public {
        MeterId other = _meter(node, developer);
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, MWH);
        leaves[2] = _leaf(other, MWH / 4, Quality.Settled);
        _post(node, HOUR + 2 * QUARTER, 2, leaves[2]);
        _pass();
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificatesErrors.CertificatesOtherMeter.selector,
                meter,
                uint256(HOUR + 2 * QUARTER),
                leaves[2].shown.leaf.salted
            )
        );
        certificates.certify(farm, HOUR, 1, leaves, 0);
    }

    function test_certify_afterTheMetersEnd() public {
        vm.prank(officer);
        meters.closeMeter(meter, HOUR + 2 hours - 1);
        MeteredLeaf[] memory leaves = _measured(HOUR, 2, MWH);
        _pass();
        _outside(HOUR, 2, leaves);
        certificates.certify(farm, HOUR, 1, _again(1), 0);
    }

    function test_certify_beforeTheMeter() public {
        vm.prank(officer);
        certificates.closeDevice(farm, HOUR + 1, REASON);
        vm.prank(officer);
        farm = certificates.registerDevice(EnergySource.Wind, HOUR + 1, WINDFARM, _list(meter));
        // Its meter began a day before, the device does later.
        _outside(HOUR, 1, _again(1));
        farm = _device(EnergySource.Wind, "late", _meter(node, developer, HOUR + 1));
        _outside(HOUR, 1, _again(1));
    }

    function test_certify_fromTheFirstToTheLastSecondOfAMeter() public {
        NodeId other = _node(Carrier.Electricity, 3600);
        MeterId brief = _meter(other, developer, HOUR);
        DeviceId plant = _device(EnergySource.Wind, "brief", brief);
        vm.prank(officer);
        meters.closeMeter(brief, HOUR + 1 hours);
        MeteredLeaf[] memory leaves = new MeteredLeaf[](1);
        leaves[0] = _leaf(brief, MWH, Quality.Settled);
        vm.warp(HOUR + 1 hours);
        _post(other, HOUR, 1, leaves[0]);
        _pass();
        certificates.certify(plant, HOUR, 1, leaves, 0);
        assertEq(_held(dora, certificates.idOf(plant, HOUR)), MWH);
    }

    /// @dev The second of two meters begins an hour later than the first: before that, the device measures nothing.
    function test_certify_beforeTheSecondMeter() public {
        MeterId[] memory both = new MeterId[](2);
        NodeId slow = _node(Carrier.Electricity, 3600);
        (both[0], both[1]) = (_meter(slow, developer), _meter(slow, developer, HOUR + 1 hours));
        vm.prank(officer);
        DeviceId plant = certificates.registerDevice(EnergySource.Hydro, HOUR, "river", both);
        vm.warp(HOUR + 2 hours);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificatesErrors.CertificatesOutsideTime.selector,
                plant,
                uint256(HOUR),
                uint256(HOUR) + 1 hours
            )
        );
        certificates.certify(plant, HOUR, 1, new MeteredLeaf[](2), 0);
    }

    function test_certify_takesTwoHundredLeaves() public {
        _certified(HOUR, 50, MWH);
        assertEq(_held(dora, certificates.idOf(farm, HOUR + 49 hours)), MWH);
    }

    function test_certify_outsideTheDevicesTime() public {
        vm.prank(officer);
        certificates.closeDevice(farm, HOUR + 2 hours, REASON);
        MeteredLeaf[] memory leaves = _measured(HOUR, 3, MWH);
        _pass();
        _outside(HOUR, 3, leaves);
        _outside(HOUR - 1 hours, 1, leaves);
        _outside(HOUR, 0, leaves);
        _outside(HOUR + QUARTER, 1, leaves);
        certificates.certify(farm, HOUR, 2, _again(2), 0);
    }

    function _outside(uint40 from, uint8 hours_, MeteredLeaf[] memory leaves) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificatesErrors.CertificatesOutsideTime.selector,
                farm,
                uint256(from),
                uint256(from) + uint256(hours_) * 1 hours
            )
        );
        certificates.certify(farm, from, hours_, leaves, 0);
    }

    function test_certify_aLeafForEachInterval() public {
        _measured(HOUR, 1, MWH);
        _pass();
        MeteredLeaf[] memory three = new MeteredLeaf[](3);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesOtherLeaves.selector, 3, 4));
        certificates.certify(farm, HOUR, 1, three, 0);
        MeteredLeaf[] memory many = new MeteredLeaf[](204);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesOtherLeaves.selector, 204, 204));
        certificates.certify(farm, HOUR, 51, many, 0);
    }

    function test_certify_forAnActiveOwnerOnly() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, MWH);
        _pass();
        _suspend(developer);
        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, dora));
        certificates.certify(farm, HOUR, 1, leaves, 0);
    }

    function test_certify_tooLate() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, MWH);
        vm.warp(HOUR + 1 hours + LIFETIME + 1);
        vm.expectPartialRevert(IEnergyCertificatesErrors.CertificatesExpired.selector);
        certificates.certify(farm, HOUR, 1, leaves, 0);
    }

    /* PAUSE */

    function test_aPause_stopsCertification() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, 1_000_000);
        _pass();
        uint64 hint = _hint(HOUR);
        IPausable(address(certificates)).pause(1 days);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        certificates.certify(farm, HOUR, 1, leaves, hint);
        skip(1 days);
        certificates.certify(farm, HOUR, 1, leaves, hint);
    }
}
