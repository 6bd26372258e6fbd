import { Playbook, ToolContract } from '@belay/contracts';
import { Anchor, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { stringify } from 'yaml';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { DocumentEditor, type DocumentKind } from './document-editor';

const WORDS = {
  contract: { title: 'A contract from its text', path: 'tools', page: '/tools', document: ToolContract },
  playbook: {
    title: 'A playbook from its text',
    path: 'playbooks',
    page: '/tools/playbooks',
    document: Playbook,
  },
};

/** A contract or playbook from a text that is at hand, or another version of one that is registered. */
export function NewDocumentPage({ kind }: { kind: DocumentKind }) {
  const [params] = useSearchParams();
  const from = params.get('from') ?? '';
  const { title, path, page, document } = WORDS[kind];
  const former = useQuery({
    queryKey: ['tools', kind, from],
    queryFn: () => call(z.object({ document }), 'GET', `${path}/${from.replace('@', '/')}`),
    enabled: from !== '',
  });
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        {from ? 'Another version' : title}
      </Title>
      <Text>
        {from
          ? 'What is registered is never changed: give this one a version of its own.'
          : 'Paste or write it.'}{' '}
        <Anchor component={Link} to={from ? `${page}/${from.replace('@', '/')}` : page} underline="always">
          Back
        </Anchor>
      </Text>
      {former.error && <Failure error={former.error} />}
      {from && former.isPending && <Loader />}
      {(!from || former.data) && (
        <Editor key={kind} kind={kind} text={former.data ? stringify(former.data.document) : ''} />
      )}
    </Stack>
  );
}

function Editor({ kind, text: first }: { kind: DocumentKind; text: string }) {
  const [text, setText] = useState(first);
  return (
    <DocumentEditor
      kind={kind}
      label={kind === 'contract' ? 'Contract' : 'Playbook'}
      text={text}
      change={setText}
    />
  );
}
