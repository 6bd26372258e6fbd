import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '@belay/testing/product';
import { PumpCompany } from '@belay/testing/pump-company';
import { twoModels } from '@belay/testing/second-model';

// What stands between a model and the search: a measurement, an administrator, or both.
const BELAY = fileURLToPath(new URL('../bootstrap.mjs', import.meta.url));
const HANDBOOK = fileURLToPath(new URL('../../../libs/evaluation/fixtures/handbook', import.meta.url));
const [FIRST, GOOD, POOR] = ['static-en-256', 'static-en-128', 'static-en-2'];

describe('the gate of a generation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'belay-gate-'));
  let product: Product;
  let company: PumpCompany;

  beforeAll(async () => {
    product = await startProduct({ environment: { BELAY_MODELS: twoModels(folder, [128, 2]) } });
    company = new PumpCompany(product, 12);
    await company.fill();
  }, 180_000);
  afterAll(async () => {
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** Not `product.cli`: that one would stand still for so long that the connections of the company are closed. */
  const cli = (...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const env = product.environment;
      const child = execFile(
        process.execPath,
        [BELAY, ...args, '--as', 'admin'],
        { env },
        (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
      );
    });
  const models = (...args: string[]) => cli('models', ...args, '--json');
  const newest = async () => (await company.generations()).at(-1);
  const leaves = async (type: string) => (await cli('audit', 'export', '--type', type)).stdout;

  it('leaves everything as it is when a model is worse, and says so', async () => {
    const used = await models('use', POOR, '--margin', '0', '--wait');
    expect(used).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Nothing was changed') as unknown,
    });
    expect(await company.activeModel()).toBe(FIRST);
    expect(await newest()).toMatchObject({ model: POOR, state: 'building', passed: false });
    const { id = 0 } = (await newest()) ?? {};
    expect((await models('switch', String(id))).status).toBe(1);
    expect(await company.activeModel()).toBe(FIRST);
  }, 180_000);

  it('is passed by force, which is on the ledger, and left again', async () => {
    const { id = 0 } = (await newest()) ?? {};
    expect((await models('switch', String(id), '--force')).status).toBe(0);
    expect(await company.activeModel()).toBe(POOR);
    expect(await leaves('model.switch')).toContain('"forced":true');
    expect((await models('return')).status).toBe(0);
    expect(await company.activeModel()).toBe(FIRST);
    expect((await models('drop', String(id))).status).toBe(0);
  }, 180_000);

  it('waits for an administrator with --hold though the measurement allows it', async () => {
    expect((await models('use', GOOD, '--margin', '1', '--hold', '--wait')).status).toBe(0);
    const held = await newest();
    expect(held).toMatchObject({ model: GOOD, state: 'building', passed: true, hold: true });
    expect(await company.activeModel()).toBe(FIRST);
    expect((await models('switch', String(held?.id))).status).toBe(0);
    expect(await company.activeModel()).toBe(GOOD);
    await models('return');
    expect((await models('drop', String(held?.id))).status).toBe(0);
  }, 180_000);

  it('measures on an evaluation set that is given, and keeps nothing of it', async () => {
    const before = await company.generations();
    expect((await models('use', GOOD, '--dataset', join(folder, 'none'))).status).not.toBe(0);
    expect(await company.generations()).toEqual(before);
    const good = await models('use', GOOD, '--margin', '1', '--dataset', HANDBOOK);
    expect(good.status).toBe(0);
    expect(await company.activeModel()).toBe(GOOD);
    expect(await newest()).toMatchObject({ figures: { measuredOn: basename(HANDBOOK) }, passed: true });
    const { collections } = await company.call<{ collections: { name: string }[] }>('GET', 'collections');
    expect(collections.map(({ name }) => name)).not.toContainEqual(expect.stringMatching(/eval|trial/));
    expect((await company.ask(3)).sentences[0]?.text).toBe(company.sentenceOf(3));
  }, 240_000);
});
