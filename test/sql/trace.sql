-- SPDX-License-Identifier: MIT OR Apache-2.0
-- REMBED_TRACE: a line of JSON for each attempt, without keys and texts.

INSERT INTO temp.rembed_clients VALUES ('c', rembed_client_options('format', 'openai', 'key', 'sk-THE-KEY', 'url', '${SIM}/openai/v1'));
CREATE TEMP VIEW trace AS SELECT value AS line FROM json_each('[' || rtrim(replace(CAST(base64_decode(readfile_base64('${TMP}/trace')) AS TEXT), char(10), ','), ',') || ']');
CREATE TEMP VIEW raw AS SELECT CAST(base64_decode(readfile_base64('${TMP}/trace')) AS TEXT) AS text;

-- test: without it there is no file
SELECT length(rembed('c', 'x'));
SELECT * FROM trace;
--| 1024
-- expect error: cannot open

-- test: with it there is a line for a request
-- env: REMBED_TRACE=${TMP}/trace
SELECT length(rembed('c', 'A text that nobody may see'));
SELECT line ->> 'client', line ->> 'method', line ->> 'status', line ->> 'items', line ->> 'attempt', line ->> 'action', (line ->> 'bytes_out') > 40, (line ->> 'bytes_in') > 1000, line ->> 'ms' >= 0, line ->> 'wait_ms' < 1000, line ->> 'error' FROM trace;
SELECT line ->> 'url' FROM trace;
SELECT line ->> 'time' FROM trace;
SELECT line ->> 'request_id' FROM trace;
--| 1024
--| c|POST|200|1|1|done|1|1|1|1|NULL
-- expect like: http://127.0.0.1:%/openai/v1/embeddings
-- expect like: 20__-__-__T__:__:__.___Z
-- expect like: req-%

-- test: no key is in it and no text
SELECT text LIKE '%THE-KEY%', text LIKE '%nobody may see%' FROM raw;
--| 0|0

-- test: each attempt has its line, with how long it waited
INSERT INTO temp.rembed_clients VALUES ('again', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/first=1+status=503+retry_after_ms=120/openai/v1'));
SELECT test_writefile('${TMP}/trace', x'');
SELECT length(rembed('again', 'x'));
SELECT line ->> 'attempt', line ->> 'status', line ->> 'action', line ->> 'wait_ms' >= 100 OR line ->> 'attempt' = 1 FROM trace;
--| NULL
--| 1024
--| 1|503|retry|1
--| 2|200|done|1

-- test: what failed and why, in our words only
SELECT test_writefile('${TMP}/trace', x'');
INSERT INTO temp.rembed_clients VALUES ('bad', rembed_client_options('format', 'openai', 'key', 'sk-OTHER-KEY', 'url', '${SIM}/fault/status=401/openai/v1'));
SELECT rembed_batch('bad', '["a","b"]');
--| NULL
-- expect error: HTTP 401

-- test: and here it is
SELECT line ->> 'client', line ->> 'status', line ->> 'items', line ->> 'action', line ->> 'error' FROM trace;
SELECT text LIKE '%OTHER-KEY%' FROM raw;
--| bad|401|2|fatal|AUTH
--| 0

-- test: a connection that does not come about
SELECT test_writefile('${TMP}/trace', x'');
INSERT INTO temp.rembed_clients VALUES ('dead', rembed_client_options('format', 'openai', 'key', 'k', 'url', 'http://${DEAD}/v1?secret=hush&api-version=7', 'max_retries', 1, 'max_retry_wait', 1));
SELECT rembed('dead', 'x');
--| NULL
-- expect error: could not connect

-- test: has a line for each try, the second with its wait
SELECT line ->> 'status', line ->> 'attempt', line ->> 'action', line ->> 'error', line ->> 'transport' LIKE 'could not connect to 127.0.0.1:% (connection refused)%', line ->> 'wait_ms' > 50 OR line ->> 'attempt' = 1 FROM trace;
SELECT DISTINCT line ->> 'url' FROM trace;
--| 0|1|retry|CONNECT|1|1
--| 0|2|retry|CONNECT|1|1
-- expect like: http://127.0.0.1:%/v1/embeddings?secret=***&api-version=7

-- test: what the deadline cut off
SELECT test_writefile('${TMP}/trace', x'');
INSERT INTO temp.rembed_clients VALUES ('late', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/stall/openai/v1', 'deadline', 0.2));
SELECT rembed('late', 'x');
--| NULL
-- expect error: within the deadline

-- test: is told too
SELECT line ->> 'status', line ->> 'error', (line ->> 'ms') BETWEEN 100 AND 2000 FROM trace;
--| 0|TIMEOUT|1

-- test: a file that cannot be opened is an error, not a silence
-- env: REMBED_TRACE=${TMP}/nowhere/trace
SELECT rembed('c', 'x');
-- requests: 0
-- expect error: the environment's REMBED_TRACE: cannot open

-- test: nothing is nothing
-- env: REMBED_TRACE=
SELECT length(rembed('c', 'x'));
--| 1024
