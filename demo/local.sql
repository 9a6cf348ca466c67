.bail on
.load dist/rembed0
.mode list
.separator "\t"
CREATE TABLE programs(name TEXT, summary TEXT);
.import @WORK@/programs.tsv programs
.separator " "
.print

-- Words: FTS5. Meaning: the built-in model. No key, no server, no download.
CREATE VIRTUAL TABLE words USING fts5(summary, content = programs, tokenize = 'porter unicode61');
INSERT INTO words(words) VALUES ('rebuild');
CREATE TEMP TABLE clock(at REAL);
INSERT INTO clock VALUES (julianday('now') * 86400000.0);
CREATE TABLE meaning(id INTEGER PRIMARY KEY, embedding BLOB);
INSERT INTO meaning SELECT id, embedding FROM rembed_stream('local', 'SELECT rowid, summary FROM programs');
INSERT INTO clock VALUES (julianday('now') * 86400000.0);
SELECT printf('A. The built-in model: %d descriptions of this machine''s packages embedded in %.0f ms (%.0f a second)',
              (SELECT count(*) FROM meaning), max(at) - min(at), (SELECT count(*) FROM meaning) * 1000.0 / (max(at) - min(at)))
FROM clock;

-- Both rankings of a question, and the two fused by reciprocal rank: 1/(10 + place) for the words, twice that for the meaning.
CREATE TABLE questions(id INTEGER PRIMARY KEY, text TEXT);
INSERT INTO questions(text) VALUES ('retouch my holiday pictures'), ('keep my passwords in one place'),
  ('make the computer read text aloud'), ('see which programs make my machine slow'), ('play a board game against the computer'),
  ('copy files to another machine over the network');
CREATE TEMP TABLE places AS
  SELECT q.id AS question, 'FTS5' AS how, w.rowid AS program, row_number() OVER (PARTITION BY q.id ORDER BY w.rank) AS place
  FROM questions AS q JOIN words AS w ON words MATCH '"' || replace(q.text, ' ', '" OR "') || '"'
  UNION ALL
  SELECT q.id, 'local', m.id, row_number() OVER (PARTITION BY q.id ORDER BY rembed_cosine(m.embedding, v.embedding) DESC)
  FROM questions AS q JOIN (SELECT id, rembed_local(text) AS embedding FROM questions) AS v ON v.id = q.id CROSS JOIN meaning AS m;
INSERT INTO places
  SELECT question, 'both', program, row_number() OVER (PARTITION BY question ORDER BY sum(iif(how = 'local', 2.0, 1.0) / (10 + place)) DESC)
  FROM places WHERE place <= 50 GROUP BY question, program;

.print
.print B. Questions in plain words; the first three answers by words (FTS5), by meaning (local), and fused
CREATE TEMP VIEW shown AS
  SELECT p.question, p.place, p.how, printf('%-46s', substr(x.name || ': ' || x.summary, 1, 44)) AS answer
  FROM places AS p JOIN programs AS x ON x.rowid = p.program WHERE p.place <= 3;
SELECT iif(s.place = 1, printf(char(10) || '   "%s"' || char(10), q.text), '') || '   ' ||
       max(iif(how = 'FTS5', answer, '')) || max(iif(how = 'local', answer, '')) || max(iif(how = 'both', answer, ''))
FROM shown AS s JOIN questions AS q ON q.id = s.question GROUP BY q.id, s.place ORDER BY q.id, s.place;
