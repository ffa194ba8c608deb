// PostgreSQL. One schema and one role per owner, migrations, and the statements each owner needs: state and event commit
// together or not at all. It knows tables and transactions and decides nothing.
export { migrate, openPool, type Client, type MigrationClass, type Pool, type Schema } from './postgres.js';
