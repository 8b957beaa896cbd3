-- What a market discloses to the public: per plant, per market and day, and per vintage.

-- compliance: Each installation and period: emissions, free allocation, what is due, what was given up [t].
SELECT scheme, period, installation, operator, emissionsT, freeT, due, surrendered, surrenderedLate, offsets,
    greatest(due - surrendered - surrenderedLate, 0) AS open
FROM obligations
ORDER BY scheme, period, installation;

-- trading: Each market and day of trading: price range, lots and turnover, in 0.0001 of the currency.
SELECT market, t.time // 86400 AS day, min(price) AS low, max(price) AS high, CAST(sum(lots) AS HUGEINT) AS lots,
    CAST(sum(turnover) AS HUGEINT) AS turnover, count(*) AS fills
FROM trades t
GROUP BY ALL
ORDER BY market, day;

-- supply: Each class, scheme and vintage: issued, gone by kind of exit, outstanding.
SELECT class, scheme, vintage, CAST(sum(issued) AS HUGEINT) AS issued,
    CAST(sum(gone) FILTER (kind = 1) AS HUGEINT) AS surrendered,
    CAST(sum(gone) FILTER (kind = 2) AS HUGEINT) AS retired,
    CAST(sum(gone) FILTER (kind = 3) AS HUGEINT) AS cancelled,
    CAST(sum(gone) FILTER (kind = 4) AS HUGEINT) AS clawedBack,
    CAST(sum(gone) FILTER (kind = 5) AS HUGEINT) AS expired,
    CAST(sum(gone) FILTER (kind = 6) AS HUGEINT) AS bankedAway,
    CAST(sum(gone) FILTER (kind = 7) AS HUGEINT) AS invalidated,
    CAST(sum(gone) FILTER (kind = 8) AS HUGEINT) AS reversed,
    CAST(sum(gone) FILTER (kind = 9) AS HUGEINT) AS released,
    CAST(sum(issued) - sum(gone) AS HUGEINT) AS outstanding
FROM (SELECT class, scheme, vintage, 0 AS kind, amount AS issued, 0 AS gone FROM issues
    UNION ALL SELECT class, scheme, vintage, kind, 0, amount FROM exits)
GROUP BY class, scheme, vintage
ORDER BY class, scheme, vintage;

-- published: Caps, free and auctioned amounts of each vintage, as published.
SELECT scheme, vintage, revision, capT, freeT, auctionT
FROM caps
ORDER BY scheme, vintage, revision;

-- sanctions: Penalties that were published, by plant and period.
SELECT scheme, period, installation, cents, time
FROM penalties
WHERE act = 'PenaltyPublished'
ORDER BY scheme, period, installation;

-- parameters: Every rule value by the day it holds from, with the hash of its source.
SELECT scheme, key, fromDay, value, source
FROM rules
ORDER BY scheme, key, fromDay, block, place;
