import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAs } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import type { z } from 'zod';
import { EmbeddingModelEntry, type KnownModel, Manifest, ModelId, type ReaderEntry } from './model-entry.js';

/** One embedding model, with the folder that its file paths start from and one digest over all of its files. */
export type EmbeddingModel = EmbeddingModelEntry & Located;

/** Where the files of a model are, and one digest over all of them. */
interface Located {
  folder: string;
  digest: string;
  installed: boolean;
}
/** The bundled model that reads sentences. */
export type ReaderModel = ReaderEntry & Located;

/** Where models lie: the bundled ones beside the product, installed ones in the instance's home. */
export interface ModelPlaces {
  /** The bundled folder; by default the committed one. */
  readonly models?: string | undefined;
  /** BELAY_HOME; without it only bundled models are found. */
  readonly home?: string | undefined;
}

const MODEL_FILE = 'model.json';

/** The committed `models` folder of this checkout. */
export function modelsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'models', 'manifest.json')) && folder !== dirname(folder))
    folder = dirname(folder);
  return join(folder, 'models');
}

/** The folder that models are installed in. */
export function installedFolder(home: string): string {
  return join(home, 'models');
}

/** Every model that can be loaded: bundled ones, then installed ones by id. An installed entry that cannot be read is left out. */
export function listModels(places: ModelPlaces): EmbeddingModel[] {
  const { folder, manifest } = bundled(places);
  return [...manifest.models.map((entry) => located(entry, folder)), ...installed(places)];
}

/** One model by its id. Throws `inference.invalid-model` with the reason. */
export function loadModel(id: string, places: ModelPlaces): EmbeddingModel {
  const { folder, manifest } = bundled(places);
  const entry = manifest.models.find((model) => model.id === id);
  if (entry) return located(entry, folder);
  const own =
    places.home === undefined || !ModelId.safeParse(id).success ? '' : join(installedFolder(places.home), id);
  if (own && existsSync(join(own, MODEL_FILE))) return readInstalled(own, id, manifest.known);
  if (id === manifest.reader?.id)
    throw new DomainError(
      'inference.invalid-model',
      `"${id}" reads sentences of answers; it makes no index.`,
    );
  throw new DomainError(
    'inference.invalid-model',
    `No model "${id}" is bundled or installed. See what there is with: ./belay models list`,
  );
}

/** The bundled reader. Throws `inference.invalid-model` where there is none. */
export function loadReader(places: ModelPlaces): ReaderModel {
  const { folder, manifest } = bundled(places);
  if (manifest.reader) return located(manifest.reader, folder);
  throw new DomainError('inference.invalid-model', 'models/manifest.json names no reader. Restore it.');
}

/** Throws unless a model may be installed under this id. */
export function refuseTaken(id: string, places: ModelPlaces & { readonly home: string }): void {
  if (!ModelId.safeParse(id).success)
    throw new DomainError('request.invalid', 'An id consists of a-z, 0-9 and hyphens, at most 63 of them.');
  const { manifest } = bundled({ models: places.models });
  if ([...manifest.models, manifest.reader].some((model) => model?.id === id))
    throw new DomainError('conflict', `"${id}" is a bundled model. Choose another id: --id NAME`);
  if (!existsSync(join(installedFolder(places.home), id))) return;
  throw new DomainError(
    'conflict',
    `A model "${id}" is installed already. To replace it: ./belay models remove ${id}, then import it again.`,
  );
}

/**
 * Deletes an installed model unless `check` throws. Throws `not-found` if there is none of this id, and `conflict` for
 * a bundled one.
 */
export async function removeModel(
  id: string,
  places: ModelPlaces & { readonly home: string },
  check: () => Promise<void>,
): Promise<void> {
  const folder = ModelId.safeParse(id).success ? join(installedFolder(places.home), id) : '';
  if (!folder || !existsSync(folder)) {
    const { models, reader } = bundled(places).manifest;
    if ([...models, reader].some((model) => model?.id === id))
      throw new DomainError('conflict', `"${id}" comes with Belay and cannot be removed.`);
    throw new DomainError('not-found', `No model "${id}" is installed.`);
  }
  await check();
  rmSync(folder, { recursive: true });
}

/** The models that the product knows where to get. */
export function knownModels(places: ModelPlaces): KnownModel[] {
  return bundled(places).manifest.known;
}

/** Checks size and SHA-256 of every file of a model; returns their absolute paths by file name. */
export function verifyModel(model: EmbeddingModel | ReaderModel): Map<string, string> {
  const root = resolve(model.folder);
  const paths = new Map<string, string>();
  for (const file of model.files) {
    const path = resolve(root, file.path);
    if (!path.startsWith(root + sep)) {
      throw new DomainError('inference.invalid-model', `Model file ${file.path} lies outside its folder.`);
    }
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    if (bytes.length !== file.bytes || createHash('sha256').update(bytes).digest('hex') !== file.sha256) {
      throw new DomainError(
        'inference.invalid-model',
        `Model file ${file.path} of ${model.id} is missing or does not match its digest. ${advice(model)}`,
      );
    }
    paths.set(file.path.split('/').at(-1) ?? file.path, path);
  }
  return paths;
}

function advice(model: EmbeddingModel | ReaderModel): string {
  return model.installed
    ? `Install it again: ./belay models remove ${model.id}, then pull or import it.`
    : 'Restore it: git checkout models';
}

function bundled(places: ModelPlaces): { folder: string; manifest: z.infer<typeof Manifest> } {
  const folder = places.models ?? modelsFolder();
  return { folder, manifest: readJson(join(folder, 'manifest.json'), Manifest, 'models/manifest.json') };
}

function installed(places: ModelPlaces): EmbeddingModel[] {
  const { home } = places;
  const folder = home === undefined ? '' : installedFolder(home);
  if (!folder || !existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, MODEL_FILE)));
  const known = knownModels(places);
  return names.sort().flatMap((name) => {
    try {
      return [readInstalled(join(folder, name), name, known)];
    } catch {
      return [];
    }
  });
}

function readInstalled(folder: string, id: string, known: readonly KnownModel[]): EmbeddingModel {
  const entry = readJson(join(folder, MODEL_FILE), EmbeddingModelEntry, `${id}/${MODEL_FILE}`);
  if (entry.id !== id) {
    throw new DomainError(
      'inference.invalid-model',
      `${id}/${MODEL_FILE} describes the model "${entry.id}".`,
    );
  }
  // Models are imported before it is known what their sentences are good for.
  const sentences = known.find((model) => model.id === id)?.sentences ?? entry.sentences;
  return { ...located(entry, folder), installed: true, sentences };
}

function located<Entry extends EmbeddingModelEntry | ReaderEntry>(
  entry: Entry,
  folder: string,
): Entry & Located {
  const digest = createHash('sha256')
    .update(JSON.stringify(entry.files.map((file) => file.sha256)))
    .digest('hex');
  return { ...entry, folder, digest, installed: false };
}

function readJson<Schema extends z.ZodType>(path: string, schema: Schema, name: string): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new DomainError('inference.invalid-model', `${name} cannot be read: ${(error as Error).message}`);
  }
  const { data, problem } = readAs(schema, value, 'The file');
  if (problem === undefined) return data as z.infer<Schema>;
  throw new DomainError('inference.invalid-model', `${name}: ${problem}`);
}
