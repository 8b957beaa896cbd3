// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";

import {IERC7943MultiToken} from "../standards/IERC7943MultiToken.sol";
import {ParticipantId, UnitId} from "../types/Ids.sol";

/// @dev Holders a class allows outside the venue.
enum Custody {
    None,
    OwnWallets, //   between wallets of one participant, and to and from the venue
    Participants, // between wallets of active participants
    Free //          between any two accounts, except wallets of suspended or closed participants
}

/// @dev Kinds of exit. Each is final; none is ever converted into another.
enum Exit {
    None,
    Surrendered, // given up against an obligation
    Retired, //     given up for a claim
    Cancelled, //   destroyed without a claim
    ClawedBack, //  taken back by a downward true-up
    Expired, //     the vintage ended
    BankedAway, //  turned into a later vintage
    Invalidated, // never valid
    Reversed, //    valid, but the carbon was released again
    Released, //    returned to the registry of origin
    SetApart //     with its serial number in a batch of its own, for use abroad
}

/// @title IUnit1155
/// @notice One class of units: ERC-1155 tokens with issue, named exits, freezes and forced transfers.
/// @dev Amounts are whole units of the class's measure (t for allowances and offset credits); nothing has decimals.
/// @dev The total issued of one id is at most `type(uint64).max`; a class may set less.
/// @dev Conservation, for each id: issued = balances (free, held for, frozen, in the venue's ledger, buffer) + exits of every
/// kind. Units held for a participant are in its held account, {HeldAccounts}; they count as its own.
/// @dev What a rule brings (issue, forced transfer) does not depend on the receiver: its hook gets 30,000 gas and
/// a refusal leaves the units held for its participant. Ordinary transfers follow ERC-1155.
/// @dev Rights of a controller: 1 issue, 2 exit, 4 force. Bits `8 + kind`, if any is set, narrow the exits to those kinds.
interface IUnit1155 is IERC1155MetadataURI, IERC7943MultiToken {
    /// @notice Emitted once for each call that issues; every recipient has a `TransferSingle` from the zero address.
    /// @param evidence Hash of the basis of the issue: allocation decision, monitoring report.
    /// @param amount Total of the call [units].
    event UnitsIssued(UnitId indexed id, bytes32 indexed evidence, uint256 amount, uint256 recipients);

    /// @notice Emitted for each exit.
    /// @param ref Reason of the exit: obligation, certificate number, decision.
    event UnitsExited(UnitId indexed id, address indexed from, Exit indexed kind, uint256 amount, bytes32 ref);

    /// @notice Emitted beside `Frozen` for a freeze with a reason.
    event FreezeOrdered(
        address indexed account, UnitId indexed id, address indexed officer, uint256 amount, bytes32 reason
    );

    /// @notice Emitted beside `ForcedTransfer` for a forced transfer with a reason.
    event TransferOrdered(
        address indexed from, address indexed to, UnitId indexed id, uint256 amount, address officer, bytes32 reason
    );

    /// @notice Emitted beside the transfer to the held account, for units that `wallet` refused or could not receive.
    event UnitsHeld(ParticipantId indexed participant, UnitId indexed id, address indexed wallet, uint256 amount);

    /// @notice Emitted, after the transfer from the held account, when a wallet takes units held for its participant, or
    /// surrenders them.
    event HeldUnitsClaimed(
        ParticipantId indexed participant, UnitId indexed id, address indexed wallet, uint256 amount
    );

    /// @notice Emitted when the rights of a controller change.
    event ControllerSet(address indexed controller, uint256 previousRights, uint256 rights);

    /// @notice Emitted once, when the venue is set.
    event VenueSet(address indexed venue);

    /// @notice Thrown when `caller` lacks the controller right `right`, or its exits are narrowed to other kinds.
    error UnitNotController(address caller, uint256 right);

    /// @notice Thrown when `id` does not belong to this contract's class.
    error UnitWrongClass(UnitId id, uint8 class);

    /// @notice Thrown when zero units would be issued or exit.
    error UnitZeroAmount(UnitId id);

    /// @notice Thrown when an id's total, or a freeze, would exceed the limit of its class: 64 bits, for allowances 42.
    error UnitAmountTooLarge(UnitId id, uint256 amount);

    /// @notice Thrown when the kind of exit is `None`.
    error UnitExitKindMissing(UnitId id);

    /// @notice Thrown when a class under `OwnWallets` would change its owner outside the venue.
    error UnitOwnWalletsOnly(address from, address to);

