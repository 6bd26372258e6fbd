import { Alert, Text } from '@mantine/core';
import { IconHandStop } from '@tabler/icons-react';
import { sayKill, useKills } from './use-kills';

/** Says on every page what is stopped now. Nothing where nothing is. */
export function KillBanner() {
  const kills = useKills();
  const active = kills.data?.kills.filter(({ liftedAt }) => liftedAt === null) ?? [];
  if (active.length === 0) return null;
  return (
    <Alert
      color="red"
      variant="filled"
      mb="md"
      role="alert"
      icon={<IconHandStop />}
      title="An administrator has stopped actions"
    >
      {active.map((kill) => (
        <Text key={kill.id} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {sayKill(kill)}: {kill.reason}
        </Text>
      ))}
    </Alert>
  );
}
