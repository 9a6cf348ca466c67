-- SPDX-License-Identifier: MIT OR Apache-2.0
-- rembed(): one text, one vector.

INSERT INTO temp.rembed_clients VALUES
  ('t', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1')),
  ('c', rembed_client_options('format', 'cohere', 'key', 'k', 'url', '${SIM}/cohere')),
  ('small', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'dimensions', 16)),
  ('int8', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'dimensions', 16, 'output', 'int8')),
  ('bit', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'dimensions', 16, 'output', 'bit')),
  ('float', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'encoding', 'float')),
  ('base64', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'encoding', 'base64')),
  ('prefix', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'query_prefix', 'query: ', 'document_prefix', 'passage: ')),
  ('soft', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'on_error', 'null'));
CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
INSERT INTO docs SELECT i, 'document number ' || i FROM n;

-- test: a vector is a BLOB of four bytes a dimension with sqlite-vec's subtype
SELECT rembed('t', 'hello world'), typeof(rembed('t', 'hello world')), test_subtype(rembed('t', 'hello world'));
--| blob(1024)|blob|223

-- test: the vector has unit length and is the same every time
SELECT round(rembed_cosine(rembed('t', 'a red bicycle'), rembed('t', 'a red bicycle')), 6);
--| 1.0

-- test: texts with shared words are nearer than others
SELECT rembed_cosine(rembed('t', 'a red bicycle'), rembed('t', 'the bicycle is red'))
     > rembed_cosine(rembed('t', 'a red bicycle'), rembed('t', 'quarterly tax report'));
--| 1

-- test: dimensions are asked for
SELECT length(rembed('small', 'hello'));
--| 64

-- test: int8 vectors carry their subtype
SELECT length(rembed('int8', 'hello')), test_subtype(rembed('int8', 'hello'));
--| 16|225

-- test: bit vectors carry their subtype
SELECT length(rembed('bit', 'hello')), test_subtype(rembed('bit', 'hello'));
--| 2|224

-- test: floats and base64 on the wire give the same bits
SELECT rembed('float', 'same words') = rembed('base64', 'same words');
--| 1

-- test: NULL gives NULL and sends nothing (D4)
SELECT rembed('t', NULL);
-- requests: 0
--| NULL

-- test: blank text gives NULL and sends nothing
SELECT rembed('t', ''), rembed('t', '   '), rembed('t', char(9, 10, 13));
-- requests: 0
--| NULL|NULL|NULL

-- test: rows that are NULL or blank cost nothing among others
SELECT count(*), count(rembed('t', x)) FROM (SELECT NULL AS x UNION ALL SELECT '' UNION ALL SELECT 'word');
-- requests: 1
--| 3|1

-- test: a number is embedded as its text
SELECT rembed('t', 42) = rembed('t', '42');
--| 1

-- test: a BLOB is not a text
SELECT rembed('t', x'0102');
-- expect error: rembed() takes text, not a BLOB; use rembed_image()

-- test: a text with a NUL inside arrives whole
SELECT rembed('t', 'one' || char(0) || 'two') = rembed('t', 'one');
--| 0

-- test: invalid UTF-8 works
SELECT length(rembed('t', CAST(x'ff41' AS TEXT)));
--| 1024

-- test: every script, quotes, backslashes and control characters work
SELECT length(rembed('t', 'naïve "quoted" \ back ' || char(1, 31, 127) || ' 日本語 😀'));
--| 1024

-- test: the third argument is the input type (D7)
SELECT rembed('c', 'hello', 'search_query') IS NOT NULL, rembed('c', 'hello', 'query') IS NOT NULL,
       rembed('c', 'hello', 'document') IS NOT NULL, rembed('c', 'hello', NULL) IS NOT NULL;
--| 1|1|1|1

-- test: the provider's refusal of an input type is shown
SELECT rembed('c', 'hello', 'no-such-type');
-- expect error: HTTP 4

-- test: an input type for a provider that has none
SELECT rembed('t', 'hello', 'query');
-- expect error: has no input_type

-- test: prefixes stand in for the input type
SELECT rembed('prefix', 'hello', 'query') = rembed('t', 'query: hello'),
       rembed('prefix', 'hello', 'document') = rembed('t', 'passage: hello'),
       rembed('prefix', 'hello') = rembed('t', 'hello');
--| 1|1|1

-- test: constant arguments over 50 rows make one request
SELECT count(*) FROM docs WHERE rembed('t', 'a constant question') IS NOT NULL;
-- requests: 1
--| 50

-- test: the constant is as good in an ORDER BY
SELECT count(*) FROM (SELECT id FROM docs ORDER BY rembed_cosine(rembed('t', 'constant'), x'') LIMIT 3);
-- expect error: dimensions

-- test: arguments that change make one request a row
SELECT count(rembed('t', body)) FROM docs;
-- requests: 50
--| 50

-- test: each row gets its own vector
CREATE TABLE vectors AS SELECT id, rembed('t', body) AS v FROM docs WHERE id <= 5;
SELECT count(DISTINCT v) FROM vectors;
SELECT count(*) FROM vectors JOIN docs USING (id) WHERE v = rembed('t', body);
--| 5
--| 5

-- test: a constant text with another client is not confused
SELECT length(rembed(x, 'one text')) FROM (SELECT 't' AS x UNION ALL SELECT 'small' UNION ALL SELECT 't');
-- expect like: 1024
-- expect like: 64
-- expect like: 1024

-- test: a constant text with another input type is not confused
SELECT count(DISTINCT rembed('prefix', 'one text', x)) FROM (SELECT 'query' AS x UNION ALL SELECT 'document');
--| 2

-- test: a statement can be used again and asks again
SELECT length(rembed('t', 'again'));
SELECT length(rembed('t', 'again'));
-- requests: 2
--| 1024
--| 1024

-- test: INSERT, UPDATE and DELETE may call it
CREATE TABLE stored(id, v);
INSERT INTO stored SELECT id, rembed('t', body) FROM docs WHERE id < 4;
UPDATE stored SET v = rembed('t', 'changed') WHERE id = 1;
DELETE FROM stored WHERE v = rembed('t', 'changed');
SELECT count(*) FROM stored;
--| 2

-- test: a client that nobody registered
SELECT rembed('nobody', 'hello');
-- expect error: Client with name nobody was not registered with rembed_clients. Register it: INSERT INTO temp.rembed_clients

-- test: a client that is NULL
SELECT rembed(NULL, 'hello');
-- expect error: the client's name is NULL

-- test: too few arguments
SELECT rembed('t');
-- expect error: wrong number of arguments to function rembed()

-- test: an error names the client
SELECT rembed('t', 'a POISON text');
-- expect error: client 't': HTTP 400
-- requests: 1

-- test: on_error null turns the failure into NULL
SELECT rembed('soft', 'a POISON text'), length(rembed('soft', 'a good text'));
--| NULL|1024

-- test: a failed statement leaves the connection usable
SELECT length(rembed('t', 'after the failure'));
--| 1024

-- test: connections are reused
SELECT count(rembed('t', body)) FROM docs;
SELECT connections_opened <= 2 FROM rembed_stats WHERE client = 't';
--| 50
--| 1
