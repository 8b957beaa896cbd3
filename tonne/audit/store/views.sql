-- Views on the auditor's store. Each begins with its name and what it has; a later one may read an earlier one.
-- `block` and `place` are the block and the index of the log within it that a row was read from. Times are
-- seconds since 1970 (UTC), amounts whole numbers of the smallest unit.

-- blocks: Every block that was read, with the digest of the history up to it; `replaced` by a
--   reorganisation or not.
SELECT number, '0x' || lower(hex(hash)) AS hash, '0x' || lower(hex(parent)) AS parent, time, receipts,
    logs, lower(hex(digest)) AS digest, replaced
FROM block;

-- events: Every event of the standing blocks, with its arguments as JSON.
SELECT b.number AS block, e.place, b.time, '0x' || lower(hex(l.tx)) AS tx, e.contract, e.name, e.args,
    lower(hex(l.topics)) AS topics, lower(hex(l.data)) AS data
FROM event e
JOIN block b ON e.block_id = b.id AND NOT b.replaced
JOIN log l ON l.block_id = e.block_id AND l.place = e.place;

-- participants: Participants as they are: first wallet, jurisdiction, kinds, group, status.
SELECT a.block, a.place, a.time, num(a.args, 'id') AS id, a.args ->> 'wallet' AS wallet,
    num(a.args, 'jurisdiction') AS jurisdiction, coalesce((SELECT arg_max(num(k.args, 'kinds'),
    (k.block, k.place))
FROM events k
WHERE k.name = 'ParticipantKindsChanged' AND num(k.args, 'id') = num(a.args, 'id')),
    num(a.args, 'kinds')) AS kinds, coalesce((SELECT arg_max(num(g.args, 'group'), (g.block, g.place))
FROM events g
WHERE g.name = 'ParticipantGrouped' AND num(g.args, 'id') = num(a.args, 'id')), 0) AS "group",
    coalesce((SELECT arg_max(CASE s.name WHEN 'ParticipantSuspended' THEN 'suspended' WHEN
    'ParticipantClosed' THEN 'closed' ELSE 'active' END, (s.block, s.place))
FROM events s
WHERE s.name IN ('ParticipantSuspended', 'ParticipantReinstated', 'ParticipantClosed') AND
    num(s.args, 'id') = num(a.args, 'id')), 'active') AS status
FROM events a
WHERE a.contract = 'Participants' AND a.name = 'ParticipantApproved';

-- wallets: Wallets that were ever a participant's.
SELECT block, place, time, num(args, 'id') AS participant, args ->> 'wallet' AS wallet
FROM events
WHERE contract = 'Participants' AND name IN ('ParticipantApproved', 'WalletAdded', 'WalletRecovered',
    'RecoveryJoined');

-- installations: Installations as they were registered.
SELECT block, place, time, num(args, 'id') AS id, num(args, 'operator') AS operator,
    num(args, 'scheme') AS scheme, num(args, 'jurisdiction') AS jurisdiction,
    num(args, 'benchmarkClass') AS benchmarkClass, num(args, 'capacityKw') AS capacityKw
FROM events
WHERE contract = 'Participants' AND name = 'InstallationRegistered';

-- reports: Reports of emissions [t], electricity [MWh] and heat [GJ] in the order they came; `finalAt`
--   [s]; `qualified` is 1 where the opinion is; number of the lines behind it and the root of their tree.
SELECT block, place, time, num(args, 'installation') AS installation, num(args, 'operator') AS operator,
    digits(data, 53, 4) AS year, digits(data, 51, 2) AS revision, digits(data, 41, 10) AS emissionsT,
    digits(data, 31, 10) AS powerMwh, digits(data, 21, 10) AS heatGj, digits(data, 249, 8) AS finalAt,
    digits(data, 193, 1) // 8 AS qualified, args ->> 'evidenceRoot' AS evidenceRoot,
    digits(data, 11, 8) AS lineCount, args ->> 'linesRoot' AS linesRoot
FROM events
WHERE contract = 'EmissionsOracle' AND name = 'EmissionsReported';

-- disputes: Disputes of reports, their outcome, and determinations in place of a report.
SELECT block, place, time, name AS act, num(args, 'installation') AS installation,
    num(args, 'year') AS year, coalesce(args ->> 'by', args ->> 'officer') AS actor,
    args ->> 'upheld' AS upheld, args ->> 'reasonHash' AS reason
FROM events
WHERE contract = 'EmissionsOracle' AND name IN ('ReportDisputed', 'DisputeResolved',
    'EmissionsDetermined');

-- meter_intervals: Sum roots of meters' readings as they were posted.
SELECT block, place, time, num(args, 'node') AS node, num(args, 'start') AS "start",
    num(args, 'run') AS run, args ->> 'root' AS root, args ->> 'by' AS actor
FROM events
WHERE contract = 'MeterOracle' AND name = 'IntervalPosted';

