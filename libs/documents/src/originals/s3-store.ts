import type { S3Config } from '@belay/config';
import { DomainError } from '@belay/errors';
import { AwsClient } from 'aws4fetch';
import type { StoredObject } from './stored-object.js';

const TIMEOUT_MS = 30_000;

/** Originals in an S3-compatible bucket. A failure of the service is an error, never an empty answer. */
export class S3Store {
  readonly name = 's3';
  private readonly client: AwsClient;
  private readonly bucket: string;

  constructor({ endpoint, bucket, region, accessKeyId, secretAccessKey }: S3Config) {
    this.client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 2 });
    this.bucket = `${endpoint.replace(/\/$/, '')}/${encodeURIComponent(bucket)}`;
  }

  async put(key: string, bytes: Buffer): Promise<void> {
    await this.send('PUT', key, new Uint8Array(bytes));
  }

  /** Undefined where there is no such object. */
  async get(key: string): Promise<Buffer | undefined> {
    const response = await this.send('GET', key);
    return response ? Buffer.from(await response.arrayBuffer()) : undefined;
  }

  async has(key: string): Promise<boolean> {
    return (await this.send('HEAD', key)) !== undefined;
  }

  /** Returns when the object is gone, which is looked at: some services answer a deletion before, or without, it. */
  async remove(key: string): Promise<void> {
    await this.send('DELETE', key);
    if (await this.has(key)) throw unavailable(`the object is still there after its deletion`);
  }

  /** Every object of the bucket, by pages. */
  async *list(): AsyncGenerator<StoredObject> {
    let token: string | undefined;
    do {
      const query = new URLSearchParams({ 'list-type': '2', ...(token && { 'continuation-token': token }) });
      const response = await this.send('GET', `?${query.toString()}`);
      const xml = (await response?.text()) ?? '';
      for (const [, item = ''] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const modifiedAt = new Date(field(item, 'LastModified') ?? 0);
        yield { key: field(item, 'Key') ?? '', modifiedAt };
      }
      token = field(xml, 'IsTruncated') === 'true' ? field(xml, 'NextContinuationToken') : undefined;
    } while (token !== undefined);
  }

  // 404 means "no such object" only where the bucket is there: of HEAD, which has no body, the bucket is asked.
  private async send(
    method: string,
    path: string,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Response | undefined> {
    const response = await this.fetch(
      method,
      `${this.bucket}${path.startsWith('?') ? path : `/${path}`}`,
      body,
    );
    if (response.ok) return response;
    const text = await response.text();
    if (response.status !== 404 || text.includes('NoSuchBucket') || path.startsWith('?'))
      throw unavailable(`the object storage answered ${method} with ${response.status}`);
    const isBucketThere = text.includes('NoSuchKey') || (await this.fetch('HEAD', this.bucket)).ok;
    if (!isBucketThere) throw unavailable('the bucket is not there');
    return undefined;
  }

  private async fetch(method: string, url: string, body?: Uint8Array<ArrayBuffer>): Promise<Response> {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      return await this.client.fetch(url, { method, signal, redirect: 'error', ...(body && { body }) });
    } catch (cause) {
      throw unavailable('the object storage does not answer', cause);
    }
  }
}

const field = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];

function unavailable(reason: string, cause?: unknown): DomainError {
  const message = `Originals cannot be reached: ${reason}. Try again in a moment.`;
  return new DomainError('storage.unavailable', message, { cause });
}
