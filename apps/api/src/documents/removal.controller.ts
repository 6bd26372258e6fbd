import {
  type ReceiptCheck,
  type Receipts,
  ReceiptsQuery,
  type Retention,
  RetentionDays,
  type SweepReport,
} from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { anId, zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const Preview = z.object({ days: z.coerce.number().pipe(RetentionDays).optional() });
const Rule = z.object({ days: RetentionDays.nullable() });
const Sweep = z.object({ dryRun: z.boolean().default(true) });
const Move = z.object({ path: z.string().min(1).max(500) });

/** Moving, keeping and removing: retention, receipts, and the search for what belongs to nothing. */
@Controller('v1')
export class RemovalController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get('collections/:name/retention')
  @Requires('write', 'Collection')
  retention(
    @CurrentPerson() person: SignedIn,
    @Param('name') name: string,
    @Query(zod(Preview)) query: z.infer<typeof Preview>,
  ): Promise<Retention> {
    return this.services.retention.preview(person, name, query.days);
  }

  @Put('collections/:name/retention')
  @Requires('write', 'Collection')
  setRetention(
    @CurrentPerson() person: SignedIn,
    @Param('name') name: string,
    @Body(zod(Rule)) body: z.infer<typeof Rule>,
  ): Promise<Retention> {
    return this.services.retention.set(person, name, body.days);
  }

  @Get('receipts')
  @Requires('read', 'Document')
  receipts(
    @CurrentPerson() person: SignedIn,
    @Query(zod(ReceiptsQuery)) query: ReceiptsQuery,
  ): Promise<Receipts> {
    return this.services.receipts.list(person, query);
  }

  @Get('receipts/:leaf')
  @Requires('read', 'Document')
  receipt(@CurrentPerson() person: SignedIn, @Param('leaf', anId) leaf: string): Promise<ReceiptCheck> {
    return this.services.receipts.check(person, leaf);
  }

  @Post('documents/:id/move')
  @Requires('write', 'Document')
  @HttpCode(204)
  move(
    @CurrentPerson() person: SignedIn,
    @Param('id') id: string,
    @Body(zod(Move)) body: z.infer<typeof Move>,
  ): Promise<void> {
    return this.services.documents.move(person, id, body.path);
  }

  @Post('sweep')
  @Requires('administer', 'Audit')
  @HttpCode(200)
  sweep(
    @CurrentPerson() person: SignedIn,
    @Body(zod(Sweep)) body: z.infer<typeof Sweep>,
  ): Promise<SweepReport> {
    return this.services.sweep.sweep(person, body.dryRun);
  }
}
