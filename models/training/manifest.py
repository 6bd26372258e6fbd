"""Step 6: `manifest.json` and `reference.json`.

The reference texts check a tokenizer written in another language: ids must be equal, vectors
equal within rounding.
"""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort

from common import (DIMENSION, MAX_TOKENS, MODEL_ID, TEACHER_PACKAGE, TEACHER_SHA256,
                    TEACHER_VERSION, arguments, build_tokenizer, read_vocabulary, sha256)
from reference_texts import TEXTS

VECTORS = 30  # texts of reference.json with the first eight dimensions of their vector
# The scripts that decide the bytes of the model; their digests are recorded.
SCRIPTS = ("common.py", "fetch.py", "corpus.py", "teacher.py", "table.py", "quantise.py")

if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--models", type=Path, required=True, help="the models folder")
    parser.add_argument("--name", default="table")
    parser.add_argument("--version", default="1")
    parser.add_argument("--figure", action="append", default=[], metavar="NAME=VALUE")
    args = parser.parse_args()
    folder = args.models / MODEL_ID
    tokenizer = build_tokenizer(read_vocabulary(args.work))
    session = ort.InferenceSession(str(folder / "model.onnx"))
    rows = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        row = {"text": text, "ids": ids}
        if len([r for r in rows if "vector8" in r]) < VECTORS and 4 <= len(ids) <= MAX_TOKENS:
            vector = session.run(None, {"input_ids": np.array([ids], np.int64)})[0][0]
            row["vector8"] = [round(float(x), 6) for x in vector[:8]]
        rows.append(row)
    lines = ",\n".join("  " + json.dumps(row, ensure_ascii=True) for row in rows)
    (folder / "reference.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")

    packages = json.loads((args.work / "packages.json").read_text())
    counts = json.loads((args.work / "corpus.json").read_text())
    texts = [{"package": name, **record, **counts.get(name, {})}
             for name, record in packages.items()]
    training_record = args.work / f"{args.name}.json"
    training = json.loads(training_record.read_text()) if training_record.exists() else None
    figures = {}
    for item in args.figure:
        name, value = item.split("=")
        figures[name] = float(value)
    model = {
        "id": MODEL_ID, "task": "embedding", "version": args.version, "dimension": DIMENSION,
        "pooling": "mean", "maxTokens": MAX_TOKENS, "normalised": True, "quantization": "int4",
        "specialTokens": False,
        "tokenizer": {"type": "wordpiece", "lowercase": True, "stripAccents": True},
        "prefixes": {"query": "", "passage": ""}, "languages": ["en"],
        "fusion": {"alpha": 0.5, "cosineFloor": -1, "cosineCeiling": 1},
        "licence": "Apache-2.0",
        "lineage": {
            "method": "token distillation, PCA, SIF" + (", training" if training else ""),
            "teacher": {"name": "sentence-transformers/all-MiniLM-L6-v2", "licence": "Apache-2.0",
                        "package": f"pypi:{TEACHER_PACKAGE}@{TEACHER_VERSION}",
                        "sha256": TEACHER_SHA256},
            "training": training,
            "texts": texts,
            "scripts": {"folder": "training",
                        "sha256": {name: sha256(Path(__file__).parent / name)
                                   for name in SCRIPTS}},
        },
        "sources": [{"type": "bundled"}],
        "files": [{"path": f"{MODEL_ID}/{name}", "sha256": sha256(folder / name),
                   "bytes": (folder / name).stat().st_size}
                  for name in ("model.onnx", "vocab.txt")],
        "figures": figures,
    }
    manifest = args.models / "manifest.json"
    others = []
    if manifest.exists():  # other models of the manifest are kept as they are
        others = [m for m in json.loads(manifest.read_text())["models"] if m["id"] != MODEL_ID]
    manifest.write_text(json.dumps({"models": [model, *others]}, indent=2) + "\n")
    for file in model["files"]:
        print(file["sha256"], file["bytes"], file["path"])
    print(f"{len(rows)} reference texts, {sum('vector8' in row for row in rows)} with a vector")
