import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@belay/errors';

const MOST_FILES = 50_000;

/**
 * "sha256:" and a digest over a folder: names and bytes of all files and the targets of links, in the order of the
 * names' bytes. A link out of the folder is refused: what it leads to could change unseen.
 */
export async function artifactDigest(folder: string): Promise<string> {
  const sum = createHash('sha256');
  for (const line of await linesOf(folder, '', { files: 0 })) sum.update(line).update('\n');
  return `sha256:${sum.digest('hex')}`;
}

async function linesOf(root: string, below: string, seen: { files: number }): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const lines: string[] = [];
  for (const entry of entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
    seen.files += 1;
    if (seen.files > MOST_FILES)
      throw new DomainError('peers.refused', `The artifact has more than ${MOST_FILES} files.`);
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) lines.push(...(await linesOf(root, path, seen)));
    else if (entry.isSymbolicLink()) lines.push(`link ${JSON.stringify(path)} ${await targetOf(root, path)}`);
    else if (entry.isFile()) lines.push(`file ${JSON.stringify(path)} ${fileDigest(join(root, path))}`);
    else
      throw new DomainError(
        'peers.refused',
        `The artifact holds ${path}, which is neither file, folder nor link.`,
      );
  }
  return lines;
}

async function targetOf(root: string, path: string): Promise<string> {
  const target = await readlink(join(root, path));
  const from = join('/', path, '..');
  const lands = target.startsWith('/') ? undefined : join(from, target);
  // `join` stops at the root, so a way out of the folder is counted by hand.
  const climbs = target.split('/').filter((part) => part === '..').length;
  if (!lands || climbs >= path.split('/').length)
    throw new DomainError('peers.refused', `The artifact's link ${path} leads out of it.`);
  return JSON.stringify(target);
}

function fileDigest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
