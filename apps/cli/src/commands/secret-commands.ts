import { text } from 'node:stream/consumers';
import { type Peer, sayTime, SecretInfo, SecretPlace } from '@belay/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

const PATH = 'tools/secrets';
const Rows = z.object({ secrets: z.array(SecretInfo) });

/** `tools secret set|list|remove`: values are read from standard input and printed nowhere. */
export function addSecretCommands(tools: Command, context: Context, readPeer: (file: string) => Peer): void {
  const secret = tools.command('secret').description('values that servers are given under a name');
  overHttp(secret.command('set <name>').description('its value is read from standard input'))
    .requiredOption('--peer <file>', 'the server that it is for, as its YAML file describes it now')
    .action(async (name: string, flags: CommonFlags & { peer: string }) => {
      const peer = readPeer(flags.peer);
      const client = connect(flags, context);
      // Whoever may not set it is told before it is typed.
      await client.call(PATH, Rows);
      const value = await readValue(context);
      await client.call(`${PATH}/${encodeURIComponent(name)}`, SecretPlace, {
        method: 'PUT',
        body: { value, peer },
      });
      show(context, flags, { name, peer: peer.id }, [
        `Set. ${peer.id} gets it the next time it is started; with other settings it does not.`,
      ]);
    });
  overHttp(secret.command('list').description('their names; never what they are')).action(
    async (flags: CommonFlags) => {
      const listed = await connect(flags, context).call(PATH, Rows);
      const lines = listed.secrets.map(
        ({ name, peer, setBy, setAt }) => `${name}  for ${peer}  set by ${setBy}, ${sayTime(setAt)}`,
      );
      show(context, flags, listed, lines.length > 0 ? lines : ['No secret.']);
    },
  );
  overHttp(secret.command('remove <name>').description('erase a secret; what uses it stops working')).action(
    async (name: string, flags: CommonFlags) => {
      await connect(flags, context).call(`${PATH}/${encodeURIComponent(name)}`, SecretPlace, {
        method: 'DELETE',
      });
      show(context, flags, { name }, ['Removed. Servers that name it are not started any more.']);
    },
  );
}

async function readValue(context: Context): Promise<string> {
  const input = context.input ?? process.stdin;
  if (input === process.stdin && process.stdin.isTTY)
    context.note('Type or paste the value, then Enter and Ctrl-D. It is shown here while you do.');
  const value = (await text(input)).replace(/\r?\n$/, '');
  if (value === '')
    throw new CliError(
      'Nothing came on standard input. Pipe the value: ./belay tools secret set … < FILE',
      EXIT.usage,
    );
  return value;
}
