import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cutAfter, startTinyHub, type TinyHub } from '@belay/testing/tiny-hub';
import { safetensorsBytes, TINY, tinyEncoder } from '../conversion/tiny-models.js';
import { listModels, removeModel, verifyModel } from '../store/model-store.js';
import { isPrivate, mayReach } from './addresses.js';
import { readHubReference } from './hub-reference.js';
import { type HubPull, pullFromHub } from './pull-from-hub.js';

const MODEL = 'maker/tiny-model';
const WEIGHTS = 'model.safetensors';
const LETTERS = [...'abcdefghijklmnopqr'];
const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...LETTERS, ...LETTERS.map((one) => `##${one}`)];
const files = (seed = 7): Record<string, Buffer> => ({
  'config.json': Buffer.from(
    JSON.stringify({
      model_type: 'bert',
      hidden_size: TINY.hidden,
      num_hidden_layers: TINY.layers,
      num_attention_heads: TINY.heads,
      intermediate_size: TINY.intermediate,
      vocab_size: TINY.vocabulary,
      max_position_embeddings: TINY.positions,
    }),
  ),
  'vocab.txt': Buffer.from(VOCABULARY.join('\n')),
  [WEIGHTS]: safetensorsBytes(tinyEncoder(TINY, seed)),
});

let home: string;
let hub: TinyHub;
let notes: string[];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'belay-hub-'));
  hub = await startTinyHub(MODEL, files());
  notes = [];
});
afterEach(async () => {
  await hub.close();
  rmSync(home, { recursive: true, force: true });
});

const pull = (options: Partial<HubPull> = {}, reference = `hf:${MODEL}`) =>
  pullFromHub(
    reference,
    { home },
    { hub: hub.address, pauseMs: 5, note: (line) => void notes.push(line), ...options },
  );
const installed = (): string[] => listModels({ home }).flatMap((one) => (one.installed ? [one.id] : []));
const remove = (id: string) => removeModel(id, { home }, () => Promise.resolve());
const asked = (name: string): string[] => hub.asked.filter((line) => line.includes(`/${name}`));
const weights = (): Buffer => hub.files.get(WEIGHTS) ?? Buffer.alloc(0);
/** Interferes with the weights only. */
const onWeights = (change: TinyHub['intercept']): void => {
  hub.intercept = (path, request, response) => path.endsWith(WEIGHTS) && change(path, request, response);
};

describe('a model of a hub', () => {
  it('is pulled, installed with its licence and origin, and leaves no download behind', async () => {
    const model = await pull();
    expect(model).toMatchObject({ id: 'tiny-model', licence: 'mit', dimension: TINY.hidden });
    expect(model.provenance?.source).toBe(`hf:${MODEL}@${hub.commit}`);
    expect(model.provenance?.digests.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['config.json', 'vocab.txt', WEIGHTS]),
    );
    expect(verifyModel(model).size).toBe(2);
    expect(notes.join()).toContain('licence mit');
    expect(readdirSync(join(home, 'downloads', 'maker--tiny-model'))).toEqual([]);
    await expect(pull()).rejects.toThrow(/installed already/);
  });

  it('of a known name but another maker does not take that name', async () => {
    await hub.close();
    hub = await startTinyHub('maker/multilingual-e5-small', files());
    expect((await pull({}, 'hf:maker/multilingual-e5-small')).id).toBe('maker-multilingual-e5-small');
  });

  it('goes on where a connection broke', async () => {
    let cuts = 0;
    onWeights(
      (_, request, response) =>
        !request.headers.range && (cuts += 1) === 1 && cutAfter(5000, weights(), response),
    );
    await pull();
    expect(asked(WEIGHTS)).toHaveLength(2);
    expect(asked(WEIGHTS)[1]).toMatch(/bytes=\d{3,}-$/);
    expect(installed()).toEqual(['tiny-model']);
  });

  it('goes on in a later pull where an earlier one was given up', async () => {
    onWeights((_, __, response) => {
      if (asked(WEIGHTS).length === 1) return cutAfter(5000, weights(), response);
      response.writeHead(503).end();
      return true;
    });
    await expect(pull()).rejects.toThrow(/Pull again: it goes on/);
    expect(installed()).toEqual([]);
    hub.asked.length = 0;
    hub.intercept = () => false;
    await pull();
    expect(asked(WEIGHTS)).toEqual([expect.stringMatching(/bytes=\d+-$/)]);
    expect(asked('vocab.txt')).toEqual([]);
  });

  it('is begun anew where the file has changed since', async () => {
    let first = true;
    onWeights((_, __, response) => {
      if (!first) return false;
      first = false;
      cutAfter(5000, weights(), response);
      // Another file of the same length under the same address.
      hub.files.set(WEIGHTS, safetensorsBytes(tinyEncoder(TINY, 9)));
      return true;
    });
    await expect(pull()).rejects.toThrow(/instead of [0-9a-f]{64} as it lists/);
    expect(asked(WEIGHTS)).toHaveLength(2);
    await pull();
    expect(installed()).toEqual(['tiny-model']);
  });
});