-- projects: Offset projects: name as the developer gave it last, place [0.000001 degrees], yearly cap [t]
--   where validated, suspended or not, end of the crediting period [s].
SELECT a.block, a.place, a.time, num(a.args, 'id') AS id, coalesce((SELECT arg_max(n.args ->> 'name',
    (n.block, n.place))
FROM events n
WHERE n.name = 'ProjectNamed' AND num(n.args, 'id') = num(a.args, 'id')), '') AS name,
    num(a.args, 'developer') AS developer, num(a.args, 'methodology') AS methodology,
    num(a.args, 'hostCountry') AS hostCountry, num(a.args -> 'location', 'latitude') AS latitude,
    num(a.args -> 'location', 'longitude') AS longitude, num(a.args, 'creditingFrom') AS creditingFrom,
    coalesce((SELECT arg_max(num(r.args, 'creditingUntil'), (r.block, r.place))
FROM events r
WHERE r.name = 'ProjectRenewed' AND num(r.args, 'id') = num(a.args, 'id')),
    num(a.args, 'creditingUntil')) AS creditingUntil,
    (SELECT arg_max(num(v.args, 'yearlyCapT'), (v.block, v.place))
FROM events v
WHERE v.name = 'ProjectValidated' AND num(v.args, 'id') = num(a.args, 'id')) AS yearlyCapT,
    coalesce((SELECT arg_max((s.args ->> 'suspended') = 'true', (s.block, s.place))
FROM events s
WHERE s.name = 'ProjectSuspended' AND num(s.args, 'id') = num(a.args, 'id')), false) AS suspended
FROM events a
WHERE a.contract = 'Projects' AND a.name = 'ProjectRegistered';

-- project_steps: What became of offset projects: named, validated with a yearly cap [t], suspended or taken up
--   again, renewed until [s].
SELECT block, place, time, name AS act, num(args, 'id') AS project, args ->> 'name' AS name,
    num(args, 'yearlyCapT') AS yearlyCapT, (args ->> 'suspended') = 'true' AS suspended,
    num(args, 'creditingUntil') AS creditingUntil
FROM events
WHERE contract = 'Projects' AND events.name IN ('ProjectNamed', 'ProjectValidated', 'ProjectSuspended',
    'ProjectRenewed');

-- issues: Units issued, by unit, with the evidence they were issued on.
SELECT block, place, time, contract, num(args, 'id') AS id, unit_class(num(args, 'id')) AS class,
    unit_scheme(num(args, 'id')) AS scheme, unit_vintage(num(args, 'id')) AS vintage,
    num(args, 'amount') AS amount, args ->> 'evidence' AS evidence
FROM events
WHERE contract IN ('Allowances', 'OffsetCredits', 'EnergyCredits', 'EnergyCertificates') AND
    name = 'UnitsIssued';

-- exits: Units that left for ever; `kind` 1 surrendered, 2 retired, 3 cancelled, 4 clawed back, 5
--   expired, 6 banked away, 7 invalidated, 8 reversed, 9 released, 10 set apart in another batch.
SELECT block, place, time, contract, num(args, 'id') AS id, unit_class(num(args, 'id')) AS class,
    unit_scheme(num(args, 'id')) AS scheme, unit_vintage(num(args, 'id')) AS vintage,
    args ->> 'from' AS "from", num(args, 'kind') AS kind, num(args, 'amount') AS amount,
    args ->> 'ref' AS ref
FROM events
WHERE contract IN ('Allowances', 'OffsetCredits', 'EnergyCredits', 'EnergyCertificates') AND
    name = 'UnitsExited';

-- batches: Batches of offset credits as they stand: project and report where they came of one here, issued and
--   gone for ever [t], status.
SELECT i.block, i.place, i.time, i.id, i.scheme, i.vintage, c.project, c.report, i.issued,
    coalesce(x.gone, 0) AS gone, CASE coalesce(s.status, b.status, 1) WHEN 1 THEN 'active' WHEN 2 THEN
    'locked' WHEN 3 THEN 'invalidated' ELSE 'ex ante' END AS status
FROM (SELECT num(args, 'id') AS id, unit_scheme(num(args, 'id')) AS scheme,
    unit_vintage(num(args, 'id')) AS vintage, min(block) AS block, arg_min(place, (block, place)) AS place,
    arg_min(time, (block, place)) AS time, CAST(sum(num(args, 'amount')) AS HUGEINT) AS issued
FROM events
WHERE contract = 'OffsetCredits' AND events.name = 'UnitsIssued'
GROUP BY 1) i
LEFT JOIN (SELECT num(args, 'id') AS id, CAST(sum(num(args, 'amount')) AS HUGEINT) AS gone
FROM events
WHERE contract = 'OffsetCredits' AND events.name = 'UnitsExited'
GROUP BY 1) x ON x.id = i.id
LEFT JOIN (SELECT num(args, 'id') AS id, arg_max(num(args, 'status'), (block, place)) AS status
FROM events
WHERE events.name = 'BatchIssued'
GROUP BY 1) b ON b.id = i.id
LEFT JOIN (SELECT num(args, 'id') AS id, arg_max(num(args, 'status'), (block, place)) AS status
FROM events
WHERE events.name = 'BatchStatusChanged'
GROUP BY 1) s ON s.id = i.id
LEFT JOIN (SELECT num(args, 'id') AS id, arg_max(num(args, 'project'), (block, place)) AS project,
    arg_max(num(args, 'reportId'), (block, place)) AS report
FROM events
WHERE contract = 'Issuance' AND events.name IN ('CreditsIssued', 'ExAnteIssued')
GROUP BY 1) c ON c.id = i.id;

