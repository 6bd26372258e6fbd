import { DomainError } from '@belay/errors';
import type { EntryPermissions, Rule } from './connector.js';
import { PERMISSIONS_FILE, ruleOf } from './read-permissions.js';
import { type LeasedSource, type RestrictedRow, SourceRepository } from './source.repository.js';
import { storable, type SyncSteps } from './sync-steps.js';

const MOST_NAMED = 50;
const sources = new SourceRepository();

/**
 * Throws where files were restricted and now might not be: the source says nothing of permissions any more, or one of
 * its rules has lost all its files, which may lie elsewhere under no rule. Rules that match nothing are noted for the
 * owner. Comes after a listing and before anything of it is applied.
 */
export async function refuseLostRules(
  steps: SyncSteps,
  source: LeasedSource,
  rules: readonly Rule[],
): Promise<void> {
  const restricted = rules.length === 0 ? [] : await steps.inTenant((tx) => sources.restricted(tx, source));
  const { idle, lost } = withoutFiles(rules, restricted);
  await steps.step(source, (tx) => sources.noteRules(tx, source, named(idle, lost)));
  if (await steps.inTenant((tx) => sources.lostPermissions(tx, source)))
    throw new DomainError(
      'conflict',
      'The source said who may read what and no longer does. Nothing is changed. Put its permissions back, or say {"rules":[]}.',
    );
  if (lost.size > 0) throw lostRules(lost.size);
}

/** Rules that no listed file is under, and those of them under which files were that are gone. */
function withoutFiles(
  rules: readonly Rule[],
  restricted: readonly RestrictedRow[],
): { idle: Rule[]; lost: Set<Rule> } {
  const matched = new Set<Rule>();
  const before = new Set<Rule>();
  for (const row of restricted) {
    const possible = rulesOf(rules, row);
    if (row.isGone) possible.forEach((rule) => before.add(rule));
    else if (possible.length === 1) possible.forEach((rule) => matched.add(rule));
  }
  const idle = rules.filter((rule) => !matched.has(rule));
  return { idle, lost: new Set(idle.filter((rule) => before.has(rule))) };
}

// The path of a document that was deleted in Belay is forgotten; what was said of it is not, and may be of several rules.
function rulesOf(rules: readonly Rule[], { path, permissions }: RestrictedRow): Rule[] {
  if (path === '') return rules.filter((rule) => saysSame(rule, permissions));
  const rule = ruleOf(rules, path);
  return rule ? [rule] : [];
}

const saysSame = ({ allow, deny }: Rule, permissions: EntryPermissions): boolean =>
  permissions.kind === 'restricted' &&
  JSON.stringify([allow, deny]) === JSON.stringify([permissions.allow, permissions.deny]);

// Those that stop the sync come first.
function named(idle: readonly Rule[], lost: ReadonlySet<Rule>): { path: string; reason: string }[] {
  const others = idle.filter((rule) => !lost.has(rule));
  return [...lost, ...others].slice(0, MOST_NAMED).map((rule) => ({
    path: storable(rule.path) || '/',
    reason: lost.has(rule)
      ? `The rule of ${PERMISSIONS_FILE} for it restricted files before and matches none now.`
      : `The rule of ${PERMISSIONS_FILE} for it matches no file.`,
  }));
}

// Without their paths, which are content: every manager of the collection sees this.
function lostRules(count: number): DomainError {
  const which =
    count === 1
      ? 'A rule restricted files before and matches'
      : `${count} rules restricted files before and match`;
  return new DomainError(
    'conflict',
    `${which} none now. Nothing is changed: files that were renamed would be read by all whom the collection lets read. ` +
      `In ${PERMISSIONS_FILE} give the rule their new path or, if they are gone for good, remove the rule. The owner of the source sees which.`,
  );
}
