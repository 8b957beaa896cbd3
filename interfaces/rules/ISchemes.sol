// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../types/Ids.sol";

/// @dev Bits of an officer's `powers`; each holds within one scheme and one jurisdiction (or all).
library Powers {
    uint32 internal constant DISCLOSE = 1; //    cap, free and auctioned share of a vintage
    uint32 internal constant ALLOCATE = 2; //    pre-allocate and true up
    uint32 internal constant DETERMINE = 4; //   conservative determination where a report is missing
    uint32 internal constant PENALISE = 8; //    notice, decision and debit of penalties
    uint32 internal constant MARKET = 16; //     list, open, halt, resume
    uint32 internal constant FREEZE = 32; //     freeze and force transfers
    uint32 internal constant ACCREDIT = 64; //   verification bodies and their persons
    uint32 internal constant ISSUE = 128; //     credits from final monitoring reports
    uint32 internal constant REGISTER = 256; //  projects and methodologies
    uint32 internal constant DISPUTE = 512; //   open and decide disputes about reports
    uint32 internal constant RULES = 1024; //    parameters, periods, calendar of an active scheme
    uint32 internal constant METER = 2048; //    nodes, meters and their oracles
    uint32 internal constant CREDIT = 4096; //   energy credits: series, collateral, issue and reclaim
    uint32 internal constant ALL = 8191;
}

/// @dev Keys several contracts share: `keccak256` of the text a rule pack writes. Shares are parts per million [ppm].
library ParamKeys {
    bytes32 internal constant POWER_COAL_GT300 = keccak256("benchmark.power.coal_gt300"); //                     class 1
    bytes32 internal constant POWER_COAL_LE300 = keccak256("benchmark.power.coal_le300"); //                     class 2
    bytes32 internal constant POWER_UNCONVENTIONAL_COAL = keccak256("benchmark.power.unconventional_coal"); //   class 3
    bytes32 internal constant POWER_GAS = keccak256("benchmark.power.gas"); //                                   class 4
    bytes32 internal constant HEAT_COAL = keccak256("benchmark.heat.coal"); //                                   classes 1-3
    bytes32 internal constant HEAT_GAS = keccak256("benchmark.heat.gas"); //                                     class 4
    bytes32 internal constant PREALLOCATION_PPM = keccak256("allocation.preallocation_ppm");
    bytes32 internal constant CAP_OVER_FREE_PPM = keccak256("obligation.cap_over_free_ppm");
    bytes32 internal constant GAS_DEFICIT_EXEMPT = keccak256("obligation.gas_deficit_exempt"); //                0 or 1
    bytes32 internal constant OFFSET_LIMIT_PPM = keccak256("offset.limit_ppm");
    bytes32 internal constant PENALTY_MIN_CENTS = keccak256("penalty.min_cents");
    bytes32 internal constant PENALTY_MAX_CENTS = keccak256("penalty.max_cents");
    bytes32 internal constant PENALTY_DEDUCTION_PPM = keccak256("penalty.deduction_ppm");
    bytes32 internal constant DISPUTE_WINDOW_S = keccak256("mrv.dispute_window_s"); //                           [s]

    /// @dev Key of the power benchmark [t/MWh × 1e4] of a class; 0 for a class that has none.
    function power(uint8 benchmarkClass) internal pure returns (bytes32) {
        if (benchmarkClass == 1) return POWER_COAL_GT300;
        if (benchmarkClass == 2) return POWER_COAL_LE300;
        if (benchmarkClass == 3) return POWER_UNCONVENTIONAL_COAL;
        if (benchmarkClass == 4) return POWER_GAS;
        return 0;
    }

    /// @dev Key of the heat benchmark [t/GJ × 1e4] of a class; 0 for a class that has none.
    function heat(uint8 benchmarkClass) internal pure returns (bytes32) {
        if (benchmarkClass == 4) return HEAT_GAS;
        return benchmarkClass == 0 || benchmarkClass > 4 ? bytes32(0) : HEAT_COAL;
    }
}

/// @dev A parameter set with this value has none from that day on. Values are below it.
uint256 constant NO_VALUE = type(uint192).max;

/// @dev One dated value, as {ISchemes-setParams} takes it.
struct ParamInput {
    bytes32 key; //        keccak256(bytes(keyText))
    string keyText; //     1 to 64 bytes
    uint32 fromDay; //     first local day of validity, days since 1970-01-01 in the scheme's zone
    uint256 value; //      in the unit the key's text implies; {NO_VALUE} ends the parameter
    bytes32 sourceHash; // hash of the source text in the rule pack
}

