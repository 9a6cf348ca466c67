.bail on
.load dist/rembed0
.mode list
.separator "\t"
CREATE TABLE packages(name TEXT, summary TEXT);
.import @WORK@/packages.tsv packages
.separator " "
INSERT INTO temp.rembed_clients(name, options) VALUES
  ('text', '{"provider":"openai","url":"http://127.0.0.1:@PORT@/openai/v1","key":"demo","batch_size":100,"max_concurrent_requests":8}'),
  ('pictures', '{"provider":"ollama","url":"http://127.0.0.1:@PORT@/ollama","max_concurrent_requests":6}'),
  ('clip', '{"provider":"jina","model":"jina-clip-v2","url":"http://127.0.0.1:@PORT@/jina/v1","key":"demo"}');

-- A stopwatch: ms between two rows.
CREATE TEMP TABLE clock(step TEXT, items INT, at REAL);
CREATE TEMP VIEW lap AS
  SELECT step, items, at - lag(at) OVER (ORDER BY rowid) AS ms FROM (SELECT rowid, * FROM clock);

.print
.print 1. Texts: one request a row, then batches of 100, eight requests in flight
INSERT INTO clock VALUES ('start', 0, julianday('now') * 86400000.0);
CREATE TEMP TABLE slow AS SELECT name, rembed('text', summary) AS embedding FROM packages LIMIT 50;
INSERT INTO clock VALUES ('rembed(), one by one', 50, julianday('now') * 86400000.0);
CREATE TABLE streamed(id INTEGER PRIMARY KEY, embedding BLOB);
SELECT '' WHERE (SELECT rembed_into('text', 'SELECT rowid, summary FROM packages', 'INSERT INTO streamed VALUES (?1, ?2)')) IS NULL;
INSERT INTO clock SELECT 'rembed_into(), streaming', count(*), julianday('now') * 86400000.0 FROM streamed;
CREATE TABLE vectors AS
  SELECT p.rowid AS id, base64_decode(v.value) AS embedding
  FROM json_each(rembed_batch('text', (SELECT json_group_array(summary) FROM (SELECT summary FROM packages ORDER BY rowid)))) AS v
  JOIN packages AS p ON p.rowid = v.key + 1;
INSERT INTO clock SELECT 'rembed_batch(), concurrent', count(*), julianday('now') * 86400000.0 FROM vectors;
SELECT printf('   %-28s %6d texts %8.0f ms %10.0f texts/s', step, items, ms, items * 1000.0 / ms) FROM lap WHERE items;

.print
.print 2. A question in plain words: "edit photos and images"
SELECT printf('   %.3f  %-28s %s', rembed_cosine(v.embedding, q.embedding), p.name, substr(p.summary, 1, 60))
FROM (SELECT rembed('text', 'edit photos and images') AS embedding) AS q, vectors AS v JOIN packages AS p ON p.rowid = v.id
ORDER BY rembed_cosine(v.embedding, q.embedding) DESC LIMIT 5;

.print
.print 3. Pictures: described by a vision model and the captions embedded; or embedded by the model itself
CREATE TABLE pictures(name TEXT, embedding BLOB);
DELETE FROM clock;
INSERT INTO clock VALUES ('start', 0, julianday('now') * 86400000.0);
CREATE TEMP TABLE slow_pictures AS
  SELECT rembed_image('pictures', data) AS embedding FROM fsdir('demo/pictures') WHERE name LIKE '%.png' LIMIT 8;
INSERT INTO clock VALUES ('rembed_image(), one by one', 8, julianday('now') * 86400000.0);
CREATE TEMP TABLE files AS
  SELECT row_number() OVER (ORDER BY name) - 1 AS i, replace(name, 'demo/pictures/', '') AS name, data
  FROM fsdir('demo/pictures') WHERE name LIKE '%.png';
CREATE TEMP TABLE reply AS
  SELECT rembed_images_concurrent('pictures', (SELECT json_group_array(image) FROM (SELECT readfile_base64(data) AS image FROM files ORDER BY i))) AS json;
INSERT INTO clock SELECT 'rembed_images_concurrent()', count(*), julianday('now') * 86400000.0 FROM files;
CREATE TEMP TABLE native AS SELECT key AS i, base64_decode(value) AS embedding
  FROM json_each(rembed_images_batch('clip', (SELECT json_group_array(image) FROM (SELECT readfile_base64(data) AS image FROM files ORDER BY i))));
INSERT INTO clock SELECT 'native, in one request', count(*), julianday('now') * 86400000.0 FROM native;
INSERT INTO pictures
  SELECT f.name, base64_decode(v.value) FROM reply, json_each(reply.json, '$.embeddings') AS v JOIN files AS f ON f.i = v.key;
SELECT printf('   %-28s %6d pictures %5.0f ms %10.1f pictures/s', step, items, ms, items * 1000.0 / ms) FROM lap WHERE items;
SELECT '   stats: ' || json_extract(json, '$.stats') FROM reply;
SELECT '   a caption: ' || rembed_describe('pictures', data) FROM files WHERE i = 5;

.print
.print 4. A question to the pictures: "mostly blue picture"
SELECT printf('   %.3f  %s', rembed_cosine(embedding, rembed('pictures', 'mostly blue picture')), name)
FROM pictures ORDER BY 1 DESC LIMIT 4;
.print "   the same question to the vectors that the model made of the pictures themselves"
SELECT printf('   %.3f  %s', rembed_cosine(embedding, rembed('clip', 'mostly blue picture')), name)
FROM native JOIN files USING (i) ORDER BY 1 DESC LIMIT 4;

.print
.print 5. What the clients did
.mode column
.headers on
SELECT client, requests, items, retries, errors, tokens, connections_opened AS connections, p50_ms, p95_ms
FROM rembed_stats WHERE requests > 0;
