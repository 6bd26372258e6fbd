import { DomainError } from '@belay/errors';
import { z } from 'zod';
import type { EntryPermissions } from './connector.js';

/** The file at the top of a folder or repository that says who may read what. It is no document itself. */
export const PERMISSIONS_FILE = 'belay-permissions.json';

const Rules = z.object({
  rules: z.array(
    z.strictObject({
      path: z.string(),
      allow: z.array(z.string()),
      deny: z.array(z.string()).default([]),
    }),
  ),
});

/** How paths are judged: by the rule of the longest matching beginning; without a rule they inherit. */
export type PermissionRules = (path: string) => EntryPermissions;

/** Reads the rules. Undefined text: the source says nothing. Throws where the file is malformed: nothing is guessed. */
export function readPermissions(text: string | undefined): PermissionRules {
  if (text === undefined) return () => ({ kind: 'unsaid' });
  const { rules } = parse(text);
  const byLength = rules
    .map((rule) => ({ ...rule, path: rule.path.replace(/^\/+|\/+$/g, '') }))
    .sort((a, b) => b.path.length - a.path.length);
  return (path) => {
    const rule = byLength.find(
      (one) => one.path === '' || path === one.path || path.startsWith(`${one.path}/`),
    );
    return rule ? { kind: 'restricted', allow: rule.allow, deny: rule.deny } : { kind: 'inherited' };
  };
}

function parse(text: string): z.infer<typeof Rules> {
  try {
    return Rules.parse(JSON.parse(text));
  } catch (cause) {
    const form = '{"rules":[{"path":"hr","allow":["group:hr"],"deny":[]}]}';
    throw new DomainError('request.invalid', `${PERMISSIONS_FILE} cannot be read. Its form is ${form}.`, {
      cause,
    });
  }
}
