"""Retrieval figures of the ONNX file on data sets in the BEIR layout (`nDCG@10`).

The data sets are not part of the project: pass their folders. Documents are encoded whole, title
and text joined, cut at 512 tokens. With `--hybrid` also BM25 (k1 1.2, b 0.75, English stemming) and
the convex mix alpha * (cosine + 1) / 2 + (1 - alpha) * BM25 / its largest possible score.
"""
from __future__ import annotations

import argparse
import csv
import json
import math
import re
from collections import Counter, defaultdict
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


def bm25(documents: list[str], queries: list[str], k1: float = 1.2, b: float = 0.75) -> np.ndarray:
    """Scores divided by the largest that a query could reach (every term, endlessly frequent)."""
    import snowballstemmer

    stemmer = snowballstemmer.stemmer("english")

    def terms(text: str) -> list[str]:
        return stemmer.stemWords(re.findall(r"[^\W_]+", text.lower()))

    postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
    lengths = np.zeros(len(documents))
    for index, text in enumerate(documents):
        counts = Counter(terms(text))
        lengths[index] = sum(counts.values())
        for term, frequency in counts.items():
            postings[term].append((index, frequency))
    damping = k1 * (1 - b + b * lengths / lengths.mean())
    scores = np.zeros((len(queries), len(documents)))
    for row, text in zip(scores, queries):
        largest = 0.0
        for term in terms(text):
            found = postings.get(term, [])
            weight = math.log(1 + (len(documents) - len(found) + 0.5) / (len(found) + 0.5))
            largest += weight * (k1 + 1)
            for index, frequency in found:
                row[index] += weight * frequency * (k1 + 1) / (frequency + damping[index])
        row /= max(largest, 1e-9)
    return scores


def evaluate(folder: Path, encode, alphas: tuple[float, ...] = (1.0,)) -> list[float]:
    """nDCG@10 for every share of the dense leg: 1 is the vectors alone, 0 is BM25 alone."""
    corpus, queries = read_lines(folder / "corpus.jsonl"), read_lines(folder / "queries.jsonl")
    relevance: dict[str, dict[str, int]] = {}
    with open(folder / "qrels" / "test.tsv", encoding="utf-8") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            if int(row["score"]) > 0:
                relevance.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    names = [row["_id"] for row in corpus]
    documents = [f"{row.get('title', '')} {row['text']}".strip() for row in corpus]
    queries = [row for row in queries if row["_id"] in relevance]
    questions = [row["text"] for row in queries]
    dense = (encode(questions) @ encode(documents).T + 1) / 2
    lexical = bm25(documents, questions) if min(alphas) < 1 else np.zeros_like(dense)
    figures = []
    for alpha in alphas:
        results = []
        for row, score in zip(queries, alpha * dense + (1 - alpha) * lexical):
            ranked = [names[i] for i in np.argsort(-score, kind="stable")[:10]]
            results.append(ndcg(ranked, relevance[row["_id"]]))
        figures.append(float(np.mean(results)))
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="the models folder")
    parser.add_argument("--hybrid", action="store_true", help="also BM25 and the mix")
    parser.add_argument("datasets", type=Path, nargs="+")
    args = parser.parse_args()
    encoder = onnx_encoder(args.models)
    shares = (1.0, 0.0, 0.5) if args.hybrid else (1.0,)
    for dataset in args.datasets:
        values = evaluate(dataset, encoder, shares)
        labels = ("dense", "BM25", "mix, alpha 0.5")
        print(f"{dataset.name}: nDCG@10 "
              + ", ".join(f"{label} {value:.3f}" for label, value in zip(labels, values)))