-- serials: Blocks of serial numbers of offset credits, issued and gone with an exit; `kind` of an exit as in
--   exits, 0 where issued; registry 1 is this one.
SELECT block, place, time, 0 AS number, num(args, 'id') AS id, 0 AS kind, 1 AS registry, 0 AS series,
    num(args, 'firstSerial') AS "first", num(args, 'lastSerial') AS "last", NULL AS account, NULL AS ref
FROM events
WHERE contract = 'OffsetCredits' AND events.name = 'BatchIssued'
UNION ALL SELECT block, place, time, 0, num(args, 'id'), 0, num(args -> 'block_', 'registry'),
    num(args -> 'block_', 'series'), num(args -> 'block_', 'first'), num(args -> 'block_', 'last'), NULL,
    NULL
FROM events
WHERE contract = 'OffsetCredits' AND events.name = 'BlockIssued'
UNION ALL SELECT block, place, time, number, id, kind, num(gone, 'registry'), num(gone, 'series'),
    num(gone, 'first'), num(gone, 'last'), account, ref
FROM (SELECT block, place, time, num(args, 'id') AS id, num(args, 'kind') AS kind,
    args ->> 'from' AS account, args ->> 'ref' AS ref, unnest(CAST(args -> 'blocks' AS JSON[])) AS gone,
    generate_subscripts(CAST(args -> 'blocks' AS JSON[]), 1) AS number
FROM events
WHERE contract = 'OffsetCredits' AND events.name = 'SerialsAttached');

-- transfers: Every movement of units between accounts; the zero address issues and takes out.
SELECT block, place, time, contract, args ->> 'from' AS "from", args ->> 'to' AS "to",
    num(args, 'id') AS id, num(args, 'value') AS amount
FROM events
WHERE contract IN ('Allowances', 'OffsetCredits', 'EnergyCredits', 'EnergyCertificates') AND
    name = 'TransferSingle'
UNION ALL SELECT block, place, time, contract, "from", "to", CAST(id AS HUGEINT),
    CAST(amount AS HUGEINT)
FROM (SELECT block, place, time, contract, args ->> 'from' AS "from", args ->> 'to' AS "to",
    unnest(CAST(args -> 'ids' AS VARCHAR[])) AS id,
    unnest(CAST(args -> 'values' AS VARCHAR[])) AS amount
FROM events
WHERE contract IN ('Allowances', 'OffsetCredits', 'EnergyCredits', 'EnergyCertificates') AND
    name = 'TransferBatch');

-- holdings: What each account holds of each unit, since the log of its last change. Units in the exchange's
--   ledger are held by the exchange.
SELECT contract, account, id, unit_class(id) AS class, unit_scheme(id) AS scheme,
    unit_vintage(id) AS vintage, CAST(sum(amount) AS HUGEINT) AS amount, max(block) AS block,
    arg_max(place, (block, place)) AS place
FROM (SELECT block, place, contract, "to" AS account, id, amount
FROM transfers
UNION ALL SELECT block, place, contract, "from", id, -amount
FROM transfers)
WHERE account <> '0x0000000000000000000000000000000000000000'
GROUP BY contract, account, id HAVING sum(amount) <> 0;

-- retirements: Units retired for a claim, by certificate.
SELECT block, place, time, num(args, 'certificate') AS certificate, num(args, 'id') AS id,
    unit_class(num(args, 'id')) AS class, unit_scheme(num(args, 'id')) AS scheme,
    unit_vintage(num(args, 'id')) AS vintage, num(args, 'participant') AS participant,
    args ->> 'wallet' AS wallet, num(args, 'amount') AS amount,
    args -> 'claim' ->> 'beneficiary' AS beneficiary, args -> 'claim' ->> 'purpose' AS purpose
FROM events
WHERE contract = 'RetirementRegistry' AND name = 'UnitsRetired';

