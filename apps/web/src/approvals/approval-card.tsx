import { type Approval, type ApprovalText, HOLD_REASONS, sayTime } from '@belay/contracts';
import { Alert, Anchor, Badge, Card, Group, Table, Text, Title } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'react-router';
import { ArgumentTable } from '../shown/argument-table';
import { touches } from '../shown/leaves';
import { useDisplayName } from '../shown/person-name';
import { Plain } from '../shown/plain';
import { StateBadge } from '../shown/state-badge';
import { effectWord, SINKS } from '../shown/words';
import { Decision } from './decision';
import { readApproval } from './read-approval';

/** One call that waits, shown from the bytes whose digest is decided; what does not match them cannot be decided. */
export function ApprovalCard({ approval }: { approval: Approval }) {
  const { text, digest, isWithheld } = approval;
  const read = useMemo(() => readApproval({ text, digest, isWithheld }), [text, digest, isWithheld]);
  if (read.problem !== undefined)
    return (
      <Alert color="red" title="This approval cannot be shown" role="alert">
        {read.problem}
      </Alert>
    );
  const { says } = read;
  return (
    <Card withBorder component="article" aria-label={`${says.title}, for ${says.requester}`}>
      <Group gap="xs">
        <Title order={2} size="h4" style={{ overflowWrap: 'anywhere' }}>
          <Plain text={says.title} />
        </Title>
        <StateBadge word={effectWord(says.effect, says.wayBack)} />
      </Group>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        For <Requester name={says.requester} />, with {says.contract}
      </Text>
      <Arguments says={says} />
      <ul>
        {says.reasons.map((reason) => (
          <Text component="li" size="sm" key={reason} fw={reason === 'contract' ? undefined : 600}>
            {HOLD_REASONS[reason]}
          </Text>
        ))}
      </ul>
      <Circumstances says={says} />
      <Decision approval={approval} says={says} />
    </Card>
  );
}

/** What they are called, with the short name that is decided about. */
function Requester({ name }: { name: string }) {
  const called = useDisplayName(name);
  return (
    <>
      <b>
        <Plain text={called} />
      </b>
      {called !== name && ` (${name})`}
    </>
  );
}

function Arguments({ says }: { says: ApprovalText }) {
  const chosenBy = {
    system: { label: 'fixed by us', color: 'gray' },
    user: { label: `chosen by ${says.requester}`, color: 'blue' },
    untrusted: { label: 'anybody could have chosen it', color: 'red' },
  };
  return (
    <ArgumentTable
      value={says.arguments}
      note={(at) =>
        says.sinks
          .filter((sink) => touches(sink.at, at))
          .map(({ at: place, sink, integrity }) => (
            <Group gap={4} key={`${place} ${sink}`}>
              <Badge variant="default" tt="none" miw="fit-content">
                {SINKS[sink]}
              </Badge>
              <StateBadge word={chosenBy[integrity]} />
            </Group>
          ))
      }
    />
  );
}

function Circumstances({ says }: { says: ApprovalText }) {
  const { blast, wayBack, expires, preview, run, step } = says;
  const rows: [string, ReactNode][] = [
    ['Touches', `${blast.resource}: ${blast.items} with this call; ${blast.perDay} a day are allowed`],
    ['Way back', wayBack ?? 'None: it cannot be taken back.'],
    ['Dry run', preview === null ? 'There was none.' : 'Made before. Its digest is part of what you decide.'],
    ['Until', `${sayTime(expires)}; after that the answer is no`],
    [
      'Step',
      <>
        <Plain text={step} /> of{' '}
        <Anchor component={Link} to={`/actions/${run}`} inherit underline="always" title={run}>
          this action
        </Anchor>
      </>,
    ],
  ];
  return (
    <Table className="stacked" verticalSpacing={2} aria-label="Circumstances">
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" w={160}>
              {name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              {typeof value === 'string' ? <Plain text={value} /> : value}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
