-- Answers to inputs in which some records come beyond the bound, written from the definitions of
-- lateness alone. `arrived_…` holds all records with the watermark that each met; `bid`, `auction` and
-- `person` hold those that are in time by one rule, so that the other views are as without late records:
--   record: a record before its watermark is late (joins by a span of time, sessions)
--   window: a record is late when its window of 10 s has closed

-- A record of several windows counts in those that are open.
CREATE OR REPLACE VIEW hop_bid AS
SELECT auction, window_start
FROM (SELECT auction, watermark,
        to_timestamp(0)::TIMESTAMP + to_seconds(2 * (epoch_ms(dateTime) // 2000) - 2 * k) AS window_start
      FROM arrived_bid, range(5) t(k))
WHERE window_start + INTERVAL 10 SECOND > watermark;

CREATE OR REPLACE VIEW late_by_record AS SELECT * FROM arrived_bid WHERE dateTime < watermark;
CREATE OR REPLACE VIEW late_by_window AS
SELECT * FROM arrived_bid
WHERE time_bucket(INTERVAL 10 SECOND, dateTime, TIMESTAMP '1970-01-01') + INTERVAL 10 SECOND <= watermark;
-- The last of a bid's windows starts with the even second that the bid is in.
CREATE OR REPLACE VIEW late_by_hop AS
SELECT * FROM arrived_bid
WHERE to_timestamp(0)::TIMESTAMP + to_seconds(2 * (epoch_ms(dateTime) // 2000) + 10) <= watermark;

-- q7: the highest price is of the bids that came before their window closed; they meet it by a join in
-- which a bid before its watermark is late.
CREATE OR REPLACE VIEW q7 AS
WITH of_window AS (SELECT *, time_bucket(INTERVAL 10 SECOND, dateTime, TIMESTAMP '1970-01-01') AS w FROM arrived_bid),
     highest AS (SELECT w, max(price) AS price FROM of_window WHERE w + INTERVAL 10 SECOND > watermark GROUP BY w)
SELECT B.auction, B.bidder, B.price, B.dateTime, B.extra
FROM of_window B JOIN highest USING (w, price) WHERE B.dateTime >= B.watermark;

-- What `.late()` gives.
CREATE OR REPLACE VIEW late_q5 AS SELECT seq, auction, bidder, price FROM late_by_hop;
CREATE OR REPLACE VIEW late_q7 AS SELECT seq, auction, bidder, price FROM late_by_window;
CREATE OR REPLACE VIEW late_q11 AS SELECT seq, auction, bidder, price FROM late_by_record;
CREATE OR REPLACE VIEW late_q12 AS SELECT seq, auction, bidder, price FROM late_by_window;
CREATE OR REPLACE VIEW late_j2 AS SELECT seq, auction, bidder, price FROM late_by_window;

-- Windows of 10 s that are corrected for 20 s after their end (l1: tumbling, l2: every 2 s, l3: sessions).
CREATE OR REPLACE VIEW corrected_l1 AS
SELECT auction, price, seq, arrival, watermark, w AS "windowStart", w + INTERVAL 10 SECOND AS "windowEnd"
FROM (SELECT *, time_bucket(INTERVAL 10 SECOND, dateTime, TIMESTAMP '1970-01-01') AS w FROM arrived_bid);
CREATE OR REPLACE VIEW corrected_l2 AS
SELECT auction, price, seq, arrival, watermark, w AS "windowStart", w + INTERVAL 10 SECOND AS "windowEnd"
FROM (SELECT *, to_timestamp(0)::TIMESTAMP + to_seconds(2 * (epoch_ms(dateTime) // 2000) - 2 * k) AS w
      FROM arrived_bid, range(5) t(k));
CREATE OR REPLACE VIEW l1 AS
SELECT auction, "windowStart", "windowEnd", count(*) AS n, CAST(sum(price) AS BIGINT) AS price_sum
FROM corrected_l1 WHERE "windowEnd" + INTERVAL 20 SECOND > watermark GROUP BY ALL;
CREATE OR REPLACE VIEW l2 AS
SELECT auction, "windowStart", "windowEnd", count(*) AS n, CAST(sum(price) AS BIGINT) AS price_sum
FROM corrected_l2 WHERE "windowEnd" + INTERVAL 20 SECOND > watermark GROUP BY ALL;
CREATE OR REPLACE VIEW late_l1 AS
SELECT seq, auction, bidder, price FROM arrived_bid
WHERE time_bucket(INTERVAL 10 SECOND, dateTime, TIMESTAMP '1970-01-01') + INTERVAL 30 SECOND <= watermark;
CREATE OR REPLACE VIEW late_l2 AS
SELECT seq, auction, bidder, price FROM arrived_bid
WHERE to_timestamp(0)::TIMESTAMP + to_seconds(2 * (epoch_ms(dateTime) // 2000) + 30) <= watermark;

CREATE OR REPLACE VIEW l3 AS
WITH m AS (SELECT auction, price, dateTime, seq,
             CASE WHEN dateTime - lag(dateTime) OVER w < INTERVAL 3 SECOND THEN 0 ELSE 1 END AS is_new
           FROM arrived_bid WHERE dateTime + INTERVAL 20 SECOND >= watermark
           WINDOW w AS (PARTITION BY auction ORDER BY dateTime, seq)),
     s AS (SELECT *, sum(is_new) OVER (PARTITION BY auction ORDER BY dateTime, seq ROWS UNBOUNDED PRECEDING) AS sid FROM m)
SELECT auction, min(dateTime) AS "windowStart", max(dateTime) + INTERVAL 3 SECOND AS "windowEnd",
  count(*) AS n, CAST(sum(price) AS BIGINT) AS price_sum
FROM s GROUP BY auction, sid;
CREATE OR REPLACE VIEW late_l3 AS
SELECT seq, auction, bidder, price FROM arrived_bid WHERE dateTime + INTERVAL 20 SECOND < watermark;

-- The changes of a result where each record is a batch of its own: the result at the end of the window,
-- then for each record after it the result before, taken back, and the result with it.
CREATE OR REPLACE MACRO changes_of(records) AS TABLE
WITH taken AS (
       SELECT *, "windowEnd" <= watermark AS is_correction FROM query_table(records)
       WHERE "windowEnd" + INTERVAL 20 SECOND > watermark),
     at_end AS (
       SELECT auction, "windowStart", "windowEnd", count(*) AS n, CAST(sum(price) AS BIGINT) AS price_sum
       FROM taken WHERE NOT is_correction GROUP BY ALL),
     corrections AS (
       SELECT T.auction, T."windowStart", T."windowEnd", price,
         coalesce(E.n, 0) + row_number() OVER w AS n,
         CAST(coalesce(E.price_sum, 0) + sum(price) OVER w AS BIGINT) AS price_sum
       FROM taken T LEFT JOIN at_end E USING (auction, "windowStart", "windowEnd") WHERE is_correction
       WINDOW w AS (PARTITION BY T.auction, T."windowStart" ORDER BY arrival ROWS UNBOUNDED PRECEDING))
SELECT *, 'insert' AS change FROM at_end
UNION ALL SELECT * EXCLUDE (price), 'insert' FROM corrections
UNION ALL SELECT auction, "windowStart", "windowEnd", n - 1, price_sum - price, 'delete' FROM corrections WHERE n > 1;
CREATE OR REPLACE VIEW changes_l1 AS FROM changes_of('corrected_l1');
CREATE OR REPLACE VIEW changes_l2 AS FROM changes_of('corrected_l2');

CREATE OR REPLACE VIEW late_count AS
WITH refused AS (
  SELECT 'bid' AS kind, 'record' AS rule, count(*) AS n FROM late_by_record
  UNION ALL SELECT 'auction', 'record', count(*) FROM arrived_auction WHERE dateTime < watermark
  UNION ALL SELECT 'bid', 'window', count(*) FROM late_by_window
  UNION ALL SELECT 'bid', 'hop', count(*) FROM late_by_hop
  UNION ALL SELECT 'bid', 'l1', count(*) FROM late_l1
  UNION ALL SELECT 'bid', 'l2', count(*) FROM late_l2
  UNION ALL SELECT 'bid', 'l3', count(*) FROM late_l3
  UNION ALL SELECT 'auction', 'window', count(*) FROM arrived_auction
    WHERE time_bucket(INTERVAL 10 SECOND, dateTime, TIMESTAMP '1970-01-01') + INTERVAL 10 SECOND <= watermark
  UNION ALL SELECT 'person', 'window', count(*) FROM arrived_person
    WHERE time_bucket(INTERVAL 10 SECOND, dateTime, TIMESTAMP '1970-01-01') + INTERVAL 10 SECOND <= watermark)
SELECT query, n FROM refused JOIN (VALUES
  ('q4', 'bid', 'record'), ('q4', 'auction', 'record'), ('q6', 'bid', 'record'), ('q6', 'auction', 'record'),
  ('q9', 'bid', 'record'), ('q9', 'auction', 'record'), ('j3', 'bid', 'record'), ('j3', 'auction', 'record'),
  ('q5', 'bid', 'hop'), ('q7', 'bid', 'window'), ('q7', 'bid', 'record'),
  ('q8', 'auction', 'window'), ('q8', 'person', 'window'),
  ('l1', 'bid', 'l1'), ('l2', 'bid', 'l2'), ('l3', 'bid', 'l3'),
  ('q11', 'bid', 'record'), ('q12', 'bid', 'window'), ('j2', 'bid', 'window')) AS used (query, kind, rule)
  USING (kind, rule);
