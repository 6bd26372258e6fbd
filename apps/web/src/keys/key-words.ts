import { KeyAction, type SignedInPerson } from '@belay/contracts';

interface Words {
  readonly title: string;
  readonly says: string;
}

/** What a key may be made for, in words. */
export const KEY_WORDS: Readonly<Record<string, Words>> = {
  ask: { title: 'Ask', says: 'Ask questions, and get answers with their sources.' },
  read: { title: 'Read', says: 'Search and open documents, answers and what became of actions.' },
  write: { title: 'Write', says: 'Upload, change, share and delete documents and collections.' },
  act: { title: 'Act', says: 'Have things done with tools. Single calls are still allowed by people.' },
  administer: { title: 'Administer', says: 'Change people, models and sources, and read the ledger.' },
} satisfies Record<KeyAction, Words>;

/** The actions that a person may make a key for: those that they may take themselves. */
export function keyActionsOf({ actions }: Pick<SignedInPerson, 'actions'>): KeyAction[] {
  const own = new Set(actions.map((action) => action.split(':')[0]));
  return KeyAction.options.filter((action) => own.has(action));
}
