import type { Run } from '@belay/contracts';
import { Button, Group, Modal, Text } from '@mantine/core';
import { useState } from 'react';

type Step = 'start' | 'cancel' | 'undo';

/** Starts a run that was looked at, stops it, or takes it back: each only where it may be done now. */
export function RunActions({
  run,
  isBusy,
  change,
}: {
  run: Run;
  isBusy: boolean;
  change: (step: Step) => void;
}) {
  const [isAsked, setAsked] = useState(false);
  const undo = () => {
    setAsked(false);
    change('undo');
  };
  const isBegun = run.steps.length > 0;
  if (!run.mayStart && !run.mayCancel && !run.mayUndo) return null;
  return (
    <Group>
      {run.mayStart && (
        <Button loading={isBusy} onClick={() => change('start')}>
          Do it
        </Button>
      )}
      {run.mayCancel && (
        <Button
          variant={isBegun ? 'filled' : 'default'}
          color="red"
          loading={isBusy}
          onClick={() => change('cancel')}
        >
          {isBegun ? 'Stop it' : 'Do not do it'}
        </Button>
      )}
      {run.mayUndo && (
        <Button variant="light" loading={isBusy} onClick={() => setAsked(true)}>
          Take it back
        </Button>
      )}
      {isAsked && (
        <Modal opened onClose={() => setAsked(false)} title="Take back what it did?">
          <Text>
            Each effect is taken back the way its contract says, the last one first. What somebody changed
            since is left alone. A report says what was taken back and what could not be.
          </Text>
          <Group justify="flex-end" mt="md">
            <Button variant="default" data-autofocus onClick={() => setAsked(false)}>
              Leave it
            </Button>
            <Button onClick={undo}>Take it back now</Button>
          </Group>
        </Modal>
      )}
    </Group>
  );
}
