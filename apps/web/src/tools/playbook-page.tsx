import { type Playbook, PlaybookDetail, PlaybookTest, type SignedInPerson } from '@belay/contracts';
import { List, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { stringify } from 'yaml';
import { call } from '../api';
import { Failure } from '../failure';
import { SINKS } from '../shown/words';
import { readPlaybookText } from './contract-text';
import { DecideDocument } from './decide-document';
import { FixtureList } from './fixture-list';
import { DocumentHead, DocumentText, LoadedDocument } from './registered-document';

const ASIDES = {
  retire: {
    title: 'Retire this playbook?',
    says: 'Nobody starts this version ever again. Another version can take its place.',
    go: 'Retire it',
  },
};

/** One version of a playbook: how people ask for it, what it needs to know, its text and its recorded calls. */
export function PlaybookPage({ person }: { person: SignedInPerson }) {
  const { playbook = '', version = '' } = useParams();
  const place = `playbooks/${encodeURIComponent(playbook)}/${encodeURIComponent(version)}`;
  return (
    <LoadedDocument
      place={place}
      what="playbook"
      schema={PlaybookDetail}
      list={{ to: '/tools/playbooks', says: 'All playbooks' }}
    >
      {(detail) => (
        <>
          <DocumentHead detail={detail} name={`${playbook}@${version}`} />
          <DecideDocument
            detail={detail}
            place={place}
            another={`/tools/playbooks/new?from=${playbook}@${version}`}
            asides={ASIDES}
            me={person.name}
          />
          <Use document={detail.document} />
          <DocumentText noun="playbook" {...detail} read={readPlaybookText} />
          <Recorded document={detail.document} />
        </>
      )}
    </LoadedDocument>
  );
}

function Use({ document }: { document: Playbook }) {
  const slots = Object.entries(document.slots);
  return (
    <>
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
    </>
  );
}

function Recorded({ document }: { document: Playbook }) {
  const text = stringify(document).trimEnd();
  const test = useQuery({
    queryKey: ['judged', 'playbooks/test', text],
    queryFn: () => call(PlaybookTest, 'POST', 'playbooks/test', { text }),
  });
  return (
    <>
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
