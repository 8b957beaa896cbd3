// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPowerMarket, PowerAccountId} from "./IPowerMarket.sol";

/// @dev What a contract may do with accounts of the ledger; rights are added up.
library LedgerRights {
    uint8 internal constant BIND = 1; //   binds free credits and frees them again
    uint8 internal constant SETTLE = 2; // moves amounts between accounts
}

/// @dev A contract that may move credits of others: one slot.
struct LedgerController {
    uint8 rights;
    PowerAccountId account; // its own: what the amounts of its calls leave over
}

/// @title IPowerLedger
/// @notice What contracts that settle energy do with the accounts of {IPowerMarket}, at the market's own address.
/// @dev Amounts in micro-credits. A controller is trusted with every account.
///
/// Nobody's shortage blocks others. What an account cannot pay is taken from its sponsor, if it is a pseudonym; what is still
/// missing becomes a debt under the name of the participant, and is lent by the reserve. A reserve that has not enough owes
/// the rest itself, so that at every moment
///
///     free and bound credits of all accounts = credits the market holds + debt of the reserve.
///
/// Whatever reaches an account in debt pays the debt first. While the reserve is in debt not all that is free can be
/// withdrawn at once: who keeps the reserve fills it.
interface IPowerLedger {
    /// @notice Emitted when a contract gets rights, others than it had, or none.
    event ControllerSet(address indexed controller, uint8 rights, PowerAccountId indexed account);

    /// @notice Emitted when another account lends what others are short of; it takes over the debt of the one before.
    event ReserveSet(PowerAccountId indexed account, PowerAccountId indexed before, uint256 debt);

    /// @notice Emitted when a controller binds free credits of an account.
    event CreditsBound(PowerAccountId indexed account, address indexed by, uint256 amount);

    /// @notice Emitted when a controller frees credits that were bound.
    event CreditsUnbound(PowerAccountId indexed account, address indexed by, uint256 amount);

    /// @notice Emitted for each call that settles. What the words say of an account in debt, or of one that cannot pay, is told
    /// by the events ahead of it.
    /// @param words `account 32 | amount 96, in two's complement | unbound 96`, low to high
    event AccountsSettled(address indexed by, uint256[] words);

    /// @notice Emitted when an account owes what it could not pay. `account` is where it was missing: the debtor's own or a
    /// pseudonym's.
    event DebtIncurred(PowerAccountId indexed debtor, PowerAccountId indexed account, uint256 amount);

    /// @notice Emitted when credits that reached a debtor went to the reserve instead.
    event DebtPaid(PowerAccountId indexed debtor, uint256 amount);

    /// @notice Thrown when the caller lacks a right of a controller.
    error PowerNotController(address caller, uint8 rights);
    /// @notice Thrown when a controller is nobody, or rights are unknown.
    error PowerBadController(address controller, uint8 rights);
    /// @notice Thrown when the reserve would be no participant's account, or one that is in debt.
    error PowerBadReserve(PowerAccountId account, uint256 debt);
    /// @notice Thrown when more is freed than is bound.
    error PowerNotBound(PowerAccountId account, uint256 bound, uint256 amount);
    /// @notice Thrown when a word names no account, or has bits beyond its fields.
    error PowerBadWord(uint256 word);

    /// @notice Gives a contract rights over accounts, see {LedgerRights}; 0 takes them away. Restricted.
    function setController(address controller, uint8 rights) external;

    /// @notice Names the account that lends what others are short of. Restricted. Without one nobody lends, and account 0 owes
    /// what is missing.
    function setReserve(PowerAccountId account) external;

    /// @notice Binds free credits. Caller: a controller with BIND.
    function bind(PowerAccountId account, uint96 amount) external;

    /// @notice Frees bound credits. Caller: a controller with BIND.
    function unbind(PowerAccountId account, uint96 amount) external;

    /// @notice Frees the `unbound` part of each account's bound credits, at most what is bound, then adds `amount`, or takes it
    /// away; at most 200 words. What all amounts come to is borne by the caller's own account. Caller: a controller with SETTLE.
    /// @param words `account 32 | amount 96, in two's complement | unbound 96`, low to high
    /// @return sum of the amounts
    function settle(uint256[] calldata words) external returns (int256 sum);

    /// @notice Rights of a contract, and the account that its calls balance on.
    function controllerOf(address controller) external view returns (LedgerController memory);

    /// @notice What an account owes.
    function debtOf(PowerAccountId account) external view returns (uint256);

    /// @notice Who lends what others are short of; 0 = nobody.
    function reserve() external view returns (PowerAccountId);
}

/// @title IPowerVenue
/// @notice The market and its ledger, at one address.
interface IPowerVenue is IPowerMarket, IPowerLedger {}
