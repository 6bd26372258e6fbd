"""Tunes all-MiniLM-L6-v2 to read a question with a few sentences, and writes work/reader.safetensors.

    python train.py work/pools.jsonl --teacher TEACHER

Input: `[CLS] question [SEP] sentence [SEP] sentence [SEP] ...`. Each token of a sentence gets a score, `[CLS]` the score
of none of them answering; the loss is the negative log of the share of the softmax that falls on tokens of the answer
(Kadlec et al. 2016, attention-sum). Words are frozen. Every fourth article (by title) is held out: what is done with the
scores is fitted there (fit.mjs).
"""
from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import BertWordPieceTokenizer
from torch import nn

QUESTION, SENTENCE = 40, 64
HELD_OUT = 3
HIDDEN, HEADS, EPSILON = 384, 12, 1e-12
# Lengths are rounded up, so that kernels are compiled for a few shapes only.
STEP = 16
OUT_OF_IT = -1e4
BLOCK = 64


class Layer(nn.Module):
    def __init__(self, weights: dict[str, torch.Tensor], name: str) -> None:
        super().__init__()
        self.parts = nn.ModuleDict()
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
                     "intermediate.dense", "output.dense"):
            self.parts[part.replace(".", "-")] = linear(weights, f"{name}.{part}")
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            self.parts[part.replace(".", "-")] = norm(weights, f"{name}.{part}")

    def part(self, name: str) -> nn.Module:
        return self.parts[name.replace(".", "-")]

    def forward(self, x: torch.Tensor, mask: torch.Tensor, drop: float) -> torch.Tensor:
        rows, tokens, width = x.shape

        def heads(name: str) -> torch.Tensor:
            return self.part(f"attention.self.{name}")(x).view(rows, tokens, HEADS, -1).transpose(1, 2)

        mixed = F.scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), attn_mask=mask,
                                               dropout_p=drop if self.training else 0)
        attended = self.part("attention.output.dense")(mixed.transpose(1, 2).reshape(rows, tokens, width))
        x = self.part("attention.output.LayerNorm")(x + F.dropout(attended, drop, self.training))
        wide = self.part("output.dense")(F.gelu(self.part("intermediate.dense")(x)))
        return self.part("output.LayerNorm")(x + F.dropout(wide, drop, self.training))


class Reader(nn.Module):
    def __init__(self, weights: dict[str, torch.Tensor], layers: int) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(in_four_bits(weights["embeddings.word_embeddings.weight"].float()))
        types = weights["embeddings.token_type_embeddings.weight"][0]
        self.positions = nn.Parameter((weights["embeddings.position_embeddings.weight"] + types).float())
        self.norm = norm(weights, "embeddings.LayerNorm")
        self.layers = nn.ModuleList(Layer(weights, f"encoder.layer.{layer}") for layer in range(layers))
        self.head = nn.Linear(HIDDEN, 1)
        nn.init.normal_(self.head.weight, 0, 0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, drop: float = 0.1) -> torch.Tensor:
        x = F.dropout(self.norm(self.words(ids) + self.positions[: ids.shape[1]]), drop, self.training)
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :], drop)
        return self.head(x.float()).squeeze(-1)

    def tensors(self) -> dict[str, torch.Tensor]:
        """By the names of the transformers library, as the converter reads them."""
        named = {"embeddings.word_embeddings.weight": self.words.weight, "embeddings.position_embeddings.weight": self.positions,
                 "embeddings.token_type_embeddings.weight": torch.zeros(2, HIDDEN), "embeddings.LayerNorm.weight": self.norm.weight,
                 "embeddings.LayerNorm.bias": self.norm.bias, "reader.weight": self.head.weight, "reader.bias": self.head.bias}
        for index, layer in enumerate(self.layers):
            for name, part in layer.parts.items():
                for kind, value in part.named_parameters():
                    named[f"encoder.layer.{index}.{name.replace('-', '.')}.{kind}"] = value
        return {name: value.detach().float().contiguous().clone() for name, value in named.items()}


def in_four_bits(words: torch.Tensor) -> torch.Tensor:
    """What pack-words.ts leaves of a word table: 15 levels to each 64 values."""
    blocks = words.reshape(-1, BLOCK)
    scales = blocks.abs().amax(1, keepdim=True).clamp(min=1e-12) / 7
    return ((blocks / scales).round() * scales).reshape(words.shape)


def linear(weights: dict[str, torch.Tensor], name: str) -> nn.Linear:
    weight = weights[f"{name}.weight"]
    made = nn.Linear(weight.shape[1], weight.shape[0])
    made.weight.data, made.bias.data = weight.float(), weights[f"{name}.bias"].float()
    return made


def norm(weights: dict[str, torch.Tensor], name: str) -> nn.LayerNorm:
    made = nn.LayerNorm(HIDDEN, eps=EPSILON)
    made.weight.data, made.bias.data = weights[f"{name}.weight"].float(), weights[f"{name}.bias"].float()
    return made


