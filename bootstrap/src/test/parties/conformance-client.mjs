// The client that the MCP conformance suite tests: Mooring, through its HTTP API. The suite gives
// the URL of its server as the last argument and the rest as MCP_CONFORMANCE_*; MOORING_URL and
// MOORING_KEY say which Mooring. Registers the server, consents as the person, completes, calls
// every tool once, forgets the server. Prints what became of it as one line of JSON, and exits with
// 1 if Mooring refused to go on.
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

// More than Mooring may ask for, so that a test sees where Mooring itself stops asking.
const MOST_CONSENTS = 6;

// With a pause of two seconds after each 503, less than the suite waits for a scenario.
const MOST_ATTEMPTS = 60;

// What a single tool wants in vain; the others are called all the same.
const OF_THE_TOOL = ['tool_call_rejected', 'client_capability_missing'];

const endpoint = process.argv.at(-1);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
const name = `c${randomUUID().replaceAll('-', '')}`;
const outcome = { scenario, state: 'refused', consents: 0, calls: 0 };
const start = performance.now();

class Refused extends Error {
  constructor(answer) {
    super(`${answer.error.code}: ${answer.error.message}`);
    this.code = answer.error.code;
    this.consent = answer.extra_fields.mcp_auth_required;
  }
}

/** Asks again where Mooring has too much to do: all scenarios come at once. */
async function patiently(url, options, attempts = MOST_ATTEMPTS) {
  const response = await fetch(url, options);
  if (response.status !== 503 || attempts === 1) return response;
  await setTimeout(1000 * Number(response.headers.get('retry-after') ?? 1));
  return patiently(url, options, attempts - 1);
}

async function mooring(method, path, body) {
  const response = await patiently(process.env.MOORING_URL + path, {
    method,
    headers: {
      'x-api-key': process.env.MOORING_KEY,
      'content-type': 'application/json',
      'idempotency-key': name,
    },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer);
  return answer;
}

/** What an operator enters: of the scenario's context, what Mooring has a field for. */
function registration() {
  const common = { name, connection_type: 'http', connection_string: endpoint };
  common.protocol_version = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION;
  if (!scenario.startsWith('auth/')) return { ...common, auth_type: 'none' };
  return { ...common, auth_type: 'oauth', oauth_config: oauthConfig() };
}

function oauthConfig() {
  const config = { client_id: context.client_id, client_secret: context.client_secret };
  if (scenario.startsWith('auth/client-credentials-')) {
    return {
      ...config,
      grant_type: 'client_credentials',
      private_key_pem: context.private_key_pem,
      signing_algorithm: context.signing_algorithm,
    };
  }
  if (context.valid_jwt) {
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    return { ...config, grant_type, assertion: context.valid_jwt };
  }
  if (context.idp_id_token) {
    return {
      ...config,
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      identity_provider: {
        issuer: context.idp_issuer,
        token_url: context.idp_token_endpoint,
        client_id: context.idp_client_id,
        subject_token: context.idp_id_token,
      },
    };
  }
  return config;
}

/** The person: opens the link; the suite consents at once and sends them on to our callback. */
async function consent(link) {
  if (++outcome.consents > MOST_CONSENTS) throw new Error('Mooring asks without end');
  const redirect = await fetch(link, { redirect: 'manual' });
  await patiently(redirect.headers.get('location'));
}

/** Completes; whoever is asked to consent again does so. */
async function connect(id, link) {
  await consent(link);
  try {
    await mooring('POST', `/api/mcp/client/${id}/complete-oauth`);
  } catch (refused) {
    const { state } = await mooring('GET', `/api/mcp/client/${id}`);
    if (state !== 'needs_reauth') throw refused;
    const again = await mooring('POST', `/api/mcp/client/${id}/reauthorize`);
    await connect(id, again.authorize_url);
  }
}

async function call(id, tool, args) {
  try {
    await mooring('POST', '/v1/mcp/tool/execute', {
      id: `call_${outcome.calls}`,
      type: 'function',
      function: { name: `${name}-${tool}`, arguments: JSON.stringify(args) },
    });
    outcome.calls++;
  } catch (refused) {
    if (refused.consent) {
      await connect(id, refused.consent.authorize_url);
      await call(id, tool, args);
    } else if (!OF_THE_TOOL.includes(refused.code)) {
      throw refused;
    }
  }
}

/** Arguments that fit a tool's schema; an object is the first tool's own schema, to be echoed. */
function fitting(parameters, tools) {
  const samples = { number: 1, integer: 1, boolean: true, array: [], object: tools[0].parameters };
  const properties = Object.entries(parameters.properties ?? {});
  return Object.fromEntries(properties.map(([key, { type }]) => [key, samples[type] ?? 'text']));
}

async function run() {
  const registered = await mooring('POST', '/api/mcp/client', registration());
  const id = registered.mcp_client_id;
  try {
    if (registered.authorize_url) await connect(id, registered.authorize_url);
    const { tools } = await mooring('GET', `/api/mcp/client/${id}`);
    const calls =
      context.toolCalls ??
      tools.map((tool) => ({ name: tool.name, arguments: fitting(tool.parameters, tools) }));
    for (const each of calls) await call(id, each.name, each.arguments);
    outcome.state = (await mooring('GET', `/api/mcp/client/${id}`)).state;
  } finally {
    await mooring('DELETE', `/api/mcp/client/${id}`);
  }
}

try {
  await run();
} catch (refused) {
  outcome.code = refused.code;
  outcome.message = refused.message;
}
outcome.milliseconds = Math.round(performance.now() - start);
console.log(JSON.stringify(outcome));
process.exit(outcome.state === 'connected' ? 0 : 1);
