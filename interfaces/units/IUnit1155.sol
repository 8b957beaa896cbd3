// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";

import {IERC7943MultiToken} from "../standards/IERC7943MultiToken.sol";
import {UnitId} from "../types/Ids.sol";

/// @dev Who may hold a class outside the venue.
enum Custody {
    None,
    OwnWallets, //   moves only between wallets of one participant, and to and from the venue
    Participants, // moves between wallets of active participants
    Free //          moves between any two accounts, except wallets of suspended or closed participants
}

/// @dev The named ways out. Each is final; none is ever another one.
enum Exit {
    None,
    Surrendered, // given up against an obligation
    Retired, //     given up for a claim
    Cancelled, //   destroyed without a claim
    ClawedBack, //  taken back by a downward true-up
    Expired, //     the vintage ended
    BankedAway, //  turned into a later vintage
    Invalidated, // was never valid
    Reversed, //    was valid, the carbon is lost again
    Released //     given back to the registry it came from
}

/// @title IUnit1155
/// @notice One class of units: ERC-1155 amounts that only named acts bring in and only named exits take out.
/// @dev Amounts are whole units of the class's measure (t for allowances and offset credits); nothing has decimals.
/// @dev No amount of one id, issued in all, exceeds `type(uint64).max`; a class may set less.
/// @dev For each id: issued = sum of balances (free, frozen, in the venue's ledger, buffer) + sum of exits by kind.
/// @dev Rights of a controller: 1 issue, 2 exit, 4 force. Bits `8 + kind`, if any is set, narrow the exits to those kinds.
interface IUnit1155 is IERC1155MetadataURI, IERC7943MultiToken {
    /// @notice Emitted once for each call that issues; every recipient has a `TransferSingle` from the zero address.
    /// @param evidence What justifies the issue: hash of an allocation decision, struct hash of a monitoring report.
    /// @param amount Total issued by the call [units].
    event UnitsIssued(UnitId indexed id, bytes32 indexed evidence, uint256 amount, uint256 recipients);

    /// @notice Emitted for each exit, after the units are gone.
    /// @param ref What the exit answers: obligation, certificate number, decision.
    event UnitsExited(UnitId indexed id, address indexed from, Exit indexed kind, uint256 amount, bytes32 ref);

    /// @notice Emitted beside `Frozen` when an officer froze by order.
    event FreezeOrdered(
        address indexed account, UnitId indexed id, address indexed officer, uint256 amount, bytes32 reason
    );

    /// @notice Emitted beside `ForcedTransfer` when an officer moved units by order.
    event TransferOrdered(
        address indexed from, address indexed to, UnitId indexed id, uint256 amount, address officer, bytes32 reason
    );

    /// @notice Emitted when the rights of a controller changed.
    event ControllerSet(address indexed controller, uint256 previousRights, uint256 rights);

    /// @notice Emitted once, when the venue was wired.
    event VenueSet(address indexed venue);

    /// @notice Thrown when `caller` lacks the controller right `right`, or the exit kind is not among its kinds.
    error UnitNotController(address caller, uint256 right);

    /// @notice Thrown when `id` does not belong to this contract's class.
    error UnitWrongClass(UnitId id, uint8 class);

    /// @notice Thrown when an amount of zero is issued or leaves.
    error UnitZeroAmount(UnitId id);

    /// @notice Thrown when an id's total, or a freeze, would exceed what its class takes: 64 bits, of allowances 42.
    error UnitAmountTooLarge(UnitId id, uint256 amount);

    /// @notice Thrown when `kind` is not a way out.
    error UnitExitKindMissing(UnitId id);

    /// @notice Thrown when a class held in own wallets would change its owner outside the venue.
    error UnitOwnWalletsOnly(address from, address to);

    /// @notice Thrown when `wallet` gives units to another participant without the right to trade.
    error UnitTradeRightMissing(address wallet);

    /// @notice Thrown when an order of freeze or force names the venue, whose ledger has its own.
    error UnitVenueProtected(address venue);

    /// @notice Thrown when the venue is wired twice, or wired to nothing.
    error UnitVenueRefused(address current, address proposed);

    /// @notice Thrown when an order names an account that is no participant's wallet.
    error UnitUnknownWallet(address account);

    /// @notice Thrown when arrays of one call differ in length.
    error UnitLengthMismatch(uint256 left, uint256 right);

    /// @notice Thrown when a call has more items than allowed.
    error UnitTooManyItems(uint256 count, uint256 most);

    /* EXITS */

    /// @notice Takes `amount` of `id` from `from` for good. Controllers with the right to exit.
    /// @dev Warning: cannot be undone, not even by an administrator.
    /// @dev `from` is the caller itself or a wallet; wallets of suspended participants can only be subject to surrender,
    /// claw-back, expiry, invalidation and reversal. Frozen units stay, unless the caller may force and the kind is
    /// claw-back, expiry, invalidation or reversal: then they are thawed first.
    function exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref) external;

    /* FREEZE AND FORCE */

    /// @notice `setFrozenTokens` with a reason. Officers with the power to freeze, controllers with the right to force.
    function freezeByOrder(address account, UnitId id, uint256 amount, bytes32 reason) external;

    /// @notice `forcedTransfer` with a reason. Officers with the power to freeze, controllers with the right to force.
    function forcedTransferByOrder(address from, address to, UnitId id, uint256 amount, bytes32 reason) external;

    /* WIRING */

    /// @notice Sets the rights of `controller`. Restricted.
    function setController(address controller, uint256 rights) external;

    /// @notice Names the venue, once and for ever. Restricted.
    function setVenue(address venue) external;

    /* VIEWS */

    /// @notice Units of `id` ever issued.
    function issuedOf(UnitId id) external view returns (uint256);

    /// @notice Units of `id` that left by `kind`.
    function exitedOf(UnitId id, Exit kind) external view returns (uint256);

    /// @notice Units of `id` that exist: issued less all exits.
    function totalSupply(UnitId id) external view returns (uint256);

    /// @notice Units of `id` that `account` can move: balance less frozen, never below zero.
    function freeOf(address account, UnitId id) external view returns (uint256);

    /// @notice Rights of a controller; 0 for anybody else.
    function rightsOf(address controller) external view returns (uint256);

    /// @notice The trading venue, or zero before it is wired.
    function venue() external view returns (address);

    /// @notice Class of every id of this contract; see {UnitIdLib}.
    function unitClass() external view returns (uint8);

    /// @notice Who may hold this class outside the venue.
    function custody() external view returns (Custody);
}