describe('digests of a hub’s model', () => {
  it('are pinned at the first pull: another file is refused later, unless that is wanted', async () => {
    await pull();
    await remove('tiny-model');
    hub.files.set(WEIGHTS, safetensorsBytes(tinyEncoder(TINY, 8)));
    hub.commit = 'b'.repeat(40);
    hub.asked.length = 0;
    await expect(pull()).rejects.toThrow(/is not the file that was pulled on \d{4}-\d\d-\d\d/);
    expect(asked(WEIGHTS)).toEqual([]);
    expect(installed()).toEqual([]);
    await pull({ newPin: true });
    await remove('tiny-model');
    await pull();
    expect(installed()).toEqual(['tiny-model']);
  });

  it('are pinned of small files too, which the hub gives no digest of', async () => {
    await pull();
    await remove('tiny-model');
    hub.commit = 'b'.repeat(40);
    hub.files.set('vocab.txt', Buffer.from([...VOCABULARY].reverse().join('\n')));
    await expect(pull()).rejects.toThrow(/vocab.txt of maker\/tiny-model@main is not the file/);
  });

  it('are not guessed where the list of them is damaged', async () => {
    writeFileSync(join(home, 'hub-pins.json'), '{"a":');
    await expect(pull()).rejects.toThrow(/cannot be read. Restore or delete it/);
  });
});

