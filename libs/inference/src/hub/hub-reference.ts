import { DomainError } from '@belay/errors';

/** A model on a hub: `hf:OWNER/NAME[@REVISION]`. */
export interface HubReference {
  readonly owner: string;
  readonly name: string;
  readonly revision: string;
}

const REFERENCE =
  /^hf:([A-Za-z0-9][\w.-]{0,95})\/([A-Za-z0-9][\w.-]{0,95})(?:@([A-Za-z0-9][\w./-]{0,127}))?$/;

export const isHubReference = (text: string): boolean => text.startsWith('hf:');

/** Reads `hf:OWNER/NAME[@REVISION]`; the revision is a branch, a tag or a commit, by default `main`. */
export function readHubReference(text: string): HubReference {
  const [, owner = '', name = '', revision = 'main'] = REFERENCE.exec(text) ?? [];
  if (!owner || text.includes('..'))
    throw new DomainError(
      'request.invalid',
      `"${text.slice(0, 100)}" names no model on a hub. Write hf:OWNER/NAME or hf:OWNER/NAME@REVISION.`,
    );
  return { owner, name, revision };
}

export const pathOf = ({ owner, name }: HubReference): string => `${owner}/${name}`;
