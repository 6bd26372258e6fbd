/**
 * How fast documents become searchable, format by format, how long each stage is seen to last, and the largest
 * memory of every process. Then one PDF of many pages, whose memory is the target: no process at 1 GB or more. Formats
 * are the committed samples, each uploaded several times; the named alternative in the same run is plain Markdown.
 *
 *   npm run bench -- ingest [--database embedded|native] [--copies 8] [--pages 1600]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { settled, uploadAll } from './harness/fill.mjs';
import { largePdf } from './harness/large-pdf.mjs';
import { watchMemory } from './harness/peak-memory.mjs';
import { countChunks, signIn, startProduct } from './harness/product.mjs';
import { realTexts } from './harness/real-texts.mjs';
import { rounded } from './harness/statistics.mjs';

const SAMPLES = fileURLToPath(new URL('../samples', import.meta.url));
const TARGET_MB = 1000;
const FLAGS = {
  database: { type: 'string', default: 'embedded' },
  copies: { type: 'string', default: '8' },
  pages: { type: 'string', default: '1600' },
};

export async function measure(options, say) {
  const { database, copies, pages } = parseArgs({ args: options, options: FLAGS }).values;
  const product = await startProduct(say, { database, documents: false });
  try {
    const person = await signIn(product.address, 'admin');
    await person.post('collections', { name: 'bench', title: 'Formats' });
    const formats = {};
    for (const [format, files] of samples()) {
      formats[format] = await timeFormat(person, format, files, Number(copies));
      say(`${format}: ${JSON.stringify(formats[format])}`);
    }
    const large = await timeLarge(product, person, Number(pages), say);
    const figures = { database, copies: Number(copies), ...flat(formats), ...large };
    const ok = large.pdf_outcome === 'ready' && large.peak_mb < TARGET_MB;
    return { ok, figures, raw: { formats, large }, variant: database };
  } finally {
    await product.stop();
  }
}

/** Sample files by format. */
function samples() {
  const folders = ['formats', 'company/documents'].map((name) => join(SAMPLES, name));
  const byFormat = new Map();
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const format = extname(entry.name).slice(1);
      if (!entry.isFile() || format === '') continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      byFormat.set(format, [...(byFormat.get(format) ?? []), path]);
    }
  }
  return [...byFormat].sort();
}

async function timeFormat(person, format, files, copies) {
  const documents = Array.from({ length: copies }, (_, copy) => ({
    path: `${format}/${copy}.${format}`,
    bytes: readFileSync(files[copy % files.length]),
  }));
  const started = performance.now();
  const ids = await uploadAll(person, 'bench', documents);
  const uploaded = performance.now() - started;
  await settled(person, 'bench');
  const seconds = (performance.now() - started) / 1000;
  const states = await Promise.all(ids.map((id) => person.get(`documents/${id}`)));
  const failed = states.filter(({ stage }) => stage === 'failed').length;
  return { documents_a_second: rounded(copies / seconds), upload_s: rounded(uploaded / 1000), failed };
}

async function timeLarge(product, person, pages, say) {
  const texts = realTexts()
    .documents.map(({ bytes }) => bytes.toString('utf8'))
    .join(' ');
  const length = Math.min(3500, Math.floor(texts.length / pages));
  const bytes = largePdf(pages, (page) => texts.slice(page * length, (page + 1) * length));
  say(`A PDF of ${pages} pages, ${rounded(bytes.length / 1e6)} MB …`);
  const memory = watchMemory(product.services());
  const before = await countChunks(product);
  const started = performance.now();
  const [id] = await uploadAll(person, 'bench', [{ path: 'large.pdf', bytes }]);
  const stages = {};
  let state;
  for (let last = started; !['ready', 'failed'].includes(state?.stage); last = performance.now()) {
    await sleep(100);
    state = await person.get(`documents/${id}`);
    stages[state.stage] = (stages[state.stage] ?? 0) + (performance.now() - last) / 1000;
  }
  const seconds = (performance.now() - started) / 1000;
  const peaks = memory.stop();
  const named = (object, prefix, suffix) =>
    Object.fromEntries(
      Object.entries(object).map(([key, value]) => [`${prefix}${key}${suffix}`, rounded(value)]),
    );
  return {
    pdf_pages: pages,
    pdf_outcome: state.stage === 'failed' ? `failed: ${state.error?.code}` : state.stage,
    pdf_seconds: rounded(seconds),
    pdf_pages_a_second: rounded(pages / seconds),
    pdf_passages: (await countChunks(product)) - before,
    peak_mb: Math.max(...Object.values(peaks)),
    ...named(peaks, 'peak_', '_mb'),
    ...named(stages, 'stage_', '_s'),
  };
}

const flat = (formats) =>
  Object.fromEntries(
    Object.entries(formats).flatMap(([format, { documents_a_second, failed }]) => [
      [`${format}_documents_a_second`, documents_a_second],
      ...(failed > 0 ? [[`${format}_failed`, failed]] : []),
    ]),
  );
