// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPowerMarket, PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {IAccountSponsors, ISettlementBonds, IntervalState} from "../../interfaces/power/IPowerSettlement.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title SettlementBonds
/// @notice Part of {PowerSettlementEnds}: bonds of those who settle, and rewards that are kept of them.
abstract contract SettlementBonds is SettlementStore, ISettlementBonds {
    /// @inheritdoc ISettlementBonds
    function bond(uint96 amount) external {
        ParticipantId poster = _callerWith(WalletRights.MANAGE);
        PowerAccountId account = _accountOf(poster);
        (uint256 free,,) = IAccountSponsors(address(MARKET_)).accountOf(account);
        if (free < amount) revert IPowerMarket.PowerInsufficientCredits(account, free, amount);
        uint96 total = _bonds[poster].amount + amount;
        _bonds[poster].amount = total;
        emit BondChanged(poster, total, int256(uint256(amount)));
        _move(account, -int256(uint256(amount)));
    }

    /// @inheritdoc ISettlementBonds
    function unbond(uint96 amount) external {
        ParticipantId poster = _callerWith(WalletRights.MANAGE);
        Bond memory b = _bonds[poster];
        if (b.openDays != 0) revert SettlementBondBound(poster, b.openDays);
        if (amount > b.amount) revert SettlementBondTooSmall(poster, b.amount, amount);
        _bonds[poster].amount = b.amount - amount;
        emit BondChanged(poster, b.amount - amount, -int256(uint256(amount)));
        _move(_accountOf(poster), int256(uint256(amount)));
    }

    /// @inheritdoc ISettlementBonds
    function payReward(uint8 node, uint32 interval) external {
        IntervalState storage state = _intervals[node][interval];
        if (state.postedAt != 0 || state.commitment == 0) revert SettlementNoReward(node, interval);
        _payKept(node, interval);
    }
}
