"""Makes expected/ops.json: the output of every operation over odd shapes.

The outputs are computed in float64 from float32 weights and inputs, then rounded: what a float32 kernel
should be measured against. PyTorch's own float32 result has to agree.
"""

import expected
import formula
import network
import torch

PIXEL = [1, 1]


def case(name: str, input: list[int], *layers: dict, rows: int = 1, bound: float = 1.0) -> dict:
    """A case of one chain of layers; a flatten is put after a map, since a network's output is a vector."""
    nodes, counts, previous = [], {}, "input"
    for layer in layers:
        op = layer["op"]
        counts[op] = counts.get(op, 0) + 1
        more = layer.get("more", [])
        options = {key: value for key, value in layer.items() if key != "more"}
        nodes.append({"name": f"{op}{counts[op]}", "op": op, "inputs": [previous, *more], **options})
        previous = nodes[-1]["name"]
    description = network.spelt_out({"input": input, "nodes": nodes, "output": previous})
    x = torch.from_numpy(formula.floats("input", (rows, *input), bound))
    shape = network.run(description, network.formula_weights(description, x.dtype), x).shape
    if len(shape) > 2:
        return case(name, input, *layers, {"op": "flatten"}, rows=rows, bound=bound)
    return {
        "name": name,
        "network": description,
        "rows": rows,
        "input_bound": bound,
        "shapes": [shape_after(description, node["name"], x) for node in nodes],
        "output_shape": [rows, *shape[1:]],
        "output": expected.float32(output(description, x)),
    }


def shape_after(description: dict, node: str, x: torch.Tensor) -> list[int]:
    """The shape of one row of a layer's result."""
    description = {**description, "output": node}
    return list(network.run(description, network.formula_weights(description, x.dtype), x).shape[1:])


def output(description: dict, x: torch.Tensor) -> torch.Tensor:
    """The exact result, which PyTorch's float32 result must resemble."""
    exact, single = (
        network.run(description, network.formula_weights(description, dtype), x.to(dtype))
        for dtype in (torch.float64, torch.float32)
    )
    torch.testing.assert_close(single.double(), exact, rtol=0, atol=2e-6 * exact.abs().max().item())
    return exact


def conv(filters: int, kernel: list[int], **options: object) -> dict:
    """A convolution; options as in the description."""
    return {"op": "conv2d", "filters": filters, "kernel": kernel, **options}


def pool(kind: str, kernel: list[int], stride: list[int], padding: tuple[int, int] = (0, 0)) -> dict:
    """A pool; `kind` is max or avg."""
    return {"op": f"{kind}_pool2d", "kernel": kernel, "stride": stride, "padding": list(padding)}


def dense(units: int, **options: object) -> dict:
    """A fully connected layer."""
    return {"op": "dense", "units": units, **options}


RELU, FLATTEN, SOFTMAX = {"op": "relu"}, {"op": "flatten"}, {"op": "softmax"}
GLOBAL_AVG, GLOBAL_MAX = {"op": "global_avg_pool2d"}, {"op": "global_max_pool2d"}


