import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { buildProgram } from './main.js';

const SILENT = { environment: {}, print: () => undefined, note: () => undefined };

function all(command: Command, above: readonly string[] = []): { path: string; command: Command }[] {
  const path = [...above, command.name()];
  return [
    { path: path.join(' '), command },
    ...command.commands.flatMap((child) => all(child as Command, path)),
  ];
}

describe('help', () => {
  const commands = all(buildProgram(SILENT, () => undefined));

  it('says of every command what it does', () => {
    expect(commands.filter(({ command }) => command.description() === '').map(({ path }) => path)).toEqual(
      [],
    );
  });

  it('says of every option what it does', () => {
    const silent = commands.flatMap(({ path, command }) =>
      command.options.filter(({ description }) => description === '').map(({ flags }) => `${path} ${flags}`),
    );
    expect(silent).toEqual([]);
  });
});
