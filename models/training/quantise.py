"""Step 5: quantise the table and write the ONNX graph (`model.onnx`, `vocab.txt`).

Symmetric signed 4 bit, one float32 scale per block of 64 values; the scale of a block is the one
of 25 candidates with the smallest squared error. The graph gathers and dequantises only the rows
of the text, so the table stays 4 bit in memory.
"""
from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from common import DIMENSION, MODEL_ID, arguments, sha256, teacher_folder

BLOCK = 64


def quantise(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    table = table / np.sqrt((table ** 2).mean())  # the norm is free: the output is normalised
    blocks = table.reshape(len(table), DIMENSION // BLOCK, BLOCK)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], -1)[..., 0]
    best = np.full(extreme.shape, np.inf)
    scales = np.zeros(extreme.shape, np.float32)
    codes = np.zeros(blocks.shape, np.int8)
    for factor in np.linspace(0.64, 1.12, 25):
        # The signed extreme is mapped to -8, the longer side of the range.
        scale = (extreme / -8 * factor).astype(np.float32)
        safe = np.where(scale == 0, np.float32(1), scale)[..., None]
        code = np.clip(np.rint(blocks / safe), -8, 7)
        error = ((blocks - code * safe) ** 2).sum(-1)
        better = error < best
        best = np.where(better, error, best)
        scales[better] = safe[..., 0][better]
        codes[better] = code[better]
    return codes.reshape(table.shape), scales


def dequantise(codes: np.ndarray, scales: np.ndarray) -> np.ndarray:
    return codes.astype(np.float32) * np.repeat(scales, BLOCK, axis=1)


def graph(codes: np.ndarray, scales: np.ndarray) -> onnx.ModelProto:
    nibbles = (codes & 0x0F).astype(np.uint8)
    packed = (nibbles[:, 0::2] | (nibbles[:, 1::2] << 4)).tobytes()
    constants = [
        helper.make_tensor("table", TensorProto.INT4, codes.shape, packed, raw=True),
        numpy_helper.from_array(scales, "scales"),
        numpy_helper.from_array(np.array([1], np.int64), "tokens_axis"),
    ]
    nodes = [
        helper.make_node("GatherBlockQuantized", ["table", "input_ids", "scales"], ["rows"],
                         domain="com.microsoft", block_size=BLOCK, gather_axis=0,
                         quantize_axis=1),
        helper.make_node("ReduceMean", ["rows", "tokens_axis"], ["mean"], keepdims=0),
        helper.make_node("LpNormalization", ["mean"], ["embedding"], axis=-1, p=2),
    ]
    body = helper.make_graph(
        nodes, MODEL_ID,
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "sequence"])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, DIMENSION])],
        constants)
    model = helper.make_model(body, producer_name="belay", opset_imports=[
        helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 10
    return model


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--name", default="table")
    parser.add_argument("--models", type=Path, required=True, help="the models folder")
    args = parser.parse_args()
    table = np.load(args.work / f"{args.name}.npy")
    codes, scales = quantise(table)
    restored = dequantise(codes, scales)
    lengths = np.linalg.norm(table, axis=1) * np.linalg.norm(restored, axis=1)
    cosines = (table * restored).sum(1)[lengths > 0] / lengths[lengths > 0]
    print(f"row cosine after quantisation: mean {cosines.mean():.4f}")
    np.save(args.work / "restored.npy", restored)
    target = args.models / MODEL_ID
    target.mkdir(parents=True, exist_ok=True)
    (target / "model.onnx").write_bytes(graph(codes, scales).SerializeToString(deterministic=True))
    shutil.copyfile(teacher_folder(args.work) / "vocab.txt", target / "vocab.txt")
    for name in ("model.onnx", "vocab.txt"):
        print(sha256(target / name), (target / name).stat().st_size, name)
