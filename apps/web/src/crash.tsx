import { Alert, Button, Center, Stack } from '@mantine/core';
import { Component, type ReactNode } from 'react';

/** Stands in for a page that failed to draw, for example after the server was updated underneath it. */
export class Crash extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Center mih="60vh" p="md">
        <Alert color="red" title="This page failed">
          <Stack align="flex-start">
            Load it again. Nothing that you saved is lost.
            <Button size="compact-sm" onClick={() => window.location.reload()}>
              Load again
            </Button>
          </Stack>
        </Alert>
      </Center>
    );
  }
}
