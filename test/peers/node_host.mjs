// SPDX-License-Identifier: MIT OR Apache-2.0
// Node as a host: better-sqlite3 with sqlite-vec and rembed, as a user would write it.
// node node_host.mjs <folder of node_modules> <rembed0> <base url> <key> <query>...   -> JSON
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [folder, rembed, url, key, ...queries] = process.argv.slice(2);
const require = createRequire(path.join(folder, "node_modules", "x.js"));
const Database = require("better-sqlite3");
const sqliteVec = require("sqlite-vec");

const db = new Database(":memory:");
sqliteVec.load(db);
db.loadExtension(rembed);
db.prepare("INSERT INTO temp.rembed_clients(name, options) VALUES ('minilm', ?)").run(
  JSON.stringify({ provider: "openai-compatible", url, model: "minilm", key }),
);
db.exec(readFileSync(new URL("articles.sql", import.meta.url), "utf8"));
const nearest = db.prepare(
  `SELECT headline FROM vec_articles LEFT JOIN articles ON articles.id = vec_articles.rowid
   WHERE headline_embedding MATCH rembed('minilm', ?) AND k = 1`,
);
console.log(
  JSON.stringify({
    sqlite: db.prepare("SELECT sqlite_version()").pluck().get(),
    type: db.prepare("SELECT vec_type(rembed('minilm', 'x'))").pluck().get(),
    found: queries.map((query) => nearest.get(query).headline),
  }),
);