def convolutions() -> list[dict]:
    """Kernels, strides, padding, dilation."""
    return [
        case("conv_pixel_kernel_1", [1, 1, 1], conv(1, PIXEL)),
        case("conv_pixel_padded", [3, 1, 1], conv(4, [3, 3], padding=[1, 1])),
        case("conv_pixel_same", [2, 1, 1], conv(3, [5, 5], padding="same")),
        case("conv_pixel_same_strided", [2, 1, 1], conv(3, [7, 7], padding="same", stride=[3, 3])),
        case("conv_pointwise", [9, 3, 5], conv(7, PIXEL)),
        case("conv_pointwise_strided", [4, 7, 6], conv(5, PIXEL, stride=[2, 2])),
        case("conv_3x3", [1, 7, 7], conv(3, [3, 3])),
        case("conv_5x5", [2, 9, 8], conv(4, [5, 5])),
        case("conv_7x7", [3, 9, 9], conv(5, [7, 7])),
        case("conv_kernel_covers_image", [5, 4, 6], conv(8, [4, 6])),
        case("conv_row_kernel", [2, 5, 12], conv(2, [1, 7])),
        case("conv_column_kernel", [2, 12, 5], conv(2, [7, 1])),
        case("conv_row_image", [3, 1, 17], conv(4, [1, 3], padding=[0, 1])),
        case("conv_column_image", [3, 17, 1], conv(4, [3, 1], padding=[1, 0])),
        case("conv_unequal_kernel", [3, 6, 9], conv(3, [2, 3])),
        case("conv_even_kernel", [1, 5, 17], conv(1, [2, 2])),
        case("conv_even_kernel_padded", [3, 6, 7], conv(4, [4, 6], padding=[1, 2])),
        case("conv_stride_2", [3, 11, 10], conv(4, [3, 3], stride=[2, 2])),
        case("conv_stride_unequal", [2, 13, 17], conv(3, [3, 5], stride=[2, 3])),
        case("conv_stride_over_kernel", [2, 11, 10], conv(5, [2, 2], stride=[3, 3])),
        case("conv_stride_5_kernel_1", [3, 17, 16], conv(4, PIXEL, stride=[5, 5])),
        case("conv_stride_leaves_rest", [1, 8, 9], conv(9, [3, 3], stride=[4, 4])),
        case("conv_padded", [2, 5, 7], conv(3, [3, 3], padding=[1, 1])),
        case("conv_padded_unequal", [2, 4, 6], conv(4, [3, 5], padding=[1, 2])),
        case("conv_padding_over_kernel", [1, 3, 2], conv(1, [2, 2], padding=[3, 3])),
        case("conv_padded_strided", [3, 9, 7], conv(4, [5, 5], padding=[2, 2], stride=[2, 2])),
        case("conv_same_odd_kernel", [2, 6, 5], conv(4, [3, 3], padding="same")),
        case("conv_same_even_kernel", [1, 5, 6], conv(3, [2, 2], padding="same")),
        case("conv_same_4x6", [2, 5, 7], conv(3, [4, 6], padding="same")),
        case("conv_same_stride_2_odd_image", [3, 7, 9], conv(5, [3, 3], padding="same", stride=[2, 2])),
        case("conv_same_stride_2_even_image", [3, 8, 10], conv(5, [3, 3], padding="same", stride=[2, 2])),
        case("conv_same_stride_over_kernel", [2, 9, 8], conv(6, [2, 1], padding="same", stride=[3, 3])),
        case("conv_same_stride_unequal", [4, 9, 7], conv(3, [5, 2], padding="same", stride=[2, 1])),
        case("conv_same_dilated", [2, 7, 6], conv(2, [3, 3], padding="same", dilation=[2, 2])),
        case("conv_same_dilated_odd_total", [2, 7, 8], conv(2, [2, 4], padding="same", dilation=[3, 1])),
        case(
            "conv_same_dilated_strided",
            [3, 9, 10],
            conv(5, [4, 3], padding="same", dilation=[2, 3], stride=[2, 3]),
        ),
        case("conv_dilated", [1, 9, 9], conv(4, [3, 3], dilation=[2, 2])),
        case("conv_dilated_rows", [2, 7, 8], conv(2, [3, 3], dilation=[3, 1], padding=[3, 0])),
        case("conv_dilation_5", [2, 8, 7], conv(9, [2, 2], dilation=[5, 5])),
        case(
            "conv_dilated_strided_padded",
            [3, 17, 15],
            conv(5, [3, 3], dilation=[4, 4], stride=[3, 3], padding=[2, 2]),
        ),
        case("conv_dilated_kernel_1", [2, 3, 4], conv(3, PIXEL, dilation=[3, 2])),
        case("conv_no_bias", [2, 6, 6], conv(3, [3, 3], bias=False)),
        case("conv_rows", [2, 5, 5], conv(4, [3, 3]), rows=3),
        case("conv_17x17", [9, 17, 17], conv(1, [7, 7])),
    ]


