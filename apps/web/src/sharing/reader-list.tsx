import { Readers, sayReader } from '@belay/contracts';
import { Text, Title } from '@mantine/core';
import { Listing } from '../people/listing';
import { usePages } from '../people/use-pages';

/** Who may read a resource and why, searched and paged by the server: it may be a whole company. */
export function ReaderList({ on }: { on: string }) {
  const readers = usePages(Readers, ['readers', on], 'access/readers', { on });
  return (
    <section aria-label="Who can read this and why">
      <Title order={2} size="h5" mb="xs">
        Who can read this and why
      </Title>
      <Listing pages={readers} label="Find a reader" noun={['person', 'people']} none="Nobody.">
        {readers.pages
          .flatMap((page) => page.readers)
          .map((reader) => (
            <Text key={reader.person} size="sm" style={{ overflowWrap: 'anywhere' }}>
              <b>{reader.displayName}</b> may read, {sayReader(reader)}
            </Text>
          ))}
      </Listing>
    </section>
  );
}
