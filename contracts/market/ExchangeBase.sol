// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {AccountId} from "../../interfaces/types/BookTypes.sol";
import {MarketAssets} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IBatchState, IParticipantSource, IRetireOnly, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {AccountIdLib} from "../types/AccountIdLib.sol";
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {PackedFlows} from "../types/PackedFlows.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {BookStore} from "../book/BookStore.sol";
import {PauseState} from "../rules/PauseState.sol";
import {PackedMarketConfig, PackedMarketConfigLib} from "../types/PackedMarketConfig.sol";
import {PackedMarketRules} from "../types/PackedMarketRules.sol";
import {PackedWallet, PackedWalletLib} from "../types/PackedWallet.sol";

/// @title ExchangeBase
/// @notice Storage of the Exchange, and access to wallets, accounts and custody totals.
/// @dev Base of {Exchange} and {ExchangeExtension}: all storage is declared here.
abstract contract ExchangeBase is IExchangeBase, AccessManaged, PauseState {
    using SafeERC20 for IERC20;

    /// @dev Token contract of all markets of a class of units in a scheme ({PoolIdLib-classKey}).
    struct ClassUnits {
        address units;
        uint64 markets; // that are listed
    }

    uint256 internal constant DEBIT = 1;
    uint256 internal constant FREEZE = 2;
    uint256 internal constant FORCE = 4;
    uint256 internal constant GATEWAY = 8;
    uint256 internal constant SETTLE = 16;
    uint256 internal constant LIMIT = 32;

    ParticipantId internal constant NO_PARTICIPANT = ParticipantId.wrap(0);
    /// @dev Participant numbers from here on are custody accounts of settling contracts.
    uint24 internal constant FIRST_CUSTODY = 0xFFFF00;
    /// @dev Ledger units of 0.0001 in a unit of the currency's two decimals.
    uint256 internal constant CENT = 100;
    uint256 internal constant MAX_ITEMS = 200;
    uint32 internal constant POWER_MARKET = 16;

    /// @inheritdoc IExchangeBase
    IParticipantSource public immutable PARTICIPANTS;
    /// @inheritdoc IExchangeBase
    IRuleSource public immutable RULES;

    uint256 internal _marketCount;
    mapping(MarketId market => MarketAssets) internal _assets;
    mapping(UnitId unit => MarketId) internal _marketOf;
    mapping(address controller => uint256 rights) internal _controllers;
    mapping(AccountId account => uint8) internal _freezeCauses;
    /// @dev Lots in custody accounts that are still the participant's: its holding limit counts them.
    mapping(AccountId account => uint256 lots) internal _inCustody;
    mapping(address controller => ParticipantId) internal _custodyAccounts;
    uint24 internal _custodyCount;
    /// @dev Contract that sets holding limits; 0 = none.
    IHoldingLimits internal _limits;
    /// @dev A market's rules, or an order, have limited a holding; until then no account has a limit.
    bool internal _limited;
    mapping(uint256 class => ClassUnits) internal _classUnits;
    mapping(SchemeId scheme => uint256 markets) internal _marketsOf;

    constructor(address authority, IParticipantSource participants, IRuleSource rules) AccessManaged(authority) {
        PARTICIPANTS = participants;
        RULES = rules;
    }

    // ------------------------------------------------------------------ wallets

    function _sync(address wallet) internal returns (PackedWallet word) {
        (ParticipantId participant, uint8 rights, uint8 status) = PARTICIPANTS.walletOf(wallet);
        if (ParticipantId.unwrap(participant) >= FIRST_CUSTODY) revert ExchangeWalletUnknown(wallet);
        word = PackedWalletLib.pack(ParticipantId.unwrap(participant), rights, status);
        uint256 slot = BookStore.walletSlot(wallet);
        if (BookStore.load(slot) == PackedWallet.unwrap(word)) return word;
        BookStore.save(slot, PackedWallet.unwrap(word));
        emit WalletSynced(wallet, participant, rights, status);
    }

    /// @dev The wallet's participant, by the register; updates the cached wallet.
    function _participantOf(address wallet) internal returns (ParticipantId participant) {
        participant = ParticipantId.wrap(_sync(wallet).participant());
        if (participant == NO_PARTICIPANT) revert ExchangeWalletUnknown(wallet);
    }

    /// @dev The participant of a wallet that may trade, by the cached wallet.
    function _trader(address wallet) internal returns (ParticipantId) {
        PackedWallet word = PackedWallet.wrap(BookStore.load(BookStore.walletSlot(wallet)));
        if (!word.mayTrade()) word = _refreshTrader(wallet);
        return ParticipantId.wrap(word.participant());
    }

    /// @dev Asks the register again: the wallet is not cached, or could not trade when it was.
    function _refreshTrader(address wallet) private returns (PackedWallet word) {
        word = _sync(wallet);
        if (word.participant() == 0) revert ExchangeWalletUnknown(wallet);
        if (word.status() != PackedWalletLib.ACTIVE) {
            revert ExchangeParticipantNotActive(ParticipantId.wrap(word.participant()), word.status());
        }
        if (!word.mayTrade()) revert ExchangeRightMissing(wallet, PackedWalletLib.TRADE);
    }

    /// @dev The account, with a holding limit if it is new and has none yet.
    function _withFirstLimit(PackedAccount word, ParticipantId participant, MarketId market)
        internal
        returns (PackedAccount)
    {
        if (word.limit() != 0) return word;
        if (!_limited || address(_limits) == address(0)) return word.withLimit(PackedAccountLib.NO_LIMIT);
        _limits.allot(participant, market, 0);
        return _account(participant, market);
    }

    /// @dev The stored account, its limit raised for `lots` more from what the participant's other accounts leave unused.
    function _withRaisedLimit(ParticipantId participant, MarketId market, uint256 lots)
        internal
        returns (PackedAccount)
    {
        if (address(_limits) != address(0)) _limits.allot(participant, market, lots);
        return _account(participant, market);
    }

    // ------------------------------------------------------------------ callers

    function _checkController(uint256 right) internal view {
        if (_controllers[msg.sender] & right == 0) revert ExchangeNotController(msg.sender, right);
    }

    function _checkMarketPower(MarketId market) internal view {
        MarketAssets storage assets = _market(market);
        RULES.checkPower(msg.sender, assets.scheme, assets.jurisdiction, POWER_MARKET);
    }

    function _checkCount(uint256 items) internal pure {
        if (items > MAX_ITEMS) revert ExchangeTooManyItems(items, MAX_ITEMS);
    }

    // ------------------------------------------------------------------ accounts

    function _accountId(ParticipantId participant, MarketId market) internal pure returns (AccountId) {
        return AccountIdLib.pack(MarketId.unwrap(market), ParticipantId.unwrap(participant));
    }

    /// @dev The account as of today.
    function _account(ParticipantId participant, MarketId market) internal view returns (PackedAccount) {
        uint256 id = MarketId.unwrap(market);
        PackedMarketConfig config = _config(id);
        uint256 today = config.today(block.timestamp);
        if (today > PackedMarketConfigLib.MAX_DAY) today = PackedMarketConfigLib.MAX_DAY; // the market has ended: cancels and withdrawals stay possible
        return PackedAccount.wrap(BookStore.load(BookStore.accountSlot(id, ParticipantId.unwrap(participant))))
            .asOf(today, config.lastingKind());
    }

    /// @dev Saves an account whose cash, if it changed, was not moved by a listed trade.
    function _saveAccount(ParticipantId participant, MarketId market, PackedAccount word) internal {
        uint256 slot = BookStore.accountSlot(MarketId.unwrap(market), ParticipantId.unwrap(participant));
        if (word.counted()) {
            int256 change = int256(word.cash()) - int256(PackedAccount.wrap(BookStore.load(slot)).cash()); // 51 bits each
            AccountId id = _accountId(participant, market);
            if (change != 0) _saveFlows(id, _flows(id).addCash(change));
        }
        BookStore.save(slot, PackedAccount.unwrap(word));
    }

    function _flows(AccountId id) internal view returns (PackedFlows) {
        return PackedFlows.wrap(BookStore.load(BookStore.flowsSlot(AccountId.unwrap(id))));
    }

    function _saveFlows(AccountId id, PackedFlows flows) internal {
        _save(BookStore.flowsSlot(AccountId.unwrap(id)), PackedFlows.unwrap(flows));
    }

    /// @dev Records lots that came in other than by a trade; where credits are traded, cash is counted from the first on.
    function _bring(AccountId id, PackedAccount word, uint256 lots) internal returns (PackedAccount) {
        _countLots(id, lots);
        if (!word.counted() && _config(AccountId.unwrap(id) >> 24).credits()) {
            _saveFlows(id, _flows(id).begun(word.cash(), block.timestamp));
            word = word.withCounted();
        }
        return word;
    }

    /// @dev Records lots that went out other than by a trade.
    function _take(AccountId id, uint256 lots) internal {
        unchecked {
            _countLots(id, 0 - lots); // in two's complement
        }
    }

    function _countLots(AccountId id, uint256 lots) private {
        (uint256 slot, uint256 lane) = _lotsAt(id);
        _save(slot, PackedFlows.unwrap(PackedFlows.wrap(BookStore.load(slot)).addLots(lane, lots)));
    }

    /// @dev Where an account's lots are counted: in its own word of flows where credits are traded, whose cash is counted too;
    /// else four neighbours share the word of the first.
    function _lotsAt(AccountId id) internal view returns (uint256 slot, uint256 lane) {
        slot = BookStore.flowsSlot(AccountId.unwrap(id));
        if (!_config(AccountId.unwrap(id) >> 24).credits()) {
            lane = slot & 3;
            slot ^= lane;
        }
    }

    /// @dev Whether units can only be retired; false for contracts without {IRetireOnly}.
    function _isRetireOnly(address units, UnitId unit) internal view returns (bool) {
        (bool known, bytes memory seller) = units.staticcall(abi.encodeCall(IRetireOnly.sellerOf, (unit)));
        return known && seller.length == 32 && uint256(bytes32(seller)) != 0;
    }

    /// @dev Whether the state of a unit lets it trade; true for contracts without {IBatchState}.
    function _mayTrade(address units, UnitId unit) internal view returns (bool) {
        (bool known, bytes memory active) = units.staticcall(abi.encodeCall(IBatchState.isActive, (unit)));
        return !known || active.length != 32 || uint256(bytes32(active)) != 0;
    }

    function _addCustodyCash(MarketAssets storage assets, uint256 cash) internal {
        uint256 total = assets.cash + cash;
        if (total > PackedAccountLib.MAX_CASH) revert ExchangeLedgerFull(total, PackedAccountLib.MAX_CASH);
        assets.cash = uint64(total); // below 2^51
    }

    function _sendUnits(MarketAssets storage assets, uint256 lots, address to) internal {
        // Beside one another in a word, which is read once.
        (address units, uint256 amount, uint64 all) = (assets.units, assets.lotSize, assets.lots);
        amount *= lots;
        assets.lots = all - uint64(lots); // below 2^33
        IERC1155(units).safeTransferFrom(address(this), to, UnitId.unwrap(assets.unit), amount, "");
    }

    function _sendCash(MarketAssets storage assets, uint256 cash, address to) internal {
        (address currency, uint64 all) = (assets.currency, assets.cash); // of one word, as above
        assets.cash = all - uint64(cash); // below 2^51
        IERC20(currency).safeTransfer(to, cash / CENT);
    }

    // ------------------------------------------------------------------ words

    function _market(MarketId market) internal view returns (MarketAssets storage assets) {
        assets = _assets[market];
        if (assets.currency == address(0)) revert ExchangeMarketUnknown(market);
    }

    function _config(uint256 market) internal view returns (PackedMarketConfig) {
        return PackedMarketConfig.wrap(BookStore.load(BookStore.configSlot(market)));
    }

    function _saveConfig(uint256 market, PackedMarketConfig config) internal {
        _save(BookStore.configSlot(market), PackedMarketConfig.unwrap(config));
    }

    function _marketData(uint256 market) internal view returns (PackedMarket) {
        return PackedMarket.wrap(BookStore.load(BookStore.marketDataSlot(market)));
    }

    function _saveMarketData(uint256 market, PackedMarket data) internal {
        _save(BookStore.marketDataSlot(market), PackedMarket.unwrap(data));
    }

    /// @dev Current rules (0), rules that the next day adopts (1; a word of 0 = no change).
    function _rules(uint256 market, uint256 which) internal view returns (PackedMarketRules) {
        return PackedMarketRules.wrap(BookStore.load(BookStore.rulesSlot(market, which)));
    }

    function _save(uint256 slot, uint256 word) internal {
        BookStore.save(slot, word);
    }
}