describe('a hub that does not give what it should is refused with a reason', () => {
  const cases: [string, () => void, RegExp][] = [
    [
      'no such model',
      () =>
        void (hub.intercept = (path, _, response) =>
          path.startsWith('/api') && (response.writeHead(404).end(), true)),
      /no model maker\/tiny-model at the revision main/,
    ],
    [
      'a model behind a key',
      () => void (hub.intercept = (_, __, response) => (response.writeHead(401).end(), true)),
      /BELAY_MODEL_HUB_TOKEN/,
    ],
    [
      'a web page instead of the API',
      () =>
        void (hub.intercept = (_, __, response) => (
          response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome'),
          true
        )),
      /not in the layout/,
    ],
    [
      'an API that says nothing useful',
      () => void (hub.describe = () => ({ sha: '../../etc', siblings: [] })),
      /not in the layout/,
    ],
    [
      'an API that does not end',
      () => void (hub.intercept = (_, __, response) => endless(response)),
      /does not end/,
    ],
    [
      'a web page instead of weights',
      () =>
        onWeights(
          (_, __, response) => (response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), true),
        ),
      /a web page for model.safetensors/,
    ],
    [
      'a file that it lists and does not have',
      () => onWeights((_, __, response) => (response.writeHead(404).end(), true)),
      /answers 404 for model.safetensors/,
    ],
    [
      'weights of another size',
      () => onWeights((_, __, response) => (response.end(weights().subarray(0, 100)), true)),
      /100 bytes instead of/,
    ],
    [
      'weights that do not end',
      () => onWeights((_, __, response) => endless(response)),
      /does not end after \d+ bytes/,
    ],
    [
      'other weights',
      () => onWeights((_, __, response) => (response.end(Buffer.alloc(weights().length)), true)),
      /instead of [0-9a-f]{64} as it lists/,
    ],
    [
      'more than weights may have',
      () =>
        void (hub.describe = (said) => ({
          ...said,
          siblings: (said['siblings'] as { rfilename: string }[]).map((one) =>
            one.rfilename === WEIGHTS ? { ...one, size: 2 ** 40 } : one,
          ),
        })),
      /larger than/,
    ],
    ['no weights', () => void hub.files.delete(WEIGHTS), /neither weights/],
    [
      'a redirect to where clouds keep secrets',
      () =>
        onWeights(
          (_, __, response) => (
            response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
            true
          ),
        ),
      /not public/,
    ],
    [
      'redirects without an end',
      () => onWeights((path, __, response) => (response.writeHead(302, { location: path }).end(), true)),
      /more than 5 times/,
    ],
    [
      'a redirect to a file',
      () =>
        onWeights(
          (_, __, response) => (response.writeHead(302, { location: 'file:///etc/passwd' }).end(), true),
        ),
      /no address/,
    ],
  ];

  it.each(cases)('%s', async (_, arrange, reason) => {
    arrange();
    await expect(pull()).rejects.toThrow(reason);
    expect(installed()).toEqual([]);
    expect(existsSync(join(home, 'hub-pins.json'))).toBe(false);
  });

  it('names that lead out of the folder are neither asked for nor written', async () => {
    hub.files.set('../../../escape.json', Buffer.from('x'));
    hub.files.set('/etc/cron.d/x', Buffer.from('x'));
    hub.files.set('config.json/../../x', Buffer.from('x'));
    await pull();
    expect(asked('escape').concat(asked('cron'), asked('x'))).toEqual([]);
    expect(readdirSync(home).sort()).toEqual(['downloads', 'hub-pins.json', 'models']);
  });

  it('silence is no wait without an end', async () => {
    onWeights(() => true);
    await expect(pull({ silenceMs: 100 })).rejects.toThrow(/nothing came any more/);
  });

  it('sends its key to the hub and not to where that redirects', async () => {
    const other = await startTinyHub(MODEL, files());
    onWeights(
      (path, _, response) => (response.writeHead(302, { location: other.address + path }).end(), true),
    );
    try {
      await pull({ token: 'secret' });
      expect(new Set(hub.keys)).toEqual(new Set(['Bearer secret']));
      expect(other.keys).toEqual([undefined]);
    } finally {
      await other.close();
    }
  });

  it.each(['hf:', 'hf:one', 'hf:a/b/c', 'hf:../x', 'hf:a/..', 'hf:a/b@../x', 'hf:a/b@', 'hf:a b/c'])(
    'the reference %j',
    (text) => {
      expect(() => readHubReference(text)).toThrow(/names no model/);
    },
  );

  it.each(['ftp://x', 'http://user:key@127.0.0.1'])('the hub %j', async (address) => {
    await expect(pull({ hub: address })).rejects.toThrow(/BELAY_MODEL_HUB is/);
  });
});

it('a public hub leads to public addresses only, one’s own hub to its network, and none to link-local ones', () => {
  const inside = ['127.0.0.1', '10.1.2.3', '172.20.0.1', '192.168.1.1', '::1', 'fd00::1', '::ffff:10.0.0.1'];
  const never = ['169.254.169.254', 'fe80::1', '0.0.0.0', '::ffff:169.254.169.254', '224.0.0.1'];
  expect(
    inside.map((one) => [isPrivate(one), mayReach(one, 'public'), mayReach(one, 'own-network')]),
  ).toEqual(inside.map(() => [true, false, true]));
  expect(never.map((one) => mayReach(one, 'own-network'))).toEqual(never.map(() => false));
  expect(['1.1.1.1', '2606:4700::1111'].map((one) => mayReach(one, 'public'))).toEqual([true, true]);
});

function endless(response: ServerResponse): true {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
  return true;
}
