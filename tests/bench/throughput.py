"""Images per second of torchvision's networks by a peer, on one thread: `throughput.py torch|onnxruntime|openvino`.

Reads lines `NAME BATCH SECONDS` and answers each with the best of the batches of that time.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable

import torch
import torchvision

torch.set_num_threads(1)


def model(name: str, batch: int) -> tuple[torch.nn.Module, torch.Tensor]:
    side = 299 if name.startswith("inception") else 224
    network = getattr(torchvision.models, name)(weights=None).eval()
    return network, torch.rand(batch, 3, side, side)


def by_torch(name: str, batch: int) -> Callable[[], object]:
    network, images = model(name, batch)
    network = network.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        frozen = torch.jit.freeze(torch.jit.trace(network, images))

    def run() -> object:
        with torch.inference_mode():
            return frozen(images)

    return run


def by_onnxruntime(name: str, batch: int) -> Callable[[], object]:
    import onnxruntime

    network, images = model(name, batch)
    torch.onnx.export(network, (images,), file := io.BytesIO(), dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: images.numpy()}
    return lambda: session.run(None, feed)


def by_openvino(name: str, batch: int) -> Callable[[], object]:
    import openvino

    network, images = model(name, batch)
    converted = openvino.convert_model(network, example_input=images)
    converted.reshape(list(images.shape))
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(converted, "CPU", settings).create_infer_request()
    request.set_input_tensor(openvino.Tensor(images.numpy()))
    return request.infer


PEERS = {"torch": by_torch, "onnxruntime": by_onnxruntime, "openvino": by_openvino}


def main() -> None:
    prepare, prepared = PEERS[sys.argv[1]], {}
    for line in sys.stdin:
        name, batch, seconds = line.split()
        if (name, batch) not in prepared:
            prepared.clear()
            prepared[name, batch] = prepare(name, int(batch))
        run = prepared[name, batch]
        run()
        shortest, start = float("inf"), time.perf_counter()
        while time.perf_counter() - start < float(seconds):
            before = time.perf_counter()
            run()
            shortest = min(shortest, time.perf_counter() - before)
        print(int(batch) / shortest, flush=True)


if __name__ == "__main__":
    main()
