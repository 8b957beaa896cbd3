// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../types/Ids.sol";

/// @dev Another registry.
struct Registry {
    string name;
    bool countsThrough; // one sequence of serial numbers for all issuances; else one for each
    uint64 series; //      count of issuance series
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
    string series; // canonical text of its issuance series; empty where the registry counts through
    uint64 first;
    uint64 last; //   inclusive
    uint64 hint; //   start of the last stretch before it, those before it in the same call included
    Stretch use; //   Retired or Cancelled
    string serial; // in the notation of that registry
}

/// @title ISerialSets
/// @notice Serial numbers of other registries: one set of disjoint stretches for each issuance series.
/// @dev Registries are numbered from 2, this one being 1; an issuance series gets its number with its first block. Its text
/// is canonical: capitals, digits and hyphens, and no number with a leading zero, so that one series has one text. Overlaps
/// and wrong hints revert with the errors of {IntervalSet}.
/// @dev Warning: a block recorded as used cannot be taken off the record.
interface ISerialSets {
    /// @notice Emitted when an officer adds a registry.
    event RegistryAdded(
        uint32 indexed registry, string name, bool countsThrough, SchemeId indexed scheme, address officer
    );

    /// @notice Emitted when an issuance series gets its number.
    event SeriesNumbered(uint32 indexed registry, uint64 indexed series, string text);

    /// @notice Emitted when a block is recorded as used in its own registry.
    /// @param first first serial number
    /// @param last last serial number
    /// @param use Retired or Cancelled
    event BlockUsedElsewhere(
        uint32 indexed registry,
        uint64 indexed series,
        uint64 first,
        uint64 last,
        Stretch use,
        string serial,
        bytes32 evidence,
        address officer
    );

    /// @notice Thrown when a registry's name is taken, or not of 1 to 32 capitals and digits.
    error SerialsBadRegistry(string name);
    /// @notice Thrown when no registry has this number.
    error SerialsUnknownRegistry(uint32 registry);
    /// @notice Thrown when another scheme's officers added the registry. Remedy: they record the use.
    error SerialsForeignRegistry(uint32 registry, SchemeId keeper, SchemeId scheme);
    /// @notice Thrown when the text of a series is not canonical: 1 to 64 capitals and digits in fields between single
    /// hyphens, no field that is a number beginning with 0; or not empty where the registry counts through.
    error SerialsBadSeries(uint32 registry, string series);
    /// @notice Thrown when a block is empty, its serial number is not 1 to 200 bytes, or a used block is neither retired nor
    /// cancelled.
    error SerialsBadBlock(uint64 first, uint64 last, string serial);
    /// @notice Thrown when a call has more items than allowed.
    error SerialsTooMany(uint256 count, uint256 most);

    /// @notice Adds a registry. Caller: power ISSUE in `scheme`.
    /// @param countsThrough whether one sequence of serial numbers serves all its issuances, as at Verra
    function addRegistry(SchemeId scheme, string calldata name, bool countsThrough) external returns (uint32 registry);

    /// @notice Records up to 100 blocks as retired or cancelled in their registry, for ever. Caller: power ISSUE in `scheme`, which
    /// added the registry.
    function recordUsed(SchemeId scheme, uint32 registry, UsedBlock[] calldata blocks, bytes32 evidence) external;

    /// @notice A registry; empty when no registry has the number.
    function registryOf(uint32 registry) external view returns (Registry memory);

    /// @notice Count of other registries; their numbers run from 2.
    function registryCount() external view returns (uint32);

    /// @notice Number of the issuance series with this text; 0 when it has none, and where the registry counts through.
    function seriesOf(uint32 registry, string calldata text) external view returns (uint64);

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
