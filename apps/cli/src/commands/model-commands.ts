import { loadConfig } from '@belay/config';
import {
  type EmbeddingModel,
  importModel,
  isHubReference,
  knownModels,
  listModels,
  loadModel,
  loadReader,
  pullFromHub,
  type ReaderModel,
  removeModel,
  verifyModel,
} from '@belay/inference';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { CliError, EXIT, type ExitCode } from '../failure.js';
import { refuseInUse } from '../models-in-use.js';
import { pullModel } from '../pull-model.js';
import type { Finish } from './command.js';
import { addModelBench } from './model-bench-command.js';
import { show } from './session.js';

interface ImportFlags {
  readonly id?: string;
  readonly queryPrefix?: string;
  readonly passagePrefix?: string;
  readonly licence?: string;
  readonly json?: boolean;
}

interface PullFlags {
  readonly id?: string;
  readonly queryPrefix?: string;
  readonly passagePrefix?: string;
  readonly newPin?: boolean;
  readonly json?: boolean;
}

/** Adds the commands over the models of this machine. They need no running instance. */
export function addModelCommands(program: Command, context: Context, finish: Finish): void {
  const models = program.command('models').description('embedding models of this machine');
  models
    .command('list')
    .description('bundled, installed and obtainable models')
    .option('--json', 'print JSON')
    .action((flags: { json?: boolean }) => list(flags, context));
  models
    .command('import <path>')
    .description('install a model from a folder, a wheel or other zip archive, or a file of weights')
    .option('--id <name>', 'call it this')
    .option('--query-prefix <text>', 'put this before every question')
    .option('--passage-prefix <text>', 'put this before every passage')
    .option('--licence <name>', 'record this licence')
    .option('--json', 'print JSON')
    .action((path: string, flags: ImportFlags) => install(path, flags, context));
  models
    .command('pull <model>')
    .description(
      'fetch a known model, or hf:OWNER/NAME[@REVISION] from the hub of BELAY_MODEL_HUB, and install it',
    )
    .option('--id <name>', 'of a hub: call it this')
    .option('--query-prefix <text>', 'of a hub: put this before every question')
    .option('--passage-prefix <text>', 'of a hub: put this before every passage')
    .option('--new-pin', 'of a hub: take files that differ from those pulled before')
    .option('--json', 'print JSON')
    .action((model: string, flags: PullFlags) =>
      isHubReference(model) ? pullHub(model, flags, context) : pull(model, flags, context),
    );
  models
    .command('verify [id]')
    .description('compare the files of models with their digests')
    .option('--json', 'print JSON')
    .action((id: string | undefined, flags: { json?: boolean }) => finish(verify(id, flags, context)));
  models
    .command('remove <id>')
    .description('delete an installed model')
    .action((id: string) => remove(id, context));
  addModelBench(models, context, finish);
}

async function remove(id: string, context: Context): Promise<void> {
  const config = loadConfig(context.environment);
  await removeModel(id, config, () => refuseInUse(id, config));
  context.note(`Removed ${id}.`);
}

async function pull(id: string, flags: { json?: boolean }, context: Context): Promise<void> {
  const places = loadConfig(context.environment);
  const known = knownModels(places).find((one) => one.id === id);
  if (!known) {
    const names = knownModels(places).map((one) => one.id);
    throw new CliError(`"${id}" is not a known model. Known are: ${names.join(', ')}`, EXIT.usage);
  }
  if (listModels(places).some((model) => model.id === id)) {
    context.note(`${id} is installed already.`);
    return;
  }
  const model = await pullModel(known, places, context);
  show(context, flags, facts(model), [describe(model)]);
}

async function pullHub(reference: string, flags: PullFlags, context: Context): Promise<void> {
  const { modelHub: hub, modelHubToken: token, ...places } = loadConfig(context.environment);
  if (hub === undefined)
    throw new CliError(
      "Say which hub in BELAY_MODEL_HUB: the base address of one in Hugging Face's layout. Belay asks none by itself.",
      EXIT.usage,
    );
  const model = await pullFromHub(reference, places, { hub, token, note: context.note, ...flags });
  show(context, flags, facts(model), [describe(model)]);
}

function verify(id: string | undefined, flags: { json?: boolean }, context: Context): ExitCode {
  const places = loadConfig(context.environment);
  const reader = loadReader(places);
  const every = [...listModels(places), reader];
  const models = id === undefined ? every : [id === reader.id ? reader : loadModel(id, places)];
  const results = models.map((model) => {
    try {
      verifyModel(model);
      return { id: model.id, ok: true };
    } catch (error) {
      return { id: model.id, ok: false, reason: (error as Error).message };
    }
  });
  const lines = results.map(({ id: name, ok, reason }) => `${name.padEnd(26)} ${ok ? 'intact' : reason}`);
  show(context, flags, { models: results }, lines);
  return results.every(({ ok }) => ok) ? EXIT.ok : EXIT.failure;
}

function list(flags: { json?: boolean }, context: Context): void {
  const places = loadConfig(context.environment);
  const found = listModels(places);
  const here = new Set(found.map(({ id }) => id));
  const obtainable = knownModels(places).filter(({ id }) => !here.has(id));
  const models = [
    ...found.map((model) => ({ state: model.installed ? 'installed' : 'bundled', ...facts(model) })),
    readerFacts(loadReader(places)),
    ...obtainable.map(({ id, title, licence, languages, package: wheel }) => {
      return { state: 'obtainable', id, title, licence, languages, bytes: wheel.bytes };
    }),
  ];
  const lines = models.map(({ id, state, licence, bytes, ...rest }) =>
    [
      id.padEnd(26),
      state.padEnd(11),
      `${Math.round(bytes / 1e6)} MB`.padStart(6),
      ` ${licence}`,
      'task' in rest ? ' (reads sentences of answers)' : '',
    ].join(' '),
  );
  show(context, flags, { models }, lines);
}

async function install(path: string, flags: ImportFlags, context: Context): Promise<void> {
  const model = await importModel(path, loadConfig(context.environment), { ...flags, note: context.note });
  show(context, flags, facts(model), [describe(model)]);
}

function facts(model: EmbeddingModel) {
  const { id, licence, languages, dimension, maxTokens, digest, provenance } = model;
  return { id, licence, languages, dimension, maxTokens, digest, bytes: bytesOf(model), provenance };
}

function readerFacts(reader: ReaderModel) {
  const { id, licence, languages, digest } = reader;
  return { state: 'bundled', id, task: 'reading', licence, languages, digest, bytes: bytesOf(reader) };
}

const bytesOf = ({ files }: Pick<EmbeddingModel, 'files'>): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

function describe(model: EmbeddingModel): string {
  const check = model.provenance?.check;
  const near = check ? `, cosine to full precision ${check.meanCosine.toFixed(4)}` : '';
  return `Installed ${model.id} (${model.dimension} dimensions, licence ${model.licence}${near}).`;
}
