import type { Collection } from '@belay/contracts';
import { Button, Group, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFolder, IconSettings, IconShare } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { CollectionDialog } from '../collections/collection-dialog';

/** Opens the sharing of a collection or of one of its folders, and its sources and keeping. */
export function ShareMenu({ collection, share }: { collection: Collection; share: (on: string) => void }) {
  const queries = useQueryClient();
  const [open, dialog] = useDisclosure();
  // Meanwhile a source may have brought documents, or a rule removed some.
  const close = () => {
    dialog.close();
    void queries.invalidateQueries({ queryKey: ['documents'] });
  };
  return (
    <Group gap="xs">
      <Button variant="light" leftSection={<IconShare size={16} />} onClick={() => share(collection.id)}>
        Share collection
      </Button>
      {collection.folders.length > 0 && (
        <Menu>
          <Menu.Target>
            <Button variant="light" leftSection={<IconFolder size={16} />}>
              Share folder
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
            {collection.folders.map((folder) => (
              <Menu.Item key={folder} onClick={() => share(`${collection.id}/${folder}`)}>
                {folder}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Button variant="light" leftSection={<IconSettings size={16} />} onClick={dialog.open}>
        Sources and keeping
      </Button>
      {open && <CollectionDialog collection={collection} close={close} />}
    </Group>
  );
}
