// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";
import {ParticipantStatus} from "../parties/IParticipants.sol";

/// @title IRegistrarDesk
/// @notice Suspends, reinstates and closes participants, in the register and on the exchange by one act.
/// @dev The Exchange remembers who may trade, because to ask the register at each order would cost every order 2,900 gas. An
/// act at the register alone takes the wallets' right to trade at once ({IWalletMirrors}) and leaves resting orders and
/// accounts as they are until `Exchange.syncParticipant` is called. An act here does both in one transaction: no order of
/// the participant is placed or filled after it.
/// @dev The desk is registrar of all jurisdictions at the register and acts for a caller who is registrar of the
/// participant's jurisdiction there; no caller gains a power by it.
/// @dev One call looks at 2,000 markets and carries the status to 200 accounts, which fits into one transaction; {pull}
/// does the rest, so that a suspension cannot be evaded by opening accounts. The wallets are always done: at most
/// resting orders remain, never new ones.
interface IRegistrarDesk {
    /// @notice Emitted when a registrar has changed the status of a participant here.
    /// @param next The first market that was not looked at; 0 = all were
    event StatusActed(
        ParticipantId indexed id, address indexed registrar, ParticipantStatus status, uint256 next, bytes32 reasonHash
    );

    /// @notice Thrown when the caller is not registrar of the participant's jurisdiction.
    error RegistrarDeskNotRegistrar(address caller, uint16 jurisdiction);

    /// @notice Takes an active participant's freedoms away: from now on it places no order, its resting ones are void,
    /// and its accounts are frozen. Caller: registrar of its jurisdiction.
    /// @return next The first market that was not looked at, see {pull}; 0 = all were
    function suspend(ParticipantId id, bytes32 reasonHash) external returns (uint256 next);

    /// @notice Ends a suspension: accounts that only the suspension froze are free again. Void orders stay void. Caller:
    /// registrar of its jurisdiction.
    /// @return next As in {suspend}
    function reinstate(ParticipantId id, bytes32 reasonHash) external returns (uint256 next);

    /// @notice Closes a participant for ever; see {IParticipants.close}. Caller: registrar of its jurisdiction.
    /// @return next As in {suspend}
    function close(ParticipantId id, bytes32 reasonHash) external returns (uint256 next);

    /// @notice Carries the status in the register to the exchange: to the wallets, and to the accounts from market `from` on.
    /// Anyone.
    /// @return next As in {suspend}
    function pull(ParticipantId id, uint256 from) external returns (uint256 next);
}
