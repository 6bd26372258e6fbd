import type { SignedInPerson } from '@belay/contracts';
import {
  ActionIcon,
  Anchor,
  AppShell,
  Badge,
  Box,
  Burger,
  Button,
  Center,
  Group,
  Loader,
  Menu,
  NavLink,
  Text,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { IconChevronDown, IconKey, IconLogout, IconSunMoon } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, Route, Routes, useLocation } from 'react-router';
import { tell } from './api';
import type { Waiting } from './approvals/say-waiting';
import { useWaiting } from './approvals/use-approvals';
import { KillBanner } from './controls/kill-banner';
import { Failure } from './failure';
import { notifyFailure } from './notify';
import { isFor, NoPage, PAGES } from './pages';
import { InvitePage } from './sign-in/invite-page';
import { SignInPage } from './sign-in/sign-in-page';
import { useSession } from './use-session';

// Below the breakpoint of the menu.
const NARROW = '(max-width: 47.99em)';
// Where calls are decided: all of them, else those of one's own actions.
const DECIDING = ['/approvals', '/actions'];

export function App() {
  const location = useLocation();
  const session = useSession();
  if (location.pathname === '/invite') return <InvitePage />;
  if (session.isPending)
    return (
      <Center mih="60vh">
        <Loader />
      </Center>
    );
  if (session.error)
    return (
      <Center mih="60vh" p="md">
        <Failure error={session.error} retry={() => void session.refetch()} />
      </Center>
    );
  const { signedIn } = session.data;
  return signedIn ? <Shell person={signedIn} /> : <SignInPage options={session.data} />;
}

function Shell({ person }: { person: SignedInPerson }) {
  const [open, menu] = useDisclosure();
  const isPhone = useMediaQuery(NARROW);
  const own = PAGES.filter((page) => isFor(page, person));
  const deciding = DECIDING.find((path) => own.some((page) => page.path === path));
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding="md"
    >
      <AppShell.Header>
        <Header person={person} open={open} toggle={menu.toggle} />
      </AppShell.Header>
      {/* Folded away it is nothing to tab through. */}
      <AppShell.Navbar p="xs" aria-label="Main" inert={isPhone && !open}>
        {own.map(
          ({ path, item }) =>
            item &&
            (path === deciding ? (
              <DecidingItem key={path} to={path} {...item} close={menu.close} />
            ) : (
              <Item key={path} to={path} {...item} close={menu.close} />
            )),
        )}
        {/* Where the header is too narrow for one's name. */}
        <Box hiddenFrom="xs" mt="md">
          <Text size="sm" c="dimmed" px="sm" style={{ overflowWrap: 'anywhere' }}>
            {person.displayName}, signed in as {person.name}
          </Text>
          <Item to="/keys" label="API keys and password" icon={<IconKey size={18} />} close={menu.close} />
        </Box>
      </AppShell.Navbar>
      <AppShell.Main>
        <KillBanner />
        <Routes>
          {PAGES.map((page) => (
            <Route
              key={page.path}
              path={page.path}
              element={
                isFor(page, person) ? (
                  page.show(person)
                ) : (
                  <NoPage title="This page is not for you" only={page.only} />
                )
              }
            />
          ))}
          <Route path="*" element={<NoPage title="There is no such page" />} />
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
        <Menu position="bottom-end">
          <Menu.Target>
            <Button
              variant="light"
              size="compact-sm"
              visibleFrom="xs"
              rightSection={<IconChevronDown size={14} aria-hidden />}
            >
              {person.displayName}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Signed in as {person.name}</Menu.Label>
            <Menu.Item component={Link} to="/keys" leftSection={<IconKey size={16} />}>
              API keys and password
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
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

interface ItemProps {
  readonly to: string;
  readonly label: string;
  readonly icon: ReactNode;
  readonly close: () => void;
  readonly waiting?: Waiting | undefined;
}

/** The entry that leads to what the person may decide, with how much of it waits. */
const DecidingItem = (props: ItemProps) => <Item {...props} waiting={useWaiting(props.label)} />;

function Item({ to, label, icon, close, waiting }: ItemProps) {
  const { pathname } = useLocation();
  const active = to === '/' ? pathname === '/' || pathname.startsWith('/answers') : pathname.startsWith(to);
  return (
    <NavLink
      component={Link}
      to={to}
      label={label}
      aria-label={waiting?.name}
      leftSection={icon}
      rightSection={waiting && <Badge variant="default">{waiting.count}</Badge>}
      active={active}
      onClick={close}
    />
  );
}
