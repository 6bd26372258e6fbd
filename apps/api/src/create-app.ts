import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isLoopback } from '@belay/config';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import { SignInGuard } from './http/sign-in.guard.js';
import type { Services } from './services.js';

const CONTENT_POLICY = {
  defaultSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  workerSrc: ["'self'", 'blob:'],
  objectSrc: ["'none'"],
  frameAncestors: ["'none'"],
  upgradeInsecureRequests: null,
};

/** The HTTP server of the api with guard, problem filter, security headers and the built page. */
export async function createApp(services: Services): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(services), {
    logger: false,
    abortOnError: false,
  });
  app.disable('x-powered-by');
  const { host, trustedProxies } = services.config;
  app.set('trust proxy', [...trustedProxies]);
  app.useBodyParser('json', { limit: '256kb' });
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: true, directives: CONTENT_POLICY },
      strictTransportSecurity: false,
    }),
  );
  app.use('/v1', (_: Request, response: Response, next: NextFunction) => {
    response.setHeader('cache-control', 'no-store');
    next();
  });
  if (services.config.web && existsSync(services.config.web)) servePage(app, services.config.web);
  // A proxy in front hands on the name that others reach it by.
  const isReachedHereOnly = isLoopback(host) && trustedProxies.length === 0;
  app.useGlobalGuards(new SignInGuard(services.sessions, isReachedHereOnly));
  app.useGlobalFilters(services.problems);
  return app;
}

function servePage(app: NestExpressApplication, folder: string): void {
  app.useStaticAssets(folder, { index: 'index.html', maxAge: '1h', setHeaders: uncachedIndex });
  // Addresses of the page's own router; everything else is the api's.
  app.use((request: Request, response: Response, next: NextFunction) => {
    const isApi = /^\/(v1|mcp|healthz|readyz|metrics|openapi\.json)(\/|$)/.test(request.path);
    if (request.method !== 'GET' || isApi || !request.accepts('html')) return next();
    response.setHeader('cache-control', 'no-cache');
    response.sendFile(join(folder, 'index.html'));
  });
}

function uncachedIndex(response: { setHeader(name: string, value: string): unknown }, path: string): void {
  if (path.endsWith('index.html')) response.setHeader('cache-control', 'no-cache');
}
