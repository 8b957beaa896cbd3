// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Account} from "../../interfaces/market/IExchange.sol";
import {MarketConfig, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IProceedsHolds} from "../../interfaces/market/IProceedsHolds.sol";
import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {AttackCase} from "../attacks/AttackCase.sol";

/// @dev Random lives of two sellers, one of whom also gets the market's fees, beside a plain list of what each sale brought: the rise
/// of its cash in the call. What may be held never exceeds the sum of the list since the time.
contract ProceedsModelTest is AttackCase {
    uint256 private constant FREEZE = 2;
    ParticipantId private constant DESK = ParticipantId.wrap(0); // the administrator's custody account

    struct Sale {
        uint256 time;
        uint256 cash;
    }

    IProceedsHolds private holds;
    address[2] private wallets;
    ParticipantId[2] private sellers;
    Sale[][2] private sales;
    uint40[] private times;
    uint256 private sold; // calls that brought a seller something
    uint256 private exact; // bounds that reached the sum of the list
    uint256 private held;

    function setUp() public override {
        super.setUp();
        holds = IProceedsHolds(_new("ProceedsHolds", abi.encode(exchange)));
        exchange.setController(address(holds), SETTLE | FREEZE);
        _openMarket(credit);
        wallets = [dora, bodyWallets[0]];
        sellers = [developer, bodies[0]];
        vm.startPrank(dora);
        credits.safeTransferFrom(dora, wallets[1], UnitId.unwrap(credit), 30_000, "");
        vm.stopPrank();
        _fund(emitterWallet, 1_000_000_000);
        _fund(wallets[0], 50_000_000);
        _fund(wallets[1], 50_000_000);
    }

    function _config() internal view override returns (MarketConfig memory config) {
        config = super._config();
        config.feeAccount = developer;
        config.rules.takerFeePpm = 3_000;
        config.rules.makerFeePpm = 2_000;
    }

    function testFuzz_proceeds_areNeverAboveWhatTheSellerGot(uint256[40] memory seeds) public {
        _live(seeds);
    }

    /// @dev The lives sell, and the bound is not loose for that: it often is the sum itself.
    function test_proceeds_areTriedInEarnest() public {
        uint256[40] memory seeds;
        for (uint256 life; life < 20; ++life) {
            for (uint256 i; i < seeds.length; ++i) {
                seeds[i] = uint256(keccak256(abi.encode(life, i)));
            }
            _live(seeds);
        }
        assertGt(sold, 40);
        assertGt(exact, 20);
        assertGt(held, 2);
    }

    function _live(uint256[40] memory seeds) private {
        _as(admin);
        for (uint256 i; i < seeds.length; ++i) {
            _step(seeds[i]);
            _check(seeds[i] >> 128);
        }
        vm.stopPrank();
    }

    function _step(uint256 seed) private {
        skip(1 + seed % 90);
        times.push(uint40(block.timestamp));
        uint256[2] memory before = [_cash(0), _cash(1)];
        uint256 who = (seed >> 8) & 1;
        bool sale = _act((seed >> 16) % 20, who, 1 + (seed >> 32) % 60, 60 + (seed >> 64) % 80);
        if (!sale) return;
        for (uint256 i; i < 2; ++i) {
            if (_cash(i) <= before[i]) continue;
            sales[i].push(Sale(block.timestamp, _cash(i) - before[i]));
            ++sold;
        }
    }

    /// @return sale Whether a rise of cash in the act is a sale.
    function _act(uint256 act, uint256 who, uint256 lots, uint256 tick) private returns (bool sale) {
        if (act < 9) return _trade(act, who, lots, tick);
        if (act < 14) return _settleSomething(act, who, lots, tick);
        (address wallet, ParticipantId seller) = (wallets[who], sellers[who]);
        if (act == 14) {
            vm.warp((block.timestamp / 1 days + 1) * 1 days + 2 hours);
            exchange.openDay(market); // whose fees are no sale
        } else if (act == 15) {
            try holds.mark(credit, seller) {} catch {}
        } else if (act == 16) {
            exchange.debitCash(seller, market, tick * 1_000, admin);
        } else if (act == 17) {
            _as(wallet);
            try exchange.withdrawCash(market, tick * 1_000, wallet) {} catch {}
        } else if (act == 18) {
            _as(wallet);
            try exchange.withdrawUnits(market, lots, wallet) {} catch {}
        } else {
            _hold(seller, tick);
        }
        _as(admin);
    }

    function _trade(uint256 act, uint256 who, uint256 lots, uint256 tick) private returns (bool) {
        _as(wallets[who]);
        if (act == 0) {
            try credits.safeTransferFrom(wallets[who], address(exchange), UnitId.unwrap(credit), lots * 50, "") {}
                catch {}
        } else if (act < 4) {
            _order(SELL, lots, tick);
        } else if (act == 4) {
            _order(BUY, lots / 4 + 1, tick);
        } else {
            _as(emitterWallet);
            _order(act < 8 ? BUY : SELL, lots, tick);
        }
        _as(admin);
        return act != 0;
    }

    function _order(uint256 side, uint256 lots, uint256 tick) private {
        uint256 word = lots | tick << 32 | uint256(MarketId.unwrap(market)) << 48 | side << 64;
        try exchange.place(OrderRequest.wrap(word)) {} catch {}
    }

    function _settleSomething(uint256 act, uint256 who, uint256 lots, uint256 tick) private returns (bool) {
        ParticipantId seller = sellers[who];
        uint256 cash = lots * tick * 100;
        if (act == 9) return _settle(seller, emitter, lots, cash, Settlement.Trade); // a block
        if (act == 10) return !_settle(DESK, seller, 0, cash, Settlement.Trade); // a deposit for a bid
        if (act == 11) return _settle(seller, DESK, 0, cash / 2, Settlement.Trade) && false; // what comes back of it
        if (act == 12) return _settle(emitter, seller, lots, cash, Settlement.Trade) && false; // bought in a block
        // An auction.
        if (!_settle(seller, DESK, lots, 0, Settlement.Hold)) return false;
        _settle(DESK, emitter, 0, cash, Settlement.Trade);
        return _settle(seller, DESK, 0, cash, Settlement.Proceeds);
    }

    function _settle(ParticipantId from, ParticipantId to, uint256 lots, uint256 cash, Settlement kind)
        private
        returns (bool)
    {
        try exchange.settle(market, from, to, lots, cash, kind, WHY) {
            return true;
        } catch {
            return false;
        }
    }

    function _hold(ParticipantId seller, uint256 seed) private {
        batchDesk.setLocked(credit, true, WHY);
        uint40 since = times[seed % times.length];
        try holds.proceedsOf(credit, seller, since) returns (uint256 most) {
            if (most != 0) {
                try holds.hold(credit, seller, uint64(most), since, WHY) {
                    ++held;
                } catch {}
            }
        } catch {}
        batchDesk.setLocked(credit, false, WHY);
        uint256 last = holds.holdCount();
        if (seed % 2 == 0 && last != 0 && holds.holdOf(last).cash != 0) {
            holds.release(last, holds.holdOf(last).cash, WHY);
        }
    }

    function _check(uint256 seed) private {
        for (uint256 i; i < 2; ++i) {
            uint40 since = times[seed % times.length];
            if (seed % 3 == 0) since = uint40(since / 1 days * 1 days - 8 hours); // a local midnight
            try holds.proceedsOf(credit, sellers[i], since) returns (uint256 most) {
                uint256 got = _got(i, since);
                assertLe(most, got, "more than the seller got");
                if (most == got && got != 0) ++exact;
            } catch {}
        }
    }

    function _as(address who) private {
        vm.stopPrank();
        vm.startPrank(who);
    }

    function _got(uint256 who, uint256 since) private view returns (uint256 got) {
        Sale[] storage list = sales[who];
        for (uint256 i; i < list.length; ++i) {
            if (list[i].time >= since) got += list[i].cash;
        }
    }

    function _cash(uint256 who) private view returns (uint256) {
        return exchange.account(sellers[who], market).cash;
    }
}
