// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccountId} from "../types/BookTypes.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";
import {IParticipantSource, IRuleSource} from "../rules/ILedgerSources.sol";

enum MarketStatus {
    None,
    Trading,
    Halted,
    Delisted // for good; what accounts hold can be withdrawn
}

/// @dev How the close is made from a day's listed trades; the previous close when there were none.
enum CloseRule {
    VolumeWeighted,
    LastPrice
}

/// @dev Rules a market adopts when its next day is opened.
struct MarketRules {
    uint32 bandPpm; //       daily band each side of the previous close [ppm]; 0 = no band, from creation on and for good
    uint16 takerFeePpm; //   [ppm of turnover]
    uint16 makerFeePpm; //   [ppm of turnover]
    uint32 minimumLots; //   smallest order [lots]
    uint32 maximumLots; //   largest listed order [lots]; China: 99,999
    uint40 holdingLimit; //  of a participant [lots]; 0 = no limit
    CloseRule closeRule;
    uint8[4] sessions; //    open, close, open, close [quarter hours of the local day, 0..96]; one session: 0, 0 last
    uint8 takerLevels; //    price levels that an incoming order may trade at; 0 = all. China: 5
    uint32 blockMinimumLots; // smallest block trade [lots]; 0 = no block trades. China: 100,000
    uint32 blockBandPpm; //  band of block trades each side of the previous close [ppm]; China: 300,000
    uint8[2] blockSession; // open, close [quarter hours of the local day]
}

/// @dev Kind of a transfer by a settling contract, {IExchangeExtension.settle}.
enum Settlement {
    Trade, // a purchase: counts against the buyer's holding limit, and is not for sale before tomorrow
    Hold, //  into a custody account: lots lower the giver's holding limit as a withdrawal does, and stay its own
    Return, // out of a custody account: lots raise the receiver's holding limit as a deposit does
    Proceeds // out of a custody account: cash for lots of the receiver that it sold
}

/// @dev Configuration of a market. Only `rules` can change later.
struct MarketConfig {
    address units; //        ERC-1155 contract of the unit
    uint32 lotSize; //       units in a lot
    uint40 basePrice; //     price of tick 0, which no order can have [0.0001 currency a lot]
    uint24 tickSize; //      [0.0001 currency a lot]
    uint16 referenceTick; // "previous close" of the first day
    int8 utcQuarters; //     local time minus UTC [quarter hours]; China +32
    ParticipantId feeAccount; // who receives the fees, credited when the next day is opened
    MarketRules rules;
}

/// @title IExchangeBase
/// @notice Events, errors and sources that the Exchange and its extension share.
interface IExchangeBase {
    // ------------------------------------------------------------------ events

    event MarketCreated(
        MarketId indexed market, UnitId indexed unit, SchemeId indexed scheme, address currency, MarketConfig config
    );
    event MarketAssigned(MarketId indexed market, uint16 oldJurisdiction, uint16 jurisdiction, address indexed officer);
    /// @notice Rules were set; the next {openDay} adopts them.
    event MarketRulesSet(MarketId indexed market, MarketRules rules);
    /// @notice A day was opened. `closeTick` ends the day before and is the middle of the band.
    /// @param day Local days since 1970-01-01.
    /// @param volume Of the last opened day [lots]; `turnover` [0.0001 currency]; `fees` paid to the fee account.
    event DayOpened(
        MarketId indexed market,
        uint256 indexed day,
        uint16 closeTick,
        uint16 lowTick,
        uint16 highTick,
        uint256 volume,
        uint256 turnover,
        uint256 fees
    );
    event MarketHalted(MarketId indexed market, address indexed officer, bytes32 reason);
    event MarketResumed(MarketId indexed market, address indexed officer, bytes32 reason);
    /// @notice The state of the market's unit bars trading in it, or no longer does.
    event MarketBarred(MarketId indexed market, bool barred);
    /// @notice The market ended; its unit can have another one.
    event MarketDelisted(MarketId indexed market, address indexed officer, bytes32 reason);

