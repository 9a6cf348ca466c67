-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The models that run in this process: the built-in one under every function, and models in folders.
-- Nothing here may make a request.

-- test: the client is there, and gives a vector of unit length
SELECT length(rembed('local', 'hello')), test_subtype(rembed('local', 'hello')),
       abs(rembed_cosine(rembed('local', 'hello'), rembed('local', 'hello')) - 1) < 1e-6;
--| 1024|223|1
-- requests: 0

-- test: rembed_local gives the same bytes without a client
SELECT rembed('local', 'a text') = rembed_local('a text'), test_subtype(rembed_local('a text'));
--| 1|0

-- test: case, accents and punctuation of no meaning do not count
SELECT rembed_local('Hello') = rembed_local('hello'), rembed_local('naïve') = rembed_local('naive');
--| 1|1

-- test: what is near in meaning is near
SELECT rembed_cosine(rembed_local('how to repair a flat tyre'), rembed_local('fixing a punctured bicycle wheel'))
       > rembed_cosine(rembed_local('how to repair a flat tyre'), rembed_local('an apartment with a view of the sea')) + 0.1,
       rembed_cosine(rembed_local('the cat sleeps'), rembed_local('a kitten naps'))
       > rembed_cosine(rembed_local('the cat sleeps'), rembed_local('the parliament sits')) + 0.1;
--| 1|1

-- test: NULL, blank and texts without a known token give NULL
SELECT rembed('local', NULL), rembed('local', ''), rembed('local', '  '), rembed('local', '⠀'), rembed_local(NULL),
       rembed_local(''), rembed_local('[PAD]');
--| NULL|NULL|NULL|NULL|NULL|NULL|NULL

-- test: numbers are texts
SELECT rembed('local', 42) = rembed_local('42'), rembed_local(4.5) = rembed_local('4.5');
--| 1|1

-- test: fewer dimensions are the first ones, of unit length again
SELECT length(rembed_local('hello', 64)), length(rembed_local('hello', 1)),
       rembed_local('hello', 256) = rembed_local('hello'),
       abs(rembed_cosine(rembed_local('hello', 64), substr(rembed_local('hello'), 1, 256)) - 1) < 1e-6;
--| 256|4|1|1

-- test: dims out of range
SELECT rembed_local('hello', 0);
-- expect error: dims must be a whole number from 1 to 256

-- test: dims that are no number
SELECT rembed_local('hello', 'many');
-- expect error: dims must be a whole number from 1 to 256

-- test: a BLOB is no text
SELECT rembed_local(x'00');
-- expect error: takes text

-- test: rembed_batch
SELECT json_array_length(b), json_extract(b, '$[1]'), base64_decode(json_extract(b, '$[0]')) = rembed_local('one')
  FROM (SELECT rembed_batch('local', '["one", null, "two"]') AS b);
--| 3|NULL|1
-- requests: 0

-- test: rembed_each, with tokens
SELECT idx, embedding = rembed_local('one'), error, tokens, ms, attempts FROM rembed_each('local', '["one", "", "one two three"]');
--| 0|1|NULL|1.0|NULL|0
--| 1|NULL|NULL|NULL|NULL|0
--| 2|0|NULL|3.0|NULL|0

-- test: rembed_stream over a thousand rows
CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO docs SELECT i, 'document number ' || i FROM n;
SELECT count(*), sum(s.embedding = rembed_local(d.body)), sum(error IS NOT NULL)
  FROM rembed_stream('local', 'SELECT id, body FROM docs') s JOIN docs d ON d.id = s.id;
--| 1000|1000|0
-- requests: 0

-- test: rembed_into
CREATE TABLE vectors(id INTEGER PRIMARY KEY, embedding BLOB);
SELECT json_extract(rembed_into('local', 'SELECT id, body FROM docs', 'INSERT INTO vectors VALUES (?1, ?2)'), '$.embedded');
SELECT count(*), count(embedding) FROM vectors;
--| 1000
--| 1000|1000

-- test: generated columns and indexes on expressions
CREATE TABLE notes(body TEXT, v BLOB GENERATED ALWAYS AS (rembed_local(body, 64)) STORED);
CREATE INDEX notes_v ON notes(rembed_local(body));
INSERT INTO notes(body) VALUES ('a cat'), ('a dog');
SELECT body, length(v) FROM notes WHERE rembed_local(body) = rembed_local('a DOG');
--| a dog|256
EXPLAIN QUERY PLAN SELECT body FROM notes WHERE rembed_local(body) = rembed_local('a DOG');
-- expect like: %notes_v%

-- test: triggers
CREATE TABLE memo(id INTEGER PRIMARY KEY, body TEXT, v BLOB);
CREATE TRIGGER memo_v AFTER INSERT ON memo BEGIN UPDATE memo SET v = rembed_local(new.body) WHERE id = new.id; END;
INSERT INTO memo(body) VALUES ('a cat');
SELECT v = rembed_local('a cat') FROM memo;
--| 1

-- test: what the model is
SELECT json_extract(i, '$.id'), json_extract(i, '$.dims'), length(json_extract(i, '$.sha256')), json_extract(i, '$.language'),
       json_extract(i, '$.licence') FROM (SELECT rembed_model_info('local') AS i);
--| rembed-local-en-256-v1|256|64|en|Apache-2.0

-- test: rembed_model_info of a client whose model is elsewhere
SELECT rembed_model_info('ollama-multimodal');
-- expect error: its model runs at provider 'ollama'

