// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

import {BookInsufficientCash, BookInsufficientLots, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchange, IExchangeCore} from "../../interfaces/market/IExchange.sol";
import {IExchangeReceiver} from "../../interfaces/market/IExchangeReceiver.sol";
import {IExchangeBase, MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeExtension} from "../../interfaces/market/IExchangeExtension.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev A contract of units that keeps books, lies about them, and calls the Exchange back whenever it can.
contract HostileUnits {
    IExchange private immutable EXCHANGE;
    mapping(address holder => mapping(uint256 id => uint256)) public balanceOf;
    bytes[] private _calls;
    uint256 private _kept; // of what is to be moved out, this much stays
    bool private _within;
    uint256 public tried;
    uint256 public succeeded;
    bytes public lastAnswer;

    error HostileUnitsShort(address from, uint256 amount);

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
    }

    function mint(address to, uint256 id, uint256 amount) external {
        balanceOf[to][id] += amount;
    }

    /// @dev What it calls in the middle of every transfer to or from the Exchange.
    function plan(bytes calldata data) external {
        _calls.push(data);
    }

    function keep(uint256 amount) external {
        _kept = amount;
    }

    function safeTransferFrom(address from, address to, uint256 id, uint256 amount, bytes calldata data) external {
        uint256 moved = from == address(EXCHANGE) && amount > _kept ? amount - _kept : amount;
        if (balanceOf[from][id] < moved) revert HostileUnitsShort(from, moved);
        _strike();
        balanceOf[from][id] -= moved;
        balanceOf[to][id] += moved;
        if (to == address(EXCHANGE)) report(from, id, amount, data);
        _strike();
    }

    /// @dev Says that units arrived, whether they did or not.
    function report(address from, uint256 id, uint256 amount, bytes memory data) public {
        IERC1155Receiver(address(EXCHANGE)).onERC1155Received(from, from, id, amount, data);
    }

    function reportBatch(address from, uint256[] calldata ids, uint256[] calldata amounts) external {
        IERC1155Receiver(address(EXCHANGE)).onERC1155BatchReceived(from, from, ids, amounts, "");
    }

    function _strike() private {
        if (_within) return;
        _within = true;
        for (uint256 i; i < _calls.length; ++i) {
            ++tried;
            (bool ok, bytes memory answer) = address(EXCHANGE).call(_calls[i]);
            if (ok) ++succeeded;
            else lastAnswer = answer;
        }
        _within = false;
    }
}

