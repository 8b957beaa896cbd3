// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {
    AllocationReason,
    AllocationRights,
    AllocationState,
    IAllocation,
    obligationRef,
    rulesTime
} from "../../interfaces/compliance/IAllocation.sol";
import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {IEmissionsOracle} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {InstallationStatus, InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, NO_VALUE, ParamKeys, Period, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {Lanes} from "../types/Lanes.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {PPM} from "../types/Ppm.sol";
import {LedgerReceiver} from "./LedgerReceiver.sol";

/// @title Allocation
/// @notice Free allowances by benchmark or by table: pre-allocation, true-up, claw-back, unissued rest, debt; see
/// {IAllocation}.
/// @dev Assumes that the contracts below are this project's own; only {IAllowances-issueBatch} reaches a stranger's code
/// (a wallet's receiver hook, which cannot stop it), and it comes last.
contract Allocation is IAllocation, LedgerReceiver, AccessManaged {
    /// @dev Most installations in a call.
    uint256 private constant MAX_ITEMS = 200;
    /// @dev Most years a true-up sums up.
    uint256 private constant MAX_YEARS = 8;
    /// @dev Benchmarks carry 4 decimals, shares 6.
    uint256 private constant SCALE = 1e10;

    IParticipants public immutable PARTICIPANTS;
    IInstallations public immutable INSTALLATIONS;
    ISchemes public immutable SCHEMES;
    IEmissionsOracle public immutable ORACLE;
    IAllowances public immutable ALLOWANCES;

    mapping(bytes32 scope => mapping(uint256 word => uint256 lanes)) private _amounts;
    mapping(bytes32 scope => mapping(uint256 word => uint256 lanes)) private _unissued;
    mapping(uint256 word => uint256 lanes) private _debts;
    mapping(UnitId allowance => uint256 amount) private _freeIssued;
    mapping(address controller => uint256 rights) private _rights;

    /// @dev The rules of one call: benchmarks are read once for each class.
    struct Rules {
        SchemeId scheme;
        uint256 time;
        uint256 sharePpm;
        bool[256] known;
        uint256[256] power; // [t/MWh × 1e4], NO_VALUE when absent
        uint256[256] heat; //  [t/GJ × 1e4], NO_VALUE when absent
    }

    /// @dev State of one call until it issues.
    struct Batch {
        SchemeId scheme;
        uint16 periodId;
        bytes32 scope; //    key of scheme and period
        UnitId allowance;
        InstallationWord[] words;
        ParticipantId[] operators;
        uint256[] rises; // [t] to issue
        uint256 total; //   [t] sum of them
    }

    /// @param participants the register, which also answers for installations
    constructor(
        address authority_,
        address participants,
        ISchemes schemes,
        IEmissionsOracle oracle,
        IAllowances allowances,
        IExchange exchange
    ) AccessManaged(authority_) LedgerReceiver(exchange) {
        PARTICIPANTS = IParticipants(participants);
        INSTALLATIONS = IInstallations(participants);
        SCHEMES = schemes;
        ORACLE = oracle;
        ALLOWANCES = allowances;
    }

    /* PRE-ALLOCATION */

    /// @inheritdoc IAllocation
    function preAllocate(
        SchemeId scheme,
        uint16 periodId,
        InstallationId[] calldata installations,
        uint64[] calldata lastPowerMwh,
        uint64[] calldata lastHeatGj
    ) external {
        if (installations.length != lastPowerMwh.length) {
            revert AllocationLengthMismatch(installations.length, lastPowerMwh.length);
        }
        if (installations.length != lastHeatGj.length) {
            revert AllocationLengthMismatch(installations.length, lastHeatGj.length);
        }
        Period memory period = SCHEMES.period(scheme, periodId);
        Batch memory batch = _open(scheme, periodId, period.vintage, installations);
        Rules memory rules = _rules(scheme, period.lastYear);
        rules.sharePpm = SCHEMES.param(scheme, ParamKeys.PREALLOCATION_PPM, rules.time);

        uint256 checked = type(uint256).max; // no jurisdiction yet
        for (uint256 i = 0; i < installations.length; ++i) {
            if (batch.words[i].statusOf() != InstallationStatus.Open) {
                revert AllocationInstallationClosed(installations[i]);
            }
            checked = _checkOffice(batch, i, checked);
            _preAllocate(batch, rules, i, installations[i], lastPowerMwh[i], lastHeatGj[i]);
        }
        _issueWithin(batch);
    }

    /// @return jurisdiction of the installation, in which the caller may allocate; `checked` is asked for no more
    function _checkOffice(Batch memory batch, uint256 i, uint256 checked) private view returns (uint256 jurisdiction) {
        jurisdiction = batch.words[i].jurisdictionOf();
        if (jurisdiction == checked) return jurisdiction;
        // A jurisdiction has 16 bits.
        SCHEMES.checkPower(msg.sender, batch.scheme, uint16(jurisdiction), Powers.ALLOCATE);
    }

    /// @dev Issues a batch of an officer, if the free share has room for all of it.
    function _issueWithin(Batch memory batch) private {
        (uint256 room, uint256 freeT) = _room(batch);
        if (batch.total > room) {
            uint256 issued = _freeIssued[batch.allowance] + batch.total;
            revert AllocationFreeShareExceeded(batch.scheme, UnitIdLib.vintageOf(batch.allowance), issued, freeT);
        }
        _issue(batch);
    }

    function _preAllocate(
        Batch memory batch,
        Rules memory rules,
        uint256 i,
        InstallationId installation,
        uint64 powerMwh,
        uint64 heatGj
    ) private {
        InstallationWord word = batch.words[i];
        uint256 amount = _amount(rules, installation, word.classOf(), powerMwh, heatGj);
        _advance(batch, installation, amount, AllocationState.PreAllocated);
        uint256 netted = _net(installation, amount);
        _addRise(batch, i, amount - netted);
        emit AllowancesPreAllocated(
            batch.scheme, batch.periodId, installation, word.operatorOf(), powerMwh, heatGj, amount, netted
        );
    }

    /* TABLE */

    /// @inheritdoc IAllocation
    function allocate(
        SchemeId scheme,
        uint16 periodId,
        InstallationId[] calldata installations,
        uint64[] calldata amounts,
        AllocationReason reason,
        bytes32 reasonHash
    ) external {
        if (installations.length != amounts.length) {
            revert AllocationLengthMismatch(installations.length, amounts.length);
        }
        Batch memory batch = _open(scheme, periodId, SCHEMES.period(scheme, periodId).vintage, installations);
        uint256[] memory falls = new uint256[](installations.length);

        uint256 checked = type(uint256).max; // no jurisdiction yet
        uint256 last = 0;
        for (uint256 i = 0; i < installations.length; ++i) {
            if (InstallationId.unwrap(installations[i]) <= last) revert AllocationOrder(installations[i]);
            last = InstallationId.unwrap(installations[i]);
            checked = _checkOffice(batch, i, checked);
            (uint256 oldAmount, uint256 netted) = _table(batch, i, installations[i], amounts[i]);
            if (amounts[i] < oldAmount) falls[i] = oldAmount - amounts[i];
            emit AllowancesTabled(
                scheme,
                periodId,
                installations[i],
                batch.operators[i],
                oldAmount,
                amounts[i],
                netted,
                reason,
                reasonHash
            );
        }
        _clawBackAll(batch, installations, falls);
        _issueWithin(batch);
    }

    /// @dev Writes an amount of a table and notes its rise.
    function _table(Batch memory batch, uint256 i, InstallationId installation, uint256 amount)
        private
        returns (uint256 oldAmount, uint256 netted)
    {
        if (amount > Lanes.MAX_VALUE) revert AllocationTooLarge(installation, amount);
        AllocationState state;
        (state, oldAmount) = _replace(batch, installation, amount, AllocationState.Tabled);
        bool first = state == AllocationState.None;
        if (!first && (state != AllocationState.Tabled || amount == oldAmount)) {
            revert AllocationAlreadyMade(installation, state);
        }
        if (amount <= oldAmount) return (oldAmount, 0);

        if (batch.words[i].statusOf() != InstallationStatus.Open) revert AllocationInstallationClosed(installation);
        netted = _net(installation, amount - oldAmount);
        _addRise(batch, i, amount - oldAmount - netted);
    }

    /* TRUE-UP */

    /// @inheritdoc IAllocation
    function trueUp(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external {
        Period memory period = SCHEMES.period(scheme, periodId);
        uint256 yearCount = uint256(period.lastYear) - period.firstYear + 1;
        if (yearCount > MAX_YEARS) revert AllocationTooManyYears(periodId, yearCount, MAX_YEARS);
        Batch memory batch = _open(scheme, periodId, period.vintage, installations);
        Rules memory rules = _rules(scheme, period.lastYear);
        rules.sharePpm = PPM;

        uint256[] memory falls = new uint256[](installations.length);
        bool any = false;
        for (uint256 i = 0; i < installations.length; ++i) {
            AllocationState state = _stateOf(batch, installations[i]);
            if (state == AllocationState.Tabled) continue;
            // A call of a stranger, sent ahead, does not undo a batch: what is final is passed over.
            if (state == AllocationState.Final && (any || i + 1 < installations.length)) continue;
            any = true;
            falls[i] = _trueUp(batch, rules, period, i, installations[i]);
        }
        _clawBackAll(batch, installations, falls);

        if (batch.total != 0) {
            (uint256 room,) = _room(batch);
            if (batch.total > room) _fit(batch, installations, room);
        }
        _issue(batch);
    }

    /// @dev Cuts the rises, in the order of the call, to the room under the free share; the rest stays on record.
    function _fit(Batch memory batch, InstallationId[] calldata installations, uint256 room) private {
        batch.total = 0;
        for (uint256 i = 0; i < installations.length; ++i) {
            uint256 rise = batch.rises[i];
            uint256 granted = _min(rise, room);
            room -= granted;
            _addRise(batch, i, granted);
            if (granted == rise) continue;
            _setUnissued(batch, installations[i], rise - granted);
            emit AllowancesUnissued(batch.scheme, batch.periodId, installations[i], batch.operators[i], rise - granted);
        }
    }

    /// @inheritdoc IAllocation
    function issueUnissued(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external {
        Batch memory batch = _open(scheme, periodId, SCHEMES.period(scheme, periodId).vintage, installations);
        (uint256 room,) = _room(batch);
        bool any = false;
        for (uint256 i = 0; i < installations.length; ++i) {
            uint256 owed = unissuedOf(scheme, periodId, installations[i]);
            uint256 netted = _net(installations[i], owed);
            uint256 granted = _min(owed - netted, room);
            uint256 left = owed - netted - granted;
            if (left == owed) {
                // As in a true-up, what was done by a call sent ahead is passed over.
                if (any || i + 1 < installations.length) continue;
                revert AllocationNothingToIssue(installations[i], left);
            }
            any = true;
            room -= granted;
            _setUnissued(batch, installations[i], left);
            _addRise(batch, i, granted);
            emit UnissuedAllowancesIssued(scheme, periodId, installations[i], batch.operators[i], granted, netted, left);
        }

        _issue(batch);
    }

    function _setUnissued(Batch memory batch, InstallationId installation, uint256 amount) private {
        uint256 index = InstallationId.unwrap(installation);
        mapping(uint256 => uint256) storage words = _unissued[batch.scope];
        uint256 number = Lanes.wordOf(index);
        words[number] = Lanes.set(words[number], index, amount, 0); // part of an amount that fits
    }

    /// @return fall how much less than pre-allocated [t]
    function _trueUp(
        Batch memory batch,
        Rules memory rules,
        Period memory period,
        uint256 i,
        InstallationId installation
    ) private returns (uint256 fall) {
        InstallationWord word = batch.words[i];
        (uint256 powerMwh, uint256 heatGj) = _verifiedOutput(installation, period);
        uint256 amount = _amount(rules, installation, word.classOf(), powerMwh, heatGj);
        uint256 oldAmount = _advance(batch, installation, amount, AllocationState.Final);

        uint256 netted = 0;
        if (amount > oldAmount) {
            netted = _net(installation, amount - oldAmount);
            _addRise(batch, i, amount - oldAmount - netted);
        } else {
            fall = oldAmount - amount;
        }
        emit AllocationTruedUp(
            batch.scheme, batch.periodId, installation, word.operatorOf(), powerMwh, heatGj, oldAmount, amount, netted
        );
    }

    /// @dev After every other effect of a batch: units clawed back make room under the free share before any are issued.
    function _clawBackAll(Batch memory batch, InstallationId[] calldata installations, uint256[] memory falls) private {
        for (uint256 i = 0; i < installations.length; ++i) {
            if (falls[i] != 0) _clawBack(batch, installations[i], batch.operators[i], falls[i]);
        }
    }

    /// @dev Wallets, then what is held for the operator, then the ledger, then a debt.
    function _clawBack(Batch memory batch, InstallationId installation, ParticipantId operator, uint256 fall) private {
        bytes32 ref = obligationRef(batch.scheme, batch.periodId, installation);
        uint256 fromWallets = _takeFromWallets(operator, batch.allowance, fall, ref);
        uint256 fromLedger = _takeFromLedger(operator, batch.allowance, fall - fromWallets, ref);
        uint256 toDebt = fall - fromWallets - fromLedger;

        // Units bought elsewhere may pay for an amount netted before: then more comes back than was issued.
        uint256 issued = _freeIssued[batch.allowance];
        _freeIssued[batch.allowance] = issued - _min(issued, fromWallets + fromLedger);
        _addDebt(installation, toDebt);
        emit AllowancesClawedBack(batch.scheme, batch.periodId, installation, operator, fromWallets, fromLedger, toDebt);
    }

    function _takeFromWallets(ParticipantId operator, UnitId allowance, uint256 amount, bytes32 ref)
        private
        returns (uint256 taken)
    {
        address[] memory wallets = PARTICIPANTS.walletsOf(operator); // at most 8
        for (uint256 i = 0; i < wallets.length && taken < amount; ++i) {
            taken += ALLOWANCES.exitFree(wallets[i], allowance, amount - taken, Exit.ClawedBack, ref);
        }
        if (taken == amount) return taken;
        taken += ALLOWANCES.exitFree(HeldAccounts.accountOf(operator), allowance, amount - taken, Exit.ClawedBack, ref);
    }

    function _takeFromLedger(ParticipantId operator, UnitId allowance, uint256 amount, bytes32 ref)
        private
        returns (uint256 taken)
    {
        if (amount == 0) return 0;
        MarketId market = EXCHANGE.marketOf(allowance);
        if (MarketId.unwrap(market) == 0) return 0;
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        // Whole lots only: a remainder becomes debt.
        if (amount < assets.lotSize) return 0;
        taken = EXCHANGE.debitUnits(operator, market, amount / assets.lotSize, address(this)) * assets.lotSize;
        if (taken != 0) ALLOWANCES.exit(address(this), allowance, taken, Exit.ClawedBack, ref);
    }

    /* DEBT */

    /// @inheritdoc IAllocation
    function addDebt(InstallationId installation, uint256 amount, bytes32 ref) external {
        if (_rights[msg.sender] & AllocationRights.DEBT == 0) {
            revert AllocationNotController(msg.sender, AllocationRights.DEBT);
        }

        _addDebt(installation, amount);
        emit AllocationDebtAdded(installation, msg.sender, amount, ref);
    }

    function _addDebt(InstallationId installation, uint256 amount) private {
        if (amount == 0) return;
        _setDebt(installation, debtOf(installation) + amount);
    }

    /// @dev Pays debt out of `amount`, in part when it does not suffice.
    function _net(InstallationId installation, uint256 amount) private returns (uint256 netted) {
        uint256 debt = debtOf(installation);
        if (debt == 0) return 0;
        netted = _min(debt, amount);
        _setDebt(installation, debt - netted);
    }

    function _setDebt(InstallationId installation, uint256 debt) private {
        if (debt > Lanes.MAX_VALUE) revert AllocationTooLarge(installation, debt);
        uint256 index = InstallationId.unwrap(installation);
        uint256 number = Lanes.wordOf(index);
        _debts[number] = Lanes.set(_debts[number], index, debt, 0);
    }

    /* WIRING */

    /// @inheritdoc IAllocation
    function setController(address controller, uint256 rights) external restricted {
        emit AllocationControllerSet(controller, _rights[controller], rights);
        _rights[controller] = rights;
    }

    /* VIEWS */

    /// @inheritdoc IAllocation
    function allocationOf(SchemeId scheme, uint16 periodId, InstallationId installation)
        public
        view
        returns (AllocationState state, uint256 amount)
    {
        uint256 index = InstallationId.unwrap(installation);
        uint256 marks;
        (amount, marks) = Lanes.get(_amounts[_scope(scheme, periodId)][Lanes.wordOf(index)], index);
        return (AllocationState(marks), amount);
    }

    /// @inheritdoc IAllocation
    function unissuedOf(SchemeId scheme, uint16 periodId, InstallationId installation)
        public
        view
        returns (uint256 amount)
    {
        uint256 index = InstallationId.unwrap(installation);
        (amount,) = Lanes.get(_unissued[_scope(scheme, periodId)][Lanes.wordOf(index)], index);
    }

    /// @inheritdoc IAllocation
    function debtOf(InstallationId installation) public view returns (uint256 debt) {
        uint256 index = InstallationId.unwrap(installation);
        (debt,) = Lanes.get(_debts[Lanes.wordOf(index)], index);
    }

    /// @inheritdoc IAllocation
    function freeIssuedOf(SchemeId scheme, uint16 vintage) external view returns (uint256) {
        return _freeIssued[UnitIdLib.encode(UnitIdLib.ALLOWANCE, scheme, vintage, 0)];
    }

    /// @inheritdoc IAllocation
    function amountFor(
        SchemeId scheme,
        uint16 periodId,
        uint8 benchmarkClass,
        uint256 powerMwh,
        uint256 heatGj,
        uint256 sharePpm
    ) external view returns (uint256) {
        Rules memory rules = _rules(scheme, SCHEMES.period(scheme, periodId).lastYear);
        rules.sharePpm = sharePpm;
        return _amount(rules, InstallationId.wrap(0), benchmarkClass, powerMwh, heatGj);
    }

    /// @inheritdoc IAllocation
    function rightsOf(address controller) external view returns (uint256) {
        return _rights[controller];
    }

    /* ENGINE */

    function _rules(SchemeId scheme, uint16 year) private pure returns (Rules memory rules) {
        rules.scheme = scheme;
        rules.time = rulesTime(year);
    }

    /// @dev Rounds down for each product: the operator bears less than 1 t each. Checked arithmetic bounds the rest.
    function _amount(Rules memory rules, InstallationId installation, uint8 class, uint256 powerMwh, uint256 heatGj)
        private
        view
        returns (uint256 amount)
    {
        if (class == 0) return 0;
        if (!rules.known[class]) _readBenchmarks(rules, installation, class);
        if (powerMwh != 0) {
            // Absent benchmark: the scheme's own error names the key.
            if (rules.power[class] == NO_VALUE) SCHEMES.param(rules.scheme, ParamKeys.power(class), rules.time);
            amount = powerMwh * rules.power[class] * rules.sharePpm / SCALE;
        }
        if (heatGj != 0) {
            if (rules.heat[class] == NO_VALUE) SCHEMES.param(rules.scheme, ParamKeys.heat(class), rules.time);
            amount += heatGj * rules.heat[class] * rules.sharePpm / SCALE;
        }
        if (amount > Lanes.MAX_VALUE) revert AllocationTooLarge(installation, amount);
    }

    function _readBenchmarks(Rules memory rules, InstallationId installation, uint8 class) private view {
        bytes32[] memory keys = new bytes32[](2);
        keys[0] = ParamKeys.power(class);
        keys[1] = ParamKeys.heat(class);
        if (keys[0] == 0 || keys[1] == 0) revert AllocationClassUnknown(installation, class);
        uint256[] memory values = SCHEMES.paramsAt(rules.scheme, keys, rules.time);
        (rules.known[class], rules.power[class], rules.heat[class]) = (true, values[0], values[1]);
    }

    function _verifiedOutput(InstallationId installation, Period memory period)
        private
        view
        returns (uint256 powerMwh, uint256 heatGj)
    {
        for (uint256 year = period.firstYear; year <= period.lastYear; ++year) {
            // A year of a period fits 16 bits.
            (bool isFinal,, uint256 mwh, uint256 gj) = ORACLE.finalReport(installation, uint16(year));
            if (!isFinal) revert AllocationReportNotFinal(installation, uint16(year));
            powerMwh += mwh;
            heatGj += gj;
        }
    }

    /* BATCHES */

    /// @dev Bounds the call, asks for the installations and refuses those of another scheme.
    function _open(SchemeId scheme, uint16 periodId, uint16 vintage, InstallationId[] calldata installations)
        private
        view
        returns (Batch memory batch)
    {
        uint256 count = installations.length;
        if (count == 0 || count > MAX_ITEMS) revert AllocationBadCount(count, MAX_ITEMS);
        SCHEMES.requireDisclosed(scheme, vintage);
        batch.scheme = scheme;
        batch.periodId = periodId;
        batch.scope = _scope(scheme, periodId);
        batch.allowance = UnitIdLib.encode(UnitIdLib.ALLOWANCE, scheme, vintage, 0);
        batch.rises = new uint256[](count);
        batch.words = INSTALLATIONS.installationWords(installations);
        batch.operators = new ParticipantId[](count);
        for (uint256 i = 0; i < count; ++i) {
            SchemeId actual = batch.words[i].schemeOf();
            if (actual != scheme) revert AllocationWrongScheme(installations[i], scheme, actual);
            batch.operators[i] = batch.words[i].operatorOf();
        }
    }

    function _stateOf(Batch memory batch, InstallationId installation) private view returns (AllocationState) {
        uint256 index = InstallationId.unwrap(installation);
        (, uint256 marks) = Lanes.get(_amounts[batch.scope][Lanes.wordOf(index)], index);
        return AllocationState(marks);
    }

    /// @dev Writes the new amount and state, which must be a later one.
    function _advance(Batch memory batch, InstallationId installation, uint256 amount, AllocationState next)
        private
        returns (uint256 oldAmount)
    {
        AllocationState state;
        (state, oldAmount) = _replace(batch, installation, amount, next);
        if (state >= next) revert AllocationAlreadyMade(installation, state);
    }

    /// @dev Writes amount and state; callers refuse afterwards where what stood there must stand. `amount` fits a lane:
    /// they have compared it.
    function _replace(Batch memory batch, InstallationId installation, uint256 amount, AllocationState next)
        private
        returns (AllocationState state, uint256 oldAmount)
    {
        uint256 index = InstallationId.unwrap(installation);
        mapping(uint256 => uint256) storage amounts = _amounts[batch.scope];
        uint256 number = Lanes.wordOf(index);
        uint256 lanes = amounts[number];
        uint256 marks;
        (oldAmount, marks) = Lanes.get(lanes, index);
        state = AllocationState(marks);
        amounts[number] = Lanes.set(lanes, index, amount, uint256(next));
    }

    function _addRise(Batch memory batch, uint256 i, uint256 amount) private pure {
        batch.rises[i] = amount;
        batch.total += amount;
    }

    /// @return room [t] under the disclosed free share, which a revision may have put below what was issued
    function _room(Batch memory batch) private view returns (uint256 room, uint256 freeT) {
        freeT = SCHEMES.disclosure(batch.scheme, UnitIdLib.vintageOf(batch.allowance)).freeT;
        uint256 issued = _freeIssued[batch.allowance];
        if (issued < freeT) room = freeT - issued;
    }

    /// @dev The last step of a batch, whose total the free share has room for.
    function _issue(Batch memory batch) private {
        if (batch.total == 0) return;
        _freeIssued[batch.allowance] += batch.total;
        bytes32 ref = obligationRef(batch.scheme, batch.periodId, InstallationId.wrap(0));
        ALLOWANCES.issueBatch(batch.operators, batch.allowance, batch.rises, ref);
    }

    function _scope(SchemeId scheme, uint16 periodId) private pure returns (bytes32) {
        return obligationRef(scheme, periodId, InstallationId.wrap(0));
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
