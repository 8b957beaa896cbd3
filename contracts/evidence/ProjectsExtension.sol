// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {IMeters} from "../../interfaces/evidence/IMeters.sol";
import {
    IParticipants,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights
} from "../../interfaces/parties/IParticipants.sol";
import {
    Activity,
    ClaimKind,
    IProjectRegister,
    Location,
    Methodology,
    MethodologyId,
    Project,
    ProjectId,
    ProjectKind,
    ProjectStatus,
    Site
} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {Merkle} from "../lib/Merkle.sol";
import {PPM} from "../types/Ppm.sol";
import {ProjectsStore} from "./ProjectsStore.sol";

/// @title ProjectsExtension
/// @notice Methodologies, registration and validation of offset projects; see {IProjectRegister}.
/// @dev See {Extendable}.
contract ProjectsExtension is ProjectsStore, IProjectRegister {
    uint256 private constant MAX_SCOPE = 23;
    uint256 private constant MAX_METERS = 64;
    /// @dev Of one scheme: a thousand schemes share the numbers.
    uint256 private constant MAX_METHODOLOGIES = 64;
    /// @dev [1e-6 degrees]
    int256 private constant POLE = 90e6;
    int256 private constant DATE_LINE = 180e6;

    constructor(address authority_, IParticipants participants, ISchemes schemes, IMeters meters)
        ProjectsStore(authority_, participants, schemes, meters)
    {}

    /* METHODOLOGIES AND PROJECTS */

    /// @inheritdoc IProjectRegister
    function setMethodology(MethodologyId id, Methodology calldata methodology_, bytes32 documentHash) external {
        _requirePower(methodology_.scheme, Powers.REGISTER);
        SchemeId old = _methodologies[id].scheme;
        bool named = MethodologyId.unwrap(id) != 0 && (SchemeId.unwrap(old) == 0 || old == methodology_.scheme);
        bool typed = methodology_.activity != Activity.None && methodology_.kind != ProjectKind.None;
        bool bounded = methodology_.minBufferPpm <= methodology_.maxBufferPpm && methodology_.maxBufferPpm <= PPM;
        if (!named || !typed || !bounded || methodology_.scope > MAX_SCOPE) {
            revert ProjectsBadMethodology(id, methodology_);
        }
        if (SchemeId.unwrap(old) == 0 && ++_methodologiesOf[methodology_.scheme] > MAX_METHODOLOGIES) {
            revert ProjectsTooManyMethodologies(methodology_.scheme, MAX_METHODOLOGIES);
        }

        uint16 version = ++_versions[id];
        _terms[id][version] = methodology_;
        _methodologies[id] = methodology_;
        emit MethodologySet(id, methodology_.scheme, version, methodology_, documentHash, msg.sender);
    }

    /// @inheritdoc IProjectRegister
    function register(
        MethodologyId methodologyId,
        uint16 hostCountry,
        uint40 creditingFrom,
        uint40 creditingUntil,
        bytes32 source,
        Location calldata location,
        bytes32[] calldata meters,
        bytes32 documentHash
    ) external returns (ProjectId id) {
        ParticipantId developer = _requireDeveloper();
        Methodology memory m = _methodologies[methodologyId];
        if (!m.active) revert ProjectsUnknownMethodology(methodologyId);
        if (creditingFrom == 0 || creditingFrom >= creditingUntil) {
            revert ProjectsBadCrediting(creditingFrom, creditingUntil);
        }
        Horizon.checkTerm(creditingUntil);
        if (hostCountry == 0 || source == 0) revert ProjectsIncomplete();
        _requireOnEarth(location);
        bytes32 metersRoot = _rootOf(meters);
        _takeName(source, m.scheme);
        for (uint256 i = 0; i < meters.length; ++i) {
            _takeMeter(meters[i], m.scheme);
        }

        id = ProjectId.wrap(++_lastProject);
        _projects[id] = Project({
            developer: developer,
            methodology: methodologyId,
            hostCountry: hostCountry,
            creditingFrom: creditingFrom,
            creditingUntil: creditingUntil,
            status: ProjectStatus.Registered,
            yearlyCapT: 0,
            version: _versions[methodologyId],
            source: source
        });
        _meters[id] = meters;
        _sites[id] = Site({location: location, meterCount: uint16(meters.length), metersRoot: metersRoot});
        emit ProjectRegistered(
            id,
            developer,
            methodologyId,
            hostCountry,
            creditingFrom,
            creditingUntil,
            source,
            location,
            meters,
            documentHash
        );
    }

    /// @inheritdoc IProjectRegister
    function validate(ProjectId id, uint64 yearlyCapT, bytes32 documentHash) external {
        Project storage p = _requireOfficer(id);
        _requireStatus(id, p.status, ProjectStatus.Registered);
        _requireInForce(p.methodology);
        if (yearlyCapT == 0) revert ProjectsIncomplete();

        p.status = ProjectStatus.Validated;
        p.yearlyCapT = yearlyCapT;
        bytes32[] memory meters = _meters[id];
        delete _meters[id];
        for (uint256 i = 0; i < meters.length; ++i) {
            _bindMeter(meters[i], p.source);
        }
        emit ProjectValidated(id, msg.sender, yearlyCapT, documentHash);
    }

    /// @inheritdoc IProjectRegister
    function setSuspended(ProjectId id, bool suspended, address officer, bytes32 reasonHash) external {
        if (msg.sender != _desk) revert ProjectsNotDesk(msg.sender);
        Project storage p = _requireProject(id);
        _requireStatus(id, p.status, suspended ? ProjectStatus.Validated : ProjectStatus.Suspended);

        p.status = suspended ? ProjectStatus.Suspended : ProjectStatus.Validated;
        emit ProjectSuspended(id, officer, suspended, reasonHash);
    }

    /// @inheritdoc IProjectRegister
    function setDesk(address desk) external restricted {
        if (_desk != address(0) || desk.code.length == 0) revert ProjectsDeskRefused(_desk, desk);
        _desk = desk;
        emit DeskSet(desk);
    }

    /// @inheritdoc IProjectRegister
    function renew(ProjectId id, uint40 creditingUntil, bytes32 documentHash) external {
        Project storage p = _requireOfficer(id);
        uint40 oldUntil = p.creditingUntil;
        if (creditingUntil <= oldUntil) revert ProjectsBadCrediting(oldUntil, creditingUntil);
        Horizon.checkTerm(creditingUntil);
        _requireInForce(p.methodology);

        p.creditingUntil = creditingUntil;
        p.version = _versions[p.methodology];
        emit ProjectRenewed(id, oldUntil, creditingUntil, documentHash);
    }

    /* PLANTS UNDER A CAP */

    /// @inheritdoc IProjectRegister
    function placeAtPlant(ProjectId id, InstallationId installation, bytes32 reasonHash) external {
        _requireOfficer(id);
        if (InstallationId.unwrap(installation) != 0) _requirePlant(installation);

        _plants[id] = installation;
        emit ProjectPlaced(id, installation, msg.sender, reasonHash);
    }

    /// @inheritdoc IProjectRegister
    function claimZeroEmission(bytes32 source, InstallationId installation, uint64 from, uint64 until, uint64 hint)
        external
    {
        SchemeId scheme = _requirePlant(installation).schemeOf();
        _requirePower(scheme, Powers.REGISTER);
        if (source == 0 || from >= until || until > block.timestamp) revert ProjectsBadStretch(from, until);

        _takeName(source, scheme);
        _claim(source, ClaimKind.ZeroEmission, InstallationId.unwrap(installation), from, until, hint);
    }

    function _requirePlant(InstallationId installation) private view returns (InstallationWord plant) {
        // Not all zero: each installation has an operator.
        plant = IInstallations(address(PARTICIPANTS)).installation(installation);
        if (InstallationWord.unwrap(plant) == 0) revert ProjectsUnknownPlant(installation);
    }

    function _requireDeveloper() private view returns (ParticipantId id) {
        uint8 rights;
        ParticipantStatus status;
        (id, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        bool may = status == ParticipantStatus.Active && rights & WalletRights.MANAGE != 0;
        if (!may || PARTICIPANTS.participant(id).kinds & ParticipantKinds.DEVELOPER == 0) {
            revert ProjectsNotDeveloper(msg.sender, id, rights);
        }
    }

    function _requireOnEarth(Location calldata place) private pure {
        bool bounded = place.latitude >= -POLE && place.latitude <= POLE && place.longitude >= -DATE_LINE
            && place.longitude <= DATE_LINE;
        if (!bounded || (place.latitude == 0 && place.longitude == 0)) revert ProjectsBadLocation(place);
    }

    /// @dev Rising, so that no meter is named twice and one set has one root.
    function _rootOf(bytes32[] calldata meters) private pure returns (bytes32) {
        if (meters.length > MAX_METERS) revert ProjectsTooManyMeters(meters.length, MAX_METERS);
        bytes32[] memory leaves = new bytes32[](meters.length);
        bytes32 last = 0;
        for (uint256 i = 0; i < meters.length; ++i) {
            if (meters[i] <= last) revert ProjectsBadMeter(i, meters[i]);
            last = meters[i];
            leaves[i] = Merkle.leaf(abi.encodePacked(last));
        }
        return Merkle.root(leaves);
    }

    function _requireOfficer(ProjectId id) private view returns (Project storage p) {
        p = _requireProject(id);
        _requirePower(_methodologies[p.methodology].scheme, Powers.REGISTER);
    }

    /* VIEWS */

    /// @inheritdoc IProjectRegister
    function plantOf(ProjectId id) external view returns (InstallationId) {
        return _plants[id];
    }

    /// @inheritdoc IProjectRegister
    function siteOf(ProjectId id) external view returns (Site memory) {
        _requireProject(id);
        return _sites[id];
    }

    /// @inheritdoc IProjectRegister
    function projectCount() external view returns (uint32) {
        return _lastProject;
    }

    /// @inheritdoc IProjectRegister
    function versionOf(MethodologyId id) external view returns (uint16) {
        return _versions[id];
    }

    /// @inheritdoc IProjectRegister
    function termsAt(MethodologyId id, uint16 version) external view returns (Methodology memory) {
        return _terms[id][version];
    }
}
