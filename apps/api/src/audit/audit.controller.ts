import { listLeaves, recordLeaf, verifyLedger } from '@belay/audit';
import type { AuditReport } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { z } from 'zod';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const ListQuery = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) });

/** The ledger, for administrators. Reading it is on it. */
@Controller('v1/audit')
export class AuditController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get('verify')
  @Requires('administer', 'Audit')
  verify(@CurrentPerson() person: SignedIn): Promise<AuditReport> {
    return verifyLedger(this.services.database, person.tenant, this.services.ledgerTrust());
  }

  @Get('leaves')
  @Requires('administer', 'Audit')
  async leaves(
    @CurrentPerson() person: SignedIn,
    @Query(zod(ListQuery)) query: z.infer<typeof ListQuery>,
  ): Promise<{ leaves: unknown[] }> {
    const { tenant } = person;
    const leaves = await this.services.database.transaction(
      { role: 'api', tenant, person: person.person },
      async (tx) => {
        await recordLeaf(tx, tenant, { type: 'audit.read', actor: person.person });
        return listLeaves(tx, tenant, query.limit);
      },
    );
    return { leaves };
  }
}
