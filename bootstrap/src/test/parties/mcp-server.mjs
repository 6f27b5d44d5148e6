// A dual-era MCP server of the TypeScript SDK v2 on a free loopback port, protected by the
// authorization server ISSUER: a token must be its JWT, meant for this server and for "mcp:tools".
// LEGACY=reject makes it modern-only. DPOP=required makes it take only tokens that are bound to a key
// which the caller proves to have (RFC 9449 section 7). Prints "ready <endpoint>" once it serves.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import {
  createMcpHandler,
  getOAuthProtectedResourceMetadataUrl,
  McpServer,
  oauthMetadataResponse,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth,
} from '@modelcontextprotocol/server';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { calculateJwkThumbprint, createRemoteJWKSet, decodeJwt, EmbeddedJWK, jwtVerify } from 'jose';
import * as z from 'zod';

const SCOPE = 'mcp:tools';
const issuer = process.env.ISSUER;

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const endpoint = new URL(`http://localhost:${server.address().port}/mcp`);

const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));

const verifier = {
  async verifyAccessToken(token) {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience: endpoint.href });
      return {
        token,
        clientId: payload.client_id ?? payload.azp,
        scopes: (payload.scope ?? '').split(' '),
        expiresAt: payload.exp,
        resource: endpoint,
      };
    } catch {
      throw new OAuthError(OAuthErrorCode.InvalidToken, 'This token is not for this server.');
    }
  },
};

const authenticate = requireBearerAuth({
  verifier,
  requiredScopes: [SCOPE],
  expectedResource: endpoint,
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(endpoint),
});

// The SDK knows bearer tokens only: what is proven is handed to it as one, and its challenge is put
// in the words of this scheme.
async function asBearer(request) {
  const [scheme, token] = (request.headers.get('authorization') ?? '').split(' ');
  const headers = new Headers(request.headers);
  headers.delete('authorization');
  try {
    const { payload, protectedHeader } = await jwtVerify(request.headers.get('dpop'), EmbeddedJWK, {
      typ: 'dpop+jwt',
      maxTokenAge: 60,
    });
    const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk);
    const digest = createHash('sha256').update(token).digest('base64url');
    if (
      scheme === 'DPoP' &&
      payload.htm === request.method &&
      payload.htu === endpoint.href &&
      payload.ath === digest &&
      decodeJwt(token).cnf?.jkt === thumbprint
    ) {
      headers.set('authorization', `Bearer ${token}`);
    }
  } catch {
    // Not proven, so it is as if no token had come.
  }
  return new Request(request.url, { headers });
}

async function proven(request) {
  const answer = await authenticate(await asBearer(request));
  if (!(answer instanceof Response)) return answer;
  const headers = new Headers(answer.headers);
  const challenge = headers.get('www-authenticate') ?? '';
  headers.set('www-authenticate', challenge.replace(/^Bearer/, 'DPoP algs="ES256",'));
  return new Response(answer.body, { status: answer.status, headers });
}

const callerOf = process.env.DPOP === 'required' ? proven : authenticate;

const mcp = createMcpHandler(
  ({ authInfo }) => {
    const tools = new McpServer({ name: 'dual-era-party', version: '1.0.0' });
    tools.registerTool(
      'greet',
      { description: 'Greets by name.', inputSchema: z.object({ name: z.string() }) },
      async ({ name }) => ({ content: [{ type: 'text', text: `Hello, ${name}!` }] }),
    );
    tools.registerTool(
      'whoami',
      { description: 'Names the OAuth client that calls.', inputSchema: z.object({}) },
      async () => ({ content: [{ type: 'text', text: authInfo.clientId }] }),
    );
    return tools;
  },
  { legacy: process.env.LEGACY ?? 'stateless' },
);

server.on(
  'request',
  toNodeHandler({
    async fetch(request) {
      const document = oauthMetadataResponse(request, {
        oauthMetadata: metadata,
        resourceServerUrl: endpoint,
        scopesSupported: [SCOPE],
        dangerouslyAllowInsecureIssuerUrl: true,
      });
      if (document) return document;
      if (new URL(request.url).pathname !== endpoint.pathname) return new Response(null, { status: 404 });
      const caller = await callerOf(request);
      return caller instanceof Response ? caller : mcp.fetch(request, { authInfo: caller });
    },
  }),
);
console.log(`ready ${endpoint.href}`);
