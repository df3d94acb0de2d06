"""Makes expected/training.json: steps of SGD through batch normalisation and the other layers of ImageNet networks."""

import collections

import expected
import formula
import torch
from torch import nn
from torch.nn import functional

STEPS, BATCH, CLASSES, LR, MOMENTUM, DECAY = 10, 6, 4, 0.05, 0.9, 0.01


class Block(nn.Module):
    """A residual block with squeeze and excitation, and a dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.n1 = (
            nn.Conv2d(2, 6, 3, padding=1, bias=False),
            nn.BatchNorm2d(6, eps=1e-3, momentum=0.2),
        )
        self.c2, self.n2 = nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.BatchNorm2d(6)
        self.se1, self.se2 = nn.Conv2d(6, 2, 1), nn.Conv2d(2, 6, 1)
        self.d = nn.Linear(6, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.hardswish(self.n1(self.c1(x)))
        y = functional.silu(self.n2(self.c2(x)))
        gate = functional.hardsigmoid(self.se2(self.se1(y.mean((2, 3), keepdim=True)).relu()))
        return self.d((x + y * gate).mean((2, 3)))


SAME_SIZE = {"kernel": [3, 3], "padding": [1, 1]}
NETWORK = {
    "input": [2, 7, 6],
    "nodes": [
        {"name": "c1", "op": "conv2d", "inputs": ["input"], "filters": 6, **SAME_SIZE, "bias": False},
        {"name": "n1", "op": "batch_norm", "inputs": ["c1"], "eps": 1e-3, "momentum": 0.2},
        {"name": "a1", "op": "hard_swish", "inputs": ["n1"]},
        {"name": "c2", "op": "conv2d", "inputs": ["a1"], "filters": 6, **SAME_SIZE, "groups": 6},
        {"name": "n2", "op": "batch_norm", "inputs": ["c2"]},
        {"name": "a2", "op": "silu", "inputs": ["n2"]},
        {"name": "m", "op": "global_avg_pool2d", "inputs": ["a2"]},
        {"name": "se1", "op": "conv2d", "inputs": ["m"], "filters": 2, "kernel": [1, 1]},
        {"name": "r", "op": "relu", "inputs": ["se1"]},
        {"name": "se2", "op": "conv2d", "inputs": ["r"], "filters": 6, "kernel": [1, 1]},
        {"name": "g", "op": "hard_sigmoid", "inputs": ["se2"]},
        {"name": "y", "op": "multiply", "inputs": ["a2", "g"]},
        {"name": "s", "op": "add", "inputs": ["a1", "y"]},
        {"name": "p", "op": "global_avg_pool2d", "inputs": ["s"]},
        {"name": "f", "op": "flatten", "inputs": ["p"]},
        {"name": "d", "op": "dense", "inputs": ["f"], "units": CLASSES},
    ],
    "output": "d",
}  # fmt: skip


def module() -> Block:
    """The network with the formula's weights."""
    block = Block()
    norms = {name for name, part in block.named_modules() if isinstance(part, nn.BatchNorm2d)}
    for name, values in block.state_dict().items():
        layer, part = name.rsplit(".", 1)
        if layer in norms:
            if part != "num_batches_tracked":
                values.copy_(torch.from_numpy(formula.batch_norm(layer, len(values))[part]))
        else:
            own = formula.layer(layer, tuple(block.get_parameter(f"{layer}.weight").shape))
            values.copy_(torch.from_numpy(own[part == "bias"]))
    return block


def case(frozen: tuple[str, ...]) -> dict:
    """Some steps in which the named layers stay as they are, in evaluation mode."""
    block = module().train()
    for name in frozen:
        block.get_submodule(name).eval().requires_grad_(False)
    trained = [p for p in block.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, LR, momentum=MOMENTUM, weight_decay=DECAY)
    losses = []
    for step in range(STEPS):
        x = torch.from_numpy(formula.floats(f"batch{step}", (BATCH, *NETWORK["input"])))
        labels = torch.from_numpy(formula.integers(f"labels{step}", (BATCH,), CLASSES))
        loss = functional.cross_entropy(block(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    weights = collections.OrderedDict(
        (name, expected.float32(values))
        for name, values in block.state_dict().items()
        if not name.endswith("num_batches_tracked")
    )
    return {"frozen": list(frozen), "losses": expected.float32(losses), "weights": weights}


if __name__ == "__main__":
    torch.set_num_threads(1)
    settings = {
        "steps": STEPS,
        "batch": BATCH,
        "classes": CLASSES,
        "lr": LR,
        "momentum": MOMENTUM,
        "decay": DECAY,
    }
    cases = [case(()), case(("c1", "n1")), case(("n2",)), case(("c1", "n1", "c2", "n2", "se1", "se2"))]
    computed = {"network": NETWORK, "settings": settings, "cases": cases}
    expected.finish("training.json", computed, expected.arguments().parse_args().check)
