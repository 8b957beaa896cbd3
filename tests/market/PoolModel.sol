// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";

/// @title PoolModel
/// @notice Part of the plain model: what people have in two markets of a class, and what their pools let them have.
/// @dev Market 0 is the one with the book; market 1 only keeps lots and cash. Amounts of a pool are units, of an account lots.
/// Nothing is kept in totals: what others claim of a group's pool is summed up when it is asked for.
abstract contract PoolModel {
    /// @dev What one participant has in one market.
    struct Person {
        uint256 lots;
        uint256 cash;
        uint256 bought;
        int256 share; //    lots it may have here; NONE = any number
        bool begun; //      a share was reckoned
        uint256 held; //    lots that lie with desks and still are its own
        uint256 outside; // units of this market in its wallet
        bool frozen;
        uint256 voids; //   how often all its orders were ended at once
    }

    /// @dev What a member of a group was last reckoned to have of the group's pool.
    struct Claim {
        uint24 group;
        int256 units;
    }

    error ModelRefused(bytes4 why);

    int256 public constant NONE = type(int256).max;

    mapping(uint24 who => Person)[2] internal _in;
    uint24[] internal _everybody;
    uint256[2] public lotSize;
    uint256 public ruledLimit; // of the book's market, by its rules [lots]; the other market's rules have none
    mapping(uint24 who => uint24) public groupOf;
    mapping(uint24 who => Claim) internal _claims;
    mapping(uint24 who => uint256 units) internal _orderedAlone;
    mapping(uint24 group => uint256 units) internal _orderedGroup;

    // What happened, so that a run that never reaches a case is noticed.
    uint256 public gathered; // orders and settlements for which room came from another account
    uint256 public claims;

    function person(uint24 who, uint256 m) external view returns (Person memory) {
        return _in[m][who];
    }

    function room(uint24 who, uint256 m) public view returns (int256) {
        Person storage p = _in[m][who];
        return p.share == NONE ? NONE : p.share - int256(p.lots);
    }

    function setGroup(uint24 who, uint24 group) external {
        groupOf[who] = group;
    }

    /// @dev Units that reach or leave a wallet by other ways than the Exchange.
    function setOutside(uint24 who, uint256 m, uint256 units) external {
        _in[m][who].outside = units;
    }

    function orderLimit(uint24 who, uint256 m, uint256 lots) external {
        uint256 units = lots * lotSize[m];
        if (groupOf[who] == 0) _orderedAlone[who] = units;
        else _orderedGroup[groupOf[who]] = units;
        allot(who, m, 0);
    }

    /// @return Of the pool [units]; 0 = none.
    function limitOf(uint24 who, uint256 m) public view returns (int256) {
        uint256 ordered = groupOf[who] == 0 ? _orderedAlone[who] : _orderedGroup[groupOf[who]];
        if (ordered == 0 && m == 0) ordered = ruledLimit * lotSize[0];
        return int256(ordered);
    }

    function othersClaim(uint24 who) public view returns (int256 units) {
        uint24 group = groupOf[who];
        if (group == 0) return 0;
        for (uint256 i; i < _everybody.length; ++i) {
            uint24 other = _everybody[i];
            if (other != who && _claims[other].group == group) units += _claims[other].units;
        }
    }

    /// @dev Units that a participant has anywhere but in its account of a market.
    function _elsewhere(uint24 who, uint256 m) private view returns (int256 units) {
        for (uint256 i; i < 2; ++i) {
            Person storage p = _in[i][who];
            units += int256(p.outside + p.held * lotSize[i]);
            if (i != m) units += int256(p.lots * lotSize[i]);
        }
    }

    /// @dev Lots that an account may still buy, of a limited one.
    function _unused(uint24 who, uint256 m) private view returns (int256 lots) {
        lots = room(who, m);
        if (lots == NONE || lots < 0) lots = 0;
    }

    /// @dev Gives an account what its pool has left, and what its other account does not use as far as `need` lots ask for it.
    function allot(uint24 who, uint256 m, uint256 need) public {
        Person storage p = _in[m][who];
        p.begun = true;
        int256 limit = limitOf(who, m);
        if (limit == 0) {
            p.share = NONE;
            return;
        }
        int256 size = int256(lotSize[m]);
        int256 have = int256(p.lots) * size;
        int256 there = _elsewhere(who, m);
        int256 unused = _unused(who, 1 - m) * int256(lotSize[1 - m]);
        int256 share = limit - othersClaim(who) - there - unused;
        int256 short = have + int256(need) * size - share;
        if (short > 0) {
            int256 given = _give(who, 1 - m, short);
            unused -= given;
            share += given;
            if (given != 0 && need != 0) ++gathered;
        }
        uint24 group = groupOf[who];
        if (group == 0) {
            delete _claims[who];
        } else {
            _claims[who] = Claim(group, there + unused + (share > have ? share : have));
            ++claims;
        }
        p.share = _floor(share, size);
    }

    /// @dev Takes `units` of unused room away from an account, in whole lots.
    function _give(uint24 who, uint256 m, int256 units) private returns (int256) {
        int256 size = int256(lotSize[m]);
        int256 lots = units / size + (units % size == 0 ? int256(0) : int256(1));
        if (lots > _unused(who, m)) lots = _unused(who, m);
        if (lots != 0) _in[m][who].share -= lots;
        return lots * size;
    }

    function _floor(int256 units, int256 size) internal pure returns (int256) {
        int256 lots = units / size;
        return units % size < 0 ? lots - 1 : lots;
    }

    /// @dev What may still be bought with all that could be gathered.
    function poolRoom(uint24 who, uint256 m) external view returns (int256) {
        int256 limit = limitOf(who, m);
        if (limit == 0) return NONE;
        int256 left = limit - othersClaim(who) - _elsewhere(who, m);
        return _floor(left, int256(lotSize[m])) - int256(_in[m][who].lots);
    }

    function gather(uint24 who, uint256 m, uint256 lots) external {
        allot(who, m, lots);
        if (int256(lots) > room(who, m)) revert ModelRefused(IHoldingLimits.LimitsNotEnoughRoom.selector);
    }

    function moveRoom(uint24 giver, uint256 from, uint24 to, uint256 m, uint256 lots) external {
        if (lots == 0) revert ModelRefused(IHoldingLimits.LimitsZeroLots.selector);
        allot(giver, from, 0);
        allot(to, m, 0);
        bool samePool = giver == to || (groupOf[giver] != 0 && groupOf[giver] == groupOf[to]);
        bool limited = limitOf(giver, from) != 0 && limitOf(to, m) != 0;
        if (!samePool || !limited || (giver == to && from == m)) {
            revert ModelRefused(IHoldingLimits.LimitsNotOnePool.selector);
        }
        if (int256(lots) > room(giver, from)) revert ModelRefused(IHoldingLimits.LimitsNotEnoughRoom.selector);
        uint256 units = lots * lotSize[from];
        if (units % lotSize[m] != 0) revert ModelRefused(IHoldingLimits.LimitsNotWholeLots.selector);
        _in[from][giver].share -= int256(lots);
        _in[m][to].share += int256(units / lotSize[m]);
        if (giver == to) return;
        _claims[giver].units -= int256(units);
        _claims[to].units += int256(units);
    }
}
