import { setTimeout as sleep } from 'node:timers/promises';
import { inParallel } from './in-parallel.mjs';
import { countChunks } from './product.mjs';

const STEP = 24;

/**
 * Uploads documents into one new collection of `person` until `wanted` passages are indexed, and hardly more; returns
 * their number.
 */
export async function fillTo(product, person, documents, wanted, say) {
  const collection = 'bench';
  await person.post('collections', { name: collection, title: 'Real documents' });
  let chunks = await countChunks(product);
  for (let first = 0, last; first < documents.length && chunks < wanted; first = last) {
    const missing = first === 0 ? STEP : Math.ceil(((wanted - chunks) * first) / chunks);
    last = first + Math.min(STEP, missing);
    await uploadAll(person, collection, documents.slice(first, last));
    await settled(person, collection);
    chunks = await countChunks(product);
    say(`${chunks} of ${wanted} passages`);
  }
  if (chunks < wanted) throw new Error(`the texts hold ${chunks} passages only, ${wanted} are wanted`);
  return chunks;
}

/** Uploads documents, four at a time; returns the ids that were accepted. */
export async function uploadAll(person, collection, documents) {
  const { results } = await inParallel(documents, 4, ({ path, bytes }) =>
    upload(person, collection, path, bytes),
  );
  return results;
}

async function upload(person, collection, path, bytes) {
  const form = new FormData();
  form.set('collection', collection);
  form.set('path', path);
  form.set('file', new Blob([bytes]), path.split('/').at(-1));
  const response = await person.post('documents', form);
  if (!response.ok) throw new Error(`${path} was refused: ${response.status} ${await response.text()}`);
  return (await response.json()).id;
}

/** Waits until nothing that the person uploaded there is under way. */
export async function settled(person, collection) {
  for (;;) {
    const { waiting } = await person.get(`ingestion/progress?collection=${collection}`);
    if (waiting === 0) return;
    await sleep(100);
  }
}
