// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {BankingKeys, bankingRef, IBanking} from "../../interfaces/compliance/IBanking.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, NO_VALUE} from "../../interfaces/rules/ISchemes.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {PPM} from "../types/Ppm.sol";
import {LedgerReceiver} from "./LedgerReceiver.sol";

/// @title Banking
/// @notice Allowances carried over into a later vintage, and the end of those that are not; see {IBanking}.
/// @dev Assumes that the contracts below are this project's own; only {IAllowances-issue} reaches a stranger's code (a
/// wallet's receiver hook), and it comes last.
contract Banking is IBanking, LedgerReceiver {
    /// @dev Most units in a call that banks.
    uint256 private constant MAX_UNITS = 32;
    /// @dev Most holders in a call that ends a vintage.
    uint256 private constant MAX_HOLDERS = 200;
    /// @dev Most vintages whose sales are summed up.
    uint256 private constant MAX_VINTAGES = 16;

    IParticipants public immutable PARTICIPANTS;
    ISchemes public immutable SCHEMES;
    IAllowances public immutable ALLOWANCES;

    mapping(SchemeId scheme => mapping(uint16 into => mapping(ParticipantId => uint256 amount))) private _banked;

    /// @dev Banking rules of the pack as of today.
    struct Rules {
        uint16 oldest;
        uint16 newest;
        uint16 into;
        uint256 base; //        [t]; NO_VALUE: no limit
        uint256 netSalesPpm;
    }

    constructor(IParticipants participants, ISchemes schemes, IAllowances allowances, IExchange exchange)
        LedgerReceiver(exchange)
    {
        PARTICIPANTS = participants;
        SCHEMES = schemes;
        ALLOWANCES = allowances;
    }

    /* BANKING */

    /// @inheritdoc IBanking
    function bank(SchemeId scheme, UnitId[] calldata ids, uint256[] calldata amounts) external {
        _bank(scheme, ids, amounts, false);
    }

    /// @inheritdoc IBanking
    function bankFromLedger(SchemeId scheme, UnitId[] calldata ids, uint256[] calldata amounts) external {
        _bank(scheme, ids, amounts, true);
    }

    function _bank(SchemeId scheme, UnitId[] calldata ids, uint256[] calldata amounts, bool fromLedger) private {
        _checkCount(ids.length, MAX_UNITS);
        if (ids.length != amounts.length) revert BankingLengthMismatch(ids.length, amounts.length);
        ParticipantId participant = _checkCaller();
        (bool allowed, Rules memory rules) = _rules(scheme);
        if (!allowed) revert BankingNotAllowed(scheme);

        UnitId into = UnitIdLib.encode(UnitIdLib.ALLOWANCE, scheme, rules.into, 0);
        uint256 total = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            _checkUnit(scheme, rules, ids[i]);
            if (amounts[i] == 0) revert BankingZeroAmount(ids[i]);
            total += amounts[i];
            emit AllowancesBanked(scheme, participant, into, ids[i], msg.sender, amounts[i], fromLedger);
        }
        uint256 room = _room(scheme, rules, participant);
        if (total > room) revert BankingLimitExceeded(participant, total, room);
        _banked[scheme][rules.into][participant] += total;

        bytes32 ref = bankingRef(scheme, rules.into, participant);
        for (uint256 i = 0; i < ids.length; ++i) {
            if (fromLedger) _drawFromLedger(participant, ids[i], amounts[i]);
            ALLOWANCES.exit(fromLedger ? address(this) : msg.sender, ids[i], amounts[i], Exit.BankedAway, ref);
        }
        ALLOWANCES.issue(msg.sender, into, total, ref);
    }

    function _drawFromLedger(ParticipantId participant, UnitId id, uint256 amount) private {
        MarketId market = EXCHANGE.marketOf(id);
        if (MarketId.unwrap(market) == 0) revert BankingLedgerShort(participant, id, amount, 0);
        uint256 lotSize = EXCHANGE.marketAssets(market).lotSize;
        if (amount % lotSize != 0) revert BankingNotWholeLots(id, amount, lotSize);
        uint256 taken = EXCHANGE.debitUnits(participant, market, amount / lotSize, address(this)) * lotSize;
        if (taken != amount) revert BankingLedgerShort(participant, id, amount, taken);
    }

    /* EXPIRY */

    /// @inheritdoc IBanking
    function expire(UnitId id, address[] calldata holders) external {
        _checkCount(holders.length, MAX_HOLDERS);
        if (!hasExpired(id)) revert BankingNotExpired(id);

        for (uint256 i = 0; i < holders.length; ++i) {
            uint256 amount = ALLOWANCES.balanceOf(holders[i], UnitId.unwrap(id));
            if (amount != 0) ALLOWANCES.exit(holders[i], id, amount, Exit.Expired, 0);
        }
    }

    /// @inheritdoc IBanking
    function expireFromLedger(UnitId id, ParticipantId[] calldata owners) external {
        _checkCount(owners.length, MAX_HOLDERS);
        if (!hasExpired(id)) revert BankingNotExpired(id);

        MarketId market = EXCHANGE.marketOf(id);
        uint256 lots = 0;
        for (uint256 i = 0; i < owners.length; ++i) {
            lots += EXCHANGE.debitUnits(owners[i], market, type(uint256).max, address(this));
        }
        if (lots == 0) return;
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        ALLOWANCES.exit(address(this), id, lots * assets.lotSize, Exit.Expired, 0);
    }

    /* VIEWS */

    /// @inheritdoc IBanking
    function roomOf(SchemeId scheme, ParticipantId participant) external view returns (uint256) {
        (bool allowed, Rules memory rules) = _rules(scheme);
        return allowed ? _room(scheme, rules, participant) : 0;
    }

    /// @inheritdoc IBanking
    function netSalesOf(SchemeId scheme, ParticipantId participant) external view returns (int256) {
        (bool allowed, Rules memory rules) = _rules(scheme);
        if (!allowed) revert BankingNotAllowed(scheme);
        return _netSales(scheme, rules, participant);
    }

    /// @inheritdoc IBanking
    function bankedOf(SchemeId scheme, uint16 into, ParticipantId participant) external view returns (uint256) {
        return _banked[scheme][into][participant];
    }

    /// @inheritdoc IBanking
    function hasExpired(UnitId id) public view returns (bool) {
        if (!UnitIdLib.isOfClass(id, UnitIdLib.ALLOWANCE)) return false;
        SchemeId scheme = UnitIdLib.schemeOf(id);
        // No vintage is 0: 0 is none.
        return UnitIdLib.vintageOf(id) <= SCHEMES.paramOr(scheme, BankingKeys.EXPIRED_VINTAGE, block.timestamp, 0);
    }

    /* INSIDE */

    /// @dev Rules of today; reverts where the pack names no vintage to bank into.
    function _rules(SchemeId scheme) private view returns (bool allowed, Rules memory rules) {
        bytes32[] memory keys = new bytes32[](6);
        keys[0] = BankingKeys.ALLOWED;
        keys[1] = BankingKeys.BASE;
        keys[2] = BankingKeys.NET_SALES_PPM;
        keys[3] = BankingKeys.OLDEST_VINTAGE;
        keys[4] = BankingKeys.NEWEST_VINTAGE;
        keys[5] = BankingKeys.INTO_VINTAGE;
        uint256[] memory v = SCHEMES.paramsAt(scheme, keys, block.timestamp);
        if (v[0] != 1 || v[5] == NO_VALUE || v[5] == 0) return (false, rules);
        rules.base = v[1];
        rules.netSalesPpm = v[2] == NO_VALUE ? 0 : v[2];
        rules.oldest = v[3] == NO_VALUE ? 0 : uint16(v[3]); // a vintage has 16 bits
        rules.into = uint16(v[5]); //                          likewise
        // No unit turns into its own vintage, or an older one.
        rules.newest = v[4] < v[5] ? uint16(v[4]) : rules.into - 1; // NO_VALUE is above any
        return (true, rules);
    }

    function _checkUnit(SchemeId scheme, Rules memory rules, UnitId id) private pure {
        uint256 vintage = UnitIdLib.vintageOf(id);
        bool ofScheme = UnitIdLib.isOfClass(id, UnitIdLib.ALLOWANCE) && UnitIdLib.schemeOf(id) == scheme;
        if (!ofScheme || vintage < rules.oldest || vintage > rules.newest) {
            revert BankingUnitRefused(id, rules.oldest, rules.newest);
        }
    }

    /// @dev Rounds down: never more than the pack admits.
    function _room(SchemeId scheme, Rules memory rules, ParticipantId participant) private view returns (uint256) {
        if (rules.base == NO_VALUE) return type(uint256).max;
        int256 sold = rules.netSalesPpm == 0 ? int256(0) : _netSales(scheme, rules, participant);
        uint256 most = rules.base + (sold > 0 ? uint256(sold) * rules.netSalesPpm / PPM : 0);
        uint256 banked = _banked[scheme][rules.into][participant];
        // The sum falls when the participant buys after it has banked.
        return most > banked ? most - banked : 0;
    }

    function _netSales(SchemeId scheme, Rules memory rules, ParticipantId participant)
        private
        view
        returns (int256 sold)
    {
        if (rules.newest < rules.oldest) return 0;
        uint256 count = uint256(rules.newest) - rules.oldest + 1;
        if (count > MAX_VINTAGES) revert BankingTooManyVintages(count, MAX_VINTAGES);
        for (uint256 i = 0; i < count; ++i) {
            // A vintage fits 16 bits: it is at most the newest.
            UnitId id = UnitIdLib.encode(UnitIdLib.ALLOWANCE, scheme, uint16(rules.oldest + i), 0);
            MarketId market = EXCHANGE.marketOf(id);
            if (MarketId.unwrap(market) == 0) continue;
            int256 lotSize = int256(uint256(EXCHANGE.marketAssets(market).lotSize));
            sold += EXCHANGE.netSoldOf(participant, market) * lotSize;
        }
    }

    function _checkCaller() private view returns (ParticipantId participant) {
        uint8 rights;
        ParticipantStatus status;
        (participant, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        if (status != ParticipantStatus.Active || rights & WalletRights.SURRENDER == 0) {
            revert BankingRightMissing(msg.sender);
        }
    }

    function _checkCount(uint256 count, uint256 limit) private pure {
        if (count == 0 || count > limit) revert BankingBadCount(count, limit);
    }
}
