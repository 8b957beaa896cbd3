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
    /// @dev [bytes]
    uint256 private constant MAX_NAME = 200;
    uint256 private constant MAX_REASON = 1000;
    /// @dev Projects that one answer names.
    uint256 private constant MAX_OTHERS = 100;
    /// @dev [1e-6 degrees]
    uint256 private constant CELL = 10_000;
    uint256 private constant COLUMNS = 36_000;
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
        _requireName(source, m.scheme);
        for (uint256 i = 0; i < meters.length; ++i) {
            _requireMeter(meters[i], m.scheme);
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
        _documentOf[id] = documentHash;
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
        Project storage p = _requireToValidate(id, yearlyCapT);
        _requireAnswered(id, 0);
        _validate(id, p, yearlyCapT, documentHash);
    }

    /// @inheritdoc IProjectRegister
    function answerAndValidate(
        ProjectId id,
        uint64 yearlyCapT,
        bytes32 documentHash,
        ProjectId[] calldata others,
        uint32 validations,
        string calldata reason
    ) external {
        Project storage p = _requireToValidate(id, yearlyCapT);
        _requireText(reason, MAX_REASON);
        if (others.length == 0 || others.length > MAX_OTHERS || validations > _validations) {
            revert ProjectsBadAnswer(id, others.length, validations, _validations);
        }
        for (uint256 i = 0; i < others.length; ++i) {
            ProjectStatus status = _requireProject(others[i]).status;
            if (status == ProjectStatus.Registered) revert ProjectsWrongStatus(others[i], status);
        }
        _requireAnswered(id, validations);

        emit LikenessAnswered(id, msg.sender, others, validations, reason);
        _validate(id, p, yearlyCapT, documentHash);
    }

    function _requireToValidate(ProjectId id, uint64 yearlyCapT) private view returns (Project storage p) {
        p = _requireOfficer(id);
        _requireStatus(id, p.status, ProjectStatus.Registered);
        _requireInForce(p.methodology);
        if (yearlyCapT == 0) revert ProjectsIncomplete();
    }

    function _validate(ProjectId id, Project storage p, uint64 yearlyCapT, bytes32 documentHash) private {
        p.status = ProjectStatus.Validated;
        p.yearlyCapT = yearlyCapT;
        _keepForComparison(id);
        SchemeId scheme = _methodologies[p.methodology].scheme;
        _takeName(p.source, scheme);
        bytes32[] memory meters = _meters[id];
        delete _meters[id];
        for (uint256 i = 0; i < meters.length; ++i) {
            if (uint256(meters[i]) > type(uint32).max) _takeName(meters[i], scheme);
            _bindMeter(meters[i], p.source);
        }
        _requirePlaced(id);
        emit ProjectValidated(id, msg.sender, yearlyCapT, documentHash);
    }

    /// @inheritdoc IProjectRegister
    function nameProject(ProjectId id, string calldata name) external {
        Project storage p = _requireProject(id);
        if (_requireDeveloper() != p.developer) revert ProjectsNotItsDeveloper(id, msg.sender);
        _requireStatus(id, p.status, ProjectStatus.Registered);
        _requireText(name, MAX_NAME);

        emit ProjectNamed(id, name);
    }

    /* LIKENESS */

    function _requireText(string calldata text, uint256 most) private pure {
        uint256 length = bytes(text).length;
        if (length == 0 || length > most) revert ProjectsBadText(length, most);
    }

    /// @param validations how many had been when an officer looked; 0 where none did
    function _requireAnswered(ProjectId id, uint32 validations) private view {
        Validated memory like = _latestLike(id);
        if (like.number > validations) revert ProjectsLikeAnother(id, like.project, like.number);
    }

    /// @dev The project validated last of those with this one's document, or in its cell or one of the eight around it.
    function _latestLike(ProjectId id) private view returns (Validated memory latest) {
        latest = _latestOfDocument[_documentOf[id]];
        uint256[9] memory cells = _cellsAround(_sites[id].location);
        for (uint256 i = 0; i < 9; ++i) {
            Validated memory found = _latestInCell[cells[i]];
            if (found.number > latest.number) latest = found;
        }
    }

    function _keepForComparison(ProjectId id) private {
        Validated memory validated = Validated(id, ++_validations);
        _latestOfDocument[_documentOf[id]] = validated;
        _latestInCell[_cellOf(_sites[id].location)] = validated;
    }

    /// @dev A cell has 0.01 degrees each way: 1.1 km from south to north.
    function _cellOf(Location memory at) private pure returns (uint256) {
        return _cellsAround(at)[4];
    }

    /// @dev The cell of a place, in the middle, and the eight around it.
    function _cellsAround(Location memory at) private pure returns (uint256[9] memory cells) {
        // Within {_requireOnEarth}, so that neither sum is negative.
        uint256 row = uint256(int256(at.latitude) + POLE) / CELL;
        uint256 column = uint256(int256(at.longitude) + DATE_LINE) / CELL % COLUMNS;
        for (uint256 i = 0; i < 9; ++i) {
            // Row 0 is shifted by one, so that the one below it exists; columns meet at the date line.
            cells[i] = (row + i / 3) * COLUMNS + (column + COLUMNS + i % 3 - 1) % COLUMNS;
        }
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
    function sitePlant(
        InstallationId installation,
        Location calldata location,
        bytes32[] calldata meters,
        bytes32 reasonHash
    ) external {
        SchemeId scheme = _requirePlant(installation).schemeOf();
        _requirePower(scheme, Powers.REGISTER);
        _requireOnEarth(location);
        if (meters.length > MAX_METERS) revert ProjectsTooManyMeters(meters.length, MAX_METERS);

        Sited memory sited = Sited(installation, ++_sitings);
        _plantInCell[scheme][_cellOf(location)] = sited;
        for (uint256 i = 0; i < meters.length; ++i) {
            _requireMeter(meters[i], scheme);
            _plantOfMeter[scheme][meters[i]] = sited;
            bytes32 source = _sourceOfMeter[meters[i]];
            if (source != 0) _plantOfSource[source] = sited;
        }
        emit PlantSited(installation, sited.number, msg.sender, location, meters, reasonHash);
    }

    /// @inheritdoc IProjectRegister
    function placeAtPlant(ProjectId id, InstallationId installation, uint32 sitings, bytes32 reasonHash) external {
        _requireOfficer(id);
        if (InstallationId.unwrap(installation) != 0) _requirePlant(installation);
        if (sitings > _sitings) revert ProjectsBadSitings(id, sitings, _sitings);

        _placed[id] = Placed(installation, sitings);
        emit ProjectPlaced(id, installation, msg.sender, sitings, reasonHash);
    }

    function _requirePlaced(ProjectId id) private view {
        Sited memory near = _nearPlant(id);
        if (near.number > _placed[id].sitings) revert ProjectsNearPlant(id, near.plant, near.number);
    }

    /// @dev The plant sited last of those in the project's cell or one of the eight around it, or known by its source.
    function _nearPlant(ProjectId id) private view returns (Sited memory latest) {
        Project storage p = _projects[id];
        SchemeId scheme = _methodologies[p.methodology].scheme;
        latest = _plantOfSource[p.source];
        uint256[9] memory cells = _cellsAround(_sites[id].location);
        for (uint256 i = 0; i < 9; ++i) {
            Sited memory found = _plantInCell[scheme][cells[i]];
            if (found.number > latest.number) latest = found;
        }
    }

    /// @inheritdoc IProjectRegister
    function claimZeroEmission(bytes32 source, InstallationId installation, uint64 from, uint64 until, uint64 hint)
        external
    {
        SchemeId scheme = _requirePlant(installation).schemeOf();
        _requirePower(scheme, Powers.REGISTER);
        if (source == 0 || from >= until || until > block.timestamp) revert ProjectsBadStretch(from, until);

        _takeName(source, scheme);
        bool known = InstallationId.unwrap(_plantOfSource[source].plant) == InstallationId.unwrap(installation);
        if (!known) _plantOfSource[source] = Sited(installation, ++_sitings);
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
        return _placed[id].plant;
    }

    /// @inheritdoc IProjectRegister
    function placedAt(ProjectId id) external view returns (InstallationId) {
        _requirePlaced(id);
        return _placed[id].plant;
    }

    /// @inheritdoc IProjectRegister
    function nearPlantOf(ProjectId id) external view returns (InstallationId plant, uint32 siting) {
        _requireProject(id);
        Sited memory near = _nearPlant(id);
        return (near.plant, near.number);
    }

    /// @inheritdoc IProjectRegister
    function sitingCount() external view returns (uint32) {
        return _sitings;
    }

    /// @inheritdoc IProjectRegister
    function siteOf(ProjectId id) external view returns (Site memory) {
        _requireProject(id);
        return _sites[id];
    }

    /// @inheritdoc IProjectRegister
    function likenessOf(ProjectId id) external view returns (ProjectId latest, uint32 validation) {
        _requireProject(id);
        Validated memory like = _latestLike(id);
        return (like.project, like.number);
    }

    /// @inheritdoc IProjectRegister
    function validationCount() external view returns (uint32) {
        return _validations;
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