-- labels: Labels granted to batches of credits and ended early, by programme, with the programme's name then.
SELECT e.block, e.place, e.time, e.name AS act, num(e.args, 'programme') AS programme,
    (SELECT arg_max(p.args ->> 'name', (p.block, p.place))
FROM events p
WHERE p.contract = 'Labels' AND p.name = 'LabelProgrammeSet' AND
    num(p.args, 'programme') = num(e.args, 'programme')) AS name, num(e.args, 'unit') AS id,
    num(e.args -> 'label', 'fromDay') AS fromDay, coalesce(num(e.args -> 'label', 'lastDay'),
    num(e.args, 'lastDay')) AS lastDay, e.args ->> 'keeper' AS keeper, e.args ->> 'detail' AS detail
FROM events e
WHERE e.contract = 'Labels' AND e.name IN ('LabelGranted', 'LabelEnded');

-- markets: Markets as they were created: unit, scheme, lot, base price and tick in 0.0001 of the
--   currency.
SELECT block, place, time, num(args, 'market') AS market, num(args, 'unit') AS unit,
    num(args, 'scheme') AS scheme, args ->> 'currency' AS currency,
    num(args -> 'config', 'lotSize') AS lotSize, num(args -> 'config', 'basePrice') AS basePrice,
    num(args -> 'config', 'tickSize') AS tickSize
FROM events
WHERE contract = 'Exchange' AND name = 'MarketCreated';

-- orders: Orders that came to rest in a book.
SELECT block, place, time, tx, account_market(num(args, 'account')) AS market,
    account_participant(num(args, 'account')) AS participant, CASE digits(data, 47, 2) WHEN 0 THEN 'buy'
    ELSE 'sell' END AS side, digits(data, 49, 4) AS tick, digits(data, 25, 8) AS lots
FROM events
WHERE contract = 'Exchange' AND name = 'OrderPlaced';

-- trades: Every fill: maker and taker, price and turnover in 0.0001 of the currency; `fill` counts those of
--   one order.
SELECT f.block, f.place, (f.spot - 3) // 24 AS fill, f.time, f.tx, f.market, f.taker,
    digits(f.word, 11, 6) AS maker, CASE WHEN f.side % 2 = 0 THEN f.taker ELSE digits(f.word, 11, 6) END
    AS buyer, CASE WHEN f.side % 2 = 0 THEN digits(f.word, 11, 6) ELSE f.taker END AS seller,
    digits(f.word, 17, 8) AS lots, digits(f.word, 1, 4) AS tick,
    m.basePrice + digits(f.word, 1, 4) * m.tickSize AS price,
    digits(f.word, 17, 8) * (m.basePrice + digits(f.word, 1, 4) * m.tickSize) AS turnover
FROM (SELECT *, substr(fills, spot, 24) AS word
FROM (SELECT *, unnest(range(3, len(fills), 24)) AS spot
FROM (SELECT block, place, time, tx, account_market(num(args, 'taker')) AS market,
    account_participant(num(args, 'taker')) AS taker, digits(topics, 176, 1) AS side,
    args ->> 'fills' AS fills
FROM events
WHERE contract = 'Exchange' AND name = 'OrdersFilled'))) f
JOIN markets m USING (market)
WHERE digits(f.word, 5, 1) < 8;

-- block_trades: Trades by agreement outside the book; turnover in 0.0001 of the currency.
SELECT block, place, time, num(args, 'market') AS market, num(args, 'seller') AS seller,
    num(args, 'buyer') AS buyer, num(args, 'day') AS "day", num(args, 'tick') AS tick,
    num(args, 'lots') AS lots, num(args, 'turnover') AS turnover, num(args, 'sellerFee') AS sellerFee,
    num(args, 'buyerFee') AS buyerFee, args ->> 'ticket' AS ticket
FROM events
WHERE contract = 'BlockTrades' AND name = 'BlockTraded';

-- unit_transfers: Every transfer of allowances and credits from one account to another [units]: from wallet to wallet or
--   contract, as a fill of the book (`number` counts those of one order), as a block trade.
SELECT block, place, 0 AS number, time, 'transfer' AS kind, unit_scheme(id) AS scheme, id, "from", "to",
    NULL AS seller, NULL AS buyer, amount
FROM transfers
WHERE contract IN ('Allowances', 'OffsetCredits') AND
    '0x0000000000000000000000000000000000000000' NOT IN ("from", "to")
UNION ALL SELECT t.block, t.place, t.fill, t.time, 'trade', m.scheme, m.unit, NULL, NULL, t.seller, t.buyer,
    CAST(t.lots * m.lotSize AS HUGEINT)
FROM trades t
JOIN markets m USING (market)
UNION ALL SELECT b.block, b.place, 0, b.time, 'block', m.scheme, m.unit, NULL, NULL, b.seller, b.buyer,
    b.lots * m.lotSize
FROM block_trades b
JOIN markets m USING (market);

-- days: Days as they were opened, with the close and the sums of the trading day before.
SELECT block, place, time, num(args, 'market') AS market, num(args, 'day') AS "day",
    num(args, 'closeTick') AS closeTick, num(args, 'lowTick') AS lowTick,
    num(args, 'highTick') AS highTick, num(args, 'volume') AS volume, num(args, 'turnover') AS turnover,
    num(args, 'fees') AS fees
