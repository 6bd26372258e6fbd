/**
 * The laws of the design as data. Each has an id that tests cite in their titles, and mutations: an edit that
 * breaks the law (`find` occurs once in `file`), with the spec whose citing tests must then fail; `compiled`
 * where the spec starts a process that runs what was built from the file.
 * A law with `from` comes into force with that folder.
 */
export const LAWS = [
  {
    id: 'law-1',
    law: 'Nothing unreadable leaves the database.',
    mutations: [
      {
        breaks: 'a deny no longer wins',
        file: 'migrations/000001_init.sql',
        find: 'and not (s.deny && principals or exists (',
        replace: 'and not (false and s.deny && principals or false and exists (',
        spec: 'libs/access/src/decide.medium-spec.ts',
      },
      {
        breaks: 'an expired grant still counts',
        file: 'migrations/000001_init.sql',
        find: "and t.effect = 'allow' and t.expires_at > now() and",
        replace: "and t.effect = 'allow' and",
        spec: 'libs/access/src/decide.medium-spec.ts',
      },
      {
        breaks: 'a deactivated person keeps reading',
        file: 'migrations/000001_init.sql',
        find: "and p.kind = 'person' and p.active;",
        replace: "and p.kind = 'person';",
        spec: 'libs/access/src/decide.medium-spec.ts',
      },
      {
        breaks: 'an unknown person gets an empty answer instead of an error',
        file: 'migrations/000001_init.sql',
        find: "raise exception 'identity unknown' using errcode = '28000';",
        replace: 'return;',
        spec: 'libs/access/src/decide.medium-spec.ts',
      },
      {
        breaks: 'the text of passages carries no predicate',
        file: 'libs/retrieval/src/retrieval.repository.ts',
        find: 'where c.tenant_id = ${TENANT} and c.scope_id = any (${scopeIds}::int[])',
        replace: 'where c.tenant_id = ${TENANT} and ${scopeIds}::int[] is not null',
        spec: 'libs/retrieval/src/two-walls.medium-spec.ts',
      },
      {
        breaks: 'statistics are summed over everything',
        file: 'libs/retrieval/src/retrieval.repository.ts',
        find: 'and scope_id = any (${scopeIds}::int[])\n      group by term_id',
        replace: 'and ${scopeIds}::int[] is not null\n      group by term_id',
        spec: 'libs/retrieval/src/two-walls.medium-spec.ts',
      },
      {
        breaks: 'lists and contents carry no predicate',
        file: 'libs/documents/src/document.repository.ts',
        find: 'and d.scope_id in (select r.scope_id from readable_scopes() r)`',
        replace: '`',
        spec: 'libs/documents/src/two-walls.medium-spec.ts',
      },
      {
        breaks: 'quotes are read again without a predicate',
        file: 'libs/documents/src/read-quotes.ts',
        find: 'where p.scope_id in (select r.scope_id from readable_scopes() r)\n    order by',
        replace: 'order by',
        spec: 'libs/documents/src/two-walls.medium-spec.ts',
      },
      {
        breaks: 'content has no policy',
        file: 'migrations/000001_init.sql',
        find: 'and scope_id in (select r.scope_id from readable_scopes() r))',
        replace: ')',
        spec: 'libs/retrieval/src/two-walls.medium-spec.ts',
      },
      {
        breaks: 'a document names itself to whoever knows its id',
        file: 'libs/access/src/access.service.ts',
        find: '\n        and scope_id in (select r.scope_id from readable_scopes() r)`',
        replace: '`',
        spec: 'libs/access/src/two-walls.medium-spec.ts',
      },
      {
        breaks: 'an answer opens for whoever knows its id, but for the policy',
        file: 'libs/answering/src/answer.repository.ts',
        find: 'and a.person_id = current_person() and a.answer_id',
        replace: 'and a.answer_id',
        spec: 'apps/api/src/evidence.app-spec.ts',
      },
      {
        breaks: 'answers have no policy',
        file: 'migrations/000001_init.sql',
        find: 'using (tenant_id = (select current_tenant()) and person_id = (select current_person()))',
        replace: 'using (tenant_id = (select current_tenant()))',
        spec: 'apps/api/src/evidence.app-spec.ts',
      },
      {
        breaks: 'whoever reads a place may share it',
        file: 'libs/access/src/access.service.ts',
        find: 'if (!resource.manages)\n      throw',
        replace: 'if (!resource)\n      throw',
        spec: 'libs/access/src/managing.medium-spec.ts',
      },
      {
        breaks: 'whoever reads a document learns why others may',
        file: 'libs/access/src/access.service.ts',
        find: 'if (personName !== actor.name && !resource.manages)',
        replace: 'if (personName !== actor.name && !resource)',
        spec: 'libs/access/src/managing.medium-spec.ts',
      },
      {
        breaks: 'a key does more than it was made for',
        file: 'libs/access/src/ability.ts',
        find: 'person.actions === null || person.actions.includes(action)',
        replace: "person.actions === null || action !== 'never'",
        spec: 'libs/access/src/ability.spec.ts',
      },
    ],
  },
  {
    id: 'law-2',
    law: 'Every grounded sentence carries a quote that is byte-verified, again when it is reopened.',
    mutations: [
      {
        breaks: 'bytes are not compared',
        file: 'libs/documents/src/read-quotes.ts',
        find: '!== quote.sha256) return undefined;',
        replace: "=== 'never') return undefined;",
        spec: 'apps/api/src/evidence.app-spec.ts',
      },
    ],
  },
  {
    id: 'law-3',
    law: 'No effect without a contract, a journaled intent, and its bounds checked in the same transaction.',
    from: 'apps/agent',
    mutations: [],
  },
  {
    id: 'law-4',
    law: 'No audit leaf, no effect and no answer.',
    mutations: [
      {
        breaks: 'an answer leaves no leaf',
        file: 'libs/answering/src/answering.service.ts',
        find: 'await recordLeaf(tx, actor.tenant, {',
        replace: 'void ({',
        spec: 'apps/api/src/evidence.app-spec.ts',
      },
      {
        breaks: 'a permission change leaves no leaf',
        file: 'libs/access/src/access.service.ts',
        find: 'return recordLeaf(tx, actor.tenant, draft);',
        replace: "return Promise.resolve(draft ? '' : '');",
        spec: 'apps/api/src/evidence.app-spec.ts',
      },
      {
        breaks: 'the application may rewrite the ledger',
        file: 'migrations/000001_init.sql',
        find: 'grant select, insert on audit_leaf, audit_payload to belay_api, belay_worker;',
        replace: 'grant all on audit_leaf, audit_payload to belay_api, belay_worker;',
        spec: 'libs/access/src/decide.medium-spec.ts',
      },
    ],
  },
  {
    id: 'law-5',
    law: 'Any process may be killed at any time; whatever was accepted is finished, resumed, or visibly failed.',
    mutations: [
      {
        breaks: 'what Redis lost is not found again',
        file: 'libs/ingestion/src/ingestion.service.ts',
        find: 'for (const { versionId, stage } of pending)',
        replace: 'for (const { versionId, stage } of pending.slice(0, 0))',
        spec: 'apps/api/src/evidence.app-spec.ts',
        compiled: true,
      },
    ],
  },
  {
    id: 'law-6',
    law: 'Offline by default: no outbound call that configuration did not ask for.',
    mutations: [
      {
        breaks: 'the api calls home',
        file: 'apps/api/src/main.ts',
        find: 'const services = createServices(config);',
        replace:
          "const services = createServices(config);\nvoid fetch('http://192.0.2.1/').catch(() => undefined);",
        spec: 'apps/cli/src/offline.e2e-spec.ts',
        compiled: true,
      },
      {
        breaks: '--offline fetches packages',
        file: 'apps/cli/bootstrap.mjs',
        find: 'if (offline) {',
        replace: 'if (false) {',
        spec: 'apps/cli/src/offline.e2e-spec.ts',
      },
    ],
  },
  {
    id: 'law-7',
    law: 'Every answer is reproducible: model, index and policy digests are on its record.',
    mutations: [
      {
        breaks: 'the record does not name what the answer ran on',
        file: 'libs/answering/src/answer-maker.ts',
        find: '...{ models: outcome.models, ranker: ranker.digest, ...outcome.basis },',
        replace: '...{ ...outcome.basis, models: outcome.models, ranker: ranker.digest.slice(0, 0) },',
        spec: 'apps/api/src/evidence.app-spec.ts',
      },
      {
        breaks: 'a replay echoes what was stored',
        file: 'libs/answering/src/answering.service.ts',
        find: 'quotes: again.quotes,',
        replace: 'quotes,',
        spec: 'apps/api/src/evidence.app-spec.ts',
      },
    ],
  },
];