    /// @notice Thrown when `wallet` gives units to another participant without the right to trade.
    error UnitTradeRightMissing(address wallet);

    /// @notice Thrown when the wallet was not taken from its participant by a decision about lost or stolen keys. Transfer by
    /// its own key.
    error UnitWalletNotLost(address wallet);

    /// @notice Thrown when a freeze, forced transfer or exit names the venue, this contract's buffer, or a controller that
    /// keeps units of others. Order it against the owner.
    error UnitVenueProtected(address venue);

    /// @notice Thrown when the venue is already set, or would be the zero address or a participant's wallet.
    error UnitVenueRefused(address current, address proposed);

    /// @notice Thrown when a freeze or forced transfer names an account that is no participant's wallet.
    error UnitUnknownWallet(address account);

    /// @notice Thrown when units held for a participant are claimed by another caller than one of its wallets with the right to
    /// withdraw, or for a wallet that is not its own, or while it is not active. Claim them by such a wallet once it is.
    error UnitNotClaimant(address caller, address to);

    /// @notice Thrown when the gas left would cut the receiver's hook short of its 30,000. Send the call with more gas, or
    /// with fewer items.
    error UnitGasShort(uint256 gasLeft);

    /// @notice Thrown when arrays of one call differ in length.
    error UnitLengthMismatch(uint256 left, uint256 right);

    /// @notice Thrown when a call has more items than allowed.
    error UnitTooManyItems(uint256 count, uint256 most);

    /* EXITS */

    /// @notice Burns `amount` of `id` of `from` and counts it under `kind`. Caller: controller with the right to exit.
    /// @dev Warning: cannot be undone, not even by an administrator.
    /// @dev `from` is the caller or a wallet; from wallets of suspended participants only surrender, claw-back, expiry,
    /// invalidation and reversal are possible. Frozen units stay, unless the caller may force and the kind is claw-back,
    /// expiry, invalidation or reversal: then the freeze is lowered first. A surrender beyond the wallet's balance takes the rest
    /// from the units held for its participant.
    function exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref) external;

    /* HELD FOR */

    /// @notice Moves `amount` of `id` held for the caller's participant to `to`, one of its wallets, whose hook is called as in
    /// any transfer. Caller: wallet of the active participant with the right to withdraw.
    /// @dev Frozen units stay; a batch that is locked or has expired does not move.
    function claim(UnitId id, uint256 amount, address to) external;

    /* FREEZE AND FORCE */

    /// @notice {setFrozenTokens} with a reason. Caller: power FREEZE, or controller with the right to force.
    function freezeByOrder(address account, UnitId id, uint256 amount, bytes32 reason) external;

    /// @notice {forcedTransfer} with a reason. Caller: power FREEZE, or controller with the right to force.
    function forcedTransferByOrder(address from, address to, UnitId id, uint256 amount, bytes32 reason) external;

    /// @notice Brings the free units of a lost wallet (see {IWalletRecovery}) to its participant's primary wallet; frozen ones
    /// stay. At most 200 ids. Anyone may call.
    /// @dev Of the good names this one has a selector that the dispatcher finds after that of a transfer.
    function recoverHoldings(address lost, UnitId[] calldata ids) external;

    /* WIRING */

    /// @notice Sets the rights of `controller`. Restricted.
    function setController(address controller, uint256 rights) external;

    /// @notice Sets the trading venue; it cannot be changed. Restricted.
    function setVenue(address venue) external;

    /* VIEWS */

    /// @notice Total issued of `id`.
    function issuedOf(UnitId id) external view returns (uint256);

    /// @notice Total exits of `id` under `kind`.
    function exitedOf(UnitId id, Exit kind) external view returns (uint256);

    /// @notice Units of `id` in circulation: issued less all exits.
    function totalSupply(UnitId id) external view returns (uint256);

    /// @notice Units of `id` that `account` can transfer: balance less frozen, at least zero.
    function freeOf(address account, UnitId id) external view returns (uint256);

    /// @notice Rights of a controller; 0 for any other account.
    function rightsOf(address controller) external view returns (uint256);

    /// @notice Trading venue; zero before it is set.
    function venue() external view returns (address);

    /// @notice Class of every id of this contract; see {UnitIdLib}.
    function unitClass() external view returns (uint8);

    /// @notice Holders allowed outside the venue.
    function custody() external view returns (Custody);
}
