-- SPDX-License-Identifier: MIT OR Apache-2.0
-- What goes wrong on the way, and what the user reads and gets.

CREATE TEMP TABLE fault(name, spec, more);
INSERT INTO fault VALUES
  ('unauthorized', 'status=401', '{}'),
  ('forbidden', 'status=403', '{}'),
  ('missing', 'status=404', '{}'),
  ('teapot', 'status=418', '{}'),
  ('limited', 'status=429+retry_after=0.02+first=2', '{}'),
  ('limited-ms', 'status=429+retry_after_ms=20+first=1', '{}'),
  ('limited-long', 'status=429+retry_after=3600', '{"max_retry_wait":1}'),
  ('failing-once', 'status=500+retry_after_ms=10+first=1', '{}'),
  ('failing', 'status=503+retry_after_ms=5', '{"max_retries":2}'),
  ('never-retry', 'status=500', '{"max_retries":0}'),
  ('stalled', 'stall', '{"request_timeout":0.3,"max_retries":0}'),
  ('stalled-once', 'stall+first=1', '{"request_timeout":0.3,"max_retry_wait":0.05}'),
  ('cut-once', 'cut=100+first=1', '{"max_retry_wait":0.05}'),
  ('cut', 'cut=100', '{"max_retries":1,"max_retry_wait":0.05}'),
  ('cut-clean', 'cutclean=100', '{"max_retries":1,"max_retry_wait":0.05}'),
  ('closed-once', 'close+first=1', '{"max_retry_wait":0.05}'),
  ('reset-once', 'reset+first=1', '{"max_retry_wait":0.05}'),
  ('html', 'html', '{"max_retries":1,"max_retry_wait":0.05}'),
  ('error-body', 'errorbody', '{"max_retries":1,"max_retry_wait":0.05}'),
  ('empty', 'empty', '{"max_retries":1,"max_retry_wait":0.05}'),
  ('one-less', 'count=-1', '{"max_retries":0}'),
  ('one-more', 'count=%2B1', '{"max_retries":0}'),
  ('wrong-dims', 'wrongdims', '{"max_retries":0}'),
  ('double-index', 'dupindex', '{"max_retries":0}'),
  ('reorder', 'reorder', '{}'),
  ('nan', 'nan', '{"max_retries":0}'),
  ('huge', 'huge=3000000', '{}'),
  ('slow-body', 'drip=100000', '{}'),
  ('deadline', 'status=503', '{"deadline":0.3,"max_retries":50,"max_retry_wait":0.1}');
INSERT INTO temp.rembed_clients
  SELECT name, json_patch(json_object('provider', 'openai', 'key', 'KEY-THAT-NOBODY-SEES', 'url', '${SIM}/fault/' || spec || '/openai/v1'), more) FROM fault;
