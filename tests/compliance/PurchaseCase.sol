// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Purchase} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {RetirementCase} from "./RetirementCase.sol";

/// @dev A registry beside the real Exchange. The developer offers 60 lots of 10 t at tick 100 and 40 at tick 120; Alice has
/// 10,000.00 there.
abstract contract PurchaseCase is RetirementCase {
    uint256 internal constant BUY = 0;
    uint256 internal constant SELL = 1;

    IExchange internal exchange;
    ISettlementCurrency internal currency;
    MarketId internal market;

    function setUp() public virtual override {
        super.setUp();
        exchange.setController(address(registry), 1 | 8);
        currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "Renminbi", "CNY"))
        );
        uint256 day = (block.timestamp + 8 hours) / 1 days;
        uint256[] memory days_ = new uint256[](2);
        (days_[0], days_[1]) = (type(uint256).max, type(uint256).max);
        schemes.setTradingDays(SCHEME, uint16(day / 256), days_);
        MarketConfig memory config = _config();
        vm.prank(officer);
        market = exchange.createMarket(credit, SCHEME, address(currency), config);
        vm.warp(day * 1 days - 8 hours + 10 hours);
        exchange.openDay(market);

        vm.prank(dora);
        credits.safeTransferFrom(dora, address(exchange), UnitId.unwrap(credit), 5_000, "");
        _fund(alice, 1_000_000);
        _order(dora, SELL, 100, 60);
        _order(dora, SELL, 120, 40);
    }

    function _newVenue() internal override returns (address) {
        exchange = IExchange(vm.deployCode("Exchange.sol:Exchange", abi.encode(manager, participants, schemes)));
        return address(exchange);
    }

    function _config() internal view virtual returns (MarketConfig memory config) {
        config.units = address(credits);
        config.lotSize = 10;
        config.tickSize = 100; // a tick is 0.01
        config.referenceTick = 100;
        config.utcQuarters = 32;
        config.feeAccount = developer;
        config.rules.bandPpm = 500_000;
        config.rules.takerFeePpm = 1_000;
        config.rules.minimumLots = 1;
        config.rules.maximumLots = 99_999;
        config.rules.sessions = [38, 46, 52, 60];
    }

    function _fund(address wallet, uint256 cents) internal {
        currency.mint(wallet, cents);
        vm.startPrank(wallet);
        currency.approve(address(exchange), cents);
        exchange.depositCash(market, cents);
        vm.stopPrank();
    }

    function _order(address wallet, uint256 side, uint256 tick, uint256 lots) internal {
        uint256 request = lots | tick << 32 | uint256(MarketId.unwrap(market)) << 48 | side << 64;
        vm.prank(wallet);
        exchange.place(OrderRequest.wrap(request));
    }

    function _purchase(uint16 tick, uint32 lots) internal view returns (Purchase memory) {
        return Purchase({market: market, tick: tick, lots: lots, minimumLots: 0, maximumCost: 0});
    }

    function _buy(address wallet, Purchase memory purchase, address holder) internal returns (uint256, uint256) {
        vm.prank(wallet);
        return registry.retireOnPurchase(purchase, _claim(), holder);
    }

    function _account(ParticipantId participant) internal view returns (Account memory) {
        return exchange.account(participant, market);
    }
}
