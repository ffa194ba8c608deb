import pg from 'pg';
import { expect, it } from 'vitest';
import { testDatabase } from '../../../test/postgres.js';
import { createRole } from './role.js';

it('a role that several first starts create at once is there once, and all of them go on', async () => {
  const database = await testDatabase();
  const clients = Array.from({ length: 8 }, () => new pg.Client({ connectionString: database.url }));
  await Promise.all(clients.map((client) => client.connect()));
  try {
    for (let round = 0; round < 10; round++) {
      await Promise.all(clients.map((client) => createRole(client, 'made_by_many')));
      const { rows } = await clients[0]!.query(`select pg_has_role('made_by_many', 'member') as member`);
      expect(rows).toEqual([{ member: true }]);
      await clients[0]!.query('drop role made_by_many');
    }
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await database.drop();
  }
});
