// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {AccountId, BookInsufficientCash, BookInsufficientLots} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchangeCore, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {PackedWallet, PackedWalletLib} from "../types/PackedWallet.sol";
import {ExchangeBase} from "./ExchangeBase.sol";

/// @title ExchangeLedger
/// @notice Part of {Exchange}: deposits and withdrawals of units and currency by their owners.
abstract contract ExchangeLedger is IExchangeCore, ExchangeBase {
    using SafeERC20 for IERC20;

    // ------------------------------------------------------------------ deposits

    /// @inheritdoc IExchangeCore
    function depositCash(MarketId market, uint256 amount) external {
        _depositCash(msg.sender, market, amount);
    }

    /// @inheritdoc IExchangeCore
    function depositCashFor(address wallet, MarketId market, uint256 amount) external {
        _checkController(GATEWAY);
        _depositCash(wallet, market, amount);
    }

    function _depositCash(address wallet, MarketId market, uint256 amount) private {
        MarketAssets storage assets = _market(market);
        _creditCash(wallet, market, assets, amount);

        IERC20(assets.currency).safeTransferFrom(wallet, address(this), amount);
    }

    /// @dev `amount` [0.01 currency] of the market's currency comes from `wallet`: what brings it is the caller's to see to.
    function _creditCash(address wallet, MarketId market, MarketAssets storage assets, uint256 amount)
        internal
        returns (ParticipantId participant)
    {
        participant = _participantOf(wallet);
        if (amount == 0) revert ExchangeZeroAmount();
        if (amount > PackedAccountLib.MAX_CASH / CENT) {
            revert ExchangeLedgerFull(amount, PackedAccountLib.MAX_CASH / CENT);
        }
        uint256 cash = amount * CENT;
        emit CashDeposited(_fund(participant, market, assets, cash), wallet, cash);
    }

    /// @dev Cash comes into a market; where credits are traded it is counted, since a buyer may sell again.
    function _fund(ParticipantId participant, MarketId market, MarketAssets storage assets, uint256 cash)
        private
        returns (AccountId id)
    {
        _addCustodyCash(assets, cash);
        id = _accountId(participant, market);
        PackedAccount word = _withFirstLimit(_account(participant, market), participant, market);
        if (_config(MarketId.unwrap(market)).credits() && !word.counted()) word = _bring(id, word, 0);
        _saveAccount(participant, market, word.addCash(cash));
    }

    /// @dev `units` of the market's token have arrived from `wallet`.
    function _depositUnits(address wallet, MarketId market, uint256 units)
        internal
        returns (ParticipantId participant)
    {
        MarketAssets storage assets = _market(market);
        participant = _participantOf(wallet);
        uint256 lotSize = assets.lotSize;
        uint256 lots = units / lotSize;
        if (lots == 0 || lots * lotSize != units) revert ExchangeNotWholeLots(units, lotSize);
        uint256 total = assets.lots + lots;
        if (total > PackedAccountLib.MAX_LOTS) revert ExchangeLedgerFull(total, PackedAccountLib.MAX_LOTS);
        assets.lots = uint64(total); // below 2^33
        PackedAccount word = _account(participant, market);
        // A new account's limit counts the wallets' holdings after the units have left.
        if (word.limit() == 0) word = _withFirstLimit(word, participant, market);
        else word = word.shiftLimit(int256(lots)); // below 2^33
        AccountId id = _accountId(participant, market);
        _saveAccount(participant, market, _bring(id, word, lots).addLots(lots));
        emit UnitsDeposited(id, wallet, lots);
    }

    // ------------------------------------------------------------------ withdrawals

    /// @inheritdoc IExchangeCore
    function withdrawUnits(MarketId market, uint256 lots, address to) external {
        _requireUnpaused();
        MarketAssets storage assets = _market(market);
        ParticipantId participant = _withdrawer(to);
        if (lots == 0) revert ExchangeZeroAmount();
        PackedAccount word = _account(participant, market);
        if (word.frozen()) revert ExchangeAccountFrozen(participant, market);
        if (lots > word.freeLots()) revert BookInsufficientLots(word.freeLots(), lots);
        AccountId id = _accountId(participant, market);
        _take(id, lots);
        _saveAccount(participant, market, word.subLots(lots).shiftLimit(-int256(lots))); // below 2^33
        emit UnitsWithdrawn(id, to, lots);

        _sendUnits(assets, lots, to);
    }

    /// @inheritdoc IExchangeCore
    function withdrawCash(MarketId market, uint256 amount, address to) external {
        _requireUnpaused();
        MarketAssets storage assets = _market(market);
        ParticipantId participant = _withdrawer(to);
        if (amount == 0) revert ExchangeZeroAmount();
        PackedAccount word = _account(participant, market);
        if (word.frozen()) revert ExchangeAccountFrozen(participant, market);
        uint256 cash = amount * CENT;
        if (cash > word.freeCash()) revert BookInsufficientCash(word.freeCash(), cash);
        _saveAccount(participant, market, word.subCash(cash));
        emit CashWithdrawn(_accountId(participant, market), to, cash);

        _sendCash(assets, cash, to);
    }

    /// @inheritdoc IExchangeCore
    function moveCash(MarketId from, MarketId to, uint256 amount) external {
        ParticipantId participant = _trader(msg.sender);
        MarketAssets storage source = _market(from);
        MarketAssets storage target = _market(to);
        if (source.currency != target.currency) revert ExchangeBadConfig("currency");
        PackedAccount word = _account(participant, from);
        if (word.frozen()) revert ExchangeAccountFrozen(participant, from);
        if (amount > word.freeCash()) revert BookInsufficientCash(word.freeCash(), amount);
        source.cash -= uint64(amount); // below 2^51
        _saveAccount(participant, from, word.subCash(amount));
        emit CashMoved(_accountId(participant, from), _fund(participant, to, target, amount), amount);
    }

    /// @dev The caller's participant, if it may withdraw to `to`: the register itself is asked about both wallets.
    function _withdrawer(address to) private returns (ParticipantId participant) {
        PackedWallet word = _sync(msg.sender);
        participant = ParticipantId.wrap(word.participant());
        if (participant == NO_PARTICIPANT) revert ExchangeWalletUnknown(msg.sender);
        if (word.status() != PackedWalletLib.ACTIVE) revert ExchangeParticipantNotActive(participant, word.status());
        if (word.rights() & PackedWalletLib.WITHDRAW == 0) {
            revert ExchangeRightMissing(msg.sender, PackedWalletLib.WITHDRAW);
        }
        if (to != msg.sender) _checkWallet(to, _participantOf(to), participant);
    }

    /// @dev Reverts unless the participant that a wallet belongs to is this one.
    function _checkWallet(address wallet, ParticipantId its, ParticipantId participant) internal pure {
        if (its != participant) revert ExchangeForeignWallet(wallet, participant);
    }

    /// @inheritdoc IExchangeCore
    function setShare(ParticipantId participant, MarketId market, int256 lots) external {
        _checkController(LIMIT);
        uint256 biased = PackedAccountLib.NO_LIMIT;
        if (lots != type(int256).max) {
            biased = PackedAccountLib.clampLimit(int256(PackedAccountLib.LIMIT_BIAS) + lots);
            lots = int256(biased) - int256(PackedAccountLib.LIMIT_BIAS); // 34 bits
        }
        _saveAccount(participant, market, _account(participant, market).withLimit(biased));
        emit HoldingLimitSet(_accountId(participant, market), lots);
    }

    /// @inheritdoc IExchangeCore
    function sync(address wallet) external {
        _sync(wallet);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IExchangeCore
    function account(ParticipantId participant, MarketId market) external view returns (Account memory) {
        PackedAccount word = _account(participant, market);
        Account memory found = Account({
            lots: word.lots(),
            lotsInAsks: word.inAsks(),
            lotsBought: word.bought(),
            lotsFree: word.freeLots(),
            cash: word.cash(),
            cashInBids: word.inBids(),
            cashFree: word.freeCash(),
            room: word.room(),
            frozen: word.frozen()
        });
        // Nine words in memory as the ABI has them: an encoder of them takes room in the code.
        assembly ("memory-safe") {
            return(found, 0x120)
        }
    }

    /// @inheritdoc IExchangeCore
    function marketOf(UnitId unit) public view returns (MarketId) {
        return _marketOf[unit];
    }

    /// @inheritdoc IExchangeCore
    function marketCount() external view returns (uint256) {
        return _marketCount;
    }

    /// @inheritdoc IExchangeCore
    function marketAssets(MarketId market) external view returns (MarketAssets memory) {
        MarketAssets memory found = _market(market);
        // As in {account}: eight words.
        assembly ("memory-safe") {
            return(found, 0x100)
        }
    }
}
