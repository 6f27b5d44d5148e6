// A dual-era MCP server of the TypeScript SDK v2 on a free loopback port, protected by the
// authorization server ISSUER: a token must be its JWT, meant for this server and for "mcp:tools".
// LEGACY=reject makes it modern-only. Prints "ready <endpoint>" once it serves.
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
import { createRemoteJWKSet, jwtVerify } from 'jose';
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
      const caller = await authenticate(request);
      return caller instanceof Response ? caller : mcp.fetch(request, { authInfo: caller });
    },
  }),
);
console.log(`ready ${endpoint.href}`);
