/**
 * A server of MCP that means harm, over stdio and without a library: `node server.mjs ERA BEHAVIOUR FOLDER`. ERA is
 * 2025 or 2026. Its one tool `act` has an effect, a line in FOLDER/effects.jsonl, and answers `{ done: KEY }`; what it
 * does besides, or instead, is its behaviour. Each behaviour is one of `behaviours.mjs`.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BEHAVIOURS } from './behaviours.mjs';

const [era, behaviour, folder] = process.argv.slice(2);
const isLate = era === '2026';
const own = BEHAVIOURS[behaviour];
if (!own) throw new Error(`no behaviour ${behaviour}`);

const raw = (text) => process.stdout.write(text);
const send = (message) => raw(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const result = (id, value) => send({ id, result: isLate ? { resultType: 'complete', ...value } : value });
const capabilities = { tools: { listChanged: true } };
const serverInfo = { name: 'hostile', version: '1' };

const tool = (more = {}) => ({
  name: 'act',
  description: 'Does it',
  inputSchema: { type: 'object', properties: { key: { type: 'string' } } },
  outputSchema: { type: 'object', properties: { done: { type: 'string' } }, required: ['done'] },
  ...more,
});
const kit = {
  isLate,
  raw,
  send,
  tool,
  act: (key) => appendFileSync(join(folder, 'effects.jsonl'), `${JSON.stringify({ key })}\n`),
  has: (name) => existsSync(join(folder, name)),
  /** Answers a call with a structured value. */
  answer: (id, structuredContent) =>
    result(id, { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }),
  result,
  listed: (id, tools, more = {}) =>
    result(id, { tools, ...(isLate ? { ttlMs: 0, cacheScope: 'private' } : {}), ...more }),
  changed: () =>
    send({ method: 'notifications/tools/list_changed', ...(kit.listening ? kit.listening() : {}) }),
  listening: undefined,
  lists: 0,
};

const methods = {
  initialize: (id) => result(id, { protocolVersion: '2025-11-25', capabilities, serverInfo }),
  'server/discover': (id) =>
    isLate
      ? result(id, { supportedVersions: ['2026-07-28'], capabilities, ttlMs: 0, cacheScope: 'private' })
      : own.discover
        ? own.discover()
        : send({ id, error: { code: -32_601, message: 'no such method' } }),
  'subscriptions/listen': (id, params) => {
    const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
    kit.listening = () => ({ params: { _meta } });
    send({
      method: 'notifications/subscriptions/acknowledged',
      params: { _meta, notifications: params.notifications },
    });
  },
  'tools/list': (id, params) => {
    kit.lists += 1;
    if (own.list) own.list(kit, id, params);
    else kit.listed(id, [tool()]);
  },
  'tools/call': (id, params) => {
    const key = params._meta?.['org.belay/idempotencyKey'];
    if (own.call) return own.call(kit, id, key, params);
    kit.act(key);
    return kit.answer(id, { done: key });
  },
};

own.start?.(kit);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params = {} } = JSON.parse(line);
  if (method === 'notifications/cancelled') own.cancelled?.(kit);
  if (methods[method]) methods[method](id, params);
  else if (id !== undefined && method) send({ id, error: { code: -32_601, message: 'no such method' } });
  else if (id !== undefined) own.reply?.(kit, id);
});
