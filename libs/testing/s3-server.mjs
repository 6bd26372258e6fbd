/**
 * A small S3 for tests: one bucket, addressed by path, in memory. It checks the SigV4 signature of every request
 * and can be told to be slow, to fail, to lose an object, or to answer a deletion without doing it.
 */
import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function isSigned(request, body, { accessKeyId, secretAccessKey, region }) {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$/;
  const [, key, day, place, signedHeaders = '', signature] =
    pattern.exec(request.headers.authorization ?? '') ?? [];
  if (key !== accessKeyId || place !== region) return false;
  const given = request.headers['x-amz-content-sha256'];
  if (given !== 'UNSIGNED-PAYLOAD' && given !== sha256(body)) return false;
  const url = new URL(request.url, 'http://s3');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = signedHeaders
    .split(';')
    .map((name) => `${name}:${request.headers[name]}\n`)
    .join('');
  const canonical = [request.method, url.pathname, query, headers, signedHeaders, given].join('\n');
  const time = request.headers['x-amz-date'];
  const text = ['AWS4-HMAC-SHA256', time, `${day}/${region}/s3/aws4_request`, sha256(canonical)].join('\n');
  const secret = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secretAccessKey}`, day), region));
  return hmac(secret, text).toString('hex') === signature;
}

/** Starts it on a free loopback port. `objects` is what it holds; `mood` says how it behaves. */
export async function startS3() {
  const config = {
    accessKeyId: 'test-key',
    secretAccessKey: 'test-secret',
    region: 'eu-test-1',
    bucket: 'originals',
  };
  const objects = new Map();
  const mood = { failing: 0, delay: 0, ignoresDeletes: false, pageSize: 2 };
  const seen = { refused: 0, requests: 0 };
  const answer = (response, status, body = '') => void response.writeHead(status).end(body);
  const list = (response, query) => {
    const keys = [...objects.keys()].sort();
    const from = Number(query.get('continuation-token') ?? 0);
    const page = keys.slice(from, from + mood.pageSize);
    const more = from + mood.pageSize < keys.length;
    const items = page.map(
      (key) => `<Contents><Key>${key}</Key><LastModified>${objects.get(key).at}</LastModified></Contents>`,
    );
    const next = more ? `<NextContinuationToken>${from + mood.pageSize}</NextContinuationToken>` : '';
    answer(
      response,
      200,
      `<ListBucketResult><IsTruncated>${more}</IsTruncated>${items.join('')}${next}</ListBucketResult>`,
    );
  };
  const serve = (request, response, body) => {
    seen.requests += 1;
    if (mood.failing > 0) {
      mood.failing -= 1;
      return answer(response, 503);
    }
    if (!isSigned(request, body, config)) {
      seen.refused += 1;
      return answer(response, 403, '<Error><Code>SignatureDoesNotMatch</Code></Error>');
    }
    const url = new URL(request.url, 'http://s3');
    const [bucket, ...rest] = url.pathname.slice(1).split('/');
    const key = rest.join('/');
    if (bucket !== config.bucket)
      return answer(
        response,
        404,
        request.method === 'HEAD' ? '' : '<Error><Code>NoSuchBucket</Code></Error>',
      );
    if (key === '')
      return request.method === 'HEAD' ? answer(response, 200) : list(response, url.searchParams);
    if (request.method === 'PUT') {
      objects.set(key, { body, at: new Date().toISOString() });
      return answer(response, 200);
    }
    if (request.method === 'DELETE') {
      if (!mood.ignoresDeletes) objects.delete(key);
      return answer(response, 204);
    }
    const found = objects.get(key);
    if (!found)
      return answer(response, 404, request.method === 'HEAD' ? '' : '<Error><Code>NoSuchKey</Code></Error>');
    return answer(response, 200, request.method === 'HEAD' ? '' : found.body);
  };
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => setTimeout(() => serve(request, response, Buffer.concat(parts)), mood.delay));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    config: { ...config, endpoint: `http://127.0.0.1:${server.address().port}` },
    objects,
    mood,
    seen,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
