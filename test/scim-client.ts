// An identity provider as it speaks: plain HTTP with JSON, every answer as it came.

export const TOKEN = 'scim-token-of-the-test-0123456789abcdef';
export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export interface ScimAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { id: string; detail?: string; Resources?: Record<string, unknown>[] };
}

export class ScimClient {
  constructor(
    readonly port: number,
    readonly token: string | null = TOKEN,
  ) {}

  get = (path: string, headers?: Record<string, string>) => this.send('GET', path, undefined, headers);
  post = (path: string, body: unknown) => this.send('POST', path, body);
  put = (path: string, body: unknown, headers?: Record<string, string>) => this.send('PUT', path, body, headers);
  delete = (path: string, headers?: Record<string, string>) => this.send('DELETE', path, undefined, headers);

  patch(path: string, Operations: unknown[], headers?: Record<string, string>): Promise<ScimAnswer> {
    return this.send('PATCH', path, { schemas: [PATCH_OP], Operations }, headers);
  }

  /** Makes a user, or throws. */
  async user(userName: string, more: object = {}) {
    return this.#made(await this.post('/Users', { schemas: [USER_SCHEMA], userName, ...more }));
  }

  async group(displayName: string, members: readonly string[] = []) {
    const body = { schemas: [GROUP_SCHEMA], displayName, members: members.map((value) => ({ value })) };
    return this.#made(await this.post('/Groups', body));
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<ScimAnswer> {
    const response = await fetch(`http://127.0.0.1:${this.port}/scim/v2${path}`, {
      method,
      headers: {
        ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as ScimAnswer['body'],
    };
  }

  #made({ status, body }: ScimAnswer): ScimAnswer['body'] {
    if (status !== 201) throw new Error(`${status}: ${body.detail}`);
    return body;
  }
}
