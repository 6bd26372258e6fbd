import { readFileSync } from 'node:fs';
import { CliError, EXIT } from '../failure.js';

/** The text of a file that a command names. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, EXIT.usage);
  }
}