def groups() -> list[dict]:
    """Grouped and depthwise convolutions."""
    return [
        case("groups_2", [4, 5, 6], conv(6, [3, 3], groups=2)),
        case("groups_3_same_strided", [9, 7, 7], conv(6, [3, 3], groups=3, padding="same", stride=[2, 2])),
        case("groups_4_pointwise", [8, 3, 4], conv(8, PIXEL, groups=4)),
        case("groups_no_bias", [6, 4, 5], conv(4, [2, 3], groups=2, bias=False)),
        case("depthwise", [5, 6, 5], conv(5, [3, 3], groups=5)),
        case("depthwise_padded", [3, 6, 6], conv(3, [3, 3], groups=3, padding=[1, 1])),
        case(
            "depthwise_two_filters_each", [3, 6, 6], conv(6, [3, 3], groups=3, padding="same", stride=[2, 2])
        ),
        case("depthwise_7x7", [2, 7, 8], conv(2, [7, 7], groups=2, padding=[3, 3])),
        case("depthwise_pixel", [8, 1, 1], conv(8, [3, 3], groups=8, padding=[1, 1])),
        case("depthwise_stride_2", [7, 9, 5], conv(7, [5, 5], groups=7, padding=[2, 2], stride=[2, 2])),
        case("depthwise_same_dilated", [4, 5, 6], conv(4, [3, 3], groups=4, padding="same", dilation=[2, 2])),
        case("depthwise_unequal_no_bias", [3, 8, 9], conv(3, [2, 5], groups=3, stride=[3, 1], bias=False)),
        case("depthwise_wide_rows", [2, 3, 17], conv(2, [3, 3], groups=2, padding=[1, 1])),
    ]


def pools() -> list[dict]:
    """Pools over windows, each shape for the maximum and the mean, and over whole maps."""
    cases = []
    for kind in ("max", "avg"):
        cases += [
            case(f"{kind}_pool_2", [3, 6, 8], pool(kind, [2, 2], [2, 2])),
            case(f"{kind}_pool_leaves_rest", [4, 7, 9], pool(kind, [2, 2], [2, 2])),
            case(f"{kind}_pool_overlapping", [3, 9, 8], pool(kind, [3, 3], [2, 2])),
            case(f"{kind}_pool_stride_1", [1, 5, 9], pool(kind, [3, 3], [1, 1])),
            case(f"{kind}_pool_padded", [3, 7, 6], pool(kind, [3, 3], [2, 2], (1, 1)), rows=2),
            case(f"{kind}_pool_unequal", [2, 6, 11], pool(kind, [2, 5], [1, 3], (1, 2))),
            case(f"{kind}_pool_stride_over_kernel", [5, 11, 10], pool(kind, [2, 2], [3, 3])),
            case(f"{kind}_pool_pixel_padded", [9, 1, 1], pool(kind, [3, 3], [1, 1], (1, 1))),
            case(f"{kind}_pool_7_padded", [2, 13, 17], pool(kind, [7, 7], [4, 4], (3, 3))),
            case(f"{kind}_pool_kernel_1", [4, 9, 7], pool(kind, PIXEL, [2, 2])),
            case(f"{kind}_pool_covers_image", [6, 5, 7], pool(kind, [5, 7], [1, 1])),
        ]
    return [
        *cases,
        case("global_avg_pool", [9, 5, 7], GLOBAL_AVG, rows=2),
        case("global_max_pool", [9, 5, 7], GLOBAL_MAX, rows=2),
        case("global_avg_pool_pixel", [5, 1, 1], GLOBAL_AVG),
        case("global_max_pool_pixel", [5, 1, 1], GLOBAL_MAX),
    ]


def vectors() -> list[dict]:
    """Layers that work on vectors, and the element-wise ones."""
    return [
        case("flatten", [3, 4, 5], FLATTEN, rows=2),
        case("relu_map", [3, 5, 7], RELU),
        case("relu_vector", [17], RELU, rows=3),
        case("dense", [17], dense(7), rows=3),
        case("dense_one", [1], dense(1)),
        case("dense_rows", [9], dense(5), rows=17),
        case("dense_wide", [1000], dense(10)),
        case("dense_no_bias", [6], dense(11, bias=False), rows=2),
        case("softmax", [10], SOFTMAX, rows=3),
        case("softmax_one", [1], SOFTMAX, rows=2),
        case("softmax_large", [7], SOFTMAX, rows=4, bound=100.0),
        case("softmax_overflowing_exp", [13], SOFTMAX, rows=3, bound=1e4),
        case("softmax_wide", [120], SOFTMAX, bound=20.0),
    ]


