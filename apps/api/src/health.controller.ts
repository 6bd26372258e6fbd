import { Controller, Get, Inject } from '@nestjs/common';
import { Public } from './http/requires.decorator.js';
import { TENANT } from './http/sign-in.guard.js';
import { SERVICES, type Services } from './services.js';

/** Liveness, and readiness of everything that a question needs. */
@Controller()
export class HealthController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get('healthz')
  @Public()
  live(): { status: string } {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Public()
  async ready(): Promise<{ status: string }> {
    await this.services.retrieval.ready(TENANT);
    return { status: 'ready' };
  }
}
