// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {
    AccountId,
    BookOrderMalformed,
    BookOrderNotOpen,
    BookOrderNotYours,
    OrderId,
    OrderRequest
} from "../../interfaces/types/BookTypes.sol";
import {IExchangeCore, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketStatus} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeReceiver} from "../../interfaces/market/IExchangeReceiver.sol";
import {IParticipantSource, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Book} from "../book/Book.sol";
import {BookStore} from "../book/BookStore.sol";
import {FillRecords} from "../book/FillRecords.sol";
import {MatchState, MatchStateLib} from "../book/MatchState.sol";
import {RestingOrders} from "../book/RestingOrders.sol";
import {Pausable} from "../rules/Pausable.sol";
import {Extendable} from "../lib/Extendable.sol";
import {AccountIdLib} from "../types/AccountIdLib.sol";
import {OrderIdLib} from "../types/OrderIdLib.sol";
import {OrderRequestLib} from "../types/OrderRequestLib.sol";
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {PackedLevel, PackedLevelLib} from "../types/PackedLevel.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {PackedMarketConfig, PackedMarketConfigLib} from "../types/PackedMarketConfig.sol";
import {PackedOrder} from "../types/PackedOrder.sol";
import {PackedWallet, PackedWalletLib} from "../types/PackedWallet.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {ExchangeBase} from "./ExchangeBase.sol";
import {ExchangeExtension} from "./ExchangeExtension.sol";
import {ExchangeLedger} from "./ExchangeLedger.sol";

