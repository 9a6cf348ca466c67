-- SPDX-License-Identifier: MIT OR Apache-2.0
-- in_write refuse: nothing is sent inside a write on the main database, where a statement that is
-- replicated would send again on every node.

INSERT INTO temp.rembed_clients VALUES ('a', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1'));
INSERT INTO temp.rembed_clients VALUES ('r', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'in_write', 'refuse'));
CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT, v BLOB);
INSERT INTO docs(body) VALUES ('one'), ('two');

-- test: the default allows it
UPDATE docs SET v = rembed('a', body);
SELECT count(v) FROM docs;
-- requests: 2
--| 2

-- test: refuse: an UPDATE with it is an error that says what to do
UPDATE docs SET v = rembed('r', body);
-- requests: 0
-- expect error: client 'r': refused inside a write on the main database (its option in_write is refuse)

-- test: so is an INSERT
INSERT INTO docs(v) SELECT rembed('r', body) FROM docs;
-- requests: 0
-- expect error: rembed_into() or into a TEMP table

-- test: with a batch
INSERT INTO docs(body) SELECT rembed_batch('r', json_array('x'));
-- requests: 0
-- expect error: refused inside a write

-- test: with a stream
INSERT INTO docs(v) SELECT embedding FROM rembed_stream('r', 'SELECT id, body FROM docs');
-- requests: 0
-- expect error: refused inside a write

-- test: with an array
INSERT INTO docs(v) SELECT embedding FROM rembed_each('r', '["x"]');
-- requests: 0
-- expect error: refused inside a write

-- test: with an image, before it is looked at
UPDATE docs SET v = rembed_image('r', body);
-- requests: 0
-- expect error: refused inside a write

-- test: a SELECT is none, whatever was written before
BEGIN;
SELECT length(rembed('r', 'x'));
SELECT length(rembed('r', body)) FROM docs WHERE id = 1;
ROLLBACK;
--| 1024
--| 1024

-- test: in a transaction that has written it is part of the write
BEGIN;
INSERT INTO docs(body) VALUES ('three');
SELECT length(rembed('r', 'x'));
-- expect error: refused inside a write

-- test: which ends with the transaction
ROLLBACK;
SELECT length(rembed('r', 'x'));
--| 1024

-- test: TEMP tables may be written
CREATE TEMP TABLE vectors AS SELECT id, rembed('r', body) AS v FROM docs;
INSERT INTO temp.vectors SELECT id, rembed('r', body) FROM docs;
UPDATE docs SET v = (SELECT v FROM temp.vectors WHERE id = docs.id);
SELECT count(*), count(v) FROM docs;
--| 2|2

-- test: rembed_into holds no lock while it sends
UPDATE docs SET v = NULL;
SELECT rembed_into('r', 'SELECT id, body FROM docs', 'UPDATE docs SET v = ?2 WHERE id = ?1') ->> 'embedded';
SELECT count(v) FROM docs;
--| 2
--| 2

-- test: a model in this process gives the same everywhere
-- env: REMBED_DENY_IN_WRITE=1
UPDATE docs SET v = rembed('local', body);
SELECT count(v) FROM docs;
--| 2

-- test: REMBED_DENY_IN_WRITE refuses for every client
-- env: REMBED_DENY_IN_WRITE=1
UPDATE docs SET v = rembed('a', body);
-- requests: 0
-- expect error: client 'a': refused inside a write on the main database (REMBED_DENY_IN_WRITE is set)

-- test: and no client can undo it
INSERT OR REPLACE INTO temp.rembed_clients VALUES ('a', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'in_write', 'allow'));
UPDATE docs SET v = rembed('a', body);
-- requests: 0
-- expect error: REMBED_DENY_IN_WRITE is set

-- test: 0 is off
-- env: REMBED_DENY_IN_WRITE=0
UPDATE docs SET v = rembed('a', body) WHERE id = 1;
-- requests: 1

-- test: and so is nothing
-- env: REMBED_DENY_IN_WRITE=
UPDATE docs SET v = rembed('a', body) WHERE id = 1;
-- requests: 1

-- test: another word is an error
INSERT INTO temp.rembed_clients VALUES ('w', rembed_client_options('format', 'openai', 'in_write', 'never'));
-- expect error: option 'in_write' must be one of allow|refuse

-- test: it is shown
SELECT options ->> 'in_write' FROM temp.rembed_clients WHERE name = 'r';
--| refuse
