import { Alert, Button, Stack } from '@mantine/core';
import { ApiError } from './api';

/** What went wrong, in the api's words, and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const offline = error instanceof ApiError && error.status === 0;
  return (
    <Alert
      color={offline ? 'orange' : 'red'}
      title={offline ? 'Not connected' : 'That did not work'}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        {error instanceof Error ? error.message : 'Something failed.'}
        {retry && (
          <Button size="compact-sm" variant="light" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
