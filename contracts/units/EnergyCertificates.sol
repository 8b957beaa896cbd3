// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {UnitId} from "../../interfaces/types/Ids.sol";
import {
    Device,
    DeviceId,
    EnergySource,
    IEnergyCertificatesCore,
    MeteredLeaf
} from "../../interfaces/units/IEnergyCertificates.sol";
import {IMeterOracle, MeterLeaf} from "../../interfaces/evidence/IMeterOracle.sol";
import {Meter} from "../../interfaces/evidence/IMeters.sol";
import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {ClaimKind, IProjects} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {Custody, Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {IUnitRenderer} from "../../interfaces/units/IUnitRenderer.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {Extendable} from "../lib/Extendable.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {BatchNumbers} from "../types/BatchNumbers.sol";
import {PackedMetersLib} from "../types/PackedMeters.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {CertificatesStore} from "./CertificatesStore.sol";
import {EnergyCertificatesExtension} from "./EnergyCertificatesExtension.sol";
import {Unit1155} from "./Unit1155.sol";

/// @title EnergyCertificates
/// @notice Hourly certificates of renewable electricity; see {IEnergyCertificates}.
/// @dev Devices and pauses are in {EnergyCertificatesExtension}.
/// @dev Device, hour and expiry follow from the id; nothing of them is stored.
/// @dev Assumes that MeterOracle and Projects are this project's own and do not call back.
contract EnergyCertificates is CertificatesStore, Unit1155, Extendable, IEnergyCertificatesCore {
    uint256 private constant HOUR = 1 hours;
    uint256 private constant PPM = 1e6;

    /// @inheritdoc IEnergyCertificatesCore
    uint256 public constant MAX_LEAVES = 200;
    /// @inheritdoc IEnergyCertificatesCore
    uint256 public immutable LIFETIME;
    /// @inheritdoc IEnergyCertificatesCore
    uint256 public immutable MARGIN_PPM;
    mapping(uint256 id => mapping(address owner => uint256)) private _claimed;

    /// @dev Meters of a device with their limits, for one call.
    struct Metering {
        Meter[] meters;
        uint256 leaves; // of one hour
        uint256 mostWh; // plausible in one hour
    }

    constructor(
        address authority_,
        IParticipants participants,
        ISchemes schemes,
        IMeterOracle meters,
        IProjects projects,
        uint256 lifetime,
        uint256 marginPpm,
        IUnitRenderer renderer
    )
        CertificatesStore(meters, projects)
        Unit1155(authority_, participants, schemes, Custody.Participants, renderer)
        Extendable(address(new EnergyCertificatesExtension(authority_, schemes, meters, projects)))
    {
        (LIFETIME, MARGIN_PPM) = (lifetime, marginPpm);
    }

    /* CERTIFICATES */

    /// @inheritdoc IEnergyCertificatesCore
    function certify(DeviceId id, uint40 from, uint8 hours_, MeteredLeaf[] calldata leaves, uint64 hint) external {
        _requireUnpaused();
        Device memory d = _device(id);
        uint40 until = from + uint40(hours_ * HOUR); // 255 hours at most
        Metering memory m = _meteringOf(id, d, from, until);
        address owner = PARTICIPANTS.primaryWallet(d.owner);
        if (!_isActive(owner)) revert ERC7943CannotReceive(owner);
        if (leaves.length != m.leaves * hours_ || leaves.length > MAX_LEAVES) {
            revert CertificatesOtherLeaves(leaves.length, m.leaves * hours_);
        }

        PROJECTS.claim(d.source, ClaimKind.Certificate, BatchNumbers.ofHour(id, from), from, until, hint);
        uint64[] memory energyWh = new uint64[](hours_);
        int256 zone = _zoneOf(d);
        bool any = false;
        for (uint256 i = 0; i < hours_; ++i) {
            bytes32 evidence;
            (energyWh[i], evidence) = _measure(id, d, m, from + i * HOUR, leaves, i * m.leaves);
            if (energyWh[i] == 0) continue;
            any = true;
            _issueHour(_idOf(id, d, from + i * HOUR, zone), d.energy, owner, energyWh[i], evidence);
        }
        if (!any) revert CertificatesNothingDelivered(id, from);
        emit HoursCertified(id, from, d.owner, energyWh, msg.sender);

        // Hooks come last: a wallet that calls back sees all hours issued.
        for (uint256 i = 0; i < hours_; ++i) {
            if (energyWh[i] != 0) {
                _offer(address(0), owner, _idOf(id, d, from + i * HOUR, zone), energyWh[i]);
            }
        }
    }

    /// @dev The meters; they and the device must be valid for the whole period.
    function _meteringOf(DeviceId id, Device memory d, uint256 from, uint256 until)
        private
        view
        returns (Metering memory m)
    {
        bool counts = from >= d.from && (d.until == 0 || until <= d.until) && from != until && from % HOUR == 0;
        m.meters = new Meter[](d.meterCount);
        for (uint256 i = 0; i < d.meterCount; ++i) {
            Meter memory read = METERS.meter(PackedMetersLib.at(d.meters, i));
            counts = counts && from >= read.validFrom && (read.validUntil == 0 || until <= read.validUntil);
            m.meters[i] = read;
            m.leaves += HOUR / read.intervalS;
            m.mostWh += read.nameplateW;
        }
        if (!counts) revert CertificatesOutsideTime(id, from, until);
        m.mostWh = m.mostWh * MARGIN_PPM / PPM; // nameplate of an hour, eight times 40 bits
    }

    /// @dev Energy of all meters in one hour, whose leaves begin at index `next`, and a hash of the leaves.
    function _measure(
        DeviceId id,
        Device memory d,
        Metering memory m,
        uint256 hour,
        MeteredLeaf[] calldata leaves,
        uint256 next
    ) private view returns (uint64, bytes32 evidence) {
        uint256 energy = 0;
        for (uint256 i = 0; i < m.meters.length; ++i) {
            Meter memory read = m.meters[i];
            for (uint256 start = hour; start < hour + HOUR; start += read.intervalS) {
                MeteredLeaf calldata given = leaves[next++];
                _requireFinal(PackedMetersLib.at(d.meters, i), read.node, start, given);
                MeterLeaf calldata leaf = given.shown.leaf;
                if (leaf.reading.quality() <= uint256(Quality.Provisional)) energy += leaf.reading.exportWh();
                evidence = keccak256(abi.encode(evidence, leaf));
            }
        }
        if (energy > m.mostWh) revert CertificatesImplausible(id, hour, energy, m.mostWh);
        return (uint64(energy), evidence); // 200 times 40 bits
    }

    function _requireFinal(MeterId meter, NodeId node, uint256 start, MeteredLeaf calldata given) private view {
        bytes32 salted = given.shown.leaf.salted;
        if (salted != keccak256(abi.encode(given.salt, meter))) revert CertificatesOtherMeter(meter, start, salted);
        // Within the time of the device and its meters: 40 bits.
        (uint8 run, bool isFinal) = METERS.requireLeaf(node, uint40(start), given.shown);
        if (!isFinal) revert CertificatesNotFinal(node, start, run);
    }

    /// @dev Issues the certificates of one hour; the hook is the caller's.
    function _issueHour(UnitId id, EnergySource energy, address owner, uint64 amount, bytes32 evidence) private {
        _checkValid(id);
        _countIssue(id, amount);
        _credit(owner, id, amount);
        emit UnitsIssued(id, evidence, amount, 1);
        emit IssuanceSingle(msg.sender, uint256(energy), UnitId.unwrap(id), amount);
    }

    /// @notice Exit as claimed (Retired) or cancelled, until expiry. Caller: controller with the right to exit.
    function exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        external
        override(Unit1155, IUnit1155)
    {
        if (kind != Exit.Retired && kind != Exit.Cancelled) revert CertificatesNoWayOut(id);
        _checkExit(from, id, kind);
        _checkValid(id);
        _exit(ExitRequest(from, id, amount, kind, ref));
        if (kind == Exit.Cancelled) return;

        _claimed[UnitId.unwrap(id)][from] += amount;
        uint256 topic = uint256(_devices[BatchNumbers.deviceOf(id)].energy);
        emit ClaimSingle(msg.sender, from, topic, UnitId.unwrap(id), amount, abi.encode(ref));
    }

    /// @inheritdoc IEnergyCertificatesCore
    function sweep(UnitId[] calldata ids, address[] calldata holders) external {
        if (ids.length != holders.length) revert UnitLengthMismatch(ids.length, holders.length);
        _checkItems(ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 expiry = expiryOf(ids[i]);
            if (block.timestamp <= expiry) revert CertificatesStillGood(ids[i], expiry);
            uint256 amount = balanceOf(holders[i], UnitId.unwrap(ids[i]));
            if (amount != 0) _exit(ExitRequest(holders[i], ids[i], amount, Exit.Expired, 0));
        }
    }

    /* VIEWS */

    /// @inheritdoc IEnergyCertificatesCore
    function idOf(DeviceId id, uint40 from) external view returns (UnitId) {
        Device memory d = _device(id);
        return _idOf(id, d, from, _zoneOf(d));
    }

    /// @inheritdoc IEnergyCertificatesCore
    function expiryOf(UnitId id) public view returns (uint256) {
        return BatchNumbers.hourEndOf(id) + LIFETIME;
    }

    /// @inheritdoc IEnergyCertificatesCore
    function claimedBalanceOf(address owner, uint256 id) external view returns (uint256) {
        return _claimed[id][owner];
    }

    /* INSIDE */

    /// @dev Every transfer is subject to the expiry.
    function _isFree(Row storage) internal pure override returns (bool) {
        return false;
    }

    function _mayMove(address, address, UnitId id) internal view override returns (bool) {
        return block.timestamp <= expiryOf(id);
    }

    /// @dev Expiry takes frozen certificates too.
    function _mayThaw(Exit kind) internal pure override returns (bool) {
        return kind == Exit.Expired;
    }

    function _class() internal pure override returns (uint8) {
        return UnitIdLib.ENERGY_CERTIFICATE;
    }

    function _checkValid(UnitId id) private view {
        uint256 expiry = expiryOf(id);
        if (block.timestamp > expiry) revert CertificatesExpired(id, expiry);
    }

    /// @dev [s] east of UTC
    function _zoneOf(Device memory d) private view returns (int256) {
        return SCHEMES.schemeInfo(d.scheme).utcOffset;
    }

    function _idOf(DeviceId id, Device memory d, uint256 from, int256 zone) private pure returns (UnitId) {
        // 40 bits of seconds end in the year 36,812.
        uint16 year = uint16(ReportingYear.yearOf(from, zone));
        return UnitIdLib.encode(UnitIdLib.ENERGY_CERTIFICATE, d.scheme, year, BatchNumbers.ofHour(id, from));
    }
}
