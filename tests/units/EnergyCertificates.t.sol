// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {IERC7943MultiToken} from "../../interfaces/IERC7943MultiToken.sol";
import {ParticipantId, UnitId} from "../../interfaces/Ids.sol";
import {
    Device,
    DeviceId,
    EnergySource,
    IEnergyCertificates,
    MeteredLeaf
} from "../../interfaces/IEnergyCertificates.sol";
import {IMeterPostings} from "../../interfaces/IMeterOracle.sol";
import {Carrier} from "../../interfaces/IMeters.sol";
import {ClaimKind, IProjects} from "../../interfaces/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/IUnit1155.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/MeterTypes.sol";
import {CertificateBase} from "./CertificateBase.sol";

contract EnergyCertificatesTest is CertificateBase {
    uint40 private constant MWH = 1_000_000; // [Wh]

    function setUp() public override {
        super.setUp();
        _found();
    }

    /* DEVICES */

    function test_registerDevice_isTold() public {
        MeterId second = _meter(node, developer);
        MeterId third = _meter(_node(Carrier.Electricity, 1800), developer);
        MeterId[] memory both = new MeterId[](2);
        (both[0], both[1]) = (second, third);
        Device memory d = Device({
            owner: developer,
            scheme: SCHEME,
            jurisdiction: JURISDICTION,
            energy: EnergySource.Solar,
            from: HOUR + 7,
            until: 0,
            meterCount: 2,
            source: "roofs",
            meters: uint256(MeterId.unwrap(second)) + uint256(MeterId.unwrap(third)) * 2 ** 32
        });
        vm.expectEmit(address(certificates));
        emit IEnergyCertificates.DeviceRegistered(DeviceId.wrap(2), developer, "roofs", d, officer);
        vm.prank(officer);
        DeviceId id = certificates.registerDevice(EnergySource.Solar, HOUR + 7, "roofs", both);
        assertEq(abi.encode(certificates.device(id)), abi.encode(d));
        assertEq(DeviceId.unwrap(certificates.deviceOf(third)), 2);
        assertEq(certificates.deviceCount(), 2);
        assertEq(sources.sourceOfMeter(bytes32(uint256(MeterId.unwrap(second)))), "roofs");
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificates.CertificatesUnknownDevice.selector, 3));
        certificates.device(DeviceId.wrap(3));
    }

    function test_registerDevice_needsTheOffice() public {
        MeterId[] memory one = _list(_meter(node, developer));
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, dora, SCHEME, JURISDICTION, Powers.REGISTER)
        );
        vm.prank(dora);
        certificates.registerDevice(EnergySource.Wind, HOUR, "other", one);
    }

    /// forge-config: default.fuzz.runs = 10
    function test_registerDevice_refusesWhatDoesNotRenewItself(uint8 raw) public {
        MeterId[] memory one = _list(_meter(node, developer));
        EnergySource energy = EnergySource(raw % 10);
        bool renewable = uint8(energy) >= 1 && uint8(energy) <= 6; // sun, wind, water, biomass, the earth's heat, the sea
        if (!renewable) {
            vm.expectRevert(abi.encodeWithSelector(IEnergyCertificates.CertificatesNotRenewable.selector, energy));
        }
        vm.prank(officer);
        certificates.registerDevice(energy, HOUR, "other", one);
    }

    function test_registerDevice_refusesWhatIsIncomplete() public {
        MeterId[] memory one = _list(_meter(node, developer));
        _badDevice(HOUR, 0, one);
        _badDevice(0, "other", one);
        _badDevice(HOUR, "other", new MeterId[](0));
        _badDevice(HOUR, "other", new MeterId[](9));
    }

    function _badDevice(uint40 from, bytes32 source, MeterId[] memory list) private {
        vm.prank(officer);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificates.CertificatesBadDevice.selector, source, list.length, uint256(from), 0
            )
        );
        certificates.registerDevice(EnergySource.Wind, from, source, list);
    }

    function test_registerDevice_refusesForeignMeters() public {
        _foreign(_meter(_node(Carrier.Heat, QUARTER), developer));
        _foreign(_meter(_node(Carrier.Electricity, 5400), developer));
        MeterId[] memory two = new MeterId[](2);
        (two[0], two[1]) = (_meter(node, developer), _meter(node, alpha));
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificates.CertificatesForeignMeter.selector, two[1]));
        certificates.registerDevice(EnergySource.Wind, HOUR, "other", two);
    }

    function _foreign(MeterId one) private {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificates.CertificatesForeignMeter.selector, one));
        certificates.registerDevice(EnergySource.Wind, HOUR, "other", _list(one));
    }

    function test_registerDevice_takesAMeterOnceAtATime() public {
        _taken(HOUR);
        vm.prank(officer);
        certificates.closeDevice(farm, HOUR + 2 hours, REASON);
        _taken(HOUR + 2 hours - 1);
        vm.startPrank(officer);
        // What its meter measures stays the same for ever.
        vm.expectRevert(
            abi.encodeWithSelector(IProjects.ProjectsMeterBound.selector, uint256(MeterId.unwrap(meter)), WINDFARM)
        );
        certificates.registerDevice(EnergySource.Wind, HOUR + 2 hours, "another name", _list(meter));
        DeviceId next = certificates.registerDevice(EnergySource.Hydro, HOUR + 2 hours, WINDFARM, _list(meter));
        vm.stopPrank();
        assertEq(DeviceId.unwrap(certificates.deviceOf(meter)), DeviceId.unwrap(next));

        MeterId[] memory twice = new MeterId[](2);
        twice[0] = twice[1] = _meter(node, developer);
        vm.prank(officer);
        vm.expectPartialRevert(IEnergyCertificates.CertificatesMeterTaken.selector);
        certificates.registerDevice(EnergySource.Wind, HOUR, "other", twice);
    }

    function _taken(uint40 from) private {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificates.CertificatesMeterTaken.selector, meter, farm));
        certificates.registerDevice(EnergySource.Wind, from, WINDFARM, _list(meter));
    }

    function test_closeDevice_onceByTheOffice() public {
        vm.prank(dora);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        certificates.closeDevice(farm, HOUR + 1, REASON);
        vm.startPrank(officer);
        vm.expectPartialRevert(IEnergyCertificates.CertificatesBadDevice.selector);
        certificates.closeDevice(farm, HOUR, REASON);
        vm.expectEmit(address(certificates));
        emit IEnergyCertificates.DeviceClosed(farm, HOUR + 1, REASON, officer);
        certificates.closeDevice(farm, HOUR + 1, REASON);
        vm.expectPartialRevert(IEnergyCertificates.CertificatesBadDevice.selector);
        certificates.closeDevice(farm, HOUR + 2, REASON);
        vm.stopPrank();
    }

    /* CERTIFY */

    function test_certify_isByTheHour() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 2, MWH);
        _pass();
        uint64[] memory energy = new uint64[](2);
        (energy[0], energy[1]) = (MWH, MWH);
        UnitId second = _id(4, 2021, 2 ** 32 + HOUR / 3600 + 1); // device 1
        vm.expectEmit(address(sources));
        emit IProjects.SourceClaimed(
            WINDFARM, ClaimKind.Certificate, 2 ** 32 + HOUR / 3600, HOUR, HOUR + 2 hours, address(certificates)
        );
        vm.expectEmit(address(certificates));
        emit IEnergyCertificates.IssuanceSingle(stranger, 2, UnitId.unwrap(second), MWH);
        vm.expectEmit(address(certificates));
        emit IEnergyCertificates.HoursCertified(farm, HOUR, developer, energy, stranger);
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
                IEnergyCertificates.CertificatesImplausible.selector, farm, uint256(HOUR), 2_200_004, 2_200_000
            )
        );
        certificates.certify(farm, HOUR, 1, leaves, 0);
    }

    function test_certify_atTheNameplateWithItsMargin() public {
        UnitId id = _certified(HOUR, 1, 2_200_000);
        assertEq(_held(dora, id), 2_200_000);
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
        vm.expectPartialRevert(IEnergyCertificates.CertificatesImplausible.selector);
        certificates.certify(farm, HOUR, 2, leaves, 0);
    }

    function test_certify_aProvisionalRun() public {
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, MWH);
        bytes memory expected =
            abi.encodeWithSelector(IEnergyCertificates.CertificatesNotFinal.selector, node, uint256(HOUR), 1);
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
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificates.CertificatesNothingDelivered.selector, farm, HOUR));
        certificates.certify(farm, HOUR, 1, leaves, 0);
    }

    function test_certify_aMeterOfAnother() public {
        MeterId other = _meter(node, developer);
        MeteredLeaf[] memory leaves = _measured(HOUR, 1, MWH);
        leaves[2] = _leaf(other, MWH / 4, Quality.Settled);
        _post(node, HOUR + 2 * QUARTER, 2, leaves[2]);
        _pass();
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificates.CertificatesOtherMeter.selector,
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
                IEnergyCertificates.CertificatesOutsideTime.selector,
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
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificates.CertificatesOtherLeaves.selector, 3, 4));
        certificates.certify(farm, HOUR, 1, three, 0);
        MeteredLeaf[] memory many = new MeteredLeaf[](204);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificates.CertificatesOtherLeaves.selector, 204, 204));
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
        vm.expectPartialRevert(IEnergyCertificates.CertificatesExpired.selector);
        certificates.certify(farm, HOUR, 1, leaves, 0);
    }

    /* TRANSFER, CLAIM, EXPIRY */

    function test_transfer_whileItIsGood() public {
        UnitId id = _certified(HOUR, 1, MWH);
        assertEq(certificates.expiryOf(id), HOUR + 1 hours + LIFETIME);
        vm.warp(HOUR + 1 hours + LIFETIME);
        _pass(dora, alice, id, 5);
        assertEq(_held(alice, id), 5);
        assertTrue(certificates.canTransfer(alice, bob, UnitId.unwrap(id), 5));
        vm.warp(HOUR + 1 hours + LIFETIME + 1);
        assertFalse(certificates.canTransfer(alice, bob, UnitId.unwrap(id), 5));
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotTransfer.selector, alice, bob, UnitId.unwrap(id), 5)
        );
        certificates.safeTransferFrom(alice, bob, UnitId.unwrap(id), 5, "");
    }

    function _pass(address from, address to, UnitId id, uint256 amount) private {
        vm.prank(from);
        certificates.safeTransferFrom(from, to, UnitId.unwrap(id), amount, "");
    }

    function test_transfer_amongParticipantsOnly() public {
        UnitId id = _certified(HOUR, 1, MWH);
        vm.prank(dora);
        vm.expectPartialRevert(IERC7943MultiToken.ERC7943CannotReceive.selector);
        certificates.safeTransferFrom(dora, stranger, UnitId.unwrap(id), 5, "");
    }

    function test_claim_isAnExitThatIsRemembered() public {
        UnitId id = _certified(HOUR, 1, MWH);
        _pass(dora, alice, id, 500);
        vm.expectEmit(address(certificates));
        emit IUnit1155.UnitsExited(id, alice, Exit.Retired, 300, REF);
        vm.expectEmit(address(certificates));
        emit IEnergyCertificates.ClaimSingle(controller, alice, 2, UnitId.unwrap(id), 300, abi.encode(REF));
        vm.startPrank(controller);
        certificates.exit(alice, id, 300, Exit.Retired, REF);
        certificates.exit(alice, id, 50, Exit.Cancelled, REF);
        vm.stopPrank();
        assertEq(certificates.claimedBalanceOf(alice, UnitId.unwrap(id)), 300);
        assertEq(_held(alice, id), 150);
        assertEq(certificates.totalSupply(id), MWH - 350);
    }

    function test_claim_byControllersOnly() public {
        UnitId id = _certified(HOUR, 1, MWH);
        vm.prank(dora);
        vm.expectPartialRevert(IUnit1155.UnitNotController.selector);
        certificates.exit(dora, id, 300, Exit.Retired, REF);
    }

    function test_claim_inNoOtherWay() public {
        UnitId id = _certified(HOUR, 1, MWH);
        certificates.setController(controller, EXIT | FORCE);
        for (uint8 kind; kind <= uint8(Exit.Released); ++kind) {
            if (Exit(kind) == Exit.Retired || Exit(kind) == Exit.Cancelled) continue;
            vm.prank(controller);
            vm.expectRevert(abi.encodeWithSelector(IEnergyCertificates.CertificatesNoWayOut.selector, id));
            certificates.exit(dora, id, 1, Exit(kind), REF);
        }
    }

    function test_claim_notAfterExpiry() public {
        UnitId id = _certified(HOUR, 1, MWH);
        vm.warp(HOUR + 1 hours + LIFETIME + 1);
        vm.prank(controller);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyCertificates.CertificatesExpired.selector, id, HOUR + 1 hours + LIFETIME)
        );
        certificates.exit(dora, id, 300, Exit.Retired, REF);
    }

    function test_sweep_whatIsNoLongerGood() public {
        UnitId id = _certified(HOUR, 1, MWH);
        _pass(dora, alice, id, 500);
        vm.prank(officer);
        certificates.freezeByOrder(alice, id, 400, REASON);
        UnitId[] memory ids = new UnitId[](3);
        address[] memory holders = new address[](3);
        (ids[0], ids[1], ids[2]) = (id, id, id);
        (holders[0], holders[1], holders[2]) = (alice, bob, dora);
        vm.warp(HOUR + 1 hours + LIFETIME);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyCertificates.CertificatesStillGood.selector, id, HOUR + 1 hours + LIFETIME)
        );
        certificates.sweep(ids, holders);
        vm.warp(HOUR + 1 hours + LIFETIME + 1);
        certificates.sweep(ids, holders);
        assertEq(certificates.totalSupply(id), 0);
        assertEq(certificates.exitedOf(id, Exit.Expired), MWH);
        certificates.sweep(ids, holders); // there is nothing left
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitLengthMismatch.selector, 3, 2));
        certificates.sweep(ids, new address[](2));
        vm.expectPartialRevert(IUnit1155.UnitTooManyItems.selector);
        certificates.sweep(new UnitId[](201), new address[](201));
    }

    function test_setController_isRestricted() public {
        vm.prank(stranger);
        vm.expectPartialRevert(bytes4(keccak256("AccessManagedUnauthorized(address)")));
        certificates.setController(stranger, EXIT);
    }

    /* CONSERVATION */

    /// @dev Whatever is measured, moved, claimed, cancelled and left: issued = held + claimed + cancelled + expired.
    function testFuzz_conservation(uint40 energy, uint64 moved, uint64 claimed, uint64 cancelled) public {
        energy = uint40(bound(energy, 4, NAMEPLATE)) / 4 * 4;
        UnitId id = _certified(HOUR, 1, energy);
        moved = uint64(bound(moved, 2, energy));
        _pass(dora, alice, id, moved);
        claimed = uint64(bound(claimed, 1, moved - 1));
        cancelled = uint64(bound(cancelled, 1, moved - claimed));
        vm.startPrank(controller);
        certificates.exit(alice, id, claimed, Exit.Retired, REF);
        certificates.exit(alice, id, cancelled, Exit.Cancelled, REF);
        vm.stopPrank();
        uint256 left = certificates.exitedOf(id, Exit.Retired) + certificates.exitedOf(id, Exit.Cancelled);
        assertEq(certificates.issuedOf(id), energy);
        assertEq(left, uint256(claimed) + cancelled);
        assertEq(_held(alice, id) + _held(dora, id) + left, energy);
        vm.warp(HOUR + 1 hours + LIFETIME + 1);
        UnitId[] memory ids = new UnitId[](2);
        address[] memory holders = new address[](2);
        (ids[0], ids[1], holders[0], holders[1]) = (id, id, alice, dora);
        certificates.sweep(ids, holders);
        assertEq(left + certificates.exitedOf(id, Exit.Expired), energy);
        assertEq(certificates.totalSupply(id), 0);
    }
}
