// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccountId} from "./BookTypes.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "./Ids.sol";
import {IParticipantSource, IRuleSource} from "./ILedgerSources.sol";

enum MarketStatus {
    None,
    Trading,
    Halted
}

/// @dev How the close is made from a day's listed trades; the previous close when there were none.
enum CloseRule {
    VolumeWeighted,
    LastPrice
}

/// @dev Rules a market adopts when its next day is opened.
struct MarketRules {
    uint32 bandPpm; //       daily band each side of the previous close [ppm]; 0 = no band
    uint16 takerFeePpm; //   [ppm of turnover]
    uint16 makerFeePpm; //   [ppm of turnover]
    uint32 minimumLots; //   smallest order [lots]
    uint32 maximumLots; //   largest listed order [lots]; China: 99,999
    uint40 holdingLimit; //  what a participant may hold [lots]; 0 = no limit
    CloseRule closeRule;
    uint8[4] sessions; //    open, close, open, close [quarter hours of the local day, 0..96]; one session: 0, 0 last
}

/// @dev What a market is made of. Only `rules` can change later.
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

/// @title IExchangeOffice
/// @notice The part of the Exchange that runs a market: what markets there are and by which rules, when they trade, and
/// what happens to accounts without their owners' will. Called at the Exchange's own address.
interface IExchangeOffice {
    // ------------------------------------------------------------------ events

    event MarketCreated(
        MarketId indexed market, UnitId indexed unit, SchemeId indexed scheme, address currency, MarketConfig config
    );
    /// @notice Rules were set; they hold from the next {openDay} on.
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

    /// @notice Cash of one participant moved from one market to another [0.0001 currency].
    event CashMoved(AccountId indexed from, AccountId indexed to, uint256 amount);
    /// @notice A controller took lots out of an account.
    event UnitsDebited(AccountId indexed account, address indexed controller, address to, uint256 lots);
    /// @param amount [0.0001 currency]
    event CashDebited(AccountId indexed account, address indexed controller, address to, uint256 amount);
    event UnitsForced(AccountId indexed from, AccountId indexed to, address indexed controller, uint256 lots);
    /// @notice All open orders of the account ended at once; nothing is reserved any more.
    event OrdersVoided(AccountId indexed account);
    event AccountFrozen(AccountId indexed account, bool frozen, uint8 causes);
    /// @param limit What the account may hold here [lots]; type(int256).max = no limit.
    event HoldingLimitSet(AccountId indexed account, int256 limit);
    /// @notice An officer gave an account a limit of its own [lots]; 0 = the market's again.
    event HoldingLimitOrdered(AccountId indexed account, address indexed officer, uint256 limit);
    event WalletSynced(address indexed wallet, ParticipantId indexed participant, uint8 rights, uint8 status);
    event ControllerSet(address indexed controller, uint256 rights);

    // ------------------------------------------------------------------ errors
    // What the book itself refuses has its errors in BookTypes.sol.

    error ExchangeMarketUnknown(MarketId market);
    error ExchangeMarketExists(UnitId unit, MarketId market);
    error ExchangeBadConfig(bytes32 field);
    /// @notice Trading begins again at `opensAt` [s]; 0 when the calendar lists no further day.
    error ExchangeMarketClosed(MarketId market, uint256 opensAt);
    /// @notice The session runs, but nobody has called {openDay} yet.
    error ExchangeDayNotOpened(MarketId market, uint256 day);
    error ExchangeDayAlreadyOpened(MarketId market, uint256 day);
    error ExchangeMarketHalted(MarketId market);
    /// @notice Only a trading market can be halted, only a halted one resumed.
    error ExchangeMarketStatus(MarketId market, MarketStatus needed);
    error ExchangeWalletUnknown(address wallet);
    error ExchangeParticipantNotActive(ParticipantId participant, uint8 status);
    error ExchangeRightMissing(address wallet, uint8 right);
    error ExchangeNotController(address caller, uint256 right);
    error ExchangeAccountFrozen(ParticipantId participant, MarketId market);
    /// @notice Orders of the account were voided too often today; it trades again tomorrow.
    error ExchangeAccountVoided(ParticipantId participant, MarketId market);
    error ExchangeForeignWallet(address wallet, ParticipantId participant);
    error ExchangeNotWholeLots(uint256 units, uint256 lotSize);
    error ExchangeForeignUnit(address token, uint256 id);
    error ExchangeLedgerFull(uint256 total, uint256 maximum);
    error ExchangeTooManyItems(uint256 items, uint256 maximum);
    error ExchangeZeroAmount();

