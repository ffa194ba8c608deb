import { GROUP, MAX_RESULTS, USER, type Resource, type ResourceType } from '@countersign/scim';
import { MAX_BODY } from './request.js';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';
/** What this server can do (RFC 7643 §5). What is not there is said not to be. */
export function serviceProviderConfig(base: string): Resource {
  return {
    schemas: [`${CORE}:ServiceProviderConfig`],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: MAX_BODY },
    filter: { supported: true, maxResults: MAX_RESULTS },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'The token of the identity provider, in the header authorization: Bearer.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  };
}

export function resourceTypes(base: string): Resource[] {
  return [USER, GROUP].map(({ name, description, endpoint, schema, extensions }: ResourceType) => ({
    schemas: [`${CORE}:ResourceType`],
    id: name,
    name,
    description,
    endpoint,
    schema: schema.id,
    ...(extensions.length > 0
      ? { schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })) }
      : {}),
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  }));
}

export function schemas(base: string): Resource[] {
  return [USER, GROUP]
    .flatMap(({ schema, extensions }) => [schema, ...extensions])
    .map((schema) => ({
      schemas: [`${CORE}:Schema`],
      ...schema,
      meta: { resourceType: 'Schema', location: `${base}/Schemas/${schema.id}` },
    }));
}
