import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startProduct } from '@belay/testing/product';

const LIMIT_MS = 120_000;

// A disk of its own to fill; only root may mount one.
const disk = mkdtempSync(join(tmpdir(), 'belay-d-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=150m', 'tmpfs', disk]).status === 0;
const onSmallDisk = mounted ? describe : describe.skip;
onSmallDisk('a full disk', () => {
  let product: Awaited<ReturnType<typeof startProduct>>;
  beforeAll(async () => {
    product = await startProduct({
      keep: (_, path) => path === 'leave/vacation-policy.md',
      environment: { BELAY_HOME: join(disk, 'home') },
    });
  }, LIMIT_MS);
  afterAll(async () => {
    await product.stop();
    spawnSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  function fill(): void {
    const file = openSync(join(disk, 'filler'), 'w');
    const block = Buffer.alloc(64 * 1024);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    } finally {
      closeSync(file);
    }
  }

  it(
    'is said to whoever needs it, and all goes on once there is space',
    async () => {
      const paper = join(product.folder, 'paper.txt');
      const lines = Array.from(
        { length: 40_000 },
        (_, i) => `The shelf ${i} holds ${(i * 7919) % 9973} jars.`,
      );
      writeFileSync(paper, lines.join('\n'));
      const ingest = ['ingest', paper, '--collection', 'shelves', '--as', 'employee'];
      expect(product.cli('collections', 'create', 'shelves', '--as', 'employee').status).toBe(0);
      fill();
      const refused = product.cli(...ingest);
      expect([refused.status, refused.stdout]).toEqual([1, expect.stringMatching(/disk .*is full/)]);
      rmSync(join(disk, 'filler'));
      const asked = ['ask', 'How many vacation days do employees get?', '--as', 'employee'];
      const end = Date.now() + LIMIT_MS / 2;
      while (product.cli(...asked).status !== 0) expect(Date.now()).toBeLessThan(end);
      const verified = product.cli('audit', 'verify', '--as', 'admin');
      expect([verified.status, verified.stderr]).toEqual([0, '']);
      fill();
      await expect(product.restart()).rejects.toThrow('almost full');
      rmSync(join(disk, 'filler'));
      await product.restart();
      expect(product.cli(...asked).status).toBe(0);
    },
    2 * LIMIT_MS,
  );
});
