import { DomainError } from '@belay/errors';
import { z } from 'zod';
import { type HubClient, Interrupted, refusal } from './hub-client.js';
import { type HubReference, pathOf } from './hub-reference.js';

/** A file of a model as the hub lists it. */
export interface HubFile {
  readonly name: string;
  readonly size: number | undefined;
  /** Of large files only. */
  readonly sha256: string | undefined;
}

/** What a hub says of a model at one revision. */
export interface HubModel {
  readonly commit: string;
  readonly licence: string;
  readonly files: readonly HubFile[];
}

const Answer = z.object({
  sha: z.string().regex(/^[0-9a-f]{7,64}$/),
  tags: z.array(z.string()).catch([]),
  cardData: z
    .looseObject({ license: z.union([z.string(), z.array(z.string())]).nullish() })
    .nullish()
    .catch(null),
  siblings: z
    .array(
      z.object({
        rfilename: z.string(),
        size: z.number().int().nonnegative().nullish(),
        lfs: z
          .object({
            sha256: z
              .string()
              .regex(/^[0-9a-f]{64}$/)
              .nullish(),
          })
          .nullish(),
      }),
    )
    .max(20_000),
});
const ANSWER_LIMIT = 8 * 2 ** 20;
const LICENCE_LENGTH = 100;

/** Asks a hub for a model. Throws with what to do if it has none, wants a key, or answers something else. */
export async function findHubModel(client: HubClient, reference: HubReference): Promise<HubModel> {
  const { owner, name, revision } = reference;
  const place = `api/models/${owner}/${name}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const reply = await client.get(place, { accept: 'application/json' });
  const status = reply.statusCode ?? 0;
  if (status === 404)
    throw new DomainError(
      'not-found',
      `The hub has no model ${pathOf(reference)} at the revision ${revision}.`,
    );
  if (status === 401 || status === 403) throw forbidden(reference);
  if (status !== 200) throw new Interrupted(`the hub answers ${status}`);
  let body = '';
  for await (const piece of reply.setEncoding('utf8')) {
    body += piece as string;
    if (body.length > ANSWER_LIMIT) throw refusal('what it says of the model does not end');
  }
  const answer = Answer.safeParse(parse(body));
  if (!answer.success) throw refusal('what it says of the model is not in the layout of Hugging Face');
  const { sha, siblings } = answer.data;
  const files = siblings.map(({ rfilename, size, lfs }) => {
    return { name: rfilename, size: size ?? undefined, sha256: lfs?.sha256 ?? undefined };
  });
  return { commit: sha, licence: licenceOf(answer.data), files };
}

export function forbidden(reference: HubReference): DomainError {
  return new DomainError(
    'auth.forbidden',
    `The hub does not give ${pathOf(reference)} away. If it needs a key, set BELAY_MODEL_HUB_TOKEN; the model may need ` +
      'to be asked for there first.',
  );
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function licenceOf({ cardData, tags }: z.infer<typeof Answer>): string {
  const tagged = tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
  const named = [cardData?.license ?? tagged ?? []].flat().join(', ');
  return named.replace(/[^\x20-\x7e]/g, '').slice(0, LICENCE_LENGTH) || 'not stated';
}
