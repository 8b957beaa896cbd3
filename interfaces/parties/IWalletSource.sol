// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";

/// @title IWalletSource
/// @notice The least interface of a register of participants: the participant and rights of a wallet.
/// @dev `Participants` implements it; `OpenParticipants` admits any account.
interface IWalletSource {
    /// @notice Whose wallet this is. `rights` is a mask (1 trade, 2 withdraw, 4 surrender, 8 report, 16 manage); `status`
    /// 2 is active, 3 suspended.
    /// @return id 0 when the wallet has no participant.
    function walletOf(address wallet) external view returns (ParticipantId id, uint8 rights, uint8 status);
}
