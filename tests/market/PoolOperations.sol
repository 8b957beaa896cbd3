// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {BookComparison} from "./BookComparison.sol";

/// @dev What changes holding limits: orders of officers, groups, moves of room, units that come and go outside.
abstract contract PoolOperations is BookComparison {
    uint256 internal _roomMoved;
    uint256 internal _limitsSet;
    uint256 internal _groupings;

    function _stepPool() internal {
        uint256 who = _roll(PEOPLE);
        uint256 m = _roll(2);
        uint256 dice = _roll(10);
        if (dice < 3) _stepLimit(who, m);
        else if (dice < 5) _stepMoveRoom(who, m);
        else if (dice < 7) _stepGatherRoom(who, m);
        else if (dice < 8) _stepWindfall(who, m);
        else if (dice < 9) _stepGroup(who);
        else _reckon(who, m);
    }

    function _reckon(uint256 who, uint256 m) private {
        exchange.syncHolding(ParticipantId.wrap(_ids[who]), _markets[m]);
        _model.allot(_ids[who], m, 0);
    }

    /// @dev None, or a little more than what all its members have.
    function _stepLimit(uint256 who, uint256 m) private {
        uint256 limit;
        if (_roll(6) != 0) {
            uint24 group = _model.groupOf(_ids[who]);
            uint256 held;
            for (uint256 i; i < PEOPLE; ++i) {
                if (i != who && (group == 0 || _model.groupOf(_ids[i]) != group)) continue;
                held += _model.person(_ids[i], 0).lots * _model.lotSize(0);
                held += _model.person(_ids[i], 1).lots * _model.lotSize(1);
            }
            limit = 1 + held / _model.lotSize(m) + _roll(120);
        }
        vm.prank(officer);
        exchange.setHoldingLimit(ParticipantId.wrap(_ids[who]), _markets[m], limit);
        _model.orderLimit(_ids[who], m, limit);
        ++_limitsSet;
    }

    function _stepGroup(uint256 who) private {
        uint24 group = uint24(_roll(3)); // 0 = alone
        participants.setGroup(_ids[who], group);
        _model.setGroup(_ids[who], group);
        if (group != 0) ++_groupings;
        if (_roll(2) == 0) _reckon(who, _roll(2));
    }

    /// @dev Units that come from elsewhere or go there: they count from the next reckoning on.
    function _stepWindfall(uint256 who, uint256 m) private {
        uint256 id = UnitId.unwrap(m == 0 ? UNIT : NEXT_UNIT);
        uint256 outside = units.balanceOf(_wallets[who], id);
        assertEq(outside, _model.person(_ids[who], m).outside, "units in the wallet");
        if (outside == 0) {
            outside = 1 + _roll(150);
            units.mint(_wallets[who], id, outside);
        } else {
            vm.prank(_wallets[who]);
            units.safeTransferFrom(_wallets[who], makeAddr("treasury"), id, outside, "");
            outside = 0;
        }
        _model.setOutside(_ids[who], m, outside);
    }

    function _stepMoveRoom(uint256 who, uint256 m) private {
        if (_model.limitOf(_ids[who], m) == 0) _stepLimit(who, m);
        uint256 to = _roll(3) == 0 ? _roll(PEOPLE) : who;
        uint24 group = _model.groupOf(_ids[who]);
        for (uint256 i; i < PEOPLE && group != 0; ++i) {
            if (i != who && _model.groupOf(_ids[i]) == group) to = i;
        }
        uint256 target = to == who && _roll(8) != 0 ? 1 - m : _roll(2);
        uint256 lots = (_roll(12) == 0 ? 0 : 1 + _roll(4)) * (_roll(3) == 0 ? 1 : _model.lotSize(target));
        bytes memory call = abi.encodeCall(_model.moveRoom, (_ids[who], m, _ids[to], target, lots));
        vm.prank(_wallets[who]);
        try limits.moveRoom(_markets[m], ParticipantId.wrap(_ids[to]), _markets[target], lots) {
            _model.moveRoom(_ids[who], m, _ids[to], target, lots);
            ++_roomMoved;
        } catch (bytes memory reason) {
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to move room");
        }
    }

    function _stepGatherRoom(uint256 who, uint256 m) private {
        if (_model.limitOf(_ids[who], m) == 0) _stepLimit(who, m);
        uint256 lots = _roll(60);
        bytes memory call = abi.encodeCall(_model.gather, (_ids[who], m, lots));
        vm.prank(_wallets[who]);
        try limits.gatherRoom(_markets[m], lots) {
            _model.gather(_ids[who], m, lots);
        } catch (bytes memory reason) {
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to gather room");
        }
    }

    /// @dev What the pools say of everybody.
    function _comparePools() internal view {
        for (uint256 i; i < PEOPLE; ++i) {
            for (uint256 m; m < 2; ++m) {
                (, uint256 limit, uint256 others, int256 room) = limits.poolOf(ParticipantId.wrap(_ids[i]), _markets[m]);
                assertEq(int256(limit), _model.limitOf(_ids[i], m), "limit of the pool");
                assertEq(int256(others), _model.othersClaim(_ids[i]), "claims of others");
                assertEq(room, _model.poolRoom(_ids[i], m), "room of the pool");
            }
        }
    }
}