    // ------------------------------------------------------------------ markets

    /// @notice Creates a market. Power MARKET in the scheme. An allowance's vintage must have been disclosed.
    function createMarket(UnitId unit, SchemeId scheme, address currency, MarketConfig calldata config)
        external
        returns (MarketId market);

    /// @notice Sets the rules that the next {openDay} adopts. Power MARKET.
    function setMarketRules(MarketId market, MarketRules calldata rules) external;

    /// @notice Opens the local day: closes the last one, fixes the band, pays the fees out. Anyone, once a day, from
    /// local midnight on; reverts on days that the calendar does not list.
    function openDay(MarketId market) external;

    /// @notice Stops orders in a market; cancelling stays possible. Power MARKET.
    function halt(MarketId market, bytes32 reason) external;

    /// @notice Power MARKET.
    function resume(MarketId market, bytes32 reason) external;

    // ------------------------------------------------------------------ accounts

    /// @notice Takes up to `lots` out of an account and sends the units to `to`. Right DEBIT.
    /// @dev When the lots outside sell orders are too few, all open orders of the account in this market are voided
    /// first. Lots bought today may be debited; the oldest go first.
    /// @return taken [lots]
    function debitUnits(ParticipantId participant, MarketId market, uint256 lots, address to)
        external
        returns (uint256 taken);

    /// @notice Takes up to `amount` [0.0001 currency] out of an account, rounded down to 0.01, and sends it to `to`.
    /// @dev Right DEBIT. Voids the account's orders first when the cash outside buy orders is too little.
    /// @return taken [0.0001 currency]
    function debitCash(ParticipantId participant, MarketId market, uint256 amount, address to)
        external
        returns (uint256 taken);

    /// @notice Moves up to `lots` from one account of a market to another. Right FORCE. Frozen accounts included.
    /// @return taken [lots]
    function forcedTransfer(ParticipantId from, ParticipantId to, MarketId market, uint256 lots)
        external
        returns (uint256 taken);

    /// @notice Freezes or unfreezes an account; open orders are void from then on. Right FREEZE, or an officer with
    /// the power FREEZE in the market's scheme.
    function freezeAccount(ParticipantId participant, MarketId market, bool frozen) external;

    /// @notice Reads the status of a participant again: for its wallets, and for its accounts in `markets`, whose
    /// open orders are void from then on if it may no longer trade. Anyone.
    function syncParticipant(ParticipantId participant, MarketId[] calldata markets) external;

    /// @notice Recomputes what an account may hold here: its limit less what its wallets hold. Anyone.
    function syncHolding(ParticipantId participant, MarketId market) external;

    /// @notice Sets a participant's own holding limit [lots] in a market; 0 = the market's. Power MARKET.
    function setHoldingLimit(ParticipantId participant, MarketId market, uint256 limit) external;

    /// @notice Sets the rights of a controller: DEBIT 1, FREEZE 2, FORCE 4, GATEWAY 8.
    function setController(address controller, uint256 rights) external;

    /// @notice Moves cash [0.0001 currency] of the caller's participant between two markets of one currency.
    function moveCash(MarketId from, MarketId to, uint256 amount) external;

    // ------------------------------------------------------------------ views

    /// @notice The register of participants.
    function PARTICIPANTS() external view returns (IParticipantSource);

    /// @notice The rules of schemes.
    function RULES() external view returns (IRuleSource);
}
