import { type Document, DOCUMENT_TYPES } from '@belay/contracts';
import { Alert, Anchor, Button, FileButton, Group, List, Paper, Progress, Stack, Text } from '@mantine/core';
import { type DragEvent, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { notifyFailure } from '../notify';
import { chosenFiles, droppedFiles } from './dropped-files';
import { sayUpload } from './say-upload';
import { type Upload, useUpload } from './use-upload';

const MOST_SHOWN = 50;

/** Uploads by drag, by several files, or by a whole folder. `documents` are those that are known of the collection. */
export function UploadBox({ collection, documents }: { collection: string; documents: readonly Document[] }) {
  const { state, upload, stop, retry } = useUpload(collection);
  const [over, setOver] = useState(false);
  const stages = useMemo(() => new Map(documents.map(({ id, stage }) => [id, stage])), [documents]);
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
          <Pickers busy={state.busy} upload={(files) => void upload(chosenFiles(files))} />
        </Group>
        <Outcome state={state} says={sayUpload(state, stages)} stop={stop} retry={() => void retry()} />
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

function Outcome({
  state: { done, total, failed, busy },
  says,
  stop,
  retry,
}: {
  state: Upload;
  says: string;
  stop: () => void;
  retry: () => void;
}) {
  return (
    <div aria-live="polite">
      {busy && <Progress value={(100 * done) / total} aria-label="Upload progress" />}
      {total > 0 && (
        <Group gap="xs">
          <Text size="sm">
            {says}.{' '}
            <Anchor component={Link} to="/uploads" inherit underline="always">
              What becomes of them
            </Anchor>
          </Text>
          {busy && (
            <Button variant="subtle" size="compact-sm" onClick={stop}>
              Stop
            </Button>
          )}
        </Group>
      )}
      {failed.length > 0 && (
        <Alert color="red" title={`${failed.length} not accepted`} mt="xs">
          <List size="sm">
            {failed.slice(0, MOST_SHOWN).map(({ chosen: { path }, reason }) => (
              <List.Item key={path}>
                {path}: {reason}
              </List.Item>
            ))}
          </List>
          {failed.length > MOST_SHOWN && <Text size="sm">and {failed.length - MOST_SHOWN} more.</Text>}
          {!busy && (
            <Button variant="light" size="compact-sm" mt="xs" onClick={retry}>
              Try these again
            </Button>
          )}
        </Alert>
      )}
    </div>
  );
}
