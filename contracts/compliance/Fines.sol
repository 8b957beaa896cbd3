// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DateTimeLib} from "solady/utils/DateTimeLib.sol";

import {obligationRef} from "../../interfaces/compliance/IAllocation.sol";
import {BlockStatistics, IBlockTrades} from "../../interfaces/market/IBlockTrades.sol";
import {ComplianceKeys, ICompliance} from "../../interfaces/compliance/ICompliance.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {InstallationId, MarketId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {FinePrice} from "../../interfaces/compliance/PenaltyTypes.sol";
import {NO_VALUE, ParamKeys, Period, Powers} from "../../interfaces/rules/ISchemes.sol";
import {PPM} from "../types/Ppm.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {ComplianceStore} from "./ComplianceStore.sol";

/// @title Fines
/// @notice The half of {Penalties} that bounds a fine: amounts of the pack, market price, and the treasury it is paid
/// to.
abstract contract Fines is ComplianceStore, IPenalties {
    /// @dev Most months a price is made of.
    uint256 private constant MAX_MONTHS = 24;
    /// @dev Vintages whose trades count.
    uint256 private constant VINTAGES = 16;
    /// @dev Values of {ComplianceKeys-PENALTY_PRICE_RULE} and {ComplianceKeys-PENALTY_PRICE_UNTIL}.
    uint256 private constant VOLUME_WEIGHTED = 1;
    uint256 private constant MONTH_BEFORE = 2;

    /// @dev Calendar months, each years × 12 + month of the year from 0.
    struct Months {
        bool known; // whether the pack names them, and the chain has figures for its rule
        uint256 first;
        uint256 last;
    }

    IExchange internal immutable EXCHANGE;
    IBlockTrades private immutable BLOCKS;

    constructor(IExchange exchange, IBlockTrades blocks) {
        EXCHANGE = exchange;
        BLOCKS = blocks;
    }

    /* BOUNDS */

    /// @inheritdoc IPenalties
    function fineBounds(SchemeId scheme, uint16 periodId, uint256 shortfall)
        external
        view
        returns (uint256 minCents, uint256 maxCents)
    {
        return _boundsOf(scheme, periodId, _periodOf(scheme, periodId).surrenderDeadline, shortfall);
    }

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
            if (price.fixedAt == 0) revert CompliancePriceOpen(scheme, periodId);
            uint256 worth = uint256(price.cents) * shortfall;
            (minCents, maxCents) = (worth * v[4] / PPM, worth * v[5] / PPM);
        } else if (v[7] == NO_VALUE) {
            // Nor do units take the place of money. Reverts: the scheme's own error names the missing value.
            SCHEMES.param(scheme, v[0] == NO_VALUE ? keys[0] : keys[1], deadline);
        }
        // No bound is above the cap where there is none: NO_VALUE is larger than any.
        if (minCents > v[6]) minCents = v[6];
        if (maxCents > v[6]) maxCents = v[6];
    }

    /* PRICE */

    /// @inheritdoc IPenalties
    function fixFinePrice(SchemeId scheme, uint16 periodId) external returns (uint256 priceCents) {
        Period memory period = _requireUnpriced(scheme, periodId);
        Months memory window = _monthsOf(scheme, period.surrenderDeadline);
        if (!window.known) revert CompliancePriceRuleUnknown(scheme, periodId);
        (uint256 volume, uint256 turnover) = _tradedBy(scheme, periodId, period.vintage, window);
        if (volume == 0) revert ComplianceNothingTraded(scheme, window.first, window.last);
        priceCents = _price(volume, turnover);

        _keepPrice(scheme, periodId, priceCents, false);
        emit FinePriceFixed(scheme, periodId, priceCents, volume, turnover, window.first, window.last);
    }

    /// @inheritdoc IPenalties
    function stateFinePrice(SchemeId scheme, uint16 periodId, uint256 priceCents, bytes32 reasonHash) external {
        _checkOfficer(scheme, 0);
        _checkReason(reasonHash);
        if (priceCents == 0) revert ICompliance.ComplianceZeroAmount();
        if (priceCents > type(uint64).max) revert ICompliance.ComplianceTooLarge(InstallationId.wrap(0), priceCents);
        Period memory period = _requireUnpriced(scheme, periodId);
        uint256 deadline = period.surrenderDeadline;
        if (block.timestamp <= _moved(deadline)) {
            revert ComplianceBeforeDeadline(InstallationId.wrap(0), _moved(deadline));
        }
        Months memory window = _monthsOf(scheme, deadline);
        if (window.known) {
            (uint256 volume, uint256 turnover) = _tradedBy(scheme, periodId, period.vintage, window);
            if (volume != 0) revert CompliancePriceKnown(scheme, periodId, _price(volume, turnover));
        }

        _keepPrice(scheme, periodId, priceCents, true);
        emit FinePriceStated(scheme, periodId, msg.sender, priceCents, reasonHash);
    }

    /// @inheritdoc IPenalties
    function finePriceOf(SchemeId scheme, uint16 periodId) external view returns (FinePrice memory) {
        return _finePrices[_scopeOf(scheme, periodId)];
    }

    function _keepPrice(SchemeId scheme, uint16 periodId, uint256 priceCents, bool stated) private {
        _finePrices[_scopeOf(scheme, periodId)] = FinePrice({
            cents: uint64(priceCents), // a market's are below 2^41 a lot; a stated one is compared by the caller
            fixedAt: uint40(block.timestamp), // 40 bits of seconds last 34,000 years
            stated: stated
        });
    }

    /// @dev Reverts unless fines of the period are multiples of a price that is not fixed yet.
    function _requireUnpriced(SchemeId scheme, uint16 periodId) private view returns (Period memory period) {
        period = _periodOf(scheme, periodId);
        if (_rule(scheme, ComplianceKeys.PENALTY_MULTIPLE_MAX, period.surrenderDeadline) == 0) {
            revert CompliancePriceNotAsked(scheme, periodId);
        }
        FinePrice memory price = _finePrices[_scopeOf(scheme, periodId)];
        if (price.fixedAt != 0) revert CompliancePriceKnown(scheme, periodId, price.cents);
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

    /// @dev Years × 12 + month of the year from 0, in the scheme's zone.
    function _monthOf(SchemeId scheme, uint256 time) private view returns (uint256) {
        (uint256 year, uint256 month,) = DateTimeLib.epochDayToDate(SCHEMES.localDay(scheme, time));
        return year * 12 + month - 1;
    }

    /// @dev Reverts while the months are not over.
    /// @param own vintage of the period
    /// @return volume [units]
    /// @return turnover [0.0001 currency]
    function _tradedBy(SchemeId scheme, uint16 periodId, uint16 own, Months memory window)
        private
        view
        returns (uint256 volume, uint256 turnover)
    {
        if (_monthOf(scheme, block.timestamp) <= window.last) {
            revert ComplianceMonthsNotOver(periodId, window.last);
        }
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

    /// @inheritdoc IPenalties
    function setTreasury(SchemeId scheme, address currency, address treasury) external restricted {
        if (currency == address(0) || treasury == address(0)) revert ComplianceNoTreasury(scheme);
        Treasury memory old = _treasuries[scheme];
        _treasuries[scheme] = Treasury({currency: currency, payee: treasury});
        emit TreasurySet(scheme, old.currency, old.payee, currency, treasury);
    }

    /// @inheritdoc IPenalties
    function treasuryOf(SchemeId scheme) external view returns (address currency, address treasury) {
        return (_treasuries[scheme].currency, _treasuries[scheme].payee);
    }

    function _treasury(SchemeId scheme) internal view returns (Treasury memory treasury) {
        treasury = _treasuries[scheme];
        if (treasury.payee == address(0)) revert ComplianceNoTreasury(scheme);
    }

    function _scopeOf(SchemeId scheme, uint16 periodId) internal pure returns (bytes32) {
        return obligationRef(scheme, periodId, InstallationId.wrap(0));
    }

    /* CHECKS */

    function _checkOfficer(SchemeId scheme, uint16 jurisdiction) internal view {
        SCHEMES.checkPower(msg.sender, scheme, jurisdiction, Powers.PENALISE);
    }

    function _checkReason(bytes32 hash) internal pure {
        if (hash == 0) revert ComplianceReasonMissing();
    }
}