class Packer:
    """Token ids, which of them may be pointed at, and which are right; `[CLS]` where no sentence answers."""

    def __init__(self, vocabulary: Path) -> None:
        self.tokenizer = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
        self.start, self.end = (self.tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
        self.known: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}

    def encode(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        if text not in self.known:
            found = self.tokenizer.encode(text, add_special_tokens=False)
            self.known[text] = (found.ids, found.offsets)
        return self.known[text]

    def pack(self, question: str, sentences: list[tuple[str, bool]], answers: list[str]) -> tuple[list[int], list[int], list[int]]:
        ids = [self.start, *self.encode(question)[0][:QUESTION], self.end]
        pointed, right = [1] + [0] * (len(ids) - 1), [0] * len(ids)
        for text, is_right in sentences:
            tokens, offsets = (part[:SENTENCE] for part in self.encode(text))
            spans = [span for answer in answers if is_right for span in [span_of(text, answer)] if span]
            ids += [*tokens, self.end]
            pointed += [1] * len(tokens) + [0]
            right += [int(any(a < to and b > start for start, to in spans)) for a, b in offsets] + [0]
        if not any(right):
            right[0] = 1
        return ids, pointed, right


def span_of(text: str, answer: str) -> tuple[int, int] | None:
    at = text.lower().find(answer.lower())
    return None if at < 0 else (at, at + len(answer))


def examples(rows: list[dict], packer: Packer, hidden: float) -> list:
    def one(row: dict, kind: str) -> tuple:
        pool = [(each["text"], each["right"]) for each in row[kind][: random.choice([6, 8, 8, 12])]]
        count = random.choice([3, 4, 4, 5])
        chosen = random.sample(pool, min(count, len(pool))) if random.random() < 0.5 else pool[:count]
        gold = [(each["text"], True) for each in row["seen"] if each["right"]]
        if kind == "seen" and gold and not any(is_right for _, is_right in chosen) and random.random() < 0.8:
            chosen[random.randrange(len(chosen))] = random.choice(gold)
        random.shuffle(chosen)
        return packer.pack(row["question"], chosen, row["answers"])

    made = [one(row, "seen") for row in rows]
    made += [one(row, "hidden") for row in random.sample(rows, int(len(rows) * hidden))]
    random.shuffle(made)
    return made


def batches(made: list, size: int) -> list:
    """Examples of like length beside one another, in a random order."""
    out = []
    for start in range(0, len(made), size * 20):
        part = sorted(made[start: start + size * 20], key=lambda example: len(example[0]))
        rows = [part[at: at + size] for at in range(0, len(part), size)]
        random.shuffle(rows)
        out += rows
    return out


def tensors_of(batch: list) -> tuple[torch.Tensor, ...]:
    width = -(-max(len(ids) for ids, _, _ in batch) // STEP) * STEP
    padded = [torch.tensor([part + [0] * (width - len(part)) for part in parts]) for parts in zip(*batch)]
    lengths = torch.tensor([len(ids) for ids, _, _ in batch])
    return *padded, torch.arange(width)[None, :] < lengths[:, None]


def loss_of(scores: torch.Tensor, pointed: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    every = torch.logsumexp(scores.masked_fill(pointed == 0, OUT_OF_IT), 1)
    return (every - torch.logsumexp(scores.masked_fill(right == 0, OUT_OF_IT), 1)).mean()


def train(reader: Reader, rows: list[dict], packer: Packer, args: argparse.Namespace) -> None:
    trained = [value for value in reader.parameters() if value.requires_grad]
    groups = [{"params": [value for value in trained if value.ndim > 1], "weight_decay": 0.01},
              {"params": [value for value in trained if value.ndim <= 1], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=args.rate, fused=True)
    steps = args.epochs * int(len(rows) * (1 + args.hidden)) // args.batch
    step = 0
    for epoch in range(args.epochs):
        total = 0.0
        made = batches(examples(rows, packer, args.hidden), args.batch)
        for batch in made:
            for group in optimiser.param_groups:
                group["lr"] = args.rate * min(1, (step + 1) / 100) * max(0.02, 1 - step / steps)
            ids, pointed, right, mask = tensors_of(batch)
            with torch.autocast("cpu", torch.bfloat16):
                scores = reader(ids, mask)
            loss = loss_of(scores, pointed, right)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            step, total = step + 1, total + loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(made):.4f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pools", type=Path)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--vocabulary", type=Path, default=Path("../../static-en-256/vocab.txt"))
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=6e-5)
    parser.add_argument("--hidden", type=float, default=0.5, help="examples without an answer, for each one with")
    parser.add_argument("--out", type=Path, default=Path("work/reader.safetensors"))
    args = parser.parse_args()
    torch.manual_seed(7)
    random.seed(7)
    rows = [json.loads(line) for line in args.pools.read_text().splitlines()]
    titles = sorted({row["title"] for row in rows})
    rows = [row for row in rows if titles.index(row["title"]) % 4 != HELD_OUT]
    reader = Reader(load_file(args.teacher / "model.safetensors"), args.layers).train()
    train(reader, rows, Packer(args.vocabulary), args)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(reader.tensors(), args.out)


if __name__ == "__main__":
    main()
