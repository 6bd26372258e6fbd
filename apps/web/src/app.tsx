import { SignedInPerson } from '@belay/contracts';
import {
  ActionIcon,
  Anchor,
  AppShell,
  Badge,
  Burger,
  Button,
  Center,
  Group,
  Loader,
  NavLink,
  Title,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconCube,
  IconFiles,
  IconLogout,
  IconMessageQuestion,
  IconSearch,
  IconShieldCheck,
  IconSunMoon,
  IconUpload,
  IconUsers,
} from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Route, Routes, useLocation } from 'react-router';
import { ApiError, call, tell } from './api';
import { AskPage } from './ask/ask-page';
import { AuditPage } from './audit/audit-page';
import { OpenConversation } from './ask/open-conversation';
import { DocumentsPage } from './documents/documents-page';
import { ReaderPage } from './documents/reader-page';
import { Failure } from './failure';
import { ModelsPage } from './models/models-page';
import { notifyFailure } from './notify';
import { PeoplePage } from './people/people-page';
import { SearchPage } from './search/search-page';
import { UploadsPage } from './uploads/uploads-page';
import { InvitePage } from './sign-in/invite-page';
import { SignInPage } from './sign-in/sign-in-page';

export function App() {
  const location = useLocation();
  const session = useQuery({
    queryKey: ['session'],
    queryFn: () => call(SignedInPerson, 'GET', 'session'),
    retry: false,
  });
  if (location.pathname === '/invite') return <InvitePage />;
  if (session.isPending)
    return (
      <Center mih="60vh">
        <Loader />
      </Center>
    );
  if (session.error instanceof ApiError && session.error.status === 401) return <SignInPage />;
  if (session.error)
    return (
      <Center mih="60vh" p="md">
        <Failure error={session.error} retry={() => void session.refetch()} />
      </Center>
    );
  return <Shell person={session.data} />;
}

function Shell({ person }: { person: SignedInPerson }) {
  const [open, menu] = useDisclosure();
  const admin = person.roles.includes('admin');
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding="md"
    >
      <AppShell.Header>
        <Header person={person} open={open} toggle={menu.toggle} />
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Main">
        <Item to="/" label="Ask" icon={<IconMessageQuestion size={18} />} close={menu.close} />
        <Item to="/search" label="Search" icon={<IconSearch size={18} />} close={menu.close} />
        <Item to="/documents" label="Documents" icon={<IconFiles size={18} />} close={menu.close} />
        <Item to="/uploads" label="Uploads" icon={<IconUpload size={18} />} close={menu.close} />
        {admin && (
          <Item to="/people" label="People and groups" icon={<IconUsers size={18} />} close={menu.close} />
        )}
        {admin && <Item to="/audit" label="Audit" icon={<IconShieldCheck size={18} />} close={menu.close} />}
        {admin && <Item to="/models" label="Models" icon={<IconCube size={18} />} close={menu.close} />}
      </AppShell.Navbar>
      <AppShell.Main>
        <Routes>
          <Route path="/" element={<AskPage />} />
          <Route path="/answers/:id" element={<AskPage />} />
          <Route path="/search" element={<SearchPage />} />
          <Route path="/conversations/:id" element={<OpenConversation />} />
          <Route path="/documents" element={<DocumentsPage />} />
          <Route path="/uploads" element={<UploadsPage />} />
          <Route path="/documents/:id" element={<ReaderPage />} />
          {admin && <Route path="/audit" element={<AuditPage />} />}
          {admin && <Route path="/people" element={<PeoplePage />} />}
          {admin && <Route path="/models" element={<ModelsPage />} />}
          <Route
            path="*"
            element={
              <>
                <Title order={1} size="h2" mb="xs">
                  There is no such page
                </Title>
                <Anchor component={Link} to="/">
                  Ask a question
                </Anchor>
              </>
            }
          />
        </Routes>
      </AppShell.Main>
    </AppShell>
  );
}

function Header({ person, open, toggle }: { person: SignedInPerson; open: boolean; toggle: () => void }) {
  const queries = useQueryClient();
  const { toggleColorScheme } = useMantineColorScheme();
  const signOut = async () => {
    await tell('DELETE', 'session');
    queries.clear();
    window.location.assign('/');
  };
  return (
    <Group h="100%" px="md" justify="space-between" wrap="nowrap">
      <Group wrap="nowrap">
        <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
        <Anchor component={Link} to="/" fw={700} size="lg" underline="never">
          Belay
        </Anchor>
      </Group>
      <Group gap="xs" wrap="nowrap">
        <Badge variant="light" size="lg" tt="none" visibleFrom="xs" title={`Signed in as ${person.name}`}>
          {person.displayName}
        </Badge>
        <ActionIcon variant="subtle" aria-label="Switch between light and dark" onClick={toggleColorScheme}>
          <IconSunMoon size={18} />
        </ActionIcon>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconLogout size={16} />}
          onClick={() => void signOut().catch(notifyFailure)}
        >
          Sign out
        </Button>
      </Group>
    </Group>
  );
}

function Item({
  to,
  label,
  icon,
  close,
}: {
  to: string;
  label: string;
  icon: React.ReactNode;
  close: () => void;
}) {
  const { pathname } = useLocation();
  const active = to === '/' ? pathname === '/' || pathname.startsWith('/answers') : pathname.startsWith(to);
  return (
    <NavLink component={Link} to={to} label={label} leftSection={icon} active={active} onClick={close} />
  );
}
