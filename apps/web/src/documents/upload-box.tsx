import { Accepted, DOCUMENT_TYPES } from '@belay/contracts';
import { Alert, Button, FileButton, Group, List, Paper, Progress, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useRef, useState } from 'react';
import { call } from '../api';
import { notifyFailure } from '../notify';
import { type Chosen, chosenFiles, droppedFiles } from './dropped-files';

const REFRESH_EVERY = 10;
interface Upload {
  readonly done: number;
  readonly total: number;
  readonly failed: readonly { path: string; reason: string }[];
}

/** Uploads one file after another. One bad file does not stop the others; each is named with its reason. */
function useUpload(collection: string) {
  const queries = useQueryClient();
  const [state, setState] = useState<Upload>({ done: 0, total: 0, failed: [] });
  const busy = state.done < state.total;
  const one = async ({ file, path }: Chosen) => {
    const form = new FormData();
    form.set('collection', collection);
    form.set('path', path);
    form.set('file', file);
    try {
      await call(Accepted, 'POST', 'documents', form);
      return [];
    } catch (error) {
      return [{ path, reason: (error as Error).message }];
    }
  };
  const upload = async (files: readonly Chosen[]) => {
    if (busy || files.length === 0) return;
    setState({ done: 0, total: files.length, failed: [] });
    for (const [index, file] of files.entries()) {
      const failed = await one(file);
      setState((before) => ({ ...before, done: index + 1, failed: [...before.failed, ...failed] }));
      if (index % REFRESH_EVERY === 0) await queries.invalidateQueries({ queryKey: ['documents'] });
    }
    await queries.invalidateQueries({ queryKey: ['documents'] });
    await queries.invalidateQueries({ queryKey: ['collections'] });
  };
  return { state, busy, upload };
}

/** Uploads by drag, by several files, or by a whole folder. */
export function UploadBox({ collection }: { collection: string }) {
  const { state, busy, upload } = useUpload(collection);
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    droppedFiles(event.dataTransfer).then(upload).catch(notifyFailure);
  };
  return (
    <Paper
      withBorder
      p="md"
      className="drop"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      role="group"
      aria-label="Upload"
    >
      <Stack gap="xs">
        <Group justify="space-between">
          <Text>Drop files or folders here: {Object.keys(DOCUMENT_TYPES).join(', ')}.</Text>
          <Pickers busy={busy} upload={(files) => void upload(chosenFiles(files))} />
        </Group>
        <Outcome state={state} />
      </Stack>
    </Paper>
  );
}

function Pickers({ busy, upload }: { busy: boolean; upload: (files: File[]) => void }) {
  const folder = useRef<HTMLInputElement>(null);
  const reset = useRef<() => void>(null);
  return (
    <Group gap="xs">
      <FileButton
        multiple
        resetRef={reset}
        onChange={(files) => {
          upload(files);
          reset.current?.();
        }}
      >
        {(props) => (
          <Button variant="light" loading={busy} {...props}>
            Choose files
          </Button>
        )}
      </FileButton>
      <Button variant="light" disabled={busy} onClick={() => folder.current?.click()}>
        Choose folder
      </Button>
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder"
        onChange={(event) => {
          upload([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
        {...{ webkitdirectory: '' }}
      />
    </Group>
  );
}

function Outcome({ state: { done, total, failed } }: { state: Upload }) {
  return (
    <div aria-live="polite">
      {done < total && <Progress value={(100 * done) / total} aria-label="Upload progress" />}
      {total > 0 && (
        <Text size="sm">
          {done - failed.length} of {total} uploaded.
        </Text>
      )}
      {failed.length > 0 && (
        <Alert color="red" title={`${failed.length} not accepted`} mt="xs">
          <List size="sm">
            {failed.map(({ path, reason }) => (
              <List.Item key={path}>
                {path}: {reason}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </div>
  );
}
