// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {InstallationId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IMeters, Meter, Node} from "../../interfaces/evidence/IMeters.sol";
import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {
    ClaimKind,
    IProjectRegister,
    IProjectReports,
    Methodology,
    MethodologyId,
    Monitoring,
    Project,
    ProjectId,
    ProjectStatus,
    Site
} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {IntervalSet} from "../lib/IntervalSet.sol";

/// @title ProjectsStore
/// @notice Storage of {Projects} and {ProjectsExtension}, and the checks of both.
/// @dev One interval set a source for all kinds of claim, so that a credit and a certificate for the same hour cannot both
/// be; see {Projects} for the data of an interval.
abstract contract ProjectsStore is AccessManaged {
    using IntervalSet for IntervalSet.Set;

    /// @dev Data of a claim: `ref 64 | kind 8`.
    uint256 internal constant KIND_SHIFT = 64;

    /// @dev A validated project; validations are counted from 1.
    struct Validated {
        ProjectId project;
        uint32 number;
    }

    /// @dev A plant under a cap whose place, meters or source is known; sitings are counted from 1.
    struct Sited {
        InstallationId plant;
        uint32 number;
    }

    /// @dev What an officer said of a project: the plant it stands at, 0 for none, and the sitings it looked at.
    struct Placed {
        InstallationId plant;
        uint32 sitings;
    }

    IParticipants internal immutable PARTICIPANTS;
    ISchemes internal immutable SCHEMES;
    IMeters internal immutable METERS;

    mapping(bytes32 source => IntervalSet.Set) internal _claims;
    mapping(bytes32 source => mapping(uint64 from => address)) internal _claimedBy;
    mapping(address claimant => bool) internal _claimants;
    mapping(bytes32 meter => bytes32 source) internal _sourceOfMeter;
    /// @dev Scheme in which a source, or a meter that no oracle reads, was first validated or certified.
    mapping(bytes32 name => SchemeId) internal _schemeOfName;
    mapping(SchemeId scheme => uint256) internal _methodologiesOf;
    address internal _desk;

    uint32 internal _lastProject;
    uint64 internal _lastReport;

    /// @dev The newest version of each; all versions beside it.
    mapping(MethodologyId id => Methodology) internal _methodologies;
    mapping(MethodologyId id => uint16) internal _versions;
    mapping(MethodologyId id => mapping(uint16 version => Methodology)) internal _terms;
    mapping(ProjectId id => Project) internal _projects;
    mapping(ProjectId id => Placed) internal _placed;
    /// @dev Plants under a cap, compared with projects of their scheme.
    uint32 internal _sitings;
    mapping(SchemeId scheme => mapping(uint256 cell => Sited)) internal _plantInCell;
    mapping(SchemeId scheme => mapping(bytes32 meter => Sited)) internal _plantOfMeter;
    mapping(bytes32 source => Sited) internal _plantOfSource;
    /// @dev Beside the project, which every monitoring report reads.
    mapping(ProjectId id => Site) internal _sites;
    /// @dev Until the project is validated, which binds them to its source.
    mapping(ProjectId id => bytes32[]) internal _meters;
    mapping(uint64 reportId => Monitoring) internal _monitoring;
    mapping(bytes32 reportHash => uint64 reportId) internal _reportOf;
    mapping(bytes32 evidenceRoot => bytes32 source) internal _sourceOfEvidence;
    /// @dev Compared with other projects when a project is validated.
    mapping(ProjectId id => bytes32 documentHash) internal _documentOf;
    uint32 internal _validations;
    mapping(bytes32 documentHash => Validated) internal _latestOfDocument;
    mapping(uint256 cell => Validated) internal _latestInCell;
    mapping(uint64 reportId => address) internal _disputedBy;

    constructor(address authority_, IParticipants participants, ISchemes schemes, IMeters meters)
        AccessManaged(authority_)
    {
        (PARTICIPANTS, SCHEMES, METERS) = (participants, schemes, meters);
    }

    function _claim(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) internal {
        _claims[source].insert(from, until, _dataOf(kind, ref), hint);
        emit IProjectReports.SourceClaimed(source, kind, ref, from, until, msg.sender);
    }

    function _dataOf(ClaimKind kind, uint64 ref) internal pure returns (uint128) {
        return uint128(ref) | uint128(uint8(kind)) << uint128(KIND_SHIFT);
    }

    /// @dev A name is its scheme's from the first validation on that needs it; a meter of the MeterOracle, which its number
    /// names, is its node's. So no other scheme can bind or claim it.
    function _requireMeter(bytes32 meter, SchemeId scheme) internal view {
        if (uint256(meter) > type(uint32).max) return _requireName(meter, scheme);
        Meter memory m = METERS.meter(MeterId.wrap(uint32(uint256(meter)))); // compared
        Node memory n = METERS.node(m.node);
        if (n.scheme != scheme) revert IProjectRegister.ProjectsForeignName(meter, n.scheme, scheme);
    }

    function _requireName(bytes32 name, SchemeId scheme) internal view {
        SchemeId owner = _schemeOfName[name];
        if (SchemeId.unwrap(owner) != 0 && owner != scheme) {
            revert IProjectRegister.ProjectsForeignName(name, owner, scheme);
        }
    }

    function _takeName(bytes32 name, SchemeId scheme) internal {
        _requireName(name, scheme);
        if (_schemeOfName[name] == scheme) return;

        _schemeOfName[name] = scheme;
        emit IProjectRegister.NameTaken(name, scheme, msg.sender);
    }

    /// @dev A meter of two sources would let one Wh be claimed of each.
    function _bindMeter(bytes32 meter, bytes32 source) internal {
        bytes32 bound = _sourceOfMeter[meter];
        if (bound == source) return;
        if (bound != 0 || meter == 0) revert IProjectRegister.ProjectsMeterBound(meter, bound);

        _sourceOfMeter[meter] = source;
        Sited memory at = _plantOfMeter[_schemeOfName[source]][meter];
        if (at.number > _plantOfSource[source].number) _plantOfSource[source] = at;
        emit IProjectRegister.MeterBound(meter, source, msg.sender);
    }

    /// @dev The terms a project is under; a withdrawal is of all versions.
    function _termsOf(Project memory p) internal view returns (Methodology memory m) {
        m = _terms[p.methodology][p.version];
        m.active = _methodologies[p.methodology].active;
    }

    function _requireInForce(MethodologyId id) internal view {
        if (!_methodologies[id].active) revert IProjectRegister.ProjectsUnknownMethodology(id);
    }

    function _requireProject(ProjectId id) internal view returns (Project storage p) {
        p = _projects[id];
        if (p.status == ProjectStatus.None) revert IProjectRegister.ProjectsUnknown(id);
    }

    function _requireStatus(ProjectId id, ProjectStatus status, ProjectStatus needed) internal pure {
        if (status != needed) revert IProjectRegister.ProjectsWrongStatus(id, status);
    }

    /// @dev For officers of the whole scheme.
    function _requirePower(SchemeId scheme, uint32 power) internal view {
        SCHEMES.checkPower(msg.sender, scheme, 0, power);
    }
}
