import type { Invitation } from '@belay/contracts';
import { Alert, Button, CopyButton, Group, Text } from '@mantine/core';
import { When } from '../shown/when';

/** A link to hand to a person, shown once. */
export function InvitationLink({ invitation }: { invitation: Invitation }) {
  const link = new URL(invitation.path, window.location.origin).toString();
  return (
    <Alert title={`Invitation for ${invitation.name}`} color="teal" role="status">
      <Group>
        <Text style={{ overflowWrap: 'anywhere' }}>{link}</Text>
        <CopyButton value={link}>
          {({ copied, copy }) => (
            <Button size="compact-sm" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
      It works once, until <When at={invitation.expiresAt} />.
    </Alert>
  );
}
