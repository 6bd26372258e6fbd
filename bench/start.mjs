/**
 * How long Belay takes to be ready on one machine, models present and nothing to download: the first start in an
 * empty home (database made and migrated, demo company read), and the second on the same data. In the same run,
 * beside them, a first start without the demo company. Targets: first below 20 s, second below 10 s.
 *
 *   npm run bench -- start [--database embedded|native]
 */
import { parseArgs } from 'node:util';
import { startProduct } from './harness/product.mjs';
import { rounded } from './harness/statistics.mjs';

const FIRST_S = 20;
const SECOND_S = 10;

export async function measure(options, say) {
  const flags = { database: { type: 'string', default: 'embedded' } };
  const { database } = parseArgs({ args: options, options: flags }).values;
  const empty = await timed(() => startProduct(say, { database, documents: false }));
  await empty.value.stop();
  const first = await timed(() => startProduct(say, { database }));
  try {
    say('Stopping and starting again …');
    const second = await timed(() => first.value.restart());
    const figures = {
      database,
      first_s: first.seconds,
      // The end of the first run is part of it.
      stop_and_second_s: second.seconds,
      first_without_documents_s: empty.seconds,
    };
    const ok = figures.first_s < FIRST_S && figures.stop_and_second_s < SECOND_S;
    return { ok, figures, raw: {}, variant: database };
  } finally {
    await first.value.stop();
  }
}

async function timed(work) {
  const started = performance.now();
  const value = await work();
  return { value, seconds: rounded((performance.now() - started) / 1000) };
}
