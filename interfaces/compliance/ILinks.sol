// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ObligationState} from "./ICompliance.sol";
import {InstallationId, ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";

/// @dev Keys of rule packs which only Links reads; values are those of the period's surrender deadline. All may be absent.
library LinkKeys {
    /// @dev Number of the scheme whose allowances are recognised; absent: none is.
    bytes32 internal constant SCHEME = keccak256("link.scheme");
    /// @dev Share of an obligation that can be met so [ppm]; absent: none.
    bytes32 internal constant LIMIT_PPM = keccak256("link.limit_ppm");
    /// @dev Own allowances for each recognised one [ppm]; absent: one. A short ton is 907,184 of a tonne.
    bytes32 internal constant RATIO_PPM = keccak256("link.ratio_ppm");
    /// @dev Oldest vintage that is recognised; absent: any.
    bytes32 internal constant OLDEST_VINTAGE = keccak256("link.oldest_vintage");
}

/// @dev What an exit and an issue of Links refer to: `2 | scheme 16 | period 16 | installation 32`, installation lowest; no
/// {obligationRef} has the leading 2.
function linkRef(SchemeId scheme, uint16 periodId, InstallationId installation) pure returns (bytes32) {
    return bytes32(
        uint256(2) << 64 | uint256(SchemeId.unwrap(scheme)) << 48 | uint256(periodId) << 32
            | InstallationId.unwrap(installation)
    );
}

/// @title ILinks
/// @notice Allowances of another scheme, recognised against an obligation up to a share of it: they are given up for good, and
/// as many of the obligation's own vintage come for them, which the operator surrenders like any other.
/// @dev Room of an obligation: `min(floor(due × limit_ppm / 1e6) − units accepted so far, open amount)` [own units].
/// For `amount` recognised units come `floor(amount × ratio_ppm / 1e6)`, for each item of a call apart: never more than
/// they stand for. They come from beyond the scheme's own cap; the recognised ones are gone from under the other's.
/// @dev Storage: what came so far, by obligation; rebuilt from events.
interface ILinks {
    /// @notice Emitted for each item; the exit and the issue carry {linkRef}.
    /// @param from the recognised unit, `given` of which left the wallet
    /// @param into the obligation's own vintage, `amount` of which came to it
    event UnitsRecognised(
        SchemeId indexed scheme,
        uint16 indexed periodId,
        InstallationId indexed installation,
        ParticipantId operator,
        address wallet,
        UnitId from,
        UnitId into,
        uint256 given,
        uint256 amount
    );

    /// @notice Thrown when a call carries no item or more than its bound.
    error LinksBadCount(uint256 count, uint256 limit);
    /// @notice Thrown when arrays of one call differ in length.
    error LinksLengthMismatch(uint256 left, uint256 right);
    /// @notice Thrown when the caller is no wallet of the operator with the right to surrender.
    error LinksNotOperator(address wallet, InstallationId installation, ParticipantId operator);
    /// @notice Thrown when the obligation is not open.
    error LinksWrongState(InstallationId installation, uint16 periodId, ObligationState state);
    /// @notice Thrown when a unit is no allowance of the scheme that the pack recognises, or too old.
    error LinksUnitRefused(UnitId id, uint256 scheme, uint256 oldestVintage);
    /// @notice Thrown when so few units are given that nothing would come for them.
    error LinksTooFew(UnitId id, uint256 given);
    /// @notice Thrown when more would come than the obligation has room for [own units].
    error LinksLimitExceeded(InstallationId installation, uint256 amount, uint256 room);

    /// @notice Gives up recognised units of the caller's wallet; at most 32 items, ids may repeat. Caller: a wallet of the
    /// installation's operator with the right SURRENDER, whatever the operator's status: it serves a duty.
    function recognise(InstallationId installation, uint16 periodId, UnitId[] calldata ids, uint256[] calldata given)
        external;

    /// @notice How much can still come for an obligation [own units]; 0 where it is not open or the pack has no link.
    function roomOf(InstallationId installation, uint16 periodId) external view returns (uint256);

    /// @notice How much came for an obligation so far [own units].
    function recognisedOf(InstallationId installation, uint16 periodId) external view returns (uint256);
}
