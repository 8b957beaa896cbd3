-- The public register: plants, verified figures, obligations and penalties as they stand at a block whose time is $now [s].

-- plants: Each plant as it is: operator, class and capacity after its changes, and whether it is closed.
SELECT i.id AS plant, coalesce(c.operator, i.operator) AS operator, i.scheme, i.jurisdiction,
    coalesce(c.class, i.benchmarkClass) AS class, coalesce(c.capacityKw, i.capacityKw) AS capacityKw,
    coalesce(c.closed, false) AS closed, i.block, i.place
FROM installations i
LEFT JOIN (SELECT num(args, 'id') AS id,
    arg_max(num(args, 'buyer'), (block, place)) FILTER (WHERE name = 'InstallationSold') AS operator,
    arg_max(num(args, 'benchmarkClass'), (block, place)) FILTER (WHERE name = 'InstallationChanged') AS class,
    arg_max(num(args, 'capacityKw'), (block, place)) FILTER (WHERE name = 'InstallationChanged') AS capacityKw,
    bool_or(name = 'InstallationClosed') AS closed
FROM events
WHERE contract = 'Participants' AND name IN ('InstallationSold', 'InstallationChanged', 'InstallationClosed')
GROUP BY 1) c ON c.id = i.id
ORDER BY plant;

-- plant_acts: What was put on record about a plant itself.
SELECT block, place, time, name AS act, num(args, 'id') AS plant,
    coalesce(num(args, 'buyer'), num(args, 'operator')) AS operator, num(args, 'benchmarkClass') AS class,
    num(args, 'capacityKw') AS capacityKw
FROM events
WHERE contract = 'Participants' AND name IN ('InstallationRegistered', 'InstallationChanged',
    'InstallationOffered', 'InstallationSaleAccepted', 'InstallationSaleRefused', 'InstallationSold',
    'InstallationClosed')
ORDER BY block, place;

-- participant_acts: What was put on record about a participant itself.
SELECT block, place, time, name AS act, num(args, 'id') AS participant, args ->> 'wallet' AS wallet
FROM events
WHERE contract = 'Participants' AND name IN ('ParticipantApproved', 'ParticipantSuspended',
    'ParticipantReinstated', 'ParticipantClosed', 'ParticipantGrouped', 'ParticipantKindsChanged',
    'WalletAdded', 'WalletRightsChanged', 'WalletRemoved', 'PrimaryWalletChanged')
ORDER BY block, place;

-- periods: Periods of each scheme as they were set last, and the deadline as the last pause moved it [s], for
--   obligations that stand alone and for running totals.
WITH last AS (
    SELECT num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
        arg_max(args -> 'period', (block, place)) AS said
    FROM events
    WHERE contract = 'Schemes' AND name = 'PeriodSet'
    GROUP BY ALL),
pauses AS (
    SELECT contract, arg_max(time, (block, place)) AS since, arg_max(num(args, 'until'), (block, place)) AS until
    FROM events
    WHERE contract IN ('Compliance', 'CumulativeCompliance') AND name = 'Paused'
    GROUP BY contract),
stated AS (SELECT *, num(said, 'surrenderDeadline') AS stated FROM last)
SELECT scheme, period, num(said, 'firstYear') AS firstYear, num(said, 'lastYear') AS lastYear, stated,
    stated + CASE WHEN stated BETWEEN p.since AND p.until + 86400 THEN p.until - p.since ELSE 0 END AS deadline,
    stated + CASE WHEN stated BETWEEN r.since AND r.until + 86400 THEN r.until - r.since ELSE 0 END AS runningDeadline
FROM stated
LEFT JOIN pauses p ON p.contract = 'Compliance'
LEFT JOIN pauses r ON r.contract = 'CumulativeCompliance'
ORDER BY scheme, period;

-- reported: Each step of a verified year: reports, disputes, their outcome, determinations.
SELECT block, place, time, installation AS plant, year, 'EmissionsReported' AS act, revision, emissionsT,
    powerMwh, heatGj, finalAt, NULL AS upheld
FROM reports
UNION ALL SELECT block, place, time, num(args, 'installation'), num(args, 'year'), name,
    num(args, 'revision'), num(args, 'emissionsT'), num(args, 'powerMwh'), num(args, 'heatGj'), NULL,
    (args ->> 'upheld') = 'true'
FROM events
WHERE contract = 'EmissionsOracle' AND name IN ('ReportDisputed', 'DisputeResolved', 'EmissionsDetermined')
ORDER BY block, place;

-- lines: Lines published on chain that are those of a report, the first event of each: of its plant, year and revision
--   and with its root.
SELECT r.installation AS plant, r.year, r.revision, min(e.block) AS block,
    arg_min(e.place, (e.block, e.place)) AS place, arg_min(e.args ->> 'lines', (e.block, e.place)) AS lines
FROM events e
JOIN reports r ON r.linesRoot = e.args ->> 'linesRoot' AND r.installation = num(e.args, 'installation')
    AND r.year = num(e.args, 'year') AND r.revision = num(e.args, 'revision')
WHERE e.contract = 'PublishedLines' AND e.name = 'LinesPublished'
GROUP BY ALL
ORDER BY plant, r.year, r.revision;

