import { type DynamicModule, Module } from '@nestjs/common';
import { MulterModule } from '@nestjs/platform-express';
import { AnswersController } from './answers/answers.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { SessionController } from './auth/session.controller.js';
import { ConversationsController } from './conversations/conversations.controller.js';
import { DocumentsController } from './documents/documents.controller.js';
import { RemovalController } from './documents/removal.controller.js';
import { StagingEngine } from './documents/staging-engine.js';
import { SourcesController } from './documents/sources.controller.js';
import { HealthController } from './health.controller.js';
import { ModelsController } from './models/models.controller.js';
import { describeApi } from './openapi/describe-api.js';
import { DESCRIPTION, OpenApiController } from './openapi/openapi.controller.js';
import { PeopleController } from './people/people.controller.js';
import { PermissionsController } from './permissions/permissions.controller.js';
import { ApprovalsController } from './runs/approvals.controller.js';
import { KillsController } from './runs/kills.controller.js';
import { RunsController } from './runs/runs.controller.js';
import { MatchController } from './playbooks/match.controller.js';
import { PlaybooksController } from './playbooks/playbooks.controller.js';
import { SERVICES, type Services } from './services.js';
import { FixturesController } from './tools/fixtures.controller.js';
import { SchemasController } from './tools/schemas.controller.js';
import { SecretsController } from './tools/secrets.controller.js';
import { ToolsController } from './tools/tools.controller.js';

/** Every controller of the api; a test walks these and refuses a route without a declared requirement. */
export const CONTROLLERS = [
  AnswersController,
  ApprovalsController,
  AuditController,
  ConversationsController,
  DocumentsController,
  HealthController,
  KillsController,
  MatchController,
  ModelsController,
  OpenApiController,
  PeopleController,
  PermissionsController,
  PlaybooksController,
  RemovalController,
  RunsController,
  SchemasController,
  SessionController,
  SourcesController,
  SecretsController,
  FixturesController,
  ToolsController,
];

@Module({})
export class AppModule {
  static of(services: Services): DynamicModule {
    const limits = { fileSize: services.config.maxUploadBytes, files: 1, fields: 10, fieldSize: 64 * 1024 };
    return {
      module: AppModule,
      imports: [MulterModule.register({ limits, storage: new StagingEngine(services.staging) })],
      controllers: CONTROLLERS,
      providers: [
        { provide: SERVICES, useValue: services },
        { provide: DESCRIPTION, useFactory: () => describeApi(CONTROLLERS, '1') },
      ],
    };
  }
}
