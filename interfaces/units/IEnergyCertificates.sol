// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {LeafProof} from "../evidence/IMeterOracle.sol";
import {IUnit1155} from "./IUnit1155.sol";
import {MeterId, NodeId} from "../types/MeterTypes.sol";

/// @dev A plant, as certificates know it: meters that measure what one source delivers. 0 means none.
type DeviceId is uint32;

/// @dev What a device makes electricity of. Those up to Marine renew themselves, and only they are certified.
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
    Storage //  gives back what was made elsewhere
}

/// @dev A device as stored; an empty comment marks each slot boundary. Times are [s] unix.
struct Device {
    ParticipantId owner; //  of its meters; certificates go to its first wallet
    SchemeId scheme;
    uint16 jurisdiction;
    EnergySource energy;
    uint40 from; //          first moment that can be certified
    uint40 until; //         first moment no longer; 0 while open
    uint8 meterCount;
    //
    bytes32 source; //       name under which its energy can be claimed once, see {IProjects}
    //
    uint256 meters; //       eight lanes of 32 bits, the first lowest
}

/// @dev One meter in one interval: its leaf under the interval's root, and the salt that says whose it is.
struct MeteredLeaf {
    bytes32 salt;
    LeafProof shown;
}

/// @title IEnergyCertificates
/// @notice Certificates of renewable electricity [Wh], one id for each device and hour.
/// @dev The id's batch says both: `device 32 | hour 32`, hours counted from 1970 in UTC; its vintage is the hour's year.
/// @dev An hour is certified once, by anybody, from the final runs of all the device's meters, in one call for up to
/// {MAX_LEAVES} leaves. What was estimated or held certifies nothing. The stretch is claimed in {IProjects}, where credits
/// and zero-emission claims of the same source are: whatever comes second is refused.
/// @dev Consumers claim through the RetirementRegistry: the named exit Retired, with a certificate for a beneficiary, named
/// or committed, and a period. For readers of ERC-1888, `ClaimSingle` and `claimedBalanceOf` say the same; its `issue`, by
/// which an issuer's word is enough, is not here.
/// @dev Whoever shows a leaf shows one meter's energy of that interval to everybody: of plants this is meant to be known;
/// who certifies a household's roof reveals what it delivered in that hour.
interface IEnergyCertificates is IUnit1155 {
    /// @notice Emitted when an officer registers a device.
    event DeviceRegistered(
        DeviceId indexed id, ParticipantId indexed owner, bytes32 indexed source, Device device, address officer
    );

    /// @notice Emitted when an officer says until when a device's energy can be certified.
    event DeviceClosed(DeviceId indexed id, uint40 until, bytes32 reason, address officer);

    /// @notice Emitted when hours of a device are certified; an hour with 0 has no certificates.
    /// @param from [s] start of the first hour
    /// @param energyWh [Wh] of each hour
    event HoursCertified(
        DeviceId indexed id, uint40 indexed from, ParticipantId indexed owner, uint64[] energyWh, address by
    );

    /// @notice ERC-1888: emitted for each hour that has certificates. `topic` is the {EnergySource}.
    event IssuanceSingle(address indexed issuer, uint256 indexed topic, uint256 id, uint256 value);

    /// @notice ERC-1888: emitted when certificates were claimed. `claimIssuer` ended them, `claimSubject` had them,
    /// `claimData` is what the exit answers: the number of the certificate of retirement.
    event ClaimSingle(
        address indexed claimIssuer,
        address indexed claimSubject,
        uint256 indexed topic,
        uint256 id,
        uint256 value,
        bytes claimData
    );

