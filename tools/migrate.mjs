// Brings every schema up to date with the login in DATABASE_URL and ends. For installations where the services' own logins
// may change no table; elsewhere each service does this for its own schema when it starts.
import { migrate } from '@countersign/store';

const url = process.env.DATABASE_URL;
if (!url) {
  console.error('DATABASE_URL is not set: say which PostgreSQL to bring up to date');
  process.exit(1);
}
try {
  for (const schema of ['intake', 'notifier', 'audit']) {
    await migrate(url, schema);
    console.log(`${schema}: up to date`);
  }
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