FROM events
WHERE contract = 'Exchange' AND name = 'DayOpened';

-- cash: Money into and out of the exchange's ledger, in 0.0001 of the currency; out is negative.
SELECT block, place, time, account_market(num(args, 'account')) AS market,
    account_participant(num(args, 'account')) AS participant, args ->> 'wallet' AS wallet, CASE name
    WHEN 'CashDeposited' THEN num(args, 'amount') ELSE -num(args, 'amount') END AS amount
FROM events
WHERE contract = 'Exchange' AND name IN ('CashDeposited', 'CashWithdrawn');

-- auctions: Auctions as they were announced, and what came of them.
SELECT a.block, a.place, a.time, num(a.args, 'id') AS id, num(a.args, 'market') AS market,
    num(a.args, 'seller') AS seller, num(a.args -> 'terms', 'lots') AS lots, (SELECT
    max(num(c.args, 'sold'))
FROM events c
WHERE c.contract = 'Auction' AND c.name = 'AuctionCleared' AND
    num(c.args, 'id') = num(a.args, 'id')) AS sold
FROM events a
WHERE a.contract = 'Auction' AND a.name = 'AuctionAnnounced';

-- allocations: Free allocation in its steps [t]: early, by table (`reason` 0 table, 1 new entrant, 2 change, 3 return,
--   4 closure), trued up, clawed back, unissued for want of room and issued later; `oldAmount` before the step.
SELECT block, place, time, name AS act, num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
    num(args, 'installation') AS installation, num(args, 'operator') AS operator,
    coalesce(num(args, 'amount'), num(args, 'fromWallets') + num(args, 'fromLedger') + num(args, 'toDebt'))
    AS amount, num(args, 'netted') AS netted, num(args, 'oldAmount') AS oldAmount,
    num(args, 'reason') AS reason, args ->> 'reasonHash' AS decision
FROM events
WHERE contract = 'Allocation' AND name IN ('AllowancesPreAllocated', 'AllowancesTabled', 'AllocationTruedUp',
    'AllowancesClawedBack', 'AllowancesUnissued', 'UnissuedAllowancesIssued');

-- surrenders: Units surrendered for a plant and period [t], against an obligation or into a running account.
SELECT block, place, time, num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
    num(args, 'installation') AS installation, num(args, 'operator') AS operator,
    args ->> 'wallet' AS wallet, coalesce(num(args, 'allowances'), num(args, 'amount')) AS allowances,
    coalesce(num(args, 'offsets'), 0) AS offsets,
    coalesce(num(args, 'allowances') + num(args, 'offsets'), num(args, 'amount')) AS amount,
    coalesce((args ->> 'late') = 'true', false) AS late
FROM events
WHERE contract IN ('Compliance', 'CumulativeCompliance') AND
    name IN ('UnitsSurrendered', 'AllowancesSurrendered');

-- obligations: What each installation owes for a period, what was surrendered in time and late, and
--   whether it is met [t].
SELECT o.block, o.place, o.time, num(o.args, 'scheme') AS scheme, num(o.args, 'periodId') AS period,
    num(o.args, 'installation') AS installation, num(o.args, 'operator') AS operator,
    num(o.args, 'emissionsT') AS emissionsT, num(o.args, 'freeT') AS freeT, num(o.args, 'due') AS due,
    CAST(coalesce(sum(s.amount) FILTER (NOT s.late), 0) AS HUGEINT) AS surrendered,
    CAST(coalesce(sum(s.amount) FILTER (s.late), 0) AS HUGEINT) AS surrenderedLate,
    CAST(coalesce(sum(s.offsets), 0) AS HUGEINT) AS offsets
FROM events o
LEFT JOIN surrenders s ON s.scheme = num(o.args, 'scheme') AND s.period = num(o.args, 'periodId') AND
    s.installation = num(o.args, 'installation')
WHERE o.contract = 'Compliance' AND o.name = 'ObligationAssessed'
GROUP BY o.block, o.place, o.time, o.args;

-- penalties: Each step of a penalty: notice, decision, appeal, payment, publication.
SELECT block, place, time, name AS act, num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
    num(args, 'installation') AS installation, coalesce(args ->> 'officer', args ->> 'payer') AS actor,
    coalesce(num(args, 'shortfall'), num(args, 'units')) AS units, coalesce(num(args, 'fineCents'),
    num(args, 'cents')) AS cents, args ->> 'reasonHash' AS reason
FROM events
WHERE contract = 'Compliance' AND name IN ('ShortfallNoticed', 'PenaltyDecided', 'PenaltyAppealed',
    'PenaltyAppealDecided', 'PenaltyPaid', 'PenaltyDebited', 'PenaltyPublished', 'UnitsOrdered',
    'ShortfallDeducted');

