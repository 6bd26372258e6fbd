import type { SignedInPerson } from '@belay/contracts';
import { Anchor, Text, Title } from '@mantine/core';
import {
  IconBolt,
  IconCube,
  IconFiles,
  IconHandStop,
  IconListDetails,
  IconMessageQuestion,
  IconSearch,
  IconShieldCheck,
  IconThumbUp,
  IconTool,
  IconUpload,
  IconUsers,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { ActionsPage } from './actions/actions-page';
import { AllRunsPage } from './actions/all-runs-page';
import { RunPage } from './actions/run-page';
import { ApprovalsPage } from './approvals/approvals-page';
import { AskPage } from './ask/ask-page';
import { OpenConversation } from './ask/open-conversation';
import { AuditPage } from './audit/audit-page';
import { ControlsPage } from './controls/controls-page';
import { DocumentsPage } from './documents/documents-page';
import { ReaderPage } from './documents/reader-page';
import { KeysPage } from './keys/keys-page';
import { ModelsPage } from './models/models-page';
import { PeoplePage } from './people/people-page';
import { ReceiptsPage } from './receipts/receipts-page';
import { SearchPage } from './search/search-page';
import { ConnectPage } from './tools/connect-page';
import { ContractPage } from './tools/contract-page';
import { NewDocumentPage } from './tools/new-document-page';
import { PlaybookPage } from './tools/playbook-page';
import { PlaybooksPage } from './tools/playbooks-page';
import { ToolsPage } from './tools/tools-page';
import { UploadsPage } from './uploads/uploads-page';

interface Page {
  readonly path: string;
  readonly show: (person: SignedInPerson) => ReactNode;
  /** Whom the page is for; everybody, where nothing is said. */
  readonly only?: Audience;
  readonly item?: { readonly label: string; readonly icon: ReactNode };
}

interface Audience {
  readonly roles: readonly string[];
  readonly says: string;
  /** Where whoever it is not for finds what is theirs of it. */
  readonly instead?: Way;
}

interface Way {
  readonly to: string;
  readonly says: string;
}

const ACTIONS: Way = { to: '/actions', says: 'Your actions' };
const ASK: Way = { to: '/', says: 'Ask a question' };
const ADMIN: Audience = { roles: ['admin'], says: 'This page is for administrators.' };
const TOOLS: Audience = {
  roles: ['admin', 'developer'],
  says:
    'Here servers of tools are connected, and contracts say what each tool may do. This page is for developers of ' +
    'tools and administrators; an administrator gives the role. What you can have done with tools is under Actions.',
  instead: ACTIONS,
};
const APPROVER: Audience = {
  roles: ['admin', 'approver'],
  says:
    'Here single calls of tools are allowed or denied. This page is for approvers and administrators. What your own ' +
    'actions wait for is shown with each of them.',
  instead: ACTIONS,
};

const OVERSEER: Audience = {
  roles: ['admin', 'developer', 'approver'],
  says:
    'Here is what everybody had done, in outline. This page is for administrators, developers and approvers. What ' +
    'you had done is under Actions.',
  instead: ACTIONS,
};

/** Every page: where it is, whom it is for, and how the menu calls it. */
export const PAGES: readonly Page[] = [
  { path: '/', show: () => <AskPage />, item: { label: 'Ask', icon: <IconMessageQuestion size={18} /> } },
  { path: '/answers/:id', show: () => <AskPage /> },
  { path: '/conversations/:id', show: () => <OpenConversation /> },
  { path: '/search', show: () => <SearchPage />, item: { label: 'Search', icon: <IconSearch size={18} /> } },
  {
    path: '/actions',
    show: () => <ActionsPage />,
    item: { label: 'Actions', icon: <IconBolt size={18} /> },
  },
  { path: '/actions/:id', show: (person) => <RunPage person={person} /> },
  {
    path: '/documents',
    show: () => <DocumentsPage />,
    item: { label: 'Documents', icon: <IconFiles size={18} /> },
  },
  { path: '/documents/receipts', show: () => <ReceiptsPage /> },
  { path: '/documents/:id', show: () => <ReaderPage /> },
  {
    path: '/uploads',
    show: () => <UploadsPage />,
    item: { label: 'Uploads', icon: <IconUpload size={18} /> },
  },
  {
    path: '/approvals',
    only: APPROVER,
    show: () => <ApprovalsPage />,
    item: { label: 'Approvals', icon: <IconThumbUp size={18} /> },
  },
  {
    path: '/runs',
    only: OVERSEER,
    show: () => <AllRunsPage />,
    item: { label: 'Everybody’s actions', icon: <IconListDetails size={18} /> },
  },
  {
    path: '/tools',
    only: TOOLS,
    show: (person) => <ToolsPage person={person} />,
    item: { label: 'Tools', icon: <IconTool size={18} /> },
  },
  { path: '/tools/connect', only: TOOLS, show: () => <ConnectPage /> },
  { path: '/tools/new', only: TOOLS, show: () => <NewDocumentPage kind="contract" /> },
  { path: '/tools/playbooks', only: TOOLS, show: (person) => <PlaybooksPage person={person} /> },
  { path: '/tools/playbooks/new', only: TOOLS, show: () => <NewDocumentPage kind="playbook" /> },
  {
    path: '/tools/playbooks/:playbook/:version',
    only: TOOLS,
    show: (person) => <PlaybookPage person={person} />,
  },
  { path: '/tools/:contract/:version', only: TOOLS, show: (person) => <ContractPage person={person} /> },
  {
    path: '/controls',
    only: ADMIN,
    show: () => <ControlsPage />,
    item: { label: 'Limits and stop', icon: <IconHandStop size={18} /> },
  },
  {
    path: '/people',
    only: ADMIN,
    show: () => <PeoplePage />,
    item: { label: 'People and groups', icon: <IconUsers size={18} /> },
  },
  {
    path: '/audit',
    only: ADMIN,
    show: () => <AuditPage />,
    item: { label: 'Audit', icon: <IconShieldCheck size={18} /> },
  },
  {
    path: '/models',
    only: ADMIN,
    show: () => <ModelsPage />,
    item: { label: 'Models', icon: <IconCube size={18} /> },
  },
  // Behind one's name, in the header.
  { path: '/keys', show: (person) => <KeysPage person={person} /> },
];

/** Whether a page is for a person. */
export const isFor = ({ only }: Page, { roles }: SignedInPerson): boolean =>
  only === undefined || only.roles.some((role) => roles.includes(role));

/** What stands where a page is not, or is not for whoever came to its address. */
export function NoPage({ title, only }: { title: string; only?: Audience }) {
  const { to, says } = only?.instead ?? ASK;
  return (
    <>
      <Title order={1} size="h2" mb="xs">
        {title}
      </Title>
      {only && (
        <Text mb="xs" maw={680}>
          {only.says}
        </Text>
      )}
      <Anchor component={Link} to={to} underline="always">
        {says}
      </Anchor>
    </>
  );
}
