-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Every shape of SQL statement that the documents of asg017/sqlite-rembed and rsp2k/sqlite-rembed
-- show. Where a shape reaches the network its client has the simulator's url and is otherwise the
-- same; what the shapes mean is in docs/migrating.md.

CREATE TEMP TABLE picture(name, bytes);
INSERT INTO picture VALUES ('red', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
CREATE TABLE articles(headline TEXT);
INSERT INTO articles VALUES
  ('Shohei Ohtani''s ex-interpreter pleads guilty to charges related to gambling and theft'),
  ('The jury has been selected in Hunter Biden''s gun trial'),
  ('Larry Allen, a Super Bowl champion and famed Dallas Cowboy, has died at age 52'),
  ('After saying Charlotte, a lone stingray, was pregnant, aquarium now says she''s sick'),
  ('An Epoch Times executive is facing money laundering charge');

-- test: ollama-multimodal is there after loading
SELECT json_extract(options, '$.image_model'), json_extract(options, '$.effective_model') FROM temp.rembed_clients WHERE name = 'ollama-multimodal';
--| llava:7b|nomic-embed-text

-- test: the three rows of the quick start
INSERT INTO temp.rembed_clients(name, options) VALUES
  ('openai-fast', 'openai:sk-proj-YOUR-KEY'),
  ('gemini-pro', '{"provider": "gemini", "api_key": "AIza-YOUR-KEY"}'),
  ('local', 'ollama::nomic-embed-text');
SELECT name, json_extract(options, '$.provider'), json_extract(options, '$.effective_model') FROM temp.rembed_clients
 WHERE name IN ('openai-fast', 'gemini-pro', 'local') ORDER BY name;
--| gemini-pro|gemini|gemini-embedding-001
--| local|ollama|nomic-embed-text
--| openai-fast|openai|text-embedding-3-small

-- test: the first example of the other readme (D13)
INSERT INTO temp.rembed_clients(name, options) VALUES
  ('openai', 'openai:sk-YOUR-KEY'),
  ('gemini', 'gemini:AIza-YOUR-KEY');
SELECT name, json_extract(options, '$.effective_model'), json_extract(options, '$.effective_url') FROM temp.rembed_clients
 WHERE name IN ('openai', 'gemini') ORDER BY name DESC;
--| openai|text-embedding-3-small|https://api.openai.com/v1/embeddings
--| gemini|gemini-embedding-001|https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents

-- test: provider and api_key in JSON reach that provider and not Ollama (D13)
INSERT INTO temp.rembed_clients VALUES ('json', '{"provider":"openai","api_key":"sk"}');
SELECT json_extract(options, '$.effective_url') FROM temp.rembed_clients WHERE name = 'json';
--| https://api.openai.com/v1/embeddings

-- test: environment variables, all of them
-- env: OPENAI_API_KEY=a
-- env: NOMIC_API_KEY=b
-- env: CO_API_KEY=c
-- env: JINA_API_KEY=d
-- env: MIXEDBREAD_API_KEY=e
INSERT INTO temp.rembed_clients(name, options) VALUES ('text-embedding-3-small', 'openai'), ('nomic-embed-text-v1.5', 'nomic'),
  ('embed-english-v3.0', 'cohere'), ('jina-embeddings-v2-base-en', 'jina'), ('mixedbread-ai/mxbai-embed-large-v1', 'mixedbread'),
  ('snowflake-arctic-embed:s', 'ollama'), ('llamafile', 'llamafile');
SELECT json_extract(options, '$.effective_model'), json_extract(options, '$.effective_url'), json_extract(options, '$.key_source')
  FROM temp.rembed_clients ORDER BY rowid DESC LIMIT 7;
-- env: OPENAI_API_KEY=
-- env: NOMIC_API_KEY=
-- env: CO_API_KEY=
-- env: JINA_API_KEY=
-- env: MIXEDBREAD_API_KEY=
-- expect like: %|http://localhost:8080/v1/embeddings|none
--| snowflake-arctic-embed:s|http://localhost:11434/api/embed|none
--| mixedbread-ai/mxbai-embed-large-v1|https://api.mixedbread.com/v1/embeddings|MIXEDBREAD_API_KEY
--| jina-embeddings-v2-base-en|https://api.jina.ai/v1/embeddings|JINA_API_KEY
--| embed-english-v3.0|https://api.cohere.com/v2/embed|CO_API_KEY
--| nomic-embed-text-v1.5|https://api-atlas.nomic.ai/v1/embedding/text|NOMIC_API_KEY
--| text-embedding-3-small|https://api.openai.com/v1/embeddings|OPENAI_API_KEY

-- test: Cohere's other variable (D15)
-- env: COHERE_API_KEY=c
INSERT INTO temp.rembed_clients VALUES ('cohere-other', 'cohere::embed-v4.0');
-- env: COHERE_API_KEY=
SELECT json_extract(options, '$.key_source') FROM temp.rembed_clients WHERE name = 'cohere-other';
--| COHERE_API_KEY

-- test: a missing key names the provider's own variable
INSERT INTO temp.rembed_clients VALUES ('no-key', 'jina::jina-embeddings-v3');
-- expect error: JINA_API_KEY

-- test: every model in the documents' tables
INSERT INTO temp.rembed_clients VALUES
  ('m1', rembed_client_options('format', 'openai', 'model', 'text-embedding-3-large', 'key', 'sk')),
  ('m2', '{"model":"gemini::text-embedding-004","key":"k"}'),
  ('m3', '{"model":"cohere::embed-english-v3.0","key":"k"}'),
  ('m4', '{"model":"mistral::mistral-embed","api_key":"k"}'),
  ('m5', 'ollama::nomic-embed-text'),
  ('m6', '{"provider":"google","api_key":"k"}');
SELECT name, json_extract(options, '$.provider'), json_extract(options, '$.effective_model') FROM temp.rembed_clients
 WHERE name BETWEEN 'm1' AND 'm6' AND length(name) = 2 ORDER BY name;
--| m1|openai|text-embedding-3-large
--| m2|gemini|text-embedding-004
--| m3|cohere|embed-english-v3.0
--| m4|mistral|mistral-embed
--| m5|ollama|nomic-embed-text
--| m6|google|gemini-embedding-001

-- test: anthropic::voyage-3 cannot embed and says what can (D14)
INSERT INTO temp.rembed_clients VALUES ('claude', '{"model":"anthropic::voyage-3","key":"k"}');
SELECT rembed('claude', 'hello');
-- expect error: Anthropic has no embedding API; use voyage

-- test: a custom url (D17)
INSERT INTO temp.rembed_clients(name, options) VALUES ('custom', rembed_client_options(
    'format', 'openai',
    'model', 'text-embedding-3-large',
    'url', '${SIM}/openai/v1/embeddings',
    'key', 'sk-YOUR-KEY'
  ));
SELECT length(rembed('custom', 'Hello, world!'));
-- requests: 1
--| 1024

-- test: asg017's ollama address still works
INSERT INTO temp.rembed_clients VALUES ('old-ollama', rembed_client_options('format', 'ollama', 'model', 'mxbai-embed-large', 'url', '${SIM}/ollama/api/embeddings'));
SELECT length(rembed('old-ollama', 'Hello, world!'));
--| 1024

-- test: asg017's llamafile without a model
INSERT INTO temp.rembed_clients VALUES ('file', rembed_client_options('format', 'llamafile', 'url', '${SIM}/llamacpp/embedding'));
SELECT length(rembed('file', 'Hello, world!'));
--| 1024

-- test: asg017's formats each at their own provider and not at OpenAI (D16)
INSERT INTO temp.rembed_clients VALUES ('n', rembed_client_options('format', 'nomic', 'model', 'nomic-embed-text-v1', 'key', 'k')),
  ('j', rembed_client_options('format', 'jina', 'model', 'jina-embeddings-v2', 'key', 'k')),
  ('x', rembed_client_options('format', 'mixedbread', 'model', 'mxbai', 'key', 'k'));
SELECT count(*) FROM temp.rembed_clients WHERE name IN ('n', 'j', 'x') AND options LIKE '%openai.com%';
--| 0

-- test: asg017's third argument
INSERT INTO temp.rembed_clients VALUES ('cohere-here', rembed_client_options('format', 'cohere', 'model', 'embed-english-v3.0', 'key', 'k', 'url', '${SIM}/cohere/v2/embed'));
SELECT length(rembed('cohere-here', 'The capital of the US', 'search_document')), length(rembed('cohere-here', 'capital', 'search_query'));
--| 1024|1024

-- test: a table column of embeddings, asg017's way
CREATE TABLE vec_articles(rowid INTEGER PRIMARY KEY, headline_embeddings BLOB);
INSERT INTO vec_articles(rowid, headline_embeddings) SELECT rowid, rembed('custom', headline) FROM articles;
SELECT headline FROM vec_articles AS v JOIN articles AS a ON a.rowid = v.rowid
 ORDER BY rembed_cosine(headline_embeddings, rembed('custom', 'gun trial jury')) DESC LIMIT 1;
--| The jury has been selected in Hunter Biden's gun trial

-- test: the batch round trip with json_each and base64_decode
DELETE FROM vec_articles;
WITH batch AS (
  SELECT json_group_array(headline) as texts,
         json_group_array(rowid) as ids
  FROM articles
),
embeddings AS (
  SELECT
    json_extract(ids, '$[' || key || ']') as article_id,
    value as embedding_b64
  FROM batch, json_each(rembed_batch('custom', texts))
)
INSERT INTO vec_articles(rowid, headline_embeddings)
SELECT article_id, base64_decode(embedding_b64) FROM embeddings;
-- requests: 1
SELECT count(*), sum(headline_embeddings = rembed('custom', headline)) FROM vec_articles AS v JOIN articles AS a ON a.rowid = v.rowid;
--| 5|5

-- test: the batch of the quick start
WITH texts AS (
  SELECT json_group_array(headline) as batch
  FROM articles
  LIMIT 100
)
SELECT json_array_length(rembed_batch('custom', batch))
FROM texts;
-- requests: 1
--| 5

-- test: json_array as the argument
SELECT json_array_length(rembed_batch('custom', json_array('text1', 'text2', 'text3')));
--| 3

-- test: chunked batches
WITH numbered AS (
  SELECT *, (ROW_NUMBER() OVER () - 1) / 2 as chunk_id
  FROM articles
),
chunks AS (
  SELECT chunk_id, json_group_array(headline) as texts
  FROM numbered
  GROUP BY chunk_id
)
SELECT chunk_id, json_array_length(rembed_batch('custom', texts)) as embeddings
FROM chunks;
-- requests: 3
--| 0|2
--| 1|2
--| 2|1

-- test: multimodal options with embedding_model (D18)
INSERT INTO temp.rembed_clients(name, options) VALUES
  ('ollama-vision', rembed_client_options(
    'format', 'ollama',
    'model', 'llava:7b',
    'embedding_model', 'nomic-embed-text',
    'url', '${SIM}/ollama'
  )),
  ('openai-vision', rembed_client_options(
    'format', 'openai',
    'model', 'gpt-4o',
    'embedding_model', 'text-embedding-3-small',
    'key', 'k', 'url', '${SIM}/openai/v1'
  ));
SELECT name, json_extract(options, '$.image_model'), json_extract(options, '$.effective_model') FROM temp.rembed_clients WHERE name LIKE '%-vision' ORDER BY 1;
--| ollama-vision|llava:7b|nomic-embed-text
--| openai-vision|gpt-4o|text-embedding-3-small

-- test: a text client and an image client are one client (D13)
SELECT length(rembed('ollama-vision', 'text')), length(rembed_image('ollama-vision', bytes)), length(rembed_image('openai-vision', bytes)) FROM picture;
--| 1024|1024|1024

-- test: rembed_image of a file through readfile_base64
SELECT test_writefile('${TMP}/photo.png', bytes) FROM picture;
SELECT rembed_image('ollama-vision', readfile_base64('${TMP}/photo.png')) = rembed_image('ollama-vision', bytes) FROM picture;
--| NULL
--| 1

-- test: rembed_image_prompt
SELECT length(rembed_image_prompt('ollama-vision', bytes, 'Describe the colors in this image')) FROM picture;
--| 1024

-- test: concurrent images and their statistics
WITH result AS MATERIALIZED (
  SELECT rembed_images_concurrent('ollama-vision', json_array(readfile_base64(bytes), readfile_base64(bytes))) AS data FROM picture
)
SELECT json_extract(data, '$.stats.total_processed'), json_extract(data, '$.stats.successful'), json_extract(data, '$.stats.failed'),
       json_extract(data, '$.stats.throughput') > 0, json_extract(data, '$.stats.total_duration_ms') >= 0,
       json_extract(data, '$.stats.avg_time_per_item_ms') >= 0, json_array_length(data, '$.embeddings') FROM result;
--| 2|2|0|1|1|1|2

-- test: concurrent images, one row each
SELECT key, length(base64_decode(value)) FROM json_each((SELECT json_extract(rembed_images_concurrent('ollama-vision',
  json_array(readfile_base64(bytes), readfile_base64(bytes))), '$.embeddings') FROM picture));
--| 0|1024
--| 1|1024

-- test: rembed_images_batch, which was promised and missing
SELECT json_array_length(rembed_images_batch('ollama-vision', json_group_array(readfile_base64(bytes)))) FROM picture;
--| 1

-- test: the options that were declared and never applied (D10)
INSERT INTO temp.rembed_clients VALUES ('tuned', rembed_client_options('format', 'ollama', 'model', 'nomic-embed-text', 'url', '${SIM}/ollama',
  'max_concurrent_requests', '6', 'request_timeout', 30, 'batch_size', '2'));
SELECT json_array_length(rembed_batch('tuned', json_array('a1', 'b2', 'c3', 'd4')));
SELECT json_extract(options, '$.max_concurrent_requests'), json_extract(options, '$.batch_size') FROM temp.rembed_clients WHERE name = 'tuned';
-- requests: 2
--| 4
--| 6|2

-- test: the nested options of the documents' JSON (D21)
INSERT INTO temp.rembed_clients VALUES ('with-options', '{"provider":"openai","api_key":"k","url":"${SIM}/openai/v1","options":{"dimensions":64,"user":"u-1"}}');
SELECT length(rembed('with-options', 'hello'));
--| 256

-- test: three clients with three keys
INSERT INTO temp.rembed_clients VALUES ('batch1', '{"provider":"openai","key":"k1","url":"${SIM}/openai/v1"}'),
  ('batch2', '{"provider":"openai","key":"k2","url":"${SIM}/openai/v1"}'), ('batch3', '{"provider":"openai","key":"bad-key","url":"${SIM}/openai/v1","on_error":"null"}');
SELECT rembed('batch1', 'x') IS NOT NULL, rembed('batch3', 'x') IS NULL, rembed('batch2', 'x') IS NOT NULL;
--| 1|1|1

-- test: the error texts that programs may look for
SELECT rembed('nobody', 'x');
-- expect error: Client with name nobody was not registered with rembed_clients.

-- test: odd arguments
SELECT rembed_client_options('format', 'openai', 'key');
-- expect error: Must have an even number of arguments to rembed_client_options, as key/value pairs.

-- test: an unknown format
INSERT INTO temp.rembed_clients VALUES ('oops', rembed_client_options('format', 'nobody', 'key', 'k'));
-- expect error: Unknown format 'nobody'

-- test: neither model nor format
INSERT INTO temp.rembed_clients VALUES ('oops', rembed_client_options('key', 'k'));
-- expect error: 'model' or 'format' key is required

-- test: invalid JSON array
SELECT rembed_batch('custom', 'not json');
-- expect error: Invalid JSON array: 

-- test: bad base64
SELECT base64_decode('%%%');
-- expect error: Base64 decode failed

-- test: the names and versions
SELECT rembed_version() LIKE 'v%', rembed_debug() LIKE 'Version: v%';
--| 1|1

-- test: SELECT * of the clients
SELECT count(*) > 10 FROM (SELECT * FROM temp.rembed_clients);
--| 1
