-- SPDX-License-Identifier: MIT OR Apache-2.0
-- temp.rembed_clients: every form of options, every kind of write, what is shown and what is not.

-- test: a fresh connection has the default clients and nothing else
SELECT name FROM temp.rembed_clients;
--| local
--| ollama-multimodal

-- test: provider:key takes the provider's default model
INSERT INTO temp.rembed_clients(name, options) VALUES ('short', 'openai:sk-secret-one');
SELECT json_extract(options, '$.provider'), json_extract(options, '$.effective_model'),
       json_extract(options, '$.effective_url'), json_extract(options, '$.key_source')
  FROM temp.rembed_clients WHERE name = 'short';
--| openai|text-embedding-3-small|https://api.openai.com/v1/embeddings|option

-- test: provider:key takes the client's name for the model when it looks like one
INSERT INTO temp.rembed_clients VALUES ('text-embedding-3-large', 'openai:sk-x');
SELECT json_extract(options, '$.effective_model') FROM temp.rembed_clients WHERE name = 'text-embedding-3-large';
--| text-embedding-3-large

-- test: the bare provider takes the client's name for the model
-- env: OPENAI_API_KEY=sk-from-environment
INSERT INTO temp.rembed_clients VALUES ('text-embedding-ada-002', 'openai');
SELECT json_extract(options, '$.effective_model'), json_extract(options, '$.key_source')
  FROM temp.rembed_clients WHERE name = 'text-embedding-ada-002';
-- env: OPENAI_API_KEY=
-- expect not: sk-from-environment
--| text-embedding-ada-002|OPENAI_API_KEY

-- test: the bare provider under its own name takes the default model
-- env: OPENAI_API_KEY=sk-from-environment
INSERT INTO temp.rembed_clients VALUES ('openai', 'openai');
SELECT json_extract(options, '$.effective_model') FROM temp.rembed_clients WHERE name = 'openai';
-- env: OPENAI_API_KEY=
--| text-embedding-3-small

-- test: provider::model keeps the tag of the model
INSERT INTO temp.rembed_clients VALUES ('tagged', 'ollama::nomic-embed-text:latest');
SELECT json_extract(options, '$.effective_model'), json_extract(options, '$.key_source')
  FROM temp.rembed_clients WHERE name = 'tagged';
--| nomic-embed-text:latest|none

-- test: a JSON object, with a nested options object merged
INSERT INTO temp.rembed_clients VALUES
  ('nested', '{"provider":"openai","key":"k","options":{"dimensions":256,"user":"me"}}');
SELECT json_extract(options, '$.dimensions'), json_extract(options, '$.user') FROM temp.rembed_clients
 WHERE name = 'nested';
--| 256|me

-- test: rembed_client_options gives the JSON, format and api_key are aliases
INSERT INTO temp.rembed_clients VALUES ('built', rembed_client_options(
  'format', 'cohere', 'model', 'embed-multilingual-v3.0', 'api_key', 'k-hidden'));
SELECT json_extract(options, '$.provider'), json_extract(options, '$.effective_model'), options LIKE '%k-hidden%'
  FROM temp.rembed_clients WHERE name = 'built';
--| cohere|embed-multilingual-v3.0|0

-- test: options may come from a table and from a bound expression
CREATE TEMP TABLE settings(name, options);
INSERT INTO settings VALUES ('from-table', 'ollama::all-minilm');
INSERT INTO temp.rembed_clients SELECT name, options FROM settings;
SELECT name, json_extract(options, '$.effective_model') FROM temp.rembed_clients WHERE name = 'from-table';
--| from-table|all-minilm

-- test: name is a key: a second INSERT is refused
INSERT INTO temp.rembed_clients VALUES ('tagged', 'ollama::other');
-- expect error: exists already

-- test: INSERT OR REPLACE replaces
INSERT OR REPLACE INTO temp.rembed_clients VALUES ('tagged', 'ollama::other');
SELECT count(*), max(json_extract(options, '$.effective_model')) FROM temp.rembed_clients WHERE name = 'tagged';
--| 1|other

-- test: INSERT OR IGNORE leaves the first
INSERT OR IGNORE INTO temp.rembed_clients VALUES ('tagged', 'ollama::third');
SELECT json_extract(options, '$.effective_model') FROM temp.rembed_clients WHERE name = 'tagged';
--| other

-- test: the default client may be replaced by a plain INSERT
INSERT INTO temp.rembed_clients VALUES ('ollama-multimodal', 'ollama::mine');
SELECT json_extract(options, '$.effective_model') FROM temp.rembed_clients WHERE name = 'ollama-multimodal';
--| mine

-- test: UPDATE of the options keeps the name
UPDATE temp.rembed_clients SET options = 'ollama::updated' WHERE name = 'tagged';
SELECT json_extract(options, '$.effective_model') FROM temp.rembed_clients WHERE name = 'tagged';
--| updated