-- test: rembed_model_info of nobody
SELECT rembed_model_info('nobody');
-- expect error: was not registered

-- test: images: the error names what to do
SELECT rembed_image('local', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
-- expect error: set the options vision_provider and vision_model

-- test: images described by somebody else, the description embedded here
INSERT INTO temp.rembed_clients VALUES ('seeing', rembed_client_options('format', 'local', 'vision_provider', 'ollama',
  'vision_model', 'llava:7b', 'vision_url', '${SIM}/ollama'));
SELECT length(rembed_image('seeing', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082')),
       rembed('seeing', 'a text') = rembed_local('a text');
--| 1024|1
-- requests: 1

-- test: dimensions and output of a client
INSERT INTO temp.rembed_clients VALUES ('short', '{"provider":"local","dimensions":64}'),
  ('bits', '{"provider":"local","output":"bit"}'), ('bytes', '{"provider":"local","output":"int8","dimensions":128}');
SELECT rembed('short', 'hello') = rembed_local('hello', 64), length(rembed('bits', 'hello')), length(rembed('bytes', 'hello'));
--| 1|32|128

-- test: more dimensions than the model has
INSERT INTO temp.rembed_clients VALUES ('long', '{"provider":"local","dimensions":512}');
-- expect error: the model has only 256

-- test: the name of the model stands for this model alone
INSERT INTO temp.rembed_clients VALUES ('pinned', 'local::rembed-local-en-256-v1');
SELECT rembed('pinned', 'x') = rembed_local('x');
--| 1

-- test: another model under that provider
INSERT INTO temp.rembed_clients VALUES ('other', 'local::rembed-local-en-256-v9');
-- expect error: the built-in model is 'rembed-local-en-256-v1'

-- test: any name may stand for it
INSERT INTO temp.rembed_clients VALUES ('mine', 'local');
SELECT rembed('mine', 'x') = rembed_local('x');
--| 1

-- test: options of servers are refused: a key
INSERT INTO temp.rembed_clients VALUES ('keyed', 'local:sk-secret');
-- expect error: has no option 'key'
-- expect not: sk-secret

-- test: options of servers are refused: a timeout
INSERT INTO temp.rembed_clients VALUES ('slow', '{"provider":"local","request_timeout":5}');
-- expect error: option 'request_timeout' has no use

-- test: an input_type needs a prefix to mean anything
SELECT rembed('local', 'hello', 'query');
-- expect error: has no input_type

-- test: prefixes
INSERT INTO temp.rembed_clients VALUES ('prefixed', '{"provider":"local","query_prefix":"find: "}');
SELECT rembed('prefixed', 'hello', 'query') = rembed_local('find: hello'), rembed('prefixed', 'hello') = rembed_local('hello');
--| 1|1

-- test: the client may be replaced and deleted, rembed_local stays
INSERT INTO temp.rembed_clients VALUES ('local', '{"provider":"local","dimensions":32}');
SELECT length(rembed('local', 'x')), length(rembed_local('x'));
DELETE FROM temp.rembed_clients WHERE name = 'local';
SELECT length(rembed_local('x'));
INSERT INTO temp.rembed_clients VALUES ('local', 'local');
--| 128|1024
--| 1024

-- test: a model in a folder
SELECT test_writefile('${TMP}/tokenizer.json', CAST('{"added_tokens":[{"id":0,"content":"[UNK]","special":true,"normalized":false,"lstrip":false,"rstrip":false,"single_word":false}],"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"hello":1,"world":2,"##s":3}}}' AS BLOB)) IS NULL,
       test_writefile('${TMP}/model.safetensors', CAST(x'4000000000000000' || '{"embeddings":{"dtype":"I8","shape":[4,2],"data_offsets":[0,8]}}' || x'0000030404FD0003' AS BLOB)) IS NULL;
INSERT INTO temp.rembed_clients VALUES ('folder', 'model2vec::${TMP}');
SELECT hex(rembed('folder', 'Hello')), hex(rembed('folder', 'worlds')), rembed('folder', 'nothing known'),
       rembed('folder', 'hello unknown') = rembed('folder', 'hello');
--| 1|1
--| 9A99193FCDCC4C3F|0000803F00000000|NULL|1
-- requests: 0

-- test: what is known of it
SELECT json_extract(i, '$.dims'), json_extract(i, '$.tokens'), json_extract(i, '$.dtype') FROM (SELECT rembed_model_info('folder') AS i);
--| 2|4|I8

-- test: a folder that is not there
INSERT INTO temp.rembed_clients VALUES ('gone', 'model2vec::${TMP}/gone');
-- expect error: cannot read '${TMP}/gone/model.safetensors': No such file or directory

-- test: no folder at all
INSERT INTO temp.rembed_clients VALUES ('unnamed', 'model2vec');
-- expect error: name the folder of the model

-- test: a file that is cut short
SELECT test_writefile('${TMP}/model.safetensors', CAST(x'4000000000000000' || '{"embeddings":{"dtype":"I8","shape":[4,2],"data_offsets":[0,8]}}' || x'00000304' AS BLOB)) IS NULL;
INSERT INTO temp.rembed_clients VALUES ('cut', 'model2vec::${TMP}');
-- expect error: tensor 'embeddings' has a type, shape or place that is wrong
--| 1

-- test: a file that is no model
SELECT test_writefile('${TMP}/model.safetensors', x'ffffffffffffffff00') IS NULL;
INSERT INTO temp.rembed_clients VALUES ('nonsense', 'model2vec::${TMP}');
-- expect error: cut short or not a safetensors file
--| 1
