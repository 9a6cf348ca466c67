-- SPDX-License-Identifier: MIT OR Apache-2.0
-- A build without network: all is there, and nothing is sent.

CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO docs(body) VALUES ('one'), ('two');
CREATE TABLE vectors(id INTEGER PRIMARY KEY, v BLOB, error TEXT);

-- test: it says what it is
SELECT rembed_debug() LIKE '%Backend: none (built without network)%', rembed_version() LIKE 'v%';
--| 1|1

-- test: clients can be registered and are shown
INSERT INTO temp.rembed_clients VALUES ('c', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1'));
SELECT options ->> 'effective_url' FROM temp.rembed_clients WHERE name = 'c';
SELECT count(*) > 20 FROM rembed_providers;
-- expect like: %/openai/v1/embeddings
--| 1

-- test: what it refuses it refuses as ever
INSERT INTO temp.rembed_clients VALUES ('d', '{"provider":"openai","oops":1}');
-- expect error: unknown option 'oops'

-- test: a text
SELECT rembed('c', 'x');
-- requests: 0
-- within: 1000
-- expect error: client 'c': this build of the extension has no network (NETWORK=0), nothing was sent; load one that has

-- test: a batch
SELECT rembed_batch('c', '["x","y"]');
-- requests: 0
-- within: 1000
-- expect error: this build of the extension has no network

-- test: an image
SELECT rembed_image('c', x'89504e470d0a1a0a0000000d4948445200000004000000040802000000269309290000000f4944415478da636058c08040c4710004430a01676feeb30000000049454e44ae426082');
-- requests: 0
-- expect error: this build of the extension has no network

-- test: its description
SELECT rembed_describe('c', x'89504e470d0a1a0a0000000d4948445200000004000000040802000000269309290000000f4944415478da636058c08040c4710004430a01676feeb30000000049454e44ae426082');
-- requests: 0
-- expect error: this build of the extension has no network

-- test: images that may fail one by one
SELECT rembed_images_concurrent('c', '["iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAD0lEQVR42mNgWMCAQMRxAARDCgFnb+6zAAAAAElFTkSuQmCC"]') ->> '$.stats.failed';
-- requests: 0
--| 1

-- test: a stream, a row each
SELECT id, embedding, error LIKE 'this build of the extension has no network%' FROM rembed_stream('c', 'SELECT id, body FROM docs');
-- requests: 0
--| 1|NULL|1
--| 2|NULL|1

-- test: rembed_into
SELECT rembed_into('c', 'SELECT id, body FROM docs', 'INSERT INTO vectors VALUES (?1, ?2, ?3)') ->> 'failed';
SELECT count(*), count(v), count(error) FROM vectors;
-- requests: 0
--| 2
--| 2|0|2

-- test: what needs no network works
SELECT rembed_cosine(x'0000803f', x'0000803f'), hex(base64_decode('AA==')), readfile_base64(x'00');
--| 1.0|00|AA==

-- test: NULL is NULL
SELECT rembed('c', NULL), rembed_batch('c', NULL);
--| NULL|NULL

-- test: the doctor finds it
SELECT name, detail FROM rembed_doctor('c') WHERE ok = 0;
-- requests: 0
-- expect like: connect|this build of the extension has no network%

-- test: the built-in model works
SELECT length(rembed('local', 'x')), length(rembed_local('x'));
SELECT count(*) FROM rembed_stream('local', 'SELECT id, body FROM docs') WHERE embedding IS NOT NULL;
--| 1024|1024
--| 2
