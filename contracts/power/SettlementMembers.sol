// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {MeterId, NodeId} from "../../interfaces/types/MeterTypes.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    AreaTerms,
    EnteredMeter,
    IMeteredNodes,
    IMeterOwners,
    INodeOracles,
    ISettlementTerms,
    NodeOwner
} from "../../interfaces/power/IPowerSettlement.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title SettlementMembers
/// @notice Part of {PowerSettlement}: terms of a node, and the accounts and meters that belong to it.
abstract contract SettlementMembers is SettlementStore, ISettlementTerms {
    uint256 private constant PPM = 1_000_000;
    uint256 private constant MAX_ITEMS = 200;

    // ------------------------------------------------------------------ terms

    /// @inheritdoc ISettlementTerms
    function setArea(uint8 node, AreaTerms calldata terms) external {
        (SchemeId scheme, uint16 jurisdiction,,, NodeId metering) = IMeteredNodes(address(GRID)).node(node);
        SCHEMES.checkPower(msg.sender, scheme, jurisdiction, Powers.MARKET);
        (,,,,, uint16 step) = INodeOracles(address(METERS)).node(metering);
        uint256 earliest = (block.timestamp / DAY + 1) * PER_DAY;
        // One step of time for meters and market.
        bool timed = step == INTERVAL_S && terms.fromInterval % PER_DAY == 0;
        bool fits = terms.operator != ParticipantId.wrap(0) && terms.spreadPpm <= PPM;
        if (!timed || !fits || terms.fromInterval < earliest) revert SettlementBadTerms(node, earliest);
        Horizon.check(terms.fromInterval, (block.timestamp + Horizon.CHANGE) / INTERVAL_S);
        _requireNamed(node, terms.operator);
        REFERENCES.referenceOf(node, terms.fromInterval); // there is one
        AreaTerms[] storage all = _terms[node];
        for (uint256 left = all.length; left != 0 && all[left - 1].fromInterval >= terms.fromInterval; --left) {
            all.pop();
        }
        all.push(terms);
        emit AreaSet(node, terms, msg.sender);
    }

    function _requireNamed(uint8 node, ParticipantId operator) private view {
        // Who is named is no oracle; one that became it since posts nothing.
        bool named = MARKET_.LIMITS().operatorOf(node) == operator;
        if (!named || _owners[node][operator].since != 0) revert SettlementInterested(node, operator);
    }

    /// @inheritdoc ISettlementTerms
    function termsAt(uint8 node, uint32 interval) external view returns (AreaTerms memory) {
        return _termsAt(node, interval);
    }

    // ------------------------------------------------------------------ members

    /// @inheritdoc ISettlementTerms
    function join(uint8 node, PowerAccountId[] calldata accounts) external {
        // An owner has an account there, and may enter a meter for each, see {enter}.
        if (accounts.length == 0 || accounts.length > MAX_ITEMS) revert SettlementTooMany(accounts.length, MAX_ITEMS);
        ParticipantId owner = _callerWith(WalletRights.TRADE);
        AreaTerms[] storage all = _terms[node];
        if (_oracleOf(node) == owner) revert SettlementInterested(node, owner);
        if (all.length != 0 && all[all.length - 1].operator == owner) revert SettlementInterested(node, owner);
        uint32 since = _tomorrow();
        NodeOwner storage own = _owners[node][owner];
        if (own.since == 0) {
            own.since = since;
            emit OwnerJoined(node, owner, since);
        }
        own.accounts += uint32(accounts.length); // at most 200
        for (uint256 i; i < accounts.length; ++i) {
            if (_ownerOf(accounts[i]) != owner) revert SettlementNotOwner(msg.sender, accounts[i]);
            uint32 known = _sinceOf(node, PowerAccountId.unwrap(accounts[i]));
            if (known != 0) revert SettlementNoMember(node, accounts[i], known);
            _setSince(node, accounts[i], since);
        }
    }

    /// @inheritdoc ISettlementTerms
    function enter(uint8 node, MeterId[] calldata meters) external {
        if (meters.length == 0 || meters.length > MAX_ITEMS) revert SettlementTooMany(meters.length, MAX_ITEMS);
        ParticipantId owner = _callerWith(WalletRights.TRADE);
        NodeOwner storage own = _owners[node][owner];
        // Accounts never leave, and those that count here are members on the day from which the meters count: an operator has an
        // account of the owner's for each of their readings.
        uint256 count = own.meters + meters.length;
        if (count > own.accounts) revert SettlementTooMany(count, own.accounts);
        own.meters = uint32(count); // no more than accounts
        uint32 since = _tomorrow();
        for (uint256 i; i < meters.length; ++i) {
            EnteredMeter storage entered = _entered[node][meters[i]];
            bool its = IMeterOwners(address(METERS)).meter(meters[i]) == owner;
            if (!its || entered.since != 0) revert SettlementNotMeter(node, meters[i]);
            (entered.owner, entered.since) = (owner, since);
            emit MeterEntered(node, meters[i], owner, since);
        }
    }

    function _tomorrow() private view returns (uint32) {
        return uint32(block.timestamp / DAY + 1); // 11 million years
    }

    /// @inheritdoc ISettlementTerms
    function ownerAt(uint8 node, ParticipantId owner) external view returns (NodeOwner memory) {
        return _owners[node][owner];
    }

    /// @inheritdoc ISettlementTerms
    function enteredAt(uint8 node, MeterId meter) external view returns (EnteredMeter memory) {
        return _entered[node][meter];
    }

    /// @inheritdoc ISettlementTerms
    function memberSince(uint8 node, PowerAccountId account) external view returns (uint32 day) {
        return _sinceOf(node, PowerAccountId.unwrap(account));
    }
}
