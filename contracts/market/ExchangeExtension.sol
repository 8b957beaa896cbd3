// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AccountId,
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots
} from "../../interfaces/types/BookTypes.sol";
import {MarketAssets} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeExtension} from "../../interfaces/market/IExchangeExtension.sol";
import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {IParticipantSource, IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {PackedFlows} from "../types/PackedFlows.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {BookStore} from "../book/BookStore.sol";
import {PackedWalletLib} from "../types/PackedWallet.sol";
import {ExchangeBase} from "./ExchangeBase.sol";
import {ExchangeHalts} from "./ExchangeHalts.sol";
import {ExchangeMarkets} from "./ExchangeMarkets.sol";

/// @title ExchangeExtension
/// @notice Extension of the Exchange: markets and their halts, settlement between accounts, freezes, debits and forced transfers.
/// @dev See {Extendable}.
contract ExchangeExtension is ExchangeMarkets, ExchangeHalts {
    uint32 private constant POWER_FREEZE = 32;
    uint8 private constant CAUSE_ORDER = 1;
    uint8 private constant CAUSE_STATUS = 2;

    constructor(address authority, IParticipantSource participants, IRuleSource rules)
        ExchangeBase(authority, participants, rules)
    {}

    /// @inheritdoc IExchangeExtension
    function debitUnits(ParticipantId participant, MarketId market, uint256 lots, address to)
        external
        returns (uint256 taken)
    {
        _checkController(DEBIT);
        MarketAssets storage assets = _market(market);
        // Held for others, by a contract that could not end without them; they are reached once they came back.
        if (_isCustody(participant)) return 0;
        taken = _seizeLots(participant, market, lots);
        if (taken == 0) return 0;
        AccountId id = _accountId(participant, market);
        _take(id, taken);
        emit UnitsDebited(id, msg.sender, to, taken);

        _sendUnits(assets, taken, to);
    }

    /// @inheritdoc IExchangeExtension
    function debitCash(ParticipantId participant, MarketId market, uint256 amount, address to)
        external
        returns (uint256 taken)
    {
        _checkController(DEBIT);
        _checkOwner(participant);
        _requireUnpaused();
        MarketAssets storage assets = _market(market);
        PackedAccount word = _account(participant, market);
        taken = amount < word.cash() ? amount : word.cash();
        taken -= taken % CENT;
        if (taken == 0) return 0;
        if (taken > word.freeCash()) word = _void(participant, market, word);
        _saveAccount(participant, market, word.subCash(taken));
        emit CashDebited(_accountId(participant, market), msg.sender, to, taken);

        _sendCash(assets, taken, to);
    }

    /// @inheritdoc IExchangeExtension
    function forcedTransfer(ParticipantId from, ParticipantId to, MarketId market, uint256 lots)
        external
        returns (uint256 taken)
    {
        _checkController(FORCE);
        _market(market);
        if (to == NO_PARTICIPANT) revert ExchangeWalletUnknown(address(0));
        _checkOwner(to);
        taken = _seizeLots(from, market, lots);
        PackedAccount word = _opened(to, market);
        bool bound = _config(MarketId.unwrap(market)).retireOnly();
        (AccountId giver, AccountId taker) = (_accountId(from, market), _accountId(to, market));
        // An order is no sale.
        _take(giver, taken);
        word = _bring(taker, word, taken);
        _saveAccount(to, market, bound ? word.buy(taken, 0) : word.addLots(taken));
        emit UnitsForced(giver, taker, msg.sender, taken);
    }

    /// @dev Takes lots out of an account, ending its open orders when it must.
    function _seizeLots(ParticipantId participant, MarketId market, uint256 lots) private returns (uint256 taken) {
        _checkOwner(participant);
        PackedAccount word = _account(participant, market);
        taken = lots < word.lots() ? lots : word.lots();
        if (taken > word.lots() - word.inAsks()) word = _void(participant, market, word);
        _saveAccount(participant, market, word.subLots(taken));
    }

    /// @dev Ends all open orders of the account. They stay in their queues as void ones: an order isOrderLive the count of voids
    /// it was placed under and is live only under that; matching skips it, anyone may cancel it.
    function _void(ParticipantId participant, MarketId market, PackedAccount word) private returns (PackedAccount) {
        if (word.inAsks() == 0 && word.inBids() == 0) return word;
        emit OrdersVoided(_accountId(participant, market));
        return word.voided();
    }

    /// @inheritdoc IExchangeExtension
    function freezeAccount(ParticipantId participant, MarketId market, bool frozen) external {
        if (_controllers[msg.sender] & FREEZE == 0) {
            RULES.checkPower(msg.sender, _market(market).scheme, 0, POWER_FREEZE);
        }
        _setFreezeCause(participant, market, CAUSE_ORDER, frozen);
    }

    function _setFreezeCause(ParticipantId participant, MarketId market, uint8 cause, bool on) private {
        _market(market);
        _checkOwner(participant);
        AccountId id = _accountId(participant, market);
        uint8 causes = _freezeCauses[id];
        uint8 next = on ? causes | cause : causes & ~cause;
        if (next == causes) return;
        _freezeCauses[id] = next;
        PackedAccount word = _account(participant, market);
        if (next != 0) word = _void(participant, market, word);
        _saveAccount(participant, market, word.withFrozen(next != 0));
        emit AccountFrozen(id, next != 0, next);
    }

    /// @inheritdoc IExchangeExtension
    function syncParticipant(ParticipantId participant, MarketId[] calldata markets) external {
        _checkCount(markets.length);
        address[] memory wallets = PARTICIPANTS.walletsOf(participant);
        _checkCount(wallets.length);
        // Who has only applied is not barred: it cannot trade anyway, and must not find itself frozen once approved.
        bool barred;
        for (uint256 i; i < wallets.length; ++i) {
            barred = _sync(wallets[i]).status() > PackedWalletLib.ACTIVE;
        }
        for (uint256 i; i < markets.length; ++i) {
            _setFreezeCause(participant, markets[i], CAUSE_STATUS, barred);
        }
    }

    // ------------------------------------------------------------------ holding limits

    /// @inheritdoc IExchangeExtension
    function syncHolding(ParticipantId participant, MarketId market) external {
        _market(market);
        if (address(_limits) != address(0)) _limits.allot(participant, market, 0);
    }

    /// @inheritdoc IExchangeExtension
    function setHoldingLimit(ParticipantId participant, MarketId market, uint256 limit) external {
        _checkMarketPower(market);
        // More lots than a market can have need no limit.
        if (limit >= PackedAccountLib.MAX_LOTS || address(_limits) == address(0)) {
            revert ExchangeBadConfig("holdingLimit");
        }
        _limited = true;
        _limits.order(participant, market, limit, msg.sender);
    }

    /// @inheritdoc IExchangeExtension
    function heldOf(ParticipantId participant, MarketId market) external view returns (uint256 lots) {
        return _inCustody[_accountId(participant, market)];
    }

    /// @inheritdoc IExchangeExtension
    function netSoldOf(ParticipantId participant, MarketId market) external view returns (int256 lots) {
        AccountId id = _accountId(participant, market);
        (uint256 slot, uint256 lane) = _lotsAt(id);
        return PackedFlows.wrap(BookStore.load(slot)).lots(lane) - int256(_account(participant, market).lots())
            - int256(_inCustody[id]); // each below 2^34
    }

    /// @inheritdoc IExchangeExtension
    function LIMITS() external view returns (IHoldingLimits) {
        return _limits;
    }

    // ------------------------------------------------------------------ settling contracts

    /// @inheritdoc IExchangeExtension
    function settle(
        MarketId market,
        ParticipantId from,
        ParticipantId to,
        uint256 lots,
        uint256 cash,
        Settlement kind,
        bytes32 ref
    ) external {
        _checkController(SETTLE);
        if (from == NO_PARTICIPANT) from = _custodyAccounts[msg.sender];
        if (to == NO_PARTICIPANT) to = _custodyAccounts[msg.sender];
        bool fromCustody = _isCustody(from);
        bool toCustody = _isCustody(to);
        // A custody account can only be the caller's own.
        if (
            from == to || (fromCustody && from != _custodyAccounts[msg.sender])
                || (toCustody && to != _custodyAccounts[msg.sender])
                || ((kind == Settlement.Hold || kind == Settlement.Proceeds) && !toCustody)
                || (kind == Settlement.Return && (!fromCustody || cash != 0))
        ) revert ExchangeBadSettlement(from, to, kind);
        if (lots | cash == 0) revert ExchangeZeroAmount();

        PackedMarket data = _marketData(MarketId.unwrap(market));
        if (PackedMarket.unwrap(data) == 0) revert ExchangeMarketUnknown(market); // no status: never made
        PackedAccount taker = _opened(to, market);
        PackedAccount giver = _opened(from, market);
        if (lots != 0) {
            // What others hold for an owner can come back to it; it is barred there too.
            if (kind != Settlement.Return && data.barred()) revert ExchangeMarketBarred(market);
            if (giver.frozen()) revert ExchangeAccountFrozen(from, market);
            if (lots > giver.freeLots()) revert BookInsufficientLots(giver.freeLots(), lots);
            giver = giver.subLots(lots);
            if (kind == Settlement.Hold) {
                giver = giver.shiftLimit(-int256(lots)); // below 2^33
                _inCustody[_accountId(from, market)] += lots;
            } else if (kind == Settlement.Return) {
                taker = taker.shiftLimit(int256(lots)); // below 2^33
                _releaseFromCustody(_accountId(to, market), lots);
            }
            if (kind == Settlement.Trade && !toCustody) {
                if (int256(lots) > taker.room()) taker = _withRaisedLimit(to, market, lots);
                if (int256(lots) > taker.room()) revert BookHoldingLimitExceeded(taker.room(), lots);
                taker = taker.buy(lots, 0);
            } else {
                taker = taker.addLots(lots);
            }
        }
        if (cash != 0) {
            if (taker.frozen()) revert ExchangeAccountFrozen(to, market);
            if (cash > taker.freeCash()) revert BookInsufficientCash(taker.freeCash(), cash);
            taker = taker.subCash(cash);
            giver = giver.addCash(cash);
        }
        _saveAccount(from, market, giver);
        _saveAccount(to, market, taker);
        if (cash != 0 && giver.counted() && (lots != 0 || kind == Settlement.Proceeds)) {
            AccountId seller = _accountId(from, market);
            _saveFlows(seller, _flows(seller).addSettled(cash));
        }
        emit Settled(_accountId(from, market), _accountId(to, market), msg.sender, kind, lots, cash, ref);
    }

    /// @inheritdoc IExchangeExtension
    function disown(MarketId market, ParticipantId owner, uint256 lots) external {
        _checkController(SETTLE);
        AccountId id = _accountId(owner, market);
        uint256 held = _inCustody[id];
        if (lots > held) revert BookInsufficientLots(held, lots);
        _releaseFromCustody(id, lots);
        _saveAccount(owner, market, _account(owner, market).shiftLimit(int256(lots))); // below 2^33
    }

    /// @dev Lots that came into custody by a trade have no other owner: a return of these may exceed the lots held.
    function _releaseFromCustody(AccountId account, uint256 lots) private {
        uint256 held = _inCustody[account];
        _inCustody[account] = held > lots ? held - lots : 0;
    }

    /// @dev The account, with a holding limit if it is new; one in custody has none.
    function _opened(ParticipantId participant, MarketId market) private returns (PackedAccount word) {
        word = _account(participant, market);
        if (_isCustody(participant)) return word.withLimit(PackedAccountLib.NO_LIMIT);
        return _withFirstLimit(word, participant, market);
    }

    /// @dev What a custody account holds belongs to others; an authority acts on their own accounts.
    function _checkOwner(ParticipantId id) private pure {
        if (_isCustody(id)) revert ExchangeCustodyAccount(id);
    }

    function _isCustody(ParticipantId id) private pure returns (bool) {
        return ParticipantId.unwrap(id) >= FIRST_CUSTODY;
    }

    // ------------------------------------------------------------------ others

    /// @inheritdoc IExchangeExtension
    function setController(address controller, uint256 rights) external restricted {
        address limits = address(_limits);
        if (rights & LIMIT != 0 && controller != limits) {
            if (IHoldingLimits(controller).learn(0) != 0) revert ExchangeBadConfig("controller");
            if (limits != address(0)) _setRights(limits, _controllers[limits] & ~LIMIT);
            _limits = IHoldingLimits(controller);
        } else if (rights & LIMIT == 0 && controller == limits) {
            _limits = IHoldingLimits(address(0));
        }
        _setRights(controller, rights);
        if (rights & SETTLE == 0 || _custodyAccounts[controller] != NO_PARTICIPANT) return;
        if (_custodyCount == type(uint24).max - FIRST_CUSTODY) {
            revert ExchangeTooManyItems(_custodyCount + 1, _custodyCount);
        }
        ParticipantId custody = ParticipantId.wrap(FIRST_CUSTODY + ++_custodyCount);
        _custodyAccounts[controller] = custody;
        emit HouseOpened(controller, custody);
    }

    function _setRights(address controller, uint256 rights) private {
        _controllers[controller] = rights;
        emit ControllerSet(controller, rights);
    }

    /// @inheritdoc IExchangeExtension
    function houseOf(address controller) external view returns (ParticipantId) {
        return _custodyAccounts[controller];
    }
}
