import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

// A parser that a document has taken over: it spreads memory over processes of which each stays within any limit.
const [PROCESSES, MB] = [4, 60];
const HOARD = `const held = Buffer.alloc(${MB} * 2 ** 20, 1); console.log(held.length); setTimeout(() => held, 60000);`;

process.stdin.once('data', async () => {
  const ready = Array.from({ length: PROCESSES }, async () => {
    const child = spawn(process.execPath, ['-e', HOARD]);
    await new Promise((resolve) => child.stdout.once('data', resolve).once('end', resolve));
  });
  await Promise.all(ready);
  // Long after somebody looked.
  setTimeout(() => createWriteStream('', { fd: 3 }).write('{"done":true}\n'), 5000);
});
