// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchangeCore} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {AccountId} from "../../interfaces/types/BookTypes.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev What the ledger says of who brought what and where it went. Whoever keeps books from events has no other word for it:
/// balances come out the same where an event names another wallet.
contract ExchangeLedgerEventsTest is MarketBase {
    uint24 private aliceId;
    uint24 private bobId;
    address private alice;
    address private bob;
    address private second = makeAddr("alice's second");
    address private treasury = makeAddr("treasury");

    function setUp() public override {
        super.setUp();
        (aliceId, alice) = _trader("alice", 1_000, 1_000_000);
        (bobId, bob) = _trader("bob", 1_000, 1_000_000);
        participants.add(aliceId, second, ALL_RIGHTS);
        _open(FIRST_DAY);
    }

    function _says() private {
        vm.expectEmit(address(exchange));
    }

    function _p(uint24 id) private pure returns (ParticipantId) {
        return ParticipantId.wrap(id);
    }

    function test_deposits_nameTheWalletThatPaid() public {
        units.mint(second, UnitId.unwrap(UNIT), 7);
        currency.mint(second, 3);
        vm.startPrank(second);
        currency.approve(address(exchange), 3);
        _says();
        emit IExchangeCore.CashDeposited(_accountId(aliceId), second, 300);
        exchange.depositCash(market, 3);
        _says();
        emit IExchangeCore.UnitsDeposited(_accountId(aliceId), second, 7);
        units.safeTransferFrom(second, address(exchange), UnitId.unwrap(UNIT), 7, "");
        vm.stopPrank();
    }

    /// @dev Not the wallet that asked: a clerk may send to another one of the participant's.
    function test_withdrawals_nameTheWalletThatWasPaid() public {
        vm.startPrank(alice);
        _says();
        emit IExchangeCore.CashWithdrawn(_accountId(aliceId), second, 200);
        exchange.withdrawCash(market, 2, second);
        _says();
        emit IExchangeCore.UnitsWithdrawn(_accountId(aliceId), second, 5);
        exchange.withdrawUnits(market, 5, second);
        vm.stopPrank();
        assertEq(currency.balanceOf(second), 2);
        assertEq(units.balanceOf(second, UnitId.unwrap(UNIT)), 5);
    }

    function test_moveCash_namesBothAccounts() public {
        vm.prank(officer);
        MarketId to = exchange.createMarket(UnitId.wrap(UnitId.unwrap(UNIT) + 1), SCHEME, address(currency), _config());
        AccountId other = AccountId.wrap((uint40(MarketId.unwrap(to)) << 24) | aliceId);
        vm.startPrank(alice);
        _says();
        emit IExchangeBase.CashMoved(_accountId(aliceId), other, 12_345);
        exchange.moveCash(market, to, 12_345);
        _says();
        emit IExchangeBase.CashMoved(other, _accountId(aliceId), 345);
        exchange.moveCash(to, market, 345);
        vm.stopPrank();
    }

    function test_debits_nameControllerAndReceiver() public {
        exchange.setController(address(this), 1 | 4);
        _says();
        emit IExchangeBase.CashDebited(_accountId(aliceId), address(this), treasury, 12_300);
        exchange.debitCash(_p(aliceId), market, 12_345, treasury);
        _says();
        emit IExchangeBase.UnitsDebited(_accountId(aliceId), address(this), treasury, 1_000);
        exchange.debitUnits(_p(aliceId), market, 1_001, treasury);
        _says();
        emit IExchangeBase.UnitsForced(_accountId(bobId), _accountId(aliceId), address(this), 1_000);
        exchange.forcedTransfer(_p(bobId), _p(aliceId), market, 1_001);
    }

    /// @dev 1 by order, 2 by the participant's status.
    function test_freezes_nameTheirCauses() public {
        MarketId[] memory markets = new MarketId[](1);
        markets[0] = market;
        vm.prank(officer);
        _says();
        emit IExchangeBase.AccountFrozen(_accountId(bobId), true, 1);
        exchange.freezeAccount(_p(bobId), market, true);
        participants.set(bob, bobId, ALL_RIGHTS, 3);
        _says();
        emit IExchangeBase.WalletSynced(bob, _p(bobId), ALL_RIGHTS, 3);
        _says();
        emit IExchangeBase.AccountFrozen(_accountId(bobId), true, 3);
        exchange.syncParticipant(_p(bobId), markets);
        vm.prank(officer);
        _says();
        emit IExchangeBase.AccountFrozen(_accountId(bobId), true, 2);
        exchange.freezeAccount(_p(bobId), market, false);
        participants.set(bob, bobId, ALL_RIGHTS, 2);
        _says();
        emit IExchangeBase.AccountFrozen(_accountId(bobId), false, 0);
        exchange.syncParticipant(_p(bobId), markets);
    }
}