INSERT INTO temp.rembed_clients VALUES
  ('good', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1')),
  ('wrong-key', rembed_client_options('format', 'openai', 'key', 'bad-key', 'url', '${SIM}/openai/v1')),
  ('no-model', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'model', 'missing-model')),
  ('no-path', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/nowhere/v1')),
  ('dead', rembed_client_options('format', 'openai', 'key', 'k', 'url', 'http://${DEAD}/v1', 'max_retries', 0)),
  ('dead-retried', rembed_client_options('format', 'openai', 'key', 'k', 'url', 'http://${DEAD}/v1', 'max_retries', 2, 'max_retry_wait', 0.02)),
  ('unknown-host', rembed_client_options('format', 'openai', 'key', 'k', 'url', 'http://no-such-host.invalid/v1', 'max_retries', 0)),
  ('asks-tls', rembed_client_options('format', 'openai', 'key', 'k', 'url', 'https://${HOST}/openai/v1', 'max_retries', 0)),
  ('moved', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/redirect=http:%2F%2F${HOST}%2Fopenai%2Fv1%2Fembeddings/openai/v1')),
  ('soft', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'on_error', 'null')),
  ('nan-batch', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/nan+first=1/openai/v1'));

-- test: a server that is not there is named with host and port
SELECT rembed('dead', 'hello');
-- expect error: ${DEAD}
-- within: 5000

-- test: and the client is named too
SELECT rembed('dead', 'hello');
-- expect error: client 'dead': 

-- test: a refused connection is tried again, and then said
SELECT rembed('dead-retried', 'hello');
-- expect error: could not connect to ${DEAD} (connection refused); is the server running, and the client's url right? (after 3 attempts)

-- test: a host that does not exist is named
SELECT rembed('unknown-host', 'hello');
-- expect error: no-such-host.invalid

-- test: a server that speaks no TLS
SELECT rembed('asks-tls', 'hello');
-- expect error: client 'asks-tls': TLS to ${HOST}

-- test: 401 says to check the key
SELECT rembed('wrong-key', 'hello');
-- requests: 1
-- expect error: check the client's key
-- expect not: bad-key

-- test: 401 by force
SELECT rembed('unauthorized', 'hello');
-- expect error: HTTP 401
-- expect not: KEY-THAT-NOBODY-SEES

-- test: a wrong key ends a whole batch with one request
SELECT rembed_batch('unauthorized', '["a1","b2"]');
-- requests: 1
-- expect error: check the client's key

-- test: 403
SELECT rembed('forbidden', 'hello');
-- requests: 1
-- expect error: HTTP 403

-- test: a model that does not exist
SELECT rembed('no-model', 'hello');
-- requests: 1
-- expect error: The model `missing-model` does not exist; check the client's model and url

-- test: a path that does not exist
SELECT rembed('no-path', 'hello');
-- requests: 1
-- expect error: HTTP 404

-- test: a status that nobody expects is final
SELECT rembed('teapot', 'hello');
-- requests: 1
-- expect error: HTTP 418: simulated fault 418

-- test: 429 with Retry-After is waited for
SELECT length(rembed('limited', 'hello'));
-- requests: 3
--| 1024

-- test: 429 with retry-after-ms is waited for
SELECT length(rembed('limited-ms', 'hello'));
-- requests: 2
--| 1024

-- test: a wait over max_retry_wait is not waited for
SELECT rembed('limited-long', 'hello');
-- requests: 1
-- within: 5000
-- expect error: HTTP 429

-- test: 500 once is tried again
SELECT length(rembed('failing-once', 'hello'));
-- requests: 2
--| 1024

-- test: the retries are counted
SELECT requests, retries, errors FROM rembed_stats WHERE client = 'failing-once';
--| 2|1|0

-- test: max_retries ends it
SELECT rembed('failing', 'hello');
-- requests: 3
-- expect error: HTTP 503

-- test: max_retries 0 tries once
SELECT rembed('never-retry', 'hello');
-- requests: 1
-- expect error: HTTP 500: simulated fault 500

-- test: a stalled server ends with request_timeout (D11)
SELECT rembed('stalled', 'hello');
-- within: 5000
-- expect error: client 'stalled': 

-- test: the timeout says so
SELECT rembed('stalled', 'hello');
-- expect error: no complete reply within 0.300 s

-- test: a server that stalls once is tried again
SELECT length(rembed('stalled-once', 'hello'));
-- requests: 2
--| 1024

-- test: a body that is cut short is tried again
SELECT length(rembed('cut-once', 'hello'));
-- requests: 2
--| 1024

-- test: a body that is always cut short is an error
SELECT rembed('cut', 'hello');
-- requests: 2
-- expect error: was cut short after 100 bytes (after 2 attempts)

-- test: a body that ends too early without any error of HTTP is seen all the same
SELECT rembed('cut-clean', 'hello');
-- requests: 2
-- expect error: (after 2 attempts)

-- test: a connection that is closed without an answer is tried again
SELECT length(rembed('closed-once', 'hello'));
--| 1024

-- test: a connection that is reset is tried again
SELECT length(rembed('reset-once', 'hello'));
--| 1024

-- test: an HTML page is not an answer
SELECT rembed('html', 'hello');
-- expect error: client 'html': the reply is not JSON, check the client's url: bad JSON: '<' where a value should be at byte 0; it begins with: <!DOCTYPE html> <html>

-- test: an error in a 200 body is shown
SELECT rembed('error-body', 'hello');
-- expect error: simulated error in the body

-- test: an empty 200 is not an answer
SELECT rembed('empty', 'hello');
-- expect error: client 'empty': 

-- test: one vector less than texts
SELECT rembed_batch('one-less', '["a1","b2","c3"]');
-- expect error: 2 vectors for 3 inputs

-- test: one vector more than texts
SELECT rembed_batch('one-more', '["a1","b2","c3"]');
-- expect error: more than 3 vectors for 3 inputs

-- test: a vector of another length
SELECT rembed_batch('wrong-dims', '["a1","b2","c3"]');
-- expect error: 255 dimensions, but 256

-- test: an index that comes twice
SELECT rembed_batch('double-index', '["a1","b2","c3"]');
-- expect error: index 0 comes twice

-- test: another order is put right
SELECT rembed_batch('reorder', '["a1","b2","c3","d4","e5"]') = rembed_batch('good', '["a1","b2","c3","d4","e5"]');
--| 1

-- test: a vector with null in it is an error, not a zero
SELECT rembed('nan', 'hello');
-- expect error: null, NaN or infinity

-- test: a vector with null in it is asked for again alone, the others stay
SELECT rembed_batch('nan-batch', '["a1","b2","c3"]') = rembed_batch('good', '["a1","b2","c3"]');
-- requests: 3
--| 1

-- test: an answer with three megabytes of padding
SELECT length(rembed('huge', 'hello'));
--| 1024

-- test: an answer that comes slowly
SELECT length(rembed('slow-body', 'hello'));
--| 1024

-- test: a redirect is not followed and says where it points
SELECT rembed('moved', 'hello');
-- requests: 1
-- expect error: redirected (not followed) to ${SIM}/openai/v1/embeddings

-- test: the deadline ends the retries
SELECT rembed('deadline', 'hello');
-- within: 5000
-- expect error: within the deadline of 0.300 s

-- test: a rate limited server is kept up with
-- sim: {"rate_limit": 40}
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
SELECT count(rembed('good', 'row ' || i)) FROM n;
--| 60

-- test: random failures are survived
-- sim: {"error_rate": 0.1}
CREATE TEMP TABLE survivors AS
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i, rembed('good', 'row ' || i) AS v FROM n;
SELECT count(v) FROM survivors;
--| 10

-- test: a text over the limit of the model
SELECT rembed('good', replace(hex(zeroblob(20000)), '0', 'word'));
-- requests: 1
-- expect error: maximum context length

-- test: invalid UTF-8 reaches no provider as such
SELECT length(rembed('good', CAST(x'ff41' AS TEXT))), length(rembed('good', CAST(x'e282' AS TEXT)));
--| 1024|1024

-- test: the other rows of a batch survive a bad one
SELECT key, type FROM json_each(rembed_batch('soft', '["a1","POISON","c3"]'));
--| 0|text
--| 1|null
--| 2|text

-- test: after all this the connection works
SELECT length(rembed('good', 'hello'));
--| 1024

-- test: nothing is left in flight
SELECT sum(in_flight) FROM rembed_stats;
--| 0
