import {
  AccessView,
  Document,
  Explanation,
  Readers,
  sayExplanation,
  sayReader,
  sayStep,
} from '@belay/contracts';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

interface ChangeFlags extends CommonFlags {
  readonly on: string;
  readonly deny?: boolean;
  readonly to?: string;
  readonly from?: string;
  readonly expires?: string;
}

/** `grant`, `revoke`, `share` and `explain`. They act as the caller, who must manage the resource. */
export function addPermissionCommands(program: Command, context: Context): void {
  overHttp(program.command('grant').description('let somebody read, or deny them'))
    .requiredOption('--to <principal>', 'person:NAME, group:NAME, role:NAME or everyone')
    .requiredOption('--on <resource>', 'COLLECTION[/FOLDER] or a document id')
    .option('--deny', 'deny instead: it wins over every allow')
    .option('--expires <time>', 'until this time, as in 2027-01-31T00:00:00Z')
    .action(async (flags: ChangeFlags) => {
      const effect = flags.deny ? 'deny' : 'allow';
      const body = {
        principal: flags.to,
        on: flags.on,
        effect,
        ...(flags.expires ? { expires: flags.expires } : {}),
      };
      const api = connect(flags, context);
      const view = await api.call('grants', AccessView, { method: 'POST', body });
      await showAccess(context, flags, view, api);
    });
  overHttp(program.command('revoke').description('take a grant back'))
    .requiredOption('--from <principal>', 'person:NAME, group:NAME, role:NAME or everyone')
    .requiredOption('--on <resource>', 'COLLECTION[/FOLDER] or a document id')
    .option('--deny', 'take back a deny')
    .action(async (flags: ChangeFlags) => {
      const body = { principal: flags.from, on: flags.on, effect: flags.deny ? 'deny' : 'allow' };
      const api = connect(flags, context);
      const view = await api.call('grants/revoke', AccessView, { method: 'POST', body });
      await showAccess(context, flags, view, api);
    });
  overHttp(program.command('share <resource>').description('who may read it, and why')).action(
    async (resource: string, flags: CommonFlags) => {
      const api = connect(flags, context);
      const view = await api.call(`access?on=${encodeURIComponent(resource)}`, AccessView);
      await showAccess(context, flags, view, api);
    },
  );
  overHttp(
    program.command('explain <person> <document>').description('why a person may or may not read a document'),
  ).action(async (person: string, document: string, flags: CommonFlags) => {
    const path = `explain?person=${encodeURIComponent(person)}&document=${encodeURIComponent(document)}`;
    const api = connect(flags, context);
    const explanation = await api.call(path, Explanation);
    const what = flags.json ? document : await sayDocument(api, document);
    const verdict = sayExplanation(explanation, what);
    const steps = explanation.steps.map((step) => `  ${step.effect}: ${sayStep(step)}`);
    show(context, flags, explanation, [verdict, ...steps]);
  });
}

/** What a document is called and where it lies; an id where the caller may not read it themselves. */
async function sayDocument(api: ApiClient, id: string): Promise<string> {
  try {
    const { title, collection, path } = await api.call(`documents/${encodeURIComponent(id)}`, Document);
    return `“${title}” (${collection}/${path})`;
  } catch (error) {
    if (error instanceof CliError && error.exitCode !== EXIT.unreachable) return `document ${id}`;
    throw error;
  }
}

async function showAccess(
  context: Context,
  flags: CommonFlags,
  view: AccessView,
  api: ApiClient,
): Promise<void> {
  const readers = await allReaders(api, view.on);
  show(context, flags, { ...view, readers }, [
    `${view.on} (${view.kind}${view.inherits ? '' : ', inherits nothing'})`,
    ...view.grants.map(
      (grant) =>
        `  ${grant.effect} ${grant.principal} (${grant.displayName})${grant.inherited ? ` from ${grant.on}` : ''}${grant.expires ? ` until ${grant.expires}` : ''}`,
    ),
    'May read it:',
    ...readers.map((reader) => `  ${reader.displayName} (${reader.person}): ${sayReader(reader)}`),
  ]);
}

async function allReaders(api: ApiClient, on: string): Promise<Readers['readers']> {
  const found: Readers['readers'] = [];
  for (let after: string | null = ''; after !== null;) {
    const query = new URLSearchParams({ on, after, limit: '500' });
    const page: Readers = await api.call(`access/readers?${query.toString()}`, Readers);
    found.push(...page.readers);
    after = page.next;
  }
  return found;
}