/// @title Exchange
/// @notice Places and cancels orders. Ledger: {ExchangeLedger}; matching: {Book}; all else: {ExchangeExtension}.
contract Exchange is ExchangeLedger, Extendable, Pausable, IERC1155Receiver, IExchangeReceiver {
    using OrderRequestLib for OrderRequest;
    using OrderIdLib for OrderId;
    using UnitIdLib for UnitId;

    constructor(address authority, IParticipantSource participants, IRuleSource rules)
        ExchangeBase(authority, participants, rules)
        Extendable(address(new ExchangeExtension(authority, participants, rules)))
    {}

    // ------------------------------------------------------------------ orders

    /// @inheritdoc IExchangeCore
    function place(OrderRequest request) external returns (OrderId id, uint256 filled, uint256 cash) {
        MatchState memory state = MatchStateLib.allocate()();
        _loadState(state, request.market(), ParticipantId.unwrap(_trader(msg.sender)));
        id = _execute(state, request);
        _storeState(state);
        if (state.filled != 0) {
            filled = state.filled;
            unchecked {
                cash = request.side() == 0 ? state.turnover + state.takerFee : state.turnover - state.takerFee; // a fee is a part
            }
        }
    }

    /// @inheritdoc IExchangeCore
    function cancel(OrderId id) external {
        PackedWallet wallet = PackedWallet.wrap(BookStore.load(BookStore.walletSlot(msg.sender)));
        if (!_cancel(id, wallet)) revert BookOrderNotOpen(id);
    }

    /// @inheritdoc IExchangeCore
    function batch(OrderId[] calldata cancels, OrderRequest[] calldata requests) external returns (OrderId[] memory) {
        return _batch(msg.sender, cancels, requests);
    }

    /// @inheritdoc IExchangeCore
    function batchFor(address wallet, OrderId[] calldata cancels, OrderRequest[] calldata requests)
        external
        returns (OrderId[] memory)
    {
        _checkController(GATEWAY);
        return _batch(wallet, cancels, requests);
    }

    function _batch(address wallet, OrderId[] calldata cancels, OrderRequest[] calldata requests)
        private
        returns (OrderId[] memory ids)
    {
        _checkCount(cancels.length);
        _checkCount(requests.length);
        PackedWallet word = PackedWallet.wrap(BookStore.load(BookStore.walletSlot(wallet)));
        for (uint256 i; i < cancels.length; ++i) {
            _cancel(cancels[i], word);
        }
        if (requests.length != 0) ids = _placeAll(ParticipantId.unwrap(_trader(wallet)), requests, 0);
    }

    /// @param only Market and side that all orders must have, see {OrderRequestLib.marketSide}; 0 = any.
    function _placeAll(uint256 participant, OrderRequest[] calldata requests, uint256 only)
        private
        returns (OrderId[] memory ids)
    {
        ids = new OrderId[](requests.length);
        MatchState memory state = MatchStateLib.allocate()();
        for (uint256 i; i < requests.length; ++i) {
            OrderRequest request = requests[i];
            if (only != 0 && request.marketSide() != only) revert ExchangeForeignOrder(MarketId.wrap(uint16(only)));
            if (i == 0 || request.market() != state.market) {
                if (i != 0) _storeState(state);
                _loadState(state, request.market(), participant);
            }
            ids[i] = _execute(state, request);
        }
        _storeState(state);
    }

    // ------------------------------------------------------------------ match state

    /// @dev Loads the match state of one participant in one market; reverts unless both may trade now. Writes every field
    /// that no order writes ({MatchStateLib.allocate}).
    function _loadState(MatchState memory state, uint256 market, uint256 participant) private view {
        PackedMarketConfig config = _config(market);
        PackedMarket data = _marketData(market);
        uint256 today = config.today(block.timestamp);
        if (
            data.day() != today || data.standing() != uint256(MarketStatus.Trading)
                || !config.inSession(data.sessions(), block.timestamp)
        ) ExchangeExtension(address(this)).refuseTrading(MarketId.wrap(uint16(market))); // reverts
        PackedAccount word = PackedAccount.wrap(BookStore.load(BookStore.accountSlot(market, participant)));
        word = word.asOf(today, config.lastingKind());
        if (word.frozen()) revert ExchangeAccountFrozen(_participant(participant), MarketId.wrap(uint16(market)));
        if (word.voids() == PackedAccountLib.MAX_VOIDS) {
            revert ExchangeAccountVoided(_participant(participant), MarketId.wrap(uint16(market)));
        }
        state.market = market;
        state.participant = participant;
        state.today = today;
        state.stamp = config.lasting() ? PackedLevelLib.LASTING : today;
        state.lastDay = 0;
        state.config = config;
        state.marketData = data;
        state.storedMarketData = data;
        state.account = word;
        state.raiseLimit = _raiseLimit;
    }

    function _execute(MatchState memory state, OrderRequest request) private returns (OrderId id) {
        id = Book.execute(state, request);
        AccountId owner = AccountIdLib.pack(state.market, state.participant);
        if (state.recordHead != 0) _emitFills(state, owner, request);
        if (OrderId.unwrap(id) != 0) emit OrderPlaced(owner, id.withLots(state.remaining, state.lastDay));
    }

    /// @dev Gives the account holding limit that the participant's other accounts do not use, before its order is matched.
    function _raiseLimit(MatchState memory state, uint256 lots) private {
        _storeState(state);
        state.storedMarketData = state.marketData;
        state.account = _withRaisedLimit(_participant(state.participant), MarketId.wrap(uint16(state.market)), lots); // 16 bits of a request
    }

    function _storeState(MatchState memory state) private {
        BookStore.save(BookStore.accountSlot(state.market, state.participant), PackedAccount.unwrap(state.account));
        if (PackedMarket.unwrap(state.marketData) != PackedMarket.unwrap(state.storedMarketData)) {
            _saveMarketData(state.market, state.marketData);
        }
    }

    /// @dev `emit OrdersFilled(owner, request, fills)`, with the records in place in memory.
    function _emitFills(MatchState memory state, AccountId owner, OrderRequest request) private {
        bytes32 topic = OrdersFilled.selector;
        (uint256 head, uint256 length) = FillRecords.close(state);
        if (length == 64) return;
        assembly ("memory-safe") {
            log3(head, length, topic, owner, request)
        }
    }

    // ------------------------------------------------------------------ cancelling

    /// @return done False when the order is not open.
    function _cancel(OrderId id, PackedWallet wallet) private returns (bool done) {
        uint256 market = id.market();
        PackedMarketConfig config = _config(market);
        uint256 today = config.today(block.timestamp);
        uint256 stamp = config.stamp(today);
        (PackedOrder order, PackedLevel level) = RestingOrders.find(id, stamp);
        uint256 lots = order.lots();
        if (lots == 0) return false;

        uint256 owner = order.owner();
        uint256 flags = order.flags();
        uint256 slot = BookStore.accountSlot(market, owner);
        PackedAccount word = PackedAccount.wrap(BookStore.load(slot));
        bool reserved; // the order is not void
        if (stamp == PackedLevelLib.LASTING) {
            if (today > PackedMarketConfigLib.MAX_DAY) today = PackedMarketConfigLib.MAX_DAY; // the market has ended: cancels stay possible
            word = word.asOf(today, config.lastingKind());
            reserved = word.orderStamp() == flags & PackedAccountLib.ORDER_STAMP;
            if (reserved && !RestingOrders.expired(id, flags, today)) _checkOwner(id, owner, wallet);
        } else {
            word = word.asOf(today, 0);
            reserved = word.isOrderLive(flags);
            if (reserved) _checkOwner(id, owner, wallet);
        }
        if (reserved) {
            if (id.side() == 1) {
                word = word.releaseLots(lots);
            } else {
                word = word.releaseCash(PackedMarketConfigLib.escrow(lots, config.price(id.tick()), config.makerPpm()));
            }
            BookStore.save(slot, PackedAccount.unwrap(word));
        }
        RestingOrders.remove(id, level, stamp, lots);
        emit OrderCancelled(AccountIdLib.pack(market, owner), id.withLots(lots, 0));
        return true;
    }

    function _checkOwner(OrderId id, uint256 owner, PackedWallet wallet) private view {
        if (owner != wallet.participant()) revert BookOrderNotYours(id, uint24(owner));
        if (wallet.rights() & PackedWalletLib.TRADE == 0) {
            revert ExchangeRightMissing(msg.sender, PackedWalletLib.TRADE);
        }
    }

    // ------------------------------------------------------------------ bar

    /// @inheritdoc IExchangeCore
    function syncUnit(MarketId market) external {
        MarketAssets storage assets = _market(market);
        bool barred = !_mayTrade(assets.units, assets.unit);
        uint256 id = MarketId.unwrap(market);
        PackedMarket data = _marketData(id);
        if (data.barred() == barred) return;
        _saveMarketData(id, data.withBarred(barred));
        emit MarketBarred(market, barred);
    }

    // ------------------------------------------------------------------ deposits of units

    /// @notice A deposit, see {IExchangeCore.depositCash}, and orders in its market, a word each.
    function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes calldata data)
        external
        returns (bytes4)
    {
        (ParticipantId participant, MarketId market) = _receive(from, id, value);
        _placeFor(operator, participant, market, data, 1);
        return this.onERC1155Received.selector;
    }

    /// @dev Places the orders that came with a deposit. Who sent it must be a trader of the participant it came from; and what a
    /// token contract says of who sent its tokens counts in its own market alone, and for giving its own tokens away.
    /// @param side Of all orders: 0 where money came, which buys; 1 where units came, which are sold.
    function _placeFor(address operator, ParticipantId participant, MarketId market, bytes calldata data, uint256 side)
        private
    {
        if (data.length == 0) return;
        if (data.length % 32 != 0) revert ExchangeForeignOrder(market);
        _checkWallet(operator, _trader(operator), participant);
        OrderRequest[] calldata requests;
        assembly ("memory-safe") {
            requests.offset := data.offset
            requests.length := shr(5, data.length)
        }
        _checkCount(requests.length);
        _placeAll(ParticipantId.unwrap(participant), requests, side << 16 | MarketId.unwrap(market));
    }

    /// @notice A deposit of several units, without orders.
    function onERC1155BatchReceived(
        address,
        address from,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata data
    ) external returns (bytes4) {
        _checkCount(ids.length);
        if (data.length != 0) revert BookOrderMalformed(OrderRequest.wrap(data.length));
        for (uint256 i; i < ids.length; ++i) {
            _receive(from, ids[i], values[i]);
        }
        return this.onERC1155BatchReceived.selector;
    }

    function _receive(address from, uint256 id, uint256 value) private returns (ParticipantId by, MarketId market) {
        market = marketOf(UnitId.wrap(id));
        if (_assets[market].units != msg.sender) revert ExchangeForeignUnit(msg.sender, id);
        // Decided after the market was made, it would not bind here.
        UnitId unit = UnitId.wrap(id);
        if (unit.classOf() == UnitIdLib.OFFSET_CREDIT && _isRetireOnly(msg.sender, unit)) {
            if (!_config(MarketId.unwrap(market)).retireOnly()) revert ExchangeRetireOnly(unit);
        }
        by = _depositUnits(from, market, value);
    }

    // ------------------------------------------------------------------ deposits of cash

    /// @inheritdoc IExchangeReceiver
    function onTransferReceived(address operator, address from, uint256 value, bytes calldata data)
        external
        returns (bytes4)
    {
        uint256 word = data.length < 32 ? 0 : uint256(bytes32(data[:32]));
        if (word > type(uint16).max) word = 0; // no market
        MarketId market = MarketId.wrap(uint16(word)); // checked
        MarketAssets storage assets = _market(market);
        if (assets.currency != msg.sender) revert ExchangeForeignCurrency(msg.sender, market);
        _placeFor(operator, _creditCash(from, market, assets, value), market, data[32:], 0);
        return this.onTransferReceived.selector;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IExchangeCore
    function load(uint256[] calldata slots) external view returns (uint256[] memory) {
        // An array as the ABI has it, in memory of its own: an encoder of it takes room in the code.
        uint256 answer;
        assembly ("memory-safe") {
            answer := mload(0x40)
            mstore(0x40, add(answer, add(0x40, shl(5, slots.length))))
            mstore(answer, 0x20)
            mstore(add(answer, 0x20), slots.length)
        }
        for (uint256 i; i < slots.length; ++i) {
            uint256 word = BookStore.load(slots[i]);
            assembly ("memory-safe") {
                mstore(add(add(answer, 0x40), shl(5, i)), word)
            }
        }
        assembly ("memory-safe") {
            return(answer, add(0x40, shl(5, slots.length)))
        }
    }

    function _participant(uint256 id) private pure returns (ParticipantId) {
        return ParticipantId.wrap(uint24(id)); // 24 bits of a wallet word
    }

    function _manager() internal view override returns (address) {
        return authority();
    }
}
