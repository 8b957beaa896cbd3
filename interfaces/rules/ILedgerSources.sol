// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {IWalletSource} from "../parties/IWalletSource.sol";

/// @title IParticipantSource
/// @notice All that the Exchange asks of a register of participants.
/// @dev `Participants` answers it as it stands; a market of its own can bring any other register, an open one included.
interface IParticipantSource is IWalletSource {
    /// @notice The wallets of a participant, at most 8.
    function walletsOf(ParticipantId id) external view returns (address[] memory);
}

/// @title IGroupSource
/// @notice What the Exchange asks besides, of a register that knows groups. One that does not need not answer.
interface IGroupSource {
    /// @notice Number of the group of companies that a participant is in; 0 = none.
    function groupOf(ParticipantId id) external view returns (uint24);
}

/// @title IRuleSource
/// @notice All that the Exchange asks of a scheme's rules. `Schemes` answers it as it stands.
interface IRuleSource {
    /// @notice Reverts unless `officer` holds `power` in the scheme and jurisdiction (0 = all of them).
    function checkPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) external view;

    /// @notice Bit `d % 256` of word `d / 256` is set when local day `d` (days since 1970-01-01) trades.
    function tradingDayWord(SchemeId scheme, uint256 word) external view returns (uint256);

    /// @notice Reverts unless the cap of the vintage has been disclosed.
    function requireDisclosed(SchemeId scheme, uint16 vintage) external view;
}

/// @title IRetireOnly
/// @notice What the Exchange asks besides, of a contract of offset credits. One whose units can all be sold again need not
/// answer.
interface IRetireOnly {
    /// @notice Who decided that units of `id` can only be retired by whoever buys them; 0 = nobody.
    function sellerOf(UnitId id) external view returns (ParticipantId);
}
