// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DateTimeLib} from "solady/utils/DateTimeLib.sol";

import {obligationRef} from "../../interfaces/compliance/IAllocation.sol";
import {BlockStatistics, IBlockTrades} from "../../interfaces/market/IBlockTrades.sol";
import {ComplianceKeys} from "../../interfaces/compliance/ICompliance.sol";
import {MarketAssets} from "../../interfaces/market/IExchange.sol";
import {InstallationId, MarketId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {FinePrice} from "../../interfaces/compliance/PenaltyTypes.sol";
import {NO_VALUE, ParamKeys, Period} from "../../interfaces/rules/ISchemes.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {ComplianceStore} from "./ComplianceStore.sol";

/// @title Fines
/// @notice What a fine for a shortfall may be, and the price it is a multiple of.
abstract contract Fines is ComplianceStore {
    /// @dev Most months a price is made of.
    uint256 private constant MAX_MONTHS = 24;
    /// @dev Vintages whose trades count.
    uint256 private constant VINTAGES = 16;
    /// @dev Values of {ComplianceKeys-PENALTY_PRICE_RULE} and {ComplianceKeys-PENALTY_PRICE_UNTIL}.
    uint256 private constant VOLUME_WEIGHTED = 1;
    uint256 private constant MONTH_BEFORE = 2;

    /// @dev Calendar months, each years × 12 + months before it.
    struct Months {
        bool known; // whether the pack says which, and the chain has figures for its rule
        uint256 first;
        uint256 last;
    }

    IBlockTrades internal immutable BLOCKS;

    constructor(IBlockTrades blocks) {
        BLOCKS = blocks;
    }

    /* BOUNDS */

    function _boundsOf(SchemeId scheme, uint16 periodId, uint256 deadline, uint256 shortfall)
        internal
        view
        returns (uint256 minCents, uint256 maxCents)
    {
        bytes32[] memory keys = new bytes32[](8);
        keys[0] = ParamKeys.PENALTY_MIN_CENTS;
        keys[1] = ParamKeys.PENALTY_MAX_CENTS;
        keys[2] = ComplianceKeys.PENALTY_MIN_CENTS_PER_T;
        keys[3] = ComplianceKeys.PENALTY_MAX_CENTS_PER_T;
        keys[4] = ComplianceKeys.PENALTY_MULTIPLE_MIN;
        keys[5] = ComplianceKeys.PENALTY_MULTIPLE_MAX;
        keys[6] = ComplianceKeys.PENALTY_CAP_CENTS;
        keys[7] = ComplianceKeys.PENALTY_UNITS_PPM;
        uint256[] memory v = SCHEMES.paramsAt(scheme, keys, deadline);
        if (v[0] != NO_VALUE && v[1] != NO_VALUE) {
            (minCents, maxCents) = (v[0], v[1]);
        } else if (v[2] != NO_VALUE && v[3] != NO_VALUE) {
            (minCents, maxCents) = (v[2] * shortfall, v[3] * shortfall);
        } else if (v[4] != NO_VALUE && v[5] != NO_VALUE) {
            FinePrice memory price = _finePrices[_scopeOf(scheme, periodId)];
            if (price.fixedAt == 0) revert IPenalties.CompliancePriceOpen(scheme, periodId);
            uint256 worth = uint256(price.cents) * shortfall;
            (minCents, maxCents) = (worth * v[4] / PPM, worth * v[5] / PPM);
        } else if (v[7] == NO_VALUE) {
            // Nor do units take the place of money. The scheme's own error names what is missing.
            SCHEMES.param(scheme, ParamKeys.PENALTY_MIN_CENTS, deadline);
            SCHEMES.param(scheme, ParamKeys.PENALTY_MAX_CENTS, deadline);
        }
        // No bound is above the cap where there is none: NO_VALUE is larger than any.
        if (minCents > v[6]) minCents = v[6];
        if (maxCents > v[6]) maxCents = v[6];
    }

    /* PRICE */

    /// @dev What the market says; reverts where it says nothing.
    function _fixPrice(SchemeId scheme, uint16 periodId) internal returns (uint256 priceCents) {
        Period memory period = _requireAsked(scheme, periodId);
        Months memory window = _monthsOf(scheme, period.surrenderDeadline);
        if (!window.known) revert IPenalties.CompliancePriceRuleUnknown(scheme, periodId);
        _requireOver(scheme, periodId, window);
        (uint256 volume, uint256 turnover) = _traded(scheme, period.vintage, window);
        if (volume == 0) revert IPenalties.ComplianceNothingTraded(scheme, window.first, window.last);
        priceCents = _price(volume, turnover);

        _keepPrice(scheme, periodId, priceCents, false);
        emit IPenalties.FinePriceFixed(scheme, periodId, priceCents, volume, turnover, window.first, window.last);
    }

    /// @dev What an officer says; reverts where the market says something.
    function _statePrice(SchemeId scheme, uint16 periodId, uint256 priceCents) internal {
        Period memory period = _requireAsked(scheme, periodId);
        uint256 deadline = period.surrenderDeadline;
        if (block.timestamp <= deadline) {
            revert IPenalties.ComplianceBeforeDeadline(InstallationId.wrap(0), deadline);
        }
        Months memory window = _monthsOf(scheme, deadline);
        if (window.known) {
            _requireOver(scheme, periodId, window);
            (uint256 volume, uint256 turnover) = _traded(scheme, period.vintage, window);
            if (volume != 0) revert IPenalties.CompliancePriceKnown(scheme, periodId, _price(volume, turnover));
        }

        _keepPrice(scheme, periodId, priceCents, true);
    }

    function _keepPrice(SchemeId scheme, uint16 periodId, uint256 priceCents, bool stated) private {
        _finePrices[_scopeOf(scheme, periodId)] = FinePrice({
            cents: uint64(priceCents), // a market's are below 2^41 a lot; a stated one is compared by the caller
            fixedAt: uint40(block.timestamp), // 40 bits of seconds last 34,000 years
            stated: stated
        });
    }

    /// @dev Reverts unless fines of the period are multiples of a price that nobody fixed yet.
    function _requireAsked(SchemeId scheme, uint16 periodId) private view returns (Period memory period) {
        period = SCHEMES.period(scheme, periodId);
        if (SCHEMES.paramOr(scheme, ComplianceKeys.PENALTY_MULTIPLE_MAX, period.surrenderDeadline, 0) == 0) {
            revert IPenalties.CompliancePriceNotAsked(scheme, periodId);
        }
        FinePrice memory price = _finePrices[_scopeOf(scheme, periodId)];
        if (price.fixedAt != 0) revert IPenalties.CompliancePriceKnown(scheme, periodId, price.cents);
    }

    function _monthsOf(SchemeId scheme, uint256 deadline) private view returns (Months memory window) {
        bytes32[] memory keys = new bytes32[](3);
        keys[0] = ComplianceKeys.PENALTY_PRICE_MONTHS;
        keys[1] = ComplianceKeys.PENALTY_PRICE_RULE;
        keys[2] = ComplianceKeys.PENALTY_PRICE_UNTIL;
        uint256[] memory v = SCHEMES.paramsAt(scheme, keys, deadline);
        // NO_VALUE is none of them.
        if (v[0] == 0 || v[0] > MAX_MONTHS || v[1] != VOLUME_WEIGHTED || v[2] > MONTH_BEFORE) return window;
        window.last = _monthOf(scheme, deadline) - (v[2] == MONTH_BEFORE ? 1 : 0);
        window.first = window.last + 1 - v[0];
        window.known = true;
    }

    function _requireOver(SchemeId scheme, uint16 periodId, Months memory window) private view {
        if (_monthOf(scheme, block.timestamp) <= window.last) {
            revert IPenalties.ComplianceMonthsNotOver(periodId, window.last);
        }
    }

    /// @dev Years × 12 + months before it, in the scheme's zone.
    function _monthOf(SchemeId scheme, uint256 time) private view returns (uint256) {
        (uint256 year, uint256 month,) = DateTimeLib.epochDayToDate(SCHEMES.localDay(scheme, time));
        return year * 12 + month - 1;
    }

    /// @return volume [units]
    /// @return turnover [0.0001 currency]
    function _traded(SchemeId scheme, uint16 own, Months memory window)
        private
        view
        returns (uint256 volume, uint256 turnover)
    {
        address currency = _treasury(scheme).currency;
        uint256 newest = window.last / 12;
        if (newest < own) newest = own;
        for (uint256 i = 0; i < VINTAGES && i < newest; ++i) {
            // A vintage is a year, which fits 16 bits.
            MarketId market = EXCHANGE.marketOf(UnitIdLib.encode(UnitIdLib.ALLOWANCE, scheme, uint16(newest - i), 0));
            if (MarketId.unwrap(market) == 0) continue;
            MarketAssets memory assets = EXCHANGE.marketAssets(market);
            if (assets.currency != currency) continue;
            (uint256 lots, uint256 worth) = _tradedIn(market, window);
            volume += lots * assets.lotSize;
            turnover += worth;
        }
    }

    function _tradedIn(MarketId market, Months memory window) private view returns (uint256 lots, uint256 worth) {
        for (uint256 month = window.first; month <= window.last; ++month) {
            (uint256 listed, uint256 listedWorth) = EXCHANGE.listedMonth(market, month);
            BlockStatistics memory blocks = BLOCKS.monthStatistics(market, month / 12, month % 12 + 1);
            lots += listed + blocks.lots;
            worth += listedWorth + blocks.turnover;
        }
    }

    /// @dev 100 of the ledger are 0.01; twice both, to round to the nearest, ties up.
    function _price(uint256 volume, uint256 turnover) private pure returns (uint256) {
        return (2 * turnover + 100 * volume) / (200 * volume);
    }

    /* TREASURY */

    function _treasury(SchemeId scheme) internal view returns (Treasury memory treasury) {
        treasury = _treasuries[scheme];
        if (treasury.payee == address(0)) revert IPenalties.ComplianceNoTreasury(scheme);
    }

    function _scopeOf(SchemeId scheme, uint16 periodId) internal pure returns (bytes32) {
        return obligationRef(scheme, periodId, InstallationId.wrap(0));
    }
}
