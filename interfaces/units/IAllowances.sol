// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../types/Ids.sol";
import {Exit, IUnit1155} from "./IUnit1155.sol";

/// @title IAllowances
/// @notice Emission allowances of every scheme: the right to emit one tonne of CO2e [t], by scheme and vintage.
/// @dev The id of an allowance is `UnitIdLib.encode(UnitIdLib.ALLOWANCE, scheme, vintage, 0)`.
/// @dev No amount of one id, issued in all, and no freeze exceeds `2^42 - 1`: balance and freeze of three neighbours share a
/// word.
interface IAllowances is IUnit1155 {
    /// @notice Issues `amount` [t] of `id` to `to`. Controllers with the right to issue.
    /// @dev Reverts unless cap, free and auctioned share of the vintage were disclosed (see {ISchemes-requireDisclosed}).
    /// @dev Does not ask whether `to` is an active participant: the issuing controller has looked the wallet up, and a
    /// suspended participant keeps its claim to an allocation.
    function issue(address to, UnitId id, uint256 amount, bytes32 evidence) external;

    /// @notice Issues `amounts[i]` [t] of `id` to the primary wallet of `to[i]`, at most 200 recipients; zero amounts are
    /// skipped. Controllers with the right to issue.
    function issueBatch(ParticipantId[] calldata to, UnitId id, uint256[] calldata amounts, bytes32 evidence) external;

    /// @notice {IUnit1155-exit} of the free units of `from`, at most `most` [t]; none where none are free.
    /// @return taken how much has left [t]
    function exitFree(address from, UnitId id, uint256 most, Exit kind, bytes32 ref) external returns (uint256 taken);
}
