import { PlaybookDetail, PlaybookTest, type SignedInPerson } from '@belay/contracts';
import { Alert, Anchor, Group, List, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import { stringify } from 'yaml';
import { call } from '../api';
import { Failure } from '../failure';
import { StateBadge } from '../shown/state-badge';
import { CONTRACT_STATES, SINKS } from '../shown/words';
import { readPlaybookText } from './contract-text';
import { FixtureList } from './fixture-list';
import { PlaybookActions } from './playbook-actions';
import { TextEditor } from './text-editor';

/** One version of a playbook: how people ask for it, what it needs to know, its text and its recorded calls. */
export function PlaybookPage({ person }: { person: SignedInPerson }) {
  const { playbook = '', version = '' } = useParams();
  const detail = useQuery({
    queryKey: ['tools', 'playbook', `${playbook}@${version}`],
    queryFn: () => call(PlaybookDetail, 'GET', `playbooks/${playbook}/${version}`),
  });
  return (
    <Stack maw={860}>
      {detail.isPending && <Loader />}
      {detail.error && <Failure error={detail.error} retry={() => void detail.refetch()} />}
      {detail.data && <Shown detail={detail.data} me={person.name} />}
      <Anchor component={Link} to="/tools/playbooks" underline="always">
        All playbooks
      </Anchor>
    </Stack>
  );
}

function Shown({ detail, me }: { detail: PlaybookDetail; me: string }) {
  const { playbook, version, title, state, reason, document } = detail;
  const text = useMemo(() => stringify(document).trimEnd(), [document]);
  const read = useMemo(() => readPlaybookText(text), [text]);
  const findings = detail.findings.map((one) => ({ ...one, line: read.lineOf(one.at) }));
  const test = useQuery({
    queryKey: ['judged', 'playbooks/test', text],
    queryFn: () => call(PlaybookTest, 'POST', 'playbooks/test', { text }),
  });
  const slots = Object.entries(document.slots);
  return (
    <>
      <Group gap="xs">
        <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Title>
        <StateBadge word={CONTRACT_STATES[state]} />
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {playbook}@{version}, registered by {detail.registeredBy}
        {detail.approvedBy && `, approved by ${detail.approvedBy}`},{' '}
        <time dateTime={detail.changedAt}>{new Date(detail.changedAt).toLocaleString()}</time>
        <br />
        {detail.digest}
      </Text>
      <Text>{document.description}</Text>
      {reason && <Alert color="gray">{reason}</Alert>}
      <PlaybookActions detail={detail} me={me} />
      <Title order={2} size="h3">
        How people ask for it
      </Title>
      <List size="sm">
        {document.examples.map((example) => (
          <List.Item key={example}>{example}</List.Item>
        ))}
      </List>
      <Title order={2} size="h3">
        What it needs to know
      </Title>
      {slots.length === 0 && <Text size="sm">Nothing.</Text>}
      <List size="sm">
        {slots.map(([name, slot]) => (
          <List.Item key={name}>
            {name} ({slot.type}, {SINKS[slot.sink]}): {slot.question}
          </List.Item>
        ))}
      </List>
      <Title order={2} size="h3">
        Its text
      </Title>
      <TextEditor label="Text of the playbook" text={text} findings={findings} />
      {document.fixtures.length > 0 && (
        <Title order={2} size="h3">
          Recorded calls
        </Title>
      )}
      {test.error && <Failure error={test.error} retry={() => void test.refetch()} />}
      <FixtureList fixtures={test.data?.fixtures ?? []} />
    </>
  );
}
