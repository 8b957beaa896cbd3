// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

import {BlockStatistics} from "../../interfaces/market/IBlockTrades.sol";
import {Account, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeGateway} from "../../interfaces/market/IExchangeGateway.sol";
import {IMarketMakers, MakerDay} from "../../interfaces/market/IMarketMakers.sol";
import {IPledges} from "../../interfaces/market/IPledges.sol";
import {IFoundedManager} from "../../interfaces/rules/IFoundedManager.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {BlockTradesBase} from "../market/BlockTradesBase.sol";
import {RulesDouble, SchemesDouble} from "../market/MarketDoubles.sol";
import {Campaign} from "./Campaign.sol";
import {Offices} from "./GuardianInsiders.sol";
import {MakerDesk} from "./MakerInsiders.sol";
import {Stage} from "./MarketInsiders.sol";
import {Desks, TradingInsiders} from "./TradingInsiders.sol";

/// @dev Promises about orders, block trades, pledges and holding limits, whatever traders, lenders and officers do.
contract TradingTest is BlockTradesBase, Campaign {
    uint256 private constant TRADERS = 4;
    uint256 private constant LIMIT = 9_000;
    SchemeId private constant FOREIGN = SchemeId.wrap(2);

    IPledges private _pledges;
    TradingInsiders private _handler;
    Stage private _stage;

    function setUp() public override {
        super.setUp();
        _pledges = IPledges(deployCode("Pledges.sol:Pledges", abi.encode(exchange)));
        exchange.setController(address(_pledges), 16);
        exchange.setController(address(this), 1 | 2 | 4);
        (_stage.exchange, _stage.currency, _stage.units) = (exchange, currency, units);
        (_stage.market, _stage.unit, _stage.officer) = (market, UNIT, officer);
        uint256[] memory keys = new uint256[](TRADERS);
        for (uint256 i = 0; i < TRADERS; ++i) {
            string memory name = string.concat("trader ", vm.toString(i));
            (, keys[i]) = makeAddrAndKey(name);
            (uint24 id, address wallet) = _trader(name, 5_000, 100_000_000);
            _stage.ids.push(id);
            _stage.wallets.push(wallet);
            vm.prank(wallet);
            currency.approve(address(exchange), type(uint256).max);
            exchange.syncHolding(_id(id), market);
        }
        _handler = new TradingInsiders(_stage, _desks(keys), _makerDesk(), _found());
        _enlist(_handler);
    }

    function _desks(uint256[] memory keys) private returns (Desks memory desks) {
        desks.gateway = IExchangeGateway(deployCode("ExchangeGateway.sol:ExchangeGateway", abi.encode(exchange)));
        exchange.setController(address(desks.gateway), 8);
        (desks.blocks, desks.pledges, desks.limits, desks.participants) = (blocks, _pledges, limits, participants);
        (desks.enforcer, desks.limit, desks.keys) = (address(this), LIMIT, keys);
    }

    /// @dev With a market of another scheme, whose officer has every power there.
    function _makerDesk() private returns (MakerDesk memory desk) {
        desk.makers = IMarketMakers(deployCode("MarketMakers.sol:MarketMakers", abi.encode(exchange, lens)));
        (desk.lens, desk.foreigner) = (lens, makeAddr("officer of another scheme"));
        SchemesDouble(address(rules)).grantIn(desk.foreigner, FOREIGN, type(uint32).max);
        UnitId unit = UnitId.wrap(uint256(1) << 96 | uint256(2) << 80 | uint256(2020) << 64);
        vm.prank(desk.foreigner);
        desk.foreignMarket = exchange.createMarket(unit, FOREIGN, address(currency), _config());
    }

    /// @dev From here on appointments wait, and a guardian may pause.
    function _found() private returns (Offices memory offices) {
        IFoundedManager founded = IFoundedManager(address(manager));
        (offices.manager, offices.administrator, offices.guardian) = (founded, address(this), makeAddr("guardian"));
        offices.pausables = new address[](3);
        (offices.pausables[0], offices.pausables[1]) = (address(exchange), address(blocks));
        offices.pausables[2] = address(currency);
        bytes4[] memory acts = new bytes4[](2);
        (acts[0], acts[1]) = (IPausable.pause.selector, IPausable.unpause.selector);
        for (uint256 i = 0; i < offices.pausables.length; ++i) {
            founded.setTargetFunctionRole(offices.pausables[i], acts, founded.GUARDIAN());
        }
        founded.found(2 days, offices.guardian, new uint64[](0));
    }

    function _newRules() internal override returns (RulesDouble) {
        return new SchemesDouble();
    }

    function _newManager() internal override returns (AccessManager) {
        return AccessManager(deployCode("FoundedManager.sol:FoundedManager", abi.encode(address(this))));
    }

    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        r.blockMinimumLots = 300;
        r.holdingLimit = uint40(LIMIT);
    }

    function _checkPromises() internal view override {
        _theLedgerHoldsWhatItOwes();
        _pledgesAreInCustody();
        _blocksAreCounted();
        _pausesEndByThemselves();
        _signedOrdersAreSpentOnce();
        _dutiesAreThoseOrdered();
    }

    /// @dev Money and units of the exchange are those of its accounts and the day's fees; what is reserved is there.
    function _theLedgerHoldsWhatItOwes() private view {
        uint256 lots = _handler.lotsInPledge() + _account(sellerId).lots + _account(buyerId).lots;
        uint256 cash =
            lens.market(market).fees + _account(OPERATOR).cash + _account(sellerId).cash + _account(buyerId).cash;
        for (uint256 i = 0; i < TRADERS; ++i) {
            Account memory a = _account(_stage.ids[i]);
            assertLe(a.lotsInAsks + a.lotsFree, a.lots, "reserved lots");
            assertLe(a.cashInBids, a.cash, "reserved cash");
            assertEq(a.cashFree + a.cashInBids, a.cash, "free cash");
            lots += a.lots;
            cash += a.cash;
        }
        assertEq(units.balanceOf(address(exchange), UnitId.unwrap(UNIT)), lots, "units");
        assertEq(currency.balanceOf(address(exchange)) * 100, cash, "money");
        MarketAssets memory assets = exchange.marketAssets(market);
        assertEq(assets.lots, lots, "lots");
        assertEq(assets.cash, cash, "cash");
    }

    /// @dev Pledged lots are in the custody account, each for its pledgor.
    function _pledgesAreInCustody() private view {
        assertEq(exchange.account(exchange.houseOf(address(_pledges)), market).lots, _handler.lotsInPledge(), "pledged");
        for (uint256 i = 0; i < TRADERS; ++i) {
            uint256 lots = _handler.pledgedBy(i);
            assertEq(_pledges.pledgedBy(_id(_stage.ids[i]), market), lots, "pledged by one");
            assertEq(exchange.heldOf(_id(_stage.ids[i]), market), lots, "held for its owner");
        }
    }

    function _blocksAreCounted() private view {
        uint256 day = (vm.getBlockTimestamp() + 8 hours) / 1 days;
        BlockStatistics memory s = blocks.dayStatistics(market, day);
        (uint256 trades, uint256 lots, uint256 turnover) = _handler.blocksOn(day);
        assertEq(s.trades, trades, "block trades");
        assertEq(s.lots, lots, "lots of blocks");
        assertEq(s.turnover, turnover, "turnover of blocks");
    }

    /// @dev A pause is in force until its announced end, within a day, and never longer.
    function _pausesEndByThemselves() private view {
        address[] memory pausables = _handler.pausables();
        for (uint256 i = 0; i < pausables.length; ++i) {
            (uint256 until,) = IPausable(pausables[i]).pausedUntil();
            assertEq(until, _handler.pausedUntil(i), "a pause in force");
            assertLe(until, vm.getBlockTimestamp() + 1 days, "a pause beyond its bound");
        }
    }

    function _signedOrdersAreSpentOnce() private view {
        for (uint256 back = 0; back < 6; ++back) {
            (, bool spent, bool spentThere) = _handler.latestSigned(back);
            assertEq(spentThere, spent, "spent nonces");
        }
    }

    /// @dev The duties of a maker are those that its market's officer ordered, and its presence lies within the sessions.
    function _dutiesAreThoseOrdered() private view {
        uint256 today = (vm.getBlockTimestamp() + 8 hours) / 1 days;
        for (uint256 i = 0; i < TRADERS; ++i) {
            for (uint256 day = today; day < today + 3; ++day) {
                MakerDay memory found = _handler.dutyOf(i, day);
                bytes32 ordered = keccak256(abi.encode(_handler.dutiesOf(i, day)));
                assertEq(keccak256(abi.encode(found.duties)), ordered, "duties");
                assertLe(found.presentSeconds, found.sessionSeconds, "present outside the sessions");
                assertLe(found.sessionSeconds, 4 hours, "sessions of a day");
            }
        }
    }

    /// @dev Every escrow can be freed: with all silent, the next day has ended every pause and released what orders reserved; an
    /// authority returns every pledge; then each trader that is not barred withdraws all it has.
    function _checkEnd() internal override {
        for (uint256 id = 1; id <= _pledges.count(); ++id) {
            uint256 lots = _handler.pledged(id);
            if (lots != 0) _handler.orderOne(id, lots, false);
        }
        vm.warp(vm.getBlockTimestamp() + 1 days);
        for (uint256 i = 0; i < TRADERS; ++i) {
            Account memory a = _account(_stage.ids[i]);
            assertEq(a.lotsFree, a.lots, "lots still reserved on the next day");
            assertEq(a.cashFree, a.cash, "cash still reserved on the next day");
            (,, uint8 status) = participants.walletOf(_stage.wallets[i]);
            if (a.frozen || status != 2) continue;
            vm.startPrank(_stage.wallets[i]);
            if (a.lots != 0) exchange.withdrawUnits(market, a.lots, _stage.wallets[i]);
            if (a.cash >= 100) exchange.withdrawCash(market, a.cash / 100, _stage.wallets[i]);
            vm.stopPrank();
        }
        _checkPromises();
    }

    /* FOUND SEQUENCES */

    /// @dev A void order is swept away by any account, and frees nothing that is not free already.
    function test_sequence_anotherClearsAVoidOrder() public {
        _handler.place(0, SELL, 4_810, 100, 1);
        _handler.freeze(0, 0);
        _refuses(abi.encodeCall(_handler.cancel, (0, 1)), "the owner found its order gone");
        assertEq(_account(_stage.ids[0]).lotsInAsks, 0, "void orders reserve nothing");
        _checkPromises();
    }

    /// @dev A debit or a forced transfer that names a custody account takes none of what is pledged.
    function test_sequence_pledgeThenDebitOfCustody() public {
        _handler.pledge(0, 1, 300);
        ParticipantId custody = exchange.houseOf(address(_pledges));
        assertEq(exchange.debitUnits(custody, market, type(uint256).max, address(this)), 0, "custody was debited");
        vm.expectRevert();
        exchange.forcedTransfer(custody, _id(_stage.ids[1]), market, 1);
        _checkEnd();
        assertEq(_handler.lotsInPledge(), 0, "pledged lots");
    }

    /// @dev What a suspended wallet signed before waits for its reinstatement, though the exchange was told of neither.
    function test_sequence_signSuspendSend() public {
        _handler.sign(0, SELL, 4_810, 100, 1 + 4 + 16 + 64);
        participants.set(_stage.wallets[0], _stage.ids[0], ALL_RIGHTS, 3);
        _refuses(abi.encodeCall(_handler.send, (0)), "a suspended wallet's order was executed");
        participants.set(_stage.wallets[0], _stage.ids[0], ALL_RIGHTS, 2);
        _handler.send(0);
        _checkEnd();
    }

    /// @dev A pause over an exit ends by itself, and leaves what was appointed meanwhile waiting.
    function test_sequence_pauseScheduleWithdraw() public {
        _handler.pause(0, 1 days, 0);
        _handler.schedule(0);
        _refuses(abi.encodeCall(_handler.withdraw, (0, 100, 0, 0)), "a withdrawal while it is paused");
        _refuses(abi.encodeCall(_handler.withdraw, (0, 101, 100, 0)), "a withdrawal while it is paused");
        _handler.appointEarly(0, 0);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        _handler.withdraw(0, 100, 0, 0);
        _handler.appointEarly(0, 0);
        _checkEnd();
    }

    function test_insiders_reachEveryAct() public {
        vm.pauseGasMetering(); // more acts than the gas of a test pays for
        _play(1_800, 3);
    }
}
