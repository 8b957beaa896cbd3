// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchangeBase, MarketConfig, MarketRules, Settlement} from "./IExchangeBase.sol";
import {IHoldingLimits} from "./IHoldingLimits.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";

/// @title IExchangeExtension
/// @notice Market administration, and acts on accounts without their owners: debits, freezes, settlement, holding limits.
/// @dev Called at the address of the Exchange, which runs these functions in its extension.
interface IExchangeExtension is IExchangeBase {
    // ------------------------------------------------------------------ markets

    /// @notice Creates a market. Power MARKET in the scheme, which is the one that a unit of a class names: another
    /// scheme's officer takes no unit's market. An allowance's vintage must have been disclosed, a batch of credits be active.
    /// @dev All markets of a class of units in a scheme have the same token contract. A scheme has at most 4,096 markets.
    /// @dev For units that can only be retired the market has no band (it is a lasting one) and lots bought there
    /// stay "bought today" for good: they are never sold or withdrawn, and leave when they are debited to be retired.
    function createMarket(UnitId unit, SchemeId scheme, address currency, MarketConfig calldata config)
        external
        returns (MarketId market);

    /// @notice Sets the rules that the next {openDay} adopts. Power MARKET.
    function setMarketRules(MarketId market, MarketRules calldata rules) external;

    /// @notice Opens the local day: closes the last one, fixes the band, pays the fees out. Anyone, once a day, from
    /// local midnight on; reverts on days that the calendar does not list.
    function openDay(MarketId market) external;

    /// @notice Assigns a market to a jurisdiction, so that an operator with the power MARKET there, and only there, runs it
    /// and no other. Power MARKET in all of the scheme. A new market is in none.
    function assignMarket(MarketId market, uint16 jurisdiction) external;

    /// @notice Ends a market in whose accounts there are no lots, and lets its unit have another. Cash stays for its owners to
    /// withdraw, and orders to be cancelled. Power MARKET in all of the scheme.
    function delistMarket(MarketId market, bytes32 reason) external;

    // ------------------------------------------------------------------ halts

    /// @notice Stops orders in a market; cancelling stays possible. Power MARKET.
    function halt(MarketId market, bytes32 reason) external;

    /// @notice Power MARKET.
    function resume(MarketId market, bytes32 reason) external;

    // ------------------------------------------------------------------ accounts

    /// @notice Takes up to `lots` out of an account and sends the units to `to`. Right DEBIT. Custody accounts cannot be
    /// debited, frozen, or be part of a forced transfer.
    /// @dev When the lots outside sell orders are too few, all open orders of the account in this market are voided
    /// first. Lots bought today may be debited; the oldest go first. Nothing is taken out of a custody account: the contract that
    /// holds for others could not end without it.
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

    /// @notice Recounts a participant's holdings of the market's class and sets the account's share of the limit;
    /// see {IHoldingLimits}. Anyone: after units came to a wallet from elsewhere, after a group or a limit has changed.
    function syncHolding(ParticipantId participant, MarketId market) external;

    /// @notice Sets the limit of the pool that an account shares in, in the market's lots; 0 = the market rules'. The pool
    /// is the group's when the participant is in one. Power MARKET.
    function setHoldingLimit(ParticipantId participant, MarketId market, uint256 limit) external;

    /// @notice Moves `lots` from one account to another and `cash` [0.0001 currency] the other way. Right SETTLE.
    /// @dev The settling contract has checked that both agree. Id 0 is its own custody account; no other contract can use it.
    /// Lots must be free (neither in orders nor bought today) and cash too; the giver must not be frozen.
    /// Custody accounts have no holding limit and no lots bought today. `Hold` goes to the own custody account and `Return`
    /// comes from there; in a `Return` cash may not go the other way.
    /// @param ref Reference of the settling contract, e.g. the hash of a ticket.
    function settle(
        MarketId market,
        ParticipantId from,
        ParticipantId to,
        uint256 lots,
        uint256 cash,
        Settlement kind,
        bytes32 ref
    ) external;

    /// @notice Records that `lots` in custody, brought there by `Hold`, are no longer `owner`'s: they were sold or given away,
    /// and its holding limit counts them no more. Right SETTLE.
    function disown(MarketId market, ParticipantId owner, uint256 lots) external;

    /// @notice Sets the rights of a controller: DEBIT 1, FREEZE 2, FORCE 4, GATEWAY 8, SETTLE 16, LIMIT 32.
    /// @dev A controller that gets SETTLE for the first time gets a custody account. One that gets LIMIT takes the place of
    /// the one that has it, in the same call, and must know the markets ({IHoldingLimits.learn}): there is no moment without
    /// limits, and none with two that set them.
    function setController(address controller, uint256 rights) external;

    // ------------------------------------------------------------------ views

    /// @notice The contract that sets holding limits: the controller with right LIMIT; 0 = there are no limits.
    function LIMITS() external view returns (IHoldingLimits);

    /// @notice Lots in custody accounts that are still the participant's.
    function heldOf(ParticipantId participant, MarketId market) external view returns (uint256 lots);

    /// @notice Lots the participant sold here less those it bought, ever: deposits less withdrawals, debits, its lots and
    /// its lots in custody. Negative: it bought more.
    /// @dev Costs a trade no gas: fills do not write it.
    function netSoldOf(ParticipantId participant, MarketId market) external view returns (int256 lots);

    /// @notice Custody account of a settling contract: a participant number from 0xFFFF00 up, reserved for it; 0 = none.
    function houseOf(address controller) external view returns (ParticipantId);

    /// @notice Listed trades of a calendar month of the market's local days, the day that is open included.
    /// @param month `year × 12 + month − 1`
    /// @return lots Volume; `turnover` [0.0001 currency].
    function listedMonth(MarketId market, uint256 month) external view returns (uint256 lots, uint256 turnover);
}
