import { expect, it } from '@jest/globals';
import { DomainError } from '@belay/errors';
import { createLogger } from '@belay/telemetry';
import type { ArgumentsHost } from '@nestjs/common';
import { ProblemFilter } from './problem.filter.js';

it('says in whole seconds when it is worth trying again, and never at once', () => {
  const sent: unknown[] = [];
  const response = {
    setHeader: (...header: unknown[]) => sent.push(header),
    status: (status: number) => (sent.push(status), response),
    type: () => response,
    send: () => response,
  };
  const host = { switchToHttp: () => ({ getResponse: () => response }) } as unknown as ArgumentsHost;
  const filter = new ProblemFilter(createLogger('api', 'error'), 25 * 1024 * 1024);
  for (const retryAfterMs of [1001, 3])
    filter.catch(new DomainError('request.too-many', 'Too often.', { retryAfterMs }), host);
  filter.catch(new DomainError('not-found', 'No.'), host);
  expect(sent).toEqual([['retry-after', 2], 429, ['retry-after', 1], 429, 404]);
});

it('says how large a file may be where one is larger', () => {
  const filter = new ProblemFilter(createLogger('api', 'error'), 25 * 1024 * 1024);
  const problem = filter.problem(Object.assign(new Error('File too large'), { code: 'LIMIT_FILE_SIZE' }));
  expect(problem).toMatchObject({ status: 413, code: 'documents.too-large' });
  expect(problem.detail).toContain('25 MB at most');
});
