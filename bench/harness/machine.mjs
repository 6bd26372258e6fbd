import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { postgresPrograms } from '../../libs/testing/native-postgres.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the figures were measured on. A load above 0 at the start means that others were at work too. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    load_at_start: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** Versions of everything that the figures depend on; `database` is `native` or `embedded`. */
export function describeVersions(database = 'embedded') {
  const commit = output('git', ['rev-parse', '--short', 'HEAD']);
  const changed = output('git', [
    'status',
    '--porcelain',
    '--',
    'apps',
    'libs',
    'models',
    'migrations',
    'bench/*.mjs',
  ]);
  return {
    belay: `${packageVersion('')}${commit ? ` (${commit}${changed ? ', changed' : ''})` : ''}`,
    node: process.versions.node,
    database:
      database === 'native'
        ? `PostgreSQL ${postgresPrograms()?.version} (native)`
        : `pglite ${packageVersion('node_modules/@electric-sql/pglite/')}`,
    redis: /v=([\d.]+)/.exec(output('redis-server', ['--version']))?.[1] ?? 'unknown',
    onnxruntime: packageVersion('node_modules/onnxruntime-node/'),
  };
}

const packageVersion = (folder) => JSON.parse(readFileSync(`${ROOT}${folder}package.json`, 'utf8')).version;

function output(command, args) {
  return spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' }).stdout?.trim() ?? '';
}
