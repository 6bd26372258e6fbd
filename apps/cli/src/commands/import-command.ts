import { readFileSync } from 'node:fs';
import { type ImportedPerson, PeopleImported } from '@belay/contracts';
import type { Command } from 'commander';
import { parse } from 'csv-parse/sync';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../failure.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

const BATCH = 500;
const COLUMNS = ['name', 'displayName', 'email', 'roles', 'groups'] as const;
type Column = (typeof COLUMNS)[number];

/** `people import`. */
export function addPeopleImport(people: Command, context: Context): void {
  overHttp(people.command('import <file>').description(`a CSV with the columns ${COLUMNS.join(', ')}`))
    .option('--dry-run', 'say what would happen and change nothing')
    .action(async (file: string, flags: CommonFlags & { dryRun?: boolean }) => {
      const rows = readPeople(file);
      const client = connect(flags, context);
      const result: PeopleImported = { rows: [], newGroups: [] };
      for (let start = 0; start < rows.length; start += BATCH) {
        const body = { dryRun: flags.dryRun === true, people: rows.slice(start, start + BATCH) };
        const part = await client.call('people/import', PeopleImported, { method: 'POST', body });
        result.rows.push(...part.rows);
        result.newGroups = [...new Set([...result.newGroups, ...part.newGroups])];
        if (rows.length > BATCH) context.note(`  ${result.rows.length} of ${rows.length} …`);
      }
      show(context, flags, result, summary(result, flags.dryRun === true));
      const refused = result.rows.filter((row) => row.outcome === 'refused').length;
      if (refused > 0) {
        throw new CliError(
          `${refused} of ${rows.length} rows were refused. Correct them and import the file again.`,
        );
      }
    });
}

function summary({ rows, newGroups }: PeopleImported, dryRun: boolean): string[] {
  const count = (outcome: string): number => rows.filter((row) => row.outcome === outcome).length;
  const counts = ['added', 'changed', 'unchanged', 'refused'].map(
    (outcome) => `${count(outcome)} ${outcome}`,
  );
  return [
    ...rows.filter((row) => row.reason).map((row) => `line ${row.line} (${row.name}): ${row.reason}`),
    ...(newGroups.length > 0 ? [`New groups: ${newGroups.join(', ')}.`] : []),
    `${counts.join(', ')}.${dryRun ? ' This was a dry run: nothing was changed.' : ''}`,
  ];
}

/** The rows of the file. A cell of `roles` or `groups` holds several, set apart by ";" or "|"; an empty cell says nothing. */
function readPeople(file: string): ImportedPerson[] {
  const records = readRecords(file);
  const [header = [], ...rows] = records.map(({ record }) => record.map((cell) => cell.trim()));
  const unknown = header.filter((name) => !COLUMNS.includes(name as Column));
  if (unknown.length > 0 || !header.includes('name')) {
    const wrong = unknown.length > 0 ? `"${unknown[0]}" is no column.` : 'There is no column "name".';
    throw new CliError(`${wrong} The first line names the columns: ${COLUMNS.join(',')}.`, EXIT.usage);
  }
  if (rows.length === 0) throw new CliError(`"${file}" holds no people.`, EXIT.usage);
  return rows.map((cells, index) => {
    const cell = (column: Column): string | undefined => cells[header.indexOf(column)] || undefined;
    const list = (column: Column): string[] | undefined =>
      cell(column)
        ?.split(/[;|]/)
        .map((part) => part.trim())
        .filter(Boolean);
    return {
      line: records[index + 1]?.info.lines ?? index + 2,
      name: cell('name') ?? '',
      displayName: cell('displayName'),
      email: cell('email'),
      roles: list('roles'),
      groups: list('groups'),
    };
  });
}

function readRecords(file: string): { record: string[]; info: { lines: number } }[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new CliError(`"${file}" cannot be read.`, EXIT.usage);
  }
  try {
    const [first = ''] = text.split('\n', 1);
    const delimiter = [',', '\t'].find((sign) => first.includes(sign)) ?? ';';
    return parse(text, { bom: true, delimiter, info: true, skip_empty_lines: true }) as never;
  } catch (error) {
    throw new CliError(`"${file}" is no well-formed CSV: ${(error as Error).message}`, EXIT.usage);
  }
}
