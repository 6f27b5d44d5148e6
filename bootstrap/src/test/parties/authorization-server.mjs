// An oidc-provider authorization server on a free loopback port: it signs a person in and consents
// by itself, so that a consent link is a chain of redirects that only needs a cookie jar.
// ACCESS_TOKEN_SECONDS sets how long its access tokens live. MACHINE_JWKS makes it know the client
// "machine", which acts for itself and proves itself by these keys. NONCES=on has proofs of possession
// (DPoP) carry its nonces. PUBLISHED="<https origin> <http origin>" makes it take Client ID Metadata
// Documents, and fetch what is published at the first origin from the second, as through a proxy.
// Prints "ready <issuer>" once it serves, and then what becomes of clients and tokens.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { errors } from 'oidc-provider';

const SCOPE = 'mcp:tools';
const accessTokenSeconds = Number(process.env.ACCESS_TOKEN_SECONDS ?? 3600);
const [published, behind] = (process.env.PUBLISHED ?? '').split(' ');

const machine = process.env.MACHINE_JWKS && {
  client_id: 'machine',
  redirect_uris: [],
  response_types: [],
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  scope: SCOPE,
  jwks: JSON.parse(process.env.MACHINE_JWKS),
};

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://localhost:${server.address().port}`;

const signingKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...signingKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'party' }] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  scopes: ['openid', 'offline_access', SCOPE],
  pkce: { required: () => true },
  clients: machine ? [machine] : [],
  // Its own guard lets nobody be fetched from this machine.
  fetch: (url, { dispatcher, ...options }) =>
    fetch(behind ? String(url).replace(published, behind) : url, options),
  rotateRefreshToken: true,
  // Without prompt=consent this library grants no offline_access; a client that registered for
  // refresh tokens gets them here all the same, because their rotation is what we want to meet.
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  interactions: { url: (ctx, interaction) => `/consent/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
    clientIdMetadataDocument: { enabled: Boolean(behind), ack: 'draft-02' },
    dPoP: {
      enabled: true,
      nonceSecret: randomBytes(32),
      requireNonce: () => process.env.NONCES === 'on',
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource) => {
        const url = new URL(resource);
        if (url.hostname !== 'localhost' || url.pathname !== '/mcp') throw new errors.InvalidTarget();
        return {
          audience: resource,
          scope: SCOPE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenSeconds,
          jwt: { sign: { alg: 'RS256' } },
        };
      },
    },
  },
});

provider.on('registration_create.success', (ctx, client) => console.log(`registered ${client.clientId}`));
provider.on('registration_delete.success', (ctx, client) => console.log(`deleted ${client.clientId}`));
provider.on('grant.success', ({ oidc }) => {
  const token = oidc.entities.AccessToken ?? oidc.entities.ClientCredentials;
  const { grant_type: grant } = oidc.params;
  console.log(`${token.jkt ? 'bound' : 'bearer'} ${grant} ${oidc.client.clientAuthMethod} ${oidc.client.clientId}`);
});
provider.use(async (ctx, next) => {
  await next();
  if (ctx.oidc?.route === 'revocation') {
    const kind = ['RefreshToken', 'AccessToken'].find((each) => ctx.oidc.entities[each]);
    console.log(`revoked ${kind ?? 'nothing'}`);
  }
});

async function consent(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: 'resident' } });
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope, missingResourceScopes } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const serve = provider.callback();
server.on('request', (request, response) => {
  if (!request.url.startsWith('/consent/')) return serve(request, response);
  consent(request, response).catch((failure) => {
    console.error(failure);
    response.writeHead(500).end();
  });
});
console.log(`ready ${issuer}`);
