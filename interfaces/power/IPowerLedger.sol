// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../rules/IPausable.sol";
import {IPowerBidDisputes} from "./IPowerBidDisputes.sol";
import {IPowerBids} from "./IPowerBids.sol";
import {IPowerMarket, PowerAccountId} from "./IPowerMarket.sol";
import {IPowerPseudonyms} from "./IPowerPseudonyms.sol";

/// @dev Rights of a controller over accounts of the ledger, as bits.
library LedgerRights {
    uint8 internal constant BIND = 1; //   binds and unbinds credits
    uint8 internal constant SETTLE = 2; // moves amounts between accounts
}

/// @dev A contract that may move credits of others: one slot.
struct LedgerController {
    uint8 rights;
    PowerAccountId account; // its balancing account: minus the sum of its calls
}

/// @title IPowerLedger
/// @notice Functions for contracts that settle energy on the accounts of {IPowerMarket}, at the market's address.
/// @dev Amounts in micro-credits. A controller is trusted with every account.
///
/// A shortage blocks no other account. An amount that a pseudonym cannot pay is taken from its sponsor; the rest becomes a
/// debt of the participant, lent by the reserve. A reserve without enough credits owes the rest itself, so that always
///
///     free and bound credits of all accounts, and awards = credits the market holds + debt of the reserve.
///
/// Credits that reach an account in debt pay the debt first. While the reserve is in debt not all free credits can be
/// withdrawn at once: the operator of the reserve has to fill it.
interface IPowerLedger {
    /// @notice Emitted when a controller's rights change.
    event ControllerSet(address indexed controller, uint8 rights, PowerAccountId indexed account);

    /// @notice Emitted when another account becomes the reserve; it takes over the debt of its predecessor.
    event ReserveSet(PowerAccountId indexed account, PowerAccountId indexed before, uint256 debt);

    /// @notice Emitted when a controller binds free credits of an account.
    event CreditsBound(PowerAccountId indexed account, address indexed by, uint256 amount);

    /// @notice Emitted when a controller unbinds credits.
    event CreditsUnbound(PowerAccountId indexed account, address indexed by, uint256 amount);

    /// @notice Emitted when a controller awards credits of its own account to the key of a pseudonym, {IPowerBidDisputes-takeAward}.
    event CreditsAwarded(PowerAccountId indexed account, address indexed by, uint256 amount);

    /// @notice Emitted for each call of {settle}. Accounts in debt, or that cannot pay, have further events ahead of it.
    /// @param words `account 32 | amount 96, in two's complement | unbound 96`, low to high
    event AccountsSettled(address indexed by, uint256[] words);

    /// @notice Emitted when an account incurs a debt. `account` is the account that was short: the debtor's own or a
    /// pseudonym's.
    event DebtIncurred(PowerAccountId indexed debtor, PowerAccountId indexed account, uint256 amount);

    /// @notice Emitted when credits received pay a debt to the reserve.
    event DebtPaid(PowerAccountId indexed debtor, uint256 amount);

    /// @notice Thrown when the caller lacks a right of a controller.
    error PowerNotController(address caller, uint8 rights);
    /// @notice Thrown when a controller is the zero address, or rights are unknown.
    error PowerBadController(address controller, uint8 rights);
    /// @notice Thrown when the reserve would not be a participant's account, or one in debt.
    error PowerBadReserve(PowerAccountId account, uint256 debt);
    /// @notice Thrown when more would be unbound than is bound.
    error PowerNotBound(PowerAccountId account, uint256 bound, uint256 amount);
    /// @notice Thrown when a word names no account, or has bits beyond its fields.
    error PowerBadWord(uint256 word);

    /// @notice Sets a contract's rights over accounts, see {LedgerRights}; 0 none. Restricted.
    function setController(address controller, uint8 rights) external;

    /// @notice Sets the account that lends to accounts short of credits. Restricted. Without one account 0 owes shortages.
    function setReserve(PowerAccountId account) external;

    /// @notice Binds free credits. Caller: a controller with BIND.
    function bind(PowerAccountId account, uint96 amount) external;

    /// @notice Unbinds credits. Caller: a controller with BIND.
    function unbind(PowerAccountId account, uint96 amount) external;

    /// @notice Awards credits of the caller's own account to an account [micro-credit]: a pseudonym's key takes them, a participant has
    /// them at once. Caller: a controller with SETTLE.
    function award(PowerAccountId account, uint96 amount) external;

    /// @notice Unbinds up to `unbound` of each account's credits, then adds `amount`, which may be negative; at most 200 words.
    /// The sum of all amounts is charged to the caller's own account. Caller: a controller with SETTLE.
    /// @param words `account 32 | amount 96, in two's complement | unbound 96`, low to high
    /// @return sum of the amounts
    function settle(uint256[] calldata words) external returns (int256 sum);

    /// @notice Rights and balancing account of a controller.
    function controllerOf(address controller) external view returns (LedgerController memory);

    /// @notice Debt of an account.
    function debtOf(PowerAccountId account) external view returns (uint256);

    /// @notice The reserve; 0 = none.
    function reserve() external view returns (PowerAccountId);
}

/// @title IPowerVenue
/// @notice The market with its bids and its ledger, at one address.
interface IPowerVenue is IPowerMarket, IPowerPseudonyms, IPowerBids, IPowerBidDisputes, IPowerLedger, IPausable {}
