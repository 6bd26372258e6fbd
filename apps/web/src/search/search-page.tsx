import { SearchResponse } from '@belay/contracts';
import {
  ActionIcon,
  Button,
  Drawer,
  Grid,
  Group,
  Loader,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { IconAdjustments, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';
import { FilterPanel } from './filter-panel';
import { Results } from './results';
import { requestOf, type SearchState, useSearchState } from './search-state';

export function SearchPage() {
  const state = useSearchState();
  const wide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false });
  const [open, panel] = useDisclosure();
  const request = requestOf(state);
  const found = useQuery({
    queryKey: ['search', request],
    queryFn: () => call(SearchResponse, 'POST', 'search', request),
    enabled: state.query !== '',
    placeholderData: keepPreviousData,
  });
  const filters = <FilterPanel state={state} facets={found.data?.facets} />;
  return (
    <Stack>
      <Title order={1} size="h2">
        Search
      </Title>
      <Group wrap="nowrap" gap="xs" align="end">
        <SearchForm key={state.query} state={state} busy={found.isFetching} />
        {!wide && state.query !== '' && (
          <ActionIcon variant="light" size="lg" aria-label="Filters" onClick={panel.open}>
            <IconAdjustments size={18} />
          </ActionIcon>
        )}
      </Group>
      {state.query === '' ? (
        <Text c="dimmed">Passages of everything that you may read, by words and by meaning.</Text>
      ) : (
        <Grid gap="lg">
          {wide && <Grid.Col span={3}>{filters}</Grid.Col>}
          <Grid.Col span={wide ? 9 : 12}>
            {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
            {found.isPending && <Loader aria-label="Searching" />}
            {found.data && !found.error && (
              <Results response={found.data} state={state} stale={found.isPlaceholderData} />
            )}
          </Grid.Col>
        </Grid>
      )}
      <Drawer
        opened={open && !wide}
        onClose={panel.close}
        title="Filters"
        position="bottom"
        size="80%"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {filters}
        <Button fullWidth mt="md" onClick={panel.close}>
          Show results
        </Button>
      </Drawer>
    </Stack>
  );
}

function SearchForm({ state, busy }: { state: SearchState; busy: boolean }) {
  const [text, setText] = useState(state.query);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (state.query === '') field.current?.focus();
  }, [state.query]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '') state.ask(text.trim());
  };
  return (
    <Group component="form" role="search" onSubmit={submit} wrap="nowrap" gap="xs" style={{ flex: 1 }}>
      <TextInput
        ref={field}
        style={{ flex: 1 }}
        type="search"
        aria-label="Search for"
        placeholder="Words or a question"
        maxLength={2000}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" loading={busy} disabled={text.trim() === ''}>
        Search
      </Button>
    </Group>
  );
}
