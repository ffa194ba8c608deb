import { z } from 'zod';
import { SurfaceFault } from '../surface.js';

const Answer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });
const SCOPE = 'https://api.botframework.com/.default';
/** Renewed this long before it runs out, so that it does not run out on the way. */
const MARGIN_MS = 60_000;

/** The bot's own token, by client credentials, shared by all calls until shortly before it runs out. */
export class BotToken {
  private current: { value: Promise<string>; until: number } | undefined;

  constructor(private readonly options: { tokenUrl: string; appId: string; appSecret: string; timeoutMs: number }) {}

  get(): Promise<string> {
    if (this.current && Date.now() < this.current.until) return this.current.value;
    const entry = { value: Promise.resolve(''), until: Infinity };
    entry.value = this.fetch().then(({ access_token, expires_in }) => {
      entry.until = Date.now() + expires_in * 1000 - MARGIN_MS;
      return access_token;
    });
    // A failure is not kept: the next call asks again.
    entry.value.catch(() => this.current === entry && this.drop());
    this.current = entry;
    return entry.value;
  }

  /** The connector did not accept it: the next call gets a new one. */
  drop(): void {
    this.current = undefined;
  }

  private async fetch(): Promise<z.infer<typeof Answer>> {
    const { tokenUrl, appId, appSecret, timeoutMs } = this.options;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: appId,
      client_secret: appSecret,
      scope: SCOPE,
    });
    try {
      const response = await fetch(tokenUrl, {
        method: 'POST',
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) throw new SurfaceFault('unavailable', `the token endpoint answered HTTP ${response.status}`);
      return Answer.parse(await response.json());
    } catch (cause) {
      if (cause instanceof SurfaceFault) throw cause;
      throw new SurfaceFault('unavailable', 'the token endpoint did not give a token', { cause });
    }
  }
}
