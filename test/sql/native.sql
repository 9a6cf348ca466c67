-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Every provider that came after the first ones, and native images. The simulator gives the same
-- vector for the same text everywhere, and a picture the vector of what it shows, so one client is the
-- judge of all.

CREATE TEMP TABLE target(name, options);
INSERT INTO target VALUES
  ('vertex', '{"provider":"vertex","model":"text-embedding-005","account":"p","url":"${SIM}/vertex/v1/projects/p/locations/us-central1/publishers/google"}'),
  ('vertex-content', '{"provider":"vertex","model":"gemini-embedding-2","account":"p","url":"${SIM}/vertex/v1/projects/p/locations/us-central1/publishers/google"}'),
  ('vertex-multimodal', '{"provider":"vertex","model":"multimodalembedding@001","account":"p","dimensions":256,"url":"${SIM}/vertex/v1/projects/p/locations/us-central1/publishers/google"}'),
  ('gemini-2', '{"provider":"gemini","model":"gemini-embedding-2","url":"${SIM}/gemini/v1beta"}'),
  ('cohere-v3', '{"provider":"cohere","model":"embed-english-v3.0","url":"${SIM}/cohere"}'),
  ('cohere', '{"provider":"cohere","url":"${SIM}/cohere"}'),
  ('voyage', '{"provider":"voyage","model":"voyage-multimodal-3.5","url":"${SIM}/voyage/v1"}'),
  ('jina-clip', '{"provider":"jina","model":"jina-clip-v2","url":"${SIM}/jina/v1"}'),
  ('jina-v4', '{"provider":"jina","model":"jina-embeddings-v4","url":"${SIM}/jina/v1"}'),
  ('nomic', '{"provider":"nomic","url":"${SIM}/nomic/v1"}'),
  ('huggingface', '{"provider":"huggingface","url":"${SIM}/huggingface"}'),
  ('infinity', '{"provider":"infinity","model":"openai/clip-vit-base-patch32","url":"${SIM}/infinity"}'),
  ('localai', '{"provider":"localai","model":"bge-m3","url":"${SIM}/localai/v1"}'),
  ('vllm', '{"provider":"vllm","model":"TIGER-Lab/VLM2Vec-Full","url":"${SIM}/vllm/v1"}'),
  ('vllm-embed', '{"provider":"vllm","model":"Qwen/Qwen3-VL-Embedding-2B","url":"${SIM}/vllm/v2/embed"}'),
  ('llamacpp', '{"provider":"llamacpp","image_mode":"native","url":"${SIM}/llamacpp/v1"}'),
  ('openrouter', '{"provider":"openrouter","model":"nvidia/llama-nemotron-embed-vl-1b-v2:free","url":"${SIM}/openrouter/api/v1"}'),
  ('nvidia', '{"provider":"nvidia","url":"${SIM}/nvidia/v1"}'),
  ('nvidia-clip', '{"provider":"nvidia","model":"nvidia/nvclip","url":"${SIM}/nvidia/v1"}'),
  ('nvidia-vl', '{"provider":"nvidia","model":"nvidia/llama-nemotron-embed-vl-1b-v2","url":"${SIM}/nvidia/v1"}'),
  ('bedrock', '{"provider":"bedrock","url":"${SIM}/bedrock"}'),
  ('bedrock-titan-v1', '{"provider":"bedrock","model":"amazon.titan-embed-text-v1","url":"${SIM}/bedrock"}'),
  ('bedrock-titan-image', '{"provider":"bedrock","model":"amazon.titan-embed-image-v1","dimensions":256,"url":"${SIM}/bedrock"}'),
  ('bedrock-nova', '{"provider":"bedrock","model":"amazon.nova-2-multimodal-embeddings-v1:0","dimensions":256,"url":"${SIM}/bedrock"}'),
  ('bedrock-cohere', '{"provider":"bedrock","model":"us.cohere.embed-v4:0","dimensions":256,"url":"${SIM}/bedrock"}'),
  ('bedrock-cohere-v3', '{"provider":"bedrock","model":"cohere.embed-english-v3","url":"${SIM}/bedrock"}'),
  ('cloudflare', '{"provider":"cloudflare","account":"a","url":"${SIM}/cloudflare/client/v4/accounts/a/ai"}'),
  ('cloudflare-openai', '{"provider":"cloudflare","account":"a","url":"${SIM}/cloudflare/client/v4/accounts/a/ai/v1/embeddings"}'),
  ('github', '{"provider":"github","url":"${SIM}/github/inference"}'),
  ('siliconflow', '{"provider":"siliconflow","url":"${SIM}/siliconflow/v1"}'),
  ('siliconflow-vl', '{"provider":"siliconflow","model":"Qwen/Qwen3-VL-Embedding-8B","url":"${SIM}/siliconflow/v1"}'),
  ('dashscope', '{"provider":"dashscope","url":"${SIM}/dashscope/compatible-mode/v1"}'),
  ('dashscope-native', '{"provider":"dashscope","url":"${SIM}/dashscope/api/v1/services/embeddings/text-embedding/text-embedding"}'),
  ('dashscope-vl', '{"provider":"dashscope","model":"qwen3-vl-embedding","url":"${SIM}/dashscope/api/v1/services/embeddings"}'),
  ('zhipu', '{"provider":"zhipu","url":"${SIM}/zhipu/api/paas/v4"}'),
  ('watsonx', '{"provider":"watsonx","account":"p","url":"${SIM}/watsonx/ml/v1","token_url":"${SIM}/watsonx/identity/token"}'),
  ('databricks', '{"provider":"databricks","url":"${SIM}/databricks/serving-endpoints"}'),
  ('snowflake', '{"provider":"snowflake","url":"${SIM}/snowflake/api/v2/cortex"}'),
  ('upstage', '{"provider":"upstage","url":"${SIM}/upstage/v1"}'),
  ('sambanova', '{"provider":"sambanova","url":"${SIM}/sambanova/v1"}'),
  ('nebius', '{"provider":"nebius","url":"${SIM}/nebius/v1"}'),
  ('azure_vision', '{"provider":"azure_vision","url":"${SIM}/azure_vision"}');