/// @dev A compliance period: one slot. Times are [s] unix, inclusive: "until" means `block.timestamp <= deadline`.
struct Period {
    uint16 firstYear;
    uint16 lastYear;
    uint16 vintage; //           of the allowances issued for it
    uint40 reportDeadline; //    [s] last moment for reports
    uint40 determinationFrom; // [s] from when the authority may determine missing reports
    uint40 surrenderDeadline; // [s] last moment to surrender without shortfall
}

/// @dev Disclosure of a vintage; amounts in the scheme's measure (China: t).
struct Disclosure {
    uint64 capT;
    uint64 freeT;
    uint64 auctionT;
    uint40 disclosedAt; // [s] of the first disclosure; 0 never
    uint16 revision; //    0 for the first
}

/// @dev Planned cap of a coming vintage: one slot.
struct PlannedCap {
    uint64 capT;
    uint40 publishedAt; // [s] of the first publication; 0 never
    uint16 revision; //    0 for the first
}

/// @dev A revision of a disclosure that does not hold yet: one slot.
struct DisclosureAhead {
    uint64 capT;
    uint64 freeT;
    uint64 auctionT;
    uint40 holdsFrom; // [s]; 0 none was ever announced
    uint16 revision;
}

/// @dev A scheme's own slot.
struct SchemeInfo {
    int32 utcOffset; //    [s] east of UTC
    uint16 noticeDays; //  [days] between publishing a change and the first day it may hold
    uint40 createdAt; //   [s]
    uint40 activatedAt; // [s]; 0 while it is being set up
}

/// @title ISchemes
/// @notice Rule values by date, periods, caps, disclosure, trading days, and the powers of officers.
/// @dev While a scheme is set up its numbers are free to change; {activate} ends that for good, and from then on a change
/// holds at the earliest `noticeDays` after the day it was published, and is made in an {amend} with a reason. The past
/// never changes.
/// @dev Dates: a value, a trading day or a deadline has its own; the cap of a vintage holds from 1 January of its year.
interface ISchemes {
    /// @notice Emitted when a scheme is created, empty.
    /// @param packHash hash of the rule pack file it is set up from
    event SchemeCreated(SchemeId indexed scheme, string name, int32 utcOffset, uint16 noticeDays, bytes32 packHash);

    /// @notice Emitted when set-up ends and notice begins to bind.
    event SchemeActivated(SchemeId indexed scheme);

    /// @notice Emitted for each dated value.
    /// @param fromDay first local day it holds
    /// @param oldValue value of that day until now; {NO_VALUE} when there was none
    event ParamSet(
        SchemeId indexed scheme,
        bytes32 indexed key,
        uint32 indexed fromDay,
        string keyText,
        uint256 oldValue,
        uint256 value,
        bytes32 sourceHash
    );

    /// @notice Emitted when a value that does not hold yet is taken back.
    event ParamWithdrawn(SchemeId indexed scheme, bytes32 indexed key, uint32 indexed fromDay, uint256 value);

    /// @notice Emitted when a period is set or its dates move.
    event PeriodSet(SchemeId indexed scheme, uint16 indexed periodId, Period oldPeriod, Period period);

    /// @notice Emitted when cap, free and auctioned share of a vintage are disclosed or revised.
    /// @param holdsFrom [s] of this block, but for a revision in an active scheme, which waits for the notice
    event VintageDisclosed(
        SchemeId indexed scheme,
        uint16 indexed vintage,
        uint16 indexed revision,
        uint64 capT,
        uint64 freeT,
        uint64 auctionT,
        address officer,
        uint40 holdsFrom
    );

    /// @notice Emitted for each vintage whose cap is published, changed or (0) taken off the path.
    event CapPlanned(
        SchemeId indexed scheme, uint16 indexed vintage, uint16 indexed revision, uint64 oldCapT, uint64 capT
    );

    /// @notice Emitted after the events of the changes it gives the reason for.
    /// @param number of the scheme's amendments, from 1
    /// @param changes how many calls it was made of
    event RulesAmended(
        SchemeId indexed scheme, uint32 indexed number, address indexed officer, uint256 changes, string reason
    );

    /// @notice Emitted for each word of 256 local days.
    event TradingDaysSet(SchemeId indexed scheme, uint16 indexed word, uint256 oldDays, uint256 tradingDays);

    /// @notice Emitted when an officer's powers in a scheme and jurisdiction (0: all) change.
    event OfficeGranted(
        address indexed officer, SchemeId indexed scheme, uint16 indexed jurisdiction, uint32 oldPowers, uint32 powers
    );

