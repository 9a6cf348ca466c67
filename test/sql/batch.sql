-- SPDX-License-Identifier: MIT OR Apache-2.0
-- rembed_batch(): an array of texts, an array of vectors.

INSERT INTO temp.rembed_clients VALUES
  ('t', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1')),
  ('b10', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'batch_size', 10)),
  ('soft', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'on_error', 'null')),
  ('bytes', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'max_batch_bytes', 100)),
  ('tokens', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'max_batch_tokens', 100)),
  ('cohere', rembed_client_options('format', 'cohere', 'key', 'k', 'url', '${SIM}/cohere')),
  ('reorder', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/reorder/openai/v1')),
  ('mm', rembed_client_options('format', 'ollama', 'url', '${SIM}/ollama', 'model', 'llava:7b', 'embedding_model', 'nomic-embed-text')),
  ('slow', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'batch_size', 1, 'max_concurrent_requests', 3));
CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 95)
INSERT INTO docs SELECT i, 'document number ' || i FROM n;
CREATE TEMP TABLE picture(name, bytes);
INSERT INTO picture VALUES ('red', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');

-- test: as many vectors as texts, in one request
SELECT json_array_length(rembed_batch('t', '["one", "two", "three"]'));
-- requests: 1
--| 3

-- test: each vector is the one that rembed gives, in order
SELECT base64_decode(value) = rembed('t', 'text ' || key) FROM json_each(rembed_batch('t', '["text 0", "text 1", "text 2"]'));
--| 1
--| 1
--| 1

-- test: vectors that come back in another order are put right (D3)
SELECT count(*) FROM json_each(rembed_batch('reorder', (SELECT json_group_array(body) FROM docs WHERE id <= 20))) AS v
  JOIN docs ON docs.id = v.key + 1 WHERE base64_decode(v.value) = rembed('t', docs.body);
--| 20

-- test: null and blank elements give null and keep their place
SELECT key, type FROM json_each(rembed_batch('t', '[null, "one", "", "  ", "two"]'));
-- requests: 1
--| 0|null
--| 1|text
--| 2|null
--| 3|null
--| 4|text

-- test: only null elements send nothing
SELECT rembed_batch('t', '[null, "", null]');
-- requests: 0
--| [null,null,null]

-- test: an empty array is an empty array
SELECT rembed_batch('t', '[]');
-- requests: 0
--| []

-- test: NULL is NULL
SELECT rembed_batch('t', NULL);
-- requests: 0
--| NULL

-- test: objects hold text or an image
SELECT count(*) FROM json_each(rembed_batch('mm', json_array(json_object('text', 'one'), 'two',
  json_object('image', readfile_base64((SELECT bytes FROM picture))), NULL))) WHERE type = 'text';
--| 3

-- test: an object text is the same as the string
SELECT rembed_batch('t', '[{"text":"one"}]') = rembed_batch('t', '["one"]');
--| 1

-- test: escapes in the JSON mean what they say
SELECT json_extract(rembed_batch('t', '["caf\u00e9 \"x\" \ud83d\ude00"]'), '$[0]') = json_extract(rembed_batch('t', '["café \"x\" 😀"]'), '$[0]');
--| 1

-- test: batch_size splits into as many requests as it takes (D22)
SELECT json_array_length(rembed_batch('b10', (SELECT json_group_array(body) FROM docs)));
-- requests: 10
--| 95

-- test: the split does not disturb the order
SELECT rembed_batch('b10', (SELECT json_group_array(body) FROM docs)) = rembed_batch('t', (SELECT json_group_array(body) FROM docs));
-- requests: 11
--| 1

-- test: max_batch_bytes splits too
SELECT json_array_length(rembed_batch('bytes', (SELECT json_group_array(substr(body || '                                        ', 1, 40)) FROM docs WHERE id <= 10)));
-- requests: 5
--| 10

-- test: max_batch_tokens splits too
SELECT json_array_length(rembed_batch('tokens', (SELECT json_group_array(body || ' of some length to be counted, and so on') FROM docs WHERE id <= 20))) AS n;
-- expect like: 20

-- test: the provider's own limit is kept: 96 for Cohere
SELECT json_array_length(rembed_batch('cohere', (SELECT json_group_array(body || ' ' || x) FROM docs, (SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT 3))));
-- requests: 3
--| 285

-- test: a poisoned text fails the call with its place
SELECT rembed_batch('t', '["good", "also good", "POISON", "good too"]');
-- expect error: item 2: HTTP 400

-- test: with on_error null only the poisoned one is lost
SELECT count(value), sum(type = 'null'), (SELECT key FROM json_each(b.r) WHERE type = 'null')
  FROM (SELECT rembed_batch('soft', (SELECT json_group_array(CASE id WHEN 17 THEN 'POISON' ELSE body END) FROM docs)) AS r) AS b, json_each(b.r);
--| 94|1|16

-- test: the halving costs about 2 log2 n requests, not n
CREATE TEMP TABLE spent AS SELECT requests AS n FROM rembed_stats WHERE client = 'soft';
SELECT json_array_length(rembed_batch('soft', (SELECT json_group_array(CASE id WHEN 50 THEN 'POISON' ELSE body END) FROM docs)));
SELECT requests - (SELECT n FROM spent) <= 15 FROM rembed_stats WHERE client = 'soft';
--| 95
--| 1

-- test: two poisoned texts are both found
SELECT group_concat(key) FROM json_each(rembed_batch('soft', '["a1", "POISON", "b2", "c3", "POISON 2", "d4"]')) WHERE type = 'null';
--| 1,4

-- test: at most max_concurrent_requests at once
-- sim: {"latency_ms": 30}
SELECT json_array_length(rembed_batch('slow', '["a1","b2","c3","d4","e5","f6","g7","h8","i9"]'));
SELECT peak_in_flight FROM rembed_stats WHERE client = 'slow';
-- requests: 9
--| 9
--| 3

-- test: JSON that is none says where
SELECT rembed_batch('t', '["one", ]');
-- expect error: Invalid JSON array: 

-- test: JSON that ends too early
SELECT rembed_batch('t', '["one", "two"');
-- expect error: Invalid JSON array: 

-- test: JSON that is no array
SELECT rembed_batch('t', '{"a": 1}');
-- expect error: the input must be an array

-- test: plain text is no array
SELECT rembed_batch('t', 'hello');
-- expect error: Invalid JSON array: 

-- test: a number among the texts
SELECT rembed_batch('t', '["one", 2]');
-- expect error: item 1: an element must be a string, null or an object

-- test: an object without text and image
SELECT rembed_batch('t', '[{"txt":"one"}]');
-- expect error: an object must hold "text" or "image"

-- test: nothing is sent where the JSON is wrong
SELECT rembed_batch('t', '["one", "two"]]');
-- requests: 0
-- expect error: Invalid JSON array: 

-- test: a text over the provider's limit fails alone
SELECT sum(type = 'null'), count(*) FROM json_each(rembed_batch('soft', json_array('short', replace(hex(zeroblob(20000)), '0', 'word'), 'brief')));
--| 1|3

-- test: the third argument is the input type
SELECT json_array_length(rembed_batch('cohere', '["a question"]', 'query'));
--| 1

-- test: a client that nobody registered
SELECT rembed_batch('nobody', '["x"]');
-- expect error: Client with name nobody was not registered

-- test: BLOB vectors come back into a table
CREATE TABLE v(id INTEGER PRIMARY KEY, e BLOB);
INSERT INTO v SELECT key + 1, base64_decode(value) FROM json_each(rembed_batch('t', (SELECT json_group_array(body) FROM docs)));
SELECT count(*), min(length(e)), max(length(e)) FROM v;
--| 95|1024|1024
