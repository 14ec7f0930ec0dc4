"""An encoder's layers as a graph that ONNX Runtime executes.

The graph is built here from plain arrays whenever a model is loaded. A model folder holds no graph
of its own, so a foreign one can make nothing run but these operations.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HEAD_WIDTH = 32
# Of a matrix on which the processor is tried out.
WIDE = 64
# What ONNX calls opset and format; any runtime since 2024 knows them.
OPSET, FORMAT = 20, 9


def build_session(weights: Mapping[str, np.ndarray]) -> onnxruntime.InferenceSession:
    """A session that takes embedded pieces `x` (n x width) to what the layers make of them.

    It uses one thread: a run has a process for each processor.
    """
    return _session(_Graph(weights).model(), exact=not sums_exactly())


@cache
def sums_exactly() -> bool:
    """Whether the fast way to multiply 8-bit integers is exact on this processor.

    Without VNNI, sums of two products saturate at 16 bits. The way that is always exact takes
    three times as long.
    """
    largest: dict[str, np.ndarray] = {
        "0.largest": np.full((WIDE, WIDE), 127, dtype=np.int8),
        "0.largest.step": np.ones(WIDE, dtype=np.float32),
        "0.largest.bias": np.zeros(WIDE, dtype=np.float32),
    }
    graph = _Graph(largest)
    model = graph.as_model(WIDE, graph.product("x", "0.largest"))
    fast, slow = (_session(model, exact=exact) for exact in (False, True))
    # The runtime may go different ways for one row and for many.
    return all(
        np.array_equal(fast.run(None, {"x": x})[0], slow.run(None, {"x": x})[0])
        for x in (np.ones((n, WIDE), dtype=np.float32) for n in (1, 7, 64))
    )


def _session(model, *, exact: bool) -> onnxruntime.InferenceSession:
    # On Windows the runtime reports its use to Microsoft unless told not to.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    graph = model.SerializeToString()
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class _Graph:
    """Collects the graph's nodes and constants."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.weights = weights
        self.nodes: list = []
        self.constants: list = []

    def model(self):
        w = self.weights
        width = w["pieces"].shape[1]
        x, layer = self.norm("x", "pieces"), 0
        while f"{layer}.attend" in w:
            x = self.norm(self.op("Add", x, self.attended(x, layer, width)), f"{layer}.gather")
            wide = self.op("Gelu", self.product(x, f"{layer}.widen"), approximate="tanh")
            x = self.norm(
                self.op("Add", x, self.product(wide, f"{layer}.narrow")), f"{layer}.narrow"
            )
            layer += 1
        return self.as_model(width, x)

    def as_model(self, width: int, result: str):
        """A model that takes `x` (n x width) to the result of that name, of the same shape."""
        shape: list[str | int | None] = ["pieces", width]
        graph = helper.make_graph(
            self.nodes,
            "encoder",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(result, TensorProto.FLOAT, shape)],
            self.constants,
        )
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=FORMAT)

    def op(self, kind: str, *inputs: str, **options) -> str:
        name = f"{len(self.nodes)}.{kind}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **options))
        return name

    def constant(self, name: str, values: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def own(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def product(self, x: str, name: str) -> str:
        """`x` by a matrix of 8-bit integers, plus its bias."""
        at = len(self.nodes)
        quantised, scale, zero = (f"{at}.{part}" for part in ("quantised", "scale", "zero"))
        node = helper.make_node("DynamicQuantizeLinear", [x], [quantised, scale, zero])
        self.nodes.append(node)
        whole = self.op("MatMulInteger", quantised, self.own(name), zero)
        step = self.op("Mul", scale, self.own(f"{name}.step"))
        y = self.op("Mul", self.op("Cast", whole, to=TensorProto.FLOAT), step)
        return self.op("Add", y, self.own(f"{name}.bias"))

    def norm(self, x: str, name: str) -> str:
        weight, bias = self.weights[f"{name}.norm"]
        parts = self.constant(f"{name}.scale", weight), self.constant(f"{name}.shift", bias)
        return self.op("LayerNormalization", x, *parts, epsilon=1e-12, axis=-1)

    def attended(self, x: str, layer: int, width: int) -> str:
        heads = self.constant(f"{layer}.heads", np.array([-1, 3, width // HEAD_WIDTH, HEAD_WIDTH]))
        split = self.op("Reshape", self.product(x, f"{layer}.attend"), heads)
        split = self.op("Transpose", split, perm=[1, 2, 0, 3])
        query, key, value = (
            self.op("Gather", split, self.constant(f"{layer}.{n}", np.array(n)), axis=0)
            for n in range(3)
        )
        score = self.op("MatMul", query, self.op("Transpose", key, perm=[0, 2, 1]))
        root = self.constant(f"{layer}.root", np.array(HEAD_WIDTH**-0.5, dtype=np.float32))
        share = self.op("Softmax", self.op("Mul", score, root), axis=-1)
        mixed = self.op("Transpose", self.op("MatMul", share, value), perm=[1, 0, 2])
        flat = self.constant(f"{layer}.flat", np.array([-1, width]))
        return self.product(self.op("Reshape", mixed, flat), f"{layer}.gather")