/// @dev A market whose units are hostile, beside an honest one. Whatever the hostile contract does, the honest market's units
/// and the currency, which both share, stay with those who own them.
contract ExchangeHostileUnitsTest is MarketBase {
    UnitId private constant BAD = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | 7);

    HostileUnits private hostile;
    MarketId private theirs;
    address private honest;
    uint24 private thiefId;
    address private thief;
    uint24 private accompliceId; // the contract itself, as a participant with every right

    function setUp() public override {
        super.setUp();
        hostile = new HostileUnits(exchange);
        vm.prank(officer);
        theirs = exchange.createMarket(BAD, SCHEME, address(currency), _configOf(address(hostile)));
        (, honest) = _trader("honest", 500, 1_000_000);
        (thiefId, thief) = _join("thief");
        accompliceId = ++lastParticipant;
        participants.add(accompliceId, address(hostile), ALL_RIGHTS);
        exchange.setController(address(this), 7);
        vm.warp(_at(FIRST_DAY));
        exchange.openDay(market);
        exchange.openDay(theirs);
    }

    function _configOf(address token) private view returns (MarketConfig memory c) {
        c = _config();
        c.units = token;
    }

    function _in(MarketId id, uint24 who) private view returns (uint256 lots, uint256 cash) {
        Account memory a = exchange.account(ParticipantId.wrap(who), id);
        return (a.lots, a.cash);
    }

    /// @dev Hostile units that did come in.
    function _bring(uint256 lots) private {
        hostile.mint(thief, UnitId.unwrap(BAD), lots);
        hostile.safeTransferFrom(thief, address(exchange), UnitId.unwrap(BAD), lots, "");
    }

    /// @dev Every asset but the hostile units: the ledger's sums are there, and the honest owner takes all out.
    function _assertOthersSolvent() private {
        uint256 lots = exchange.marketAssets(market).lots;
        uint256 cash = exchange.marketAssets(market).cash + exchange.marketAssets(theirs).cash;
        assertEq(lots, 500, "honest lots");
        assertEq(units.balanceOf(address(exchange), UnitId.unwrap(UNIT)), lots, "honest units");
        assertEq(currency.balanceOf(address(exchange)) * 100, cash, "currency");
        uint256 booked;
        for (uint24 i = OPERATOR; i <= lastParticipant; ++i) {
            (uint256 here, uint256 cashHere) = _in(market, i);
            (, uint256 cashThere) = _in(theirs, i);
            lots -= here;
            booked += cashHere + cashThere;
        }
        assertEq(lots, 0, "accounts of the honest market");
        assertEq(booked, cash, "cash of all accounts");
        vm.startPrank(honest);
        exchange.withdrawUnits(market, 500, honest);
        exchange.withdrawCash(market, 1_000_000, honest);
        vm.stopPrank();
        assertEq(units.balanceOf(honest, UnitId.unwrap(UNIT)), 500);
        assertEq(currency.balanceOf(honest), 1_000_000);
    }

    /// @dev The hostile market's ledger against its units: what accounts have is what the market's total says.
    function _assertBooked(uint256 lots) private view {
        uint256 sum;
        for (uint24 i = OPERATOR; i <= lastParticipant; ++i) {
            (uint256 here,) = _in(theirs, i);
            sum += here;
        }
        assertEq(sum, lots, "accounts of the hostile market");
        assertEq(exchange.marketAssets(theirs).lots, lots, "its total");
    }

    /// @dev Every way back that moves something.
    function _planEverything() private {
        hostile.plan(abi.encodeCall(IExchangeCore.withdrawUnits, (theirs, 100, address(hostile))));
        hostile.plan(abi.encodeCall(IExchangeCore.withdrawUnits, (market, 1, address(hostile))));
        hostile.plan(abi.encodeCall(IExchangeCore.withdrawCash, (market, 1, address(hostile))));
        hostile.plan(abi.encodeCall(IExchangeCore.place, (_order(SELL, 4_800, 1, DAY_ORDER))));
        hostile.plan(abi.encodeCall(IExchangeCore.moveCash, (market, theirs, 100)));
        hostile.plan(
            abi.encodeCall(IExchangeExtension.debitUnits, (ParticipantId.wrap(thiefId), theirs, 100, address(hostile)))
        );
        hostile.plan(
            abi.encodeCall(IERC1155Receiver.onERC1155Received, (address(hostile), honest, UnitId.unwrap(UNIT), 100, ""))
        );
    }

    // ------------------------------------------------------------------ calling back

    function test_deposit_callingBackGainsNothing() public {
        _planEverything();
        _bring(100);
        assertEq(hostile.tried(), 14, "before and after the units moved");
        assertEq(hostile.succeeded(), 0);
        _assertBooked(100);
        _assertOthersSolvent();
    }

    function test_withdrawUnits_callingBackGainsNothing() public {
        _bring(100);
        _planEverything();
        vm.prank(thief);
        exchange.withdrawUnits(theirs, 100, thief);
        assertEq(hostile.tried(), 14);
        assertEq(hostile.succeeded(), 0);
        assertEq(hostile.balanceOf(thief, UnitId.unwrap(BAD)), 100);
        _assertBooked(0);
        _assertOthersSolvent();
    }

    /// @dev The lots have left the account before the units leave: what it withdraws on the way, it had.
    function test_withdrawUnits_byTheContractItselfIsNotTwice() public {
        hostile.mint(address(hostile), UnitId.unwrap(BAD), 100);
        hostile.safeTransferFrom(address(hostile), address(exchange), UnitId.unwrap(BAD), 100, "");
        _bring(100);
        hostile.plan(abi.encodeCall(IExchangeCore.withdrawUnits, (theirs, 60, address(hostile))));
        vm.prank(thief);
        exchange.withdrawUnits(theirs, 100, thief);
        assertEq(hostile.succeeded(), 1, "sixty of its hundred, not again");
        assertEq(hostile.balanceOf(address(exchange), UnitId.unwrap(BAD)), 40);
        _assertBooked(40);
        _assertOthersSolvent();
    }

    function test_debitUnits_callingBackGainsNothing() public {
        _bring(100);
        _planEverything();
        assertEq(exchange.debitUnits(ParticipantId.wrap(thiefId), theirs, 70, address(9)), 70);
        assertEq(hostile.tried(), 14);
        assertEq(hostile.succeeded(), 0);
        assertEq(hostile.balanceOf(address(9), UnitId.unwrap(BAD)), 70);
        _assertBooked(30);
        _assertOthersSolvent();
    }

    /// @dev A deposit in the middle of a deposit: each is counted, both are there.
    function test_deposit_withinADepositIsCountedOnceEach() public {
        hostile.mint(thief, UnitId.unwrap(BAD), 40);
        hostile.plan(
            abi.encodeCall(IERC1155Receiver.onERC1155Received, (thief, thief, UnitId.unwrap(BAD), 5, bytes("")))
        );
        hostile.safeTransferFrom(thief, address(exchange), UnitId.unwrap(BAD), 40, "");
        _assertBooked(50); // ten of them are the contract's own lie
        _assertOthersSolvent();
    }

    // ------------------------------------------------------------------ lies

    /// @dev Units that never came are worth what the contract's word is worth, in its own market only.
    function test_lie_unitsThatNeverCame() public {
        hostile.report(thief, UnitId.unwrap(BAD), 1_000, "");
        _assertBooked(1_000);
        vm.prank(thief);
        vm.expectRevert(abi.encodeWithSelector(HostileUnits.HostileUnitsShort.selector, address(exchange), 1_000));
        exchange.withdrawUnits(theirs, 1_000, thief);
        vm.prank(thief);
        vm.expectPartialRevert(BookInsufficientLots.selector);
        exchange.withdrawUnits(market, 1, thief);
        vm.prank(thief);
        vm.expectPartialRevert(BookInsufficientLots.selector);
        exchange.place(_order(SELL, 4_800, 1, DAY_ORDER));
        _assertBooked(1_000);
        _assertOthersSolvent();
    }

    /// @dev Nor can they take cash out of the honest market: who buys them does so with cash of their own in that market.
    function test_lie_unitsThatNeverCameAreSoldInTheirOwnMarketOnly() public {
        hostile.report(thief, UnitId.unwrap(BAD), 1_000, "");
        (, address victim) = _join("victim");
        currency.mint(victim, 500_000);
        vm.startPrank(victim);
        currency.approve(address(exchange), 500_000);
        exchange.depositCash(theirs, 500_000);
        vm.stopPrank();
        MarketId honestMarket = market;
        market = theirs;
        _place(thief, SELL, 4_800, 10);
        _take(victim, BUY, 4_800, 10);
        market = honestMarket;
        assertEq(exchange.marketAssets(theirs).cash, 50_000_000, "what came in");
        (, uint256 cash) = _in(theirs, thiefId);
        uint256 price = 10 * 4_800 * 100;
        assertEq(cash, price - price * 300 / 1_000_000);
        vm.prank(thief);
        vm.expectPartialRevert(BookInsufficientCash.selector);
        exchange.withdrawCash(market, 1, thief);
        // What is left are the fees, credited when the next day is opened.
        vm.warp(_at(FIRST_DAY + 3));
        exchange.openDay(theirs);
        _assertOthersSolvent();
    }

    function test_lie_anotherMarketsId() public {
        bytes memory foreign =
            abi.encodeWithSelector(IExchangeBase.ExchangeForeignUnit.selector, hostile, UnitId.unwrap(UNIT));
        vm.expectRevert(foreign);
        hostile.report(thief, UnitId.unwrap(UNIT), 500, "");
        uint256[] memory ids = new uint256[](2);
        (ids[0], ids[1]) = (UnitId.unwrap(BAD), UnitId.unwrap(UNIT));
        uint256[] memory amounts = new uint256[](2);
        (amounts[0], amounts[1]) = (10, 10);
        vm.expectRevert(foreign);
        hostile.reportBatch(thief, ids, amounts);
        _assertBooked(0); // neither of the two
        _assertOthersSolvent();
    }

    function test_lie_anIdWithoutAMarket() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeForeignUnit.selector, hostile, 12_345));
        hostile.report(thief, 12_345, 1, "");
        _assertOthersSolvent();
    }

    function test_lie_moreThanALedgerHolds() public {
        hostile.report(thief, UnitId.unwrap(BAD), (uint256(1) << 33) - 1, "");
        vm.expectPartialRevert(IExchangeBase.ExchangeLedgerFull.selector);
        hostile.report(thief, UnitId.unwrap(BAD), 1, "");
        vm.expectPartialRevert(IExchangeBase.ExchangeLedgerFull.selector);
        hostile.report(thief, UnitId.unwrap(BAD), type(uint256).max >> 1, "");
        _assertOthersSolvent();
    }

    /// @dev It moves less than it was told to: who withdraws is short, and nobody else's asset pays for it.
    function test_lie_movesLessThanWasSaid() public {
        _bring(100);
        hostile.keep(30);
        vm.prank(thief);
        exchange.withdrawUnits(theirs, 100, thief);
        assertEq(hostile.balanceOf(thief, UnitId.unwrap(BAD)), 70);
        assertEq(hostile.balanceOf(address(exchange), UnitId.unwrap(BAD)), 30);
        _assertBooked(0);
        vm.prank(thief);
        vm.expectPartialRevert(BookInsufficientLots.selector);
        exchange.withdrawUnits(theirs, 30, thief); // not a second time
        _assertOthersSolvent();
    }

    /// @dev Orders in the name of somebody who did not send them.
    function test_lie_aDepositOfSomebodyElse() public {
        hostile.report(honest, UnitId.unwrap(BAD), 10, "");
        bytes memory order = abi.encode(_order(SELL, 1, 500, IOC));
        vm.expectPartialRevert(IExchangeBase.ExchangeForeignWallet.selector);
        vm.prank(address(hostile));
        IERC1155Receiver(address(exchange)).onERC1155Received(thief, honest, UnitId.unwrap(BAD), 1, order);
        _assertBooked(10);
        _assertOthersSolvent();
    }

    /// @dev It says that who has cash in its market sent its units, with an order to buy: units that came are sold, no more.
    function test_lie_aPurchaseInItsOwnMarket() public {
        (uint24 victimId, address victim) = _join("victim");
        currency.mint(victim, 500_000);
        vm.startPrank(victim);
        currency.approve(address(exchange), 500_000);
        exchange.depositCash(theirs, 500_000);
        vm.stopPrank();
        hostile.report(thief, UnitId.unwrap(BAD), 100, "");
        MarketId honestMarket = market;
        market = theirs;
        _place(thief, SELL, 4_810, 100);
        bytes memory purchase = abi.encode(_order(BUY, 4_810, 100, IOC));
        market = honestMarket;
        vm.expectRevert(abi.encodeWithSelector(IExchangeCore.ExchangeForeignOrder.selector, theirs));
        hostile.report(victim, UnitId.unwrap(BAD), 1, purchase);
        (uint256 lots, uint256 cash) = _in(theirs, victimId);
        assertEq(lots, 0);
        assertEq(cash, 500_000 * 100);
        _assertBooked(100);
    }

    /// @dev It says that an honest trader sent its units, with an order in the honest market: no such order was sent.
    function test_lie_anOrderInTheHonestMarket() public {
        OrderRequest order = _order(SELL, 4_800, 500, DAY_ORDER);
        vm.expectRevert(abi.encodeWithSelector(IExchangeCore.ExchangeForeignOrder.selector, theirs));
        hostile.report(honest, UnitId.unwrap(BAD), 10, abi.encode(order));
        _assertBooked(0);
        _assertOthersSolvent();
    }

    // ------------------------------------------------------------------ a contract of no market

    function test_unlisted_reportsNothing() public {
        HostileUnits unlisted = new HostileUnits(exchange);
        uint256[2] memory claimed = [UnitId.unwrap(UNIT), UnitId.unwrap(BAD)];
        for (uint256 i; i < 2; ++i) {
            bytes memory foreign =
                abi.encodeWithSelector(IExchangeBase.ExchangeForeignUnit.selector, unlisted, claimed[i]);
            vm.expectRevert(foreign);
            unlisted.report(thief, claimed[i], 10, "");
            unlisted.mint(thief, claimed[i], 10);
            vm.expectRevert(foreign);
            unlisted.safeTransferFrom(thief, address(exchange), claimed[i], 10, "");
            uint256[] memory ids = new uint256[](1);
            ids[0] = claimed[i];
            vm.expectRevert(foreign);
            unlisted.reportBatch(thief, ids, ids);
        }
        _assertBooked(0);
        _assertOthersSolvent();
    }
}
