import { extname } from 'node:path';
import type { Scan } from './scan-folder.js';
import type { SyncEntries } from './sync-state.js';

/** What one pass does. */
export interface SyncPlan {
  readonly upload: readonly string[];
  /** Documents that lie elsewhere now, with everything that belongs to them. */
  readonly move: readonly { from: string; to: string }[];
  readonly remove: readonly string[];
  /** Why nothing is removed although files are gone. */
  readonly refusal: string | undefined;
}

/** How many of a folder's documents one pass may delete unasked, in percent. */
export interface DeletionRules {
  readonly deletes: boolean;
  readonly percent: number;
  readonly forced: boolean;
}

/** Compares a folder with what was uploaded from it. Nothing below an unreadable folder counts as gone. */
export function planSync(scan: Scan, known: SyncEntries, rules: DeletionRules): SyncPlan {
  const changed = [...scan.files].filter(([path, file]) => known.get(path)?.stamp !== file.stamp);
  const missing = [...known.keys()].filter((path) => !scan.files.has(path) && !isHidden(path, scan));
  const move = findMoves(changed, missing, scan, known);
  const moved = new Set(move.flatMap(({ from, to }) => [from, to]));
  const gone = missing.filter((path) => !moved.has(path));
  const refusal = rules.deletes ? refuse(gone.length, scan, known, rules) : undefined;
  return {
    upload: changed.map(([path]) => path).filter((path) => !moved.has(path)),
    move,
    remove: rules.deletes && refusal === undefined ? gone : [],
    refusal,
  };
}

const isHidden = (path: string, { unreadable }: Scan): boolean =>
  unreadable.some((entry) => path === entry.path || path.startsWith(`${entry.path}/`));

// A renamed file keeps its inode, size and time. Of several that look alike none is taken for moved.
function findMoves(
  changed: readonly (readonly [string, { stamp: string }])[],
  missing: readonly string[],
  scan: Scan,
  known: SyncEntries,
): { from: string; to: string }[] {
  const from = new Map<string, string[]>();
  for (const path of missing) {
    const entry = known.get(path);
    if (entry?.id) from.set(entry.stamp, [...(from.get(entry.stamp) ?? []), path]);
  }
  return changed.flatMap(([to, { stamp }]) => {
    const [origin, ...others] = from.get(stamp) ?? [];
    const isSame = origin !== undefined && others.length === 0 && extname(origin) === extname(to);
    return isSame && !known.has(to) ? [{ from: origin, to }] : [];
  });
}

function refuse(
  gone: number,
  scan: Scan,
  known: SyncEntries,
  { percent, forced }: DeletionRules,
): string | undefined {
  if (gone === 0) return undefined;
  if (scan.files.size === 0) {
    return 'The folder is empty. Is it mounted? Nothing is deleted because of an empty folder.';
  }
  if (forced || gone * 100 <= known.size * percent || gone === 1) return undefined;
  return `${gone} of ${known.size} files are gone, which is more than ${percent} %. Nothing is deleted; if that is right, run it with --force.`;
}
