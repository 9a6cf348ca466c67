# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes a sentence-transformers BERT folder as a GGUF file, which llama.cpp and Ollama read.

  gguf_model.py FOLDER FILE

The weights stay float32, so that what the servers compute can be held against the original."""

import json
import pathlib
import sys

import gguf
from safetensors.numpy import load_file

CONTROL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def spelled(word):
    """WordPiece marks what continues a word; llama.cpp marks what begins one."""
    if word in CONTROL:
        return word
    return word[2:] if word.startswith("##") else "\u2581" + word


def add_tokenizer(writer, folder):
    words = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([spelled(word) for word in words])
    writer.add_token_types([control if word in CONTROL else normal for word in words])
    writer.add_token_type_count(2)
    writer.add_bos_token_id(words.index("[CLS]"))
    writer.add_eos_token_id(words.index("[SEP]"))
    writer.add_sep_token_id(words.index("[SEP]"))
    writer.add_pad_token_id(words.index("[PAD]"))
    writer.add_unk_token_id(words.index("[UNK]"))
    writer.add_mask_token_id(words.index("[MASK]"))


def add_shape(writer, config):
    writer.add_name(config["_name_or_path"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def write(folder, file):
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(file, "bert")
    add_shape(writer, config)
    add_tokenizer(writer, folder)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    for name, weights in load_file(folder / "model.safetensors").items():
        known = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if known:  # the rest are position numbers and the pooler, which mean pooling does not use
            writer.add_tensor(known, weights.astype("f4"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
