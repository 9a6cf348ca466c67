-- SPDX-License-Identifier: MIT OR Apache-2.0
-- rembed_doctor: which step fails, and what to do about it.

INSERT INTO temp.rembed_clients(name, options) VALUES
  ('good', rembed_client_options('format', 'openai', 'key', 'sk-THE-KEY', 'url', '${SIM}/openai/v1')),
  ('cut', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'dimensions', 64)),
  ('wrong-key', rembed_client_options('format', 'openai', 'key', 'bad-key', 'url', '${SIM}/openai/v1')),
  ('wrong-url', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/oops/v1')),
  ('closed', rembed_client_options('format', 'openai', 'key', 'k', 'url', 'http://${DEAD}/v1')),
  ('no-name', rembed_client_options('format', 'openai', 'key', 'k', 'url', 'http://no-such-host.invalid/v1')),
  ('no-tls', rembed_client_options('format', 'openai', 'key', 'k', 'url', 'https://${HOST}/v1')),
  ('no-model', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'model', 'missing-model')),
  ('busy', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/status=429/openai/v1')),
  ('broken', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/html/openai/v1')),
  ('slow', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/stall/openai/v1', 'request_timeout', 0.2)),
  ('pictures', rembed_client_options('format', 'voyage', 'key', 'k', 'url', '${SIM}/voyage/v1', 'model', 'voyage-multimodal-3')),
  ('sees', rembed_client_options('format', 'anthropic', 'key', 'k', 'url', '${SIM}/anthropic/v1')),
  ('open', rembed_client_options('format', 'openai', 'url', '${SIM}/openai/v1'));

-- test: a client that works: every step, in order
SELECT name, ok FROM rembed_doctor('good');
-- requests: 1
--| configuration|1
--| images|1
--| request|1
--| dns|1
--| connect|1
--| tls|NULL
--| reply|1
--| authentication|1
--| model|1
--| dimensions|1
--| latency|1
--| limits|1

-- test: with what was found
SELECT detail FROM rembed_doctor('good') WHERE name IN ('configuration', 'images', 'dns', 'tls', 'reply', 'authentication', 'model', 'dimensions', 'latency', 'limits');
-- expect like: provider openai, model text-embedding-3-small, http://127.0.0.1:%/openai/v1/embeddings, the key of the options
-- expect like: describe: gpt-%of openai describes them%since%embeds no images%
-- expect like: 127.0.0.1 after % ms
--| not used: the url is plain http
--| HTTP 200
--| accepted with the key of the options
--| text-embedding-3-small
--| 256
-- expect like: % ms for one text: % ms until the answer began, of them % ms to connect
-- expect like: 4 requests at once, 2048 texts in a request, 240000 tokens in a request, 8388608 bytes of text in a request%

-- test: the request as it goes out, the key masked
SELECT replace(detail, '${SIM}', 'SIM') FROM rembed_doctor('good') WHERE name = 'request';
-- expect not: THE-KEY
--| POST SIM/openai/v1/embeddings
--| Content-Type: application/json
--| Authorization: Bearer ***
--| Accept: application/json
--| 
--| {"model":"text-embedding-3-small","input":["hello"],"encoding_format":"float"}

-- test: dimensions that were asked for
SELECT ok, detail FROM rembed_doctor('cut') WHERE name = 'dimensions';
--| 1|64, as asked for

-- test: a wrong key
SELECT name, ok, detail FROM rembed_doctor('wrong-key') WHERE name NOT IN ('request', 'images', 'configuration', 'dns', 'connect', 'tls', 'limits');
-- requests: 1
--| reply|1|HTTP 401: see below
-- expect like: authentication|0|HTTP 401: %; what was sent is the key of the options: is it whole, not revoked, and of this provider?
--| model|NULL|not reached
--| dimensions|NULL|not reached
--| latency|NULL|not reached

-- test: a wrong url
SELECT name, ok, detail FROM rembed_doctor('wrong-url') WHERE name IN ('connect', 'reply', 'authentication', 'model') AND (ok = 0 OR name <> 'connect');
-- expect like: reply|0|HTTP 404: %nothing answers there: give a base (https://host/v1) or the whole endpoint as url
--| authentication|NULL|not decided by HTTP 404
--| model|NULL|not reached

-- test: a closed port
SELECT name, ok, detail FROM rembed_doctor('closed') WHERE name IN ('dns', 'connect', 'reply');
-- within: 2000
-- expect like: dns|1|%
-- expect like: connect|0|could not connect to 127.0.0.1:% (connection refused); is the server running, and the client's url right? (or a firewall is on the way)
--| reply|NULL|not reached

-- test: a name that does not resolve
SELECT name, ok, detail FROM rembed_doctor('no-name') WHERE name IN ('dns', 'connect');
--| dns|0|could not resolve the host name of no-such-host.invalid:80; check the client's url, and the network (can this machine resolve other names?)
--| connect|NULL|not reached

-- test: a port that does not speak TLS
SELECT name, ok, detail FROM rembed_doctor('no-tls') WHERE name IN ('connect', 'tls', 'reply');
-- expect like: connect|1|%
-- expect like: tls|0|TLS to 127.0.0.1:%does it speak plain HTTP?%
--| reply|NULL|not reached

-- test: a wrong model
SELECT name, ok, detail FROM rembed_doctor('no-model') WHERE name IN ('reply', 'model', 'dimensions');
--| reply|1|HTTP 404: see below
-- expect like: model|0|HTTP 404: The model `missing-model` does not exist%; set the option model to one that the provider offers%
--| dimensions|NULL|not reached

-- test: a server that is busy is asked once
SELECT name, ok, detail FROM rembed_doctor('busy') WHERE name IN ('reply', 'authentication');
-- requests: 1
-- within: 2000
-- expect like: reply|0|HTTP 429: %
--| authentication|NULL|not decided by HTTP 429

-- test: a page in place of an answer
SELECT ok, detail FROM rembed_doctor('broken') WHERE name = 'reply';
-- expect like: 0|%the reply is not JSON, check the client's url%

-- test: a server that does not answer
SELECT ok, detail FROM rembed_doctor('slow') WHERE name = 'reply';
-- within: 2000
-- expect like: 0|%no complete reply within 0.200 s%larger request_timeout

-- test: no key where one is wanted
SELECT ok, detail FROM rembed_doctor('open') WHERE name IN ('authentication');
-- expect like: 0|HTTP 401: %; no key was sent: set the option key or the environment variable OPENAI_API_KEY

-- test: a client that embeds images itself
SELECT name, ok, detail FROM rembed_doctor('pictures') WHERE name IN ('images', 'reply');
--| images|1|native: voyage-multimodal-3 embeds images itself
--| reply|1|HTTP 200

-- test: a client that only describes is asked to describe
SELECT name, ok, detail FROM rembed_doctor('sees') WHERE name IN ('reply', 'dimensions');
-- requests: 1
--| reply|1|HTTP 200
--| dimensions|NULL|a description has none

-- test: all of them, by a join
SELECT c.name, d.name FROM temp.rembed_clients c JOIN rembed_doctor(c.name) d WHERE d.ok = 0 AND c.name IN ('good', 'closed', 'wrong-key') ORDER BY 1;
--| closed|connect
--| wrong-key|authentication

-- test: what was learned of the limits is told
INSERT INTO temp.rembed_clients VALUES ('minute', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'requests_per_minute', 600, 'tokens_per_minute', 90000));
SELECT detail FROM rembed_doctor('minute') WHERE name = 'limits';
-- expect like: 4 requests at once, %, 600 requests a minute, 90000 tokens a minute%

-- test: a model in this process has nobody to reach
SELECT name, ok FROM rembed_doctor('local') WHERE ok IS NOT NULL AND name <> 'images';
SELECT detail FROM rembed_doctor('local') WHERE name IN ('configuration', 'connect', 'dimensions');
-- requests: 0
--| configuration|1
--| model|1
--| dimensions|1
-- expect like: provider local, model %, in this process
--| not needed: the model runs in this process
--| 256

-- test: a host that the environment does not allow
-- env: REMBED_ALLOW_HOSTS=elsewhere.example
SELECT ok, detail FROM rembed_doctor('good') WHERE name = 'connect';
-- requests: 0
-- env: REMBED_ALLOW_HOSTS=
-- expect like: 0|127.0.0.1:%: this host is not in REMBED_ALLOW_HOSTS

-- test: NULL is no client
SELECT * FROM rembed_doctor(NULL);
-- expect error: the client's name is NULL

-- test: an unknown client is an error
SELECT * FROM rembed_doctor('nobody');
-- expect error: Client with name nobody was not registered

-- test: no client is one too
SELECT * FROM rembed_doctor;
-- expect error: rembed_doctor() takes a client's name as argument

-- test: a view of a file cannot ask it
CREATE VIEW spy AS SELECT * FROM rembed_doctor('good');
SELECT * FROM spy;
-- requests: 0
-- expect error: unsafe use of virtual table "rembed_doctor"
