-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The headlines that hosts.py searches in every host; the client `minilm` is there already.
CREATE TABLE articles(id INTEGER PRIMARY KEY, headline TEXT);
INSERT INTO articles(headline) VALUES
  ('Shohei Ohtani''s ex-interpreter pleads guilty to charges related to gambling and theft'),
  ('The jury has been selected in the trial of a former head of state'),
  ('Larry Allen, a Super Bowl champion and famed lineman, has died at age 52'),
  ('After saying Charlotte, a lone stingray, was pregnant, aquarium now says she is sick');
CREATE VIRTUAL TABLE vec_articles USING vec0(headline_embedding float[384]);
INSERT INTO vec_articles(rowid, headline_embedding)
  SELECT id, rembed('minilm', headline) FROM articles;
