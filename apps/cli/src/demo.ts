import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Accepted, AccessView, Collection } from '@belay/contracts';
import { z } from 'zod';
import { ApiClient, ApiError, type ApiRequest } from './http/api-client.js';

const CompanyGrant = z.object({
  to: z.string(),
  effect: z.enum(['allow', 'deny']).default('allow'),
  expires: z.string().optional(),
});
type CompanyGrant = z.infer<typeof CompanyGrant>;

const Access = z.object({ inherits: z.boolean().default(true), grants: z.array(CompanyGrant).default([]) });
const CompanyDocument = Access.extend({ path: z.string(), title: z.string().optional() });
type CompanyDocument = z.infer<typeof CompanyDocument>;
const CompanyCollection = z.object({
  name: z.string(),
  title: z.string(),
  grants: z.array(CompanyGrant).default([]),
  folders: z.array(Access.extend({ path: z.string() })).default([]),
  documents: z.array(CompanyDocument).default([]),
});
type CompanyCollection = z.infer<typeof CompanyCollection>;
const Company = z.object({ collections: z.array(CompanyCollection) });

const Progress = z.object({ waiting: z.number(), failed: z.number() });
const UPLOADS_AT_ONCE = 4;
const LOOK_EVERY_MS = 250;
const LOOKS_A_LINE = 4;

/** Where the demo's documents come from and where they go. */
interface Load {
  readonly api: ApiClient;
  readonly samples: string;
  readonly report: (line: string) => void;
}

/**
 * Loads the demo company over the HTTP API. Every place gets its permissions before any content reaches it,
 * so nothing is readable by the wrong person even for a moment. Safe to repeat after an interruption.
 */
export async function loadDemo(
  address: string,
  samplesFolder: string,
  report: (line: string) => void,
): Promise<void> {
  const company = Company.parse(JSON.parse(readFileSync(join(samplesFolder, 'company.json'), 'utf8')));
  const load = { api: new ApiClient(address, { demoPerson: 'admin' }), samples: samplesFolder, report };
  for (const collection of company.collections) await prepareCollection(load, collection);
  const uploads = company.collections.flatMap(({ name, documents }) =>
    documents.map((document) => ({ collection: name, document })),
  );
  report(`Loading the demo company: ${uploads.length} documents …`);
  const queue = [...uploads];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await upload(load, next.collection, next.document);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, work));
  await waitForIngestion(load, uploads.length);
}

async function prepareCollection({ api }: Load, collection: CompanyCollection): Promise<void> {
  const { name, title } = collection;
  await unlessThere(api.call('collections', Collection, post({ name, title })));
  // Restrictions of folders come before the collection's grants; parents come before their children.
  const folders = [...collection.folders].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, inherits, grants } of folders) {
    await unlessThere(api.run('folders', post({ collection: name, path })));
    const on = `${name}/${path}`;
    if (!inherits)
      await api.call('grants/inheritance', AccessView, { method: 'PUT', body: { on, inherits } });
    for (const grant of grants) await addGrant(api, on, grant);
  }
  for (const grant of collection.grants) await addGrant(api, name, grant);
  // Whoever makes a collection may read it; the demo's admin administers without reading everything.
  const own = { on: name, principal: 'person:admin', effect: 'allow' };
  const listed = collection.grants.some((grant) => grant.to === own.principal && grant.effect === 'allow');
  if (!listed) await unlessThere(api.call('grants/revoke', AccessView, post(own)));
}

async function addGrant(api: ApiClient, on: string, grant: CompanyGrant): Promise<void> {
  await unlessThere(api.call('grants', AccessView, post({ on, ...toRequest(grant) })));
}

function toRequest({ to, effect, expires }: CompanyGrant): Record<string, string> {
  return { principal: to, effect, ...(expires === undefined ? {} : { expires }) };
}

async function upload({ api, samples }: Load, collection: string, document: CompanyDocument): Promise<void> {
  const { path, title, inherits, grants } = document;
  const form = new FormData();
  form.set('collection', collection);
  form.set('path', path);
  if (title !== undefined) form.set('title', title);
  // Permissions travel with the bytes: the document is never there without them.
  if (!inherits || grants.length > 0) {
    form.set('access', JSON.stringify({ inherits, grants: grants.map(toRequest) }));
  }
  const bytes = readFileSync(join(samples, 'documents', collection, path));
  form.set('file', new Blob([new Uint8Array(bytes)]), basename(path));
  await api.call('documents', Accepted, { method: 'POST', form });
}

async function waitForIngestion({ api, report }: Load, total: number): Promise<void> {
  for (let turn = 0, shown = -1; ; turn += 1) {
    const { waiting, failed } = await api.call('ingestion/progress', Progress);
    if (waiting === 0) {
      const trouble = failed > 0 ? `; ${failed} could not be read, see "belay documents list"` : '';
      report(`The demo company is loaded: ${total - failed} documents are ready${trouble}.`);
      return;
    }
    if (turn % LOOKS_A_LINE === 0 && waiting !== shown) {
      report(`  ${waiting} of ${total} documents still to be read …`);
      shown = waiting;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function post(body: unknown): ApiRequest {
  return { method: 'POST', body };
}

// An interrupted load is repeated from its beginning: what it made before is there already.
async function unlessThere(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ApiError && (error.code === 'conflict' || error.code === 'not-found')))
      throw error;
  }
}
