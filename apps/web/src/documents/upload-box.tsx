import { Accepted } from '@belay/contracts';
import { Button, FileButton, Group, Paper, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useRef, useState } from 'react';
import { call } from '../api';

/** Uploads by drag, by several files, or by a whole folder. One bad file does not stop the others. */
export function UploadBox({ collection }: { collection: string }) {
  const queries = useQueryClient();
  const folder = useRef<HTMLInputElement>(null);
  const [left, setLeft] = useState(0);
  const upload = async (files: readonly File[]) => {
    setLeft(files.length);
    for (const file of files) {
      const form = new FormData();
      form.set('collection', collection);
      form.set('path', file.webkitRelativePath || file.name);
      form.set('file', file);
      try {
        await call(Accepted, 'POST', 'documents', form);
      } catch (error) {
        notifications.show({ color: 'red', title: file.name, message: (error as Error).message });
      }
      setLeft((count) => count - 1);
      await queries.invalidateQueries({ queryKey: ['documents'] });
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void upload([...event.dataTransfer.files]);
  };
  return (
    <Paper
      withBorder
      p="md"
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      role="group"
      aria-label="Upload"
    >
      <Group justify="space-between">
        <Text>{left > 0 ? `${left} to upload …` : 'Drop files here: md, txt, html, pdf, docx.'}</Text>
        <Group gap="xs">
          <FileButton onChange={(files) => void upload(files)} multiple>
            {(props) => (
              <Button variant="light" {...props}>
                Choose files
              </Button>
            )}
          </FileButton>
          <Button variant="light" onClick={() => folder.current?.click()}>
            Choose folder
          </Button>
          <input
            ref={folder}
            type="file"
            hidden
            aria-label="Folder"
            onChange={(event) => void upload([...(event.currentTarget.files ?? [])])}
            {...{ webkitdirectory: '' }}
          />
        </Group>
      </Group>
    </Paper>
  );
}
