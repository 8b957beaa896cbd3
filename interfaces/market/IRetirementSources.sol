// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest} from "../types/BookTypes.sol";
import {Account, MarketAssets} from "./IExchange.sol";
import {MarketId, ParticipantId, UnitId} from "../types/Ids.sol";
import {SerialBlock} from "../units/IOffsetCredits.sol";
import {Exit} from "../units/IUnit1155.sol";

/// @title IRetirableUnits
/// @notice Functions that the RetirementRegistry calls at a unit contract.
/// @dev `Allowances` and `OffsetCredits` answer it as they stand; `PlainUnits` puts this face on any ERC-1155.
interface IRetirableUnits {
    /// @notice Class of all ids of this contract: bits 96 to 103 of a {UnitId}.
    function unitClass() external view returns (uint8);

    /// @notice Takes `amount` of `id` from `from` for good, or reverts. The registry is the caller.
    /// @dev Must refuse ids beyond 104 bits, an amount of 0 and one beyond 64 bits: a certificate holds no more.
    function exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref) external;
}

/// @title ISerialUnits
/// @notice Further functions that the RetirementRegistry calls at the contract of class 2, offset credits.
interface ISerialUnits is IRetirableUnits {
    /// @notice `exit`, and returns the serial numbers that left, in order.
    function exitWithSerials(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        external
        returns (SerialBlock[] memory blocks);

    /// @notice Issuer of a batch, asked for batches set apart for use abroad alone: it answers {IOutcomeBatches}.
    function originOf(UnitId id) external view returns (address issuer, uint64 number);

    /// @notice Takes all that `holders` have out of an invalid batch; must revert for a batch that is valid.
    function clearInvalidated(UnitId id, address[] calldata holders) external;
}

/// @title IRetirementLedger
/// @notice Functions that the RetirementRegistry calls at a ledger that holds units for their owners. `Exchange` has them
/// all; a registry without a ledger is given the zero address.
interface IRetirementLedger {
    /// @notice 0 when the unit has no market.
    function marketOf(UnitId unit) external view returns (MarketId);

    /// @notice Assets of a market; only the unit and the size of a lot are read.
    function marketAssets(MarketId market) external view returns (MarketAssets memory);

    /// @notice An account; only its lots and whether it is frozen are read.
    function account(ParticipantId participant, MarketId market) external view returns (Account memory);

    /// @notice Takes up to `lots` out of an account and sends the units to `to`. The registry needs the right to do so.
    /// @return taken [lots]
    function debitUnits(ParticipantId participant, MarketId market, uint256 lots, address to)
        external
        returns (uint256 taken);

    /// @notice Places orders for `wallet`. A ledger without a book need not have it: there is no purchase to retire.
    function batchFor(address wallet, OrderId[] calldata cancels, OrderRequest[] calldata requests)
        external
        returns (OrderId[] memory ids);
}
