// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../types/Ids.sol";

/// @dev Another registry.
struct Registry {
    string name;
    bool countsThrough; // numbers through all its issuances; else within each
    uint64 series; //      how many issuance series are numbered
}

/// @dev What a stretch of serial numbers is.
enum Stretch {
    None,
    Requested, //   somebody asked to bring it here
    Immobilised, // units here
    Retired, //     used in its own registry
    Cancelled //    gone in its own registry
}

/// @dev A block used elsewhere.
struct UsedBlock {
    string series; // canonical text of its issuance series; empty where the registry counts through
    uint64 first;
    uint64 last; //   inclusive
    uint64 hint; //   start of the last stretch before it, those before it in the same call included
    Stretch use; //   Retired or Cancelled
    string serial; // as that registry writes it
}

/// @title ISerialSets
/// @notice Serial numbers of other registries: one set of stretches for each issuance series, in which nothing overlaps.
/// @dev Registries are numbered from 2, this one being 1; an issuance series when its text is first seen. The text is
/// canonical: capitals, digits and hyphens, and no number with a leading zero, so that one series has one text. What
/// overlaps is refused by {IntervalSet}'s errors; a wrong hint is, too.
/// @dev Warning: nothing takes a block back that was used elsewhere.
interface ISerialSets {
    /// @notice Emitted when an officer numbered a registry.
    event RegistryAdded(
        uint32 indexed registry, string name, bool countsThrough, SchemeId indexed scheme, address officer
    );

    /// @notice Emitted when an issuance series was numbered.
    event SeriesNumbered(uint32 indexed registry, uint64 indexed series, string text);

    /// @notice Emitted when a block is on record as used in its own registry.
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

    /// @notice Thrown when a registry's name is not 1 to 32 capitals and digits, or taken.
    error SerialsBadRegistry(string name);
    /// @notice Thrown when a registry is not numbered.
    error SerialsUnknownRegistry(uint32 registry);
    /// @notice Thrown when the text of a series is not canonical: 1 to 64 capitals and digits in fields between single
    /// hyphens, no field that is a number beginning with 0; or not empty where the registry counts through.
    error SerialsBadSeries(uint32 registry, string series);
    /// @notice Thrown when a block is empty, its serial number is not 1 to 200 bytes, or it was not used where it should be.
    error SerialsBadBlock(uint64 first, uint64 last, string serial);
    /// @notice Thrown when a call has more items than allowed.
    error SerialsTooMany(uint256 count, uint256 most);

    /// @notice Numbers another registry. Officers with the power to issue in `scheme`.
    /// @param countsThrough whether it numbers through all its issuances, as Verra does
    function addRegistry(SchemeId scheme, string calldata name, bool countsThrough) external returns (uint32 registry);

    /// @notice Puts blocks on record that were retired or cancelled in their registry, for ever; at most 100. Officers
    /// with the power to issue in `scheme`.
    function recordUsed(SchemeId scheme, uint32 registry, UsedBlock[] calldata blocks, bytes32 evidence) external;

    /// @notice A registry; its name is empty when it is not numbered.
    function registryOf(uint32 registry) external view returns (Registry memory);

    /// @notice How many registries are numbered; their numbers run from 2 to this plus 1.
    function registryCount() external view returns (uint32);

    /// @notice Number of the issuance series with this text; 0 when it is not numbered, and where the registry counts
    /// through.
    function seriesOf(uint32 registry, string calldata text) external view returns (uint64);

    /// @notice The stretch that begins at `first`; `kind` None when none does.
    /// @return last inclusive
    /// @return kind what it is
    /// @return ref number of the request while requested, of the batch while immobilised
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
