import {
  type Grantee,
  type Group,
  type Invitation,
  MembersChange,
  NewGroup,
  NewPerson,
  type Person,
  PersonChange,
} from '@belay/contracts';
import type { IdentityService, SignedIn } from '@belay/identity';
import { Body, Controller, Get, Inject, Param, Patch, Post } from '@nestjs/common';
import type { z } from 'zod';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

/** People, groups and roles, for administrators. Their names are for everybody who may share something. */
@Controller('v1')
export class PeopleController {
  private readonly identity: IdentityService;

  constructor(@Inject(SERVICES) services: Services) {
    this.identity = services.identity;
  }

  @Get('people')
  @Requires('administer', 'Identity')
  async people(@CurrentPerson() person: SignedIn): Promise<{ people: Person[] }> {
    return { people: await this.identity.listPeople(person.tenant) };
  }

  @Post('people')
  @Requires('administer', 'Identity')
  add(@CurrentPerson() person: SignedIn, @Body(zod(NewPerson)) body: NewPerson): Promise<Invitation> {
    return this.identity.addPerson(person, body);
  }

  @Patch('people/:name')
  @Requires('administer', 'Identity')
  change(
    @CurrentPerson() person: SignedIn,
    @Param('name') name: string,
    @Body(zod(PersonChange)) body: PersonChange,
  ): Promise<Person> {
    return this.identity.changePerson(person, name, body);
  }

  @Post('people/:name/invitation')
  @Requires('administer', 'Identity')
  invite(@CurrentPerson() person: SignedIn, @Param('name') name: string): Promise<Invitation> {
    return this.identity.inviteAgain(person, name);
  }

  @Get('principals')
  @Requires('write', 'Permission')
  async principals(@CurrentPerson() person: SignedIn): Promise<{ principals: Grantee[] }> {
    return { principals: await this.identity.listGrantees(person.tenant) };
  }

  @Get('groups')
  @Requires('administer', 'Identity')
  async groups(@CurrentPerson() person: SignedIn): Promise<{ groups: Group[] }> {
    return { groups: await this.identity.listGroups(person.tenant) };
  }

  @Post('groups')
  @Requires('administer', 'Identity')
  addGroup(
    @CurrentPerson() person: SignedIn,
    @Body(zod(NewGroup)) body: z.infer<typeof NewGroup>,
  ): Promise<Group> {
    return this.identity.addGroup(person, body);
  }

  @Post('groups/:name/members')
  @Requires('administer', 'Identity')
  members(
    @CurrentPerson() person: SignedIn,
    @Param('name') name: string,
    @Body(zod(MembersChange)) body: MembersChange,
  ): Promise<Group> {
    return this.identity.changeMembers(person, name, body);
  }
}
