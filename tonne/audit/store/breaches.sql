-- Rules of the market, each as a question for the log that breaks it. A row is a breach: block and index of the
-- log, and what is wrong. They are read from the events alone, apart from the replay.

-- band: A trade beyond the price limits of its market's day.
SELECT t.block, t.place, 'market ' || t.market || ': tick ' || t.tick || ' beyond ' || d.lowTick || ' to '
    || d.highTick AS about
FROM trades t
ASOF JOIN days d ON t.market = d.market AND t.block * 1000000 + t.place >= d.block * 1000000 + d.place
WHERE t.tick NOT BETWEEN d.lowTick AND d.highTick;

-- session: A trade outside the sessions of its market's day.
WITH made AS (
    SELECT block, place, num(args, 'market') AS market, num(args -> 'config', 'utcQuarters') AS zone,
        CAST(args -> 'config' -> 'rules' -> 'sessions' AS INTEGER[]) AS sessions
    FROM events
    WHERE contract = 'Exchange' AND name = 'MarketCreated'),
ruled AS (
    SELECT block, place, market, sessions FROM made
    UNION ALL
    SELECT block, place, num(args, 'market'), CAST(args -> 'rules' -> 'sessions' AS INTEGER[])
    FROM events
    WHERE contract = 'Exchange' AND name = 'MarketRulesSet'),
timed AS (
    SELECT t.block, t.place, t.market, r.sessions, ((t.time + m.zone * 900) % 86400) // 900 AS quarter
    FROM trades t
    JOIN made m ON t.market = m.market
    ASOF JOIN ruled r ON t.market = r.market
        AND t.block * 1000000 + t.place >= r.block * 1000000 + r.place)
SELECT block, place, 'market ' || market || ': traded in quarter hour ' || quarter || ' of the day' AS about
FROM timed
WHERE NOT (quarter >= sessions[1] AND quarter < sessions[2] OR quarter >= sessions[3] AND quarter < sessions[4]);

-- self_trade: A trade of a participant with itself.
SELECT block, place, 'participant ' || buyer || ' bought of itself' AS about
FROM (SELECT block, place, buyer, seller FROM trades UNION ALL SELECT block, place, buyer, seller FROM block_trades)
WHERE buyer = seller;

-- limit: An order of more lots than its market allows.
WITH ruled AS (
    SELECT block, place, num(args, 'market') AS market,
        num(args -> 'config' -> 'rules', 'maximumLots') AS most
    FROM events
    WHERE contract = 'Exchange' AND name = 'MarketCreated'
    UNION ALL
    SELECT block, place, num(args, 'market'), num(args -> 'rules', 'maximumLots')
    FROM events
    WHERE contract = 'Exchange' AND name = 'MarketRulesSet')
SELECT o.block, o.place, 'an order of ' || o.lots || ' lots, at most ' || r.most AS about
FROM orders o
ASOF JOIN ruled r ON o.market = r.market
    AND o.block * 1000000 + o.place >= r.block * 1000000 + r.place
WHERE r.most > 0 AND o.lots > r.most;

-- halt: A trade in a market that is halted.
WITH turns AS (
    SELECT block, place, num(args, 'market') AS market, name = 'MarketHalted' AS halted
    FROM events
    WHERE contract = 'Exchange' AND name IN ('MarketHalted', 'MarketResumed'))
SELECT t.block, t.place, 'market ' || t.market || ' was halted in block ' || h.block AS about
FROM trades t
ASOF JOIN turns h ON t.market = h.market AND t.block * 1000000 + t.place >= h.block * 1000000 + h.place
WHERE h.halted;

-- pause: A pause of more than a day.
SELECT block, place, contract || ' paused for ' || (num(args, 'until') - time) || ' s' AS about
FROM events
WHERE name = 'Paused' AND num(args, 'until') - time > 86400;

-- independence: A report signed by a verification body with an interest in the operator, or by the operator.
--   The first body is in the report's terms, the others by their lead verifiers' places in the signer set.
WITH configured AS (
    SELECT num(args, 'scheme') AS scheme, num(args, 'version') AS version, data,
        6 + digits(data, 64 * 5 + 61, 2) AS before
    FROM events
    WHERE contract = 'EmissionsOracle' AND name = 'OracleConfigured'),
