/**
 * Hosts one model on the queue of a private Redis, as the worker does, and embeds passages without a pause while it
 * is told to. Run by bench/embed.mjs; `ingest` and `rest` come as messages, each is answered with what was embedded.
 */
import { loadModel, EmbeddingPool, hostEmbeddings } from '../../libs/inference/dist/index.js';
import { connectRedis, JobQueues } from '../../libs/queue/dist/index.js';

const [id, home, sockets, threads] = process.argv.slice(2);
const AT_ONCE = 32;
const pool = new EmbeddingPool(loadModel(id, { home }), Number(threads));
hostEmbeddings(new JobQueues(connectRedis({ sockets })), pool);
await pool.embed(['ready'], 'query', 'interactive');

let ingesting = false;
let done;

async function ingest(passages) {
  let embedded = 0;
  for (let first = 0; ingesting; first = (first + AT_ONCE) % passages.length) {
    // What makes a text new: equal ones could be computed once.
    const texts = passages.slice(first, first + AT_ONCE).map((text, index) => `${embedded + index} ${text}`);
    await pool.embed(texts, 'passage', 'ingest');
    embedded += texts.length;
  }
  return embedded;
}

process.on('message', async ({ passages }) => {
  ingesting = passages !== undefined;
  if (passages) done = ingest(passages);
  else process.send({ embedded: await done });
});
process.send({ ready: true });
