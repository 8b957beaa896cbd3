// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {
    Device,
    DeviceId,
    EnergySource,
    IEnergyCertificatesCore,
    IEnergyCertificatesDevices,
    IEnergyCertificatesErrors
} from "../../interfaces/units/IEnergyCertificates.sol";
import {Carrier, Node} from "../../interfaces/evidence/IMeters.sol";
import {IProjectRegister} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {MeterId, NodeId} from "../../interfaces/types/MeterTypes.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
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
        emit IEnergyCertificatesDevices.DeviceRegistered(DeviceId.wrap(2), developer, "roofs", d, officer);
        vm.prank(officer);
        DeviceId id = certificates.registerDevice(EnergySource.Solar, HOUR + 7, "roofs", both);
        assertEq(abi.encode(certificates.device(id)), abi.encode(d));
        assertEq(DeviceId.unwrap(certificates.deviceOf(third)), 2);
        assertEq(certificates.deviceCount(), 2);
        assertEq(sources.sourceOfMeter(bytes32(uint256(MeterId.unwrap(second)))), "roofs");
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesUnknownDevice.selector, 3));
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

    function test_registerDevice_refusesWhatDoesNotRenewItself() public {
        MeterId[] memory one = _list(_meter(node, developer));
        for (uint8 raw; raw < 10; ++raw) {
            EnergySource energy = EnergySource(raw);
            // Sun, wind, water, biomass, the earth's heat, the sea.
            if (raw >= 1 && raw <= 6) continue;
            vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesNotRenewable.selector, energy));
            vm.prank(officer);
            certificates.registerDevice(energy, HOUR, "other", one);
        }
        for (uint8 raw = 1; raw < 7; ++raw) {
            _device(EnergySource(raw), bytes32(uint256(raw)), _meter(node, developer));
        }
    }

    function test_registerDevice_refusesWhatIsIncomplete() public {
        MeterId[] memory one = _list(_meter(node, developer));
        _badDevice(HOUR, 0, one);
        _badDevice(0, "other", one);
        _badDevice(HOUR, "other", new MeterId[](0));
        _badDevice(HOUR, "other", new MeterId[](9));
    }

    function test_registerDevice_takesEightMeters() public {
        MeterId[] memory eight = new MeterId[](8);
        for (uint256 i; i < 8; ++i) {
            eight[i] = _meter(node, developer);
        }
        vm.prank(officer);
        DeviceId plant = certificates.registerDevice(EnergySource.Wind, HOUR, "eight", eight);
        assertEq(certificates.device(plant).meterCount, 8);
    }

    function _badDevice(uint40 from, bytes32 source, MeterId[] memory list) private {
        vm.prank(officer);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificatesErrors.CertificatesBadDevice.selector, source, list.length, uint256(from), 0
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
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesForeignMeter.selector, two[1]));
        certificates.registerDevice(EnergySource.Wind, HOUR, "other", two);
    }

    /// @dev One owner, and one office over all of it.
    function test_registerDevice_refusesMetersOfAnotherPlace() public {
        SchemeId other = SchemeId.wrap(SchemeId.unwrap(SCHEME) + 1);
        schemes.createScheme(other, "other", 8 hours, 30, 0);
        schemes.grantOffice(officer, other, 0, Powers.METER);
        (ParticipantId oracle,,) = participants.walletOf(notary);
        for (uint256 i; i < 2; ++i) {
            Node memory n =
                Node(SCHEME, JURISDICTION, Carrier.Electricity, oracle, 12, QUARTER, 3 days, 1 days, 6 hours);
            if (i == 0) n.scheme = other;
            else n.jurisdiction += 1;
            vm.prank(officer);
            NodeId abroad = meters.openNode(n);
            MeterId[] memory two = new MeterId[](2);
            (two[0], two[1]) = (_meter(node, developer), _meter(abroad, developer));
            vm.prank(officer);
            vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesForeignMeter.selector, two[1]));
            certificates.registerDevice(EnergySource.Wind, HOUR, "other", two);
        }
    }

    function _foreign(MeterId one) private {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesForeignMeter.selector, one));
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
            abi.encodeWithSelector(
                IProjectRegister.ProjectsMeterBound.selector, uint256(MeterId.unwrap(meter)), WINDFARM
            )
        );
        certificates.registerDevice(EnergySource.Wind, HOUR + 2 hours, "another name", _list(meter));
        DeviceId next = certificates.registerDevice(EnergySource.Hydro, HOUR + 2 hours, WINDFARM, _list(meter));
        vm.stopPrank();
        assertEq(DeviceId.unwrap(certificates.deviceOf(meter)), DeviceId.unwrap(next));

        MeterId[] memory twice = new MeterId[](2);
        twice[0] = twice[1] = _meter(node, developer);
        vm.prank(officer);
        vm.expectPartialRevert(IEnergyCertificatesErrors.CertificatesMeterTaken.selector);
        certificates.registerDevice(EnergySource.Wind, HOUR, "other", twice);
    }

    function _taken(uint40 from) private {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesMeterTaken.selector, meter, farm));
        certificates.registerDevice(EnergySource.Wind, from, WINDFARM, _list(meter));
    }

    function test_devicesAreDatedWithinTheHorizon() public {
        uint40 latest = uint40(vm.getBlockTimestamp() + 366 days);
        bytes memory far = abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest);
        MeterId[] memory one = _list(_meter(node, developer));
        vm.startPrank(officer);
        vm.expectRevert(far);
        certificates.registerDevice(EnergySource.Wind, latest + 1, "other", one);
        certificates.registerDevice(EnergySource.Wind, latest, "other", one);
        vm.expectRevert(far);
        certificates.closeDevice(farm, latest + 1, REASON);
        certificates.closeDevice(farm, latest, REASON);
        vm.stopPrank();
    }

    /// @dev An end to come may be brought forward; one that has passed stays.
    function test_closeDevice_anEndToComeIsBroughtForward() public {
        uint40 now_ = uint40(vm.getBlockTimestamp());
        vm.startPrank(officer);
        certificates.closeDevice(farm, now_ + 9, REASON);
        vm.expectPartialRevert(IEnergyCertificatesErrors.CertificatesBadDevice.selector);
        certificates.closeDevice(farm, now_ + 9, REASON);
        certificates.closeDevice(farm, now_ + 8, REASON);
        assertEq(certificates.device(farm).until, now_ + 8);
        vm.warp(now_ + 8);
        vm.expectPartialRevert(IEnergyCertificatesErrors.CertificatesBadDevice.selector);
        certificates.closeDevice(farm, now_ + 7, REASON);
        vm.stopPrank();
    }

    function test_closeDevice_onceByTheOffice() public {
        vm.prank(dora);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        certificates.closeDevice(farm, HOUR + 1, REASON);
        vm.startPrank(officer);
        vm.expectPartialRevert(IEnergyCertificatesErrors.CertificatesBadDevice.selector);
        certificates.closeDevice(farm, HOUR, REASON);
        vm.expectEmit(address(certificates));
        emit IEnergyCertificatesDevices.DeviceClosed(farm, HOUR + 1, REASON, officer);
        certificates.closeDevice(farm, HOUR + 1, REASON);
        vm.expectPartialRevert(IEnergyCertificatesErrors.CertificatesBadDevice.selector);
        certificates.closeDevice(farm, HOUR + 2, REASON);
        vm.stopPrank();
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
        emit IEnergyCertificatesCore.ClaimSingle(controller, alice, 2, UnitId.unwrap(id), 300, abi.encode(REF));
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
            vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesNoWayOut.selector, id));
            certificates.exit(dora, id, 1, Exit(kind), REF);
        }
    }

    function test_claim_notAfterExpiry() public {
        UnitId id = _certified(HOUR, 1, MWH);
        vm.warp(HOUR + 1 hours + LIFETIME);
        vm.prank(controller);
        certificates.exit(dora, id, 300, Exit.Retired, REF); // the last moment
        vm.warp(HOUR + 1 hours + LIFETIME + 1);
        vm.prank(controller);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificatesErrors.CertificatesExpired.selector, id, HOUR + 1 hours + LIFETIME
            )
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
            abi.encodeWithSelector(
                IEnergyCertificatesErrors.CertificatesStillGood.selector, id, HOUR + 1 hours + LIFETIME
            )
        );
        certificates.sweep(ids, holders);
        vm.warp(HOUR + 1 hours + LIFETIME + 1);
        certificates.sweep(ids, holders);
        assertEq(certificates.totalSupply(id), 0);
        assertEq(certificates.exitedOf(id, Exit.Expired), MWH);
        vm.recordLogs();
        certificates.sweep(ids, holders); // there is nothing left
        assertEq(vm.getRecordedLogs().length, 0);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitLengthMismatch.selector, 3, 2));
        certificates.sweep(ids, new address[](2));
        vm.expectPartialRevert(IUnit1155.UnitTooManyItems.selector);
        certificates.sweep(new UnitId[](201), new address[](201));
    }

    /// @dev A good certificate behind an expired one stays.
    function test_sweep_looksAtEachOfItsIds() public {
        UnitId id = _certified(HOUR, 2, MWH);
        UnitId later = certificates.idOf(farm, HOUR + 1 hours);
        UnitId[] memory ids = new UnitId[](2);
        address[] memory holders = new address[](2);
        (ids[0], ids[1]) = (id, later);
        (holders[0], holders[1]) = (dora, dora);
        vm.warp(HOUR + 1 hours + LIFETIME + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyCertificatesErrors.CertificatesStillGood.selector, later, HOUR + 2 hours + LIFETIME
            )
        );
        certificates.sweep(ids, holders);
        assertEq(_held(dora, later), MWH);
    }

    /// @dev A meter of heat behind one of electricity is as foreign as alone.
    function test_registerDevice_refusesASecondMeterOfHeat() public {
        MeterId[] memory two = new MeterId[](2);
        (two[0], two[1]) = (_meter(node, developer), _meter(_node(Carrier.Heat, QUARTER), developer));
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IEnergyCertificatesErrors.CertificatesForeignMeter.selector, two[1]));
        certificates.registerDevice(EnergySource.Wind, HOUR, "other", two);
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
