// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../rules/IPausable.sol";
import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {LeafProof} from "../evidence/IMeterOracle.sol";
import {IUnit1155} from "./IUnit1155.sol";
import {DeviceId, MeterId, NodeId} from "../types/MeterTypes.sol";

/// @dev Energy source of a device. Only renewable sources, up to Marine, are certified.
enum EnergySource {
    None,
    Solar,
    Wind,
    Hydro,
    Biomass,
    Geothermal,
    Marine,
    Nuclear,
    Fossil,
    Storage
}

/// @dev A device as stored; an empty comment marks each slot boundary. Times are [s] unix.
struct Device {
    ParticipantId owner; //  of its meters; certificates go to its primary wallet
    SchemeId scheme;
    uint16 jurisdiction;
    EnergySource energy;
    uint40 from; //          start of certification
    uint40 until; //         end of certification, exclusive; 0 while open
    uint8 meterCount;
    //
    bytes32 source; //       of the claims on its energy, see {IProjects}
    //
    uint256 meters; //       up to eight, see {PackedMetersLib}
}

/// @dev One meter in one interval: its leaf under the interval's root, and the salt that identifies the meter.
struct MeteredLeaf {
    bytes32 salt;
    LeafProof shown;
}

/// @title IEnergyCertificatesErrors
/// @notice Errors of {IEnergyCertificates}.
interface IEnergyCertificatesErrors {
    /// @notice Thrown when no device has this number.
    error CertificatesUnknownDevice(DeviceId id);
    /// @notice Thrown when a device has no meter or too many, no source, or would end before it begins.
    error CertificatesBadDevice(bytes32 source, uint256 meters, uint256 from, uint256 until);
    /// @notice Thrown when a device's energy source is not renewable.
    error CertificatesNotRenewable(EnergySource energy);
    /// @notice Thrown when a meter is not of electricity, not of the first one's owner, scheme and jurisdiction, or its
    /// intervals do not divide an hour.
    error CertificatesForeignMeter(MeterId meter);
    /// @notice Thrown when a meter belongs to a device that is open at that time.
    error CertificatesMeterTaken(MeterId meter, DeviceId device);
    /// @notice Thrown when there are no hours, they do not begin on the hour, or lie outside the validity of device or meter.
    error CertificatesOutsideTime(DeviceId id, uint256 from, uint256 until);
    /// @notice Thrown when there is not one leaf for each meter and interval.
    error CertificatesOtherLeaves(uint256 given, uint256 needed);
    /// @notice Thrown when a leaf belongs to another meter.
    error CertificatesOtherMeter(MeterId meter, uint256 start, bytes32 salted);
    /// @notice Thrown when the readings of an interval are not final.
    error CertificatesNotFinal(NodeId node, uint256 start, uint8 run);
    /// @notice Thrown when the readings of an hour exceed the meters' nameplate with its margin [Wh].
    error CertificatesImplausible(DeviceId id, uint256 hour, uint256 energyWh, uint256 mostWh);
    /// @notice Thrown when the readings show no energy.
    error CertificatesNothingDelivered(DeviceId id, uint256 from);
    /// @notice Thrown when a certificate has expired [s].
    error CertificatesExpired(UnitId id, uint256 expiry);
    /// @notice Thrown when a certificate has not expired [s].
    error CertificatesStillGood(UnitId id, uint256 expiry);
    /// @notice Thrown when certificates would exit otherwise than retired, cancelled or expired.
    error CertificatesNoWayOut(UnitId id);
}

/// @title IEnergyCertificatesDevices
/// @notice Devices: the half of {IEnergyCertificates} that the contract's extension answers.
interface IEnergyCertificatesDevices is IEnergyCertificatesErrors {
    /// @notice Emitted when an officer registers a device.
    event DeviceRegistered(
        DeviceId indexed id, ParticipantId indexed owner, bytes32 indexed source, Device device, address officer
    );

    /// @notice Emitted when an officer ends the certification of a device.
    event DeviceClosed(DeviceId indexed id, uint40 until, bytes32 reason, address officer);

    /// @notice Registers a device. Caller: power REGISTER in the scheme and jurisdiction of its meters.
    /// @dev Binds its meters to the source for ever, so that no project of another source can name them; a project with
    /// credits for the same energy has the same source.
    /// @param from [s] start of certification
    /// @param meters at most 8, of one owner, scheme and jurisdiction, in no other open device
    function registerDevice(EnergySource energy, uint40 from, bytes32 source, MeterId[] calldata meters)
        external
        returns (DeviceId id);

