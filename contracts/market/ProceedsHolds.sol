// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IProceedsHolds, ProceedsHold} from "../../interfaces/market/IProceedsHolds.sol";
import {IBatchState, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {DailyPrices} from "./DailyPrices.sol";

/// @title ProceedsHolds
/// @notice Holds of sellers' cash; see {IProceedsHolds}.
contract ProceedsHolds is IProceedsHolds {
    uint32 private constant POWER_FREEZE = 32;
    uint256 private constant MAX_TIME = 90 days;
    /// @dev Days that one call sums up, three a word.
    uint256 private constant MAX_DAYS = 366;
    /// @dev This contract's own custody account, as {IExchange.settle} takes it.
    ParticipantId private constant CUSTODY = ParticipantId.wrap(0);

    IExchange public immutable EXCHANGE;
    IRuleSource private immutable RULES;

    /// @inheritdoc IProceedsHolds
    uint256 public holdCount;
    mapping(uint256 id => ProceedsHold) private _holds;
    /// @dev When cash of an account was held last: trades before it were held for.
    mapping(MarketId market => mapping(ParticipantId seller => uint40)) private _heldAt;

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
        RULES = exchange.RULES();
    }

    /// @inheritdoc IProceedsHolds
    function hold(UnitId unit, ParticipantId seller, uint64 cash, uint40 since, bytes32 reason)
        external
        returns (uint256 id)
    {
        MarketId market = EXCHANGE.marketOf(unit);
        if (_mayTrade(market, unit)) revert ProceedsNotBarred(unit);
        RULES.checkPower(msg.sender, EXCHANGE.marketAssets(market).scheme, 0, POWER_FREEZE);
        uint256 most = proceedsOf(unit, seller, since);
        if (cash == 0 || cash > most) revert ProceedsTooMuch(cash, most);
        cash = _reach(market, seller, cash);

        id = ++holdCount;
        uint40 until = uint40(block.timestamp + MAX_TIME); // 34,000 years
        _heldAt[market][seller] = uint40(block.timestamp);
        _holds[id] = ProceedsHold(unit, market, seller, cash, until);
        emit ProceedsHeld(id, unit, seller, market, cash, since, until, msg.sender, reason);

        EXCHANGE.settle(market, CUSTODY, seller, 0, cash, Settlement.Trade, bytes32(id));
    }

    /// @dev What of `cash` the account has, outside its orders. Freezing an account ends them.
    function _reach(MarketId market, ParticipantId seller, uint64 cash) private returns (uint64) {
        Account memory account = EXCHANGE.account(seller, market);
        if (account.frozen) revert ProceedsAccountFrozen(seller, market);
        if (account.cash == 0) revert ProceedsTooMuch(cash, 0);
        if (cash > account.cashFree) {
            EXCHANGE.freezeAccount(seller, market, true);
            EXCHANGE.freezeAccount(seller, market, false);
        }
        return cash < account.cash ? cash : uint64(account.cash); // below 2^51
    }

    /// @inheritdoc IProceedsHolds
    function release(uint256 id, bytes32 reason) external {
        ProceedsHold storage h = _holds[id];
        (uint64 cash, MarketId market) = (h.cash, h.market);
        if (cash == 0) revert ProceedsNotHeld(id);
        if (block.timestamp <= h.until && !_mayTrade(market, h.unit)) {
            RULES.checkPower(msg.sender, EXCHANGE.marketAssets(market).scheme, 0, POWER_FREEZE);
        }

        h.cash = 0;
        emit ProceedsReleased(id, msg.sender, cash, reason);

        EXCHANGE.settle(market, h.seller, CUSTODY, 0, cash, Settlement.Trade, bytes32(id));
    }

    /// @dev By the unit's own contract: an exchange that was told late bars nothing longer.
    function _mayTrade(MarketId market, UnitId unit) private view returns (bool) {
        if (MarketId.unwrap(market) == 0) return true;
        try IBatchState(EXCHANGE.marketAssets(market).units).isActive(unit) returns (bool active) {
            return active;
        } catch {
            return true; // of a class without states
        }
    }

    /// @inheritdoc IProceedsHolds
    function proceedsOf(UnitId unit, ParticipantId seller, uint40 since) public view returns (uint256) {
        MarketId market = EXCHANGE.marketOf(unit);
        uint256 earliest = block.timestamp - MAX_DAYS * 1 days;
        uint256 held = _heldAt[market][seller];
        // The day of the last hold was held for.
        if (held != 0 && held + 1 days > earliest) earliest = held + 1 days;
        if (since < earliest || since > block.timestamp) revert ProceedsBadTime(since, earliest);

        int256 sold = EXCHANGE.netSoldOf(seller, market);
        (uint256 volume, uint256 turnover) = DailyPrices.sums(EXCHANGE, market, since);
        if (sold <= 0 || volume == 0) return 0;
        uint256 lots = uint256(sold); // positive
        return lots < volume ? turnover * lots / volume : turnover;
    }

    /// @inheritdoc IProceedsHolds
    function holdOf(uint256 id) external view returns (ProceedsHold memory) {
        return _holds[id];
    }
}
