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

/**
 * Which actions a person may take. It never says which documents: that is decided row by row in SQL, and no
 * role, admin included, reads more because of what stands here. An API key only narrows its person's actions.
 */
export function abilityOf(person: Pick<SignedIn, 'roles' | 'actions'>): MongoAbility<[Action, Subject]> {
  const { can, build } = new AbilityBuilder<MongoAbility<[Action, Subject]>>(createMongoAbility);
  const allowed = (action: Action): boolean => person.actions === null || person.actions.includes(action);
  if (allowed('ask')) can('ask', 'Answer');
  if (allowed('read')) can('read', ['Answer', 'Document', 'Collection', 'Permission', 'Session']);
  if (allowed('write')) can('write', ['Document', 'Collection', 'Permission']);
  // Contracts of tools are the work of developers; who approves one is decided by who registered it.
  if (person.roles.some((role) => role === 'developer' || role === 'admin')) {
    for (const action of ['read', 'write'] as const) if (allowed(action)) can(action, 'Tool');
  }
  if (allowed('read')) can('read', 'Run');
  if (allowed('act')) can('act', 'Run');
  // What a program asks for with a key, a person allows.
  if (person.actions === null) can('approve', 'Run');
  // Keys are made by a signed-in person, never by another key.
  if (person.actions === null) can('write', ['ApiKey', 'Session']);
  if (person.roles.includes('admin') && allowed('administer'))
    can('administer', ['Identity', 'Audit', 'Model', 'Run', 'Source']);
  return build();
}