-- verdicts: What periods judged by running totals came to: all verified and all surrendered since the plant entered
--   [t]; `verdict` 1 complies, 2 short, 3 a covered year has no figure.
SELECT block, place, time, num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
    num(args, 'installation') AS installation, num(args, 'operator') AS operator,
    num(args, 'verifiedT') AS verified, num(args, 'surrenderedT') AS surrendered,
    (args ->> 'covered') = 'true' AS covered, num(args, 'verdict') AS verdict
FROM events
WHERE contract = 'CumulativeCompliance' AND name = 'ComplianceJudged';

-- movements: Every movement of units, money and lots of each participant, its `owner`; `id` is the unit's,
--   `other` the other side's wallet, `participant` the other side. A transfer between two wallets of one is none.
WITH owned AS (SELECT DISTINCT participant, lower(wallet) AS wallet FROM wallets),
known AS (SELECT wallet, min(participant) AS participant FROM owned GROUP BY wallet)
SELECT o.participant AS owner, t.block, t.place, t.time, 'units in' AS what, t.contract AS "of", t.id,
    t.amount, t."from" AS other, k.participant
FROM transfers t
JOIN owned o ON lower(t."to") = o.wallet
LEFT JOIN known k ON k.wallet = lower(t."from")
WHERE NOT EXISTS (SELECT 1 FROM owned w WHERE w.participant = o.participant AND w.wallet = lower(t."from"))
UNION ALL SELECT o.participant, t.block, t.place, t.time, 'units out', t.contract, t.id, -t.amount, t."to",
    k.participant
FROM transfers t
JOIN owned o ON lower(t."from") = o.wallet
LEFT JOIN known k ON k.wallet = lower(t."to")
WHERE NOT EXISTS (SELECT 1 FROM owned w WHERE w.participant = o.participant AND w.wallet = lower(t."to"))
UNION ALL SELECT participant, block, place, time,
    CASE WHEN amount > 0 THEN 'money into ledger' ELSE 'money out of ledger' END, 'market ' || market,
    NULL, amount, wallet, NULL
FROM cash
UNION ALL SELECT buyer, block, place, time, 'bought lots', 'market ' || market, NULL, lots, NULL, seller
FROM trades
UNION ALL SELECT seller, block, place, time, 'sold lots', 'market ' || market, NULL,
    -CAST(lots AS HUGEINT), NULL, buyer
FROM trades
UNION ALL SELECT buyer, block, place, time, 'bought lots in a block', 'market ' || market, NULL, lots,
    NULL, seller
FROM block_trades
UNION ALL SELECT seller, block, place, time, 'sold lots in a block', 'market ' || market, NULL,
    -CAST(lots AS HUGEINT), NULL, buyer
FROM block_trades
UNION ALL SELECT operator, block, place, time, 'surrendered', 'installation ' || installation, NULL,
    -amount, wallet, NULL
FROM surrenders;

-- caps: Caps, free and auctioned amounts as they were published, by vintage [t].
SELECT block, place, time, num(args, 'scheme') AS scheme, num(args, 'vintage') AS vintage,
    num(args, 'revision') AS revision, num(args, 'capT') AS capT, num(args, 'freeT') AS freeT,
    num(args, 'auctionT') AS auctionT, args ->> 'officer' AS officer
FROM events
WHERE contract = 'Schemes' AND name = 'VintageDisclosed';

-- rules: Every rule value, the day it holds from, and the hash of its source.
SELECT block, place, time, num(args, 'scheme') AS scheme, args ->> 'keyText' AS key,
    num(args, 'fromDay') AS fromDay, num(args, 'oldValue') AS oldValue, num(args, 'value') AS value,
    args ->> 'sourceHash' AS source
FROM events
WHERE contract = 'Schemes' AND name = 'ParamSet';

-- power_nodes: Nodes of the grid: carrier, and number of the region within the scheme's area.
SELECT block, place, time, CAST(num(args, 'node') AS INTEGER) AS node, num(args, 'scheme') AS scheme,
    num(args -> 'terms', 'carrier') AS carrier, num(args -> 'terms', 'region') AS region,
    num(args -> 'terms', 'metering') AS metering, num(args -> 'terms', 'since') AS since
FROM events
WHERE contract = 'PowerGrid' AND name = 'NodeAdded';

