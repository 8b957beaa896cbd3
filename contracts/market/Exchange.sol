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
import {IExchangeCore} from "../../interfaces/market/IExchange.sol";
import {MarketStatus} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipantSource, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {Book} from "../book/Book.sol";
import {BookStore} from "../book/BookStore.sol";
import {FillRecords} from "../book/FillRecords.sol";
import {PackedMarketConfig, PackedMarketConfigLib} from "../types/PackedMarketConfig.sol";
import {PackedLevel, PackedLevelLib} from "../types/PackedLevel.sol";
import {PackedOrder} from "../types/PackedOrder.sol";
import {OrderIdLib} from "../types/OrderIdLib.sol";
import {OrderRequestLib} from "../types/OrderRequestLib.sol";
import {RestingOrders} from "../book/RestingOrders.sol";
import {Turn, Turns} from "../book/MatchState.sol";
import {PackedWallet, PackedWalletLib} from "../types/PackedWallet.sol";
import {Extendable} from "../lib/Extendable.sol";
import {ExchangeBase} from "./ExchangeBase.sol";
import {ExchangeLedger} from "./ExchangeLedger.sol";
import {ExchangeExtension} from "./ExchangeExtension.sol";

/// @title Exchange
/// @notice Orders. The ledger: {ExchangeLedger}; the matching: {Book}; everything rarer: {ExchangeExtension}.
contract Exchange is ExchangeLedger, Extendable, IERC1155Receiver {
    using OrderRequestLib for OrderRequest;
    using OrderIdLib for OrderId;

    constructor(address authority, IParticipantSource participants, IRuleSource rules)
        ExchangeBase(authority, participants, rules)
        Extendable(address(new ExchangeExtension(authority, participants, rules)))
    {}

    // ------------------------------------------------------------------ orders

    /// @inheritdoc IExchangeCore
    function place(OrderRequest request) external returns (OrderId id, uint256 filled, uint256 cash) {
        Turn memory t = Turns.unwritten()();
        _sitDown(t, request.market(), ParticipantId.unwrap(_trader(msg.sender)));
        id = _execute(t, request);
        _getUp(t);
        if (t.filled != 0) {
            filled = t.filled;
            unchecked {
                cash = request.side() == 0 ? t.turnover + t.takerFee : t.turnover - t.takerFee; // a fee is a part
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
        if (requests.length != 0) ids = _placeAll(ParticipantId.unwrap(_trader(wallet)), requests);
    }

    function _placeAll(uint256 participant, OrderRequest[] calldata requests) private returns (OrderId[] memory ids) {
        ids = new OrderId[](requests.length);
        Turn memory t = Turns.unwritten()();
        for (uint256 i; i < requests.length; ++i) {
            OrderRequest request = requests[i];
            if (i == 0 || request.market() != t.market) {
                if (i != 0) _getUp(t);
                _sitDown(t, request.market(), participant);
            }
            ids[i] = _execute(t, request);
        }
        _getUp(t);
    }

    // ------------------------------------------------------------------ a turn

    /// @dev Loads what orders of one participant in one market need; reverts unless both may trade now. Writes all that is
    /// not written by each order ({Turns.unwritten}).
    function _sitDown(Turn memory t, uint256 market, uint256 participant) private {
        PackedMarketConfig config = _config(market);
        PackedMarket board = _board(market);
        uint256 today = config.today(block.timestamp);
        if (
            board.day() != today || board.status() != uint256(MarketStatus.Trading)
                || !config.inSession(board.sessions(), block.timestamp)
        ) ExchangeExtension(address(this)).refuseTrading(MarketId.wrap(uint16(market))); // reverts
        PackedAccount word = PackedAccount.wrap(BookStore.load(BookStore.accountSlot(market, participant)));
        word = word.rolled(today, config.lastingKind());
        if (word.frozen()) revert ExchangeAccountFrozen(_participant(participant), MarketId.wrap(uint16(market)));
        if (word.voids() == PackedAccountLib.MAX_VOIDS) {
            revert ExchangeAccountVoided(_participant(participant), MarketId.wrap(uint16(market)));
        }
        t.market = market;
        t.participant = participant;
        t.today = today;
        t.stamp = config.lasting() ? PackedLevelLib.LASTING : today;
        t.lastDay = 0;
        t.config = config;
        t.board = board;
        t.boardBefore = board;
        t.account = word;
        t.gather = _gatherRoom;
    }

    function _execute(Turn memory t, OrderRequest request) private returns (OrderId id) {
        id = Book.execute(t, request);
        AccountId owner = AccountId.wrap(uint40((t.market << 24) | t.participant)); // 16 and 24 bits
        if (t.fills != 0) _emitFills(t, owner, request);
        if (OrderId.unwrap(id) != 0) {
            emit OrderPlaced(owner, (t.lastDay << 160) | (t.left << 128) | OrderId.unwrap(id));
        }
    }

    /// @dev An order that is short of room, before it does anything: room comes from the participant's other accounts.
    function _gatherRoom(Turn memory t, uint256 lots) private {
        _getUp(t);
        t.boardBefore = t.board;
        t.account = _gathered(_participant(t.participant), MarketId.wrap(uint16(t.market)), lots); // 16 bits of a request
    }

    function _getUp(Turn memory t) private {
        BookStore.save(BookStore.accountSlot(t.market, t.participant), PackedAccount.unwrap(t.account));
        if (PackedMarket.unwrap(t.board) != PackedMarket.unwrap(t.boardBefore)) _saveBoard(t.market, t.board);
    }

    /// @dev `emit OrdersFilled(owner, request, fills)`, with the records where they were written.
    function _emitFills(Turn memory t, AccountId owner, OrderRequest request) private {
        bytes32 topic = OrdersFilled.selector;
        (uint256 start, uint256 length) = FillRecords.close(t);
        if (length == 64) return;
        assembly ("memory-safe") {
            log3(start, length, topic, owner, request)
        }
    }

    // ------------------------------------------------------------------ cancelling

    /// @return done False when the order is not open.
    function _cancel(OrderId id, PackedWallet wallet) private returns (bool done) {
        uint256 market = id.market();
        PackedMarketConfig config = _config(market);
        uint256 today = config.today(block.timestamp);
        uint256 stamp = config.stamp(today);
        (PackedOrder entry, PackedLevel level) = RestingOrders.find(id, stamp);
        uint256 lots = entry.lots();
        if (lots == 0) return false;

        uint256 owner = entry.owner();
        uint256 flags = entry.flags();
        uint256 slot = BookStore.accountSlot(market, owner);
        PackedAccount word = PackedAccount.wrap(BookStore.load(slot));
        bool reserves; // the order is not void
        if (stamp == PackedLevelLib.LASTING) {
            if (today > PackedMarketConfigLib.MAX_DAY) today = PackedMarketConfigLib.MAX_DAY; // everybody gets out
            word = word.rolled(today, config.lastingKind());
            reserves = word.signature() == flags & PackedAccountLib.SIGNATURE;
            if (reserves && !RestingOrders.expired(id, flags, today)) _checkOwner(id, owner, wallet);
        } else {
            word = word.rolled(today, 0);
            reserves = word.carries(flags);
            if (reserves) _checkOwner(id, owner, wallet);
        }
        if (reserves) {
            if (id.side() == 1) {
                word = word.releaseLots(lots);
            } else {
                word = word.releaseCash(PackedMarketConfigLib.escrow(lots, config.price(id.tick()), config.makerPpm()));
            }
            BookStore.save(slot, PackedAccount.unwrap(word));
        }
        RestingOrders.remove(id, level, stamp, lots);
        // 16 and 24 bits
        emit OrderCancelled(AccountId.wrap(uint40((market << 24) | owner)), (lots << 128) | OrderId.unwrap(id));
        return true;
    }

    function _checkOwner(OrderId id, uint256 owner, PackedWallet wallet) private view {
        if (owner != wallet.participant()) revert BookOrderNotYours(id, uint24(owner));
        if (wallet.rights() & PackedWalletLib.TRADE == 0) {
            revert ExchangeRightMissing(msg.sender, PackedWalletLib.TRADE);
        }
    }

    // ------------------------------------------------------------------ deposits of units

    /// @notice A deposit, see {IExchangeCore.depositCash}.
    function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes calldata data)
        external
        returns (bytes4)
    {
        ParticipantId participant = _receive(from, id, value);
        if (data.length != 0) {
            if (data.length % 32 != 0) revert BookOrderMalformed(OrderRequest.wrap(data.length));
            if (_trader(operator) != participant) revert ExchangeForeignWallet(operator, participant);
            OrderRequest[] calldata requests;
            assembly ("memory-safe") {
                requests.offset := data.offset
                requests.length := shr(5, data.length)
            }
            _checkCount(requests.length);
            _placeAll(ParticipantId.unwrap(participant), requests);
        }
        return this.onERC1155Received.selector;
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

    function _receive(address from, uint256 id, uint256 value) private returns (ParticipantId) {
        MarketId market = marketOf(UnitId.wrap(id));
        if (_assets[market].units != msg.sender) revert ExchangeForeignUnit(msg.sender, id);
        // Decided after the market was made, it would not bind here.
        if ((id >> 96) & 0xff == CLASS_OFFSET && _isRetireOnly(msg.sender, UnitId.wrap(id))) {
            if (!_config(MarketId.unwrap(market)).retireOnly()) revert ExchangeRetireOnly(UnitId.wrap(id));
        }
        return _depositUnits(from, market, value);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IExchangeCore
    function load(uint256[] calldata slots) external view returns (uint256[] memory words) {
        words = new uint256[](slots.length);
        for (uint256 i; i < slots.length; ++i) {
            words[i] = BookStore.load(slots[i]);
        }
    }

    function _participant(uint256 id) private pure returns (ParticipantId) {
        return ParticipantId.wrap(uint24(id)); // 24 bits of a wallet word
    }
}
