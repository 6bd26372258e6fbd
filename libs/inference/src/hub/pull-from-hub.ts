import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, isDomainError } from '@belay/errors';
import { invalid } from '../conversion/encoder-weights.js';
import { findGraph } from '../store/adopt-graph.js';
import { isConvertible } from '../store/hub-config.js';
import { importModel } from '../store/import-model.js';
import { type EmbeddingModel, knownModels, type ModelPlaces, refuseTaken } from '../store/model-store.js';
import { openSource } from '../store/model-source.js';
import { download } from './download.js';
import { HubClient, type HubOptions, Interrupted } from './hub-client.js';
import { findHubModel, type HubFile, type HubModel } from './hub-model.js';
import { HubPins } from './hub-pins.js';
import { type HubReference, pathOf, readHubReference } from './hub-reference.js';

/** How a model is pulled. */
export interface HubPull extends HubOptions {
  readonly id?: string | undefined;
  readonly queryPrefix?: string | undefined;
  readonly passagePrefix?: string | undefined;
  /** Takes files that differ from those pulled before. */
  readonly newPin?: boolean | undefined;
  /** How long it is waited before something is asked for again. */
  readonly pauseMs?: number | undefined;
  readonly note?: (line: string) => void;
}

// Names are looked for, never taken from the hub: what else it lists is not fetched and names no file here.
const DESCRIPTIONS = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'vocab.txt',
  'sentence_bert_config.json',
  '1_Pooling/config.json',
];
const WEIGHTS = 'model.safetensors';
const LIMITS = { description: 64 * 2 ** 20, weights: 4 * 2 ** 30 };
const ASKED = 3;
const TOLD_EVERY_MS = 3000;
const PAUSE_MS = 300;

/**
 * Fetches a model from a hub in Hugging Face's layout and installs it. What was fetched is kept until then, so that a
 * pull that was cut off goes on. The digests of its files are pinned at the first pull.
 */
export async function pullFromHub(
  text: string,
  places: ModelPlaces & { readonly home: string },
  options: HubPull,
): Promise<EmbeddingModel> {
  const reference = readHubReference(text);
  const id = options.id ?? idFor(reference, places);
  refuseTaken(id, places);
  const pins = new HubPins(places.home, reference);
  const client = new HubClient(options);
  const model = await asked(() => findHubModel(client, reference), options.pauseMs);
  const folder = folderOf(places.home, reference, model.commit);
  const release = claim(folder);
  try {
    const files = await fetchAll({ reference, model, folder, pins, client, options });
    const installed = await importModel(join(folder, reference.name), places, {
      id,
      licence: model.licence,
      origin: `hf:${pathOf(reference)}@${model.commit}`,
      queryPrefix: options.queryPrefix,
      passagePrefix: options.passagePrefix,
      ...(options.note && { note: options.note }),
    });
    pins.save(model.commit, files);
    rmSync(folder, { recursive: true, force: true });
    return installed;
  } catch (error) {
    // What cannot be used is not kept; what is only incomplete is.
    if (isDomainError(error, 'inference.invalid-model')) rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    release();
  }
}

/** The name of the model, unless that is a known one of another maker. */
function idFor({ owner, name }: HubReference, places: ModelPlaces): string {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60);
  const known = knownModels(places).find((one) => one.id === plain(name));
  return known && known.hub !== `${owner}/${name}` ? plain(`${owner}-${name}`) : plain(name);
}

async function asked<T>(work: () => Promise<T>, pauseMs = PAUSE_MS): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      if (attempt >= ASKED)
        throw new DomainError('service.unavailable', `The hub cannot be read: ${error.message}.`);
      await sleep(pauseMs * attempt);
    }
  }
}

// One folder a commit; those of former commits are of no use any more.
function folderOf(home: string, { owner, name }: HubReference, commit: string): string {
  const own = join(home, 'downloads', `${owner}--${name}`);
  const others = existsSync(own) ? readdirSync(own).filter((one) => one !== commit) : [];
  for (const one of others)
    if (!existsSync(join(own, one, 'pid'))) rmSync(join(own, one), { recursive: true });
  const folder = join(own, commit);
  mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  return folder;
}

/** Keeps two pulls of one model apart. Returns what ends that. */
function claim(folder: string): () => void {
  const path = join(folder, 'pid');
  if (existsSync(path) && isAlive(Number(readFileSync(path, 'utf8'))))
    throw new DomainError('conflict', 'This model is being pulled already.');
  rmSync(path, { force: true });
  writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
  return () => rmSync(path, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

interface Fetching {
  readonly reference: HubReference;
  readonly model: HubModel;
  readonly folder: string;
  readonly pins: HubPins;
  readonly client: HubClient;
  readonly options: HubPull;
}

/** Fetches what describes the model, then the weights that can be used by it; digests by name. */
async function fetchAll(fetching: Fetching): Promise<Record<string, string>> {
  const { reference, model, folder, options } = fetching;
  const note = options.note ?? (() => undefined);
  const listed = (name: string): HubFile | undefined => model.files.find((file) => file.name === name);
  const described = DESCRIPTIONS.flatMap((name) => listed(name) ?? []);
  const digests: Record<string, string> = {};
  for (const file of described) digests[file.name] = await fetchOne(fetching, file, LIMITS.description);
  const weights = listed(weightsOf(join(folder, reference.name), model) ?? '');
  if (!weights)
    throw invalid('it holds neither weights in safetensors that can be converted nor an ONNX export');
  const size = weights.size === undefined ? '' : `, ${Math.round(weights.size / 1e6)} MB`;
  note(`Fetching ${pathOf(reference)} (licence ${model.licence}), ${weights.name}${size} …`);
  digests[weights.name] = await fetchOne(fetching, weights, LIMITS.weights);
  return digests;
}

/** Weights that are converted here where that is possible, else the ONNX export. */
function weightsOf(folder: string, { files }: HubModel): string | undefined {
  const names = files.map(({ name }) => name);
  const source = openSource(folder);
  try {
    const graph = findGraph({ ...source, names });
    const converts = names.includes(WEIGHTS) && (graph === undefined || isConvertible(source));
    return converts ? WEIGHTS : graph;
  } finally {
    source.close();
  }
}

async function fetchOne(
  { reference, model, folder, pins, client, options }: Fetching,
  file: HubFile,
  limit: number,
): Promise<string> {
  const compare = (sha256: string | undefined): void => {
    if (!options.newPin) pins.compare(file.name, sha256);
  };
  compare(file.sha256);
  if ((file.size ?? 0) > limit) throw invalid(`${file.name} is larger than ${Math.floor(limit / 1e6)} MB`);
  let told = Date.now();
  const path = `${reference.owner}/${reference.name}/resolve/${model.commit}/${file.name}`;
  const digest = await download(client, {
    ...file,
    path,
    limit,
    pauseMs: options.pauseMs ?? PAUSE_MS,
    target: join(folder, reference.name, file.name),
    progress: (done, total) => {
      if (Date.now() - told < TOLD_EVERY_MS) return;
      told = Date.now();
      const all = total === undefined ? '' : ` of ${Math.round(total / 1e6)}`;
      options.note?.(`  ${file.name}: ${Math.round(done / 1e6)}${all} MB`);
    },
  });
  compare(digest);
  return digest;
}
