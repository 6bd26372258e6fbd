import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A small hub in Hugging Face's layout on this machine, with the ways in which hubs misbehave. For tests. */
export interface TinyHub {
  readonly address: string;
  /** What it was asked for: `METHOD PATH [RANGE]`. */
  readonly asked: string[];
  readonly keys: (string | undefined)[];
  /** The files of its one model; changing one changes what is served and listed. */
  readonly files: Map<string, Buffer>;
  commit: string;
  /** Answers instead of the hub where it returns true. */
  intercept: (path: string, request: IncomingMessage, response: ServerResponse) => boolean;
  /** Changes what the API says. */
  describe: (answer: Record<string, unknown>) => unknown;
  close(): Promise<void>;
}

const LARGE = /\.(safetensors|onnx)$/;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Starts it with one model, `OWNER/NAME` at the branch `main`. */
export async function startTinyHub(model: string, files: Record<string, Buffer>): Promise<TinyHub> {
  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: TinyHub = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    keys: [],
    files: new Map(Object.entries(files)),
    commit: 'a'.repeat(40),
    intercept: () => false,
    describe: (said) => said,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url ?? '').split('?')[0] ?? '';
    hub.asked.push([request.method, path, request.headers.range].filter(Boolean).join(' '));
    hub.keys.push(request.headers.authorization);
    if (hub.intercept(path, request, response)) return;
    if (path === `/api/models/${model}/revision/main`) return json(response, hub.describe(description()));
    const file = hub.files.get(path.slice(`/${model}/resolve/${hub.commit}/`.length));
    if (!file) return void response.writeHead(404).end('Entry not found');
    serve(file, request, response);
  }

  function description(): Record<string, unknown> {
    const siblings = [...hub.files].map(([rfilename, bytes]) => {
      const lfs = LARGE.test(rfilename) ? { lfs: { sha256: sha256(bytes), size: bytes.length } } : {};
      return { rfilename, size: bytes.length, ...lfs };
    });
    return { id: model, sha: hub.commit, tags: ['license:mit'], siblings };
  }

  return hub;
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function serve(file: Buffer, { headers }: IncomingMessage, response: ServerResponse): void {
  const etag = `"${sha256(file).slice(0, 16)}"`;
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  if (from === 0 || (headers['if-range'] ?? etag) !== etag)
    return void response.writeHead(200, { etag, 'content-length': file.length }).end(file);
  if (from >= file.length) return void response.writeHead(416).end();
  const range = `bytes ${from}-${file.length - 1}/${file.length}`;
  const part = file.subarray(from);
  response.writeHead(206, { etag, 'content-range': range, 'content-length': part.length }).end(part);
}

/** Sends so many bytes of a file and breaks the connection. */
export function cutAfter(bytes: number, file: Buffer, response: ServerResponse): true {
  const etag = `"${sha256(file).slice(0, 16)}"`;
  response.writeHead(200, { etag, 'content-length': file.length });
  response.write(file.subarray(0, bytes), () => setTimeout(() => response.destroy(), 50));
  return true;
}
