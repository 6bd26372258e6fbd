import type { ToolContract } from '@belay/contracts';
import { Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Plain } from '../shown/plain';
import { EFFECTS, SINKS } from '../shown/words';

const APPROVAL: Record<ToolContract['approval']['when'], string> = {
  always: 'Each call waits for a person',
  tainted: 'A call waits for a person where text that nobody of us wrote could have decided something of it',
  never: 'Calls do not wait for a person',
};

/** What a contract allows, in words. */
export function ContractBounds({ document }: { document: ToolContract }) {
  const sinks = Object.entries(document.input.sinks);
  return (
    <section aria-label="What it allows">
      <Title order={2} size="h3" mb="xs">
        What it allows
      </Title>
      <Table className="stacked" verticalSpacing={4}>
        <Table.Tbody>
          {boundsOf(document).map(([name, says]) => (
            <Row key={name} name={name}>
              {says}
            </Row>
          ))}
          <Row name="What decides">
            {sinks.length === 0
              ? 'No argument decides anything.'
              : sinks.map(([at, sink]) => (
                  <span key={at}>
                    <Plain text={at.slice(1)} />: {SINKS[sink]}
                    <br />
                  </span>
                ))}
          </Row>
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" w={160}>
        {name}
      </Table.Th>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" component="div">
          {children}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}

function boundsOf(document: ToolContract): [string, string][] {
  const { effect, limits, budget, approval, peer, tool } = document;
  const { blast } = effect;
  return [
    [
      'Tool',
      `${tool.name} of ${peer.id}, ${peer.transport === 'http' ? peer.url : `${peer.artifact}, in a sandbox`}`,
    ],
    ['Effect', EFFECTS[effect.class].says],
    ['Way back', wayBackOf(document)],
    ['Touches', `${blast.resource}: at most ${blast.maxItems} a call, ${blast.perDay} a day`],
    [
      'Rate',
      `${limits.rate.calls} a ${limits.rate.per}, ${limits.burst} at once, ${limits.concurrency} side by side; ` +
        `an answer within ${limits.timeoutMs / 1000} seconds`,
    ],
    ['Budget', `${budget.cost} a call, at most ${budget.maxPerRun} calls a run`],
    ['Approval', approvalOf(approval)],
    ['Dry run', DRY_RUNS[document.dryRun.mode]],
    ['Who may call it', document.users.join(', ')],
    ['Who sees it there', document.audience.join(', ')],
    ['Kept', `${document.retentionDays} days`],
  ];
}

const DRY_RUNS: Record<ToolContract['dryRun']['mode'], string> = {
  native: 'The server has one',
  simulate: 'From the contract, and reads',
  none: 'None',
};

function wayBackOf({ compensation, effect }: ToolContract): string {
  if (!compensation) return effect.class === 'read' ? 'Nothing to take back' : 'None';
  const hours = effect.reversibleForHours;
  return `${compensation.contract}${hours === undefined ? '' : `, within ${hours} hours`}`;
}

function approvalOf({ when, approvers, separation, expiresMinutes }: ToolContract['approval']): string {
  if (when === 'never') return APPROVAL.never;
  return (
    `${APPROVAL[when]}: ${approvers} ${approvers === 1 ? 'person' : 'persons'}` +
    `${separation ? ', other than who asked' : ''}, within ${expiresMinutes} minutes`
  );
}