    /// @notice Thrown when no device has this number.
    error CertificatesUnknownDevice(DeviceId id);
    /// @notice Thrown when a device has no meter or too many, no source, or would end before it begins.
    error CertificatesBadDevice(bytes32 source, uint256 meters, uint256 from, uint256 until);
    /// @notice Thrown when what a device uses does not renew itself.
    error CertificatesNotRenewable(EnergySource energy);
    /// @notice Thrown when a meter is not of electricity, not of the first one's owner, scheme and jurisdiction, or its
    /// intervals do not divide an hour.
    error CertificatesForeignMeter(MeterId meter);
    /// @notice Thrown when a meter is one of a device that is still open then.
    error CertificatesMeterTaken(MeterId meter, DeviceId device);
    /// @notice Thrown when hours are none, begin between two hours, or lie outside the device's time or that of a meter.
    error CertificatesOutsideTime(DeviceId id, uint256 from, uint256 until);
    /// @notice Thrown when there is not one leaf for each meter and interval.
    error CertificatesOtherLeaves(uint256 given, uint256 needed);
    /// @notice Thrown when a leaf is not that meter's.
    error CertificatesOtherMeter(MeterId meter, uint256 start, bytes32 salted);
    /// @notice Thrown when the run of an interval can still change.
    error CertificatesNotFinal(NodeId node, uint256 start, uint8 run);
    /// @notice Thrown when a device's meters show more in an hour than they can [Wh].
    error CertificatesImplausible(DeviceId id, uint256 hour, uint256 energyWh, uint256 mostWh);
    /// @notice Thrown when nothing was delivered.
    error CertificatesNothingDelivered(DeviceId id, uint256 from);
    /// @notice Thrown when a certificate is no longer good [s].
    error CertificatesExpired(UnitId id, uint256 expiry);
    /// @notice Thrown when a certificate is still good [s].
    error CertificatesStillGood(UnitId id, uint256 expiry);
    /// @notice Thrown when certificates would leave otherwise than claimed, cancelled or expired.
    error CertificatesNoWayOut(UnitId id);

    /* DEVICES */

    /// @notice Registers a device. Caller: power REGISTER where its meters are.
    /// @dev Its meters are bound to the source for ever, so that no project of another source can name them; a project
    /// that makes credits of the same energy has the same source.
    /// @param from [s] first moment that can be certified
    /// @param meters at most 8, of one owner, scheme and jurisdiction, in no other open device
    function registerDevice(EnergySource energy, uint40 from, bytes32 source, MeterId[] calldata meters)
        external
        returns (DeviceId id);

    /// @notice Ends a device at `until`, once. Caller: power REGISTER. Warning: what was certified before stays.
    function closeDevice(DeviceId id, uint40 until, bytes32 reason) external;

    /* CERTIFICATES */

    /// @notice Certifies hours that follow one another. Anybody; certificates go to the first wallet of the owner.
    /// @param from [s] start of the first hour
    /// @param leaves by hour, meter and interval, in this order
    /// @param hint start of the claim before on the source, see {IProjects-claimBefore}
    function certify(DeviceId id, uint40 from, uint8 hours_, MeteredLeaf[] calldata leaves, uint64 hint) external;

    /// @notice Takes out what is no longer good, frozen units too; pairs of id and holder, at most 200. Anybody.
    function sweep(UnitId[] calldata ids, address[] calldata holders) external;

    /* VIEWS */

    /// @notice The device; reverts when there is none.
    function device(DeviceId id) external view returns (Device memory);

    /// @notice The latest device a meter was given to; 0 = none.
    function deviceOf(MeterId meter) external view returns (DeviceId);

    /// @notice The highest number of a device so far; numbers run from 1.
    function deviceCount() external view returns (uint32);

    /// @notice The certificates' id of the hour that begins at `from` [s].
    function idOf(DeviceId id, uint40 from) external view returns (UnitId);

    /// @notice Last moment [s] at which certificates of this id move or can be claimed.
    function expiryOf(UnitId id) external view returns (uint256);

    /// @notice ERC-1888: what an account has claimed of an id [Wh].
    function claimedBalanceOf(address owner, uint256 id) external view returns (uint256);

    /// @notice [s] from the end of an hour in which its certificates are good.
    function LIFETIME() external view returns (uint256);

    /// @notice [ppm] of nameplate × hour that meters may show, beyond which they are not believed.
    function MARGIN_PPM() external view returns (uint256);

    /// @notice Most leaves of one call.
    function MAX_LEAVES() external view returns (uint256);
}
