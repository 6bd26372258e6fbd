"""Step 4: the table. Distillation (`--epochs 0`) or distillation followed by training.

  1. Project the teacher's vectors to 256 dimensions (PCA without centring, so that cosines are
     kept as well as 256 dimensions allow).
  2. Row of a token = its projected vector less the mean vector, scaled by the SIF weight
     a / (a + p(token)), p being the token's frequency in the corpus.
  3. Train the rows so that the normalised mean over a snippet's rows matches the teacher's
     vector of the snippet: Adam on 1 - cosine, the rate falling linearly to a tenth.

Everything is seeded; the only floating-point freedom left is the order of sums in BLAS.
"""
from __future__ import annotations

import json
import time

import numpy as np
from scipy import sparse

from common import DIMENSION, SEED, arguments, build_tokenizer, meaningless_ids, read_vocabulary


def principal_axes(vectors: np.ndarray) -> np.ndarray:
    values, axes = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    axes = axes[:, np.argsort(values)[::-1][:DIMENSION]]
    axes *= np.sign(axes[np.argmax(np.abs(axes), axis=0), np.arange(DIMENSION)])
    return axes.astype(np.float32)


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def averages(sequences: list[list[int]], size: int) -> sparse.csr_matrix:
    """Row i holds count(token) / length: multiplied by the table it gives the mean vectors."""
    lengths = np.array([len(s) for s in sequences])
    rows = np.repeat(np.arange(len(sequences)), lengths)
    columns = np.concatenate([np.asarray(s, np.int64) for s in sequences])
    weights = np.repeat(1.0 / lengths, lengths).astype(np.float32)
    return sparse.csr_matrix((weights, (rows, columns)), shape=(len(sequences), size))


def train(table, pooled, targets, epochs, rate, batch, frozen):
    generator = np.random.default_rng(SEED)
    first, second = np.zeros_like(table), np.zeros_like(table)
    steps = epochs * (pooled.shape[0] // batch)
    step = 0
    for epoch in range(epochs):
        order, losses, started = generator.permutation(pooled.shape[0]), [], time.time()
        for at in range(0, len(order) - batch + 1, batch):
            part, goal = pooled[order[at:at + batch]], targets[order[at:at + batch]]
            raw = part @ table
            norms = np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-8)
            student = raw / norms
            losses.append(1 - float((student * goal).sum(1).mean()))
            slope = -goal / batch
            slope = (slope - student * (student * slope).sum(1, keepdims=True)) / norms
            gradient = part.T @ slope.astype(np.float32)
            step += 1
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient * gradient - second)
            pace = rate * (1 - 0.9 * step / steps) * np.sqrt(1 - 0.999 ** step) / (1 - 0.9 ** step)
            table -= pace * first / (np.sqrt(second) + 1e-8)
            table[frozen] = 0
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f} {time.time() - started:.0f} s",
              flush=True)
    return table


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--sif", type=float, default=1e-3)
    parser.add_argument("--name", default="table")
    args = parser.parse_args()
    vocabulary = read_vocabulary(args.work)
    tokenizer = build_tokenizer(vocabulary)
    with open(args.work / "corpus.jsonl", encoding="utf-8") as handle:
        texts = [json.loads(line)["text"] for line in handle]
    sequences = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    counts = np.bincount(np.concatenate([np.asarray(s) for s in sequences]),
                         minlength=len(vocabulary)).astype(np.float64)
    tokens = np.load(args.work / "tokens.npy")
    frozen = meaningless_ids(vocabulary)

    vectors = None
    if args.epochs:
        vectors = np.load(args.work / "vectors.npy").astype(np.float32)
    axes = principal_axes(tokens if vectors is None else vectors)

    table = tokens @ axes
    used = np.setdiff1d(np.arange(len(vocabulary)), frozen)
    table -= table[used].mean(0)
    frequency = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    table *= (args.sif / (args.sif + frequency)).astype(np.float32)[:, None]
    table[frozen] = 0

    if args.epochs:
        pooled = averages(sequences, len(vocabulary))
        targets = unit(vectors @ axes)
        held = np.arange(len(texts)) % 50 == 0  # 2 % held out, to see overfitting
        cosine = (unit(pooled[held] @ table) * targets[held]).sum(1).mean()
        print(f"held-out cosine before training {cosine:.4f}")
        table = train(table, pooled[~held], targets[~held], args.epochs, args.rate, args.batch,
                      frozen)
        cosine = (unit(pooled[held] @ table) * targets[held]).sum(1).mean()
        print(f"held-out cosine after training {cosine:.4f}")
        (args.work / f"{args.name}.json").write_text(json.dumps(
            {"snippets": len(texts), "tokens": int(counts.sum()), "epochs": args.epochs,
             "heldOutCosine": round(float(cosine), 4)}) + "\n")
    np.save(args.work / f"{args.name}.npy", table.astype(np.float32))
