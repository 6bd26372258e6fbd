import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '@belay/database';
import { freePort } from '@belay/testing/product';
import { type Stack, startStack } from '@belay/testing/stack';
import { EXIT } from '../failure.js';
import { main } from '../main.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

describe('tools secret', () => {
  let stack: Stack;
  let environment: NodeJS.ProcessEnv;
  let peer: string;

  beforeAll(async () => {
    stack = await startStack('embedded');
    await migrate(stack.connection);
    const port = await freePort();
    const own = { ...stack.environment, BELAY_DEMO: '1', BELAY_LOG: 'info', BELAY_PORT: String(port) };
    const services = { ...process.env, ...own, BELAY_SAMPLES: `${ROOT}samples` };
    await stack.start(process.execPath, [`${ROOT}apps/api/dist/main.js`], 'api.ready', services);
    environment = { BELAY_HOME: stack.home, BELAY_ADDRESS: `http://127.0.0.1:${port}` };
    peer = join(stack.home, 'crm.yaml');
    writeFileSync(
      peer,
      'id: crm\ntransport: http\nurl: https://crm.example/mcp\nsecrets: { Authorization: crm-token }\n',
    );
  }, 120_000);
  afterAll(() => stack?.stop(), 60_000);

  async function run(typed: string, ...argv: string[]): Promise<{ code: number; said: string }> {
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    const context = { environment, print: say, note: say, input: Readable.from([typed]) };
    return { code: await main(['tools', 'secret', ...argv], environment, context), said: said.join('\n') };
  }
  const set = (typed: string, name: string, who: string): Promise<{ code: number; said: string }> =>
    run(typed, 'set', name, '--peer', peer, '--as', who);

  it('sets, lists and removes without ever saying the value', async () => {
    const value = 'Bearer correct-horse';
    const done = [
      await set(`${value}\n`, 'crm-token', 'developer'),
      await set(`${value}2\n`, 'crm-token', 'admin'),
      await run('', 'list', '--as', 'developer'),
      await run('', 'list', '--json', '--as', 'developer'),
      await run('', 'remove', 'crm-token', '--as', 'admin'),
      await run('', 'list', '--as', 'developer'),
    ];
    expect(done.map(({ code }) => code)).toEqual(done.map(() => EXIT.ok));
    expect(done[0]?.said).toMatch(/^Set\./);
    expect(done[2]?.said).toMatch(/^crm-token {2}for crm {2}set by admin, /);
    expect(done.at(-1)?.said).toBe('No secret.');
    expect(JSON.stringify(done)).not.toContain('horse');
  });

  it.each([
    ['to nobody but developers and administrators', 'x', 'crm-token', 'employee', EXIT.forbidden, /role/],
    ['without a value', '', 'crm-token', 'developer', EXIT.usage, /standard input/],
    ['of several lines', 'one\ntwo\n', 'crm-token', 'developer', EXIT.usage, /one line/],
    ['that its server does not name', 'x', 'other', 'developer', EXIT.usage, /do not name other/],
    ['with a name that is none', 'x', 'Bad_Name', 'developer', EXIT.usage, /lower-case/],
  ])('sets none %s', async (_why, typed, name, who, code, message) => {
    const refused = await set(typed, name, who);
    expect(refused).toEqual({ code, said: expect.stringMatching(message) });
  });

  it('removes none that is not there', async () => {
    expect(await run('', 'remove', 'nothing', '--as', 'developer')).toEqual({
      code: EXIT.failure,
      said: expect.stringMatching(/There is no secret/),
    });
  });
});
