import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '@belay/errors';
import { convertEncoder } from '../conversion/convert-encoder.js';
import { invalid } from '../conversion/encoder-weights.js';
import { isQ4File, readQ4File } from '../conversion/q4-file.js';
import { safetensorsEncoder } from '../conversion/safetensors.js';
import { readTokenizer, VOCABULARY_FILE } from '../tokenizers/tokenizer.js';
import { readHubConfig, readMaxLength, readPooling } from './hub-config.js';
import { type ImportedTokenizer, readHubTokenizer } from './hub-tokenizer.js';
import { type EmbeddingModelEntry, type KnownModel, type Provenance } from './model-entry.js';
import { type ModelSource, openSource } from './model-source.js';
import {
  type EmbeddingModel,
  installedFolder,
  knownModels,
  loadModel,
  type ModelPlaces,
  refuseTaken,
} from './model-store.js';
import { adoptGraph, findGraph } from './adopt-graph.js';
import type { PreparedModel } from './prepared-model.js';

/** What an import may be told about a model that the product does not know. */
export interface ImportOptions {
  readonly id?: string | undefined;
  readonly queryPrefix?: string | undefined;
  readonly passagePrefix?: string | undefined;
  readonly licence?: string | undefined;
  /** Where the files came from, for people; by default the path. */
  readonly origin?: string | undefined;
  readonly note?: (line: string) => void;
}

/**
 * Installs the model in a folder, a wheel or other zip archive, or a single file of weights. Nothing in it is run.
 * Throws `inference.invalid-model` with the reason, and then leaves nothing behind.
 */
export async function importModel(
  path: string,
  places: ModelPlaces & { readonly home: string },
  options: ImportOptions = {},
): Promise<EmbeddingModel> {
  const note = options.note ?? (() => undefined);
  const source = openSource(path);
  try {
    const digest =
      source.names.length > 0 && /\.(whl|zip|bin)$/i.test(path) ? await sha256OfFile(path) : undefined;
    const known = findKnown(source, digest, options.id, knownModels(places));
    const id = options.id ?? known?.id ?? idOf(source.name);
    refuseTaken(id, places);
    note(`Converting ${source.name} …`);
    const model = await prepare(source, known);
    const entry = describe(id, model, known, options, {
      source: options.origin ?? source.name,
      digests: digest ? [{ name: source.name, sha256: digest }] : digestsOf(source),
    });
    install(entry, model, places.home);
    return loadModel(id, places);
  } finally {
    source.close();
  }
}

function idOf(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/\.[a-z]+$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (!id) throw new DomainError('request.invalid', 'Say how the model is to be called: --id NAME');
  return id.slice(0, 60);
}

function findKnown(
  source: ModelSource,
  digest: string | undefined,
  id: string | undefined,
  all: readonly KnownModel[],
): KnownModel | undefined {
  const name = id ?? idOf(source.name);
  return all.find(
    (one) =>
      one.id === id ||
      one.package.sha256 === digest ||
      (one.package.weights === source.name && source.name.endsWith('.bin')) ||
      one.id === name,
  );
}

/** Reads and converts whatever the source holds. */
async function prepare(source: ModelSource, known: KnownModel | undefined): Promise<PreparedModel> {
  const packed = source.names.find((name) => name === known?.package.weights && name.endsWith('.bin'));
  const single = source.names.find((name) => name.endsWith('.bin') && !name.includes('/'));
  const graph = findGraph(source);
  if (source.names.includes('model.safetensors')) return fromSafetensors(source, known);
  if (graph !== undefined) return adoptGraph(source, graph, known?.maxTokens);
  if (packed ?? single) return fromPacked(source, packed ?? single ?? '', known);
  throw invalid('it holds neither model.safetensors nor onnx/model.onnx nor a packed 4-bit file');
}

async function fromSafetensors(source: ModelSource, known: KnownModel | undefined): Promise<PreparedModel> {
  if (readPooling(source) !== 'mean')
    throw invalid('it pools by its first token; bring its ONNX export instead');
  const { shape, firstPosition } = readHubConfig(source);
  const imported = readHubTokenizer(source);
  if (imported.size > shape.vocabulary)
    throw invalid(`its tokenizer has ${imported.size} tokens but its word table ${shape.vocabulary} rows`);
  const weights = safetensorsEncoder(source.data('model.safetensors'), shape, firstPosition);
  const maxTokens = Math.min(known?.maxTokens ?? readMaxLength(source) ?? shape.positions, shape.positions);
  return finish(weights, imported, maxTokens, 'safetensors to int8');
}

