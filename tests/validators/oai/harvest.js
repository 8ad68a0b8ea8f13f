// Harvests with the oai-pmh of npm: one JSON object a line for each record.
const { OaiPmh } = require("oai-pmh");

async function main() {
  const [baseUrl, verb, ...given] = process.argv.slice(2);
  const options = Object.fromEntries(given.map((one) => one.split(/=(.*)/s).slice(0, 2)));
  const harvester = new OaiPmh(baseUrl);
  const list = verb === "ListRecords" ? harvester.listRecords(options) : harvester.listIdentifiers(options);
  for await (const item of list) {
    const header = item.header || item;
    const deleted = Boolean(header.$ && header.$.status === "deleted");
    const titles = item.metadata ? [].concat(item.metadata["oai_dc:dc"]["dc:title"]) : [];
    const sets = [].concat(header.setSpec || []);
    console.log(JSON.stringify({ identifier: header.identifier, datestamp: header.datestamp, deleted, titles, sets }));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
