import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../failure.js';
import { lastLines } from './log-file.js';
import type { Service } from './service.js';

const CRASHES_ALLOWED = 3;

/** What a start waits for: a condition, on behalf of a service whose repeated crash ends the wait. */
export interface Wait {
  readonly service: Service;
  readonly until: () => boolean | Promise<boolean>;
  readonly signal: AbortSignal;
  readonly limitMs: number;
}

/** Waits for a service to be ready; throws with the end of its log if it keeps crashing or takes too long. */
export async function waitUntil({ service, until, signal, limitMs }: Wait): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await until())) {
    signal.throwIfAborted();
    if (service.crashes >= CRASHES_ALLOWED) throw notReady(service, 'ended again and again');
    if (Date.now() > deadline) throw notReady(service, `was not ready after ${limitMs / 1000} s`);
    await sleep(100);
  }
  signal.throwIfAborted();
}

function notReady(service: Service, what: string): CliError {
  const tail = lastLines(service.logPath, 12).map((line) => `  ${line}`);
  return new CliError(`${service.name} ${what}. The end of ${service.logPath}:\n${tail.join('\n')}`);
}

/** True when `address` answers its readiness check. */
export async function isReady(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(3000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** The port to listen on: `port` if it is free, any free one for 0; throws a clear message otherwise. */
export function claimPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => reject(portProblem(error, host, port)));
    probe.listen({ host, port, exclusive: true }, () => {
      const address = probe.address();
      const free = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(free));
    });
  });
}

function portProblem(error: NodeJS.ErrnoException, host: string, port: number): CliError {
  if (error.code === 'EADDRINUSE') {
    return new CliError(`Port ${port} on ${host} is in use by another program. Choose one with --port.`);
  }
  if (error.code === 'EACCES')
    return new CliError(`Port ${port} may not be opened by this user. Choose one above 1023.`);
  return new CliError(`${host} port ${port} cannot be listened on: ${error.message}`);
}
