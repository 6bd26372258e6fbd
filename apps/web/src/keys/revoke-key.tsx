import type { ApiKey } from '@belay/contracts';
import { Button, Group, Modal, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tell } from '../api';
import { Failure } from '../failure';

/** Takes a key back, once asked whether that is meant. */
export function RevokeKey({ row: { id, label } }: { row: ApiKey }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: () => tell('DELETE', `api-keys/${encodeURIComponent(id)}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['api-keys'] }),
  });
  return (
    <>
      <Button
        variant="light"
        color="red"
        size="compact-sm"
        onClick={() => setAsking(true)}
        aria-label={`Take back ${label}`}
      >
        Take back
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Take this key back?">
        <Text style={{ overflowWrap: 'anywhere' }}>
          Whatever uses &ldquo;{label}&rdquo; is refused from now on. This cannot be undone.
        </Text>
        {revoke.error && <Failure error={revoke.error} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
            Keep it
          </Button>
          <Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>
            Take it back
          </Button>
        </Group>
      </Modal>
    </>
  );
}
