-- What happened to the accounts of one participant.

-- lines: Movements of units, money and trades of participant $who, in order.
WITH mine AS (SELECT lower(wallet) AS wallet FROM wallets WHERE participant = $who)
SELECT block, place, time, 'units in' AS what, contract AS "of", id, amount, "from" AS other,
    (SELECT any_value(participant) FROM wallets WHERE lower(wallet) = lower("from")) AS participant
FROM transfers
WHERE lower("to") IN (FROM mine) AND lower("from") NOT IN (FROM mine)
UNION ALL
SELECT block, place, time, 'units out', contract, id, -amount, "to",
    (SELECT any_value(participant) FROM wallets WHERE lower(wallet) = lower("to"))
FROM transfers
WHERE lower("from") IN (FROM mine) AND lower("to") NOT IN (FROM mine)
UNION ALL
SELECT block, place, time, CASE WHEN amount > 0 THEN 'money into ledger' ELSE 'money out of ledger' END,
    'market ' || market, NULL, amount, wallet, NULL
FROM cash
WHERE participant = $who
UNION ALL
SELECT block, place, time, 'bought lots', 'market ' || market, NULL, lots, NULL, seller
FROM trades
WHERE buyer = $who
UNION ALL
SELECT block, place, time, 'sold lots', 'market ' || market, NULL, -lots, NULL, buyer
FROM trades
WHERE seller = $who
UNION ALL
SELECT block, place, time, 'bought lots in a block', 'market ' || market, NULL, lots, NULL, seller
FROM block_trades
WHERE buyer = $who
UNION ALL
SELECT block, place, time, 'sold lots in a block', 'market ' || market, NULL, -lots, NULL, buyer
FROM block_trades
WHERE seller = $who
UNION ALL
SELECT block, place, time, 'surrendered', 'installation ' || installation, NULL, -amount, wallet, NULL
FROM surrenders
WHERE operator = $who
ORDER BY block, place;
