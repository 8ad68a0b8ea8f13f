// An OpenID provider for the tests: oidc-provider with the people of a file, who log in by their name alone.
// node provider.js PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI PEOPLE.json
// The file is read at each question, so that a test can change what the provider says: {name: {claims}}.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [port, clientId, clientSecret, redirectUri, peopleFile] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const people = () => JSON.parse(readFileSync(peopleFile, 'utf8'));

const provider = new Provider(issuer, {
  clients: [{
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  scopes: ['openid', 'profile', 'entitlements', 'orcid'],
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'family_name', 'preferred_username'],
    entitlements: ['entitlements'],
    orcid: ['orcid'],
  },
  clientAuthMethods: ['client_secret_basic'],
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ['only-for-tests'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people()[id] }) }),
  // Everything that is asked for is granted.
  loadExistingGrant: async (ctx) => {
    const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope([...ctx.oidc.requestParamScopes].join(' '));
    await grant.save();
    return grant;
  },
});

const page = (uid, text) => `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Provider</title><h1>${text}</h1>
<form method="post" action="/interaction/${uid}"><label>Name <input name="name"></label><button>Continue</button></form>
<form method="post" action="/interaction/${uid}/abort"><button>Cancel</button></form></html>`;

async function interact(request, response) {
  const uid = request.url.split('/')[2];
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page(uid, 'Who are you?'));
    return;
  }
  let form = '';
  for await (const part of request) form += part;
  const name = new URLSearchParams(form).get('name');
  const known = Object.hasOwn(people(), name ?? '');
  const result = request.url.endsWith('/abort') || !known
    ? { error: 'access_denied', error_description: 'The person did not want to.' }
    : { login: { accountId: name, remember: false } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const answer = provider.callback();
createServer((request, response) => {
  const work = request.url.startsWith('/interaction/') ? interact(request, response) : answer(request, response);
  Promise.resolve(work).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