reported AS (
    SELECT e.block, e.place, num(e.args, 'operator') AS operator, i.scheme, e.data,
        unnest(range(CAST(digits(e.data, 237, 2) AS BIGINT))) AS turn
    FROM events e
    LEFT JOIN installations i ON i.id = num(e.args, 'installation')
    WHERE e.contract = 'EmissionsOracle' AND e.name = 'EmissionsReported'),
signed AS (
    SELECT r.block, r.place, r.operator, r.scheme, CASE r.turn WHEN 0 THEN digits(r.data, 239, 6)
        ELSE digits(c.data, 64 * (c.before + digits(r.data, 235 - 4 * r.turn, 2)) + 19, 6) END AS body
    FROM reported r
    LEFT JOIN configured c ON c.scheme = r.scheme AND c.version = digits(r.data, 245, 4)),
interests AS (
    SELECT block, place, num(args, 'scheme') AS scheme, num(args, 'body') AS body,
        num(args, 'participant') AS participant, (args ->> 'interested') = 'true' AS interested
    FROM events
    WHERE contract = 'EmissionsOracle' AND name = 'InterestSet')
SELECT s.block, s.place, 'body ' || s.body || ' has an interest in participant ' || s.operator AS about
FROM signed s
ASOF JOIN interests i ON s.scheme = i.scheme AND s.body = i.body AND s.operator = i.participant
    AND s.block * 1000000 + s.place >= i.block * 1000000 + i.place
WHERE i.interested
UNION ALL
SELECT block, place, 'participant ' || operator || ' verified itself' FROM signed WHERE body = operator;

-- penalty: A fine outside the multiples of the missing units' price.
WITH prices AS (
    SELECT num(args, 'scheme') AS scheme, num(args, 'periodId') AS period, num(args, 'priceCents') AS cents,
        block * 1000000 + place AS at
    FROM events
    WHERE contract = 'Compliance' AND name IN ('FinePriceFixed', 'FinePriceStated')),
bounds AS (
    SELECT scheme, key, value, block * 1000000 + place AS at
    FROM rules
    WHERE key IN ('penalty.multiple_min_ppm', 'penalty.multiple_max_ppm') AND value IS NOT NULL),
fined AS (
    SELECT d.block, d.place, d.cents AS fine, n.units AS short,
        (SELECT arg_max(p.cents, p.at) FROM prices p WHERE p.scheme = d.scheme AND p.period = d.period) AS price,
        (SELECT min(b.value) FROM bounds b WHERE b.scheme = d.scheme AND b.key LIKE '%min_ppm') AS least,
        (SELECT max(b.value) FROM bounds b WHERE b.scheme = d.scheme AND b.key LIKE '%max_ppm') AS most
    FROM penalties d
    JOIN penalties n ON n.act = 'ShortfallNoticed' AND d.act = 'PenaltyDecided' AND n.scheme = d.scheme
        AND n.period = d.period AND n.installation = d.installation)
SELECT block, place, 'a fine of ' || fine || ' cents for ' || short || ' units at ' || price AS about
FROM fined
WHERE fine * 1000000 < price * short * least OR fine * 1000000 > price * short * most;

-- notice: A rule value of an active scheme that holds sooner than the scheme's notice allows.
WITH schemes AS (
    SELECT num(c.args, 'scheme') AS scheme, num(c.args, 'utcOffset') AS zone, num(c.args, 'noticeDays') AS notice,
        a.block * 1000000 + a.place AS active
    FROM events c
    JOIN events a ON a.name = 'SchemeActivated' AND a.contract = 'Schemes' AND c.contract = 'Schemes'
        AND num(a.args, 'scheme') = num(c.args, 'scheme')
    WHERE c.name = 'SchemeCreated')
SELECT r.block, r.place, r.key || ' holds from day ' || r.fromDay || ', told on day '
    || (r.time + s.zone) // 86400 AS about
FROM rules r
JOIN schemes s ON r.scheme = s.scheme AND r.block * 1000000 + r.place > s.active
WHERE r.fromDay < (r.time + s.zone) // 86400 + s.notice;

