import type { Collection } from '@belay/contracts';
import { Button, Group, Menu } from '@mantine/core';
import { IconFolder, IconShare } from '@tabler/icons-react';

/** Opens the sharing of a collection or of one of its folders. */
export function ShareMenu({ collection, share }: { collection: Collection; share: (on: string) => void }) {
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
    </Group>
  );
}
