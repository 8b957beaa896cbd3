// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {ISchemes, NO_VALUE, ParamInput, Period, SchemeInfo} from "../../interfaces/rules/ISchemes.sol";
import {Disclosures} from "./Disclosures.sol";

/// @title Schemes
/// @notice Every number of a rule pack, dated; periods, disclosure, trading days, and who may do what where.
/// @dev One slot each:
///   value       number 16 · from 40 · value 192        the latest of a key; its `number` says how many came before
///   period      first year 16 · last year 16 · vintage 16 · report 40 · determination 40 · surrender 40
///   disclosure  cap 64 · free 64 · auctioned 64 · at 40 · revision 16
///   ahead       cap 64 · free 64 · auctioned 64 · holds from 40 · revision 16     a revision of a disclosure
///   path        cap 64 · published at 40 · revision 16
///   calendar    256 local days
///   amending    scheme 16                                                          while an amendment runs
/// Times are kept as [s] unix, so that a reader needs no time zone.
contract Schemes is Disclosures {
    uint256 private constant MAX_INPUTS = 100;
    uint256 private constant MAX_KEYS = 64;
    uint256 private constant MAX_WORDS = 16;
    uint256 private constant MAX_TEXT = 64;
    /// @dev Dated values of one key: bounds the walk back to an old one.
    uint256 private constant MAX_VALUES = 128;
    /// @dev Local days a value may start on; its second then fits 40 bits.
    uint256 private constant MAX_DAY = 10_000_000;
    uint256 private constant MAX_NOTICE_DAYS = 366;
    int32 private constant MAX_OFFSET = 14 hours;

    uint256 private constant FROM_SHIFT = 16;
    uint256 private constant VALUE_SHIFT = 56;

    mapping(SchemeId scheme => mapping(bytes32 key => uint256 word)) private _latest;
    mapping(SchemeId scheme => mapping(bytes32 key => mapping(uint256 number => uint256 word))) private _older;
    mapping(SchemeId scheme => mapping(uint16 periodId => Period)) private _periods;
    mapping(SchemeId scheme => mapping(uint256 word => uint256 tradingDays)) private _calendar;

    constructor(address authority_) AccessManaged(authority_) {}

    /* SCHEMES */

    /// @inheritdoc ISchemes
    function createScheme(SchemeId scheme, string calldata name, int32 utcOffset, uint16 noticeDays, bytes32 packHash)
        external
        restricted
    {
        bool zoneFits = utcOffset >= -MAX_OFFSET && utcOffset <= MAX_OFFSET;
        bool noticeFits = noticeDays != 0 && noticeDays <= MAX_NOTICE_DAYS;
        bool nameFits = bytes(name).length != 0 && bytes(name).length <= MAX_TEXT;
        if (SchemeId.unwrap(scheme) == 0 || !zoneFits || !noticeFits || !nameFits) {
            revert SchemesBadScheme(scheme, utcOffset, noticeDays);
        }
        if (_schemes[scheme].createdAt != 0) revert SchemesExists(scheme);

        _schemes[scheme] = SchemeInfo({
            utcOffset: utcOffset,
            noticeDays: noticeDays,
            createdAt: uint40(block.timestamp), // 40 bits of seconds last 34,000 years
            activatedAt: 0
        });
        emit SchemeCreated(scheme, name, utcOffset, noticeDays, packHash);
    }

    /// @inheritdoc ISchemes
    function activate(SchemeId scheme) external restricted {
        if (schemeInfo(scheme).activatedAt != 0) revert SchemesActive(scheme);

        _schemes[scheme].activatedAt = uint40(block.timestamp); // as above
        emit SchemeActivated(scheme);
    }

    /* PARAMETERS */

    /// @inheritdoc ISchemes
    function setParam(
        SchemeId scheme,
        bytes32 key,
        string calldata keyText,
        uint32 fromDay,
        uint256 value,
        bytes32 sourceHash
    ) external restricted {
        SchemeInfo memory info = _requireRules(scheme);

        _setParam(scheme, info, key, keyText, fromDay, value, sourceHash);
    }

    /// @inheritdoc ISchemes
    function setParams(SchemeId scheme, ParamInput[] calldata inputs) external restricted {
        SchemeInfo memory info = _requireRules(scheme);
        if (inputs.length > MAX_INPUTS) revert SchemesTooMany(inputs.length, MAX_INPUTS);

        for (uint256 i; i < inputs.length; ++i) {
            ParamInput calldata p = inputs[i];
            _setParam(scheme, info, p.key, p.keyText, p.fromDay, p.value, p.sourceHash);
        }
    }

    function _setParam(
        SchemeId scheme,
        SchemeInfo memory info,
        bytes32 key,
        string calldata keyText,
        uint32 fromDay,
        uint256 value,
        bytes32 sourceHash
    ) private {
        uint256 length = bytes(keyText).length;
        if (length == 0 || length > MAX_TEXT || keccak256(bytes(keyText)) != key) {
            revert SchemesKeyMismatch(key, keyText);
        }
        if (value > NO_VALUE) revert SchemesValueTooLarge(key, value, NO_VALUE);
        if (fromDay > MAX_DAY) revert SchemesValueTooLarge(key, fromDay, MAX_DAY);
        _requireNotice(scheme, info, fromDay);

        uint256 latest = _latest[scheme][key];
        uint256 number = _number(latest);
        uint256 from = _startOf(fromDay, info.utcOffset);
        uint256 oldValue = latest == 0 ? NO_VALUE : latest >> VALUE_SHIFT;
        if (latest == 0 || from > _from(latest)) {
            if (number == MAX_VALUES) revert SchemesTooManyValues(key, MAX_VALUES);
            if (number != 0) _older[scheme][key][number] = latest;
            ++number;
        } else if (from < _from(latest)) {
            revert SchemesOutOfOrder(key, fromDay, uint32(_dayOf(_from(latest), info.utcOffset))); // was a uint32 day
        }
        _latest[scheme][key] = number | from << FROM_SHIFT | value << VALUE_SHIFT;
        emit ParamSet(scheme, key, fromDay, keyText, oldValue, value, sourceHash);
    }

    /// @inheritdoc ISchemes
    function withdrawParam(SchemeId scheme, bytes32 key) external restricted {
        SchemeInfo memory info = _requireRules(scheme);
        uint256 latest = _latest[scheme][key];
        if (latest == 0) revert SchemesNoParam(scheme, key, block.timestamp);
        uint32 fromDay = uint32(_dayOf(_from(latest), info.utcOffset)); // was a uint32 day
        _requireNotice(scheme, info, fromDay);

        uint256 previous = _number(latest) - 1;
        _latest[scheme][key] = _older[scheme][key][previous];
        delete _older[scheme][key][previous];
        emit ParamWithdrawn(scheme, key, fromDay, latest >> VALUE_SHIFT);
    }

    /// @inheritdoc ISchemes
    function param(SchemeId scheme, bytes32 key, uint256 atTime) external view returns (uint256 value) {
        value = _valueAt(scheme, key, atTime);
        if (value == NO_VALUE) revert SchemesNoParam(scheme, key, atTime);
    }

    /// @inheritdoc ISchemes
    function paramOr(SchemeId scheme, bytes32 key, uint256 atTime, uint256 fallback_)
        external
        view
        returns (uint256 value)
    {
        value = _valueAt(scheme, key, atTime);
        if (value == NO_VALUE) return fallback_;
    }

    /// @inheritdoc ISchemes
    function paramsAt(SchemeId scheme, bytes32[] calldata keys, uint256 atTime)
        external
        view
        returns (uint256[] memory values)
    {
        if (keys.length > MAX_KEYS) revert SchemesTooMany(keys.length, MAX_KEYS);

        values = new uint256[](keys.length);
        for (uint256 i; i < keys.length; ++i) {
            values[i] = _valueAt(scheme, keys[i], atTime);
        }
    }

    /// @inheritdoc ISchemes
    function paramHistory(SchemeId scheme, bytes32 key, uint256 index)
        external
        view
        returns (uint256 count, uint256 fromTime, uint256 value)
    {
        uint256 word = _latest[scheme][key];
        count = _number(word);
        if (index >= count) revert SchemesTooMany(index + 1, count);
        if (index + 1 < count) word = _older[scheme][key][index + 1];
        return (count, _from(word), word >> VALUE_SHIFT);
    }

    /// @dev Walks back from the latest value; at most MAX_VALUES steps, none for the value of today.
    function _valueAt(SchemeId scheme, bytes32 key, uint256 atTime) private view returns (uint256) {
        uint256 word = _latest[scheme][key];
        while (word != 0) {
            if (atTime >= _from(word)) return word >> VALUE_SHIFT;
            word = _older[scheme][key][_number(word) - 1]; // number 0 is never written
        }
        return NO_VALUE;
    }

    function _number(uint256 word) private pure returns (uint256) {
        return uint16(word);
    }

    function _from(uint256 word) private pure returns (uint256) {
        return uint40(word >> FROM_SHIFT);
    }

    /* PERIODS */

    /// @inheritdoc ISchemes
    function setPeriod(SchemeId scheme, uint16 periodId, Period calldata period_) external restricted {
        SchemeInfo memory info = _requireRules(scheme);
        bool yearsRise = period_.firstYear != 0 && period_.firstYear <= period_.lastYear && period_.vintage != 0;
        bool timesRise = period_.reportDeadline != 0 && period_.reportDeadline <= period_.determinationFrom
            && period_.determinationFrom <= period_.surrenderDeadline;
        if (periodId == 0 || !yearsRise || !timesRise) revert SchemesBadPeriod(periodId, period_);

        Period memory old = _periods[scheme][periodId];
        if (info.activatedAt != 0) _requirePeriodMayChange(scheme, info, periodId, old, period_);

        _periods[scheme][periodId] = period_;
        emit PeriodSet(scheme, periodId, old, period_);
    }

    /// @inheritdoc ISchemes
    function period(SchemeId scheme, uint16 periodId) external view returns (Period memory p) {
        p = _periods[scheme][periodId];
        if (p.firstYear == 0) revert SchemesNoPeriod(scheme, periodId);
    }

    function _requirePeriodMayChange(
        SchemeId scheme,
        SchemeInfo memory info,
        uint16 periodId,
        Period memory old,
        Period calldata next
    ) private view {
        bool isNew = old.firstYear == 0;
        bool same = old.firstYear == next.firstYear && old.lastYear == next.lastYear && old.vintage == next.vintage;
        if (!isNew && !same) revert SchemesPeriodFixed(scheme, periodId);

        uint40[3] memory olds = [old.reportDeadline, old.determinationFrom, old.surrenderDeadline];
        uint40[3] memory nexts = [next.reportDeadline, next.determinationFrom, next.surrenderDeadline];
        uint256 earliest = block.timestamp + uint256(info.noticeDays) * 1 days;
        for (uint256 i; i < 3; ++i) {
            if (olds[i] == nexts[i]) continue;
            if (!isNew && olds[i] <= block.timestamp) revert SchemesPeriodFixed(scheme, periodId);
            if (nexts[i] < earliest) revert SchemesNoticeTooShort(scheme, nexts[i], earliest);
        }
    }

    /* CALENDAR */

    /// @inheritdoc ISchemes
    function setTradingDays(SchemeId scheme, uint16 firstWord, uint256[] calldata words) external restricted {
        SchemeInfo memory info = _requireRules(scheme);
        if (words.length > MAX_WORDS) revert SchemesTooMany(words.length, MAX_WORDS);
        uint256 wordLimit = uint256(type(uint16).max) + 1;
        if (firstWord + words.length > wordLimit) revert SchemesTooMany(firstWord + words.length, wordLimit);

        for (uint256 i; i < words.length; ++i) {
            uint256 word = firstWord + i;
            uint256 old = _calendar[scheme][word];
            uint256 changed = old ^ words[i];
            // The lowest changed bit is the first day to change.
            if (changed != 0) _requireNotice(scheme, info, word << 8 | _lowestBit(changed));

            _calendar[scheme][word] = words[i];
            emit TradingDaysSet(scheme, uint16(word), old, words[i]); // checked above
        }
    }

    /// @inheritdoc ISchemes
    function isTradingDay(SchemeId scheme, uint256 day) external view returns (bool) {
        return _calendar[scheme][day >> 8] >> (day & 255) & 1 != 0;
    }

    /// @inheritdoc ISchemes
    function tradingDayWord(SchemeId scheme, uint256 word) external view returns (uint256) {
        return _calendar[scheme][word];
    }

    /// @inheritdoc ISchemes
    function localDay(SchemeId scheme, uint256 time) external view returns (uint256) {
        return _dayOf(time, schemeInfo(scheme).utcOffset);
    }

    function _lowestBit(uint256 bits) private pure returns (uint256 index) {
        bits &= ~bits + 1;
        for (uint256 step = 128; step != 0; step >>= 1) {
            if (bits >> step != 0) {
                bits >>= step;
                index += step;
            }
        }
    }
}
