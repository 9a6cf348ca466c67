-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Keeping to limits: what a server says is learned, shared by all clients of the place, and shown.

INSERT INTO temp.rembed_clients VALUES
  ('fast', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'batch_size', 1, 'max_concurrent_requests', 64)),
  ('told', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/status=429+retry_after_ms=300+first=1/openai/v1')),
  ('told-too', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/status=429+retry_after_ms=300+first=1/openai/v1')),
  ('locked-out', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/status=401/openai/v1', 'on_error', 'null')),
  ('sent-off', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/status=429+retry_after=3600/openai/v1'));

-- test: nothing is learned before the first request
SELECT window, paused_ms, breaker FROM rembed_stats WHERE client = 'fast';
--| NULL|0|closed

-- test: a server without limits leaves the window open
SELECT count(rembed('fast', 'row ' || value)) FROM json_each('[1,2,3]');
--| 3
SELECT window, paused_ms, breaker FROM rembed_stats WHERE client = 'fast';
--| NULL|0|closed

-- test: 64 at once against 300 a second: all rows, few refusals, little time lost
-- sim: {"rate_limit": 300, "latency_ms": 50, "jitter_ms": 50}
SELECT count(embedding), count(error), count(DISTINCT id) FROM rembed_stream('fast',
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) SELECT i, ''row '' || i FROM n');
--| 1200|0|1200
-- within: 6000
SELECT retries <= 200, window BETWEEN 2 AND 64, breaker FROM rembed_stats WHERE client = 'fast';
--| 1|1|closed

-- test: a pause that one client is told holds the other client of the place, too
SELECT length(rembed('told', 'hello'));
--| 1024
SELECT a.paused_ms BETWEEN 300 AND 340, b.paused_ms = a.paused_ms, b.requests
FROM rembed_stats a, rembed_stats b WHERE a.client = 'told' AND b.client = 'told-too';
--| 1|1|0

-- test: after five failures that every request would meet, no more are sent
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
SELECT count(*), count(rembed('locked-out', 'row ' || i)) FROM n;
--| 1000|0
-- requests: 5
SELECT requests, breaker FROM rembed_stats WHERE client = 'locked-out';
--| 5|open

-- test: and the error says so
SELECT error LIKE '%HTTP 401%(not sent: the requests before failed so; next try in % s)%' FROM rembed_each('locked-out', '["x"]');
--| 1
-- requests: 0

-- test: a wait that is too long is reported and not asked for again at once
SELECT rembed('sent-off', 'hello');
-- requests: 1
-- expect error: the server asks to wait 3600 s, longer than max_retry_wait

-- test: neither by the statement after it
SELECT rembed('sent-off', 'hello');
-- requests: 0
-- expect error: not sent
