import { ContractRow, type SignedInPerson } from '@belay/contracts';
import { z } from 'zod';
import { call } from '../api';
import { StateBadge } from '../shown/state-badge';
import { EFFECTS } from '../shown/words';
import { RegistryList } from './registry-list';

const Contracts = z.object({ contracts: z.array(ContractRow) });
const LINKS = [
  { to: '/tools/playbooks', says: 'Playbooks' },
  { to: '/tools/new', says: 'Paste a contract' },
  { to: '/tools/connect', says: 'Connect a server' },
];
const COLUMNS = [
  { title: 'Server', show: ({ peer }: ContractRow) => peer },
  {
    title: 'What it does',
    show: ({ effect }: ContractRow) => <StateBadge word={EFFECTS[effect]} />,
  },
];

/** The registry: which tools may be called at all, for developers and administrators. */
export function ToolsPage({ person }: { person: SignedInPerson }) {
  return (
    <RegistryList<ContractRow>
      title="Tools"
      noun="contract"
      about="A tool is called only under a contract: what it pins of the server, what it may do, how it is taken back."
      empty="There is no contract yet. Connect a server, and draft one from what it offers."
      links={LINKS}
      load={async () => (await call(Contracts, 'GET', 'tools')).contracts}
      nameOf={({ contract, version }) => `${contract}@${version}`}
      page="/tools"
      columns={COLUMNS}
      note={({ refused }) => (refused.length > 0 ? 'It would not be registered today.' : null)}
      words={({ peer }) => peer}
      me={person.name}
    />
  );
}
