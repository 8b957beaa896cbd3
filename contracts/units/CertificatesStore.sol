// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {Device, DeviceId, IEnergyCertificatesErrors} from "../../interfaces/units/IEnergyCertificates.sol";
import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {IProjects} from "../../interfaces/evidence/IProjects.sol";
import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {PauseState} from "../rules/PauseState.sol";

/// @title CertificatesStore
/// @notice Devices as {EnergyCertificates} and {EnergyCertificatesExtension} store them.
/// @dev Inherited before {Unit1155}, so that both contracts have it in the same slots.
abstract contract CertificatesStore is IEnergyCertificatesErrors, AccessManaged, PauseState {
    IMeterOracle internal immutable METERS;
    IProjects internal immutable PROJECTS;

    uint32 internal _deviceCount;
    mapping(DeviceId id => Device) internal _devices;
    mapping(MeterId meter => DeviceId) internal _deviceOf;

    constructor(IMeterOracle meters, IProjects projects) {
        (METERS, PROJECTS) = (meters, projects);
    }

    function _device(DeviceId id) internal view returns (Device memory d) {
        d = _devices[id];
        if (d.meterCount == 0) revert CertificatesUnknownDevice(id);
    }
}
