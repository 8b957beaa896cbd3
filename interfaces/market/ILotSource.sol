// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketId, UnitId} from "../types/Ids.sol";

/// @title ILotSource
/// @notice All that Compliance asks of a market before it takes units out of the ledger.
/// @dev The Exchange implements it: these are the first words of its `MarketAssets`, and a caller decodes no more.
interface ILotSource {
    /// @return unit What is traded.
    /// @return units ERC-1155 contract of the unit.
    /// @return lotSize Units in a lot.
    function marketAssets(MarketId market) external view returns (UnitId unit, address units, uint32 lotSize);
}
