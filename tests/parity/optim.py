"""Makes expected/optim.json: a tiny network's weights after 20 SGD steps, with and without each option."""

import expected
import formula
import network
import torch
from torch.nn import functional

CLASSES, STEPS, BATCH, RATE = 3, 20, 4, 0.1
NETWORK = {
    "input": [6],
    "nodes": [
        {"name": "dense1", "op": "dense", "inputs": ["input"], "units": 5},
        {"name": "relu1", "op": "relu", "inputs": ["dense1"]},
        {"name": "dense2", "op": "dense", "inputs": ["relu1"], "units": CLASSES},
    ],
    "output": "dense2",
}


def train(momentum: float, weight_decay: float) -> dict:
    """The loss at each step, and all weights at the end."""
    weights = network.formula_weights(NETWORK, torch.float32)
    for weight in weights.values():
        weight.requires_grad_()
    optimizer = torch.optim.SGD(weights.values(), lr=RATE, momentum=momentum, weight_decay=weight_decay)
    losses = []
    for step in range(STEPS):
        x = torch.from_numpy(formula.floats(f"batch{step}", (BATCH, *NETWORK["input"])))
        y = torch.from_numpy(formula.integers(f"labels{step}", (BATCH,), CLASSES))
        optimizer.zero_grad()
        loss = functional.cross_entropy(network.run(NETWORK, weights, x), y)
        loss.backward()
        optimizer.step()
        losses.append(expected.float32(loss.detach()))
    values = {name: expected.float32(weight.detach()) for name, weight in weights.items()}
    return {"momentum": momentum, "weight_decay": weight_decay, "losses": losses, "weights": values}


if __name__ == "__main__":
    check = expected.arguments().parse_args().check
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    computed = {
        "network": network.spelt_out(NETWORK),
        "settings": {"steps": STEPS, "batch": BATCH, "classes": CLASSES, "lr": RATE},
        "cases": [train(momentum, decay) for momentum in (0.0, 0.9) for decay in (0.0, 0.01)],
    }
    expected.finish("optim.json", computed, check)
