import * as c from '@belay/contracts';
import { z } from 'zod';

const list = <Schema extends z.ZodType>(name: string, schema: Schema) =>
  z.object({ [name]: z.array(schema) });
const paged = <Schema extends z.ZodType>(name: string, schema: Schema) =>
  list(name, schema).extend({ total: z.number(), next: z.string().nullable() });

/** What routes answer with, by `METHOD path`; a test holds that each of them exists. */
export const RESPONSES: Readonly<Record<string, z.ZodType>> = {
  'POST v1/search': c.SearchResponse,
  'POST v1/answers': c.Answer,
  'GET v1/answers': list('answers', c.AnswerSummary),
  'GET v1/answers/:id': c.Answer,
  'GET v1/answers/:id/record': c.AnswerRecord,
  'POST v1/answers/:id/replay': c.Replay,
  'GET v1/audit/verify': c.AuditReport,
  'GET v1/audit/leaves': c.AuditPage,
  'GET v1/audit/leaves/:id/proof': c.InclusionProof,
  'GET v1/collections': list('collections', c.Collection),
  'POST v1/collections': c.Collection,
  'GET v1/ingestion/progress': c.IngestionProgress,
  'GET v1/ingestion/uploads': c.Uploads,
  'GET v1/documents': list('documents', c.Document),
  'POST v1/documents': c.Accepted,
  'GET v1/documents/:id': c.Document,
  'GET v1/documents/:id/content': c.DocumentContent,
  'DELETE v1/documents/:id': c.DeletionReceipt,
  'GET v1/models/generations': c.Generations,
  'POST v1/models/generations': c.Generations,
  'POST v1/models/generations/return': c.Generations,
  'POST v1/models/generations/:id/figures': c.Generations,
  'POST v1/models/generations/:id/switch': c.Generations,
  'DELETE v1/models/generations/:id': c.Generations,
  'GET v1/people': paged('people', c.Person),
  'POST v1/people': c.Invitation,
  'POST v1/people/import': c.PeopleImported,
  'PATCH v1/people/:name': c.Person,
  'POST v1/people/:name/invitation': c.Invitation,
  'GET v1/principals': list('principals', c.Grantee),
  'GET v1/groups': paged('groups', c.Group),
  'POST v1/groups': c.Group,
  'GET v1/groups/:name/members': paged('members', c.Member),
  'POST v1/groups/:name/members': c.Group,
  'POST v1/grants': c.AccessView,
  'POST v1/grants/revoke': c.AccessView,
  'PUT v1/grants/inheritance': c.AccessView,
  'GET v1/access': c.AccessView,
  'GET v1/access/readers': c.Readers,
  'GET v1/explain': c.Explanation,
  'GET v1/session': c.SignedInPerson,
  'GET v1/session/options': c.SignInOptions,
};