-- obligations: Obligations that stand alone: due with what was ordered in place of missing units, surrendered, still
--   open [t]; closed where the open amount went to the next allocation or the part is counted in its whole period.
WITH acts AS (
    SELECT num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
        num(args, 'installation') AS installation,
        arg_max(num(args, 'units'), (block, place)) FILTER (WHERE name = 'UnitsOrdered') AS added,
        bool_or(name = 'ShortfallDeducted') AS deducted
    FROM events
    WHERE contract = 'Compliance' AND name IN ('UnitsOrdered', 'ShortfallDeducted')
    GROUP BY ALL),
parts AS (
    SELECT DISTINCT num(args, 'scheme') AS scheme, num(args, 'partId') AS period,
        num(args, 'installation') AS installation, true AS counted
    FROM events
    WHERE contract = 'Compliance' AND name = 'PartCounted')
SELECT o.installation AS plant, o.scheme, o.period, o.operator, o.emissionsT, o.freeT,
    CAST(o.due + coalesce(a.added, 0) AS HUGEINT) AS due,
    CAST(o.surrendered + o.surrenderedLate AS HUGEINT) AS surrendered, o.surrenderedLate,
    CAST(o.due + coalesce(a.added, 0) - o.surrendered - o.surrenderedLate AS HUGEINT) AS owed,
    coalesce(a.deducted, false) OR coalesce(p.counted, false) AS closed, o.block, o.place
FROM obligations o
LEFT JOIN acts a USING (scheme, period, installation)
LEFT JOIN parts p USING (scheme, period, installation)
ORDER BY o.block, o.place;

-- totals: Every act on an account of running totals, with the phase's first year and the totals after it [t].
WITH acts AS (
    SELECT block, place, time, name, args, num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
        num(args, 'installation') AS plant
    FROM events
    WHERE contract = 'CumulativeCompliance' AND name IN ('CoverageSet', 'VerifiedCounted', 'FiguresCorrected',
        'AllowancesSurrendered', 'ComplianceJudged')),
phases AS (
    SELECT num(args, 'scheme') AS scheme, num(args, 'fromDay') AS fromDay,
        arg_max(CASE name WHEN 'ParamSet' THEN num(args, 'value') ELSE -1 END, (block, place)) AS value
    FROM events
    WHERE contract = 'Schemes' AND name IN ('ParamSet', 'ParamWithdrawn') AND args ->> 'key' IN (
        SELECT args ->> 'key' FROM events
        WHERE contract = 'Schemes' AND name = 'ParamSet' AND args ->> 'keyText' = 'obligation.cumulative_from')
    GROUP BY ALL HAVING value >= 0),
years AS (
    SELECT num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
        arg_max(num(args -> 'period', 'lastYear'), (block, place)) AS lastYear
    FROM events
    WHERE contract = 'Schemes' AND name = 'PeriodSet'
    GROUP BY ALL),
dated AS (
    SELECT scheme, period, CAST(make_date(CAST(lastYear AS BIGINT), 12, 31) - DATE '1970-01-01' AS HUGEINT) AS day
    FROM years),
phased AS (
    SELECT d.scheme, d.period, p.value AS phase
    FROM dated d
    ASOF JOIN phases p ON d.scheme = p.scheme AND d.day >= p.fromDay)
SELECT a.block, a.place, a.time, a.plant, a.scheme, a.period, phase, a.name AS act,
    num(args, 'year') AS year, (args ->> 'covered') = 'true' AS covered,
    coalesce(num(args, 'emissionsT'), num(args, 'verifiedBy')) AS verifiedBy,
    coalesce(num(args, 'amount'), num(args, 'surrenderedBy')) AS surrenderedBy,
    coalesce(last_value(num(args, 'verifiedT') IGNORE NULLS) OVER sofar, 0) AS verified,
    coalesce(last_value(num(args, 'surrenderedT') IGNORE NULLS) OVER sofar, 0) AS surrendered,
    num(args, 'verdict') AS verdict, args ->> 'reasonHash' AS reason
FROM acts a
JOIN phased USING (scheme, period)
WINDOW sofar AS (PARTITION BY a.plant, a.scheme, phase ORDER BY a.block, a.place)
ORDER BY a.block, a.place;

-- penalties: Each step of a penalty with its figures, outcome and the hash of its text.
SELECT block, place, time, name AS act, num(args, 'scheme') AS scheme, num(args, 'periodId') AS period,
    num(args, 'installation') AS plant, coalesce(args ->> 'officer', args ->> 'payer', args ->> 'wallet')
    AS actor, coalesce(num(args, 'shortfall'), num(args, 'open')) AS missingT, num(args, 'units') AS units,
    coalesce(num(args, 'fineCents'), num(args, 'cents')) AS cents, num(args, 'paidCents') AS paidCents,
    num(args, 'measures') AS measures, num(args, 'outcome') AS outcome,
    coalesce(num(args, 'hearingUntil'), num(args, 'appealUntil'), num(args, 'payableUntil')) AS "until",
    coalesce(args ->> 'reasonHash', args ->> 'groundsHash', args ->> 'textHash') AS "text"
FROM events
WHERE contract = 'Compliance' AND name IN ('ShortfallNoticed', 'PenaltyDecided', 'PenaltyAppealed',
    'PenaltyAppealDecided', 'PenaltyPaid', 'PenaltyDebited', 'PenaltyPublished', 'UnitsOrdered',
    'ShortfallDeducted')
ORDER BY block, place;
