// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots
} from "../../interfaces/types/BookTypes.sol";
import {BlockTicket, IBlockTrades, TicketStatus} from "../../interfaces/market/IBlockTrades.sol";
import {Account} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase, MarketConfig, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {BlockTradesBase} from "./BlockTradesBase.sol";

/// @dev Trading: who, what, when, at which price.
contract BlockTradesTest is BlockTradesBase {
    // ------------------------------------------------------------------ trading

    function test_trade_settlesInTheLedger() public {
        BlockTicket memory ticket = _ticket(150_000, 523_400);
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(buyerKey, hash);
        vm.expectEmit(address(blocks));
        emit IBlockTrades.BlockTraded(
            market, _id(sellerId), _id(buyerId), hash, FIRST_DAY, 5_234, 150_000, 78_510_000_000, 0, 0
        );
        vm.prank(anybody);
        blocks.trade(ticket, bySeller, byBuyer);
        Account memory a = _account(sellerId);
        assertEq(a.lots, LOTS - 150_000);
        assertEq(a.cash, 10_000 + 78_510_000_000);
        a = _account(buyerId);
        assertEq(a.lots, 151_000);
        assertEq(a.lotsBought, 150_000);
        assertEq(a.lotsFree, 1_000, "what was bought is not for sale today");
        assertEq(a.cash, CENTS * 100 - 78_510_000_000);
        assertEq(uint256(blocks.ticketStatus(hash)), uint256(TicketStatus.Traded));
    }

    function test_trade_takesATicketOnce() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes32 hash = blocks.ticketHash(ticket);
        _trade(ticket);
        _refused(
            ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesTicketSpent.selector, hash, TicketStatus.Traded)
        );
        ticket.nonce = ++nonces;
        _trade(ticket);
    }

    function test_trade_endsWithTheDeadline() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.deadline = uint64(vm.getBlockTimestamp() - 1);
        _refused(
            ticket,
            abi.encodeWithSelector(
                IBlockTrades.BlockTradesTicketExpired.selector, blocks.ticketHash(ticket), ticket.deadline
            )
        );
        ticket.deadline += 1;
        _trade(ticket);
    }

    function test_trade_needsTwoParticipants() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.buyer = ticket.seller;
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesSelfTrade.selector, _id(sellerId)));
    }

    function test_trade_needsBothSignatures() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(buyerKey, hash);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadSignature.selector, seller, hash));
        blocks.trade(ticket, byBuyer, byBuyer);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadSignature.selector, buyer, hash));
        blocks.trade(ticket, bySeller, bySeller);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadSignature.selector, buyer, hash));
        blocks.trade(ticket, bySeller, "");
    }

    function testFuzz_trade_bindsEveryField(uint256 field, uint64 change) public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes32 hash = blocks.ticketHash(ticket);
        field = bound(field, 0, 8);
        change = uint64(bound(change, 1, type(uint16).max));
        if (field == 0) ticket.market = MarketId.wrap(MarketId.unwrap(market) ^ uint16(change));
        if (field == 1) ticket.seller = ParticipantId.wrap(sellerId ^ uint24(change));
        if (field == 2) ticket.sellerWallet = address(uint160(seller) ^ change);
        if (field == 3) ticket.buyer = ParticipantId.wrap(buyerId ^ uint24(change));
        if (field == 4) ticket.buyerWallet = address(uint160(buyer) ^ change);
        if (field == 5) ticket.lots ^= uint40(change);
        if (field == 6) ticket.price ^= change;
        if (field == 7) ticket.nonce ^= change;
        if (field == 8) ticket.deadline ^= change;
        assertTrue(blocks.ticketHash(ticket) != hash);
    }

    function test_ticketHash_isTheGoldenOne() public {
        string memory json = vm.readFile("tests/vectors/eip712.json");
        string memory at = ".BlockTicket.message.";
        BlockTicket memory ticket = BlockTicket({
            market: MarketId.wrap(uint16(vm.parseJsonUint(json, string.concat(at, "market")))),
            seller: _id(uint24(vm.parseJsonUint(json, string.concat(at, "seller")))),
            sellerWallet: vm.parseJsonAddress(json, string.concat(at, "sellerWallet")),
            buyer: _id(uint24(vm.parseJsonUint(json, string.concat(at, "buyer")))),
            buyerWallet: vm.parseJsonAddress(json, string.concat(at, "buyerWallet")),
            lots: uint40(vm.parseJsonUint(json, string.concat(at, "lots"))),
            price: uint64(vm.parseJsonUint(json, string.concat(at, "price"))),
            nonce: uint64(vm.parseJsonUint(json, string.concat(at, "nonce"))),
            deadline: uint64(vm.parseJsonUint(json, string.concat(at, "deadline")))
        });
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("tonne BlockTrades"),
                keccak256("1"),
                block.chainid,
                address(blocks)
            )
        );
        bytes32 golden = vm.parseJsonBytes32(json, ".BlockTicket.structHash");
        assertEq(blocks.ticketHash(ticket), MessageHashUtils.toTypedDataHash(domain, golden));
        assertEq(
            MessageHashUtils.toTypedDataHash(vm.parseJsonBytes32(json, ".BlockTicket.separator"), golden),
            vm.parseJsonBytes32(json, ".BlockTicket.digest")
        );
    }

    function test_trade_needsActivePartiesWithTheRightToTrade() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes memory why = abi.encodeWithSelector(IBlockTrades.BlockTradesNotParty.selector, seller, _id(sellerId));
        participants.set(seller, sellerId, ALL_RIGHTS, 3);
        _refused(ticket, why);
        participants.set(seller, sellerId, ALL_RIGHTS ^ 1, 2);
        _refused(ticket, why);
        participants.set(seller, buyerId + 1, ALL_RIGHTS, 2);
        _refused(ticket, why);
        participants.set(seller, sellerId, 1, 2);
        participants.set(buyer, buyerId, ALL_RIGHTS, 3);
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesNotParty.selector, buyer, _id(buyerId)));
        participants.set(buyer, buyerId, 1, 2);
        _trade(ticket);
    }

    function test_trade_isNotForNobody() public {
        (address stranger, uint256 key) = makeAddrAndKey("stranger");
        participants.set(stranger, 0, 1, 2);
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.buyer = ParticipantId.wrap(0);
        ticket.buyerWallet = stranger;
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(key, hash);
        vm.expectRevert(
            abi.encodeWithSelector(IBlockTrades.BlockTradesNotParty.selector, stranger, ParticipantId.wrap(0))
        );
        blocks.trade(ticket, bySeller, byBuyer);
    }

    // ------------------------------------------------------------------ size, hours, band

    function test_trade_needsAMarketWithBlockTrades() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.market = MarketId.wrap(7);
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesNotOffered.selector, MarketId.wrap(7)));
        ticket.market = market;
        MarketRules memory r = _rules();
        r.blockMinimumLots = 0;
        vm.prank(officer);
        exchange.setMarketRules(market, r);
        _afternoon(FIRST_DAY + 3);
        bytes memory why = abi.encodeWithSelector(IBlockTrades.BlockTradesNotOffered.selector, market);
        _refused(ticket, why);
        vm.expectRevert(why);
        blocks.band(market);
    }

    function test_trade_startsAtTheMinimum() public {
        BlockTicket memory ticket = _ticket(99_999, 480_000);
        _refused(
            ticket,
            abi.encodeWithSelector(IBlockTrades.BlockTradesTooFewLots.selector, uint256(99_999), uint256(100_000))
        );
        _trade(_ticket(100_000, 480_000));
    }

    function test_trade_needsTheBlockSession() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes memory why = abi.encodeWithSelector(
            IBlockTrades.BlockTradesOutsideSession.selector, market, uint256(13 hours), uint256(15 hours)
        );
        uint256 midnight = FIRST_DAY * 1 days - LOCAL;
        vm.warp(midnight + 10 hours); // listed orders trade
        _refused(ticket, why);
        vm.warp(midnight + 15 hours);
        _refused(ticket, why);
        vm.warp(midnight + 13 hours - 1);
        _refused(ticket, why);
        vm.warp(midnight + 13 hours);
        _trade(ticket);
    }

    function test_trade_needsAnOpenedDay() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        vm.warp((FIRST_DAY + 3) * 1 days - LOCAL + 14 hours);
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesDayNotOpened.selector, market, FIRST_DAY + 3));
        exchange.openDay(market);
        _trade(ticket);
    }

    function test_trade_needsAMarketThatIsNotHalted() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        vm.prank(officer);
        exchange.halt(market, "fire");
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesMarketHalted.selector, market));
        _approve(ticket);
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesMarketHalted.selector, market));
        vm.prank(officer);
        exchange.resume(market, "out");
        _trade(ticket);
    }

    function test_trade_keepsTheBlockBandOfThePreviousClose() public {
        (uint256 low, uint256 high) = blocks.band(market);
        assertEq(low, 3_360);
        assertEq(high, 6_240);
        _refused(
            _ticket(100_000, 335_900),
            abi.encodeWithSelector(IBlockTrades.BlockTradesOutsideBand.selector, uint256(3_359), low, high)
        );
        _refused(
            _ticket(100_000, 624_100),
            abi.encodeWithSelector(IBlockTrades.BlockTradesOutsideBand.selector, uint256(6_241), low, high)
        );
        _trade(_ticket(100_000, 336_000));
        _trade(_ticket(100_000, 624_000));
    }

    /// @dev A listed trade moves the last price, not the middle of the band; the next day's band has the new close.
    function test_band_staysAllDayAndFollowsTheClose() public {
        _place(seller, SELL, 5_123, 10);
        _take(buyer, BUY, 5_123, 10);
        (uint256 low, uint256 high) = blocks.band(market);
        assertEq(low, 3_360);
        assertEq(high, 6_240);
        _afternoon(FIRST_DAY + 3);
        (low, high) = blocks.band(market);
        assertEq(low, 3_586, "5,123 x 0.7 = 3,586.1");
        assertEq(high, 6_660, "5,123 x 1.3 = 6,659.9");
    }

    /// @dev Half a tick goes up on both sides, as with the daily band: 5,005 x 0.7 = 3,503.5; x 1.3 = 6,506.5.
    function test_band_roundsTiesUp() public {
        _place(seller, SELL, 5_005, 10);
        _take(buyer, BUY, 5_005, 10);
        _afternoon(FIRST_DAY + 3);
        (uint256 low, uint256 high) = blocks.band(market);
        assertEq(low, 3_504);
        assertEq(high, 6_507);
    }

    function test_trade_needsAPriceOnTheGrid() public {
        uint64[4] memory prices = [uint64(480_001), 0, 99, 57_600 * 100];
        for (uint256 i; i < prices.length; ++i) {
            BlockTicket memory ticket = _ticket(100_000, prices[i]);
            _approve(ticket); // not even an officer lets these pass
            _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesPriceOffGrid.selector, uint256(prices[i])));
        }
    }

    function test_trade_reachesTheLastPriceOfTheGrid() public {
        BlockTicket memory ticket = _ticket(10, 57_599 * 100);
        _approve(ticket);
        _trade(ticket);
        assertEq(blocks.dayStatistics(market, FIRST_DAY).highTick, 57_599);
    }

    function test_trade_countsAGridFromItsBase() public {
        MarketConfig memory config = _config();
        config.basePrice = 100_000;
        config.rules.blockBandPpm = 999_999;
        UnitId other = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | (uint256(2019) << 64) | 1);
        vm.prank(officer);
        MarketId second = exchange.createMarket(other, SCHEME, address(currency), config);
        vm.warp((FIRST_DAY + 3) * 1 days - LOCAL + 14 hours);
        exchange.openDay(second);
        BlockTicket memory ticket = _ticket(100_000, 100_000);
        ticket.market = second;
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesPriceOffGrid.selector, uint256(100_000)));
        ticket.price = 100_100;
        units.mint(seller, UnitId.unwrap(other), 100_000);
        vm.prank(seller);
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(other), 100_000, "");
        currency.mint(buyer, 101_000_000);
        vm.startPrank(buyer);
        currency.approve(address(exchange), 101_000_000);
        exchange.depositCash(second, 101_000_000);
        vm.stopPrank();
        _trade(ticket);
        assertEq(blocks.dayStatistics(second, FIRST_DAY + 3).lowTick, 1);
    }

    // ------------------------------------------------------------------ the ledger's own refusals

    function test_trade_doesNotResellWhatWasBoughtToday() public {
        _trade(_ticket(200_000, 400_000));
        BlockTicket memory back = _ticket(150_000, 400_000);
        (back.seller, back.buyer) = (back.buyer, back.seller);
        (back.sellerWallet, back.buyerWallet) = (back.buyerWallet, back.sellerWallet);
        bytes32 hash = blocks.ticketHash(back);
        bytes memory byBuyer = _sign(sellerKey, hash);
        bytes memory bySeller = _sign(buyerKey, hash);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 1_000, 150_000));
        blocks.trade(back, bySeller, byBuyer);
        _afternoon(FIRST_DAY + 3);
        blocks.trade(back, bySeller, byBuyer);
        assertEq(_account(buyerId).lots, 51_000);
    }

    function test_trade_keepsTheHoldingLimit() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_id(buyerId), market, 150_000);
        _refused(
            _ticket(149_001, 480_000),
            abi.encodeWithSelector(BookHoldingLimitExceeded.selector, int256(149_000), uint256(149_001))
        );
        _trade(_ticket(149_000, 480_000));
    }

    function test_trade_needsFreeLotsAndCash() public {
        _place(seller, SELL, 5_000, 99_999);
        _place(seller, SELL, 5_000, 99_999);
        _place(seller, SELL, 5_000, 99_999);
        _refused(_ticket(100_004, 400_000), abi.encodeWithSelector(BookInsufficientLots.selector, 100_003, 100_004));
        uint256 cash = CENTS * 100;
        _place(buyer, BUY, 4_400, 50_000);
        uint256 free = _account(buyerId).cashFree;
        assertTrue(free < cash);
        uint256 price = (free / 100_003 / 100 + 1) * 100;
        BlockTicket memory ticket = _ticket(100_003, price);
        _approve(ticket);
        _refused(ticket, abi.encodeWithSelector(BookInsufficientCash.selector, free, 100_003 * price));
    }

    function test_trade_isNotForFrozenAccounts() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        uint24[2] memory sides = [sellerId, buyerId];
        for (uint256 i; i < 2; ++i) {
            vm.prank(officer);
            exchange.freezeAccount(_id(sides[i]), market, true);
            _refused(
                ticket, abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, _id(sides[i]), market)
            );
            vm.prank(officer);
            exchange.freezeAccount(_id(sides[i]), market, false);
        }
        _trade(ticket);
    }

    function test_aPause_stopsTradesAndMovesTheDeadline() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.deadline = uint64(vm.getBlockTimestamp());
        IPausable(address(blocks)).pause(1 hours);
        _refused(ticket, abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 hours));
        IPausable(address(blocks)).unpause();
        vm.warp(ticket.deadline + 1);
        _trade(ticket);
    }
}
