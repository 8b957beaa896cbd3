// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

import {OrderId} from "../../interfaces/types/BookTypes.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeLens} from "../../interfaces/market/IExchangeLens.sol";
import {Duties, IMarketMakers, MakerDay} from "../../interfaces/market/IMarketMakers.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {Horizon} from "../lib/Horizon.sol";
import {OrderIdLib} from "../types/OrderIdLib.sol";
import {PackedDuties, PackedDutiesLib} from "../types/PackedDuties.sol";
import {PackedWalletLib} from "../types/PackedWallet.sol";

/// @title MarketMakers
/// @notice Measures quotes through the public views of Exchange and Lens; holds no right in either.
contract MarketMakers is IMarketMakers {
    using Checkpoints for Checkpoints.Trace224;
    using OrderIdLib for OrderId;

    /// @dev The two orders without market and side, which are known.
    struct Quotes {
        uint64 bid;
        uint64 ask;
        uint40 since; // [s]
    }

    struct Presence {
        uint32 presentSeconds;
        uint32 sessionSeconds;
        uint8[4] sessions; // of the day [quarter hours]
    }

    /// @dev A market's clock, now.
    struct Clock {
        uint32 day;
        uint32 second; // of the local day
        int256 offset; // local time less UTC [s]
        uint8[4] sessions;
    }

    uint32 private constant POWER_MARKET = 16;
    uint256 private constant PPM = 1_000_000;
    uint256 private constant QUARTER = 15 minutes;
    uint256 private constant CHANGE_DAYS = Horizon.CHANGE / 1 days;
    uint256 private constant TERM_DAYS = Horizon.TERM / 1 days;
    uint256 private constant BUY = 0;
    uint256 private constant SELL = 1;

    IExchange public immutable EXCHANGE;
    IExchangeLens public immutable LENS;

    /// @dev By first day: `spread 16 | lots 32 | presence ppm 32 | from 32 | until 32`, low to high; 0 = no duty.
    mapping(MarketId market => mapping(ParticipantId participant => Checkpoints.Trace224)) private _duties;
    mapping(MarketId market => mapping(ParticipantId participant => Quotes)) private _quotes;
    mapping(MarketId market => mapping(ParticipantId participant => mapping(uint256 day => Presence))) private _days;

    constructor(IExchange exchange, IExchangeLens lens) {
        EXCHANGE = exchange;
        LENS = lens;
    }

    // ------------------------------------------------------------------ appointments

    /// @inheritdoc IMarketMakers
    function appoint(MarketId market, ParticipantId participant, Duties calldata duties, bytes32 benefit) external {
        if (ParticipantId.unwrap(participant) == 0) revert MakersBadDuties("participant");
        if (duties.maximumSpread == 0) revert MakersBadDuties("maximumSpread");
        if (duties.minimumLots == 0) revert MakersBadDuties("minimumLots");
        if (duties.presencePpm == 0 || duties.presencePpm > PPM) revert MakersBadDuties("presencePpm");
        if (duties.untilDay != 0 && duties.untilDay < duties.fromDay) revert MakersBadDuties("untilDay");
        Horizon.check(duties.untilDay, duties.fromDay + TERM_DAYS);
        _order(
            market,
            participant,
            duties.fromDay,
            PackedDutiesLib.pack(
                duties.maximumSpread, duties.minimumLots, duties.presencePpm, duties.fromDay, duties.untilDay
            )
        );
        emit MarketMakerAppointed(market, participant, msg.sender, duties, benefit);
    }

    /// @inheritdoc IMarketMakers
    function dismiss(MarketId market, ParticipantId participant, uint32 fromDay, bytes32 reason) external {
        _order(market, participant, fromDay, PackedDuties.wrap(0));
        emit MarketMakerDismissed(market, participant, msg.sender, fromDay, reason);
    }

    /// @dev Days that have begun keep the duties they began with. What was ordered for `fromDay` or later is replaced.
    function _order(MarketId market, ParticipantId participant, uint32 fromDay, PackedDuties duties) private {
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        EXCHANGE.RULES().checkPower(msg.sender, assets.scheme, assets.jurisdiction, POWER_MARKET);
        (MarketConfig memory config,) = LENS.marketConfig(market);
        uint256 earliest = _local(config.utcQuarters) / 1 days + 1;
        if (fromDay < earliest) revert MakersTooEarly(fromDay, earliest);
        Horizon.check(fromDay, earliest + CHANGE_DAYS);
        Checkpoints.Trace224 storage ordered = _duties[market][participant];
        // At most one for each day of the horizon.
        for (uint256 left = ordered.length(); left != 0 && ordered.at(uint32(left - 1))._key >= fromDay; --left) {
            ordered._checkpoints.pop();
        }
        ordered.push(fromDay, PackedDuties.unwrap(duties));
    }

    // ------------------------------------------------------------------ presence

    /// @inheritdoc IMarketMakers
    function present(MarketId market, OrderId bid, OrderId ask) external {
        (ParticipantId participant, uint8 rights, uint8 status) = EXCHANGE.PARTICIPANTS().walletOf(msg.sender);
        if (status != PackedWalletLib.ACTIVE || rights & PackedWalletLib.TRADE == 0) {
            revert MakersWalletCannotTrade(msg.sender);
        }
        Clock memory now_ = _clock(market);
        Duties memory duties = _dutiesOn(market, participant, now_.day);
        if (duties.fromDay == 0) revert MakersNoDuty(market, participant, now_.day);
        _count(market, participant, now_);

        _checkOrder(market, participant, bid, BUY, duties.minimumLots);
        _checkOrder(market, participant, ask, SELL, duties.minimumLots);
        uint256 spread = ask.tick() - bid.tick(); // one participant's orders never cross
        if (spread > duties.maximumSpread) revert MakersSpreadTooWide(spread, duties.maximumSpread);
        // 64 bits of index, epoch and tick; the time fits for 34,000 years.
        _quotes[market][participant] = Quotes(bid.place(), ask.place(), uint40(block.timestamp));
        _begin(_days[market][participant][now_.day], now_);
        emit QuotesPresented(market, participant, bid, ask);
    }

    /// @inheritdoc IMarketMakers
    function check(MarketId market, ParticipantId participant) external {
        _count(market, participant, _clock(market));
    }

    function _checkOrder(MarketId market, ParticipantId participant, OrderId id, uint256 side, uint256 minimum)
        private
        view
    {
        (uint256 lots, ParticipantId owner) = LENS.order(id);
        if (id.market() != MarketId.unwrap(market) || id.side() != side || owner != participant) {
            revert MakersForeignOrder(id);
        }
        if (lots < minimum) revert MakersOrderTooSmall(id, lots, minimum);
    }

    /// @dev Counts the time since the presented orders were last looked at, if they still do.
    function _count(MarketId market, ParticipantId participant, Clock memory now_) private {
        Quotes storage quotes = _quotes[market][participant];
        uint256 since = quotes.since;
        if (since == 0) return;
        (OrderId bid, OrderId ask) = _ids(market, quotes);
        uint256 least = _least(participant, bid, ask);
        uint256 spread = ask.tick() - bid.tick();

        uint256 begun = uint256(int256(since) + now_.offset); // after 1970-01-02
        uint256 day = begun / 1 days;
        uint256 second = begun % 1 days;
        if (day != now_.day) {
            // Orders that outlive the day: what lies between the two days was looked at on neither of them.
            if (_does(market, participant, day, least, spread)) _add(market, participant, day, second, 1 days);
            second = 0;
        }
        if (_does(market, participant, now_.day, least, spread)) {
            _begin(_days[market][participant][now_.day], now_);
            _add(market, participant, now_.day, second, now_.second);
            quotes.since = uint40(block.timestamp);
        } else {
            delete _quotes[market][participant];
            emit QuotesEnded(market, participant);
        }
    }

    /// @dev Lots of the smaller of two orders; 0 when one of them is not open or not the participant's.
    function _least(ParticipantId participant, OrderId bid, OrderId ask) private view returns (uint256) {
        (uint256 bidLots, ParticipantId bidder) = LENS.order(bid);
        (uint256 askLots, ParticipantId asker) = LENS.order(ask);
        if (bidder != participant || asker != participant) return 0;
        return bidLots < askLots ? bidLots : askLots;
    }

    function _does(MarketId market, ParticipantId participant, uint256 day, uint256 least, uint256 spread)
        private
        view
        returns (bool)
    {
        Duties memory duties = _dutiesOn(market, participant, day);
        return duties.fromDay != 0 && least >= duties.minimumLots && spread <= duties.maximumSpread;
    }

    /// @dev The day's sessions, kept when it is first looked at: a later day may have others.
    function _begin(Presence storage presence, Clock memory now_) private {
        if (presence.sessionSeconds != 0) return;
        presence.sessions = now_.sessions;
        presence.sessionSeconds = uint32(_within(now_.sessions, 0, 1 days)); // at most a day
    }

    function _add(MarketId market, ParticipantId participant, uint256 day, uint256 from, uint256 to) private {
        Presence storage presence = _days[market][participant][day];
        uint32 total = presence.presentSeconds + uint32(_within(presence.sessions, from, to)); // at most a day
        presence.presentSeconds = total;
        emit PresenceCounted(market, participant, uint32(day), total, presence.sessionSeconds);
    }

    /// @dev Seconds of the sessions between two seconds of the day.
    function _within(uint8[4] memory sessions, uint256 from, uint256 to) private pure returns (uint256 sum) {
        for (uint256 i; i < 4; i += 2) {
            uint256 opens = sessions[i] * QUARTER;
            uint256 closes = sessions[i + 1] * QUARTER;
            if (opens < from) opens = from;
            if (closes > to) closes = to;
            if (opens < closes) sum += closes - opens;
        }
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IMarketMakers
    function dutyOf(MarketId market, ParticipantId participant, uint32 day)
        external
        view
        returns (MakerDay memory made)
    {
        Presence storage presence = _days[market][participant][day];
        made.duties = _dutiesOn(market, participant, day);
        made.presentSeconds = presence.presentSeconds;
        made.sessionSeconds = presence.sessionSeconds;
        made.met = made.sessionSeconds != 0
            && made.presentSeconds * PPM >= uint256(made.duties.presencePpm) * made.sessionSeconds;
    }

    /// @inheritdoc IMarketMakers
    function quotesOf(MarketId market, ParticipantId participant)
        external
        view
        returns (OrderId bid, OrderId ask, uint256 since)
    {
        Quotes storage quotes = _quotes[market][participant];
        since = quotes.since;
        if (since != 0) (bid, ask) = _ids(market, quotes);
    }

    function _dutiesOn(MarketId market, ParticipantId participant, uint256 day)
        private
        view
        returns (Duties memory duties)
    {
        PackedDuties stored = PackedDuties.wrap(_duties[market][participant].upperLookup(uint32(day))); // days are below 2^32
        uint32 until = stored.untilDay();
        if (until != 0 && until < day) return duties;
        duties.maximumSpread = stored.maximumSpread();
        duties.minimumLots = stored.minimumLots();
        duties.presencePpm = stored.presencePpm();
        duties.fromDay = stored.fromDay();
        duties.untilDay = until;
    }

    function _ids(MarketId market, Quotes storage quotes) private view returns (OrderId bid, OrderId ask) {
        bid = OrderIdLib.ofPlace(MarketId.unwrap(market), BUY, quotes.bid);
        ask = OrderIdLib.ofPlace(MarketId.unwrap(market), SELL, quotes.ask);
    }

    /// @dev The market's clock; its day must have been opened, so that the sessions are today's.
    function _clock(MarketId market) private view returns (Clock memory now_) {
        (MarketConfig memory config,) = LENS.marketConfig(market);
        uint256 local = _local(config.utcQuarters);
        now_.day = uint32(local / 1 days); // until the year 11,700,000
        now_.second = uint32(local % 1 days);
        now_.offset = int256(config.utcQuarters) * int256(QUARTER);
        now_.sessions = config.rules.sessions;
        if (LENS.market(market).day != now_.day) revert MakersDayNotOpened(market, now_.day);
    }

    /// @dev Seconds of local time since 1970-01-01T00:00 local.
    function _local(int8 utcQuarters) private view returns (uint256) {
        return uint256(int256(block.timestamp) + int256(utcQuarters) * int256(QUARTER)); // after 1970-01-02
    }
}
