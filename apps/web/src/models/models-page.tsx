import { type Generation, Generations, type InstalledModel } from '@belay/contracts';
import { Alert, Button, Code, Loader, NumberInput, Select, Stack, Switch, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';
import { notifyFailure } from '../notify';
import { GenerationCard } from './generation-card';

const KEY = ['generations'];
const POLL_MS = 2000;
const ORDER: Record<Generation['state'], number> = { active: 0, building: 1, standby: 2 };

/** Which embedding model the index is searched with, for administrators. */
export function ModelsPage() {
  const all = useQuery({
    queryKey: KEY,
    queryFn: () => call(Generations, 'GET', 'models/generations'),
    refetchInterval: POLL_MS,
  });
  return (
    <Stack maw={760}>
      <Title order={1} size="h2">
        Models
      </Title>
      <Text>
        The index holds a vector of every passage, made by one model. A new model is built beside the present
        one, measured when it is complete, and takes its place while people go on asking. The former one
        stands by.
      </Text>
      {all.isPending && <Loader />}
      {all.error && <Failure error={all.error} retry={() => void all.refetch()} />}
      {all.data && <Shown all={all.data} />}
    </Stack>
  );
}

function Shown({ all }: { all: Generations }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: ({ method, path, body }: { method: string; path: string; body?: object }) =>
      call(Generations, method, `models/generations${path}`, body),
    onSuccess: (changed) => queries.setQueryData(KEY, changed),
    onError: notifyFailure,
  });
  const generations = all.generations.toSorted((a, b) => ORDER[a.state] - ORDER[b.state] || b.id - a.id);
  const isBuilding = generations.some(({ state }) => state === 'building');
  return (
    <>
      <Stack component="section" aria-label="Generations">
        {generations.map((generation) => (
          <GenerationCard
            key={generation.id}
            generation={generation}
            isBusy={change.isPending}
            change={(method, path, body) => change.mutate({ method, path, body })}
          />
        ))}
      </Stack>
      <Title order={2} size="h3" mt="md">
        Use another model
      </Title>
      {isBuilding ? (
        <Alert color="blue">One model is being built. Change over to it, or drop it, before the next.</Alert>
      ) : (
        <NewGeneration
          models={all.models}
          generations={all.generations}
          isBusy={change.isPending}
          start={(body) => change.mutate({ method: 'POST', path: '', body })}
        />
      )}
    </>
  );
}

// What can be had without a hub, the best first; which licence each has is in docs/models.md.
const TO_PULL = ['multilingual-e5-small', 'all-minilm-l6-v2'];

/** How to install one that is not there yet. */
function Another({ installed }: { installed: readonly string[] }) {
  const model = TO_PULL.find((id) => !installed.includes(id));
  if (model === undefined)
    return (
      <>
        Others are installed on the server, from a hub or a folder:{' '}
        <Code>./belay models pull hf:OWNER/NAME@REVISION</Code> or <Code>./belay models import FOLDER</Code>
      </>
    );
  return (
    <>
      Install another on the server: <Code>./belay models pull {model}</Code>
    </>
  );
}

function NewGeneration({
  models,
  generations,
  isBusy,
  start,
}: {
  models: readonly InstalledModel[];
  generations: readonly Generation[];
  isBusy: boolean;
  start: (body: object) => void;
}) {
  const [model, setModel] = useState<string | null>(null);
  const [margin, setMargin] = useState<string | number>(0.02);
  const [hold, setHold] = useState(false);
  const free = models.filter(({ id }) => !generations.some((one) => one.model === id && !one.problem));
  if (free.length === 0)
    return (
      <Text c="dimmed">
        Every installed model has been built. <Another installed={models.map(({ id }) => id)} />
      </Text>
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start({ model, margin: Number(margin), hold });
    setModel(null);
  };
  const shown = free.map(({ id, dimension, licence }) => ({
    value: id,
    label: `${id} (${dimension} dimensions, ${licence})`,
  }));
  return (
    <Stack component="form" onSubmit={(event) => submit(event as unknown as FormEvent)} maw={420}>
      <Select label="Installed model" data={shown} value={model} onChange={setModel} required />
      <NumberInput
        label="It may find less by"
        description="Margin of nDCG@10 against the present model, 0 to 1"
        value={margin}
        onChange={setMargin}
        min={0}
        max={1}
        step={0.01}
        required
      />
      <Switch
        label="Wait for me before changing over"
        checked={hold}
        onChange={(event) => setHold(event.currentTarget.checked)}
      />
      <Button type="submit" disabled={model === null} loading={isBusy} style={{ alignSelf: 'start' }}>
        Build it
      </Button>
    </Stack>
  );
}
