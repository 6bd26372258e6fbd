import { z } from 'zod';
import { invalid } from '../conversion/encoder-weights.js';
import { createNormaliser, type Normaliser } from '../tokenizers/normaliser.js';
import type { UnigramVocabulary } from '../tokenizers/unigram-tokenizer.js';
import { json } from './hub-config.js';
import type { TokenizerSettings } from './model-entry.js';
import type { ModelSource } from './model-source.js';

/** A tokenizer ready to be installed: what the entry says of it, and the content of its vocabulary file. */
export interface ImportedTokenizer {
  readonly settings: TokenizerSettings;
  readonly vocabulary: string;
  /** How many rows of a word table it may ask for. */
  readonly size: number;
}

const Step = z.looseObject({ type: z.string() });
type Step = z.infer<typeof Step>;
const TokenizerFile = z.object({
  normalizer: Step.nullish(),
  pre_tokenizer: Step.nullish(),
  added_tokens: z.array(z.object({ id: z.number().int(), content: z.string() })).default([]),
  model: z.looseObject({ type: z.string().optional(), vocab: z.unknown() }),
});
type TokenizerFile = z.infer<typeof TokenizerFile>;

/** Reads tokenizer.json, or vocab.txt of older models. Throws for tokenizers of other kinds. */
export function readHubTokenizer(source: ModelSource): ImportedTokenizer {
  const file = json(source, 'tokenizer.json', TokenizerFile);
  if (!file) return plainVocabulary(source);
  switch (file.model.type ?? (Array.isArray(file.model.vocab) ? 'Unigram' : 'WordPiece')) {
    case 'WordPiece':
      return wordPiece(file);
    case 'Unigram':
      return unigram(file);
    default:
      throw invalid(
        `its tokenizer is of the kind "${String(file.model.type).slice(0, 40)}"; WordPiece and Unigram can be used`,
      );
  }
}

function plainVocabulary(source: ModelSource): ImportedTokenizer {
  const text = source.text('vocab.txt');
  if (text === undefined) throw invalid('it has neither tokenizer.json nor vocab.txt');
  const Settings = z.object({
    do_lower_case: z.boolean().default(true),
    strip_accents: z.boolean().nullish(),
  });
  const settings = json(source, 'tokenizer_config.json', Settings) ?? { do_lower_case: true };
  return wordPieceOf(
    text.replace(/\r?\n$/, '').split(/\r?\n/),
    settings.do_lower_case,
    settings.strip_accents,
  );
}

function wordPiece(file: TokenizerFile): ImportedTokenizer {
  const parsed = z.record(z.string(), z.number().int().nonnegative()).safeParse(file.model.vocab);
  if (!parsed.success) throw invalid('the vocabulary in tokenizer.json cannot be read');
  const Bert = z.object({
    type: z.literal('BertNormalizer'),
    clean_text: z.literal(true),
    handle_chinese_chars: z.literal(true),
    lowercase: z.boolean(),
    strip_accents: z.boolean().nullish(),
  });
  const normaliser = Bert.safeParse(file.normalizer);
  if (!normaliser.success) throw invalid('its WordPiece tokenizer does not normalise text as BERT does');
  const tokens: string[] = [];
  const size = Object.keys(parsed.data).length;
  for (const [token, id] of Object.entries(parsed.data)) {
    if (id >= size || tokens[id] !== undefined)
      throw invalid('the ids of its vocabulary are not consecutive');
    tokens[id] = token;
  }
  return wordPieceOf(tokens, normaliser.data.lowercase, normaliser.data.strip_accents);
}

function wordPieceOf(
  tokens: readonly string[],
  lowercase: boolean,
  stripAccents: boolean | null | undefined,
): ImportedTokenizer {
  for (const needed of ['[CLS]', '[SEP]', '[UNK]'])
    if (!tokens.includes(needed)) throw invalid(`its vocabulary has no ${needed}`);
  return {
    settings: { type: 'wordpiece', lowercase, stripAccents: stripAccents ?? lowercase },
    vocabulary: `${tokens.join('\n')}\n`,
    size: tokens.length,
  };
}

function unigram(file: TokenizerFile): ImportedTokenizer {
  const Model = z.object({
    unk_id: z.number().int().nonnegative(),
    byte_fallback: z.literal(false).default(false),
    vocab: z.array(z.tuple([z.string(), z.number()])).min(4),
  });
  const model = Model.safeParse(file.model);
  if (!model.success)
    throw invalid('the Unigram vocabulary in tokenizer.json cannot be read, or falls back to bytes');
  const { vocab, unk_id: unknown } = model.data;
  const idOf = (token: string): number => {
    const added = file.added_tokens.find(({ content }) => content === token)?.id;
    const id = added ?? vocab.findIndex(([piece]) => piece === token);
    if (id < 0) throw invalid(`its vocabulary has no ${token}`);
    return id;
  };
  const vocabulary: UnigramVocabulary = {
    pieces: vocab,
    unknown,
    begin: idOf('<s>'),
    end: idOf('</s>'),
    special: file.added_tokens.map(({ id }) => id),
    ...splitting(file),
    normaliser: normaliserOf(file.normalizer),
  };
  if (unknown >= vocab.length) throw invalid('its unknown token is not in its vocabulary');
  const size = Math.max(vocab.length, vocabulary.begin + 1, vocabulary.end + 1);
  return { settings: { type: 'unigram' }, vocabulary: JSON.stringify(vocabulary), size };
}

function steps(step: Step | null | undefined, list: string): Step[] {
  if (!step) return [];
  if (step.type !== 'Sequence') return [step];
  const parsed = z.array(Step).safeParse(step[list]);
  if (!parsed.success) throw invalid('tokenizer.json names steps that cannot be read');
  return parsed.data;
}

function splitting(file: TokenizerFile): { splitAtSpaces: boolean } {
  const kinds = steps(file.pre_tokenizer, 'pretokenizers').map(({ type }) => type);
  if (
    kinds.at(-1) !== 'Metaspace' ||
    kinds.some((kind) => kind !== 'Metaspace' && kind !== 'WhitespaceSplit')
  )
    throw invalid('its Unigram tokenizer does not separate words as SentencePiece does');
  return { splitAtSpaces: kinds.includes('WhitespaceSplit') };
}

// Runs of spaces are always made one, so the step that says so needs nothing more.
function normaliserOf(step: Step | null | undefined): Normaliser {
  const left = steps(step, 'normalizers').filter((one) => one.type !== 'Replace');
  const [rules, ...more] = left;
  if (!rules) return { type: 'none' };
  if (rules.type !== 'Precompiled' || more.length > 0 || typeof rules['precompiled_charsmap'] !== 'string')
    throw invalid('its Unigram tokenizer normalises text in a way that is not known');
  const normaliser: Normaliser = { type: 'charsmap', base64: rules['precompiled_charsmap'] };
  try {
    createNormaliser(normaliser);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  return normaliser;
}