def activations() -> list[dict]:
    """The element-wise functions, whose bends the inputs reach on both sides."""
    names = ("relu6", "sigmoid", "silu", "hard_sigmoid", "hard_swish", "leaky_relu")
    return [
        *(case(f"{name}_map", [3, 5, 7], {"op": name}, bound=8.0) for name in names),
        *(case(f"{name}_vector", [17], {"op": name}, rows=3, bound=8.0) for name in names),
        case("leaky_relu_slope", [2, 3, 3], {"op": "leaky_relu", "slope": 0.2}),
        case("dropout_map", [2, 3, 5], {"op": "dropout", "p": 0.3}),
        case("dropout_vector", [9], {"op": "dropout"}, dense(4)),
    ]


def norms() -> list[dict]:
    """Batch and local response normalisation."""

    def response(size: int, **options: float) -> dict:
        return {"op": "local_response_norm", "size": size, **options}

    return [
        case("batch_norm", [5, 4, 3], {"op": "batch_norm"}, rows=2),
        case("batch_norm_pixel", [7, 1, 1], {"op": "batch_norm"}),
        case("batch_norm_eps", [3, 5, 5], {"op": "batch_norm", "eps": 0.5, "momentum": 0.01}),
        case("batch_norm_after_conv", [3, 6, 5], conv(4, [3, 3], bias=False), {"op": "batch_norm"}, RELU),
        case("response_norm_5", [9, 3, 4], response(5, alpha=0.1), bound=4.0),
        case("response_norm_even", [6, 3, 2], response(4, alpha=0.7, beta=0.5, k=2.0), bound=3.0),
        case("response_norm_1", [3, 2, 2], response(1, alpha=1.0)),
        case("response_norm_over_all_maps", [3, 2, 5], response(9, alpha=2.0)),
    ]


def joins() -> list[dict]:
    """Operations of several inputs, and those that move values."""

    def join(op: str, *more: str) -> dict:
        return {"op": op, "more": list(more)}

    same, gate = conv(3, [3, 3], padding="same"), conv(3, PIXEL)
    return [
        case("add", [3, 5, 4], same, join("add", "input")),
        case("add_three", [3, 5, 4], same, RELU, join("add", "input", "conv2d1")),
        case("add_vectors", [6], dense(6), join("add", "input"), rows=2),
        case("add_itself", [2, 3, 3], join("add", "input")),
        case("multiply_same_shape", [3, 4, 5], same, join("multiply", "input"), rows=2),
        case(
            "multiply_gate",
            [3, 4, 5],
            RELU,
            GLOBAL_AVG,
            gate,
            {"op": "hard_sigmoid"},
            {"op": "multiply", "inputs": ["relu1", "hard_sigmoid1"]},
            rows=2,
        ),
        case("multiply_pixel", [3, 1, 1], gate, join("multiply", "input")),
        case("concat_maps", [3, 4, 5], conv(2, [3, 3], padding="same"), join("concat", "input"), rows=2),
        case("concat_vectors", [7], dense(4), join("concat", "input", "dense1"), rows=3),
        case("subsample", [2, 7, 9], {"op": "subsample", "step": [2, 2]}),
        case("subsample_unequal", [3, 8, 5], {"op": "subsample", "step": [3, 1]}),
        case("subsample_over_size", [2, 3, 3], {"op": "subsample", "step": [5, 4]}),
        case("pad_channels", [3, 2, 4], {"op": "pad_channels", "before": 2, "after": 1}),
        case("pad_channels_none", [3, 2, 4], {"op": "pad_channels"}),
        case(
            "shortcut_without_weights",
            [4, 6, 8],
            conv(8, [3, 3], padding=[1, 1], stride=[2, 2]),
            {"op": "subsample", "step": [2, 2], "inputs": ["input"]},
            {"op": "pad_channels", "before": 2, "after": 2},
            join("add", "conv2d1"),
        ),
    ]


