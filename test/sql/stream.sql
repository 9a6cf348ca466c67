-- SPDX-License-Identifier: MIT OR Apache-2.0
-- rembed_each() and rembed_stream(): rows in, rows out, in order, errors as rows.

INSERT INTO temp.rembed_clients VALUES
  ('t', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1')),
  ('b10', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'batch_size', 10)),
  ('b100', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'batch_size', 100)),
  ('limited', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'batch_size', 5, 'max_concurrent_requests', 2)),
  ('peak', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'batch_size', 5)),
  ('strict', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'on_error', 'fail')),
  ('reorder', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/reorder/openai/v1', 'batch_size', 7)),
  ('wrong-key', rembed_client_options('format', 'openai', 'key', 'bad-key', 'url', '${SIM}/openai/v1', 'batch_size', 10)),
  ('e5', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'query_prefix', 'query: ', 'document_prefix', 'passage: ')),
  ('int8', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'output', 'int8')),
  ('mm', rembed_client_options('format', 'ollama', 'url', '${SIM}/ollama', 'model', 'llava:7b', 'embedding_model', 'nomic-embed-text')),
  ('blind', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1/embeddings')),
  ('tiny', rembed_client_options('format', 'ollama', 'url', '${SIM}/ollama', 'vision_model', 'llava:7b', 'max_image_bytes', 50));
CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
INSERT INTO docs SELECT i, 'document number ' || i FROM n;
CREATE TABLE vectors(id INTEGER PRIMARY KEY, embedding BLOB);
CREATE TABLE picture(id INTEGER PRIMARY KEY, name, bytes);
INSERT INTO picture(name, bytes) VALUES
  ('red', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'),
  ('green', x'89504e470d0a1a0a0000000d4948445200000004000000040802000000269309290000000f4944415478da636058c08040c4710004430a01676feeb30000000049454e44ae426082');

-- test: rembed_each gives one row for one element, in one request
SELECT idx, length(embedding), error, caption FROM rembed_each('t', '["one", "two", "three"]');
-- requests: 1
--| 0|1024|NULL|NULL
--| 1|1024|NULL|NULL
--| 2|1024|NULL|NULL

-- test: rembed_each has these columns
SELECT * FROM rembed_each('t', '["one"]');
-- expect like: 0|blob(1024)|NULL|NULL|%|%|1

-- test: tokens, ms and attempts are numbers
SELECT typeof(tokens), tokens > 0, typeof(ms), ms >= 0, attempts FROM rembed_each('t', '["one"]');
--| real|1|integer|1|1

-- test: each vector is that of rembed, with its subtype
SELECT embedding = rembed('t', 'text ' || idx), test_subtype(embedding) FROM rembed_each('t', '["text 0", "text 1"]');
--| 1|223
--| 1|223

-- test: nulls and blanks are rows without vector and without error
SELECT idx, embedding IS NULL, error, ms, attempts FROM rembed_each('t', '[null, "one", "", "  "]');
-- requests: 1
-- expect like: 0|1|NULL|NULL|0
-- expect like: 1|0|NULL|%|1
-- expect like: 2|1|NULL|NULL|0
-- expect like: 3|1|NULL|NULL|0

-- test: objects hold text or an image
SELECT idx, length(embedding), error, caption FROM rembed_each('mm', json_array(json_object('text', 'one'), json_object('image', readfile_base64((SELECT bytes FROM picture WHERE id = 1)))));
--| 0|1024|NULL|NULL
-- expect like: 1|1024|NULL|A small 4x4 PNG picture, mostly red, dark. Bytes ________.

-- test: a bad element is a row, the others come
SELECT idx, embedding IS NULL, error FROM rembed_each('t', '["a1", "POISON", "b2"]');
--| 0|0|NULL
-- expect like: 1|1|%HTTP 400%poisoned input%
--| 2|0|NULL

-- test: the error's row names the request
SELECT error LIKE '%(request id _%)' FROM rembed_each('t', '["POISON"]');
--| 1

-- test: an empty array has no rows
SELECT count(*) FROM rembed_each('t', '[]');
-- requests: 0
--| 0

-- test: NULL in, no rows out
SELECT count(*) FROM rembed_each('t', NULL);
SELECT count(*) FROM rembed_stream('t', NULL);
-- requests: 0
--| 0
--| 0

-- test: JSON that is none
SELECT * FROM rembed_each('t', '["one", ');
-- expect error: Invalid JSON array

-- test: JSON that is no array
SELECT * FROM rembed_each('t', '{"a": 1}');
-- expect error: the input must be an array

-- test: the third argument is the input type
SELECT embedding = rembed('t', 'query: one') FROM rembed_each('e5', '["one"]', 'query');
SELECT embedding = rembed('t', 'passage: one') FROM rembed_stream('e5', 'SELECT 1, ''one''', 'document');
--| 1
--| 1

-- test: an input type that nobody knows
SELECT * FROM rembed_stream('t', 'SELECT 1, ''one''', 'nonsense');
-- expect error: client 't': 

-- test: a table of the database as arguments, one array a row
CREATE TEMP TABLE arrays(name, json);
INSERT INTO arrays VALUES ('a', '["one", "two"]'), ('b', '["three"]'), ('c', NULL);
SELECT name, idx, length(embedding) FROM arrays, rembed_each('t', json);
DROP TABLE arrays;
--| a|0|1024
--| a|1|1024
--| b|0|1024

-- test: rembed_stream gives a row for each row of its query
SELECT count(*), count(embedding), count(error), count(DISTINCT id), min(length(embedding)) FROM rembed_stream('b10', 'SELECT id, body FROM docs');
-- requests: 10
--| 100|100|0|100|1024

-- test: rembed_stream has these columns
SELECT * FROM rembed_stream('t', 'SELECT 7, ''one''');
-- expect like: 7|blob(1024)|NULL|NULL|%|%|1

-- test: rows come in the order of the query
-- sim: {"latency_ms": 5, "jitter_ms": 30}
CREATE TEMP TABLE seen AS SELECT id FROM rembed_stream('b10', 'SELECT id, body FROM docs ORDER BY id DESC');
SELECT count(*), sum(id = 101 - rowid) FROM seen;
DROP TABLE seen;
--| 100|100

-- test: each row has its own vector
SELECT count(*) FROM rembed_stream('b10', 'SELECT id, body FROM docs') AS s JOIN docs USING (id) WHERE s.embedding = rembed('t', docs.body);
--| 100

-- test: also when the provider gives them in another order
CREATE TEMP TABLE seen AS SELECT id, embedding FROM rembed_stream('reorder', 'SELECT id, body FROM docs');
SELECT count(*) FROM seen AS s JOIN docs USING (id) WHERE s.embedding = rembed('t', docs.body) AND s.id = s.rowid;
DROP TABLE seen;
--| 100

-- test: an id may be of any type, and may come twice
SELECT typeof(id), quote(id), length(embedding) FROM rembed_stream('t', 'VALUES (1, ''a''), (1, ''b''), (''x'', ''c''), (x''00ff'', ''d''), (1.5, ''e''), (NULL, ''f''), (9007199254740993, ''g''), ('''', ''h'')');
-- requests: 1
--| integer|1|1024
--| integer|1|1024
--| text|'x'|1024
--| blob|X'00FF'|1024
--| real|1.5|1024
--| null|NULL|1024
--| integer|9007199254740993|1024
--| text|''|1024

-- test: numbers are embedded as their text, NULL and blanks give NULL
SELECT id, embedding = rembed('t', '42'), error FROM rembed_stream('t', 'VALUES (1, 42), (2, NULL), (3, ''''), (4, x'''')');
--| 1|1|NULL
--| 2|NULL|NULL
--| 3|NULL|NULL
--| 4|NULL|NULL

-- test: text keeps its bytes
SELECT embedding = rembed('t', 'café "x" 😀 ''y''') FROM rembed_stream('t', 'SELECT 1, ''café "x" 😀 ''''y''''''');
--| 1

-- test: blobs are images; the caption comes with the vector
SELECT id, caption, embedding = rembed('mm', caption) FROM rembed_stream('mm', 'SELECT name, bytes FROM picture');
-- expect like: red|A small 4x4 PNG picture, mostly red, dark. Bytes ________.|1
-- expect like: green|A small 4x4 PNG picture, mostly green, dark. Bytes ________.|1

-- test: the third column is a prompt
SELECT id, caption FROM rembed_stream('mm', 'SELECT name, bytes, ''in one word'' FROM picture');
--| red|red
--| green|green

-- test: texts and images in one query
SELECT id, length(embedding), caption IS NOT NULL FROM rembed_stream('mm', 'SELECT 1, ''text'' UNION ALL SELECT 2, (SELECT bytes FROM picture) UNION ALL SELECT 3, ''more text''');
--| 1|1024|0
--| 2|1024|1
--| 3|1024|0

-- test: a blob that is no image is a row with an error
SELECT id, embedding IS NULL, error FROM rembed_stream('mm', 'SELECT 1, bytes FROM picture WHERE id = 1 UNION ALL SELECT 2, x''00112233'' UNION ALL SELECT 3, ''text''');
--| 1|0|NULL
-- expect like: 2|1|%not an image%
--| 3|0|NULL

-- test: an image that is too big is a row with an error
SELECT id, error FROM rembed_stream('tiny', 'SELECT id, bytes FROM picture WHERE id = 1');
-- requests: 0
-- expect like: 1|%max_image_bytes%

-- test: an image where no model can see
SELECT id, embedding IS NULL, error IS NOT NULL FROM rembed_stream('blind', 'SELECT 1, bytes FROM picture WHERE id = 1 UNION ALL SELECT 2, ''text''');
--| 1|1|1
--| 2|0|0

-- test: an option for this call: batch_size
SELECT count(embedding) FROM rembed_stream('t', 'SELECT id, body FROM docs') WHERE batch_size = 25;
-- requests: 4
--| 100

-- test: an option for this call: max_concurrent_requests
-- sim: {"latency_ms": 20}
SELECT count(embedding) FROM rembed_stream('peak', 'SELECT id, body FROM docs') WHERE max_concurrent_requests = 2;
SELECT peak_in_flight FROM rembed_stats WHERE client = 'peak';
SELECT count(embedding) FROM rembed_stream('peak', 'SELECT id, body FROM docs') WHERE max_concurrent_requests = 9;
SELECT peak_in_flight FROM rembed_stats WHERE client = 'peak';
--| 100
--| 2
--| 100
--| 9

-- test: options may also be arguments, and NULL is none
SELECT count(embedding) FROM rembed_stream('t', 'SELECT id, body FROM docs', NULL, 3, 50, 'null');
SELECT count(embedding) FROM rembed_stream('t', 'SELECT id, body FROM docs', NULL, NULL, NULL, NULL);
-- requests: 3
--| 100
--| 100

-- test: the hidden columns say what was given
SELECT client, input, input_type, max_concurrent_requests, batch_size, on_error FROM rembed_each('t', '["one"]') WHERE batch_size = 3;
--| t|["one"]|NULL|NULL|3|NULL

-- test: on_error null goes on, as by default, whatever the client says
SELECT id, error IS NULL FROM rembed_stream('strict', 'VALUES (1, ''a''), (2, ''POISON''), (3, ''c'')');
SELECT id, error IS NULL FROM rembed_stream('strict', 'VALUES (1, ''a''), (2, ''POISON''), (3, ''c'')') WHERE on_error = 'null';
--| 1|1
--| 2|0
--| 3|1
--| 1|1
--| 2|0
--| 3|1

-- test: on_error fail ends the statement at the first failed item, with its place
SELECT id FROM rembed_stream('t', 'VALUES (1, ''a''), (2, ''POISON''), (3, ''c'')') WHERE on_error = 'fail';
-- expect error: client 't': item 1: HTTP 400
--| 1

-- test: on_error of another kind
SELECT id FROM rembed_stream('t', 'VALUES (1, ''a'')') WHERE on_error = 'ignore';
-- expect error: on_error must be fail or null

-- test: max_concurrent_requests below its bounds
SELECT id FROM rembed_stream('t', 'VALUES (1, ''a'')') WHERE max_concurrent_requests = 0;
-- requests: 0
-- expect error: max_concurrent_requests must be a whole number from 1 to 256

-- test: max_concurrent_requests above its bounds
SELECT id FROM rembed_stream('t', 'VALUES (1, ''a'')') WHERE max_concurrent_requests = 257;
-- expect error: max_concurrent_requests must be a whole number from 1 to 256

-- test: batch_size out of its bounds
SELECT id FROM rembed_stream('t', 'VALUES (1, ''a'')') WHERE batch_size = -5;
-- expect error: batch_size must be a whole number from 1 to 100000

-- test: batch_size that is no number
SELECT idx FROM rembed_each('t', '["a"]') WHERE batch_size = 'many';
-- expect error: batch_size must be a whole number from 1 to 100000

-- test: batch_size that is no whole number
SELECT id FROM rembed_stream('t', 'VALUES (1, ''a'')') WHERE batch_size = 2.5;
-- expect error: batch_size must be a whole number from 1 to 100000

-- test: one poisoned row in a batch of 100 costs a handful of requests
SELECT count(embedding), count(error), max(CASE WHEN error IS NOT NULL THEN id END) FROM rembed_stream('b100', 'SELECT id, CASE id WHEN 50 THEN ''POISON'' ELSE body END FROM docs');
-- requests: 15
--| 99|1|50

-- test: attempts count the halvings
SELECT id, attempts BETWEEN 7 AND 8 FROM rembed_stream('b100', 'SELECT id, CASE id WHEN 50 THEN ''POISON'' ELSE body END FROM docs') WHERE error IS NOT NULL;
--| 50|1

-- test: a wrong key fails every row, and is not asked a hundred times
SELECT count(*), count(embedding), count(error), count(DISTINCT id), max(error) LIKE '%HTTP 401%' FROM rembed_stream('wrong-key', 'SELECT id, body FROM docs');
SELECT requests <= 6 FROM rembed_stats WHERE client = 'wrong-key';
--| 100|0|100|100|1
--| 1

-- test: retries are seen in attempts, and no row is lost
-- sim: {"fault": "status=503+retry_after_ms=10+first=1"}
SELECT count(embedding), max(attempts) FROM rembed_stream('t', 'SELECT id, body FROM docs');
--| 100|2

-- test: join with the table, stream first
SELECT s.id, d.body, length(s.embedding) FROM rembed_stream('b10', 'SELECT id, body FROM docs WHERE id <= 3') AS s JOIN docs AS d ON d.id = s.id;
-- requests: 1
--| 1|document number 1|1024
--| 2|document number 2|1024
--| 3|document number 3|1024

-- test: join with the table, table first
SELECT d.id, length(s.embedding) FROM docs AS d CROSS JOIN rembed_stream('t', 'SELECT id, body FROM docs WHERE id <= 3') AS s ON d.id = s.id WHERE d.id <= 2;
-- requests: 2
--| 1|1024
--| 2|1024

-- test: the query may come from the other table
SELECT d.id, s.id, length(s.embedding) FROM docs AS d JOIN rembed_stream('t', 'SELECT ' || d.id || ' * 10, ''x''') AS s WHERE d.id <= 2;
SELECT d.id, s.id, length(s.embedding) FROM rembed_stream('t', 'SELECT ' || d.id || ' * 10, ''x''') AS s JOIN docs AS d WHERE d.id <= 2;
--| 1|10|1024
--| 2|20|1024
--| 1|10|1024
--| 2|20|1024

-- test: left join
SELECT d.id, length(s.embedding) FROM docs AS d LEFT JOIN rembed_stream('t', 'SELECT 2, ''x''') AS s ON s.id = d.id WHERE d.id <= 3;
--| 1|NULL
--| 2|1024
--| 3|NULL

-- test: filtered again
SELECT id FROM rembed_stream('t', 'SELECT id, body FROM docs') WHERE id IN (3, 97, 500) AND embedding IS NOT NULL AND id > 5;
--| 97

-- test: in a subquery, for each row anew
SELECT id, (SELECT count(embedding) FROM rembed_stream('t', 'SELECT id, body FROM docs WHERE id <= ' || d.id)) FROM docs AS d WHERE id <= 3;
-- requests: 3
--| 1|1
--| 2|2
--| 3|3

-- test: in a WITH, used twice
WITH s AS MATERIALIZED (SELECT id, embedding FROM rembed_stream('t', 'SELECT id, body FROM docs WHERE id <= 4'))
SELECT count(*) FROM s AS a JOIN s AS b ON a.id < b.id WHERE rembed_cosine(a.embedding, b.embedding) BETWEEN -1.001 AND 1.001;
-- requests: 1
-- needs: 3.35.0
--| 6

-- test: sorted, grouped, limited
SELECT id FROM rembed_stream('t', 'SELECT id, body FROM docs') ORDER BY id DESC LIMIT 2 OFFSET 1;
SELECT id % 2, count(*) FROM rembed_stream('t', 'SELECT id, body FROM docs') GROUP BY 1;
--| 99
--| 98
--| 0|50
--| 1|50

-- test: after LIMIT 10 nothing more than the window was sent
-- sim: {"latency_ms": 5}
SELECT count(*) FROM (SELECT id FROM rembed_stream('limited', 'SELECT id, body FROM docs') LIMIT 10);
SELECT items BETWEEN 10 AND (2 + 2) * 5 + 10, requests <= 6, in_flight FROM rembed_stats WHERE client = 'limited';
--| 10
--| 1|1|0

-- test: into another table of the same database
INSERT INTO vectors SELECT id, embedding FROM rembed_stream('b10', 'SELECT id, body FROM docs');
SELECT count(*), min(length(embedding)) FROM vectors;
DELETE FROM vectors;
-- requests: 10
--| 100|1024

-- test: what is done is left out
INSERT INTO vectors SELECT id, embedding FROM rembed_stream('t', 'SELECT id, body FROM docs WHERE id <= 90');
INSERT INTO vectors SELECT id, embedding FROM rembed_stream('b10', 'SELECT id, body FROM docs WHERE id NOT IN (SELECT id FROM vectors)') RETURNING id;
DELETE FROM vectors;
-- requests: 2
-- needs: 3.35.0
--| 91
--| 92
--| 93
--| 94
--| 95
--| 96
--| 97
--| 98
--| 99
--| 100

-- test: it sees what the transaction wrote
BEGIN;
INSERT INTO docs VALUES (1001, 'new');
SELECT id, length(embedding) FROM rembed_stream('t', 'SELECT id, body FROM docs WHERE id > 1000');
ROLLBACK;
SELECT count(*) FROM docs;
--| 1001|1024
--| 100

-- test: an update from a stream
CREATE TEMP TABLE own(id INTEGER PRIMARY KEY, body, embedding);
INSERT INTO own SELECT id, body, NULL FROM docs WHERE id <= 20;
UPDATE own SET embedding = s.embedding FROM rembed_stream('t', 'SELECT id, body FROM own') AS s WHERE s.id = own.id;
SELECT count(*) FROM own WHERE embedding = rembed('t', body);
DROP TABLE own;
-- needs: 3.33.0
--| 20

-- test: two streams, one after the other
SELECT id, length(embedding) FROM rembed_stream('t', 'SELECT 1, ''a''') UNION ALL SELECT id, length(embedding) FROM rembed_stream('int8', 'SELECT 2, ''b''');
--| 1|1024
--| 2|256

-- test: two streams at once
SELECT count(*), sum(a.embedding = b.embedding) FROM rembed_stream('b10', 'SELECT id, body FROM docs WHERE id <= 20') AS a JOIN rembed_stream('t', 'SELECT id, body FROM docs WHERE id <= 20') AS b ON a.id = b.id;
--| 20|20

-- test: a stream inside a stream's query
SELECT id, length(embedding) FROM rembed_stream('t', 'SELECT id, length(embedding) || '' bytes'' FROM rembed_stream(''b10'', ''SELECT id, body FROM docs WHERE id <= 3'')');
-- requests: 2
--| 1|1024
--| 2|1024
--| 3|1024

-- test: rembed() inside a stream's query
SELECT id, length(embedding) FROM rembed_stream('b10', 'SELECT id, hex(substr(rembed(''t'', body), 1, 4)) FROM docs WHERE id <= 30') WHERE id % 10 = 0;
--| 10|1024
--| 20|1024
--| 30|1024

-- test: the same client inside and outside
SELECT count(embedding) FROM rembed_stream('t', 'SELECT id, rembed_cosine(embedding, embedding) FROM rembed_stream(''t'', ''SELECT id, body FROM docs'')');
-- requests: 2
--| 100

-- test: a query that fails half-way gives the rows before it, then the error
SELECT id FROM rembed_stream('t', 'SELECT id, CASE WHEN id = 5 THEN abs(-9223372036854775808) ELSE body END FROM docs') WHERE max_concurrent_requests = 1 AND batch_size = 2;
-- expect error: client 't': the query failed: integer overflow
--| 1
--| 2
--| 3
--| 4

-- test: a query that writes
SELECT * FROM rembed_stream('t', 'DELETE FROM docs RETURNING id, body');
-- needs: 3.35.0
-- expect error: the query writes; give a SELECT

-- test: a query that inserts
SELECT * FROM rembed_stream('t', 'INSERT INTO docs VALUES (500, ''x'')');
-- expect error: the query writes; give a SELECT

-- test: and nothing was written
SELECT count(*) FROM docs;
--| 100

-- test: a query of one column
SELECT * FROM rembed_stream('t', 'SELECT body FROM docs');
-- requests: 0
-- expect error: the query must give two columns, an id and a text or image

-- test: a query of more than three columns
SELECT * FROM rembed_stream('t', 'SELECT id, body, body, id FROM docs');
-- requests: 0
-- expect error: the query must give two columns, an id and a text or image

-- test: a query that is not SQL
SELECT * FROM rembed_stream('t', 'embed all my documents, please');
-- expect error: the query is not valid SQL: near "embed": syntax error

-- test: a table that is not there
SELECT * FROM rembed_stream('t', 'SELECT id, body FROM nowhere');
-- expect error: the query is not valid SQL: no such table: nowhere

-- test: two statements
SELECT * FROM rembed_stream('t', 'SELECT 1, ''a''; SELECT 2, ''b''');
-- expect error: the query holds more than one statement

-- test: a semicolon and a comment at the end are fine
SELECT id FROM rembed_stream('t', 'SELECT 1, ''a'' ; ');
SELECT id FROM rembed_stream('t', 'SELECT 2, ''a''; -- the end');
--| 1
--| 2

-- test: an empty query
SELECT * FROM rembed_stream('t', '');
-- expect error: the query is empty; give SELECT id, text FROM ...

-- test: a query that is only a comment
SELECT * FROM rembed_stream('t', '-- nothing');
-- expect error: the query is empty; give SELECT id, text FROM ...

-- test: a query with a parameter
SELECT * FROM rembed_stream('t', 'SELECT id, body FROM docs WHERE id = ?1');
-- requests: 0
-- expect error: the query has parameters; write the values into it

-- test: control statements are no queries
SELECT * FROM rembed_stream('t', 'BEGIN');
-- expect error: the query must give two columns

-- test: no client of that name
SELECT * FROM rembed_stream('nobody', 'SELECT 1, ''a''');
-- expect error: Client with name nobody was not registered

-- test: the client's name is NULL
SELECT * FROM rembed_stream(NULL, 'SELECT 1, ''a''');
-- expect error: the client's name is NULL

-- test: no arguments
SELECT * FROM rembed_stream;
-- expect error: rembed_stream() takes a client's name and an input as arguments

-- test: one argument
SELECT * FROM rembed_each('t');
-- expect error: rembed_each() takes a client's name and an input as arguments

-- test: too many arguments
SELECT * FROM rembed_stream('t', 'SELECT 1, ''a''', NULL, NULL, NULL, NULL, 1);
-- expect error: too many arguments on rembed_stream

-- test: not from a view of the schema
CREATE VIEW sends AS SELECT id FROM rembed_stream('t', 'SELECT 1, ''a''');
SELECT * FROM sends;
-- requests: 0
-- expect error: unsafe use of virtual table "rembed_stream"

-- test: a query without rows
DROP VIEW sends;
SELECT count(*) FROM rembed_stream('t', 'SELECT id, body FROM docs WHERE 0');
-- requests: 0
--| 0

-- test: rembed_into writes what the query gives, and tells
SELECT json_extract(r, '$.rows', '$.embedded', '$.failed', '$.commits'), json_extract(r, '$.lock_ms') >= 0
  FROM (SELECT rembed_into('b10', 'SELECT id, body FROM docs', 'INSERT INTO vectors VALUES (?1, ?2)', 30) AS r);
SELECT count(*) FROM vectors JOIN docs USING (id) WHERE embedding = rembed('t', body);
DELETE FROM vectors;
--| [100,100,0,4]|1
--| 100

-- test: a failed row is left out, so that it is tried again
UPDATE docs SET body = 'POISON' WHERE id = 50;
SELECT json_extract(rembed_into('t', 'SELECT id, body FROM docs', 'INSERT INTO vectors VALUES (?1, ?2)'), '$.rows', '$.embedded', '$.failed');
UPDATE docs SET body = 'document number 50' WHERE id = 50;
SELECT json_extract(rembed_into('t', 'SELECT id, body FROM docs WHERE id NOT IN (SELECT id FROM vectors)', 'INSERT INTO vectors VALUES (?1, ?2)'), '$.rows', '$.embedded', '$.failed');
SELECT count(*) FROM vectors;
DELETE FROM vectors;
--| [100,99,1]
--| [1,1,0]
--| 100

-- test: with ?3 and ?4 the statement gets errors and captions
CREATE TEMP TABLE told(id, embedding, error, caption);
SELECT json_extract(rembed_into('mm', 'SELECT name, bytes FROM picture UNION ALL SELECT ''none'', x''0011'' UNION ALL SELECT ''text'', ''hello''', 'INSERT INTO told VALUES (?1, ?2, ?3, ?4)'), '$.embedded', '$.failed', '$.commits');
SELECT id, length(embedding), error, caption FROM told;
DROP TABLE told;
--| [3,1,1]
-- expect like: red|1024|NULL|A small 4x4 PNG picture, mostly red%
-- expect like: green|1024|NULL|A small 4x4 PNG picture, mostly green%
-- expect like: none|NULL|%not an image%|NULL
--| text|1024|NULL|NULL

-- test: inside a transaction rembed_into says why not
BEGIN;
SELECT rembed_into('t', 'SELECT id, body FROM docs', 'INSERT INTO vectors VALUES (?1, ?2)');
-- requests: 0
-- expect error: rembed_into() commits by itself; call it outside a transaction

-- test: an INSERT that fails keeps what was committed before, and its transaction not
ROLLBACK;
SELECT rembed_into('b10', 'SELECT min(id, 42), body FROM docs', 'INSERT INTO vectors VALUES (?1, ?2)', 10);
-- expect error: the INSERT of rembed_into() failed: UNIQUE constraint failed: vectors.id

-- test: so the fifth transaction is not there
SELECT count(*) FROM vectors;
DELETE FROM vectors;
SELECT count(*) FROM sqlite_temp_master WHERE name LIKE 'rembed_into%';
--| 40
--| 0

-- test: bad arguments of rembed_into
SELECT rembed_into('t', 'SELECT id, body FROM docs', 'INSERT INTO vectors VALUES (?1, ?2)', 0);
-- expect error: commit_every must be a whole number from 1 to 1000000

-- test: rembed_into with a query that writes
SELECT rembed_into('t', 'DELETE FROM docs', 'INSERT INTO vectors VALUES (?1, ?2)');
-- expect error: the SELECT of rembed_into() must read only

-- test: rembed_into with an INSERT that is a SELECT
SELECT rembed_into('t', 'SELECT id, body FROM docs', 'SELECT ?1, ?2');
-- expect error: the INSERT of rembed_into() must write and use ?1 (id) and ?2 (embedding)

-- test: rembed_into with an INSERT without parameters
SELECT rembed_into('t', 'SELECT id, body FROM docs', 'INSERT INTO vectors VALUES (1, 2)');
-- expect error: the INSERT of rembed_into() must write and use ?1 (id) and ?2 (embedding)

-- test: rembed_into with two statements
SELECT rembed_into('t', 'SELECT id, body FROM docs; SELECT 1', 'INSERT INTO vectors VALUES (?1, ?2)');
-- expect error: the SELECT of rembed_into() must be exactly one SQL statement

-- test: rembed_into with NULL
SELECT rembed_into('t', NULL, 'INSERT INTO vectors VALUES (?1, ?2)');
-- expect error: rembed_into() takes a client's name, a SELECT and an INSERT as text

-- test: nothing was written by all of these
SELECT count(*), (SELECT count(*) FROM docs) FROM vectors;
--| 0|100

-- test: rembed_into with a SELECT with parameters
SELECT rembed_into('t', 'SELECT id, body FROM docs WHERE id = ?1', 'INSERT INTO vectors VALUES (?1, ?2)');
-- expect error: the SELECT of rembed_into() has parameters; write the values into it

-- test: rembed_into takes a comment and a semicolon at the end
SELECT json_extract(rembed_into('t', 'SELECT id, body FROM docs WHERE id = 1 ; -- one', 'INSERT INTO vectors VALUES (?1, ?2); '), '$.embedded', '$.commits');
SELECT json_extract(rembed_into('t', 'WITH d AS (SELECT * FROM docs) SELECT id, body FROM d WHERE id IN (2, 3) ORDER BY id DESC -- two', 'REPLACE INTO vectors VALUES (?1, ?2)'), '$.embedded');
SELECT group_concat(id) FROM (SELECT id FROM vectors ORDER BY id);
DELETE FROM vectors;
--| [1,1]
--| 2
--| 1,2,3

-- test: rembed_into of no rows commits nothing
SELECT json_extract(rembed_into('t', 'SELECT id, body FROM docs WHERE 0', 'INSERT INTO vectors VALUES (?1, ?2)'), '$.rows', '$.commits');
-- requests: 0
--| [0,0]

-- test: NULL inputs are written as NULL by rembed_into
SELECT json_extract(rembed_into('t', 'VALUES (1, NULL), (2, ''two'')', 'INSERT INTO vectors VALUES (?1, ?2)'), '$.rows', '$.embedded', '$.failed');
SELECT id, length(embedding) FROM vectors;
DELETE FROM vectors;
--| [2,1,0]
--| 1|NULL
--| 2|1024

-- test: a query of rembed_into that fails half-way writes nothing
SELECT rembed_into('t', 'SELECT id, CASE WHEN id = 5 THEN abs(-9223372036854775808) ELSE body END FROM docs', 'INSERT INTO vectors VALUES (?1, ?2)');
-- expect error: the SELECT of rembed_into(): integer overflow

-- test: and leaves nothing behind
SELECT (SELECT count(*) FROM vectors), (SELECT count(*) FROM sqlite_temp_master WHERE name LIKE 'rembed_into%');
--| 0|0

-- test: a WHERE with OR leaves the arguments what they are
SELECT idx FROM rembed_each('t', '["a","b","c"]') WHERE (idx = 0 OR error = 'x' OR idx = 2) AND embedding IS NOT NULL;
--| 0
--| 2
