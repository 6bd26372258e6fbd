import { ContractDetail } from '@belay/contracts';
import { Anchor, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { stringify } from 'yaml';
import { call } from '../api';
import { Failure } from '../failure';
import { ContractEditor } from './contract-editor';

/** A contract from a text that is at hand, or another version of one that is registered. */
export function NewContractPage() {
  const [params] = useSearchParams();
  const from = params.get('from') ?? '';
  const former = useQuery({
    queryKey: ['tools', 'contract', from],
    queryFn: () => call(ContractDetail, 'GET', `tools/${from.replace('@', '/')}`),
    enabled: from !== '',
  });
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        {from ? 'Another version' : 'A contract from its text'}
      </Title>
      <Text>
        {from
          ? 'What is registered is never changed: give this one a version of its own.'
          : 'Paste it, or connect a server and start from a draft.'}{' '}
        <Anchor
          component={Link}
          to={from ? `/tools/${from.replace('@', '/')}` : '/tools/connect'}
          underline="always"
        >
          {from ? 'Back' : 'Connect a server'}
        </Anchor>
      </Text>
      {former.error && <Failure error={former.error} />}
      {from && former.isPending && <Loader />}
      {(!from || former.data) && <Editor text={former.data ? stringify(former.data.document) : ''} />}
    </Stack>
  );
}

function Editor({ text: first }: { text: string }) {
  const [text, setText] = useState(first);
  return <ContractEditor label="Contract" text={text} change={setText} />;
}
