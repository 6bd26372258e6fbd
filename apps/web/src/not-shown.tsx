import { Text, Title } from '@mantine/core';
import { ApiError } from './api';
import { Failure } from './failure';

// An id that is none is refused as such; for whoever opened its address it is a thing that is not there.
const ABSENT = [400, 404];

/**
 * Why a page about one thing shows nothing. What is not there, what is somebody else's and what is no id at all read
 * the same.
 */
export function NotShown({ error, what, retry }: { error: unknown; what: string; retry: () => void }) {
  if (!(error instanceof ApiError && ABSENT.includes(error.status)))
    return <Failure error={error} retry={retry} />;
  return (
    <div role="alert">
      <Title order={1} size="h2" mb="xs">
        There is no such {what}
      </Title>
      <Text>It is not there any more, never was, or is not for you.</Text>
    </div>
  );
}