-- test: UPDATE of the name keeps options and key
INSERT INTO temp.rembed_clients VALUES ('before', rembed_client_options('format', 'openai', 'key', 'k',
  'url', '${SIM}/openai/v1', 'model', 'm'));
UPDATE temp.rembed_clients SET name = 'after' WHERE name = 'before';
SELECT length(rembed('after', 'hello'));
SELECT count(*) FROM temp.rembed_clients WHERE name = 'before';
-- requests: 1
--| 1024
--| 0

-- test: UPDATE to a name that is taken is refused
UPDATE temp.rembed_clients SET name = 'tagged' WHERE name = 'after';
-- expect error: exists already

-- test: UPDATE with bad options leaves the client as it was
UPDATE temp.rembed_clients SET options = 'nobody:key' WHERE name = 'after';
-- expect error: Unknown format

-- test: the client of the failed UPDATE still works
SELECT length(rembed('after', 'hello again'));
--| 1024

-- test: DELETE removes a client
DELETE FROM temp.rembed_clients WHERE name = 'after';
SELECT rembed('after', 'hello');
-- expect error: Client with name after was not registered with rembed_clients.

-- test: DELETE of the default client, so that a connection has no way out
DELETE FROM temp.rembed_clients;
SELECT count(*) FROM temp.rembed_clients;
--| 0

-- test: DELETE with a condition keeps the others
INSERT INTO temp.rembed_clients VALUES ('a', 'ollama::a'), ('b', 'ollama::b'), ('c', 'ollama::c');
DELETE FROM temp.rembed_clients WHERE name IN ('a', 'c');
SELECT name FROM temp.rembed_clients;
--| b

-- test: the table can be the inner side of a join (D8)
INSERT INTO temp.rembed_clients VALUES ('d', 'ollama::d');
SELECT x.column1, count(c.name) FROM (VALUES (1), (2), (3)) AS x, temp.rembed_clients AS c GROUP BY 1;
--| 1|2
--| 2|2
--| 3|2

-- test: the table can be joined by name
SELECT x.column1, json_extract(c.options, '$.effective_model')
  FROM (VALUES ('d'), ('nobody'), ('b')) AS x LEFT JOIN temp.rembed_clients AS c ON c.name = x.column1;
--| d|d
--| nobody|NULL
--| b|b

-- test: ROLLBACK does not undo a registration, as documented
BEGIN;
INSERT INTO temp.rembed_clients VALUES ('kept', 'ollama::kept');
ROLLBACK;
SELECT count(*) FROM temp.rembed_clients WHERE name = 'kept';
--| 1

-- test: two clients with two keys of one provider work side by side (D12)
INSERT INTO temp.rembed_clients VALUES
  ('good', rembed_client_options('format', 'openai', 'key', 'good-key', 'url', '${SIM}/openai/v1')),
  ('bad', rembed_client_options('format', 'openai', 'key', 'bad-key', 'url', '${SIM}/openai/v1'));
SELECT length(rembed('good', 'x'));
--| 1024

-- test: the second of the two is refused on its own
SELECT rembed('bad', 'x');
-- expect error: HTTP 401
-- expect not: bad-key

-- test: and the first still works afterwards
SELECT length(rembed('good', 'y'));
--| 1024

-- test: no key in any SELECT
INSERT INTO temp.rembed_clients VALUES ('secrets', rembed_client_options('format', 'openai',
  'key', 'SECRET-1', 'vision_key', 'SECRET-2', 'headers', '{"X-Token":"SECRET-3"}'));
SELECT count(*) FROM temp.rembed_clients WHERE options LIKE '%SECRET%';
--| 0

-- test: a key in the place of the provider is not repeated
INSERT INTO temp.rembed_clients VALUES ('oops', 'sk-proj-VERYSECRET0123456789');
-- expect error: Unknown format
-- expect not: VERYSECRET

-- test: malformed JSON with :: in it is a JSON error and does not show the key (D20)
INSERT INTO temp.rembed_clients VALUES ('oops', '{"model":"openai::x","key":"VERYSECRET"');
-- expect error: JSON
-- expect not: VERYSECRET

-- test: a provider name with = in it cannot reach the environment (D12)
INSERT INTO temp.rembed_clients VALUES ('oops', 'a=b:k');
-- expect error: Unknown format

-- test: an unknown option lists the valid ones
INSERT INTO temp.rembed_clients VALUES ('oops', '{"provider":"openai","key":"k","dimension":3}');
-- expect error: unknown option 'dimension'; the options are: provider, model, url

-- test: an option out of its bounds
INSERT INTO temp.rembed_clients VALUES ('oops', '{"provider":"openai","key":"k","dimensions":0}');
-- expect error: option 'dimensions' must be a whole number from 1 to 65536

-- test: an option of the wrong type
INSERT INTO temp.rembed_clients VALUES ('oops', '{"provider":"openai","key":7}');
-- expect error: option 'key' must be text

-- test: a word that is not one of its words
INSERT INTO temp.rembed_clients VALUES ('oops', '{"provider":"openai","key":"k","output":"int4"}');
-- expect error: float32|int8|bit

