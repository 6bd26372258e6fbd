import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadModel, readTokenizer } from '@belay/inference';
import { type Product, startProduct } from '@belay/testing/product';
import { PumpCompany } from '@belay/testing/pump-company';
import { twoModels } from '@belay/testing/second-model';

// The whole ladder under questions: no wrong answer and no missing one while the model of the index changes twice.
const BELAY = fileURLToPath(new URL('../bootstrap.mjs', import.meta.url));
const SCRIPTS = fileURLToPath(
  new URL('../../../libs/inference/fixtures/scripts/reference.json', import.meta.url),
);
const FIRST = 'static-en-256';
const LADDER = ['multilingual-e5-small', 'all-minilm-l6-v2'];
const BUILT_HERE = ['static-en-128', 'static-en-64'];
const PULL_LIMIT_MS = 240_000;
const DOCUMENTS = 24;

describe('migration of a running instance to each model of the ladder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'belay-ladder-'));
  const home = join(folder, 'home');
  let product: Product;
  let company: PumpCompany;
  let models: readonly string[];

  beforeAll(async () => {
    models = LADDER.every(pull) ? LADDER : BUILT_HERE;
    if (models === BUILT_HERE)
      process.stderr.write(`The ladder cannot be fetched here: migrating to ${models.join(', ')} instead.\n`);
    const environment = { BELAY_HOME: home, BELAY_MODELS: twoModels(folder, [128, 64]), BELAY_MODEL: FIRST };
    product = await startProduct({ environment });
    company = new PumpCompany(product, DOCUMENTS);
    await company.fill();
  }, 900_000);

  afterAll(async () => {
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** As an administrator would; false where there is no pip, or it reaches no registry. */
  function pull(id: string): boolean {
    const env = {
      ...process.env,
      BELAY_HOME: home,
      NODE_OPTIONS: '',
      PIP_RETRIES: '0',
      PIP_DEFAULT_TIMEOUT: '20',
    };
    const done = spawnSync(process.execPath, [BELAY, 'models', 'pull', id], {
      env,
      encoding: 'utf8',
      timeout: PULL_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    return done.status === 0 && existsSync(join(home, 'models', id));
  }

  it('cuts texts of all scripts into the pieces of the reference', () => {
    // Without the weights of the ladder there is no vocabulary to cut by.
    if (models !== LADDER) return;
    const { texts } = JSON.parse(readFileSync(SCRIPTS, 'utf8')) as {
      texts: { text: string; e5: number[] }[];
    };
    const e5 = loadModel(LADDER[0] ?? '', { home });
    const tokenizer = readTokenizer(e5, (name) => readFileSync(join(e5.folder, name), 'utf8'));
    const different = texts.filter(({ text, e5: ids }) => tokenizer.encode(text).join() !== ids.join());
    expect(different.map(({ text }) => text)).toEqual([]);
  });

  it.each([0, 1])(
    'step %i',
    async (step) => {
      const [from, to] = [[FIRST, ...models][step] ?? '', models[step] ?? ''];
      const { asked, models: used } = await company.underQuestions(async () => {
        const gone = await company.upload(DOCUMENTS + 2 * step);
        await company.call('POST', 'models/generations', { model: to, margin: 0.5 });
        await company.upload(DOCUMENTS + 2 * step + 1);
        await company.call('DELETE', `documents/${gone}`, undefined, 'employee');
        await company.until('the cut-over', async () => (await company.activeModel()) === to);
        await company.ask(0);
      });
      process.stderr.write(`${from} → ${to}: ${asked} questions meanwhile, each answered right.\n`);
      expect(used).toEqual([from, to].sort());
      await company.read();
      const last = DOCUMENTS + 2 * step + 1;
      expect((await company.ask(last)).sentences[0]?.text).toBe(company.sentenceOf(last));
      await company.until('all to be complete', async () =>
        (await company.generations()).every(
          ({ filled, total, problem }) => filled === total && problem === null,
        ),
      );
    },
    600_000,
  );

  it('and back at once, under questions', async () => {
    const { models: used } = await company.underQuestions(async () => {
      await company.call('POST', 'models/generations/return', {});
      expect(await company.activeModel()).toBe(models[0]);
      await company.ask(0);
    });
    expect(used).toContain(models[0]);
    const { status, stdout } = product.cli('audit', 'verify', '--as', 'admin', '--json');
    const report: unknown = JSON.parse(stdout);
    expect({ status, report }).toMatchObject({ status: 0, report: { ok: true } });
  }, 300_000);
});
