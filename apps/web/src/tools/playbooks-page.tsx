import { ListedPlaybook, type SignedInPerson } from '@belay/contracts';
import { z } from 'zod';
import { call } from '../api';
import { RegistryList } from './registry-list';

const Playbooks = z.object({ playbooks: z.array(ListedPlaybook) });
const LINKS = [
  { to: '/tools', says: 'Contracts' },
  { to: '/tools/playbooks/new', says: 'Write a playbook' },
];

/** Every playbook there is, or those that the person may start. */
export const listPlaybooks = async (): Promise<readonly ListedPlaybook[]> =>
  (await call(Playbooks, 'GET', 'playbooks')).playbooks;

/** Workflows that people start by saying what they want, for developers and administrators. */
export function PlaybooksPage({ person }: { person: SignedInPerson }) {
  return (
    <RegistryList<ListedPlaybook>
      title="Playbooks"
      noun="playbook"
      about="A playbook says which tools are called in which order, with what a person said and what tools found."
      empty="There is no playbook yet."
      links={LINKS}
      load={listPlaybooks}
      nameOf={({ playbook, version }) => `${playbook}@${version}`}
      page="/tools/playbooks"
      me={person.name}
    />
  );
}
