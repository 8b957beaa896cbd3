// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId} from "../../interfaces/types/BookTypes.sol";
import {IExchangeLens} from "../../interfaces/market/IExchangeLens.sol";
import {Duties, IMarketMakers, MakerDay} from "../../interfaces/market/IMarketMakers.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {SignedInsiders} from "./SignedInsiders.sol";

/// @dev The measure of presence, and an officer of another scheme with a market of its own.
struct MakerDesk {
    IMarketMakers makers;
    IExchangeLens lens;
    address foreigner;
    MarketId foreignMarket;
}

/// @title MakerInsiders
/// @notice Market makers, their officer and an officer of another scheme; books of duties as they were ordered.
abstract contract MakerInsiders is SignedInsiders {
    MakerDesk private _m;
    mapping(uint256 who => Duties[]) private _ordered; // no spread: dismissed
    mapping(uint256 who => OrderId[2]) private _presented;
    mapping(uint256 who => uint256) private _lookedAt; // 0: nothing is measured

    constructor(MakerDesk memory desk) {
        _m = desk;
        _add("appoint a maker", MakerInsiders.appointMaker.selector);
        _add("dismiss a maker", MakerInsiders.dismissMaker.selector);
        _add("act from another scheme", MakerInsiders.actFromAbroad.selector);
        _add("quote", MakerInsiders.quote.selector);
        _add("measure", MakerInsiders.measure.selector);
        _mayRefuse(IMarketMakers.MakersDayNotOpened.selector);
        _mayRefuse(IMarketMakers.MakersWalletCannotTrade.selector);
        _mayRefuse(IMarketMakers.MakersOrderTooSmall.selector);
        _mayRefuse(IMarketMakers.MakersForeignOrder.selector);
    }

    /* DUTIES */

    /// @dev Promises: by an officer of the market alone, from a later day on; no balance moves.
    function appointMaker(uint256 who, uint256 spread, uint256 lots, uint256 from, uint256 until) external counted {
        _needs(lots / 128 % 2 == 0);
        who %= people();
        Duties memory d;
        (d.maximumSpread, d.minimumLots) = (uint16(bound(spread, 10, 60)), uint32(bound(lots, 1, 100)));
        (d.presencePpm, d.fromDay) = (500_000, uint32(_today() + 1 + from % 2));
        if (until % 2 == 0) d.untilDay = uint32(d.fromDay + until % 6);
        bytes memory data = abi.encodeCall(IMarketMakers.appoint, (_market(), _id(who), d, bytes32("rebate")));
        _order(who, d, data);
        d.fromDay = uint32(_today());
        data = abi.encodeCall(IMarketMakers.appoint, (_market(), _id(who), d, bytes32("rebate")));
        _refused(_officer(), address(_m.makers), data, "a duty was ordered for a day that has begun");
    }

    function dismissMaker(uint256 who, uint256 from, uint256 chance) external counted {
        _needs(chance % 16 == 0);
        who %= people();
        Duties memory none;
        none.fromDay = uint32(_today() + 1 + from % 3);
        bytes memory data = abi.encodeCall(IMarketMakers.dismiss, (_market(), _id(who), none.fromDay, bytes32("why")));
        _order(who, none, data);
    }

    function _order(uint256 who, Duties memory d, bytes memory data) private {
        _refused(_wallet(who), address(_m.makers), data, "a trader ordered its own duties");
        _refused(_m.foreigner, address(_m.makers), data, "an officer of another scheme ordered duties");
        _remember();
        _as(_officer(), address(_m.makers), data);
        _nothingMoved("a duty moved a balance");
        Duties[] storage ordered = _ordered[who];
        while (ordered.length != 0 && ordered[ordered.length - 1].fromDay >= d.fromDay) ordered.pop();
        ordered.push(d);
    }

    /// @dev As they were ordered.
    function dutiesOf(uint256 who, uint256 day) public view returns (Duties memory d) {
        Duties[] storage ordered = _ordered[who];
        for (uint256 i = ordered.length; i != 0; --i) {
            if (ordered[i - 1].fromDay > day) continue;
            d = ordered[i - 1];
            Duties memory none;
            return d.maximumSpread == 0 || (d.untilDay != 0 && d.untilDay < day) ? none : d;
        }
    }

    function dutyOf(uint256 who, uint256 day) public view returns (MakerDay memory) {
        return _m.makers.dutyOf(_market(), _id(who), uint32(day));
    }

    /// @dev Promise: an act of another scheme's officer reaches that scheme's market and no other.
    function actFromAbroad(uint256 who, uint256 how) external counted {
        _needs(how / 4 % 4 == 0);
        who %= people();
        _remember();
        Duties memory d = Duties(1, 1, 1_000_000, uint32(_today() + 1), 0);
        _as(
            _m.foreigner,
            address(_m.makers),
            abi.encodeCall(IMarketMakers.appoint, (_m.foreignMarket, _id(who), d, bytes32("rebate")))
        );
        bytes memory data;
        if (how % 4 == 0) data = abi.encodeCall(_exchange().halt, (_market(), bytes32("doubt")));
        if (how % 4 == 1) data = abi.encodeCall(_exchange().freezeAccount, (_id(who), _market(), true));
        if (how % 4 == 2) data = abi.encodeCall(_exchange().setHoldingLimit, (_id(who), _market(), 1));
        if (how % 4 == 3) data = abi.encodeCall(_exchange().resume, (_market(), bytes32("clear")));
        _refused(_m.foreigner, address(_exchange()), data, "an officer of another scheme reached the market");
        _nothingMoved("an act of another scheme moved a balance");
    }

    /* PRESENCE */

    /// @dev Two orders of its own; another's are none.
    function quote(uint256 who, uint256 bid, uint256 spread, uint256 lots) external counted {
        for (uint256 i = 0; i < people() && dutiesOf(who % people(), _today()).fromDay == 0; ++i) {
            who = who % people() + 1;
        }
        who %= people();
        Duties memory d = dutiesOf(who, _today());
        _needs(d.fromDay != 0);
        bid = bound(bid, 4_760, 4_785);
        lots = d.minimumLots + lots % 100;
        OrderId[2] memory ids;
        ids[0] = _placeOne(who, BUY, bid, lots, 0);
        ids[1] = _placeOne(who, SELL, bid + bound(spread, 1, d.maximumSpread), lots, 0);
        _needs(OrderId.unwrap(ids[0]) != 0 && OrderId.unwrap(ids[1]) != 0);
        bytes memory data = abi.encodeCall(IMarketMakers.present, (_market(), ids[0], ids[1]));
        _refused(_wallet((who + 1) % people()), address(_m.makers), data, "another's orders were presented");
        uint256 before = dutyOf(who, _today()).presentSeconds;
        _remember();
        _as(_wallet(who), address(_m.makers), data);
        _checkCounted(who, before);
        (_presented[who], _lookedAt[who]) = (ids, block.timestamp);
        _nothingMoved("a presentation moved a balance");
    }

    /// @dev By any account. Promise: time counts once, and only while both orders stand.
    function measure(uint256 who) external counted {
        who %= people();
        uint256 before = dutyOf(who, _today()).presentSeconds;
        _remember();
        _as(address(9), address(_m.makers), abi.encodeCall(IMarketMakers.check, (_market(), _id(who))));
        _checkCounted(who, before);
        (,, uint256 since) = _m.makers.quotesOf(_market(), _id(who));
        _lookedAt[who] = since == 0 ? 0 : block.timestamp;
        _nothingMoved("a measurement moved a balance");
    }

    function _checkCounted(uint256 who, uint256 before) private view {
        uint256 counted_ = dutyOf(who, _today()).presentSeconds - before;
        uint256 since = _lookedAt[who];
        assertLe(counted_, since == 0 ? 0 : block.timestamp - since, "time counted twice, or for nothing");
        if (since == 0) return;
        for (uint256 i = 0; i < 2; ++i) {
            (uint256 lots, ParticipantId owner) = _m.lens.order(_presented[who][i]);
            bool stands = lots >= dutiesOf(who, _today()).minimumLots && owner == _id(who);
            if (!stands) assertEq(counted_, 0, "presence without its orders");
        }
    }

    function _today() internal view returns (uint256) {
        return (block.timestamp + 8 hours) / 1 days;
    }
}
