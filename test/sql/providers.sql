-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Every provider: one text, one batch, and one picture where it has a vision model. The simulator
-- gives the same vector for the same text everywhere, so the first client is the judge of all.

CREATE TEMP TABLE target(name, options);
INSERT INTO target VALUES
  ('openai', '{"provider":"openai","url":"${SIM}/openai/v1"}'),
  ('azure', '{"provider":"azure","url":"${SIM}/azure/openai/v1"}'),
  ('azure-classic', '{"provider":"azure","url":"${SIM}/azure/openai/deployments/emb"}'),
  ('ollama', '{"provider":"ollama","url":"${SIM}/ollama"}'),
  ('ollama-compat', '{"provider":"ollama","url":"${SIM}/ollama/v1/embeddings"}'),
  ('ollama-old', '{"provider":"ollama","url":"${SIM}/ollama/api/embeddings"}'),
  ('cohere', '{"provider":"cohere","url":"${SIM}/cohere"}'),
  ('gemini', '{"provider":"gemini","url":"${SIM}/gemini/v1beta"}'),
  ('mistral', '{"provider":"mistral","url":"${SIM}/mistral/v1"}'),
  ('voyage', '{"provider":"voyage","url":"${SIM}/voyage/v1"}'),
  ('jina', '{"provider":"jina","url":"${SIM}/jina/v1"}'),
  ('nomic', '{"provider":"nomic","url":"${SIM}/nomic/v1"}'),
  ('mixedbread', '{"provider":"mixedbread","url":"${SIM}/mixedbread/v1"}'),
  ('llamacpp', '{"provider":"llamacpp","url":"${SIM}/llamacpp/v1"}'),
  ('llamacpp-native', '{"provider":"llamacpp","url":"${SIM}/llamacpp/embedding"}'),
  ('tei', '{"provider":"tei","url":"${SIM}/tei/embed"}'),
  ('tei-openai', '{"provider":"tei","url":"${SIM}/tei/v1/embeddings"}'),
  ('together', '{"provider":"together","url":"${SIM}/together/v1"}'),
  ('fireworks', '{"provider":"fireworks","url":"${SIM}/fireworks/inference/v1"}'),
  ('deepinfra', '{"provider":"deepinfra","url":"${SIM}/deepinfra/v1/openai"}'),
  ('openrouter', '{"provider":"openrouter","url":"${SIM}/openrouter/api/v1"}'),
  ('lmstudio', '{"provider":"lmstudio","url":"${SIM}/lmstudio/v1"}'),
  ('vllm', '{"provider":"vllm","model":"BAAI/bge-m3","url":"${SIM}/vllm/v1"}'),
  ('openai-compatible', '{"provider":"openai-compatible","model":"anything","url":"${SIM}"}');
INSERT INTO temp.rembed_clients SELECT 'p-' || name, json_set(options, '$.key', 'k') FROM target;
INSERT INTO temp.rembed_clients SELECT 'v-' || name, json_set(options, '$.key', 'k', '$.vision_model', 'some-vision-model')
  FROM target WHERE name IN ('openai', 'azure', 'azure-classic', 'ollama', 'gemini', 'mistral', 'llamacpp', 'together',
                             'fireworks', 'deepinfra', 'openrouter', 'lmstudio', 'vllm', 'openai-compatible');
-- An azure deployment serves one model: pictures need another deployment's url.
UPDATE temp.rembed_clients SET options = '{"provider":"azure","url":"${SIM}/azure/openai/deployments/emb","key":"k","vision_model":"vis","vision_url":"${SIM}/azure/openai/deployments/vis"}'
  WHERE name = 'v-azure-classic';
INSERT INTO temp.rembed_clients VALUES
  ('v-anthropic', '{"provider":"ollama","url":"${SIM}/ollama","vision_provider":"anthropic","vision_url":"${SIM}/anthropic/v1","vision_key":"k"}'),
  ('v-groq', '{"provider":"ollama","url":"${SIM}/ollama","vision_provider":"groq","vision_url":"${SIM}/groq/openai/v1","vision_key":"k"}'),
  ('v-xai', '{"provider":"ollama","url":"${SIM}/ollama","vision_provider":"xai","vision_url":"${SIM}/xai/v1","vision_key":"k"}'),
  ('only-anthropic', '{"provider":"anthropic","url":"${SIM}/anthropic/v1","key":"k"}'),
  ('only-groq', '{"provider":"groq","url":"${SIM}/groq/openai/v1","key":"k"}'),
  ('only-xai', '{"provider":"xai","url":"${SIM}/xai/v1","key":"k"}');
