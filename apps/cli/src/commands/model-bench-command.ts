import { availableParallelism } from 'node:os';
import { loadConfig } from '@belay/config';
import { listModels, loadModel, measureModel, type ModelFigures } from '@belay/inference';
import { type Command, InvalidArgumentError } from 'commander';
import type { Context } from '../context.js';
import { EXIT } from '../failure.js';
import type { Finish } from './command.js';
import { show } from './session.js';

interface BenchFlags {
  readonly seconds: number;
  readonly threads: number;
  readonly json?: boolean;
}

/** Adds `models bench`: what each model costs on this machine. */
export function addModelBench(models: Command, context: Context, finish: Finish): void {
  models
    .command('bench [id]')
    .description('measure loading, memory and speed of the models that are here, on this machine')
    .option('--seconds <number>', 'embed passages for so long', positive, 3)
    .option('--threads <number>', 'sessions; by default one a core', positive, availableParallelism())
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, flags: BenchFlags) => {
      const { home, models: bundled } = loadConfig(context.environment);
      const places = { home, models: bundled };
      const ids = id === undefined ? listModels(places).map((model) => model.id) : [loadModel(id, places).id];
      const measured: (ModelFigures | { id: string; problem: string })[] = [];
      for (const one of ids) {
        context.note(`Measuring ${one} …`);
        const { threads, seconds } = flags;
        const figures = measureModel({ ...places, id: one, threads, seconds });
        measured.push(await figures.catch((error: Error) => ({ id: one, problem: error.message })));
      }
      show(
        context,
        flags,
        { threads: flags.threads, seconds: flags.seconds, models: measured },
        measured.map(line),
      );
      if (measured.some((one) => 'problem' in one)) finish(EXIT.failure);
    });
}

function line(one: ModelFigures | { id: string; problem: string }): string {
  if ('problem' in one) return one.problem;
  const { id, loadMs, sessionMb, processMb, threads, tokensPerSecond, queryP50Ms, queryP95Ms } = one;
  return (
    `${id.padEnd(26)} loads in ${loadMs} ms, ${sessionMb} MB a session (${processMb} MB with ${threads}), ` +
    `${Math.round(tokensPerSecond)} tokens/s, a question ${queryP50Ms} ms (p95 ${queryP95Ms})`
  );
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 600))
    throw new InvalidArgumentError('Say a number up to 600.');
  return Math.ceil(value);
}
