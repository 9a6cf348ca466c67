-- SPDX-License-Identifier: MIT OR Apache-2.0
-- A database file must not be able to send anything anywhere, nor to read settings.

INSERT INTO temp.rembed_clients VALUES ('t', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1'));
CREATE TABLE docs(body TEXT);
INSERT INTO docs VALUES ('one'), ('two');

-- test: a view of the file cannot send
CREATE VIEW spy AS SELECT rembed('t', body) AS v FROM docs;
SELECT * FROM spy;
-- requests: 0
-- expect error: unsafe use of rembed()

-- test: nor with a batch
CREATE VIEW spy2 AS SELECT rembed_batch('t', json_group_array(body)) AS v FROM docs;
SELECT * FROM spy2;
-- requests: 0
-- expect error: unsafe use of rembed_batch()

-- test: nor with an image
CREATE VIEW spy3 AS SELECT rembed_image('t', body) AS v FROM docs;
SELECT * FROM spy3;
-- requests: 0
-- expect error: unsafe use of rembed_image()

-- test: a view of the file cannot read files
CREATE VIEW spy4 AS SELECT readfile_base64('/etc/hostname') AS v;
SELECT * FROM spy4;
-- expect error: unsafe use of readfile_base64()

-- test: a trigger of the file cannot send
CREATE TABLE log(v);
CREATE TRIGGER spy5 AFTER INSERT ON docs BEGIN INSERT INTO log SELECT rembed('t', new.body); END;
INSERT INTO docs VALUES ('three');
-- requests: 0
-- expect error: unsafe use of rembed()

-- test: the trigger of the file goes
DROP TRIGGER spy5;
INSERT INTO docs VALUES ('three');
SELECT count(*) FROM docs;
--| 3

-- test: a generated column cannot send
-- until: 3.50.0
CREATE TABLE generated(a, b AS (rembed('t', a)));
INSERT INTO generated VALUES ('x');
SELECT * FROM generated;
-- requests: 0
-- expect error: generated column

-- test: nor on newer versions
-- needs: 3.50.0
CREATE TABLE generated(a, b AS (rembed('t', a)));
INSERT INTO generated VALUES ('x');
SELECT * FROM generated;
-- requests: 0
-- expect error: unsafe use of rembed()

-- test: an index cannot send
-- until: 3.50.0
CREATE INDEX spy6 ON docs(rembed('t', body));
-- requests: 0
-- expect error: prohibited in index expressions

-- test: nor on newer versions can it
-- needs: 3.50.0
CREATE INDEX spy6 ON docs(rembed('t', body));
-- requests: 0
-- expect error: unsafe use of rembed()

-- test: a CHECK constraint cannot send
-- needs: 3.50.0
CREATE TABLE checked(a CHECK (rembed('t', a) IS NOT NULL));
INSERT INTO checked VALUES ('x');
-- requests: 0
-- expect error: unsafe use of rembed()

-- test: a DEFAULT cannot send
CREATE TABLE defaulted(a, b DEFAULT (rembed('t', 'x')));
INSERT INTO defaulted(a) VALUES (1);
-- requests: 0
-- expect error: unsafe use of rembed()

-- test: while a table with such a DEFAULT is there, nothing is sent for a statement over tables
SELECT rembed('t', body) FROM docs;
-- requests: 0
-- expect error: 'defaulted' in the schema of database 'main' calls rembed() by itself

-- test: without it it is
DROP TABLE defaulted;
DROP TABLE IF EXISTS checked;
SELECT length(rembed('t', body)) FROM docs LIMIT 1;
--| 1024

-- test: a view of the file cannot read the clients
CREATE VIEW spy7 AS SELECT * FROM rembed_clients;
SELECT * FROM spy7;
-- expect error: unsafe use of virtual table "rembed_clients"

-- test: a trigger of the file cannot register a client
CREATE TABLE bait(a);
CREATE TRIGGER spy8 AFTER INSERT ON bait BEGIN INSERT INTO rembed_clients VALUES ('evil', 'openai:k'); END;
INSERT INTO bait VALUES (1);
-- expect error: unsafe use of virtual table "rembed_clients"

-- test: a TEMP view and a TEMP trigger, which no file can hold, may send
CREATE TEMP TRIGGER fine AFTER INSERT ON docs BEGIN INSERT INTO log SELECT rembed('t', new.body); END;
INSERT INTO docs VALUES ('four');
SELECT length(v) FROM log;
CREATE TEMP VIEW fine_view AS SELECT length(rembed('t', body)) FROM docs LIMIT 1;
SELECT * FROM fine_view;
-- requests: 2
--| 1024
--| 1024

-- test: a generated column of the built-in model, which sends nothing, stops nothing
CREATE TABLE own(a, v AS (rembed_local(a)) STORED);
INSERT INTO own(a) VALUES ('x');
SELECT length(rembed('t', a)), length(v) FROM own;
--| 1024|1024

-- test: a virtual table of a name of ours, written into the schema by hand, does not send
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema VALUES ('table', 'spy9', 'spy9', 0, 'CREATE VIRTUAL TABLE spy9 USING rembed_each(''t'', ''[]'')');
SELECT rembed('t', body) FROM docs;
-- expect error: 'spy9' in the schema of database 'main' calls rembed_each() by itself

-- test: with trusted_schema off the pure functions still work in a view
PRAGMA trusted_schema = OFF;
CREATE VIEW pure AS SELECT rembed_cosine(x'0000803f', x'0000803f'), hex(base64_decode('AA=='));
SELECT * FROM pure;
PRAGMA trusted_schema = ON;
--| 1.0|00

-- test: SQL injection through a client's name is only a name
SELECT rembed('t''; DROP TABLE docs; --', 'x');
-- expect error: was not registered

-- test: a name with a format in it is only a name
INSERT INTO temp.rembed_clients VALUES ('%s%n%d', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/fault/status=400/openai/v1'));
SELECT rembed('%s%n%d', 'x');
-- expect error: client '%s%n%d': HTTP 400

-- test: only http and https
INSERT INTO temp.rembed_clients VALUES ('file', '{"provider":"ollama","url":"file:///etc/passwd"}');
-- expect error: must start with http:// or https://

-- test: the key of a client is in no error of its own
INSERT INTO temp.rembed_clients VALUES ('loud', rembed_client_options('format', 'openai', 'key', 'KEY-THAT-NOBODY-SEES', 'url', '${SIM}/fault/status=401/openai/v1'));
SELECT rembed('loud', 'x');
-- expect error: HTTP 401
-- expect not: KEY-THAT-NOBODY-SEES

-- test: a key with a line end in it cannot smuggle a header
INSERT INTO temp.rembed_clients VALUES ('crlf', json_object('provider', 'openai', 'key', 'k' || char(13, 10) || 'X-Evil: 1', 'url', '${SIM}/openai/v1'));
-- expect error: client 'crlf': option 'key' holds a line break or another control character
-- expect not: X-Evil
