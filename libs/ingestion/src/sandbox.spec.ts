import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isolated, type Isolation, offered } from './sandbox.js';

const SCRIPT = fileURLToPath(new URL('../dist/parse-entry.js', import.meta.url));
// What a parser that a document has taken over would try. It opens and changes nothing.
const PROBE = `
const fs = require('node:fs');
const tried = (work) => { try { work(); return 'done'; } catch (error) { return error.code; } };
const open = (path, flags) => tried(() => fs.closeSync(fs.openSync(path, flags)));
const [home, port] = process.argv.slice(1);
const out = {
  kernel: open('/proc/sys/kernel/core_pattern', 'r+'),
  reset: open('/proc/sysrq-trigger', 'r+'),
  home: tried(() => fs.readdirSync(home)),
  root: tried(() => fs.rmdirSync(fs.mkdtempSync('/x'))),
  programs: tried(() => fs.accessSync(process.execPath, fs.constants.W_OK)),
  others: fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length,
  capabilities: /CapEff:\\s*0+\\n/.test(fs.readFileSync('/proc/self/status', 'utf8')),
};
const socket = require('node:net').connect(Number(port), '127.0.0.1');
const end = (network) => { console.log(JSON.stringify({ ...out, network })); process.exit(); };
socket.on('connect', () => end('reached')).on('error', (error) => end(error.code));
`;
const isRoot = process.getuid?.() === 0;
const PATH = '/usr/bin:/bin';

describe('the sandbox of parsers', () => {
  const home = mkdtempSync(join(tmpdir(), 'belay-home-'));
  const server = createServer((socket) => socket.end());
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => {
    server.close();
    rmSync(home, { recursive: true });
  });

  function probe(
    way: Isolation,
    wants = { nobody: false },
    path = PATH,
  ): Record<string, unknown> | undefined {
    const found = offered(way, SCRIPT);
    if (!found || (wants.nobody && !found.asNobody)) return undefined;
    const { command, args, user } = isolated(SCRIPT, found);
    const words = [...args.slice(0, -1), '-e', PROBE, home, String(port)];
    const { stdout, stderr } = spawnSync(command, words, {
      ...user,
      cwd: '/',
      env: { PATH: path },
      encoding: 'utf8',
      timeout: 30_000,
    });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Record<string, unknown>;
  }
  const refused = expect.stringMatching(/^(EACCES|EPERM|EROFS|ENOENT)$/);

  it('bubblewrap keeps from a parser the kernel, our files, other processes and the network', () => {
    const seen = probe('bubblewrap');
    if (!seen) return;
    expect(seen).toMatchObject({ kernel: refused, home: 'ENOENT', root: refused, programs: refused });
    expect(seen).toMatchObject({ reset: expect.not.stringMatching('done'), capabilities: true });
    expect(seen['network']).not.toBe('reached');
    expect(seen['others']).toBeLessThanOrEqual(2);
  });

  it.each(['namespace', 'limits'] as const)(
    '%s of root is nobody, whom our files and the kernel are closed to',
    (way) => {
      // Nobody may be unable to read this checkout or this Node.js: then a parser stays root, as ADR 36 says.
      const seen = isRoot ? probe(way, { nobody: true }) : undefined;
      if (!seen) return;
      expect(seen).toMatchObject({
        kernel: refused,
        reset: refused,
        home: refused,
        root: refused,
        programs: refused,
      });
      if (way === 'namespace') expect(seen['network']).not.toBe('reached');
    },
  );

  it('bubblewrap with the setuid bit keeps a parser apart as any other', () => {
    const wants = { nobody: isRoot };
    const seen = probe('bubblewrap', wants);
    if (!seen) return;
    const folder = mkdtempSync(join(tmpdir(), 'belay-setuid-'));
    try {
      chmodSync(folder, 0o755);
      copyFileSync(spawnSync('which', ['bwrap'], { encoding: 'utf8' }).stdout.trim(), join(folder, 'bwrap'));
      chmodSync(join(folder, 'bwrap'), 0o4755);
      const others = expect.any(Number);
      expect(probe('bubblewrap', wants, `${folder}:${PATH}`)).toEqual({ ...seen, others });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
