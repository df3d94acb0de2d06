"""Runs a network description, the project's JSON, in PyTorch."""

import formula
import torch
from torch.nn import functional

LENET = {
    "input": [1, 28, 28],
    "nodes": [
        {"name": "conv1", "op": "conv2d", "inputs": ["input"], "filters": 20, "kernel": [5, 5]},
        {"name": "relu1", "op": "relu", "inputs": ["conv1"]},
        {"name": "pool1", "op": "max_pool2d", "inputs": ["relu1"], "kernel": [2, 2], "stride": [2, 2]},
        {"name": "conv2", "op": "conv2d", "inputs": ["pool1"], "filters": 50, "kernel": [5, 5]},
        {"name": "relu2", "op": "relu", "inputs": ["conv2"]},
        {"name": "pool2", "op": "max_pool2d", "inputs": ["relu2"], "kernel": [2, 2], "stride": [2, 2]},
        {"name": "flatten1", "op": "flatten", "inputs": ["pool2"]},
        {"name": "dense1", "op": "dense", "inputs": ["flatten1"], "units": 500},
        {"name": "relu3", "op": "relu", "inputs": ["dense1"]},
        {"name": "dense2", "op": "dense", "inputs": ["relu3"], "units": 10},
    ],
    "output": "dense2",
}
OPTIONS = {
    "conv2d": {"stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": 1, "bias": True},
    "max_pool2d": {"padding": [0, 0]},
    "avg_pool2d": {"padding": [0, 0]},
    "dense": {"bias": True},
}


def spelt_out(network: dict) -> dict:
    """The description with every option that it leaves to its default."""
    nodes = [{**node, **OPTIONS.get(node["op"], {}), **node} for node in network["nodes"]]
    return {**network, "nodes": nodes}


def formula_weights(network: dict, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """All weights by name, in the order of the layers, with the formula's values."""
    weights = {}
    shapes = {"input": torch.empty(1, *network["input"], dtype=dtype, device="meta")}
    for node in spelt_out(network)["nodes"]:
        x, own = shapes[node["inputs"][0]], {}
        if node["op"] in ("conv2d", "dense"):
            if node["op"] == "conv2d":
                shape = (node["filters"], x.shape[1] // node["groups"], *node["kernel"])
            else:
                shape = (node["units"], x.shape[1])
            weight, bias = map(torch.from_numpy, formula.layer(node["name"], shape))
            own[f"{node['name']}.weight"] = weight.to(dtype)
            if node["bias"]:
                own[f"{node['name']}.bias"] = bias.to(dtype)
        shapes[node["name"]] = apply(node, x, {name: values.to("meta") for name, values in own.items()})
        weights |= own
    return weights


def run(network: dict, weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The output for a batch of inputs."""
    values = {"input": x}
    for node in spelt_out(network)["nodes"]:
        values[node["name"]] = apply(node, values[node["inputs"][0]], weights)
    return values[network["output"]]


def apply(node: dict, x: torch.Tensor, weights: dict[str, torch.Tensor]) -> torch.Tensor:
    """The output of one layer."""
    weight, bias = weights.get(f"{node['name']}.weight"), weights.get(f"{node['name']}.bias")
    op = node["op"]
    if op == "conv2d":
        padding = node["padding"]
        if padding == "same":
            x, padding = pad_same(x, node), 0
        return functional.conv2d(x, weight, bias, node["stride"], padding, node["dilation"], node["groups"])
    if op == "max_pool2d":
        return functional.max_pool2d(x, node["kernel"], node["stride"], node["padding"])
    if op == "avg_pool2d":
        return functional.avg_pool2d(x, node["kernel"], node["stride"], node["padding"])
    if op == "global_max_pool2d":
        return functional.adaptive_max_pool2d(x, 1)
    if op == "global_avg_pool2d":
        return functional.adaptive_avg_pool2d(x, 1)
    if op == "flatten":
        return x.flatten(1)
    if op == "dense":
        return functional.linear(x, weight, bias)
    if op == "relu":
        return functional.relu(x)
    if op == "softmax":
        return functional.softmax(x, 1)
    raise ValueError(f"unknown op {op}")


def pad_same(x: torch.Tensor, node: dict) -> torch.Tensor:
    """TensorFlow's rule: out = ceil(in / stride), an odd zero after. PyTorch has it for stride 1 only."""
    sides = []
    windows = zip(x.shape[2:], node["kernel"], node["stride"], node["dilation"])
    for size, kernel, stride, dilation in windows:
        covered = (-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1
        total = max(covered - size, 0)
        sides = [total // 2, total - total // 2, *sides]  # pad counts dimensions from the last
    return functional.pad(x, sides)