def paddings() -> list[dict]:
    """Convolutions with a padding for each side."""
    return [
        case("sides_after", [3, 8, 6], conv(4, [3, 3], padding=[0, 0, 1, 1], stride=[2, 2])),
        case("sides_before", [2, 5, 7], conv(3, [2, 3], padding=[1, 2, 0, 0])),
        case("sides_all_unequal", [2, 6, 5], conv(3, [3, 3], padding=[0, 1, 2, 3])),
        case("sides_equal", [2, 6, 5], conv(3, [3, 3], padding=[1, 1, 1, 1])),
        case("sides_depthwise", [3, 6, 6], conv(3, [3, 3], groups=3, padding=[0, 0, 1, 1], stride=[2, 2])),
        case(
            "depthwise_two_each_strided", [3, 9, 7], conv(6, [3, 3], groups=3, padding=[1, 1], stride=[2, 3])
        ),
        case("depthwise_kernel_over_padding", [2, 3, 3], conv(2, [5, 5], groups=2, padding=[4, 4])),
    ]


def pool_modes() -> list[dict]:
    """Pools whose last window may be cut off, and means without the padding."""
    cases = []
    for kind in ("max", "avg"):
        sizes = [
            ("even", [3, 6, 8], [3, 3], [2, 2], (0, 0)),
            ("padded", [2, 7, 6], [3, 3], [2, 2], (1, 1)),
            ("dropped", [2, 4, 4], [2, 2], [3, 3], (1, 1)),
            ("unequal", [2, 6, 11], [2, 5], [3, 4], (1, 2)),
        ]
        for name, shape, kernel, stride, padding in sizes:
            layer = {**pool(kind, kernel, stride, padding), "ceil_mode": True}
            cases.append(case(f"{kind}_pool_ceil_{name}", shape, layer))
            if kind == "avg":
                layer = {**layer, "count_include_pad": False}
                cases.append(case(f"avg_pool_ceil_{name}_without_padding", shape, layer))
    plain = {**pool("avg", [3, 3], [1, 1], (1, 1)), "count_include_pad": False}
    sizes = [
        ([3, 7, 9], [7, 7]),
        ([2, 13, 5], [3, 4]),
        ([2, 3, 2], [7, 7]),
        ([4, 6, 6], [1, 1]),
        ([1, 1, 1], [2, 3]),
    ]
    return [
        *cases,
        case("avg_pool_without_padding", [2, 5, 4], plain),
        *(
            case(f"adaptive_pool_{i}", shape, {"op": "adaptive_avg_pool2d", "size": size})
            for i, (shape, size) in enumerate(sizes)
        ),
    ]


def chains() -> list[dict]:
    """Layers after one another, as networks have them."""
    separable = [conv(6, [3, 3], groups=6, padding="same", bias=False), RELU, conv(5, PIXEL), RELU]
    return [
        case("chain_conv_relu_pool", [3, 10, 9], conv(6, [3, 3]), RELU, pool("max", [2, 2], [2, 2])),
        case("chain_conv_padded_pool", [2, 7, 7], conv(4, [3, 3]), pool("max", [3, 3], [2, 2], (1, 1))),
        case("chain_pool_first", [3, 12, 11], pool("avg", [2, 2], [2, 2]), conv(5, [3, 3])),
        case("chain_relu_twice", [2, 5, 5], conv(3, [2, 2]), RELU, RELU),
        case("chain_conv_conv", [3, 8, 8], conv(6, [3, 3]), conv(4, [3, 3])),
        case("chain_separable", [6, 7, 5], *separable, pool("max", [2, 2], [2, 2])),
        case(
            "chain_classifier",
            [3, 17, 13],
            conv(7, [3, 3], padding="same", stride=[2, 2]),
            RELU,
            *separable[2:],
            GLOBAL_AVG,
            FLATTEN,
            dense(6),
            SOFTMAX,
            rows=3,
        ),
        case(
            "chain_lenet_like",
            [1, 16, 16],
            conv(4, [5, 5]),
            RELU,
            pool("max", [2, 2], [2, 2]),
            conv(8, [3, 3]),
            RELU,
            pool("max", [2, 2], [2, 2]),
            FLATTEN,
            dense(20),
            RELU,
            dense(10),
            rows=4,
        ),
        case("chain_dense", [9], dense(17), RELU, dense(5), SOFTMAX, rows=5),
        case("chain_pixel", [4, 1, 1], conv(8, PIXEL), RELU, GLOBAL_MAX, FLATTEN, dense(3)),
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)
    check = expected.arguments().parse_args().check
    older = convolutions() + groups() + pools() + vectors() + chains()
    newer = activations() + norms() + joins() + paddings() + pool_modes()
    expected.finish("ops.json", older + newer, check)
