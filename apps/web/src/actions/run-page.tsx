import { type Run, sayBackUntil, sayDay, type SignedInPerson } from '@belay/contracts';
import { Alert, Anchor, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { ApprovalsOfRun } from '../approvals/approvals-of-run';
import { Failure } from '../failure';
import { NotShown } from '../not-shown';
import { PersonName } from '../shown/person-name';
import { Plain } from '../shown/plain';
import { StateBadge } from '../shown/state-badge';
import { isAtRest, RUN_STATES } from '../shown/words';
import { PreviewList } from './preview-list';
import { RunActions } from './run-actions';
import { RunJournal } from './run-journal';
import { saySummary, toCome } from './run-words';
import { StepCard } from './step-card';
import { UndoReport } from './undo-report';
import { useRun, useRunChange } from './use-run';
import { When } from '../shown/when';

/** One run: what it would do before it does it, what it does while it does it, and what can be done about it. */
export function RunPage({ person }: { person: SignedInPerson }) {
  const { id = '' } = useParams();
  const run = useRun(id);
  const isOthers = run.data !== undefined && run.data.requester !== person.name;
  return (
    <Stack maw={860}>
      {run.isPending && <Loader />}
      {run.error && <NotShown what="action" error={run.error} retry={() => void run.refetch()} />}
      {run.data && <Shown run={run.data} isOwn={!isOthers} />}
      <Anchor component={Link} to={isOthers ? '/runs' : '/actions'} underline="always">
        {isOthers ? 'Everybody’s actions' : 'All actions'}
      </Anchor>
    </Stack>
  );
}

function Shown({ run, isOwn }: { run: Run; isOwn: boolean }) {
  const change = useRunChange(run.id);
  const word = RUN_STATES[run.state];
  return (
    <>
      <Group gap="xs">
        <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
          <Plain text={run.title} />
        </Title>
        <div role="status">
          <StateBadge word={word} />
        </div>
      </Group>
      <Text size="sm" c="dimmed">
        {isOwn ? (
          'Yours'
        ) : (
          <>
            Of <PersonName name={run.requester} />
          </>
        )}
        , {run.planner === 'person' ? 'step by step' : `by ${run.planner}`}, <When at={run.createdAt} />; cost{' '}
        {run.cost} of {run.budget}
      </Text>
      {run.reason && run.state !== 'needs-input' && (
        <Alert color={word.color} style={{ overflowWrap: 'anywhere' }}>
          <Plain text={run.reason} />
        </Alert>
      )}
      <Before run={run} isOwn={isOwn} />
      {change.error && <Failure error={change.error} />}
      <Kept run={run} />
      <RunActions run={run} isBusy={change.isPending} change={(step) => change.mutate({ step })} />
      {run.state === 'awaiting-approval' && <ApprovalsOfRun run={run.id} />}
      <UndoReport run={run} />
      {run.steps.length > 0 && (
        <>
          <Title order={2} size="h3">
            {mayGoOn(run) ? 'So far' : 'What happened'}
          </Title>
          <Stack component="ol" gap="sm" className="steps" aria-label="Steps">
            {run.steps.map((step) => (
              <StepCard
                key={step.id}
                step={step}
                answer={
                  isOwn
                    ? (value) => change.mutate({ step: 'answers', body: { step: step.id, answer: value } })
                    : undefined
                }
              />
            ))}
          </Stack>
          <StillToCome run={run} />
        </>
      )}
      <RunJournal run={run} />
    </>
  );
}

/** Until when a run can be taken back, and what it held is kept. */
function Kept({ run }: { run: Run }) {
  const { forgetsAt, forgotAt } = run;
  if (forgotAt)
    return (
      <Alert color="gray">
        What it held was deleted on {sayDay(forgotAt)}, as its contracts ask. It cannot be taken back any
        more; what happened stays in its journal.
      </Alert>
    );
  const until = sayBackUntil(run);
  if (!forgetsAt && until === undefined) return null;
  return (
    <Text size="sm" c="dimmed">
      {until} {forgetsAt && `What it holds is kept until ${sayDay(forgetsAt)}.`}
    </Text>
  );
}

/** What will happen, as long as nothing has. */
function Before({ run, isOwn }: { run: Run; isOwn: boolean }) {
  if (run.state === 'planned')
    return (
      <Group role="status">
        <Loader size="sm" />
        <Text>Finding out what it would do. Nothing happens yet.</Text>
      </Group>
    );
  if (run.steps.length > 0) return null;
  if (run.preview === null) return isOwn ? null : <Text>What it would do belongs to who asked for it.</Text>;
  return (
    <>
      <Title order={2} size="h3">
        {run.state === 'ready' ? 'What will happen' : 'What would have happened'}
      </Title>
      {run.bounds && <Text>{saySummary(run.bounds, run.budget)}</Text>}
      <PreviewList preview={run.preview} label="What will happen" />
    </>
  );
}

const mayGoOn = ({ state }: Run): boolean =>
  (!isAtRest(state) || ['awaiting-approval', 'needs-input', 'suspended'].includes(state)) &&
  state !== 'compensating';

function StillToCome({ run }: { run: Run }) {
  const rest = toCome(run);
  if (rest.length === 0 || !mayGoOn(run)) return null;
  return (
    <>
      <Title order={2} size="h3">
        Still to come
      </Title>
      <PreviewList preview={rest} plan={run.preview ?? undefined} label="Still to come" />
    </>
  );
}