-- deadline: A surrender after the deadline that was not told as late. The last pause of the contract moves a deadline
--   from its beginning to a day after its announced end by its length.
WITH periods AS (
    SELECT num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
        num(args -> 'period', 'surrenderDeadline') AS until, block * 1000000 + place AS at
    FROM events
    WHERE contract = 'Schemes' AND name = 'PeriodSet'),
pauses AS (
    SELECT block * 1000000 + place AS at, time AS since, num(args, 'until') AS until
    FROM events
    WHERE contract = 'Compliance' AND name = 'Paused'),
timely AS (
    SELECT s.block, s.place, s.time, p.until, s.block * 1000000 + s.place AS at
    FROM surrenders s
    ASOF JOIN periods p ON s.scheme = p.scheme AND s.period = p.period AND s.block * 1000000 + s.place >= p.at
    WHERE NOT s.late),
due AS (
    SELECT t.block, t.place, t.time, t.until
        + CASE WHEN t.until BETWEEN q.since AND q.until + 86400 THEN q.until - q.since ELSE 0 END AS until
    FROM timely t
    ASOF LEFT JOIN pauses q ON t.at >= q.at)
SELECT block, place, 'surrendered at ' || time || ', due until ' || until AS about
FROM due
WHERE time > until;

-- conservation: A unit of which more or less is held than was issued and has not left, or one held below zero.
WITH sums AS (
    SELECT contract, id, sum(issued) AS issued, sum(gone) AS gone, sum(held) AS held, min(held) AS least
    FROM (SELECT contract, id, amount AS issued, 0 AS gone, 0 AS held FROM issues
        UNION ALL SELECT contract, id, 0, amount, 0 FROM exits
        UNION ALL SELECT contract, id, 0, 0, amount FROM holdings)
    GROUP BY contract, id)
SELECT t.block, t.place, s.contract || ' ' || s.id || ': issued ' || s.issued || ', gone ' || s.gone
    || ', held ' || s.held AS about
FROM sums s
JOIN (SELECT contract, id, max(block) AS block, arg_max(place, block * 1000000 + place) AS place
    FROM transfers GROUP BY contract, id) t ON s.contract = t.contract AND s.id = t.id
WHERE s.issued - s.gone <> s.held OR s.least < 0;

-- source_overlap: A source claimed for a time that an earlier claim holds and has not given back.
WITH claims AS (
    SELECT block, place, name, block * 1000000 + place AS at, args ->> 'source' AS source,
        num(args, 'kind') AS kind, num(args, 'ref') AS ref, num(args, 'from') AS since, num(args, 'until') AS until
    FROM events
    WHERE contract = 'Projects' AND name IN ('SourceClaimed', 'SourceReleased'))
SELECT b.block, b.place, 'source ' || b.source || ' is claimed twice from ' || greatest(a.since, b.since) AS about
FROM claims a
JOIN claims b ON a.source = b.source AND a.at < b.at AND a.since < b.until AND b.since < a.until
WHERE a.name = 'SourceClaimed' AND b.name = 'SourceClaimed'
    AND NOT EXISTS (SELECT 1 FROM claims r WHERE r.name = 'SourceReleased' AND r.source = a.source
        AND r.ref = a.ref AND r.kind = a.kind AND r.at > a.at AND r.at < b.at);

-- serial_overlap: A serial number retired twice.
WITH retired AS (
    SELECT block, place, certificate, id, num(item, 'registry') AS registry, num(item, 'series') AS series,
        num(item, 'first') AS first, num(item, 'last') AS last
    FROM (SELECT block, place, num(args, 'certificate') AS certificate, num(args, 'id') AS id,
            unnest(CAST(args -> 'blocks' AS JSON[])) AS item
        FROM events
        WHERE contract = 'RetirementRegistry' AND name = 'UnitsRetired'))
SELECT b.block, b.place, 'serials from ' || greatest(a.first, b.first) || ' are in certificates '
    || a.certificate || ' and ' || b.certificate AS about
FROM retired a
JOIN retired b ON a.registry = b.registry AND a.series = b.series AND (a.registry > 0 OR a.id = b.id)
    AND a.block * 1000000 + a.place < b.block * 1000000 + b.place AND a.first <= b.last AND b.first <= a.last;
