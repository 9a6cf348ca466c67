/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is known of open models by their names, whoever serves them: whether a prefix of a vector is
 * a vector (matryoshka), and the words that their cards ask for in front of queries and documents.
 * Used only where the provider has no field of its own for it. The first row that matches counts.
 * Sources: the models' cards.
 */
#include "wire/wire.h"

static const char retrieval[] = "Represent this sentence for searching relevant passages: ";
static const char web_search[] =
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ";
static const char web_search_tight[] =
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:";
static const char task_query[] = "task: search result | query: ";
static const char task_document[] = "title: none | text: ";

static const struct emb_model_facts rows[] = {
    {"text-embedding-3-* */text-embedding-3-*", 1, NULL, NULL},
    {"*nomic-embed-text-v1", 0, "search_query: ", "search_document: "},
    {"*nomic-embed-text*", 1, "search_query: ", "search_document: "},
    {"*nomic-embed-vision-v1.5*", 0, NULL, NULL},
    {"*e5-mistral* *e5-*-instruct*", 0, web_search, NULL},
    {"*e5-small* *e5-base* *e5-large*", 0, "query: ", "passage: "},
    {"*mxbai-embed-large*", 1, retrieval, NULL},
    {"*mxbai-embed-2d*", 1, retrieval, NULL},
    {"-*-zh* *bge-*-en* *bge-small* *bge-base* *bge-large*", 0, retrieval, NULL},
    {"*embeddinggemma*", 1, task_query, task_document},
    {"*gemini-embedding-2*", 1, task_query, task_document},
    {"*gemini-embedding-001*", 1, NULL, NULL},
    {"*qwen3-embedding*", 1, web_search_tight, NULL},
    {"*qwen3-vl-embedding*", 1, NULL, NULL},
    {"*snowflake-arctic-embed*v2* *snowflake-arctic-embed2*", 1, "query: ", NULL},
    {"*snowflake-arctic-embed*v1.5*", 1, retrieval, NULL},
    {"*snowflake-arctic-embed*", 0, retrieval, NULL},
    {"*jina-embeddings-v3* *jina-embeddings-v4* *jina-clip-v2*", 1, NULL, NULL},
    {"*voyage-3* *voyage-4* *voyage-code-3*", 1, NULL, NULL},
};

const struct emb_model_facts *emb_model_facts(const char *model) {
  for (size_t i = 0; model && i < sizeof rows / sizeof *rows; i++)
    if (emb_globs_match(rows[i].models, model)) return &rows[i];
  return NULL;
}
