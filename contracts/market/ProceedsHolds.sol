// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IProceedsHolds, ProceedsHold, ProceedsMark} from "../../interfaces/market/IProceedsHolds.sol";
import {IBatchState, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {AccountId} from "../../interfaces/types/BookTypes.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {BookStore} from "../book/BookStore.sol";
import {AccountIdLib} from "../types/AccountIdLib.sol";
import {PackedAccount} from "../types/PackedAccount.sol";
import {PackedFlows} from "../types/PackedFlows.sol";
import {DailyPrices} from "./lib/DailyPrices.sol";

/// @title ProceedsHolds
/// @notice Holds of sellers' cash; see {IProceedsHolds}.
contract ProceedsHolds is IProceedsHolds {
    uint32 private constant POWER_FREEZE = 32;
    uint256 private constant MAX_TIME = 90 days;
    /// @dev Time that a hold looks back on, and that turnover is summed over: a word for each three days.
    uint256 private constant LOOK_BACK = 366 days;
    /// @dev Between two marks of an account that holds do not make.
    uint256 private constant MARK_EVERY = 1 days;
    /// @dev This contract's own custody account, as {IExchange.settle} takes it.
    ParticipantId private constant CUSTODY = ParticipantId.wrap(0);

    IExchange public immutable EXCHANGE;
    IRuleSource private immutable RULES;

    /// @inheritdoc IProceedsHolds
    uint256 public holdCount;
    mapping(uint256 id => ProceedsHold) private _holds;
    /// @dev When cash of an account was held last: trades before it were held for.
    mapping(MarketId market => mapping(ParticipantId seller => uint40)) private _heldAt;
    /// @dev What accounts had got at some times, which do not fall.
    mapping(MarketId market => mapping(ParticipantId seller => ProceedsMark[])) private _marks;

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
        RULES = exchange.RULES();
    }

    // ------------------------------------------------------------------ holds

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
        _holds[id] = ProceedsHold(unit, market, seller, cash, until, msg.sender);
        emit ProceedsHeld(id, unit, seller, market, cash, since, until, msg.sender, reason);
        (, ProceedsMark memory now_) = _now(market, seller);
        _addMark(market, seller, now_);

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
    function release(uint256 id, uint64 cash, bytes32 reason) external {
        ProceedsHold storage h = _holds[id];
        (uint64 held, MarketId market) = (h.cash, h.market);
        if (held == 0) revert ProceedsNotHeld(id);
        if (cash == 0 || cash > held) revert ProceedsTooMuch(cash, held);
        if (block.timestamp <= h.until && !_mayTrade(market, h.unit)) {
            RULES.checkPower(msg.sender, EXCHANGE.marketAssets(market).scheme, 0, POWER_FREEZE);
            if (msg.sender == h.officer) revert ProceedsOneOffice(msg.sender);
        }

        h.cash = held - cash;
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

    // ------------------------------------------------------------------ marks

    /// @inheritdoc IProceedsHolds
    function mark(UnitId unit, ParticipantId seller) external {
        MarketId market = EXCHANGE.marketOf(unit);
        (uint256 began, ProceedsMark memory now_) = _now(market, seller);
        if (began == 0) revert ProceedsNotCounted(seller, market);
        ProceedsMark[] storage marks = _marks[market][seller];
        if (marks.length != 0) {
            uint256 next = marks[marks.length - 1].time + MARK_EVERY;
            if (block.timestamp < next) revert ProceedsMarked(seller, market, next);
        }
        _addMark(market, seller, now_);
    }

    function _addMark(MarketId market, ParticipantId seller, ProceedsMark memory now_) private {
        _marks[market][seller].push(now_);
        emit ProceedsMarkSet(market, seller, now_.net, now_.settled);
    }

    /// @dev Since when an account's cash is counted (0 = it is not), and what it got since.
    function _now(MarketId market, ParticipantId seller)
        private
        view
        returns (uint256 began, ProceedsMark memory now_)
    {
        (uint256 number, uint256 owner) = (MarketId.unwrap(market), ParticipantId.unwrap(seller));
        uint256[] memory slots = new uint256[](2);
        slots[0] = BookStore.accountSlot(number, owner);
        slots[1] = BookStore.flowsSlot(AccountId.unwrap(AccountIdLib.pack(number, owner)));
        uint256[] memory words = EXCHANGE.load(slots);
        PackedFlows flows = PackedFlows.wrap(words[1]);
        began = flows.since();
        int256 net = int256(PackedAccount.wrap(words[0]).cash()) - flows.cash(); // 51 and 76 bits
        now_ = ProceedsMark(uint40(block.timestamp), int104(net), uint104(flows.settled())); // 76 bits
    }

    /// @dev Number of the first mark at `since` or later; how many there are, if none is.
    function _firstFrom(ProceedsMark[] storage marks, uint256 since) private view returns (uint256 low) {
        uint256 high = marks.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (marks[middle].time < since) low = middle + 1;
            else high = middle;
        }
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IProceedsHolds
    function proceedsOf(UnitId unit, ParticipantId seller, uint40 since) public view returns (uint256 cash) {
        MarketId market = EXCHANGE.marketOf(unit);
        uint256 earliest = block.timestamp - LOOK_BACK;
        uint256 held = _heldAt[market][seller];
        if (held >= earliest) earliest = held + 1;
        if (since < earliest || since > block.timestamp) revert ProceedsBadTime(since, earliest);

        (uint256 began, ProceedsMark memory now_) = _now(market, seller);
        if (began == 0) return 0;
        ProceedsMark memory from = ProceedsMark(uint40(began), 0, 0); // 40 bits of a word
        if (since <= began) return _between(from, now_);

        ProceedsMark[] storage marks = _marks[market][seller];
        uint256 next = _firstFrom(marks, since);
        cash = next < marks.length ? _between(marks[next], now_) : 0;
        if (next != 0) from = marks[next - 1];
        if (since - from.time > LOOK_BACK) return cash;
        // Before `since` it sold for no more than the whole market in listed trades; settlements count from a mark on.
        ProceedsMark memory least = next < marks.length ? marks[next] : now_;
        from.net += int104(uint104(DailyPrices.turnoverBetween(EXCHANGE, market, from.time, since - 1))); // 48 bits a day
        from.settled = least.settled;
        uint256 other = _between(from, now_);
        if (other > cash) cash = other;
    }

    /// @dev What came in from one mark to a later one, at least: purchases count against listed sales alone.
    function _between(ProceedsMark memory from, ProceedsMark memory to) private pure returns (uint256 cash) {
        cash = to.settled - from.settled;
        if (to.net > from.net) cash += uint104(to.net - from.net); // positive
    }

    /// @inheritdoc IProceedsHolds
    function markOf(UnitId unit, ParticipantId seller, uint256 number) external view returns (ProceedsMark memory) {
        ProceedsMark[] storage marks = _marks[EXCHANGE.marketOf(unit)][seller];
        if (number >= marks.length) return ProceedsMark(0, 0, 0);
        return marks[number];
    }

    /// @inheritdoc IProceedsHolds
    function markCount(UnitId unit, ParticipantId seller) external view returns (uint256) {
        return _marks[EXCHANGE.marketOf(unit)][seller].length;
    }

    /// @inheritdoc IProceedsHolds
    function holdOf(uint256 id) external view returns (ProceedsHold memory) {
        return _holds[id];
    }
}
