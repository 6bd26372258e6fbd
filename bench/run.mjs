/**
 * `npm run bench -- NAME [options]`: runs bench/NAME.mjs and ends with one line of JSON. `ok` says whether the
 * bench's own targets are met; the exit code is 1 only when it could not measure. Everything that was measured
 * is kept in bench/results/NAME[-VARIANT].json, unless --no-keep is given.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled } from '../apps/cli/bootstrap.mjs';
import { describeMachine, describeVersions } from './harness/machine.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const say = (line) => process.stderr.write(`${line}\n`);
const [name, ...given] = process.argv.slice(2);
const keep = !given.includes('--no-keep');
// It always ends with JSON, so that --json is taken and changes nothing.
const options = given.filter((option) => option !== '--no-keep' && option !== '--json');
const names = readdirSync(HERE)
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.slice(0, -'.mjs'.length));

if (!names.includes(name)) {
  say(`${name ? `There is no bench "${name}".` : 'Say which bench to run.'} There are: ${names.join(', ')}.`);
  process.exit(1);
}
try {
  ensureInstalled();
  await ensureBuilt();
  const machine = describeMachine();
  const { measure } = await import(`./${name}.mjs`);
  const { ok, figures, raw, variant, database = figures.database } = await measure(options, say);
  const result = { bench: name, ok, figures, machine, versions: describeVersions(database) };
  if (keep) {
    mkdirSync(`${HERE}results`, { recursive: true });
    const kept = { ...result, measuredAt: new Date().toISOString(), raw };
    writeFileSync(
      `${HERE}results/${[name, variant].filter(Boolean).join('-')}.json`,
      `${JSON.stringify(kept)}\n`,
    );
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  say(`bench ${name}: ${error.message}`);
  process.exitCode = 1;
}
