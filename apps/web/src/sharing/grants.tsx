import { type GrantView, sayDay, sayHolder, sayPlaceOfGrant } from '@belay/contracts';
import { ActionIcon, Badge, Button, Table, Text, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { memo, useState } from 'react';
import { AddGrant } from './add-grant';

// There may be a grant for each group of a company.
const FIRST_GRANTS = 20;
const MORE_GRANTS = 100;

/** The grants of a resource: found by either name of whom they are for, taken back, and added to. */
export function Grants({
  grants,
  added,
  busy,
  add,
  revoke,
}: {
  grants: GrantView[];
  /** Whose grant was just added: it is seen without a search. */
  added: string | undefined;
  busy: boolean;
  add: (grant: Pick<GrantView, 'principal' | 'effect'>) => void;
  revoke: (grant: Pick<GrantView, 'principal' | 'effect'>) => void;
}) {
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState(FIRST_GRANTS);
  const find = (text: string) => {
    setSearch(text);
    setShown(FIRST_GRANTS);
  };
  const found = grants.filter((grant) => isNamed(grant, search.trim().toLowerCase()));
  const isAdded = (grant: GrantView) => Number(grant.principal === added);
  const ordered = found.toSorted((one, other) => isAdded(other) - isAdded(one));
  const more = Math.min(found.length - shown, MORE_GRANTS);
  return (
    <>
      {grants.length === 0 && <Text c="dimmed">No grants: nobody may read this.</Text>}
      {(grants.length > FIRST_GRANTS || search) && (
        <TextInput
          type="search"
          aria-label="Find a grant"
          placeholder="Find a grant"
          maw={360}
          value={search}
          onChange={(event) => find(event.currentTarget.value)}
        />
      )}
      {search && (
        <Text size="sm" c="dimmed" role="status">
          {found.length === 0 ? 'No grants' : `${found.length} of ${grants.length} grants`} for that name
        </Text>
      )}
      {found.length > 0 && (
        <Table aria-label="Grants">
          <Table.Tbody>
            {ordered.slice(0, shown).map((grant) => (
              <Row key={`${grant.principal} ${grant.effect} ${grant.on}`} {...grant} revoke={revoke} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {more > 0 && (
        <Button variant="light" style={{ alignSelf: 'start' }} onClick={() => setShown(shown + more)}>
          Show {more} more of {found.length} grants
        </Button>
      )}
      <AddGrant
        busy={busy}
        add={(grant) => {
          find('');
          add(grant);
        }}
      />
    </>
  );
}

const isNamed = ({ principal, displayName }: GrantView, part: string) =>
  `${principal}\n${displayName.toLowerCase()}`.includes(part);

/** Drawn anew only where its grant is another: there may be a thousand of them. */
const Row = memo(function Row({
  principal,
  displayName,
  effect,
  on,
  inherited,
  expires,
  expired,
  revoke,
}: GrantView & { revoke: (grant: Pick<GrantView, 'principal' | 'effect'>) => void }) {
  const holder = sayHolder({ principal, displayName });
  return (
    <Table.Tr>
      <Table.Td>
        <Badge color={effect === 'allow' ? 'teal' : 'red'} variant="light" miw="fit-content">
          {effect}
        </Badge>
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {holder} {effect === 'allow' ? 'may read' : 'may not read'}
        {principal !== 'everyone' && (
          <Text size="sm" c="dimmed">
            {principal}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed">
          given {sayPlaceOfGrant({ on, inherited })}
          {expires ? `, ${expired ? 'expired' : 'until'} ${sayDay(expires)}` : ''}
        </Text>
      </Table.Td>
      <Table.Td>
        {!inherited && (
          <ActionIcon
            variant="subtle"
            aria-label={`Take back that ${holder} ${effect === 'allow' ? 'may read' : 'may not read'}`}
            onClick={() => revoke({ principal, effect })}
          >
            <IconX size={16} />
          </ActionIcon>
        )}
      </Table.Td>
    </Table.Tr>
  );
});
