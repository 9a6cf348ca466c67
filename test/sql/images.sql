-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Images: the vision model describes them, the text model embeds the description.

INSERT INTO temp.rembed_clients VALUES
  ('mm', rembed_client_options('format', 'ollama', 'url', '${SIM}/ollama', 'model', 'llava:7b', 'embedding_model', 'nomic-embed-text')),
  ('word', rembed_client_options('format', 'ollama', 'url', '${SIM}/ollama', 'vision_model', 'llava:7b', 'prompt', 'in one word')),
  ('two', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'vision_provider', 'ollama', 'vision_url', '${SIM}/ollama')),
  ('endpoint', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1/embeddings')),
  ('blind', rembed_client_options('format', 'voyage', 'key', 'k', 'url', '${SIM}/voyage/v1')),
  ('tiny', rembed_client_options('format', 'ollama', 'url', '${SIM}/ollama', 'vision_model', 'llava:7b', 'max_image_bytes', 50)),
  ('soft', rembed_client_options('format', 'ollama', 'url', '${SIM}/ollama', 'vision_model', 'llava:7b', 'on_error', 'null')),
  ('t', rembed_client_options('format', 'ollama', 'url', '${SIM}/ollama', 'model', 'nomic-embed-text'));
CREATE TEMP TABLE picture(id INTEGER PRIMARY KEY, name, bytes);
INSERT INTO picture(name, bytes) VALUES
  ('red', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'),
  ('green', x'89504e470d0a1a0a0000000d4948445200000004000000040802000000269309290000000f4944415478da636058c08040c4710004430a01676feeb30000000049454e44ae426082'),
  ('blue', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da636060f88f8488e200008eb30ff15ba280bc0000000049454e44ae426082'),
  ('white', x'89504e470d0a1a0a0000000d4948445200000004000000040802000000269309290000000f4944415478da63f88f041888e30000db902fd1d73e0cf50000000049454e44ae426082');

-- test: a BLOB is described, then embedded: two requests
SELECT length(rembed_image('mm', bytes)), test_subtype(rembed_image('mm', bytes)) FROM picture WHERE name = 'red';
-- requests: 4
--| 1024|223

-- test: the description comes from the picture
SELECT rembed_describe('mm', bytes) FROM picture WHERE name IN ('red', 'blue') ORDER BY name;
-- requests: 2
-- expect like: A small 4x4 PNG picture, mostly blue, dark. Bytes ________.
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.

-- test: the vector is that of the description
SELECT rembed_image('mm', bytes) = rembed('t', rembed_describe('mm', bytes)) FROM picture;
--| 1
--| 1
--| 1
--| 1

-- test: text finds the picture of its colour
SELECT name FROM picture ORDER BY rembed_cosine(rembed('t', 'mostly green'), rembed_image('mm', bytes)) DESC LIMIT 1;
--| green

-- test: base64 text and a data URI are the same picture as the BLOB
SELECT rembed_image('mm', bytes) = rembed_image('mm', readfile_base64(bytes)),
       rembed_image('mm', bytes) = rembed_image('mm', 'data:image/png;base64,' || readfile_base64(bytes)) FROM picture WHERE name = 'red';
--| 1|1

-- test: the media type comes from the bytes, not from the data URI (D6)
SELECT rembed_describe('mm', 'data:image/jpeg;base64,' || readfile_base64(bytes)) LIKE '%PNG%' FROM picture WHERE name = 'red';
--| 1

-- test: a GIF and a JPEG are sent as what they are
SELECT rembed_describe('two', x'47494638396102000300800000ffffff00000021f90400000000002c00000000020003000002024401003b');
SELECT rembed_describe('two', x'ffd8ffc0001108000300020301220002110103110100000000000000ffd9');
-- expect like: A small 2x3 GIF picture.%
-- expect like: A small 2x3 JPEG picture.%

-- test: NULL gives NULL and sends nothing (D5)
SELECT rembed_image('mm', NULL), rembed_describe('mm', NULL), rembed_image_prompt('mm', NULL, 'what?');
-- requests: 0
--| NULL|NULL|NULL

-- test: an empty BLOB and empty text give NULL and send nothing
SELECT rembed_image('mm', x''), rembed_image('mm', '');
-- requests: 0
--| NULL|NULL

-- test: bytes that are no picture
SELECT rembed_image('mm', x'000102030405060708');
-- requests: 0
-- expect error: client 'mm': not an image

-- test: text that is no base64
SELECT rembed_image('mm', 'photo.jpg');
-- requests: 0
-- expect error: Base64 decode failed

-- test: a data URI that is not base64
SELECT rembed_image('mm', 'data:image/png,abcdef');
-- expect error: data URI

-- test: a number is no picture
SELECT rembed_image('mm', 7);
-- expect error: not a number

-- test: a picture over max_image_bytes is not sent
SELECT rembed_image('tiny', bytes) FROM picture WHERE name = 'red';
-- requests: 0
-- expect error: over max_image_bytes 50

-- test: a picture that the server cannot read
SELECT rembed_image('mm', x'89504e470d0a1a0a0000000000');
-- expect error: client 'mm': HTTP 400

-- test: on_error null
SELECT rembed_image('soft', x'89504e470d0a1a0a0000000000'), rembed_image('soft', x'00');
--| NULL|NULL

-- test: the prompt of the client is asked
SELECT rembed_describe('word', bytes) FROM picture WHERE name = 'green';
--| green

-- test: the prompt of the call is asked
SELECT rembed_describe('mm', bytes, 'the colour in one word') FROM picture WHERE name = 'blue';
--| blue

-- test: rembed_image_prompt embeds the answer to the prompt
SELECT rembed_image_prompt('mm', bytes, 'the colour in one word') = rembed('t', 'red') FROM picture WHERE name = 'red';
--| 1

-- test: a constant picture makes its two requests once
SELECT count(rembed_image('mm', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082')) FROM picture;
-- requests: 2
--| 4

-- test: the same picture with two prompts is not confused
SELECT rembed_describe('mm', (SELECT bytes FROM picture WHERE name = 'red'), x)
  FROM (SELECT 'in one word' AS x UNION ALL SELECT 'at length');
--| red
-- expect like: A small 4x4 PNG picture%

-- test: the vision model may be another provider's
SELECT length(rembed_image('two', bytes)) FROM picture WHERE name = 'red';
-- requests: 2
--| 1024

-- test: without a vision model the error names the options
SELECT rembed_image('blind', bytes) FROM picture WHERE name = 'red';
-- requests: 0
-- expect error: set the options vision_provider and vision_model

-- test: beside a full endpoint the error names vision_url
SELECT rembed_image('endpoint', bytes) FROM picture WHERE name = 'red';
-- requests: 0
-- expect error: vision_url

-- test: rembed_images_batch keeps order and length
SELECT group_concat((SELECT name FROM picture WHERE rembed_image('mm', bytes) = base64_decode(v.value)))
  FROM json_each((SELECT rembed_images_batch('mm', json_group_array(readfile_base64(bytes))) FROM picture)) AS v;
--| red,green,blue,white

-- test: rembed_images_batch fails with the place
SELECT rembed_images_batch('mm', json_array((SELECT readfile_base64(bytes) FROM picture WHERE id = 1), 'AAAA'));
-- expect error: item 1: not an image

-- test: rembed_images_batch keeps null where null was
SELECT json_array_length(r), json_type(r, '$[0]'), json_type(r, '$[1]'), json_type(r, '$[2]') FROM (
  SELECT rembed_images_batch('mm', json_array(NULL, (SELECT readfile_base64(bytes) FROM picture WHERE id = 1), '')) AS r);
--| 3|null|text|null

-- test: rembed_images_batch takes objects with a prompt of their own
SELECT base64_decode(json_extract(rembed_images_batch('mm', json_array(json_object('image',
  (SELECT readfile_base64(bytes) FROM picture WHERE id = 1), 'prompt', 'in one word'))), '$[0]')) = rembed('t', 'red');
--| 1

-- test: text among the images is embedded as text
SELECT base64_decode(json_extract(rembed_images_batch('mm', '[{"text":"a red bicycle"}]'), '$[0]')) = rembed('t', 'a red bicycle');
--| 1

-- test: an item with text and image is refused
SELECT rembed_images_batch('mm', json_array(json_object('text', 'a', 'image', (SELECT readfile_base64(bytes) FROM picture WHERE id = 1))));
-- requests: 0
-- expect error: item 0: an item with both text and image

-- test: rembed_images_concurrent gives embeddings in input order, errors and stats (D1)
SELECT json_array_length(r, '$.embeddings'), json_array_length(r, '$.errors'), json_extract(r, '$.stats.total_processed'),
       json_extract(r, '$.stats.successful'), json_extract(r, '$.stats.failed'), json_extract(r, '$.stats.max_concurrent_requests'),
       json_extract(r, '$.stats.total_duration_ms') >= 0, json_extract(r, '$.stats.throughput') > 0,
       json_extract(r, '$.stats.avg_time_per_item_ms') >= 0
  FROM (SELECT rembed_images_concurrent('mm', json_group_array(readfile_base64(bytes))) AS r FROM picture);
--| 4|0|4|4|0|4|1|1|1

-- test: a failure has its index and its message, the others their vectors (D2)
-- sim: {"vision_latency_ms": 10, "jitter_ms": 30}
CREATE TEMP TABLE answer AS SELECT rembed_images_concurrent('mm', json_array(
  (SELECT readfile_base64(bytes) FROM picture WHERE id = 1), 'bm90IGFuIGltYWdl',
  (SELECT readfile_base64(bytes) FROM picture WHERE id = 2), NULL, 'iVBORw0KGgoAAAAAAA==',
  (SELECT readfile_base64(bytes) FROM picture WHERE id = 3))) AS r;
SELECT v.key, v.type, (SELECT name FROM picture WHERE rembed_image('mm', bytes) = base64_decode(v.value))
  FROM answer, json_each(r, '$.embeddings') AS v;
SELECT json_extract(e.value, '$.index'), json_extract(e.value, '$.message') FROM answer, json_each(r, '$.errors') AS e;
SELECT json_extract(r, '$.stats.total_processed'), json_extract(r, '$.stats.successful'), json_extract(r, '$.stats.failed') FROM answer;
--| 0|text|red
--| 1|null|NULL
--| 2|text|green
--| 3|null|NULL
--| 4|null|NULL
--| 5|text|blue
-- expect like: 1|not an image%
-- expect like: 4|HTTP 400%
--| 6|3|2

-- test: if all fail the call still gives a row of nulls
SELECT json_extract(r, '$.embeddings'), json_extract(r, '$.stats.failed') FROM (SELECT rembed_images_concurrent('mm', '["AAAA","AAAA"]') AS r);
-- requests: 0
--| [null,null]|2

-- test: the vision requests overlap, at most max_concurrent_requests at once
-- sim: {"vision_latency_ms": 50}
SELECT json_extract(rembed_images_concurrent('mm', (SELECT json_group_array(readfile_base64(bytes)) FROM picture, (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3))), '$.stats.successful');
--| 12

-- test: NULL is NULL
SELECT rembed_images_concurrent('mm', NULL), rembed_images_batch('mm', NULL);
--| NULL|NULL

-- test: an empty array
SELECT rembed_images_batch('mm', '[]'), json_extract(rembed_images_concurrent('mm', '[]'), '$.stats.total_processed');
-- requests: 0
--| []|0

-- test: images under one key go to one provider only
SELECT count(rembed_image('two', bytes)) FROM picture;
-- requests: 8
--| 4