    /// @notice Cash of one participant moved from one market to another [0.0001 currency].
    event CashMoved(AccountId indexed from, AccountId indexed to, uint256 amount);
    /// @notice A controller took lots out of an account.
    event UnitsDebited(AccountId indexed account, address indexed controller, address to, uint256 lots);
    /// @param amount [0.0001 currency]
    event CashDebited(AccountId indexed account, address indexed controller, address to, uint256 amount);
    event UnitsForced(AccountId indexed from, AccountId indexed to, address indexed controller, uint256 lots);
    /// @notice All open orders of the account were cancelled at once (mass cancel); all reservations are released.
    event OrdersVoided(AccountId indexed account);
    event AccountFrozen(AccountId indexed account, bool frozen, uint8 causes);
    /// @param limit Lots that the account may hold; type(int256).max = no limit.
    event HoldingLimitSet(AccountId indexed account, int256 limit);
    event WalletSynced(address indexed wallet, ParticipantId indexed participant, uint8 rights, uint8 status);
    event ControllerSet(address indexed controller, uint256 rights);
    /// @notice A settling contract got a custody account in every market.
    event HouseOpened(address indexed controller, ParticipantId indexed house);
    /// @notice A settling contract moved `lots` from one account to another and `cash` [0.0001 currency] back.
    event Settled(
        AccountId indexed from,
        AccountId indexed to,
        address indexed controller,
        Settlement kind,
        uint256 lots,
        uint256 cash,
        bytes32 ref
    );

    // ------------------------------------------------------------------ errors
    // Errors of the order book are in BookTypes.sol.

    error ExchangeMarketUnknown(MarketId market);
    error ExchangeMarketExists(UnitId unit, MarketId market);
    error ExchangeBadConfig(bytes32 field);
    /// @notice Thrown when `lots` are in the accounts of a market that is to be delisted. Have them withdrawn first.
    error ExchangeMarketNotEmpty(MarketId market, uint256 lots);
    /// @notice Thrown when an authority acts on the custody account of a settling contract: what it holds is others'. Act on
    /// the owner's account.
    error ExchangeCustodyAccount(ParticipantId account);
    /// @notice Trading begins again at `opensAt` [s]; 0 when the calendar lists no further day.
    error ExchangeMarketClosed(MarketId market, uint256 opensAt);
    /// @notice The session runs, but {openDay} has not been called yet.
    error ExchangeDayNotOpened(MarketId market, uint256 day);
    error ExchangeDayAlreadyOpened(MarketId market, uint256 day);
    error ExchangeMarketHalted(MarketId market);
    /// @notice Thrown when the market's unit may not trade: its batch is locked or invalidated. Wait for the decision on the batch;
    /// orders can be cancelled and cash withdrawn meanwhile.
    error ExchangeMarketBarred(MarketId market);
    /// @notice Thrown when a market would be made for a batch that is not active. Make it once the batch is issued, verified or
    /// unlocked.
    error ExchangeUnitNotActive(UnitId unit);
    /// @notice Only a trading market can be halted, only a halted one resumed.
    error ExchangeMarketStatus(MarketId market, MarketStatus needed);
    error ExchangeWalletUnknown(address wallet);
    error ExchangeParticipantNotActive(ParticipantId participant, uint8 status);
    error ExchangeRightMissing(address wallet, uint8 right);
    error ExchangeNotController(address caller, uint256 right);
    error ExchangeAccountFrozen(ParticipantId participant, MarketId market);
    /// @notice Orders of the account were voided 31 times today; it trades again tomorrow. In a lasting market, whose orders
    /// bear the count for good, it never trades again: cancel orders before an expected debit.
    error ExchangeAccountVoided(ParticipantId participant, MarketId market);
    error ExchangeForeignWallet(address wallet, ParticipantId participant);
    error ExchangeNotWholeLots(uint256 units, uint256 lotSize);
    error ExchangeForeignUnit(address token, uint256 id);
    /// @notice The units can only be retired, and the market is one where they could be sold again.
    error ExchangeRetireOnly(UnitId unit);
    error ExchangeLedgerFull(uint256 total, uint256 maximum);
    error ExchangeTooManyItems(uint256 items, uint256 maximum);
    error ExchangeZeroAmount();
    /// @notice A participant where a custody account is needed, a custody account where a participant is, or one account twice.
    error ExchangeBadSettlement(ParticipantId from, ParticipantId to, Settlement kind);

    // ------------------------------------------------------------------ views

    /// @notice The register of participants.
    function PARTICIPANTS() external view returns (IParticipantSource);

    /// @notice The rules of schemes.
    function RULES() external view returns (IRuleSource);
}
