// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {DateTimeLib} from "solady/utils/DateTimeLib.sol";

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {
    Disclosure,
    DisclosureAhead,
    ISchemes,
    NO_VALUE,
    ParamInput,
    Period,
    PlannedCap,
    Powers,
    SchemeInfo
} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {PackedParam, PackedParamLib} from "../types/PackedParam.sol";

/// @title Schemes
/// @notice Rule values by date, periods, caps, disclosure, trading days, and the powers of officers.
/// @dev One slot each:
///   value       see {PackedParam}: the latest of a key; its `number` is how many there are
///   period      first year 16 · last year 16 · vintage 16 · report 40 · determination 40 · surrender 40
///   disclosure  cap 64 · free 64 · auctioned 64 · at 40 · revision 16
///   ahead       cap 64 · free 64 · auctioned 64 · holds from 40 · revision 16     a revision of a disclosure
///   path        cap 64 · published at 40 · revision 16
///   calendar    256 local days
///   amending    scheme 16                                                          while an amendment runs
/// Times are kept as [s] unix, so that a reader needs no time zone.
contract Schemes is ISchemes, AccessManaged {
    uint256 private constant MAX_CHANGES = 20;
    uint256 private constant MAX_REASON = 1000;
    uint256 private constant MAX_CAPS = 32;
    uint256 private constant MAX_INPUTS = 100;
    uint256 private constant MAX_KEYS = 64;
    uint256 private constant MAX_WORDS = 16;
    uint256 private constant MAX_TEXT = 64;
    /// @dev Dated values of one key: bounds the walk back to an old one.
    uint256 private constant MAX_VALUES = 128;
    uint256 private constant MAX_NOTICE_DAYS = 366;
    int32 private constant MAX_OFFSET = 14 hours;

    mapping(SchemeId scheme => SchemeInfo) private _schemes;
    mapping(address officer => mapping(SchemeId scheme => mapping(uint16 jurisdiction => uint32))) private _offices;
    mapping(SchemeId scheme => uint32 count) private _amendments;
    /// @dev While an amendment runs.
    SchemeId private _amending;
    mapping(SchemeId scheme => mapping(uint16 vintage => Disclosure)) private _disclosures;
    mapping(SchemeId scheme => mapping(uint16 vintage => DisclosureAhead)) private _ahead;
    mapping(SchemeId scheme => mapping(uint16 vintage => PlannedCap)) private _path;
    mapping(SchemeId scheme => mapping(bytes32 key => PackedParam)) private _latest;
    mapping(SchemeId scheme => mapping(bytes32 key => mapping(uint256 number => PackedParam))) private _older;
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

    /// @inheritdoc ISchemes
    function schemeInfo(SchemeId scheme) public view returns (SchemeInfo memory info) {
        info = _schemes[scheme];
        if (info.createdAt == 0) revert SchemesUnknown(scheme);
    }

    /* POWERS OF OFFICERS */

    /// @inheritdoc ISchemes
    function grantOffice(address officer, SchemeId scheme, uint16 jurisdiction, uint32 powers) external restricted {
        schemeInfo(scheme);
        if (officer == address(0) || powers & ~Powers.ALL != 0) revert SchemesBadOffice(officer, powers);

        uint32 old = _offices[officer][scheme][jurisdiction];
        _offices[officer][scheme][jurisdiction] = powers;
        emit OfficeGranted(officer, scheme, jurisdiction, old, powers);
    }

    /// @inheritdoc ISchemes
    function officeOf(address officer, SchemeId scheme, uint16 jurisdiction) external view returns (uint32) {
        return _offices[officer][scheme][jurisdiction];
    }

    /// @inheritdoc ISchemes
    function hasPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) public view returns (bool) {
        uint32 everywhere = _offices[officer][scheme][0];
        if (everywhere & power == power) return true;
        return (everywhere | _offices[officer][scheme][jurisdiction]) & power == power;
    }

    /// @inheritdoc ISchemes
    function checkPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) public view {
        if (!hasPower(officer, scheme, jurisdiction, power)) {
            revert SchemesNoPower(officer, scheme, jurisdiction, power);
        }
    }

    /* AMENDMENTS */

    /// @inheritdoc ISchemes
    function amend(SchemeId scheme, string calldata reason, bytes[] calldata changes) external {
        schemeInfo(scheme);
        if (!hasPower(msg.sender, scheme, 0, Powers.RULES)) checkPower(msg.sender, scheme, 0, Powers.DISCLOSE);
        bool counted = changes.length != 0 && changes.length <= MAX_CHANGES;
        if (!counted || bytes(reason).length == 0 || bytes(reason).length > MAX_REASON) {
            revert SchemesBadAmendment(bytes(reason).length, changes.length);
        }
        if (SchemeId.unwrap(_amending) != 0) revert SchemesAmending(_amending);

        _amending = scheme;
        // Each with this caller and its powers, as if called alone.
        for (uint256 i; i < changes.length; ++i) {
            Address.functionDelegateCall(address(this), changes[i]);
        }
        _amending = SchemeId.wrap(0);
        emit RulesAmended(scheme, ++_amendments[scheme], msg.sender, changes.length, reason);
    }

    /// @inheritdoc ISchemes
    function amendmentCount(SchemeId scheme) external view returns (uint32) {
        return _amendments[scheme];
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
        Horizon.check(fromDay, _dayOf(block.timestamp, info.utcOffset) + Horizon.TERM / 1 days);
        _requireNotice(scheme, info, fromDay);

        PackedParam latest = _latest[scheme][key];
        uint256 number = latest.number();
        uint256 from = _startOf(fromDay, info.utcOffset);
        uint256 oldValue = latest.exists() ? latest.value() : NO_VALUE;
        if (!latest.exists() || from > latest.from()) {
            if (number == MAX_VALUES) revert SchemesTooManyValues(key, MAX_VALUES);
            if (number != 0) _older[scheme][key][number] = latest;
            ++number;
        } else if (from < latest.from()) {
            revert SchemesOutOfOrder(key, fromDay, uint32(_dayOf(latest.from(), info.utcOffset))); // was a uint32 day
        }
        _latest[scheme][key] = PackedParamLib.pack(number, from, value);
        emit ParamSet(scheme, key, fromDay, keyText, oldValue, value, sourceHash);
    }

    /// @inheritdoc ISchemes
    function withdrawParam(SchemeId scheme, bytes32 key) external restricted {
        SchemeInfo memory info = _requireRules(scheme);
        PackedParam latest = _latest[scheme][key];
        if (!latest.exists()) revert SchemesNoParam(scheme, key, block.timestamp);
        uint32 fromDay = uint32(_dayOf(latest.from(), info.utcOffset)); // was a uint32 day
        _requireNotice(scheme, info, fromDay);

        uint256 previous = latest.number() - 1;
        _latest[scheme][key] = _older[scheme][key][previous];
        _older[scheme][key][previous] = PackedParam.wrap(0);
        emit ParamWithdrawn(scheme, key, fromDay, latest.value());
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
        PackedParam word = _latest[scheme][key];
        count = word.number();
        if (index >= count) revert SchemesTooMany(index + 1, count);
        if (index + 1 < count) word = _older[scheme][key][index + 1];
        return (count, word.from(), word.value());
    }

    /// @dev Walks back from the latest value; at most MAX_VALUES steps, none for the value of today.
    function _valueAt(SchemeId scheme, bytes32 key, uint256 atTime) private view returns (uint256) {
        PackedParam word = _latest[scheme][key];
        while (word.exists()) {
            if (atTime >= word.from()) return word.value();
            word = _older[scheme][key][word.number() - 1]; // number 0 is never written
        }
        return NO_VALUE;
    }

    /* PERIODS */

    /// @inheritdoc ISchemes
    function setPeriod(SchemeId scheme, uint16 periodId, Period calldata period_) external restricted {
        SchemeInfo memory info = _requireRules(scheme);
        bool yearsRise = period_.firstYear != 0 && period_.firstYear <= period_.lastYear && period_.vintage != 0;
        bool timesRise = period_.reportDeadline != 0 && period_.reportDeadline <= period_.determinationFrom
            && period_.determinationFrom <= period_.surrenderDeadline;
        if (periodId == 0 || !yearsRise || !timesRise) revert SchemesBadPeriod(periodId, period_);
        Horizon.checkTerm(period_.surrenderDeadline);

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

    /* CAPS */

    /// @inheritdoc ISchemes
    function planCaps(SchemeId scheme, uint16 firstVintage, uint64[] calldata capsT) external restricted {
        SchemeInfo memory info = _requireRules(scheme);
        if (capsT.length > MAX_CAPS) revert SchemesTooMany(capsT.length, MAX_CAPS);
        uint256 yearLimit = uint256(type(uint16).max) + 1;
        if (firstVintage + capsT.length > yearLimit) revert SchemesTooMany(firstVintage + capsT.length, yearLimit);

        for (uint256 i; i < capsT.length; ++i) {
            uint16 vintage = uint16(firstVintage + i); // checked above
            PlannedCap memory planned = _path[scheme][vintage];
            uint64 old = planned.capT;
            if (capsT[i] == old) continue;
            if (_disclosures[scheme][vintage].disclosedAt != 0) revert SchemesCapFixed(scheme, vintage);
            // A year that began before 1970 began before any notice.
            _requireNotice(scheme, info, vintage < 1970 ? 0 : DateTimeLib.dateToEpochDay(vintage, 1, 1));

            if (planned.publishedAt == 0) planned.publishedAt = uint40(block.timestamp); // as above
            else ++planned.revision;
            planned.capT = capsT[i];
            _path[scheme][vintage] = planned;
            emit CapPlanned(scheme, vintage, planned.revision, old, capsT[i]);
        }
    }

    /// @inheritdoc ISchemes
    function plannedCap(SchemeId scheme, uint16 vintage) external view returns (PlannedCap memory) {
        return _path[scheme][vintage];
    }

    /* DISCLOSURE */

    /// @inheritdoc ISchemes
    function disclose(SchemeId scheme, uint16 vintage, uint64 capT, uint64 freeT, uint64 auctionT) external {
        checkPower(msg.sender, scheme, 0, Powers.DISCLOSE);
        if (capT == 0 || uint256(freeT) + auctionT > capT) revert SchemesBadDisclosure(capT, freeT, auctionT);
        uint64 planned = _path[scheme][vintage].capT;
        if (planned != 0 && capT != planned) revert SchemesCapNotPlanned(scheme, vintage, capT, planned);

        Disclosure memory d = disclosure(scheme, vintage);
        if (d.disclosedAt != 0 && schemeInfo(scheme).activatedAt != 0) {
            _revise(scheme, vintage, d, capT, freeT, auctionT);
            return;
        }
        if (d.disclosedAt == 0) d.disclosedAt = uint40(block.timestamp); // as above
        else ++d.revision;
        (d.capT, d.freeT, d.auctionT) = (capT, freeT, auctionT);
        _disclosures[scheme][vintage] = d;
        emit VintageDisclosed(
            scheme,
            vintage,
            d.revision,
            capT,
            freeT,
            auctionT,
            msg.sender,
            uint40(block.timestamp) // as above
        );
    }

    /// @dev `d` holds until the revision takes effect, and replaces the two values it was merged from.
    function _revise(SchemeId scheme, uint16 vintage, Disclosure memory d, uint64 capT, uint64 freeT, uint64 auctionT)
        private
    {
        _requireReason(scheme);
        SchemeInfo memory info = _schemes[scheme];
        uint256 day = _dayOf(block.timestamp, info.utcOffset) + info.noticeDays;
        uint40 holdsFrom = uint40(_startOf(day, info.utcOffset)); // at most a year and a day from now
        uint16 last = _ahead[scheme][vintage].revision;
        uint16 revision = (last > d.revision ? last : d.revision) + 1;
        _disclosures[scheme][vintage] = d;
        _ahead[scheme][vintage] =
            DisclosureAhead({capT: capT, freeT: freeT, auctionT: auctionT, holdsFrom: holdsFrom, revision: revision});
        emit VintageDisclosed(scheme, vintage, revision, capT, freeT, auctionT, msg.sender, holdsFrom);
    }

    /// @inheritdoc ISchemes
    function disclosure(SchemeId scheme, uint16 vintage) public view returns (Disclosure memory d) {
        d = _disclosures[scheme][vintage];
        DisclosureAhead memory ahead = _ahead[scheme][vintage];
        if (ahead.holdsFrom == 0 || block.timestamp < ahead.holdsFrom) return d;
        (d.capT, d.freeT, d.auctionT, d.revision) = (ahead.capT, ahead.freeT, ahead.auctionT, ahead.revision);
    }

    /// @inheritdoc ISchemes
    function disclosureAhead(SchemeId scheme, uint16 vintage) external view returns (DisclosureAhead memory) {
        return _ahead[scheme][vintage];
    }

    /// @inheritdoc ISchemes
    function requireDisclosed(SchemeId scheme, uint16 vintage) external view {
        if (_disclosures[scheme][vintage].disclosedAt == 0) revert SchemesNotDisclosed(scheme, vintage);
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

    /* CHECKS */

    /// @dev Needs the administrative role; in an active scheme also the power RULES over it, and an amendment with a reason.
    function _requireRules(SchemeId scheme) private view returns (SchemeInfo memory info) {
        info = schemeInfo(scheme);
        if (info.activatedAt == 0) return info;
        checkPower(msg.sender, scheme, 0, Powers.RULES);
        _requireReason(scheme);
    }

    /// @dev Of an active scheme.
    function _requireReason(SchemeId scheme) private view {
        if (_amending != scheme) revert SchemesNoReason(scheme);
    }

    function _requireNotice(SchemeId scheme, SchemeInfo memory info, uint256 fromDay) private view {
        if (info.activatedAt == 0) return;
        uint256 earliest = _dayOf(block.timestamp, info.utcOffset) + info.noticeDays;
        if (fromDay < earliest) revert SchemesNoticeTooShort(scheme, fromDay, earliest);
    }

    /// @dev Local day of a time; times before the first local day count as day 0.
    function _dayOf(uint256 time, int32 utcOffset) private pure returns (uint256) {
        int256 local = int256(time) + utcOffset;
        return local < 0 ? 0 : uint256(local) / 1 days;
    }

    /// @dev [s] when local day `day` begins; not before 0.
    function _startOf(uint256 day, int32 utcOffset) private pure returns (uint256) {
        int256 start = int256(day * 1 days) - utcOffset;
        return start < 0 ? 0 : uint256(start);
    }
}