-- test: an option that the provider cannot honour is not dropped silently
INSERT INTO temp.rembed_clients VALUES ('oops', '{"provider":"together","key":"k","dimensions":3}');
-- expect error: provider 'together' has no option for dimensions

-- test: input_type where the provider has none
INSERT INTO temp.rembed_clients VALUES ('oops', '{"provider":"openai","key":"k","input_type":"query"}');
-- expect error: has no input_type

-- test: image_mode native is refused where nothing native is supported
INSERT INTO temp.rembed_clients VALUES ('oops', '{"provider":"openai","key":"k","image_mode":"native"}');
-- expect error: image_mode native

-- test: no key anywhere names the provider's own variable
INSERT INTO temp.rembed_clients VALUES ('oops', 'mistral::mistral-embed');
-- expect error: MISTRAL_API_KEY environment variable not defined

-- test: key_env names another variable
-- env: MY_OWN_KEY=k-env
INSERT INTO temp.rembed_clients VALUES ('other-env', rembed_client_options('format', 'openai',
  'key_env', 'MY_OWN_KEY', 'url', '${SIM}/openai/v1'));
-- env: MY_OWN_KEY=
SELECT json_extract(options, '$.key_source') FROM temp.rembed_clients WHERE name = 'other-env';
SELECT length(rembed('other-env', 'hello'));
--| MY_OWN_KEY
--| 1024

-- test: key_env with an unset variable
INSERT INTO temp.rembed_clients VALUES ('oops', '{"provider":"openai","key_env":"NOT_SET_ANYWHERE"}');
-- expect error: NOT_SET_ANYWHERE, which is not set

-- test: the provider's variable is not sent to somebody else's url
-- env: OPENAI_API_KEY=sk-from-environment
INSERT INTO temp.rembed_clients VALUES ('elsewhere', '{"provider":"openai","url":"${SIM}/v1"}');
-- env: OPENAI_API_KEY=
SELECT json_extract(options, '$.key_source'), length(rembed('elsewhere', 'hello'))
  FROM temp.rembed_clients WHERE name = 'elsewhere';
--| none|1024

-- test: neither provider nor model
INSERT INTO temp.rembed_clients VALUES ('oops', '{"dimensions":3}');
-- expect error: 'model' or 'format' key is required

-- test: empty options
INSERT INTO temp.rembed_clients VALUES ('oops', '  ');
-- expect error: client options required

-- test: NULL options
INSERT INTO temp.rembed_clients(name) VALUES ('oops');
-- expect error: client options required

-- test: options that are a BLOB
INSERT INTO temp.rembed_clients VALUES ('oops', x'00');
-- expect error: client options required

-- test: a client without a name
INSERT INTO temp.rembed_clients VALUES (NULL, 'ollama::x');
-- expect error: a client needs a name

-- test: a url that is none
INSERT INTO temp.rembed_clients VALUES ('oops', '{"provider":"ollama","url":"localhost:11434"}');
-- expect error: must start with http:// or https://

-- test: a url with a line end in it
INSERT INTO temp.rembed_clients VALUES ('oops', json_object('provider', 'ollama', 'url', 'http://x/' || char(13,10) || 'Host: y'));
-- expect error: control character

-- test: no failed INSERT left anything behind
SELECT count(*) FROM temp.rembed_clients WHERE name = 'oops';
--| 0

-- test: a header with a line end cannot smuggle another header
INSERT INTO temp.rembed_clients VALUES ('smuggler', json_object('provider', 'openai', 'key', 'k',
  'url', '${SIM}/openai/v1', 'headers', json_object('X-A', 'b' || char(13,10) || 'X-Evil: 1')));
SELECT rembed('smuggler', 'x');
-- expect error: header

-- test: headers and extra reach the request
INSERT INTO temp.rembed_clients VALUES ('extra', json_object('provider', 'openai', 'key', 'k', 'model', 'm',
  'url', '${SIM}/openai/v1', 'headers', json_object('X-Sim-Fault', 'status=418')));
SELECT rembed('extra', 'x');
-- expect error: HTTP 418

-- test: extra is merged into the body and its members win
INSERT INTO temp.rembed_clients VALUES ('extra-body', json_object('provider', 'openai', 'key', 'k', 'model', 'm',
  'url', '${SIM}/openai/v1', 'extra', json_object('dimensions', 8)));
SELECT length(rembed('extra-body', 'x'));
--| 32

-- test: the stats of a client count what it did
SELECT requests, items, retries, errors, bytes_in > 0, in_flight FROM rembed_stats WHERE client = 'extra-body';
--| 1|1|0|0|1|0

-- test: the providers are a table
SELECT name, default_model, key_env FROM rembed_providers WHERE name IN ('openai', 'ollama', 'anthropic') ORDER BY 1;
--| anthropic|NULL|ANTHROPIC_API_KEY
--| ollama|nomic-embed-text|OLLAMA_API_KEY
--| openai|text-embedding-3-small|OPENAI_API_KEY
