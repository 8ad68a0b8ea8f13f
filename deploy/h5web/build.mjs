// Makes the two vendored files of H5Web and the licences of everything in them, in the folder named by the argument.
// Fails rather than leave code that makes code: our content security policy would refuse it in the browser.
import { readFileSync, readdirSync, existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
const version = packageOf(join(here, "node_modules", "@h5web", "app")).version;
const name = join(out, `h5web-${version}`);

// What is written otherwise, file by file. A text that is no longer there ends the build.
const REWRITTEN = [
  // Pictures that a file holds are shown as data: addresses, which the policy allows, and not as blob: ones.
  {
    file: /@h5web\/lib\/dist\/index\.js$/,
    text: "URL.createObjectURL(new Blob([t.buffer]))",
    by: '("data:image/png;base64," + btoa(t.reduce((text, byte) => text + String.fromCharCode(byte), "")))',
  },
  { file: /lodash\/_root\.js$/, text: "Function('return this')()", by: "globalThis" },
  { file: /resize-observer-polyfill\/dist\/.*\.js$/, text: "Function('return this')()", by: "globalThis" },
];

function packageOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

function rewriting() {
  const done = new Set();
  return {
    name: "rewriting",
    setup(steps) {
      for (const one of REWRITTEN) {
        steps.onLoad({ filter: one.file }, ({ path }) => {
          const text = readFileSync(path, "utf8");
          if (!text.includes(one.text)) throw new Error(`${path} does not hold ${one.text}`);
          done.add(one);
          return { contents: text.replace(one.text, () => one.by), loader: "js" };
        });
      }
      steps.onEnd(() => {
        const left = REWRITTEN.filter((one) => !done.has(one));
        return { errors: left.map((one) => ({ text: `no file of the bundle is ${one.file}` })) };
      });
    },
  };
}

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["viewer.jsx"],
  outfile: `${name}.min.js`,
  alias: { ndarray: "./strided.js", "ndarray-ops": "./strided.js" },
  bundle: true,
  charset: "utf8",
  define: { "process.env.NODE_ENV": '"production"' },
  format: "iife",
  jsx: "automatic",
  legalComments: "none",
  metafile: true,
  minify: true,
  plugins: [rewriting()],
  target: "es2022",
});

const script = readFileSync(`${name}.min.js`, "utf8");
const making = script.match(/\bnew Function\b|(?<![.\w$])(?:Function|eval)\(/g);
if (making) throw new Error(`the bundle makes code: ${making.join(", ")}`);

const folders = new Set();
for (const path of Object.keys(metafile.inputs)) {
  const found = path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
  if (found) folders.add(found[1]);
}
const parts = [...folders].map((folder) => {
  const about = packageOf(join(here, folder));
  const beside = readdirSync(join(here, folder)).find((file) => /^licen[cs]e/i.test(file));
  const ours = join(here, "licences", `${about.name.replace("/", "+")}.txt`);
  const text = beside ? join(here, folder, beside) : ours;
  if (!existsSync(text)) throw new Error(`${about.name} says nothing of its licence: write ${ours}`);
  return `${about.name} ${about.version} (${about.license})\n\n${readFileSync(text, "utf8").trim()}\n`;
});
writeFileSync(`${name}.LICENSES.txt`, [...new Set(parts)].sort().join(`\n${"-".repeat(80)}\n\n`));
