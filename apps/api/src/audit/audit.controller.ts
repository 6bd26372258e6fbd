import { exportLeaves, listLeaves, proveInclusion, recordLeaf, verifyLedger } from '@belay/audit';
import { type AuditLeaf, AuditQuery, type AuditReport, type InclusionProof } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { anId, zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const ExportQuery = AuditQuery.omit({ after: true, limit: true });
type ExportQuery = z.infer<typeof ExportQuery>;

const EXPORT_PAGE = 500;

/** The ledger, for administrators. Each request to read it is a leaf on it, an export one for all that it holds. */
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
  leaves(
    @CurrentPerson() person: SignedIn,
    @Query(zod(AuditQuery)) query: AuditQuery,
  ): Promise<{ leaves: AuditLeaf[]; next: string | null }> {
    return this.services.database.transaction(asApi(person), async (tx) => {
      await recordLeaf(tx, person.tenant, {
        type: 'audit.read',
        actor: person.person,
        payload: { ...query },
      });
      return listLeaves(tx, person, query);
    });
  }

  @Get('leaves/:id/proof')
  @Requires('administer', 'Audit')
  async proof(@CurrentPerson() person: SignedIn, @Param('id', anId) id: string): Promise<InclusionProof> {
    await this.record(person, { proof: id });
    return proveInclusion(this.services.database, person.tenant, id);
  }

  @Get('export')
  @Requires('administer', 'Audit')
  async export(
    @CurrentPerson() person: SignedIn,
    @Query(zod(ExportQuery)) query: ExportQuery,
    @Res() response: Response,
  ): Promise<void> {
    await this.record(person, { export: query });
    response
      .setHeader('content-type', 'application/x-ndjson')
      .setHeader('content-disposition', 'attachment; filename="belay-audit.jsonl"');
    // The pages are read only as fast as they are taken, so that memory does not grow with the ledger.
    await pipeline(Readable.from(this.lines(person, query)), response).catch(() => response.destroy());
  }

  private async *lines(person: SignedIn, query: ExportQuery): AsyncGenerator<string> {
    for (let from = 0; ;) {
      const page = await this.services.database.transaction(asApi(person), (tx) =>
        exportLeaves(tx, person, { ...query, from, limit: EXPORT_PAGE }),
      );
      if (page.length > 0) yield page.map((leaf) => `${JSON.stringify(leaf)}\n`).join('');
      if (page.length < EXPORT_PAGE) return;
      from = (page.at(-1)?.sequence ?? 0) + 1;
    }
  }

  private record(person: SignedIn, payload: Record<string, unknown>): Promise<string> {
    return this.services.database.transaction(asApi(person), (tx) =>
      recordLeaf(tx, person.tenant, { type: 'audit.read', actor: person.person, payload }),
    );
  }
}

const asApi = ({ tenant, person }: SignedIn) => ({ role: 'api', tenant, person }) as const;
