import 'reflect-metadata';
import * as contracts from '@belay/contracts';
import { RequestMethod, type Type } from '@nestjs/common';
import { z } from 'zod';
import { PUBLIC, REQUIRES } from '../http/requires.decorator.js';
import { ZodPipe } from '../http/zod.pipe.js';
import { RESPONSES } from './responses.js';

interface Argument {
  readonly pipes: readonly unknown[];
  readonly data?: unknown;
}
type Schema = Record<string, unknown>;

// As Nest keeps them: `3` is a body, `4` a query.
const BODY = '3:';
const QUERY = '4:';
const ARGUMENTS = '__routeArguments__';
const PROBLEM = { description: 'What went wrong, as RFC 9457 problem details', content: problemContent() };

/** The OpenAPI 3.1 description of controllers: paths and requirements from the routes, schemas from the contracts. */
export function describeApi(controllers: readonly Type[], version: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const controller of controllers) {
    for (const route of routesOf(controller)) {
      const path = `/${route.path}`.replace(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Belay', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'belay_session' },
      },
    },
  };
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly isPublic: boolean;
  readonly requires: readonly string[] | undefined;
  readonly body: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
}

/** The routes that a controller declares. */
function routesOf(controller: Type): Route[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((key) => {
    const handler = prototype[key];
    if (key === 'constructor' || typeof handler !== 'function' || !Reflect.hasMetadata('path', handler))
      return [];
    const parts = [Reflect.getMetadata('path', controller), Reflect.getMetadata('path', handler)] as string[];
    const given = (Reflect.getMetadata(ARGUMENTS, controller, key) ?? {}) as Record<string, Argument>;
    const schema = (kind: string): z.ZodType | undefined => {
      const pipes = Object.entries(given).flatMap(([name, { pipes: own }]) =>
        name.startsWith(kind) ? own : [],
      );
      return pipes.find((pipe) => pipe instanceof ZodPipe)?.schema;
    };
    return [
      {
        method: RequestMethod[Reflect.getMetadata('method', handler) as number] ?? 'GET',
        path: parts.join('/').replace(/^\/+|\/+$/g, ''),
        isPublic: Reflect.getMetadata(PUBLIC, handler) === true,
        requires: Reflect.getMetadata(REQUIRES, handler) as string[] | undefined,
        body: schema(BODY),
        query: schema(QUERY),
      },
    ];
  });
}

function operation({ method, path, isPublic, requires, body, query }: Route): Schema {
  const response = RESPONSES[`${method} ${path}`];
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) =>
    parameter('path', name ?? '', { type: 'string' }, true),
  );
  return {
    ...(requires ? { summary: `Needs the right to ${requires[0]} ${requires[1]}.` } : {}),
    security: isPublic ? [] : [{ key: [] }, { session: [] }],
    parameters: [...inPath, ...(query ? queryParameters(query) : [])],
    ...(body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } } }
      : {}),
    responses: {
      '2XX': {
        description: 'Done',
        ...(response ? { content: { 'application/json': { schema: schemaOf(response, 'output') } } } : {}),
      },
      default: PROBLEM,
    },
  };
}

function queryParameters(query: z.ZodType): Schema[] {
  const { properties = {}, required = [] } = schemaOf(query) as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) =>
    parameter('query', name, schema, required.includes(name)),
  );
}

const parameter = (where: string, name: string, schema: Schema, required: boolean): Schema => ({
  in: where,
  name,
  required,
  schema,
});

function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'input'): Schema {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  delete made.$schema;
  return made;
}

function problemContent(): Schema {
  return { 'application/problem+json': { schema: schemaOf(contracts.Problem, 'output') } };
}
