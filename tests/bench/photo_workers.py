"""What Spark's Python workers do with photos where there is no Firesteel: decode, resize, crop and run a network.

Sent to the workers as a module, so that what is cached here stays from query to query.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pandas as pd
import simplejpeg
from PIL import Image

BATCH = 32
SHORT, SIDE = 256, 224
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def pillow(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def scaled(factor: int, content: bytes) -> Image.Image:
    """Decoded by libjpeg-turbo at a factor-th of the size or less (1: by eighths), where the short side allows."""
    pixels = simplejpeg.decode_jpeg(content, "RGB", min_height=SHORT, min_width=SHORT, min_factor=factor)
    return Image.fromarray(pixels)


def crop(image: Image.Image) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """The size that torchvision's Resize(256) gives, and what CenterCrop(224) leaves of it."""
    width, height = image.size
    size = (SHORT, SHORT * height // width) if width <= height else (SHORT * width // height, SHORT)
    left, top = (round((side - SIDE) / 2.0) for side in size)
    return size, (left, top, left + SIDE, top + SIDE)


def plain(decode: Callable[[bytes], Image.Image], content: bytes) -> np.ndarray:
    """A network's input, as one writes it down."""
    image = decode(content)
    size, box = crop(image)
    pixels = np.asarray(image.resize(size, Image.Resampling.BILINEAR).crop(box), np.float32)
    return ((pixels / 255 - MEAN) / STD).transpose(2, 0, 1)


def tuned(content: bytes) -> np.ndarray:
    """The same by the fastest calls we know: the crop alone is resized, which moves pixels by one level at most, and
    each channel becomes a plane where it is computed."""
    image = scaled(2, content)
    size, box = crop(image)
    box = tuple(at * whole / resized for at, whole, resized in zip(box, image.size * 2, size * 2))
    pixels = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box))
    planes = np.empty((3, SIDE, SIDE), np.float32)
    for channel, plane in enumerate(planes):
        np.multiply(pixels[:, :, channel], 1 / (255 * STD[channel]), out=plane)
        plane -= MEAN[channel] / STD[channel]
    return planes


# How images are prepared, and how many of them an engine is given at a time: by itself, an image is faster.
PREPARATIONS = {
    "Pillow": (functools.partial(plain, pillow), BATCH),
    "simplejpeg": (functools.partial(plain, functools.partial(scaled, 2)), BATCH),
    "simplejpeg at any scale": (functools.partial(plain, functools.partial(scaled, 1)), BATCH),
    "simplejpeg, tuned": (tuned, 1),
}


@functools.cache
def onnxruntime(file: str, batch: int) -> Callable[[np.ndarray], np.ndarray]:
    """From a batch of images, of any size, to scores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"images": images})[0]


@functools.cache
def openvino(file: str, batch: int) -> Callable[[np.ndarray], np.ndarray]:
    """The same; the network is compiled for full batches, and smaller ones are filled up."""
    import openvino

    core = openvino.Core()
    network = core.read_model(file)
    network.reshape([batch, 3, SIDE, SIDE])
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    # Otherwise the workers of all tasks would run on the first core.
    settings["ENABLE_CPU_PINNING"] = False
    request = core.compile_model(network, "CPU", settings).create_infer_request()

    def run(images: np.ndarray) -> np.ndarray:
        if len(images) == batch:
            return request.infer([images], share_inputs=True)[0]
        full = np.zeros((batch, *images.shape[1:]), np.float32)
        full[: len(images)] = images
        return request.infer([full], share_inputs=True)[0][: len(images)]

    return run


ENGINES = {"ONNX Runtime": onnxruntime, "OpenVINO": openvino}


def labels(
    engine: str, preparation: str, file: str
) -> Callable[[Iterable[pd.DataFrame]], Iterator[pd.DataFrame]]:
    """For mapInPandas: from (file, content) to (file, label), a batch at a time."""

    def run(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        prepare, size = PREPARATIONS[preparation]
        network = ENGINES[engine](file, size)
        for batch in batches:
            labels = []
            for first in range(0, len(batch), size):
                images = np.stack([prepare(content) for content in batch["content"][first : first + size]])
                labels.append(network(np.ascontiguousarray(images)).argmax(1))
            yield pd.DataFrame({"file": batch["file"], "label": np.concatenate(labels).astype(str)})

    return run


@functools.cache
def torch_predictor(layout: str, name: str, weights: str) -> Callable[[np.ndarray], np.ndarray]:
    """For predict_batch_udf: from contents to classes, as Spark's guide shows it, in one of PyTorch's memory formats:
    contiguous_format unless told, and channels_last, which is faster. Spark calls it once in each query and worker:
    that it is kept from query to query, as the other engines are, is more than the guide does."""
    import torch
    from torchvision import models, transforms

    torch.set_num_threads(1)
    memory_format = getattr(torch, layout)
    model = getattr(models, name)()
    model.load_state_dict(torch.load(weights, weights_only=True))
    model = model.eval().to(memory_format=memory_format)
    prepare = transforms.Compose(
        [
            transforms.Resize(SHORT),
            transforms.CenterCrop(SIDE),
            transforms.ToTensor(),
            transforms.Normalize(MEAN.tolist(), STD.tolist()),
        ]
    )

    def predict(contents: np.ndarray) -> np.ndarray:
        images = [prepare(pillow(content)) for content in contents]
        with torch.inference_mode():
            batch = torch.stack(images).contiguous(memory_format=memory_format)
            return model(batch).argmax(1).numpy()

    return predict
