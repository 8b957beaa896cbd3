// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId} from "../../interfaces/types/BookTypes.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase, MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeLens} from "../../interfaces/market/IExchangeLens.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantKinds, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {IRegistrarDesk} from "../../interfaces/market/IRegistrarDesk.sol";
import {MarketBase} from "./MarketBase.sol";
import {Applications} from "../parties/Applications.sol";

/// @dev An Exchange over the real register, with registrars of two provinces.
contract RegistrarDeskTest is MarketBase {
    uint16 private constant HUBEI = 42;
    uint16 private constant HUNAN = 43;
    bytes32 private constant WHY = keccak256("documents are not in order");
    /// @dev [gas] of one transaction, less what it costs before its first instruction.
    uint256 private constant MOST_GAS = (1 << 24) - 30_000;

    IParticipants private register;
    IRegistrarDesk private desk;
    address private hubei = makeAddr("bureau of Hubei");
    address private hunan = makeAddr("bureau of Hunan");
    address private maker = makeAddr("maker");
    address private taker = makeAddr("taker");
    ParticipantId private makerId;

    function setUp() public override {
        super.setUp();
        register = IParticipants(deployCode("Participants.sol:Participants", abi.encode(manager)));
        exchange = IExchange(deployCode("Exchange.sol:Exchange", abi.encode(manager, register, rules)));
        lens = IExchangeLens(deployCode("ExchangeLens.sol:ExchangeLens", abi.encode(exchange)));
        desk = IRegistrarDesk(deployCode("RegistrarDesk.sol:RegistrarDesk", abi.encode(exchange)));
        register.setRegistrar(address(desk), 0, true);
        register.setRegistrar(hubei, HUBEI, true);
        register.setRegistrar(hunan, HUNAN, true);

        _registered(makeAddr("operator"));
        makerId = _registered(maker);
        _registered(taker);
        market = _market(UNIT);
        _open(FIRST_DAY);
        _deposit(maker, 1_000, 10_000_000);
        _deposit(taker, 1_000, 10_000_000);
    }

    function _registered(address wallet) private returns (ParticipantId id) {
        return Applications.join(register, wallet, ParticipantKinds.TRADER, HUBEI, "", hubei);
    }

    function _market(UnitId unit) private returns (MarketId) {
        MarketConfig memory config = _config();
        vm.prank(officer);
        return exchange.createMarket(unit, SCHEME, address(currency), config);
    }

    function _suspend() private returns (uint256 next) {
        vm.prank(hubei);
        return desk.suspend(makerId, WHY);
    }

    function _status() private view returns (ParticipantStatus) {
        return register.participant(makerId).status;
    }

    // ------------------------------------------------------------------ one act

    function test_suspend_reachesRegisterAndExchangeInOneAct() public {
        OrderId ask = _place(maker, SELL, 4_800, 100);

        assertEq(_suspend(), 0);

        assertEq(uint8(_status()), uint8(ParticipantStatus.Suspended));
        (uint256 left,) = lens.order(ask);
        assertEq(left, 0, "void");
        assertTrue(_account(ParticipantId.unwrap(makerId)).frozen);
        (uint256 filled,) = _take(taker, BUY, 4_800, 100);
        assertEq(filled, 0, "not filled after it");
        vm.prank(maker);
        vm.expectRevert(
            abi.encodeWithSelector(
                IExchangeBase.ExchangeParticipantNotActive.selector, makerId, ParticipantStatus.Suspended
            )
        );
        exchange.place(_order(SELL, 4_800, 1, DAY_ORDER));
    }

    function test_suspend_reachesEveryMarketOfTheParticipant() public {
        MarketId other = _market(UnitId.wrap(uint256(2) << 96 | uint256(1) << 80 | 7));
        _market(UnitId.wrap(uint256(2) << 96 | uint256(1) << 80 | 8));
        exchange.openDay(other);
        currency.mint(maker, 100_000);
        vm.startPrank(maker);
        currency.approve(address(exchange), 100_000);
        exchange.depositCash(other, 100_000);
        vm.stopPrank();

        _suspend();

        assertTrue(exchange.account(makerId, market).frozen);
        assertTrue(exchange.account(makerId, other).frozen);
        assertFalse(exchange.account(makerId, MarketId.wrap(3)).frozen, "never had one there");
    }

    function test_suspend_reachesEveryWalletOfTheParticipant() public {
        address second = makeAddr("second wallet");
        vm.prank(maker);
        register.addWallet(second, 1);
        vm.prank(second);
        register.confirmWallet(makerId);
        exchange.sync(second);

        _suspend();

        vm.prank(second);
        vm.expectRevert(
            abi.encodeWithSelector(
                IExchangeBase.ExchangeParticipantNotActive.selector, makerId, ParticipantStatus.Suspended
            )
        );
        exchange.place(_order(SELL, 4_800, 1, DAY_ORDER));
    }

    function test_suspend_tellsWhoActedAndWhy() public {
        vm.expectEmit(address(desk));
        emit IRegistrarDesk.StatusActed(makerId, hubei, ParticipantStatus.Suspended, 0, WHY);
        _suspend();
    }

    function test_reinstate_freesWhatOnlyTheSuspensionFroze() public {
        MarketId other = _market(UnitId.wrap(uint256(2) << 96 | uint256(1) << 80 | 7));
        currency.mint(maker, 100);
        vm.startPrank(maker);
        currency.approve(address(exchange), 100);
        exchange.depositCash(other, 100);
        vm.stopPrank();
        _suspend();
        vm.prank(officer);
        exchange.freezeAccount(makerId, other, true);

        vm.prank(hubei);
        assertEq(desk.reinstate(makerId, WHY), 0);

        assertEq(uint8(_status()), uint8(ParticipantStatus.Active));
        assertFalse(exchange.account(makerId, market).frozen);
        assertTrue(exchange.account(makerId, other).frozen, "an order of the office stays");
        _place(maker, SELL, 4_800, 100);
    }

    function test_close_endsTradingForEver() public {
        OrderId bid = _place(maker, BUY, 4_700, 100);

        vm.prank(hubei);
        desk.close(makerId, WHY);

        assertEq(uint8(_status()), uint8(ParticipantStatus.Closed));
        (uint256 left,) = lens.order(bid);
        assertEq(left, 0, "void");
        assertTrue(_account(ParticipantId.unwrap(makerId)).frozen);
    }

    // ------------------------------------------------------------------ who may

    function test_acts_areForTheRegistrarOfTheJurisdiction() public {
        address[2] memory others = [hunan, maker];
        for (uint256 i; i < others.length; ++i) {
            bytes memory refusal =
                abi.encodeWithSelector(IRegistrarDesk.RegistrarDeskNotRegistrar.selector, others[i], HUBEI);
            vm.startPrank(others[i]);
            vm.expectRevert(refusal);
            desk.suspend(makerId, WHY);
            vm.expectRevert(refusal);
            desk.reinstate(makerId, WHY);
            vm.expectRevert(refusal);
            desk.close(makerId, WHY);
            vm.stopPrank();
        }
    }

    function test_acts_keepTheRegistersOwnRules() public {
        _suspend();
        bytes memory refusal = abi.encodeWithSelector(
            IParticipants.ParticipantsWrongStatus.selector, makerId, ParticipantStatus.Suspended
        );
        vm.expectRevert(refusal);
        _suspend();
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsUnknown.selector, ParticipantId.wrap(99)));
        vm.prank(hubei);
        desk.suspend(ParticipantId.wrap(99), WHY);
    }

    function test_pull_carriesAnActOfTheRegisterAlone() public {
        OrderId ask = _place(maker, SELL, 4_800, 100);
        vm.prank(hubei);
        register.suspend(makerId, WHY);
        (uint256 left,) = lens.order(ask);
        assertEq(left, 100, "the exchange does not know yet");

        vm.prank(taker);
        assertEq(desk.pull(makerId, 0), 0);

        (left,) = lens.order(ask);
        assertEq(left, 0);
    }

    // ------------------------------------------------------------------ bounds

    function test_suspend_cannotBeMadeTooExpensiveByOpeningAccounts() public {
        _accounts(210);
        OrderId ask = _place(maker, SELL, 4_800, 100);

        uint256 before = gasleft();
        uint256 next = _suspend();
        assertLt(before - gasleft(), MOST_GAS);

        assertEq(next, 201);
        (uint256 left,) = lens.order(ask);
        assertEq(left, 0, "the first 200 are done");
        assertFalse(exchange.account(makerId, MarketId.wrap(201)).frozen);
        vm.prank(maker);
        vm.expectRevert();
        exchange.place(_order(SELL, 4_800, 1, DAY_ORDER));
        assertEq(desk.pull(makerId, next), 0);
        assertTrue(exchange.account(makerId, MarketId.wrap(201)).frozen);
        assertTrue(exchange.account(makerId, MarketId.wrap(210)).frozen);
    }

    function test_suspend_looksAt2000MarketsAtOnce() public {
        _accounts(199);
        vm.mockCall(address(exchange), abi.encodeWithSignature("marketCount()"), abi.encode(2_500));

        uint256 before = gasleft();
        assertEq(_suspend(), 2_001);
        assertLt(before - gasleft(), MOST_GAS);
        assertEq(desk.pull(makerId, 2_001), 0);
    }

    /// @dev Accounts of the maker in markets up to number `last`.
    function _accounts(uint256 last) private {
        currency.mint(maker, last);
        vm.prank(maker);
        currency.approve(address(exchange), last);
        for (uint256 i = 2; i <= last; ++i) {
            MarketId made = _market(UnitId.wrap(uint256(2) << 96 | uint256(1) << 80 | i));
            vm.prank(maker);
            exchange.depositCash(made, 1);
        }
    }
}
