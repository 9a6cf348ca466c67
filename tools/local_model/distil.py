# SPDX-License-Identifier: MIT OR Apache-2.0
"""The plain distillation (Model2Vec's): every token of the vocabulary alone through the teacher.

    distil.py WORK     writes WORK/tokens.npz: vectors [V, 384], the mean of the teacher's states over
                       [CLS] token [SEP]; and WORK/vocab.json, the tokens in their order

The [unused] tokens are left out: no text gives them.
"""
import json
import pathlib
import re
import sys

import numpy as np
import torch

from teacher import Teacher

BATCH = 1024


def main():
    work = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    teacher = Teacher()
    vocab = sorted(teacher.tokenizer.get_vocab().items(), key=lambda item: item[1])
    vocab = [(token, i) for token, i in vocab if not re.fullmatch(r"\[unused\d+\]", token)]
    cls, sep = teacher.tokenizer.cls_token_id, teacher.tokenizer.sep_token_id
    vectors = []
    with torch.inference_mode():
        for start in range(0, len(vocab), BATCH):
            ids = torch.tensor([[cls, i, sep] for _, i in vocab[start:start + BATCH]])
            vectors.append(teacher.states(ids, torch.ones_like(ids)).mean(1).numpy())
    np.savez(work / "tokens.npz", vectors=np.concatenate(vectors))
    (work / "vocab.json").write_text(json.dumps([token for token, _ in vocab], ensure_ascii=False), "utf-8")
    print(f"{len(vocab)} tokens")


if __name__ == "__main__":
    main()
