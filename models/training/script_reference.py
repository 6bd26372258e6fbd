"""Reference token ids of all scripts, by Hugging Face's `tokenizers`, for `libs/inference/fixtures/scripts`.

    python script_reference.py --vocabulary ../static-en-256/vocab.txt --e5 BELAY_HOME/models/multilingual-e5-small

Writes `tokenizer.json`, a small Unigram tokenizer trained on the texts themselves, and `reference.json`: each text
with its ids by that tokenizer, by BERT's WordPiece with the given vocabulary, and by XLM-R's with the vocabulary of
an installed multilingual-e5-small; and the rules of single characters. The Unigram ones with XLM-R's rules of normalisation, of which only those are kept that a text
can meet. Control pieces typed into a text are text, as in SentencePiece: here they are made unreachable instead.
"""

import argparse
import json
import struct
import tempfile
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from reference_texts import TEXTS
from script_texts import MORE_TEXTS

OUT = Path(__file__).parent / "../../libs/inference/fixtures/scripts"
LONGEST_RULE = 3
PIECES = 1200


def train(texts, folder, **rules):
    prefix = str(Path(folder) / "pieces")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=prefix,
        vocab_size=PIECES,
        hard_vocab_limit=False,
        character_coverage=0.98,
        bos_id=0,
        pad_id=1,
        eos_id=2,
        unk_id=3,
        minloglevel=2,
        **rules,
    )
    model = proto.ModelProto()
    model.ParseFromString(Path(f"{prefix}.model").read_bytes())
    return model


class Rules:
    """Compiled rules: a double array of UTF-8 bytes, then the texts that its values point to."""

    def __init__(self, charsmap):
        (size,) = struct.unpack("<I", charsmap[:4])
        self.units = struct.unpack(f"<{size // 4}I", charsmap[4 : 4 + size])
        self.texts = charsmap[4 + size :]

    def exact(self, key):
        node = self.offset(self.units[0])
        leaf = None
        for byte in key.encode():
            node ^= byte
            unit = self.units[node] if byte and node < len(self.units) else 0
            if not byte or unit & 0x800000FF != byte:
                return None
            node ^= self.offset(unit)
            leaf = self.units[node] & 0x7FFFFFFF if unit >> 8 & 1 else None
        if leaf is None:
            return None
        return self.texts[leaf : self.texts.index(b"\0", leaf)].decode()

    @staticmethod
    def offset(unit):
        return (unit >> 10) << ((unit & 0x200) >> 6)


def rules_met(texts, charsmap):
    rules = Rules(charsmap)
    keys = {text[at : at + n] for text in texts for n in range(1, LONGEST_RULE + 1) for at in range(len(text))}
    found = {key: rules.exact(key) for key in sorted(keys) if key}
    met = {key: value for key, value in found.items() if value is not None}
    # XLM-R is older than the exception that newer rules make for this joiner.
    return {**met, "\u200d": " "}


def hexes(text):
    return " ".join(f"{ord(character):x}" for character in text)


def unigram(pieces, charsmap, control=()):
    # What stands for a control piece occurs in no text.
    listed = [(f"\U0010fffd{at}" if at in control else piece, score) for at, (piece, score) in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(listed, unk_id=3, byte_fallback=False))
    rules = [normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer.normalizer = normalizers.Sequence(rules)
    words = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(words)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def word_piece(vocabulary):
    words = models.WordPiece.read_file(vocabulary)
    tokenizer = Tokenizer(models.WordPiece(words, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vocabulary", required=True)
    parser.add_argument("--e5", required=True)
    arguments = parser.parse_args()
    texts = list(dict.fromkeys(TEXTS + MORE_TEXTS))
    with tempfile.TemporaryDirectory() as folder:
        full = train(texts, folder, normalization_rule_name="nmt_nfkc")
        met = rules_met(texts, full.normalizer_spec.precompiled_charsmap)
        rows = "".join(f"{hexes(key)}\t{hexes(value)}\n" for key, value in met.items())
        table = Path(folder) / "rules.tsv"
        table.write_text(rows)
        model = train(texts, folder, normalization_rule_tsv=str(table))
    charsmap = model.normalizer_spec.precompiled_charsmap
    pieces = [(piece.piece, round(piece.score, 4)) for piece in model.pieces]
    e5 = json.loads((Path(arguments.e5) / "unigram.json").read_text())
    own = unigram(pieces, charsmap, range(4))
    xlm = unigram(e5["pieces"], charsmap, set(e5["special"]))
    bert = word_piece(arguments.vocabulary)
    lines = [
        json.dumps(
            {
                "text": text,
                "unigram": own.encode(text).ids,
                "wordpiece": bert.encode(text, add_special_tokens=False).ids,
                "e5": xlm.encode(text).ids,
            },
            ensure_ascii=True,
            separators=(",", ":"),
        )
        for text in texts
    ]
    OUT.mkdir(parents=True, exist_ok=True)
    single = json.dumps({key: value for key, value in met.items() if len(key) == 1}, separators=(",", ":"))
    rows = ",\n".join(lines)
    (OUT / "reference.json").write_text(f'{{"replacements":{single},\n"texts":[\n{rows}\n]}}\n')
    file = json.loads(unigram(pieces, charsmap).to_str())
    file["added_tokens"] = [{"id": at, "content": pieces[at][0], "special": True} for at in range(4)]
    (OUT / "tokenizer.json").write_text(json.dumps(file, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(f"{len(texts)} texts, {len(pieces)} pieces, {len(met)} rules")


if __name__ == "__main__":
    main()
