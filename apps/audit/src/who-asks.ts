import { authenticator, openDirectory, type Caller } from '@countersign/directory';
import type { Authenticate, Log, Settings } from '@countersign/service';
import { WhoIs } from './who-is.js';

interface Who {
  authenticate: Authenticate<Caller>;
  close(): void;
}

/** Who reads the record: as intake says where it is known, and otherwise by the directory file alone, which has no API tokens. */
export function whoAsks(
  settings: Pick<Settings, 'COUNTERSIGN_INTAKE_ADDRESS' | 'COUNTERSIGN_SERVICE_TOKEN' | 'COUNTERSIGN_DIRECTORY'>,
  log: Log,
): Who {
  const { COUNTERSIGN_INTAKE_ADDRESS: address, COUNTERSIGN_SERVICE_TOKEN: serviceToken } = settings;
  if (address !== undefined && serviceToken !== undefined) {
    const asked = new WhoIs({ address, serviceToken });
    return { authenticate: asked.authenticate, close: () => asked.close() };
  }
  const directory = openDirectory(settings.COUNTERSIGN_DIRECTORY, log);
  if (directory.development) log.warn('development identities: anyone can be anyone; set COUNTERSIGN_DIRECTORY');
  return {
    authenticate: authenticator(() => directory.current(), serviceToken, 'peer'),
    close: () => directory.close(),
  };
}
