// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IFoundedManager} from "../../interfaces/rules/IFoundedManager.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {MarketInsiders} from "./MarketInsiders.sol";

/// @dev The offices of a founded market, and the contracts that its guardian pauses, the exchange first.
struct Offices {
    IFoundedManager manager;
    address administrator;
    address guardian;
    address[] pausables;
}

/// @title GuardianInsiders
/// @notice A guardian, an administrator and the controllers it appoints; books of pauses and of waiting appointments.
abstract contract GuardianInsiders is MarketInsiders {
    uint256 internal constant EXCHANGE = 0; // among the pausable contracts
    uint256 internal constant BLOCKS = 1;
    uint256 private constant LONGEST = 1 days;
    uint256 private constant REST = 2 days;
    uint256 private constant LAPSE = 7 days; // of an appointment that is not made
    uint256 private constant DEBIT = 1;

    struct Pause {
        uint256 until;
        uint256 next; // earliest beginning of another
        bool ended;
    }

    struct Appointment {
        address appointee;
        uint256 from; // earliest effect
        bool over; //    made or cancelled
    }

    Offices private _o;
    mapping(uint256 which => Pause) private _pauses;
    Appointment[] private _appointments;

    constructor(Offices memory offices) {
        _o = offices;
        _add("pause", GuardianInsiders.pause.selector);
        _add("end a pause", GuardianInsiders.unpause.selector);
        _add("schedule an appointment", GuardianInsiders.schedule.selector);
        _add("appoint too early", GuardianInsiders.appointEarly.selector);
        _add("appoint", GuardianInsiders.appoint.selector);
        _add("cancel an appointment", GuardianInsiders.cancelAppointment.selector);
    }

    /* PAUSES */

    /// @dev Promises: by the guardian alone, for a day at most, not again within two days of its end; no balance moves.
    function pause(uint256 which, uint256 length, uint256 chance) external counted {
        which %= _o.pausables.length;
        _needs(chance % 4 == 0);
        address target = _o.pausables[which];
        length = bound(length, 1, LONGEST);
        bytes memory data = abi.encodeCall(IPausable.pause, (LONGEST + length));
        _refused(_o.guardian, target, data, "a pause without a bound");
        data = abi.encodeCall(IPausable.pause, (length));
        _refused(_o.administrator, target, data, "an administrator paused a contract");
        Pause storage p = _pauses[which];
        if (block.timestamp < p.next) {
            _refused(_o.guardian, target, data, "a pause was renewed at once");
            vm.assume(false);
        }
        _remember();
        _as(_o.guardian, target, data);
        (p.until, p.next, p.ended) = (block.timestamp + length, block.timestamp + length + REST, false);
        _nothingMoved("a guardian moved a balance");
    }

    function unpause(uint256 which) external counted {
        which %= _o.pausables.length;
        _needs(isPaused(which));
        bytes memory data = abi.encodeCall(IPausable.unpause, ());
        _refused(_wallet(0), _o.pausables[which], data, "a trader ended a pause");
        _remember();
        _as(_o.guardian, _o.pausables[which], data);
        _pauses[which].ended = true;
        _nothingMoved("a guardian moved a balance");
    }

    function isPaused(uint256 which) public view returns (bool) {
        return pausedUntil(which) != 0;
    }

    /// @return until 0 when no pause is in force
    function pausedUntil(uint256 which) public view returns (uint256 until) {
        Pause storage p = _pauses[which];
        return block.timestamp < p.until && !p.ended ? p.until : 0;
    }

    function pausables() external view returns (address[] memory) {
        return _o.pausables;
    }

    /// @dev Tries an exit that a pause stops, and discards the act.
    function _stoppedByPause(uint256 which, address who, bytes memory data) internal {
        if (!isPaused(which)) return;
        _refused(who, _o.pausables[which], data, "an exit while it is paused");
        vm.assume(false);
    }

    /* APPOINTMENTS */

    /// @dev Of a controller that may debit accounts. It waits: nothing is appointed at once.
    function schedule(uint256 chance) external counted {
        uint256 waiting = 0;
        for (uint256 i = 0; i < _appointments.length; ++i) {
            if (_waits(_appointments[i])) ++waiting;
        }
        _needs(chance % 2 == 0 && waiting < 2);
        address appointee = address(uint160(0xA99000000 + _appointments.length));
        bytes memory data = _appointing(appointee);
        _refused(_o.administrator, address(_exchange()), data, "an appointment did not wait");
        bytes memory scheduling = abi.encodeCall(_o.manager.schedule, (address(_exchange()), data, 0));
        _refused(_wallet(0), address(_o.manager), scheduling, "a trader scheduled an appointment");
        _as(_o.administrator, address(_o.manager), scheduling);
        _appointments.push(Appointment(appointee, block.timestamp + _o.manager.delay(), false));
    }

    /// @dev Promise: until its delay is over, an appointment has no effect on any path.
    function appointEarly(uint256 which, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        Appointment storage a = _appointments[_some(which, false)];
        bytes memory data = _appointing(a.appointee);
        _refused(_o.administrator, address(_exchange()), data, "an appointment took effect before its delay");
        bytes memory executing = abi.encodeCall(_o.manager.execute, (address(_exchange()), data));
        _refused(_o.administrator, address(_o.manager), executing, "an appointment took effect before its delay");
        bytes memory debiting = abi.encodeCall(_exchange().debitUnits, (_id(0), _market(), 1, a.appointee));
        _refused(a.appointee, address(_exchange()), debiting, "an appointee acted before its delay");
    }

    function appoint(uint256 which) external counted {
        Appointment storage a = _appointments[_some(which, true)];
        _remember();
        _as(_o.administrator, address(_exchange()), _appointing(a.appointee));
        a.over = true;
        _nothingMoved("an appointment moved a balance");
    }

    /// @dev Promise: the guardian stops every waiting appointment, and it stays stopped.
    function cancelAppointment(uint256 which, uint256 chance) external counted {
        _needs(chance % 16 == 0);
        Appointment storage a = _appointments[_some(which, chance % 32 == 0)];
        bytes memory data = _appointing(a.appointee);
        bytes memory cancelling = abi.encodeCall(_o.manager.cancel, (_o.administrator, address(_exchange()), data));
        _refused(_wallet(0), address(_o.manager), cancelling, "a trader cancelled an appointment");
        _as(_o.guardian, address(_o.manager), cancelling);
        a.over = true;
        _refused(_o.administrator, address(_exchange()), data, "a cancelled appointment took effect");
    }

    function _appointing(address appointee) private view returns (bytes memory) {
        return abi.encodeCall(_exchange().setController, (appointee, DEBIT));
    }

    /// @dev A waiting appointment, before or after its delay; discards the act where there is none.
    function _some(uint256 which, bool ready) private view returns (uint256) {
        uint256 count = _appointments.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 one = (which % 64 + i) % count;
            if (_waits(_appointments[one]) && block.timestamp >= _appointments[one].from == ready) return one;
        }
        vm.assume(false);
        return 0;
    }

    function _waits(Appointment storage a) private view returns (bool) {
        return !a.over && block.timestamp < a.from + LAPSE;
    }
}
