// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BlockTicket, IBlockTrades} from "../../interfaces/market/IBlockTrades.sol";
import {IExchangeGateway} from "../../interfaces/market/IExchangeGateway.sol";
import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";
import {IPledges, Pledge} from "../../interfaces/market/IPledges.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {ParticipantsDouble} from "../market/MarketDoubles.sol";
import {BookInsiders} from "./BookInsiders.sol";
import {GuardianInsiders, Offices} from "./GuardianInsiders.sol";
import {MakerDesk, MakerInsiders} from "./MakerInsiders.sol";
import {MarketInsiders, Stage} from "./MarketInsiders.sol";
import {SignedInsiders} from "./SignedInsiders.sol";

/// @dev The desks beside the book, the offices, and the keys of the traders' wallets.
struct Desks {
    IExchangeGateway gateway;
    IBlockTrades blocks;
    IPledges pledges;
    IHoldingLimits limits;
    ParticipantsDouble participants;
    address enforcer; // may debit and force
    uint256[] keys;
    uint256 limit; // of each trader, by the market's rules [lots]
}

/// @title TradingInsiders
/// @notice Traders of one market with its block trades, pledgors and lenders, officers and strangers.
contract TradingInsiders is MakerInsiders {
    uint40 private constant PLEDGE_END = 1_900_000_000; // later than any campaign goes

    Desks private _d;
    BlockTicket[] private _tickets;
    mapping(uint256 day => uint256[3]) private _blocksOn; // trades, lots, turnover
    mapping(uint256 pledge => uint256 lots) public pledged;
    uint256 public lotsInPledge;

    constructor(Stage memory stage, Desks memory desks, MakerDesk memory makers, Offices memory offices)
        MarketInsiders(stage)
        GuardianInsiders(offices)
        BookInsiders(desks.limit)
        SignedInsiders(desks.gateway, desks.keys)
        MakerInsiders(makers)
    {
        _d = desks;
        _add("block trade", TradingInsiders.blockTrade.selector);
        _add("cancel a ticket", TradingInsiders.cancelTicket.selector);
        _add("approve a ticket", TradingInsiders.approveTicket.selector);
        _add("pledge", TradingInsiders.pledge.selector);
        _add("agree", TradingInsiders.agree.selector);
        _add("order a release", TradingInsiders.order.selector);
        _add("limit", TradingInsiders.limit.selector);
        _add("gather room", TradingInsiders.gather.selector);
        _add("freeze", TradingInsiders.freeze.selector);
        _add("debit", TradingInsiders.debit.selector);
        _add("force", TradingInsiders.force.selector);
        _add("suspend", TradingInsiders.suspend.selector);
        _add("halt", TradingInsiders.halt.selector);
        _add("pass", TradingInsiders.pass.selector);
        _mayRefuse(IBlockTrades.BlockTradesNotParty.selector);
        _mayRefuse(IBlockTrades.BlockTradesTicketSpent.selector);
        _mayRefuse(IBlockTrades.BlockTradesDayNotOpened.selector);
        _mayRefuse(IBlockTrades.BlockTradesMarketHalted.selector);
        _mayRefuse(IBlockTrades.BlockTradesOutsideSession.selector);
        _mayRefuse(IBlockTrades.BlockTradesTooFewLots.selector);
        _mayRefuse(IBlockTrades.BlockTradesOutsideBand.selector);
        _mayRefuse(IBlockTrades.BlockTradesTicketStatus.selector);
        _mayRefuse(IPledges.PledgesNotParty.selector);
        _mayRefuse(IPledges.PledgesBadLender.selector);
        _mayRefuse(IPledges.PledgesAccountFrozen.selector);
        _mayRefuse(IHoldingLimits.LimitsNotEnoughRoom.selector);
        _mayRefuse(IHoldingLimits.LimitsForeignWallet.selector);
    }

    /* BLOCKS */

    function blockTrade(uint256 seller, uint256 buyer, uint256 lots, uint256 price, uint256 forged) external counted {
        (seller, buyer) = (seller % people(), buyer % people());
        _needs(seller != buyer);
        BlockTicket memory t = _ticket(seller, buyer, bound(lots, 100, 600), 100 * bound(price, 4_000, 5_000));
        bytes32 hash = _d.blocks.ticketHash(t);
        bytes memory bySeller = _signature(seller, hash);
        bytes memory byBuyer = _signature(buyer, hash);
        bytes memory data = abi.encodeCall(IBlockTrades.trade, (t, bySeller, bySeller));
        if (forged % 2 == 0) _refused(_wallet(seller), address(_d.blocks), data, "a ticket that one signed");
        data = abi.encodeCall(IBlockTrades.trade, (t, bySeller, byBuyer));
        _stoppedByPause(BLOCKS, _wallet(buyer), data);
        _remember();
        _as(address(1), address(_d.blocks), data);
        _refused(_wallet(seller), address(_d.blocks), data, "a ticket was traded twice");
        assertEq(_lotsGained(buyer), t.lots, "lots of the ticket");
        assertEq(_cashSpent(buyer), t.lots * t.price, "price of the ticket");
        assertLe(lotsOf(buyer) + pledgedBy[buyer], limitOf[buyer], "above the holding limit by a block");
        _othersLostNothing(seller, buyer);
        _countBlock(t);
    }

    function _countBlock(BlockTicket memory t) private {
        uint256[3] storage day = _blocksOn[_today()];
        (day[0], day[1], day[2]) = (day[0] + 1, day[1] + t.lots, day[2] + uint256(t.lots) * t.price);
    }

    function _ticket(uint256 seller, uint256 buyer, uint256 lots, uint256 price)
        private
        returns (BlockTicket memory t)
    {
        t = BlockTicket({
            market: _market(),
            seller: _id(seller),
            sellerWallet: _wallet(seller),
            buyer: _id(buyer),
            buyerWallet: _wallet(buyer),
            lots: uint40(lots),
            price: uint64(price),
            nonce: uint64(_tickets.length),
            deadline: uint64(block.timestamp + 3 days)
        });
        _tickets.push(t);
    }

    function cancelTicket(uint256 seller, uint256 buyer, uint256 chance) external counted {
        (seller, buyer) = (seller % people(), buyer % people());
        _needs(seller != buyer && chance % 8 == 0);
        BlockTicket memory t = _ticket(seller, buyer, 200, 480_000);
        bytes32 hash = _d.blocks.ticketHash(t);
        _as(_wallet(seller), address(_d.blocks), abi.encodeCall(IBlockTrades.cancel, (t)));
        bytes memory data = abi.encodeCall(IBlockTrades.trade, (t, _signature(seller, hash), _signature(buyer, hash)));
        _refused(_wallet(buyer), address(_d.blocks), data, "a cancelled ticket was traded");
    }

    /// @dev By the officer, never by another: such a ticket leaves the band.
    function approveTicket(uint256 seller, uint256 buyer, uint256 chance) external counted {
        (seller, buyer) = (seller % people(), buyer % people());
        _needs(seller != buyer && chance % 8 == 0);
        BlockTicket memory t = _ticket(seller, buyer, 1, 300_000);
        bytes memory data = abi.encodeCall(IBlockTrades.approve, (t, bytes32("reason")));
        _refused(_wallet(buyer), address(_d.blocks), data, "a trader approved its own ticket");
        _as(_officer(), address(_d.blocks), data);
    }

    function blocksOn(uint256 day) external view returns (uint256 trades, uint256 lots, uint256 turnover) {
        return (_blocksOn[day][0], _blocksOn[day][1], _blocksOn[day][2]);
    }

    /* PLEDGES */

    function pledge(uint256 who, uint256 lender, uint256 lots) external counted {
        _needs(lender / 8 % 2 == 0);
        (who, lender) = (who % people(), lender % people());
        uint256 free = _account(who).lotsFree;
        _needs(who != lender && free != 0);
        lots = bound(lots, 1, free < 500 ? free : 500);
        bytes memory data =
            abi.encodeCall(IPledges.pledge, (_market(), _id(lender), uint40(lots), PLEDGE_END, bytes32("terms")));
        _remember();
        uint256 id = abi.decode(_as(_wallet(who), address(_d.pledges), data), (uint256));
        (pledged[id], pledgedBy[who], lotsInPledge) = (lots, pledgedBy[who] + lots, lotsInPledge + lots);
        _othersLostNothing(who, who);
    }

    /// @dev Promise: pledged lots move when both agree on the same, and not before.
    function agree(uint256 which, uint256 lots, uint256 toLender) external counted {
        (uint256 id, Pledge memory p) = _somePledge(which);
        lots = bound(lots, 1, p.lots);
        bool isTo = toLender % 2 == 0;
        (uint256 pledgor, uint256 lender) = (_whoIs(p.pledgor), _whoIs(p.lender));
        _remember();
        bytes memory data = abi.encodeCall(IPledges.agree, (id, uint40(lots), isTo));
        _as(_wallet(lender), address(_d.pledges), data);
        _as(_wallet(lender), address(_d.pledges), data);
        assertEq(_d.pledges.pledgeOf(id).lots, p.lots, "one party released a pledge");
        _as(_wallet(pledgor), address(_d.pledges), data);
        _checkReleased(id, lots, pledgor, isTo ? lender : pledgor);
    }

    function order(uint256 which, uint256 lots, uint256 toLender) external counted {
        _needs(toLender % 4 < 2);
        (uint256 id, Pledge memory p) = _somePledge(which);
        orderOne(id, bound(lots, 1, p.lots), toLender % 2 == 0);
    }

    function orderOne(uint256 id, uint256 lots, bool toLender) public {
        Pledge memory p = _d.pledges.pledgeOf(id);
        (uint256 pledgor, uint256 lender) = (_whoIs(p.pledgor), _whoIs(p.lender));
        bytes memory data = abi.encodeCall(IPledges.order, (id, uint40(lots), toLender, bytes32("order")));
        _refused(_wallet(lender), address(_d.pledges), data, "a lender ordered a release");
        _remember();
        _as(_officer(), address(_d.pledges), data);
        _checkReleased(id, lots, pledgor, toLender ? lender : pledgor);
    }

    function _checkReleased(uint256 id, uint256 lots, uint256 pledgor, uint256 to) private {
        (pledged[id], pledgedBy[pledgor]) = (pledged[id] - lots, pledgedBy[pledgor] - lots);
        lotsInPledge -= lots;
        assertEq(_lotsGained(to), lots, "released lots arrive");
        if (to != pledgor) assertLe(lotsOf(to) + pledgedBy[to], limitOf[to], "above the holding limit by a release");
        _othersLostNothing(to, to);
    }

    function _somePledge(uint256 which) private view returns (uint256 id, Pledge memory p) {
        uint256 count = _d.pledges.count();
        for (uint256 i = 0; i < count && i < 10; ++i) {
            id = 1 + (which % 64 + i) % count;
            p = _d.pledges.pledgeOf(id);
            if (p.lots != 0) return (id, p);
        }
        vm.assume(false);
    }

    /* AUTHORITIES */

    function limit(uint256 who, uint256 lots, uint256 chance) external counted {
        who %= people();
        _needs(chance % 8 == 0);
        lots = lots % 2 == 0 ? _d.limit : bound(lots, 1, _d.limit);
        limitOf[who] = lots;
        _as(_officer(), address(_exchange()), abi.encodeCall(_exchange().setHoldingLimit, (_id(who), _market(), lots)));
    }

    function gather(uint256 who, uint256 lots, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        bytes memory data = abi.encodeCall(IHoldingLimits.gatherRoom, (_market(), bound(lots, 1, 3_000)));
        _as(_wallet(who % people()), address(_d.limits), data);
    }

    function freeze(uint256 who, uint256 chance) external counted {
        who %= people();
        bool on = chance % 16 == 0;
        _needs(on || (chance % 4 == 0 && _account(who).frozen));
        bytes memory data = abi.encodeCall(_exchange().freezeAccount, (_id(who), _market(), on));
        _remember();
        _as(_officer(), address(_exchange()), data);
        _othersLostNothing(NONE, NONE);
    }

    /// @dev A decision takes lots or cash of one, up to what was decided.
    function debit(uint256 who, uint256 lots, uint256 cash, uint256 chance) external counted {
        who %= people();
        _needs(chance % 8 == 0);
        (lots, cash) = (bound(lots, 1, 200), 100 * bound(cash, 1, 100_000));
        bytes memory data = abi.encodeCall(_exchange().debitUnits, (_id(who), _market(), lots, address(7)));
        bytes memory inCash = abi.encodeCall(_exchange().debitCash, (_id(who), _market(), cash, address(7)));
        _stoppedByPause(EXCHANGE, _d.enforcer, inCash);
        _remember();
        _as(_d.enforcer, address(_exchange()), data);
        _as(_d.enforcer, address(_exchange()), inCash);
        assertGe(lotsOf(who) + lots, _lotsThen(who), "more than was decided");
        assertGe(cashOf(who) + cash, _cashThen(who), "more than was decided");
        _othersLostNothing(who, who);
    }

    function force(uint256 who, uint256 to, uint256 lots, uint256 chance) external counted {
        (who, to) = (who % people(), to % people());
        _needs(who != to && chance % 8 == 0);
        bytes memory data =
            abi.encodeCall(_exchange().forcedTransfer, (_id(who), _id(to), _market(), bound(lots, 1, 200)));
        _remember();
        _as(_d.enforcer, address(_exchange()), data);
        assertEq(_lotsGained(to), _lotsThen(who) - lotsOf(who), "lots arrive");
        _othersLostNothing(who, who);
    }

    function suspend(uint256 who, uint256 chance) external counted {
        who %= people();
        (,, uint8 status) = _d.participants.walletOf(_wallet(who));
        _needs(chance % (status == 2 ? 32 : 4) == 0);
        _d.participants.set(_wallet(who), uint24(ParticipantId.unwrap(_id(who))), 31, status == 2 ? 3 : 2);
        _exchange().sync(_wallet(who));
    }

    function halt(uint256 chance) external counted {
        bool trading = chance % 32 == 0;
        _needs(trading || chance % 4 == 1);
        bytes memory data = trading
            ? abi.encodeCall(_exchange().halt, (_market(), bytes32("doubt")))
            : abi.encodeCall(_exchange().resume, (_market(), bytes32("clear")));
        _as(_officer(), address(_exchange()), data);
    }

    /// @dev Within the day's sessions, or to the next day.
    function pass(uint256 time, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        uint256 day = _today() + (time % 2 == 0 ? 1 : 0);
        uint256 hour = [uint256(10), 11, 13, 14][time / 4 % 4];
        uint256 at_ = day * 1 days + hour * 1 hours - 8 hours;
        vm.warp(at_ > block.timestamp ? at_ : block.timestamp + 1);
        _openDay();
    }

    function _whoIs(ParticipantId id) private view returns (uint256) {
        for (uint256 who = 0; who < people(); ++who) {
            if (ParticipantId.unwrap(_id(who)) == ParticipantId.unwrap(id)) return who;
        }
        revert("no trader");
    }
}
