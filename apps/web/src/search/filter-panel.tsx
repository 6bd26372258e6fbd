import { DOCUMENT_TYPES, type Facets, type FacetValue } from '@belay/contracts';
import { Anchor, Button, Checkbox, Fieldset, Group, Stack, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { sayCollection, useCollections } from '../collections/use-collections';
import type { SearchState, Several } from './search-state';

// The first extension of a type is its usual one.
const EXTENSIONS = new Map(
  Object.entries(DOCUMENT_TYPES)
    .reverse()
    .map(([extension, type]) => [type as string, extension]),
);
const NAMES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });

function typeName(type: string): string {
  return EXTENSIONS.get(type)?.toUpperCase() ?? type;
}
function languageName(code: string): string {
  try {
    return code === 'und' || code === '' ? 'Unknown' : (NAMES.of(code) ?? code);
  } catch {
    return code;
  }
}

/** What the search can be narrowed to, with counts over what the person may read. */
export function FilterPanel({ state, facets }: { state: SearchState; facets: Facets | undefined }) {
  const collection = state.one('collection');
  const folder = state.one('folder');
  const owners = new Map(useCollections().data?.collections.map(({ id, owner }) => [id, owner]));
  return (
    <Stack component="section" aria-label="Filters" gap="sm">
      {state.isFiltered && (
        <Button variant="light" size="compact-sm" onClick={state.clear} style={{ alignSelf: 'start' }}>
          Clear filters
        </Button>
      )}
      {facets && (
        <>
          <Text size="xs" c="dimmed">
            Documents with a word of the query, of all that you may read
          </Text>
          <Choice legend="Collection">
            {facets.collections.map((row) => (
              <Value
                key={row.value}
                row={row}
                name={sayCollection(row.label, owners.get(row.value))}
                checked={collection === row.value}
                change={() => state.set('collection', collection === row.value ? null : row.value)}
              />
            ))}
          </Choice>
          <SeveralOf legend="Type" name="type" rows={facets.types} label={typeName} state={state} />
          <SeveralOf
            legend="Language"
            name="language"
            rows={facets.languages}
            label={languageName}
            state={state}
          />
          {(folder !== null || (collection !== null && facets.folders.length > 0)) && (
            <Folders rows={facets.folders} state={state} folder={folder} />
          )}
        </>
      )}
      <Choice legend="Changed">
        <TextInput
          type="date"
          label="From"
          size="xs"
          value={state.one('since') ?? ''}
          onChange={(event) => state.set('since', event.currentTarget.value)}
        />
        <TextInput
          type="date"
          label="To"
          size="xs"
          value={state.one('until') ?? ''}
          onChange={(event) => state.set('until', event.currentTarget.value)}
        />
      </Choice>
    </Stack>
  );
}

function Choice({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <Fieldset legend={legend} p="xs" radius="sm">
      <Stack gap={6}>{children}</Stack>
    </Fieldset>
  );
}

function SeveralOf({
  legend,
  name,
  rows,
  label,
  state,
}: {
  legend: string;
  name: Several;
  rows: FacetValue[];
  label: (value: string) => string;
  state: SearchState;
}) {
  const chosen = state.several(name);
  // What was chosen stays in sight, so that it can be taken back, when nothing has it any more.
  const lost = chosen.filter((value) => !rows.some((row) => row.value === value));
  const all = [...rows, ...lost.map((value) => ({ value, label: value, documents: 0, matching: 0 }))];
  if (all.length === 0) return null;
  return (
    <Choice legend={legend}>
      {all.map((row) => (
        <Value
          key={row.value}
          row={row}
          name={label(row.value)}
          checked={chosen.includes(row.value)}
          change={() => state.toggle(name, row.value)}
        />
      ))}
    </Choice>
  );
}

function Value({
  row,
  name,
  checked,
  change,
}: {
  row: FacetValue;
  name: string;
  checked: boolean;
  change: () => void;
}) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <Checkbox
        size="xs"
        label={name}
        checked={checked}
        onChange={change}
        styles={{ label: { overflowWrap: 'anywhere' } }}
      />
      <Count row={row} />
    </Group>
  );
}

function Count({ row: { matching, documents } }: { row: FacetValue }) {
  return (
    <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
      {matching} of {documents}
    </Text>
  );
}

function Folders({ rows, state, folder }: { rows: FacetValue[]; state: SearchState; folder: string | null }) {
  const above = folder?.split('/').slice(0, -1).join('/') ?? '';
  return (
    <Choice legend="Folder">
      {folder !== null && (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {folder}{' '}
          <Anchor
            component="button"
            type="button"
            size="sm"
            onClick={() => state.set('folder', above || null)}
          >
            up
          </Anchor>
        </Text>
      )}
      {rows.map((row) => (
        <Group key={row.value} justify="space-between" wrap="nowrap" gap="xs">
          <Anchor component="button" type="button" size="sm" onClick={() => state.set('folder', row.value)}>
            {row.label}
          </Anchor>
          <Count row={row} />
        </Group>
      ))}
    </Choice>
  );
}
