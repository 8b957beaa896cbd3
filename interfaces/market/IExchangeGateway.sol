// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest} from "../types/BookTypes.sol";
import {OrderTerms} from "./IExchangeLens.sol";
import {IContractSigned} from "../types/IContractSigned.sol";
import {MarketId} from "../types/Ids.sol";

/// @dev An ERC-2612 permit of the caller's wallet for the Exchange.
struct Permit {
    uint256 deadline; // [s]
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @dev An order signed by a wallet, which anyone may send. EIP-712 sees one flat struct, the terms' fields in their places:
/// `SignedOrder(address wallet,uint16 market,…,uint256 nonce,uint64 deadline)`.
struct SignedOrder {
    address wallet; //   who signs; the order is its participant's
    OrderTerms terms;
    uint256 nonce; //    any number the wallet has not used for an order or cancel yet
    uint64 deadline; //  last moment at which it may be sent [s]
}

/// @dev A cancel signed by a wallet, which anyone may send.
struct SignedCancel {
    address wallet;
    OrderId order;
    uint256 nonce;
    uint64 deadline; // [s]
}

/// @title IExchangeGateway
/// @notice Ways into the Exchange that need more than one step, each in one transaction, and orders signed off chain.
/// @dev The gateway acts for its caller or for the signer, and holds nothing. Signatures are EIP-712 (domain
/// `tonne ExchangeGateway`, version 1) of the wallet's key; a wallet that is a contract answers by ERC-1271.
/// @dev Nonces are unordered: a wallet signs many orders at once, they arrive in any order, each counts once.
interface IExchangeGateway is IContractSigned {
    // ------------------------------------------------------------------ events

    /// @notice A signed order or cancel went through; its nonce is spent.
    /// @param order The order that rests or was cancelled; 0 when nothing rests.
    event SignedOrderUsed(address indexed wallet, uint256 indexed nonce, OrderId order);
    /// @notice An order of a batch was skipped; it may be sent again. `reason` is the error.
    event SignedOrderRefused(address indexed wallet, uint256 indexed nonce, address indexed submitter, bytes reason);
    /// @notice Nonces `256 × word + i` are spent for every bit `i` of `mask`.
    event NoncesCancelled(address indexed wallet, uint256 word, uint256 mask);

    /// @notice An order was placed under its wallet's own number.
    /// @param order 0 when nothing rests
    event OrderNamed(address indexed wallet, uint256 indexed number, OrderId order);

    // ------------------------------------------------------------------ errors

    error GatewayDeadlinePassed(uint64 deadline, uint256 time);
    error GatewayNonceUsed(address wallet, uint256 nonce);
    error GatewayBadSignature(address wallet, bytes32 digest);
    error GatewayTooManyOrders(uint256 orders, uint256 maximum);
    error GatewayLengthsDiffer(uint256 orders, uint256 signatures);
    /// @notice The wallet has had an order of this number. Remedy: give another; any that was not used will do.
    error GatewayNumberUsed(address wallet, uint256 number);
    /// @notice The wallet has had no order of this number. Remedy: place it first.
    error GatewayNumberUnknown(address wallet, uint256 number);

    // ------------------------------------------------------------------ deposit and order

    /// @notice Deposits `amount` [0.01 currency] under a permit and places orders (at most 200).
    /// @dev A permit that was already used (front-run) does no harm while the allowance suffices.
    function depositAndPlace(MarketId market, uint256 amount, Permit calldata permit, OrderRequest[] calldata requests)
        external
        returns (OrderId[] memory ids);

    // ------------------------------------------------------------------ orders by their wallet's own numbers

    /// @notice Places an order under a number that the caller chooses, by which it is cancelled and replaced: the caller
    /// sends the next step without waiting for the receipt of this one. A number serves a wallet once.
    /// @return id 0 when nothing rests
    function placeNamed(uint256 number, OrderRequest request) external returns (OrderId id);

    /// @notice Cancels the caller's orders of these numbers, at most 200.
    /// @dev Numbers of orders that are no longer open, never rested or were never placed are skipped, as in {IExchange.batch}:
    /// the order may have been refused.
    function cancelNamed(uint256[] calldata numbers) external;

    /// @notice Cancels the caller's order of one number and places another under a new one, in one act: both or neither.
    /// @dev The old order may have been filled before; whatever it traded, the new one is placed whole.
    /// @return id 0 when nothing rests
    function replaceNamed(uint256 oldNumber, uint256 newNumber, OrderRequest request) external returns (OrderId id);

    // ------------------------------------------------------------------ signed off chain

    /// @notice Places an order that its wallet signed. Anyone may send it, once, until its deadline.
    /// @dev The wallet's participant and rights are read from the register at this moment, so that a right taken back
    /// takes back what was signed under it.
    /// @return id 0 when nothing rests.
    function placeSigned(SignedOrder calldata order, bytes calldata signature) external returns (OrderId id);

    /// @notice Places signed orders one after the other, at most 200. One that reverts is skipped with
    /// {SignedOrderRefused} and stops none of the others.
    /// @return ids 0 for orders that do not rest and for skipped ones.
    function placeSignedBatch(SignedOrder[] calldata orders, bytes[] calldata signatures)
        external
        returns (OrderId[] memory ids);

    /// @notice Ends a resting order by a signed cancel. Anyone may send it, once, until its deadline.
    /// @dev An order that is no longer open is skipped, as in {IExchange.batch}; the nonce is spent all the same.
    function cancelSigned(SignedCancel calldata cancel, bytes calldata signature) external;

    /// @notice Spends the caller's nonces `256 × word + i` for every bit `i` of `mask`: what was signed with them never
    /// goes through. All ones end 256 nonces at once.
    function cancelNonces(uint256 word, uint256 mask) external;

    // ------------------------------------------------------------------ views

    function nonceUsed(address wallet, uint256 nonce) external view returns (bool);

    /// @notice Whether a wallet has had an order of this number, and the order; 0 when nothing of it rested.
    function namedOrder(address wallet, uint256 number) external view returns (bool used, OrderId order);

    /// @notice The EIP-712 digest of an order.
    function orderDigest(SignedOrder calldata order) external view returns (bytes32);

    /// @notice The EIP-712 digest of a cancel.
    function cancelDigest(SignedCancel calldata cancel) external view returns (bytes32);
}
