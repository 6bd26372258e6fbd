import { type AskedSlot, PlaybookMatch, type SlotType, type SlotValue } from '@belay/contracts';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import type { Finish } from './command.js';
import { planRun } from './run-commands.js';
import { type CommonFlags, connect, overHttp } from './session.js';

interface DoFlags extends CommonFlags {
  readonly slot: readonly string[];
  readonly start?: boolean;
}

type Match = NonNullable<PlaybookMatch['match']>;

/** `do WORDS`: the playbook that the person's words ask for, filled with them, and what it would do. */
export function addDoCommand(program: Command, context: Context, finish: Finish): void {
  overHttp(
    program
      .command('do <words>')
      .description('say what is to be done; shows what would happen, and with --start lets it happen'),
  )
    .option('--slot <name=value>', 'what your words do not say; may be given again', collect, [])
    .option('--start', 'and start it, if nothing of it is wrong')
    .action(async (words: string, flags: DoFlags) => {
      const request = { method: 'POST', body: { text: words } } as const;
      const { match } = await connect(flags, context).call('runs/match', PlaybookMatch, request);
      if (!match)
        throw new CliError(
          'Nothing that can be done for you is what you mean. See "./belay playbooks list"; questions are for "./belay ask".',
          EXIT.failure,
        );
      context.note(`${match.title} (${match.playbook})`);
      await planRun(context, finish, flags, { playbook: match.playbook, slots: fill(match, flags.slot) });
    });
}

const collect = (one: string, all: readonly string[]): readonly string[] => [...all, one];

/** The person's words and what they said besides; throws where something is missing or is no slot. */
function fill({ slots, values, missing }: Match, given: readonly string[]): Record<string, SlotValue> {
  const said = given.map((one) => {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/su.exec(one) ?? [];
    const slot = slots.find((candidate) => candidate.name === name);
    if (!slot)
      throw new CliError(
        `"${one}" is none of its slots: write NAME=VALUE with ${slots.map((each) => each.name).join(', ') || 'none'}.`,
        EXIT.usage,
      );
    return [name, typed(slot.type, value)] as const;
  });
  const filled = { ...values, ...Object.fromEntries(said) };
  const open = missing.filter(({ name }) => filled[name] === undefined);
  if (open.length > 0) throw new CliError(`Say more: ${open.map(ask).join(' ')}`, EXIT.usage);
  return filled;
}

const ask = ({ name, question, choices }: AskedSlot): string =>
  `${question} --slot ${name}=${choices ? choices.join('|') : '…'}`;

// What is none of its type is refused by the api, in words.
function typed(type: SlotType, value: string): SlotValue {
  if (type === 'yes-no' && /^(yes|no)$/i.test(value)) return value.toLowerCase() === 'yes';
  return type === 'number' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}
