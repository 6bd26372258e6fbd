import { Grantee } from '@belay/contracts';
import { Autocomplete, type AutocompleteProps, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../api';

const Grantees = z.object({ principals: z.array(Grantee) });
const MOST_SHOWN = 50;

/** A field for `person:NAME`, `group:NAME`, `role:NAME` or `everyone`, found by either of their names. */
export function PrincipalPicker(props: AutocompleteProps) {
  const grantees = useQuery({
    queryKey: ['principals'],
    queryFn: () => call(Grantees, 'GET', 'principals'),
  });
  const names = new Map(grantees.data?.principals.map((entry) => [entry.principal, entry.displayName]));
  return (
    <Autocomplete
      placeholder="Type a name"
      data={[...names.keys()]}
      limit={MOST_SHOWN}
      filter={({ options, search, limit }) =>
        options
          .filter(
            (option) =>
              'value' in option &&
              `${option.value} ${names.get(option.value) ?? ''}`
                .toLowerCase()
                .includes(search.trim().toLowerCase()),
          )
          .slice(0, limit)
      }
      renderOption={({ option }) => (
        <div>
          <Text size="sm">{names.get(option.value)}</Text>
          <Text size="xs" c="dimmed">
            {option.value}
          </Text>
        </div>
      )}
      {...props}
    />
  );
}
