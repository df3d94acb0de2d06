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
ACTIVATIONS = {
    "relu": functional.relu,
    "relu6": functional.relu6,
    "sigmoid": torch.sigmoid,
    "silu": functional.silu,
    "hard_sigmoid": functional.hardsigmoid,
    "hard_swish": functional.hardswish,
}
OPTIONS = {
    "conv2d": {"stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": 1, "bias": True},
    "max_pool2d": {"padding": [0, 0], "ceil_mode": False},
    "avg_pool2d": {"padding": [0, 0], "ceil_mode": False, "count_include_pad": True},
    "batch_norm": {"eps": 1e-5, "momentum": 0.1},
    "local_response_norm": {"alpha": 1e-4, "beta": 0.75, "k": 1.0},
    "dropout": {"p": 0.5},
    "leaky_relu": {"slope": 0.01},
    "pad_channels": {"before": 0, "after": 0},
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
        xs = [shapes[name] for name in node["inputs"]]
        x, own = xs[0], {}
        if node["op"] in ("conv2d", "dense"):
            if node["op"] == "conv2d":
                shape = (node["filters"], x.shape[1] // node["groups"], *node["kernel"])
            else:
                shape = (node["units"], x.shape[1])
            weight, bias = map(torch.from_numpy, formula.layer(node["name"], shape))
            own[f"{node['name']}.weight"] = weight.to(dtype)
            if node["bias"]:
                own[f"{node['name']}.bias"] = bias.to(dtype)
        if node["op"] == "batch_norm":
            parts = formula.batch_norm(node["name"], x.shape[1])
            own = {
                f"{node['name']}.{part}": torch.from_numpy(values).to(dtype) for part, values in parts.items()
            }
        shapes[node["name"]] = apply(node, xs, {name: values.to("meta") for name, values in own.items()})
        weights |= own
    return weights


def run(network: dict, weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The output for a batch of inputs."""
    values = {"input": x}
    for node in spelt_out(network)["nodes"]:
        values[node["name"]] = apply(node, [values[name] for name in node["inputs"]], weights)
    return values[network["output"]]


def apply(node: dict, xs: list[torch.Tensor], weights: dict[str, torch.Tensor]) -> torch.Tensor:
    """The output of one layer, in evaluation mode."""
    x = xs[0]
    weight, bias = weights.get(f"{node['name']}.weight"), weights.get(f"{node['name']}.bias")
    op = node["op"]
    if op == "conv2d":
        padding = node["padding"]
        if padding == "same":
            x, padding = pad_same(x, node), 0
        elif len(padding) == 4:
            top, left, bottom, right = padding
            x, padding = functional.pad(x, (left, right, top, bottom)), 0
        return functional.conv2d(x, weight, bias, node["stride"], padding, node["dilation"], node["groups"])
    if op == "max_pool2d":
        ceil = node["ceil_mode"]
        return functional.max_pool2d(x, node["kernel"], node["stride"], node["padding"], ceil_mode=ceil)
    if op == "avg_pool2d":
        modes = node["ceil_mode"], node["count_include_pad"]
        return functional.avg_pool2d(x, node["kernel"], node["stride"], node["padding"], *modes)
    if op == "adaptive_avg_pool2d":
        return functional.adaptive_avg_pool2d(x, node["size"])
    if op == "batch_norm":
        mean, variance = (weights[f"{node['name']}.running_{part}"] for part in ("mean", "var"))
        return functional.batch_norm(x, mean, variance, weight, bias, eps=node["eps"])
    if op == "local_response_norm":
        return functional.local_response_norm(x, node["size"], node["alpha"], node["beta"], node["k"])
    if op == "dropout":
        return x
    if op == "add":
        return sum(xs[1:], x)
    if op == "multiply":
        return x * xs[1]
    if op == "concat":
        return torch.cat(xs, 1)
    if op == "subsample":
        return x[:, :, :: node["step"][0], :: node["step"][1]]
    if op == "pad_channels":
        return functional.pad(x, (0, 0, 0, 0, node["before"], node["after"]))
    if op == "global_max_pool2d":
        return functional.adaptive_max_pool2d(x, 1)
    if op == "global_avg_pool2d":
        return functional.adaptive_avg_pool2d(x, 1)
    if op == "flatten":
        return x.flatten(1)
    if op == "dense":
        return functional.linear(x, weight, bias)
    if op == "leaky_relu":
        return functional.leaky_relu(x, node["slope"])
    if op in ACTIVATIONS:
        return ACTIVATIONS[op](x)
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