-- power_prices: Price of each node as an interval was cleared [micro-credit/kWh], 0 at a node that was not in
--   force yet; of several clearings of one interval the last is final.
SELECT c.block, c.place, c.time, num(c.args, 'interval') AS interval, n.node,
    digits(c.data, 64 * (9 + n.node // 8) + 8 * (8 - n.node % 8) - 7, 8) AS price
FROM events c
JOIN power_nodes n ON (n.block, n.place) < (c.block, c.place) AND n.node < 8 * digits(c.data, 569, 8)
WHERE c.contract = 'PowerMarket' AND c.name = 'IntervalCleared';

-- power_arcs: Lines and converters of the grid, each version of their terms: energy that arrives [ppm], most
--   that is sent in an interval [Wh], cost [micro-credit/kWh], from when [s].
SELECT block, place, time, CAST(num(args, 'arc') AS INTEGER) AS arc, num(args, 'version') AS version,
    num(args, 'from') AS fromNode, num(args, 'to') AS toNode, num(args, 'since') AS since,
    num(args -> 'terms', 'efficiencyPpm') AS efficiencyPpm,
    num(args -> 'terms', 'capacityWh') AS capacityWh, num(args -> 'terms', 'cost') AS cost
FROM events
WHERE contract = 'PowerGrid' AND events.name = 'ArcSet';

-- power_flows: Energy that each arc is sent as an interval was cleared [Wh]; of several clearings of one interval
--   the last is final.
SELECT c.block, c.place, c.time, num(c.args, 'interval') AS interval, a.arc, a.fromNode, a.toNode,
    digits(c.data, 64 * (10 + digits(c.data, 569, 8) + a.arc // 8) + 8 * (8 - a.arc % 8) - 7, 8) AS flowWh
FROM events c
JOIN power_arcs a ON a.version = 1 AND (a.block, a.place) < (c.block, c.place) AND
    a.arc < 8 * digits(c.data, 64 * (9 + digits(c.data, 569, 8)) + 57, 8)
WHERE c.contract = 'PowerMarket' AND c.name = 'IntervalCleared';

-- power_intervals: Cleared intervals of the energy market: energy and loss [Wh], welfare, rent, prices of the
--   nodes in their order [micro-credit/kWh].
SELECT c.block, c.place, c.time, num(c.args, 'interval') AS interval, num(c.args, 'energyWh') AS energyWh,
    num(c.args, 'lossWh') AS lossWh, num(c.args, 'welfare') AS welfare, num(c.args, 'rent') AS rent,
    c.args ->> 'proposer' AS proposer, p.prices
FROM events c
LEFT JOIN (SELECT block, place, string_agg(price, ' ' ORDER BY node) AS prices
FROM power_prices
GROUP BY block, place) p ON p.block = c.block AND p.place = c.place
WHERE c.contract = 'PowerMarket' AND c.name = 'IntervalCleared';

-- bills: Energy bills paid in credits.
SELECT block, place, time, num(args, 'tariff') AS tariff, num(args, 'credit') AS credit,
    num(args, 'amount') AS amount, args ->> 'payer' AS payer, args ->> 'ref' AS ref
FROM events
WHERE contract = 'CreditBills' AND name = 'BillPaid';

-- powers: Every use of power: grants, rule changes, freezes, forced transfers, pauses, halts, decisions; by
--   which account, with what reason. `actor` is empty where the event names none, or only who got the power:
--   the transaction's sender is in the chain.
SELECT block, place, time, tx,
    CASE
        WHEN name IN ('RoleGranted', 'RoleRevoked', 'OfficeGranted', 'RegistrarSet', 'ArbiterSet',
            'FocalPointSet', 'ClaimantSet', 'RoleAdminChanged', 'RoleGuardianChanged',
            'RoleGrantDelayChanged', 'TargetFunctionRoleUpdated', 'TargetClosed',
            'TargetAdminDelayUpdated', 'AuthorityUpdated', 'ControllerSet', 'AllocationControllerSet',
            'HouseOpened', 'Founded', 'IssuersSet', 'VenueSet', 'MirrorSet', 'DeskSet', 'CounterSet',
            'UnitContractAdded', 'TreasurySet', 'ProceedsAccountSet', 'ReserveSet', 'CreditsSet',
            'LabelProgrammeSet', 'RegistryAdded', 'SchemeAdmitted', 'NodeSet', 'NodeOperatorSet',
            'OperatorNamed', 'MeterReaderSet', 'MarketMakerAppointed', 'MarketMakerDismissed',
            'ParticipantKindsChanged', 'WalletRightsChanged', 'WalletRecovered') THEN 'grant'
        WHEN name IN ('ParamSet', 'ParamWithdrawn', 'PeriodSet', 'TradingDaysSet', 'CapPlanned',
            'VintageDisclosed', 'MarketCreated', 'MarketRulesSet', 'OracleConfigured', 'RulesAmended',
            'SchemeCreated', 'SchemeActivated', 'PoolLimitSet', 'IssueLimitSet', 'ReceiverLimitSet',
            'BlockFeesSet', 'FinePriceStated', 'MarketAssigned', 'SaleConsentSet', 'InterestSet',
            'MethodologySet', 'GridFeeSet', 'TariffPublished', 'TariffClosed', 'LossCurveSet',
            'AreaSet', 'AreaBoundSet', 'ArcSet', 'BiddersRegistered', 'CustomersSet', 'ExpectedSet',
            'ReferenceStarted', 'DescriptorProposed', 'DescriptorAdopted') THEN 'rule'
        WHEN name IN ('FreezeOrdered', 'Frozen', 'AccountFrozen', 'ParticipantSuspended',
            'ParticipantReinstated', 'ParticipantClosed', 'CreditPledgeFrozen', 'ProjectSuspended',
            'SuspensionCarried', 'BatchStatusChanged', 'LockCausesChanged', 'ProceedsHeld',
            'ProceedsReleased', 'TheftClaimed') THEN 'freeze'
        WHEN name IN ('ForcedTransfer', 'TransferOrdered', 'CashDebited', 'UnitsDebited', 'UnitsForced',
            'PenaltyDebited', 'FalseReportFineDebited', 'AllowancesClawedBack', 'AllocationCut',
            'PledgeReleased', 'PledgedCreditsReleased', 'ImmobilisationReverted',
            'ReleaseReverted') THEN 'forced'
        WHEN name = 'UnitsExited' AND num(args, 'kind') IN (4, 7) THEN 'forced'
        WHEN name IN ('Paused', 'Unpaused') THEN 'pause'
        WHEN name IN ('MarketHalted', 'MarketResumed', 'MarketBarred', 'MarketDelisted',
            'AuctionCancelled') THEN 'halt'
        WHEN name IN ('EmissionsDetermined', 'ReportDisputed', 'DisputeResolved', 'MonitoringDisputed',
            'MonitoringResolved', 'PenaltyDecided', 'PenaltyAppealDecided', 'PenaltyPublished',
            'UnitsOrdered', 'ShortfallDeducted', 'FalseReportCharged', 'FalseReportFined',
            'FalseReportAppealDecided', 'FalseReportPublished', 'FiguresCorrected', 'CoverageSet',
            'AllowancesTabled', 'LossDecided', 'ReversedAvoidably', 'ReversedUnavoidably',
            'LikenessAnswered', 'ProjectValidated', 'ProjectPlaced', 'ProjectRenewed', 'UseContested',
            'UseUndone', 'RecoveryProposed', 'RecoveryUpheld', 'RecoveryRejected', 'RecoveryCancelled',
            'ApplicationRefused', 'ApplicationPassedOver', 'InstallationSaleRefused', 'TicketApproved',
            'TicketApprovalWithdrawn', 'CommitmentsEnded', 'ProfileWithdrawn', 'LabelGranted',
            'LabelEnded') THEN 'decision'
        WHEN name IN ('OperationScheduled', 'OperationExecuted', 'OperationCanceled') THEN 'waiting act'
    END AS kind, contract, name AS act,
    CASE
        WHEN name NOT IN ('OfficeGranted', 'RegistrarSet', 'ArbiterSet', 'ControllerSet',
            'AllocationControllerSet', 'HouseOpened', 'LabelProgrammeSet')
        THEN coalesce(args ->> 'officer', args ->> 'registrar', args ->> 'arbiter', args ->> 'keeper',
            args ->> 'actor', args ->> 'by', args ->> 'controller', args ->> 'caller')
    END AS actor,
    coalesce(args ->> 'reasonHash', args ->> 'reason', args ->> 'sourceHash', args ->> 'documentHash',
        args ->> 'textHash', args ->> 'evidenceHash', CASE name WHEN 'UnitsExited' THEN args ->> 'ref' END)
        AS reason, args
FROM events
WHERE kind IS NOT NULL;

-- waiting: Acts that were scheduled and are neither carried out nor cancelled: from when they can be,
--   on which contract.
SELECT s.block, s.place, s.time, s.args ->> 'operationId' AS operation, num(s.args, 'nonce') AS nonce,
    num(s.args, 'schedule') AS "from", s.args ->> 'caller' AS caller, s.args ->> 'target' AS target,
    c.name AS contract, s.args ->> 'data' AS data
FROM events s
LEFT JOIN contract c ON lower(hex(c.address)) = lower(substr(s.args ->> 'target', 3))
WHERE s.name = 'OperationScheduled' AND NOT EXISTS (SELECT 1
FROM events e
WHERE e.name IN ('OperationExecuted', 'OperationCanceled') AND
    e.args ->> 'operationId' = s.args ->> 'operationId' AND num(e.args, 'nonce') = num(s.args, 'nonce'));

-- findings: What the last audit found: refuted answers, differing values, lags, surpluses, things
--   unchecked.
SELECT kind, item ->> 'code' AS code, item ->> 'contract' AS contract, coalesce(item ->> 'about',
    item ->> 'message', item ->> 'text') AS about, num(item, 'block') AS block,
    item ->> 'events' AS expected, item ->> 'chain' AS found
FROM (SELECT kind, unnest(CAST(body -> kind AS JSON[])) AS item
FROM (SELECT body
FROM result ORDER BY rowid DESC LIMIT 1), (SELECT unnest(['findings', 'differences', 'lags',
    'surpluses', 'unchecked']) AS kind));
