"""Retrieval figures of the ONNX file on data sets in the BEIR layout (`nDCG@10`, dense only).

The data sets are not part of the project: pass their folders. Documents are encoded whole, title
and text joined, cut at 512 tokens.
"""
from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
import onnxruntime as ort

from common import DIMENSION, MAX_TOKENS, MODEL_ID, UNK, build_tokenizer


def ndcg(ranked: list[str], relevant: dict[str, int], depth: int = 10) -> float:
    discount = 1 / np.log2(np.arange(2, depth + 2))
    gains = [relevant.get(name, 0) for name in ranked[:depth]]
    ideal = sorted(relevant.values(), reverse=True)[:depth]
    best = sum(g * d for g, d in zip(ideal, discount))
    return sum(g * d for g, d in zip(gains, discount)) / best if best else 0.0


def onnx_encoder(models: Path):
    folder = models / MODEL_ID
    vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    tokenizer = build_tokenizer(vocabulary)
    session = ort.InferenceSession(str(folder / "model.onnx"))

    def encode(texts: list[str]) -> np.ndarray:
        out = np.zeros((len(texts), DIMENSION), np.float32)
        for i, encoding in enumerate(tokenizer.encode_batch(texts)):
            ids = encoding.ids[:MAX_TOKENS] or [UNK]
            out[i] = session.run(None, {"input_ids": np.array([ids], np.int64)})[0][0]
        return out

    return encode


def table_encoder(table: np.ndarray, vocabulary: list[str]):
    tokenizer = build_tokenizer(vocabulary)

    def encode(texts: list[str]) -> np.ndarray:
        out = np.zeros((len(texts), table.shape[1]), np.float32)
        for i, encoding in enumerate(tokenizer.encode_batch(texts)):
            mean = table[encoding.ids[:MAX_TOKENS] or [UNK]].mean(0)
            out[i] = mean / max(np.linalg.norm(mean), 1e-12)
        return out

    return encode


def read_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def evaluate(folder: Path, encode) -> float:
    corpus, queries = read_lines(folder / "corpus.jsonl"), read_lines(folder / "queries.jsonl")
    relevance: dict[str, dict[str, int]] = {}
    with open(folder / "qrels" / "test.tsv", encoding="utf-8") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            if int(row["score"]) > 0:
                relevance.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    names = [row["_id"] for row in corpus]
    documents = encode([f"{row.get('title', '')} {row['text']}".strip() for row in corpus])
    queries = [row for row in queries if row["_id"] in relevance]
    scores = encode([row["text"] for row in queries]) @ documents.T
    results = []
    for row, score in zip(queries, scores):
        ranked = [names[i] for i in np.argsort(-score, kind="stable")[:10]]
        results.append(ndcg(ranked, relevance[row["_id"]]))
    return float(np.mean(results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="the models folder")
    parser.add_argument("datasets", type=Path, nargs="+")
    args = parser.parse_args()
    encoder = onnx_encoder(args.models)
    for dataset in args.datasets:
        print(f"{dataset.name}: nDCG@10 {evaluate(dataset, encoder):.3f}")
