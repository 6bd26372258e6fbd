import { ContractDraft, type OfferedTool, type Peer, PeerOffer } from '@belay/contracts';
import { Alert, Anchor, Button, Card, Code, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { JsonValue } from '../shown/json-value';
import { Plain } from '../shown/plain';
import { readPeerText } from './contract-text';
import { DocumentEditor } from './document-editor';
import { TextEditor } from './text-editor';

const Drafts = z.object({ drafts: z.array(ContractDraft) });
const EXAMPLE = `id: tickets
transport: http
url: https://tools.example/mcp
`;

/** Looks at what a server offers, and drafts contracts of it. */
export function ConnectPage() {
  const [text, setText] = useState(EXAMPLE);
  const read = useMemo(() => readPeerText(text), [text]);
  const connect = useMutation({
    mutationFn: async (peer: Peer) => {
      const offer = await call(PeerOffer, 'POST', 'tools/offer', { peer });
      const { drafts } = await call(Drafts, 'POST', 'tools/scaffold', { peer });
      return { offer, drafts };
    },
  });
  const { value } = read;
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        Connect a server
      </Title>
      <Text>
        Describe it as <Code>./belay tools install</Code> printed it, with the folders that it may see, or by
        its address. It is started, or asked, once; nothing is called.{' '}
        <Anchor component={Link} to="/tools" underline="always">
          Back to the contracts
        </Anchor>
      </Text>
      <TextEditor label="Server" text={text} findings={read.findings} change={setText} />
      <Button
        style={{ alignSelf: 'start' }}
        disabled={value === undefined}
        loading={connect.isPending}
        onClick={() => value && connect.mutate(value)}
      >
        See what it offers
      </Button>
      {connect.error && <Failure error={connect.error} />}
      {connect.data && <Offer {...connect.data} />}
    </Stack>
  );
}

function Offer({ offer, drafts }: { offer: PeerOffer; drafts: ContractDraft[] }) {
  return (
    <Stack component="section" aria-label="What it offers">
      <Title order={2} size="h3">
        {offer.tools.length} {offer.tools.length === 1 ? 'tool' : 'tools'}
      </Title>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        The server calls itself <Plain text={offer.server} /> and speaks MCP {offer.protocol}. Its words are
        data: neither people who run a tool nor a planner ever read them.
      </Text>
      {offer.tools.map((tool) => (
        <Tool
          key={tool.digest}
          tool={tool}
          draft={drafts.find((draft) => draft.tool === tool.name)?.text ?? ''}
        />
      ))}
    </Stack>
  );
}

function Tool({ tool, draft }: { tool: OfferedTool; draft: string }) {
  const [text, setText] = useState<string>();
  return (
    <Card withBorder p="sm" component="article" aria-label={`Tool ${tool.name}`}>
      <Title order={3} size="h4" style={{ overflowWrap: 'anywhere' }}>
        <Plain text={tool.name} />
      </Title>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {tool.digest}
      </Text>
      {tool.findings.length > 0 && (
        <Alert color="yellow" mt="xs" title="Look at this before you write a contract">
          {tool.findings.map(({ at, message, rule }) => (
            <Text key={`${rule}${at}`} size="sm" style={{ overflowWrap: 'anywhere' }}>
              <Plain text={at} /> <Plain text={message} />
            </Text>
          ))}
        </Alert>
      )}
      <details className="more">
        <summary>What the server says of it</summary>
        <JsonValue value={tool.definition} label={`Definition of ${tool.name}`} />
      </details>
      <Group mt="xs">
        {text === undefined && (
          <Button
            variant="light"
            size="compact-sm"
            aria-label={`Draft a contract of ${tool.name}`}
            onClick={() => setText(draft)}
          >
            Draft a contract
          </Button>
        )}
      </Group>
      {text !== undefined && (
        <DocumentEditor kind="contract" label={`Contract of ${tool.name}`} text={text} change={setText} />
      )}
    </Card>
  );
}
