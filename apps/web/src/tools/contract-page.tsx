import { ContractDetail, type SignedInPerson } from '@belay/contracts';
import { Alert, Anchor, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import { stringify } from 'yaml';
import { call } from '../api';
import { Failure } from '../failure';
import { StateBadge } from '../shown/state-badge';
import { CONTRACT_STATES, EFFECTS } from '../shown/words';
import { ContractActions } from './contract-actions';
import { ContractBounds } from './contract-bounds';
import { readContractText } from './contract-text';
import { DryRun } from './dry-run';
import { DriftHistory } from './drift-history';
import { RecentCalls } from './recent-calls';
import { TextEditor } from './text-editor';

/** One version of a contract: what it allows, its text with what was found in it, how it drifted, and its use. */
export function ContractPage({ person }: { person: SignedInPerson }) {
  const { contract = '', version = '' } = useParams();
  const place = `${contract}/${version}`;
  const detail = useQuery({
    queryKey: ['tools', 'contract', `${contract}@${version}`],
    queryFn: () => call(ContractDetail, 'GET', `tools/${place}`),
  });
  return (
    <Stack maw={860}>
      {detail.isPending && <Loader />}
      {detail.error && <Failure error={detail.error} retry={() => void detail.refetch()} />}
      {detail.data && <Shown detail={detail.data} person={person} />}
      <Anchor component={Link} to="/tools" underline="always">
        All contracts
      </Anchor>
    </Stack>
  );
}

function Shown({ detail, person }: { detail: ContractDetail; person: SignedInPerson }) {
  const { contract, version, title, state, reason, effect, document } = detail;
  const text = useMemo(() => stringify(document).trimEnd(), [document]);
  const read = useMemo(() => readContractText(text), [text]);
  const findings = detail.findings.map((one) => ({ ...one, line: read.lineOf(one.at) }));
  return (
    <>
      <Group gap="xs">
        <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Title>
        <StateBadge word={CONTRACT_STATES[state]} />
        <StateBadge word={EFFECTS[effect]} />
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {contract}@{version}, registered by {detail.registeredBy}
        {detail.approvedBy && `, approved by ${detail.approvedBy}`},{' '}
        <time dateTime={detail.changedAt}>{new Date(detail.changedAt).toLocaleString()}</time>
        <br />
        {detail.digest}
      </Text>
      <Text>{document.description}</Text>
      {reason && (
        <Alert
          color={state === 'quarantined' ? 'red' : 'gray'}
          title={state === 'retired' ? 'Retired' : 'Quarantined'}
        >
          {reason} {state === 'quarantined' && 'It is not called until somebody approves it again.'}
        </Alert>
      )}
      <ContractActions detail={detail} me={person.name} />
      <ContractBounds document={document} />
      <DriftHistory drift={detail.drift} />
      <Title order={2} size="h3">
        Its text
      </Title>
      <TextEditor label="Text of the contract" text={text} findings={findings} />
      {state === 'approved' && <DryRun detail={detail} />}
      <RecentCalls contract={contract} version={version} />
    </>
  );
}
