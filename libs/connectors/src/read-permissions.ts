import { DomainError } from '@belay/errors';
import { z } from 'zod';
import type { EntryPermissions, Rule } from './connector.js';

/** The file at the top of a folder or repository that says who may read what. It is no document itself. */
export const PERMISSIONS_FILE = 'belay-permissions.json';

const Rules = z.object({
  rules: z.array(
    z.strictObject({
      path: z.string().transform(plainPath).refine(isPlace),
      allow: z.array(z.string()),
      deny: z.array(z.string()).default([]),
    }),
  ),
});

/** What a source says of permissions: its rules, the longest path first, and what they make of a path. */
export interface PermissionRules {
  readonly rules: readonly Rule[];
  of(path: string): EntryPermissions;
}

/** Reads the rules. Undefined text: the source says nothing. Throws where the file is malformed: nothing is guessed. */
export function readPermissions(text: string | undefined): PermissionRules {
  if (text === undefined) return { rules: [], of: () => ({ kind: 'unsaid' }) };
  const rules = parse(text).rules.sort((a, b) => b.path.length - a.path.length);
  return {
    rules,
    of: (path) => {
      const rule = ruleOf(rules, path);
      return rule ? { kind: 'restricted', allow: rule.allow, deny: rule.deny } : { kind: 'inherited' };
    },
  };
}

/** The rule that a path is under: the first that matches of those with the longest path first. */
export function ruleOf(rules: readonly Rule[], listed: string): Rule | undefined {
  const path = listed.normalize('NFC');
  return rules.find((one) => one.path === '' || path === one.path || path.startsWith(`${one.path}/`));
}

// A rule that matches nothing would leave open what it means to close, so a path is read in every way of writing it.
function plainPath(path: string): string {
  const parts = path.normalize('NFC').replaceAll('\\', '/').split('/');
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

function isPlace(path: string): boolean {
  return !path.includes('*') && !path.split('/').includes('..');
}

function parse(text: string): z.infer<typeof Rules> {
  try {
    return Rules.parse(JSON.parse(text));
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** The refusal of permissions that are there and not understood. */
export function unreadable(cause?: unknown): DomainError {
  const form = '{"rules":[{"path":"hr","allow":["group:hr"],"deny":[]}]}';
  const message = `${PERMISSIONS_FILE} cannot be read. Its form is ${form}; a path is a folder or a file, no pattern.`;
  return new DomainError('request.invalid', message, { cause });
}
