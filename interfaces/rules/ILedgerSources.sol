// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {IWalletSource} from "../parties/IWalletSource.sol";

/// @title IParticipantSource
/// @notice All that the Exchange asks of a register of participants.
/// @dev `Participants` implements it; a separate market can bring any other register, an open one included.
interface IParticipantSource is IWalletSource {
    /// @notice The wallets of a participant, at most 8.
    function walletsOf(ParticipantId id) external view returns (address[] memory);
}

/// @title IGroupSource
/// @notice Optional part of a register for the Exchange: groups of companies.
interface IGroupSource {
    /// @notice Number of the group of companies that a participant is in; 0 = none.
    function groupOf(ParticipantId id) external view returns (uint24);
}

/// @title IRuleSource
/// @notice The part of a scheme's rules that the Exchange reads. `Schemes` implements it.
interface IRuleSource {
    /// @notice Reverts unless `officer` holds `power` in the scheme and jurisdiction (0 = all of them).
    function checkPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) external view;

    /// @notice Bit `d % 256` of word `d / 256` is set when local day `d` (days since 1970-01-01) trades.
    function tradingDayWord(SchemeId scheme, uint256 word) external view returns (uint256);

    /// @notice Reverts unless the cap of the vintage has been disclosed.
    function requireDisclosed(SchemeId scheme, uint16 vintage) external view;
}

/// @title IBatchState
/// @notice Optional part of a unit contract for the Exchange: units that may be barred from trade. One whose units can always
/// trade need not answer.
interface IBatchState {
    /// @notice Whether units of `id` may be traded now.
    function isActive(UnitId id) external view returns (bool);
}

/// @title IRetireOnly
/// @notice Optional part of an offset credit contract for the Exchange: units that can only be retired. One whose units
/// can all be sold again need not answer.
interface IRetireOnly {
    /// @notice The account that decided that units of `id` can only be retired by their buyer; 0 = none.
    function sellerOf(UnitId id) external view returns (ParticipantId);
}
