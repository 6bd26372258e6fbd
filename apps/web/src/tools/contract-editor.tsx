import { ContractDetail, LintReport } from '@belay/contracts';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { readContractText } from './contract-text';
import { TextEditor } from './text-editor';

const TYPING_MS = 500;

/** A contract that is being written: read here as it is typed, judged by the server, and registered. */
export function ContractEditor({
  label,
  text,
  change,
}: {
  label: string;
  text: string;
  change: (text: string) => void;
}) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const read = useMemo(() => readContractText(text), [text]);
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const isComplete = read.value !== undefined && settled === text;
  const lint = useQuery({
    queryKey: ['lint', settled],
    queryFn: () => call(LintReport, 'POST', 'tools/lint', { text: settled }),
    enabled: isComplete,
  });
  const register = useMutation({
    mutationFn: () => call(ContractDetail, 'POST', 'tools', { text }),
    onSuccess: async ({ contract, version }) => {
      await queries.invalidateQueries({ queryKey: ['tools'] });
      await navigate(`/tools/${contract}/${version}`);
    },
  });
  const judged = isComplete ? (lint.data?.findings ?? []) : [];
  const findings = [...read.findings, ...judged.map((one) => ({ ...one, line: read.lineOf(one.at) }))];
  const isSound = isComplete && lint.isSuccess && findings.every(({ severity }) => severity !== 'error');
  return (
    <Stack gap="xs">
      <TextEditor label={label} text={text} findings={findings} change={change} />
      {lint.error && <Failure error={lint.error} retry={() => void lint.refetch()} />}
      {register.error && <Failure error={register.error} />}
      <Group>
        <Button disabled={!isSound} loading={register.isPending} onClick={() => register.mutate()}>
          Register
        </Button>
        <Text size="sm" c="dimmed">
          Somebody else approves it, and only then can it be called.
        </Text>
      </Group>
    </Stack>
  );
}
