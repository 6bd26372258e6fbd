"""Step 3: the teacher as an ONNX graph, and its vectors for tokens and snippets.

The graph is written straight from the safetensors file, so no deep-learning framework is
needed. Texts are batched by equal length, so no padding and no mask. Vectors are mean-pooled and
normalised, as the teacher's own pooling prescribes.
"""
from __future__ import annotations

import json
import struct
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from common import CLS, SEP, arguments, build_tokenizer, read_vocabulary, teacher_folder, threads

BATCH_TOKENS = 2048


def read_weights(path: Path) -> dict[str, np.ndarray]:
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    weights = {}
    for name, entry in header.items():
        if entry == header.get("__metadata__") or entry["dtype"] != "F32":
            continue
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        weights[name] = np.frombuffer(raw[start:end], np.float32).reshape(entry["shape"])
    return weights


def build_graph(work: Path) -> bytes:
    folder = teacher_folder(work)
    config = json.loads((folder / "config.json").read_text())
    weights = read_weights(folder / "model.safetensors")
    epsilon = config["layer_norm_eps"]
    nodes, constants = [], []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(kind: str, inputs: list[str], output: str, domain: str = "", **attributes) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def normalise(x: str, skip: str, prefix: str, output: str) -> str:
        return node("SkipLayerNormalization",
                    [x, skip, constant(f"{prefix}.g", weights[f"{prefix}.weight"]),
                     constant(f"{prefix}.b", weights[f"{prefix}.bias"])],
                    output, "com.microsoft", epsilon=epsilon)

    # Word vectors; positions 0..n-1 and token type 0 are added as one table.
    words = node("Gather", [constant("words", weights["embeddings.word_embeddings.weight"]),
                            "input_ids"], "word_rows")
    positions = (weights["embeddings.position_embeddings.weight"]
                 + weights["embeddings.token_type_embeddings.weight"][0])
    node("Shape", ["input_ids"], "length", start=1, end=2)
    node("Slice", [constant("positions", positions), constant("zero", np.array([0], np.int64)),
                   "length"], "position_rows")
    node("Add", [words, "position_rows"], "summed")
    hidden = node("LayerNormalization",
                  ["summed", constant("e.g", weights["embeddings.LayerNorm.weight"]),
                   constant("e.b", weights["embeddings.LayerNorm.bias"])],
                  "h0", axis=-1, epsilon=epsilon)
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}"
        parts = [f"{p}.attention.self.{part}" for part in ("query", "key", "value")]
        joined = constant(f"{p}.w", np.concatenate([weights[f"{q}.weight"].T for q in parts], 1))
        bias = constant(f"{p}.bias", np.concatenate([weights[f"{q}.bias"] for q in parts]))
        attended = node("Attention", [hidden, joined, bias], f"{p}.att", "com.microsoft",
                        num_heads=config["num_attention_heads"])

        def linear(x: str, name: str) -> str:
            y = node("MatMul", [x, constant(f"{name}.wt", weights[f"{name}.weight"].T)],
                     f"{name}.mm")
            return node("Add", [y, constant(f"{name}.bt", weights[f"{name}.bias"])], f"{name}.out")

        output = linear(attended, f"{p}.attention.output.dense")
        hidden = normalise(output, hidden, f"{p}.attention.output.LayerNorm", f"{p}.h1")
        inner = node("Gelu", [linear(hidden, f"{p}.intermediate.dense")], f"{p}.gelu",
                     "com.microsoft")
        hidden = normalise(linear(inner, f"{p}.output.dense"), hidden,
                           f"{p}.output.LayerNorm", f"{p}.h2")
    node("ReduceMean", [hidden, constant("axis", np.array([1], np.int64))], "mean", keepdims=0)
    node("LpNormalization", ["mean"], "embedding", axis=-1, p=2)
    graph = helper.make_graph(
        nodes, "teacher",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT,
                                       ["batch", config["hidden_size"]])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18),
                                                    helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 9
    return model.SerializeToString()


def open_teacher(work: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads()
    return ort.InferenceSession(build_graph(work), options, providers=["CPUExecutionProvider"])


def encode(session: ort.InferenceSession, sequences: list[list[int]], label: str) -> np.ndarray:
    """Vectors of token-id sequences; [CLS] and [SEP] are added here."""
    lengths = np.array([len(s) for s in sequences])
    order = np.argsort(lengths, kind="stable")
    vectors = np.zeros((len(sequences), 384), np.float32)
    started, done, at = time.time(), 0, 0
    while at < len(order):
        length = lengths[order[at]]
        end = at + max(1, BATCH_TOKENS // (length + 2))
        group = [i for i in order[at:end] if lengths[i] == length]
        batch = np.array([[CLS, *sequences[i], SEP] for i in group], np.int64)
        vectors[group] = session.run(None, {"input_ids": batch})[0]
        at += len(group)
        if at // 5000 != done // 5000:
            print(f"{label}: {at}/{len(order)} {time.time() - started:.0f} s", flush=True)
        done = at
    return vectors


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--only", choices=["tokens", "corpus"])
    args = parser.parse_args()
    vocabulary = read_vocabulary(args.work)
    teacher = open_teacher(args.work)
    if args.only != "corpus":
        np.save(args.work / "tokens.npy",
                encode(teacher, [[i] for i in range(len(vocabulary))], "tokens"))
    if args.only != "tokens":
        tokenizer = build_tokenizer(vocabulary)
        with open(args.work / "corpus.jsonl", encoding="utf-8") as handle:
            texts = [json.loads(line)["text"] for line in handle]
        ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        np.save(args.work / "vectors.npy", encode(teacher, ids, "corpus").astype(np.float16))
