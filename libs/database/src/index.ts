export { Database, type Identity, type TransactionOptions } from './database.js';
export { Transaction } from './transaction.js';
export { kept, sql, type SqlStatement } from './sql.js';
export { digestOfMigrations, migrate, migrationsFolder } from './migrator.js';
export { provideLogins, type LoginName } from './logins.js';
export { vectorLiteral } from './vector.js';
export { embeddedConnection, EMBEDDED_READY, embeddedEntry } from './embedded/connection.js';
