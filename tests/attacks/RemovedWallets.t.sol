// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId} from "../../interfaces/types/BookTypes.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    IParticipants,
    ParticipantKinds,
    ParticipantStatus,
    WalletRights
} from "../../interfaces/parties/IParticipants.sol";
import {IWalletMirrors} from "../../interfaces/parties/IWalletMirror.sol";
import {IWalletRecovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {MarketBase} from "../market/MarketBase.sol";
import {Applications} from "../parties/Applications.sol";

/// @notice A thief, a dismissed clerk or a suspended trader goes on trading at an exchange that remembers who may.
/// @dev The real register and an Exchange over it; `thief` is a wallet of the maker that has traded today.
contract RemovedWalletsTest is MarketBase {
    uint16 private constant HUBEI = 42;
    bytes32 private constant WHY = "why";

    IParticipants private register;
    IWalletRecovery private recoveries;
    address private hubei = makeAddr("bureau of Hubei");
    address private court = makeAddr("court");
    address private maker = makeAddr("maker");
    address private thief = makeAddr("thief");
    ParticipantId private makerId;

    function setUp() public override {
        super.setUp();
        register = IParticipants(deployCode("Participants.sol:Participants", abi.encode(manager)));
        recoveries = IWalletRecovery(address(register));
        exchange = IExchange(deployCode("Exchange.sol:Exchange", abi.encode(manager, register, rules)));
        IWalletMirrors(address(register)).setMirror(address(exchange));
        register.setRegistrar(hubei, HUBEI, true);
        recoveries.setArbiter(court, HUBEI, true);
        Applications.join(register, makeAddr("operator"), ParticipantKinds.TRADER, HUBEI, "", hubei);
        makerId = Applications.join(register, maker, ParticipantKinds.TRADER, HUBEI, "", hubei);
        vm.prank(officer);
        market = exchange.createMarket(UNIT, SCHEME, address(currency), _config());
        _open(FIRST_DAY);
        _deposit(maker, 1_000, 10_000_000);
        vm.prank(maker);
        register.addWallet(thief, WalletRights.TRADE | WalletRights.MANAGE);
        vm.prank(thief);
        register.confirmWallet(makerId);
        _place(thief, SELL, 4_800, 1);
    }

    function _refuses(bytes memory why) private {
        vm.prank(thief);
        vm.expectRevert(why);
        exchange.place(_order(SELL, 4_400, 1, DAY_ORDER));
    }

    function _notActive(ParticipantStatus status) private view returns (bytes memory) {
        return abi.encodeWithSelector(IExchangeBase.ExchangeParticipantNotActive.selector, makerId, status);
    }

    function test_aWalletThatIsRemoved_tradesNoMore() public {
        OrderId ask = _place(thief, SELL, 4_800, 1);
        vm.prank(maker);
        register.removeWallet(thief);
        _refuses(abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, thief));
        vm.prank(thief);
        vm.expectRevert();
        exchange.cancel(ask);
    }

    function test_aWalletThatLosesTheRight_tradesNoMore() public {
        vm.prank(maker);
        register.setRights(thief, WalletRights.REPORT);
        _refuses(abi.encodeWithSelector(IExchangeBase.ExchangeRightMissing.selector, thief, WalletRights.TRADE));
    }

    function test_aStolenWallet_tradesNoMoreOnceTheOfficesDecided() public {
        (address[] memory wallets, uint8[] memory rights) = (new address[](1), new uint8[](1));
        (wallets[0], rights[0]) = (maker, WalletRights.ALL);
        _replace(wallets, rights);
        _refuses(_notActive(ParticipantStatus.Suspended));
        _place(maker, SELL, 4_800, 1);
    }

    function test_aWalletThatIsKeptWithLess_tradesNoMoreOnceTheOfficesDecided() public {
        (address[] memory wallets, uint8[] memory rights) = (new address[](2), new uint8[](2));
        (wallets[0], rights[0]) = (maker, WalletRights.ALL);
        (wallets[1], rights[1]) = (thief, WalletRights.REPORT);
        _replace(wallets, rights);
        _refuses(abi.encodeWithSelector(IExchangeBase.ExchangeRightMissing.selector, thief, WalletRights.TRADE));
    }

    function _replace(address[] memory wallets, uint8[] memory rights) private {
        vm.prank(hubei);
        recoveries.proposeRecovery(makerId, wallets, rights, WHY);
        skip(7 days);
        vm.prank(court);
        recoveries.upholdRecovery(makerId, wallets, rights);
        _open(FIRST_DAY + 7);
    }

    function test_aTraderSuspendedAtTheRegisterAlone_tradesNoMore() public {
        vm.prank(hubei);
        register.suspend(makerId, WHY);
        _refuses(_notActive(ParticipantStatus.Suspended));
        vm.prank(hubei);
        register.reinstate(makerId);
        _place(thief, SELL, 4_800, 1);
        vm.prank(hubei);
        register.close(makerId);
        _refuses(_notActive(ParticipantStatus.Closed));
    }

    function test_whatTheThiefTradesWith_isAnothersOnceItJoinsAnother() public {
        vm.prank(maker);
        register.removeWallet(thief);
        ParticipantId own = Applications.join(register, thief, ParticipantKinds.TRADER, HUBEI, "", hubei);
        vm.prank(thief);
        vm.expectRevert();
        exchange.place(_order(SELL, 4_800, 1, DAY_ORDER)); // of its own account, which is empty
        assertEq(exchange.account(own, market).lots, 0);
    }
}
