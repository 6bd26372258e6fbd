import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { CONTROLLERS } from './app.module.js';
import { describeApi } from './openapi/describe-api.js';
import { RESPONSES } from './openapi/responses.js';
import { PUBLIC, REQUIRES } from './http/requires.decorator.js';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];

function routes(): { name: string; isPublic: boolean; requires: unknown }[] {
  return CONTROLLERS.flatMap((controller) => {
    const prototype = controller.prototype as unknown as Record<string, unknown>;
    return Object.getOwnPropertyNames(prototype).flatMap((key) => {
      const handler = prototype[key];
      if (key === 'constructor' || typeof handler !== 'function' || !Reflect.hasMetadata('path', handler))
        return [];
      const method = METHODS[Number(Reflect.getMetadata('method', handler))] ?? '?';
      const path = [Reflect.getMetadata('path', controller), Reflect.getMetadata('path', handler)]
        .join('/')
        .replace(/^\/+/, '');
      const isPublic = Reflect.getMetadata(PUBLIC, handler) === true;
      return [
        { name: `${method} ${path}`, isPublic, requires: Reflect.getMetadata(REQUIRES, handler) as unknown },
      ];
    });
  });
}

describe('the routes of the api', () => {
  it('each declare a requirement or are public, and not both', () => {
    const all = routes();
    expect(all.length).toBeGreaterThan(30);
    const wrong = all.filter(({ isPublic, requires }) => isPublic === (requires !== undefined));
    expect(wrong).toEqual([]);
  });

  it('are all in the description of the api, and it describes no other', () => {
    const { paths } = describeApi(CONTROLLERS, '1') as {
      paths: Record<
        string,
        Record<string, { requestBody?: { content: Record<string, { schema: object }> } }>
      >;
    };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.slice(1).replace(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    const names = routes().map((route) => route.name.replace(/\/+$/, ''));
    expect(described.sort()).toEqual([...names].sort());
    expect(Object.keys(RESPONSES).filter((name) => !names.includes(name))).toEqual([]);
    const body = paths['/v1/search']?.['post']?.requestBody?.content['application/json']?.schema;
    expect(body).toMatchObject({ type: 'object', required: ['query'] });
  });

  it('are public only where nobody can be signed in yet', () => {
    expect(
      routes()
        .filter((route) => route.isPublic)
        .map((route) => route.name)
        .sort(),
    ).toEqual([
      'DELETE v1/session',
      'GET healthz',
      'GET openapi.json',
      'GET readyz',
      'GET v1/schemas/playbook',
      'GET v1/schemas/tool-contract',
      'GET v1/session/options',
      'POST v1/invitations/accept',
      'POST v1/invitations/show',
      'POST v1/session',
      'POST v1/session/demo',
    ]);
  });
});
