-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The functions around the embedding ones; none of them touches the network.

-- test: the version
SELECT rembed_version() GLOB 'v[0-9]*';
--| 1

-- test: the debug text names version, source, SQLite and libcurl
SELECT rembed_debug() LIKE 'Version: v%Source: %SQLite: %Backend: %Providers: %';
--| 1

-- test: readfile_base64 of a BLOB encodes its bytes
SELECT readfile_base64(x'00ff10'), readfile_base64(x''), readfile_base64(NULL);
--| AP8Q||NULL

-- test: readfile_base64 of a text reads that file
SELECT test_writefile('${TMP}/three.bin', x'00ff10');
SELECT readfile_base64('${TMP}/three.bin');
--| NULL
--| AP8Q

-- test: a file that is not there
SELECT readfile_base64('${TMP}/missing');
-- expect error: readfile_base64: cannot open

-- test: a directory is no file
SELECT readfile_base64('${TMP}');
-- expect error: is no regular file

-- test: a file that opens and cannot be read
SELECT readfile_base64('/proc/self/mem');
-- expect error: readfile_base64: cannot read '/proc/self/mem': Input/output error

-- test: base64_decode gives the bytes back
SELECT hex(base64_decode('AP8Q')), typeof(base64_decode('AP8Q')), length(base64_decode('')), base64_decode(NULL);
--| 00FF10|blob|0|NULL

-- test: base64_decode takes lines and leaves padding out
SELECT hex(base64_decode('AP' || char(10) || '8Q')), hex(base64_decode('AA==')), hex(base64_decode('AA'));
--| 00FF10|00|00

-- test: the url alphabet is another one
SELECT base64_decode('-_-_');
-- expect error: wrong character or length at position 0

-- test: base64_decode of something else says where
SELECT base64_decode('AP8*');
-- expect error: Base64 decode failed: wrong character or length at position 3

-- test: base64_decode of one letter
SELECT base64_decode('A');
-- expect error: Base64 decode failed

-- test: both ways for every length and every byte
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100), b(x) AS MATERIALIZED (SELECT randomblob(i) FROM n)
SELECT count(*) FROM b WHERE base64_decode(readfile_base64(x)) = x;
--| 100

-- test: rembed_cosine of a vector with itself, its opposite and a perpendicular one
SELECT rembed_cosine(x'0000803f00000000', x'0000004000000000'), rembed_cosine(x'0000803f00000000', x'000080bf00000000'),
       rembed_cosine(x'0000803f00000000', x'000000000000803f');
--| 1.0|-1.0|0.0

-- test: rembed_cosine with NULL, with zero length and with a zero vector is NULL
SELECT rembed_cosine(NULL, x'0000803f'), rembed_cosine(x'', x''), rembed_cosine(x'00000000', x'0000803f');
--| NULL|NULL|NULL

-- test: rembed_cosine of two lengths
SELECT rembed_cosine(x'0000803f', x'0000803f0000803f');
-- expect error: 1 and 2 dimensions; were they made by two models?

-- test: rembed_cosine of what is no vector
SELECT rembed_cosine('a', 'b');
-- expect error: takes two float32 vectors

-- test: rembed_cosine of a length that is no multiple of four
SELECT rembed_cosine(x'0000', x'0000');
-- expect error: takes two float32 vectors

-- test: rembed_client_options gives JSON text
SELECT rembed_client_options('format', 'openai', 'dimensions', 256, 'truncate', 'true', 'user', 'a"b');
--| {"format":"openai","dimensions":256,"truncate":"true","user":"a\"b"}

-- test: rembed_client_options without arguments
SELECT rembed_client_options();
--| {}

-- test: NULL leaves the default
SELECT rembed_client_options('format', 'ollama', 'url', NULL);
--| {"format":"ollama","url":null}

-- test: an odd number of arguments
SELECT rembed_client_options('format');
-- expect error: Must have an even number of arguments to rembed_client_options, as key/value pairs.

-- test: an unknown key is an error where it is made
SELECT rembed_client_options('format', 'openai', 'modle', 'x');
-- expect error: unknown option 'modle'; the options are: provider, model

-- test: a key that is NULL
SELECT rembed_client_options(NULL, 'x');
-- expect error: unknown option ''

-- test: a value out of its bounds is an error where it is made
SELECT rembed_client_options('max_concurrent_requests', 1000);
-- expect error: option 'max_concurrent_requests' must be a whole number from 1 to 256

-- test: seconds may have a fraction
SELECT rembed_client_options('request_timeout', 0.25, 'connect_timeout', '1.5');
--| {"request_timeout":0.25,"connect_timeout":"1.5"}

-- test: the JSON goes through a table, a subquery and a JSON function
CREATE TABLE kept AS SELECT rembed_client_options('format', 'ollama', 'model', 'm') AS o;
SELECT json_extract(o, '$.model') FROM kept;
--| m

-- test: pure functions may stand in an index and a generated column
CREATE TABLE g(t TEXT, b BLOB AS (base64_decode(t)) STORED);
INSERT INTO g(t) VALUES ('AP8Q');
SELECT hex(b) FROM g;
--| 00FF10

-- test: nothing here made a request
-- requests: 0
