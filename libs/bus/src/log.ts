type Write = (fields: object, message: string) => void;

/** Where a bus writes what an operator has to know; the service passes its own logger. */
export interface Log {
  debug: Write;
  warn: Write;
}

export const SILENT: Log = { debug: () => {}, warn: () => {} };

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
