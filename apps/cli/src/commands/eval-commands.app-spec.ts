import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AnswerThreshold, SearchResponse } from '@belay/contracts';
import { migrate } from '@belay/database';
import { databasesInTurn, type Stack, startStack } from '@belay/testing/stack';
import { ApiClient } from '../http/api-client.js';
import { main } from '../main.js';

// The evaluations over a started api and worker, on a small dataset written for this test.
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const HANDBOOK = join(ROOT, 'libs/evaluation/fixtures/handbook');
const CLI = join(ROOT, 'apps/cli/bootstrap.mjs');

interface Outcome {
  code: number;
  lines: string[];
  notes: string[];
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

describe.each(databasesInTurn())('belay eval on %s PostgreSQL', (kind) => {
  let stack: Stack;
  let environment: NodeJS.ProcessEnv;
  let address: string;

  async function belay(...argv: string[]): Promise<Outcome> {
    const outcome: Outcome = { code: 0, lines: [], notes: [] };
    outcome.code = await main(argv, environment, {
      environment,
      print: (line) => void outcome.lines.push(line),
      note: (line) => void outcome.notes.push(line),
    });
    return outcome;
  }

  async function evaluate(...argv: string[]): Promise<Record<string, unknown>> {
    const { code, lines, notes } = await belay('eval', ...argv, '--dataset', HANDBOOK, '--json');
    if (code !== 0) throw new Error(notes.join('\n'));
    return JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
  }

  /** What is there of evaluations, as the person who runs them and as one who manages everything. */
  async function leftovers(): Promise<string[]> {
    const seen = await Promise.all(
      ['developer', 'admin'].map(async (as) => (await belay('collections', 'list', '--as', as)).lines),
    );
    return seen.flat().filter((line) => line.includes('eval-'));
  }

  beforeAll(async () => {
    stack = await startStack(kind);
    await migrate(stack.connection);
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    const settings = {
      ...stack.environment,
      BELAY_DEMO: '1',
      BELAY_SAMPLES: join(ROOT, 'samples'),
      BELAY_PORT: String(port),
      BELAY_LOG: 'info',
    };
    const run = (app: string, marker: string): Promise<ChildProcess> =>
      stack.start(process.execPath, [join(ROOT, `apps/${app}/dist/main.js`)], marker, {
        ...process.env,
        ...settings,
      });
    await run('worker', 'worker.ready');
    await run('api', 'api.ready');
    environment = { BELAY_HOME: stack.home, BELAY_ADDRESS: address };
  }, 240_000);

  afterAll(async () => {
    await stack?.stop();
  }, 60_000);

  it('measures each route of the search and leaves nothing behind', async () => {
    for (const route of ['hybrid', 'lexical', 'vector']) {
      const result = await evaluate('retrieval', '--route', route);
      expect(result).toMatchObject({ eval: 'retrieval', dataset: 'handbook', route });
      expect(Object.keys(result['metrics'] as object)).toEqual(['ndcg@10', 'recall@10', 'recall@100']);
      expect((result['metrics'] as Record<string, number>)['recall@10']).toBeGreaterThan(0.9);
      expect(result['models']).toEqual({ embedding: expect.stringMatching(/^static-en-256@[0-9a-f]{64}$/) });
    }
    expect(await leftovers()).toEqual([]);
  }, 120_000);

  it('measures answers', async () => {
    const { metrics, ...rest } = await evaluate('answers', '--sentences', '1', '--curve', '--by', 'language');
    expect(rest['curve']).toEqual(
      expect.arrayContaining([expect.objectContaining({ risk: expect.any(Number) })]),
    );
    expect(rest['languages']).toEqual({ en: metrics });
    expect(rest).toMatchObject({ eval: 'answers', dataset: 'handbook', sentences: 1, questions: 10 });
    expect(metrics).toMatchObject({ citation_validity: 1, true_refusal: 1 });
    const { contains_gold: containsGold, answered_rate: answeredRate } = metrics as Record<string, number>;
    expect(containsGold).toBeGreaterThan(0.5);
    expect(answeredRate).toBeLessThanOrEqual(0.8);
    expect(await leftovers()).toEqual([]);
  }, 120_000);

  it('measures refusals with each answer hidden from the asker', async () => {
    const { metrics } = await evaluate('answers', '--hide-gold', '--as', 'employee');
    const { contains_gold: containsGold, false_refusal: falseRefusal } = metrics as Record<string, number>;
    expect([containsGold, falseRefusal]).toEqual([null, null]);
    expect((metrics as Record<string, number>)['true_refusal']).toBeGreaterThan(0.5);
    expect(await leftovers()).toEqual([]);
  }, 120_000);

  it('refuses a dataset with a mistake before it makes anything', async () => {
    const folder = mkdtempSync(join(stack.home, 'dataset-'));
    writeFileSync(join(folder, 'corpus.jsonl'), '{"_id":"a","text":"x"}\n{"_id":"b"\n');
    const broken = await belay('eval', 'retrieval', '--dataset', folder, '--json');
    expect(broken.code).toBe(2);
    expect(broken.notes.join()).toContain('corpus.jsonl, line 2: it is not JSON');
    rmSync(join(folder, 'corpus.jsonl'));
    const missing = await belay('eval', 'answers', '--dataset', folder, '--json');
    expect(missing.notes.join()).toContain('corpus.jsonl: there is no such file');
    expect([missing.code, missing.lines]).toEqual([2, []]);
    expect(await leftovers()).toEqual([]);
  }, 60_000);

  it('refuses to measure another model, and to measure nobody', async () => {
    const other = await belay('eval', 'retrieval', '--dataset', HANDBOOK, '--model', 'other');
    expect([other.code, other.notes.join()]).toEqual([2, expect.stringContaining('belay models use other')]);
    environment = { ...environment, BELAY_ADDRESS: `http://127.0.0.1:${await freePort()}` };
    const nobody = await belay('eval', 'answers', '--dataset', HANDBOOK);
    environment = { ...environment, BELAY_ADDRESS: address };
    expect([nobody.code, nobody.notes.join()]).toEqual([3, expect.stringContaining('does not answer')]);
  }, 60_000);

  it('deletes everything when it is interrupted, and when a document cannot be read', async () => {
    const argv = [CLI, 'eval', 'retrieval', '--dataset', HANDBOOK];
    const child = spawn(process.execPath, argv, { env: { ...process.env, ...environment } });
    const code = await new Promise((resolve) => {
      child.stderr.on('data', (data: Buffer) => {
        if (data.toString().includes('Uploading')) child.kill('SIGINT');
      });
      child.on('exit', resolve);
    });
    expect(code).toBe(1);
    const folder = mkdtempSync(join(stack.home, 'dataset-'));
    writeFileSync(join(folder, 'corpus.jsonl'), '{"_id":"zip","text":"PK\\u0003\\u0004"}\n');
    writeFileSync(join(folder, 'queries.jsonl'), '{"_id":"q","text":"what?"}\n');
    writeFileSync(join(folder, 'answers.jsonl'), '{"_id":"q","doc":"zip","answers":["x"]}\n');
    const unread = await belay('eval', 'answers', '--dataset', folder);
    expect([unread.code, unread.notes.join()]).toEqual([
      1,
      expect.stringContaining('zip: The content is not'),
    ]);
    expect(await leftovers()).toEqual([]);
  }, 120_000);

  it('searches and asks within a collection without telling whether an unreadable one exists', async () => {
    const file = join(stack.home, 'secret.md');
    writeFileSync(file, '# Secret\n\nThe passphrase of the vault is zorvikwyn, known to Marta alone.\n');
    await belay('collections', 'create', 'hidden-vault', '--as', 'hr');
    expect((await belay('ingest', file, '--collection', 'hidden-vault', '--as', 'hr')).code).toBe(0);
    const search = async (as: string, collection: string): Promise<string> => {
      const body = { query: 'passphrase of the vault', collection };
      const api = new ApiClient(address, { demoPerson: as });
      return JSON.stringify(await api.call('search', SearchResponse, { method: 'POST', body }));
    };
    const ask = async (as: string, collection: string): Promise<Record<string, unknown>> => {
      const question = 'What is the passphrase of the vault?';
      const answer = await new ApiClient(address, { demoPerson: as }).ask({
        question,
        collection,
        sentences: 2,
      });
      return { ...answer, answerId: '', conversationId: '', createdAt: '' };
    };
    const mistyped = async (command: string, as: string, collection: string): Promise<string> => {
      const { code, lines, notes } = await belay(command, 'A vault?', '--collection', collection, '--as', as);
      return [code, ...lines, ...notes].join('\n').replaceAll(`"${collection}"`, 'NAME');
    };
    expect(await search('hr', 'hidden-vault')).toContain('zorvikwyn');
    expect(await search('hr', 'other')).not.toContain('zorvikwyn');
    expect(await search('employee', 'hidden-vault')).toBe(await search('employee', 'other'));
    expect(await ask('employee', 'hidden-vault')).toEqual(await ask('employee', 'other'));
    expect(await search('admin', 'hidden-vault')).not.toContain('zorvikwyn');

    // At the terminal a name that is nobody's is said, in the same words as one that is not theirs.
    for (const command of ['ask', 'search']) {
      const said = await mistyped(command, 'employee', 'other');
      expect(said).toContain('There is no collection NAME that you may use.');
      expect(await mistyped(command, 'employee', 'hidden-vault')).toBe(said);
      expect(await mistyped(command, 'hr', 'hidden-vault')).not.toContain('There is no collection');
    }

    // A threshold of one's own collection counts within it, and tells nobody else that it exists.
    const calibrate = (demoPerson: string, collection: string) =>
      new ApiClient(address, { demoPerson })
        .call(`collections/${collection}/threshold`, AnswerThreshold, {
          method: 'PUT',
          body: { model: 'static-en-256', threshold: 1, questions: 50 },
        })
        .then(() => 'set', String);
    expect(await ask('hr', 'hidden-vault')).toMatchObject({ outcome: 'answered' });
    expect(await calibrate('hr', 'hidden-vault')).toBe('set');
    expect(await ask('hr', 'hidden-vault')).toMatchObject({ outcome: 'abstained' });
    expect(await ask('employee', 'hidden-vault')).toEqual(await ask('employee', 'other'));
    const unreadable = await calibrate('employee', 'hidden-vault');
    expect(unreadable.replace('hidden-vault', 'other')).toBe(await calibrate('employee', 'other'));
    expect((await belay('audit', 'verify', '--as', 'admin')).code).toBe(0);
  }, 60_000);

  it('finds the second document behind hundreds of better passages of the first', async () => {
    const sections = Array.from(
      { length: 300 },
      (_, index) => `## Lamp ${index}\n\nThe lighthouse lamp is lit.\n`,
    );
    const [long, short] = [join(stack.home, 'lamps.md'), join(stack.home, 'harbour.md')];
    writeFileSync(long, sections.join('\n'));
    writeFileSync(
      short,
      'Ships wait in the harbour until the pilot comes aboard, and a lamp burns on the quay.\n',
    );
    await belay('collections', 'create', 'coast', '--as', 'hr');
    expect((await belay('ingest', long, short, '--collection', 'coast', '--as', 'hr')).code).toBe(0);
    const api = new ApiClient(address, { demoPerson: 'hr' });
    for (const route of ['hybrid', 'lexical', 'vector']) {
      const body = { query: 'lighthouse lamp lit', route, unit: 'document', limit: 5, collection: 'coast' };
      const { results } = await api.call('search', SearchResponse, { method: 'POST', body });
      expect(results.map((result) => result.path)).toEqual(['lamps.md', 'harbour.md']);
    }
  }, 60_000);
});
