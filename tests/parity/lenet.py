"""Makes expected/lenet.json: logits, gradients and 100 SGD steps of LeNet, in float32 and in float64."""

import expected
import formula
import network
import torch
from torch.nn import functional

CLASSES, IMAGES, STEPS, BATCH = 10, 4, 100, 16
SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.0005}


def images(name: str, count: int, dtype: torch.dtype) -> torch.Tensor:
    """Byte images scaled to [0, 1] in float32."""
    pixels = torch.from_numpy(formula.integers(name, (count, *network.LENET["input"]), 256))
    return (pixels.float() / 255).to(dtype)


def labels(name: str, count: int) -> torch.Tensor:
    """The class of each image."""
    return torch.from_numpy(formula.integers(name, (count,), CLASSES))


def probes(tensors: dict[str, torch.Tensor]) -> dict[str, dict]:
    """What tells whether a tensor is right: sum, norm, the first values, equally spaced values."""
    result = {}
    for name, tensor in tensors.items():
        flat = tensor.detach().double().flatten()
        spaced = [i * (len(flat) - 1) // 4 for i in range(5)]
        result[name] = {
            "sum": expected.float32(flat.sum()),
            "l2": expected.float32(flat.norm()),
            "first": expected.float32(flat[:5]),
            "spaced": expected.float32(flat[spaced]),
        }
    return result


def train(dtype: torch.dtype) -> dict:
    """Everything computed in one precision, from the same float32 weights and inputs."""
    weights = network.formula_weights(network.LENET, dtype)
    for weight in weights.values():
        weight.requires_grad_()
    optimizer = torch.optim.SGD(weights.values(), **SGD)

    def backward(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, float]:
        optimizer.zero_grad()
        logits = network.run(network.LENET, weights, x)
        loss = functional.cross_entropy(logits, y)
        loss.backward()
        return logits.detach(), expected.float32(loss.detach())

    logits, loss = backward(images("input", IMAGES, dtype), labels("labels", IMAGES))
    result = {
        "logits": expected.float32(logits),
        "loss": loss,
        "gradients": probes({name: weight.grad for name, weight in weights.items()}),
        "losses": [],
    }
    for step in range(STEPS):
        result["losses"].append(
            backward(images(f"batch{step}", BATCH, dtype), labels(f"labels{step}", BATCH))[1]
        )
        optimizer.step()
    buffers = {name: optimizer.state[weight]["momentum_buffer"] for name, weight in weights.items()}
    return {**result, "weights": probes(weights), "momentum": probes(buffers)}


if __name__ == "__main__":
    check = expected.arguments().parse_args().check
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    settings = {"images": IMAGES, "steps": STEPS, "batch": BATCH, "classes": CLASSES, **SGD}
    computed = {"network": network.spelt_out(network.LENET), "settings": settings}
    computed |= {"float32": train(torch.float32), "float64": train(torch.float64)}
    expected.finish("lenet.json", computed, check)
