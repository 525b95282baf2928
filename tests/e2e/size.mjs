// Prints the size of each file of a built site; with budgets, fails when a module is over its own: that of the page,
// and that of the element and the frames.
// node size.mjs DIST [PAGE_BROTLI_BYTES_MAX SCRIPT_BROTLI_BYTES_MAX]
import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [dist, ...budgets] = process.argv.slice(2);

function sizeOf(name) {
  const bytes = readFileSync(join(dist, name));
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return {
    name,
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params }).length,
  };
}

function total(name, sizes) {
  const sum = (key) => sizes.reduce((all, size) => all + size[key], 0);
  return { name, raw: sum("raw"), gzip: sum("gzip"), brotli: sum("brotli") };
}

const names = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(dist.length + 1))
  .sort();
const sizes = names.map(sizeOf);
const wasm = total("all wasm", sizes.filter(({ name }) => extname(name) === ".wasm"));
const rows = [...sizes, wasm, total("all files", sizes)];

const width = Math.max(...rows.map(({ name }) => name.length));
const line = (cells) => cells.map((cell, i) => (i ? String(cell).padStart(10) : cell.padEnd(width)));
console.log(line(["bytes", "raw", "gzip", "brotli"]).join(" "));
for (const { name, raw, gzip, brotli } of rows) {
  console.log(line([name, raw, gzip, brotli]).join(" "));
}
if (budgets.length > 0) {
  const modules = sizes.filter(({ name }) => extname(name) === ".wasm");
  const own = [modules.filter(({ name }) => !name.includes("/")), modules.filter(({ name }) => name.includes("/"))];
  const within = budgets.map((text, i) => {
    const whose = i === 0 ? "the page" : "element and frames";
    const { brotli } = total(whose, own[i]);
    const fits = brotli > 0 && brotli <= Number(text);
    const verdict = fits ? "within" : "OVER";
    console.log(`wasm of ${whose}, brotli: ${brotli} bytes, ${verdict} the budget of ${text}`);
    return fits;
  });
  process.exitCode = within.every(Boolean) ? 0 : 1;
}