CREATE TEMP TABLE truth AS SELECT rembed('p-openai', 'hello provider') AS v;

-- test: openai embeds a text and a batch with a hole
SELECT rembed('p-openai', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-openai', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: azure embeds a text and a batch with a hole
SELECT rembed('p-azure', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-azure', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: azure-classic embeds a text and a batch with a hole
SELECT rembed('p-azure-classic', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-azure-classic', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: ollama embeds a text and a batch with a hole
SELECT rembed('p-ollama', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-ollama', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: ollama-compat embeds a text and a batch with a hole
SELECT rembed('p-ollama-compat', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-ollama-compat', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: ollama-old embeds one text a request
SELECT rembed('p-ollama-old', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-ollama-old', '["another text", null, "hello provider"]') AS b);
-- requests: 3
--| 1
--| null|1

-- test: cohere embeds a text and a batch with a hole
SELECT rembed('p-cohere', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-cohere', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: gemini embeds a text and a batch with a hole
SELECT rembed('p-gemini', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-gemini', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: mistral embeds a text and a batch with a hole
SELECT rembed('p-mistral', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-mistral', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: voyage embeds a text and a batch with a hole
SELECT rembed('p-voyage', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-voyage', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: jina embeds a text and a batch with a hole
SELECT rembed('p-jina', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-jina', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: nomic embeds a text and a batch with a hole
SELECT rembed('p-nomic', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-nomic', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: mixedbread embeds a text and a batch with a hole
SELECT rembed('p-mixedbread', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-mixedbread', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: llamacpp embeds a text and a batch with a hole
SELECT rembed('p-llamacpp', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-llamacpp', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: llamacpp-native embeds a text and a batch with a hole
SELECT rembed('p-llamacpp-native', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-llamacpp-native', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: tei embeds a text and a batch with a hole
SELECT rembed('p-tei', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-tei', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: tei-openai embeds a text and a batch with a hole
SELECT rembed('p-tei-openai', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-tei-openai', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: together embeds a text and a batch with a hole
SELECT rembed('p-together', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-together', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: fireworks embeds a text and a batch with a hole
SELECT rembed('p-fireworks', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-fireworks', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: deepinfra embeds a text and a batch with a hole
SELECT rembed('p-deepinfra', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-deepinfra', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: openrouter embeds a text and a batch with a hole
SELECT rembed('p-openrouter', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-openrouter', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: lmstudio embeds a text and a batch with a hole
SELECT rembed('p-lmstudio', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-lmstudio', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: vllm embeds a text and a batch with a hole
SELECT rembed('p-vllm', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-vllm', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: openai-compatible embeds a text and a batch with a hole
SELECT rembed('p-openai-compatible', 'hello provider') = v FROM truth;
SELECT json_type(b, '$[1]'), base64_decode(json_extract(b, '$[2]')) = v
  FROM truth, (SELECT rembed_batch('p-openai-compatible', '["another text", null, "hello provider"]') AS b);
-- requests: 2
--| 1
--| null|1

-- test: openai describes a picture and embeds what it said
SELECT rembed_describe('v-openai', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-openai', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: azure describes a picture and embeds what it said
SELECT rembed_describe('v-azure', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-azure', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: azure-classic describes a picture and embeds what it said
SELECT rembed_describe('v-azure-classic', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-azure-classic', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: ollama describes a picture and embeds what it said
SELECT rembed_describe('v-ollama', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-ollama', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: gemini describes a picture and embeds what it said
SELECT rembed_describe('v-gemini', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-gemini', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: mistral describes a picture and embeds what it said
SELECT rembed_describe('v-mistral', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-mistral', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: llamacpp describes a picture and embeds what it said
SELECT rembed_describe('v-llamacpp', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-llamacpp', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: together describes a picture and embeds what it said
SELECT rembed_describe('v-together', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-together', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: fireworks describes a picture and embeds what it said
SELECT rembed_describe('v-fireworks', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-fireworks', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: deepinfra describes a picture and embeds what it said
SELECT rembed_describe('v-deepinfra', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-deepinfra', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: openrouter describes a picture and embeds what it said
SELECT rembed_describe('v-openrouter', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-openrouter', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: lmstudio describes a picture and embeds what it said
SELECT rembed_describe('v-lmstudio', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-lmstudio', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: vllm describes a picture and embeds what it said
SELECT rembed_describe('v-vllm', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-vllm', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: openai-compatible describes a picture and embeds what it said
SELECT rembed_describe('v-openai-compatible', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-openai-compatible', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: anthropic describes a picture and embeds what it said
SELECT rembed_describe('v-anthropic', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-anthropic', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: groq describes a picture and embeds what it said
SELECT rembed_describe('v-groq', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-groq', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: xai describes a picture and embeds what it said
SELECT rembed_describe('v-xai', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
SELECT length(rembed_image('v-xai', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'));
-- requests: 3
-- expect like: A small 4x4 PNG picture, mostly red, dark. Bytes ________.
--| 1024

-- test: anthropic has no text embeddings and the error names voyage
SELECT rembed('only-anthropic', 'hello');
-- requests: 0
-- expect error: use voyage

-- test: anthropic alone can describe
SELECT rembed_describe('only-anthropic', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
-- requests: 1
-- expect like: A small 4x4 PNG picture, mostly red%

-- test: groq has no text embeddings and the error names openai
SELECT rembed('only-groq', 'hello');
-- requests: 0
-- expect error: use openai

-- test: groq alone can describe
SELECT rembed_describe('only-groq', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
-- requests: 1
-- expect like: A small 4x4 PNG picture, mostly red%

-- test: xai has no text embeddings and the error names openai
SELECT rembed('only-xai', 'hello');
-- requests: 0
-- expect error: use openai

-- test: xai alone can describe
SELECT rembed_describe('only-xai', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082');
-- requests: 1
-- expect like: A small 4x4 PNG picture, mostly red%

-- test: deepseek can do neither and says so at registration
INSERT INTO temp.rembed_clients VALUES ('only-deepseek', 'deepseek:k');
-- expect error: DeepSeek has no embedding API and takes no images; use openai

-- test: input types in the provider's own words
INSERT INTO temp.rembed_clients
  SELECT 'task-' || name, json_set(options, '$.key', 'k', '$.input_type', 'query') FROM target
   WHERE name IN ('cohere', 'gemini', 'voyage', 'jina', 'nomic', 'mixedbread', 'tei', 'openrouter');
SELECT name, length(rembed(name, 'hello')) FROM temp.rembed_clients WHERE name LIKE 'task-%' ORDER BY name;
--| task-cohere|1024
--| task-gemini|1024
--| task-jina|1024
--| task-mixedbread|1024
--| task-nomic|1024
--| task-openrouter|1024
--| task-tei|1024
--| task-voyage|1024

-- test: document, where the provider has the word
SELECT name, length(rembed(name, 'hello', 'document')) FROM temp.rembed_clients WHERE name LIKE 'task-%' ORDER BY name;
--| task-cohere|1024
--| task-gemini|1024
--| task-jina|1024
--| task-mixedbread|1024
--| task-nomic|1024
--| task-openrouter|1024
--| task-tei|1024
--| task-voyage|1024

-- test: dimensions under each provider's own name
INSERT INTO temp.rembed_clients
  SELECT 'dims-' || name, json_set(options, '$.key', 'k', '$.dimensions', 32) FROM target
   WHERE name IN ('openai', 'azure', 'ollama', 'cohere', 'gemini', 'mistral', 'voyage', 'jina', 'nomic', 'mixedbread',
                  'tei', 'tei-openai', 'fireworks', 'deepinfra', 'openrouter', 'vllm', 'openai-compatible');
SELECT count(*), min(length(rembed(name, 'hello'))), max(length(rembed(name, 'hello'))) FROM temp.rembed_clients WHERE name LIKE 'dims-%';
--| 17|128|128

-- test: truncate true makes an over-long text fit
INSERT INTO temp.rembed_clients
  SELECT 'cut-' || name, json_set(options, '$.key', 'k', '$.truncate', json('true')) FROM target
   WHERE name IN ('ollama', 'cohere', 'voyage', 'jina', 'tei');
SELECT name, length(rembed(name, replace(hex(zeroblob(20000)), '0', 'word'))) FROM temp.rembed_clients WHERE name LIKE 'cut-%' ORDER BY name;
--| cut-cohere|1024
--| cut-jina|1024
--| cut-ollama|1024
--| cut-tei|1024
--| cut-voyage|1024

-- test: a wrong key is a wrong key at every provider
INSERT INTO temp.rembed_clients
  SELECT 'bad-' || name, json_set(options, '$.key', 'bad-key', '$.on_error', 'null') FROM target;
SELECT count(*), count(rembed(name, 'hello')) FROM temp.rembed_clients WHERE name LIKE 'bad-%';
-- requests: 24
--| 24|0
