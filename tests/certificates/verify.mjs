// Verifies certificates with Digital Bazaar's implementation. Reads {documents, issuer, lists, contexts} as JSON from
// standard input and writes one outcome a document. Uses no network: what is not given cannot be loaded.
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {named} from '@digitalbazaar/credentials-context';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {verifyCredential} from '@digitalbazaar/vc';
import jsonld from 'jsonld';

let text = '';
for await (const chunk of process.stdin) text += chunk;
const {documents, issuer, lists, contexts, now} = JSON.parse(text);

const known = new Map(Object.entries(contexts));
const credentials = named.get('v2');
known.set(credentials.id, credentials.context);
known.set(issuer.id, issuer);
for (const method of issuer.verificationMethod) {
  known.set(method.id, {'@context': 'https://w3id.org/security/multikey/v1', ...method});
}
for (const list of lists) known.set(list.id, list);

async function documentLoader(url) {
  if (!known.has(url)) throw new Error(`${url} is not at hand`);
  return {contextUrl: null, documentUrl: url, document: structuredClone(known.get(url))};
}

async function judge(document) {
  const suite = new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()});
  const statuses = [];
  const found = await verifyCredential({
    credential: structuredClone(document), suite, documentLoader, now: new Date(now),
    checkStatus: async options => {
      const result = await checkStatus({...options, suite: new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()})});
      for (const one of result.results ?? []) statuses.push([one.credentialStatus.statusPurpose, one.status]);
      return result;
    },
  });
  const expanded = await jsonld.expand(structuredClone(document), {documentLoader, safe: true}).then(
    result => ({terms: Object.keys(result[0]).length}), error => ({error: `${error.message}: ${JSON.stringify(error.details?.event ?? '')}`}));
  const error = found.error;
  return {
    verified: found.verified,
    why: error ? [error.message, ...(error.errors ?? []).map(one => one.message)].join('; ') : null,
    statuses, expanded,
  };
}

const outcomes = [];
for (const document of documents) outcomes.push(await judge(document));
process.stdout.write(JSON.stringify(outcomes));
