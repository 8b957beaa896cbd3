// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../types/Ids.sol";

/// @dev Another registry.
struct Registry {
    string name;
    bytes32 descriptor; // SHA-256 of the file that says how its serial numbers are read
    SchemeId keeper; //    scheme whose officers added it
    bool countsThrough; // one sequence of serial numbers for all issuances; else one for each
    uint32 largest; //     most serial numbers of one block
    uint64 series; //      count of issuances
}

/// @dev State of a stretch of serial numbers.
enum Stretch {
    None,
    Requested, //   reserved by a request to immobilise
    Immobilised, // locked in its own registry, units here
    Retired, //     in its own registry
    Cancelled //    in its own registry
}

/// @dev A block retired or cancelled in its own registry.
struct UsedBlock {
    uint256 issuance; // its number, see {ISerialSets}; 0 where the registry counts through
    uint64 first;
    uint64 last; //   inclusive
    uint64 hint; //   start of the last stretch before it, those before it in the same call included
    Stretch use; //   Retired or Cancelled
    uint32 day; //    of the use, days since 1970-01-01; 0 when that registry does not tell it
    string serial; // in the notation of that registry, 1 to 200 bytes
    string beneficiary; // as that registry publishes it, at most 200 bytes
}

/// @title ISerialSets
/// @notice Serial numbers of other registries: one set of disjoint stretches for each issuance.
/// @dev Registries are numbered from 2, this one being 1. An issuance is a number that its registry's descriptor makes of the
/// fields that identify it, and of nothing else in the serial number: a number has one form. Overlaps and wrong hints revert
/// with the errors of {IntervalSet}.
interface ISerialSets {
    /// @notice Emitted when an officer adds a registry.
    event RegistryAdded(uint32 indexed registry, SchemeId indexed scheme, Registry terms, address officer);

    /// @notice Emitted when a registry's keeper admits another scheme to immobilise blocks of it, or ends that.
    event SchemeAdmitted(uint32 indexed registry, SchemeId indexed scheme, bool admitted, address officer);

    /// @notice Emitted when an officer proposes another descriptor for a registry.
    event DescriptorProposed(uint32 indexed registry, uint32 largest, bytes32 descriptor, address officer);

    /// @notice Emitted when a second office adopts it.
    event DescriptorAdopted(uint32 indexed registry, uint32 largest, bytes32 descriptor, address officer);

    /// @notice Emitted when an issuance gets its number here.
    event SeriesNumbered(uint32 indexed registry, uint64 indexed series, uint256 issuance);

    /// @notice Emitted when a block is recorded as used in its own registry.
    event BlockUsedElsewhere(
        uint32 indexed registry, uint64 indexed series, UsedBlock used, bytes32 evidence, address officer
    );

    /// @notice Emitted when an officer asks to take a block off the record of used ones.
    event UseContested(
        uint32 indexed registry, uint64 indexed series, uint64 first, uint64 last, bytes32 reason, address officer
    );

    /// @notice Emitted when a second office takes a block off the record of used ones.
    event UseUndone(uint32 indexed registry, uint64 indexed series, uint64 first, uint64 last, address officer);

