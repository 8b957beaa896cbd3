// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {IPowerTrades} from "../../interfaces/power/IPowerTrades.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";

/// @title TradePositions
/// @notice Part of {PowerTrades}: booked and done intervals, and the positions of accounts in each.
/// @dev Storage, by slot:
///
///     booked    1 each, 256 a slot, by contract and interval
///     done      1 each, 256 a slot, by contract and interval
///     position  sold 32 · bought 32, four intervals a slot, by node and account
///     sold      32 each, eight intervals a slot, by node and who answers for the accounts
abstract contract TradePositions is IPowerTrades {
    uint256 private constant SOLD = 0;
    uint256 private constant BOUGHT = 32;

    /// @inheritdoc IPowerTrades
    uint256 public constant MAX_BOOKED = 96;

    mapping(uint64 id => mapping(uint256 word => uint256)) private _booked;
    mapping(uint64 id => mapping(uint256 word => uint256)) private _done;
    mapping(uint256 nodeAndAccount => mapping(uint256 word => uint256)) private _positions;
    mapping(uint256 nodeAndOwner => mapping(uint256 word => uint256)) private _sold;

    /// @dev An account that sells at a node, and how much all accounts of who answers for it may sell there [Wh].
    struct Seller {
        PowerAccountId account;
        ParticipantId owner;
        uint8 node;
        uint256 mostWh;
    }

    /// @inheritdoc IPowerTrades
    function stateOf(uint64 id, uint32 interval) public view returns (bool booked, bool done) {
        (uint256 word, uint256 bit) = _placeOf(interval);
        return (_booked[id][word] & bit != 0, _done[id][word] & bit != 0);
    }

    /// @inheritdoc IPowerTrades
    function positionOf(PowerAccountId account, uint8 node, uint32 interval)
        public
        view
        returns (uint256 soldWh, uint256 boughtWh)
    {
        uint256 pair = _positions[_keyOf(account, node)][interval / 4] >> 64 * (interval % 4);
        return (uint32(pair >> SOLD), uint32(pair >> BOUGHT));
    }

    /// @inheritdoc IPowerTrades
    function soldBy(ParticipantId owner, uint8 node, uint32 interval) external view returns (uint256 wh) {
        return uint32(_sold[_keyOf(_accountOf(owner), node)][interval / 8] >> 32 * (interval % 8));
    }

    function _markBooked(uint64 id, uint32 interval) internal {
        (bool booked,) = stateOf(id, interval);
        if (booked) revert TradesWrongInterval(id, interval);
        (uint256 word, uint256 bit) = _placeOf(interval);
        _booked[id][word] |= bit;
    }

    /// @dev Ends an interval that must have been booked, or must not have been.
    function _markDone(uint64 id, uint32 interval, bool needed) internal {
        (bool booked, bool done) = stateOf(id, interval);
        if (done || booked != needed) revert TradesWrongInterval(id, interval);
        (uint256 word, uint256 bit) = _placeOf(interval);
        _done[id][word] |= bit;
    }

    /// @dev The purchase of the same energy is at the same node.
    function _sell(Seller memory s, uint32 interval, uint256 energy) internal {
        _add(_positions[_keyOf(s.account, s.node)], s.node, interval, interval / 4, 64 * (interval % 4) + SOLD, energy);
        mapping(uint256 word => uint256) storage sold = _sold[_keyOf(_accountOf(s.owner), s.node)];
        uint256 all = _add(sold, s.node, interval, interval / 8, 32 * (interval % 8), energy);
        if (all > s.mostWh) revert TradesBeyondLimit(s.owner, s.node, interval, all, s.mostWh);
    }

    function _buy(PowerAccountId account, uint8 node, uint32 interval, uint256 energy) internal {
        _add(_positions[_keyOf(account, node)], node, interval, interval / 4, 64 * (interval % 4) + BOUGHT, energy);
    }

    function _add(
        mapping(uint256 word => uint256) storage words,
        uint8 node,
        uint32 interval,
        uint256 word,
        uint256 shift,
        uint256 energy
    ) private returns (uint256 all) {
        uint256 held = words[word];
        all = uint32(held >> shift) + energy;
        if (all > type(uint32).max) revert TradesTooMuch(node, interval);
        words[word] = held + (energy << shift); // stays within its lane
    }

    /// @dev One contract's share [Wh, down] in the shortfall of an account over all its contracts here, in delivery or offtake.
    /// @param net [Wh] net export of its meter
    function _shortOf(PowerAccountId account, uint8 node, uint32 interval, uint256 energy, int256 net, bool sells)
        internal
        view
        returns (uint256)
    {
        (uint256 sold, uint256 bought) = positionOf(account, node, interval);
        int256 due = int256(sold) - int256(bought); // net export that is due, 32 bits each
        int256 missing = sells ? due - net : net - due;
        uint256 all = sells ? sold : bought;
        // Without net sales there is nothing to deliver: it sold on its purchases.
        int256 most = sells ? due : -due;
        if (most <= 0 || missing <= 0) return 0;
        if (missing > most) missing = most;
        return uint256(missing) * energy / all; // 33 and 32 bits; energy is a part of all
    }

    function _placeOf(uint256 interval) private pure returns (uint256 word, uint256 bit) {
        return (interval / 256, 1 << interval % 256);
    }

    function _accountOf(ParticipantId owner) private pure returns (PowerAccountId) {
        return PowerAccountId.wrap(ParticipantId.unwrap(owner));
    }

    function _keyOf(PowerAccountId account, uint8 node) private pure returns (uint256) {
        return uint256(node) << 32 | PowerAccountId.unwrap(account);
    }
}
