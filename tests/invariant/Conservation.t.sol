// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchange} from "../../interfaces/market/IExchange.sol";
import {CloseRule, MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Batch} from "../../interfaces/units/IOffsetCredits.sol";
import {IPledges} from "../../interfaces/market/IPledges.sol";
import {Certificate, IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {RefusingWallet} from "../attacks/RefusingWallet.sol";
import {UnitsBase} from "../units/UnitsBase.sol";
import {ConservationHandler, World} from "./ConservationHandler.sol";

/// @dev For each unit: issued = free + held for + frozen + pledged + in the ledger + buffer + every exit, term by term and disjoint; with the
/// real Exchange and the real registry, after any sequence of legal moves.
contract ConservationTest is UnitsBase {
    uint64 internal constant BATCH = 1_000_000;

    IExchange internal exchange;
    IPledges internal pledges;
    ConservationHandler internal handler;
    UnitId[3] internal units;
    MarketId[3] internal markets;
    address[4] internal wallets;
    RefusingWallet internal refuser;
    address internal claimant = makeAddr("claimant");
    address[7] internal accounts; // the wallets, both of the refuser, and its held account

    function setUp() public override {
        super.setUp();
        wallets = [alice, aliceDesk, bob, dora];
        accounts = [alice, aliceDesk, bob, dora, address(0), claimant, _refuser()];
        accounts[4] = address(refuser);
        units = [allowance, _batch(1, BATCH, 100_000), _batch(2, BATCH, 200_000)];
        IRetirementRegistry registry = _registry();
        ISettlementCurrency currency = _openMarkets();
        _fund(currency);

        allowances.setController(controller, ISSUE | EXIT | FORCE);
        allowances.setController(address(registry), EXIT);
        credits.setController(address(registry), EXIT);
        exchange.setController(controller, 1);
        exchange.setController(address(registry), 1);
        pledges = IPledges(vm.deployCode("Pledges.sol:Pledges", abi.encode(exchange)));
        exchange.setController(address(pledges), 16);

        handler = new ConservationHandler(
            World({
                allowances: allowances,
                credits: credits,
                issuance: issuance,
                batchDesk: batchDesk,
                exchange: exchange,
                participants: participants,
                registry: registry,
                pledges: pledges,
                officer: officer,
                controller: controller,
                wallets: wallets,
                refuser: refuser,
                claimant: claimant,
                units: units,
                markets: markets
            }),
            100_000,
            900_000,
            200_000,
            800_000
        );
        targetContract(address(handler));
    }

    /// @dev One invariant for six promises: each on its own would make every move again.
    function invariant_nothingIsLostAndNothingFound() public view {
        _issuedIsHeldPlusEveryExit();
        _everyTermIsWhatTheMovesSay();
        _theLedgerHoldsWhatItOwes();
        _serialsFollowTheExits();
        _nobodyKeepsUnitsOnTheirWayOut();
        _certificatesAreWhatWasRetired();
    }

    /// @dev Tonnes of all certificates are the units destroyed by retirement, batch by batch; none of them changes.
    function _certificatesAreWhatWasRetired() private view {
        uint256[3] memory tonnes;
        IRetirementRegistry registry = handler.REGISTRY();
        for (uint256 number = 1; number <= registry.lastCertificate(); ++number) {
            Certificate memory c = registry.certificate(number);
            for (uint256 i = 0; i < units.length; ++i) {
                if (UnitId.unwrap(c.unit) == UnitId.unwrap(units[i])) tonnes[i] += c.amount;
            }
        }
        for (uint256 i = 0; i < units.length; ++i) {
            (UnitId id, IUnit1155 token) = _unit(i);
            assertEq(tonnes[i], token.exitedOf(id, Exit.Retired), "certificates and retired units");
        }
        assertEq(registry.lastCertificate(), handler.certificates(), "certificates beside the acts");
        handler.checkCertificates();
    }

    function _issuedIsHeldPlusEveryExit() private view {
        for (uint256 i = 0; i < units.length; ++i) {
            (UnitId id, IUnit1155 token) = _unit(i);
            uint256 sum = _inLedger(i) + handler.pledged(id);
            sum += token.balanceOf(address(credits), UnitId.unwrap(id)); //        buffer
            for (uint256 j = 0; j < accounts.length; ++j) {
                uint256 balance = token.balanceOf(accounts[j], UnitId.unwrap(id));
                uint256 frozen = token.getFrozenTokens(accounts[j], UnitId.unwrap(id));
                if (frozen > balance) frozen = balance; // the rest of the order waits for what comes
                uint256 free = token.freeOf(accounts[j], id);
                assertEq(free + frozen, balance, "free and frozen are all of a balance");
                sum += free + frozen;
            }
            uint256 gone = 0;
            for (uint256 kind = 1; kind <= uint256(type(Exit).max); ++kind) {
                gone += token.exitedOf(id, Exit(kind));
            }
            assertEq(sum + gone, token.issuedOf(id), "issued");
            assertEq(sum, token.totalSupply(id), "supply");
        }
    }

    /// @dev Lots of participants; what is pledged lies in an account of its own.
    function _inLedger(uint256 i) private view returns (uint256 lots) {
        if (markets[i] == MarketId.wrap(0)) return 0;
        ParticipantId[3] memory owners = [alpha, beta, developer];
        for (uint256 j = 0; j < owners.length; ++j) {
            lots += exchange.account(owners[j], markets[i]).lots;
        }
    }

    function _everyTermIsWhatTheMovesSay() private view {
        for (uint256 i = 0; i < units.length; ++i) {
            (UnitId id, IUnit1155 token) = _unit(i);
            assertEq(token.issuedOf(id), handler.issued(id), "issued");
            assertEq(token.balanceOf(address(credits), UnitId.unwrap(id)), handler.buffered(id), "buffer");
            for (uint256 kind = 1; kind <= uint256(type(Exit).max); ++kind) {
                assertEq(token.exitedOf(id, Exit(kind)), handler.exited(id, Exit(kind)), "exit");
            }
            for (uint256 j = 0; j < accounts.length; ++j) {
                assertEq(token.balanceOf(accounts[j], UnitId.unwrap(id)), handler.held(id, accounts[j]), "account");
            }
        }
    }

    function _theLedgerHoldsWhatItOwes() private view {
        ParticipantId[3] memory owners = [alpha, beta, developer];
        for (uint256 i = 0; i < 2; ++i) {
            (UnitId id, IUnit1155 token) = _unit(i);
            uint256 owed = 0;
            for (uint256 j = 0; j < owners.length; ++j) {
                uint256 lots = exchange.account(owners[j], markets[i]).lots;
                assertEq(lots, handler.ledger(id, owners[j]), "account");
                owed += lots;
            }
            uint256 pledged = exchange.account(exchange.houseOf(address(pledges)), markets[i]).lots;
            assertEq(pledged, handler.pledged(id), "pledged");
            assertEq(token.balanceOf(address(exchange), UnitId.unwrap(id)), owed + pledged, "ledger");
        }
    }

    function _serialsFollowTheExits() private view {
        uint64 next = 1;
        for (uint256 i = 1; i < units.length; ++i) {
            Batch memory batch = credits.batch(units[i]);
            assertEq(batch.blocks[0].first, next, "blocks follow each other");
            assertEq(batch.blocks[0].last, batch.blocks[0].first + BATCH - 1, "a block is as long as its batch");
            uint256 gone = credits.issuedOf(units[i]) - credits.totalSupply(units[i]);
            assertEq(batch.next, batch.blocks[0].first + gone, "one serial number for each unit that left");
            next = batch.blocks[0].last + 1;
        }
    }

    function _nobodyKeepsUnitsOnTheirWayOut() private view {
        for (uint256 i = 0; i < units.length; ++i) {
            (UnitId id, IUnit1155 token) = _unit(i);
            assertEq(token.balanceOf(controller, UnitId.unwrap(id)), 0);
        }
    }

    /* FOUND SEQUENCES */

    /// @dev Units of an invalid batch that a wallet refused leave its held account.
    function test_sequence_refuseInvalidateClear() public {
        handler.forceToRefuser(2, 3, 1_000);
        handler.lock(1);
        handler.retireBarred(3, 10);
        handler.lock(16);
        handler.retireBarred(3, 10);
        invariant_nothingIsLostAndNothingFound();
        handler.clear(3);
        invariant_nothingIsLostAndNothingFound();
    }

    /// @dev A surrender that draws on held units, after a refusal by revert.
    function test_sequence_refuseSurrenderClaim() public {
        handler.issueToRefuser(1, 1_000);
        handler.surrenderHeld(600);
        handler.claim(0, 400);
        invariant_nothingIsLostAndNothingFound();
    }

    /// @dev Every kind of move happens and none is refused: without this the invariants above could hold of nothing.
    function test_handler_makesEveryMove() public {
        handler.issue(0, 1e6);
        handler.issue(2, 1e6);
        handler.issue(3, 1e6);
        handler.issueBatch(5, 6);
        handler.transfer(0, 0, 1, 1000);
        handler.transfer(1, 3, 2, 1000);
        handler.transfer(2, 3, 2, 1000);
        handler.freeze(0, 0, 500);
        handler.freeze(1, 2, 100);
        handler.thaw(1, 2);
        handler.force(0, 0, 2, 10);
        handler.deposit(0, 0, 5000);
        handler.deposit(1, 3, 5000);
        handler.trade(0, 0, 100);
        handler.trade(1, 1, 100);
        handler.pledge(0, 0, 40);
        handler.pledge(1, 3, 40);
        handler.release(1, 10, true);
        handler.release(2, 10, false);
        handler.withdraw(0, 0, 50);
        handler.exitFromWallet(0, 2, 10, 0);
        handler.exitFromWallet(1, 3, 10, 4);
        handler.exitByForce(0, 10);
        handler.surrenderFromLedger(0, 2, 10);
        handler.retire(1, 3, 10);
        handler.retireFromLedger(1, 2, 10);
        handler.retireForMany(2, 3, 10, 20);
        handler.retireBarred(2, 10);
        handler.moveCertificate(1);
        handler.cancel(1, 3, 10);
        handler.reverse(0, 10);
        handler.lock(0);
        handler.retireBarred(3, 10);
        handler.lock(16);
        handler.retireBarred(3, 10);
        handler.clear(2);
        handler.issueToRefuser(0, 100);
        handler.issueToRefuser(1, 1000);
        handler.forceToRefuser(0, 0, 10);
        handler.claim(0, 100);
        handler.surrenderHeld(150);
        handler.clawBackHeld(10);

        string[29] memory names = [
            "retireForMany",
            "retireBarred",
            "retireTooMany",
            "moveCertificate",
            "issueToRefuser",
            "forceToRefuser",
            "claim",
            "surrenderHeld",
            "clawBackHeld",
            "issue",
            "issueBatch",
            "transfer",
            "freeze",
            "thaw",
            "force",
            "deposit",
            "withdraw",
            "trade",
            "pledge",
            "release",
            "exitFromWallet",
            "exitByForce",
            "surrenderFromLedger",
            "retire",
            "retireFromLedger",
            "cancel",
            "reverse",
            "lock",
            "clear"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(handler.moves(names[i]), 0, names[i]);
        }
        invariant_nothingIsLostAndNothingFound();
    }

    /* STAGE */

    function _newVenue() internal override returns (address) {
        exchange = IExchange(vm.deployCode("Exchange.sol:Exchange", abi.encode(manager, participants, schemes)));
        return address(exchange);
    }

    /// @dev Returns the held account of a participant whose primary wallet may refuse.
    function _refuser() private returns (address) {
        refuser = new RefusingWallet();
        ParticipantId id = _register(address(refuser));
        refuser.act(address(participants), abi.encodeCall(participants.addWallet, (claimant, WalletRights.ALL)));
        vm.prank(claimant);
        participants.confirmWallet(id);
        return HeldAccounts.accountOf(id);
    }

    function _registry() private returns (IRetirementRegistry) {
        address[] memory contracts_ = new address[](2);
        (contracts_[0], contracts_[1]) = (address(allowances), address(credits));
        return IRetirementRegistry(
            vm.deployCode(
                "RetirementRegistry.sol:RetirementRegistry", abi.encode(manager, participants, exchange, contracts_)
            )
        );
    }

    /// @dev Ten in the morning of a trading day; markets for the allowance and the first batch.
    function _openMarkets() private returns (ISettlementCurrency currency) {
        currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "Renminbi", "CNY"))
        );
        uint256 day = (block.timestamp + 8 hours) / 1 days;
        uint256[] memory words = new uint256[](1);
        words[0] = type(uint256).max;
        schemes.setTradingDays(SCHEME, uint16(day / 256), words);
        vm.warp(day * 1 days + 2 hours);

        MarketConfig memory config;
        config.lotSize = 1;
        config.tickSize = 100;
        config.referenceTick = 4800;
        config.utcQuarters = 32;
        config.feeAccount = developer;
        config.rules.bandPpm = 100_000;
        config.rules.minimumLots = 1;
        config.rules.maximumLots = 99_999;
        config.rules.closeRule = CloseRule.VolumeWeighted;
        config.rules.sessions = [38, 46, 52, 60];
        for (uint256 i = 0; i < 2; ++i) {
            (UnitId id, IUnit1155 token) = _unit(i);
            config.units = address(token);
            vm.prank(officer);
            markets[i] = exchange.createMarket(id, SCHEME, address(currency), config);
            exchange.openDay(markets[i]);
        }
    }

    /// @dev The buyer's money, more than any run can spend.
    function _fund(ISettlementCurrency currency) private {
        currency.mint(bob, 2e12);
        vm.startPrank(bob);
        currency.approve(address(exchange), 2e12);
        exchange.depositCash(markets[0], 1e12);
        exchange.depositCash(markets[1], 1e12);
        vm.stopPrank();
    }

    function _unit(uint256 i) private view returns (UnitId, IUnit1155) {
        return (units[i], i == 0 ? IUnit1155(allowances) : IUnit1155(credits));
    }
}
