// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {AccountId} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {BookStore} from "../book/BookStore.sol";
import {AccountIdLib} from "../types/AccountIdLib.sol";
import {PackedMarketRules} from "../types/PackedMarketRules.sol";
import {PackedWalletLib} from "../types/PackedWallet.sol";
import {PoolIdLib} from "../types/PoolIdLib.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {Groups} from "./lib/Groups.sol";

/// @title HoldingLimits
/// @dev Controller of the Exchange with right LIMIT: it sets the shares of accounts and nothing else.
contract HoldingLimits is IHoldingLimits {
    using UnitIdLib for UnitId;

    /// @dev A group member's claim on its pool, at the last count.
    struct Claim {
        uint128 units;
        uint24 group; // at the count
        bool here; //    stored here, no longer at the predecessor
    }

    /// @dev State of a pool that outlives a count [units].
    struct Stored {
        uint112 ordered;
        uint128 claims; // of a group's members
        bool orderedHere; // stored here, no longer at the predecessor
        bool claimsHere;
    }

    /// @dev A market as last read from the Exchange.
    struct Known {
        address units;
        uint32 lotSize;
        uint64 class; // `class 8 | scheme 16`
        //
        uint256 unit;
    }

    /// @dev State of a pool while it is counted, in memory. Amounts are units, below 2^129 all of them.
    struct Pool {
        uint256 id; //    `class 8 | scheme 16 | grouped 1 | owner 24`
        uint256 own; //   the id of the participant's pool outside groups
        uint256 class; // `class 8 | scheme 16`
        uint24 group; //  0 = the participant alone
        int256 limit; //  0 = none
        int256 others; // claims of the group's other members
        int256 left; //   of the limit, after the others' claims and all that wallets, custody and other accounts hold
        int256 unused; // of that, room that other accounts have
        int256 lots; //   of the account
        int256 lotSize;
    }

    uint256 private constant MAX_MARKETS = 200;
    /// @dev Lots that a market can have.
    uint256 private constant MAX_LOTS = (1 << 33) - 1;
    /// @dev Above any account's holding; bounds the sums whatever a token answers.
    uint256 private constant MAX_UNITS = type(uint96).max;

    IExchange public immutable EXCHANGE;
    /// @inheritdoc IHoldingLimits
    IHoldingLimits public immutable PREDECESSOR;

    uint256 private _knownMarkets;
    mapping(MarketId market => Known) private _known;
    mapping(uint256 class => MarketId[]) private _marketsOf;
    mapping(uint256 class => bool) private _limited;
    mapping(uint256 pool => Stored) private _pools;
    mapping(uint256 own => Claim) private _claims;

    constructor(IExchange exchange, IHoldingLimits predecessor) {
        EXCHANGE = exchange;
        PREDECESSOR = predecessor;
    }

    // ------------------------------------------------------------------ for the Exchange

    /// @inheritdoc IHoldingLimits
    function allot(ParticipantId participant, MarketId market, uint256 need) external {
        _checkExchange();
        _allot(participant, market, need);
    }

    /// @inheritdoc IHoldingLimits
    function order(ParticipantId participant, MarketId market, uint256 limit, address officer) external {
        _checkExchange();
        _checkLearned();
        uint256 pool = _pool(participant, market).id;
        if (limit != 0) _limited[_known[market].class] = true;
        limit *= _known[market].lotSize; // 33 and 32 bits
        (_pools[pool].ordered, _pools[pool].orderedHere) = (uint112(limit), true);
        emit PoolLimitSet(pool, officer, limit);
        _allot(participant, market, 0);
    }

    /// @inheritdoc IHoldingLimits
    function learn(uint256 maximum) external returns (uint256 left) {
        uint256 count = EXCHANGE.marketCount();
        uint256 known = _knownMarkets;
        for (; maximum != 0 && known < count; --maximum) {
            _learnOne(++known);
        }
        _knownMarkets = known;
        return count - known;
    }

    /// @inheritdoc IHoldingLimits
    function forget(MarketId market) external {
        _checkExchange();
        MarketId[] storage markets = _marketsOf[_known[market].class];
        delete _known[market];
        uint256 last = markets.length; // of one scheme's, which are bounded
        for (uint256 i; i < last; ++i) {
            if (markets[i] != market) continue;
            markets[i] = markets[last - 1];
            markets.pop();
            return;
        }
    }

    function _checkExchange() private view {
        if (msg.sender != address(EXCHANGE)) revert LimitsNotExchange(msg.sender);
    }

    // ------------------------------------------------------------------ for traders

    /// @inheritdoc IHoldingLimits
    function gatherRoom(MarketId market, uint256 lots) external {
        ParticipantId participant = _trader();
        _allot(participant, market, lots);
        int256 room = EXCHANGE.account(participant, market).room;
        if (int256(lots) > room) revert LimitsNotEnoughRoom(room, lots);
    }

    /// @inheritdoc IHoldingLimits
    function moveRoom(MarketId from, ParticipantId to, MarketId market, uint256 lots) external {
        ParticipantId giver = _trader();
        if (lots == 0) revert LimitsZeroLots();
        // Both are counted first, so that both pools and the room are current.
        Pool memory pool = _allot(giver, from, 0);
        Pool memory theirs = _allot(to, market, 0);
        bool same = giver == to && from == market;
        if (pool.id != theirs.id || pool.limit == 0 || theirs.limit == 0 || same) {
            revert LimitsNotOnePool(_accountId(giver, from), _accountId(to, market));
        }
        Account memory source = EXCHANGE.account(giver, from);
        if (int256(lots) > source.room || lots > MAX_LOTS) revert LimitsNotEnoughRoom(source.room, lots);
        uint256 units = lots * _known[from].lotSize;
        uint256 lotSize = _known[market].lotSize;
        if (units % lotSize != 0) revert LimitsNotWholeLots(units, lotSize);
        Account memory target = EXCHANGE.account(to, market);

        EXCHANGE.setShare(giver, from, _share(source) - int256(lots)); // below 2^33
        EXCHANGE.setShare(to, market, _share(target) + int256(units / lotSize)); // below 2^65
        if (giver != to) {
            // Room is part of a claim; the group's claims stay the same. Below 2^65.
            uint128 left = _claims[pool.own].units - uint128(units); // both were stored by the counts above
            uint128 more = _claims[theirs.own].units + uint128(units);
            _claims[pool.own].units = left;
            _claims[theirs.own].units = more;
            emit GroupClaimSet(pool.id, giver, left);
            emit GroupClaimSet(pool.id, to, more);
        }
        emit RoomMoved(_accountId(giver, from), _accountId(to, market), units);
    }

    /// @dev The caller's participant, by the register; it must be able to trade.
    function _trader() private view returns (ParticipantId participant) {
        uint8 rights;
        uint8 status;
        (participant, rights, status) = EXCHANGE.PARTICIPANTS().walletOf(msg.sender);
        if (status != PackedWalletLib.ACTIVE || rights & PackedWalletLib.TRADE == 0) {
            revert LimitsForeignWallet(msg.sender, participant);
        }
    }

    // ------------------------------------------------------------------ counting

    function _allot(ParticipantId participant, MarketId market, uint256 need) private returns (Pool memory pool) {
        _checkLearned();
        if (_known[market].units == address(0)) {
            // Delisted: no count looks at it, so it has no room.
            EXCHANGE.setShare(participant, market, 0);
            return pool;
        }
        pool = _pool(participant, market);
        if (pool.limit == 0) {
            EXCHANGE.setShare(participant, market, type(int256).max);
            return pool;
        }
        int256 held = pool.lots * pool.lotSize;
        if (need > MAX_LOTS) need = MAX_LOTS;
        int256 short = held + int256(need) * pool.lotSize - (pool.left - pool.unused);
        if (short > 0) _takeUnused(participant, market, pool, short);

        int256 share = pool.left - pool.unused;
        // The participant's claim on the pool: its other holdings, and this account's share or lots.
        int256 claim = pool.limit - pool.others - share + (share > held ? share : held);
        (, uint24 before) = claimOf(pool.own);
        if (pool.group != 0 || before != 0) _claim(participant, pool, uint256(claim));
        EXCHANGE.setShare(participant, market, _floorDiv(share, pool.lotSize));
    }

    /// @dev Takes unused room of the participant's other accounts of the class, first market first, until `units` are there.
    function _takeUnused(ParticipantId participant, MarketId market, Pool memory pool, int256 units) private {
        MarketId[] storage markets = _marketsOf[pool.class];
        for (uint256 i; i < markets.length && units > 0; ++i) {
            if (markets[i] == market) continue;
            Account memory other = EXCHANGE.account(participant, markets[i]);
            int256 lotSize = int256(uint256(_known[markets[i]].lotSize));
            int256 lots = (units + lotSize - 1) / lotSize;
            int256 unused = _unused(other);
            if (lots > unused) lots = unused;
            if (lots == 0) continue;
            EXCHANGE.setShare(participant, markets[i], _share(other) - lots);
            units -= lots * lotSize;
            pool.unused -= lots * lotSize;
        }
    }

    /// @dev Stores a member's claim on its group's pool; its claim on a former group ends.
    function _claim(ParticipantId participant, Pool memory pool, uint256 units) private {
        (uint256 held, uint24 before) = claimOf(pool.own);
        if (before != pool.group && before != 0) {
            uint256 old = PoolIdLib.ofGroup(pool.class, before);
            _setGroupClaims(old, groupClaimsOf(old) - held);
            emit GroupClaimSet(old, participant, 0);
        }
        if (pool.group == 0) {
            _claims[pool.own] = Claim(0, 0, true);
            return;
        }
        _claims[pool.own] = Claim(uint128(units), pool.group, true); // below 2^128 of all that there is
        _setGroupClaims(pool.id, uint256(pool.others) + units);
        emit GroupClaimSet(pool.id, participant, units);
    }

    function _setGroupClaims(uint256 pool, uint256 units) private {
        (_pools[pool].claims, _pools[pool].claimsHere) = (uint128(units), true); // likewise
    }

    // ------------------------------------------------------------------ pools

    function _pool(ParticipantId participant, MarketId market) private view returns (Pool memory pool) {
        Known storage known = _known[market];
        pool.class = known.class;
        pool.lotSize = int256(uint256(known.lotSize));
        pool.own = PoolIdLib.ofParticipant(pool.class, ParticipantId.unwrap(participant));
        pool.id = pool.own;
        pool.group = Groups.groupOf(EXCHANGE.PARTICIPANTS(), participant);
        if (pool.group != 0) {
            pool.id = PoolIdLib.ofGroup(pool.class, pool.group);
            (uint256 claim, uint24 group) = claimOf(pool.own);
            pool.others = int256(groupClaimsOf(pool.id));
            if (group == pool.group) pool.others -= int256(claim); // the total has one's own
        }
        pool.limit = int256(orderedOf(pool.id));
        if (pool.limit == 0) pool.limit = int256(_ruled(market)) * pool.lotSize;
        if (pool.limit == 0) return pool;

        pool.left = pool.limit - pool.others;
        address[] memory wallets = EXCHANGE.PARTICIPANTS().walletsOf(participant);
        MarketId[] storage markets = _marketsOf[pool.class];
        if (markets.length > MAX_MARKETS) revert LimitsTooManyMarkets(markets.length, MAX_MARKETS);
        for (uint256 i; i < markets.length; ++i) {
            Known memory entry = _known[markets[i]];
            int256 lots = int256(EXCHANGE.heldOf(participant, markets[i]));
            Account memory account = EXCHANGE.account(participant, markets[i]);
            if (markets[i] == market) {
                pool.lots = int256(account.lots);
            } else {
                lots += int256(account.lots);
                pool.unused += _unused(account) * int256(uint256(entry.lotSize));
            }
            pool.left -= lots * int256(uint256(entry.lotSize));
            for (uint256 j; j <= wallets.length; ++j) {
                address holder = j < wallets.length ? wallets[j] : HeldAccounts.accountOf(participant);
                uint256 units = IERC1155(entry.units).balanceOf(holder, entry.unit);
                pool.left -= int256(units > MAX_UNITS ? MAX_UNITS : units);
            }
        }
    }

    /// @dev Holding limit of the market's rules [lots]; before its first day, of the rules to come.
    function _ruled(MarketId market) private view returns (uint256) {
        uint256[] memory slots = new uint256[](2);
        slots[0] = BookStore.rulesSlot(MarketId.unwrap(market), 0);
        slots[1] = BookStore.rulesSlot(MarketId.unwrap(market), 1);
        uint256[] memory words = EXCHANGE.load(slots);
        return PackedMarketRules.wrap(words[0] == 0 ? words[1] : words[0]).holdingLimit();
    }

    /// @dev Lots that an account may still buy. One without a limit is counted by what it holds.
    function _unused(Account memory account) private pure returns (int256) {
        return account.room == type(int256).max || account.room < 0 ? int256(0) : account.room;
    }

    function _share(Account memory account) private pure returns (int256) {
        return account.room + int256(account.lots); // 35 bits, as no account of a pool is without limit
    }

    function _floorDiv(int256 units, int256 lotSize) private pure returns (int256) {
        return units < 0 ? -((lotSize - 1 - units) / lotSize) : units / lotSize;
    }

    function _accountId(ParticipantId participant, MarketId market) private pure returns (AccountId) {
        return AccountIdLib.pack(MarketId.unwrap(market), ParticipantId.unwrap(participant));
    }

    function _checkLearned() private view {
        uint256 count = EXCHANGE.marketCount();
        if (_knownMarkets != count) revert LimitsNotLearned(_knownMarkets, count);
    }

    /// @dev Takes note of a market; a delisted one is not counted.
    function _learnOne(uint256 id) private {
        MarketId market = MarketId.wrap(uint16(id)); // the Exchange has no more
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        if (EXCHANGE.marketOf(assets.unit) != market) return;
        // An id that names no class is a class of its own.
        uint256 class = assets.unit.namesClass()
            ? PoolIdLib.classKey(assets.unit.classOf(), SchemeId.unwrap(assets.scheme))
            : PoolIdLib.soleKey(id);
        _known[market] = Known(assets.units, assets.lotSize, uint64(class), UnitId.unwrap(assets.unit));
        MarketId[] storage markets = _marketsOf[class];
        markets.push(market);
        if (_ruled(market) != 0) _limited[class] = true;
        if (markets.length > MAX_MARKETS && isLimited(class)) {
            revert LimitsTooManyMarkets(markets.length, MAX_MARKETS);
        }
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IHoldingLimits
    function orderedOf(uint256 pool) public view returns (uint256) {
        Stored storage stored = _pools[pool];
        if (stored.orderedHere || address(PREDECESSOR) == address(0)) return stored.ordered;
        return PREDECESSOR.orderedOf(pool);
    }

    /// @inheritdoc IHoldingLimits
    function isLimited(uint256 class) public view returns (bool) {
        return _limited[class] || (address(PREDECESSOR) != address(0) && PREDECESSOR.isLimited(class));
    }

    /// @inheritdoc IHoldingLimits
    function groupClaimsOf(uint256 pool) public view returns (uint256) {
        Stored storage stored = _pools[pool];
        if (stored.claimsHere || address(PREDECESSOR) == address(0)) return stored.claims;
        return PREDECESSOR.groupClaimsOf(pool);
    }

    /// @inheritdoc IHoldingLimits
    function claimOf(uint256 own) public view returns (uint256 units, uint24 group) {
        Claim storage claim = _claims[own];
        if (claim.here || address(PREDECESSOR) == address(0)) return (claim.units, claim.group);
        return PREDECESSOR.claimOf(own);
    }

    /// @inheritdoc IHoldingLimits
    function poolOf(ParticipantId participant, MarketId market)
        external
        view
        returns (uint256 id, uint256 limit, uint256 others, int256 room)
    {
        Pool memory pool = _pool(participant, market);
        (id, limit, others) = (pool.id, uint256(pool.limit), uint256(pool.others));
        room = limit == 0 ? type(int256).max : _floorDiv(pool.left, pool.lotSize) - pool.lots;
    }
}
