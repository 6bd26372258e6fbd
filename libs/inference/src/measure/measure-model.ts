import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DomainError } from '@belay/errors';
import type { ModelPlaces } from '../store/model-store.js';
import type { ModelFigures } from './model-figures.js';

/** Which model is measured, with how many sessions and for how long. */
export interface Measurement extends ModelPlaces {
  readonly id: string;
  readonly threads: number;
  readonly seconds: number;
}

const ENTRY =
  fileURLToPath(new URL('.', import.meta.url)).replace(/\/src\/measure\/$/, '/dist/measure/') +
  'measure-entry.js';
const run = promisify(execFile);

/** Measures a model in a process of its own. Throws `inference.invalid-model` with what that process said. */
export async function measureModel(measurement: Measurement): Promise<ModelFigures> {
  try {
    const { stdout } = await run(process.execPath, [ENTRY, JSON.stringify(measurement)]);
    return JSON.parse(stdout) as ModelFigures;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    const reason = /^\S*Error: (.+)$/m.exec(said)?.[1] ?? (error as Error).message;
    throw new DomainError('inference.invalid-model', `${measurement.id} cannot be measured: ${reason}`);
  }
}
