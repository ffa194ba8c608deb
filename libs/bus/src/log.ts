/** Where a bus writes what an operator has to know; the service passes its own logger. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Record<string, unknown>,
) => void;

export const SILENT: Log = () => {};

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