    /// @notice Thrown when the scheme does not exist.
    error SchemesUnknown(SchemeId scheme);
    /// @notice Thrown when the scheme exists already.
    error SchemesExists(SchemeId scheme);
    /// @notice Thrown for scheme 0, a zone beyond 14 hours, a notice of no day or beyond a year, or a name that is empty or
    /// beyond 64 bytes.
    error SchemesBadScheme(SchemeId scheme, int32 utcOffset, uint16 noticeDays);
    /// @notice Thrown when the scheme is active already.
    error SchemesActive(SchemeId scheme);
    /// @notice Thrown when a parameter has no value at that time.
    error SchemesNoParam(SchemeId scheme, bytes32 key, uint256 atTime);
    /// @notice Thrown when the key is not the hash of its text, or the text is empty or beyond 64 bytes.
    error SchemesKeyMismatch(bytes32 key, string keyText);
    /// @notice Thrown when a value does not fit.
    error SchemesValueTooLarge(bytes32 key, uint256 value, uint256 limit);
    /// @notice Thrown when a value would take effect before the latest scheduled one.
    error SchemesOutOfOrder(bytes32 key, uint32 fromDay, uint32 latestDay);
    /// @notice Thrown when a change would take effect inside the notice period: local days, or [s] for a deadline.
    error SchemesNoticeTooShort(SchemeId scheme, uint256 from, uint256 earliest);
    /// @notice Thrown when a key has had all the values it may have.
    error SchemesTooManyValues(bytes32 key, uint256 limit);
    /// @notice Thrown when a call carries more items than its bound.
    error SchemesTooMany(uint256 count, uint256 limit);
    /// @notice Thrown when a period's years or times are out of order, or its number is 0.
    error SchemesBadPeriod(uint16 periodId, Period period);
    /// @notice Thrown when years or vintage of a period change after activation, or a date that has passed.
    error SchemesPeriodFixed(SchemeId scheme, uint16 periodId);
    /// @notice Thrown when the period does not exist.
    error SchemesNoPeriod(SchemeId scheme, uint16 periodId);
    /// @notice Thrown when a cap is 0 or smaller than its free and auctioned parts.
    error SchemesBadDisclosure(uint64 capT, uint64 freeT, uint64 auctionT);
    /// @notice Thrown when a cap is disclosed that is not the one the published path has.
    error SchemesCapNotPlanned(SchemeId scheme, uint16 vintage, uint64 capT, uint64 plannedT);
    /// @notice Thrown when the cap of a vintage that was disclosed would change on the path.
    error SchemesCapFixed(SchemeId scheme, uint16 vintage);
    /// @notice Thrown when an active scheme is changed outside an amendment, which alone has a reason.
    error SchemesNoReason(SchemeId scheme);
    /// @notice Thrown when an amendment has no reason, one beyond 1,000 bytes, no change or more than 20.
    error SchemesBadAmendment(uint256 reasonBytes, uint256 changes);
    /// @notice Thrown when an amendment is made within another.
    error SchemesAmending(SchemeId scheme);
    /// @notice Thrown when the vintage was never disclosed.
    error SchemesNotDisclosed(SchemeId scheme, uint16 vintage);
    /// @notice Thrown when `officer` lacks `power` there.
    error SchemesNoPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power);
    /// @notice Thrown when powers hold an unknown bit or the officer is the zero address.
    error SchemesBadOffice(address officer, uint32 powers);

    /// @notice Creates an empty scheme. Restricted.
    /// @param name 1 to 64 bytes; in the event only
    /// @param utcOffset [s] east of UTC
    /// @param noticeDays [days] of notice once active; 1 to 366
    function createScheme(SchemeId scheme, string calldata name, int32 utcOffset, uint16 noticeDays, bytes32 packHash)
        external;

    /// @notice Ends set-up for good. Restricted.
    function activate(SchemeId scheme) external;

    /// @notice Sets a value from a local day on. Restricted; once active also the power RULES, and notice.
    /// @dev A value for the latest day already set replaces it; an earlier day reverts.
    function setParam(
        SchemeId scheme,
        bytes32 key,
        string calldata keyText,
        uint32 fromDay,
        uint256 value,
        bytes32 sourceHash
    ) external;

    /// @notice The same for at most 100 values.
    function setParams(SchemeId scheme, ParamInput[] calldata inputs) external;

    /// @notice Takes back the latest value of a key while its day is still beyond the notice. Restricted as {setParam}.
    function withdrawParam(SchemeId scheme, bytes32 key) external;

    /// @notice Sets a period, or moves its dates. Restricted as {setParam}; once active only dates still to come can move,
    /// and to a time beyond the notice.
    function setPeriod(SchemeId scheme, uint16 periodId, Period calldata period_) external;

    /// @notice Sets trading days, 256 local days a word; at most 16 words. Restricted as {setParam}; once active no day
    /// within the notice changes.
    /// @param firstWord bit `d % 256` of word `d / 256` is local day `d` since 1970-01-01; 1 trades
    function setTradingDays(SchemeId scheme, uint16 firstWord, uint256[] calldata words) external;

    /// @notice Changes an active scheme: several calls of this contract about it, all or nothing, for one stated reason.
    /// Caller: the role and power that each call needs, and power RULES or DISCLOSE in all of the scheme.
    /// @param reason 1 to 1,000 bytes; in the event only
    /// @param changes 1 to 20 encoded calls: {setParam}, {setParams}, {withdrawParam}, {setPeriod}, {setTradingDays},
    /// {planCaps} and revisions by {disclose}
    function amend(SchemeId scheme, string calldata reason, bytes[] calldata changes) external;

    /// @notice Publishes the caps of vintages that follow each other, at most 32, or changes them; 0 takes a vintage off the
    /// path. Restricted as {setParam}; once active no cap changes whose year begins within the notice.
    /// @param capsT of `firstVintage`, of the year after it, and so on
    function planCaps(SchemeId scheme, uint16 firstVintage, uint64[] calldata capsT) external;

    /// @notice Discloses cap, free and auctioned share of a vintage, or revises them. Caller: power DISCLOSE, all
    /// jurisdictions of the scheme.
    /// @dev Where a path was published the cap is the path's. A revision in an active scheme is part of an {amend} and holds
    /// from the first second of the day that ends the notice; another one before that takes its place.
    function disclose(SchemeId scheme, uint16 vintage, uint64 capT, uint64 freeT, uint64 auctionT) external;

    /// @notice Sets (not adds) an officer's powers in a scheme and jurisdiction (0: all). 0 powers dismisses. Restricted.
    function grantOffice(address officer, SchemeId scheme, uint16 jurisdiction, uint32 powers) external;

    /// @notice The value that holds at `atTime` [s]; reverts when there is none. One slot read for the latest value.
    function param(SchemeId scheme, bytes32 key, uint256 atTime) external view returns (uint256);

    /// @notice The value that holds at `atTime` [s], or `fallback_` when there is none.
    function paramOr(SchemeId scheme, bytes32 key, uint256 atTime, uint256 fallback_) external view returns (uint256);

    /// @notice Several values in one call, at most 64; {NO_VALUE} for a key that has none.
    function paramsAt(SchemeId scheme, bytes32[] calldata keys, uint256 atTime) external view returns (uint256[] memory);

    /// @notice How many dated values a key has, and the `index`-th of them (oldest 0).
    function paramHistory(SchemeId scheme, bytes32 key, uint256 index)
        external
        view
        returns (uint256 count, uint256 fromTime, uint256 value);

    /// @notice The period; reverts when there is none.
    function period(SchemeId scheme, uint16 periodId) external view returns (Period memory);

    /// @notice The valid disclosure of a vintage; all zero when there is none.
    function disclosure(SchemeId scheme, uint16 vintage) external view returns (Disclosure memory);

    /// @notice The last revision announced, which may hold by now; all zero when none was.
    function disclosureAhead(SchemeId scheme, uint16 vintage) external view returns (DisclosureAhead memory);

    /// @notice The published cap of a vintage; all zero when none.
    function plannedCap(SchemeId scheme, uint16 vintage) external view returns (PlannedCap memory);

    /// @notice How many amendments an active scheme has had.
    function amendmentCount(SchemeId scheme) external view returns (uint32);

    /// @notice Reverts when the vintage was never disclosed.
    function requireDisclosed(SchemeId scheme, uint16 vintage) external view;

    /// @notice Whether local day `day` (since 1970-01-01) trades; a day not listed does not.
    function isTradingDay(SchemeId scheme, uint256 day) external view returns (bool);

    /// @notice 256 local days: bit `d % 256` of word `d / 256`.
    function tradingDayWord(SchemeId scheme, uint256 word) external view returns (uint256);

    /// @notice Local day of `time` [s] in the scheme's zone, since 1970-01-01.
    function localDay(SchemeId scheme, uint256 time) external view returns (uint256);

    /// @notice The scheme's own slot; reverts when it does not exist.
    function schemeInfo(SchemeId scheme) external view returns (SchemeInfo memory);

    /// @notice The powers granted for exactly this scheme and jurisdiction.
    function officeOf(address officer, SchemeId scheme, uint16 jurisdiction) external view returns (uint32 powers);

    /// @notice Whether `officer` has every bit of `power` in `jurisdiction`, there or in all of the scheme.
    function hasPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) external view returns (bool);

    /// @notice Reverts unless {hasPower}.
    function checkPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power) external view;
}
