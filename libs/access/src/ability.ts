import { AbilityBuilder, createMongoAbility, type MongoAbility } from '@casl/ability';
import type { SignedIn } from '@belay/identity';

export type Action = 'ask' | 'read' | 'write' | 'act' | 'approve' | 'administer';
export type Subject =
  | 'Answer'
  | 'Document'
  | 'Collection'
  | 'Permission'
  | 'Identity'
  | 'ApiKey'
  | 'Audit'
  | 'Model'
  | 'Session'
  | 'Run'
  | 'Source'
  | 'Tool';

/** What everybody may do whose key, if it is one, has the action. */
const EVERYBODY: readonly (readonly [Action, readonly Subject[]])[] = [
  ['ask', ['Answer']],
  ['read', ['Answer', 'Document', 'Collection', 'Permission', 'Session', 'Run']],
  ['write', ['Document', 'Collection', 'Permission']],
  ['act', ['Run']],
];
// Contracts of tools are the work of developers; who approves one is decided by who registered it.
const DEVELOPERS: typeof EVERYBODY = [
  ['read', ['Tool']],
  ['write', ['Tool']],
];
const ADMINISTRATORS: typeof EVERYBODY = [
  ...DEVELOPERS,
  ['administer', ['Identity', 'Audit', 'Model', 'Run', 'Source']],
];
// Keys are made by a signed-in person, never by another key; and what a program asks for, a person allows.
const SIGNED_IN: typeof EVERYBODY = [
  ['write', ['ApiKey', 'Session']],
  ['approve', ['Run']],
];
const DECIDERS: typeof EVERYBODY = [['approve', ['Tool']]];

/**
 * Which actions a person may take. It never says which documents: that is decided row by row in SQL, and no
 * role, admin included, reads more because of what stands here. An API key only narrows its person's actions.
 */
export function abilityOf({
  roles,
  actions,
}: Pick<SignedIn, 'roles' | 'actions'>): MongoAbility<[Action, Subject]> {
  const { can, build } = new AbilityBuilder<MongoAbility<[Action, Subject]>>(createMongoAbility);
  const allow = (rights: typeof EVERYBODY): void => {
    for (const [action, subjects] of rights)
      if (actions === null || actions.includes(action)) can(action, [...subjects]);
  };
  allow(EVERYBODY);
  if (roles.includes('developer')) allow(DEVELOPERS);
  if (roles.includes('admin')) allow(ADMINISTRATORS);
  if (actions === null) {
    allow(SIGNED_IN);
    if (roles.includes('developer') || roles.includes('admin')) allow(DECIDERS);
  }
  return build();
}
