import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of this checkout: three folders above the compiled file. */
export function workspaceRoot(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
}

/** The version in the workspace's package.json. */
export function workspaceVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(workspaceRoot(), 'package.json'), 'utf8'));
  const version = (manifest as { version?: unknown }).version;
  return typeof version === 'string' ? version : '0.0.0';
}

/** The demo company: the repository's, or the folder that BELAY_SAMPLES names. */
export function samplesFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['BELAY_SAMPLES'] ?? join(workspaceRoot(), 'samples');
}
