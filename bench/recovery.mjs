/**
 * Law 5 with figures: each service is killed with -9, and Redis emptied, while a document is at each stage and
 * others are uploaded and questions asked. Every id that was answered with 2xx must end as ready or visibly failed,
 * and nothing may be there twice. In the same run, as the named alternative, a round in which nothing is broken.
 *
 *   npm run bench -- recovery [--documents 10] [--rounds 1]
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Database, sql } from '../libs/database/dist/index.js';
import { signIn, startProduct } from './harness/product.mjs';
import { rounded } from './harness/statistics.mjs';

const STAGES = ['parse', 'index'];
const BROKEN = ['nothing', 'worker', 'api', 'redis', 'postgres', 'emptied'];
const WAIT_MS = 120_000;
const FLAGS = { documents: { type: 'string', default: '10' }, rounds: { type: 'string', default: '1' } };

export async function measure(options, say) {
  const { documents, rounds } = parseArgs({ args: options, options: FLAGS }).values;
  const product = await startProduct(say, { documents: false });
  const drills = [];
  try {
    const person = await signIn(product.address, 'admin');
    for (let turn = 0; turn < Number(rounds); turn += 1) {
      for (const broken of BROKEN) {
        for (const stage of broken === 'nothing' ? ['index'] : STAGES) {
          const drill = await breakAt(product, person, { broken, stage, turn, documents: Number(documents) });
          say(JSON.stringify(drill));
          drills.push(drill);
        }
      }
    }
    const ledger = JSON.parse(product.cli('audit', 'verify', '--as', 'admin', '--json').stdout);
    return report(drills, ledger.ok === true);
  } finally {
    await product.stop();
  }
}

async function breakAt(product, person, { broken, stage, turn, documents }) {
  const collection = `drill-${broken}-${stage}-${turn}`;
  await patiently(() => post(person, 'collections', { name: collection, title: collection }));
  const accepted = [];
  let sent = 0;
  let refused = 0;
  const uploads = async () => {
    while (sent < documents) {
      const index = sent++;
      const answer = await post(person, 'documents', form(collection, index)).catch(() => undefined);
      if (answer) accepted.push(answer.id);
      else refused += 1;
    }
  };
  let asking = true;
  const questions = async () => {
    while (asking) {
      const question = 'When was the valve replaced?';
      await post(person, 'answers', { question, collection }).catch(() => undefined);
      await sleep(50);
    }
  };
  const load = [uploads(), uploads()];
  const asked = questions();
  const reached = await reach(product, collection, stage);
  const started = performance.now();
  breakIt(product, broken);
  await Promise.all(load);
  const states = await settle(person, accepted);
  asking = false;
  await asked;
  const count = (wanted) => states.filter((state) => wanted(state)).length;
  return {
    ...{ broken, stage, reached, accepted: accepted.length, refused },
    ready: count((state) => state === 'ready'),
    failed: count((state) => state === 'failed'),
    lost: count((state) => state !== 'ready' && state !== 'failed'),
    twice: await patiently(() => countTwice(product, accepted)),
    settled_s: rounded((performance.now() - started) / 1000),
  };
}

// A moment's failure while a process is away is expected; only what was answered with 2xx counts as accepted.
async function post(person, path, body) {
  const response = await person.post(path, body);
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return answer;
}

async function patiently(work) {
  for (const end = Date.now() + WAIT_MS; ; await sleep(200)) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

function form(collection, index) {
  const lines = Array.from(
    { length: 400 },
    (_, line) =>
      `Line ${line} of report ${index} says that pump ${line * 7 + index} ran for ${line + 3} hours.`,
  );
  const data = new FormData();
  data.set('collection', collection);
  data.set('path', `report-${index}.md`);
  data.set(
    'file',
    new Blob([`# Report ${index}\n\nThe valve was replaced in June.\n\n${lines.join(' ')}`]),
    'report.md',
  );
  return data;
}

/** Waits until a document of the collection is at the stage; false where all had passed it before it was seen. */
async function reach(product, collection, stage) {
  const database = new Database({ ...product.connection, max: 1 });
  const look = sql`select v.stage from document_version v
    join document d on d.tenant_id = v.tenant_id and d.document_id = v.document_id
    join collection c on c.tenant_id = d.tenant_id and c.collection_id = d.collection_id
    where v.tenant_id = 1 and c.name = ${collection}`;
  try {
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(2)) {
      const rows = await database.transaction({ role: 'owner', tenant: 1 }, (tx) => tx.many(look));
      if (rows.some((row) => row.stage === stage)) return true;
    }
    return false;
  } finally {
    await database.close();
  }
}

function breakIt(product, broken) {
  if (broken === 'nothing') return;
  if (broken === 'emptied') spawnSync('redis-cli', ['-s', `${product.home}/sockets/redis.sock`, 'flushall']);
  else process.kill(product.pids()[broken], 'SIGKILL');
}

async function settle(person, ids) {
  const states = new Map();
  for (const end = Date.now() + WAIT_MS; Date.now() < end && states.size < ids.length; await sleep(250)) {
    for (const id of ids.filter((entry) => !states.has(entry))) {
      const document = await person.get(`documents/${id}`).catch(() => undefined);
      if (['ready', 'failed'].includes(document?.stage)) states.set(id, document.stage);
    }
  }
  return ids.map((id) => states.get(id));
}

/** Documents of which anything is there twice: a version, a passage, a vector, a leaf of acceptance. */
async function countTwice({ connection }, ids) {
  const database = new Database({ ...connection, max: 1 });
  try {
    return await database.transaction({ role: 'owner', tenant: 1 }, async (tx) => {
      const { name } = await tx.one(
        sql`select 'embedding_' || generation_id as name from embedding_generation where state = 'active'`,
      );
      const row = await tx.one(sql`
        select count(*)::int as n from unnest(${ids}::uuid[]) as d (id)
        cross join lateral (select count(*) as n from document_version where document_id = d.id) v
        cross join lateral (select count(*) as n, count(distinct ordinal) as ordinals
          from chunk where document_id = d.id) c
        cross join lateral (select count(*) as n from ${sql.identifier(name)} where document_id = d.id) e
        cross join lateral (select count(*) as n from audit_leaf
          where header::jsonb ->> 'resource' = d.id::text and header::jsonb ->> 'type' = 'document.accept') l
        where v.n <> 1 or c.n <> c.ordinals or c.n <> e.n or l.n <> 1`);
      return row.n;
    });
  } finally {
    await database.close();
  }
}

function report(drills, isLedgerWhole) {
  const sum = (key) => drills.reduce((total, drill) => total + drill[key], 0);
  const boundaries = drills.filter(({ broken }) => broken !== 'nothing');
  const times = (list) => rounded(Math.max(...list.map((drill) => drill.settled_s)));
  const figures = {
    boundaries: boundaries.length,
    boundaries_reached: boundaries.filter(({ reached }) => reached).length,
    ...{ accepted: sum('accepted'), refused: sum('refused'), ready: sum('ready'), failed: sum('failed') },
    ...{ lost: sum('lost'), twice: sum('twice'), ledger_whole: isLedgerWhole },
    longest_recovery_s: times(boundaries),
    unbroken_s: times(drills.filter(({ broken }) => broken === 'nothing')),
  };
  const ok = figures.lost === 0 && figures.twice === 0 && isLedgerWhole && figures.accepted > 0;
  return { ok, figures, raw: { drills } };
}