    /// @notice Thrown when a registry's name is taken or not of 1 to 32 capitals and digits, its descriptor is missing or is that
    /// of another registry, or its blocks have no bound. Remedy: one registry has one name and one descriptor.
    error SerialsBadRegistry(string name);
    /// @notice Thrown when no registry has this number.
    error SerialsUnknownRegistry(uint32 registry);
    /// @notice Thrown when another scheme's officers added the registry. Remedy: they record the use; for a batch, they admit the
    /// scheme with {admitScheme}.
    error SerialsForeignRegistry(uint32 registry, SchemeId keeper, SchemeId scheme);
    /// @notice Thrown when an issuance is 0, or is not 0 where the registry counts through.
    error SerialsBadIssuance(uint32 registry, uint256 issuance);
    /// @notice Thrown when a block is empty, a text is longer than 200 bytes, its serial number is missing, or a used block is
    /// neither retired nor cancelled.
    error SerialsBadBlock(uint64 first, uint64 last, string serial);
    /// @notice Thrown when a block has more serial numbers than one block of its registry. Remedy: check first and last.
    error SerialsBlockTooLarge(uint64 first, uint64 last, uint32 most);
    /// @notice Thrown when a call has more items than allowed.
    error SerialsTooMany(uint256 count, uint256 most);
    /// @notice Thrown when the stretch at `start` is not on record as used. Remedy: see {stretchAt}.
    error SerialsNotUsed(uint32 registry, uint64 series, uint64 start);
    /// @notice Thrown when no other wallet proposed this act. Remedy: {contestUse} or {proposeDescriptor}, with the same
    /// arguments, by an officer with the power to issue who is not the caller.
    /// @param proposer zero when there was none
    error SerialsNotProposed(uint32 registry, address proposer);

    /// @notice Adds a registry. Caller: power ISSUE in `scheme`.
    /// @param countsThrough whether one sequence of serial numbers serves all its issuances, as at Verra
    /// @param largest most serial numbers of one block
    /// @param descriptor SHA-256 of the descriptor's file
    function addRegistry(SchemeId scheme, string calldata name, bool countsThrough, uint32 largest, bytes32 descriptor)
        external
        returns (uint32 registry);

    /// @notice Admits another scheme to immobilise blocks of a registry, or ends that. Caller: power ISSUE in the scheme that
    /// added it.
    function admitScheme(uint32 registry, SchemeId scheme, bool admitted) external;

    /// @notice Proposes another descriptor for a registry, as its notation changes. Caller: power ISSUE in the scheme that added it.
    function proposeDescriptor(uint32 registry, uint32 largest, bytes32 descriptor) external;

    /// @notice Adopts a proposed descriptor. Caller: power DISPUTE in the scheme that added the registry, and not the wallet that
    /// proposed it.
    function adoptDescriptor(uint32 registry, uint32 largest, bytes32 descriptor) external;

    /// @notice Records up to 100 blocks as retired or cancelled in their registry. Caller: power ISSUE in `scheme`, which added the
    /// registry.
    function recordUsed(SchemeId scheme, uint32 registry, UsedBlock[] calldata blocks, bytes32 evidence) external;

    /// @notice Asks to take `[first, last]` off the record of used blocks. Caller: power ISSUE in the scheme that added the registry.
    function contestUse(uint32 registry, uint64 series, uint64 first, uint64 last, bytes32 reason) external;

    /// @notice Takes a contested block off the record. Caller: power DISPUTE in the scheme that added the registry, and not the
    /// wallet that contested it.
    /// @param start of the stretch that contains the block
    /// @param hint start of the stretch before that one
    function undoUse(uint32 registry, uint64 series, uint64 first, uint64 last, uint64 start, uint64 hint) external;

    /// @notice A registry; empty when no registry has the number.
    function registryOf(uint32 registry) external view returns (Registry memory);

    /// @notice Count of other registries; their numbers run from 2.
    function registryCount() external view returns (uint32);

    /// @notice Whether a registry's keeper admitted a scheme.
    function isAdmitted(uint32 registry, SchemeId scheme) external view returns (bool);

    /// @notice Number of an issuance here; 0 when it has none, and where the registry counts through.
    function seriesOf(uint32 registry, uint256 issuance) external view returns (uint64);

    /// @notice The stretch that begins at `first`; `kind` is None when there is none.
    /// @return last inclusive
    /// @return kind state of the stretch
    /// @return ref number of the request while Requested, of the batch while Immobilised
    function stretchAt(uint32 registry, uint64 series, uint64 first)
        external
        view
        returns (uint64 last, Stretch kind, uint64 ref);

    /// @notice Start of the last stretch that begins before `first`; walks at most `limit` of them.
    function stretchBefore(uint32 registry, uint64 series, uint64 first, uint256 limit)
        external
        view
        returns (uint64 start);
}
