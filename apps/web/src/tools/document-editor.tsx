import { Finding, FixtureResult } from '@belay/contracts';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useNavigate } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { readContractText, readPlaybookText } from './contract-text';
import { FixtureList } from './fixture-list';
import { TextEditor } from './text-editor';

const TYPING_MS = 500;
const Judged = z.object({ findings: z.array(Finding), fixtures: z.array(FixtureResult).default([]) });
const Made = z.object({ version: z.string() });
const MadeContract = Made.extend({ contract: z.string() });
const MadePlaybook = Made.extend({ playbook: z.string() });

/** What is written: how it is read here, who judges it, and where it goes. */
const KINDS = {
  contract: {
    read: readContractText,
    judge: 'tools/lint',
    register: async (text: string) => {
      const { contract, version } = await call(MadeContract, 'POST', 'tools', { text });
      return `/tools/${contract}/${version}`;
    },
  },
  playbook: {
    read: readPlaybookText,
    judge: 'playbooks/test',
    register: async (text: string) => {
      const { playbook, version } = await call(MadePlaybook, 'POST', 'playbooks', { text });
      return `/tools/playbooks/${playbook}/${version}`;
    },
  },
};

export type DocumentKind = keyof typeof KINDS;

/** A contract or playbook that is being written: read here as it is typed, judged by the server, and registered. */
export function DocumentEditor({
  kind,
  label,
  text,
  change,
}: {
  kind: DocumentKind;
  label: string;
  text: string;
  change: (text: string) => void;
}) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { read: readText, judge, register: send } = KINDS[kind];
  const read = useMemo(() => readText(text), [readText, text]);
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const isComplete = read.value !== undefined && settled === text;
  const judged = useQuery({
    queryKey: ['judged', judge, settled],
    queryFn: () => call(Judged, 'POST', judge, { text: settled }),
    enabled: isComplete,
  });
  const register = useMutation({
    mutationFn: () => send(text),
    onSuccess: async (place) => {
      await queries.invalidateQueries({ queryKey: ['tools'] });
      await navigate(place);
    },
  });
  const found = isComplete ? judged.data : undefined;
  const placed = found?.findings.map((one) => ({ ...one, line: read.lineOf(one.at) })) ?? [];
  // Nothing is wrong yet with what is not begun.
  const findings = text.trim() === '' ? [] : [...read.findings, ...placed];
  const isSound = found !== undefined && findings.every(({ severity }) => severity !== 'error');
  return (
    <Stack gap="xs">
      <TextEditor label={label} text={text} findings={findings} change={change} />
      <FixtureList fixtures={found?.fixtures ?? []} />
      {judged.error && <Failure error={judged.error} retry={() => void judged.refetch()} />}
      {register.error && <Failure error={register.error} />}
      <Group>
        <Button disabled={!isSound} loading={register.isPending} onClick={() => register.mutate()}>
          Register
        </Button>
        <Text size="sm" c="dimmed">
          Somebody else approves it, and only then is it used.
        </Text>
      </Group>
    </Stack>
  );
}