    /// @notice Ends the certification of a device at `until`, once. Caller: power REGISTER. Earlier certificates stay valid.
    function closeDevice(DeviceId id, uint40 until, bytes32 reason) external;

    /// @notice The device; reverts when there is none.
    function device(DeviceId id) external view returns (Device memory);

    /// @notice The latest device with a meter; 0 = none.
    function deviceOf(MeterId meter) external view returns (DeviceId);

    /// @notice Count of devices; their numbers run from 1.
    function deviceCount() external view returns (uint32);
}

/// @title IEnergyCertificatesCore
/// @notice Certificates: the half of {IEnergyCertificates} that the contract itself answers.
interface IEnergyCertificatesCore is IUnit1155, IEnergyCertificatesErrors {
    /// @notice Emitted when hours of a device are certified; an hour of 0 Wh has no certificates.
    /// @param from [s] start of the first hour
    /// @param energyWh [Wh] of each hour
    event HoursCertified(
        DeviceId indexed id, uint40 indexed from, ParticipantId indexed owner, uint64[] energyWh, address by
    );

    /// @notice ERC-1888: emitted for each hour that has certificates. `topic` is the {EnergySource}.
    event IssuanceSingle(address indexed issuer, uint256 indexed topic, uint256 id, uint256 value);

    /// @notice ERC-1888: emitted when certificates are claimed. `claimIssuer` is the controller, `claimSubject` the holder,
    /// `claimData` the reference of the exit: the number of the retirement certificate.
    event ClaimSingle(
        address indexed claimIssuer,
        address indexed claimSubject,
        uint256 indexed topic,
        uint256 id,
        uint256 value,
        bytes claimData
    );

    /* CERTIFICATES */

    /// @notice Certifies consecutive hours. Caller: any account. Certificates go to the owner's primary wallet.
    /// @param from [s] start of the first hour
    /// @param leaves by hour, meter and interval, in this order
    /// @param hint start of the preceding claim on the source, see {IProjects-claimBefore}
    function certify(DeviceId id, uint40 from, uint8 hours_, MeteredLeaf[] calldata leaves, uint64 hint) external;

    /// @notice Expires certificates past their lifetime, frozen ones too; at most 200 pairs of id and holder. Caller: any
    /// account.
    function sweep(UnitId[] calldata ids, address[] calldata holders) external;

    /* VIEWS */

    /// @notice Id of the certificates of the hour that begins at `from` [s].
    function idOf(DeviceId id, uint40 from) external view returns (UnitId);

    /// @notice Last moment [s] at which certificates of this id can be transferred or claimed.
    function expiryOf(UnitId id) external view returns (uint256);

    /// @notice ERC-1888: total claimed by an account of an id [Wh].
    function claimedBalanceOf(address owner, uint256 id) external view returns (uint256);

    /// @notice Validity of certificates from the end of their hour [s].
    function LIFETIME() external view returns (uint256);

    /// @notice Plausibility limit of an hour's readings [ppm of nameplate × hour].
    function MARGIN_PPM() external view returns (uint256);

    /// @notice Limit of leaves in one call.
    function MAX_LEAVES() external view returns (uint256);
}

/// @title IEnergyCertificates
/// @notice Certificates of renewable electricity [Wh], one id for each device and hour.
/// @dev Batch of an id: `device 32 | hour 32`, hours since 1970 in UTC; its vintage is the year of the scheme's zone in
/// which the hour begins.
/// @dev An hour is certified once, by any account, from the final readings of all meters of the device, in one call for up
/// to {MAX_LEAVES} leaves. Estimated and held readings count as zero. The period is claimed in {IProjects} together with
/// credits and zero-emission claims of the same source: a second claim on it is refused.
/// @dev Consumers claim through the RetirementRegistry: exit Retired, with a certificate for a beneficiary, named or
/// committed, and a period. ERC-1888 readers find the same in `ClaimSingle` and `claimedBalanceOf`; the standard's `issue`,
/// for which an issuer's word is enough, is left out.
/// @dev Warning: a leaf publishes its meter's energy of that interval. Certifying a household's roof discloses its output in
/// that hour.
/// @dev A pause stops certification, and no claim.
interface IEnergyCertificates is IEnergyCertificatesCore, IEnergyCertificatesDevices, IPausable {}
