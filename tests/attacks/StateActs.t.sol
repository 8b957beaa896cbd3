// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ItmoPurpose, FirstTransfer, IArticle6} from "../../interfaces/compliance/IArticle6.sol";
import {ICompliance} from "../../interfaces/compliance/ICompliance.sol";
import {Determination} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {AuctionId, AuctionTerms, BidForm, IAuction, TieRule} from "../../interfaces/market/IAuction.sol";
import {BlockTicket, IBlockTrades} from "../../interfaces/market/IBlockTrades.sol";
import {MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeLens, Quote} from "../../interfaces/market/IExchangeLens.sol";
import {ForwardTerms, IForwardPurchases} from "../../interfaces/market/IForwardPurchases.sol";
import {IPledges} from "../../interfaces/market/IPledges.sol";
import {Purchase} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {InstallationId, MarketId, UnitId} from "../../interfaces/types/Ids.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {BatchNumbers} from "../../contracts/types/BatchNumbers.sol";
import {UnitIdLib} from "../../contracts/types/UnitIdLib.sol";
import {AttackCase} from "./AttackCase.sol";

/// @dev What may be done with a batch in each state: state_acts.toml has a table for each state with a line for each act,
/// "done" or the error that refuses it. Each cell is tried on the real contracts, from a state of its own.
contract StateActsTest is AttackCase {
    string private constant TABLE = "tests/attacks/state_acts.toml";
    /// @dev Acts of {act}, and two exports, which Python tries.
    uint256 private constant ACTS = 27;
    uint256 private constant STATES = 10;
    uint16 private constant HOST = 156;

    IExchangeLens private lens;
    IBlockTrades private blocks;
    IPledges private pledges;
    IAuction private house;
    IForwardPurchases private forwards;
    IArticle6 private article6;
    uint256 private forward;
    OrderId private ask;
    uint64 private pending; // a second report of the project
    UnitId private unit; //     the batch of the state, and its market
    MarketId private its;
    UnitId private unlisted; // one in the same state without a market
    AuctionId private open; //  an auction of its lots with a bid, from before the state
    /// @dev The same of units set apart from the batch, which no officer acts on.
    UnitId private part;
    MarketId private partMarket;
    UnitId private unlistedPart;
    AuctionId private partAuction;

    error StateActUnknown(string name);
    /// @dev An auction ended, the lots are the seller's again and the bid is paid back.
    error StateActLotsReturned();

    function setUp() public override {
        super.setUp();
        lens = IExchangeLens(_new("ExchangeLens", abi.encode(exchange)));
        blocks = IBlockTrades(_settling("BlockTrades"));
        pledges = IPledges(_settling("Pledges"));
        house = IAuction(_settling("Auction"));
        forwards = IForwardPurchases(_new("ForwardPurchases", abi.encode(participants, credits)));
        credits.setController(address(forwards), EXIT | 1 << 8);
        article6 = IArticle6(_new("Article6", abi.encode(manager, participants, credits, issuance, registry)));
        article6.setFocalPoint(authority, HOST);
        credits.setController(address(article6), EXIT | _kind(Exit.SetApart));
        pending = _submit(_monitored(HALF, FROM + 366 days), FROM);
        _owe();
        _setApart();
        partMarket = _sell(part);
        partAuction = _auctionWithABid();
        (unit, its) = (credit, _sell(credit));
        open = _auctionWithABid();
        _immobilise(FIRST, LAST, dora);
        _agree();
    }

    /// @dev For other purposes, and first transferred: its holder may retire it.
    function _setApart() private {
        vm.prank(authority);
        article6.authorise(credit, 20_000, developer, 0, ItmoPurpose.Other, FirstTransfer.Authorisation, "CA0001", WHY);
        vm.startPrank(dora);
        (part, unlistedPart) = (article6.setApart(1, 15_000), article6.setApart(1, 1_000));
        vm.stopPrank();
    }

    /// @dev Of the developer's lots in the market; the emitter bids for all of them.
    function _auctionWithABid() private returns (AuctionId id) {
        id = _announce(uint40(block.timestamp + 1));
        vm.prank(dora);
        house.open(id);
        vm.warp(block.timestamp + 1);
        vm.prank(emitterWallet);
        house.place(id, 100, 10, type(uint256).max);
    }

    function _settling(string memory name) private returns (address desk) {
        desk = _new(name, abi.encode(exchange));
        exchange.setController(desk, SETTLE);
    }

    /// @dev The emitter owes 100,000 t, and credits may meet all of it.
    function _owe() private {
        _setParam("offset.limit_ppm", 1_000_000);
        _setParam("benchmark.power.coal_gt300", 8_770);
        _setParam("benchmark.heat.coal", 1_260);
        vm.warp(YEAR_END + 180 days);
        Determination[] memory all = new Determination[](1);
        all[0] = Determination(plant, YEAR, 100_000, 1, 0, WHY);
        vm.startPrank(authority);
        schemes.disclose(CHINA, YEAR, 1e9, 1e9, 0);
        oracle.determine(CHINA, PERIOD, all);
        vm.stopPrank();
        InstallationId[] memory plants = new InstallationId[](1);
        plants[0] = plant;
        ICompliance(address(compliance)).trueUpAndAssess(CHINA, PERIOD, plants);
    }

    function _setParam(string memory name, uint256 value) private {
        schemes.setParam(CHINA, keccak256(bytes(name)), name, 1, value, WHY);
    }

    /// @dev The developer and the emitter have units on their wallets and in the ledger; the developer asks for money.
    function _sell(UnitId id) private returns (MarketId) {
        _openMarket(id);
        vm.prank(dora);
        credits.safeTransferFrom(dora, emitterWallet, UnitId.unwrap(id), 2_000, "");
        _deposit(emitterWallet, id, 1_000);
        _deposit(dora, id, 10_000);
        _fund(emitterWallet, 100_000_000);
        _place(dora, SELL, 100);
        _place(emitterWallet, BUY, 50);
        OrderRequest order = _order(SELL, 100);
        vm.prank(dora);
        (ask,,) = exchange.place(order);
        return market;
    }

    function _config() internal view override returns (MarketConfig memory config) {
        config = super._config();
        (config.rules.blockMinimumLots, config.rules.blockBandPpm) = (1, 300_000);
        config.rules.blockSession = [38, 60];
    }

    /// @dev A forward of the project.
    function _agree() private {
        currency.mint(emitterWallet, 10_000);
        currency.mint(dora, 10_000);
        vm.startPrank(emitterWallet);
        currency.approve(address(forwards), 10_000);
        forward = forwards.offer(
            ForwardTerms(developer, project, 2020, 100, 100, 10, uint40(block.timestamp + 30 days), address(currency))
        );
        vm.stopPrank();
        vm.startPrank(dora);
        currency.approve(address(forwards), 10_000);
        credits.setApprovalForAll(address(forwards), true);
        forwards.accept(forward);
        vm.stopPrank();
    }

    /* THE TABLE */

    function test_everyActInEveryState() public {
        string memory table = vm.readFile(TABLE);
        string[] memory states = vm.parseTomlKeys(table, "$");
        assertEq(states.length, STATES);
        for (uint256 i; i < states.length; ++i) {
            string memory path = string.concat("$.", states[i]);
            string[] memory acts = vm.parseTomlKeys(table, path);
            assertEq(acts.length, ACTS);
            uint256 start = vm.snapshotState();
            this.enter(states[i]);
            for (uint256 j; j < acts.length; ++j) {
                if (bytes7(bytes(acts[j])) == "export_") continue;
                string memory expected = vm.parseTomlString(table, string.concat(path, ".", acts[j]));
                string memory cell = string.concat(states[i], ", ", acts[j]);
                uint256 before = vm.snapshotState();
                assertEq(_try(acts[j]), _selectorOf(expected), cell);
                vm.revertToStateAndDelete(before);
            }
            vm.revertToStateAndDelete(start);
        }
    }

    function test_anUnknownActOrState_isNone() public {
        assertEq(_try("sing"), bytes4(StateActUnknown.selector));
        vm.expectRevert(abi.encodeWithSelector(StateActUnknown.selector, "asleep"));
        this.enter("asleep");
    }

    /// @dev Zero for "done".
    function _selectorOf(string memory error_) private pure returns (bytes4) {
        return keccak256(bytes(error_)) == keccak256("done") ? bytes4(0) : bytes4(keccak256(bytes(error_)));
    }

    function _try(string memory name) private returns (bytes4) {
        try this.act(name) {
            return 0;
        } catch (bytes memory why) {
            return bytes4(why);
        }
    }

    /* STATES */

    function enter(string calldata state) external {
        bytes32 s = keccak256(bytes(state));
        if (bytes4(bytes(state)) == "part") return _enterApart(state, s);
        if (s == keccak256("pending")) return _isAbout(UnitIdLib.encode(2, CHINA, 2020, pending));
        vm.startPrank(authority);
        if (s == keccak256("ex_ante")) {
            _isAbout(issuance.issueExAnte(project, 2020, 100_000, WHY));
        } else {
            unlisted = issuance.issueFromReport(pending);
            _decide(state, s);
        }
        vm.stopPrank();
    }

    /// @dev Units set apart from a batch that gets into the state.
    function _enterApart(string calldata state, bytes32 s) private {
        (unit, its, open) = (part, partMarket, partAuction);
        (unlisted, foreign) = (unlistedPart, part);
        bool invalid = s == keccak256("part_of_invalidated");
        vm.startPrank(authority);
        if (s == keccak256("part_of_suspended")) {
            batchDesk.setSuspended(project, true, WHY);
        } else if (invalid || s == keccak256("part_of_locked")) {
            batchDesk.setLocked(credit, true, WHY);
            if (invalid) batchDesk.invalidate(credit, WHY);
        } else if (s != keccak256("part_of_active")) {
            revert StateActUnknown(state);
        }
        vm.stopPrank();
    }

    /// @dev On three batches: the one that is traded, one that could be, one that could go back to its registry.
    function _decide(string calldata state, bytes32 s) private {
        if (s == keccak256("active")) return;
        if (s == keccak256("suspended")) {
            batchDesk.setSuspended(project, true, WHY);
            return batchDesk.setLocked(foreign, true, WHY); // of no project here
        }
        bool invalid = s == keccak256("invalidated");
        if (!invalid && s != keccak256("locked")) revert StateActUnknown(state);
        UnitId[3] memory all = [unit, unlisted, foreign];
        for (uint256 i; i < all.length; ++i) {
            batchDesk.setLocked(all[i], true, WHY);
            if (invalid) batchDesk.invalidate(all[i], WHY);
        }
    }

    /// @dev A batch without a market.
    function _isAbout(UnitId other) private {
        (unit, unlisted, foreign, its) = (other, other, other, exchange.marketOf(other));
        open = AuctionId.wrap(0);
    }

    /* ACTS */

    function act(string calldata name) external {
        market = its;
        bytes32 n = keccak256(bytes(name));
        if (n == keccak256("market")) return _market();
        if (n == keccak256("place")) return _placed(dora, SELL);
        if (n == keccak256("fill")) return _placed(emitterWallet, BUY);
        if (n == keccak256("quote")) return _quote();
        if (n == keccak256("deposit")) return _deposit(dora, unit, 100);
        if (n == keccak256("withdraw")) return _withdraw();
        if (n == keccak256("block_trade")) return _blockTrade();
        if (n == keccak256("pledge")) return _pledge();
        if (n == keccak256("auction")) return _auction();
        if (n == keccak256("auction_bid")) return _auctionBid();
        if (n == keccak256("auction_delivery")) return _auctionDelivery();
        if (n == keccak256("forward")) return _forward();
        if (n == keccak256("transfer")) return _transfer();
        if (n == keccak256("cancel_order")) return _cancelOrder();
        if (n == keccak256("withdraw_cash")) return _withdrawCash();
        _useOrEnd(name, n);
    }

    function _useOrEnd(string calldata name, bytes32 n) private {
        if (n == keccak256("retire")) {
            _retireOwn();
        } else if (n == keccak256("retire_from_ledger")) {
            vm.prank(emitterWallet);
            registry.retireFromLedger(unit, 10, _claim(), emitterWallet);
        } else if (n == keccak256("retire_on_purchase")) {
            _retireOnPurchase();
        } else if (n == keccak256("surrender")) {
            _surrender(false);
        } else if (n == keccak256("surrender_from_ledger")) {
            _surrender(true);
        } else if (n == keccak256("authorise")) {
            _authorise();
        } else if (n == keccak256("reverse")) {
            vm.prank(authority);
            issuance.reverseUnavoidable(unit, unit, 10, WHY);
        } else if (n == keccak256("clear")) {
            address[] memory holders = new address[](1);
            holders[0] = dora;
            credits.clearInvalidated(unit, holders);
        } else if (n == keccak256("force")) {
            vm.prank(authority);
            credits.forcedTransferByOrder(dora, emitterWallet, unit, 10, WHY);
        } else if (n == keccak256("release")) {
            _release();
        } else {
            revert StateActUnknown(name);
        }
    }

    function _market() private {
        MarketConfig memory config = _config();
        vm.prank(authority);
        exchange.createMarket(unlisted, CHINA, address(currency), config);
    }

    function _placed(address wallet, uint256 side) private {
        uint256 filled = _place(wallet, side, 10);
        assertEq(filled, side == BUY ? 10 : 0);
    }

    /// @dev A quote says by the error of the order itself that nothing can be done.
    function _quote() private view {
        Quote memory q = lens.quote(_order(BUY, 10), emitter);
        bytes memory why = q.refusal;
        if (why.length == 0) return;
        assembly ("memory-safe") {
            revert(add(why, 32), mload(why))
        }
    }

    function _withdraw() private {
        vm.prank(dora);
        exchange.withdrawUnits(its, 10, dora);
    }

    function _blockTrade() private {
        BlockTicket memory ticket = BlockTicket(
            its, developer, dora, emitter, emitterWallet, 10, uint64(TICK * 100), 1, uint64(block.timestamp + 1 days)
        );
        bytes32 hash = blocks.ticketHash(ticket);
        blocks.trade(ticket, _signature(doraKey, hash), _signature(emitterKey, hash));
    }

    function _signature(uint256 key, bytes32 hash) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function _pledge() private {
        vm.prank(dora);
        pledges.pledge(its, emitter, 10, uint40(block.timestamp + 1 days), WHY);
    }

    /// @dev For the purpose that it is authorised for, where it is set apart.
    function _retireOwn() private {
        if (!BatchNumbers.isAuthorised(unit)) {
            _retire(dora, unit, 10);
            return;
        }
        vm.prank(dora);
        registry.retireOutcome(unit, 10, _claim(), dora, 0);
    }

    /// @dev Announced by the office, opened by the seller, whose lots go into custody.
    function _auction() private {
        AuctionId id = _announce(uint40(block.timestamp + 1 hours));
        vm.prank(dora);
        house.open(id);
    }

    function _auctionBid() private {
        vm.prank(emitterWallet);
        house.place(open, 101, 10, type(uint256).max);
    }

    /// @dev Of an auction from before the state; who bid and gets nothing has its money back, but for the place.
    function _auctionDelivery() private {
        uint256 lots = exchange.account(emitter, its).lots;
        uint256 cash = exchange.account(emitter, its).cash;
        uint256 own = exchange.account(developer, its).lots;
        vm.warp(block.timestamp + 1 hours);
        house.clear(open, 10);
        house.settle(open, 200);
        if (exchange.account(emitter, its).lots != lots) return;
        assertEq(exchange.account(emitter, its).cash, cash + 10 * 100 * 100 + 1); // the emitter takes forfeits, too
        assertEq(exchange.account(developer, its).lots, own + 10);
        revert StateActLotsReturned();
    }

    function _announce(uint40 from) private returns (AuctionId) {
        AuctionTerms memory t;
        t.market = market;
        (t.seller, t.proceeds, t.forfeits) = (developer, developer, emitter);
        (t.lots, t.multiple, t.tickSize) = (10, 1, 100);
        (t.maximumBids, t.bidsEach, t.placeFee) = (1_000, 100, 1);
        (t.form, t.tie) = (BidForm.Open, TieRule.Time);
        t.commitFrom = from;
        t.commitUntil = t.revealFrom = t.revealUntil = t.deliverFrom = from + 1 hours;
        vm.prank(authority);
        return house.announce(t, WHY);
    }

    function _forward() private {
        vm.prank(dora);
        forwards.deliver(forward, unit, 10);
    }

    function _transfer() private {
        vm.prank(dora);
        credits.safeTransferFrom(dora, emitterWallet, UnitId.unwrap(unit), 10, "");
    }

    function _cancelOrder() private {
        vm.prank(dora);
        exchange.cancel(ask);
    }

    function _withdrawCash() private {
        vm.prank(dora);
        exchange.withdrawCash(its, 1, dora);
    }

    function _retireOnPurchase() private {
        vm.prank(emitterWallet);
        registry.retireOnPurchase(Purchase(its, uint16(TICK), 10, 0, 0), _claim(), emitterWallet);
    }

    function _surrender(bool fromLedger) private {
        UnitId[] memory ids = new UnitId[](1);
        uint256[] memory amounts = new uint256[](1);
        (ids[0], amounts[0]) = (unit, 10);
        vm.prank(emitterWallet);
        if (fromLedger) ICompliance(address(compliance)).surrenderFromLedger(plant, PERIOD, ids, amounts);
        else ICompliance(address(compliance)).surrender(plant, PERIOD, ids, amounts);
    }

    function _authorise() private {
        vm.prank(authority);
        article6.authorise(unit, 10, developer, 392, ItmoPurpose.Ndc, FirstTransfer.None, "CA0001", WHY);
    }

    /// @dev Back to the registry that the batch came from.
    function _release() private {
        vm.prank(dora);
        credits.safeTransferFrom(dora, address(immobilisation), UnitId.unwrap(foreign), 10, abi.encode(ACCOUNT));
    }
}
