"""Images per second of a network by a peer, on one thread: `throughput.py torch|onnxruntime|openvino`.

Reads lines `FILE BATCH SECONDS`, a file of ONNX or for torch of TorchScript, and answers each with the best of the
batches of that time. What is prepared for a batch is kept until another one is asked for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

SIDE = 224


def by_torch(file: str, images: np.ndarray) -> Callable[[], object]:
    import torch

    torch.set_num_threads(1)
    network = torch.jit.load(file)
    pixels = torch.from_numpy(images).contiguous(memory_format=torch.channels_last)

    def run() -> object:
        with torch.inference_mode():
            return network(pixels)

    return run


def by_onnxruntime(file: str, images: np.ndarray) -> Callable[[], object]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_free_dimension_override_by_name("batch", len(images))
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"images": images})


def by_openvino(file: str, images: np.ndarray) -> Callable[[], object]:
    import openvino

    core = openvino.Core()
    network = core.read_model(file)
    network.reshape(list(images.shape))
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(network, "CPU", settings).create_infer_request()
    request.set_input_tensor(openvino.Tensor(images))
    return request.infer


PEERS = {"torch": by_torch, "onnxruntime": by_onnxruntime, "openvino": by_openvino}


def main() -> None:
    prepare, asked = PEERS[sys.argv[1]], None
    for line in sys.stdin:
        file, batch, seconds = line.split()
        if asked != (file, batch):
            run = None  # The last one's memory is free before the next one's is taken.
            images = np.random.default_rng(1).random((int(batch), 3, SIDE, SIDE), np.float32)
            run, asked = prepare(file, images), (file, batch)
            for _ in range(2):  # PyTorch optimises after the first.
                run()
        shortest, start = float("inf"), time.perf_counter()
        while time.perf_counter() - start < float(seconds):
            before = time.perf_counter()
            run()
            shortest = min(shortest, time.perf_counter() - before)
        print(int(batch) / shortest, flush=True)


if __name__ == "__main__":
    main()
