"""Step 2: cut the text packages into snippets of at most 64 tokens (`corpus.jsonl`).

Three kinds of snippet: dictionary glosses, documentation sentences packed up to the limit, and
short phrases (headwords and headings) which resemble queries.
"""
from __future__ import annotations

import gzip
import html
import json
import random
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Iterator

from common import SEED, SOURCES, arguments, build_tokenizer, read_vocabulary

LIMIT = 62  # 64 with the teacher's [CLS] and [SEP]
BLOCKS = {"p", "li", "dd", "dt", "td", "h1", "h2", "h3", "h4", "div", "br", "tr", "section"}
SKIPPED = {"script", "style", "pre", "nav", "head", "svg"}


class Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.skipping = 0
        self.parts: list[str] = []
        self.blocks: list[str] = []

    def flush(self) -> None:
        text = re.sub(r"\s+", " ", "".join(self.parts)).strip()
        if text:
            self.blocks.append(text)
        self.parts = []

    def handle_starttag(self, tag, attributes):
        if tag in SKIPPED:
            self.skipping += 1
        elif tag in BLOCKS:
            self.flush()

    def handle_endtag(self, tag):
        if tag in SKIPPED:
            self.skipping = max(0, self.skipping - 1)
        elif tag in BLOCKS:
            self.flush()

    def handle_data(self, data):
        if not self.skipping:
            self.parts.append(data)


def from_html(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        if not re.search(r"\.html(\.en)?(\.gz)?$", path.name) or "changelog" in path.name:
            continue
        if re.search(r"/manual/(?!en/)[a-z-]+/", path.as_posix()):  # translations
            continue
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        parser = Paragraphs()
        parser.feed(raw.decode("utf-8", "replace"))
        parser.flush()
        yield from parser.blocks


def from_wordnet(folder: Path) -> Iterator[str]:
    """Glosses with their headwords, and the multi-word headwords alone."""
    for part in ("noun", "verb", "adj", "adv"):
        path = next(folder.rglob(f"data.{part}"))
        for line in path.read_text(encoding="latin-1").splitlines():
            if line.startswith("  ") or "|" not in line:
                continue
            fields, gloss = line.split("|", 1)
            fields = fields.split(" ")
            words = [re.sub(r"\(.*\)$", "", fields[4 + 2 * i]).replace("_", " ")
                     for i in range(int(fields[3], 16))]
            gloss = gloss.strip()
            yield f"{', '.join(words[:3])}: {gloss}"
            yield gloss
            yield from (word for word in words[:2] if " " in word)


def from_dictd(folder: Path) -> Iterator[str]:
    path = next(folder.rglob("*.dict.dz"))
    text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
    for entry in re.split(r"\n(?=\S)|\n\s*\n", text):
        yield re.sub(r"\s+", " ", entry.replace("{", "").replace("}", "")).strip()


def from_manual(folder: Path) -> Iterator[str]:
    """Manual pages: drop roff requests and escapes, keep running text."""
    for path in sorted(folder.rglob("*.gz")):
        if path.is_symlink() or "/man/" not in str(path):
            continue
        paragraph: list[str] = []
        for line in gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines():
            request = re.match(r"^[.'](\w+)?", line)
            if request:
                kept = request.group(1) in {"Nm", "Fn", "Xr", "Dv", "Va", "Fa", "Nd", "Em", "Dq"}
                if kept:
                    line = re.sub(r"^\.\w+\s*", "", line)
                else:
                    yield " ".join(paragraph)
                    paragraph = []
                    continue
            paragraph.append(re.sub(r"\\f.|\\[&,/^|]|\\", "", line))
        yield " ".join(paragraph)


READERS = {"wordnet-base": from_wordnet, "dict-jargon": from_dictd, "dict-devil": from_dictd,
           "freebsd-manpages": from_manual}


def pack(text: str, count) -> Iterator[str]:
    """Sentences packed up to the limit; a longer sentence is cut at words."""
    text = re.sub(r"\s+", " ", html.unescape(text)).replace("¶", "").strip()
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z\"(])", text)
    current = ""
    for sentence in sentences:
        joined = f"{current} {sentence}".strip()
        if count(joined) <= LIMIT:
            current = joined
            continue
        if current:
            yield current
        words = sentence.split(" ")
        while words and count(" ".join(words)) > LIMIT:
            words = words[:-max(1, len(words) // 10)]
        current = " ".join(words)
    if current:
        yield current


def acceptable(text: str, tokens: int) -> bool:
    letters = sum(character.isalpha() or character == " " for character in text)
    return 2 <= tokens <= LIMIT and letters >= 0.75 * len(text)


if __name__ == "__main__":
    args = arguments(__doc__).parse_args()
    tokenizer = build_tokenizer(read_vocabulary(args.work))

    def count(text: str) -> int:
        return len(tokenizer.encode(text).ids)

    summary = {}
    seen: set[str] = set()
    chosen: list[dict] = []
    for name, source in SOURCES.items():
        folder = args.work / "packages" / name / "files"
        blocks = sorted(set(READERS.get(name, from_html)(folder)))
        random.Random(SEED).shuffle(blocks)
        taken = tokens = 0
        for block in blocks:
            for snippet in pack(block, count):
                size = count(snippet)
                if taken >= source["snippets"] or snippet in seen or not acceptable(snippet, size):
                    continue
                seen.add(snippet)
                chosen.append({"source": name, "text": snippet})
                taken += 1
                tokens += size
            if taken >= source["snippets"]:
                break
        summary[name] = {"snippets": taken, "tokens": tokens}
        print(name, summary[name], flush=True)
    random.Random(SEED).shuffle(chosen)
    with open(args.work / "corpus.jsonl", "w", encoding="utf-8") as handle:
        for row in chosen:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
    (args.work / "corpus.json").write_text(json.dumps(summary, indent=2) + "\n")
