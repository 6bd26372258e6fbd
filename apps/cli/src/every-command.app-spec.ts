import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '@belay/database';
import { freePort } from '@belay/testing/product';
import { type Stack, startStack } from '@belay/testing/stack';
import type { Command } from 'commander';
import { EXIT } from './failure.js';
import { buildProgram, main } from './main.js';

// Every command asks the API, which decides; those named here only run processes of this machine's user.
const LOCAL = [
  'start',
  'up',
  'down',
  'status',
  'logs',
  'migrate',
  'build',
  'models list',
  'models import',
  'models pull',
  'models verify',
  'models remove',
  'models bench',
  'tools install',
];
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const HANDBOOK = join(ROOT, 'libs/evaluation/fixtures/handbook');
// What an argument or option needs to get past the command's own checks.
const folder = mkdtempSync(join(tmpdir(), 'belay-commands-'));
const VALUES: Record<string, string> = {
  paths: HANDBOOK,
  dataset: HANDBOOK,
  generation: '1',
  reference: 'person:nobody',
  verdict: 'useful',
  contract: 'desk.open@1.0.0',
  playbook: 'desk.open@1.0.0',
  was: 'desk.open@1.0.0',
  is: 'desk.open@1.1.0',
  scope: 'peer',
  run: join(folder, 'run.yaml'),
  peer: join(folder, 'peer.yaml'),
  file: join(folder, 'people.csv'),
};
writeFileSync(VALUES['file'] ?? '', 'name,displayName\nada,Ada\n');
writeFileSync(
  VALUES['run'] ?? '',
  'title: A look\nsteps: [{ id: look, contract: desk.look@1, arguments: {} }]\n',
);
writeFileSync(VALUES['peer'] ?? '', 'id: desk\ntransport: http\nurl: https://tools.example/mcp\n');
const valueOf = (name: string): string => VALUES[name] ?? '00000000-0000-4000-8000-000000000000';

function leavesOf(command: Command, path: string[] = []): { path: string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => leavesOf(child, [...path, child.name()]));
}

const silent = { environment: {}, print: () => undefined, note: () => undefined };
const remote = leavesOf(buildProgram(silent, () => undefined)).filter(
  ({ path }) => !LOCAL.includes(path[0] ?? '') && !LOCAL.includes(path.join(' ')),
);

describe('every command', () => {
  let stack: Stack;
  let address: string;

  beforeAll(async () => {
    stack = await startStack('embedded');
    await migrate(stack.connection);
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    const settings = { ...stack.environment, BELAY_PORT: String(port), BELAY_LOG: 'info' };
    await stack.start(process.execPath, [join(ROOT, 'apps/api/dist/main.js')], 'api.ready', {
      ...process.env,
      ...settings,
    });
  }, 120_000);
  afterAll(async () => {
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is known here', () => {
    const areas = new Set(remote.map(({ path }) => path[0]));
    expect([...areas]).toEqual(
      expect.arrayContaining([
        'ask',
        'search',
        'ingest',
        'documents',
        'grant',
        'explain',
        'people',
        'audit',
        'eval',
      ]),
    );
  });

  it.each(remote.map(({ path, command }) => [path.join(' '), command] as const))(
    '%s is refused to a key that nobody has, and to nobody',
    async (name, command) => {
      const needed = command.registeredArguments
        .filter((one) => one.required)
        .map((one) => valueOf(one.name()));
      const options = command.options
        .filter((one) => one.mandatory)
        .flatMap((one) => [one.long ?? '', valueOf(one.attributeName())]);
      const run = async (environment: NodeJS.ProcessEnv): Promise<{ code: number; printed: string[] }> => {
        const printed: string[] = [];
        const context = {
          environment,
          print: (line: string) => void printed.push(line),
          note: () => undefined,
        };
        return {
          code: await main([...name.split(' '), ...needed, ...options], environment, context),
          printed,
        };
      };
      const home = { BELAY_HOME: stack.home, BELAY_ADDRESS: address };
      expect(await run({ ...home, BELAY_API_KEY: 'blk_guess' })).toEqual({
        code: EXIT.forbidden,
        printed: [],
      });
      // An evaluation without a key is run by a person of the demo company, which this instance does not have.
      const code = name.startsWith('eval') ? EXIT.forbidden : EXIT.usage;
      expect(await run(home)).toEqual({ code, printed: [] });
    },
  );
});
