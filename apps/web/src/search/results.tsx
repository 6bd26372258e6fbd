import { sayAbsent, type SearchResponse, type SearchResult, sayDay } from '@belay/contracts';
import { Anchor, Box, Button, Card, Stack, Text } from '@mantine/core';
import { type KeyboardEvent, useRef } from 'react';
import { Link } from 'react-router';
import { useSayPlace } from '../collections/use-collections';
import type { SearchState } from './search-state';

const SHOWN_CHARACTERS = 320;
const BEFORE_HIT = 80;
const PASSAGES_SHOWN = 3;

const place = (result: SearchResult) =>
  `/documents/${result.documentId}?version=${result.versionId}&start=${result.start}&end=${result.end}`;

/** Passages by document, best first. Arrow keys move between them. */
export function Results({
  response,
  state,
  stale,
}: {
  response: SearchResponse;
  state: SearchState;
  stale: boolean;
}) {
  const list = useRef<HTMLDivElement>(null);
  const groups = new Map<string, SearchResult[]>();
  for (const result of response.results)
    groups.set(result.documentId, [...(groups.get(result.documentId) ?? []), result]);
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const links = [...(list.current?.querySelectorAll<HTMLElement>('a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    const next = links[at + step];
    if (step === 0 || at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  };
  // A former response has another query.
  const absent = stale ? null : sayAbsent(state.query, response, state.one('collection') !== null);
  if (groups.size === 0)
    return (
      <Stack align="start" gap="xs" role="status">
        <Text>Nothing found in what you may read{state.isFiltered ? ' with these filters' : ''}.</Text>
        {absent && <Absent said={absent} />}
        {state.isFiltered && (
          <Button variant="light" size="compact-sm" onClick={state.clear}>
            Search without filters
          </Button>
        )}
      </Stack>
    );
  return (
    <Box ref={list} onKeyDown={move} aria-busy={stale}>
      <Text size="sm" c="dimmed" mb="xs" role="status">
        {response.results.length} {response.results.length === 1 ? 'passage' : 'passages'} in {groups.size}{' '}
        {groups.size === 1 ? 'document' : 'documents'}
      </Text>
      {absent && <Absent said={absent} />}
      <Stack component="ol" gap="sm" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Results">
        {[...groups].map(([id, results]) => (
          <li key={id}>
            <DocumentResult results={results} />
          </li>
        ))}
      </Stack>
      {state.canShowMore && response.results.length >= state.limit && (
        <Button mt="md" variant="light" onClick={state.showMore}>
          Show more
        </Button>
      )}
    </Box>
  );
}

// What is shown below then is a guess, which must not look like a find.
function Absent({ said }: { said: string }) {
  return (
    <Text size="sm" mb="sm" role="note" style={{ overflowWrap: 'anywhere' }}>
      {said}
    </Text>
  );
}

function DocumentResult({ results }: { results: SearchResult[] }) {
  const sayPlace = useSayPlace();
  const [first] = results;
  if (!first) return null;
  return (
    <Card withBorder padding="sm">
      <Anchor component={Link} to={place(first)} fw={600} style={{ overflowWrap: 'anywhere' }}>
        {first.title}
      </Anchor>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {sayPlace(first)}
        {first.updatedAt && ` · ${sayDay(first.updatedAt)}`}
      </Text>
      {results.slice(0, PASSAGES_SHOWN).map((result) => (
        <Passage key={result.start} result={result} />
      ))}
      {results.length > PASSAGES_SHOWN && (
        <Text size="xs" c="dimmed">
          and {results.length - PASSAGES_SHOWN} more passages
        </Text>
      )}
      {first.copies.length > 0 && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          The same in: {first.copies.map((copy) => copy.title).join(', ')}
        </Text>
      )}
    </Card>
  );
}

function Passage({ result }: { result: SearchResult }) {
  const where = [...result.heading, ...(result.page === null ? [] : [`page ${result.page}`])].join(' › ');
  return (
    <Anchor
      component={Link}
      to={place(result)}
      underline="never"
      c="inherit"
      display="block"
      mt={6}
      aria-label={`Passage: ${result.text.slice(0, 80)}`}
    >
      {where && (
        <Text size="xs" c="dimmed">
          {where}
        </Text>
      )}
      <Text size="sm" component="span" style={{ overflowWrap: 'anywhere' }}>
        <Snippet text={result.text} hits={result.hits ?? []} />
      </Text>
    </Anchor>
  );
}

/** The part of a passage around its first hit, with the hits marked. */
function Snippet({ text, hits }: { text: string; hits: [number, number][] }) {
  const first = hits[0]?.[0] ?? 0;
  const start = text.length <= SHOWN_CHARACTERS ? 0 : Math.max(0, first - BEFORE_HIT);
  const end = Math.min(text.length, start + SHOWN_CHARACTERS);
  const inside = hits.filter(([from, to]) => from >= start && to <= end);
  let at = start;
  const parts = inside.flatMap(([from, to]) => {
    const plain = text.slice(at, from);
    at = to;
    return [plain, <mark key={from}>{text.slice(from, to)}</mark>];
  });
  return (
    <>
      {start > 0 && '… '}
      {parts}
      {text.slice(at, end)}
      {end < text.length && ' …'}
    </>
  );
}
