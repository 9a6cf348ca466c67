# SPDX-License-Identifier: MIT OR Apache-2.0
"""llama.cpp's own HTTP server, as the package xllamacpp brings it, for one embedding model.

llama_server.py FILE PORT KEY"""

import signal
import sys

import xllamacpp


def main():
    file, port, key = sys.argv[1:]
    params = xllamacpp.CommonParams()
    params.model.path = file
    params.port = int(port)
    params.api_keys = [key]
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.n_parallel = 4
    params.n_ctx = 4 * 512
    params.n_batch = params.n_ubatch = 2048
    params.cpuparams.n_threads = 2
    params.warmup = False
    server = xllamacpp.Server(params)  # noqa: F841 - it serves as long as it lives
    signal.pause()


if __name__ == "__main__":
    main()
