import type { Explanation, GrantView, Readers } from './permissions.js';

type Holder = Pick<GrantView, 'principal' | 'displayName'>;
type Place = Pick<GrantView, 'on' | 'inherited'>;

/** Whom a grant is for, by the names that people have. */
export function sayHolder({ principal, displayName }: Holder): string {
  const [kind, name = ''] = principal.split(':');
  if (kind === 'everyone') return 'everyone';
  if (kind === 'role') return `everybody with the role ${name}`;
  return kind === 'group' ? `the group ${displayName}` : displayName;
}

/** Where a grant was given, as seen from what is asked about. */
export const sayPlaceOfGrant = ({ on, inherited }: Place): string => (inherited ? `on ${on}` : 'here');

/** Why somebody may read: "given here", "given to the group Finance on plans". */
export function sayReader({ person, grant }: Readers['readers'][number]): string {
  if (!grant) return 'by a grant that ended just now';
  const to = grant.principal === `person:${person}` ? '' : ` to ${sayHolder(grant)}`;
  return `given${to} ${sayPlaceOfGrant(grant)}`;
}

/** One step of an explanation: "the group Finance may read, given on plans; through the group Managers". */
export function sayStep(step: Explanation['steps'][number]): string {
  const may = step.effect === 'allow' ? 'may read' : 'may not read';
  const through = step.viaNames.length > 0 ? `; through ${step.viaNames.join(', ')}` : '';
  return `${sayHolder(step)} ${may}, given ${sayPlaceOfGrant(step)}${through}${step.counts ? '' : ' (does not count)'}`;
}

/** Whether somebody may read a document, and the step that decides it. */
export function sayExplanation({ displayName, readable, steps }: Explanation, what: string): string {
  const cause = steps.find(({ counts, effect }) => counts && effect === (readable ? 'allow' : 'deny'));
  const why = cause ? sayStep(cause) : 'no grant that counts is for them or for a group or role of theirs';
  return `${displayName} ${readable ? 'may read' : 'may not read'} ${what}: ${why}.`;
}
