import { type SecretInfo, SecretName, type SecretPlace, SetSecret } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Delete, Get, Inject, Param, Put } from '@nestjs/common';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod, ZodPipe } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const aName = new ZodPipe(SecretName, 'The name of the secret');

/** Secrets of servers of tools: set, changed and removed, never shown. */
@Controller('v1/tools/secrets')
export class SecretsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Requires('read', 'Tool')
  async list(@CurrentPerson() person: SignedIn): Promise<{ secrets: SecretInfo[] }> {
    return { secrets: await this.services.secrets.list(person) };
  }

  @Put(':name')
  @Requires('write', 'Tool')
  async set(
    @CurrentPerson() person: SignedIn,
    @Param('name', aName) name: string,
    @Body(zod(SetSecret)) body: SetSecret,
  ): Promise<SecretPlace> {
    await this.services.secrets.set(person, name, body);
    return { name };
  }

  @Delete(':name')
  @Requires('write', 'Tool')
  async remove(@CurrentPerson() person: SignedIn, @Param('name', aName) name: string): Promise<SecretPlace> {
    await this.services.secrets.remove(person, name);
    return { name };
  }
}
