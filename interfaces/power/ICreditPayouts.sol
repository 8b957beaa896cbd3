// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPayouts} from "../parties/IPayouts.sol";
import {ParticipantId, UnitId} from "../types/Ids.sol";

/// @title ICreditPayouts
/// @notice Energy credits that a custodian owes: a payee withdraws them, or they leave circulation with their series.
/// @dev `payee` of {IPayouts} is a participant's number, `asset` the id of the credits.
interface ICreditPayouts is IPayouts {
    /// @notice Emitted when credits owed to a payee have expired and leave circulation.
    event PayoutExpired(ParticipantId indexed payee, UnitId indexed credit, uint256 amount, address indexed by);

    /// @notice Thrown when credits owed have not expired [s]. Remedy: their payee withdraws them.
    error CreditPayoutsStillGood(UnitId credit, uint256 expiry);

    /// @notice Ends expired credits owed to a payee, who may be closed, in the issuer's wallet. Caller: any account.
    function expirePayout(ParticipantId payee, UnitId credit) external;
}
