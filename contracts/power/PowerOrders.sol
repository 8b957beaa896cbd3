// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    InstructedOrder,
    IPowerMarket,
    PowerAccountId,
    PowerStage,
    StandingInstruction
} from "../../interfaces/power/IPowerMarket.sol";
import {PackedPowerOrder, PackedPowerOrderLib} from "../types/PackedPowerOrder.sol";
import {PowerLedger} from "./PowerLedger.sol";

/// @title PowerOrders
/// @notice Part of {PowerMarket}: bids and offers of the caller or by standing instructions.
abstract contract PowerOrders is PowerLedger, EIP712 {
    using PackedPowerOrderLib for bytes32;

    bytes32 public constant STANDING_INSTRUCTION_TYPEHASH = keccak256(
        "StandingInstruction(address signer,uint8 node,uint8 side,uint32 price,uint32 maximumWh,uint32 fromInterval,uint32 untilInterval,address aggregator,uint256 salt)"
    );
    uint256 private constant HORIZON = 8 days;
    uint32 private constant REVOKED = type(uint32).max;

    // ------------------------------------------------------------------ placing

    /// @inheritdoc IPowerMarket
    function place(uint32 interval, uint256[] calldata words) external {
        _checkItems(words.length, words.length);
        uint32 account = PowerAccountId.unwrap(_accountOfSigner(msg.sender));
        for (uint256 i; i < words.length; ++i) {
            PackedPowerOrder order = PackedPowerOrder.wrap(words[i]);
            if (order.account() != account || !order.isPlain()) revert PowerBadOrder(words[i]);
        }
        _placeAll(interval, words);
    }

    /// @inheritdoc IPowerMarket
    function placeInstructed(uint32 interval, InstructedOrder[] calldata orders) external {
        _checkItems(orders.length, orders.length);
        uint256[] memory words = new uint256[](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            words[i] = PackedPowerOrder.unwrap(_instructed(interval, orders[i]));
        }
        _placeAll(interval, words);
    }

    /// @dev Adds orders to the interval and binds their escrow.
    function _placeAll(uint32 interval, uint256[] memory words) private {
        _checkStage(interval, PowerStage.Open);
        uint256 start = _startOf(interval);
        uint256 latest = block.timestamp + HORIZON;
        if (start > latest) revert PowerTooFarAhead(interval, latest / INTERVAL_S);
        uint256 nodes = GRID.nodesAt(start);
        Round storage round = _rounds[interval];
        uint256 first = round.count;
        if (first + words.length > MAXIMUM_ORDERS) revert PowerIntervalFull(interval, MAXIMUM_ORDERS);

        bytes32 hash = first == 0 ? seedOf(interval) : round.orders;
        for (uint256 i; i < words.length; ++i) {
            PackedPowerOrder order = PackedPowerOrder.wrap(words[i]);
            bool fits = order.limit() != 0 && order.price() <= PRICE_CAP && order.node() < nodes;
            if (!fits || order.side() > PackedPowerOrderLib.OFFER) revert PowerBadOrder(words[i]);
            hash = hash.chain(words[i]);
            _bind(order.account(), order.escrow(order.limit(), GUARANTEE));
        }
        round.orders = hash;
        round.count = uint16(first + words.length); // at most the maximum, of 16 bits
        emit OrdersPlaced(interval, first, words);
    }

    // ------------------------------------------------------------------ instructions

    /// @dev Uses an instruction for one interval.
    function _instructed(uint32 interval, InstructedOrder calldata order) private returns (PackedPowerOrder) {
        StandingInstruction calldata s = order.instruction;
        bytes32 digest = instructionDigest(s);
        bool timely = interval >= s.fromInterval && interval <= s.untilInterval;
        bool fair = s.side == PackedPowerOrderLib.BID ? order.price <= s.price : order.price >= s.price;
        bool mine = s.aggregator == address(0) || s.aggregator == msg.sender;
        if (!timely || !fair || !mine || order.limitWh > s.maximumWh) revert PowerNotInstructed(s.signer, digest);
        uint32 used = _used[s.signer][digest];
        if (used >= interval) revert PowerInstructionUsed(s.signer, digest, used);
        if (!SignatureChecker.isValidSignatureNow(s.signer, digest, order.signature)) {
            revert PowerBadSignature(s.signer, digest);
        }

        _used[s.signer][digest] = interval;
        emit InstructionUsed(s.signer, digest, interval);
        uint32 account = PowerAccountId.unwrap(_accountOfSigner(s.signer));
        return PackedPowerOrderLib.pack(account, order.limitWh, order.price, s.node, s.side);
    }

    /// @inheritdoc IPowerMarket
    function revoke(address signer, bytes32 digest) external {
        if (msg.sender != signer) {
            _checkSponsor(_pseudonyms[signer], _participantWith(msg.sender, WalletRights.TRADE));
        }
        _used[signer][digest] = REVOKED;
        emit InstructionRevoked(signer, digest, msg.sender);
    }

    /// @inheritdoc IPowerMarket
    function instructionDigest(StandingInstruction calldata instruction) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(STANDING_INSTRUCTION_TYPEHASH, instruction)));
    }
}