INSERT INTO temp.rembed_clients SELECT 'p-' || name, json_set(options, '$.key', 'k') FROM target;
INSERT INTO temp.rembed_clients VALUES
  ('judge', '{"provider":"openai","key":"k","url":"${SIM}/openai/v1"}'),
  ('signed', '{"provider":"bedrock","key":"AKIDSIM:SECRETSIM","url":"${SIM}/bedrock"}'),
  ('signed-token', '{"provider":"bedrock","key":"AKIDSIM:SECRETSIM:SESSION","region":"eu-central-1","model":"us.cohere.embed-v4:0","url":"${SIM}/bedrock"}'),
  ('badly-signed', '{"provider":"bedrock","key":"AKIDSIM:WRONGKEY","url":"${SIM}/bedrock"}'),
  ('perplexity', '{"provider":"perplexity","key":"k","url":"${SIM}/perplexity/v1"}');
CREATE TEMP TABLE picture(id INTEGER PRIMARY KEY, name, bytes);
INSERT INTO picture(name, bytes) VALUES
  ('red', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da63f8cfc000470cc47100ae930ff1385e8c110000000049454e44ae426082'),
  ('green', x'89504e470d0a1a0a0000000d4948445200000004000000040802000000269309290000000f4944415478da636058c08040c4710004430a01676feeb30000000049454e44ae426082'),
  ('blue', x'89504e470d0a1a0a0000000d494844520000000400000004080200000026930929000000104944415478da636060f88f8488e200008eb30ff15ba280bc0000000049454e44ae426082'),
  ('white', x'89504e470d0a1a0a0000000d4948445200000004000000040802000000269309290000000f4944415478da63f88f041888e30000db902fd1d73e0cf50000000049454e44ae426082');
CREATE TEMP TABLE native(name);
INSERT INTO native SELECT substr(name, 3) FROM temp.rembed_clients
  WHERE name LIKE 'p-%' AND json_extract(options, '$.image_route') = 'native';

-- test: every text is embedded, and is what the judge says it is
SELECT name, length(rembed('p-' || name, 'hello provider'))
  FROM target WHERE NOT coalesce(rembed_cosine(rembed('p-' || name, 'hello provider'), substr(rembed('judge', 'hello provider'), 1, length(rembed('p-' || name, 'hello provider')))) > 0.999999, 0);

-- test: and the very same where its vectors have the judge's length
SELECT name FROM target WHERE length(rembed('p-' || name, 'hello provider')) = length(rembed('judge', 'hello provider'))
  AND rembed('p-' || name, 'hello provider') IS NOT rembed('judge', 'hello provider');

-- test: a batch with a hole keeps its places, everywhere
SELECT name FROM target, (SELECT 1) WHERE name NOT IN (
  SELECT name FROM target, json_each(rembed_batch('p-' || name, '["another text", null, "hello provider"]')) AS b
  GROUP BY name HAVING count(*) = 3 AND count(b.value) = 2
     AND max(CASE b.key WHEN 2 THEN base64_decode(b.value) END) = rembed('p-' || name, 'hello provider'));

-- test: these are native
SELECT count(*), group_concat(name, ' ') FROM (SELECT name FROM native ORDER BY name);
--| 23|azure_vision bedrock-cohere bedrock-cohere-v3 bedrock-nova bedrock-titan-image cohere cohere-v3 dashscope-vl gemini-2 infinity jina-clip jina-v4 llamacpp nomic nvidia-clip nvidia-vl openrouter siliconflow-vl vertex-content vertex-multimodal vllm vllm-embed voyage

-- test: text finds the picture of its colour, in one space, with every native model
CREATE TEMP TABLE near AS SELECT n.name AS client, p.name AS shows, rembed_cosine(rembed('p-' || n.name, 'mostly green'), rembed_image('p-' || n.name, p.bytes)) AS cosine FROM native n, picture p;
SELECT count(*), count(DISTINCT client) FROM near;
SELECT client, shows FROM near a WHERE cosine = (SELECT max(cosine) FROM near b WHERE b.client = a.client) AND shows <> 'green';
--| 92|23

-- test: one by one and in a batch are the same
SELECT n.name, b.key FROM native n, json_each(rembed_images_batch('p-' || n.name, (SELECT json_group_array(readfile_base64(bytes)) FROM (SELECT bytes FROM picture ORDER BY id)))) AS b
  WHERE base64_decode(b.value) IS NOT rembed_image('p-' || n.name, (SELECT bytes FROM picture WHERE id = b.key + 1));

-- test: N images are one request where the provider's limit allows
SELECT json_array_length(rembed_images_batch('p-jina-clip', (SELECT json_group_array(readfile_base64(bytes)) FROM picture)));
-- requests: 1
--| 4

-- test: and as many as images where it does not
SELECT json_array_length(rembed_images_batch('p-cohere-v3', (SELECT json_group_array(readfile_base64(bytes)) FROM picture)));
-- requests: 4
--| 4

-- test: text and image fuse into one vector, which is neither
SELECT n.name FROM native n WHERE n.name IN ('gemini-2', 'cohere', 'voyage', 'openrouter', 'vllm-embed', 'dashscope-vl', 'bedrock-titan-image', 'bedrock-cohere', 'vertex-content', 'llamacpp', 'nvidia-vl')
  AND (SELECT json_array_length(b) || length(base64_decode(b ->> 0)) || (base64_decode(b ->> 0) = rembed('p-' || n.name, 'a bicycle')) || (base64_decode(b ->> 0) = rembed_image('p-' || n.name, bytes))
       FROM (SELECT bytes, rembed_batch('p-' || n.name, json_array(json_object('text', 'a bicycle', 'image', readfile_base64(bytes)))) AS b FROM picture WHERE name = 'red'))
      IS NOT '1' || length(rembed('p-' || n.name, 'a bicycle')) || '00';

-- test: a model that does not fuse says so
SELECT rembed_batch('p-jina-clip', json_array(json_object('text', 'a bicycle', 'image', readfile_base64(bytes)))) FROM picture WHERE name = 'red';
-- requests: 0
-- expect error: makes no one vector of text and image

-- test: a prompt is for a vision model
SELECT rembed_image_prompt('p-jina-clip', bytes, 'what is it?') FROM picture WHERE name = 'red';
-- requests: 0
-- expect error: set image_mode 'describe'

-- test: a native client still describes where its provider can
SELECT rembed_describe('p-cohere', bytes) FROM picture WHERE name = 'red';
-- expect like: A small 4x4 PNG picture, mostly red%

-- test: the reason of the route
SELECT name, json_extract(options, '$.image_route'), json_extract(options, '$.image_route_reason') FROM temp.rembed_clients WHERE name IN ('p-nomic', 'p-llamacpp', 'p-nebius', 'p-github') ORDER BY name;
--| p-github|describe|provider 'github' embeds no images with model 'openai/text-embedding-3-small'
--| p-llamacpp|native|image_mode is native
--| p-nebius|NULL|provider 'nebius' embeds no images with model 'BAAI/bge-en-icl'
--| p-nomic|native|the model embeds images itself

-- test: native images in a stream with texts between them, in order
SELECT group_concat(s.id || CASE WHEN s.embedding = CASE typeof(i.input) WHEN 'text' THEN rembed('p-voyage', i.input) ELSE rembed_image('p-voyage', i.input) END THEN '' ELSE '!' END, ' ')
  FROM rembed_stream('p-voyage', 'SELECT id, CASE id WHEN 2 THEN ''a text'' ELSE bytes END FROM picture ORDER BY id') s
  JOIN (SELECT id AS of_id, CASE id WHEN 2 THEN 'a text' ELSE bytes END AS input FROM picture) i ON i.of_id = s.id;
--| 1 2 3 4

-- test: concurrent images with a bad one between them
SELECT r ->> '$.stats.successful', r ->> '$.stats.failed', r ->> '$.errors[0].index', r ->> '$.errors[0].message'
  FROM (SELECT rembed_images_concurrent('p-gemini-2', json_array(readfile_base64(bytes), readfile_base64(x'47494638396102000300800000ffffff00000021f90400000000002c00000000020003000002024401003b'), readfile_base64(bytes))) AS r FROM picture WHERE name = 'red');
--| 2|1|1|the image is gif, and this model of provider 'gemini' takes: png jpeg; convert it, or set image_mode 'describe'

-- test: requests to AWS are signed, and AWS checks it
SELECT rembed('signed', 'hello provider') = rembed('judge', 'hello provider'), length(rembed('signed-token', 'hello'));
--| 1|1024

-- test: a wrong secret is refused, and does not show
SELECT rembed('badly-signed', 'hello');
-- expect error: HTTP 403: The request signature we calculated does not match

-- test: a token is fetched once for many requests
INSERT INTO temp.rembed_clients VALUES ('iam', '{"provider":"watsonx","key":"k","account":"p","url":"${SIM}/watsonx/ml/v1","token_url":"${SIM}/watsonx/identity/token","batch_size":1}');
SELECT json_array_length(rembed_batch('iam', '["a", "b", "c"]'));
-- requests: 4
--| 3

-- test: int8 and bit asked of the provider are what sqlite-vec takes
INSERT INTO temp.rembed_clients SELECT 'int8-' || name, json_set(options, '$.key', 'k', '$.output', 'int8') FROM target WHERE name IN ('cohere', 'voyage', 'bedrock-cohere-v3');
INSERT INTO temp.rembed_clients SELECT 'bit-' || name, json_set(options, '$.key', 'k', '$.output', 'bit') FROM target WHERE name IN ('cohere', 'voyage', 'bedrock', 'jina-clip');
INSERT INTO temp.rembed_clients VALUES ('judge-int8', '{"provider":"openai","key":"k","url":"${SIM}/openai/v1","output":"int8"}'), ('judge-bit', '{"provider":"openai","key":"k","url":"${SIM}/openai/v1","output":"bit"}');
SELECT name, test_subtype(rembed(name, 'hello provider')), length(rembed(name, 'hello provider')) * 4 = length(rembed('p-' || substr(name, 6), 'hello provider')) FROM temp.rembed_clients WHERE name LIKE 'int8-%' ORDER BY name;
SELECT name, test_subtype(rembed(name, 'hello provider')), rembed(name, 'hello provider') = rembed('judge-bit', 'hello provider') FROM temp.rembed_clients WHERE name LIKE 'bit-%' ORDER BY name;
--| int8-bedrock-cohere-v3|225|1
--| int8-cohere|225|1
--| int8-voyage|225|1
--| bit-bedrock|224|1
--| bit-cohere|224|1
--| bit-jina-clip|224|1
--| bit-voyage|224|1

-- test: perplexity gives int8 alone, which is near enough
SELECT rembed_cosine(rembed('perplexity', 'hello provider'), rembed('judge', 'hello provider')) > 0.99, length(rembed('perplexity', 'hello provider'));
--| 1|1024

-- test: an option that needs an account says so
INSERT INTO temp.rembed_clients VALUES ('x', '{"provider":"cloudflare","key":"k"}');
-- expect error: provider 'cloudflare' needs the option 'account'

-- test: dimensions that nobody can give are refused
INSERT INTO temp.rembed_clients VALUES ('x', '{"provider":"together","key":"k","dimensions":256}');
-- expect error: is not known as one whose vectors may be cut

-- test: the table of providers tells routes, models and what is not confirmed
SELECT count(*) >= 35 FROM rembed_providers WHERE text_embedding;
SELECT count(*) >= 14 FROM rembed_providers WHERE image_route = 'native';
SELECT count(*) >= 14 FROM rembed_providers WHERE vision_chat;
SELECT image_route, image_models, fuses, outputs FROM rembed_providers WHERE name = 'voyage';
SELECT image_route, image_models, fuses, outputs FROM rembed_providers WHERE name = 'together';
--| 1
--| 1
--| 1
--| native|voyage-multimodal-*|1|float32 int8 bit
--| describe|NULL|0|float32

-- test: tokens are counted where a header gives them
INSERT INTO temp.rembed_clients VALUES ('tei', '{"provider":"tei","url":"${SIM}/tei/embed"}'), ('aws', '{"provider":"bedrock","key":"k","model":"cohere.embed-english-v3","url":"${SIM}/bedrock"}');
SELECT rembed('tei', 'a text of some words') IS NOT NULL, rembed('aws', 'a text of some words') IS NOT NULL;
SELECT client, tokens > 0 FROM rembed_stats WHERE client IN ('tei', 'aws') ORDER BY client;
--| 1|1
--| aws|1
--| tei|1
