"""Makes expected/checkpoints.json: small files that PyTorch and safetensors save, in hexadecimal, and what is in them.

The network is a convolution `c`, a batch normalisation `n` and a dense layer `d`; its weights are the formula's,
rounded to the number format of the file.
"""

import collections
import io
import os
import tempfile
from pathlib import Path

import expected
import formula
import safetensors.torch
import torch
from torch import nn


class Net(nn.Module):
    """The network of network.json's kind: input 2x4x4."""

    def __init__(self) -> None:
        super().__init__()
        self.c, self.n, self.d = nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.Linear(27, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.d(self.n(self.c(x)).flatten(1))


class Command:
    """Runs a command when it is unpickled: what reading a file must never do."""

    def __reduce__(self) -> tuple:
        return os.system, ("true",)


def net() -> Net:
    """The network with the formula's weights."""
    module = Net()
    for name, values in module.state_dict().items():
        if values.dtype == torch.float32:
            values.copy_(torch.from_numpy(1 + formula.floats(name, tuple(values.shape), 0.5)))
    return module


def pytorch(value: object, legacy: bool = False) -> bytes:
    """What torch.save writes."""
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=not legacy)
    return file.getvalue()


def scripted(module: nn.Module) -> bytes:
    """What torch.jit.save writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.pt"
        torch.jit.save(torch.jit.trace(module, torch.zeros(1, 2, 4, 4)), path)
        return path.read_bytes()


def good() -> dict[str, bytes]:
    """Files that hold the weights in many ways."""
    weights = net().state_dict()
    plain = {name: values for name, values in weights.items() if name != "n.num_batches_tracked"}
    strided = dict(weights)
    strided["d.weight"] = weights["d.weight"].t().contiguous().t()
    strided["c.weight"] = weights["c.weight"].contiguous(memory_format=torch.channels_last)
    everything = torch.cat([values.flatten() for values in plain.values()])
    parts, at = {}, 0
    for name, values in plain.items():
        parts[name] = everything[at : at + values.numel()].view(values.shape)
        at += values.numel()
    parameters = {name: nn.Parameter(values) for name, values in plain.items()}
    prefixed = collections.OrderedDict((f"module.{name}", values) for name, values in weights.items())
    wrapped = {
        "epoch": 3,
        "state_dict": prefixed,
        "best": 0.5,
        "note": None,
        "rates": [0.1, 1e-3],
        "ok": True,
    }
    kinds = {"f16": torch.half, "bf16": torch.bfloat16, "f64": torch.double}
    files = {
        "zip": pytorch(weights),
        "legacy": pytorch(weights, legacy=True),
        "zip_strided": pytorch(strided),
        "zip_one_storage": pytorch(parts),
        "legacy_one_storage": pytorch(parts, legacy=True),
        "zip_parameters": pytorch(parameters),
        "zip_wrapped": pytorch(wrapped),
        "legacy_wrapped": pytorch(wrapped, legacy=True),
        "zip_two_prefixes": pytorch({f"module._orig_mod.{name}": values for name, values in plain.items()}),
        "safetensors": safetensors.torch.save(plain),
        "safetensors_prefixed": safetensors.torch.save(
            {f"model.{n}": values for n, values in weights.items()}
        ),
    }
    for name, dtype in kinds.items():
        converted = {name: values.to(dtype) for name, values in plain.items()}
        files[f"zip_{name}"] = pytorch(converted)
        files[f"legacy_{name}"] = pytorch(converted, legacy=True)
        files[f"safetensors_{name}"] = safetensors.torch.save(converted)
    return files


def bad() -> dict[str, tuple[bytes, str]]:
    """Files that are refused, and a part of the message."""
    weights = net().state_dict()
    integers = {name: values.long() for name, values in weights.items()}
    return {
        "module": (pytorch(net()), "its pickle asks for __main__.Net: only tensors"),
        "command": (pytorch({**weights, "x": Command()}), "its pickle asks for posix.system: only tensors"),
        "legacy_command": (
            pytorch({"x": Command()}, legacy=True),
            "its pickle asks for posix.system: only tensors",
        ),
        "script": (scripted(net()), "it is a TorchScript program: save its state_dict() instead"),
        "integers": (
            pytorch(integers),
            "tensor 'c.weight': its dtype is int64, weights are floating-point numbers",
        ),
        "list": (pytorch([1, 2]), "its pickle is no dictionary of tensors"),
        "number": (pytorch({**weights, "epoch": 3}), "the entry 'epoch' of its dictionary is no tensor"),
    }


if __name__ == "__main__":
    arguments = expected.arguments().parse_args()
    cases = [{"name": name, "file": file.hex()} for name, file in good().items()]
    cases += [{"name": name, "file": file.hex(), "refused": part} for name, (file, part) in bad().items()]
    # The files' bytes depend on the versions of PyTorch and Python: only the names can be compared.
    expected.finish("checkpoints.json", cases, arguments.check, ignore=("file",))