function fromPacked(
  source: ModelSource,
  name: string,
  known: KnownModel | undefined,
): Promise<PreparedModel> {
  const file = source.data(name);
  if (!isQ4File(file)) throw invalid(`${name} is no packed 4-bit encoder`);
  const { weights, vocabulary } = readQ4File(file);
  const imported = {
    settings: { type: 'unigram' } as const,
    vocabulary: JSON.stringify(vocabulary),
    size: vocabulary.pieces.length,
  };
  const maxTokens = Math.min(known?.maxTokens ?? weights.shape.positions, weights.shape.positions);
  return finish(weights, imported, maxTokens, 'Q4_0 to int8 with a 4-bit word table');
}

async function finish(
  weights: Parameters<typeof convertEncoder>[0],
  imported: ImportedTokenizer,
  maxTokens: number,
  conversion: string,
): Promise<PreparedModel> {
  const tokenizer = readTokenizer(
    { tokenizer: imported.settings, specialTokens: true },
    () => imported.vocabulary,
  );
  const { graph, check } = await convertEncoder(weights, tokenizer, maxTokens);
  return {
    graph,
    vocabulary: imported.vocabulary,
    conversion,
    check,
    entry: {
      task: 'embedding',
      version: '1',
      dimension: weights.shape.hidden,
      pooling: 'mean',
      specialTokens: true,
      tokenizer: imported.settings,
      maxTokens,
    },
  };
}

const E5 = /(^|-)e5(-|$)/;
const E5_USAGE = {
  prefixes: { query: 'query: ', passage: 'passage: ' },
  fusion: { alpha: 0.5, cosineFloor: 0.7, cosineCeiling: 1 },
};
const PLAIN_USAGE = {
  prefixes: { query: '', passage: '' },
  fusion: { alpha: 0.5, cosineFloor: -1, cosineCeiling: 1 },
};

function describe(
  id: string,
  model: PreparedModel,
  known: KnownModel | undefined,
  options: ImportOptions,
  origin: Pick<Provenance, 'source' | 'digests'>,
): EmbeddingModelEntry {
  const usage = known ?? { languages: [], licence: 'not stated', ...(E5.test(id) ? E5_USAGE : PLAIN_USAGE) };
  const { queryPrefix = usage.prefixes.query, passagePrefix = usage.prefixes.passage } = options;
  const file = (name: string, content: Uint8Array): EmbeddingModelEntry['files'][number] => ({
    path: name,
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
  });
  return {
    ...model.entry,
    id,
    languages: usage.languages,
    prefixes: { query: queryPrefix, passage: passagePrefix },
    sentences: known?.sentences ?? false,
    fusion: usage.fusion,
    licence: options.licence ?? usage.licence,
    provenance: {
      ...origin,
      pinned: new Date().toISOString().slice(0, 10),
      conversion: model.conversion,
      check: model.check,
    },
    files: [
      file('model.onnx', model.graph),
      file(VOCABULARY_FILE[model.entry.tokenizer.type], Buffer.from(model.vocabulary)),
    ],
  };
}

// Everything is written beside the place first, so that a model is there as a whole or not at all.
function install(entry: EmbeddingModelEntry, model: PreparedModel, home: string): void {
  const models = installedFolder(home);
  const temporary = join(models, `.incoming-${randomBytes(6).toString('hex')}`);
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(join(temporary, 'model.onnx'), model.graph, { mode: 0o600 });
    writeFileSync(join(temporary, VOCABULARY_FILE[entry.tokenizer.type]), model.vocabulary, { mode: 0o600 });
    writeFileSync(join(temporary, 'model.json'), `${JSON.stringify(entry, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, join(models, entry.id));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function digestsOf(source: ModelSource): Provenance['digests'] {
  const pinned = [
    'model.safetensors',
    'onnx/model_quantized.onnx',
    'onnx/model.onnx',
    'model.onnx',
    'config.json',
    'tokenizer.json',
    'vocab.txt',
    '1_Pooling/config.json',
  ];
  return source.names
    .filter((name) => pinned.includes(name))
    .map((name) => {
      const file = source.data(name);
      const hash = createHash('sha256');
      for (let at = 0; at < file.size; at += PIECE)
        hash.update(file.slice(at, Math.min(file.size, at + PIECE)));
      return { name, sha256: hash.digest('hex') };
    });
}
const PIECE = 4 * 2 ** 20;

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
