-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Where data may go: https for public hosts, and the hosts of REMBED_ALLOW_HOSTS.

-- test: plain http to a public host is refused when the client is registered
INSERT INTO temp.rembed_clients VALUES ('a', rembed_client_options('format', 'openai', 'key', 'sk-THE-KEY', 'url', 'http://api.example.com/v1'));
-- expect error: client 'a': option 'url' is plain http to the public host api.example.com: keys and texts could be read on the way; use https (or set the option allow_http to true)
-- expect not: sk-THE-KEY

-- test: and it is not there
SELECT count(*) FROM temp.rembed_clients WHERE name = 'a';
--| 0

-- test: without a key too: texts are data
INSERT INTO temp.rembed_clients VALUES ('a', rembed_client_options('format', 'ollama', 'url', 'http://8.8.8.8:11434'));
-- expect error: option 'url' is plain http to the public host 8.8.8.8

-- test: allow_http allows it, and is shown
INSERT INTO temp.rembed_clients VALUES ('a', rembed_client_options('format', 'ollama', 'url', 'http://192.0.2.1:11434', 'allow_http', 'true', 'max_retries', 0));
SELECT options ->> 'allow_http' FROM temp.rembed_clients WHERE name = 'a';
--| 1

-- test: a wrong word for it is an error
INSERT INTO temp.rembed_clients VALUES ('b', '{"provider":"ollama","allow_http":"maybe"}');
-- expect error: option 'allow_http' must be true or false

-- test: a name that looks private but is a public address gets no connection
INSERT INTO temp.rembed_clients VALUES ('numeric', '{"provider":"ollama","url":"http://0xC0000201/","max_retries":0}');
-- expect error: is plain http to the public host 0xc0000201

-- test: a list of hosts: what is on it may be called
-- env: REMBED_ALLOW_HOSTS=${HOST}, *.example.com
INSERT INTO temp.rembed_clients VALUES ('s', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1'));
SELECT length(rembed('s', 'x'));
-- requests: 1
--| 1024

-- test: anything else is refused when it is registered
INSERT INTO temp.rembed_clients VALUES ('o', 'openai:k');
-- expect error: the host api.openai.com:443 is not in the environment's REMBED_ALLOW_HOSTS

-- test: a url for descriptions counts
INSERT INTO temp.rembed_clients VALUES ('o', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'vision_url', 'https://example.com/v1'));
-- expect error: option 'vision_url': the host example.com:443 is not in

-- test: a proxy counts
INSERT INTO temp.rembed_clients VALUES ('o', rembed_client_options('format', 'openai', 'key', 'k', 'url', '${SIM}/openai/v1', 'proxy', 'http://127.0.0.1:1'));
-- expect error: option 'proxy': the host 127.0.0.1:1 is not in

-- test: a url for tokens counts
INSERT INTO temp.rembed_clients VALUES ('o', rembed_client_options('format', 'watsonx', 'key', 'k', 'account', 'p', 'url', 'https://a.example.com'));
-- expect error: the address for tokens: the host iam.cloud.ibm.com:443 is not in

-- test: a list that comes later holds for clients that are there
-- env: REMBED_ALLOW_HOSTS=other.example.com
SELECT rembed('s', 'x');
-- requests: 0
-- expect error: this host is not in REMBED_ALLOW_HOSTS

-- test: an empty list allows nobody
-- env: REMBED_ALLOW_HOSTS= ,
SELECT rembed('s', 'x');
-- requests: 0
-- expect error: this host is not in REMBED_ALLOW_HOSTS

-- test: without it all is as before
-- env: REMBED_ALLOW_HOSTS=
SELECT length(rembed('s', 'x'));
-- requests: 1
--| 1024

-- test: characters that could be read in two ways are no host
INSERT INTO temp.rembed_clients VALUES ('t', '{"provider":"ollama","url":"http://127.0.0.1\\@example.com/"}');
-- expect error: option 'url' has no clear host
