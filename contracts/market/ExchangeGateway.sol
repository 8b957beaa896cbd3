// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {IExchangeGateway, Permit, SignedCancel, SignedOrder} from "../../interfaces/market/IExchangeGateway.sol";
import {MarketId} from "../../interfaces/types/Ids.sol";
import {Signatures} from "../lib/Signatures.sol";
import {OrderPacking} from "./lib/OrderPacking.sol";

/// @title ExchangeGateway
contract ExchangeGateway is IExchangeGateway, EIP712 {
    /// @dev One flat struct: every field of {SignedOrder} and its terms is one word, in the order of the ABI.
    bytes32 public constant SIGNED_ORDER_TYPEHASH = keccak256(
        "SignedOrder(address wallet,uint16 market,uint8 side,uint8 timeInForce,bool postOnly,uint8 selfTrade,uint16 tick,uint32 lots,uint32 minimumLots,uint64 maximumCost,uint16 maximumFills,uint16 maximumHoles,uint16 expiry,uint16 maximumLevels,uint256 nonce,uint64 deadline)"
    );
    bytes32 public constant SIGNED_CANCEL_TYPEHASH =
        keccak256("SignedCancel(address wallet,uint256 order,uint256 nonce,uint64 deadline)");

    uint256 private constant MAX_ITEMS = 200;

    /// @notice Where this gateway is a controller with right GATEWAY.
    IExchange public immutable EXCHANGE;

    mapping(address wallet => mapping(uint256 word => uint256 mask)) private _spent;
    mapping(address wallet => mapping(uint256 number => OrderId)) private _named;

    /// @dev In `_named`, of an order of which nothing rested. No order has this id: its market would be beyond the last.
    OrderId private constant NOTHING_RESTED = OrderId.wrap(type(uint256).max);

    constructor(IExchange exchange) EIP712("tonne ExchangeGateway", "1") {
        EXCHANGE = exchange;
    }

    // ------------------------------------------------------------------ deposit and order

    /// @inheritdoc IExchangeGateway
    function depositAndPlace(MarketId market, uint256 amount, Permit calldata permit, OrderRequest[] calldata requests)
        external
        returns (OrderId[] memory ids)
    {
        address currency = EXCHANGE.marketAssets(market).currency;
        // A permit that was front-run must not stop the deposit: the allowance decides.
        try IERC20Permit(currency)
            .permit(msg.sender, address(EXCHANGE), amount, permit.deadline, permit.v, permit.r, permit.s) {}
            catch {}

        EXCHANGE.depositCashFor(msg.sender, market, amount);
        return EXCHANGE.batchFor(msg.sender, new OrderId[](0), requests);
    }

    // ------------------------------------------------------------------ orders by their wallet's own numbers

    /// @inheritdoc IExchangeGateway
    function placeNamed(uint256 number, OrderRequest request) external returns (OrderId id) {
        return _placeNamed(number, request, new OrderId[](0));
    }

    /// @inheritdoc IExchangeGateway
    function replaceNamed(uint256 oldNumber, uint256 newNumber, OrderRequest request) external returns (OrderId id) {
        OrderId old = _named[msg.sender][oldNumber];
        if (OrderId.unwrap(old) == 0) revert GatewayNumberUnknown(msg.sender, oldNumber);
        uint256[] memory numbers = new uint256[](1);
        numbers[0] = oldNumber;
        return _placeNamed(newNumber, request, _resting(numbers));
    }

    /// @inheritdoc IExchangeGateway
    function cancelNamed(uint256[] calldata numbers) external {
        if (numbers.length > MAX_ITEMS) revert GatewayTooManyOrders(numbers.length, MAX_ITEMS);
        EXCHANGE.batchFor(msg.sender, _resting(numbers), new OrderRequest[](0));
    }

    function _placeNamed(uint256 number, OrderRequest request, OrderId[] memory cancels) private returns (OrderId id) {
        if (OrderId.unwrap(_named[msg.sender][number]) != 0) revert GatewayNumberUsed(msg.sender, number);
        // Before the exchange is called, which calls no account of others in an order.
        _named[msg.sender][number] = NOTHING_RESTED;
        OrderRequest[] memory requests = new OrderRequest[](1);
        requests[0] = request;
        id = EXCHANGE.batchFor(msg.sender, cancels, requests)[0];
        if (OrderId.unwrap(id) != 0) _named[msg.sender][number] = id;
        emit OrderNamed(msg.sender, number, id);
    }

    /// @dev The caller's orders of these numbers that rested.
    function _resting(uint256[] memory numbers) private view returns (OrderId[] memory ids) {
        ids = new OrderId[](numbers.length);
        uint256 count;
        for (uint256 i; i < numbers.length; ++i) {
            OrderId id = _named[msg.sender][numbers[i]];
            if (OrderId.unwrap(id) != 0 && OrderId.unwrap(id) != OrderId.unwrap(NOTHING_RESTED)) ids[count++] = id;
        }
        // `count` is at most the length: the array is cut to what was filled.
        assembly ("memory-safe") {
            mstore(ids, count)
        }
    }

    // ------------------------------------------------------------------ signed off chain

    /// @inheritdoc IExchangeGateway
    function placeSigned(SignedOrder calldata order, bytes calldata signature) external returns (OrderId id) {
        _spend(order.wallet, order.nonce, order.deadline, orderDigest(order), signature);
        OrderRequest[] memory requests = new OrderRequest[](1);
        requests[0] = OrderPacking.pack(order.terms);

        EXCHANGE.sync(order.wallet);
        id = EXCHANGE.batchFor(order.wallet, new OrderId[](0), requests)[0];
        emit SignedOrderUsed(order.wallet, order.nonce, id);
    }

    /// @inheritdoc IExchangeGateway
    function placeSignedBatch(SignedOrder[] calldata orders, bytes[] calldata signatures)
        external
        returns (OrderId[] memory ids)
    {
        if (orders.length > MAX_ITEMS) revert GatewayTooManyOrders(orders.length, MAX_ITEMS);
        if (orders.length != signatures.length) revert GatewayLengthsDiffer(orders.length, signatures.length);
        ids = new OrderId[](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            // A call of its own, so that what one order does is undone when it reverts.
            try this.placeSigned(orders[i], signatures[i]) returns (OrderId id) {
                ids[i] = id;
            } catch (bytes memory reason) {
                emit SignedOrderRefused(orders[i].wallet, orders[i].nonce, msg.sender, reason);
            }
        }
    }

    /// @inheritdoc IExchangeGateway
    function cancelSigned(SignedCancel calldata cancel, bytes calldata signature) external {
        _spend(cancel.wallet, cancel.nonce, cancel.deadline, cancelDigest(cancel), signature);
        emit SignedOrderUsed(cancel.wallet, cancel.nonce, cancel.order);

        OrderId[] memory cancels = new OrderId[](1);
        cancels[0] = cancel.order;
        EXCHANGE.sync(cancel.wallet);
        EXCHANGE.batchFor(cancel.wallet, cancels, new OrderRequest[](0));
    }

    /// @inheritdoc IExchangeGateway
    function cancelNonces(uint256 word, uint256 mask) external {
        _spent[msg.sender][word] |= mask;
        emit NoncesCancelled(msg.sender, word, mask);
    }

    /// @dev Spends the nonce of what `wallet` signed, before anything else happens.
    function _spend(address wallet, uint256 nonce, uint64 deadline, bytes32 digest, bytes calldata signature) private {
        if (block.timestamp > deadline) revert GatewayDeadlinePassed(deadline, block.timestamp);
        if (nonceUsed(wallet, nonce)) revert GatewayNonceUsed(wallet, nonce);
        if (!Signatures.isSignedBy(wallet, digest, signature)) {
            revert GatewayBadSignature(wallet, digest);
        }
        _spent[wallet][nonce >> 8] |= 1 << (nonce & 0xff);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IExchangeGateway
    function nonceUsed(address wallet, uint256 nonce) public view returns (bool) {
        return (_spent[wallet][nonce >> 8] >> (nonce & 0xff)) & 1 != 0;
    }

    /// @inheritdoc IExchangeGateway
    function namedOrder(address wallet, uint256 number) external view returns (bool used, OrderId order) {
        order = _named[wallet][number];
        used = OrderId.unwrap(order) != 0;
        if (OrderId.unwrap(order) == OrderId.unwrap(NOTHING_RESTED)) order = OrderId.wrap(0);
    }

    /// @inheritdoc IExchangeGateway
    function orderDigest(SignedOrder calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(SIGNED_ORDER_TYPEHASH, order)));
    }

    /// @inheritdoc IExchangeGateway
    function cancelDigest(SignedCancel calldata cancel) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(SIGNED_CANCEL_TYPEHASH, cancel)));
    }
}
