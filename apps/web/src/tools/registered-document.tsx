import type { ContractRow, Finding } from '@belay/contracts';
import { Alert, Anchor, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'react-router';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { call } from '../api';
import { NotShown } from '../not-shown';
import { StateBadge } from '../shown/state-badge';
import { CONTRACT_STATES } from '../shown/words';
import type { ReadText } from './contract-text';
import { TextEditor } from './text-editor';
import { When } from '../shown/when';

/** What a row of the registry says, of a contract and of a playbook. */
export type Registered = Pick<
  ContractRow,
  'version' | 'digest' | 'title' | 'state' | 'reason' | 'registeredBy' | 'approvedBy' | 'changedAt'
>;

/** One version of a document, loaded, with the way back to its list. */
export function LoadedDocument<Detail>({
  place,
  what,
  schema,
  list,
  children,
}: {
  /** Its route, such as tools/NAME/VERSION. */
  place: string;
  what: string;
  schema: z.ZodType<Detail>;
  list: { to: string; says: string };
  children: (detail: Detail) => ReactNode;
}) {
  const detail = useQuery({ queryKey: ['tools', place], queryFn: () => call(schema, 'GET', place) });
  return (
    <Stack maw={860}>
      {detail.isPending && <Loader />}
      {detail.error && <NotShown what={what} error={detail.error} retry={() => void detail.refetch()} />}
      {detail.data && children(detail.data)}
      <Anchor component={Link} to={list.to} underline="always">
        {list.says}
      </Anchor>
    </Stack>
  );
}

/** What a document is called, where it stands, who decided that, and why. */
export function DocumentHead({
  detail,
  name,
  badges,
}: {
  detail: Registered & { document: { description: string } };
  name: string;
  badges?: ReactNode;
}) {
  const { state, reason } = detail;
  return (
    <>
      <Group gap="xs">
        <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
          {detail.title}
        </Title>
        <StateBadge word={CONTRACT_STATES[state]} />
        {badges}
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {name}, registered by {detail.registeredBy}
        {detail.approvedBy && `, approved by ${detail.approvedBy}`}, <When at={detail.changedAt} />
        <br />
        {detail.digest}
      </Text>
      <Text>{detail.document.description}</Text>
      {reason && (
        <Alert
          color={state === 'quarantined' ? 'red' : 'gray'}
          title={state === 'retired' ? 'Retired' : 'Quarantined'}
        >
          {reason} {state === 'quarantined' && 'It is not called until somebody approves it again.'}
        </Alert>
      )}
    </>
  );
}

/** The text of a document, with what was found in it on its lines. */
export function DocumentText({
  noun,
  document,
  findings,
  read,
}: {
  noun: 'contract' | 'playbook';
  document: object;
  findings: readonly Finding[];
  read: (text: string) => Pick<ReadText<unknown>, 'lineOf'>;
}) {
  const text = useMemo(() => stringify(document).trimEnd(), [document]);
  const { lineOf } = useMemo(() => read(text), [read, text]);
  const placed = findings.map((one) => ({ ...one, line: lineOf(one.at) }));
  return (
    <>
      <Title order={2} size="h3">
        Its text
      </Title>
      <TextEditor label={`Text of the ${noun}`} text={text} findings={placed} />
    </>
  );
}
