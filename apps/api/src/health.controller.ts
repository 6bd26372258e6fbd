import { DomainError } from '@belay/errors';
import { sql } from '@belay/database';
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
    const generation = await this.services.database.transaction({ role: 'api', tenant: TENANT }, (tx) =>
      tx.maybe(
        sql`select 1 as found from embedding_generation where tenant_id = ${TENANT} and state = 'active'`,
      ),
    );
    if (!generation)
      throw new DomainError('service.unavailable', 'The worker has not prepared the index yet.');
    await this.services.embedder.embedQuery('ready', 3000);
    return { status: 'ready' };
  }
}
