import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Document } from '@belay/contracts';
import { migrate } from '@belay/database';
import { freePort } from '@belay/testing/product';
import { type Stack, startStack } from '@belay/testing/stack';
import { z } from 'zod';
import { EXIT } from './failure.js';
import { ApiClient } from './http/api-client.js';
import { main } from './main.js';

// What a person reads at the terminal, and what a folder that is followed does to a collection.
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const Documents = z.object({ documents: z.array(Document) });

describe('at the terminal', () => {
  let stack: Stack;
  let address: string;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    stack = await startStack('embedded');
    await migrate(stack.connection);
    const port = await freePort();
    const own = { ...stack.environment, BELAY_DEMO: '1', BELAY_LOG: 'info', BELAY_PORT: String(port) };
    const services = { ...process.env, ...own, BELAY_SAMPLES: `${ROOT}samples` };
    await stack.start(process.execPath, [`${ROOT}apps/worker/dist/main.js`], 'worker.ready', services);
    await stack.start(process.execPath, [`${ROOT}apps/api/dist/main.js`], 'api.ready', services);
    address = `http://127.0.0.1:${port}`;
    environment = { BELAY_HOME: stack.home, BELAY_ADDRESS: address };
    await run('collections', 'create', 'notes', '--as', 'employee');
  }, 120_000);
  afterAll(() => stack?.stop(), 60_000);

  /** Runs one command line; what it printed and noted, and how it ended. */
  async function run(...argv: string[]): Promise<{ code: number; printed: string[]; noted: string[] }> {
    const [printed, noted]: [string[], string[]] = [[], []];
    const context = {
      environment,
      print: (line: string) => void printed.push(line),
      note: (line: string) => void noted.push(line),
    };
    return { code: await main(argv, environment, context), printed, noted };
  }

  describe('a mistake', () => {
    it.each<[string, string[], string]>([
      [
        'a limit that is too large',
        ['search', 'pumps', '--limit', '900'],
        'belay: "limit" must be at most 100.',
      ],
      [
        'a number that is none',
        ['ask', 'Where?', '--sentences', 'two'],
        'belay: "sentences" must be a number.',
      ],
      [
        'a grant to a bare name',
        ['grant', '--to', 'employee', '--on', 'notes'],
        'belay: "principal" must be person:NAME, group:NAME, role:NAME or everyone.',
      ],
      [
        'an expiry that is no time',
        ['grant', '--to', 'everyone', '--on', 'notes', '--expires', 'tomorrow'],
        'belay: "expires" must be a time with its zone, as in 2027-01-31T00:00:00Z.',
      ],
    ])('%s is said in a sentence', async (_, argv, sentence) => {
      const { code, printed, noted } = await run(...argv, '--as', 'employee');
      expect({ code, printed, noted }).toEqual({ code: EXIT.usage, printed: [], noted: [sentence] });
    });

    it('an id that is none is said without the words of a library', async () => {
      const { noted } = await run('audit', 'prove', 'something', '--as', 'admin');
      expect(noted).toEqual([
        'belay: "something" is not an id. An id looks like 3f2c8a54-6c1e-4f0e-9a55-0c7d1f6b2e90.',
      ]);
    });

    it('a right that is missing is said in words', async () => {
      const { code, noted } = await run('people', 'list', '--as', 'employee');
      const sentence = 'belay: You may not administer people and groups. An admin gives the role for it.';
      expect({ code, noted }).toEqual({ code: EXIT.forbidden, noted: [sentence] });
    });

    it('a collection that is not there is named, with those that are', async () => {
      for (const command of ['ask', 'search']) {
        const { noted } = await run(command, 'pumps', '--collection', 'nots', '--as', 'employee');
        expect(noted.join()).toMatch(
          /There is no collection "nots" that you may use\. You may use: .*\bnotes\b/,
        );
      }
    });

    it('whoever is deactivated gets no link that would be dead', async () => {
      await run('people', 'add', 'gone', '--display-name', 'Gone', '--as', 'admin');
      await run('people', 'deactivate', 'gone', '--as', 'admin');
      const { printed, noted } = await run('people', 'invite', 'gone', '--as', 'admin');
      expect({ printed, noted }).toEqual({
        printed: [],
        noted: ['belay: gone is deactivated. Activate them first, then invite them.'],
      });
    });

    it('a folder that names no script to start is not given one', async () => {
      const { printed } = await run('tools', 'install', join(ROOT, 'samples/formats'));
      expect(printed.at(-1)).toBe(
        '# entry: the script in it that starts the server; no package.json of it names one',
      );
    });

    it('a grant that is over before it begins is refused and changes nothing', async () => {
      const past = '2020-01-01T00:00:00Z';
      const grant = ['grant', '--to', 'everyone', '--on', 'notes', '--expires', past, '--as', 'employee'];
      expect(await run(...grant)).toMatchObject({
        code: EXIT.usage,
        noted: [
          `belay: "expires" is in the past (${past}): the grant would never count. Name a later time, or leave it out.`,
        ],
      });
      const { printed } = await run('share', 'notes', '--as', 'employee');
      expect(printed.join('\n')).not.toContain('everyone');
    });
  });

  it('collections of one name are told apart by whose they are, and named by id', async () => {
    const file = join(stack.home, 'shed.md');
    writeFileSync(file, '# Shed\n\nThe tool shed of Kiruna closes at six.\n');
    for (const owner of ['hr', 'finance']) {
      await run('collections', 'create', 'shared', '--as', owner);
      await run('grant', '--to', 'everyone', '--on', 'shared', '--as', owner);
      expect((await run('ingest', file, '--collection', 'shared', '--as', owner)).code).toBe(EXIT.ok);
    }
    const ask = ['ask', 'When does the tool shed of Kiruna close?', '--collection'];
    const { code, noted } = await run(...ask, 'shared', '--as', 'engineer');
    expect(code).toBe(EXIT.failure);
    const said = 'You see several collections named "shared". Name one by id: ';
    expect(noted[0]).toContain(said);
    const [[id = ''] = []] = [...(noted[0] ?? '').matchAll(/[0-9a-f-]{36}/g)];
    expect((await run(...ask, id, '--as', 'engineer')).printed.join()).toContain('closes at six');
    // Of several one's own is meant.
    expect((await run(...ask, 'shared', '--as', 'hr')).code).toBe(EXIT.ok);
    const as = ['--as', 'engineer'];
    const listed = (await run('collections', 'list', ...as)).printed.filter((line) => /^shared /.test(line));
    expect(listed).toEqual([
      expect.stringMatching(/ of (?:hr|finance): [0-9a-f-]{36}$/),
      expect.stringMatching(/ of (?:hr|finance): [0-9a-f-]{36}$/),
    ]);
    for (const command of [
      ['documents', 'list'],
      ['search', 'tool shed of Kiruna', '--facets'],
    ]) {
      const printed = (await run(...command, ...as)).printed.join('\n');
      expect({ command, printed }).toEqual({
        command,
        printed: expect.stringMatching(/shed\.md of (?:hr|finance)/),
      });
    }
  }, 90_000);

  describe('groups show', () => {
    it('names those who are in it through other groups, and marks them', async () => {
      const as = ['--as', 'admin'];
      await run('groups', 'add', 'inner', ...as);
      await run('groups', 'add', 'outer', ...as);
      await run('groups', 'members', 'inner', '--add', 'person:hr', 'person:finance', ...as);
      await run('groups', 'members', 'outer', '--add', 'group:inner', 'person:hr', ...as);
      const { printed } = await run('groups', 'show', 'outer', ...as);
      const marks = printed.map((line) => line.replace(/ {2}.* {2}/, ' … ').replace(/ {2}[^(]*$/, ''));
      expect(marks).toEqual([
        'group:inner',
        'person:finance … (through group:inner)',
        'person:hr … (also through group:inner)',
      ]);
      const { printed: json } = await run('groups', 'show', 'outer', '--search', 'finance', '--json', ...as);
      expect(JSON.parse(json[0] ?? '')).toMatchObject({
        members: [{ principal: 'person:finance', direct: false, through: ['group:inner'] }],
      });
    });
  });

  describe('audit leaves', () => {
    it('reads as lines with names, and as JSON when asked', async () => {
      await run('grant', '--to', 'person:hr', '--on', 'notes', '--as', 'employee');
      const { printed } = await run('audit', 'leaves', '--type', 'permission.change', '--as', 'admin');
      const day = new Date().toISOString().slice(0, 4);
      expect(printed[0]).toMatch(
        new RegExp(
          `^(waiting|\\d+) +${day}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d  employee  permission.change  notes  `,
        ),
      );
      expect(printed[0]).toContain('what: grant, principal: person:hr, on: notes, effect: allow');
      const { printed: json } = await run('audit', 'leaves', '--limit', '1', '--json', '--as', 'admin');
      expect(JSON.parse(json[0] ?? '')).toMatchObject({ leaves: [{ actor: 'admin', type: 'audit.read' }] });
    });

    it('keeps from an admin what somebody asked', async () => {
      await run('ask', 'Who is the quietest colleague?', '--as', 'employee');
      const { printed } = await run('audit', 'leaves', '--type', 'answer.', '--as', 'admin');
      expect(printed.join('\n')).toContain('(the rest is theirs)');
      expect(printed.join('\n')).not.toContain('colleague');
    });
  });

  describe('ingest --sync', () => {
    let folder: string;
    let collection: string;
    let round = 0;
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const sync = (...flags: string[]): ReturnType<typeof run> =>
      run('ingest', folder, '--collection', collection, '--sync', '--as', 'employee', ...flags);
    const paths = async (): Promise<Record<string, string>> => {
      const api = new ApiClient(address, { demoPerson: 'employee' });
      const { documents } = await api.call(`documents?limit=2000&collection=${collection}`, Documents);
      return Object.fromEntries(documents.map(({ path, id }) => [path, id]));
    };

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'belay-folder-'));
      collection = `followed-${(round += 1)}`;
      await run('collections', 'create', collection, '--as', 'employee');
      for (const name of ['a', 'b', 'c'])
        write(`rules/${name}.md`, `The rule of ${name} is kept in a drawer.`);
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('uploads what is new, then nothing; what changes is a new version, what moves stays the same document', async () => {
      expect((await sync()).printed.at(-1)).toBe('3 uploaded, 0 moved, 0 deleted, 0 failed.');
      const before = await paths();
      expect(Object.keys(before).sort()).toEqual(['rules/a.md', 'rules/b.md', 'rules/c.md']);
      expect((await sync()).printed).toEqual(['0 uploaded, 0 moved, 0 deleted, 0 failed.']);
      write('rules/a.md', 'The rule of a now hangs on the wall.');
      renameSync(join(folder, 'rules/b.md'), join(folder, 'b-moved.md'));
      const { printed } = await sync();
      expect(printed.sort()).toEqual([
        '+ rules/a.md (a new version)',
        '1 uploaded, 1 moved, 0 deleted, 0 failed.',
        '> rules/b.md is now b-moved.md',
      ]);
      expect(await paths()).toEqual({
        'rules/a.md': before['rules/a.md'],
        'b-moved.md': before['rules/b.md'],
        'rules/c.md': before['rules/c.md'],
      });
    });

    it('deletes only with --delete, with a receipt, and never for an emptied folder', async () => {
      await sync();
      rmSync(join(folder, 'rules/c.md'));
      expect((await sync()).printed).toEqual(['0 uploaded, 0 moved, 0 deleted, 0 failed.']);
      const { code, printed } = await sync('--delete');
      expect(code).toBe(0);
      expect(printed[0]).toMatch(/^- rules\/c\.md \(receipt [0-9a-f-]{36}\)$/);
      rmSync(join(folder, 'rules'), { recursive: true });
      const emptied = await sync('--delete', '--force');
      expect(emptied.code).toBe(1);
      expect(emptied.printed.at(-1)).toContain('Nothing is deleted because of an empty folder.');
      expect(Object.keys(await paths()).sort()).toEqual(['rules/a.md', 'rules/b.md']);
    });

    it('asks for --force before it deletes most of what it uploaded', async () => {
      await sync();
      for (const name of ['a', 'b']) rmSync(join(folder, `rules/${name}.md`));
      const refused = await sync('--delete');
      expect([refused.code, refused.printed.at(-1)]).toEqual([
        1,
        expect.stringContaining('run it with --force'),
      ]);
      expect((await sync('--delete', '--force')).printed.at(-1)).toBe(
        '0 uploaded, 0 moved, 2 deleted, 0 failed.',
      );
    });

    it('says which file could not be read, takes the others, and does not offer it again until it changes', async () => {
      write('broken.pdf', 'no pdf');
      const first = await sync();
      expect(first.code).toBe(1);
      expect(first.printed.join('\n')).toMatch(/^broken\.pdf: /m);
      expect((await sync()).printed).toEqual(['0 uploaded, 0 moved, 0 deleted, 0 failed.']);
      expect(Object.keys(await paths())).toContain('rules/a.md');
    });

    it.each([
      ['a file', 'rules/a.md'],
      ['nothing', 'nowhere'],
    ])('refuses %s in place of a folder', async (_, path) => {
      const { code, noted } = await run(
        'ingest',
        join(folder, path),
        '--collection',
        collection,
        '--sync',
        '--as',
        'employee',
      );
      expect([code, noted]).toEqual([
        EXIT.usage,
        ['belay: --sync and --watch follow one folder. Name one that is there.'],
      ]);
    });

    it('--watch follows the folder until it is stopped', async () => {
      const child = spawn(
        process.execPath,
        [
          `${ROOT}apps/cli/bootstrap.mjs`,
          'ingest',
          folder,
          '--collection',
          collection,
          '--watch',
          '--delete',
          '--as',
          'employee',
        ],
        { env: { ...process.env, ...environment, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const said = listen(child);
      await said('+ rules/c.md');
      write('rules/d.md', 'The rule of d came later.');
      await said('+ rules/d.md');
      await said('ready, 0 failed.');
      write('rules/broken.pdf', '%PDF-1.7 nothing');
      await said('! rules/broken.pdf: ');
      rmSync(join(folder, 'rules/broken.pdf'));
      await said('- rules/broken.pdf (receipt ');
      rmSync(join(folder, 'rules/a.md'));
      await said('- rules/a.md (receipt ');
      expect(Object.keys(await paths()).sort()).toEqual(['rules/b.md', 'rules/c.md', 'rules/d.md']);
      child.kill('SIGINT');
      expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    });
  });
});

/** Waits until a process has said a text; fails when it ends before. */
function listen(child: ChildProcess): (text: string) => Promise<void> {
  let output = '';
  const waiting = new Set<() => void>();
  const look = (data: Buffer | null): void => {
    output += data?.toString() ?? '';
    for (const check of waiting) check();
  };
  child.stdout?.on('data', look);
  child.stderr?.on('data', look);
  child.once('exit', () => look(null));
  return (text) =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!output.includes(text) && child.exitCode === null) return;
        waiting.delete(check);
        if (output.includes(text)) resolve();
        else reject(new Error(`It ended before it said "${text}": ${output}`));
      };
      waiting.add(check);
      check();
    });
}
