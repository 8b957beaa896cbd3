// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IBatchDesk} from "../../interfaces/market/IBatchDesk.sol";
import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {IImmobilisationWhole} from "../../interfaces/units/IImmobilisation.sol";
import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {MarketId, UnitId} from "../../interfaces/types/Ids.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IProjects} from "../../interfaces/evidence/IProjects.sol";
import {IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {Custody, Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {EvidenceBase} from "../evidence/EvidenceBase.sol";

interface IControlled {
    function setController(address controller, uint256 rights) external;
}

/// @dev The contracts that issue, hold, trade and retire credits, all real, wired as the deployment wires them.
abstract contract MarketCase is EvidenceBase {
    uint256 internal constant ISSUE = 1;
    uint256 internal constant EXIT = 2;
    uint256 internal constant FORCE = 4;
    uint256 internal constant DEBIT = 1;
    uint256 internal constant GATEWAY = 8;
    uint256 internal constant SETTLE = 16;
    uint256 internal constant LIMIT = 32;
    uint256 internal constant DEBT = 1;
    uint256 internal constant BUY = 0;
    uint256 internal constant SELL = 1;
    uint256 internal constant TICK = 100;

    IMeterOracle internal meters;
    IProjects internal projects;
    IUnit1155 internal allowances;
    IOffsetCredits internal credits;
    IIssuance internal issuance;
    IBatchDesk internal batchDesk;
    IImmobilisationWhole internal immobilisation;
    ISettlementCurrency internal currency;
    IExchange internal exchange;
    IControlled internal allocation;
    IControlled internal compliance;
    IRetirementRegistry internal registry;
    MarketId internal market;

    function setUp() public virtual override {
        super.setUp();
        currency = ISettlementCurrency(_new("SettlementCurrency", abi.encode(manager, "Renminbi", "CNY")));
        meters = IMeterOracle(_new("MeterOracle", abi.encode(participants, schemes, 0, currency, this, 0, 0)));
        projects = IProjects(_new("Projects", abi.encode(manager, participants, schemes, oracle, meters)));
        bytes memory terms = abi.encode(manager, participants, schemes, Custody.OwnWallets, address(0));
        allowances = IUnit1155(_new("Allowances", terms));
        credits = IOffsetCredits(_new("OffsetCredits", abi.encode(manager, participants, schemes, address(0))));
        issuance = IIssuance(_new("Issuance", abi.encode(participants, schemes, projects, credits)));
        immobilisation = IImmobilisationWhole(
            _new("Immobilisation", abi.encode(participants, schemes, credits, currency, authority, uint128(0)))
        );
        exchange = IExchange(_new("Exchange", abi.encode(manager, participants, schemes)));
        allocation =
            IControlled(_new("Allocation", abi.encode(manager, participants, schemes, oracle, allowances, exchange)));
        address blocks = _new("BlockTrades", abi.encode(exchange));
        compliance = IControlled(
            _new(
                "Compliance",
                abi.encode(
                    manager,
                    participants,
                    schemes,
                    oracle,
                    allowances,
                    credits,
                    exchange,
                    allocation,
                    blocks,
                    _new("CumulativeCompliance", abi.encode(participants, schemes, oracle, allowances))
                )
            )
        );
        address[] memory units = new address[](2);
        (units[0], units[1]) = (address(allowances), address(credits));
        registry = IRetirementRegistry(_new("RetirementRegistry", abi.encode(manager, participants, exchange, units)));
        _wire();
        domain = _domain("tonne Projects", address(projects));
    }

    function _new(string memory name, bytes memory args) internal returns (address) {
        return vm.deployCode(string.concat(name, ".sol:", name), args);
    }

    function _wire() private {
        uint256 ends = EXIT | _kind(Exit.Retired) | _kind(Exit.Cancelled);
        allowances.setVenue(address(exchange));
        credits.setVenue(address(exchange));
        batchDesk = IBatchDesk(_new("BatchDesk", abi.encode(schemes, projects, issuance, credits, exchange)));
        projects.setDesk(address(batchDesk));
        credits.setIssuers(address(issuance), address(immobilisation), address(batchDesk));
        credits.setController(address(immobilisation), EXIT | _kind(Exit.Released));
        credits.setController(address(issuance), EXIT | _kind(Exit.Cancelled) | _kind(Exit.SetApart));
        allowances.setController(address(allocation), ISSUE | EXIT | _kind(Exit.ClawedBack));
        allowances.setController(address(compliance), EXIT | _kind(Exit.Surrendered));
        credits.setController(address(compliance), EXIT | _kind(Exit.Surrendered));
        allowances.setController(address(registry), ends);
        credits.setController(address(registry), ends);
        exchange.setController(_new("ExchangeGateway", abi.encode(exchange)), GATEWAY);
        exchange.setController(_new("HoldingLimits", abi.encode(exchange, address(0))), LIMIT);
        exchange.setController(_new("BlockTrades", abi.encode(exchange)), SETTLE);
        exchange.setController(_new("Pledges", abi.encode(exchange)), SETTLE);
        exchange.setController(_new("Auction", abi.encode(exchange)), SETTLE);
        exchange.setController(address(allocation), DEBIT);
        exchange.setController(address(compliance), DEBIT);
        exchange.setController(address(registry), DEBIT | GATEWAY);
        allocation.setController(address(compliance), DEBT);
        participants.setRegistrar(_new("RegistrarDesk", abi.encode(exchange)), 0, true);
    }

    function _kind(Exit kind) internal pure returns (uint256) {
        return 1 << (8 + uint256(kind));
    }

    /* TRADING */

    /// @dev A market in lots of 10 t, open today.
    function _openMarket(UnitId unit) internal {
        uint256 day = (block.timestamp + 8 hours) / 1 days;
        uint256[] memory days_ = new uint256[](2);
        (days_[0], days_[1]) = (type(uint256).max, type(uint256).max);
        schemes.setTradingDays(CHINA, uint16(day / 256), days_);
        MarketConfig memory config = _config();
        vm.prank(authority);
        market = exchange.createMarket(unit, CHINA, address(currency), config);
        vm.warp(day * 1 days - 8 hours + 10 hours);
        exchange.openDay(market);
    }

    function _config() internal view virtual returns (MarketConfig memory config) {
        config.units = address(credits);
        config.lotSize = 10;
        config.tickSize = 100;
        config.referenceTick = uint16(TICK);
        config.utcQuarters = 32;
        config.feeAccount = emitter;
        config.rules.bandPpm = 500_000;
        config.rules.minimumLots = 1;
        config.rules.maximumLots = 99_999;
        config.rules.sessions = [38, 46, 52, 60];
    }

    function _deposit(address wallet, UnitId unit, uint256 amount) internal {
        vm.prank(wallet);
        credits.safeTransferFrom(wallet, address(exchange), UnitId.unwrap(unit), amount, "");
    }

    function _fund(address wallet, uint256 cents) internal {
        currency.mint(wallet, cents);
        vm.startPrank(wallet);
        currency.approve(address(exchange), cents);
        exchange.depositCash(market, cents);
        vm.stopPrank();
    }

    function _order(uint256 side, uint256 lots) internal view returns (OrderRequest) {
        return OrderRequest.wrap(lots | TICK << 32 | uint256(MarketId.unwrap(market)) << 48 | side << 64);
    }

    function _place(address wallet, uint256 side, uint256 lots) internal returns (uint256 filled) {
        OrderRequest order = _order(side, lots);
        vm.prank(wallet);
        (, filled,) = exchange.place(order);
    }
}
