// Prints the size of each file of a built site; with a budget, fails when the wasm is over it.
// node size.mjs DIST [WASM_BROTLI_BYTES_MAX]
import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [dist, budgetText] = process.argv.slice(2);

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
if (budgetText) {
  const budget = Number(budgetText);
  const verdict = wasm.brotli <= budget ? "within" : "OVER";
  console.log(`wasm, brotli: ${wasm.brotli} bytes, ${verdict} the budget of ${budget}`);
  process.exitCode = wasm.brotli > 0 && wasm.brotli <= budget ? 0 : 1;
}
