-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Corners that no other file turns: columns that are rarely read, arguments that are rarely given, and
-- answers that servers rarely give.

INSERT INTO temp.rembed_clients VALUES
  ('c', '{"provider":"openai","key":"k","url":"${SIM}/openai/v1"}'),
  ('d', '{"provider":"openai","key":"k","url":"${SIM}/openai/v1"}');

-- test: latencies are told once there are some
SELECT p50_ms, p95_ms FROM rembed_stats WHERE client = 'c';
SELECT length(rembed('c', 'one')), length(rembed('c', 'two')), length(rembed('c', 'three'));
SELECT p50_ms >= 0, p95_ms >= p50_ms, p95_ms < 10000 FROM rembed_stats WHERE client = 'c';
--| NULL|NULL
--| 1024|1024|1024
--| 1|1|1

-- test: every column of the providers
SELECT aliases, base_url, default_vision_model IS NOT NULL, max_batch_items, base64, note FROM rembed_providers WHERE name = 'openai';
SELECT count(note) > 0, count(unconfirmed) > 0, count(max_batch_tokens) > 0, sum(dimensions) > 9, sum(input_type) > 5 FROM rembed_providers;
SELECT count(*) = count(DISTINCT rowid) AND min(rowid) = 1 FROM rembed_providers;
SELECT count(*) = count(DISTINCT rowid) FROM rembed_stats;
--| NULL|https://api.openai.com/v1|1|2048|1|NULL
--| 1|1|1|1|1
--| 1
--| 1

-- test: the rows of a stream are numbered
SELECT group_concat(rowid, ' ') FROM rembed_each('c', '["a", "b", "c"]');
--| 1 2 3

-- test: a client needs a name
SELECT rembed_batch(NULL, '["a"]');
-- expect error: the client's name is NULL; name a client of rembed_clients

-- test: the rowid of a client stays
UPDATE temp.rembed_clients SET rowid = 77 WHERE name = 'c';
-- expect error: the rowid of a client cannot be changed

-- test: two clients cannot have one name
UPDATE temp.rembed_clients SET name = 'd', options = 'openai:k' WHERE name = 'c';
-- expect error: a client of that name exists already

-- test: bits come in eights
INSERT INTO temp.rembed_clients VALUES ('ten', '{"provider":"openai","key":"k","url":"${SIM}/openai/v1","dimensions":10,"output":"bit"}');
SELECT rembed('ten', 'x');
-- expect error: output bit needs a multiple of 8 dimensions; the model gives 10

-- test: a provider without a default needs a model
INSERT INTO temp.rembed_clients VALUES ('x', '{"provider":"openai-compatible","url":"${SIM}/openai/v1"}');
-- expect error: 'model' option is required for provider

-- test: base64 of an image may be written with escapes
INSERT INTO temp.rembed_clients VALUES ('nomic', '{"provider":"nomic","key":"k","url":"${SIM}/nomic/v1"}');
SELECT json_array_length(rembed_images_batch('nomic', replace(json_array(readfile_base64(x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082')), '/', '\/')));
--| 1

-- test: a token that is refused, and no other to be had
INSERT INTO temp.rembed_clients VALUES ('iam', '{"provider":"watsonx","key":"k","account":"p","url":"${SIM}/fault/status=401/watsonx/ml/v1","token_url":"${SIM}/fault/status=400+after=1/watsonx/identity/token","batch_size":1,"max_concurrent_requests":2}');
SELECT count(*), count(DISTINCT error), count(embedding) FROM rembed_each('iam', '["a", "b", "c", "d"]');
SELECT in_flight FROM rembed_stats WHERE client = 'iam';
--| 4|1|0
--| 0

-- test: HTTP/2 is spoken where the server offers it, else HTTP/1.1
INSERT INTO temp.rembed_clients VALUES ('h2', '{"provider":"openai","key":"k","url":"${SIM}/openai/v1","http2":true}');
SELECT length(rembed('h2', 'hello'));
--| 1024


-- test: watsonx may be told its space in place of an account
INSERT INTO temp.rembed_clients VALUES ('space', '{"provider":"watsonx","key":"k","url":"${SIM}/watsonx/ml/v1","token_url":"${SIM}/watsonx/identity/token","extra":{"space_id":"s"}}');
SELECT json_extract(options, '$.extra.space_id') FROM temp.rembed_clients WHERE name = 'space';
--| s

-- test: a token that does not come
INSERT INTO temp.rembed_clients VALUES ('none', '{"provider":"watsonx","key":"k","account":"p","url":"${SIM}/watsonx/ml/v1","token_url":"${SIM}/fault/empty/watsonx/identity/token"}');
SELECT rembed('none', 'x');
-- expect error: no "access_token" in the reply of

-- test: most images of a request, and a client that only describes
SELECT max_batch_images > 0 FROM rembed_providers WHERE name = 'voyage';
INSERT INTO temp.rembed_clients VALUES ('sees', '{"provider":"anthropic","key":"k","url":"${SIM}/anthropic/v1"}');
SELECT requests FROM rembed_stats WHERE client = 'sees';
--| 1
--| 0

-- test: the findings of the doctor are rows as any
SELECT count(DISTINCT rowid), count(DISTINCT client), min(client) FROM rembed_doctor('c');
--| 12|1|c

-- test: what a server says of an account, and of dimensions it does not have
INSERT INTO temp.rembed_clients VALUES
  ('poor', '{"provider":"openai","key":"k","url":"${SIM}/fault/status=402/openai/v1"}');
SELECT ok, detail FROM rembed_doctor('poor') WHERE name = 'authentication';
--| 1|accepted with the key of the options, but the account has no quota left

-- test: NULL is no client
SELECT rembed_model_info(NULL);
-- expect error: the client's name is NULL
