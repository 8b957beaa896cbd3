// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {
    Device,
    DeviceId,
    EnergySource,
    IEnergyCertificatesDevices
} from "../../interfaces/units/IEnergyCertificates.sol";
import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Meter, Node} from "../../interfaces/evidence/IMeters.sol";
import {IProjects} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {Pausable} from "../rules/Pausable.sol";
import {PackedMetersLib} from "../types/PackedMeters.sol";
import {CertificatesStore} from "./CertificatesStore.sol";

/// @title EnergyCertificatesExtension
/// @notice Extension of {EnergyCertificates}: devices, pauses, views.
/// @dev See {Extendable}.
contract EnergyCertificatesExtension is CertificatesStore, Pausable, IEnergyCertificatesDevices {
    uint256 private constant HOUR = 1 hours;

    ISchemes private immutable SCHEMES;

    constructor(address authority_, ISchemes schemes, IMeterOracle meters, IProjects projects)
        AccessManaged(authority_)
        CertificatesStore(meters, projects)
    {
        SCHEMES = schemes;
    }

    /* DEVICES */

    /// @inheritdoc IEnergyCertificatesDevices
    function registerDevice(EnergySource energy, uint40 from, bytes32 source, MeterId[] calldata meters)
        external
        returns (DeviceId id)
    {
        uint256 count = meters.length;
        if (source == 0 || from == 0 || count == 0 || count > PackedMetersLib.MAX_METERS) {
            revert CertificatesBadDevice(source, count, from, 0);
        }
        Horizon.checkChange(from);
        if (energy == EnergySource.None || energy > EnergySource.Marine) revert CertificatesNotRenewable(energy);

        id = DeviceId.wrap(++_deviceCount);
        Device memory d;
        (d.energy, d.from, d.source, d.meterCount) = (energy, from, source, uint8(count)); // at most 8
        for (uint256 i = 0; i < count; ++i) {
            _addMeter(id, d, meters[i], i == 0);
            d.meters = PackedMetersLib.put(d.meters, i, meters[i]);
        }
        _devices[id] = d;
        emit DeviceRegistered(id, d.owner, source, d, msg.sender);
    }

    /// @dev The first meter determines owner, scheme and jurisdiction of the device.
    function _addMeter(DeviceId id, Device memory d, MeterId meter, bool first) private {
        Meter memory m = METERS.meter(meter);
        Node memory n = METERS.node(m.node);
        if (first) {
            (d.owner, d.scheme, d.jurisdiction) = (m.owner, n.scheme, n.jurisdiction);
            _checkRegistrar(d);
        }
        bool together = m.owner == d.owner && n.scheme == d.scheme && n.jurisdiction == d.jurisdiction;
        if (!together || n.carrier != Carrier.Electricity || HOUR % n.intervalS != 0) {
            revert CertificatesForeignMeter(meter);
        }
        DeviceId before = _deviceOf[meter];
        if (DeviceId.unwrap(before) != 0) {
            uint40 until = _devices[before].until;
            if (until == 0 || until > d.from) revert CertificatesMeterTaken(meter, before);
        }
        _deviceOf[meter] = id;
        PROJECTS.bindMeter(bytes32(uint256(MeterId.unwrap(meter))), d.source, d.scheme);
    }

    function _checkRegistrar(Device memory d) private view {
        SCHEMES.checkPower(msg.sender, d.scheme, d.jurisdiction, Powers.REGISTER);
    }

    /// @inheritdoc IEnergyCertificatesDevices
    function closeDevice(DeviceId id, uint40 until, bytes32 reason) external {
        Device memory d = _device(id);
        _checkRegistrar(d);
        // An end to come may be brought forward; a later one could meet the meters' next device.
        bool fixed_ = d.until != 0 && (d.until <= block.timestamp || until >= d.until);
        if (fixed_ || until <= d.from) revert CertificatesBadDevice(d.source, d.meterCount, d.from, until);
        Horizon.checkChange(until);
        _devices[id].until = until;
        emit DeviceClosed(id, until, reason, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IEnergyCertificatesDevices
    function device(DeviceId id) external view returns (Device memory) {
        return _device(id);
    }

    /// @inheritdoc IEnergyCertificatesDevices
    function deviceOf(MeterId meter) external view returns (DeviceId) {
        return _deviceOf[meter];
    }

    /// @inheritdoc IEnergyCertificatesDevices
    function deviceCount() external view returns (uint32) {
        return _deviceCount;
    }

    function _manager() internal view override returns (address) {
        return authority();
    }
}
