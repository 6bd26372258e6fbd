import { Grantee } from '@belay/contracts';
import { Autocomplete, type AutocompleteProps, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../api';

const Grantees = z.object({ principals: z.array(Grantee) });
const MOST_SHOWN = 30;
const TYPING_MS = 200;

/** A field for `person:NAME`, `group:NAME`, `role:NAME` or `everyone`, found on the server by either of their names. */
export function PrincipalPicker(props: AutocompleteProps & { value: string }) {
  const [search] = useDebouncedValue(props.value.trim(), TYPING_MS);
  const grantees = useQuery({
    queryKey: ['principals', search],
    queryFn: () => {
      const query = new URLSearchParams({ search, limit: String(MOST_SHOWN) });
      return call(Grantees, 'GET', `principals?${query.toString()}`);
    },
    placeholderData: keepPreviousData,
  });
  const names = new Map(grantees.data?.principals.map((entry) => [entry.principal, entry.displayName]));
  const found = [...names.keys()];
  // What is typed in full needs no choice, and a list of it alone would lie over the rest of a form.
  const choices = found.length === 1 && found[0] === props.value ? [] : found;
  return (
    <Autocomplete
      placeholder="Type a name"
      data={choices}
      limit={MOST_SHOWN}
      filter={({ options }) => options}
      renderOption={({ option }) => (
        <div>
          <Text size="sm">{names.get(option.value)}</Text>
          <Text size="xs">{option.value}</Text>
        </div>
      )}
      {...props}
    />
  );
}
