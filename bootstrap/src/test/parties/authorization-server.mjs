// An oidc-provider authorization server on a free loopback port: it signs a person in and consents
// by itself, so that a consent link is a chain of redirects that only needs a cookie jar.
// ACCESS_TOKEN_SECONDS sets how long its access tokens live. Prints "ready <issuer>" once it serves.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { errors } from 'oidc-provider';

const SCOPE = 'mcp:tools';
const accessTokenSeconds = Number(process.env.ACCESS_TOKEN_SECONDS ?? 3600);

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://localhost:${server.address().port}`;

const signingKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...signingKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'party' }] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  scopes: ['openid', 'offline_access', SCOPE],
  pkce: { required: () => true },
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
