// What the examples use of Node, so that no other package is needed to check them.
declare module "node:fs/promises" {
  export function readFile(path: URL): Promise<Uint8Array<ArrayBuffer>>;
}
interface ImportMeta {
  url: string;
  resolve(name: string): string;
}
